"""Defects counted against units and opportunities, and lots that are inspected by risk.

A *defect* is one failed requirement; a *defective* is a unit with at least one. Sources: F.
Garwood, Biometrika 28 (1936) 437-442, for the exact interval of a rate; J. Neyman, JRSS 97 (1934)
558-625, for allocating a sample to strata; C. E. Bonferroni (1936) for adding bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods.arguments import counts, share, whole
from outwork.methods.intervals import binomial_lower, binomial_upper, defectives_upper

__all__ = [
    "DefectRate",
    "RateRatio",
    "allocate",
    "defect_rate",
    "rate_ratio",
    "stratified_upper",
]


@dataclass(frozen=True, slots=True)
class DefectRate:
    """Defects per unit and per million opportunities (DPMO), with the interval of the latter."""

    per_unit: float
    dpmo: float
    dpmo_low: float
    dpmo_high: float


def defect_rate(
    defects: int, units: int, opportunities: int, confidence: float = 0.95
) -> DefectRate:
    """The rate of defects that occur independently.

    Args:
        defects: found. units: inspected. opportunities: requirements that each unit could fail.
        confidence: of the two-sided exact Poisson interval, which may exceed a million.

    Raises:
        ValueError: counts that are not whole, units or opportunities below 1, more defects than
            opportunities in all, or confidence out of range.

    >>> defect_rate(3, 512, 41).dpmo.__round__(1)
    142.9
    """
    chances = whole("units", units, 1) * whole("opportunities", opportunities, 1)
    whole("defects", defects, 0, chances)
    tail = (1 - float(share("confidence", confidence))) / 2
    from scipy.special import gammaincinv

    low = float(gammaincinv(defects, tail)) if defects else 0.0
    high = float(gammaincinv(defects + 1, 1 - tail))
    million = 1e6 / chances
    return DefectRate(defects / units, defects * million, low * million, high * million)


@dataclass(frozen=True, slots=True)
class RateRatio:
    """How many times as often defects occur after as before, with its bounds."""

    value: float
    low: float
    high: float


def rate_ratio(
    before: int, before_units: int, after: int, after_units: int, confidence: float = 0.95
) -> RateRatio:
    """Whether defects became rarer: the ratio of two rates, exactly.

    Given the sum of the counts, the later one is binomial (J. Przyborowski and H. Wilenski,
    Biometrika 31 (1940) 313-323); each bound is one-sided at the stated confidence, so that a
    ratio is shown to be below 1 if `high` is.

    Raises:
        ValueError: counts that are not whole, units below 1, or confidence out of range.

    >>> rate_ratio(20, 200, 4, 200).high < 1, rate_ratio(2, 20, 0, 20).high < 1
    (True, False)
    """
    x, y = whole("before", before, 0), whole("after", after, 0)
    ratio_of_units = whole("before_units", before_units, 1) / whole("after_units", after_units, 1)
    level = float(share("confidence", confidence))
    if x + y == 0:
        return RateRatio(1.0, 0.0, float("inf"))
    low, high = binomial_lower(y, x + y, level), binomial_upper(y, x + y, level)
    value, least, most = (
        p / (1 - p) * ratio_of_units if p < 1 else float("inf") for p in (y / (x + y), low, high)
    )
    return RateRatio(value, least, most)


def allocate(sizes: ArrayLike, expected: ArrayLike, n: int) -> NDArray[np.int64]:
    """Split a sample over strata so that the estimate of the whole lot varies least.

    Args:
        sizes: items per stratum, each at least 1.
        expected: share defective expected in each, strictly between 0 and 1.
        n: items to inspect, at least one a stratum and at most all.

    Returns:
        Sample sizes that sum to n; each from 1 to the size of its stratum.

    Raises:
        ValueError: arrays that do not fit, or n out of range.

    >>> allocate([5000, 1400], [0.005, 0.05], 512).tolist()
    [275, 237]
    """
    lots, rates = counts("sizes", sizes), np.asarray(expected, dtype=np.float64)
    if lots.ndim != 1 or lots.shape != rates.shape or not len(lots) or np.any(lots < 1):
        raise ValueError("sizes: must be at least 1 each, and as many as expected")
    if not np.all((rates > 0) & (rates < 1)):
        raise ValueError("expected: must be shares between 0 and 1")
    whole("n", n, len(lots), int(lots.sum()))
    weight = lots * np.sqrt(rates * (1 - rates))
    taken = np.ones(len(lots), dtype=np.int64)
    # one item at a time goes where it lowers the variance most: exact for whole numbers
    for _ in range(n - len(lots)):
        gain = np.where(taken < lots, weight**2 / (taken * (taken + 1)), -1.0)
        taken[int(gain.argmax())] += 1
    return taken


def stratified_upper(
    lots: Sequence[int], samples: Sequence[int], found: Sequence[int], confidence: float = 0.95
) -> int:
    """The most defectives that a lot of several strata can be said to hold.

    Each stratum is bounded with its part of the risk and the bounds are added, so the statement
    holds at least as often as stated; with few strata it gives away little.

    Raises:
        ValueError: lists of different lengths, or as for `defectives_upper`.
    """
    if not len(lots) == len(samples) == len(found) or not len(lots):
        raise ValueError("lots: must be as long as samples and found, and not empty")
    part = 1 - (1 - float(share("confidence", confidence))) / len(lots)
    return sum(
        defectives_upper(lot, n, x, part) for lot, n, x in zip(lots, samples, found, strict=True)
    )
