"""How often an analyst or agent is right, with its interval, and what that allows.

Certification asks for proof: the exact lower bound, not the share, must clear the bar. Scores shown
to people are drawn towards their peers' mean while evidence is thin. Sources: C. J. Clopper and E.
S. Pearson, Biometrika 26 (1934) 404-413; A. Gelman et al., "Bayesian Data Analysis", 3rd ed.
(2013), section 5.3, for the beta-binomial population.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods.arguments import counts, share, whole
from outwork.methods.intervals import binomial_lower, binomial_upper

__all__ = ["Certification", "Skill", "certify", "fewest_right", "items_needed", "recent", "skills"]

Floats = NDArray[np.float64]
_MOST_ITEMS = 20_000


@dataclass(frozen=True, slots=True)
class Certification:
    """``certified``: the lower bound is at least the bar. ``refused``: the upper bound is below it.

    Otherwise ``open``: more control items decide. share, lower and upper: one-sided bounds, each
    at the stated confidence.
    """

    decision: Literal["certified", "refused", "open"]
    share: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Skill:
    """Per analyst: expected share right and its interval, with the population they come from.

    mean and weight describe that population: a Beta(mean * weight, (1 - mean) * weight).
    """

    expected: Floats
    low: Floats
    high: Floats
    mean: float
    weight: float


def certify(right: int, answered: int, bar: float, confidence: float = 0.95) -> Certification:
    """Decide from control items whether someone is right at least as often as the bar.

    Someone exactly below the bar is certified with probability at most 1 - confidence.

    Raises:
        ValueError: not 0 <= right <= answered, none answered, or bar or confidence out of range.

    >>> certify(59, 59, 0.95).decision, certify(58, 59, 0.95).decision
    ('certified', 'open')
    """
    level = float(share("bar", bar))
    lower = binomial_lower(right, answered, confidence)
    upper = binomial_upper(right, answered, confidence)
    decision: Literal["certified", "refused", "open"] = "open"
    if lower >= level:
        decision = "certified"
    elif upper < level:
        decision = "refused"
    return Certification(decision, right / answered, lower, upper)


def fewest_right(answered: int, bar: float, confidence: float = 0.95) -> int | None:
    """How many of so many control items must be right to be certified; None if all are too few.

    >>> fewest_right(59, 0.95), fewest_right(58, 0.95)
    (59, None)
    """
    whole("answered", answered, 1)
    least = int(_least(np.array([answered]), float(share("bar", bar)), confidence)[0])
    return least if least <= answered else None


def items_needed(bar: float, skill: float, confidence: float = 0.95, power: float = 0.8) -> int:
    """The fewest control items with which someone of that skill is certified with that power.

    Raises:
        ValueError: a share out of range, skill not above the bar, or far too many needed.

    >>> items_needed(0.90, 0.97)
    76
    """
    chance, wanted = float(share("skill", skill)), float(share("power", power))
    if chance <= float(share("bar", bar)):
        raise ValueError(f"skill: {skill} must be above the bar {bar}")
    from scipy.special import bdtrc

    most = 64
    while most <= _MOST_ITEMS:
        n = np.arange(1, most + 1)
        least = _least(n, float(share("bar", bar)), confidence)
        power_of = np.where(least <= n, bdtrc(np.minimum(least, n) - 1, n, chance), 0.0)
        enough = np.flatnonzero(power_of >= wanted)
        if len(enough):
            return int(n[enough[0]])
        most *= 4
    raise ValueError(f"skill: {skill} is too near the bar {bar} to be told apart")


def _least(n: NDArray[np.int64], bar: float, confidence: float) -> NDArray[np.int64]:
    """Fewest right of n whose chance at the bar is at most 1 - confidence; n + 1 if none is."""
    from scipy.special import bdtrc

    risk = 1 - float(share("confidence", confidence))
    low, high = np.zeros_like(n), n + 1
    while np.any(high - low > 1):
        middle = (low + high) // 2
        rare = bdtrc(middle - 1, n, bar) <= risk
        open_ = high - low > 1
        high, low = np.where(open_ & rare, middle, high), np.where(open_ & ~rare, middle, low)
    return high


def skills(right: ArrayLike, answered: ArrayLike, confidence: float = 0.95) -> Skill:
    """Everybody's skill, each drawn towards the mean of all as far as chance explains the spread.

    Args:
        right, answered: per analyst; equal length, answered may be 0.
        confidence: of the two-sided intervals.

    Raises:
        ValueError: counts that do not fit, nobody at all, or confidence out of range.
    """
    hits, seen = counts("right", right), counts("answered", answered)
    if hits.ndim != 1 or hits.shape != seen.shape or not len(hits):
        raise ValueError("answered: must be one-dimensional, as long as right and not empty")
    if np.any(hits > seen):
        raise ValueError("right: cannot exceed answered")
    tail = (1 - float(share("confidence", confidence))) / 2
    mean, weight = _population(hits.astype(np.float64), seen.astype(np.float64))
    from scipy.special import betaincinv

    a, b = hits + mean * weight, seen - hits + (1 - mean) * weight
    low, high = betaincinv(a, b, tail), betaincinv(a, b, 1 - tail)
    low, high = (np.asarray(bound, dtype=np.float64) for bound in (low, high))
    return Skill(a / (a + b), low, high, mean, weight)


def recent(right: ArrayLike, age: ArrayLike, half_life: float) -> tuple[float, float]:
    """Share right, an answer counting half after each half-life, and how many answers it is worth.

    Args:
        right: 1 or 0 per answer. age: of each, in the unit of ``half_life``, not negative.

    Raises:
        ValueError: arrays that do not fit or are empty, or a half-life that is not above 0.
    """
    hits = counts("right", right, 1)
    old = np.asarray(age, dtype=np.float64)
    if hits.ndim != 1 or hits.shape != old.shape or not len(hits) or not np.all(old >= 0):
        raise ValueError("age: must be as long as right, not empty and not negative")
    if not half_life > 0:
        raise ValueError(f"half_life: must be above 0, not {half_life!r}")
    weight = np.exp2(-(old - old.min()) / half_life)
    worth = weight.sum() ** 2 / np.square(weight).sum()
    return float(weight @ hits / weight.sum()), float(worth)


def _population(hits: Floats, seen: Floats) -> tuple[float, float]:
    """Mean and weight of the likeliest beta population, with a slight pull to little weight."""
    from scipy.special import betaln

    best, mean, weight = -np.inf, 0.5, 2.0
    for w in np.geomspace(1.0, 1000.0, 31):
        for m in np.linspace(0.01, 0.99, 99):
            log = betaln(hits + m * w, seen - hits + (1 - m) * w) - betaln(m * w, (1 - m) * w)
            total = float(log.sum()) - 0.5 * np.log(w)
            if total > best:
                best, mean, weight = total, float(m), float(w)
    return mean, weight
