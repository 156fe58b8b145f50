"""Compiled loops against the plain ways: the same maximum, the same sums, odd inputs alike."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from tests.unit.methods.test_consensus import simulate

from outwork.methods import dawid_skene, kernels
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
    # where the maximum is flat, single precision stops a little aside
    assert np.abs(found.posterior - plain.posterior).max() < 0.02
    assert np.mean(np.abs(found.posterior - plain.posterior) > 0.001) < 0.01
    assert plain.confusion is not None
    assert np.abs(found.confusion - plain.confusion).max() < 0.01
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(("n_workers", "per_item", "size"), [(12, 5, 3), (5, 3, 2), (100, 5, 5)])
def test_reaches_what_thirty_plain_rounds_reach(
    n_workers: int, per_item: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own rule to stop, less 1e-5 nats a judgment at most; also where tables are thin."""
    monkeypatch.setattr("outwork.methods.consensus._ROUNDS", 30)
    monkeypatch.setattr("outwork.methods.consensus._TOLERANCE", -1.0)
    for seed, n_items in ((1, 3000), (2, 400)):
        data = shuffled(seed, n_items=n_items, n_workers=n_workers, per_item=per_item, size=size)
        plain = fit(data.items, data.workers, data.labels, size, model="dawid-skene")
        found = dawid_skene.climb(data, NONE, None)
        assert found.log_likelihood >= plain.log_likelihood - 1e-5 * len(data.items)
        assert found.sweeps < 30


@pytest.mark.parametrize(
    "said",
    [
        ([0, 1, 2], [0, 0, 0], [0, 1, 1]),  # one worker
        ([0, 0, 0], [0, 1, 2], [1, 1, 0]),  # one item
        ([5], [3], [0]),  # one judgment
        ([0, 0, 1, 1, 2, 2], [0, 1] * 3, [0, 0, 0, 1, 0, 2]),  # one who says one class only
        ([0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 1]),  # the same asked again and again
    ],
)
def test_odd_judgments_give_what_the_plain_way_gives(
    said: tuple[list[int], list[int], list[int]],
) -> None:
    plain = fit(*said, 4, model="dawid-skene")
    found = dawid_skene.climb(judgments(*said, 4), NONE, None)
    assert found.log_likelihood >= plain.log_likelihood - 1e-4
    np.testing.assert_allclose(found.posterior, plain.posterior, atol=1e-3)
    chosen = np.where(plain.labels < 0, 0, found.labels)
    tops = found.posterior[np.arange(len(chosen)), chosen]
    assert np.all((tops == found.posterior.max(axis=1)) | (plain.labels < 0))
    np.testing.assert_array_equal(found.labels < 0, plain.labels < 0)
    np.testing.assert_allclose(found.confusion.sum(axis=2), 1, atol=1e-9)


def test_heavy_workers_are_counted_in_double_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    data = shuffled(3, n_items=1500)
    light = dawid_skene.climb(data, NONE, None)
    monkeypatch.setattr(dawid_skene, "_HEAVY", 100)
    heavy = dawid_skene.climb(data, NONE, None)
    assert heavy.log_likelihood == pytest.approx(light.log_likelihood, rel=1e-6)
    np.testing.assert_array_equal(heavy.labels, light.labels)


def test_logarithms_and_powers_are_near_enough() -> None:
    x = np.exp(np.random.default_rng(0).uniform(-27, 27, 2000)).astype(np.float32)
    off = [kernels._log2(v) - np.log2(float(v)) for v in x]
    assert np.abs(off).max() < 1e-5
    assert [kernels._log2(np.float32(v)) for v in (0.25, 1, 2, 64)] == [-2, 0, 1, 6]
    y = np.random.default_rng(1).uniform(-60, 60, 2000).astype(np.float32)
    off = [kernels._exp2(v) / np.exp2(float(v)) - 1 for v in y]
    assert np.abs(off).max() < 2e-6


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


@pytest.mark.parametrize(
    ("width", "bits", "most"), [(1, 4, 8), (2, 4, 8), (4, 4, 8), (5, 3, 7), (6, 3, 7), (9, 2, 3)]
)
def test_codes_count_every_unit(width: int, bits: int, most: int) -> None:
    """Units of one size and of many, with every length of what is left at the end."""
    chance = np.random.default_rng(width)
    for n in (1, 2, 3, 7, 8, 9, 10, 40, 200):
        for sizes in (np.full(n, most), chance.integers(1, most + 1, n)):
            units = np.repeat(np.cumsum(chance.integers(1, 3, n)), sizes)
            values = chance.integers(0, width, len(units)).astype(np.uint8)
            expected = np.zeros(1 << (bits * width), dtype=np.int32)
            codes = np.bincount(units, (1 << (bits * values.astype(np.int64))).astype(np.float64))
            np.add.at(expected, codes[np.unique(units)].astype(np.int64), 1)
            for kind in (np.int16, np.int32, np.uint64):
                often = np.zeros_like(expected)
                assert kernels.coded(units.astype(kind), values, width, bits, often)
                np.testing.assert_array_equal(often, expected)


@pytest.mark.parametrize("at", [0, 1, 5, 90, 199])
def test_codes_refuse_units_too_large_or_out_of_order(at: int) -> None:
    often = np.zeros(1 << 16, dtype=np.int32)
    values = np.zeros(1000, dtype=np.uint8)
    fine = np.repeat(np.arange(200), 5)
    assert kernels.coded(fine, values, 4, 4, often)
    larger = np.insert(fine, 5 * at, [at] * 4)  # nine
    assert not kernels.coded(larger, np.zeros(1004, dtype=np.uint8), 4, 4, often)
    for within in range(1, 5):
        astray = fine.copy()
        astray[5 * at + within] = -1
        assert not kernels.coded(astray, values, 4, 4, often)
    whole = np.roll(fine, 5 * (at + 1)) if at < 199 else fine[::-1].copy()
    assert not kernels.coded(whole, values, 4, 4, often)


@pytest.mark.parametrize("low", [-3, 0, 1])
@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64])
@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval"])
def test_alpha_by_codes_is_alpha(
    metric: str, kind: type[np.integer[Any]], low: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = np.random.default_rng(low + 5)
    units = np.repeat(np.arange(400), chance.integers(1, 8, 400))
    truth = chance.integers(0, 5, 400)[units]
    values = np.where(chance.random(len(units)) < 0.6, truth, chance.integers(0, 5, len(units)))
    values = values + max(low, 0 if kind is np.uint8 else low)
    plain = alpha(units, values, metric)
    monkeypatch.setattr("outwork.methods.agreement._FEWEST_COMPILED", 100)
    monkeypatch.setattr("outwork.methods.agreement._MOST_COMPILED", 5)
    monkeypatch.setattr(kernels, "tally", None)  # no other way than by codes
    monkeypatch.setattr(kernels, "counted_in_lanes", None)
    monkeypatch.setattr(kernels, "spread", None)
    apart = np.repeat(values.astype(kind), 2)[::2]  # not contiguous
    quick = alpha(units.astype(np.int32), apart, metric)
    assert quick.value == pytest.approx(plain.value, abs=1e-12)
    assert quick.observed == pytest.approx(plain.observed, rel=1e-12)
    assert quick.units == plain.units


def test_numba_is_loaded_only_when_needed() -> None:
    program = "import outwork.methods, sys; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
