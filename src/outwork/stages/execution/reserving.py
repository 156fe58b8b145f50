"""Reserving an item: certification, the next one, a named one; keeping it and giving it back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from outwork import agreements, documents, workforce
from outwork.access import Actor, Membership, Session
from outwork.agreements import Engagement, WorkOrder
from outwork.kit.database import Connection, together
from outwork.kit.keyring import Keyring
from outwork.kit.lane import Steps
from outwork.operation import PLAINLY, Caller, Operation, Plainly, act
from outwork.stages import setup, transfer
from outwork.stages.execution import events, queries, statements, store
from outwork.stages.execution.assigning import (
    member_of,
    open_assignment,
    refuse_on_expired_waiver,
)
from outwork.stages.execution.model import (
    DRAFTED,
    GIVEN,
    LARGEST_NOTE,
    LEASE,
    Assignment,
    AssignmentState,
    hold_reason,
    obstacles,
)
from outwork.stages.execution.watching import hand_out, next_attempt
from outwork.vocabulary import (
    ActorId,
    AssignmentId,
    BadInput,
    EngagementId,
    Json,
    NotFound,
    Purpose,
    Reason,
    Refusal,
    Role,
    Stage,
    WorkOrderId,
)

WORKERS = [Role.ANALYST, Role.AGENT, Role.REVIEWER]
WORKING = [Stage.TRANSFER, Stage.SETUP, Stage.EXECUTION, Stage.ASSURANCE]


@act(
    roles=[Role.ANALYST, Role.AGENT],
    stages=WORKING,
    records=[events.CertificationStarted],
)
def start_certification(op: Operation, engagement: EngagementId) -> int:
    """Take the control items of the guideline in force; gives their number."""
    op.require(agreements.engagement(op.db, engagement))
    member = member_of(op, engagement)
    controls = transfer.control_items(op.db, engagement)
    if not controls:
        raise Refusal("too-few-control-items", count=0, needed=1)
    hand_out(op, engagement, controls, next_attempt(op, engagement))
    op.record(
        events.CertificationStarted(
            engagement=engagement, subject=member.pseudonym, items=len(controls)
        )
    )
    return len(controls)


@act(roles=WORKERS, stages=WORKING, records=[events.ItemClaimed], always=False)
def claim(
    op: Operation,
    engagement: EngagementId,
    work_order: WorkOrderId | None = None,
    assignment: AssignmentId | None = None,
) -> AssignmentId | None:
    """Reserve the next item one may take, or a named one; gives None where nothing waits."""
    found = agreements.engagement(op.db, engagement)
    op.require(found)
    refuse_on_expired_waiver(op, found)
    member = member_of(op, engagement)
    _refuse_if_barred_from_client(op, found)
    if assignment is not None:
        together(op.db, engagement)
        queries.one_claim_at_a_time(op.db, op.actor.id)
        return _claim_named(op, member, assignment)
    if queries.held_by(op.db, engagement, op.actor.id, op.now) is None:
        refuse_off_duty(op, engagement)
    certified = transfer.certified(op.db, engagement, op.actor.id)
    if (
        not certified
        and not queries.given(op.db, engagement, op.actor.id)
        and _certified_only(member)
    ):
        why = transfer.barred_reason(op.db, engagement, op.actor.id)
        raise Refusal(why.code, reasons=[why], name=op.actor.name, **why.params)
    outcome, claimed = op.db.execute(
        _CLAIM,
        {
            "actor": op.actor.id,
            "engagement": engagement,
            "order": work_order,
            "at": op.now,
            "until": op.now + LEASE,
        },
    ).one()
    if outcome == "claimed":
        op.recorded(events.ItemClaimed)
    return AssignmentId(claimed) if claimed else None


@act(roles=WORKERS, records=[events.ItemClaimed], always=False)
def claim_any(op: Operation) -> AssignmentId | None:
    """Reserve the most urgent item that one may take in any engagement; None if nothing waits."""
    op.require()
    refused: list[Refusal] = []
    everywhere = _by_urgency(op.db, op.actor.id, op.now)
    for engagement in everywhere:
        try:
            claimed = claim(op, engagement)
        except Refusal as refusal:  # nothing was written: what else waits may do
            refused.append(refusal)
            continue
        if claimed is not None:
            return claimed
    if refused and len(refused) == len(everywhere):
        raise refused[0]
    return None


def _by_urgency(db: Connection, actor: ActorId, now: datetime) -> list[EngagementId]:
    """Engagements in which something waits, for whoever works there.

    First where the actor holds an item, then by the earliest due instant of a work order that
    something waits in; those without one come last, the oldest first.
    """
    rows = db.execute(
        sa.text(
            "select m.engagement_id,"
            " exists (select from assignment a where a.actor_id = m.actor_id and a.state = 'live'"
            "   and a.engagement_id = m.engagement_id and a.leased_until > :now) as holds,"
            " w.due, w.orders > 0 as waits"
            " from membership m cross join lateral ("
            "   select min(o.due_at) as due, count(*) as orders from work_order o"
            "   where o.engagement_id = m.engagement_id and exists (select from assignment a"
            "     where a.work_order_id = o.id and a.state in ('open', 'live'))) w"
            " where m.actor_id = :actor"
            " and m.valid_from <= :now and :now < m.valid_until"
        ),
        {"actor": actor, "now": now},
    ).all()
    by_name = {
        a.engagement_id
        for a in store.assignments.find(
            db,
            store.assignment_table.c.reserved_for == actor,
            store.assignment_table.c.purpose.in_([p.value for p in GIVEN]),
            store.assignment_table.c.state == AssignmentState.OPEN.value,
        )
    }
    waiting = [r for r in rows if r.holds or r.waits or r.engagement_id in by_name]
    last = datetime.max.replace(tzinfo=UTC)
    waiting.sort(key=lambda r: (not r.holds, r.due or last, r.engagement_id))
    return [EngagementId(r.engagement_id) for r in waiting]


_CLAIM = sa.text(
    "select outcome, assignment from claim_next(:actor, :engagement, :order, :at, :until, true)"
)


@claim.swiftly
def _claim_swiftly(
    _keyring: Keyring,
    caller: Caller,
    now: datetime | None,
    engagement: EngagementId,
    work_order: WorkOrderId | None = None,
    assignment: AssignmentId | None = None,
) -> Steps[AssignmentId | Plainly]:
    if assignment is not None:
        return PLAINLY
    actor, session = (None, caller.digest) if isinstance(caller, Session) else (caller, None)
    row = yield (
        statements.CLAIM_NEXT,
        (actor, session, now, engagement, work_order, LEASE),
    )
    if row is None or row[0] not in ("claimed", "held"):
        return PLAINLY
    return AssignmentId(row[1])


def _certified_only(member: Membership) -> bool:
    """Whether nothing but a certificate would let a member take anything."""
    return Role.REVIEWER not in member.roles


def _claim_named(op: Operation, member: Membership, identifier: AssignmentId) -> AssignmentId:
    wanted = queries.assignment(op.db, identifier, lock=True)
    if wanted.engagement_id != member.engagement_id or (
        wanted.reserved_for not in (None, op.actor.id)
    ):
        raise NotFound("assignment", identifier)
    if hold_reason(wanted, op.actor.id, op.now) is None:
        return wanted.id
    family = queries.families(op.db, op.actor.id, member.pseudonym)
    if wanted.purpose is Purpose.OVERLAP and family in queries.authors(op.db, wanted.item_id):
        raise NotFound("assignment", identifier)  # nobody learns who else is asked
    if wanted.purpose is Purpose.INSPECT and family == wanted.not_for:
        raise NotFound("assignment", identifier)  # nor what is inspected after them
    refuse_off_duty(op, member.engagement_id)
    refuse_if_barred(op, member, wanted)
    lapsed = wanted.leased_until is not None and wanted.leased_until <= op.now
    if wanted.state is not AssignmentState.OPEN and not (
        wanted.state is AssignmentState.LIVE and lapsed
    ):
        raise Refusal("not-open", state=wanted.state.value)
    held = replace(
        wanted, state=AssignmentState.LIVE, actor_id=op.actor.id, leased_until=op.now + LEASE
    )
    store.assignments.save(op.db, held)
    return _record_claim(op, held)


def refuse_if_barred(op: Operation, member: Membership, wanted: Assignment) -> None:
    """Raises Refusal with every rule that bars the actor from an assignment."""
    order = engagement = None
    if wanted.work_order_id is not None:
        order = agreements.work_order(op.db, wanted.work_order_id)
        engagement = agreements.engagement(op.db, member.engagement_id)
    reasons = barriers(op, op.actor, member, wanted, order, engagement)
    if reasons:
        named = [replace(r, params={**r.params, "name": op.actor.name}) for r in reasons]
        raise Refusal(named[-1].code, reasons=named, **named[-1].params)


def barriers(
    op: Operation,
    who: Actor,
    member: Membership,
    wanted: Assignment,
    order: WorkOrder | None,
    engagement: Engagement | None,
) -> list[Reason]:
    """Every rule that bars somebody from an assignment, hours and capacity aside."""
    reasons = obstacles(
        wanted.purpose,
        wanted.level,
        who.family or member.pseudonym,
        member.roles,
        transfer.certified(op.db, member.engagement_id, who.id),
        queries.authors(op.db, wanted.item_id),
        wanted.not_for,
    )
    if wanted.purpose not in GIVEN and order is not None and engagement is not None:
        reasons += workforce.ineligible(
            workforce.qualification(op.db, who.id),
            workforce.need_of(op.db, order.line_id),
            engagement.client_id,
            op.now,
        )
    if any(r.code == "not-certified" for r in reasons):
        why = transfer.barred_reason(op.db, member.engagement_id, who.id)
        reasons = [why if r.code == "not-certified" else r for r in reasons]
    return reasons


def refuse_off_duty(op: Operation, engagement: EngagementId) -> None:
    """Raises Refusal where the actor takes no work now: away, outside hours, or at capacity.

    What one holds already one may finish all the same.
    """
    held = queries.holds(op.db, op.actor.id, op.now)
    reasons = setup.why_off_duty(op.db, engagement, op.actor.id, held, op.now)
    if reasons:
        named = [replace(r, params={**r.params, "name": op.actor.name}) for r in reasons]
        raise Refusal(named[0].code, reasons=named, **named[0].params)


def _refuse_if_barred_from_client(op: Operation, engagement: Engagement) -> None:
    """Raises Refusal where a barrier stands between the actor and the client."""
    brings = workforce.qualification(op.db, op.actor.id)
    reasons = workforce.ineligible(brings, None, engagement.client_id, op.now)
    if reasons:
        raise Refusal(reasons[-1].code, reasons=reasons)


def _record_claim(op: Operation, held: Assignment) -> AssignmentId:
    assert held.leased_until is not None  # just set
    op.record(
        events.ItemClaimed(
            engagement=held.engagement_id,
            assignment=held.id,
            item=held.item_id,
            purpose=held.purpose,
            level=held.level,
            until=held.leased_until,
        )
    )
    return held.id


def held_assignment(op: Operation, identifier: AssignmentId) -> tuple[Assignment, Membership]:
    """The assignment, locked, with the actor's membership; refused unless the actor holds it."""
    found = queries.assignment(op.db, identifier)
    op.require(agreements.engagement(op.db, found.engagement_id))
    if found.work_order_id is not None:
        # The batch is not closed while something is handed in, nor the reverse.
        agreements.work_order(op.db, found.work_order_id, share=True)
    else:
        together(op.db, found.engagement_id)
    found = queries.assignment(op.db, identifier, lock=True)
    why = hold_reason(found, op.actor.id, op.now)
    if why is not None:
        raise Refusal(why, assignment=identifier)
    return found, member_of(op, found.engagement_id)


@act(roles=WORKERS, stages=WORKING, records=[], always=False)
def extend(op: Operation, assignment: AssignmentId) -> datetime:
    """Keep a reserved item for another half hour."""
    found, _ = held_assignment(op, assignment)
    until = op.now + LEASE
    store.assignments.save(op.db, replace(found, leased_until=until))
    return until


@act(roles=WORKERS, stages=WORKING, records=[events.ItemReturned])
def return_assignment(op: Operation, assignment: AssignmentId, reason: str = "") -> None:
    """Give a reserved item back, so that someone else can take it."""
    found, _ = held_assignment(op, assignment)
    store.assignments.save(
        op.db, replace(found, state=AssignmentState.OPEN, actor_id=None, leased_until=None)
    )
    op.record(
        events.ItemReturned(
            engagement=found.engagement_id,
            assignment=assignment,
            item=found.item_id,
            reason=reason[:LARGEST_NOTE],
        )
    )


@act(roles=[Role.AGENT], stages=[Stage.EXECUTION], records=[events.DraftGivenUp])
def give_up_draft(op: Operation, assignment: AssignmentId, code: str) -> None:
    """Leave an item that cannot be drafted to people, and say by a code why."""
    found, _ = held_assignment(op, assignment)
    if found.purpose not in DRAFTED or found.level != 0:
        raise Refusal("wrong-purpose", purpose=found.purpose.value)
    if not _CODE.match(code):  # it stands in the public log
        raise BadInput("code-malformed")
    store.assignments.save(op.db, replace(found, state=AssignmentState.WITHDRAWN))
    open_assignment(op, queries.item(op.db, found.item_id), found.purpose, 1, found.round,
                    order=found.work_order_id)  # fmt: skip
    op.record(
        events.DraftGivenUp(
            engagement=found.engagement_id, assignment=assignment, item=found.item_id, code=code
        )
    )


_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


@act(roles=WORKERS, stages=WORKING, records=[], always=False)
def save_progress(op: Operation, assignment: AssignmentId, content: Json) -> datetime:
    """Keep what was typed so far, sealed; it is not a submission."""
    found, _ = held_assignment(op, assignment)
    sealed = documents.seal(op.db, found.engagement_id, content, f"{assignment}/progress")
    if len(sealed) > 2_000_000:
        raise BadInput("progress-too-large", largest=2_000_000)
    row = {"actor_id": op.actor.id, "content": sealed, "saved_at": op.now}
    op.db.execute(
        insert(store.progress_table)
        .values(engagement_id=found.engagement_id, assignment_id=assignment, **row)
        .on_conflict_do_update(index_elements=["assignment_id"], set_=row)
    )
    store.assignments.save(op.db, replace(found, leased_until=op.now + LEASE))
    return op.now
