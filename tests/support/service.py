"""A tiny service for tests: three questions about a few lines of text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from outwork.practices import Case, Deliverable, Draft, Mutation, Sample, Service
from outwork.vocabulary import (
    Answer,
    Clause,
    Defect,
    Kind,
    Question,
    Severity,
    Shape,
    SourceText,
    TextRange,
)

KEY = "tiny-abstraction"
QUESTIONS = (
    Question("renewal", Kind.CHOICE, "Does it renew?", "c-renewal", options=("yes", "no")),
    Question("effective-date", Kind.DATE, "From when?", "c-date", Severity.CRITICAL),
    Question("governing-law", Kind.TEXT, "Which law?", "c-law", Severity.MINOR),
)
GUIDELINE = (
    Clause("c-renewal", "Renewal", "Say yes only where the text says that it renews."),
    Clause("c-date", "Effective date", "The day from which the agreement binds."),
    Clause("c-law", "Governing law", "The country as it is written."),
)
COUNTRIES = ("France", "Ghana", "Norway", "Peru", "Japan")


def content(number: int) -> bytes:
    """One input; every number gives another text."""
    renews = "renews every year" if number % 2 else "ends after its term"
    country = COUNTRIES[number % len(COUNTRIES)]
    return (
        f"Agreement {number}.\nIt binds from 2026-01-{number % 28 + 1:02d} and {renews}.\n"
        f"The law of {country} governs. Secretword{number} signs.\n"
    ).encode()


def right(name: str, text: str) -> tuple[Answer, ...]:
    """The right answers to an input, each with its quote."""
    day = re.search(r"\d{4}-\d{2}-\d{2}", text)
    law = re.search(r"law of (\w+)", text)
    assert day is not None
    assert law is not None
    renews = text.find("renews every year")
    return (
        Answer(
            "renewal",
            "yes" if renews >= 0 else "no",
            (quote(name, text, renews, renews + 17),) if renews >= 0 else (),
        ),
        Answer("effective-date", day[0], (quote(name, text, *day.span()),)),
        Answer("governing-law", law[1], (quote(name, text, *law.span(1)),)),
    )


def range_of(answer: Answer) -> TextRange:
    """The first quote of an answer."""
    place = answer.evidence[0]
    assert isinstance(place, TextRange)
    return place


def quote(name: str, text: str, start: int, end: int) -> TextRange:
    """Evidence for a range of a text."""
    return TextRange(name, start, end, text[start:end])


def _draft(source: SourceText, candidates: int) -> Draft:
    return Draft(right(source.name, source.text), {})


def _check(case: Case) -> Sequence[Defect]:
    day = case.answer("effective-date")
    if day is None or day.value is None or str(day.value).startswith("2026"):
        return []
    return [Defect("date-outside", "effective-date", "c-date", Severity.CRITICAL)]


def _render(deliverable: Deliverable) -> Mapping[str, bytes]:
    rows = [
        f"{i.name};{';'.join(str(a.value) for a in i.answers)};{'+'.join(i.authors)}"
        for i in deliverable.items
    ]
    terms = [f"{k}: {v}" for k, v in deliverable.terms.items()]
    return {"sheet.csv": "\n".join(rows).encode(), "terms.txt": "\n".join(terms).encode()}


def samples() -> Sequence[Sample]:
    """Eight inputs with known answers."""
    made = []
    for number in range(90, 98):
        name, raw = f"sample-{number}.txt", content(number)
        made.append(Sample(name, raw, right(name, raw.decode())))
    return made


def tiny_service() -> Service:
    """The service, whole."""
    return Service(
        key=KEY,
        version="1",
        name="Tiny abstraction",
        sector="test",
        shape=Shape.ITEMISED,
        summary="Three facts of a short text",
        questions=QUESTIONS,
        guideline=GUIDELINE,
        skills=(),
        credentials=(),
        media_types=("text/plain",),
        drafter="patterns",
        draft=_draft,
        check=_check,
        render=_render,
        samples=samples,
        mutations=(Mutation("none", lambda case, seed: None, ("date-outside",)),),
    )
