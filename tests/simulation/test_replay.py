"""Random engagements: what the verifier works out of the log is what the database says."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.engagement import World
from tests.support.replayed import Fields, differences, of_database, of_log
from tests.support.wandering import Wanderer

from outwork import ledger
from outwork_verify.replay import replay


def both(world: World) -> tuple[Fields, Fields]:
    def read(db: Any, engagement: Any) -> tuple[list[bytes], Fields]:
        lines = [e.line for e in ledger.entries(db, engagement)]
        return lines, of_database(db, engagement)

    lines, stored = world.look(read, world.engagement)
    return of_log(replay(lines)), stored


@pytest.mark.parametrize("seed", range(6))
def test_the_replay_is_the_database(world: World, seed: int) -> None:
    found, stored = both(Wanderer(world, seed).walk())
    assert differences(found, stored) == []


def test_a_field_that_differs_is_told(world: World) -> None:
    found, stored = both(Wanderer(world, 3).walk())
    stored["membership.side"][world.pseudonym("vera")] = "provider"
    del stored["line.volume"][world.line]
    said = differences(found, stored)
    assert len(said) == 2
    assert "line.volume" in said[0]
    assert "membership.side" in said[1]
