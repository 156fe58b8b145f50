"""Claims over HTTP while what serves them is killed: nothing twice, nothing lost, all back."""

from __future__ import annotations

import sys

import pytest
from bench.duplicates import storm
from bench.execution_world import installation
from tests.support import engagement as support

from outwork.stages.execution import AssignmentState


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds processes under /proc")
def test_nothing_is_handed_out_twice_or_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "START", support.START)  # the installation begins today
    with installation() as home:
        people = home.analysts(8)
        home.batch(6_000, lambda _: None)
        found = storm(home, people, 1, lambda _: None, 5_000, 10.0, 0.8, 2.0)
        done = home.world.look(
            support.execution.assignments, home.world.order, None, [AssignmentState.DONE]
        )
    assert found["kills_server"] >= 1
    assert found["kills_database"] >= 1
    assert found["acknowledged"] == len(done) > 0
    assert (found["duplicates"], found["lost"]) == (0, 0)
