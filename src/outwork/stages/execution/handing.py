"""Handing an item over between people and shifts: a packet, who may receive it, and its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from outwork import access, agreements, documents, ledger, practices
from outwork.access import Actor, Membership
from outwork.agreements import Engagement, WorkOrder
from outwork.kit.database import Connection, together
from outwork.operation import Operation, act
from outwork.stages import setup
from outwork.stages.execution import clock, events, queries, store
from outwork.stages.execution.assigning import member_of
from outwork.stages.execution.model import (
    LARGEST_NOTE,
    LEASE,
    Assignment,
    AssignmentState,
)
from outwork.stages.execution.packet import (
    PACKET,
    HandOver,
    HandOverState,
    Packet,
    Receiver,
    handed_by_nobody,
    settled_in,
)
from outwork.stages.execution.reserving import (
    barriers,
    held_assignment,
    refuse_if_barred,
    refuse_off_duty,
)
from outwork.vocabulary import (
    ActorId,
    AssignmentId,
    BadInput,
    HandOverId,
    NotFound,
    Reason,
    Refusal,
    Role,
    Stage,
)

PEOPLE = [Role.ANALYST, Role.REVIEWER]
HERE = [Stage.EXECUTION]
MOST_OFFERED = 20  # receivers
_HISTORY = 50  # entries of the log in a packet


@act(roles=PEOPLE, stages=HERE, records=[events.HandedOver])
def hand_over(
    op: Operation,
    assignment: AssignmentId,
    next_action: str,
    to: ActorId | None = None,
    done: str = "",
    ruled_out: str = "",
    blocked_on: str = "",
) -> HandOverId:
    """Pass a reserved item on with a packet, to somebody or to the next site that opens."""
    found, member = held_assignment(op, assignment)
    if handed_by_nobody(found):
        raise Refusal("wrong-purpose", purpose=found.purpose.value)
    words = {"done": done, "ruled_out": ruled_out, "blocked_on": blocked_on}
    said = _said({**words, "next_action": next_action})
    engagement = agreements.engagement(op.db, found.engagement_id)
    assert found.work_order_id is not None  # only control items have none
    order = agreements.work_order(op.db, found.work_order_id)
    receiver = _receiver(op, engagement, order, found, to)
    due = clock.deadline_of(op.db, order, op.now, found.item_id)
    packet = _packet(op, found, order, said)
    made = HandOver(
        engagement_id=found.engagement_id,
        id=HandOverId(op.new_id("hnd")),
        assignment_id=assignment,
        item_id=found.item_id,
        given_by=op.actor.id,
        given_to=receiver.actor_id,
        # Whoever worked on what is then handed in helped to make it.
        family=queries.families(op.db, op.actor.id, member.pseudonym)
        if found.purpose.value in queries.PRODUCING
        else None,
        at=op.now,
        due_at=None if due is None else due.due,
        state=HandOverState.WAITING,
        content=b"",
    )
    context = f"{made.id}/packet"
    sealed = documents.seal(op.db, found.engagement_id, packet.to_json(), context)
    store.hand_overs.add(op.db, replace(made, content=sealed))
    store.assignments.save(
        op.db,
        replace(
            found,
            state=AssignmentState.HANDED,
            actor_id=None,
            leased_until=None,
            reserved_for=receiver.actor_id,
        ),
    )
    op.record(
        events.HandedOver(
            engagement=found.engagement_id,
            hand_over=made.id,
            assignment=assignment,
            item=found.item_id,
            to=receiver.pseudonym,
            due=made.due_at,
            answered=len(packet.answered),
            open=len(packet.open),
            packet=said,
        )
    )
    return made.id


@act(roles=PEOPLE, stages=HERE, records=[events.HandOverAccepted])
def accept_hand_over(op: Operation, hand_over: HandOverId) -> AssignmentId:
    """Take over an item that was handed to one: it is reserved, with what was typed so far."""
    found, assignment = _waiting(op, hand_over)
    if found.given_to != op.actor.id:
        raise Refusal("handed-to-another")
    queries.one_claim_at_a_time(op.db, op.actor.id)
    refuse_off_duty(op, found.engagement_id)
    refuse_if_barred(op, member_of(op, found.engagement_id), assignment)
    until = op.now + LEASE
    store.assignments.save(
        op.db,
        replace(
            assignment,
            state=AssignmentState.LIVE,
            actor_id=op.actor.id,
            leased_until=until,
            reserved_for=None,  # should the lease run out, anyone may take it
        ),
    )
    table = store.progress_table
    op.db.execute(
        sa.update(table).where(table.c.assignment_id == assignment.id).values(actor_id=op.actor.id)
    )
    store.hand_overs.save(op.db, replace(found, state=HandOverState.ACCEPTED, settled_at=op.now))
    op.record(
        events.HandOverAccepted(
            engagement=found.engagement_id,
            hand_over=hand_over,
            assignment=assignment.id,
            item=found.item_id,
            until=until,
        )
    )
    return assignment.id


@act(roles=[*PEOPLE, Role.DELIVERY_MANAGER], stages=HERE, records=[events.HandOverDeclined])
def decline_hand_over(op: Operation, hand_over: HandOverId, reason: str = "") -> None:
    """Call a hand-over off: the item waits for anyone who may take it."""
    found, assignment = _waiting(op, hand_over)
    roles = member_of(op, found.engagement_id).roles
    if op.actor.id not in (found.given_by, found.given_to) and Role.DELIVERY_MANAGER not in roles:
        raise Refusal("handed-to-another")
    store.assignments.save(
        op.db, replace(assignment, state=AssignmentState.OPEN, reserved_for=None)
    )
    store.hand_overs.save(op.db, replace(found, state=HandOverState.DECLINED, settled_at=op.now))
    op.record(
        events.HandOverDeclined(
            engagement=found.engagement_id,
            hand_over=hand_over,
            assignment=assignment.id,
            item=found.item_id,
            reason=reason[:LARGEST_NOTE],
        )
    )


def _waiting(op: Operation, identifier: HandOverId) -> tuple[HandOver, Assignment]:
    """A hand-over that nobody has settled, with its assignment, both locked."""
    found = hand_over_of(op.db, identifier)
    op.require(agreements.engagement(op.db, found.engagement_id))
    together(op.db, found.engagement_id)
    assignment = queries.assignment(op.db, found.assignment_id, lock=True)
    found = hand_over_of(op.db, identifier, lock=True)
    if found.state is not HandOverState.WAITING or (assignment.state is not AssignmentState.HANDED):
        raise Refusal("hand-over-settled", state=found.state.value)
    return found, assignment


# --- the packet --------------------------------------------------------------------------------


def _said(words: Mapping[str, str]) -> dict[str, str]:
    if not words["next_action"].strip():
        raise BadInput("next-action-empty")
    for what, text in words.items():
        if len(text) > LARGEST_NOTE:
            raise BadInput("text-too-long", what=what.replace("_", " "), most=LARGEST_NOTE)
    return {what: text.strip() for what, text in words.items()}


def _packet(op: Operation, found: Assignment, order: WorkOrder, said: Mapping[str, str]) -> Packet:
    """What the receiver needs: words, progress, what the client owes, what the log says."""
    service = practices.service(queries.item(op.db, found.item_id).service)
    asked = [q.key for q in service.questions]
    settled = settled_in(queries.progress(op.db, found, op.actor.id))
    log = ledger.about_item(op.db, found.engagement_id, found.item_id, _HISTORY)
    return Packet(
        **said,
        answered=tuple(q for q in asked if q in settled),
        open=tuple(q for q in asked if q not in settled),
        owed=tuple(
            p.reason
            for p in clock.pauses(op.db, order.id)
            if p.resumed_at is None and p.item_id in (None, found.item_id)
        ),
        history=tuple((e.at, e.kind, e.actor) for e in log),
    )


# --- who receives it ---------------------------------------------------------------------------


def _receiver(
    op: Operation,
    engagement: Engagement,
    order: WorkOrder,
    found: Assignment,
    to: ActorId | None,
) -> Membership:
    if to is None:
        offered = receivers(op, found, 1)
        if not offered:
            raise Refusal("nobody-to-hand-to")
        to = offered[0].actor
    member = access.membership(op.db, engagement.id, to)
    if member is None or not member.live(op.now):
        raise NotFound("member", to)
    if to == op.actor.id:
        raise BadInput("handed-to-oneself")
    who = access.actor(op.db, to)
    reasons = _in_the_way(op, engagement, order, found, who, member)
    if reasons:
        raise Refusal(reasons[-1].code, reasons=reasons, name=who.name)
    return member


def _in_the_way(
    op: Operation, engagement: Engagement, order: WorkOrder, found: Assignment,
    who: Actor, member: Membership,
) -> list[Reason]:  # fmt: skip
    """Every rule that keeps somebody from an assignment, hours aside."""
    reasons = barriers(op, who, member, found, order, engagement)
    return [replace(r, params={**r.params, "name": who.name}) for r in reasons]


def receivers(op: Operation, assignment: Assignment, most: int = MOST_OFFERED) -> list[Receiver]:
    """Who could take an item over, the best first: by the rule of following the sun.

    Sites are the named calendars; the order is that of `setup.following_the_sun`, then one's own
    site, and within a site whoever holds least comes first, then by id. Those who work by no named
    calendar come last, and can begin at any time. No more are looked for once `most` are found.
    """
    engagement = agreements.engagement(op.db, assignment.engagement_id)
    if assignment.work_order_id is None:
        return []
    order = agreements.work_order(op.db, assignment.work_order_id)
    duties = setup.duties(op.db, engagement.id)
    own = duties.get(op.actor.id)
    sites = setup.site_calendars(op.db, engagement.id)
    here = own.calendar if own else None
    opening: list[tuple[str | None, datetime]] = [*setup.following_the_sun(sites, here, op.now)]
    if here is not None and here in sites:
        begins = setup.next_open(sites[here], op.now)
        opening += [] if begins is None else [(here, begins)]
    by_site = _by_site(op, engagement, duties)
    found: list[Receiver] = []
    for site, at in [*opening, (None, op.now)]:
        for member in by_site.get(site, []):
            if len(found) == most:
                return found
            if _takes_over(op, engagement, order, assignment, member, at):
                found.append(Receiver(member.actor_id, site, at))
    return found


def _by_site(
    op: Operation, engagement: Engagement, duties: Mapping[ActorId, setup.Duty]
) -> dict[str | None, list[Membership]]:
    """Colleagues by the calendar that they work by, whoever holds least first."""
    members = [
        m
        for m in access.members(op.db, engagement.id)
        if m.actor_id != op.actor.id and m.live(op.now) and m.roles & set(PEOPLE)
    ]
    held = _holds(op.db, [m.actor_id for m in members], op.now)
    found: dict[str | None, list[Membership]] = {}
    for member in sorted(members, key=lambda m: (held.get(m.actor_id, 0), m.actor_id)):
        duty = duties.get(member.actor_id)
        found.setdefault(duty.calendar if duty else None, []).append(member)
    return found


def _holds(db: Connection, actors: Sequence[ActorId], now: datetime) -> dict[ActorId, int]:
    """How many items each of some actors has reserved; those with none are left out."""
    table = store.assignment_table.c
    query = (
        sa.select(table.actor_id, sa.func.count())
        .where(
            table.actor_id.in_(actors),
            table.state == AssignmentState.LIVE.value,
            table.leased_until > now,
        )
        .group_by(table.actor_id)
    )
    return {ActorId(actor): count for actor, count in db.execute(query)}


def _takes_over(
    op: Operation, engagement: Engagement, order: WorkOrder, assignment: Assignment,
    member: Membership, begins: datetime,
) -> bool:  # fmt: skip
    """Whether somebody may take an assignment, and is there when the site opens."""
    away = setup.absences(op.db, engagement.id, member.actor_id)
    if any(a.starts <= begins < a.ends for a in away):
        return False
    who = access.actor(op.db, member.actor_id)
    return not _in_the_way(op, engagement, order, assignment, who, member)


# --- reading -----------------------------------------------------------------------------------


def hand_over_of(db: Connection, identifier: HandOverId, *, lock: bool = False) -> HandOver:
    """The hand-over of that id; raises NotFound."""
    return store.hand_overs.get(db, identifier, lock=lock)


def hand_overs(db: Connection, *, to: ActorId | None = None, by: ActorId | None = None,
               assignment: AssignmentId | None = None) -> list[HandOver]:  # fmt: skip
    """Hand-overs to or by somebody that wait, or all of an assignment, oldest first."""
    table = store.hand_over_table.c
    if assignment is not None:
        return store.hand_overs.find(db, table.assignment_id == assignment)
    who = table.given_to == to if to is not None else table.given_by == by
    return store.hand_overs.find(db, who, table.state == HandOverState.WAITING.value)


def packet(db: Connection, found: HandOver) -> Packet:
    """What was handed over with an item; raises KeyMissing after erasure."""
    plain = documents.unseal(db, found.engagement_id, found.content, f"{found.id}/packet")
    return PACKET.validate_python(plain)
