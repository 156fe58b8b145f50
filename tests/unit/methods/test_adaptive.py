"""Stopping and asking: Bayes by hand, information by enumeration, accuracy kept at less work."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest

from outwork.methods import adaptive
from outwork.methods.adaptive import (
    Path,
    Preset,
    asked,
    closed,
    follow,
    information,
    most_telling,
    next_worker,
    start,
    stopping_threshold,
    update,
)

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


def worked(seed: int, n: int) -> tuple[np.ndarray, ...]:
    """items, workers, labels, truth, tables: seven judgments an item by ten workers."""
    chance = np.random.default_rng(seed)
    right = np.linspace(0.55, 0.95, 10)
    tables = np.array([[[p, 1 - p], [1 - p, p]] for p in right])
    truth = chance.integers(0, 2, n)
    items = np.repeat(np.arange(n), 7)
    workers = np.concatenate([chance.permutation(10)[:7] for _ in range(n)])
    labels = np.where(chance.random(len(items)) < right[workers], truth[items], 1 - truth[items])
    return items, workers, labels, truth, tables


def test_a_path_is_bayes_rule_step_by_step() -> None:
    items, workers, labels, _, tables = worked(30, 20)
    mixed = np.random.default_rng(0).permutation(len(items))
    path = follow(items[mixed], workers[mixed], labels[mixed], tables, [2, 1])
    assert sorted(path.judgment) == list(range(len(items)))
    for item in range(20):
        at = np.flatnonzero(path.item == item)
        assert np.all(np.diff(path.judgment[at]) > 0)
        posterior = start([2, 1])
        for step in at:
            j = mixed[path.judgment[step]]
            posterior = update(posterior, tables[workers[j]], labels[j])
            assert path.answer[step] == posterior.argmax()
            assert path.sure[step] == pytest.approx(posterior.max())


def test_one_is_asked_until_the_answer_is_sure() -> None:
    item = np.array([0, 0, 0, 2, 2, 3])
    path = Path(np.arange(6), item, np.zeros(6, int), np.array([0.5, 0.9, 0.4, 0.95, 0.1, 0.2]))
    assert asked(path, 0.9).tolist() == [True, True, False, True, False, True]
    assert asked(path, 0.99).all()
    assert asked(path, 0.1).tolist() == [True, False, False, True, False, True]


def test_threshold_learnt_on_earlier_work_keeps_accuracy_on_new_work() -> None:
    items, workers, labels, truth, tables = worked(31, 4000)
    order = -most_telling(tables, [1, 1])[workers]
    earlier = items < 2000
    done = follow(items[earlier], workers[earlier], labels[earlier], tables, [1, 1], order[earlier])
    final = np.full((2000, 2), 0.5)
    last = np.append(done.item[1:] != done.item[:-1], True)
    final[done.item[last], done.answer[last]] = done.sure[last]
    final[done.item[last], 1 - done.answer[last]] = 1 - done.sure[last]
    threshold = stopping_threshold(done, final)
    assert 0.9 < threshold < 1
    assert stopping_threshold(done, final, 0.05) < threshold
    path = follow(
        items[~earlier], workers[~earlier], labels[~earlier], tables, [1, 1], order[~earlier]
    )
    kept = asked(path, threshold)
    stop = kept & np.append(~kept[1:] | (path.item[1:] != path.item[:-1]), True)
    end = np.append(path.item[1:] != path.item[:-1], True)
    early = np.mean(path.answer[stop] == truth[path.item[stop]])
    full = np.mean(path.answer[end] == truth[path.item[end]])
    assert early >= full - 0.0025 - 3 * math.sqrt(0.01 / 2000)
    assert kept.mean() < 0.5


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: follow([], [], [], [CAREFUL], [1, 1]), "items"),
        (lambda: follow([0], [1], [0], [CAREFUL], [1, 1]), "errors"),
        (lambda: follow([0], [0], [0], CAREFUL, [1, 1]), "errors"),
        (lambda: follow([0], [0], [0], [CAREFUL], [1, 1], [1, 2]), "order"),
        (
            lambda: stopping_threshold(follow([1], [0], [0], [CAREFUL], [1, 1]), [[1, 0]]),
            "posterior",
        ),
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
