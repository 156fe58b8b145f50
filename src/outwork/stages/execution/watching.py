"""Control items among the work: put there unseen, scored, and pausing whoever drifts.

A control item is opened like any other item of the batch, at places and in a number that follow
from a secret of the engagement: nobody can foretell them, and trying again changes nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import replace

import sqlalchemy as sa

from outwork import access, agreements, documents, methods, practices
from outwork.access import ActorKind, Membership
from outwork.agreements import WorkOrder, WorkPhase
from outwork.kit.database import alone, keyring_of
from outwork.operation import Operation, act
from outwork.stages import requirements, setup, transfer
from outwork.stages.execution import events, queries, store
from outwork.stages.execution.assigning import (
    has_certified_agent,
    member_of,
    open_assignment,
)
from outwork.stages.execution.model import (
    GIVEN,
    LARGEST_NOTE,
    Assignment,
    AssignmentState,
    ItemState,
    WorkItem,
    disguised_name,
    marks,
    secret_count,
)
from outwork.stages.transfer import ControlItem, ControlUse
from outwork.vocabulary import (
    ActorId,
    BadInput,
    EngagementId,
    ItemId,
    NotFound,
    Purpose,
    Refusal,
    Role,
    Stage,
)

WORKING = [Stage.TRANSFER, Stage.SETUP, Stage.EXECUTION, Stage.ASSURANCE]


def seed_controls(op: Operation, order: WorkOrder, items: Sequence[ItemId]) -> dict[int, ItemId]:
    """Put control items among the items of a work order; gives each by its place. Records it."""
    line = requirements.line(op.db, order.line_id)
    plan = setup.control_plan_of(op.db, order.line_id)
    pool = [
        c
        for c in transfer.control_items(op.db, order.engagement_id, ControlUse.PRODUCTION)
        if c.service == line.service
    ]
    if plan is None or not plan.control_share or not pool:
        return {}
    key = keyring_of(op.db).make(order.engagement_id)
    secret = hmac.digest(key, f"controls/{order.id}".encode(), hashlib.sha256)
    count = min(secret_count(secret, len(items), plan.control_share), len(pool))
    places = methods.draw(secret, [str(at) for at in range(len(items) + count)], count)
    made = {
        int(at): _disguise(op, control, items, secret + at.encode())
        for at, control in zip(places, _least_met(op, secret, pool), strict=False)
    }
    if made:
        op.record(
            events.ControlsSeeded(
                engagement=order.engagement_id,
                work_order=order.id,
                items={
                    found.id: found.control_item_id
                    for found in made.values()
                    if found.control_item_id is not None
                },
            )
        )
    return {at: found.id for at, found in made.items()}


def _least_met(op: Operation, secret: bytes, pool: Sequence[ControlItem]) -> list[ControlItem]:
    """The pool in an order drawn by lot, those that were among work least often first."""
    table = store.item_table.c
    ids = [c.id for c in pool]
    query = sa.select(table.control_item_id, sa.func.count()).where(table.control_item_id.in_(ids))
    rows = op.db.execute(query.group_by(table.control_item_id))
    met: dict[str, int] = {row[0]: row[1] for row in rows}
    drawn = {i: n for n, i in enumerate(methods.draw(secret, ids, len(ids)))}
    return sorted(pool, key=lambda c: (met.get(c.id, 0), drawn[c.id]))


def _disguise(
    op: Operation, control: ControlItem, items: Sequence[ItemId], secret: bytes
) -> WorkItem:
    """A copy of a control item under a name like those of the batch."""
    number = int.from_bytes(hmac.digest(secret, b"name", hashlib.sha256)[:8])
    like = queries.item(op.db, items[number % len(items)])
    assert like.work_order_id is not None  # an item of the batch
    source = documents.source(op.db, control.document_id)
    while True:
        name = disguised_name(like.name, source.name, number)
        if not queries.named(op.db, like.work_order_id, name):
            break
        number += 1
    kept = documents.keep(
        op, control.engagement_id, name,
        documents.content(op.db, control.document_id), replace(source, name=name),
    )  # fmt: skip
    made = WorkItem(
        engagement_id=control.engagement_id,
        id=ItemId(op.new_id("itm")),
        work_order_id=None,
        control_item_id=control.id,
        service=control.service,
        name=name,
        document_id=kept.id,
        state=ItemState.CONTROL,
    )
    store.items.add(op.db, made)
    return made


def score_control(op: Operation, member: Membership, done: Assignment) -> None:
    """Compare what was handed in with what is known, and pause the actor if the chart signals."""
    assert done.work_order_id is not None  # only a batch has control items
    item = queries.item(op.db, done.item_id)
    submission = queries.submission_of(op.db, done.id)
    assert item.control_item_id is not None
    assert submission is not None
    control = transfer.control_item(op.db, item.control_item_id)
    order = agreements.work_order(op.db, done.work_order_id)
    plan = setup.control_plan_of(op.db, order.line_id)
    assert plan is not None  # without it nothing is seeded
    charts = transfer.record_control(
        op, member, order.line_id, control.id, done.id,
        marks(
            practices.service(item.service),
            queries.answers_of(op.db, submission.id),
            transfer.known_answers(op.db, control),
        ),
        plan.up,
    )  # fmt: skip
    signals = sorted(kind for kind, chart in charts.items() if chart.sums[-1] >= plan.limit)
    if signals and transfer.pause_of(op.db, order.engagement_id, op.actor.id) is None:
        clauses = frozenset().union(*(charts[kind].clauses for kind in signals))
        transfer.begin_pause(op, member, "signal", signals[0], clauses, "")
        _stand_down(op, member)


def take_off_work(op: Operation, member: Membership, cause: str, clauses: Collection[str]) -> None:
    """Pause a member because of clauses, unless a pause lasts; what is reserved is free again."""
    if transfer.pause_of(op.db, member.engagement_id, member.actor_id) is None:
        transfer.begin_pause(op, member, cause, "", clauses, "")
        _stand_down(op, member)


def _stand_down(op: Operation, member: Membership) -> None:
    """What a paused actor had reserved is free again; without an agent, people take the drafts.

    Only what needs the certificate is given back: a reviewer's checks stay, and so does what was
    given by name.
    """
    table = store.assignment_table
    op.db.execute(
        sa.update(table)
        .where(
            table.c.engagement_id == member.engagement_id,
            table.c.actor_id == member.actor_id,
            table.c.state == AssignmentState.LIVE.value,
            table.c.taker.in_([Role.ANALYST.value, Role.AGENT.value]),
            table.c.purpose.not_in([p.value for p in GIVEN]),
        )
        .values(state=AssignmentState.OPEN.value, actor_id=None, leased_until=None)
    )
    agent = access.actor(op.db, member.actor_id).kind is ActorKind.AGENT
    if agent and not has_certified_agent(op, member.engagement_id):
        for order in agreements.work_orders(op.db, member.engagement_id):
            if order.phase is WorkPhase.RELEASED:
                _stop_drafting(op, order)


def _stop_drafting(op: Operation, order: WorkOrder) -> None:
    """People answer without a draft what waits for one that nobody may write."""
    table = store.assignment_table.c
    waiting = store.assignments.find(
        op.db,
        table.work_order_id == order.id,
        table.taker == Role.AGENT.value,
        table.state == AssignmentState.OPEN.value,
    )
    for found in waiting:
        store.assignments.save(op.db, replace(found, state=AssignmentState.WITHDRAWN))
        open_assignment(op, queries.item(op.db, found.item_id), found.purpose, 1, found.round,
                        order=order.id)  # fmt: skip
    if waiting:
        op.record(
            events.DraftingStopped(
                engagement=order.engagement_id, work_order=order.id, items=len(waiting)
            )
        )


@act(
    roles=[Role.DELIVERY_MANAGER],
    stages=WORKING,
    records=[transfer.WorkerPaused, events.DraftingStopped],
)
def pause_worker(op: Operation, engagement: EngagementId, actor: ActorId, reason: str) -> None:
    """Keep an analyst or agent from taking work until readmitted; what is reserved is freed."""
    op.require(agreements.engagement(op.db, engagement))
    alone(op.db, engagement)
    member = _own_worker(op, engagement, actor, reason)
    if transfer.pause_of(op.db, engagement, actor) is not None:
        raise Refusal("already-paused")
    transfer.begin_pause(op, member, "manager", "", (), reason)
    _stand_down(op, member)


@act(roles=[Role.DELIVERY_MANAGER], stages=WORKING, records=[transfer.WorkerReadmitted])
def readmit_worker(op: Operation, engagement: EngagementId, actor: ActorId, reason: str) -> None:
    """End a pause without a new certification, and say why."""
    op.require(agreements.engagement(op.db, engagement))
    alone(op.db, engagement)
    member = _own_worker(op, engagement, actor, reason)
    pause = transfer.pause_of(op.db, engagement, actor)
    if pause is None:
        raise Refusal("at-work")
    transfer.end_pause(op, member, pause, "manager", reason)


def _own_worker(op: Operation, engagement: EngagementId, actor: ActorId, reason: str) -> Membership:
    member = access.membership(op.db, engagement, actor)
    if member is None:
        raise NotFound("member", actor)
    if member.party_id != member_of(op, engagement).party_id:
        raise Refusal("other-party", party=member.party_id)
    if not member.roles & {Role.ANALYST, Role.AGENT}:
        raise Refusal("not-a-worker")
    if not reason.strip() or len(reason) > LARGEST_NOTE:
        raise BadInput("reason-missing", longest=LARGEST_NOTE)
    return member


@act(
    roles=[Role.ANALYST, Role.AGENT],
    stages=WORKING,
    records=[transfer.RetrainingStarted],
)
def start_retraining(op: Operation, engagement: EngagementId) -> int:
    """While paused, take control items on the clauses that went wrong; gives their number."""
    op.require(agreements.engagement(op.db, engagement))
    member = member_of(op, engagement)
    pause = transfer.pause_of(op.db, engagement, op.actor.id)
    bar = transfer.bar(op.db, engagement)
    if pause is None:
        raise Refusal("at-work")
    if bar is None:
        raise Refusal("no-bar")
    attempt = next_attempt(op, engagement)
    controls = transfer.control_items(op.db, engagement, None)
    agent = op.actor.kind is ActorKind.AGENT
    chosen = transfer.retraining_set(
        controls,
        {
            r.control_item_id
            for r in transfer.control_results(op.db, engagement, op.actor.id)
            if not r.right and r.clause in pause.clauses
        },
        {c.id: len(practices.service(c.service).questions) for c in controls},
        bar,
        bar.agents if agent else bar.people,
    )
    if not chosen:
        raise Refusal("too-few-control-items", count=0, needed=1)
    hand_out(op, engagement, chosen, attempt)
    transfer.begin_retraining(op, member, pause, chosen)
    return len(chosen)


def next_attempt(op: Operation, engagement: EngagementId) -> int:
    """The number of the actor's next certification; refused while one is under way."""
    earlier = queries.certifying(op.db, engagement, op.actor.id)
    if any(a.state in (AssignmentState.OPEN, AssignmentState.LIVE) for a in earlier):
        raise Refusal("certification-under-way")
    return 1 + max((a.round for a in earlier), default=0)


def hand_out(
    op: Operation, engagement: EngagementId, controls: Sequence[ControlItem], attempt: int
) -> None:
    """Reserve control items for the actor, to be certified by."""
    table = store.item_table.c
    documents_of = [c.document_id for c in controls]
    ours = {
        i.control_item_id: i
        for i in store.items.find(
            op.db, table.engagement_id == engagement, table.state == ItemState.CONTROL.value
        )
        if i.document_id in documents_of  # a copy among work is not shown again
    }
    for control in controls:
        found = ours.get(control.id)
        if found is None:
            found = WorkItem(
                engagement_id=engagement,
                id=ItemId(op.new_id("itm")),
                work_order_id=None,
                control_item_id=control.id,
                service=control.service,
                name=documents.document(op.db, control.document_id).name,
                document_id=control.document_id,
                state=ItemState.CONTROL,
            )
            store.items.add(op.db, found)
        open_assignment(op, found, Purpose.CERTIFY, 1, attempt, reserved_for=op.actor.id)
