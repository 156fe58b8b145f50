"""Compiled loops against the plain ways: the same maximum, the same sums, odd inputs alike."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from tests.unit.methods.test_consensus import simulate

from outwork.methods import dawid_skene
from outwork.methods.agreement import alpha
from outwork.methods.consensus import fit
from outwork.methods.judgments import Judgments, judgments

NONE = np.zeros((2, 0), dtype=np.int64)


def shuffled(seed: int, **sizes: int) -> Judgments:
    items, workers, labels, _ = simulate(seed, **sizes)
    order = np.random.default_rng(seed).permutation(len(items))
    return judgments(items[order], workers[order], labels[order], sizes.get("size", 3))


@pytest.mark.parametrize("size", [2, 3, 5])
def test_climbs_to_the_maximum_of_the_plain_way(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = shuffled(size, n_items=1500, size=size)
    monkeypatch.setattr("outwork.methods.consensus._ROUNDS", 3000)
    monkeypatch.setattr("outwork.methods.consensus._TOLERANCE", 1e-12)
    plain = fit(data.items, data.workers, data.labels, size, model="dawid-skene")
    found = dawid_skene.climb(data, NONE, None, tolerance=1e-9)
    assert found.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-6)
    assert np.abs(found.posterior - plain.posterior).max() < 0.01
    assert plain.confusion is not None
    assert np.abs(found.confusion - plain.confusion).max() < 0.01
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1, atol=1e-5)


def test_likelihood_is_that_of_the_tables_it_returns() -> None:
    data = shuffled(8, n_items=500)
    found = dawid_skene.climb(data, NONE, None)
    joint = np.tile(np.log(found.prior), (data.n_items, 1))
    for item, worker, label in zip(data.items, data.workers, data.labels, strict=True):
        joint[item] += np.log(np.maximum(found.confusion[worker, :, label], 1e-10))
    by_hand = float(np.log(np.exp(joint).sum(axis=1)).sum())
    assert found.log_likelihood == pytest.approx(by_hand, rel=1e-6)
    np.testing.assert_allclose(
        found.posterior, np.exp(joint) / np.exp(joint).sum(axis=1, keepdims=True), atol=1e-4
    )


def test_gold_empty_items_and_given_frequencies() -> None:
    data = shuffled(9)
    gaps = Judgments(data.items * 2, data.workers, data.labels, 2 * data.n_items, 12, 3)
    shares = np.array([0.2, 0.3, 0.5])
    found = dawid_skene.climb(gaps, np.array([[0, 4], [2, 1]]), shares)
    assert found.posterior[[0, 4]].argmax(axis=1).tolist() == [2, 1]
    assert found.posterior[[0, 4]].max(axis=1).tolist() == [1.0, 1.0]
    np.testing.assert_allclose(found.posterior[1::2], np.tile(shares, (data.n_items, 1)), atol=1e-6)
    np.testing.assert_array_equal(found.prior, shares)


def test_very_many_contradictions_do_not_underflow() -> None:
    """A thousand judgments of one item, evenly split among sure workers."""
    easy = np.repeat(np.arange(200), 40)
    items = np.concatenate([easy, np.full(1000, 200)])
    workers = np.concatenate([np.tile(np.arange(40), 200), np.arange(1000) % 40])
    labels = np.concatenate([easy % 2, np.arange(1000) % 2])
    found = dawid_skene.climb(judgments(items, workers, labels), NONE, None)
    assert np.all(np.isfinite(found.posterior))
    assert found.posterior[:200].argmax(axis=1).tolist() == [i % 2 for i in range(200)]
    assert np.isfinite(found.log_likelihood)


def test_fit_takes_the_quick_way_only_for_many(monkeypatch: pytest.MonkeyPatch) -> None:
    items, workers, labels, truth = simulate(10, n_items=2000, per_item=9)
    monkeypatch.setattr(dawid_skene, "_FEWEST_JUDGMENTS", 10_000)
    found = fit(items, workers, labels, model="dawid-skene", gold={0: int(truth[0])})
    assert found.posterior.dtype == np.float32
    assert np.mean(found.labels == truth) > 0.9
    apart = fit(items + 1, workers, labels, model="dawid-skene")
    assert apart.labels[0] == -1
    np.testing.assert_allclose(apart.posterior[0], apart.prior, atol=1e-6)


@pytest.mark.parametrize(("in_order", "n"), [(True, 900), (True, 5), (False, 900)])
@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval"])
def test_alpha_of_many_is_alpha(
    metric: str, in_order: bool, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = np.random.default_rng(3)
    units, values = chance.integers(0, n, 3000), chance.integers(-2, 6, 3000)
    if in_order:
        units = np.sort(units)
    plain = alpha(units, values, metric)
    monkeypatch.setattr("outwork.methods.agreement._FEWEST_COMPILED", 100)
    quick = alpha(units.astype(np.int32), values.astype(np.int8), metric)
    assert quick.value == pytest.approx(plain.value, abs=1e-12)
    assert quick.observed == pytest.approx(plain.observed, rel=1e-12)
    assert quick.units == plain.units
    with pytest.raises(ValueError, match=r"^units: "):
        alpha(-units, values, metric)
    with pytest.raises(ValueError, match=r"^values: "):
        alpha(units, np.zeros(3000, dtype=np.int64), metric)


def test_numba_is_loaded_only_when_needed() -> None:
    program = "import outwork.methods, sys; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
