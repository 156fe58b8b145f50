"""Two inspections of the same units, held against each other: nothing is counted in favour."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from outwork.stages.assurance import Compared
from outwork.stages.assurance.model import held_against

UNITS = [f"itm_{n}" for n in range(8)]
SOME = st.sets(st.sampled_from(UNITS))


def test_each_of_the_four_outcomes() -> None:
    found = held_against(UNITS, {"itm_0", "itm_1"}, {"itm_1", "itm_2"})
    assert found == Compared(seeded=2, caught=1, clean=6, passed=5)


@given(SOME, SOME)
def test_every_unit_is_seeded_or_clean_and_no_more_right_than_there_are(
    first: set[str], second: set[str]
) -> None:
    found = held_against(UNITS, first, second)
    assert found.seeded + found.clean == len(UNITS)
    assert 0 <= found.caught <= found.seeded
    assert 0 <= found.passed <= found.clean
    assert held_against(UNITS, second, second) == Compared(
        len(second), len(second), len(UNITS) - len(second), len(UNITS) - len(second)
    )


@given(SOME, SOME, st.sampled_from(UNITS))
def test_what_the_first_alone_finds_never_helps(
    first: set[str], second: set[str], unit: str
) -> None:
    """One more alarm that the second does not share lowers specificity and nothing else."""
    before = held_against(UNITS, first - {unit}, second - {unit})
    after = held_against(UNITS, first | {unit}, second - {unit})
    assert (after.seeded, after.caught, after.clean) == (
        before.seeded, before.caught, before.clean,
    )  # fmt: skip
    assert after.passed == before.passed - 1


def test_sensitivity_is_right_on_average_and_lower_if_the_second_invents() -> None:
    """Seed 1: 40,000 units, one in ten defective; both inspectors see four in five."""
    chance = random.Random(1)
    units = [f"u{n}" for n in range(40_000)]
    bad = {u for u in units if chance.random() < 0.1}
    first, second = ({u for u in bad if chance.random() < 0.8} for _ in range(2))
    found = held_against(units, first, second)
    assert abs(found.caught / found.seeded - 0.8) < 0.03
    union = len(first) / len(first | second)
    assert union > 0.82  # what counting the first's own findings as known would have said
    inventing = second | {u for u in units if chance.random() < 0.01}
    worse = held_against(units, first, inventing)
    assert worse.caught / worse.seeded < found.caught / found.seeded
    assert worse.passed / worse.clean <= 1
