"""Reading the competition and its outcome."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import TypeAdapter

from outwork.agreements import Engagement
from outwork.kit.database import Connection
from outwork.stages.selection import store
from outwork.stages.selection.model import (
    Award,
    Criterion,
    Proposal,
    Score,
    competition_reasons,
)
from outwork.vocabulary import EngagementId, LineId, Money, PartyId, ProposalId, Reason

CRITERIA = TypeAdapter(tuple[Criterion, ...])


def criteria(db: Connection, engagement: EngagementId) -> tuple[Criterion, ...]:
    """The criteria with their weights, empty until set."""
    table = store.criteria_table.c
    found = db.execute(sa.select(table.criteria).where(table.engagement_id == engagement)).scalar()
    return CRITERIA.validate_python(found or [])


def proposal(db: Connection, identifier: ProposalId) -> Proposal:
    """The proposal of that id; raises NotFound."""
    return store.proposals.get(db, identifier)


def proposals(db: Connection, engagement: EngagementId) -> list[Proposal]:
    """All proposals, oldest first: for the client's panel only."""
    return store.proposals.find(db, store.proposal_table.c.engagement_id == engagement)


def own_proposal(db: Connection, engagement: EngagementId, party: PartyId) -> Proposal | None:
    """A provider's own proposal."""
    table = store.proposal_table.c
    return store.proposals.one(db, table.engagement_id == engagement, table.party_id == party)


def scores(db: Connection, engagement: EngagementId) -> list[Score]:
    """All scores of an engagement's panel."""
    return store.scores.find(db, store.score_table.c.engagement_id == engagement)


def award_of(db: Connection, engagement: EngagementId) -> Award | None:
    """The award, or None."""
    return store.awards.one(db, store.award_table.c.engagement_id == engagement)


def agreed_prices(db: Connection, engagement: EngagementId) -> dict[LineId, Money]:
    """The awarded unit price of each line; raises NotFound before the award."""
    return dict(store.awards.get(db, engagement).prices)


def competition(db: Connection, engagement: EngagementId) -> list[Reason]:
    """Why a competitive award cannot be made yet."""
    return competition_reasons(
        criteria(db, engagement),
        proposals(db, engagement),
        scores(db, engagement),
        f"engagements/{engagement}/selection",
    )


def gate(db: Connection, engagement: Engagement) -> list[Reason]:
    """What stands between selection and the transfer of knowledge."""
    place = f"engagements/{engagement.id}/selection"
    found = award_of(db, engagement.id)
    if found is None:
        return [*competition(db, engagement.id), Reason("no-award", place=place)]
    if found.accepted_at is None:
        return [Reason("award-not-accepted", {"party": found.party_id}, place)]
    return []
