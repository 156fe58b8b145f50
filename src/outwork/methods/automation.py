"""What an agent may pass unreviewed: of it, at most ``alpha`` is wrong, with probability 1 - delta.

Sources: A. N. Angelopoulos et al., "Learn then Test: Calibrating Predictive Algorithms to Achieve
Risk Control" (2021), with the graphical procedure of F. Bretz et al., Statistics in Medicine 28
(2009) 586-604, over thresholds; J. Ville (1939) for the test martingale, in the form of I.
Waudby-Smith and A. Ramdas, JRSS B 86 (2024) 1-27, for the alarm and the bound that hold at every
moment; J. Shin, A. Ramdas and A. Rinaldo, "E-detectors" (2022), for mixing over the moment of
change.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods.arguments import flags, share

__all__ = ["Rule", "alarm", "anytime_upper", "evidence", "passing_rule"]

Floats = NDArray[np.float64]
_STEPS = 50  # thresholds tried, by share of the pool
_STARTS = 6  # of them bring a part of delta of their own
_USUAL_CHANGE = (
    100  # answers after which half of all changes for the worse are thought to have begun
)
_FEWEST = 2.0  # the first start, in multiples of the fewest items that could prove anything


@dataclass(frozen=True, slots=True)
class Rule:
    """Pass what scores at least ``threshold`` (infinite: nothing may pass).

    share: of the pool that passes. passed, errors: calibration items above the threshold.
    p_value: of "more than alpha of what passes is wrong".
    """

    threshold: float
    share: float
    passed: int
    errors: int
    p_value: float
    alpha: float
    delta: float


def passing_rule(
    scores: ArrayLike,
    wrong: ArrayLike,
    pool: ArrayLike,
    *,
    alpha: float = 0.05,
    delta: float = 0.1,
) -> Rule:
    """The lowest threshold that is proved safe on calibration items.

    Args:
        scores: the agent's confidence in calibration items, drawn at random from the same work as
            the pool; any scale, higher is surer.
        wrong: whether each of those answers was wrong.
        pool: scores of the work to be passed or reviewed; without labels. It fixes the thresholds
            that are tried, so that they do not depend on what calibration shows.
        alpha: allowed share of errors in what passes. delta: chance to break the promise.

    Raises:
        ValueError: arrays that do not fit or are empty, or alpha or delta out of range.
    """
    given, backlog, errors = _scores("scores", scores), _scores("pool", pool), flags("wrong", wrong)
    if len(errors) != len(given):
        raise ValueError("wrong: must be as long as scores")
    risk, chance = float(share("alpha", alpha)), float(share("delta", delta))
    from scipy.special import bdtr

    steps = np.linspace(1 / _STEPS, 1, _STEPS)
    grid = np.unique(np.quantile(backlog, 1 - steps, method="lower"))[::-1]  # strict to lenient
    order = np.argsort(-given, kind="stable")
    upto = np.searchsorted(-given[order], -grid, side="right")
    wrong_upto = np.concatenate([[0], np.cumsum(errors[order])])[upto]
    p = np.where(upto > 0, bdtr(wrong_upto, np.maximum(upto, 1), risk), 1.0)
    fewest = math.log(chance) / math.log1p(-risk)  # this many without an error prove alpha
    weights = _weights(grid, backlog, min(0.9, _FEWEST * fewest / len(given)))
    best, carried = -1, 0.0
    for i, weight in enumerate(weights):
        carried += weight
        if p[i] <= carried * chance:
            best = i
        else:
            carried = 0.0
    if best < 0:
        return Rule(math.inf, 0.0, 0, 0, 1.0, risk, chance)
    above = float(np.mean(backlog >= grid[best]))
    found = (float(grid[best]), above, int(upto[best]), int(wrong_upto[best]), float(p[best]))
    return Rule(*found, risk, chance)


def _weights(grid: Floats, backlog: Floats, first: float) -> Floats:
    """Parts of delta on the thresholds at which a sequence may start, evenly apart in log share.

    A threshold that is proved hands its part on to the next, more lenient one; one that is not
    loses it. So one unlucky threshold does not end the search.
    """
    covered = 1 - np.searchsorted(np.sort(backlog), grid) / len(backlog)
    starts = np.geomspace(first, 0.9, _STARTS)
    at = np.minimum(np.searchsorted(covered, starts), len(grid) - 1)
    return np.bincount(at, minlength=len(grid)) / _STARTS


def evidence(wrong: ArrayLike, alpha: float) -> Floats:
    """Evidence against "at most ``alpha`` is wrong" after each audited answer, as it came.

    A test martingale: the mean likelihood ratio of error rates above alpha to alpha itself, over
    rates and over the answer from which on things were worse, so that a good past does not hide a
    bad present. Under the claim it ever exceeds 1 / delta with probability at most delta, however
    often one looks.

    Raises:
        ValueError: wrong is not a list of yes and no, or alpha out of range.
    """
    limit = float(share("alpha", alpha))
    found = flags("wrong", wrong)
    worse = limit + (1 - limit) * (np.arange(40) + 0.5) / 40
    worse = np.concatenate([np.linspace(1.2, 4, 15) * limit, worse])
    worse = worse[worse < 1]
    right, mistaken = (1 - worse) / (1 - limit), worse / limit
    # the chance that nothing has become worse after so many answers, before any was seen
    still = 1 / (1 + np.log1p(np.arange(len(found) + 1) / _USUAL_CHANGE))
    begun = np.zeros(len(worse))
    out = np.empty(len(found))
    for n, bad in enumerate(found):
        begun = np.minimum((begun + still[n] - still[n + 1]) * (mistaken if bad else right), 1e300)
        out[n] = begun.mean() + still[n + 1]
    return out


def alarm(wrong: ArrayLike, alpha: float, delta: float = 0.1) -> int | None:
    """Number of audited answers at which more than ``alpha`` wrong is proved; None if never.

    False alarms in at most ``delta`` of streams of any length. Errors as for `evidence`.
    """
    over = np.flatnonzero(evidence(wrong, alpha) >= 1 / float(share("delta", delta)))
    return int(over[0]) + 1 if len(over) else None


def anytime_upper(errors: int, audited: int, delta: float = 0.1) -> float:
    """Upper bound of the error rate that holds at every moment of a stream at once.

    Mixture of binomial likelihoods with Jeffreys' weight; wider than an exact interval, which
    holds only at one moment fixed beforehand.

    Raises:
        ValueError: not 0 <= errors <= audited, or delta out of range.
    """
    risk = float(share("delta", delta))
    if not 0 <= errors <= audited:
        raise ValueError(f"errors: must be from 0 to {audited}, not {errors!r}")
    from scipy.special import betaln, xlog1py, xlogy

    mixture = betaln(errors + 0.5, audited - errors + 0.5) - betaln(0.5, 0.5)
    low, high = errors / audited if audited else 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        at = xlogy(errors, middle) + xlog1py(audited - errors, -middle)
        if mixture - at < -math.log(risk):
            low = middle
        else:
            high = middle
    return high


def _scores(name: str, values: ArrayLike) -> Floats:
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 1 or not len(given) or not np.all(np.isfinite(given)):
        raise ValueError(f"{name}: must be one-dimensional, finite and not empty")
    return given
