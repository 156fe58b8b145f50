"""Opening engagements, joining them, signing, waiving, and moving from stage to stage."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from outwork import access
from outwork.access import INSTALLATION, Actor, ActorKind, Membership, Party
from outwork.agreements import events, queries, store
from outwork.agreements.model import (
    Engagement,
    MasterAgreement,
    Term,
    WorkOrder,
    WorkPhase,
    remaining,
)
from outwork.operation import Operation, act
from outwork.vocabulary import (
    NO_DIGEST,
    ActorId,
    AgreementId,
    BadInput,
    Digest,
    EngagementId,
    LineId,
    PartyId,
    Reason,
    Refusal,
    Role,
    Shape,
    Side,
    Stage,
    WorkOrderId,
)

# What goes into the public log as it was typed has to be a name and cannot be a sentence.
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
SIGNATORIES = (Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER, Role.CLIENT_REVIEWER)


@act(administrator=True, records=[events.PartyRegistered])
def register_party(op: Operation, name: str, side: Side) -> PartyId:
    """Register an organisation."""
    op.require()
    party = Party(PartyId(op.new_id("pty")), name.strip(), side)
    if not party.name:
        raise BadInput("name-empty")
    access.add_party(op.db, party)
    op.record(events.PartyRegistered(engagement=INSTALLATION, party=party.id, side=side, name=name))
    return party.id


@act(administrator=True, records=[events.ActorRegistered])
def register_actor(
    op: Operation,
    party: PartyId,
    name: str,
    login: str,
    roles: Sequence[Role],
    zone: str = "UTC",
    kind: ActorKind = ActorKind.PERSON,
    family: str = "",
    model: str = "",
    version: str = "",
    prompt_digest: Digest = NO_DIGEST,
) -> ActorId:
    """Register a person or an AI agent of an organisation."""
    op.require()
    of = access.party(op.db, party)
    if set(roles) - access.FITTING[of.side]:
        raise BadInput("role-not-of-side", side=of.side.value, roles=sorted(roles))
    # Every version of an agent is one author, so an agent has a family and nobody else has.
    if bool(family) is not (kind is ActorKind.AGENT) or (family and not _NAME.match(family)):
        raise BadInput("family-malformed", family=family)
    prefix = "agt" if kind is ActorKind.AGENT else "per"
    made = Actor(
        id=ActorId(op.new_id(prefix)),
        kind=kind,
        name=name,
        party_id=party,
        login=login,
        zone=zone,
        roles=frozenset(roles),
        family=family,
        model=model,
        version=version,
        prompt_digest=prompt_digest,
    )
    access.add_actor(op.db, made)
    op.record(
        events.ActorRegistered(
            engagement=INSTALLATION,
            subject=made.id,
            actor_kind=kind.value,
            party=party,
            roles=tuple(sorted(roles)),
            name=name,
        )
    )
    return made.id


def open_engagement(
    op: Operation, title: str, brief: str, currency: str, shape: Shape
) -> Engagement:
    """Store a new engagement with the actor as its first member; records both."""
    made = Engagement(
        id=EngagementId(op.new_id("eng")),
        title=title,
        brief=brief,
        client_id=op.actor.party_id,
        currency=currency,
        shape=shape,
        stage=Stage.REQUIREMENTS,
        opened_at=op.now,
    )
    roles = op.actor.roles & {Role.VENDOR_MANAGER, Role.CLIENT_REVIEWER}
    member = access.enrol(op.db, made.id, op.actor, Side.CLIENT, frozenset(roles), op.now)
    store.engagements.add(op.db, made)
    op.db.execute(sa.insert(store.directory_table).values(id=made.id, opened_at=op.now))
    op.record(
        events.EngagementOpened(
            engagement=made.id,
            client=made.client_id,
            currency=currency,
            shape=shape,
            title=title,
            brief=brief,
        )
    )
    _record_join(op, member, op.actor)
    return made


def join(
    op: Operation, engagement: EngagementId, actor: ActorId, side: Side, roles: Sequence[Role]
) -> Membership:
    """Make an actor a member and record it; for actions of the stages."""
    who = access.actor(op.db, actor)
    member = access.enrol(op.db, engagement, who, side, frozenset(roles), op.now)
    _record_join(op, member, who)
    return member


def _record_join(op: Operation, member: Membership, who: Actor) -> None:
    op.record(
        events.MemberJoined(
            engagement=member.engagement_id,
            subject=member.pseudonym,
            actor_kind=who.kind.value,
            family=who.family or member.pseudonym,
            party=member.party_id,
            side=member.side,
            roles=tuple(sorted(member.roles)),
            name=who.name,
            model=f"{who.model} {who.version}".strip(),
        )
    )


@act(roles=[Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER], records=[events.MemberJoined])
def invite_member(
    op: Operation, engagement: EngagementId, actor: ActorId, roles: Sequence[Role]
) -> str:
    """Bring in a person of one's own organisation, or an auditor; gives the pseudonym."""
    # An agent would widen what a provider's signature covers: `accept_agent` takes it by name.
    found = queries.engagement(op.db, engagement)
    op.require(found)
    who = access.actor(op.db, actor)
    if who.kind is ActorKind.AGENT:
        raise BadInput("agent-not-accepted", id=actor)
    mine = access.membership(op.db, engagement, op.actor.id)
    assert mine is not None  # require() has seen it
    side = mine.side
    if access.party(op.db, who.party_id).side is Side.AUDITOR:
        side = Side.AUDITOR
    elif who.party_id != op.actor.party_id:
        raise Refusal("other-party", party=who.party_id)
    return join(op, engagement, actor, side, roles).pseudonym


@act(roles=[Role.DELIVERY_MANAGER], records=[events.MemberJoined])
def accept_agent(op: Operation, engagement: EngagementId, agent: ActorId) -> str:
    """Bring an AI agent into the provider's team; gives its pseudonym."""
    found = queries.engagement(op.db, engagement)
    op.require(found)
    who = access.actor(op.db, agent)
    if who.kind is not ActorKind.AGENT:
        raise BadInput("not-an-agent", id=agent)
    if who.party_id != op.actor.party_id:
        raise Refusal("other-party", party=who.party_id)
    return join(op, engagement, agent, Side.PROVIDER, [Role.AGENT]).pseudonym


def conclude(
    op: Operation, engagement: Engagement, provider: PartyId, terms: Mapping[str, Term]
) -> Engagement:
    """Put an engagement under the parties' master agreement, concluding one if there is none."""
    standing = queries.agreement_between(op.db, engagement.client_id, provider)
    if standing is None:
        standing = MasterAgreement(
            AgreementId(op.new_id("msa")), engagement.client_id, provider, op.now, dict(terms)
        )
        store.agreements.add(op.db, standing)
    op.record(
        events.AgreementConcluded(
            engagement=engagement.id,
            agreement=standing.id,
            client=standing.client_id,
            provider=provider,
            terms={name: term.value for name, term in standing.terms.items()},
        )
    )
    bound = replace(engagement, provider_id=provider, agreement_id=standing.id)
    store.engagements.save(op.db, bound)
    return bound


def pass_gate(
    op: Operation,
    gate: Stage,
    reasons: Sequence[Reason],
    engagement: Engagement,
    order: WorkOrder | None = None,
) -> None:
    """Move on from `gate` to the next stage, or refuse with every reason no waiver covers."""
    waivers = queries.waivers(op.db, engagement.id)
    left, waived = remaining(reasons, waivers, gate, op.now)
    if left:
        raise Refusal("gate-closed", stage=gate.value, reasons=left)
    advance(op, gate, list(Stage)[gate.position + 1], engagement, order, waived)


def advance(
    op: Operation,
    left: Stage,
    reached: Stage,
    engagement: Engagement,
    order: WorkOrder | None = None,
    waived: Sequence[str] = (),
) -> None:
    """Set the stage of an engagement, or of one of its work orders, and record it."""
    if order is None:
        current = queries.engagement(op.db, engagement.id)
        store.engagements.save(op.db, replace(current, stage=reached))
    else:
        current_order = queries.work_order(op.db, order.id)
        store.work_orders.save(op.db, replace(current_order, stage=reached))
    op.record(
        events.StagePassed(
            engagement=engagement.id,
            work_order=None if order is None else order.id,
            left=left,
            reached=reached,
            waived=tuple(waived),
        )
    )


def start_work_order(
    op: Operation,
    engagement: Engagement,
    line: LineId,
    title: str,
    shape: Shape,
    due: datetime | None,
) -> WorkOrder:
    """Store a work order at execution, taking in; records it."""
    made = WorkOrder(
        engagement_id=engagement.id,
        id=WorkOrderId(op.new_id("wo")),
        line_id=line,
        title=title,
        shape=shape,
        stage=Stage.EXECUTION,
        phase=WorkPhase.INTAKE,
        round=1,
        opened_at=op.now,
        due_at=due,
    )
    store.work_orders.add(op.db, made)
    op.record(
        events.WorkOrderOpened(
            engagement=engagement.id,
            work_order=made.id,
            line=line,
            shape=shape,
            due=due,
            title=title,
        )
    )
    return made


def save_work_order(op: Operation, order: WorkOrder) -> None:
    """Write a work order's phase or round; the stage moves through `pass_gate` and `advance`."""
    store.work_orders.save(op.db, order)


def save_engagement(op: Operation, engagement: Engagement) -> None:
    """Write an engagement's terms."""
    store.engagements.save(op.db, engagement)
