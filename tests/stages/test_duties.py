"""Calendars at work: agreed hours and what is due, who may take work now, and how much at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from tests.support.engagement import START, World, bad, events, refused

from outwork import workforce
from outwork.operation import perform
from outwork.stages import execution, setup
from outwork.stages.execution import Pace
from outwork.vocabulary import NotFound, Purpose

LAGOS = ZoneInfo("Africa/Lagos")
DAY = timedelta(days=1)


def claims(world: World, who: str) -> bool:
    return world.act(who, execution.claim, world.engagement) is not None


def swift(world: World, who: str) -> str | None:
    """A claim as programs and pages make it."""
    found: str | None = perform(
        world.database, world.people[who], "execution.claim", {"engagement": world.engagement},
        world.now,
    )  # fmt: skip
    return found


# --- turnaround --------------------------------------------------------------------------------


def counted(world: World, zone: str = "Africa/Lagos", **more: str) -> World:
    """A batch of a line whose ten days are counted from 9 to 5 in a zone."""
    world.upto("approve")
    world.define("day", zone, **more)
    assert world.act("vera", setup.agree_hours, world.line, "day") == 4800
    return world.upto("release", after="approve")


def deadline(world: World, item: int | None = None) -> execution.Deadline:
    found: execution.Deadline | None = world.look(
        execution.deadline_of, world.work_order(), world.now,
        None if item is None else world.items[item],
    )  # fmt: skip
    assert found is not None
    return found


def test_a_release_starts_the_clock(world: World) -> None:
    counted(world)
    started = world.now
    assert started.astimezone(LAGOS).hour == 10
    due = datetime(2026, 11, 16, 10, started.astimezone(LAGOS).minute, tzinfo=LAGOS)
    assert world.work_order().due_at == due
    assert deadline(world) == execution.Deadline(due, Pace.IN_TIME, 4800)
    (told,) = [e for e in world.look(events, world.engagement) if e.kind.endswith("-released")]
    assert told.public["due"] == due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_it_becomes_risky_and_late(world: World) -> None:
    counted(world)
    due = deadline(world).due
    assert due is not None
    world.now = due - timedelta(days=2, minutes=1)  # Saturday: one working hour short of a day left
    assert deadline(world).pace is Pace.AT_RISK
    world.now = due
    assert deadline(world) == execution.Deadline(due, Pace.LATE, 0)
    world.passes(1)
    assert deadline(world).left == -60


def test_holidays_and_closing_days_are_not_counted(world: World) -> None:
    world.upto("approve")
    closing = [date(2026, 11, 10)]
    world.define("day", "America/New_York", country="US", closing=closing)
    world.act("vera", setup.agree_hours, world.line, "day")
    world.upto("release", after="approve")
    # Released before New York opens; its Veterans Day is the 11th, and it closes on the 10th.
    due = world.work_order().due_at
    assert due == datetime(2026, 11, 17, 17, tzinfo=ZoneInfo("America/New_York"))


def test_a_pause_moves_what_is_due(world: World) -> None:
    counted(world)
    before = deadline(world).due
    assert before is not None
    world.passes(1)
    pause = world.act("dana", execution.pause_clock, world.order, "client-owes-answer",
                      world.items[0])  # fmt: skip
    assert (deadline(world, 0).due, deadline(world, 0).pace) == (None, Pace.PAUSED)
    assert deadline(world, 1).due == deadline(world).due == before  # the others go on
    left = deadline(world, 0).left
    world.passes(24)
    assert deadline(world, 0).left == left
    world.act("vera", execution.resume_clock, pause)
    assert deadline(world, 0).due == before + DAY


def test_a_clock_goes_on_by_the_version_it_began_with(world: World) -> None:
    counted(world)
    due = deadline(world).due
    world.define("day", "Africa/Lagos", "09:00-13:00")
    assert deadline(world).due == due
    assert world.look(setup.site_calendar, world.engagement, "day").version == 2


def test_a_date_that_was_agreed_in_so_many_words_stands(world: World) -> None:
    world.upto("approve")
    world.define("day")
    world.act("vera", setup.agree_hours, world.line, "day")
    agreed = world.now + timedelta(days=3)
    world.order = world.act("dana", execution.open_work_order, world.line, "Batch", agreed)
    world.upto("release", after="open")
    assert world.work_order().due_at == agreed
    assert deadline(world).pace is Pace.IN_TIME
    world.now = agreed
    assert deadline(world).pace is Pace.LATE


def test_without_agreed_hours_nothing_is_due(world: World) -> None:
    world.upto("release")
    assert world.work_order().due_at is None
    assert world.look(execution.deadline_of, world.work_order(), world.now) is None


def test_a_calendar_that_ends_before_refuses_the_release(world: World) -> None:
    world.upto("approve")
    world.define("day")
    world.act("vera", setup.agree_hours, world.line, "day")
    with world.database.transaction("job", [world.engagement]) as db:
        db.execute(sa.text("update agreed_hours set minutes = 10000000"))
    world.upto("commit", after="approve")
    with refused("calendar-ends"):
        world.release()


def test_who_may_agree_and_define(world: World) -> None:
    world.upto("approve")
    with bad("not-a-code", what="name"):
        world.define("No name")
    with pytest.raises(NotFound):
        world.act("vera", setup.agree_hours, world.line, "day")
    with pytest.raises(NotFound):
        world.roster("ana", "day")
    world.define("day")
    with refused("not-permitted"):
        world.act("dana", setup.agree_hours, world.line, "day")
    with bad("load-outside"):
        world.roster("ana", "day", 0)


# --- who may take work now ---------------------------------------------------------------------


def at_work(world: World) -> World:
    """Drafted items wait, on a Monday at ten in Lagos; the calendar is from 9 to 5 there."""
    world.upto("approve")
    world.define("day")
    return world.upto("draft_all", after="approve")


def test_a_claim_keeps_to_the_hours_of_a_duty(world: World) -> None:
    at_work(world)
    world.roster("ana", "day")
    assert claims(world, "ana")
    world.roster("ben", "day")
    world.now = START.replace(hour=18)  # an hour after both went home, in Lagos
    with refused("outside-hours", "outside-hours"):
        claims(world, "ben")
    with refused("outside-hours"):
        swift(world, "ben")
    waiting = world.open_assignments(Purpose.PRODUCE)[0]
    with refused("outside-hours"):
        world.act("ben", execution.claim, world.engagement, None, waiting.id)
    world.now = START + DAY
    assert swift(world, "ben") is not None


def test_what_one_holds_one_may_finish_after_hours(world: World) -> None:
    at_work(world)
    world.roster("ana", "day")
    world.now = START.replace(hour=15, minute=50)  # ten to five in Lagos
    held = world.act("ana", execution.claim, world.engagement)
    world.now += timedelta(minutes=20)
    assert world.act("ana", execution.claim, world.engagement) == held
    world.act("ana", execution.submit, held, world.answers(held))
    with refused("outside-hours"):
        claims(world, "ana")


def test_whoever_is_away_takes_nothing(world: World) -> None:
    at_work(world)
    ana = world.people["ana"]
    world.act("dana", setup.note_absence, world.engagement, ana, world.now, world.now + DAY)
    with refused("absent", "absent"):
        claims(world, "ana")
    with refused("absent"):
        swift(world, "ana")
    world.act("dana", setup.end_absence, world.engagement, ana)
    assert claims(world, "ana")
    with refused("not-absent"):
        world.act("dana", setup.end_absence, world.engagement, ana)
    with bad("period-crossed"):
        world.act("dana", setup.note_absence, world.engagement, ana, world.now, world.now)


def test_an_absence_to_come_can_be_called_off(world: World) -> None:
    at_work(world)
    ana = world.people["ana"]
    world.act("dana", setup.note_absence, world.engagement, ana, START + DAY, START + 2 * DAY)
    world.act("dana", setup.end_absence, world.engagement, ana)
    world.now = START + DAY
    assert claims(world, "ana")


def test_capacity_counts_over_engagements(world: World) -> None:
    at_work(world)
    first = world.engagement
    held = world.act("ana", execution.claim, first)
    world.items = []
    world.upto("draft_all")  # another engagement with the same people
    assert world.engagement != first
    world.roster("ana", at_most=1)
    with refused("at-capacity", "at-capacity"):
        claims(world, "ana")
    with refused("at-capacity"):
        swift(world, "ana")
    second, world.engagement = world.engagement, first
    world.act("ana", execution.return_assignment, held)
    world.engagement = second
    taken = swift(world, "ana")
    assert taken is not None
    assert swift(world, "ana") == taken  # what one holds one is given again


def test_a_barrier_is_said_beside_hours(world: World) -> None:
    at_work(world)
    world.act("administrator", workforce.bar, world.people["ana"], world.parties["client"], "x")
    with refused("barred-by-client"):
        claims(world, "ana")


def test_a_duty_counts_as_a_calendar_at_the_readiness_review(world: World) -> None:
    world.upto("pass_tollgate")
    missing = {r.code for r in world.look(setup.gate, world.stage())}
    assert "calendar-missing" in missing
    world.define("day")
    for who in ("ana", "ben", "rosa"):
        world.roster(who, "day")
    assert "calendar-missing" not in {r.code for r in world.look(setup.gate, world.stage())}
