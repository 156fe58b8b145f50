"""The first stage of the drafter of contract abstraction, from labelled contracts.

A linear classifier per category over units of text, what the contract's words say as a whole,
and a linear second opinion from the scores of all categories.
"""

from __future__ import annotations

import collections
import math
import random
import re
from collections.abc import Sequence

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from contracts_data import Contract, jaccard, tokens
from outwork_practices.legal.contract_management import features, names, ranking, scoring
from outwork_practices.legal.contract_management.categories import KEYS
from outwork_practices.legal.contract_management.segments import Unit

MIN_DF = 3  # units that a word must occur in
NEGATIVES = 0.3  # share of the units without any category that are trained on
COST = 0.5  # of the classifiers' errors, against the size of their weights


def folds_of(contracts: Sequence[Contract], count: int, seed: int) -> np.ndarray:
    """Fold 0..count-1 of each contract (n,); contracts of one filer share a fold."""
    groups: dict[str, list[int]] = collections.defaultdict(list)
    for i, contract in enumerate(contracts):
        groups[contract.filer].append(i)
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda g: -len(groups[g]))
    fold, load_of = np.zeros(len(contracts), np.int64), [0] * count
    for group in order:
        least = min(range(count), key=lambda f: load_of[f])
        fold[groups[group]] = least
        load_of[least] += len(groups[group])
    return fold


def unit_labels(contract: Contract, found: Sequence[Unit]) -> np.ndarray:
    """(n, 41) whether a unit holds most of an expert's span, or the span most of it."""
    labels = np.zeros((len(found), len(KEYS)), bool)
    start = np.array([u.start for u in found])
    end = np.array([u.end for u in found])
    for j, key in enumerate(KEYS):
        for gold in contract.gold[key]:
            for a, b in gold.places[:3] if len(gold.text) < 60 else gold.places:
                shared = np.minimum(end, b) - np.maximum(start, a)
                enough = (shared >= 0.5 * (end - start)) | (shared >= 0.5 * (b - a)) | (shared > 60)
                labels[:, j] |= (shared > 0) & enough
    return labels


def _vocabulary(
    contracts: Sequence[Contract], split: Sequence[list[Unit]]
) -> tuple[dict[str, int], np.ndarray]:
    count: collections.Counter[str] = collections.Counter()
    seen: collections.Counter[str] = collections.Counter()
    total = 0
    for contract, found in zip(contracts, split, strict=True):
        here: set[str] = set()
        for unit in found:
            mine = set(features.words(contract.text[unit.start : unit.end]))
            count.update(mine)
            here |= mine
            total += 1
        seen.update(here)
    kept = [
        w
        for w, c in sorted(count.items(), key=lambda x: (-x[1], x[0]))
        if c >= MIN_DF and seen[w] > 1
    ]
    idf = np.array([0.0] + [math.log(total / count[w]) for w in kept], np.float32)
    return {w: i for i, w in enumerate(kept, 1)}, idf


def fit_linear(
    contracts: Sequence[Contract], split: Sequence[list[Unit]], seed: int
) -> scoring.Linear:
    """The first stage: a squared-hinge classifier per category; negatives are sampled."""
    vocabulary, idf = _vocabulary(contracts, split)
    rng = np.random.default_rng(seed)
    blocks, labels, weight, bags = [], [], [], []
    for contract, found in zip(contracts, split, strict=True):
        rows = features.encode(contract.text, found, vocabulary, idf)
        wide = sparse.hstack(
            [
                rows.own, rows.hashed,
                features.shifted(rows.own, 1) * features.WEIGHT_PREVIOUS,
                features.shifted(rows.own, -1) * features.WEIGHT_NEXT,
                rows.heading, sparse.csr_array(rows.place),
            ]
        ).tocsr()  # fmt: skip
        truth = unit_labels(contract, found)
        bags.append(scoring.bag(rows.own))
        positive = truth.any(axis=1)
        keep = positive | (rng.random(len(found)) < NEGATIVES)
        blocks.append(wide[keep])
        labels.append(truth[keep])
        weight.append(np.where(positive[keep], 1.0, 1 / NEGATIVES))
    x, y, w = sparse.csr_matrix(sparse.vstack(blocks)), np.vstack(labels), np.concatenate(weight)
    x.indices, x.indptr = x.indices.astype(np.int32), x.indptr.astype(np.int32)
    coef = np.zeros((x.shape[1], len(KEYS)), np.float32)
    bias = np.full(len(KEYS), -1.0, np.float32)
    for j in range(len(KEYS)):
        if y[:, j].any():
            model = LinearSVC(dual=True, C=COST, tol=0.1, max_iter=15, random_state=seed)
            model.fit(x, y[:, j], sample_weight=w)
            coef[:, j], bias[j] = model.coef_[0], model.intercept_[0]
    v, h = len(idf), features.HASHED
    edges = np.cumsum([0, v, h, v, v, v, features.PLACES])
    weights = {b: coef[edges[i] : edges[i + 1]] for i, b in enumerate(scoring.BLOCKS)}
    whole = _whole(np.array(bags), contracts, seed)
    return scoring.Linear(vocabulary, idf, weights, bias, whole)


def _whole(bags: np.ndarray, contracts: Sequence[Contract], seed: int) -> np.ndarray:
    """(v + 1, 41) weights of presence from the contract's words alone."""
    table = np.zeros((bags.shape[1] + 1, len(KEYS)), np.float32)
    for j, key in enumerate(KEYS):
        y = np.array([bool(c.gold[key]) for c in contracts])
        if 0 < y.sum() < len(y):
            model = LogisticRegression(C=10.0, solver="liblinear", random_state=seed).fit(bags, y)
            table[:-1, j], table[-1, j] = model.coef_[0], model.intercept_[0]
        else:
            table[-1, j] = 4.0 if y.all() else -4.0
    return table


def fit_context(
    pages: Sequence[ranking.Page], contracts: Sequence[Contract], truths: Sequence[np.ndarray]
) -> ranking.Context:
    """The second opinion, from out-of-fold scores; `truths` are the units' labels (n, 41)."""
    q = len(KEYS)
    inputs = [ranking.context_inputs(page) for page in pages]
    wholes = np.array([whole for _, whole in inputs])
    context = ranking.Context(*(np.zeros((2 * q + 1, q), np.float32) for _ in range(2)))
    for j in range(q):
        rows, right = [], []
        for (unit, _), page, truth in zip(inputs, pages, truths, strict=True):
            top = np.argsort(-page.scores[:, j], kind="stable")[: ranking.TOP]
            rows.append(unit[top])
            right.append(truth[top, j])
        _logistic(np.vstack(rows), np.concatenate(right), context.unit[:, j])
        _logistic(wholes, np.array([bool(c.gold[KEYS[j]]) for c in contracts]), context.whole[:, j])
    return context


def _logistic(x: np.ndarray, y: np.ndarray, into: np.ndarray) -> None:
    """Logistic weights of x (n, f), whose last column is 1, written to `into` (f,)."""
    if 0 < y.sum() < len(y):
        model = LogisticRegression(C=0.03, max_iter=300).fit(x[:, :-1], y)
        into[:-1], into[-1] = model.coef_[0], model.intercept_[0]


def word_odds(contracts: Sequence[Contract]) -> dict[str, float]:
    """Smoothed log-odds of being an expert's party or title, for whole strings and for words."""
    good: collections.Counter[str] = collections.Counter()
    bad: collections.Counter[str] = collections.Counter()
    for contract in contracts:
        golds = [g.tokens for k in KEYS[:2] for g in contract.gold[k]]
        texts = {
            " ".join(contract.text[s.start : s.end].split()).lower()
            for s in names.party_spans(contract.text, [])
        }
        for text in texts:
            side = good if any(jaccard(tokens(text), g) >= 0.5 for g in golds) else bad
            side.update({"=" + text.rstrip(".,"), *re.findall(r"[a-z]+", text)})
    every = [k for k in good.keys() | bad.keys() if good[k] + bad[k] >= 4]
    base = math.log((sum(good.values()) + 1) / (sum(bad.values()) + 1))
    return {k: round(math.log((good[k] + 0.5) / (bad[k] + 0.5)) - base, 2) for k in sorted(every)}


def category_facts(contracts: Sequence[Contract]) -> np.ndarray:
    """(41, 3): share of contracts with the category, spans a contract, log median words."""
    facts = np.zeros((len(KEYS), 3), np.float32)
    for j, key in enumerate(KEYS):
        golds = [c.gold[key] for c in contracts]
        sizes = [len(g.text.split()) for some in golds for g in some] or [30]
        having = sum(bool(g) for g in golds)
        facts[j] = (
            having / len(contracts),
            sum(map(len, golds)) / max(1, having),
            np.log1p(np.median(sizes)),
        )
    return facts
