"""The dates that a contract manager must not miss, derived from answers with their arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from outwork.practices import RenderedItem
from outwork.vocabulary import Json
from outwork_practices.legal.contract_management.normalise import PERPETUAL
from outwork_practices.legal.contract_management.times import Duration, earlier, later, parsed
from outwork_practices.legal.contract_management.values import as_date


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something that falls due; `day` is None where the document gives no day to count from."""

    day: date | None
    contract: str
    event: str
    arithmetic: str
    question: str


def calendar(items: Sequence[RenderedItem]) -> tuple[Obligation, ...]:
    """All obligations of a portfolio by day, those without a day last."""
    found = [obligation for item in items for obligation in _of(item)]
    return tuple(sorted(found, key=lambda o: (o.day or date.max, o.contract, o.event)))


def _of(item: RenderedItem) -> Iterator[Obligation]:
    known: dict[str, Json] = {answer.question: answer.value for answer in item.answers}
    start, end = as_date(known.get("effective-date")), as_date(known.get("expiration-date"))
    if start:
        yield Obligation(start, item.name, "Takes effect", "as stated", "effective-date")
    if known.get("expiration-date") == PERPETUAL:
        yield Obligation(None, item.name, "No expiration", "perpetual", "expiration-date")
    renewal = str(known.get("renewal-term") or "")
    length = parsed(renewal.rsplit(" ", 1)[-1]) if renewal else None
    if end:
        event = "Initial term ends, may renew" if renewal else "Expires"
        yield Obligation(end, item.name, event, "end of the initial term", "expiration-date")
    yield from _renewals(item.name, known, end, length)
    warranty = parsed(str(known.get("warranty-duration") or ""))
    if warranty:
        counted = f"{spoken(warranty)} from the event that the clause names"
        yield Obligation(None, item.name, "Warranty ends", counted, "warranty-duration")


def _renewals(
    name: str, known: dict[str, Json], end: date | None, length: Duration | None
) -> Iterator[Obligation]:
    notice = parsed(str(known.get("notice-period-to-terminate-renewal") or ""))
    question = "notice-period-to-terminate-renewal"
    if notice and end:
        shown = f"{end.isoformat()} − {spoken(notice)}"
        day = earlier(end, notice)
        yield Obligation(day, name, "Last day for notice against renewal", shown, question)
    elif notice:
        shown = f"{spoken(notice)} before the end of the term"
        yield Obligation(None, name, "Last day for notice against renewal", shown, question)
    if length and end:
        shown = f"{end.isoformat()} + {spoken(length)}"
        yield Obligation(later(end, length), name, "First renewal ends", shown, "renewal-term")


def spoken(length: Duration) -> str:
    """ "60 days", "1 year": a duration as people say it."""
    unit = {"D": "day", "W": "week", "M": "month", "Y": "year"}[length.unit]
    return f"{length.count} {unit}{'' if length.count == 1 else 's'}"
