"""The review ladder at work: approving, correcting, returning with a clause, and reopening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from outwork import agreements, documents, practices
from outwork.agreements import WorkOrder, WorkPhase
from outwork.operation import Operation, act
from outwork.stages import transfer
from outwork.stages.execution import events, queries, store
from outwork.stages.execution.actions import order_rework
from outwork.stages.execution.assigning import climb, open_assignment
from outwork.stages.execution.ladder import Review, ReviewVerdict, ReworkCause
from outwork.stages.execution.model import (
    LARGEST_NOTE,
    Assignment,
    AssignmentState,
    ItemState,
)
from outwork.stages.execution.reserving import held_assignment, refuse_if_barred
from outwork.stages.execution.submitting import complete
from outwork.vocabulary import (
    Answer,
    AssignmentId,
    BadInput,
    ItemId,
    NotFound,
    Purpose,
    Refusal,
    Role,
    Stage,
)

HERE = [Stage.EXECUTION]


@act(
    roles=[Role.REVIEWER],
    stages=HERE,
    records=[events.ItemReviewed, events.ItemSubmitted, events.ReworkOrdered],
)
def review(
    op: Operation,
    assignment: AssignmentId,
    verdict: ReviewVerdict,
    answers: Sequence[Answer] = (),
    question: str = "",
    clause: str = "",
    note: str = "",
    seconds: int = 0,
) -> None:
    """Decide a reserved review: approved, corrected (with all answers), or returned by a clause."""
    found, member = held_assignment(op, assignment)
    if found.purpose is not Purpose.REVIEW or found.work_order_id is None:
        raise Refusal("wrong-purpose", purpose=found.purpose.value)
    refuse_if_barred(op, member, found)
    order = agreements.work_order(op.db, found.work_order_id)
    if verdict is ReviewVerdict.RETURNED:
        _refuse_uncited(op, order, found, question, clause)
    elif question or clause:
        raise BadInput("clause-not-for-verdict", verdict=verdict.value)
    if verdict is not ReviewVerdict.CORRECTED and answers:
        raise BadInput("answers-not-for-verdict", verdict=verdict.value)
    corrected: tuple[str, ...] = ()
    note, effort = note[:LARGEST_NOTE], min(max(0, seconds), practices.LONGEST_EFFORT)
    if verdict is ReviewVerdict.CORRECTED:
        corrected = _changed(op, found.item_id, answers)
        complete(op, found, answers, seconds)
    else:
        store.assignments.save(op.db, replace(found, state=AssignmentState.DONE))
    _keep(op, found, order, verdict, corrected, question, clause, note, effort)
    if verdict is ReviewVerdict.RETURNED:
        order_rework(
            op, order, found.item_id, question, clause, note, ReworkCause.REVIEW, found.level
        )
    elif verdict is ReviewVerdict.APPROVED:
        climb(op, order, found.item_id, found.level)


def _keep(
    op: Operation, found: Assignment, order: WorkOrder, verdict: ReviewVerdict,
    corrected: tuple[str, ...], question: str, clause: str, note: str, seconds: int,
) -> None:  # fmt: skip
    store.reviews.add(
        op.db,
        Review(
            engagement_id=found.engagement_id,
            assignment_id=found.id,
            work_order_id=order.id,
            item_id=found.item_id,
            level=found.level,
            verdict=verdict,
            reviewer=op.actor.id,
            questions=corrected or ((question,) if question else ()),
            clause=clause,
            note=documents.seal(op.db, found.engagement_id, note, f"{found.id}/review"),
            seconds=seconds,
            at=op.now,
        ),
    )
    op.record(
        events.ItemReviewed(
            engagement=found.engagement_id,
            assignment=found.id,
            item=found.item_id,
            level=found.level,
            verdict=verdict,
            questions=corrected,
            question=question,
            clause=clause,
            seconds=seconds,
            note=note,
        )
    )


def _refuse_uncited(
    op: Operation, order: WorkOrder, found: Assignment, question: str, clause: str
) -> None:
    if clause not in {c.id for c in transfer.guideline(op.db, order.engagement_id).clauses}:
        raise BadInput("unknown-clause", clause=clause)
    service = practices.service(queries.item(op.db, found.item_id).service)
    if question not in {q.key for q in service.questions}:
        raise BadInput("unknown-question", question=question)


def _changed(op: Operation, item: ItemId, answers: Sequence[Answer]) -> tuple[str, ...]:
    """The questions whose answers are not those handed in; raises BadInput where there is none."""
    before = queries.current_answers(op.db, item)
    changed = tuple(
        a.question
        for a in answers
        if a.question not in before
        or (a.value, a.evidence) != (before[a.question].value, before[a.question].evidence)
    )
    if not changed:
        raise BadInput("nothing-corrected")
    return changed


@act(
    roles=[Role.DELIVERY_MANAGER, Role.REVIEWER],
    stages=HERE,
    records=[events.ItemReopened],
)
def reopen(op: Operation, item: ItemId, reason: str) -> None:
    """Let what was handed in be changed again, for a reason, also while its review waits."""
    found = queries.item(op.db, item)
    if found.work_order_id is None:
        raise NotFound("item", item)
    order = agreements.work_order(op.db, found.work_order_id, lock=True)
    op.require(order)
    if not reason.strip():
        raise BadInput("reason-empty")
    found = queries.item(op.db, item)  # as it is now that nobody hands anything in
    reopenable = found.state in (ItemState.SUBMITTED, ItemState.REVIEW)
    if order.phase is not WorkPhase.RELEASED or not reopenable:
        raise Refusal("not-submitted", state=found.state.value)
    table = store.assignment_table.c
    waiting = store.assignments.find(
        op.db, table.item_id == item, table.state.in_(["open", "live"]), lock=True
    )
    if any(a.leased_until is not None and a.leased_until > op.now for a in waiting):
        raise Refusal("review-under-way")
    for one in waiting:
        store.assignments.save(op.db, replace(one, state=AssignmentState.WITHDRAWN))
    store.items.save(op.db, replace(found, state=ItemState.REWORK))
    reason = reason[:LARGEST_NOTE]
    open_assignment(op, found, Purpose.PRODUCE, 1, order.round, note=reason)
    op.record(
        events.ItemReopened(
            engagement=order.engagement_id, work_order=order.id, item=item, reason=reason
        )
    )
