"""Execution by the simulation, seed after seed; each run ends in a bundle that verifies."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support import engagement as support
from tests.support.engagement import World
from tests.support.simulation import FAR, Simulation, found_sites

from outwork.kit.postgres import Dsns
from outwork.stages import acceptance, setup
from outwork_verify import verify


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_done_twice_lost_or_somebody_elses(
    common: Dsns, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support, "START", FAR)
    with closing(World(common.app, tmp_path / "keys")) as world:
        simulated(world, seed, tmp_path / "bundle.zip")


def simulated(world: World, seed: int, path: Path) -> None:
    """One engagement to its end, with sixty random acts in the middle."""
    world.upto("prepare")
    world.staff("both")
    world.certify("both")
    world.upto("pass_tollgate", after="prepare")
    both, until = world.people["both"], world.now + timedelta(days=30)
    world.act("dana", setup.set_calendar, world.engagement, both, "Africa/Lagos")
    world.act("dana", setup.date_entitlement, world.engagement, both, support.START, until)
    found_sites(world)
    world.upto("release", after="pass_tollgate")
    simulation = Simulation(world, seed)
    simulation.run(60)
    simulation.end()
    # Whoever vanished is gone, and the rest is done in order.
    world.passes(1)
    world.draft_all()
    world.produce("ana", "ben")
    world.upto("finish", after="produce")
    world.integrate()
    with path.open("wb") as file:
        world.look(acceptance.export_bundle, world.engagement, file)
    report = verify(path)
    assert report.ok, report.failure
