"""Sequential plans: exact risks by counting every path, Wald's bound, and the saving."""

from __future__ import annotations

import doctest
import itertools
import math

import numpy as np
import pytest

from outwork.methods import sequential
from outwork.methods.sampling import Plan, operating_characteristic, plan
from outwork.methods.sequential import (
    least_inspected,
    sequential_curve,
    sequential_plan,
    verdict,
)


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(sequential).failed == 0


@pytest.mark.parametrize(
    "points",
    [
        (6400, 0.02, 0.05, 0.005, 0.05),
        (1000, 0.065, 0.1, 0.01, 0.05),
        (50, 0.2, 0.1, 0.02, 0.1),
        (1000, 0.02, 0.05, 0.0, 0.05),
        (20, 0.05, 0.05, 0.0, 0.05),
        (2, 0.5, 0.1, 0.0, 0.1),
        (400, 0.5, 0.05, 0.4, 0.05),
    ],
)
def test_risks_are_kept_and_work_is_saved(points: tuple[int, float, float, float, float]) -> None:
    found, single = sequential_plan(*points), plan(*points)
    assert found.consumer_risk <= points[2] + 1e-12
    assert found.producer_risk <= points[4] + 1e-12
    assert found.expected_good <= single.n
    assert found.expected_bad <= single.n
    assert np.all(found.accept < found.reject)
    assert found.accept[-1] + 1 == found.reject[-1]


def test_saving_is_wald_s() -> None:
    """No plan for independent items does with fewer at the producer's point than Wald's bound."""
    found = sequential_plan(100_000, 0.065, 0.1, 0.01, 0.05)
    growth = 0.01 * math.log(6.5) + 0.99 * math.log(0.935 / 0.99)
    bound = (0.95 * math.log(0.1 / 0.95) + 0.05 * math.log(0.9 / 0.05)) / growth
    assert bound == pytest.approx(52.7, abs=0.05)
    assert bound * 0.99 <= found.expected_good <= 1.06 * bound


Policy = dict[tuple[int, int], str]


def cost(policy: Policy, lot: int, defectives: int, wrong: float, look: float) -> float:
    """Mean over all orders: `look` for each item, and `wrong` for the wrong verdict of the lot."""
    total, orders = 0.0, list(itertools.combinations(range(lot), defectives))
    for bad in orders:
        found = k = 0
        while policy[k, found] == "continue":
            found += k in bad
            k += 1
        mistaken = policy[k, found] == ("reject" if look else "accept")
        total += look * k + wrong * mistaken
    return total / len(orders)


def test_least_cost_is_that_of_the_best_of_all_policies() -> None:
    """Every assignment of a word to every state of a lot of three, for several prices."""
    states = [(k, found) for k in range(4) for found in range(k + 1)]
    words = [("accept", "reject", "continue")[: 2 if k == 3 else 3] for k, _ in states]
    policies = [dict(zip(states, chosen, strict=True)) for chosen in itertools.product(*words)]
    wrong, missed = np.array([0.5, 2.0, 4.0, 9.0]), np.array([8.0, 3.0, 5.0, 4.0])
    found = sequential._Prices(3, 1, 2, 3).least(wrong, missed)
    good = [[cost(p, 3, 1, w, 1.0) for p in policies] for w in wrong]
    bad = [[cost(p, 3, 2, m, 0.0) for p in policies] for m in missed]
    best = np.min(np.array(good) + np.array(bad), axis=1)
    np.testing.assert_allclose(found, best, atol=1e-12)
    assert 0 < best[0] < best[-1] < 3 + missed[-1]


@pytest.mark.parametrize(
    ("points", "near"),
    [
        ((6400, 0.02, 0.05, 0.005, 0.05), 1.002),
        ((200, 0.1, 0.1, 0.01, 0.05), 1.04),
        ((100_000, 0.065, 0.1, 0.01, 0.05), 1.015),
        ((400, 0.5, 0.05, 0.4, 0.05), 1.02),
    ],
)
def test_plan_is_near_the_bound(
    points: tuple[int, float, float, float, float], near: float
) -> None:
    bound = least_inspected(*points)
    assert bound <= sequential_plan(*points).expected_good <= near * bound


def test_no_boundaries_of_a_small_lot_go_below_the_bound() -> None:
    """All accept-reject boundaries of a lot of four that keep both risks."""
    points = (4, 0.75, 0.3, 0.25, 0.3)
    pairs = [[(a, r) for a in range(-1, k + 1) for r in range(a + 1, k + 2)] for k in range(5)]
    pairs[0], pairs[-1] = [(-1, 1)], [(a, a + 1) for a in range(-1, 5)]
    kept = []
    for chosen in itertools.product(*pairs):
        accept, reject = np.array(chosen).T
        if sequential._walk(4, 3, accept, reject)[0] <= 0.3:
            passed, looked = sequential._walk(4, 1, accept, reject)
            kept += [looked] if 1 - passed <= 0.3 else []
    assert len(kept) > 10
    assert 0 < least_inspected(*points) <= min(kept)


def test_curve_counts_every_order_of_a_small_lot() -> None:
    agreed = sequential_plan(9, 0.5, 0.2, 0.12, 0.2)
    for defectives in range(10):
        chance, looked, orders = 0, 0, 0
        for bad in itertools.combinations(range(9), defectives):
            orders += 1
            found = k = 0
            while (word := verdict(agreed, k, found)) == "continue":
                found += k in bad
                k += 1
            chance += word == "accept"
            looked += k
        accepted, expected = sequential_curve(agreed, defectives)
        assert accepted == pytest.approx(chance / orders, abs=1e-12)
        assert expected == pytest.approx(looked / orders, abs=1e-12)


def test_curtailed_plan_has_the_curve_of_the_single_plan() -> None:
    single = Plan(100, 20, 2, 0.0)
    accept, reject = sequential._curtailed(single)
    for defectives in (0, 3, 10, 50, 100):
        chance, expected = sequential._walk(100, defectives, accept, reject)
        exact = float(operating_characteristic(single, defectives))
        assert chance == pytest.approx(exact, abs=1e-12)
        assert expected <= 20


def test_bad_input_is_named() -> None:
    agreed = sequential_plan(50, 0.2, 0.1, 0.02, 0.1)
    with pytest.raises(ValueError, match=r"^found: "):
        verdict(agreed, 3, 4)
    with pytest.raises(ValueError, match=r"^inspected: "):
        verdict(agreed, agreed.longest + 1, 0)
    with pytest.raises(ValueError, match=r"^defectives: "):
        sequential_curve(agreed, [51])
    with pytest.raises(ValueError, match=r"^acceptable_quality: "):
        sequential_plan(50, 0.02, 0.1, 0.02, 0.1)
