"""Exact intervals for shares, and exact bounds on the defectives left in a finite lot.

Sources: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404-413; E. B. Wilson, JASA 22
(1927) 209-212; W. G. Cochran, "Sampling Techniques", 3rd ed. (1977), section 3.6, and J. Wright,
"Exact Confidence Bounds when Sampling from Small Finite Universes" (1991), for finite lots.
"""

from __future__ import annotations

from statistics import NormalDist

from outwork.methods import hypergeometric
from outwork.methods.arguments import share, whole

__all__ = [
    "binomial_interval",
    "binomial_lower",
    "binomial_upper",
    "conforming_lower",
    "defectives_lower",
    "defectives_upper",
    "wilson_interval",
]


def binomial_interval(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """Clopper-Pearson's two-sided interval for a share: covers it at least as often as stated.

    Raises:
        ValueError: counts not whole or not 0 <= successes <= trials, trials < 1, or confidence
            not strictly between 0 and 1.
    """
    _check(successes, trials, confidence)
    one_sided = (1 + confidence) / 2
    return (
        binomial_lower(successes, trials, one_sided),
        binomial_upper(successes, trials, one_sided),
    )


def binomial_lower(successes: int, trials: int, confidence: float) -> float:
    """One-sided exact lower bound of a share. Errors as for `binomial_interval`."""
    _check(successes, trials, confidence)
    if successes == 0:
        return 0.0
    from scipy.special import betaincinv

    return float(betaincinv(successes, trials - successes + 1, 1 - confidence))


def binomial_upper(successes: int, trials: int, confidence: float) -> float:
    """One-sided exact upper bound of a share. Errors as for `binomial_interval`."""
    _check(successes, trials, confidence)
    return 1.0 - binomial_lower(trials - successes, trials, confidence)


def wilson_interval(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """Wilson's score interval: narrower, covers the share about as often as stated on average.

    For charts and screens; a promise takes `binomial_interval`. Errors as there.
    """
    _check(successes, trials, confidence)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = successes / trials, z * z / trials
    centre = (share + weight / 2) / (1 + weight)
    half = z * ((share * (1 - share) + weight / 4) / trials) ** 0.5 / (1 + weight)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return low, high


def defectives_upper(lot: int, n: int, x: int, confidence: float) -> int:
    """The most defectives the lot can be said to hold after ``x`` were found among ``n``.

    The largest D with P(X <= x | D) > 1 - confidence; the ``x`` that were found are counted in
    it. The bound is exceeded in at most 1 - confidence of repeated samples, whatever D is.

    Raises:
        ValueError: counts not whole or not 0 <= x <= n <= lot, n < 1, or confidence not
            strictly between 0 and 1.

    Of 6,400 contracts 512 were inspected and 3 found defective: at most 94 are, 98.53 % conform.

    >>> defectives_upper(6400, 512, 3, 0.95)
    94
    """
    whole("n", n, 1, whole("lot", lot, 1))
    whole("x", x, 0, n)
    risk = 1 - share("confidence", confidence)
    low, high = x, lot - n + x  # D = x always passes; more than ``high`` cannot be
    while low < high:
        middle = (low + high + 1) // 2
        if hypergeometric.lower_within(x, lot, middle, n, risk):
            high = middle - 1
        else:
            low = middle
    return low


def defectives_lower(lot: int, n: int, x: int, confidence: float) -> int:
    """The fewest defectives the lot can be said to hold: smallest D with P(X >= x | D) > risk.

    Errors as for `defectives_upper`.
    """
    whole("n", n, 1, whole("lot", lot, 1))
    whole("x", x, 0, n)
    return lot - defectives_upper(lot, n, n - x, confidence)


def conforming_lower(lot: int, n: int, x: int, confidence: float) -> float:
    """The share of the lot that at least conforms, for a certificate; see `defectives_upper`.

    >>> conforming_lower(6400, 512, 3, 0.95)
    0.9853125
    """
    return (lot - defectives_upper(lot, n, x, confidence)) / lot


def _check(successes: int, trials: int, confidence: float) -> None:
    whole("trials", trials, 1)
    whole("successes", successes, 0, trials)
    share("confidence", confidence)
