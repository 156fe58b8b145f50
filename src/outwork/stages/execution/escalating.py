"""Questions put to the client's side from inside an item; what is answered others find again."""

from __future__ import annotations

from dataclasses import replace

from outwork import agreements, documents, practices
from outwork.access import Membership
from outwork.operation import Operation, act
from outwork.stages.execution import events, histories, queries, store
from outwork.stages.execution.assigning import member_of
from outwork.stages.execution.clock import restart_clock, stop_clock
from outwork.stages.execution.ladder import Escalation, EscalationState
from outwork.stages.execution.model import (
    LARGEST_NOTE,
    AssignmentState,
)
from outwork.stages.execution.reserving import held_assignment
from outwork.vocabulary import (
    AssignmentId,
    BadInput,
    EscalationId,
    Refusal,
    Role,
    Stage,
)

HERE = [Stage.EXECUTION]
CLIENT_ANSWER = "client-answer"  # why the clock stands


@act(
    roles=[Role.ANALYST, Role.REVIEWER],
    stages=HERE,
    records=[events.Escalated, events.ClockPaused],
)
def escalate(op: Operation, assignment: AssignmentId, question: str, text: str) -> EscalationId:
    """Put a question of a reserved item to the client's side; the item waits for the answer."""
    found, _ = held_assignment(op, assignment)
    if found.work_order_id is None:
        raise Refusal("wrong-purpose", purpose=found.purpose.value)
    order = agreements.work_order(op.db, found.work_order_id)
    item = queries.item(op.db, found.item_id)
    asked = {q.key: q for q in practices.service(item.service).questions}.get(question)
    if asked is None:
        raise BadInput("unknown-question", question=question)
    text = _said(text)
    identifier = EscalationId(op.new_id("esc"))
    pause = stop_clock(op, order, CLIENT_ANSWER, item.id)
    made = Escalation(
        engagement_id=found.engagement_id,
        id=identifier,
        work_order_id=order.id,
        item_id=item.id,
        assignment_id=assignment,
        pause_id=pause,
        question=question,
        clause=asked.clause,
        text=documents.seal(op.db, found.engagement_id, text, f"{identifier}/text"),
        asked_by=op.actor.id,
        asked_at=op.now,
    )
    store.escalations.add(op.db, made)
    store.assignments.save(
        op.db, replace(found, state=AssignmentState.PARKED, actor_id=None, leased_until=None)
    )
    op.record(
        events.Escalated(
            engagement=found.engagement_id,
            escalation=identifier,
            assignment=assignment,
            item=item.id,
            question=question,
            clause=asked.clause,
            text=text,
        )
    )
    return identifier


@act(
    roles=[Role.VENDOR_MANAGER, Role.CLIENT_REVIEWER],
    stages=HERE,
    records=[events.EscalationAnswered, events.ClockResumed],
)
def answer_escalation(op: Operation, escalation: EscalationId, text: str) -> None:
    """Answer a question of the provider's; its item can be taken again, and others find it."""
    found, _ = _open(op, escalation)
    text = _said(text)
    sealed = documents.seal(op.db, found.engagement_id, text, f"{escalation}/answer")
    _close(op, replace(found, state=EscalationState.ANSWERED, answer=sealed))
    op.record(
        events.EscalationAnswered(
            engagement=found.engagement_id, escalation=escalation, item=found.item_id, text=text
        )
    )


@act(
    roles=[Role.ANALYST, Role.REVIEWER, Role.DELIVERY_MANAGER],
    stages=HERE,
    records=[events.EscalationWithdrawn, events.ClockResumed],
)
def withdraw_escalation(op: Operation, escalation: EscalationId, reason: str) -> None:
    """Ask a question no more, as who asked it or as delivery manager; its item can be taken."""
    found, member = _open(op, escalation)
    if op.actor.id != found.asked_by and Role.DELIVERY_MANAGER not in member.roles:
        raise Refusal("not-yours")
    if not reason.strip():
        raise BadInput("reason-empty")
    _close(op, replace(found, state=EscalationState.WITHDRAWN))
    op.record(
        events.EscalationWithdrawn(
            engagement=found.engagement_id,
            escalation=escalation,
            item=found.item_id,
            reason=reason[:LARGEST_NOTE],
        )
    )


def _said(text: str) -> str:
    if not text.strip():
        raise BadInput("text-empty")
    return text.strip()[:LARGEST_NOTE]


def _open(op: Operation, escalation: EscalationId) -> tuple[Escalation, Membership]:
    """The open escalation, locked behind its work order, with the actor's membership."""
    found = histories.escalation(op.db, escalation)
    op.require(agreements.engagement(op.db, found.engagement_id))
    agreements.work_order(op.db, found.work_order_id, share=True)
    found = histories.escalation(op.db, escalation, lock=True)
    if found.state is not EscalationState.OPEN:
        raise Refusal("escalation-closed", state=found.state.value)
    return found, member_of(op, found.engagement_id)


def _close(op: Operation, closed: Escalation) -> None:
    """The clock runs again, and what was parked goes to the front of its queue."""
    store.escalations.save(op.db, replace(closed, closed_by=op.actor.id, closed_at=op.now))
    restart_clock(op, closed.pause_id)
    parked = queries.assignment(op.db, closed.assignment_id, lock=True)
    if parked.state is AssignmentState.PARKED:  # else the batch was closed meanwhile
        store.assignments.save(op.db, replace(parked, state=AssignmentState.OPEN, rank=0))
