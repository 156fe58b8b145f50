"""Allocation against published and brute-force optima; the stream's rule against its bound."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from outwork.methods import allocation


def everybody(n: int, m: int) -> np.ndarray:
    return np.tile(np.arange(m), (n, 1))


def test_the_assignment_of_a_textbook() -> None:
    # Winston, Operations Research (4th ed.), section 7.5, "Machineco": four jobs on four machines,
    # setup times; least total 15. Values are a constant less the times.
    times = np.array([[14, 5, 8, 7], [2, 12, 6, 5], [7, 8, 3, 9], [2, 4, 6, 10]])
    found = allocation.allocate(everybody(4, 4), 100 - times, np.ones(4, int))
    assert found.value == 400 - 15
    assert found.gap == pytest.approx(0, abs=1e-12)
    assert times[np.arange(4), found.person].sum() == 15


@pytest.mark.parametrize("seed", range(20))
def test_no_other_allocation_is_worth_more(seed: int) -> None:
    chance = np.random.default_rng(seed)
    n, m = 5, 3
    values = chance.integers(-3, 10, (n, m)).astype(float)
    capacity = chance.integers(0, 3, m)
    best = 0.0
    for plan in itertools.product([*range(m), -1], repeat=n):
        if all(plan.count(j) <= capacity[j] for j in range(m)):
            best = max(best, sum(values[i, j] for i, j in enumerate(plan) if j >= 0))
    found = allocation.allocate(everybody(n, m), values, capacity)
    assert found.value == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert all((found.person == j).sum() <= capacity[j] for j in range(m))


def test_as_the_hungarian_method_where_everybody_takes_one() -> None:
    values = np.random.default_rng(7).random((60, 60))
    rows, columns = linear_sum_assignment(values, maximize=True)
    found = allocation.allocate(everybody(60, 60), values, np.ones(60, int))
    assert found.value == pytest.approx(values[rows, columns].sum())


def test_any_prices_bound_every_allocation() -> None:
    chance = np.random.default_rng(3)
    values, capacity = chance.random((30, 4)), np.array([5, 6, 7, 3])
    best = allocation.allocate(everybody(30, 4), values, capacity).value
    for _ in range(50):
        bound = allocation.upper_bound(everybody(30, 4), values, capacity, chance.random(4))
        assert bound >= best - 1e-9


def test_an_item_without_anybody_worth_it_stays() -> None:
    found = allocation.allocate([[0, 1], [1, -1]], [[-1.0, 0.0], [2.0, 9.0]], [3, 3])
    assert found.person.tolist() == [-1, 1]
    assert found.value == 2.0


def test_nothing_to_allocate() -> None:
    found = allocation.allocate(np.zeros((0, 2), int), np.zeros((0, 2)), [1, 1])
    assert (found.person.size, found.value, found.bound, found.gap) == (0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("people", "values", "capacity", "said"),
    [
        ([[0]], [[1.0, 2.0]], [1], "same shape"),
        ([[2]], [[1.0]], [1, 1], "from -1 to 1"),
        ([[0, 0]], [[1.0, 1.0]], [1], "twice"),
        ([[0]], [[float("nan")]], [1], "finite"),
        ([[0]], [[1.0]], [-1], "at least 0"),
        ([[0.5]], [[1.0]], [1], "whole numbers"),
        (np.zeros((allocation.LARGEST + 1, 1), int), np.ones((allocation.LARGEST + 1, 1)), [1],
         "at most"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(people, values, capacity, said) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=said):
        allocation.allocate(people, values, capacity)


def stream(
    values: np.ndarray, capacity: np.ndarray, prices: np.ndarray, step: float
) -> tuple[float, np.ndarray]:
    """What a stream is worth that is decided item by item, and how often each was used."""
    used, total = np.zeros(capacity.size), 0.0
    people = np.arange(capacity.size)
    for number, row in enumerate(values):
        place = allocation.choose(people, row, prices, used, capacity, number / len(values), step)
        if place >= 0:
            used[place] += 1
            total += row[place]
    return total, used


@pytest.mark.parametrize("seed", range(5))
def test_prices_and_pace_come_near_to_hindsight_and_beat_greed(seed: int) -> None:
    chance = np.random.default_rng(seed)
    m, n = 6, 600
    skill = chance.uniform(0.2, 1.0, m)
    yesterday, today = (skill * chance.gamma(2.0, 1.0, (n, m)) for _ in range(2))
    capacity = np.full(m, n // (2 * m))
    learned = allocation.allocate(everybody(n, m), yesterday, capacity).prices
    hindsight = allocation.allocate(everybody(n, m), today, capacity).bound
    paced, used = stream(today, capacity, learned, 0.05)
    greedy, _ = stream(today, capacity, np.zeros(m), 0.0)
    assert np.all(used <= capacity)
    assert paced >= 0.94 * hindsight
    assert greedy <= 0.7 * hindsight


def test_who_is_used_up_gets_nothing_more_and_who_is_ahead_costs_more() -> None:
    assert allocation.choose([0, 1], [5.0, 1.0], [0, 0], [3, 0], [3, 3], 0.5, 0.0) == 1
    assert allocation.choose([0, 1], [2.0, 1.9], [0, 0], [0, 0], [4, 4], 0.0, 0.1) == 0
    assert allocation.choose([0, 1], [2.0, 1.9], [0, 0], [2, 0], [4, 4], 0.0, 0.1) == 1
    assert allocation.choose([0], [0.5], [1.0], [0], [4], 0.0, 0.1) == allocation.NOBODY
    assert allocation.choose([], [], [1.0], [0], [4], 0.0, 0.1) == allocation.NOBODY


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([0], [1.0, 2.0], [0], [0], [1], 0.0, 0.0), "equal length"),
        (([0], [1.0], [0, 1], [0], [1], 0.0, 0.0), "one number a person"),
        (([0], [1.0], [0], [0], [1], 1.5, 0.0), "from 0 to 1"),
        (([1], [1.0], [0], [0], [1], 0.5, 0.0), "nobody we know"),
    ],
)
def test_what_does_not_fit_a_stream_is_named(arguments, said) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=said):
        allocation.choose(*arguments)
