"""The samples as a batch: each a case that knows the others."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from outwork.documents.reading import read
from outwork.practices import Case
from outwork.vocabulary import Answer, Json, TextRange
from outwork_practices.legal.contract_management import SERVICE


@cache
def cases() -> dict[str, Case]:
    alone = [Case(read(s.name, s.content), s.answers) for s in SERVICE.samples()]
    return {c.source.name: replace(c, related=tuple(o for o in alone if o is not c)) for c in alone}


def changed(case: Case, question: str, **what: object) -> Case:
    """The case with one answer changed."""
    answers = tuple(
        replace(a, **what) if a.question == question else a  # type: ignore[arg-type]
        for a in case.answers
    )
    return replace(case, answers=answers)


def value(case: Case, question: str) -> Json:
    answer = case.answer(question)
    assert answer is not None
    return answer.value


def quoting(case: Case, words: str) -> TextRange:
    """Evidence for words that the text holds."""
    start = case.source.text.index(words)
    return TextRange(case.source.name, start, start + len(words), words)


def codes(case: Case) -> set[str]:
    return {defect.code for defect in SERVICE.check(case)}


def made_up(text: str, **values: Json) -> Case:
    """A case over a text of a few words; each value quotes the whole text."""
    source = read("made-up.txt", text.encode())
    place = TextRange(source.name, 0, len(text), text)
    answers = tuple(Answer(k.replace("_", "-"), v, (place,)) for k, v in values.items())
    return Case(source, answers)
