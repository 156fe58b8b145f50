"""Certification by exact bounds, control items needed, and scores drawn to the peers."""

from __future__ import annotations

import doctest
from math import comb

import numpy as np
import pytest

from outwork.methods import skill
from outwork.methods.skill import certify, fewest_right, items_needed, recent, skills


def at_least(k: int, n: int, p: float) -> float:
    return sum(comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k, n + 1))


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(skill).failed == 0


@pytest.mark.parametrize(("bar", "confidence"), [(0.9, 0.95), (0.8, 0.9), (0.5, 0.99)])
def test_chance_to_certify_the_unfit_is_at_most_the_stated(bar: float, confidence: float) -> None:
    for n in (5, 20, 44, 100):
        least = fewest_right(n, bar, confidence)
        if least is None:
            assert at_least(n, n, bar) > 1 - confidence
            continue
        assert at_least(least, n, bar) <= 1 - confidence + 1e-12 < at_least(least - 1, n, bar)
        assert certify(least, n, bar, confidence).decision == "certified"
        assert certify(least - 1, n, bar, confidence).decision != "certified"


def test_decisions() -> None:
    assert certify(96, 100, 0.9).decision == "certified"
    assert certify(95, 100, 0.9).decision == "open"
    assert certify(70, 100, 0.9).decision == "refused"
    found = certify(90, 100, 0.9)
    assert found.lower < found.share < found.upper


def test_items_needed_is_the_first_that_is_enough() -> None:
    for bar, able in ((0.9, 0.97), (0.7, 0.9), (0.5, 0.99)):
        n = items_needed(bar, able)
        for m in range(1, n + 1):
            least = fewest_right(m, bar)
            power = at_least(least, m, able) if least is not None else 0.0
            assert (power >= 0.8) == (m == n)


def test_thin_evidence_is_drawn_to_the_mean() -> None:
    chance = np.random.default_rng(1)
    truth = chance.beta(18, 2, 300)
    answered = chance.integers(0, 60, 300)
    found = skills(chance.binomial(answered, truth), answered)
    assert found.mean == pytest.approx(0.9, abs=0.02)
    assert 10 < found.weight < 40
    nobody = answered == 0
    np.testing.assert_allclose(found.expected[nobody], found.mean)
    covered = (found.low <= truth) & (truth <= found.high)
    assert 0.91 <= covered.mean() <= 0.985
    raw = np.divide(chance.binomial(answered, truth), np.maximum(answered, 1))
    assert np.mean((found.expected - truth) ** 2) < np.mean((raw - truth)[~nobody] ** 2)


def test_recent_answers_count_more() -> None:
    share, worth = recent([1, 0], [0, 10], half_life=10)
    assert share == pytest.approx(2 / 3)
    assert worth == pytest.approx(1.5**2 / 1.25)
    assert recent([1, 0, 1, 1], [3, 3, 3, 3], 5)[1] == pytest.approx(4)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: certify(1, 0, 0.9), "trials"),
        (lambda: certify(2, 1, 0.9), "successes"),
        (lambda: certify(1, 1, 1.0), "bar"),
        (lambda: fewest_right(0, 0.9), "answered"),
        (lambda: items_needed(0.9, 0.9), "skill"),
        (lambda: items_needed(0.9, 0.9001), "skill"),
        (lambda: skills([], []), "answered"),
        (lambda: skills([2], [1]), "right"),
        (lambda: recent([1], [-1], 1), "age"),
        (lambda: recent([1], [1], 0), "half_life"),
    ],
)
def test_bad_input_is_named(call: object, named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        call()  # type: ignore[operator]
