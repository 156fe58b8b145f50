"""Random engagements: what the verifier works out of the log is what the database says."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.engagement import World
from tests.support.replayed import Fields, differences, of_database, of_log
from tests.support.wandering import Wanderer
from tests.unit.verify.recorded import reinspected

import outwork.main as everything  # the tables of all slices
from outwork import ledger
from outwork.kit.database import metadata
from outwork.migrations.versions.v0001_first import SCOPED
from outwork.stages import acceptance, execution, setup
from outwork.vocabulary import Severity
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


@pytest.mark.parametrize("seed", [*range(6), 18, 20])
def test_the_replay_is_the_database(world: World, seed: int) -> None:
    found, stored = both(Wanderer(world, seed).walk())
    assert differences(found, stored) == []
    assert set(stored) <= set(listed().values())


def test_second_inspections_and_checks_are_compared(world: World) -> None:
    reinspected(world).integrate()
    found, stored = both(world)
    assert differences(found, stored) == []
    assert stored["inspector_check.seeded"] == {world.pseudonym("rosa"): 61}
    assert all(stored["reinspection.found"].values())


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
