"""The service contract: frozen values, and the rule that answers to its questions are held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from outwork import methods
from outwork.vocabulary import (
    Answer,
    BadInput,
    Clause,
    Defect,
    Json,
    Kind,
    Question,
    Shape,
    SourceText,
    TextRange,
)

LONGEST_EFFORT = 31_536_000  # seconds: a year


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place in the source that may answer a question; `confidence` is a probability."""

    question: str
    start: int
    end: int
    quote: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Draft:
    """What a drafter gives back: its answers, and per question its candidates, best first."""

    answers: tuple[Answer, ...]
    candidates: Mapping[str, tuple[Candidate, ...]]


@dataclass(frozen=True, slots=True)
class Case:
    """One input with its answers, and the other cases of the batch that checks may consult."""

    source: SourceText
    answers: tuple[Answer, ...]
    related: tuple[Case, ...] = ()

    def answer(self, question: str) -> Answer | None:
        """The answer to one question, or None if it was not answered at all."""
        return next((a for a in self.answers if a.question == question), None)


@dataclass(frozen=True, slots=True)
class RenderedItem:
    """One accepted item as the renderer sees it; `authors` are display names."""

    name: str
    source: SourceText
    answers: tuple[Answer, ...]
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deliverable:
    """Everything a renderer may put in front of the client; `terms` are labelled facts."""

    title: str
    engagement: str
    guideline_version: int
    items: tuple[RenderedItem, ...]
    terms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample input with its known answers; written for the purpose, shipped with the service."""

    name: str
    content: bytes
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A realistic defect that can be seeded into a right case, to measure what checks catch.

    `apply(case, seed)` gives the spoiled case, or None where it does not apply; `codes` are the
    defect codes of which a check must report at least one.
    """

    key: str
    apply: Callable[[Case, int], Case | None]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of outsourced knowledge work, whole.

    `draft(source, n)` gives answers and at most n candidates a question; `check(case)` finds
    defects without a person; `render(deliverable)` gives file names and bytes.
    """

    key: str
    version: str
    name: str
    sector: str
    shape: Shape
    summary: str
    questions: tuple[Question, ...]
    guideline: tuple[Clause, ...]
    skills: tuple[str, ...]
    credentials: tuple[str, ...]
    media_types: tuple[str, ...]
    drafter: str
    draft: Callable[[SourceText, int], Draft]
    check: Callable[[Case], Sequence[Defect]]
    render: Callable[[Deliverable], Mapping[str, bytes]]
    samples: Callable[[], Sequence[Sample]]
    mutations: tuple[Mutation, ...]
    settings: Mapping[str, Json] = field(default_factory=dict)

    def question(self, key: str) -> Question:
        """The question of that key; raises KeyError where the service does not ask it."""
        for q in self.questions:
            if q.key == key:
                return q
        raise KeyError(key)


def check_answers(service: Service, source: SourceText, answers: Sequence[Answer]) -> None:
    """Raises BadInput, naming the question, unless every question is answered once and well.

    A value must be of its question's kind, a choice among its options, and a quote must stand in
    the source at its offsets.
    """
    given = [a.question for a in answers]
    asked = {q.key for q in service.questions}
    for key in given:
        if key not in asked:
            raise BadInput("unknown-question", question=key)
        if given.count(key) > 1:
            raise BadInput("question-answered-twice", question=key)
    missing = sorted(asked - set(given))
    if missing:
        raise BadInput("question-unanswered", question=missing[0], count=len(missing))
    for answer in answers:
        check_value(service.question(answer.question), answer.value)
        if answer.confidence is not None and not 0 <= answer.confidence <= 1:
            raise BadInput("confidence-outside", question=answer.question)
        if not 0 <= answer.seconds <= LONGEST_EFFORT:
            raise BadInput("seconds-outside", question=answer.question)
        for place in answer.evidence:
            if isinstance(place, TextRange):
                check_quote(source, answer.question, place)


def check_value(question: Question, value: Json) -> None:
    """Raises BadInput unless a value is of its question's kind; None is "not present"."""
    if value is None:
        return
    try:
        methods.similarity(question.kind.value, value, value, **question.settings)
    except ValueError as error:
        raise BadInput("value-malformed", question=question.key, problem=str(error)) from None
    chosen = value if question.kind is Kind.MULTI_CHOICE else [value]
    if question.options and question.kind in (Kind.CHOICE, Kind.MULTI_CHOICE):
        for option in chosen:
            if option not in question.options:
                raise BadInput("value-not-an-option", question=question.key, value=option)


def check_quote(source: SourceText, question: str, place: TextRange) -> None:
    """Raises BadInput unless the quote stands in the source at its offsets."""
    if not 0 <= place.start < place.end <= len(source.text):
        raise BadInput("quote-outside", question=question, start=place.start, end=place.end)
    if source.text[place.start : place.end] != place.quote:
        raise BadInput("quote-does-not-match", question=question, start=place.start)
