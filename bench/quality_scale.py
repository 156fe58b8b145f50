"""How fast, in CPU seconds of one thread: Dawid-Skene, alpha, one judgment more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bench.quality_budget import BUDGET_S, Meter
from bench.quality_peer import peak_mb

from outwork.methods import agreement, consensus
from outwork.methods.running import Running

MANY, ITERATIONS, REPEATS = 10**7, 30, 5
Peer = Callable[..., dict[str, Any]]


def world(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Judgments of items of four unequal classes, five each, by workers of unequal skill and
    diligence (200 each on average), each with a table of errors; in the order of items."""
    chance = np.random.default_rng(seed)
    size, items, workers = 4, count // 5, max(20, count // 200)
    truth = chance.choice(size, items, p=[0.4, 0.3, 0.2, 0.1]).astype(np.int8)
    load = chance.lognormal(0, 1, workers)
    worker = np.searchsorted(np.cumsum(load) / load.sum(), chance.random(items * 5))
    right = chance.beta(6, 2.5, workers)
    tables = np.empty((workers, size, size))
    for k in range(size):
        other = chance.dirichlet(np.ones(size - 1), workers) * (1 - right)[:, None]
        tables[:, k] = np.insert(other, k, right, axis=1)
    bounds = tables.cumsum(axis=2)
    item = np.repeat(np.arange(items), 5)
    label = np.empty(len(item), dtype=np.int64)
    for part in np.array_split(np.arange(len(item)), max(1, count // 10**6)):
        cut = bounds[worker[part], truth[item[part]]]
        label[part] = np.minimum((chance.random(len(part))[:, None] > cut).sum(axis=1), size - 1)
    once = np.unique(item * workers + worker, return_index=True)[1]
    return item[once], worker[once].astype(np.int64), label[once]


def ours(folder: Path, repeats: int) -> dict[str, Any]:
    """In a process of its own, so that its peak of memory is its own."""
    arrays = [np.load(folder / f"{n}.npy") for n in ("items", "workers", "labels")]
    warm = 250_000
    consensus.fit(*(a[:warm] for a in arrays), model="dawid-skene")
    seconds, memory, found = [], [], None
    meter = Meter(BUDGET_S["dawid_skene"])
    for done in range(repeats):
        if done and meter.over():
            break
        found = None
        base, begun = peak_mb(reset=True), time.process_time()
        found = consensus.fit(*arrays, model="dawid-skene")
        seconds.append(time.process_time() - begun)
        memory.append(peak_mb() - base)
    assert found is not None
    return {
        "seconds": seconds, "extra_mb": max(memory), "sweeps": found.iterations,
        "log_likelihood": found.log_likelihood,
    }  # fmt: skip


def dawid_skene(folder: Path, seed: int, peer: Peer, log: Any) -> dict[str, Any]:
    """`ds_ratio_1e7`: CPU seconds of crowd-kit's thirty iterations over ours, from arrays to
    posterior, with a likelihood at least as high; `ds_extra_mb`: ours above the input. A peer that
    is broken off has taken at least so long, so that the ratio is at least the one given."""
    names = ("items", "workers", "labels")
    arrays = world(MANY, seed)
    for name, array in zip(names, arrays, strict=True):
        np.save(folder / f"{name}.npy", array)
    n = len(arrays[0])
    command = [sys.executable, __file__, str(folder), str(REPEATS)]
    path = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=path)
    mine = json.loads(done.stdout.splitlines()[-1])
    log(f"ours: {mine}")
    told = peer("dawid_skene", str(folder), str(ITERATIONS))
    ours_s = float(np.median(mine["seconds"]))
    figures = {
        "ds_ratio_1e7": told["cpu_s"] / ours_s, "ds_extra_mb": mine["extra_mb"],
        "ds_cpu_s": ours_s, "ds_cpu_s_all": mine["seconds"], "ds_sweeps": mine["sweeps"],
        "ds_log_likelihood": mine["log_likelihood"] / n, "ds_judgments": n,
        "crowd_kit_cpu_s": told["cpu_s"], "crowd_kit_extra_mb": told["extra_mb"],
        "crowd_kit_finished": told["finished"],
    }  # fmt: skip
    if told["finished"]:
        theirs = _likelihood(folder, arrays)
        figures["crowd_kit_log_likelihood"] = theirs / n
        figures["ds_likelihood_reached"] = float(mine["log_likelihood"] >= theirs)
    return figures


def _likelihood(folder: Path, arrays: tuple[np.ndarray, ...]) -> float:
    """Of the judgments under the tables that the peer left, term by term."""
    items, workers, labels = arrays
    prior = np.load(folder / "peer_prior.npy")
    chances = np.log(np.load(folder / "peer_chances.npy"))
    joint = np.tile(np.log(prior), (int(items.max()) + 1, 1))
    rows = chances[workers, labels]
    for k in range(len(prior)):
        joint[:, k] += np.bincount(items, weights=rows[:, k], minlength=len(joint))
    top = joint.max(axis=1)
    return float((top + np.log(np.exp(joint - top[:, None]).sum(axis=1))).sum())


def alpha(folder: Path, seed: int, peer: Peer) -> dict[str, Any]:
    """`alpha_ratio`: the least over the nominal, ordinal and interval metrics (`alpha_metric` says
    of which), a million judgments of 200,000 units by twenty observers, five a unit; the peer takes
    a matrix, ours units and values, both in the order of units."""
    chance = np.random.default_rng(seed)
    units = 200_000
    who = np.argsort(chance.random((units, 20)), axis=1)[:, :5]
    truth = chance.integers(0, 5, units)
    value = np.where(
        chance.random((units, 5)) < 0.7, truth[:, None], chance.integers(0, 5, (units, 5))
    )
    matrix = np.full((20, units), np.nan)
    matrix[who, np.arange(units)[:, None]] = value
    np.save(folder / "matrix.npy", matrix)
    unit, flat = np.repeat(np.arange(units, dtype=np.int32), 5), value.ravel().astype(np.int8)
    told = peer("alpha", str(folder / "matrix.npy"), str(3))
    out: dict[str, Any] = {}
    for metric in ("nominal", "ordinal", "interval"):
        agreement.alpha(unit, flat, metric)
        taken = []
        for _ in range(REPEATS):
            begun = time.process_time()
            found = agreement.alpha(unit, flat, metric)
            taken.append(time.process_time() - begun)
        out[metric] = {
            "ratio": told[f"{metric}_s"] / float(np.median(taken)),
            "off": abs(found.value - told[metric]),
            "ms": 1e3 * float(np.median(taken)), "peer_ms": 1e3 * told[f"{metric}_s"],
        }  # fmt: skip
    least = min(out, key=lambda metric: float(out[metric]["ratio"]))
    return {
        "alpha_ratio": out[least]["ratio"], "alpha_metric": least,
        "alpha_off": max(m["off"] for m in out.values()), "alpha_metrics": out,
    }  # fmt: skip


def update(seed: int, count: int = 10**6) -> dict[str, Any]:
    """`update_us`: median time of one judgment more in a store of a million, a thousand times.

    `update_off`: median over the items judged of the largest difference of their posterior from
    the refit after all thousand; `update_off_most`: the largest of any item.
    """
    items, workers, labels = world(count + 2000, seed)
    late = np.random.default_rng(seed).choice(len(items), 1000, replace=False)
    stay = np.setdiff1d(np.arange(len(items)), late)
    store = Running(items[stay], workers[stay], labels[stay], int(labels.max()) + 1)
    first, taken = store.posterior.copy(), []
    for j in late:
        item, worker, label = int(items[j]), int(workers[j]), int(labels[j])
        begun = time.perf_counter()
        store.add(item, worker, label)
        taken.append(time.perf_counter() - begun)
    now = store.posterior.copy()
    begun = time.process_time()
    store.refit()
    refit = time.process_time() - begun
    off = np.abs(store.posterior - now)
    return {
        "update_us": 1e6 * float(np.median(taken)),
        "update_us_p99": 1e6 * float(np.quantile(taken, 0.99)),
        "update_off": float(np.median(off[items[late]].max(axis=1))),
        "update_off_most": float(off.max()), "update_off_mean": float(off.mean()),
        "update_moved": float(np.abs(first - store.posterior).max()), "update_refit_s": refit,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(ours(Path(sys.argv[1]), int(sys.argv[2]))))
