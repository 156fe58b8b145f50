"""Erring inspectors: known figures, exact sums, simulation; and the AIAG gauge study."""

from __future__ import annotations

import doctest
from math import comb

import numpy as np
import pytest

from outwork.methods import inspection, plan_search
from outwork.methods.gauge import gauge
from outwork.methods.inspection import (
    Check,
    Inspector,
    acceptance,
    at_least,
    corrected_plan,
    defectives_upper,
    defectives_upper_measured,
    measured_plan,
    rate,
    reinspection,
)
from outwork.methods.intervals import binomial_lower
from outwork.methods.sampling import Plan, operating_characteristic, plan, single_plan

# AIAG (2010), ten parts; three trials each of three appraisers.
AIAG = np.array(
    [
        [0.29, 0.41, 0.64, 0.08, 0.25, 0.07, 0.04, -0.11, -0.15],
        [-0.56, -0.68, -0.58, -0.47, -1.22, -0.68, -1.38, -1.13, -0.96],
        [1.34, 1.17, 1.27, 1.19, 0.94, 1.34, 0.88, 1.09, 0.67],
        [0.47, 0.50, 0.64, 0.01, 1.03, 0.20, 0.14, 0.20, 0.11],
        [-0.80, -0.92, -0.84, -0.56, -1.20, -1.28, -1.46, -1.07, -1.45],
        [0.02, -0.11, -0.21, -0.20, 0.22, 0.06, -0.29, -0.67, -0.49],
        [0.59, 0.75, 0.66, 0.47, 0.55, 0.83, 0.02, 0.01, 0.21],
        [-0.31, -0.20, -0.17, -0.63, 0.08, -0.34, -0.46, -0.56, -0.49],
        [2.26, 1.99, 2.01, 1.80, 2.12, 2.19, 1.77, 1.45, 1.87],
        [-1.36, -1.25, -1.31, -1.68, -1.62, -1.50, -1.49, -1.77, -2.16],
    ]
).reshape(10, 3, 3)


def slow_acceptance(lot: int, d: int, n: int, c: int, inspector: Inspector) -> float:
    """Over every number of defectives in the sample, seen, and invented."""

    def binomial(k: int, m: int, p: float) -> float:
        return comb(m, k) * p**k * (1 - p) ** (m - k)

    total = 0.0
    for x in range(max(0, n - lot + d), min(n, d) + 1):
        chance = comb(d, x) * comb(lot - d, n - x) / comb(lot, n)
        total += chance * sum(
            binomial(seen, x, inspector.sensitivity)
            * binomial(invented, n - x, 1 - inspector.specificity)
            for seen in range(x + 1)
            for invented in range(n - x + 1)
            if seen + invented <= c
        )
    return total


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(inspection).failed == 0


def test_eight_of_ten_seen_doubles_the_consumer_s_risk() -> None:
    """5 % becomes about 11 % with c = 1, and 16 % with c = 5."""
    small = single_plan(6400, 0.02, 0.05, c=1)
    large = plan(6400, 0.02, 0.05, 0.005, 0.05)
    assert acceptance(small, 128, Inspector(0.8)) == pytest.approx(0.1096, abs=5e-5)
    assert acceptance(large, 128, Inspector(0.8)) == pytest.approx(0.1633, abs=5e-5)
    corrected = corrected_plan(6400, 0.02, 0.05, 0.005, 0.05, Inspector(0.8))
    assert (corrected.n, corrected.c) == (641, 5)
    assert acceptance(corrected, 128, Inspector(0.8)) == corrected.consumer_risk <= 0.05


@pytest.mark.parametrize(
    "inspector", [Inspector(0.7), Inspector(1.0, 0.9), Inspector(0.8, 0.95), Inspector(0.6, 0.0)]
)
def test_acceptance_is_the_sum_over_everything(inspector: Inspector) -> None:
    for lot, n, c in ((20, 8, 1), (15, 15, 3), (30, 5, 0)):
        for d in range(0, lot + 1, 3):
            exact = slow_acceptance(lot, d, n, c, inspector)
            found = acceptance(Plan(lot, n, c, 0.0), d, inspector)
            assert found == pytest.approx(exact, abs=1e-12)


def test_perfect_inspector_changes_nothing() -> None:
    p = plan(6400, 0.02, 0.05, 0.005, 0.05)
    d = np.arange(0, 200, 7)
    np.testing.assert_array_equal(acceptance(p, d, Inspector()), operating_characteristic(p, d))
    assert corrected_plan(6400, 0.02, 0.05, 0.005, 0.05, Inspector()) == p
    assert defectives_upper(6400, 512, 3, 0.95, Inspector()) == 94


def test_corrected_plan_is_the_smallest() -> None:
    inspector = Inspector(0.8, 0.98)
    found = corrected_plan(60, 0.25, 0.1, 0.05, 0.2, inspector)
    first = next(
        (n, c)
        for n in range(1, 61)
        for c in range(n)
        if slow_acceptance(60, 15, n, c, inspector) <= 0.1
        and 1 - slow_acceptance(60, 3, n, c, inspector) <= 0.2
    )
    assert (found.n, found.c) == first


def test_measured_plan_is_the_smallest_with_the_worst_inspectors() -> None:
    """Two inspectors; the bounds by Clopper and Pearson, the search by hand."""
    two = [Check(80, 76, 400, 400), Check(50, 45)]
    worst = at_least(two, 0.2, 0.2)
    assert worst.sensitivity == pytest.approx(binomial_lower(45, 50, 0.98), abs=1e-6)
    assert worst.specificity == pytest.approx(0.02 ** (1 / 400), abs=1e-6)
    found = measured_plan(60, 0.25, 0.2, 0.05, 0.2, two)
    misses, invents = Inspector(worst.sensitivity), Inspector(1.0, worst.specificity)
    first = next(
        (n, c)
        for n in range(1, 61)
        for c in range(n)
        if slow_acceptance(60, 15, n, c, misses) <= 0.16
        and 1 - slow_acceptance(60, 3, n, c, invents) <= 0.16
    )
    assert (found.n, found.c) == first
    assert found.consumer_risk == pytest.approx(
        0.04 + slow_acceptance(60, 15, *first, misses), abs=1e-12
    )
    assert found.producer_risk == pytest.approx(
        0.04 + 1 - slow_acceptance(60, 3, *first, invents), abs=1e-12
    )


def test_large_acceptance_numbers_are_bisected(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = (20_000, 0.02, 0.05, 0.01, 0.05, [Check(100, 70)])
    found = measured_plan(*arguments)
    assert found.c > 64
    monkeypatch.setattr(plan_search, "_SCAN", 10_000)
    assert measured_plan(*arguments) == found


@pytest.mark.parametrize(
    ("counts", "named"),
    [((0, 0), "seeded"), ((10, 11), "caught"), ((10, 5, 3, 4), "passed"), ((10, 5, -1), "clean")],
)
def test_impossible_checks(counts: tuple[int, ...], named: str) -> None:
    with pytest.raises(ValueError, match=f"^({named}|lot): "):
        Check(*counts)


def test_a_blind_inspector_can_promise_nothing() -> None:
    with pytest.raises(ValueError, match=r"^sensitivity: "):
        corrected_plan(100, 0.02, 0.05, 0.005, 0.05, Inspector(0.3))
    assert defectives_upper_measured(100, 20, 0, 0.95, [Check(5, 0)]) == 100


def test_bound_covers_with_measured_sensitivity() -> None:
    """10,000 lots with 60 of 1,000 defective, an inspector of 0.8 measured on 40 seeded defects."""
    chance = np.random.default_rng(5)
    lot, n, truth = 1000, 150, 60
    found = chance.hypergeometric(truth, lot - truth, n, 10_000)
    flagged = chance.binomial(found, 0.8)
    caught = chance.binomial(40, 0.8, 10_000)
    cases, often = np.unique(np.column_stack([flagged, caught]), axis=0, return_counts=True)
    covered = sum(
        int(times)
        for (f, k), times in zip(cases, often, strict=True)
        if defectives_upper_measured(lot, n, int(f), 0.9, [Check(40, int(k))]) >= truth
    )
    assert covered / 10_000 >= 0.9


def test_rates_and_reinspection() -> None:
    assert rate(46, 50).value == pytest.approx(0.92)
    assert rate(46, 50).low < 0.92 < rate(46, 50).high
    first, second, missed = reinspection(40, 10, 10)
    assert first.value == second.value == pytest.approx(0.8)
    assert missed == pytest.approx(51 * 51 / 41 - 1 - 60)
    with pytest.raises(ValueError, match=r"^both: "):
        reinspection(0, 0, 3)


@pytest.mark.parametrize("wrong", [(0.0, 1.0), (1.1, 1.0), (0.9, -0.1), (0.9, float("nan"))])
def test_impossible_inspectors(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"^(sensitivity|specificity): "):
        Inspector(*wrong)


def test_aiag_gauge_study() -> None:
    found = gauge(AIAG)
    assert found.repeatability == pytest.approx(0.199933, abs=5e-7)
    assert found.reproducibility == pytest.approx(0.226838, abs=5e-7)
    assert found.combined == pytest.approx(0.302373, abs=5e-6)
    assert found.parts == pytest.approx(1.042327, abs=5e-6)
    assert found.share == pytest.approx(0.2786, abs=5e-5)
    assert found.categories == 4


@pytest.mark.parametrize(
    "readings", [[1.0], np.ones((3, 2, 1)), np.full((2, 2, 2), np.nan), np.ones((2, 2, 2))]
)
def test_bad_readings(readings: object) -> None:
    with pytest.raises(ValueError, match=r"^readings: "):
        gauge(readings)  # type: ignore[arg-type]
