"""What happens in operational set-up."""

from __future__ import annotations

from datetime import datetime

from outwork.ledger import EventBody, event
from outwork.vocabulary import LineId, Money, PartyId


@event()
class CalendarSet(EventBody):
    """A person's working hours are known."""

    subject: str
    zone: str
    weekdays: tuple[int, ...]
    starts: str
    ends: str
    country: str


@event()
class EntitlementDated(EventBody):
    """A member's access begins and ends at these instants."""

    subject: str
    valid_from: datetime
    valid_until: datetime


@event()
class QualityPlanned(EventBody):
    """A line's sampling plan for its planned volume."""

    line: LineId
    lot: int
    sample_size: int
    acceptance_number: int
    consumer_risk: str
    producer_risk: str


@event()
class NeedStated(EventBody):
    """What a line asks of whoever works on it; codes, and ids of adverse parties."""

    line: LineId
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    clearance: int
    credentials: tuple[str, ...]
    adverse: tuple[PartyId, ...]


@event()
class RatesAgreed(EventBody):
    """The rate card holds these unit prices."""

    rates: dict[LineId, Money]
