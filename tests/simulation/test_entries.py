"""Entries of the log while server and database are killed: what was acknowledged stays."""

from __future__ import annotations

import random
from collections import deque

import pytest
from tests.support.killing import Tally, killed

RUNS = 10


def tally(runs: int, *, durable: bool) -> Tally:
    (found,) = deque(killed(runs, random.Random(7), durable=durable), maxlen=1)
    return found


@pytest.mark.slow
def test_no_acknowledged_entry_is_lost_to_a_kill() -> None:
    found = tally(RUNS, durable=True)
    assert found.runs == RUNS
    assert found.kills_server >= 2
    assert found.kills_database >= 2
    assert found.acknowledged > RUNS
    assert (found.lost, found.broken) == (0, [])


@pytest.mark.slow
def test_the_same_without_durability_loses_some() -> None:
    assert tally(4, durable=False).lost > 0
