"""Trains the drafter of contract abstraction and writes model.npz and model.json beside it.

    python bench/train_contracts.py --data ../shared/data

Deterministic for the same data and library versions. The second stage sees only first-stage
scores of contracts whose filers the first stage did not train on, and calibration only ranks of
contracts that the trees did not train on; so confidences hold on contracts never seen.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import dataclasses
import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from contracts_data import Contract, load
from contracts_first import (
    category_facts,
    fit_context,
    fit_linear,
    folds_of,
    unit_labels,
    word_odds,
)
from contracts_second import Rows, fit_platt, fit_presence, fit_spans, grow
from outwork_practices.legal.contract_management import drafter, ranking, scoring
from outwork_practices.legal.contract_management.categories import KEYS
from outwork_practices.legal.contract_management.segments import units
from outwork_practices.legal.contract_management.trees import Trees

FOLDS = 5
FACTS = {
    "service": "contract-management",
    "attribution": "Trained on the Contract Understanding Atticus Dataset (CUAD) v1 of "
    "The Atticus Project, https://www.atticusprojectai.org/cuad, licence CC BY 4.0.",
}
Log = Callable[[str], None]


def _blank(linear: scoring.Linear, prior: np.ndarray, odds: Mapping[str, float]) -> drafter.Model:
    """A model that can make candidates but not rank them yet."""
    q = len(KEYS)
    none = np.zeros(q, np.float32)
    context = ranking.Context(*(np.zeros((2 * q + 1, q), np.float32) for _ in range(2)))
    platt = np.tile(np.array([1.0, 0.0], np.float32), (q, 1))
    return drafter.Model(
        linear, prior, odds, context, {}, platt, np.array([1.0, -3.0], np.float32),
        np.zeros((q, 4), np.float32), none, none,
    )  # fmt: skip


def _replace(model: drafter.Model, **parts: object) -> drafter.Model:
    return dataclasses.replace(model, **parts)  # type: ignore[arg-type]


def first_stage(
    contracts: Sequence[Contract], seed: int, log: Log
) -> tuple[list[drafter.Model], np.ndarray, list[ranking.Page]]:
    """A model per fold that can make candidates, the folds (n,), and pages scored out of fold."""
    split = [units(c.text) for c in contracts]
    fold = folds_of(contracts, FOLDS, seed)
    prior = category_facts(contracts)
    partial: list[drafter.Model] = []
    pages: dict[int, ranking.Page] = {}
    for f in range(FOLDS):
        others = [i for i in range(len(contracts)) if fold[i] != f]
        some = [contracts[i] for i in others]
        linear = fit_linear(some, [split[i] for i in others], seed)
        partial.append(_blank(linear, prior, word_odds(some)))
        for i in np.flatnonzero(fold == f):
            pages[int(i)] = drafter.page_of(partial[f], contracts[i].text)
        log(f"fold {f + 1} of {FOLDS}: first stage")
    return partial, fold, [pages[i] for i in range(len(contracts))]


def second_stage(
    contracts: Sequence[Contract], partial: list[drafter.Model], fold: np.ndarray,
    pages: list[ranking.Page], seed: int, log: Log,
) -> tuple[drafter.Model, list[dict[str, list[drafter.Candidate]]]]:  # fmt: skip
    """Context, trees and calibration for all; and out-of-fold drafts of every contract."""
    truths = [unit_labels(c, p.units) for c, p in zip(contracts, pages, strict=True)]
    families = {family: Rows() for family in drafter.FAMILIES}
    for f in range(FOLDS):
        out = np.flatnonzero(fold != f)
        context = fit_context(*([x[i] for i in out] for x in (pages, contracts, truths)))
        partial[f] = _replace(partial[f], context=context)
        for i in np.flatnonzero(fold == f):
            for family, pool in drafter.pools(partial[f], pages[i]).items():
                families[family].add(pool, contracts[i], int(i))
    joined = {family: rows.joined() for family, rows in families.items()}
    log("context and candidates")
    platt = np.tile(np.array([1.0, 0.0], np.float32), (len(KEYS), 1))
    folded: list[dict[str, Trees]] = [{} for _ in range(FOLDS)]
    trees: dict[str, Trees] = {}
    for family, (x, category, index, right) in joined.items():
        logit = np.zeros(len(x))
        for f in range(FOLDS):
            inside = fold[index] == f
            folded[f][family] = grow(x[~inside], right[~inside], family, seed)
            logit[inside] = folded[f][family].logit(x[inside])
        trees[family] = grow(x, right, family, seed)
        mine = np.unique(category)
        platt[mine] = fit_platt(logit, right, category)[mine]
        p = np.clip(1 / (1 + np.exp(-logit)), 1e-6, 1 - 1e-6)
        loss = -np.where(right, np.log(p), np.log(1 - p)).mean()
        log(f"{family}: {len(x)} candidates, {right.mean():.3f} right, log loss {loss:.4f}")
    x, _, _, right = joined["clause"]
    low = x[:, 1] >= ranking.TOP - 3
    tail = LogisticRegression(C=100).fit(x[low][:, :1], right[low])
    tail_at = np.array([tail.coef_[0, 0], tail.intercept_[0]], np.float32)
    context = fit_context(pages, contracts, truths)
    shared = {"platt": platt, "tail": tail_at}
    ranked = [
        drafter.Drafter(_replace(partial[fold[i]], trees=folded[fold[i]], **shared)).ranked(
            page, 20
        )
        for i, page in enumerate(pages)
    ]
    return _replace(partial[0], context=context, trees=trees, **shared), ranked


def fit(contracts: Sequence[Contract], seed: int, log: Log) -> drafter.Model:
    """The whole model from labelled contracts; about three minutes on one core for 400."""
    partial, fold, pages = first_stage(contracts, seed, log)
    model, ranked = second_stage(contracts, partial, fold, pages, seed, log)
    presence, present_at = fit_presence(contracts, ranked)
    span_at = fit_spans(contracts, ranked)
    linear = fit_linear(contracts, [list(p.units) for p in pages], seed)
    log("whole first stage and thresholds")
    return _replace(
        model, linear=linear, odds=word_odds(contracts), presence=presence,
        present_at=present_at, span_at=span_at,
    )  # fmt: skip


def save(model: drafter.Model, folder: Path, facts: Mapping[str, object]) -> None:
    """Writes model.npz (int8, float16 and float32 arrays) and model.json under `folder`."""
    arrays: dict[str, np.ndarray] = {
        "idf": model.linear.idf.astype(np.float16), "bias": model.linear.bias,
        "prior": model.prior, "platt": model.platt, "tail": model.tail,
        "presence": model.presence, "present_at": model.present_at, "span_at": model.span_at,
    }  # fmt: skip
    arrays["context.unit"], arrays["context.whole"] = model.context.unit, model.context.whole
    arrays["whole.int8"], arrays["whole.step"] = scoring.quantised(model.linear.whole)
    for block in scoring.BLOCKS:
        arrays[f"{block}.int8"], arrays[f"{block}.step"] = scoring.quantised(
            model.linear.weights[block]
        )
    for family, trees in model.trees.items():
        arrays.update(trees.arrays(family))
    np.savez_compressed(folder / "model.npz", **arrays)
    words = " ".join(sorted(model.linear.vocabulary, key=model.linear.vocabulary.__getitem__))
    text = json.dumps({**FACTS, **facts, "odds": dict(model.odds), "vocabulary": words}, indent=1)
    (folder / "model.json").write_text(text + "\n", encoding="utf-8")


def main() -> int:
    """Trains on every contract under --data and writes the model into the package."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(drafter.__file__).parent)
    given = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    began = time.monotonic()

    def log(line: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {line}", file=sys.stderr)

    contracts = load(given.data)
    model = fit(contracts, given.seed, log)
    save(model, given.out, {"contracts": len(contracts), "seed": given.seed})
    size = sum((given.out / name).stat().st_size for name in ("model.npz", "model.json"))
    log(f"model of {size / 1e6:.1f} MB from {len(contracts)} contracts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
