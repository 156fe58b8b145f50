"""How far people agree beyond chance, with missing data and an interval.

Judgments come in long form: the unit judged, and the value given; nobody needs to have judged
everything. Sources: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011); J. Cohen,
Educational and Psychological Measurement 20 (1960) 37-46 and Psychological Bulletin 70 (1968)
213-220; J. L. Fleiss, Psychological Bulletin 76 (1971) 378-382; K. L. Gwet, "Handbook of
Inter-Rater Reliability", 4th ed. (2014), also for missing ratings. Intervals resample units: A.
Zapf et al., BMC Medical Research Methodology 16:93 (2016).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods.arguments import counts, share, whole
from outwork.methods.judgments import LARGEST

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["METRICS", "WEIGHTS", "Agreement", "alpha", "cohen", "fleiss", "gwet"]

Floats = NDArray[np.float64]
METRICS = ("nominal", "ordinal", "interval", "ratio", "circular", "bipolar")
WEIGHTS = ("nominal", "linear", "quadratic")
_FEWEST_COMPILED, _MOST_COMPILED = 50_000, 64  # values; different values
_CODE_BITS = 18  # of the code of a unit's counts, 2 to 4 a value
_LANES = 8  # different values that are counted in the bytes of one word
_MOST_VALUES = 5000  # of a metric that needs every pair of values


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient: 1 is perfect agreement, 0 what chance gives.

    observed and expected are agreements, so that value = (observed - expected) / (1 - expected);
    for alpha they are 1 - disagreement. units: how many had at least two values. low and high: the
    interval, None when no resamples were asked for.
    """

    value: float
    observed: float
    expected: float
    units: int
    low: float | None = None
    high: float | None = None


def alpha(
    units: ArrayLike,
    values: ArrayLike,
    metric: str = "nominal",
    *,
    resamples: int = 0,
    confidence: float = 0.95,
    seed: int = 0,
) -> Agreement:
    """Krippendorff's alpha for any number of observers and any missing data.

    Args:
        units: ids from 0 of what was judged, one entry a judgment.
        values: the values given; numbers, equal length. Values of circular are 0 to max, and
            max + 1 would be 0 again; the ends of bipolar are the smallest and largest given.
        metric: one of METRICS.
        resamples: how often units are drawn anew for the interval; 0 for none.
        confidence, seed: of the interval.

    Raises:
        ValueError: arrays that do not fit, no unit with two values, or one value throughout, for
            which agreement beyond chance is undefined.
    """
    if metric not in METRICS:
        raise ValueError(f"metric: {metric!r} is not one of {', '.join(METRICS)}")
    if not resamples and metric in ("nominal", "ordinal", "interval"):
        found = _alpha_of_many(np.asarray(units), np.asarray(values), metric)
        if found is not None:
            return found
    ids, given = _long_form(units, values)
    names, column = np.unique(given, return_inverse=True)
    if metric in ("ratio", "bipolar") and len(names) > _MOST_VALUES:
        raise ValueError(f"values: {metric} compares at most {_MOST_VALUES} different values")
    if metric == "ratio" and names[0] < 0:
        raise ValueError("values: must not be negative for the ratio metric")
    table = _pairable(ids, column, len(names))
    size = np.asarray(table.sum(axis=1)).ravel()

    def measure(weight: Floats) -> Agreement:
        totals = np.asarray(weight @ table).ravel()
        n = totals.sum()
        pairs = _spread(metric, names, totals)
        apart = float(weight @ (pairs(table) / (size - 1))) / n
        by_chance = float(pairs(_one_row(totals))[0]) / (n * (n - 1))
        if by_chance <= 0:
            return Agreement(np.nan, 1 - apart, 1.0, len(size))
        return Agreement(1 - apart / by_chance, 1 - apart, 1 - by_chance, len(size))

    return _with_interval(measure, len(size), resamples, confidence, seed)


def _alpha_of_many(units: NDArray[Any], values: NDArray[Any], metric: str) -> Agreement | None:
    """Alpha by compiled loops, where that pays and the values are small whole numbers."""
    if units.ndim != 1 or units.shape != values.shape or len(units) < _FEWEST_COMPILED:
        return None
    if units.dtype.kind not in "iu" or values.dtype.kind not in "iu":
        return None
    try:
        from outwork.methods import kernels
    except ImportError:
        return None
    low = int(values.min())
    width = int(values.max()) - low + 1
    if width > _MOST_COMPILED or int(units[0]) < 0:
        return None  # the plain way, which also says what is wrong
    nominal, place = metric == "nominal", np.arange(width, dtype=np.float64)
    often, codes = np.zeros(width, dtype=np.int64), _codes(units, values, low, width)
    if codes is not None:
        within, pairable = kernels.of_codes(*codes, place, nominal, often)
        if metric == "ordinal":
            place = _ordinal(often)
            within = kernels.of_codes(*codes, place, nominal, np.zeros_like(often))[0]
        return _of_counts(within, often, place, nominal, pairable)
    last = int(units.max())
    if int(units.min()) < 0 or (last + 1) * width > LARGEST:
        return None
    given = (units, values, values.dtype.type(low))
    if metric == "interval":
        within, pairable, number, one, two = kernels.spread(*given, place)
        if pairable > 0:
            return _of_sums(within, 2 * (number * two - one * one), number, pairable)
    else:
        within, pairable = 0.0, -2
        if width <= _LANES:
            within, pairable = kernels.counted_in_lanes(*given, often)
        if pairable == -2:
            often[:] = 0
            within, pairable = kernels.counted(*given, often)
        if pairable > 0 and metric == "ordinal":
            place = _ordinal(often)
            within = kernels.spread(*given, place)[0]
    if pairable < 0:  # not in the order of units
        table = np.zeros((last + 1, width), dtype=np.int32)
        kernels.tally(*given, table)
        often[:] = 0
        pairable = kernels.totals(table, often)
        place = _ordinal(often) if metric == "ordinal" else place
        within = kernels.differences(table, place, nominal)
    return _of_counts(within, often, place, nominal, pairable)


def _codes(
    units: NDArray[Any], values: NDArray[Any], low: int, width: int
) -> tuple[NDArray[np.int32], int] | None:
    """How often each count of values occurs, by code, and the code's bits a value.

    None where the codes are too many, or the units too large or out of order.
    """
    from outwork.methods import kernels

    bits = min(4, _CODE_BITS // width)
    if bits < 2:
        return None
    shifted = values if low == 0 else values - values.dtype.type(low)
    one = shifted.view(np.uint8) if shifted.itemsize == 1 else shifted.astype(np.uint8)
    codes = np.zeros(1 << (bits * width), dtype=np.int32)
    contiguous = (np.ascontiguousarray(units), np.ascontiguousarray(one))
    return (codes, bits) if kernels.coded(*contiguous, width, bits, codes) else None


def _ordinal(often: NDArray[np.int64]) -> Floats:
    place = np.cumsum(often) - often / 2
    return np.asarray(place - place.mean(), dtype=np.float64)


def _of_counts(
    within: float, often: NDArray[np.int64], place: Floats, nominal: bool, units: int
) -> Agreement | None:
    """Alpha from the sum of differences within units and how often each value was given."""
    from outwork.methods import kernels

    number = int(often.sum())  # where it is 0, so is what follows
    across = kernels.differences(often[None, :], place, nominal) * (number - 1)
    return _of_sums(within, across, number, units)


def _of_sums(within: float, across: float, number: int, units: int) -> Agreement | None:
    """Alpha from the sums of differences within units and across all values; None if all equal."""
    if across <= 0:
        return None
    apart, chance = within / number, across / number / (number - 1)
    return Agreement(1 - apart / chance, 1 - apart, 1 - chance, int(units))


def cohen(a: ArrayLike, b: ArrayLike, weights: str = "nominal") -> Agreement:
    """Cohen's kappa of two raters who judged the same units; labels are whole numbers from 0.

    Raises:
        ValueError: arrays that do not fit, an unknown weight, or no variation.

    >>> round(cohen([0, 0, 1, 1], [0, 0, 1, 0]).value, 3)
    0.5
    """
    first, second = counts("a", a), counts("b", b)
    if first.ndim != 1 or first.shape != second.shape or not len(first):
        raise ValueError("b: must be one-dimensional and as long as a, which must not be empty")
    size = int(max(first.max(), second.max())) + 1
    w = _weights(weights, size)
    one, two = (np.bincount(v, minlength=size) / len(first) for v in (first, second))
    observed, expected = float(w[first, second].mean()), float(one @ w @ two)
    return _checked(_coefficient(observed, expected, len(first)))


def fleiss(
    units: ArrayLike,
    labels: ArrayLike,
    weights: str = "nominal",
    *,
    resamples: int = 0,
    confidence: float = 0.95,
    seed: int = 0,
) -> Agreement:
    """Fleiss' kappa, in Gwet's form for missing ratings. Arguments and errors as for `gwet`."""

    def chance(shares: Floats, w: Floats) -> float:
        return float(shares @ w @ shares)

    return _of_table(units, labels, weights, chance, (resamples, confidence, seed))


def gwet(
    units: ArrayLike,
    labels: ArrayLike,
    weights: str = "nominal",
    *,
    resamples: int = 0,
    confidence: float = 0.95,
    seed: int = 0,
) -> Agreement:
    """Gwet's AC1, or AC2 with weights: steady where nearly all units are of one class.

    Args:
        units: ids from 0 of what was judged, one entry a judgment.
        labels: whole numbers from 0, equal length.
        weights: one of WEIGHTS.
        resamples, confidence, seed: as for `alpha`.

    Raises:
        ValueError: arrays that do not fit, no unit with two labels, or no variation.
    """

    def chance(shares: Floats, w: Floats) -> float:
        size = len(shares)
        return float(w.sum() / (size * (size - 1)) * (shares * (1 - shares)).sum())

    return _of_table(units, labels, weights, chance, (resamples, confidence, seed))


def _of_table(
    units: ArrayLike,
    labels: ArrayLike,
    weights: str,
    chance: Callable[[Floats, Floats], float],
    interval: tuple[int, float, int],
) -> Agreement:
    ids, given = _long_form(units, counts("labels", labels))
    kinds, column = np.unique(given, return_inverse=True)
    w = _weights(weights, int(kinds[-1]) + 1)[np.ix_(kinds.astype(int), kinds.astype(int))]
    if len(kinds) < 2:
        raise ValueError("labels: all are the same, agreement beyond chance is undefined")
    unit = np.unique(ids, return_inverse=True)[1]
    table = np.zeros((unit.max() + 1, len(kinds)))
    np.add.at(table, (unit, column), 1)
    size = table.sum(axis=1)
    if not np.any(size > 1):
        raise ValueError("units: not one has two judgments")
    twice = np.maximum(size * (size - 1), 1)
    alike = (table * (table @ w - 1)).sum(axis=1) / twice
    shares, judged_twice = table / size[:, None], size > 1

    def measure(weight: Floats) -> Agreement:
        pairs = weight * judged_twice
        if pairs.sum() == 0:
            return Agreement(np.nan, np.nan, np.nan, 0)
        observed = float(pairs @ alike / pairs.sum())
        expected = chance(weight @ shares / weight.sum(), w)
        return _coefficient(observed, expected, int(judged_twice.sum()))

    return _with_interval(measure, len(size), *interval)


def _coefficient(observed: float, expected: float, units: int) -> Agreement:
    if expected >= 1:
        return Agreement(np.nan, observed, expected, units)
    return Agreement((observed - expected) / (1 - expected), observed, expected, units)


def _checked(found: Agreement) -> Agreement:
    if np.isnan(found.value):
        raise ValueError("values: all are the same, agreement beyond chance is undefined")
    return found


def _with_interval(
    measure: Callable[[Floats], Agreement], n: int, resamples: int, confidence: float, seed: int
) -> Agreement:
    whole("resamples", resamples)
    outside = 1 - float(share("confidence", confidence))
    found = _checked(measure(np.ones(n)))
    if not resamples:
        return found
    chance = np.random.default_rng(seed)
    drawn = [
        measure(chance.multinomial(n, np.full(n, 1 / n)).astype(np.float64)).value
        for _ in range(resamples)
    ]
    low, high = np.nanquantile(drawn, [outside / 2, 1 - outside / 2])
    return replace(found, low=float(low), high=float(high))


def _long_form(units: ArrayLike, values: ArrayLike) -> tuple[NDArray[np.int64], Floats]:
    ids = counts("units", units)
    given = np.asarray(values)
    if given.dtype.kind not in "iufb" or not np.all(np.isfinite(given)):
        raise ValueError("values: must be numbers; leave out what is missing")
    if ids.ndim != 1 or given.shape != ids.shape:
        raise ValueError("values: must be one-dimensional and as long as units")
    if not len(ids):
        raise ValueError("units: there is not one judgment")
    return ids, given.astype(np.float64)


def _pairable(ids: NDArray[np.int64], column: NDArray[np.intp], width: int) -> csr_array:
    """units x values: how often each value was given to each unit that has at least two."""
    from scipy.sparse import csr_array

    often = np.bincount(ids)
    keep = often[ids] > 1
    if not keep.any():
        raise ValueError("units: not one has two judgments")
    row = (np.cumsum(often > 1) - 1)[ids[keep]]
    shape = (int((often > 1).sum()), width)
    return csr_array((np.ones(int(keep.sum())), (row, column[keep])), shape=shape)


def _one_row(totals: Floats) -> csr_array:
    from scipy.sparse import csr_array

    return csr_array(totals[None, :])


def _spread(metric: str, names: Floats, totals: Floats) -> Callable[[csr_array], Floats]:
    """For each row of a table of counts: the metric's differences, summed over ordered pairs."""

    def nominal(table: csr_array) -> Floats:
        size = np.asarray(table.sum(axis=1)).ravel()
        return np.asarray(size**2 - np.asarray(table.multiply(table).sum(axis=1)).ravel())

    def squared(place: Floats) -> Callable[[csr_array], Floats]:
        """Differences that are squared distances need only sums, not pairs."""
        centred = place - place.mean(axis=0)

        def spread(table: csr_array) -> Floats:
            size = np.asarray(table.sum(axis=1)).ravel()
            squares = size * (table @ np.square(centred).sum(axis=1))
            return np.asarray(2 * (squares - np.square(table @ centred).sum(axis=1)))

        return spread

    def paired(apart: Floats) -> Callable[[csr_array], Floats]:
        return lambda table: np.asarray(table.multiply(table @ apart).sum(axis=1)).ravel()

    if metric == "nominal":
        return nominal
    if metric == "interval":
        return squared(names[:, None])
    if metric == "ordinal":
        return squared((np.cumsum(totals) - totals / 2)[:, None])
    if metric == "circular":
        turn = 2 * np.pi * names / (names[-1] + 1)
        return squared(np.column_stack([np.cos(turn), np.sin(turn)]) / 2)
    x, y = names[:, None], names[None, :]
    below = x + y if metric == "ratio" else (x + y - 2 * names[0]) * (2 * names[-1] - x - y)
    above = np.square(x - y)
    below = np.square(below) if metric == "ratio" else below
    return paired(np.divide(above, below, out=np.zeros_like(above), where=below > 0))


def _weights(kind: str, size: int) -> Floats:
    if kind not in WEIGHTS:
        raise ValueError(f"weights: {kind!r} is not one of {', '.join(WEIGHTS)}")
    if size > _MOST_VALUES:
        raise ValueError(f"labels: {size} classes are more than the {_MOST_VALUES} compared here")
    if kind == "nominal":
        return np.eye(size)
    gap = np.abs(np.arange(size)[:, None] - np.arange(size)[None, :]) / max(1, size - 1)
    return np.asarray(1 - (gap if kind == "linear" else gap**2), dtype=np.float64)
