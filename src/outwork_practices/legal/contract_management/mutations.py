"""Realistic defects to seed into right answers, so that what the checks catch can be measured.

Each mutation is a slip that analysts and drafters make. The seed chooses where it strikes; None
means that the case offers no place for it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from outwork.practices import Case, Mutation
from outwork.vocabulary import Answer, TextRange
from outwork_practices.legal.contract_management.amendments import superseded
from outwork_practices.legal.contract_management.normalise import term_end
from outwork_practices.legal.contract_management.times import Duration, later
from outwork_practices.legal.contract_management.values import as_date, begins, value_of

_SENTENCE: Final = re.compile(r"[A-Z][^.\n]{60,300}\.")


def _with(case: Case, *changed: Answer) -> Case:
    new = {answer.question: answer for answer in changed}
    return replace(case, answers=tuple(new.get(a.question, a) for a in case.answers))


def _drawn(seed: int, answers: Sequence[Answer]) -> Answer | None:
    return random.Random(seed).choice(answers) if answers else None  # noqa: S311 - not a secret


def _places(answer: Answer) -> tuple[TextRange, ...]:
    return tuple(e for e in answer.evidence if isinstance(e, TextRange))


def _overlooked(case: Case, seed: int) -> Case | None:
    """A clause that is there is answered as absent."""
    answer = _drawn(seed, [a for a in case.answers if a.value == "yes"])
    return _with(case, replace(answer, value="no", evidence=())) if answer else None


def _imagined(case: Case, seed: int) -> Case | None:
    """A clause that is not there is answered as present, with a quote about something else."""
    answer = _drawn(seed, [a for a in case.answers if a.value == "no"])
    sentences = list(_SENTENCE.finditer(case.source.text))
    if answer is None or not sentences:
        return None
    found = random.Random(seed + 1).choice(sentences)  # noqa: S311 - not a secret
    place = TextRange(case.source.name, found.start(), found.end(), found[0])
    return _with(case, replace(answer, value="yes", evidence=(place,)))


def _unsupported(case: Case, seed: int) -> Case | None:
    """A clause is answered as present without a quote."""
    answer = _drawn(seed, [a for a in case.answers if a.value == "no"])
    return _with(case, replace(answer, value="yes")) if answer else None


def _stranger(case: Case, seed: int) -> Case | None:
    """One party's name is taken from another document of the batch."""
    answer = case.answer("parties")
    others = [
        row["name"]
        for other in case.related
        if (held := other.answer("parties")) and isinstance(held.value, list)
        for row in held.value
    ]
    if answer is None or not answer.value:
        return None
    mine = {row["name"] for row in answer.value}
    others = sorted(set(others) - mine) or ["Norwhistle Bramble Holdings Limited"]
    rows = [dict(row) for row in answer.value]
    rows[seed % len(rows)]["name"] = others[seed % len(others)]
    return _with(case, replace(answer, value=rows))


def _swapped(case: Case, seed: int) -> Case | None:
    """The parties' short names are exchanged."""
    answer = case.answer("parties")
    if answer is None or not answer.value or len(answer.value) < 2:
        return None
    rows = [dict(row) for row in answer.value]
    i = seed % (len(rows) - 1)
    rows[i]["alias"], rows[i + 1]["alias"] = rows[i + 1]["alias"], rows[i]["alias"]
    return _with(case, replace(answer, value=rows)) if rows != answer.value else None


def _miscounted(case: Case, seed: int) -> Case | None:
    """An expiration that was computed is a year, a month or a day off."""
    answer = case.answer("expiration-date")
    known = {a.question: a.value for a in case.answers}
    value = as_date(answer.value) if answer else None
    if answer is None or value is None:
        return None
    if term_end([p.quote for p in _places(answer)], begins(known)).start is None:
        return None
    off = Duration(0, 0, 1, "YMD"[seed % 3])
    return _with(
        case, replace(answer, value=later(value, off).isoformat(), evidence=_places(answer))
    )


def _misread(case: Case, seed: int) -> Case | None:
    """A date that stands in the quote is given with day and month exchanged, or a year off."""
    dated = ("agreement-date", "effective-date")
    answer = _drawn(seed, [a for a in case.answers if a.question in dated and as_date(a.value)])
    value = as_date(answer.value) if answer else None
    if answer is None or value is None:
        return None
    if value.day <= 12 and value.day != value.month:
        wrong = value.replace(month=value.day, day=value.month)
    else:
        wrong = later(value, Duration(0, 0, 1, "Y"))
    return _with(case, replace(answer, value=wrong.isoformat()))


def _with_place(case: Case, seed: int, change: str) -> Case | None:
    answer = _drawn(seed, [a for a in case.answers if _places(a)])
    if answer is None:
        return None
    place, *rest = _places(answer)
    shift = 1 + seed % 7
    if change == "shift":
        place = replace(place, start=place.start + shift, end=place.end + shift)
    else:
        words = place.quote.split(" ")
        words[seed % len(words)] = (
            "reasonable" if words[seed % len(words)] != "reasonable" else "any"
        )
        place = replace(place, quote=" ".join(words))
    return _with(case, replace(answer, evidence=(place, *rest)))


def _shifted(case: Case, seed: int) -> Case | None:
    """The offsets of a quote are a few characters off."""
    return _with_place(case, seed, "shift")


def _altered(case: Case, seed: int) -> Case | None:
    """One word of a quote is not the document's."""
    return _with_place(case, seed, "alter")


def _outdated(case: Case, seed: int) -> Case | None:
    """The answer is the agreement's own, although an amendment in the batch replaced it."""
    del seed
    known = {a.question: a.value for a in case.answers}
    text = case.source.text
    for question, pattern in _OWN_CLAUSE.items():
        answer, found = case.answer(question), pattern.search(text)
        if answer is None or found is None:
            continue
        place = TextRange(case.source.name, found.start(), found.end(), found[0])
        value, computed = value_of(question, (place,), text, known)
        spoiled = _with(case, replace(answer, value=value, evidence=(place, *computed)))
        if any(hit.question == question for hit in superseded(spoiled)):
            return spoiled
    return None


_OWN_CLAUSE: Final = {
    "expiration-date": re.compile(
        r"The\s+initial\s+term\s+of\s+this\s+Agreement\s+begins[^.\]]*?lasts[^.]*\."
    ),
    "notice-period-to-terminate-renewal": re.compile(
        r"unless\s+(?:a|either)\s+party\s+gives\s+written\s+notice\s+of\s+non-renewal[^.]*\."
    ),
}


def _jurisdiction(case: Case, seed: int) -> Case | None:
    """Another state's law is named than the clause names."""
    answer = case.answer("governing-law")
    if answer is None or not answer.value:
        return None
    others = [name for name in ("Nevada", "Florida", "Scotland", "Victoria, Australia")
              if name != answer.value]  # fmt: skip
    return _with(case, replace(answer, value=others[seed % len(others)]))


def _notice_swapped(case: Case, seed: int) -> Case | None:
    """The notice period is given as months where the document says days, or the reverse."""
    del seed
    answer = case.answer("notice-period-to-terminate-renewal")
    if answer is None or not answer.value:
        return None
    swap = {"D": "M", "M": "D", "W": "M", "Y": "M"}
    value = str(answer.value)
    return _with(case, replace(answer, value=value[:-1] + swap[value[-1]]))


MUTATIONS: Final = (
    Mutation("clause-overlooked", _overlooked, ("present-but-answered-absent",)),
    Mutation("clause-imagined", _imagined, ("absent-but-answered-present",)),
    Mutation("clause-unsupported", _unsupported, ("evidence-missing",)),
    Mutation("party-from-elsewhere", _stranger, ("party-not-in-source", "wrong-party")),
    Mutation("aliases-swapped", _swapped, ("wrong-party",)),
    Mutation("expiration-miscounted", _miscounted, ("date-arithmetic",)),
    Mutation("date-misread", _misread, ("value-not-in-evidence", "date-order")),
    Mutation("quote-shifted", _shifted, ("quote-mismatch",)),
    Mutation("quote-altered", _altered, ("quote-mismatch",)),
    Mutation("amendment-overlooked", _outdated, ("superseded-by-amendment",)),
    Mutation("wrong-jurisdiction", _jurisdiction, ("value-not-in-evidence",)),
    Mutation(
        "notice-unit-swapped", _notice_swapped, ("value-not-in-evidence", "notice-exceeds-term")
    ),
)
