"""Calibration sessions as they are read: progress while open, then all answers side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outwork import methods, practices
from outwork.access import Membership
from outwork.methods.raters import Severity
from outwork.operation import Operation
from outwork.reporting.agreeing import Agreeing, alpha_of, number_of
from outwork.reporting.queries import BEYOND_BIDDING, may_read
from outwork.reporting.telling import reads_blind
from outwork.stages import assurance, execution
from outwork.stages.assurance import MISSING, REFERENCE, Calibration, Settlement
from outwork.vocabulary import (
    ActorId,
    Answer,
    CalibrationId,
    EngagementId,
    ItemId,
    Kind,
    NotFound,
    Question,
)

SCORED = frozenset({Kind.NUMBER, Kind.RATING})

Given = Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Opinion:
    """An answer to one question, and who gave it; nobody, where it alone was agreed beforehand."""

    number: int
    by: tuple[ActorId, ...]
    answer: Answer


@dataclass(frozen=True, slots=True)
class Difference:
    """A question of an item on which raters differ, side by side, and what was settled."""

    item: ItemId
    name: str
    question: Question
    opinions: tuple[Opinion, ...]
    settled: Settlement | None
    because: str


@dataclass(frozen=True, slots=True)
class Scored:
    """How far each rater scores below the mean one on the same items; None where it is not told."""

    question: Question
    raters: tuple[ActorId, ...]
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class Calibrating:
    """A session; `handed_in` counts items by rater, all else is empty until it is closed."""

    session: Calibration
    handed_in: Mapping[ActorId, int]
    agreeing: tuple[Agreeing, ...] = ()
    scored: tuple[Scored, ...] = ()
    differences: tuple[Difference, ...] = ()


def calibrations(op: Operation, engagement: EngagementId) -> list[Calibration]:
    """The sessions of an engagement; to those who answer or inspect, the ones they rate in."""
    viewer = may_read(op, engagement)
    return [c for c in assurance.calibrations(op.db, engagement) if _may_see(viewer, c)]


def _may_see(viewer: Membership, found: Calibration) -> bool:
    if reads_blind(viewer):
        return viewer.actor_id in found.raters
    return bool(viewer.roles & BEYOND_BIDDING)


def calibrating(op: Operation, calibration: CalibrationId) -> Calibrating:
    """One session. Before it is closed nobody is told anything of an answer; raises NotFound."""
    session = assurance.calibration(op.db, calibration)
    if not _may_see(may_read(op, session.engagement_id), session):
        raise NotFound("calibration", calibration)
    given = {
        one.item_id: {
            who: {a.question: a for a in answers}
            for who, answers in assurance.rated(op.db, session, one.item_id).items()
        }
        for one in session.items
    }
    handed_in = {who: sum(who in by for by in given.values()) for who in session.raters}
    if session.closed_at is None:
        return Calibrating(session, handed_in)
    questions = practices.service(session.service).questions
    return Calibrating(
        session,
        handed_in,
        tuple(_agreeing(session, given, q) for q in questions),
        tuple(_scored(session, given, q) for q in questions if q.kind in SCORED),
        tuple(_differences(op, session, given)),
    )


def _agreeing(
    session: Calibration, given: Mapping[ItemId, Mapping[ActorId, Given]], question: Question
) -> Agreeing:
    items: list[list[object]] = []
    agreed = 0
    for item, groups in session.groups.items():
        first: dict[int, object] = {}
        values = []
        for who, number in zip(session.raters, groups[question.key], strict=True):
            if number != MISSING:
                value = given[item][who][question.key].value
                values.append(first.setdefault(number, value))
        if len(values) > 1:
            items.append(values)
            agreed += len(first) == 1
    return Agreeing(question, len(items), agreed, alpha_of(question, items))


def _scored(
    session: Calibration, given: Mapping[ItemId, Mapping[ActorId, Given]], question: Question
) -> Scored:
    rows = [
        (n, who, number)
        for n, by in enumerate(given.values())
        for who, answers in by.items()
        if (number := number_of(question.kind, answers[question.key].value)) is not None
    ]
    raters = tuple(who for who in session.raters if any(who == by for _, by, _ in rows))
    try:
        found = methods.raters.severity(
            [n for n, _, _ in rows],
            [raters.index(who) for _, who, _ in rows],
            [number for _, _, number in rows],
        )
    except ValueError:  # too few, or no item in common: nothing can be said
        found = None
    return Scored(question, raters, found)


def _differences(
    op: Operation, session: Calibration, given: Mapping[ItemId, Mapping[ActorId, Given]]
) -> list[Difference]:
    settled = assurance.settlements(op.db, session)
    agreed = {one.item_id: assurance.agreed_answers(op.db, one) for one in session.items}
    service = practices.service(session.service)
    made = []
    for item, key in session.differences():
        known = {a.question: a for a in agreed[item] or ()}
        ruling = settled.get((item, key))
        made.append(
            Difference(
                item,
                execution.item(op.db, item).name,
                service.question(key),
                _opinions(session.raters, session.groups[item][key], given[item], key, known),
                ruling,
                assurance.settled_because(op.db, ruling) if ruling else "",
            )
        )
    return made


def _opinions(
    raters: Sequence[ActorId],
    numbers: Sequence[int],
    given: Mapping[ActorId, Given],
    key: str,
    known: Given,
) -> tuple[Opinion, ...]:
    made = {REFERENCE: Opinion(REFERENCE, (), known[key])} if known else {}
    for who, number in zip(raters, numbers, strict=True):
        if number == MISSING:
            continue
        before = made.get(number, Opinion(number, (), given[who][key]))
        made[number] = Opinion(number, (*before.by, who), before.answer)
    return tuple(made[number] for number in sorted(made))
