"""Accuracy with the model chosen without gold, and calibration with fifty gold items."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from outwork.methods import consensus

SETS = (
    "bluebird", "rte", "trec2010", "web", "d_product", "s_rel", "s_adult", "cf", "cf_amt", "sp",
    "sp_amt", "labelme", "mozafari", "adult3",
)  # fmt: skip
PROXY = ("adult3",)  # its truth is a plurality of the same judgments: no judge of accuracy
GOLD, DRAWS, BINS, FEWEST_TRUTHS = 50, 3, 10, 300


class Crowd:
    """One set: three arrays, the items with a known class and those classes."""

    def __init__(self, folder: Path, name: str) -> None:
        table = np.loadtxt(
            folder / f"{name}.csv", delimiter=",", skiprows=1, usecols=(0, 1, 2), dtype=np.int64
        )
        truth = np.loadtxt(folder / f"{name}.truth.csv", delimiter=",", skiprows=1, dtype=np.int64)
        self.name = name
        self.items, self.workers, self.labels = (np.ascontiguousarray(c) for c in table.T)
        self.known, self.truth = truth.T
        self.size = int(max(self.labels.max(), self.truth.max())) + 1

    def fit(self, **settings: Any) -> consensus.Consensus:
        """Consensus over all judgments."""
        return consensus.fit(self.items, self.workers, self.labels, self.size, **settings)

    def majority(self, among: np.ndarray | None = None) -> float:
        """Expected accuracy of the vote when ties are broken by lot; of some of the known items."""
        at = slice(None) if among is None else among
        votes = np.zeros((int(max(self.items.max(), self.known.max())) + 1, self.size))
        np.add.at(votes, (self.items, self.labels), 1)
        top = votes == votes.max(axis=1, keepdims=True)
        known, truth = self.known[at], self.truth[at]
        return float((top[known, truth] / top[known].sum(axis=1)).mean())


def accuracy(crowd: Crowd) -> dict[str, Any]:
    """Ours by `auto` and by each model, and the vote."""
    auto = crowd.fit()
    right = {"auto": float(np.mean(auto.labels[crowd.known] == crowd.truth))}
    for model in consensus.MODELS:
        found = crowd.fit(model=model)
        right[model] = float(np.mean(found.labels[crowd.known] == crowd.truth))
    return {
        "n": len(crowd.known), "vote": crowd.majority(), "chosen": auto.model,
        "heldout": dict(auto.heldout), "temperature": auto.temperature, "right": right,
    }  # fmt: skip


def calibration(crowd: Crowd, seed: int) -> dict[str, float]:
    """Error of calibration in points, less what perfect calibration would show; and its parts."""
    chance = np.random.default_rng(seed)
    excess, raw, plain = [], [], []
    for _ in range(DRAWS):
        gold = chance.choice(len(crowd.known), GOLD, replace=False)
        rest = np.setdiff1d(np.arange(len(crowd.known)), gold)
        taught = {int(crowd.known[g]): int(crowd.truth[g]) for g in gold}
        for kind, found in (("auto", crowd.fit(gold=taught)), ("ds", None)):
            if found is None:
                if plain:
                    continue
                found = crowd.fit(model="dawid-skene")
            posterior = found.posterior[crowd.known[rest]]
            sure = posterior.max(axis=1)
            right = posterior.argmax(axis=1) == crowd.truth[rest]
            error = _error(sure, right)
            perfect = np.mean([_error(sure, chance.random(len(sure)) < sure) for _ in range(200)])
            if kind == "ds":
                plain.append(error - perfect)
            else:
                raw.append(error)
                excess.append(error - perfect)
    return {
        "excess": 100 * float(np.mean(excess)), "raw": 100 * float(np.mean(raw)),
        "dawid_skene_excess": 100 * float(np.mean(plain)),
    }  # fmt: skip


def _error(sure: np.ndarray, right: np.ndarray) -> float:
    bin_ = np.minimum((sure * BINS).astype(int), BINS - 1)
    gap = np.bincount(bin_, weights=sure - right, minlength=BINS)
    return float(np.abs(gap).sum() / len(sure))


def against_vote(found: dict[str, Any]) -> float:
    """Ours less the vote's expected accuracy; sets under 500 truths are forgiven one standard
    error in place of a point."""
    ours, vote, n = found["right"]["auto"], found["vote"], found["n"]
    spare = max(0.0, np.sqrt(vote * (1 - vote) / n) - 0.01) if n < 500 else 0.0
    return float(ours - vote + spare)
