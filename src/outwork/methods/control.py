"""Charts that tell a change of quality from its ordinary ups and downs, with their run lengths.

A run length is the number of points until the chart signals: long while nothing has changed, short
after a change. Sources: D. C. Montgomery, "Introduction to Statistical Quality Control", 7th ed.
(2012), chapters 7 and 9; D. Brook and D. A. Evans, Biometrika 59 (1972) 539-549, and S. V. Crowder,
Technometrics 29 (1987) 401-407, for run lengths of CUSUM and EWMA; M. R. Reynolds and Z. G.
Stoumbos, Journal of Quality Technology 31 (1999) 87-108, for the Bernoulli CUSUM.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods.arguments import counts, flags, share

__all__ = [
    "BernoulliCusum",
    "Chart",
    "bernoulli_cusum",
    "cusum",
    "cusum_run_length",
    "ewma",
    "ewma_run_length",
    "p_chart",
    "u_chart",
]

Floats = NDArray[np.float64]
_NODES = 80
_LARGEST_LIMIT = 10_000


@dataclass(frozen=True)
class Chart:
    """Points with their centre and limits, each as long as the points; signals are outside."""

    points: Floats
    centre: float
    lower: Floats
    upper: Floats
    signals: NDArray[np.bool_]


def p_chart(
    defectives: ArrayLike, sizes: ArrayLike, *, centre: float | None = None, sigmas: float = 3.0
) -> Chart:
    """Share defective per sample, with limits that follow the size of each sample.

    Args:
        defectives, sizes: per sample, equal length; every size at least 1.
        centre: share defective in control; by default that of all samples together.
        sigmas: width of the limits.

    Raises:
        ValueError: counts that do not fit, or a centre not between 0 and 1.
    """
    found, looked = _samples("defectives", defectives, sizes)
    if np.any(found > looked):
        raise ValueError("defectives: cannot exceed the size of the sample")
    middle = found.sum() / looked.sum() if centre is None else float(share("centre", centre))
    half = _width(sigmas) * np.sqrt(middle * (1 - middle) / looked)
    return _chart(found / looked, float(middle), half, 1.0)


def u_chart(
    defects: ArrayLike, sizes: ArrayLike, *, centre: float | None = None, sigmas: float = 3.0
) -> Chart:
    """Defects per unit of inspection, for samples of ``sizes`` units. Arguments as for `p_chart`;
    the centre is a rate of defects per unit, above 0."""
    found, looked = _samples("defects", defects, sizes)
    if centre is not None and not centre > 0:
        raise ValueError(f"centre: must be above 0, not {centre!r}")
    middle = found.sum() / looked.sum() if centre is None else float(centre)
    return _chart(found / looked, float(middle), _width(sigmas) * np.sqrt(middle / looked), np.inf)


def ewma(
    values: ArrayLike, target: float, sigma: float, *, weight: float = 0.1, width: float = 2.814
) -> Chart:
    """Exponentially weighted moving average; the usual setting signals falsely every 500 points.

    Args:
        values: one-dimensional, at least one.
        target, sigma: mean and standard deviation of one value in control.
        weight: of the newest value, in (0, 1].
        width: of the limits, in standard deviations of the average.

    Raises:
        ValueError: an argument out of range or values that are not finite.
    """
    given, lam = _values(values, sigma), float(share("weight", weight, one=True))
    smooth = np.empty_like(given)
    last = target
    for i, value in enumerate(given):
        last = smooth[i] = lam * value + (1 - lam) * last
    age = np.arange(1, len(given) + 1)
    spread = sigma * np.sqrt(lam / (2 - lam) * (1 - (1 - lam) ** (2 * age)))
    half = _width(width) * spread
    lower, upper = target - half, target + half
    return Chart(smooth, target, lower, upper, (smooth < lower) | (smooth > upper))


def cusum(
    values: ArrayLike, target: float, sigma: float, *, slack: float = 0.5, limit: float = 5.0
) -> tuple[Chart, Chart]:
    """Two cumulative sums of standardised values, for a rise and for a fall of the mean.

    Args as for `ewma`; ``slack`` is half the shift to be found quickly, ``limit`` the sum that
    signals, both in standard deviations. Errors as there.
    """
    given = (_values(values, sigma) - target) / sigma
    if slack < 0 or limit <= 0:
        raise ValueError("slack: must not be negative, and limit must be above 0")
    charts = []
    for side in (given, -given):
        sums = np.empty_like(side)
        last = 0.0
        for i, value in enumerate(side):
            last = sums[i] = max(0.0, last + value - slack)
        upper = np.full_like(sums, limit)
        charts.append(Chart(sums, 0.0, np.zeros_like(sums), upper, sums > limit))
    return charts[0], charts[1]


def ewma_run_length(weight: float, width: float, shift: float = 0.0) -> float:
    """Mean number of normal values until a signal, with the mean off by ``shift`` sigmas.

    Limits as they become after the start. Crowder's integral equation by Gauss-Legendre.

    >>> round(ewma_run_length(0.1, 2.814))
    500
    """
    lam = float(share("weight", weight, one=True))
    half = _width(width) * math.sqrt(lam / (2 - lam))
    nodes, masses = np.polynomial.legendre.leggauss(_NODES)
    nodes, masses = nodes * half, masses * half
    kernel = _normal((nodes[None, :] - (1 - lam) * nodes[:, None]) / lam - shift) * masses / lam
    lengths = np.linalg.solve(np.eye(_NODES) - kernel, np.ones(_NODES))
    return float(1 + (_normal(nodes / lam - shift) * masses / lam) @ lengths)


def cusum_run_length(slack: float, limit: float, shift: float = 0.0) -> float:
    """Mean number of normal values until either sum signals, with the mean off by ``shift``.

    >>> round(cusum_run_length(0.5, 5.0))
    465
    """
    if slack < 0 or limit <= 0:
        raise ValueError("slack: must not be negative, and limit must be above 0")
    up, down = (_one_sided(slack - s, limit) for s in (shift, -shift))
    return 1 / (1 / up + 1 / down)


@dataclass(frozen=True, slots=True)
class BernoulliCusum:
    """A sum that grows by ``up`` at each defect and shrinks by 1 otherwise, never below 0.

    It signals at ``limit``. false_after and found_after: mean number of answers until a signal at
    the good and at the bad rate of defects.
    """

    up: int
    limit: int
    false_after: float
    found_after: float

    def watch(self, defects: ArrayLike) -> NDArray[np.int64]:
        """The sum after each answer (true or 1: a defect); it starts anew after a signal."""
        given = flags("defects", defects)
        sums = np.empty(len(given), dtype=np.int64)
        last = 0
        for i, defect in enumerate(given):
            last = 0 if last >= self.limit else last
            last = sums[i] = max(0, last + (self.up if defect else -1))
        return sums


def bernoulli_cusum(good: float, bad: float, false_after: float) -> BernoulliCusum:
    """The chart for a stream of single answers: smallest limit with rare enough false alarms.

    Args:
        good, bad: rates of defects in control and to be found quickly, 0 < good < bad < 1.
        false_after: wanted mean number of answers between false alarms.

    Raises:
        ValueError: rates out of order or false_after below 1.
    """
    low, high = float(share("good", good)), float(share("bad", bad))
    if low >= high:
        raise ValueError(f"good: {good} must be below bad {bad}")
    if not false_after >= 1:
        raise ValueError(f"false_after: must be at least 1, not {false_after!r}")
    r1, r2 = -math.log((1 - high) / (1 - low)), math.log(high * (1 - low) / (low * (1 - high)))
    up = max(1, round(r2 / r1) - 1)
    lower, upper = 0, up
    while _lattice_run_length(up, upper, low) < false_after:
        lower, upper = upper, 2 * upper
        if upper > _LARGEST_LIMIT:
            raise ValueError(
                f"false_after: {false_after!r} needs too large a limit; part the rates"
            )
    while upper - lower > 1:
        middle = (lower + upper) // 2
        if _lattice_run_length(up, middle, low) < false_after:
            lower = middle
        else:
            upper = middle
    ordinary, drifted = (_lattice_run_length(up, upper, p) for p in (low, high))
    return BernoulliCusum(up, upper, ordinary, drifted)


def _lattice_run_length(up: int, limit: int, rate: float) -> float:
    """Exactly, by the Markov chain of the sums 0 .. limit - 1."""
    from scipy.linalg import solve_banded

    size = limit
    bands = np.zeros((2 + up, size))  # solve_banded: row up + i - j holds element i, j
    bands[up] = 1.0
    bands[up, 0] -= 1 - rate  # from 0 a right answer stays at 0
    bands[up + 1, :-1] = -(1 - rate)
    if up < size:
        bands[0, up:] = -rate
    return float(solve_banded((1, up), bands, np.ones(size))[0])


def _one_sided(slack: float, limit: float) -> float:
    """Brook and Evans' integral equation with its atom at 0."""
    nodes, masses = np.polynomial.legendre.leggauss(_NODES)
    nodes, masses = (nodes + 1) * limit / 2, masses * limit / 2
    start = np.concatenate([[0.0], nodes])
    kernel = _normal(nodes[None, :] + slack - start[:, None]) * masses
    at_zero = np.array([0.5 * math.erfc((s - slack) / math.sqrt(2)) for s in start])
    matrix = np.column_stack([at_zero, kernel])
    return float(np.linalg.solve(np.eye(_NODES + 1) - matrix, np.ones(_NODES + 1))[0])


def _normal(x: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi), dtype=np.float64)


def _chart(points: Floats, centre: float, half: Floats, most: float) -> Chart:
    lower, upper = np.maximum(0.0, centre - half), np.minimum(most, centre + half)
    return Chart(points, centre, lower, upper, (points < lower) | (points > upper))


def _samples(name: str, found: ArrayLike, sizes: ArrayLike) -> tuple[Floats, Floats]:
    seen, looked = counts(name, found), counts("sizes", sizes)
    if seen.ndim != 1 or seen.shape != looked.shape or not len(seen):
        raise ValueError(f"sizes: must be as long as {name}, one-dimensional and not empty")
    if np.any(looked < 1):
        raise ValueError("sizes: must be at least 1")
    return seen.astype(np.float64), looked.astype(np.float64)


def _values(values: ArrayLike, sigma: float) -> Floats:
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 1 or not len(given) or not np.all(np.isfinite(given)):
        raise ValueError("values: must be one-dimensional, finite and not empty")
    if not sigma > 0:
        raise ValueError(f"sigma: must be above 0, not {sigma!r}")
    return given


def _width(sigmas: float) -> float:
    if not (sigmas > 0 and math.isfinite(sigmas)):
        raise ValueError(f"width: must be above 0, not {sigmas!r}")
    return float(sigmas)
