"""Hand-overs as giver and receiver see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outwork import access, agreements, practices
from outwork.agreements import Engagement
from outwork.operation import Operation
from outwork.reporting.queries import may_read
from outwork.stages import execution, setup
from outwork.stages.execution import Deadline, HandOver, Packet, WorkItem
from outwork.vocabulary import ActorId, AssignmentId, HandOverId, NotFound


@dataclass(frozen=True, slots=True)
class Handed:
    """An item on its way: the packet, and when it can and must be worked on.

    `begins` is when the receiver's working hours begin, `minutes` how many of them are left then
    before it is due; None where it is not known by which hours the receiver works, or not due.
    """

    hand_over: HandOver
    item: WorkItem
    engagement: Engagement
    packet: Packet
    giver: str
    receiver: str
    names: dict[str, str]
    labels: dict[str, str]
    deadline: Deadline | None
    begins: datetime | None
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Passing:
    """An item that the actor holds and may hand over, and who could take it over, best first."""

    assignment: AssignmentId
    item: WorkItem
    engagement: Engagement
    receivers: tuple[tuple[ActorId, str, str | None, datetime], ...]
    deadline: Deadline | None


def handed_to(op: Operation) -> list[Handed]:
    """What was handed over to the actor and waits, in every engagement."""
    found = execution.hand_overs(op.db, to=op.actor.id)
    return [_handed(op, one) for one in found]


def handed(op: Operation, identifier: str) -> Handed:
    """One hand-over; raises NotFound to all but giver and receiver."""
    found = execution.hand_over_of(op.db, HandOverId(identifier))
    may_read(op, found.engagement_id)
    if op.actor.id not in (found.given_by, found.given_to):
        raise NotFound("hand-over", identifier)
    return _handed(op, found)


def _handed(op: Operation, found: HandOver) -> Handed:
    item = execution.item(op.db, found.item_id)
    people = access.actors(op.db, [found.given_by, found.given_to])
    behind = access.pseudonyms(op.db, found.engagement_id)
    names = access.actors(op.db, list(behind.values()))
    assignment = execution.assignment(op.db, found.assignment_id)
    assert assignment.work_order_id is not None  # control items of a certification are not handed
    order = agreements.work_order(op.db, assignment.work_order_id)
    stands = execution.deadline_of(op.db, order, op.now, item.id)
    hours = setup.hours_of(op.db, found.engagement_id, found.given_to, op.now.year)
    begins = setup.next_open(hours, op.now) if hours else None
    minutes = None
    if hours and begins and stands and stands.due and hours.first <= stands.due.date() < hours.last:
        minutes = setup.working_time(hours).counted(begins, stands.due)
    return Handed(
        hand_over=found,
        item=item,
        engagement=agreements.engagement(op.db, found.engagement_id),
        packet=execution.packet(op.db, found),
        giver=people[found.given_by].name,
        receiver=people[found.given_to].name,
        names={p: names[a].name for p, a in behind.items() if a in names},
        labels={q.key: q.label for q in practices.service(item.service).questions},
        deadline=stands,
        begins=begins,
        minutes=minutes,
    )


def passing(op: Operation, assignment: str) -> Passing:
    """What one needs to hand an item over; raises NotFound where the actor does not hold it."""
    found = execution.assignment(op.db, AssignmentId(assignment))
    may_read(op, found.engagement_id)
    if found.actor_id != op.actor.id or found.state is not execution.AssignmentState.LIVE:
        raise NotFound("assignment", assignment)
    item = execution.item(op.db, found.item_id)
    offered = execution.receivers(op, found)
    names = access.actors(op.db, [r.actor for r in offered])
    order = agreements.work_order(op.db, found.work_order_id) if found.work_order_id else None
    return Passing(
        assignment=found.id,
        item=item,
        engagement=agreements.engagement(op.db, found.engagement_id),
        receivers=tuple((r.actor, names[r.actor].name, r.site, r.begins) for r in offered),
        deadline=execution.deadline_of(op.db, order, op.now, item.id) if order else None,
    )
