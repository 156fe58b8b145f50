"""Inspectors err: plans, verdicts and bounds corrected for what they miss and what they invent.

*Sensitivity* is the chance that a defective item is called defective, *specificity* the chance that
a good one is passed. The number called defective in a sample is then a sum of two binomials given
the hypergeometric number of defectives in it. Sources: N. L. Johnson, S. Kotz and X. Wu,
"Inspection Errors for Attributes in Quality Control" (1991), chapter 3; D. G. Chapman, University
of California Publications in Statistics 1 (1951) 131-160, for what two inspections both missed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods import hypergeometric
from outwork.methods.arguments import counts, share, whole
from outwork.methods.intervals import binomial_lower, binomial_upper
from outwork.methods.plan_search import Promise, smallest_plan
from outwork.methods.sampling import Plan, acceptable_defectives, limiting_defectives, plan

__all__ = [
    "Check",
    "Inspector",
    "Rate",
    "acceptance",
    "at_least",
    "corrected_plan",
    "defectives_upper",
    "defectives_upper_measured",
    "measured_plan",
    "measured_promises",
    "measured_risks",
    "rate",
    "reinspection",
]

Floats = NDArray[np.float64]
_DEVIATIONS = 10  # beyond so many standard deviations no chance is above 1e-16
_FOR_MEASURING = Fraction(1, 5)  # of an allowed risk pays for the inspector being worse than shown
_PLACES = 10**6


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
    allowed = float(share("consumer_risk", consumer_risk))
    spared = float(share("producer_risk", producer_risk))
    promises = _promises(lot, (bad, allowed, inspector), (good, spared, inspector))
    n, c = _smallest(lot, promises, inspector)
    missed = _accepts(lot, bad, n, c, inspector)
    return Plan(lot, n, c, missed, 1 - _accepts(lot, good, n, c, inspector))


@dataclass(frozen=True, slots=True)
class Check:
    """What a check showed of one inspector: seeded defects or blind re-inspection.

    ``caught`` of ``seeded`` defective units were called so, ``passed`` of ``clean`` good ones were
    not. Without clean units specificity is not measured.
    """

    seeded: int
    caught: int
    clean: int = 0
    passed: int = 0

    def __post_init__(self) -> None:
        whole("caught", self.caught, 0, whole("seeded", self.seeded, 1))
        whole("passed", self.passed, 0, whole("clean", self.clean))


def at_least(checks: Sequence[Check], consumer_risk: float, producer_risk: float) -> Inspector:
    """What every inspector who was checked sees and passes at least.

    The smallest of the one-sided bounds of sensitivity, which together fail with a fifth of the
    consumer's risk, and of specificity, with a fifth of the producer's (Bonferroni); rounded down
    to six places, so that a certificate can state them. Whoever has no clean units is taken to
    invent nothing: that favours the consumer.

    Raises:
        ValueError: no checks, an inspector who caught nothing or passed nothing, or a risk out of
            range.

    >>> at_least([Check(50, 46)], 0.05, 0.05)
    Inspector(sensitivity=0.785, specificity=1.0)
    """
    if not checks:
        raise ValueError("checks: there is not one")
    parts = [
        1 - float(_FOR_MEASURING * share(name, risk) / len(checks))
        for name, risk in (("consumer_risk", consumer_risk), ("producer_risk", producer_risk))
    ]
    seen = min(binomial_lower(c.caught, c.seeded, parts[0]) for c in checks)
    fair = min(binomial_lower(c.passed, c.clean, parts[1]) if c.clean else 1.0 for c in checks)
    if not (seen >= 1 / _PLACES and fair >= 1 / _PLACES):
        raise ValueError("checks: an inspector caught nothing, or passed nothing")
    return Inspector(math.floor(seen * _PLACES) / _PLACES, math.floor(fair * _PLACES) / _PLACES)


def measured_plan(
    lot: int,
    limiting_quality: float,
    consumer_risk: float,
    acceptable_quality: float,
    producer_risk: float,
    checks: Sequence[Check],
) -> Plan:
    """As `corrected_plan`, with inspectors known only from checks.

    A fifth of each risk (of the producer's only if clean units were passed) pays for an inspector
    being worse than `at_least`; the sample keeps the rest with inspectors who see that little
    (consumer) and invent that much (producer), which is the worst that either side can meet. So
    both risks are kept over check and sample together.

    >>> measured_plan(6400, 0.02, 0.05, 0.005, 0.05, [Check(200, 184)]).n
    763
    """
    points = (limiting_quality, consumer_risk, acceptable_quality, producer_risk)
    promises = measured_promises(lot, *points, checks)
    n, c = _smallest(lot, promises, at_least(checks, consumer_risk, producer_risk))
    return Plan(lot, n, c, *measured_risks(Plan(lot, n, c, 0.0), *points, checks))


def measured_promises(
    lot: int,
    limiting_quality: float,
    consumer_risk: float,
    acceptable_quality: float,
    producer_risk: float,
    checks: Sequence[Check],
) -> tuple[Promise, Promise]:
    """Whether (n, c) protects the consumer, and spares the producer, as in `measured_plan`."""
    worst = at_least(checks, consumer_risk, producer_risk)
    bad = limiting_defectives(lot, limiting_quality)
    good = acceptable_defectives(lot, acceptable_quality)
    if good >= bad:
        raise ValueError(f"acceptable_quality: {good} defectives of {lot} must be fewer than {bad}")
    spared = _left(producer_risk) if _any_clean(checks) else float(share("p", producer_risk))
    return _promises(
        lot,
        (bad, _left(consumer_risk), Inspector(worst.sensitivity)),
        (good, spared, Inspector(1.0, worst.specificity)),
    )


def measured_risks(
    agreed: Plan,
    limiting_quality: float,
    consumer_risk: float,
    acceptable_quality: float,
    producer_risk: float,
    checks: Sequence[Check],
) -> tuple[float, float]:
    """Both risks that a plan carries with such inspectors, over check and sample together.

    Arguments as for `measured_plan`; a fifth of each allowed risk that was
    spent on measuring is in the result.
    """
    worst = at_least(checks, consumer_risk, producer_risk)
    bad = limiting_defectives(agreed.lot, limiting_quality)
    good = acceptable_defectives(agreed.lot, acceptable_quality)
    missed = _accepts(agreed.lot, bad, agreed.n, agreed.c, Inspector(worst.sensitivity))
    spared = _accepts(agreed.lot, good, agreed.n, agreed.c, Inspector(1.0, worst.specificity))
    for_consumer = float(share("consumer_risk", consumer_risk)) - _left(consumer_risk)
    for_producer = float(share("producer_risk", producer_risk)) - _left(producer_risk)
    paid = for_producer if _any_clean(checks) else 0.0
    return min(1.0, for_consumer + missed), min(1.0, paid + 1 - spared)


def _any_clean(checks: Sequence[Check]) -> bool:
    """Whether specificity was measured at all, and so has to be paid for."""
    return any(c.clean for c in checks)


def _left(risk: float) -> float:
    """What measuring leaves of an allowed risk."""
    return float((1 - _FOR_MEASURING) * share("risk", risk))


_Point = tuple[int, float, Inspector]
"""Defectives in the lot, allowed risk, and the inspector to reckon with."""


def _promises(lot: int, consumer: _Point, producer: _Point) -> tuple[Promise, Promise]:
    bad, beta, misses = consumer
    good, alpha, invents = producer

    def protects(n: int, c: int) -> bool:
        return _accepts(lot, bad, n, c, misses) <= beta

    def spares(n: int, c: int) -> bool:
        return 1 - _accepts(lot, good, n, c, invents) <= alpha

    return protects, spares


def _smallest(lot: int, promises: tuple[Promise, Promise], worst: Inspector) -> tuple[int, int]:
    protects, spares = promises
    # a smaller sample tells less than the whole lot does: what that cannot keep, none can
    low, most = -1, lot - 1
    while low < most:
        middle = (low + most + 1) // 2
        if protects(lot, middle):
            low = middle
        else:
            most = middle - 1
    found = smallest_plan(lot, most, protects, spares) if most >= 0 else None
    if found is None:
        raise ValueError(f"sensitivity: no sample of the {lot} items keeps both risks with {worst}")
    return found


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
    lot: int, n: int, flagged: int, confidence: float, checks: Sequence[Check]
) -> int:
    """As `defectives_upper`, with inspectors known only from checks.

    A fifth of the allowed risk pays for an inspector seeing less than `at_least`, the rest for the
    sample, so that the statement holds at least as often as stated. All that was flagged counts as
    defective, which errs on the client's side.

    Raises:
        ValueError: as for `defectives_upper`, or no checks.

    Of 6,400 contracts 512 were inspected, 3 found defective, by someone who caught 46 of 50:

    >>> defectives_upper_measured(6400, 512, 3, 0.95, [Check(50, 46)])
    125
    """
    risk = float(1 - share("confidence", confidence))
    if any(not c.caught for c in checks):
        return lot
    worst = Inspector(at_least(checks, risk, risk).sensitivity)
    return defectives_upper(lot, n, flagged, float(1 - share("risk", _left(risk))), worst)


def _accepts(lot: int, defectives: int, n: int, c: int, inspector: Inspector) -> float:
    """P(at most ``c`` of the sample are called defective)."""
    if inspector.sensitivity == 1 and inspector.specificity == 1:
        return hypergeometric.cdf(c, lot, defectives, n)
    from scipy.special import bdtr

    x, weight = _in_sample(lot, defectives, n)
    false_rate = 1 - inspector.specificity
    if not false_rate:
        called = np.where(x <= c, 1.0, bdtr(c, np.maximum(x, c + 1), inspector.sensitivity))
        return min(1.0, float(weight @ called))
    if inspector.sensitivity == 1:
        x, weight = x[x <= c], weight[x <= c]
        called = np.where(n - x <= c - x, 1.0, bdtr(c - x, n - x, false_rate))
        return min(1.0, float(weight @ called))
    alarms = np.arange(c + 1)
    invented = _binomial_pmf(alarms[None, :], n - x[:, None], false_rate)
    left = c - alarms[None, :]
    more = np.maximum(x[:, None], left + 1)
    seen = np.where(left >= x[:, None], 1.0, bdtr(left, more, inspector.sensitivity))
    return min(1.0, float(weight @ (invented * seen).sum(1)))


def _in_sample(lot: int, defectives: int, n: int) -> tuple[NDArray[np.int64], Floats]:
    """Numbers of defectives in the sample that are not negligible, and their chances."""
    low, high = max(0, n + defectives - lot), min(n, defectives)
    mode = min(high, max(low, (n + 1) * (defectives + 1) // (lot + 2)))
    spread = math.sqrt(mode * max(0.0, 1 - n / lot) + 1)
    reach = math.ceil(_DEVIATIONS * spread) + _DEVIATIONS
    rest, first = lot - defectives - n, hypergeometric.pmf(mode, lot, defectives, n)
    x = np.arange(mode, max(low, mode - reach), -1, dtype=np.float64)
    below = np.cumprod(x * (rest + x) / ((defectives - x + 1) * (n - x + 1)))
    x = np.arange(mode, min(high, mode + reach), dtype=np.float64)
    above = np.cumprod((defectives - x) * (n - x) / ((x + 1) * (rest + x + 1)))
    found = np.arange(mode - len(below), mode + len(above) + 1, dtype=np.int64)
    return found, first * np.concatenate([below[::-1], [1.0], above])


def _binomial_pmf(k: NDArray[np.int64], n: NDArray[np.int64], p: float) -> Floats:
    from scipy.special import gammaln, xlog1py, xlogy

    inside = np.minimum(k, n)
    log = gammaln(n + 1) - gammaln(inside + 1) - gammaln(n - inside + 1)
    log = log + xlogy(inside, p) + xlog1py(n - inside, -p)
    return np.asarray(np.where(k <= n, np.exp(log), 0.0), dtype=np.float64)
