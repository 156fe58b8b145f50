"""Rates against a printed interval, allocation against every allocation, bounds that cover."""

from __future__ import annotations

import doctest
import itertools

import numpy as np
import pytest

from outwork.methods import defects
from outwork.methods.defects import allocate, defect_rate, rate_ratio, stratified_upper
from outwork.methods.intervals import defectives_upper


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(defects).failed == 0


@pytest.mark.parametrize(
    ("found", "low", "high"), [(0, 0.0, 3.689), (1, 0.025, 5.572), (5, 1.623, 11.668)]
)
def test_garwood_s_limits(found: int, low: float, high: float) -> None:
    """95 % limits of a Poisson mean."""
    rate = defect_rate(found, 1_000_000, 1)
    assert (rate.dpmo_low, rate.dpmo_high) == pytest.approx((low, high), abs=5e-4)
    assert rate.dpmo == found


def test_opportunities_divide() -> None:
    one, many = defect_rate(6, 100, 1), defect_rate(6, 100, 20)
    assert one.per_unit == many.per_unit == pytest.approx(0.06)
    assert one.dpmo == pytest.approx(20 * many.dpmo) == pytest.approx(60_000)


def test_allocation_is_the_best_of_all() -> None:
    sizes, rates = np.array([30, 12, 8]), np.array([0.02, 0.1, 0.4])

    def variance(n: tuple[int, ...]) -> float:
        return float((sizes**2 * rates * (1 - rates) / np.array(n)).sum())

    every = [n for n in itertools.product(*(range(1, int(s) + 1) for s in sizes)) if sum(n) == 15]
    assert variance(tuple(allocate(sizes, rates, 15))) == pytest.approx(min(map(variance, every)))
    assert allocate(sizes, rates, 50).tolist() == [30, 12, 8]
    assert allocate(sizes, rates, 3).tolist() == [1, 1, 1]


def test_added_bounds_cover() -> None:
    chance = np.random.default_rng(3)
    lots, samples, truth = [500, 200], [60, 50], [10, 30]
    found = [
        chance.hypergeometric(d, lot - d, n, 2000)
        for d, lot, n in zip(truth, lots, samples, strict=True)
    ]
    covered = sum(
        stratified_upper(lots, samples, [int(a), int(b)], 0.9) >= 40
        for a, b in zip(*found, strict=True)
    )
    assert covered / 2000 >= 0.9
    assert stratified_upper([500], [60], [2], 0.9) == defectives_upper(500, 60, 2, 0.9)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: defect_rate(1, 0, 1), "units"),
        (lambda: defect_rate(1, 1, 0), "opportunities"),
        (lambda: defect_rate(3, 1, 2), "defects"),
        (lambda: defect_rate(1, 1, 2, 1.0), "confidence"),
        (lambda: allocate([], [], 1), "sizes"),
        (lambda: allocate([5], [0.0], 1), "expected"),
        (lambda: allocate([5, 5], [0.1, 0.1], 1), "n"),
        (lambda: allocate([5, 5], [0.1, 0.1], 11), "n"),
        (lambda: stratified_upper([], [], []), "lots"),
        (lambda: stratified_upper([5], [6], [0]), "n"),
    ],
)
def test_bad_input_is_named(call: object, named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        call()  # type: ignore[operator]


def test_a_ratio_of_rates_covers_the_truth_and_knows_when_nothing_is_shown() -> None:
    rng = np.random.default_rng(20261129)
    missed = 0
    for _ in range(2000):
        x, y = rng.binomial(150, 0.10), rng.binomial(100, 0.05)
        missed += rate_ratio(int(x), 150, int(y), 100).high < 0.5
    assert missed / 2000 <= 0.05 + 3 * (0.05 * 0.95 / 2000) ** 0.5
    nothing = rate_ratio(0, 10, 0, 10)
    assert (nothing.low, nothing.high) == (0.0, float("inf"))
    assert rate_ratio(0, 10, 3, 10).high == float("inf")
    assert rate_ratio(6, 6, 0, 6).high == pytest.approx(0.6476, abs=1e-4)
    for wrong in ((-1, 5, 0, 5), (1, 0, 0, 5), (1, 5, 0, 0)):
        with pytest.raises(ValueError, match="must be"):
            rate_ratio(*wrong)
