"""Charts against textbook data, run lengths against printed ones and simulation."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from outwork.methods import control
from outwork.methods.control import (
    bernoulli_cusum,
    cusum,
    cusum_run_length,
    ewma,
    ewma_run_length,
    p_chart,
    u_chart,
)

# Montgomery, example 7.1: leaking cans of orange juice concentrate, 30 samples of 50.
CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22]
CANS += [8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(control).failed == 0


def test_montgomery_s_cans() -> None:
    chart = p_chart(CANS, [50] * 30)
    assert chart.centre == pytest.approx(0.2313, abs=5e-5)
    assert chart.upper[0] == pytest.approx(0.4102, abs=1e-4)
    assert chart.lower[0] == pytest.approx(0.0524, abs=1e-4)
    assert np.flatnonzero(chart.signals).tolist() == [14, 22]


def test_limits_follow_the_size_of_the_sample() -> None:
    chart = p_chart([1, 10], [10, 1000], centre=0.05)
    assert chart.upper[0] > chart.upper[1]
    assert chart.lower[0] == 0.0
    assert chart.signals.tolist() == [False, True]


def test_u_chart_by_hand() -> None:
    chart = u_chart([4, 6, 30], [4, 4, 8])
    assert chart.centre == pytest.approx(40 / 16)
    assert chart.upper[0] == pytest.approx(2.5 + 3 * (2.5 / 4) ** 0.5)
    assert chart.upper[2] == pytest.approx(2.5 + 3 * (2.5 / 8) ** 0.5)
    assert chart.points.tolist() == [1.0, 1.5, 3.75]
    assert u_chart([40], [4], centre=2.5).signals.all()


@pytest.mark.parametrize(
    ("weight", "width", "shift", "printed"),
    [
        (0.1, 2.814, 0.0, 500),
        (0.1, 2.814, 0.5, 31.3),
        (0.1, 2.814, 1.0, 10.3),
        (0.2, 2.962, 0.0, 500),
        (0.2, 2.962, 0.5, 41.8),
        (0.4, 3.054, 0.0, 500),
    ],
)
def test_printed_run_lengths_of_ewma(
    weight: float, width: float, shift: float, printed: float
) -> None:
    """Montgomery, table 9.11, after Lucas and Saccucci (1990)."""
    assert ewma_run_length(weight, width, shift) == pytest.approx(printed, rel=4e-3)


@pytest.mark.parametrize(
    ("limit", "shift", "printed"),
    [(4, 0.0, 168), (4, 1.0, 8.38), (5, 0.0, 465), (5, 0.5, 38.0), (5, 1.0, 10.4), (5, 2.0, 4.01)],
)
def test_printed_run_lengths_of_cusum(limit: float, shift: float, printed: float) -> None:
    """Montgomery, table 9.3, slack 0.5."""
    assert cusum_run_length(0.5, limit, shift) == pytest.approx(printed, rel=3e-3)


def test_ewma_and_cusum_find_a_shift_and_little_else() -> None:
    chance = np.random.default_rng(3)
    calm = chance.normal(10, 2, 300)
    shifted = np.concatenate([calm[:100], chance.normal(12.5, 2, 60)])
    assert ewma(shifted, 10, 2).signals[100:120].any()
    assert not ewma(calm[:100], 10, 2).signals.any()
    rise, fall = cusum(shifted, 10, 2)
    assert rise.signals[100:120].any()
    assert not fall.signals.any()


def test_ewma_by_hand() -> None:
    chart = ewma([1.0, 2.0], 0.0, 1.0, weight=0.5, width=3.0)
    np.testing.assert_allclose(chart.points, [0.5, 1.25])
    np.testing.assert_allclose(chart.upper, [1.5, 3 * np.sqrt(1 / 3 * (1 - 0.5**4))])


def test_bernoulli_run_lengths_are_those_of_its_sums() -> None:
    chart = bernoulli_cusum(0.05, 0.2, 300)
    assert chart.false_after >= 300
    smaller = control._lattice_run_length(chart.up, chart.limit - 1, 0.05)
    assert smaller < 300
    chance = np.random.default_rng(0)
    for rate, stated in ((0.05, chart.false_after), (0.2, chart.found_after)):
        sums = chart.watch(chance.random(int(stated * 2000)) < rate)
        signals = (sums >= chart.limit).sum()
        assert len(sums) / signals == pytest.approx(stated, rel=0.1)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: p_chart([3], [2]), "defectives"),
        (lambda: p_chart([], []), "sizes"),
        (lambda: p_chart([1], [0]), "sizes"),
        (lambda: p_chart([1], [2], centre=1.5), "centre"),
        (lambda: u_chart([1], [2], centre=0.0), "centre"),
        (lambda: u_chart([-1], [2]), "defects"),
        (lambda: ewma([], 0, 1), "values"),
        (lambda: ewma([1.0], 0, 0), "sigma"),
        (lambda: ewma([1.0], 0, 1, weight=0), "weight"),
        (lambda: ewma([1.0], 0, 1, width=0), "width"),
        (lambda: cusum([1.0], 0, 1, slack=-1), "slack"),
        (lambda: cusum_run_length(0.5, 0), "slack"),
        (lambda: bernoulli_cusum(0.2, 0.1, 100), "good"),
        (lambda: bernoulli_cusum(0.1, 0.2, 0), "false_after"),
        (lambda: bernoulli_cusum(0.1, 0.2, 1e300), "false_after"),
        (lambda: bernoulli_cusum(0.1, 0.2, 100).watch([2]), "defects"),
    ],
)
def test_bad_input_is_named(call: object, named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        call()  # type: ignore[operator]
