"""Random engagements: what the verifier works out of the log is what the database says."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.engagement import World
from tests.support.replayed import Fields, differences, of_database, of_log
from tests.support.wandering import Wanderer
from tests.unit.verify.recorded import (
    calibrated,
    direct,
    doubled,
    eventful,
    improving,
    reinspected,
    reviewed,
)

import outwork.main as everything  # the tables of all slices
from outwork import ledger
from outwork.kit.database import metadata
from outwork.migrations.versions.v0001_first import SCOPED
from outwork.stages import acceptance, execution, setup
from outwork.vocabulary import Purpose, Severity
from outwork_verify.replay import replay

FIELDS = Path(__file__).parents[1] / "expected" / "public_fields.txt"


def listed() -> dict[str, str]:
    """Each column of the list: the field that it is compared with, or the reason why not."""
    lines = [line for line in FIELDS.read_text().splitlines() if not line.startswith("#")]
    pairs = [line.split("  ", 1) for line in lines]
    said = {name: text.removeprefix("-> ") for name, text in pairs}
    assert len(said) == len(pairs), "a column stands twice"
    assert all(said.values())
    return said


def test_every_column_is_compared_or_says_why_not() -> None:
    assert everything.cli
    columns = {f"{table}.{c.name}" for table in SCOPED for c in metadata.tables[table].columns}
    assert set(listed()) == columns


def both(world: World) -> tuple[Fields, Fields]:
    def read(db: Any, engagement: Any) -> tuple[list[bytes], Fields]:
        lines = [e.line for e in ledger.entries(db, engagement)]
        return lines, of_database(db, engagement)

    lines, stored = world.look(read, world.engagement)
    return of_log(replay(lines, engagement=world.engagement)), stored


# Together these walks come to every field; test_every_field_occurs holds them to it.
WALKS = (0, 5, 10, 11, 13, 14, 16, 20)


@pytest.mark.parametrize("seed", [1, 3, 5, 27])
def test_the_replay_is_the_database(world: World, seed: int) -> None:
    found, stored = both(Wanderer(world, seed).walk())
    assert differences(found, stored) == []


def test_every_field_occurs(world: World) -> None:
    seen = set[str]()
    for seed in WALKS:
        found, stored = both(Wanderer(world, seed).walk())
        assert differences(found, stored) == []
        seen |= {name for name, rows in stored.items() if rows}
    seen |= waiting_hand_over(world) | calibration(world)
    assert sorted(listed_fields() - seen) == []
    assert seen <= listed_fields()


def anew(world: World) -> World:
    """The same people and parties, about to begin another engagement."""
    world.items, world.texts, world.proposals = [], {}, {}
    return world


def calibration(world: World) -> set[str]:
    """The fields of an engagement with calibration sessions."""
    calibrated(anew(world)).integrate()
    found, stored = both(world)
    assert differences(found, stored) == []
    return {name for name, rows in stored.items() if rows}


def waiting_hand_over(world: World) -> set[str]:
    """The fields of an engagement in which an item waits for whom it was handed to."""
    anew(world).upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    world.act("ana", execution.hand_over, held, "Go on", world.people["ben"])
    world.integrate()
    found, stored = both(world)
    assert differences(found, stored) == []
    assert stored["assignment.reserved_for"] == {held: world.pseudonym("ben")}
    return set(stored)


def listed_fields() -> set[str]:
    """The fields that columns are compared with."""
    fields = {said for said in listed().values() if "." in said and " " not in said}
    assert fields
    return fields


@pytest.mark.parametrize("make", [eventful, direct, improving, doubled])
def test_recorded_engagements_are_compared(world: World, make: Callable[[World], World]) -> None:
    make(world).integrate()
    found, stored = both(world)
    assert differences(found, stored) == []


def test_disputes_and_reviews_are_compared(world: World) -> None:
    reviewed(world).integrate()
    found, stored = both(world)
    assert differences(found, stored) == []
    assert set(stored["dispute.state"].values()) == {"upheld", "overturned"}
    assert set(stored["review.verdict"].values()) == {"approved", "corrected", "returned"}
    assert set(stored["escalation.state"].values()) == {"answered", "withdrawn"}


def test_a_question_about_a_control_item_is_like_any_other(world: World) -> None:
    world.upto("approve")
    world.watch(share="0.5", controls=2)
    world.upto("draft_all", after="approve")
    asked = 0
    while (held := world.act("ana", execution.claim, world.engagement)) is not None:
        if world.look(execution.assignment, held).purpose is Purpose.CONTROL:
            world.act("ana", execution.escalate, held, "renewal", "which page?")
            asked += 1
        else:
            world.act("ana", execution.submit, held, world.answers(held), 30)
    world.integrate()
    assert asked
    found, stored = both(world)
    assert differences(found, stored) == []


def test_second_inspections_and_checks_are_compared(world: World) -> None:
    reinspected(world).integrate()
    found, stored = both(world)
    assert differences(found, stored) == []
    assert stored["inspector_check.seeded"] == {world.pseudonym("rosa"): 61}
    assert all(stored["reinspection.found"].values())


def test_calibrations_are_compared(world: World) -> None:
    calibrated(world).integrate()
    found, stored = both(world)
    assert differences(found, stored) == []
    assert sorted(map(bool, stored["calibration.groups"].values())) == [False, True]
    assert sorted(map(bool, stored["calibration.results"].values())) == [False, True]
    assert len(stored["settlement.stands"]) > 2


def test_second_answers_and_escaped_defects_are_compared(world: World) -> None:
    world.upto("approve")
    world.act("dana", setup.plan_control, world.line, Decimal(0), good=Decimal("0.1"),
              bad=Decimal("0.5"), false_after=40, overlap_share=Decimal(1))  # fmt: skip
    world.act("dana", execution.state_cost, world.engagement, world.people["ana"], Decimal(20))
    world.upto("draft_all", after="approve")
    Wanderer(world, 2).produce()
    world.upto("deliver", after="draft_all")
    world.act("carl", acceptance.report_escape, world.items[0], "renewal", "c-renewal",
              Severity.CRITICAL, "It does not renew")  # fmt: skip
    world.integrate()
    found, stored = both(world)
    assert differences(found, stored) == []
    assert len(stored["comparison.first_id"]) == len(world.items)
    assert len(stored["comparison.decided_by"]) > sum(
        who is None for who in stored["comparison.decided_by"].values()
    )
    assert any(stored["comparison.chosen"].values())
    assert set(stored["escaped_defect.author"].values()) <= {
        world.pseudonym(who) for who in ("ana", "ben", "both")
    }
    assert stored["hour_cost.stated"] == {world.pseudonym("ana"): True}


def test_a_field_that_differs_is_told(world: World) -> None:
    found, stored = both(Wanderer(world, 3).walk())
    stored["membership.side"][world.pseudonym("vera")] = "provider"
    del stored["line.volume"][world.line]
    said = differences(found, stored)
    assert len(said) == 2
    assert "line.volume" in said[0]
    assert "membership.side" in said[1]
