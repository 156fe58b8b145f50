"""What happens to people across engagements, in the past tense; the installation's own log."""

from __future__ import annotations

from outwork.ledger import EventBody, Sealed, event
from outwork.vocabulary import PartyId


@event()
class Qualified(EventBody):
    """What somebody brings is stated anew; credentials by code, with the instant of expiry."""

    subject: str
    clearance: int
    skills: Sealed[tuple[str, ...]]
    languages: Sealed[tuple[str, ...]]
    credentials: Sealed[dict[str, str]]


@event()
class BarrierRaised(EventBody):
    """Somebody must not work for or against a party."""

    subject: str
    party: PartyId
    reason: Sealed[str]


@event()
class BarrierLifted(EventBody):
    """Somebody may work for or against a party again."""

    subject: str
    party: PartyId
    reason: Sealed[str]
