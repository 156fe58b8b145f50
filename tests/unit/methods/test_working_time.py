"""Working time against a walk over every minute, in zones whose clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outwork.methods.working_time import CalendarEnds, Shifts, WorkingTime

OFFICE: Shifts = {day: [(time(9), time(17))] for day in range(5)}
# Sharp on purpose: a night shift, and one that lies across the hour that clocks skip or repeat.
ODD: Shifts = {
    day: [(time(22), time(6))] if day % 2 else [(time(1, 30), time(3, 10)), (time(9), time(17))]
    for day in range(6)
}
CLOSED = {date(2026, 5, 1), date(2026, 12, 25)}
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
ZONES = [
    "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
    "America/Santiago", "Africa/Casablanca", "Pacific/Chatham", "Asia/Kolkata",
]  # fmt: skip


def open_at(zone: str, shifts: Shifts, at: datetime) -> bool:
    """Whether the local time of an instant lies in a shift, as a person reads a clock."""
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    for day in (wall.date(), wall.date() - timedelta(days=1)):
        for begin, end in () if day in CLOSED else shifts.get(day.weekday(), ()):
            until = day + timedelta(days=1) if end <= begin else day
            if datetime.combine(day, begin) <= wall < datetime.combine(until, end):
                return True
    return False


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    shifts=st.sampled_from([OFFICE, ODD]),
    day=st.integers(1, 320),
    minute=st.integers(0, 1439),
    minutes=st.integers(0, 1500),
)
def test_adding_equals_a_walk(
    zone: str, shifts: Shifts, day: int, minute: int, minutes: int
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=minute)
    calendar = WorkingTime(zone, shifts, CLOSED, FIRST, LAST)
    at, left = start, minutes
    while left:
        left -= open_at(zone, shifts, at)
        at += timedelta(minutes=1)
    assert calendar.add(start, minutes) == at
    assert calendar.between(start, at) == minutes
    assert calendar.between(at, start) == -minutes
    assert calendar.is_open(start) == open_at(zone, shifts, start)


@pytest.mark.parametrize(
    ("friday", "hours"), [(date(2026, 3, 27), 7), (date(2026, 10, 23), 9), (date(2026, 6, 5), 8)]
)
def test_a_night_shift_lasts_as_long_as_it_lasts(friday: date, hours: int) -> None:
    """Vienna's clocks change in the night to Sunday: that shift has an hour less, or more."""
    nights = {5: [(time(22), time(6))]}
    calendar = WorkingTime("Europe/Vienna", nights, (), FIRST, LAST)
    begin = datetime.combine(friday, time(12), ZoneInfo("Europe/Vienna"))
    assert calendar.between(begin, begin + timedelta(days=3)) == hours * 60


def test_the_office_is_closed_on_holidays_and_weekends() -> None:
    calendar = WorkingTime("Europe/Vienna", OFFICE, CLOSED, FIRST, LAST)
    thursday = datetime(2026, 4, 30, 16, 30, tzinfo=ZoneInfo("Europe/Vienna"))
    assert calendar.add(thursday, 60) == datetime(2026, 5, 4, 7, 30, tzinfo=UTC)
    friday = datetime(2026, 5, 1, 10, tzinfo=ZoneInfo("Europe/Vienna"))
    assert calendar.next_open(friday) == datetime(2026, 5, 4, 7, tzinfo=UTC)
    assert calendar.next_open(thursday) == thursday


def test_arrays_give_what_single_questions_give() -> None:
    calendar = WorkingTime("America/New_York", ODD, CLOSED, FIRST, LAST)
    chance = np.random.default_rng(1)
    starts = chance.integers(29_460_000, 29_800_000, 200)
    minutes = chance.integers(0, 5_000, 200)
    for start, many, added in zip(starts, minutes, calendar.add_many(starts, minutes), strict=True):
        at = datetime.fromtimestamp(int(start) * 60, UTC)
        assert calendar.add(at, int(many)).timestamp() == added * 60


def test_what_cannot_be_answered_is_refused() -> None:
    calendar = WorkingTime("Europe/Vienna", OFFICE, CLOSED, FIRST, LAST)
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with pytest.raises(ValueError, match="negative"):
        calendar.add(noon, -1)
    with pytest.raises(ValueError, match="zone"):
        calendar.add(noon.replace(tzinfo=None), 1)
    with pytest.raises(CalendarEnds):
        calendar.add(noon, 1_000_000)
    with pytest.raises(CalendarEnds):
        calendar.between(noon, noon.replace(year=2027))
    with pytest.raises(CalendarEnds):
        calendar.next_open(datetime(2026, 12, 31, 22, tzinfo=UTC))
    never = WorkingTime("Europe/Vienna", {}, (), FIRST, LAST)
    assert never.add(noon, 0) == noon
    assert never.between(noon, noon + timedelta(days=9)) == 0
    with pytest.raises(CalendarEnds):
        never.add(noon, 1)


def walked(
    zone: str, start: datetime, end: datetime, pauses: list[tuple[datetime, datetime | None]]
) -> int:
    """Minutes worked outside pauses, one after the other."""
    at, counted = start, 0
    while at < end:
        paused = any(a <= at and (b is None or at < b) for a, b in pauses)
        counted += not paused and open_at(zone, ODD, at)
        at += timedelta(minutes=1)
    return counted


@example("Europe/Vienna", 25, 0, 0, [(-1, 1)], 0)  # nothing to count, and a pause that began before
@settings(max_examples=80, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    day=st.sampled_from([25, 58, 86, 87, 92, 93, 246, 270, 275, 297, 304]),  # clocks change near
    minute=st.integers(0, 1439),
    minutes=st.integers(0, 1200),
    breaks=st.lists(st.tuples(st.integers(-300, 3000), st.integers(0, 900)), max_size=4),
    lasting=st.none() | st.integers(0, 4000),
)
def test_a_paused_clock_equals_a_walk(
    zone: str,
    day: int,
    minute: int,
    minutes: int,
    breaks: list[tuple[int, int]],
    lasting: int | None,
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=minute)
    calendar = WorkingTime(zone, ODD, CLOSED, FIRST, LAST)
    pauses: list[tuple[datetime, datetime | None]] = [
        (start + timedelta(minutes=a), start + timedelta(minutes=a + n)) for a, n in breaks
    ]
    if lasting is not None:
        pauses.append((start + timedelta(minutes=lasting), None))
    due = calendar.due(start, minutes, pauses)
    if due is None:
        assert lasting is not None
        assert walked(zone, start, start + timedelta(minutes=lasting), pauses) < minutes
    else:
        assert walked(zone, start, due, pauses) == minutes
        assert not minutes or walked(zone, start, due - timedelta(minutes=1), pauses) < minutes
        assert calendar.counted(start, due, pauses) == minutes
    later = start + timedelta(minutes=3000)
    assert calendar.counted(start, later, pauses) == walked(zone, start, later, pauses)
    assert calendar.counted(later, start, pauses) == 0


def test_a_pause_across_closing_takes_no_time_at_night() -> None:
    calendar = WorkingTime("Europe/Vienna", OFFICE, CLOSED, FIRST, LAST)
    vienna = ZoneInfo("Europe/Vienna")
    friday = datetime(2026, 3, 27, 16, tzinfo=vienna)  # its clocks go forward on Sunday
    asked, told = friday + timedelta(minutes=30), datetime(2026, 3, 30, 9, 45, tzinfo=vienna)
    assert calendar.due(friday, 120) == datetime(2026, 3, 30, 10, tzinfo=vienna)
    later = datetime(2026, 3, 30, 11, 15, tzinfo=vienna)
    assert calendar.due(friday, 120, [(asked, told)]) == later
    assert calendar.due(friday, 120, [(asked, None)]) is None
    assert calendar.due(friday, 30, [(asked, None)]) == asked  # done before it is asked


def test_how_long_a_spell_still_is() -> None:
    calendar = WorkingTime("Asia/Kolkata", OFFICE, CLOSED, FIRST, LAST)
    noon = datetime(2026, 6, 1, 12, tzinfo=ZoneInfo("Asia/Kolkata"))
    assert calendar.open_for(noon) == 300
    assert calendar.open_for(noon + timedelta(hours=5)) == 0
    assert (noon - timedelta(hours=3), noon + timedelta(hours=5)) in calendar.spells()
