"""Which answers of an agreement an amendment in the same batch has overtaken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from outwork.practices import Case
from outwork.vocabulary import Evidence, Json

#: Questions whose value an amendment can replace; yes and no it can only add to.
#: Title, parties and dates of its own an amendment has for itself.
_REPLACED: Final = (
    "expiration-date", "renewal-term", "notice-period-to-terminate-renewal", "governing-law",
    "warranty-duration",
)  # fmt: skip
_AMENDS: Final = re.compile(r"\b(?:amendment|addendum|variation)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Superseded:
    """A question whose value `amendment`, a document's name, replaces by `value`."""

    question: str
    amendment: str
    value: Json
    given: Json
    evidence: tuple[Evidence, ...]


def superseded(case: Case) -> Iterator[Superseded]:
    """Answers that differ from what the latest amendment of this agreement in the batch says."""
    ours = [other for other in case.related if _amends(other, case)]
    for question in _REPLACED:
        given = _value(case, question)
        for amendment in sorted(ours, key=_dated, reverse=True):
            answer = amendment.answer(question)
            if answer is None or answer.value is None:
                continue
            if answer.value != given:
                name = amendment.source.name
                yield Superseded(question, name, answer.value, given, answer.evidence)
            break


def _amends(amendment: Case, agreement: Case) -> bool:
    """Same parties, a title that says amendment and names the agreement, and a later date."""
    title, base = _value(amendment, "document-name"), _value(agreement, "document-name")
    if not title or not base or not _AMENDS.search(title) or _AMENDS.search(base):
        return False
    named = _plain(base) in _plain(title) or _plain(base) in _plain(amendment.source.text[:3000])
    # Two in common are enough: a guarantor may have joined, or a drafter named one too many.
    shared = len(_names(agreement) & _names(amendment)) >= 2
    return named and shared and _dated(amendment) >= _dated(agreement)


def _value(case: Case, question: str) -> Json:
    answer = case.answer(question)
    return answer.value if answer else None


def _dated(case: Case) -> str:
    return str(_value(case, "agreement-date") or "")


def _names(case: Case) -> frozenset[str]:
    rows = _value(case, "parties") or []
    return frozenset(_plain(row["name"]) for row in rows)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()
