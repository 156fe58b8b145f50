"""Named calendars: whole when made, counted alike by server and verifier; who is on duty."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.engagement import bad

from outwork.stages.setup import Absence, Duty, Shift, following_the_sun, hours, off_duty
from outwork.stages.setup.hours import Calendar, made_calendar, offsets, working_time
from outwork.vocabulary import ActorId, EngagementId
from outwork_verify.worktime import Hours, instant_of, minute_of, overlap, shifts

ENGAGEMENT = EngagementId("eng")
WEEK = (0, 1, 2, 3, 4)
OFFICE = (Shift(WEEK, time(9), time(17)),)
ZONES = [
    "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Manila",
    "America/Santiago", "Africa/Casablanca", "Pacific/Chatham", "America/St_Johns", "Asia/Kolkata",
]  # fmt: skip


def made(zone: str, week: tuple[Shift, ...] = OFFICE, **more: Any) -> Calendar:
    given = {"country": "", "subdivision": "", "closing": (), "year": 2026, **more}
    return made_calendar(ENGAGEMENT, "day", 1, zone, week, **given)


def stated(calendar: Calendar) -> dict[str, Any]:
    """The calendar as its event says it."""
    return {
        "first": calendar.first.isoformat(),
        "last": calendar.last.isoformat(),
        "closed": [day.isoformat() for day in calendar.closed],
        "shifts": [
            {"weekdays": sorted(s.weekdays), "starts": f"{s.starts:%H:%M}",
             "ends": f"{s.ends:%H:%M}"}
            for s in calendar.shifts
        ],
        "offsets": [{"at": at.isoformat(), "minutes": n} for at, n in offsets(calendar)],
    }  # fmt: skip


def test_public_holidays_are_dates_of_the_calendar() -> None:
    vienna = made("Europe/Vienna", country="AT", closing=[date(2026, 12, 31), date(1990, 1, 1)])
    assert {date(2026, 12, 25), date(2026, 12, 31), date(2027, 10, 26)} <= set(vienna.closed)
    assert min(vienna.closed) >= vienna.first  # what lies outside is left out
    salzburg = made("Europe/Vienna", country="AT", subdivision="5")
    assert vienna.closed != salzburg.closed
    new_year = datetime(2027, 1, 1, 10, tzinfo=UTC)
    assert not working_time(vienna).is_open(new_year)
    assert working_time(made("Europe/Vienna")).is_open(new_year)


def test_a_day_of_turnaround_is_the_mean_working_day() -> None:
    assert made("UTC").day_minutes == 480
    short_friday = (Shift((0, 1, 2, 3), time(8), time(17)), Shift((4,), time(8), time(13)))
    assert made("UTC", short_friday).day_minutes == (4 * 540 + 300) // 5
    round_the_clock = (Shift(tuple(range(7)), time(6), time(6)),)
    assert made("UTC", round_the_clock).day_minutes == 1440


@pytest.mark.parametrize(
    ("code", "week"),
    [
        ("shifts-count", ()),
        ("weekdays-outside", (Shift((), time(9), time(17)),)),
        ("weekdays-outside", (Shift((7,), time(9), time(17)),)),
        ("weekdays-outside", (Shift((1, 1), time(9), time(17)),)),
        ("shift-not-in-minutes", (Shift((1,), time(9, 0, 1), time(17)),)),
        ("shifts-overlap", (Shift((1,), time(9), time(17)), Shift((1,), time(16), time(18)))),
        # The night of Sunday reaches into Monday.
        ("shifts-overlap", (Shift((6,), time(22), time(6)), Shift((0,), time(5), time(8)))),
    ],
)
def test_a_week_that_nobody_works_is_refused(code: str, week: tuple[Shift, ...]) -> None:
    with bad(code):
        made("UTC", week)


def test_unknown_zones_and_holidays_are_refused() -> None:
    with bad("unknown-zone", zone="Nowhere"):
        made("Nowhere")
    with bad("holidays-unknown", country="ZZ"):
        made("UTC", country="ZZ")
    with bad("holidays-unknown", country="AT 77"):
        made("UTC", country="AT", subdivision="77")
    with bad("closing-days-too-many"):
        made("UTC", closing=[date(2026, 1, 1) + timedelta(days=n) for n in range(367)])


times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 10, 30, 45]))
weeks = st.lists(
    st.builds(Shift, st.sets(st.integers(0, 6), min_size=1).map(tuple), times, times),
    min_size=1,
    max_size=3,
).map(tuple)


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    week=weeks,
    day=st.integers(0, 700),
    minute=st.integers(0, 1439),
    minutes=st.integers(0, 4000),
    breaks=st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 9000)), max_size=3),
    lasting=st.none() | st.integers(0, 9000),
)
def test_the_verifier_counts_as_the_server_does(
    zone: str,
    week: tuple[Shift, ...],
    day: int,
    minute: int,
    minutes: int,
    breaks: list[tuple[int, int]],
    lasting: int | None,
) -> None:
    plain = [{"weekdays": sorted(s.weekdays), "starts": f"{s.starts:%H:%M}",
              "ends": f"{s.ends:%H:%M}"} for s in week]  # fmt: skip
    assert shifts(plain)
    if overlap(plain):
        with bad("shifts-overlap"):
            made(zone, week)
        return
    calendar = made(zone, week, closing=[date(2026, 3, 30), date(2026, 10, 25)])
    ours, theirs = working_time(calendar), Hours(stated(calendar))
    assert theirs.day_minutes == calendar.day_minutes
    start = datetime(2026, 1, 2, tzinfo=UTC) + timedelta(days=day, minutes=minute)
    assert theirs.open(minute_of(start.isoformat())) is ours.is_open(start)
    away = [(start + timedelta(minutes=a), start + timedelta(minutes=a + n)) for a, n in breaks]
    pauses: list[tuple[datetime, datetime | None]] = [*away]
    if lasting is not None:
        pauses.append((start + timedelta(minutes=lasting), None))
    due = ours.due(start, minutes, pauses)
    found = theirs.due(
        minute_of(start.isoformat()),
        minutes,
        [(minute_of(a.isoformat()), b and minute_of(b.isoformat())) for a, b in pauses],
    )
    told = None if found is None else instant_of(found)
    assert told == (None if due is None else due.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


# --- who is on duty ----------------------------------------------------------------------------

ANA = ActorId("ana")
NIGHT = datetime(2026, 11, 2, 22, tzinfo=UTC)


def test_without_a_duty_nobody_is_refused() -> None:
    away = [Absence(ENGAGEMENT, ANA, NIGHT, NIGHT + timedelta(days=1))]
    assert off_duty(None, None, away, 99, NIGHT) == []
    assert off_duty(Duty(ENGAGEMENT, ANA), None, [], 99, NIGHT) == []


def test_every_rule_in_the_way_is_named() -> None:
    duty = Duty(ENGAGEMENT, ANA, "day", 2)
    away = [Absence(ENGAGEMENT, ANA, NIGHT, NIGHT + timedelta(hours=1))]
    reasons = off_duty(duty, made("Asia/Manila"), away, 2, NIGHT)
    assert [r.code for r in reasons] == ["absent", "outside-hours", "at-capacity"]
    assert reasons[0].params["until"] == "2026-11-03 07:00 Asia/Manila"
    assert reasons[1].params["opens"] == "2026-11-03 09:00 Asia/Manila"
    assert reasons[2].params == {"held": 2, "most": 2}
    morning = NIGHT + timedelta(hours=3)
    assert off_duty(duty, made("Asia/Manila"), away, 1, morning) == []


def test_nobody_works_by_a_calendar_that_is_not_there_or_has_ended() -> None:
    duty = Duty(ENGAGEMENT, ANA, "day")
    assert [r.code for r in off_duty(duty, None, [], 0, NIGHT)] == ["outside-hours"]
    ended = off_duty(duty, made("UTC"), [], 0, datetime(2040, 1, 2, 10, tzinfo=UTC))
    assert [(r.code, r.params["opens"]) for r in ended] == [("outside-hours", "–")]


def test_work_follows_the_sun() -> None:
    sites = {"vienna": made("Europe/Vienna"), "manila": made("Asia/Manila"),
             "bogota": made("America/Bogota")}  # fmt: skip
    evening = datetime(2026, 10, 23, 15, tzinfo=UTC)  # Friday, 17:00 in Vienna
    assert following_the_sun(sites, "vienna", evening) == [
        ("bogota", evening),  # 10:00 there
        ("manila", datetime(2026, 10, 26, 1, tzinfo=UTC)),
    ]
    # After the clocks of Vienna have changed the same hour of it is an hour later.
    monday = datetime(2026, 10, 26, 22, tzinfo=UTC)
    assert following_the_sun(sites, "bogota", monday) == [
        ("manila", datetime(2026, 10, 27, 1, tzinfo=UTC)),
        ("vienna", datetime(2026, 10, 27, 8, tzinfo=UTC)),
    ]


def test_of_sites_that_are_open_the_one_that_stays_open_longest_comes_first() -> None:
    late = made("UTC", (Shift(WEEK, time(9), time(20)),))
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    both = {"a": made("UTC"), "b": late}
    assert following_the_sun(both, None, noon) == [("b", noon), ("a", noon)]
    assert following_the_sun({"a": late}, None, datetime(2040, 1, 1, tzinfo=UTC)) == []
    assert hours.opens(None, noon) == "–"
