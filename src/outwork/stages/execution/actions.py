"""Work orders: opened, filled, released, reworked, closed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from pydantic import Base64Bytes

from outwork import access, agreements, documents, practices
from outwork.agreements import WorkOrder, WorkPhase
from outwork.kit import outbox
from outwork.kit.outbox import JobMissing, JobState
from outwork.operation import Operation, act
from outwork.stages import requirements, transfer
from outwork.stages.execution import clock, events, queries, store
from outwork.stages.execution.assigning import (
    has_certified_agent,
    member_of,
    open_assignment,
    open_for_all,
    refuse_on_expired_waiver,
)
from outwork.stages.execution.ladder import Rework, ReworkCause
from outwork.stages.execution.model import (
    LARGEST_NOTE,
    AssignmentState,
    ItemState,
    SeedCommitment,
    WorkItem,
)
from outwork.stages.execution.reserving import barriers
from outwork.stages.execution.watching import seed_controls
from outwork.vocabulary import (
    ActorId,
    AssignmentId,
    BadInput,
    Digest,
    EngagementId,
    ItemId,
    LineId,
    NotFound,
    Purpose,
    Reason,
    Refusal,
    Role,
    Shape,
    Side,
    Stage,
    WorkOrderId,
)

HERE = [Stage.EXECUTION]
WORKERS = [Role.ANALYST, Role.AGENT, Role.REVIEWER]
WORKING = [Stage.TRANSFER, Stage.SETUP, Stage.EXECUTION, Stage.ASSURANCE]
MANAGERS = [Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER]
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_HEX64 = re.compile(r"[0-9a-f]{64}\Z")


@act(roles=MANAGERS, stages=HERE, records=[agreements.WorkOrderOpened])
def open_work_order(
    op: Operation, line: LineId, title: str, due: datetime | None = None
) -> WorkOrderId:
    """Call off a batch of items under a statement-of-work line."""
    found = requirements.line(op.db, line)
    engagement = agreements.engagement(op.db, found.engagement_id)
    op.require(engagement)
    refuse_on_expired_waiver(op, engagement)
    if not title.strip():
        raise BadInput("title-empty")
    return agreements.start_work_order(op, engagement, line, title, Shape.ITEMISED, due).id


@act(roles=MANAGERS, stages=HERE, records=[events.SeedCommitted])
def commit_seed(op: Operation, work_order: WorkOrderId, commitment: Digest) -> None:
    """Bind one's own side to a nonce for the sampling draw: the SHA-256 of 32 secret bytes."""
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    if not _HEX64.match(commitment):
        raise BadInput("commitment-malformed")
    side = member_of(op, order.engagement_id).side
    seeds = queries.seeds(op.db, order)
    if side.value in seeds:
        raise Refusal("already-committed", side=side.value)
    if queries.seed_used(op.db, order.engagement_id, commitment):
        raise Refusal("commitment-copied")
    made = SeedCommitment(order.engagement_id, order.id, order.round, side.value, commitment)
    store.seeds.add(op.db, made)
    op.record(
        events.SeedCommitted(
            engagement=order.engagement_id,
            work_order=order.id,
            round=order.round,
            side=side,
            commitment=commitment,
        )
    )


@act(roles=MANAGERS, stages=HERE, records=[events.ItemAdmitted])
def admit(op: Operation, work_order: WorkOrderId, name: str, content: Base64Bytes) -> ItemId:
    """Take a file in as a work item."""
    order = agreements.work_order(op.db, work_order)
    op.require(order)
    _refuse_after_intake(order)
    line = requirements.line(op.db, order.line_id)
    source = documents.read(name, content)
    # Reading takes its time; only from here on must nobody release the batch.
    _refuse_after_intake(agreements.work_order(op.db, work_order, lock=True))
    if any(
        documents.document(op.db, i.document_id).digest == source.digest
        for i in queries.named(op.db, order.id, name)
    ):
        raise BadInput("file-twice", file=name)
    kept = documents.keep(op, order.engagement_id, name, content, source)
    made = WorkItem(
        engagement_id=order.engagement_id,
        id=ItemId(op.new_id("itm")),
        work_order_id=order.id,
        control_item_id=None,
        service=line.service,
        name=name,
        document_id=kept.id,
        state=ItemState.ADMITTED,
    )
    store.items.add(op.db, made)
    op.record(
        events.ItemAdmitted(
            engagement=order.engagement_id,
            work_order=order.id,
            item=made.id,
            digest=kept.digest,
            name=name,
        )
    )
    return made.id


def _refuse_after_intake(order: WorkOrder) -> None:
    if order.phase is not WorkPhase.INTAKE:
        raise Refusal("intake-over")


@act(roles=MANAGERS, stages=HERE, records=[events.FileRefused])
def refuse_file(op: Operation, work_order: WorkOrderId, name: str, code: str) -> None:
    """Put on record that a file could not be taken in, and why."""
    order = agreements.work_order(op.db, work_order)
    op.require(order)
    if not _CODE.match(code):  # it stands in the public log
        raise BadInput("code-malformed")
    op.record(
        events.FileRefused(
            engagement=order.engagement_id, work_order=order.id, code=code, name=name
        )
    )


@act(roles=MANAGERS, stages=HERE, records=[events.WorkOrderReleased, events.ControlsSeeded])
def release(op: Operation, work_order: WorkOrderId) -> int:
    """Begin work on what was admitted; both sides' seeds must be committed."""
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    if order.phase is not WorkPhase.INTAKE:
        raise Refusal("already-released")
    reasons = queries.release_reasons(op.db, order)
    if reasons:
        raise Refusal("gate-closed", stage=Stage.EXECUTION.value, reasons=reasons)
    level = 0 if has_certified_agent(op, order.engagement_id) else 1
    admitted = queries.ids(op.db, order.id)
    open_for_all(op, order, admitted, level, seed_controls(op, order, admitted))
    counted = clock.start_clock(op, order)
    due = order.due_at if counted is None else counted
    agreements.save_work_order(op, replace(order, phase=WorkPhase.RELEASED, due_at=due))
    op.record(
        events.WorkOrderReleased(
            engagement=order.engagement_id,
            work_order=order.id,
            items=len(admitted),
            due=counted,
        )
    )
    return len(admitted)


@act(
    roles=MANAGERS,
    stages=HERE,
    records=[events.WorkOrderClosed, agreements.StagePassed],
)
def close_work_order(op: Operation, work_order: WorkOrderId) -> None:
    """Close a batch for sampling: every item is submitted, and nothing changes from here."""
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    engagement = agreements.engagement(op.db, order.engagement_id)
    reasons = queries.gate(op.db, engagement, order)
    if order.phase is WorkPhase.INTAKE:
        raise Refusal("gate-closed", stage=Stage.EXECUTION.value, reasons=reasons)
    submitted = queries.counts(op.db, order.id)[ItemState.SUBMITTED]
    if not submitted:
        nothing = Reason("nothing-submitted", place=f"engagements/{engagement.id}/execution")
        raise Refusal("gate-closed", stage=Stage.EXECUTION.value, reasons=[nothing])
    agreements.pass_gate(op, Stage.EXECUTION, reasons, engagement, order)
    closed = agreements.work_order(op.db, order.id)
    agreements.save_work_order(op, replace(closed, phase=WorkPhase.CLOSED))
    withdraw_open(op, order)
    op.record(
        events.WorkOrderClosed(
            engagement=order.engagement_id,
            work_order=order.id,
            round=order.round,
            items=submitted,
        )
    )


UNFINISHED = ("open", "live", "handed", "parked")


def withdraw_open(op: Operation, order: WorkOrder) -> None:
    """Nobody works any more on what a waiver let a work order leave behind unfinished."""
    table = store.assignment_table
    op.db.execute(
        sa.update(table)
        .where(table.c.work_order_id == order.id, table.c.state.in_(UNFINISHED))
        .values(state=AssignmentState.WITHDRAWN.value)
    )


@act(roles=[Role.DELIVERY_MANAGER], stages=HERE, records=[events.ReworkOrdered])
def recall(op: Operation, item: ItemId, question: str, clause: str, note: str = "") -> None:
    """Send a submitted item back to an analyst before the batch is closed, citing a clause."""
    found = queries.item(op.db, item)
    if found.work_order_id is None:
        raise NotFound("item", item)
    order = agreements.work_order(op.db, found.work_order_id, lock=True)
    op.require(order)
    if found.state is ItemState.REVIEW:
        raise Refusal("under-review")
    if order.phase is not WorkPhase.RELEASED or found.state is not ItemState.SUBMITTED:
        raise Refusal("not-submitted", state=found.state.value)
    if clause not in {c.id for c in transfer.guideline(op.db, order.engagement_id).clauses}:
        raise BadInput("unknown-clause", clause=clause)
    if question not in {q.key for q in practices.service(found.service).questions}:
        raise BadInput("unknown-question", question=question)
    order_rework(op, order, item, question, clause, note[:LARGEST_NOTE])


def order_rework(
    op: Operation, order: WorkOrder, item: ItemId, question: str, clause: str, note: str,
    cause: ReworkCause = ReworkCause.RECALL, level: int = 0, judge: ActorId | None = None,
) -> None:  # fmt: skip
    """Send an item back to an analyst because of a clause; records it.

    `judge` is whose judgment that is, unless the actor's; `level` that of a review.
    """
    found = queries.item(op.db, item)
    store.items.save(op.db, replace(found, state=ItemState.REWORK))
    opened = open_assignment(op, found, Purpose.PRODUCE, 1, order.round, clause=clause, note=note)
    store.reworks.add(
        op.db,
        Rework(
            engagement_id=order.engagement_id,
            assignment_id=opened,
            work_order_id=order.id,
            item_id=item,
            cause=cause,
            question=question,
            clause=clause,
            level=level,
            ordered_by=judge or op.actor.id,
            ordered_at=op.now,
        ),
    )
    op.record(
        events.ReworkOrdered(
            engagement=order.engagement_id,
            work_order=order.id,
            item=item,
            question=question,
            clause=clause,
            note=note,
        )
    )


def open_inspections(op: Operation, order: WorkOrder, items: Sequence[ItemId]) -> None:
    """Put inspections of items up, for whoever is not among their authors."""
    for identifier in items:
        open_assignment(op, queries.item(op.db, identifier), Purpose.INSPECT, 1, order.round)


def inspect_again(op: Operation, order: WorkOrder, item: ItemId, first: ActorId) -> AssignmentId:
    """Put an inspection of an item up that looks like any other, but not for who inspected it.

    Raises Refusal where nobody of the team could take it.
    """
    found = queries.item(op.db, item)
    team = access.members(op.db, order.engagement_id)
    names = {m.actor_id: m.pseudonym for m in team}
    opened = open_assignment(
        op, found, Purpose.INSPECT, 1, order.round,
        not_for=queries.families(op.db, first, names[first]),
    )  # fmt: skip
    wanted = queries.assignment(op.db, opened)
    engagement = agreements.engagement(op.db, order.engagement_id)
    people = access.actors(op.db, [m.actor_id for m in team])
    if all(
        not m.live(op.now) or barriers(op, people[m.actor_id], m, wanted, order, engagement)
        for m in team
    ):
        raise Refusal("no-second-inspector", item=found.name)
    return opened


def request_inspections(op: Operation, order: WorkOrder, items: Sequence[ItemId]) -> None:
    """Ask that items be inspected by someone who is not among their authors; records it."""
    open_inspections(op, order, items)
    op.record(
        events.InspectionRequested(
            engagement=order.engagement_id, work_order=order.id, items=len(items)
        )
    )


def reveal(op: Operation, order: WorkOrder, side: Side, nonce: str) -> None:
    """Store an opened nonce; assurance has checked it against the commitment."""
    found = queries.seeds(op.db, order)[side.value]
    store.seeds.save(op.db, replace(found, nonce=nonce))


@act(roles=[Role.DELIVERY_MANAGER], records=[events.WorkRetried])
def retry_work(op: Operation, job: str) -> None:
    """Have machine work that was parked tried again."""
    try:
        found = outbox.get(op.db, job, lock=True)
    except JobMissing:
        raise NotFound("job", job) from None
    engagement = agreements.engagement(op.db, EngagementId(found.engagement_id))
    op.require(engagement)
    if found.state is not JobState.PARKED:
        raise Refusal("job-state", state=found.state.value)
    outbox.retried(op.db, found, op.new_id("job"), op.now)
    op.record(events.WorkRetried(engagement=engagement.id, job=job, work=found.kind))
