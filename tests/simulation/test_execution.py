"""Execution by the simulation, seed after seed; each run ends in a bundle that verifies."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support import engagement as support
from tests.support.engagement import World
from tests.support.simulation import Simulation

from outwork.stages import acceptance, setup
from outwork_verify import verify


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_done_twice_lost_or_somebody_elses(
    world: World, seed: int, tmp_path: Path
) -> None:
    world.upto("prepare")
    world.staff("both")
    world.certify("both")
    world.upto("pass_tollgate", after="prepare")
    both, until = world.people["both"], world.now + timedelta(days=30)
    world.act("dana", setup.set_calendar, world.engagement, both, "Africa/Lagos")
    world.act("dana", setup.date_entitlement, world.engagement, both, support.START, until)
    world.upto("release", after="pass_tollgate")
    Simulation(world, seed).run(60)
    # Whoever vanished is gone, and the rest is done in order.
    world.passes(1)
    world.draft_all()
    world.produce("ana", "ben")
    world.upto("finish", after="produce")
    world.integrate()
    path = tmp_path / "bundle.zip"
    with path.open("wb") as file:
        world.look(acceptance.export_bundle, world.engagement, file)
    report = verify(path)
    assert report.ok, json.dumps(report.first_bad)
