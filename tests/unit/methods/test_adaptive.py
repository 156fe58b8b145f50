"""Stopping and asking: Bayes by hand, information by enumeration, accuracy kept at less work."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest

from outwork.methods import adaptive
from outwork.methods.adaptive import Preset, closed, information, next_worker, start, update

CAREFUL = [[0.95, 0.05], [0.1, 0.9]]
CARELESS = [[0.6, 0.4], [0.4, 0.6]]
BLIND = [[0.5, 0.5], [0.5, 0.5]]


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(adaptive).failed == 0


def test_order_of_judgments_does_not_matter() -> None:
    first = update(update(start([3, 1]), CAREFUL, 1), CARELESS, 0)
    second = update(update(start([3, 1]), CARELESS, 0), CAREFUL, 1)
    np.testing.assert_allclose(first, second)
    by_hand = np.array([0.75 * 0.05 * 0.6, 0.25 * 0.9 * 0.4])
    np.testing.assert_allclose(first, by_hand / by_hand.sum())


def test_information_is_the_mean_fall_of_entropy() -> None:
    before = np.array([0.7, 0.3])

    def entropy(p: np.ndarray) -> float:
        return -sum(x * math.log(x) for x in p if x > 0)

    chance = before @ np.array(CAREFUL)
    after = sum(chance[k] * entropy(update(before, CAREFUL, k)) for k in range(2))
    assert information(before, CAREFUL) == pytest.approx(entropy(before) - after)


def test_the_most_telling_worker_for_the_money_is_asked() -> None:
    item = [0.6, 0.4]
    assert next_worker(item, [CARELESS, CAREFUL, BLIND]) == 1
    assert next_worker(item, [CARELESS, CAREFUL, BLIND], [1.0, 100.0, 1.0]) == 0
    assert next_worker(item, [BLIND]) is None
    assert next_worker([1.0, 0.0], [CAREFUL]) is None
    assert next_worker(item, np.zeros((0, 2, 2))) is None


def test_sure_items_pay_for_doubtful_ones() -> None:
    posterior = [[0.99, 0.01], [0.92, 0.08], [0.6, 0.4], [0.5, 0.5], [0.999, 0.001]]
    done = closed(posterior, [1, 1, 1, 7, 0], Preset(target=0.95, fewest=1, most=7))
    # the fourth is at its most and uses up what the first would spare; the fifth was never judged
    assert done.tolist() == [True, False, False, True, False]
    done = closed(posterior[:3], [1, 1, 1], Preset(target=0.95))
    assert done.tolist() == [True, True, False]


def test_target_is_reached_with_fewer_judgments() -> None:
    """Workers of 0.8, two classes: five judgments each give 0.942; stopping early needs fewer."""
    chance = np.random.default_rng(6)
    n, table = 3000, np.array([[0.8, 0.2], [0.2, 0.8]])
    truth = chance.integers(0, 2, n)
    posterior, asked = np.tile(start([1, 1]), (n, 1)), np.zeros(n, dtype=int)
    rule = Preset(target=0.93, most=9)
    while not (done := closed(posterior, asked, rule)).all():
        for item in np.flatnonzero(~done):
            label = int(chance.random() < table[truth[item], 1])
            posterior[item] = update(posterior[item], table, label)
            asked[item] += 1
    accuracy = np.mean(posterior.argmax(axis=1) == truth)
    assert accuracy >= 0.93 - 3 * math.sqrt(0.93 * 0.07 / n)
    assert asked.mean() < 3.7


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: Preset(target=1.0), "target"),
        (lambda: Preset(fewest=3, most=2), "most"),
        (lambda: start([1.0]), "prior"),
        (lambda: start([1.0, 0.0]), "prior"),
        (lambda: update([0.5, 0.6], CAREFUL, 0), "posterior"),
        (lambda: update([0.5, 0.5], [[0.9, 0.2], [0.1, 0.9]], 0), "errors"),
        (lambda: update([0.5, 0.5], CAREFUL, 2), "label"),
        (lambda: update([1.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], 1), "label"),
        (lambda: next_worker([0.5, 0.5], CAREFUL), "errors"),
        (lambda: next_worker([0.5, 0.5], [CAREFUL], [0.0]), "costs"),
        (lambda: closed([[2.0, 0.0]], [1]), "posterior"),
        (lambda: closed([[0.5, 0.5]], [1, 1]), "asked"),
    ],
)
def test_bad_input_is_named(call: object, named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        call()  # type: ignore[operator]
