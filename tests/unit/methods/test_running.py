"""One judgment more at a time, against a refit of everything."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.methods.test_consensus import simulate

from outwork.methods.consensus import fit
from outwork.methods.running import Running


def test_starts_near_pooled_dawid_skene() -> None:
    items, workers, labels, truth = simulate(20, n_items=800, per_item=7)
    store = Running(items, workers, labels, 3)
    assert np.mean(store.posterior.argmax(axis=1) == truth) > 0.9
    batch = fit(items, workers, labels, 3, model="pooled")
    assert np.mean(store.posterior.argmax(axis=1) == batch.labels) > 0.97
    np.testing.assert_allclose(store.posterior.sum(axis=1), 1)


def test_a_judgment_more_is_nearly_a_refit() -> None:
    items, workers, labels, _ = simulate(21, n_items=3000, per_item=5)
    late = np.random.default_rng(0).choice(len(items), 40, replace=False)
    stay = np.setdiff1d(np.arange(len(items)), late)
    store = Running(items[stay], workers[stay], labels[stay], 3)
    before = store.posterior.copy()
    for j in late:
        told = store.add(int(items[j]), int(workers[j]), int(labels[j]))
        np.testing.assert_allclose(told, store.posterior[items[j]])
    now = store.posterior.copy()
    np.testing.assert_allclose(now.sum(axis=1), 1)
    store.refit()
    assert np.abs(before - store.posterior)[items[late]].max() > 0.2
    assert np.quantile(np.abs(now - store.posterior), 0.99) < 0.02
    assert np.abs(now - store.posterior).mean() < 1e-3


def test_counts_stay_those_of_the_posteriors() -> None:
    """However many are added, nothing is counted twice or lost; there is always room."""
    items, workers, labels, _ = simulate(22, n_items=60)
    store = Running(items[:100], workers[:100], labels[:100] % 2, 2)
    at = np.random.default_rng(1).integers(0, [[20], [5], [2]], (3, 500))
    for item, worker, label in at.T:
        store.add(int(item), int(worker), int(label))
    assert store._counts.sum() == pytest.approx(600)
    assert np.all(store._counts > -1e-9)


@pytest.mark.parametrize(
    ("judgment", "named"), [((9, 0, 0), "item"), ((0, -1, 0), "worker"), ((0, 0, 2), "label")]
)
def test_bad_input_is_named(judgment: tuple[int, int, int], named: str) -> None:
    store = Running([0, 0, 1], [0, 1, 1], [0, 1, 1])
    with pytest.raises(ValueError, match=f"^{named}: "):
        store.add(*judgment)
    with pytest.raises(ValueError, match=r"^n_labels: "):
        Running([0], [0], [0])
