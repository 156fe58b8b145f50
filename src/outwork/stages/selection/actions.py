"""Inviting, proposing, scoring, awarding, accepting."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import SecretStr, TypeAdapter
from sqlalchemy.dialects.postgresql import insert

from outwork import access, agreements
from outwork.access import Membership
from outwork.agreements import Engagement, Term
from outwork.operation import Operation, act
from outwork.stages import requirements
from outwork.stages.selection import events, queries, store
from outwork.stages.selection.model import (
    AWARD_MEANING,
    SHORTEST_JUSTIFICATION,
    Award,
    Criterion,
    Proposal,
    Score,
    check_criteria,
)
from outwork.vocabulary import (
    ActorId,
    BadInput,
    Digest,
    EngagementId,
    LineId,
    Money,
    PartyId,
    ProposalId,
    Refusal,
    Role,
    Side,
    Stage,
)

HERE = [Stage.SELECTION]
PANEL = [Role.VENDOR_MANAGER, Role.CLIENT_REVIEWER]


@act(roles=[Role.VENDOR_MANAGER], stages=HERE, records=[events.CriteriaSet])
def set_criteria(op: Operation, engagement: EngagementId, criteria: Sequence[Criterion]) -> None:
    """Fix what proposals are compared on, before the first one is in."""
    op.require(agreements.engagement(op.db, engagement, lock=True))
    check_criteria(criteria)
    if queries.proposals(op.db, engagement):
        raise Refusal("proposals-already-in")
    plain = queries.CRITERIA.dump_python(tuple(criteria), mode="json")
    statement = insert(store.criteria_table).values(engagement_id=engagement, criteria=plain)
    op.db.execute(
        statement.on_conflict_do_update(index_elements=["engagement_id"], set_={"criteria": plain})
    )
    op.record(
        events.CriteriaSet(
            engagement=engagement,
            weights={c.key: c.weight for c in criteria},
            labels={c.key: c.label for c in criteria},
        )
    )


@act(roles=[Role.VENDOR_MANAGER], stages=HERE, records=[agreements.MemberJoined])
def invite_bidder(op: Operation, engagement: EngagementId, person: ActorId) -> None:
    """Invite a provider, through one of its people, to make a proposal."""
    op.require(agreements.engagement(op.db, engagement))
    who = access.actor(op.db, person)
    if access.party(op.db, who.party_id).side is not Side.PROVIDER:
        raise Refusal("not-a-provider", party=who.party_id)
    agreements.join(op, engagement, person, Side.PROVIDER, [Role.BIDDER])


@act(roles=[Role.BIDDER], stages=HERE, records=[events.ProposalSubmitted])
def submit_proposal(
    op: Operation,
    engagement: EngagementId,
    prices: Mapping[LineId, Money],
    turnaround_days: int,
    approach: str,
) -> ProposalId:
    """Make an offer: a price for every line, a turnaround, and how the work will be done."""
    found = agreements.engagement(op.db, engagement, lock=True)
    op.require(found)
    _refuse_if_awarded(op, engagement)
    if not queries.criteria(op.db, engagement):
        raise Refusal("no-criteria")
    scope = requirements.lines(op.db, engagement)
    if set(prices) != {line.id for line in scope}:
        raise BadInput("prices-incomplete", lines=sorted(line.id for line in scope))
    if any(p.currency != found.currency or p.amount < 0 for p in prices.values()):
        raise BadInput("price-not-in-currency", agreed=found.currency)
    if turnaround_days < 1:
        raise BadInput("turnaround-not-positive", days=turnaround_days)
    if queries.own_proposal(op.db, engagement, op.actor.party_id) is not None:
        raise Refusal("proposal-already-made")
    made = Proposal(
        engagement_id=engagement,
        id=ProposalId(op.new_id("prp")),
        party_id=op.actor.party_id,
        submitted_by=op.actor.id,
        submitted_at=op.now,
        prices=dict(prices),
        turnaround_days=turnaround_days,
        approach=approach,
    )
    store.proposals.add(op.db, made)
    op.record(
        events.ProposalSubmitted(
            engagement=engagement,
            proposal=made.id,
            party=made.party_id,
            offer={
                "prices": {line: str(price) for line, price in prices.items()},
                "turnaround_days": turnaround_days,
                "approach": approach,
            },
        )
    )
    return made.id


@act(roles=PANEL, stages=HERE, records=[events.ProposalScored])
def score_proposal(
    op: Operation, proposal: ProposalId, criterion: str, points: int, reason: str
) -> None:
    """Give a proposal points on one criterion, with the reason."""
    found = queries.proposal(op.db, proposal)
    op.require(agreements.engagement(op.db, found.engagement_id, lock=True))
    _refuse_if_awarded(op, found.engagement_id)
    if criterion not in {c.key for c in queries.criteria(op.db, found.engagement_id)}:
        raise BadInput("unknown-criterion", criterion=criterion)
    if not 0 <= points <= 100:
        raise BadInput("points-outside", points=points)
    if not reason.strip():
        raise BadInput("reason-empty")
    made = Score(found.engagement_id, proposal, criterion, op.actor.id, points, reason)
    statement = insert(store.score_table).values(
        engagement_id=made.engagement_id,
        proposal_id=proposal,
        criterion=criterion,
        scorer=op.actor.id,
        points=points,
        reason=reason,
    )
    op.db.execute(
        statement.on_conflict_do_update(
            index_elements=["proposal_id", "criterion", "scorer"],
            set_={"points": points, "reason": reason},
        )
    )
    op.record(
        events.ProposalScored(
            engagement=made.engagement_id,
            proposal=proposal,
            criterion=criterion,
            points=points,
            reason=reason,
        )
    )


@act(
    roles=[Role.VENDOR_MANAGER],
    stages=HERE,
    records=[events.Awarded, agreements.AgreementConcluded],
)
def award(op: Operation, proposal: ProposalId, reason: str) -> None:
    """Award the work to a proposal, with the reason."""
    chosen = queries.proposal(op.db, proposal)
    found = agreements.engagement(op.db, chosen.engagement_id, lock=True)
    op.require(found)
    if not reason.strip():
        raise BadInput("reason-empty")
    reasons = agreements.open_reasons(
        op.db, found.id, Stage.SELECTION, queries.competition(op.db, found.id), op.now
    )
    if reasons:
        raise Refusal("gate-closed", stage=Stage.SELECTION.value, reasons=reasons)
    _award(op, found, chosen.party_id, proposal, reason, chosen.prices)


@act(
    roles=[Role.VENDOR_MANAGER],
    stages=HERE,
    records=[events.Awarded, agreements.AgreementConcluded, agreements.MemberJoined],
)
def award_directly(
    op: Operation, engagement: EngagementId, person: ActorId, justification: str
) -> None:
    """Award without competition, at the statement of work's prices, with a justification."""
    found = agreements.engagement(op.db, engagement, lock=True)
    op.require(found)
    if len(justification.strip()) < SHORTEST_JUSTIFICATION:
        raise BadInput("justification-short", shortest=SHORTEST_JUSTIFICATION)
    who = access.actor(op.db, person)
    if access.party(op.db, who.party_id).side is not Side.PROVIDER:
        raise Refusal("not-a-provider", party=who.party_id)
    agreements.join(op, engagement, person, Side.PROVIDER, [Role.BIDDER])
    prices = {line.id: line.price for line in requirements.lines(op.db, engagement)}
    _award(op, found, who.party_id, None, justification, prices)


def _award(
    op: Operation,
    engagement: Engagement,
    party: PartyId,
    proposal: ProposalId | None,
    reason: str,
    prices: Mapping[LineId, Money],
) -> None:
    _refuse_if_awarded(op, engagement.id)
    made = Award(engagement.id, party, proposal, reason, op.actor.id, op.now, dict(prices))
    store.awards.add(op.db, made)
    op.record(
        events.Awarded(
            engagement=engagement.id,
            party=party,
            proposal=proposal,
            prices=dict(prices),
            reason=reason,
        )
    )
    agreements.conclude(op, engagement, party, _standard_terms())


def _refuse_if_awarded(op: Operation, engagement: EngagementId) -> None:
    if queries.award_of(op.db, engagement) is not None:
        raise Refusal("already-awarded")


def _standard_terms() -> dict[str, Term]:
    """What a new master agreement says until the parties write something else."""
    return {
        "payment-days": Term(30),
        "acceptance-working-days": Term(10),
        "confidentiality-survives-years": Term(5, prevails=True),
        "intellectual-property": Term("client on payment", prevails=True),
    }


@act(
    roles=[Role.BIDDER],
    stages=HERE,
    records=[*agreements.SIGNING, agreements.StagePassed, agreements.MemberJoined],
)
def accept_award(op: Operation, engagement: EngagementId, name: str, password: SecretStr) -> None:
    """Sign the awarded scope and prices for the provider, and pass to knowledge transfer."""
    found = agreements.engagement(op.db, engagement, lock=True)
    op.require(found)
    chosen = queries.award_of(op.db, engagement)
    if chosen is None:
        raise Refusal("no-award")
    if chosen.party_id != op.actor.party_id:
        raise Refusal("award-to-another")
    if Role.DELIVERY_MANAGER not in op.actor.roles:  # nobody could bring in the team
        raise Refusal("delivery-manager-needed")
    scope = requirements.scope_digest(requirements.lines(op.db, engagement))
    digest = _award_digest(scope, chosen)
    agreements.sign(op, engagement, name, password, AWARD_MEANING, digest)
    store.awards.save(op.db, replace(chosen, accepted_at=op.now))
    _take_over(op, engagement)
    agreements.pass_gate(op, Stage.SELECTION, queries.gate(op.db, found), found)


def _take_over(op: Operation, engagement: EngagementId) -> Membership:
    return agreements.join(
        op, engagement, op.actor.id, Side.PROVIDER, [Role.BIDDER, Role.DELIVERY_MANAGER]
    )


def _award_digest(scope: Digest, chosen: Award) -> Digest:
    prices = TypeAdapter(dict[LineId, Money]).dump_python(dict(chosen.prices), mode="json")
    text = json.dumps({"scope": scope, "prices": prices}, sort_keys=True, separators=(",", ":"))
    return Digest(hashlib.sha256(text.encode()).hexdigest())
