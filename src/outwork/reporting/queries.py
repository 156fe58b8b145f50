"""Reads that cross stages; each begins by asking whether the actor may see it."""

from __future__ import annotations

from dataclasses import replace

from outwork import access, agreements, documents, practices
from outwork.access import Membership
from outwork.agreements import Engagement, WorkOrder
from outwork.kit.database import Connection
from outwork.operation import Operation
from outwork.reporting.model import (
    Gate,
    Overview,
    Person,
    Workbench,
)
from outwork.reporting.telling import assignment_as_told, submissions_as_told
from outwork.stages import (
    acceptance,
    assurance,
    execution,
    requirements,
    selection,
    setup,
    transfer,
)
from outwork.stages.execution import Assignment, AssignmentState, Known
from outwork.vocabulary import (
    AssignmentId,
    EngagementId,
    NotFound,
    Purpose,
    Reason,
    Refusal,
    Role,
    Side,
    Stage,
)

# A bidder that was not chosen sees its own proposal and the scope, nothing else.
BEYOND_BIDDING = frozenset(Role) - {Role.BIDDER}


def may_read(op: Operation, engagement: EngagementId) -> Membership:
    """The actor's live membership; raises NotFound to outsiders and Refusal to mere bidders."""
    member = access.membership(op.db, engagement, op.actor.id)
    if member is None:
        raise NotFound("engagement", engagement)
    if not member.live(op.now):
        raise Refusal("entitlement-ended", until=member.valid_until.isoformat())
    if not member.roles & BEYOND_BIDDING:
        raise Refusal("not-permitted", act="read", roles=sorted(r.value for r in BEYOND_BIDDING))
    return member


def overview(op: Operation, engagement: EngagementId) -> Overview:
    """Where are we, what stops us."""
    found = agreements.engagement(op.db, engagement)
    member = access.membership(op.db, engagement, op.actor.id)
    if member is None or not _concerns(member, found):
        raise NotFound("engagement", engagement)
    if not member.live(op.now):
        raise Refusal("entitlement-ended", until=member.valid_until.isoformat())
    orders = tuple(agreements.work_orders(op.db, engagement))
    current = current_order(orders)
    counts = execution.counts(op.db, current.id) if current else {}
    return Overview(
        engagement=found,
        client=access.party(op.db, found.client_id).name,
        provider=access.party(op.db, found.provider_id).name if found.provider_id else None,
        stage=stage_of(found, current),
        gates=_told(member, gates(op, found, current)),
        orders=orders,
        counts={state.value: n for state, n in counts.items()},
        waivers=tuple(agreements.waivers(op.db, engagement))
        if member.roles & BEYOND_BIDDING
        else (),
        roles=tuple(sorted(member.roles)),
        side=member.side,
    )


def _told(member: Membership, every: tuple[Gate, ...]) -> tuple[Gate, ...]:
    """A bidder sees how far things are, and nothing of the competition."""
    if member.roles & BEYOND_BIDDING:
        return every
    return tuple(replace(g, reasons=(), waived=()) for g in every)


def _concerns(member: Membership, engagement: Engagement) -> bool:
    """A bidder that was not chosen is told nothing any more."""
    bidding = not member.roles & BEYOND_BIDDING
    return not bidding or engagement.provider_id in (None, member.party_id)


def current_order(orders: tuple[WorkOrder, ...]) -> WorkOrder | None:
    """The newest work order that is not closed, else the newest."""
    unfinished = [o for o in orders if o.stage is not Stage.CLOSED]
    found = unfinished or list(orders)
    return found[-1] if found else None


def stage_of(engagement: Engagement, order: WorkOrder | None) -> Stage:
    """The stage a reader thinks of: the work order's once work is called off."""
    if engagement.stage is Stage.EXECUTION and order is not None:
        return Stage.ACCEPTANCE if order.stage is Stage.CLOSED else order.stage
    return engagement.stage


def gates(op: Operation, engagement: Engagement, order: WorkOrder | None) -> tuple[Gate, ...]:
    """All seven gates, each with the reasons that hold it closed."""
    here = stage_of(engagement, order)
    made = []
    for stage in list(Stage)[:-1]:
        state = "passed" if stage.position < here.position else "ahead"
        reasons: list[Reason] = []
        waived: list[str] = []
        if stage is here:
            state = "here"
            every = gate_reasons(op.db, engagement, order, stage)
            waivers = agreements.waivers(op.db, engagement.id)
            reasons, waived = agreements.remaining(every, waivers, stage, op.now)
        made.append(Gate(stage, state, tuple(reasons), tuple(waived)))
    return tuple(made)


def gate_reasons(
    db: Connection, engagement: Engagement, order: WorkOrder | None, stage: Stage
) -> list[Reason]:
    """What stands in the way at one gate, waivers aside."""
    if stage is Stage.REQUIREMENTS:
        return requirements.gate(db, engagement)
    if stage is Stage.SELECTION:
        return selection.gate(db, engagement)
    if stage is Stage.TRANSFER:
        return transfer.gate(db, engagement)
    if stage is Stage.SETUP:
        return setup.gate(db, engagement)
    place = f"engagements/{engagement.id}/execution"
    if order is None:
        return [Reason("nothing-admitted", place=place)]
    if stage is Stage.EXECUTION:
        return execution.gate(db, engagement, order)
    if stage is Stage.ASSURANCE:
        return assurance.gate(db, order)
    if order.stage is Stage.CLOSED:
        return acceptance.closing_gate(db, engagement)
    return acceptance.gate(db, order)


def people(op: Operation, engagement: EngagementId) -> list[Person]:
    """Everyone in an engagement."""
    viewer = may_read(op, engagement)
    found = [m for m in access.members(op.db, engagement) if may_be_named(viewer, m)]
    actors = access.actors(op.db, [m.actor_id for m in found])
    parties = {p.id: p.name for p in access.parties(op.db)}
    return [
        Person(
            actor_id=m.actor_id,
            name=actors[m.actor_id].name,
            kind=actors[m.actor_id].kind.value,
            party=parties.get(m.party_id, ""),
            side=m.side,
            roles=tuple(sorted(m.roles)),
            pseudonym=m.pseudonym,
            zone=actors[m.actor_id].zone,
            valid_from=m.valid_from,
            valid_until=m.valid_until,
            certified=transfer.certified(op.db, engagement, m.actor_id)
            if m.roles & {Role.ANALYST, Role.AGENT}
            else None,
        )
        for m in found
    ]


def may_be_named(viewer: Membership, member: Membership) -> bool:
    """A provider is not told who bid against it."""
    rival = not member.roles & BEYOND_BIDDING and member.party_id != viewer.party_id
    return not (viewer.side is Side.PROVIDER and rival)


def workbench(op: Operation, assignment: str) -> Workbench:
    """An item the actor has reserved, with source, draft, guideline and what was typed so far.

    Raises NotFound where the actor does not hold it: content is shown to whoever works on it.
    """
    found = execution.assignment(op.db, AssignmentId(assignment))
    may_read(op, found.engagement_id)
    if found.actor_id != op.actor.id or found.state not in (
        AssignmentState.LIVE,
        AssignmentState.DONE,
    ):
        raise NotFound("assignment", assignment)
    item = execution.item(op.db, found.item_id)
    # In certification and calibration nobody sees which answers are right, or others' answers.
    # Who scores a contested question again sees neither its answer nor what was said of it.
    # Who decides between two answers does not see whose they are, and a second person no first.
    contested = execution.dispute_by_rescore(op.db, found.id)
    compared = execution.comparison_by_adjudication(op.db, found.id)
    blind = found.purpose in (Purpose.CERTIFY, Purpose.ADJUDICATE, Purpose.CALIBRATE)
    unawares = found.purpose is Purpose.OVERLAP
    begun = execution.draft_of if unawares else execution.current_answers
    answers = {} if blind else begun(op.db, item.id)
    authors = {a.author for a in answers.values() if a.author}
    order = agreements.work_order(op.db, found.work_order_id) if found.work_order_id else None
    sample = assurance.sample_of(op.db, order) if order else None
    told, item = assignment_as_told(found, item, drafted=bool(answers))
    seen = [] if blind or unawares else execution.submissions(op.db, item.id)
    sides = compared.shuffled() if compared else ()
    return Workbench(
        assignment=told,
        purpose=told.purpose,
        item=item,
        engagement=agreements.engagement(op.db, found.engagement_id),
        service=practices.service(item.service),
        guideline=transfer.latest_guideline(op.db, found.engagement_id),
        source=documents.source(op.db, item.document_id),
        answers=answers,
        names={a.id: a.name for a in access.actors(op.db, list(authors)).values()},
        progress=execution.progress(op.db, found, op.actor.id),
        submissions=tuple(submissions_as_told(found, seen, op.actor.id)),
        drawn=frozenset([contested.question])
        if contested
        else frozenset(compared.differing)
        if compared
        else frozenset(sample.questions(item.id))
        if sample and found.purpose is Purpose.INSPECT
        else frozenset(),
        asked=() if blind else _known(op, found),
        own=any(s.author_id == op.actor.id for s in execution.submissions(op.db, item.id)),
        handed=next(
            (
                h.id
                for h in reversed(execution.hand_overs(op.db, assignment=found.id))
                if h.given_to == op.actor.id
            ),
            None,
        ),
        sides=sides,
        pair=tuple({a.question: a for a in execution.answers_of(op.db, s)} for s in sides),
    )


def _known(op: Operation, found: Assignment) -> tuple[Known, ...]:
    """Questions to the client's side; of one's own item no others', where one works unawares."""
    known = execution.known(op.db, found.engagement_id)
    if found.purpose is not Purpose.OVERLAP:
        return tuple(known)
    return tuple(
        k
        for k in known
        if k.escalation.item_id != found.item_id or k.escalation.asked_by == op.actor.id
    )
