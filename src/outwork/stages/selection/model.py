"""Criteria, proposals, scores, award."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from outwork.vocabulary import (
    ActorId,
    BadInput,
    EngagementId,
    LineId,
    Money,
    PartyId,
    ProposalId,
    Reason,
)

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
AWARD_MEANING = "accepts the award, its scope and its prices"
SHORTEST_JUSTIFICATION = 30  # characters: a direct award needs a sentence, not a word


@dataclass(frozen=True, slots=True)
class Criterion:
    """What proposals are compared on; weights of an engagement add up to 100."""

    key: str
    label: str
    weight: int


def check_criteria(criteria: Sequence[Criterion]) -> None:
    """Raises BadInput unless weights are positive, keys are names that differ, weights make 100."""
    for c in criteria:
        if not _NAME.match(c.key):  # it stands in the public log
            raise BadInput("criterion-malformed", criterion=c.key)
    if any(c.weight < 1 for c in criteria):
        raise BadInput("weight-not-positive")
    if len({c.key for c in criteria}) != len(criteria):
        raise BadInput("criterion-twice")
    total = sum(c.weight for c in criteria)
    if total != 100:
        raise BadInput("weights-not-100", total=total)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A provider's offer: a price for each line, a turnaround in days, and how it will work."""

    engagement_id: EngagementId
    id: ProposalId
    party_id: PartyId
    submitted_by: ActorId
    submitted_at: datetime
    prices: Mapping[LineId, Money]
    turnaround_days: int
    approach: str


@dataclass(frozen=True, slots=True)
class Score:
    """Points from 0 to 100 that one person of the panel gave, with the reason."""

    engagement_id: EngagementId
    proposal_id: ProposalId
    criterion: str
    scorer: ActorId
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Award:
    """To whom the work goes and why; `proposal_id` None is a direct award."""

    engagement_id: EngagementId
    party_id: PartyId
    proposal_id: ProposalId | None
    reason: str
    awarded_by: ActorId
    awarded_at: datetime
    prices: Mapping[LineId, Money]
    accepted_at: datetime | None = None


def ranking(
    criteria: Sequence[Criterion], proposals: Sequence[Proposal], scores: Sequence[Score]
) -> list[tuple[ProposalId, Decimal]]:
    """Weighted means of points, best first; a criterion without a score counts 0."""
    totals: list[tuple[ProposalId, Decimal]] = []
    for proposal in proposals:
        total = Decimal(0)
        for c in criteria:
            points = [
                s.points for s in scores if (s.proposal_id, s.criterion) == (proposal.id, c.key)
            ]
            if points:
                total += Decimal(c.weight) * sum(points) / len(points) / 100
        totals.append((proposal.id, total))
    return sorted(totals, key=lambda pair: (-pair[1], pair[0]))


def competition_reasons(
    criteria: Sequence[Criterion],
    proposals: Sequence[Proposal],
    scores: Sequence[Score],
    place: str,
) -> list[Reason]:
    """Why a competitive award cannot be made yet."""
    reasons: list[Reason] = []
    if not criteria:
        reasons.append(Reason("no-criteria", place=place))
    if len({p.party_id for p in proposals}) < 2:
        reasons.append(Reason("fewer-than-two-proposals", {"count": len(proposals)}, place))
    scored = {(s.proposal_id, s.criterion) for s in scores}
    for p in proposals:
        lacking = [c.label for c in criteria if (p.id, c.key) not in scored]
        if lacking:
            reasons.append(Reason("not-scored", {"proposal": p.id, "criteria": lacking}, place))
    return reasons
