"""Named calendars, who works by which, and who is on duty: nouns and pure rules.

A calendar is made whole when it is defined: its holidays are dates, and the changes of its zone's
offset are instants, so that a clock that began goes on alike whatever a database of zones or of
holidays says later, and anybody can count again without either.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from outwork import methods
from outwork.stages.setup.model import WorkCalendar, known_zone
from outwork.vocabulary import ActorId, BadInput, EngagementId, LineId, Reason

YEARS_AHEAD = 4
MOST_CLOSING_DAYS = 366
MOST_SHIFTS = 21  # three a day
_WEEK, _DAY = 7 * 1440, 1440


@dataclass(frozen=True, slots=True)
class Shift:
    """Local hours on some weekdays (Monday 0), in whole minutes.

    One that does not end after it starts goes on to the next day.
    """

    weekdays: tuple[int, ...]
    starts: time
    ends: time

    @property
    def minutes(self) -> int:
        """How long it lasts on a day on which no clock changes."""
        return (_minute(self.ends) - _minute(self.starts) - 1) % _DAY + 1


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working hours of a site: shifts in an IANA zone, without the `closed` days.

    `closed` holds the public holidays of the country (ISO 3166, with subdivision) between `first`
    and `last`, and the site's own closing days.
    """

    engagement_id: EngagementId
    name: str
    version: int
    zone: str
    shifts: tuple[Shift, ...]
    country: str
    subdivision: str
    first: date
    last: date
    closed: tuple[date, ...]

    @property
    def day_minutes(self) -> int:
        """What a working day of turnaround counts: the mean over weekdays with a shift, floored."""
        days = {day for shift in self.shifts for day in shift.weekdays}
        return sum(s.minutes * len(s.weekdays) for s in self.shifts) // len(days)


@dataclass(frozen=True, slots=True)
class AgreedHours:
    """In which calendar, of which version, a line's turnaround is counted, and its minutes."""

    engagement_id: EngagementId
    line_id: LineId
    calendar: str
    version: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Duty:
    """By which calendar somebody takes work, and how many items at most; None is no limit."""

    engagement_id: EngagementId
    actor_id: ActorId
    calendar: str | None = None
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """When somebody is away (the end is exclusive)."""

    engagement_id: EngagementId
    actor_id: ActorId
    starts: datetime
    ends: datetime


def check_shifts(shifts: Sequence[Shift]) -> None:
    """Raises BadInput for a week that nobody can work: no shift, seconds, or an overlap."""
    if not 0 < len(shifts) <= MOST_SHIFTS:
        raise BadInput("shifts-count", most=MOST_SHIFTS)
    spans = []
    for number, shift in enumerate(shifts):
        days = set(shift.weekdays)
        if not days <= set(range(7)) or not days or len(days) != len(shift.weekdays):
            raise BadInput("weekdays-outside")
        for at in (shift.starts, shift.ends):
            if at.second or at.microsecond or at.tzinfo is not None:
                raise BadInput("shift-not-in-minutes", shift=number)
        spans += [(day * _DAY + _minute(shift.starts), shift.minutes) for day in days]
    spans.sort()
    for (start, minutes), (following, _) in zip(
        spans, [*spans[1:], (spans[0][0] + _WEEK, 0)], strict=True
    ):
        if start + minutes > following:
            raise BadInput("shifts-overlap", weekday=start // _DAY)


def public_holidays(country: str, subdivision: str, first: int, last: int) -> frozenset[date]:
    """Public holidays of a country's subdivision in some years; raises BadInput for unknown ones.

    Source: the library `holidays` (python-holidays), as installed.
    """
    if not country:
        if subdivision:
            raise BadInput("country-malformed", country="")
        return frozenset()
    try:
        found = holidays.country_holidays(
            country, subdiv=subdivision or None, years=range(first, last + 1)
        )
    except NotImplementedError:
        place = f"{country} {subdivision}".strip()
        raise BadInput("holidays-unknown", country=place[:100]) from None
    return frozenset(day for day in found if first <= day.year <= last)


def made_calendar(
    engagement: EngagementId,
    name: str,
    version: int,
    zone: str,
    shifts: Sequence[Shift],
    country: str,
    subdivision: str,
    closing: Collection[date],
    year: int,
) -> Calendar:
    """A calendar from the year before `year` on; raises BadInput that names what is wrong."""
    check_shifts(shifts)
    if len(closing) > MOST_CLOSING_DAYS:
        raise BadInput("closing-days-too-many", most=MOST_CLOSING_DAYS)
    first, last = date(year - 1, 1, 1), date(year + YEARS_AHEAD, 12, 31)
    known = public_holidays(country, subdivision, first.year, last.year)
    return Calendar(
        engagement_id=engagement,
        name=name,
        version=version,
        zone=known_zone(zone),
        shifts=tuple(shifts),
        country=country,
        subdivision=subdivision,
        first=first,
        last=last,
        closed=tuple(sorted(known | {day for day in closing if first <= day <= last})),
    )


@lru_cache(maxsize=512)
def working_time(calendar: Calendar) -> methods.WorkingTime:
    """The calendar as a table of working spells."""
    by_day: dict[int, list[tuple[time, time]]] = {}
    for shift in calendar.shifts:
        for day in shift.weekdays:
            by_day.setdefault(day, []).append((shift.starts, shift.ends))
    return methods.WorkingTime(
        calendar.zone, by_day, calendar.closed, calendar.first, calendar.last
    )


def of_person(own: WorkCalendar, year: int) -> Calendar:
    """A person's own calendar as one that can be counted in."""
    country, _, subdivision = own.country.partition("-")
    return made_calendar(
        own.engagement_id, own.actor_id, 1, own.zone,
        [Shift(tuple(sorted(set(own.weekdays))), _floored(own.starts), _floored(own.ends))],
        country, subdivision, (), year,
    )  # fmt: skip


def offsets(calendar: Calendar) -> list[tuple[datetime, int]]:
    """When the zone's offset from UTC becomes how many minutes, from a day before `first` on."""
    zone = ZoneInfo(calendar.zone)
    at = datetime.combine(calendar.first - timedelta(days=1), time(), UTC)
    end = datetime.combine(calendar.last + timedelta(days=2), time(), UTC)
    found = [(at, _offset(zone, at))]
    while at < end:
        following = min(at + timedelta(hours=12), end)
        if _offset(zone, following) != found[-1][1]:
            low, high = at, following
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) // 2
                middle = middle.replace(second=0, microsecond=0)
                same = _offset(zone, middle) == found[-1][1]
                low, high = (middle, high) if same else (low, middle)
            found.append((high, _offset(zone, high)))
            following = high
        at = following
    return found


def off_duty(
    duty: Duty | None,
    calendar: Calendar | None,
    absences: Collection[Absence],
    held: int,
    now: datetime,
) -> list[Reason]:
    """Why somebody may take no work now, whatever it is; empty without a duty.

    `calendar` is the one in force of the duty's name; nobody works by one that is not there or has
    ended. `held` counts the items held in every engagement.
    """
    reasons: list[Reason] = []
    if duty is None:
        return reasons
    away = [a.ends for a in absences if a.starts <= now < a.ends]
    if away:
        reasons.append(Reason("absent", {"until": _told(max(away), calendar)}))
    if duty.calendar is not None and not _open(calendar, now):
        reasons.append(
            Reason("outside-hours", {"calendar": duty.calendar, "opens": opens(calendar, now)})
        )
    if duty.at_most is not None and held >= duty.at_most:
        reasons.append(Reason("at-capacity", {"held": held, "most": duty.at_most}))
    return reasons


def next_open(calendar: Calendar, now: datetime) -> datetime | None:
    """When somebody works by a calendar from an instant on; None where nobody does any more."""
    try:
        return working_time(calendar).next_open(now)
    except methods.CalendarEnds:
        return None


def opens(calendar: Calendar | None, now: datetime) -> str:
    """When a calendar's hours begin again, in its own zone; a dash where they do not."""
    if calendar is None:
        return "–"
    begins = next_open(calendar, now)
    return "–" if begins is None else _told(begins, calendar)


def _open(calendar: Calendar | None, now: datetime) -> bool:
    if calendar is None:
        return False
    try:
        return working_time(calendar).is_open(now)
    except methods.CalendarEnds:
        return False


def _told(at: datetime, calendar: Calendar | None) -> str:
    zone = "UTC" if calendar is None else calendar.zone
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def following_the_sun(
    sites: Mapping[str, Calendar], here: str | None, now: datetime
) -> list[tuple[str, datetime]]:
    """The other sites in the order in which work goes on to them, with when each can begin.

    A site that is open can begin now; the others when their hours begin. Of several that can begin
    at once, the one that stays open longest comes first, then by name. A site that is not open any
    more before its calendar ends is left out.
    """
    found = []
    for name, calendar in sites.items():
        if name == here:
            continue
        hours = working_time(calendar)
        try:
            begins = hours.next_open(now)
        except methods.CalendarEnds:
            continue
        found.append((begins, -hours.open_for(begins), name))
    return [(name, begins) for begins, _longest, name in sorted(found)]


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _floored(at: time) -> time:
    return at.replace(second=0, microsecond=0)


def _offset(zone: ZoneInfo, at: datetime) -> int:
    away = at.astimezone(zone).utcoffset()
    assert away is not None  # the instant has a zone
    return int(away // timedelta(minutes=1))
