"""Rectifying inspection: rejected lots are inspected whole, and what is found is put right.

Dodge and Romig's single sampling plans, by exact search instead of their tables: of all plans that
keep the promise, the one with the least average total inspection (ATI) at the process average.
Source: H. F. Dodge and H. G. Romig, "Sampling Inspection Tables", 2nd ed. (1959): chapters 2 (lot
tolerance per cent defective, LTPD) and 3 (average outgoing quality limit, AOQL).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outwork.methods.arguments import share, whole
from outwork.methods.sampling import limiting_defectives, single_plan

__all__ = ["Rectifying", "aoql_plan", "average_outgoing", "ltpd_plan", "total_inspection"]

Floats = NDArray[np.float64]
_GRID = 400  # qualities at which the outgoing share is looked at before it is refined


@dataclass(frozen=True, slots=True)
class Rectifying:
    """A single plan (n, c) for a lot, its mean inspection a lot, and its outgoing limit (AOQL)."""

    lot: int
    n: int
    c: int
    inspection: float
    limit: float


def total_inspection(lot: int, n: int, c: int, quality: float) -> float:
    """Mean number of units inspected a lot (ATI) when the process makes this share defective.

    >>> round(total_inspection(1000, 80, 2, 0.01), 1)
    122.8
    """
    _check(lot, n, c)
    p = float(share("quality", quality, zero=True, one=True))
    return n + (lot - n) * (1 - float(_accepted(np.array([p]), n, c)[0]))


def average_outgoing(lot: int, n: int, c: int, quality: float) -> float:
    """The share defective after rectification (AOQ): what is accepted unseen, of the whole lot."""
    _check(lot, n, c)
    p = float(share("quality", quality, zero=True, one=True))
    return p * float(_accepted(np.array([p]), n, c)[0]) * (lot - n) / lot


def ltpd_plan(
    lot: int, limiting_quality: float, consumer_risk: float, process_average: float
) -> Rectifying:
    """The plan that keeps the consumer's point with the least mean inspection.

    Args:
        lot: units. limiting_quality, consumer_risk: as for `sampling.single_plan`, exact.
        process_average: share defective that the process usually makes, below the limiting one.

    Raises:
        ValueError: an argument out of range.
    """
    bad = limiting_defectives(lot, limiting_quality)
    average = _average(process_average, limiting_quality)
    best: Rectifying | None = None
    for c in range(bad):
        n = single_plan(lot, limiting_quality, consumer_risk, c).n
        if best is not None and n >= best.inspection:
            break  # the sample alone costs more than the best plan does in all
        made = _made(lot, n, c, average)
        best = made if best is None or made.inspection < best.inspection else best
    assert best is not None
    return best


def aoql_plan(lot: int, limit: float, process_average: float) -> Rectifying:
    """The plan whose outgoing share is never above ``limit``, with the least mean inspection.

    For each acceptance number the smallest sample that keeps the limit is found.

    Raises:
        ValueError: an argument out of range.
    """
    highest = float(share("limit", limit))
    average = _average(process_average, limit)
    whole("lot", lot, 2)
    best: Rectifying | None = None
    for c in range(lot):
        n = _smallest(lot, c, highest)
        if best is not None and n >= best.inspection:
            break
        made = _made(lot, n, c, average)
        best = made if best is None or made.inspection < best.inspection else best
    assert best is not None
    return best


def _average(process_average: float, below: float) -> float:
    average = float(share("process_average", process_average, zero=True))
    if average >= below:
        raise ValueError(f"process_average: must be below {below}, not {average}")
    return average


def _check(lot: int, n: int, c: int) -> None:
    whole("c", c, 0, whole("n", n, 1, whole("lot", lot, 1)))


def _made(lot: int, n: int, c: int, average: float) -> Rectifying:
    return Rectifying(lot, n, c, total_inspection(lot, n, c, average), _limit(lot, n, c))


def _smallest(lot: int, c: int, limit: float) -> int:
    """Smallest sample with acceptance number c whose outgoing limit is kept; the lot always is."""
    low, high = c, lot
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _limit(lot, middle, c) <= limit else (middle, high)
    return high


def _limit(lot: int, n: int, c: int) -> float:
    """The highest outgoing share over all qualities: a grid, then a finer one about its top."""
    low, high = 0.0, min(1.0, 3 * (c + 2 + 3 * math.sqrt(c + 1)) / n)
    top = 0.0
    for _ in range(3):
        p = np.linspace(low, high, _GRID)
        outgoing = p * _accepted(p, n, c)
        best = int(outgoing.argmax())
        top = float(outgoing[best])
        low, high = float(p[max(0, best - 1)]), float(p[min(_GRID - 1, best + 1)])
    return top * (lot - n) / lot


def _accepted(p: Floats, n: int, c: int) -> Floats:
    """P(at most c of n) for a process with share p: lots are made by it, so binomial (type B)."""
    from scipy.special import bdtr

    return np.asarray(bdtr(c, n, p), dtype=np.float64)
