"""How people and agents do on control items, kind by kind of question: records, charts, pauses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from outwork import access, agreements, practices
from outwork.agreements import Engagement
from outwork.operation import Operation
from outwork.reporting.by_stage import Member, team
from outwork.reporting.queries import may_read
from outwork.reporting.telling import works_blind
from outwork.stages import acceptance, execution, requirements, setup, transfer
from outwork.stages.execution import AssignmentState
from outwork.stages.setup import ControlPlan
from outwork.stages.transfer import Stream, WorkerPause
from outwork.vocabulary import ActorId, AssignmentId, EngagementId, Json, LineId, Purpose, Question


@dataclass(frozen=True, slots=True)
class Record:
    """One person's or agent's answers to control items of one kind of question.

    `right` of `asked` count all since the beginning, and with them, as wrong, the answers that the
    client found to be so after delivery; `stream` is the chart since the last pause.
    An agent of another model version is another actor, and so has a record of its own.
    """

    member: Member
    plan: ControlPlan
    kind: str
    right: int
    asked: int
    stream: Stream


def records(op: Operation, engagement: EngagementId) -> list[Record]:
    """The records of an engagement: all to whoever manages or audits, to others their own.

    Those who answer see theirs only where the plan allows feedback.
    """
    viewer = may_read(op, engagement)
    blind = works_blind(viewer)
    plans = {p.line_id: p for p in setup.control_plans(op.db, engagement)}
    made = []
    escaped = _escaped(op, engagement)
    for member in team(op, engagement):
        if blind and member.actor.id != op.actor.id:
            continue
        every = transfer.control_results(op.db, engagement, member.actor.id)
        for line, plan in plans.items():
            counted = [r for r in every if r.line_id == line and not r.repeated]
            charted = transfer.charted(op.db, engagement, member.actor.id, line) if counted else []
            charts = transfer.streams(charted, plan.up)
            told = {k for at, k, who in escaped if (at, who) == (line, member.actor.id)}
            for kind in sorted({r.kind for r in counted} | told):
                of = [r.right for r in counted if r.kind == kind]
                of += [False] * escaped[line, kind, member.actor.id]
                stream = charts.get(kind, Stream())
                if plan.feedback or not blind:
                    made.append(Record(member, plan, kind, sum(of), len(of), stream))
    return made


def _escaped(op: Operation, engagement: EngagementId) -> Counter[tuple[LineId, str, ActorId]]:
    """Answers that the client found wrong after delivery, by line, kind of question and author."""
    lines = {o.id: o.line_id for o in agreements.work_orders(op.db, engagement)}
    found: Counter[tuple[LineId, str, ActorId]] = Counter()
    for e in acceptance.escapes_of(op.db, engagement):
        service = practices.service(execution.item(op.db, e.item_id).service)
        found[lines[e.work_order_id], service.question(e.question).kind.value, e.author] += 1
    return found


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause that lasts, and whether its retraining has begun."""

    engagement: Engagement
    member: Member
    pause: WorkerPause
    retraining: bool


def paused(op: Operation, engagement: EngagementId) -> list[Paused]:
    """Who is paused in an engagement, as far as the actor may know."""
    viewer = may_read(op, engagement)
    found = agreements.engagement(op.db, engagement)
    members = {m.actor.id: m for m in team(op, engagement)}
    return [
        Paused(found, members[p.actor_id], p, _under_way(op, p))
        for p in transfer.pauses(op.db, engagement)
        if p.ended_at is None and (not works_blind(viewer) or p.actor_id == op.actor.id)
    ]


def _under_way(op: Operation, pause: WorkerPause) -> bool:
    taken = execution.certifying(op.db, pause.engagement_id, pause.actor_id)
    return any(a.state in (AssignmentState.OPEN, AssignmentState.LIVE) for a in taken)


def own_pauses(op: Operation) -> list[Paused]:
    """Where the actor is paused."""
    return [
        p
        for member in access.memberships_of(op.db, op.actor.id)
        if member.live(op.now)
        if transfer.pause_of(op.db, member.engagement_id, op.actor.id) is not None
        for p in paused(op, member.engagement_id)
        if p.pause.actor_id == op.actor.id
    ]


@dataclass(frozen=True, slots=True)
class Feedback:
    """How one's answer to a question of a control item compares with the known one."""

    question: Question
    right: bool
    given: Json
    known: Json


def feedback(op: Operation, assignment: AssignmentId) -> list[Feedback]:
    """How the actor did on a control item just handed in; nothing unless that may be told.

    It may while retraining, and among work where the plan says so.
    """
    found = execution.assignment(op.db, assignment)
    may_read(op, found.engagement_id)
    item = execution.item(op.db, found.item_id)
    submission = execution.submission_of(op.db, assignment)
    if item.control_item_id is None or submission is None or submission.author_id != op.actor.id:
        return []
    if found.purpose is Purpose.CONTROL:
        assert found.work_order_id is not None  # only a batch has control items
        order = agreements.work_order(op.db, found.work_order_id)
        plan = setup.control_plan_of(op.db, requirements.line(op.db, order.line_id).id)
        if plan is None or not plan.feedback:
            return []
    elif transfer.pause_of(op.db, found.engagement_id, op.actor.id) is None:
        return []
    service = practices.service(item.service)
    given = execution.answers_of(op.db, submission.id)
    known = transfer.known_answers(op.db, transfer.control_item(op.db, item.control_item_id))
    values = {a.question: a.value for a in given}
    truth = {a.question: a.value for a in known}
    return [
        Feedback(service.question(m.question), m.right, values.get(m.question), truth[m.question])
        for m in execution.marks(service, given, known)
    ]
