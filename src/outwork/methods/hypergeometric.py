"""The hypergeometric distribution, accurate to about 1e-13 and quick to start.

X is the number of defectives in a sample of ``n`` drawn without replacement from a lot of
``lot`` items of which ``defectives`` are defective. Source: C. Loader, "Fast and accurate
computation of binomial probabilities" (2000), the saddle-point form also used by R's ``dhyper``.
"""

from __future__ import annotations

import math
from fractions import Fraction

_ENOUGH = 1e-17  # a further term this small, relative to the sum, no longer changes it
_NEAR_TIE = 1e-11  # closer to the allowed risk than this, floats do not decide
_STIRLING_EXACT = 15
_SERIES = (1 / 12, 1 / 360, 1 / 1260, 1 / 1680, 1 / 1188)


def _series_error(n: int) -> float:
    a, b, c, d, e = _SERIES
    square = float(n) * n
    return (a - (b - (c - (d - e / square) / square) / square) / square) / n


def _exact_error(n: int) -> float:
    stirling = (n + 0.5) * math.log(n) - n + 0.5 * math.log(2 * math.pi)
    return math.log(math.factorial(n)) - stirling


_SMALL_ERRORS = (0.0, *(_exact_error(n) for n in range(1, _STIRLING_EXACT + 1)))


def _stirling_error(n: int) -> float:
    """log(n!) less Stirling's approximation of it."""
    return _SMALL_ERRORS[n] if n <= _STIRLING_EXACT else _series_error(n)


def _deviance(x: float, mean: float) -> float:
    """x log(x / mean) + mean - x without cancellation when x is near the mean."""
    gap = x - mean
    if abs(gap) >= 0.1 * (x + mean):
        return x * math.log(x / mean) - gap
    v = gap / (x + mean)
    total = gap * v
    term = 2 * x * v
    square = v * v
    j = 1
    while True:
        term *= square
        further = total + term / (2 * j + 1)
        if further == total:
            return total
        total = further
        j += 1


def _binomial(x: int, n: int, p: float, q: float) -> float:
    """P(X = x) for a binomial with n trials; p + q = 1, both given for precision."""
    if x == 0:
        return math.exp(-_deviance(n, n * q) - n * p) if n and p < 0.1 else q**n
    if x == n:
        return math.exp(-_deviance(n, n * p) - n * q) if q < 0.1 else p**n
    exponent = (
        _stirling_error(n)
        - _stirling_error(x)
        - _stirling_error(n - x)
        - _deviance(x, n * p)
        - _deviance(n - x, n * q)
    )
    return math.exp(exponent) * math.sqrt(n / (2 * math.pi * x * (n - x)))


def pmf(x: int, lot: int, defectives: int, n: int) -> float:
    """P(exactly ``x`` defectives in the sample). Arguments are not checked."""
    good = lot - defectives
    if x < max(0, n - good) or x > min(n, defectives):
        return 0.0
    if n in (0, lot):
        return 1.0
    p, q = n / lot, (lot - n) / lot
    chosen = _binomial(x, defectives, p, q) * _binomial(n - x, good, p, q)
    return chosen / _binomial(n, lot, p, q)


def _tail(x: int, lot: int, defectives: int, n: int, step: int) -> float:
    """Sum of the probabilities from ``x`` outwards, downwards (-1) or upwards (+1)."""
    first = pmf(x, lot, defectives, n)
    rest = lot - defectives - n
    total, term = 1.0, 1.0
    while term > _ENOUGH * total:
        if step < 0:
            term *= x * (rest + x) / ((defectives - x + 1) * (n - x + 1))
        else:
            term *= (defectives - x) * (n - x) / ((x + 1) * (rest + x + 1))
        total += term
        x += step
    return first * total


def cdf(x: int, lot: int, defectives: int, n: int) -> float:
    """P(at most ``x`` defectives in the sample). Arguments are not checked."""
    low, high = max(0, n + defectives - lot), min(n, defectives)
    if x < low:
        return 0.0
    if x >= high:
        return 1.0
    if x * lot <= n * defectives:  # below the mean: sum the smaller tail
        return min(1.0, _tail(x, lot, defectives, n, -1))
    return max(0.0, 1.0 - _tail(x + 1, lot, defectives, n, 1))


def survival(x: int, lot: int, defectives: int, n: int) -> float:
    """P(more than ``x`` defectives in the sample), without cancellation."""
    low, high = max(0, n + defectives - lot), min(n, defectives)
    if x < low:
        return 1.0
    if x >= high:
        return 0.0
    if x * lot <= n * defectives:
        return max(0.0, 1.0 - _tail(x, lot, defectives, n, -1))
    return min(1.0, _tail(x + 1, lot, defectives, n, 1))


def lower_within(x: int, lot: int, defectives: int, n: int, risk: Fraction) -> bool:
    """Whether P(at most ``x``) <= risk; a near tie is decided in whole numbers, not in floats."""
    chance = cdf(x, lot, defectives, n)
    if abs(chance - risk) > _NEAR_TIE:
        return chance <= risk
    return exact_cdf(x, lot, defectives, n) <= risk


def upper_within(x: int, lot: int, defectives: int, n: int, risk: Fraction) -> bool:
    """Whether P(more than ``x``) <= risk; near ties as in `lower_within`."""
    chance = survival(x, lot, defectives, n)
    if abs(chance - risk) > _NEAR_TIE:
        return chance <= risk
    return 1 - exact_cdf(x, lot, defectives, n) <= risk


def exact_cdf(x: int, lot: int, defectives: int, n: int) -> Fraction:
    """P(at most ``x`` defectives in the sample) as a rational number: the slow definition."""
    good = lot - defectives
    ways = sum(math.comb(defectives, k) * math.comb(good, n - k) for k in range(min(x, n) + 1))
    return Fraction(ways, math.comb(lot, n))
