"""Numbers weighed by their authors, and the answer nearest to all others."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from outwork.methods import estimates
from outwork.methods.estimates import medoid, numbers


def simulate(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    truth = chance.normal(100, 20, 300)
    scatter = np.array([1, 1, 4, 8, 16, 16])
    bias = np.array([0, 2, -2, 0, 5, -5])
    items, workers = np.repeat(np.arange(300), 6), np.tile(np.arange(6), 300)
    values = truth[items] + bias[workers] + chance.normal(0, scatter[workers])
    return items, workers, values, truth


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(estimates).failed == 0


def test_good_authors_count_more() -> None:
    items, workers, values, truth = simulate(1)
    found = numbers(items, workers, values)
    plain = np.bincount(items, values) / 6
    error, usual = np.std(found.value - truth), np.std(plain - truth)
    assert error < usual / 2
    np.testing.assert_allclose(found.scatter[3:], [8, 16, 16], rtol=0.15)
    assert found.bias[4] - found.bias[5] == pytest.approx(10, abs=2)
    assert found.scatter[:2].max() < found.scatter[2:].min()


def test_interval_is_about_as_wide_as_stated() -> None:
    items, workers, values, truth = simulate(2)
    centred = values - np.array([0, 2, -2, 0, 5, -5])[workers]
    found = numbers(items, workers, centred, 0.9)
    covered = (found.low <= truth) & (truth <= found.high)
    assert 0.8 <= covered.mean() <= 0.97


def test_equal_authors_give_the_mean() -> None:
    found = numbers([0, 0, 2, 2], [0, 1, 0, 1], [1.0, 3.0, 10.0, 12.0])
    np.testing.assert_allclose(found.value[[0, 2]], [2.0, 11.0], atol=1e-6)
    assert np.isnan(found.value[1])
    assert numbers([0], [0], [5.0]).value.tolist() == [5.0]
    assert numbers([0, 0], [0, 1], [0.0, 0.0]).value.tolist() == [0.0]


def test_shifting_and_scaling_go_through() -> None:
    items, workers, values, _ = simulate(3)
    one, two = numbers(items, workers, values), numbers(items, workers, 10 * values + 7)
    np.testing.assert_allclose(two.value, 10 * one.value + 7, rtol=1e-5)


def test_medoid() -> None:
    spans = [[[0, 10]], [[0, 9]], [[1, 10]], [[50, 60]], None]
    found = medoid("spans", spans)
    assert found.index == 0
    assert found.support == pytest.approx((0.9 + 0.9) / 4)
    assert medoid("choice", ["a", "b", "b"]).index == 1
    assert medoid("choice", ["a", "b", "b"], [5, 1, 1]).index == 0
    assert medoid("rating", [3]).support == 1.0


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: numbers([], [], []), "values"),
        (lambda: numbers([0], [0], [float("nan")]), "values"),
        (lambda: numbers([0], [0, 1], [1.0]), "values"),
        (lambda: numbers([-1], [0], [1.0]), "items"),
        (lambda: numbers([0], [0], [1.0], 1.0), "confidence"),
        (lambda: medoid("choice", []), "values"),
        (lambda: medoid("choice", ["a"], [0.0]), "weights"),
        (lambda: medoid("choice", [1]), "choice"),
    ],
)
def test_bad_input_is_named(call: object, named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        call()  # type: ignore[operator]
