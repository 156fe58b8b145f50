"""What the page of each stage shows: one read a stage, asked by people of the engagement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outwork import access, agreements, documents, practices
from outwork.access import Actor, ActorKind, Membership
from outwork.agreements import Signature, WorkOrder
from outwork.kit.paging import Page
from outwork.operation import Operation
from outwork.practices import Service
from outwork.reporting.model import Gate, Overview
from outwork.reporting.queries import (
    BEYOND_BIDDING,
    current_order,
    gate_reasons,
    gates,
    may_read,
    overview,
)
from outwork.stages import (
    acceptance,
    assurance,
    execution,
    requirements,
    selection,
    setup,
    transfer,
)
from outwork.stages.acceptance import ProposedChange
from outwork.stages.assurance import Certificate
from outwork.stages.requirements import Brief, Line
from outwork.stages.selection import Award, Criterion, Proposal, Score
from outwork.stages.setup import (
    AgreedHours,
    Calendar,
    Duty,
    QualityPlan,
    Rate,
    ReviewPlan,
    WorkCalendar,
)
from outwork.stages.transfer import Bar, Certification, ControlItem, Guideline
from outwork.vocabulary import (
    ActorId,
    EngagementId,
    InspectionUnit,
    Json,
    LineId,
    NotFound,
    ProposalId,
    Role,
    Side,
    Stage,
)

# What a bidder is told of the gate of selection: nothing about the others.
FOR_BIDDERS = frozenset({"no-award", "award-not-accepted", "not-signed"})


@dataclass(frozen=True, slots=True)
class Standing:
    """An engagement as one member sees it: where it stands, and the work order looked at."""

    overview: Overview
    member: Membership
    order: WorkOrder | None
    names: Mapping[str, str]

    @property
    def bidding(self) -> bool:
        """Whether the member is a bidder and nothing else."""
        return not self.member.roles & BEYOND_BIDDING


def standing(
    op: Operation, engagement: EngagementId, order: str | None = None, *, bidders: bool = False
) -> Standing:
    """Raises NotFound to outsiders, and Refusal to mere bidders unless `bidders` may look."""
    seen = overview(op, engagement)
    member = access.membership(op.db, engagement, op.actor.id)
    if member is None:
        raise NotFound("engagement", engagement)
    if not bidders:
        may_read(op, engagement)
    chosen = current_order(seen.orders)
    if order:
        found = [o for o in seen.orders if o.id == order]
        if not found:
            raise NotFound("work-order", order)
        chosen = found[0]
    everyone = access.actors(op.db, [m.actor_id for m in access.members(op.db, engagement)])
    bidding = not member.roles & BEYOND_BIDDING
    shown = [op.actor] if bidding else list(everyone.values())
    names: dict[str, str] = {a.id: a.name for a in shown}
    return Standing(seen, member, chosen, names)


def gate_at(op: Operation, at: Standing, stage: Stage) -> Gate:
    """A stage's gate, for the work order looked at where the stage belongs to one."""
    seen = at.overview
    order = at.order if stage.position >= Stage.EXECUTION.position else current_order(seen.orders)
    found = next(g for g in gates(op, seen.engagement, order) if g.stage is stage)
    closing = stage is Stage.ACCEPTANCE and seen.engagement.stage is not Stage.CLOSED
    if found.state != "here" and closing and order and order.stage is Stage.CLOSED:
        reasons = tuple(gate_reasons(op.db, seen.engagement, order, stage))
        found = Gate(stage, "here", reasons)
    if at.bidding:
        told = tuple(r for r in found.reasons if r.code in FOR_BIDDERS)
        return Gate(stage, found.state, told, found.waived)
    return found


def overviews(op: Operation, after: str | None, limit: int | None = None) -> Page[Overview]:
    """The actor's engagements, newest first; those it may know nothing of any more are left out."""
    page = agreements.engagements(op.db, after, limit)
    seen = []
    for found in page.rows:
        member = access.membership(op.db, found.id, op.actor.id)
        if member is None or not member.live(op.now):
            continue
        try:
            seen.append(overview(op, found.id))
        except NotFound:
            continue
    return Page(tuple(seen), page.next)


def latest_certificate(op: Operation, seen: Overview) -> Certificate | None:
    """The newest certificate of an engagement; nothing for those who may not read it."""
    if not set(seen.roles) & BEYOND_BIDDING:
        return None
    issued = [assurance.certificate_of(op.db, o) for o in seen.orders]
    found = [c for c in issued if c is not None]
    return found[-1] if found else None


def terms(op: Operation, at: Standing) -> dict[str, Json]:
    """Effective terms of the work order looked at, or of the engagement."""
    if at.bidding:
        return {}
    return agreements.terms_of(op.db, at.overview.engagement, at.order)


# --- requirements -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scope:
    """The statement of work, what could be read from the brief, and who has signed."""

    lines: tuple[Line, ...]
    plans: Mapping[LineId, setup.Plans | None]
    services: Mapping[str, Service]
    brief: Brief
    signatures: tuple[Signature, ...]


def scope(op: Operation, at: Standing) -> Scope:
    """For members and bidders alike: a proposal needs it."""
    catalogue = practices.catalogue()
    lines = tuple(requirements.lines(op.db, at.overview.engagement.id))
    every = agreements.signatures(op.db, at.overview.engagement.id)
    own = op.actor.id
    shown = [s for s in every if not at.bidding or s.side is Side.CLIENT or s.actor_id == own]
    return Scope(
        lines=lines,
        plans={line.id: plans_for(line) for line in lines},
        services=catalogue,
        brief=requirements.read_brief(at.overview.engagement.brief, list(catalogue.values())),
        signatures=tuple(shown),
    )


def plans_for(line: Line) -> setup.Plans | None:
    """The plans for a line's whole volume; None where none meets both points."""
    questions = len(practices.service(line.service).questions)
    units = line.volume * (questions if line.unit is InspectionUnit.ANSWER else 1)
    try:
        return setup.exact_plans(units, line.sampling)
    except ValueError:
        return None


# --- selection --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Competition:
    """The competition as far as the actor may see it: a provider sees its own proposal only."""

    lines: tuple[Line, ...]
    criteria: tuple[Criterion, ...]
    proposals: tuple[Proposal, ...]
    scores: tuple[Score, ...]
    ranking: Mapping[ProposalId, tuple[int, str]]
    award: Award | None
    parties: Mapping[str, str]
    candidates: tuple[Actor, ...]
    sees_all: bool


def competition(op: Operation, at: Standing) -> Competition:
    """For members and bidders alike; whose proposals are shown is decided here."""
    engagement = at.overview.engagement.id
    sees_all = at.member.side is not Side.PROVIDER
    criteria = selection.criteria(op.db, engagement)
    award = selection.award_of(op.db, engagement)
    proposals, scores = [], []
    if sees_all:
        proposals = selection.proposals(op.db, engagement)
        scores = selection.scores(op.db, engagement)
    elif (own := selection.own_proposal(op.db, engagement, at.member.party_id)) is not None:
        proposals = [own]
    ranked = selection.ranking(criteria, proposals, scores) if scores else []
    providers = access.parties(op.db, Side.PROVIDER)
    candidates = [
        who
        for party in providers
        for who in access.actors_of(op.db, party.id)
        if Role.DELIVERY_MANAGER in who.roles
    ]
    return Competition(
        lines=tuple(requirements.lines(op.db, engagement)),
        criteria=criteria,
        proposals=tuple(proposals),
        scores=tuple(scores),
        ranking={p: (place, f"{total:.1f}") for place, (p, total) in enumerate(ranked, 1)},
        award=award if sees_all or (award and award.party_id == at.member.party_id) else None,
        parties={p.id: p.name for p in providers},
        candidates=tuple(candidates) if Role.VENDOR_MANAGER in at.member.roles else (),
        sees_all=sees_all,
    )


# --- transfer and set-up ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """A member with the actor behind it."""

    member: Membership
    actor: Actor

    @property
    def works(self) -> bool:
        """Whether it answers items, and so is certified."""
        return bool(self.member.roles & {Role.ANALYST, Role.AGENT})

    @property
    def employed(self) -> bool:
        """Whether it has a part in the work; a bidder that was not chosen has none."""
        return bool(self.member.roles & BEYOND_BIDDING)


def team(op: Operation, engagement: EngagementId, side: Side | None = None) -> list[Member]:
    """The members of an engagement, of one side if told."""
    found = [m for m in access.members(op.db, engagement) if side in (None, m.side)]
    actors = access.actors(op.db, [m.actor_id for m in found])
    return [Member(m, actors[m.actor_id]) for m in found]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Guideline, control items, bar, and how everyone did on them."""

    guideline: Guideline | None
    services: tuple[Service, ...]
    bar: Bar | None
    control_items: tuple[tuple[ControlItem, str], ...]
    team: tuple[Member, ...]
    latest: Mapping[str, Certification]
    changes: tuple[ProposedChange, ...]
    candidates: tuple[Actor, ...]
    open_certifications: int


def knowledge(op: Operation, at: Standing) -> Knowledge:
    """What was transferred so far, and who may still be brought in."""
    engagement = may_read(op, at.overview.engagement.id).engagement_id
    members = team(op, engagement)
    present = {m.actor.id for m in members}
    near = access.actors_of(op.db, at.member.party_id)
    firms = access.parties(op.db, Side.AUDITOR)
    auditors = [a for firm in firms for a in access.actors_of(op.db, firm.id)]
    keys = dict.fromkeys(line.service for line in requirements.lines(op.db, engagement))
    return Knowledge(
        guideline=transfer.latest_guideline(op.db, engagement),
        services=tuple(practices.service(key) for key in keys),
        bar=transfer.bar(op.db, engagement),
        control_items=tuple(
            (c, documents.document(op.db, c.document_id).name)
            for c in transfer.control_items(op.db, engagement)
        ),
        team=tuple(m for m in members if m.member.side is Side.PROVIDER and m.works),
        latest={c.actor_id: c for c in transfer.certifications(op.db, engagement)},
        changes=tuple(acceptance.proposed_changes(op.db, engagement)),
        candidates=tuple(
            a for a in [*near, *auditors] if a.id not in present and not a.administrator
        ),
        open_certifications=sum(
            a.state.value in ("open", "live")
            for a in execution.certifying(op.db, engagement, op.actor.id)
        ),
    )


@dataclass(frozen=True, slots=True)
class Readiness:
    """The team, its calendars, the quality plans and the rate card."""

    lines: tuple[Line, ...]
    team: tuple[Member, ...]
    calendars: Mapping[ActorId, WorkCalendar]
    plans: Mapping[LineId, QualityPlan]
    rates: Mapping[LineId, Rate]
    sites: Mapping[str, Calendar]
    duties: Mapping[ActorId, Duty]
    hours: Mapping[LineId, AgreedHours]
    reviews: Mapping[LineId, ReviewPlan]


def readiness(op: Operation, at: Standing) -> Readiness:
    """What the readiness review looks at."""
    engagement = may_read(op, at.overview.engagement.id).engagement_id
    lines = tuple(requirements.lines(op.db, engagement))
    return Readiness(
        lines=lines,
        team=tuple(m for m in team(op, engagement, Side.PROVIDER) if m.employed),
        calendars={c.actor_id: c for c in setup.calendars(op.db, engagement)},
        plans={p.line_id: p for p in setup.quality_plans(op.db, engagement)},
        rates={r.line_id: r for r in setup.rates(op.db, engagement)},
        sites=setup.site_calendars(op.db, engagement),
        duties=setup.duties(op.db, engagement),
        hours=setup.hours_by_line(op.db, engagement),
        reviews={x.id: plan for x in lines if (plan := setup.review_plan(op.db, x.id))},
    )


def is_agent(actor: Actor) -> bool:
    """Whether the actor is an AI agent."""
    return actor.kind is ActorKind.AGENT
