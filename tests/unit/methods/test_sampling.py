"""Plans against published figures, exact rationals and a search by hand."""

from __future__ import annotations

import doctest
import time
from math import ceil, comb, floor

import numpy as np
import pytest

from outwork.methods import hypergeometric, plan_search, sampling
from outwork.methods.sampling import Plan, plan, single_plan


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(sampling).failed == 0


def test_published_plan_that_keeps_both_promises() -> None:
    found = plan(6400, 0.02, 0.05, 0.005, 0.05)
    assert (found.n, found.c) == (512, 5)
    assert found.consumer_risk == pytest.approx(0.04986, abs=5e-6)
    assert found.producer_risk == pytest.approx(0.03863, abs=5e-6)


def test_published_plan_that_protects_the_client_alone() -> None:
    """n = 231, c = 1 for "at least 98 % right" rejects two lots in three that are 99.0 % right."""
    cheap = Plan(6400, 231, 1, 0.0)
    bad = sampling.rejectable_defectives(6400, 0.98)
    assert bad == 129
    at_129, at_64 = sampling.operating_characteristic(cheap, [bad, 64])
    assert at_129 <= 0.05
    assert 1 - at_64 == pytest.approx(0.678, abs=5e-4)
    assert sampling.operating_characteristic(Plan(6400, 230, 1, 0.0), bad) > 0.05


def test_curve_is_the_rational_number() -> None:
    exact = hypergeometric.exact_cdf(2, 1000, 10, 80)
    assert sampling.operating_characteristic(Plan(1000, 80, 2, 0.0), 10) == pytest.approx(
        float(exact), rel=1e-12
    )


@pytest.mark.parametrize("lot", [5, 20, 37, 60])
@pytest.mark.parametrize(("bad", "good"), [(0.1, 0.0), (0.2, 0.05), (0.34, 0.1), (0.5, 0.3)])
@pytest.mark.parametrize(("beta", "alpha"), [(0.05, 0.05), (0.1, 0.2)])
def test_smallest_of_all_plans(
    lot: int, bad: float, good: float, beta: float, alpha: float
) -> None:
    most, few = ceil(lot * bad - 1e-9), floor(lot * good + 1e-9)
    if few >= most:
        with pytest.raises(ValueError, match="acceptable_quality"):
            plan(lot, bad, beta, good, alpha)
        return

    def chance(c: int, n: int, d: int) -> float:
        return sum(comb(d, k) * comb(lot - d, n - k) for k in range(c + 1)) / comb(lot, n)

    first = next(
        (n, c)
        for n in range(1, lot + 1)
        for c in range(n)
        if chance(c, n, most) <= beta and 1 - chance(c, n, few) <= alpha + 1e-15
    )
    found = plan(lot, bad, beta, good, alpha)
    assert (found.n, found.c) == first


@pytest.mark.parametrize("acceptable", [0.01, 0.015, 0.016])
def test_search_by_bisection_finds_what_trying_every_number_finds(
    acceptable: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = plan(20_000, 0.02, 0.05, acceptable, 0.05)
    monkeypatch.setattr(plan_search, "_SCAN", 10_000)
    assert plan(20_000, 0.02, 0.05, acceptable, 0.05) == found


def test_a_tie_is_no_breach() -> None:
    """19 of 20 leave exactly one chance in twenty to miss the single defective."""
    assert plan(20, 0.05, 0.05, 0.0, 0.05).n == 19


def test_full_inspection_when_nothing_less_will_do() -> None:
    found = plan(10, 0.1, 0.01, 0.0, 0.01)
    assert (found.n, found.c, found.consumer_risk, found.producer_risk) == (10, 0, 0.0, 0.0)


def test_a_million_items_take_no_time() -> None:
    start = time.perf_counter()
    found = plan(10**6, 0.02, 0.05, 0.019, 0.05)
    assert time.perf_counter() - start < 1.0  # 0.06 s on an idle core
    assert found.n == 171_456


def test_consumer_point_alone() -> None:
    found = single_plan(6400, 0.02, 0.05)
    assert (found.n, found.c, found.producer_risk) == (147, 0, None)
    assert hypergeometric.cdf(0, 6400, 128, 146) > 0.05 >= found.consumer_risk


def test_curve_keeps_the_shape_it_was_asked_in() -> None:
    two = Plan(100, 10, 1, 0.0)
    curve = sampling.operating_characteristic(two, [[0, 50], [50, 100]])
    assert curve.shape == (2, 2)
    assert curve[0, 0] == 1.0
    assert curve[1, 1] == 0.0
    assert np.shape(sampling.operating_characteristic(two, 3)) == ()
    assert sampling.operating_characteristic(two, []).shape == (0,)


def test_verdict() -> None:
    assert sampling.accept(Plan(100, 10, 1, 0.0), 1)
    assert not sampling.accept(Plan(100, 10, 1, 0.0), 2)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((0, 0.02, 0.05, 0.005, 0.05), "lot"),
        ((10.5, 0.02, 0.05, 0.005, 0.05), "lot"),
        ((True, 0.02, 0.05, 0.005, 0.05), "lot"),
        ((100, 0.0, 0.05, 0.0, 0.05), "limiting_quality"),
        ((100, float("nan"), 0.05, 0.0, 0.05), "limiting_quality"),
        ((100, "many", 0.05, 0.0, 0.05), "limiting_quality"),
        ((100, 0.02, 0.0, 0.005, 0.05), "consumer_risk"),
        ((100, 0.02, 0.05, -0.1, 0.05), "acceptable_quality"),
        ((100, 0.02, 0.05, 0.03, 0.05), "acceptable_quality"),
        ((100, 0.02, 0.05, 0.005, 1.0), "producer_risk"),
    ],
)
def test_bad_arguments_are_named(arguments: tuple[float, ...], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        plan(*arguments)  # type: ignore[arg-type]


def test_bad_counts_are_named() -> None:
    two = Plan(100, 10, 1, 0.0)
    for wrong in ([101], [-1], [0.5], [float("nan")], ["three"]):
        with pytest.raises(ValueError, match=r"^defectives: "):
            sampling.operating_characteristic(two, wrong)
    with pytest.raises(ValueError, match=r"^defectives: "):
        sampling.accept(two, 11)
    with pytest.raises(ValueError, match=r"^c: "):
        single_plan(100, 0.02, 0.05, c=2)
    with pytest.raises(ValueError, match=r"^plan: "):
        Plan(10, 11, 0, 0.0)
