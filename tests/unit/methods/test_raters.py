"""Rater severity against print, against plain least squares, and what must not change it."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outwork.methods import raters
from outwork.methods.raters import severity

# Shrout and Fleiss (1979), table 2: four judges rate six targets.
JUDGED = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(raters).failed == 0


def test_published_analysis_of_variance() -> None:
    """Their table 3: between judges 32.49, residual 1.02, each as a mean square."""
    items, judges = np.indices(JUDGED.shape)
    found = severity(items.ravel(), judges.ravel(), JUDGED.ravel())
    assert found.residual**2 == pytest.approx(1.02, abs=0.005)
    assert found.ratio * found.residual**2 == pytest.approx(32.49, abs=0.005)
    assert found.chance < 1e-5
    means = JUDGED.mean(axis=0)
    assert found.severity == pytest.approx(means.mean() - means)
    # a judge's effect in a balanced table has the variance residual * (judges - 1) / (all)
    half = 2.131449546 * np.sqrt(found.residual**2 * 3 / 24)  # t of 15 degrees of freedom
    assert found.high - found.severity == pytest.approx([half] * 4)


TABLES = st.integers(2, 5).flatmap(
    lambda people: st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, people - 1), st.integers(0, 9)),
        min_size=4, max_size=40,
    )
)  # fmt: skip


@given(TABLES)
@settings(max_examples=200, deadline=None)
def test_it_is_the_plain_least_squares_fit(rows: list[tuple[int, int, int]]) -> None:
    """The oracle: dummy variables for items and raters, solved as they stand."""
    items, people, scores = map(np.array, zip(*rows, strict=True))
    try:
        found = severity(items, people, scores)
    except ValueError:
        return
    design = np.hstack([np.eye(7)[items], np.eye(people.max() + 1)[people]])
    fit, _, rank, _ = np.linalg.lstsq(design, scores.astype(float), rcond=None)
    effect = fit[7:] - fit[7:].mean()
    assert found.severity == pytest.approx(-effect, abs=1e-8)
    left = scores - design @ fit
    assert found.residual**2 == pytest.approx(left @ left / (len(scores) - rank), abs=1e-8)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_what_changes_it_and_what_does_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    items, people = np.repeat(np.arange(8), 3), np.tile(np.arange(3), 8)
    scores = rng.normal(size=24)
    base = severity(items, people, scores)
    harder = severity(items, people, scores + 3 * items)  # items differ, raters do not
    assert harder.severity == pytest.approx(base.severity)
    stretched = severity(items, people, 2 * scores)
    assert stretched.severity == pytest.approx(2 * base.severity)
    assert stretched.chance == pytest.approx(base.chance)
    stricter = severity(items, people, scores - (people == 1))
    assert stricter.severity - base.severity == pytest.approx([-1 / 3, 2 / 3, -1 / 3])
    order = rng.permutation(24)
    again = severity(items[order], people[order], scores[order])
    assert again.low == pytest.approx(base.low)
    assert base.severity.sum() == pytest.approx(0)


def test_intervals_cover_as_often_as_they_say() -> None:
    """Nothing shared but chance: 1,000 tables with gaps, 90 % intervals, seed 5."""
    rng = np.random.default_rng(5)
    true = np.array([0.5, 0.0, -0.5])
    hit = 0
    for _ in range(1000):
        keep = rng.random(60) < 0.7
        items, people = np.repeat(np.arange(20), 3)[keep], np.tile(np.arange(3), 20)[keep]
        scores = rng.normal(size=20)[items] - true[people] + rng.normal(size=len(items))
        found = severity(items, people, scores, confidence=0.9)
        hit += int(np.sum((found.low <= true) & (true <= found.high)))
    assert hit / 3000 == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize(
    ("items", "people", "scores", "why"),
    [
        ([], [], [], "raters: must be 2"),
        ([0, 1], [0, 0], [1, 2], "raters: must be 2"),
        ([0, 0], [0, 2], [1, 2], "each with a rating"),
        ([0, 0], [0, 1], [1], "as many as items"),
        ([0, 0], [0, 1], [1, np.nan], "finite"),
        ([0, 0], [0, 1], [1, 2], "too few"),
        ([0, 0, 1, 1], [0, 1, 2, 3], [1, 2, 3, 4], "share no item"),
        ([0, -1], [0, 1], [1, 2], "items: "),
    ],
)
def test_bad_input_is_named(
    items: list[int], people: list[int], scores: list[float], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        severity(items, people, scores)
    with pytest.raises(ValueError, match="confidence: "):
        severity([0, 0, 1, 1], [0, 1, 0, 1], [1, 2, 3, 5], confidence=1.0)


def test_who_agrees_exactly_has_no_interval_to_speak_of() -> None:
    found = severity([0, 0, 1, 1], [0, 1, 0, 1], [1, 2, 3, 4])
    assert found.severity == pytest.approx([0.5, -0.5])
    assert found.residual == pytest.approx(0, abs=1e-9)
    assert found.high - found.low == pytest.approx([0, 0], abs=1e-7)
