"""Dodge and Romig's plans: published limits, and every other plan tried."""

from __future__ import annotations

import doctest
from math import comb

import numpy as np
import pytest

from outwork.methods import hypergeometric, rectifying
from outwork.methods.rectifying import (
    Rectifying,
    aoql_plan,
    average_outgoing,
    ltpd_plan,
    total_inspection,
)


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(rectifying).failed == 0


@pytest.mark.parametrize(
    ("lot", "n", "c", "quality", "outgoing"),
    [
        (1000, 509, 5, 0.01, 0.00294), (2000, 509, 5, 0.01, 0.0045),
        (1000, 950, 12, 0.01, 0.00042), (1000, 101, 2, 0.02, 0.0121),
        (1000, 397, 3, 0.01, 0.00264), (2000, 397, 3, 0.01, 0.00351),
    ],
)  # fmt: skip
def test_published_outgoing_shares(
    lot: int, n: int, c: int, quality: float, outgoing: float
) -> None:
    """L. J. Krajewski and others, "Operations Management", 12th ed., supplement G, problems 13 and
    14, whose limits are the highest of whole per cents; the limit itself is a little higher."""
    assert average_outgoing(lot, n, c, quality) == pytest.approx(outgoing, rel=0.012)
    assert 0.995 * outgoing <= rectifying._limit(lot, n, c) <= 1.13 * outgoing


def test_plan_for_three_per_cent_outgoing() -> None:
    """Lots of 8,000, AOQL 3 %, process average 1 %: the least inspection of all c."""
    found = aoql_plan(8000, 0.03, 0.01)
    assert (found.n, found.c) == (65, 3)


def slow_accepted(n: int, c: int, p: float) -> float:
    return sum(comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(c + 1))


def test_outgoing_share_and_inspection_are_their_definitions() -> None:
    accepted = slow_accepted(50, 1, 0.02)
    assert total_inspection(400, 50, 1, 0.02) == pytest.approx(50 + 350 * (1 - accepted))
    assert average_outgoing(400, 50, 1, 0.02) == pytest.approx(0.02 * accepted * 350 / 400)


@pytest.mark.parametrize(("lot", "limit", "average"), [(40, 0.05, 0.01), (30, 0.1, 0.05)])
def test_no_other_plan_keeps_the_outgoing_limit_for_less(
    lot: int, limit: float, average: float
) -> None:
    grid = np.linspace(0, 1, 201)
    best = min(
        total_inspection(lot, n, c, average)
        for n in range(1, lot + 1)
        for c in range(min(n, 6))
        if max(average_outgoing(lot, n, c, float(p)) for p in grid) <= limit
    )
    found = aoql_plan(lot, limit, average)
    assert found.limit <= limit
    assert found.inspection == pytest.approx(best, rel=0.02)


@pytest.mark.parametrize(("lot", "limiting", "average"), [(60, 0.1, 0.01), (40, 0.2, 0.08)])
def test_no_other_plan_keeps_the_consumer_s_point_for_less(
    lot: int, limiting: float, average: float
) -> None:
    bad = round(lot * limiting)
    best = min(
        (total_inspection(lot, n, c, average), n, c)
        for n in range(1, lot + 1)
        for c in range(min(n, bad))
        if hypergeometric.cdf(c, lot, bad, n) <= 0.1
    )
    found = ltpd_plan(lot, limiting, 0.1, average)
    assert (found.inspection, found.n, found.c) == best
    assert found == Rectifying(lot, found.n, found.c, found.inspection, found.limit)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"^process_average: "):
        aoql_plan(100, 0.02, 0.02)
    with pytest.raises(ValueError, match=r"^limit: "):
        aoql_plan(100, 0.0, 0.0)
    with pytest.raises(ValueError, match=r"^process_average: "):
        ltpd_plan(100, 0.02, 0.1, 0.05)
    with pytest.raises(ValueError, match=r"^c: "):
        total_inspection(100, 10, 11, 0.1)
    with pytest.raises(ValueError, match=r"^quality: "):
        average_outgoing(100, 10, 1, 1.1)
