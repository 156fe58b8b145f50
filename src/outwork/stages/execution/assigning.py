"""What every action on assignments needs: putting one up, and who acts."""

from __future__ import annotations

from outwork import access, agreements
from outwork.access import Membership
from outwork.agreements import Engagement, Waiver
from outwork.operation import Operation
from outwork.stages import setup, transfer
from outwork.stages.execution import store
from outwork.stages.execution.model import (
    Assignment,
    AssignmentState,
    WorkItem,
    takes,
)
from outwork.vocabulary import (
    ActorId,
    AssignmentId,
    EngagementId,
    Purpose,
    Reason,
    Refusal,
    Role,
    Stage,
)


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
) -> None:
    """Put an assignment of an item up, for anyone eligible or for one actor."""
    # Rework before checking before new work: what was begun is finished first.
    rank = 0 if clause else {Purpose.CERTIFY: 1, Purpose.INSPECT: 2}.get(purpose, 3)
    made = Assignment(
        engagement_id=item.engagement_id,
        id=AssignmentId(op.new_id("asg")),
        item_id=item.id,
        work_order_id=item.work_order_id,
        purpose=purpose,
        level=level,
        taker=takes(purpose, level),
        round=round_,
        rank=rank,
        state=AssignmentState.OPEN,
        opened_at=op.now,
        reserved_for=reserved_for,
        clause=clause,
        note=note,
    )
    store.assignments.add(op.db, made)


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
