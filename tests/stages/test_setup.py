"""Stage 4: readiness is evidenced, and access has an end."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from tests.support.engagement import START, World, bad, refused

from outwork.stages import execution, setup
from outwork.vocabulary import NotFound, Stage


def test_readiness_names_every_gap(world: World) -> None:
    world.upto("pass_tollgate")
    with refused(
        "gate-closed", "calendar-missing", "entitlement-undated", "no-quality-plan", "no-rate"
    ):
        world.approve()
    world.equip()
    world.approve()
    assert world.stage().stage is Stage.EXECUTION


@pytest.mark.parametrize("code", ["calendar-missing", "entitlement-undated", "no-rate"])
def test_gaps_that_can_be_waived(world: World, code: str) -> None:
    world.upto("pass_tollgate")
    if code != "calendar-missing":
        for who in ("ana", "ben", "rosa"):
            world.act("dana", setup.set_calendar, world.engagement, world.people[who], "UTC")
    if code != "entitlement-undated":
        for who in ("ana", "ben", "rosa"):
            world.act("dana", setup.date_entitlement, world.engagement, world.people[who],
                      START, START + timedelta(days=99))  # fmt: skip
    world.act("dana", setup.plan_quality, world.line)
    if code != "no-rate":
        world.act("vera", setup.agree_rates, world.engagement)
    with refused("gate-closed", code):
        world.approve()
    world.waive("setup", code)
    world.approve()


def test_the_quality_plan_is_never_waived(world: World) -> None:
    world.upto("pass_tollgate")
    with refused("not-waivable"):
        world.waive("setup", "no-quality-plan")


def test_duties_are_segregated(world: World) -> None:
    """The only analyst is the only reviewer: nobody could inspect anything."""
    world.upto("accept_award")
    import tests.support.engagement as support

    saved = support.TEAM
    support.TEAM = ("both",)
    try:
        world.prepare()
        world.certify("both", "bot")
        world.pass_tollgate()
        world.equip()
    finally:
        support.TEAM = saved
    with refused("gate-closed", "duties-not-segregated"):
        world.approve()
    world.waive("setup", "duties-not-segregated")
    world.approve()


def test_there_has_to_be_a_reviewer(world: World) -> None:
    world.upto("accept_award")
    import tests.support.engagement as support

    saved = support.TEAM
    support.TEAM = ("ana",)
    try:
        world.prepare()
        world.certify("ana", "bot")
        world.pass_tollgate()
        world.equip()
    finally:
        support.TEAM = saved
    with refused("gate-closed", "no-reviewer"):
        world.approve()
    world.waive("setup", "no-reviewer")
    world.approve()


def test_calendars_are_readable(world: World) -> None:
    world.upto("pass_tollgate")
    put = (setup.set_calendar, world.engagement, world.people["ana"])
    with bad("unknown-zone"):
        world.act("dana", *put, "Mars/Olympus")
    with bad("weekdays-outside"):
        world.act("dana", *put, "UTC", [7])
    with bad("hours-crossed"):
        world.act("dana", *put, "UTC", [0], time(17), time(9))
    with bad("country-malformed"):
        world.act("dana", *put, "UTC", [0], time(9), time(17), "where Ana lives")
    with pytest.raises(NotFound):
        world.act("dana", setup.set_calendar, world.engagement, world.people["stranger"],
                  "UTC")  # fmt: skip


def test_an_entitlement_has_a_sensible_period(world: World) -> None:
    world.upto("pass_tollgate")
    put = (setup.date_entitlement, world.engagement, world.people["ana"])
    with bad("period-crossed"):
        world.act("dana", *put, START, START)
    with bad("period-too-long"):
        world.act("dana", *put, START, START + timedelta(days=800))


def test_a_provider_does_not_date_the_clients_access(world: World) -> None:
    world.upto("pass_tollgate")
    for who in ("vera", "hugo"):
        with refused("other-party"):
            world.act("dana", setup.date_entitlement, world.engagement, world.people[who],
                      START, START + timedelta(days=1))  # fmt: skip
    with refused("other-party"):
        world.act("dana", setup.set_calendar, world.engagement, world.people["vera"], "UTC")
    world.act("vera", setup.date_entitlement, world.engagement, world.people["ana"],
              START, START + timedelta(days=1))  # fmt: skip


def test_an_ended_entitlement_stops_every_act(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    world.act("dana", setup.date_entitlement, world.engagement, world.people["ana"],
              START, world.now + timedelta(seconds=2))  # fmt: skip
    world.passes(hours=0.1)
    with refused("not-permitted", "entitlement-ended"):
        world.act("ana", execution.claim, world.engagement)
    with refused("not-permitted", "entitlement-ended"):
        world.act("ana", execution.submit, held, world.answers(held))
    world.passes(hours=1)
    world.produce("ben")
    world.close_batch()


def test_the_plan_is_for_the_planned_volume(world: World) -> None:
    world.upto("equip")
    plan = world.look(setup.quality_plans, world.engagement)[0]
    assert plan.lot == 4
    assert plan.consumer_risk <= 1
    assert 0 < plan.sample_size <= 4
