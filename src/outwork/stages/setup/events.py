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
class ControlPlanned(EventBody):
    """How a line's work is watched: shares of control items and second answers, and the chart.

    A chart grows by `up` at a wrong answer, shrinks by 1 otherwise, and signals at `limit`: after
    `false_after` answers on average at the rate `good`, after `found_after` at `bad`; `wanted` is
    the shortest run between false alarms that was asked for.
    """

    line: LineId
    control_share: str
    overlap_share: str
    good: str
    bad: str
    wanted: int
    up: int
    limit: int
    false_after: str
    found_after: str
    feedback: bool


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
