"""A rework that an author contests, and the independent re-score that decides it."""

from __future__ import annotations

from dataclasses import replace

from outwork import access, agreements, documents, methods, practices
from outwork.agreements import WorkOrder
from outwork.operation import Operation, act
from outwork.stages.execution import events, histories, queries, store
from outwork.stages.execution.assigning import climb, member_of, open_assignment
from outwork.stages.execution.ladder import Dispute, DisputeState, Rework, ReworkCause
from outwork.stages.execution.model import (
    LARGEST_NOTE,
    Assignment,
    AssignmentState,
    ItemState,
    WorkItem,
)
from outwork.stages.execution.reserving import held_assignment, refuse_if_barred
from outwork.vocabulary import (
    Answer,
    AssignmentId,
    BadInput,
    DisputeId,
    Purpose,
    Refusal,
    Role,
    Stage,
)

HERE = [Stage.EXECUTION]


@act(roles=[Role.ANALYST, Role.REVIEWER], stages=HERE, records=[events.ReworkDisputed])
def dispute(op: Operation, assignment: AssignmentId, reason: str) -> DisputeId:
    """Contest a rework of an item one answered; somebody else scores the question again, blind."""
    found = queries.assignment(op.db, assignment)
    op.require(agreements.engagement(op.db, found.engagement_id))
    rework = histories.rework_of(op.db, assignment)
    if rework is None:
        raise Refusal("not-rework")
    order = agreements.work_order(op.db, rework.work_order_id, share=True)
    found = queries.assignment(op.db, assignment, lock=True)
    member = member_of(op, found.engagement_id)
    family = queries.families(op.db, op.actor.id, member.pseudonym)
    if family not in queries.authors(op.db, found.item_id):
        raise Refusal("not-yours")
    if rework.cause is ReworkCause.RETURN:
        raise Refusal("client-returned")
    _refuse_if_taken(op, found)
    if not reason.strip():
        raise BadInput("reason-empty")
    return _raise(op, order, found, rework, reason.strip()[:LARGEST_NOTE])


def _refuse_if_taken(op: Operation, rework: Assignment) -> None:
    if histories.dispute_of(op.db, rework.id) is not None:
        raise Refusal("already-disputed")
    live = rework.state is AssignmentState.LIVE and rework.leased_until is not None
    lapsed = live and rework.leased_until is not None and rework.leased_until <= op.now
    mine = live and rework.actor_id == op.actor.id
    if rework.state is not AssignmentState.OPEN and not (lapsed or mine):
        raise Refusal("not-open", state=rework.state.value)


def _raise(
    op: Operation, order: WorkOrder, found: Assignment, rework: Rework, reason: str
) -> DisputeId:
    judge = access.membership(op.db, found.engagement_id, rework.ordered_by)
    assert judge is not None  # it acted here
    item = queries.item(op.db, found.item_id)
    family = queries.families(op.db, rework.ordered_by, judge.pseudonym)
    rescore = open_assignment(op, item, Purpose.ADJUDICATE, 1, order.round, not_for=family)
    identifier = DisputeId(op.new_id("dsp"))
    store.disputes.add(
        op.db,
        Dispute(
            engagement_id=found.engagement_id,
            id=identifier,
            work_order_id=order.id,
            item_id=item.id,
            assignment_id=found.id,
            rescore_id=rescore,
            cause=rework.cause,
            question=rework.question,
            clause=rework.clause,
            level=rework.level,
            against=rework.ordered_by,
            raised_by=op.actor.id,
            raised_at=op.now,
            reason=documents.seal(op.db, found.engagement_id, reason, f"{identifier}/reason"),
        ),
    )
    store.assignments.save(
        op.db, replace(found, state=AssignmentState.PARKED, actor_id=None, leased_until=None)
    )
    op.record(
        events.ReworkDisputed(
            engagement=found.engagement_id,
            dispute=identifier,
            assignment=found.id,
            item=item.id,
            cause=rework.cause,
            against=judge.pseudonym,
            reason=reason,
        )
    )
    return identifier


@act(roles=[Role.REVIEWER], stages=HERE, records=[events.DisputeDecided])
def rescore(op: Operation, assignment: AssignmentId, answer: Answer, seconds: int = 0) -> bool:
    """Answer a contested question afresh; gives whether that bears its author out."""
    held, member = held_assignment(op, assignment)
    found = histories.dispute_by_rescore(op.db, assignment)
    if held.purpose is not Purpose.ADJUDICATE or found is None:
        raise Refusal("wrong-purpose", purpose=held.purpose.value)
    refuse_if_barred(op, member, held)
    item = queries.item(op.db, held.item_id)
    agrees = _agrees(op, item, found, answer)
    made = replace(
        found,
        state=DisputeState.OVERTURNED if agrees else DisputeState.UPHELD,
        decided_by=op.actor.id,
        decided_at=op.now,
        seconds=min(max(0, seconds), practices.LONGEST_EFFORT),
    )
    store.disputes.save(op.db, made)
    store.assignments.save(op.db, replace(held, state=AssignmentState.DONE))
    op.record(
        events.DisputeDecided(
            engagement=held.engagement_id,
            dispute=found.id,
            assignment=assignment,
            item=item.id,
            overturned=agrees,
            seconds=made.seconds,
            answer={
                "value": answer.value,
                "evidence": queries.EVIDENCE.dump_python(answer.evidence, mode="json"),
            },
        )
    )
    _apply(op, made, item)
    return agrees


def _agrees(op: Operation, item: WorkItem, found: Dispute, answer: Answer) -> bool:
    """Whether the answer, held to every rule of answers, says what the contested one says."""
    service = practices.service(item.service)
    if answer.question != found.question:
        raise BadInput("unknown-question", question=answer.question)
    current = queries.current_answers(op.db, item.id)
    source = documents.source(op.db, item.document_id)
    practices.check_answers(service, source, list({**current, found.question: answer}.values()))
    question = service.question(found.question)
    contested = current[found.question].value
    return bool(methods.agree(question.kind.value, answer.value, contested, **question.settings))


def _apply(op: Operation, decided: Dispute, item: WorkItem) -> None:
    """The rework stands or is withdrawn; a review that was not borne out is marked so."""
    parked = queries.assignment(op.db, decided.assignment_id, lock=True)
    if parked.state is not AssignmentState.PARKED:  # the batch was closed meanwhile
        return
    if decided.state is DisputeState.UPHELD:
        store.assignments.save(op.db, replace(parked, state=AssignmentState.OPEN))
        return
    store.assignments.save(op.db, replace(parked, state=AssignmentState.WITHDRAWN))
    if decided.cause is ReworkCause.REVIEW:
        order = agreements.work_order(op.db, decided.work_order_id)
        climb(op, order, item.id, decided.level)
    else:
        store.items.save(op.db, replace(item, state=ItemState.SUBMITTED))
