"""What every action on assignments needs: putting one up, and who acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from outwork import access, agreements
from outwork.access import Membership
from outwork.agreements import Engagement, Waiver, WorkOrder
from outwork.operation import Operation
from outwork.stages import setup, transfer
from outwork.stages.execution import store
from outwork.stages.execution.histories import review_levels
from outwork.stages.execution.ladder import next_level
from outwork.stages.execution.model import (
    CHECKING,
    GIVEN,
    Assignment,
    AssignmentState,
    ItemState,
    WorkItem,
    takes,
)
from outwork.vocabulary import (
    ActorId,
    AssignmentId,
    DocumentId,
    EngagementId,
    ItemId,
    Purpose,
    Reason,
    Refusal,
    Role,
    Stage,
    WorkOrderId,
)

# Rework and what was opened again (rank 0) before checking before new work: what was begun is
# finished first, and what was given by name before work. A second answer waits among new work,
# from which nothing may tell it apart.
RANKS = dict.fromkeys(GIVEN, 1) | dict.fromkeys(CHECKING, 2)
LAST = 3


def open_assignment(
    op: Operation,
    item: WorkItem,
    purpose: Purpose,
    level: int,
    round_: int,
    *,
    reserved_for: ActorId | None = None,
    clause: str = "",
    note: str = "",
    order: WorkOrderId | None = None,
    not_for: str = "",
    taker: Role | None = None,
) -> AssignmentId:
    """Put an assignment of an item up, for anyone eligible or for one actor; gives its id.

    A control item among the work of an order is not an item of it, so the order is named.
    """
    rank = 0 if clause or note else RANKS.get(purpose, LAST)
    made = Assignment(
        engagement_id=item.engagement_id,
        id=AssignmentId(op.new_id("asg")),
        item_id=item.id,
        work_order_id=order or item.work_order_id,
        purpose=purpose,
        level=level,
        taker=taker or takes(purpose, level),
        round=round_,
        rank=rank,
        state=AssignmentState.OPEN,
        opened_at=op.now,
        reserved_for=reserved_for,
        clause=clause,
        note=note,
        not_for=not_for,
    )
    store.assignments.add(op.db, made)
    return made.id


def open_for_all(
    op: Operation,
    order: WorkOrder,
    items: Sequence[ItemId],
    level: int,
    controls: Mapping[int, ItemId],
) -> None:
    """Put an assignment of every item up, for anyone eligible, with control items at places."""
    rest = iter(items)
    work = [controls.get(at) or next(rest) for at in range(len(items) + len(controls))]
    hidden = frozenset(controls.values())
    for start in range(0, len(work), CHUNK):
        some = work[start : start + CHUNK]
        op.db.execute(
            _OPEN_MANY,
            {
                "engagement": order.engagement_id,
                "work_order": order.id,
                "ids": [op.new_id("asg") for _ in some],
                "items": some,
                "purposes": [
                    (Purpose.CONTROL if i in hidden else Purpose.PRODUCE).value for i in some
                ],
                "level": level,
                "taker": takes(Purpose.PRODUCE, level).value,
                "round": order.round,
                "rank": LAST,
                "at": op.now,
            },
        )


CHUNK = 10_000  # rows a statement
_OPEN_MANY = sa.text(
    "insert into assignment (engagement_id, id, item_id, work_order_id, purpose, level, taker,"
    " round, rank, state, opened_at, clause, note, not_for)"
    " select :engagement, n.id, n.item, :work_order, n.purpose, :level, :taker, :round, :rank,"
    " 'open', :at, '', '', '' from unnest(cast(:ids as text[]), cast(:items as text[]),"
    " cast(:purposes as text[])) as n(id, item, purpose)"
)


@dataclass(frozen=True, slots=True)
class Given:
    """A text that some people answer by themselves: where it is taken from, and its name."""

    source: ItemId
    service: str
    name: str
    document: DocumentId


def ask_each(
    op: Operation,
    engagement: EngagementId,
    texts: Sequence[Given],
    raters: Mapping[ActorId, Role],
) -> list[ItemId]:
    """Have each of some people answer each of some texts alone; gives the items, in order.

    They are items of no batch: nothing that is answered of them goes into work.
    """
    made = []
    for text in texts:
        item = WorkItem(
            engagement_id=engagement,
            id=ItemId(op.new_id("itm")),
            work_order_id=None,
            control_item_id=None,
            service=text.service,
            name=text.name,
            document_id=text.document,
            state=ItemState.CALIBRATION,
        )
        store.items.add(op.db, item)
        for rater, role in raters.items():
            open_assignment(op, item, Purpose.CALIBRATE, 1, 1, reserved_for=rater, taker=role)
        made.append(item.id)
    return made


def stop_asking(op: Operation, items: Sequence[ItemId]) -> None:
    """Take back what was given of some items and is not answered yet."""
    table = store.assignment_table
    op.db.execute(
        sa.update(table)
        .where(
            table.c.item_id.in_(items),
            table.c.state.in_([AssignmentState.OPEN.value, AssignmentState.LIVE.value]),
        )
        .values(state=AssignmentState.WITHDRAWN.value, actor_id=None, leased_until=None)
    )


def climb(op: Operation, order: WorkOrder, item: ItemId, passed: int) -> None:
    """Put an item up for the level after the one it passed, or count it as submitted."""
    found = store.items.get(op.db, item)
    following = next_level(review_levels(op.db, order, item), passed)
    state = ItemState.SUBMITTED if following is None else ItemState.REVIEW
    store.items.save(op.db, replace(found, state=state))
    if following is not None:
        open_assignment(op, found, Purpose.REVIEW, following, order.round)


def has_certified_agent(op: Operation, engagement: EngagementId) -> bool:
    """Whether a certified agent of the team can draft."""
    return any(
        Role.AGENT in m.roles and transfer.certified(op.db, engagement, m.actor_id)
        for m in access.members(op.db, engagement)
    )


def member_of(op: Operation, engagement: EngagementId) -> Membership:
    """The actor's membership; the act has asked for permission."""
    member = access.membership(op.db, engagement, op.actor.id)
    assert member is not None  # require() has seen it
    return member


def refuse_on_expired_waiver(op: Operation, engagement: Engagement) -> None:
    """Raises Refusal where work relies on a waiver that has run out."""
    expired = [
        w
        for w in agreements.expired_waivers(op.db, engagement, op.now)
        if _still_lacking(op, engagement, w)
    ]
    if expired:
        place = f"engagements/{engagement.id}"
        raise Refusal(
            "waiver-expired",
            reasons=[Reason("waiver-expired", {"waiver": w.id}, place) for w in expired],
        )


def _still_lacking(op: Operation, engagement: Engagement, waiver: Waiver) -> bool:
    """Whether what was waived is lacking still; what was made good meanwhile stops nobody."""
    gates = {Stage.TRANSFER: transfer.gate, Stage.SETUP: setup.gate}
    if waiver.gate not in gates:
        return True
    return bool({r.code for r in gates[waiver.gate](op.db, engagement)} & set(waiver.codes))
