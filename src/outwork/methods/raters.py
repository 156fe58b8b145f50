"""How severe each rater is, with who rated what set aside.

An additive model of items and raters, fitted by least squares: not everybody needs to have rated
everything, as long as the ratings hang together. Sources: F. Yates, Annals of Eugenics 10 (1940)
317-325 (incomplete blocks: comparisons within items); P. E. Shrout and J. L. Fleiss, Psychological
Bulletin 86 (1979) 420-428 (the two-way analysis of variance of ratings).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods.arguments import counts, share

__all__ = ["Severity", "severity"]

Floats = NDArray[np.float64]
_MOST_RATERS = 2_000  # the work grows with their cube


@dataclass(frozen=True, slots=True)
class Severity:
    """By rater, in the unit of the scores: how far below the mean rater one scores the same items.

    severity: positive is severe, negative lenient; they add up to 0. low and high: the interval of
    each. residual: the standard deviation that neither items nor raters explain. ratio and chance:
    F of the raters' mean square over the residual's, and the probability of a larger one if all
    raters were alike.
    """

    severity: Floats
    low: Floats
    high: Floats
    residual: float
    ratio: float
    chance: float


def severity(
    items: ArrayLike, raters: ArrayLike, scores: ArrayLike, *, confidence: float = 0.95
) -> Severity:
    """Estimate the severity of every rater.

    Args:
        items, raters: ids from 0 of what was rated and by whom, one entry a rating.
        scores: the ratings, numbers of equal length. confidence: of the intervals, by Student's t.

    Raises:
        ValueError: arrays that do not fit, fewer than two raters, a rater without a rating, ratings
            that do not hang together (two groups of raters without an item in common, by any
            chain), or so few that nothing is left to judge the residual by.

    >>> severity([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1], [3, 1, 4, 3, 5, 3]).severity.round(2)
    array([-0.83,  0.83])
    """
    level = float(share("confidence", confidence))
    of, by, y = _long_form(items, raters, scores)
    people = int(by.max()) + 1
    _, of = np.unique(of, return_inverse=True)
    within, told = _within(of, by, y, people)
    values, vectors = np.linalg.eigh(within)
    if values[1] < 1e-9 * max(1.0, values[-1]):
        raise ValueError("items: raters are in groups that share no item, and cannot be compared")
    inverse = (vectors[:, 1:] / values[1:]) @ vectors[:, 1:].T
    effect = inverse @ told
    free = len(y) - int(of.max()) - people
    if free < 1:
        raise ValueError("scores: too few, for items and raters explain all of them")
    left = y - effect[by]
    left -= (np.bincount(of, left) / np.bincount(of))[of]
    residual = float(left @ left) / free
    half = _t(level, free) * np.sqrt(residual * np.diag(inverse))
    between = float(effect @ told) / (people - 1)
    ratio = between / residual if residual > 0 else (np.inf if between > 0 else 0.0)
    return Severity(
        severity=-effect,
        low=-effect - half,
        high=-effect + half,
        residual=float(np.sqrt(residual)),
        ratio=float(ratio),
        chance=_above(float(ratio), people - 1, free),
    )


def _long_form(
    items: ArrayLike, raters: ArrayLike, scores: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    of, by = counts("items", items), counts("raters", raters)
    y = np.asarray(scores, dtype=np.float64)
    if of.ndim != 1 or not of.shape == by.shape == y.shape:
        raise ValueError("scores: must be one-dimensional and as many as items and raters")
    if not np.all(np.isfinite(y)):
        raise ValueError("scores: must be finite numbers")
    people = int(by.max()) + 1 if len(by) else 0
    if not 2 <= people <= _MOST_RATERS or len(np.unique(by)) < people:
        raise ValueError(f"raters: must be 2 to {_MOST_RATERS}, each with a rating")
    return of, by, y


def _within(
    of: NDArray[np.int64], by: NDArray[np.int64], y: Floats, people: int
) -> tuple[Floats, Floats]:
    """The normal equations of the raters, items eliminated."""
    from scipy.sparse import csr_array

    shape = (int(of.max()) + 1, people)
    often = csr_array((np.ones(len(y)), (of, by)), shape=shape)
    size = np.bincount(of).astype(np.float64)
    mean = np.bincount(of, y) / size
    scaled = csr_array((1 / size[of], (of, by)), shape=shape)
    within = np.diag(np.bincount(by, minlength=people).astype(np.float64))
    within -= np.asarray((often.T @ scaled).todense())
    told = np.bincount(by, y - mean[of], minlength=people).astype(np.float64)
    return within, told


def _t(confidence: float, free: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(free, (1 + confidence) / 2))


def _above(ratio: float, above: int, below: int) -> float:
    from scipy.special import fdtrc

    return 0.0 if np.isinf(ratio) else float(fdtrc(above, below, ratio))
