"""A calibration session: the same texts answered alone by several, then held together; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from outwork import methods
from outwork.practices import Service
from outwork.stages import transfer
from outwork.vocabulary import ActorId, Answer, CalibrationId, EngagementId, ItemId

MOST_ITEMS = 50
MOST_RATERS = 30
MISSING = -1  # of a rater: has not answered
REFERENCE = 0  # the group of those who answered as was agreed beforehand
NONE_OF_THEM = -1  # what was settled: nobody's answer was right

# By question, one number a rater in the session's order: who has the same number said the same.
Groups = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class CalibrationItem:
    """One text of a session: its item, and the control item or batch item it is taken from.

    `agreed`: its right answers were agreed beforehand, as those of a control item are.
    """

    item_id: ItemId
    source: ItemId
    agreed: bool


class RaterState(StrEnum):
    """What a session shows of a rater: calibrated, not calibrated, or too little to say either."""

    CALIBRATED = "calibrated"
    UNDECIDED = "undecided"
    RETRAIN = "retrain"


@dataclass(frozen=True, slots=True)
class RaterResult:
    """Right answers of those given, with one-sided bounds each at the bar's confidence."""

    right: int
    asked: int
    lower: Decimal
    upper: Decimal
    bar: Decimal
    state: RaterState


@dataclass(frozen=True, slots=True)
class Calibration:
    """A session: what is answered by whom, and what came of it.

    `groups` by item, once it is closed; `results` once it is concluded.
    """

    engagement_id: EngagementId
    id: CalibrationId
    service: str
    title: str
    items: tuple[CalibrationItem, ...]
    raters: tuple[ActorId, ...]
    guideline_version: int
    opened_by: ActorId
    opened_at: datetime
    groups: Mapping[ItemId, Groups] = field(default_factory=dict)
    closed_at: datetime | None = None
    results: Mapping[ActorId, RaterResult] = field(default_factory=dict)
    concluded_at: datetime | None = None

    def differences(self) -> list[tuple[ItemId, str]]:
        """Items and questions on which not everybody said the same, or not what was agreed."""
        return [
            (one.item_id, question)
            for one in self.items
            for question, numbers in self.groups.get(one.item_id, {}).items()
            if differs(numbers, agreed=one.agreed)
        ]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the discussion of a difference came to: which answer stands, by which clause, and why.

    `stands` is the number of a group. `changed`: the clause says something else than it did when
    the session was opened. `reason` is sealed.
    """

    engagement_id: EngagementId
    calibration_id: CalibrationId
    item_id: ItemId
    question: str
    stands: int
    clause: str
    guideline_version: int
    changed: bool
    reason: bytes
    settled_by: ActorId
    settled_at: datetime


def grouped(
    service: Service,
    given: Sequence[Sequence[Answer] | None],
    agreed: Sequence[Answer] | None,
) -> dict[str, tuple[int, ...]]:
    """Who said the same, question by question, by the comparator of its kind.

    Args:
        given: the answers of each rater, None of one who did not answer.
        agreed: the right answers, where they were agreed beforehand.

    Where a comparator allows a tolerance, an answer joins the first group whose first answer it
    agrees with.
    """
    known = {a.question: a.value for a in agreed or ()}
    values = [None if one is None else {a.question: a.value for a in one} for one in given]
    made = {}
    for question in service.questions:
        first = [] if agreed is None else [(REFERENCE, known[question.key])]
        numbers = []
        for one in values:
            if one is None:
                numbers.append(MISSING)
                continue
            value = one[question.key]
            same = (
                number
                for number, other in first
                if methods.agree(question.kind.value, value, other, **question.settings)
            )
            number = next(same, None)
            if number is None:
                number = 1 + max((n for n, _ in first), default=0)
                first.append((number, value))
            numbers.append(number)
        made[question.key] = tuple(numbers)
    return made


def expected(*, agreed: bool) -> int:
    """The group of whoever is right where all say the same."""
    return REFERENCE if agreed else 1


def differs(numbers: Sequence[int], *, agreed: bool) -> bool:
    """Whether the answers to one question have to be discussed."""
    return bool({n for n in numbers if n != MISSING} - {expected(agreed=agreed)})


def marked(
    found: Calibration, settled: Mapping[tuple[ItemId, str], Settlement]
) -> dict[ActorId, tuple[int, int, frozenset[str]]]:
    """By rater: right answers, answers given, and the clauses by which the others were wrong."""
    right, asked = dict.fromkeys(found.raters, 0), dict.fromkeys(found.raters, 0)
    clauses: dict[ActorId, set[str]] = {rater: set() for rater in found.raters}
    for one in found.items:
        for question, numbers in found.groups[one.item_id].items():
            ruling = settled.get((one.item_id, question))
            stands = expected(agreed=one.agreed) if ruling is None else ruling.stands
            for rater, number in zip(found.raters, numbers, strict=True):
                if number == MISSING:
                    continue
                asked[rater] += 1
                right[rater] += number == stands
                if ruling is not None and number != stands:
                    clauses[rater].add(ruling.clause)
    return {r: (right[r], asked[r], frozenset(clauses[r])) for r in found.raters}


def judged(right: int, asked: int, bar: Decimal, confidence: Decimal) -> RaterResult:
    """What a session shows of a rater, by both exact bounds (Clopper and Pearson 1934).

    Calibrated where the lower one clears the bar, to be retrained where the upper one stays below.
    """
    if not asked:
        return RaterResult(0, 0, Decimal(0), Decimal(1), bar, RaterState.UNDECIDED)
    lower, cleared = transfer.decide(right, asked, bar, confidence)
    upper = 1 - transfer.decide(asked - right, asked, bar, confidence)[0]
    state = RaterState.UNDECIDED
    if cleared:
        state = RaterState.CALIBRATED
    elif upper < bar:
        state = RaterState.RETRAIN
    return RaterResult(right, asked, lower, upper, bar, state)
