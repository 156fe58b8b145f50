"""Judgments per item to come within half a point of full redundancy, by one preset rule.

A set's items with a known class are split at random: one half, with all items without, is earlier
work, judged in full and with a few gold items; the other half is new. Skill (pooled Dawid-Skene)
and the stopping threshold (`adaptive.stopping_threshold`, allowed loss as in the package, each half
of earlier work judged by the skill that the other half shows) come from earlier work alone. New
items are asked judgment by judgment, in random order of arrival or the most telling workers first,
from the judgments that the set has of them; all that was bought, and earlier work, then gives the
answers, by the models that foretell best together (`auto`), since one model's errors would be asked
about no further. Truth serves as gold on earlier work and to score; nothing is chosen by it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from bench.quality_budget import BUDGET_S, Meter, SpentError, within
from bench.quality_truth import Crowd

from outwork.methods import adaptive, consensus

SPLITS, GOLD, MARGIN = 6, 50, 0.005


def replay(crowd: Crowd, seed: int, budget_s: float) -> dict[str, Any]:
    """Judgments per item and accuracy, in full and by the rule, means over random splits.

    `splits`: as many as there is time for, at least one.
    """
    chance = np.random.default_rng(seed)
    meter, rows = Meter(budget_s), []
    while len(rows) < SPLITS and not (rows and meter.over()):
        try:
            with within(BUDGET_S["adaptive_split"]):
                rows.append(_once(crowd, chance))
        except SpentError:
            if not rows:
                raise
            break
    mean = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    aim = max(mean["majority"], mean["dawid_skene"]) - MARGIN
    for way in ("arrival", "routed"):
        reached = mean[f"{way}_accuracy"] >= aim
        saved = mean["full"] / mean[f"{way}_judgments"]
        mean[f"{way}_reached"] = float(reached)
        mean[f"{way}_ratio"] = saved if reached else 1.0
    return mean | {"aim": aim, "splits": float(len(rows))}


def _once(crowd: Crowd, chance: np.random.Generator) -> dict[str, float]:
    shuffled = chance.permutation(len(crowd.known))
    new = shuffled[: len(shuffled) // 2]
    gold = shuffled[len(shuffled) // 2 :][:GOLD]
    is_new = np.zeros(int(max(crowd.items.max(), crowd.known.max())) + 1, dtype=np.bool_)
    is_new[crowd.known[new]] = True
    fresh = is_new[crowd.items]
    taught = {int(crowd.known[g]): int(crowd.truth[g]) for g in gold}
    full_ds = crowd.fit(model="dawid-skene")
    earlier = _fit(crowd, ~fresh, taught)
    tables, prior = _tables(crowd, earlier, ~fresh), np.maximum(earlier.prior, 1e-6)
    telling = adaptive.most_telling(tables, prior)
    truth = np.full(len(is_new), -1)
    truth[crowd.known] = crowd.truth
    mine, judged = crowd.known[new], np.flatnonzero(fresh)
    out = {
        "full": len(judged) / len(new), "majority": crowd.majority(new),
        "dawid_skene": float(np.mean(full_ds.labels[mine] == truth[mine])),
    }  # fmt: skip
    arrival = chance.random(len(crowd.items))
    for way, order in (("arrival", arrival), ("routed", -telling[crowd.workers] + 1e-9 * arrival)):
        threshold = adaptive.stopping_threshold(
            _crossed(crowd, ~fresh, taught, order if way == "arrival" else None),
            earlier.posterior,
        )
        path = _path(crowd, judged, order, tables, prior)
        bought = judged[path.judgment[adaptive.asked(path, threshold)]]
        found = _fit(crowd, np.concatenate([np.flatnonzero(~fresh), bought]), taught, "auto")
        answers = np.full(len(is_new), -1)
        answers[: len(found.labels)] = found.labels
        out[f"{way}_judgments"] = len(bought) / len(new)
        out[f"{way}_accuracy"] = float(np.mean(answers[mine] == truth[mine]))
        out[f"{way}_threshold"] = threshold
    return out


def _fit(
    crowd: Crowd, kept: np.ndarray, gold: dict[int, int], model: str = "pooled"
) -> consensus.Consensus:
    arrays = (crowd.items[kept], crowd.workers[kept], crowd.labels[kept])
    return consensus.fit(*arrays, crowd.size, model=model, gold=gold)


def _crossed(
    crowd: Crowd, earlier: np.ndarray, gold: dict[int, int], order: np.ndarray | None
) -> adaptive.Path:
    """Earlier work's path, each half by the skill that the other half shows; most telling workers
    first where no order is given."""
    parts = []
    for half in (0, 1):
        here = earlier & (crowd.items % 2 == half)
        there = earlier & ~here
        if not here.any() or not there.any():
            continue
        top = int(crowd.items[there].max())
        found = _fit(crowd, there, {i: k for i, k in gold.items() if i % 2 != half and i <= top})
        tables, prior = _tables(crowd, found, there), np.maximum(found.prior, 1e-6)
        when = -adaptive.most_telling(tables, prior)[crowd.workers] if order is None else order
        at = np.flatnonzero(here)
        path = _path(crowd, at, when, tables, prior)
        parts.append((at[path.judgment], path.item, path.answer, path.sure))
    return adaptive.Path(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _tables(crowd: Crowd, found: consensus.Consensus, seen: np.ndarray) -> np.ndarray:
    """Of every worker; somebody new is taken to be like the mean of those seen."""
    assert found.confusion is not None
    usual = found.confusion[np.unique(crowd.workers[seen])].mean(axis=0)
    tables = np.tile(usual, (int(crowd.workers.max()) + 1, 1, 1))
    known = np.unique(crowd.workers[seen])
    tables[known] = found.confusion[known]
    return tables


def _path(
    crowd: Crowd, at: np.ndarray, order: np.ndarray, tables: np.ndarray, prior: np.ndarray
) -> adaptive.Path:
    arrays = (crowd.items[at], crowd.workers[at], crowd.labels[at])
    return adaptive.follow(*arrays, tables, prior, order[at])
