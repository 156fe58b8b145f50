"""Intervals against printed values and against their definitions."""

from __future__ import annotations

import doctest

import pytest

from outwork.methods import hypergeometric, intervals
from outwork.methods.intervals import (
    binomial_interval,
    binomial_lower,
    binomial_upper,
    conforming_lower,
    defectives_lower,
    defectives_upper,
    wilson_interval,
)


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(intervals).failed == 0


def test_printed_intervals_of_newcombe() -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 857-872, table I: 81/263, 15/148, 0/20, 1/29."""
    exact = {
        (81, 263): (0.2527, 0.3676),
        (15, 148): (0.0578, 0.1617),
        (0, 20): (0.0000, 0.1684),
        (1, 29): (0.0009, 0.1776),
    }
    wilson = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0000, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (x, n), printed in exact.items():
        assert binomial_interval(x, n, 0.95) == pytest.approx(printed, abs=5.1e-5)
    for (x, n), printed in wilson.items():
        assert wilson_interval(x, n, 0.95) == pytest.approx(printed, abs=5.1e-5)


def test_rule_of_three() -> None:
    assert binomial_upper(0, 300, 0.95) == pytest.approx(1 - 0.05 ** (1 / 300))
    assert binomial_lower(300, 300, 0.95) == pytest.approx(0.05 ** (1 / 300))
    assert binomial_lower(0, 300, 0.95) == 0.0
    assert binomial_upper(300, 300, 0.95) == 1.0


def test_the_certificate_of_6400_contracts() -> None:
    assert defectives_upper(6400, 512, 3, 0.95) == 94
    assert conforming_lower(6400, 512, 3, 0.95) == 0.9853125
    assert hypergeometric.cdf(3, 6400, 94, 512) > 0.05 >= hypergeometric.cdf(3, 6400, 95, 512)


@pytest.mark.parametrize("lot", [1, 2, 7, 12])
@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95])
def test_bounds_are_their_definition(lot: int, confidence: float) -> None:
    for n in range(1, lot + 1):
        for x in range(n + 1):
            risk = 1 - confidence
            most = [
                d
                for d in range(lot + 1)
                if lot - d >= n - x and d >= x
                if hypergeometric.exact_cdf(x, lot, d, n) > risk + 1e-12
            ]
            least = [
                d
                for d in range(lot + 1)
                if lot - d >= n - x and d >= x
                if 1 - (hypergeometric.exact_cdf(x - 1, lot, d, n) if x else 0) > risk + 1e-12
            ]
            assert defectives_upper(lot, n, x, confidence) == max(most)
            assert defectives_lower(lot, n, x, confidence) == min(least)


def test_everything_inspected_leaves_no_doubt() -> None:
    assert defectives_upper(50, 50, 4, 0.99) == defectives_lower(50, 50, 4, 0.99) == 4


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((1, 0, 0.95), "trials"),
        ((3, 2, 0.95), "successes"),
        ((-1, 2, 0.95), "successes"),
        ((0.5, 2, 0.95), "successes"),
        ((1, 2, 1.0), "confidence"),
        ((1, 2, 95), "confidence"),
    ],
)
def test_bad_arguments_of_shares(arguments: tuple[float, ...], named: str) -> None:
    for bound in (binomial_interval, binomial_lower, binomial_upper, wilson_interval):
        with pytest.raises(ValueError, match=f"^{named}: "):
            bound(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((0, 1, 0, 0.95), "lot"),
        ((10, 0, 0, 0.95), "n"),
        ((10, 11, 0, 0.95), "n"),
        ((10, 5, 6, 0.95), "x"),
        ((10, 5, 1, 0.0), "confidence"),
    ],
)
def test_bad_arguments_of_lots(arguments: tuple[float, ...], named: str) -> None:
    for bound in (defectives_upper, defectives_lower, conforming_lower):
        with pytest.raises(ValueError, match=f"^{named}: "):
            bound(*arguments)  # type: ignore[arg-type]
