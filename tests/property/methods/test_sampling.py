"""Invariants of plans and bounds over random lots."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from outwork.methods import hypergeometric
from outwork.methods.intervals import defectives_lower, defectives_upper
from outwork.methods.sampling import (
    acceptable_defectives,
    limiting_defectives,
    operating_characteristic,
    plan,
)

risks = st.sampled_from([0.01, 0.05, 0.1, 0.2])


@st.composite
def samples(draw: st.DrawFn, most: int = 400) -> tuple[int, int, int, int]:
    lot = draw(st.integers(1, most))
    defectives, n = draw(st.integers(0, lot)), draw(st.integers(0, lot))
    return draw(st.integers(-1, n)), lot, defectives, n


@given(samples())
def test_tails_are_the_rational_numbers(case: tuple[int, int, int, int]) -> None:
    exact = hypergeometric.exact_cdf(*case)
    assert hypergeometric.cdf(*case) == pytest.approx(float(exact), rel=1e-12, abs=1e-300)
    assert hypergeometric.survival(*case) == pytest.approx(float(1 - exact), rel=1e-12, abs=1e-300)


@given(st.integers(1, 3000), st.integers(1, 60), st.integers(0, 59), risks, risks)
def test_attained_risks_keep_the_promise(
    lot: int, bad: int, good: int, beta: float, alpha: float
) -> None:
    limiting, acceptable = bad / 100, good / 100
    few, many = acceptable_defectives(lot, acceptable), limiting_defectives(lot, limiting)
    assume(few < many)
    found = plan(lot, limiting, beta, acceptable, alpha)
    assert found.producer_risk is not None
    assert found.consumer_risk <= beta + 1e-12
    assert found.producer_risk <= alpha + 1e-12
    curve = operating_characteristic(found, np.arange(lot + 1))
    assert np.all(np.diff(curve) <= 1e-12)
    assert curve[many] == found.consumer_risk
    assert curve[few] == pytest.approx(1 - found.producer_risk)


@given(st.integers(1, 80), st.data(), st.sampled_from([0.6, 0.9, 0.95]))
def test_bounds_cover_as_often_as_stated(lot: int, data: st.DataObject, confidence: float) -> None:
    n = data.draw(st.integers(1, lot))
    truth = data.draw(st.integers(0, lot))
    upper = lower = Fraction(0)
    for x in range(max(0, n + truth - lot), min(n, truth) + 1):
        chance = hypergeometric.exact_cdf(x, lot, truth, n)
        chance -= hypergeometric.exact_cdf(x - 1, lot, truth, n)
        upper += chance if defectives_upper(lot, n, x, confidence) >= truth else 0
        lower += chance if defectives_lower(lot, n, x, confidence) <= truth else 0
    assert upper >= Fraction(repr(confidence))
    assert lower >= Fraction(repr(confidence))
