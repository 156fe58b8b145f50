"""Consensus where answers are not classes: numbers, and any kind that has a comparator.

Sources: Q. Li et al., "A Confidence-Aware Approach for Truth Discovery on Long-Tail Data" (CATD),
PVLDB 8 (2014) 425-436, for weighing people by the scatter of their numbers; J. Li,
"Crowdsourced Text Sequence Aggregation" (2020), for taking the answer nearest to all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods.arguments import counts, share
from outwork.methods.comparators import similarity
from outwork.methods.judgments import summed

__all__ = ["Medoid", "Numbers", "medoid", "numbers"]

Floats = NDArray[np.float64]
_ROUNDS, _TOLERANCE = 100, 1e-9
_OWN = 10.0  # numbers after which a worker's own scatter weighs as much as everybody's


@dataclass(frozen=True)
class Numbers:
    """Per item the value with its interval (nan without judgments), per worker bias and scatter."""

    value: Floats
    low: Floats
    high: Floats
    bias: Floats
    scatter: Floats


@dataclass(frozen=True, slots=True)
class Medoid:
    """Index of the answer nearest to all others, and its weighted mean similarity to them."""

    index: int
    support: float


def numbers(
    items: ArrayLike, workers: ArrayLike, values: ArrayLike, confidence: float = 0.95
) -> Numbers:
    """Weigh numbers by how closely their authors usually agree with the rest.

    Workers differ in bias and scatter, both drawn to everybody's while they have few numbers;
    intervals take both as known and see no error that everybody shares, so they are narrow where
    workers did little or were all misled alike.

    Args:
        items, workers: ids from 0; values: finite numbers; equal length.

    Raises:
        ValueError: arrays that do not fit, or confidence out of range.
    """
    item, worker = counts("items", items), counts("workers", workers)
    x = np.asarray(values, dtype=np.float64)
    if item.ndim != 1 or not item.shape == worker.shape == x.shape or not len(x):
        raise ValueError("values: must be one-dimensional, as long as items and workers, not empty")
    if not np.all(np.isfinite(x)):
        raise ValueError("values: must be finite; leave out what is missing")
    z = NormalDist().inv_cdf((1 + float(share("confidence", confidence))) / 2)
    n_items, n_workers = int(item.max()) + 1, int(worker.max()) + 1
    did = summed(worker, np.ones(len(x)), n_workers)
    often = summed(item, np.ones(len(x)), n_items)
    bias, variance = np.zeros(n_workers), np.ones(n_workers)
    value: Floats = np.full(n_items, np.nan)
    for _ in range(_ROUNDS):
        weight = 1 / variance[worker]
        total = summed(item, weight, n_items)
        fresh = np.full(n_items, np.nan)
        np.divide(summed(item, weight * (x - bias[worker]), n_items), total, fresh, where=often > 0)
        moved = np.nanmax(np.abs(fresh - value)) if np.isfinite(value).any() else np.inf
        value = fresh
        off = x - value[item]
        bias = summed(worker, off, n_workers) / (did + _OWN)
        bias -= np.average(bias, weights=did)
        # a value that leans on the judgment itself lies too near it: leave out its own weight
        lean = np.minimum(weight / total[item], 0.9)
        square = np.square(off - bias[worker]) / (1 - lean)
        least = 1e-12 * (float(np.square(x).mean()) + 1)
        each = np.maximum(summed(worker, square, n_workers)[did > 0] / did[did > 0], least)
        pooled = float(np.exp(np.average(np.log(each), weights=did[did > 0])))
        variance = (summed(worker, square, n_workers) + _OWN * pooled) / (did + _OWN)
        if moved <= _TOLERANCE * (1 + float(np.abs(x).max())):
            break
    half = np.full(n_items, np.nan)
    total = summed(item, 1 / variance[worker], n_items)
    np.divide(z, np.sqrt(total), half, where=often > 0)
    return Numbers(value, value - half, value + half, bias, np.sqrt(variance))


def medoid(
    kind: str, values: Sequence[Any], weights: ArrayLike | None = None, **settings: Any
) -> Medoid:
    """Of several answers of one kind, the one most like the others; the first of equals.

    Args:
        kind, settings: of `outwork.methods.comparators.similarity`.
        values: the answers, at least one; None means "not present".
        weights: how much each author counts, above 0; by default equally.

    Raises:
        ValueError: no answer, weights that do not fit, or a value that is not of the kind.

    >>> medoid("text", ["New York", "new york", "Delaware"])
    Medoid(index=0, support=0.5)
    """
    n = len(values)
    weight = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if not n:
        raise ValueError("values: there is not one answer")
    if weight.shape != (n,) or not np.all(weight > 0):
        raise ValueError("weights: must be as many positive numbers as values")
    alike = np.zeros((n, n))
    for i in range(n):
        similarity(kind, values[i], values[i], **settings)
        for j in range(i):
            alike[i, j] = alike[j, i] = similarity(kind, values[i], values[j], **settings)
    if n == 1:
        return Medoid(0, 1.0)
    others = weight.sum() - weight
    # an author's own weight counts for the answer, or the only expert would be outvoted by noise
    index = int((alike @ weight + weight).argmax())
    return Medoid(index, float(alike[index] @ weight / others[index]))
