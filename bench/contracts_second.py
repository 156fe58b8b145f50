"""The second stage of the drafter: ranking trees, calibration, presence and thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from contracts_data import Contract, jaccard, tokens
from outwork_practices.legal.contract_management import drafter, ranking
from outwork_practices.legal.contract_management.categories import KEYS
from outwork_practices.legal.contract_management.trees import Trees

SHRINK = 30.0  # contracts' worth of pull towards the pooled figures
# Rounds, leaves and least candidates in a leaf, by family.
SIZES = {
    "clause": (150, 12, 40), "party": (140, 16, 20), "title": (70, 10, 15), "date": (90, 12, 20),
}  # fmt: skip


def matches(contract: Contract, key: str, start: int, end: int) -> bool:
    """Whether text[start:end] would count as right by the official metric."""
    mine = tokens(contract.text[start:end])
    return any(jaccard(mine, g.tokens) >= 0.5 for g in contract.gold[key])


class Rows:
    """Out-of-fold candidates of one family: features, category, contract, whether right."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.category: list[np.ndarray] = []
        self.contract: list[np.ndarray] = []
        self.right: list[np.ndarray] = []

    def add(self, pool: ranking.Pool, contract: Contract, index: int) -> None:
        """The pool's candidates with their truth."""
        truth = [
            matches(contract, KEYS[c], a, b)
            for c, a, b in zip(pool.category, pool.start, pool.end, strict=True)
        ]
        self.rows.append(pool.rows)
        self.category.append(pool.category)
        self.contract.append(np.full(len(truth), index))
        self.right.append(np.array(truth, bool))

    def joined(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Features (n, f), category (n,), contract (n,), right (n,)."""
        return tuple(
            np.concatenate(x) for x in (self.rows, self.category, self.contract, self.right)
        )


def grow(rows: np.ndarray, right: np.ndarray, family: str, seed: int) -> Trees:
    """Boosted trees on candidates' features, as arrays."""
    rounds, leaves, smallest = SIZES[family]
    model = HistGradientBoostingClassifier(
        max_iter=rounds, max_leaf_nodes=leaves, min_samples_leaf=smallest, learning_rate=0.07,
        l2_regularization=3.0, max_depth=7, max_features=0.5, early_stopping=False,
        random_state=seed,
    )  # fmt: skip
    model.fit(rows, right)
    grown = [stage[0].nodes for stage in model._predictors]  # noqa: SLF001
    t, m = len(grown), max(map(len, grown))
    feature, left, right_ = (np.zeros((t, m), np.int16) for _ in range(3))
    threshold, value = (np.zeros((t, m), np.float32) for _ in range(2))
    for i, nodes in enumerate(grown):
        k, leaf = len(nodes), nodes["is_leaf"].astype(bool)
        own = np.arange(k)
        feature[i, :k] = np.where(leaf, 0, nodes["feature_idx"])
        threshold[i, :k] = np.where(leaf, 0, nodes["num_threshold"])
        left[i, :k] = np.where(leaf, own, nodes["left"])
        right_[i, :k] = np.where(leaf, own, nodes["right"])
        value[i, :k] = np.where(leaf, nodes["value"], 0)
    depth = max(int(nodes["depth"].max()) for nodes in grown)
    start = float(model._baseline_prediction[0, 0])  # noqa: SLF001
    return Trees(feature, threshold, left, right_, value, start, depth)


def fit_platt(logit: np.ndarray, right: np.ndarray, category: np.ndarray) -> np.ndarray:
    """(41, 2) slope and intercept per category, pulled towards the pooled ones."""
    table = np.tile(np.array([1.0, 0.0]), (len(KEYS), 1))
    for j in np.unique(category):
        mine = category == j
        x, y = logit[mine], right[mine].astype(float)
        a, b = 1.0, 0.0
        for _ in range(30):  # Newton steps on the log-likelihood with a quadratic pull to (1, 0)
            p = 1 / (1 + np.exp(-np.clip(a * x + b, -30, 30)))
            w = p * (1 - p)
            pull = SHRINK / 10
            grad = np.array([((y - p) * x).sum() - pull * (a - 1), (y - p).sum() - pull * b])
            hess = np.array(
                [[(w * x * x).sum() + pull, (w * x).sum()], [(w * x).sum(), w.sum() + pull]]
            )
            step = np.linalg.solve(hess, grad)
            a, b = a + step[0], b + step[1]
            if np.abs(step).max() < 1e-6:
                break
        table[j] = max(a, 0.2), b
    return np.asarray(table, np.float32)


def fit_presence(
    contracts: Sequence[Contract], ranked: Sequence[dict[str, list[drafter.Candidate]]]
) -> tuple[np.ndarray, np.ndarray]:
    """(41, 4) weights of presence and (41,) thresholds, from out-of-fold candidates."""
    q = len(KEYS)
    x = np.array(
        [[drafter.presence_features([c.confidence for c in r[k]]) for k in KEYS] for r in ranked]
    )
    y = np.array([[bool(c.gold[k]) for k in KEYS] for c in contracts])
    flat, own = x.reshape(-1, 3), np.tile(np.eye(q), (len(contracts), 1))
    model = LogisticRegression(C=1.0, max_iter=2000).fit(np.hstack([flat, own]), y.ravel())
    weights = np.zeros((q, 4), np.float32)
    weights[:, :3] = model.coef_[0, :3]
    weights[:, 3] = model.intercept_[0] + model.coef_[0, 3:]
    p = 1 / (1 + np.exp(-((x * weights[:, :3]).sum(axis=2) + weights[:, 3])))
    grid = np.arange(0.1, 0.76, 0.02)
    hit = np.array([[(y & (p >= t))[:, j].sum() for t in grid] for j in range(q)], float)
    said = np.array([[(p >= t)[:, j].sum() for t in grid] for j in range(q)], float)
    f1 = 2 * hit / np.maximum(1, said + y.sum(axis=0)[:, None])
    weight = y.sum(axis=0)[:, None] / (y.sum(axis=0)[:, None] + SHRINK)
    blended = weight * f1 + (1 - weight) * f1.mean(axis=0)[None, :]
    return weights, np.asarray(grid[blended.argmax(axis=1)], np.float32)


def fit_spans(
    contracts: Sequence[Contract], ranked: Sequence[dict[str, list[drafter.Candidate]]]
) -> np.ndarray:
    """(41,) confidence from which a further span joins, best for the spans' F1, smoothed."""
    grid = np.arange(0.1, 0.81, 0.05)
    f1 = np.zeros((len(KEYS), len(grid)))
    golds = np.zeros(len(KEYS))
    for j, key in enumerate(KEYS):
        right = np.zeros(len(grid))
        said = np.zeros(len(grid))
        for contract, mine in zip(contracts, ranked, strict=True):
            golds[j] += len(contract.gold[key])
            for c in mine[key][:12]:
                over = c.confidence >= grid
                said += over
                right += over * matches(contract, key, c.start, c.end)
        f1[j] = 2 * right / np.maximum(1, said + golds[j])
    weight = (golds / (golds + 2 * SHRINK))[:, None]
    return np.asarray(
        grid[(weight * f1 + (1 - weight) * f1.mean(axis=0)).argmax(axis=1)], np.float32
    )
