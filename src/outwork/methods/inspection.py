"""Inspectors err: plans, verdicts and bounds corrected for what they miss and what they invent.

*Sensitivity* is the chance that a defective item is called defective, *specificity* the chance that
a good one is passed. The number called defective in a sample is then a sum of two binomials given
the hypergeometric number of defectives in it. Sources: N. L. Johnson, S. Kotz and X. Wu,
"Inspection Errors for Attributes in Quality Control" (1991), chapter 3; D. G. Chapman, University
of California Publications in Statistics 1 (1951) 131-160, for what two inspections both missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods import hypergeometric
from outwork.methods.arguments import counts, share, whole
from outwork.methods.intervals import binomial_lower, binomial_upper
from outwork.methods.sampling import Plan, acceptable_defectives, limiting_defectives, plan

__all__ = [
    "Inspector",
    "Rate",
    "acceptance",
    "corrected_plan",
    "defectives_upper",
    "defectives_upper_measured",
    "rate",
    "reinspection",
]

Floats = NDArray[np.float64]
_NEGLIGIBLE = 1e-16
_FOR_SENSITIVITY = 0.2  # of the allowed risk, when sensitivity itself was measured


@dataclass(frozen=True, slots=True)
class Inspector:
    """How well defects are seen: both from 0 to 1, sensitivity above 0."""

    sensitivity: float = 1.0
    specificity: float = 1.0

    def __post_init__(self) -> None:
        share("sensitivity", self.sensitivity, one=True)
        share("specificity", self.specificity, zero=True, one=True)


@dataclass(frozen=True, slots=True)
class Rate:
    """A measured share with its exact two-sided interval."""

    value: float
    low: float
    high: float
    trials: int


def rate(hits: int, trials: int, confidence: float = 0.95) -> Rate:
    """Sensitivity from seeded defects caught, specificity from clean items passed.

    Raises:
        ValueError: not 0 <= hits <= trials, no trials, or confidence out of range.
    """
    one_sided = (1 + float(share("confidence", confidence))) / 2
    low, high = binomial_lower(hits, trials, one_sided), binomial_upper(hits, trials, one_sided)
    return Rate(hits / trials, low, high, trials)


def reinspection(
    both: int, only_first: int, only_second: int, confidence: float = 0.95
) -> tuple[Rate, Rate, float]:
    """Sensitivities of two inspectors who looked at the same items without seeing each other.

    Args:
        both, only_first, only_second: real defects found by both, or by one alone.
        confidence: of the intervals.

    Returns:
        First and second inspector's sensitivity, and Chapman's estimate of the defects that
        neither found. Defects that are hard for both make sensitivity look too high: seeded
        defects do not share that weakness.

    Raises:
        ValueError: a count is not whole, or one of the two found nothing.
    """
    for name, count in (("both", both), ("only_first", only_first), ("only_second", only_second)):
        whole(name, count)
    first, second = both + only_first, both + only_second
    if not first or not second:
        raise ValueError("both: each of the two inspectors must have found a defect")
    everything = (first + 1) * (second + 1) / (both + 1) - 1
    missed = max(0.0, everything - (both + only_first + only_second))
    return rate(both, second, confidence), rate(both, first, confidence), missed


def acceptance(agreed: Plan, defectives: ArrayLike, inspector: Inspector) -> Floats:
    """The chance that the lot is accepted when this inspector looks at the sample.

    ``defectives`` in the lot: whole numbers from 0 to agreed.lot, any shape; the result has it.

    Raises:
        ValueError: a number of defectives that is not whole or not within the lot.
    """
    given = counts("defectives", defectives, agreed.lot)
    values, where = np.unique(given, return_inverse=True)
    chances = [_accepts(agreed.lot, int(d), agreed.n, agreed.c, inspector) for d in values]
    return np.asarray(chances, dtype=np.float64)[where].reshape(given.shape)


def corrected_plan(
    lot: int,
    limiting_quality: float,
    consumer_risk: float,
    acceptable_quality: float,
    producer_risk: float,
    inspector: Inspector,
) -> Plan:
    """The smallest sample that meets both points although the inspector errs.

    Arguments as for `outwork.methods.sampling.plan`; with a perfect inspector the same plan.

    Raises:
        ValueError: as there, and when no sample of the lot can meet both points.
    """
    perfect = plan(lot, limiting_quality, consumer_risk, acceptable_quality, producer_risk)
    if inspector == Inspector():
        return perfect
    bad = limiting_defectives(lot, limiting_quality)
    good = acceptable_defectives(lot, acceptable_quality)
    beta = share("consumer_risk", consumer_risk)
    alpha = share("producer_risk", producer_risk)
    at_least = 1
    for c in range(lot):
        n = _protecting_sample(lot, bad, c, beta, max(at_least, c + 1), inspector)
        if n is None:
            break
        spared = _accepts(lot, good, n, c, inspector)
        if 1 - spared <= alpha:
            return Plan(lot, n, c, _accepts(lot, bad, n, c, inspector), 1 - spared)
        at_least = n
    raise ValueError(
        f"sensitivity: with {inspector.sensitivity} and specificity {inspector.specificity} no"
        f" sample of the {lot} items keeps both risks"
    )


def defectives_upper(
    lot: int, n: int, flagged: int, confidence: float, inspector: Inspector
) -> int:
    """The most defectives the lot can be said to hold after ``flagged`` of ``n`` were called so.

    The largest D with P(at most ``flagged`` | D) > 1 - confidence.

    Raises:
        ValueError: counts not whole or not 0 <= flagged <= n <= lot, or confidence out of range.
    """
    whole("n", n, 1, whole("lot", lot, 1))
    whole("flagged", flagged, 0, n)
    risk = 1 - share("confidence", confidence)
    low, high = -1, lot
    while low < high:
        middle = (low + high + 1) // 2
        if _accepts(lot, middle, n, flagged, inspector) > risk:
            low = middle
        else:
            high = middle - 1
    return max(low, 0)


def defectives_upper_measured(
    lot: int, n: int, flagged: int, confidence: float, caught: int, seeded: int
) -> int:
    """As `defectives_upper`, with sensitivity known only from seeded defects.

    A fifth of the allowed risk pays for sensitivity lying below its own bound, the rest for the
    sample, so that the statement holds at least as often as stated. All that was flagged counts as
    defective, which errs on the client's side.

    Raises:
        ValueError: as for `defectives_upper`, or not 0 <= caught <= seeded, seeded at least 1.

    Of 6,400 contracts 512 were inspected, 3 found defective, by someone who caught 46 of 50:

    >>> defectives_upper_measured(6400, 512, 3, 0.95, 46, 50)
    125
    """
    risk = 1 - float(share("confidence", confidence))
    sensitivity = binomial_lower(caught, seeded, 1 - _FOR_SENSITIVITY * risk)
    sampled = 1 - (1 - _FOR_SENSITIVITY) * risk
    bound = defectives_upper(lot, n, flagged, sampled, Inspector(sensitivity or 1.0))
    return bound if sensitivity else lot


def _accepts(lot: int, defectives: int, n: int, c: int, inspector: Inspector) -> float:
    """P(at most ``c`` of the sample are called defective)."""
    if inspector.sensitivity == 1 and inspector.specificity == 1:
        return hypergeometric.cdf(c, lot, defectives, n)
    from scipy.special import bdtr

    x, weight = _in_sample(lot, defectives, n)
    if inspector.specificity == 1:
        called = np.where(x <= c, 1.0, bdtr(c, np.maximum(x, c + 1), inspector.sensitivity))
        return min(1.0, float(weight @ called))
    alarms = np.arange(c + 1)
    false_rate = 1 - inspector.specificity
    total = 0.0
    for found, chance in zip(x, weight, strict=True):
        invented = _binomial_pmf(alarms, int(n - found), false_rate)
        left = c - alarms
        seen = np.where(
            left >= found, 1.0, bdtr(left, np.maximum(found, left + 1), inspector.sensitivity)
        )
        total += float(chance) * float(invented @ seen)
    return min(1.0, total)


def _in_sample(lot: int, defectives: int, n: int) -> tuple[NDArray[np.int64], Floats]:
    """Numbers of defectives in the sample that are not negligible, and their chances."""
    low, high = max(0, n + defectives - lot), min(n, defectives)
    mode = min(high, max(low, (n + 1) * (defectives + 1) // (lot + 2)))
    chances = {mode: hypergeometric.pmf(mode, lot, defectives, n)}
    rest = lot - defectives - n
    term, x = chances[mode], mode
    while x > low and term > _NEGLIGIBLE:
        term *= x * (rest + x) / ((defectives - x + 1) * (n - x + 1))
        x -= 1
        chances[x] = term
    term, x = chances[mode], mode
    while x < high and term > _NEGLIGIBLE:
        term *= (defectives - x) * (n - x) / ((x + 1) * (rest + x + 1))
        x += 1
        chances[x] = term
    found = np.array(sorted(chances), dtype=np.int64)
    return found, np.array([chances[int(k)] for k in found])


def _binomial_pmf(k: NDArray[np.int64], n: int, p: float) -> Floats:
    from scipy.special import gammaln, xlog1py, xlogy

    inside = np.minimum(k, n)
    log = gammaln(n + 1) - gammaln(inside + 1) - gammaln(n - inside + 1)
    log = log + xlogy(inside, p) + xlog1py(n - inside, -p)
    return np.asarray(np.where(k <= n, np.exp(log), 0.0), dtype=np.float64)


def _protecting_sample(
    lot: int, bad: int, c: int, beta: Fraction, at_least: int, inspector: Inspector
) -> int | None:
    """Smallest n >= at_least that accepts a bad lot with at most beta; None if even all does."""
    low, step = at_least - 1, max(1, at_least // (c + 1) // 2)
    high = min(lot, low + step)
    while _accepts(lot, bad, high, c, inspector) > beta:
        if high == lot:
            return None
        low, step = high, 2 * step
        high = min(lot, low + step)
    while high - low > 1:
        middle = (low + high) // 2
        if _accepts(lot, bad, middle, c, inspector) > beta:
            low = middle
        else:
            high = middle
    return high
