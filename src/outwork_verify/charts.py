"""The Bernoulli CUSUM, computed a second time: its step, its run lengths, and how it moves.

M. R. Reynolds and Z. G. Stoumbos, Journal of Quality Technology 31 (1999) 87-108. A run length is
the mean number of answers until the sum reaches the limit.
"""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal

from outwork_verify.state import Chart

_TENTH = Decimal("0.1")
_SLACK = 1e-6  # relative: what two ways of solving the same equations differ by at most


def step(good: float, bad: float) -> int:
    """By how much a wrong answer raises the sum, where any other lowers it by 1.

    The log-likelihood ratio of a wrong answer over that of a right one, less 1, as a whole number.
    """
    right = -math.log((1 - bad) / (1 - good))
    wrong = math.log(bad * (1 - good) / (good * (1 - bad)))
    return max(1, round(wrong / right) - 1)


def run_length(up: int, limit: int, rate: float) -> float:
    """Mean number of answers until the sum, begun at 0, is at least `limit`; exactly.

    The sums 0 .. limit - 1 are the states of a Markov chain; its equations have one diagonal
    below the main one and are eliminated row by row.
    """
    rows: list[dict[int, float]] = []
    ends: list[float] = []
    for s in range(limit):
        row = {s: 1.0}
        below = max(s - 1, 0)
        row[below] = row.get(below, 0.0) - (1 - rate)
        if s + up < limit:
            row[s + up] = row.get(s + up, 0.0) - rate
        end = 1.0
        if s and (factor := row.pop(s - 1, 0.0)):
            for column, value in rows[s - 1].items():
                if column != s - 1:
                    row[column] = row.get(column, 0.0) - factor * value
            end -= factor * ends[s - 1]
        pivot = row[s]
        rows.append({column: value / pivot for column, value in row.items()})
        ends.append(end / pivot)
    lengths = [0.0] * limit
    for s in range(limit - 1, -1, -1):
        lengths[s] = ends[s] - sum(v * lengths[c] for c, v in rows[s].items() if c > s)
    return lengths[0]


def stated(written: str, exact: float) -> bool:
    """Whether a run length is stated as rounded down to tenths."""
    near = (exact * (1 - _SLACK), exact * (1 + _SLACK))
    return Decimal(written) in {
        Decimal(repr(value)).quantize(_TENTH, rounding=ROUND_FLOOR) for value in near
    }


def advance(chart: Chart, up: int, right: bool, clause: str) -> None:
    """One answer further."""
    if not right:
        chart.total += up
        chart.clauses.add(clause)
        return
    chart.total = max(0, chart.total - 1)
    if not chart.total:
        chart.clauses.clear()
