"""The search for the smallest sample that keeps two promises, whatever makes the chances.

Source: W. C. Guenther, "Sampling Inspection in Statistical Quality Control" (1977): for each
acceptance number the smallest sample that protects the consumer; the sample grows with the number,
so the first that spares the producer too is the smallest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Promise = Callable[[int, int], bool]
"""Whether a plan (n, c) keeps a promise."""

_SCAN = 64  # up to this acceptance number every plan is tried; beyond it by bisection
_LOOK_BACK = 32  # ... and then so many smaller acceptance numbers are tried again


def smallest_plan(
    lot: int, most: int, protects: Promise, spares: Promise
) -> tuple[int, int] | None:
    """The smallest (n, c), c up to ``most``, that keeps both promises; None if none is found.

    ``protects`` must come true as n grows, ``spares`` as c grows with its smallest n; whole n makes
    the latter slightly uneven, hence the look back.
    """
    found = _scan(lot, 0, min(_SCAN, most), protects, spares)
    if found is not None or most <= _SCAN:
        return found
    if _scan(lot, most, most, protects, spares) is None:
        return None
    low, high = _SCAN, most
    while high - low > 1:
        middle = (low + high) // 2
        if _scan(lot, middle, middle, protects, spares) is None:
            low = middle
        else:
            high = middle
    return _scan(lot, max(_SCAN + 1, high - _LOOK_BACK), high, protects, spares)


def common_sample(
    lot: int, at_least: int, promises: Sequence[tuple[Promise, Promise]]
) -> tuple[int, list[int]] | None:
    """The smallest n >= ``at_least`` at which each pair of promises has a c that keeps both.

    Gives n and the smallest such c of each; None where even the whole lot keeps not all of them.
    ``promises`` are pairs of protects and spares. For whole n and c this is exact: the smallest c
    that spares grows with n, so where it does not protect, none does before n protects with it.
    """
    n = at_least
    while True:
        further, numbers = n, []
        for protects, spares in promises:
            c = _smallest_sparing(n, spares)
            numbers.append(c)
            if not protects(n, c):
                enough = smallest_sample(lot, c, n + 1, protects)
                if enough is None:
                    return None
                further = max(further, enough)
        if further == n:
            return n, numbers
        n = further


def _smallest_sparing(n: int, spares: Promise) -> int:
    """The smallest c that spares the producer; c = n does."""
    low, high = -1, n
    while high - low > 1:
        middle = (low + high) // 2
        if spares(n, middle):
            high = middle
        else:
            low = middle
    return high


def _scan(
    lot: int, first: int, last: int, protects: Promise, spares: Promise
) -> tuple[int, int] | None:
    at_least = first + 1
    for c in range(first, last + 1):
        n = smallest_sample(lot, c, at_least, protects)
        if n is None:
            return None
        if spares(n, c):
            return n, c
        at_least = n + 1
    return None


def smallest_sample(lot: int, c: int, at_least: int, protects: Promise) -> int | None:
    """Smallest n >= at_least that protects with acceptance number c; None if the lot does not."""
    low, step = min(at_least, lot) - 1, max(1, (at_least // (c + 1)) // 2)
    high = min(low + step, lot)
    while not protects(high, c):
        if high == lot:
            return None
        low, step = high, 2 * step
        high = min(low + step, lot)
    while high - low > 1:
        middle = (low + high) // 2
        if protects(middle, c):
            high = middle
        else:
            low = middle
    return high
