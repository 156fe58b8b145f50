"""What happens in selection; prices stay sealed until the award."""

from __future__ import annotations

from outwork.ledger import EventBody, Sealed, event
from outwork.vocabulary import LineId, Money, PartyId, ProposalId


@event()
class CriteriaSet(EventBody):
    """The client fixed criteria and weights before opening proposals."""

    weights: dict[str, int]
    labels: Sealed[dict[str, str]]


@event()
class ProposalSubmitted(EventBody):
    """A provider made an offer."""

    proposal: ProposalId
    party: PartyId
    offer: Sealed[dict[str, object]]


@event()
class ProposalScored(EventBody):
    """A member of the panel scored a proposal on a criterion."""

    proposal: ProposalId
    criterion: str
    points: int
    reason: Sealed[str]


@event()
class Awarded(EventBody):
    """The client chose a provider at these unit prices by line."""

    party: PartyId
    proposal: ProposalId | None
    prices: dict[LineId, Money]
    reason: Sealed[str]
