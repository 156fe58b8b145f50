"""What happens in operational set-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from outwork.ledger import EventBody, Occasional, event
from outwork.stages.setup.model import ClassPlan
from outwork.vocabulary import LineId, Money, PartyId, Severity


@event()
class CalendarSet(EventBody):
    """A person's working hours are known."""

    subject: str
    zone: str
    weekdays: tuple[int, ...]
    starts: str
    ends: str
    country: str


@dataclass(frozen=True, slots=True)
class WeeklyShift:
    """Local hours, as hours and minutes, on weekdays from Monday (0) on."""

    weekdays: tuple[int, ...]
    starts: str
    ends: str


@dataclass(frozen=True, slots=True)
class ZoneOffset:
    """From an instant on, a zone is so many minutes ahead of UTC."""

    at: datetime
    minutes: int


@event()
class CalendarDefined(EventBody):
    """A site's working hours from `first` to `last`; nobody works on the `closed` days.

    `offsets` are the zone's, so that whoever counts again needs no database of zones.
    """

    calendar: str
    calendar_version: int
    zone: str
    shifts: tuple[WeeklyShift, ...]
    country: str
    subdivision: str
    first: date
    last: date
    closed: tuple[date, ...]
    offsets: tuple[ZoneOffset, ...]


@event()
class HoursAgreed(EventBody):
    """A line's turnaround is so many working minutes of a calendar."""

    line: LineId
    calendar: str
    calendar_version: int
    minutes: int


@event()
class Rostered(EventBody):
    """Somebody takes work in a calendar's hours, and holds so many items at most."""

    subject: str
    calendar: str | None
    at_most: int | None


@event()
class AbsenceNoted(EventBody):
    """Somebody is away from an instant to another."""

    subject: str
    starts: datetime
    ends: datetime


@event()
class AbsenceEnded(EventBody):
    """Somebody is back, and not away later either."""

    subject: str


@event()
class EntitlementDated(EventBody):
    """A member's access begins and ends at these instants."""

    subject: str
    valid_from: datetime
    valid_until: datetime


@event()
class QualityPlanned(EventBody):
    """A line's sampling plan for its planned volume; `classes` are judged by themselves besides."""

    line: LineId
    lot: int
    sample_size: int
    acceptance_number: int
    consumer_risk: str
    producer_risk: str
    classes: Occasional[dict[Severity, ClassPlan]] = None


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
class ReviewsPlanned(EventBody):
    """A line's review ladder: the share of items for each level from 1 up, as decimal text."""

    line: LineId
    shares: tuple[str, ...]


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
