"""The promise about unreviewed work over many deployments; alarms and bounds at any moment."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from outwork.methods.automation import alarm, anytime_upper, evidence, passing_rule

Floats = np.ndarray
ERROR_RATES: dict[str, Callable[[Floats], Floats]] = {
    "falls evenly": lambda s: 0.4 * (1 - s),
    "falls steeply": lambda s: 0.5 * (1 - s) ** 3,
    "just too high everywhere": lambda s: np.full_like(s, 0.0501),
    "good only at the surest": lambda s: np.where(s > 0.8, 0.01, 0.4),
    "worst at the surest": lambda s: np.where(s > 0.9, 0.3, 0.02),
}


@pytest.mark.parametrize("case", ERROR_RATES)
def test_promise_is_broken_no_more_often_than_delta(case: str) -> None:
    """400 deployments; three standard errors of 0.1 are 0.045."""
    rate = ERROR_RATES[case]
    chance = np.random.default_rng(11)
    work = np.sort(chance.random(50_000))[::-1]
    risk = np.cumsum(rate(work)) / np.arange(1, len(work) + 1)
    broken = 0
    for _ in range(400):
        scores = chance.random(600)
        wrong = chance.random(600) < rate(scores)
        rule = passing_rule(scores, wrong, chance.random(1000), alpha=0.05, delta=0.1)
        passed = int(np.sum(work >= rule.threshold))
        broken += passed > 0 and risk[passed - 1] > 0.05
    assert broken / 400 <= 0.145


def test_a_good_agent_passes_nearly_everything() -> None:
    chance = np.random.default_rng(2)
    shares = []
    for _ in range(50):
        scores = chance.random(1000)
        wrong = chance.random(1000) < 0.02
        shares.append(passing_rule(scores, wrong, chance.random(1000)).share)
    assert np.mean(shares) > 0.95


def test_rule_states_what_it_counted() -> None:
    chance = np.random.default_rng(4)
    scores = chance.random(1000)
    wrong = chance.random(1000) < 0.5 * (1 - scores) ** 3
    rule = passing_rule(scores, wrong, scores)
    above = scores >= rule.threshold
    assert rule.passed == above.sum()
    assert rule.errors == wrong[above].sum()
    assert rule.share == pytest.approx(above.mean())
    exact = sum(
        math.comb(rule.passed, k) * 0.05**k * 0.95 ** (rule.passed - k)
        for k in range(rule.errors + 1)
    )
    assert rule.p_value == pytest.approx(exact, rel=1e-9)
    assert rule.p_value <= 0.1


def test_too_little_calibration_passes_nothing() -> None:
    """Fewer than 45 right answers without an error cannot prove 5 % at 10 %."""
    few = passing_rule(np.linspace(0, 1, 44), np.zeros(44), np.linspace(0, 1, 500))
    assert few.threshold == math.inf
    assert few.share == 0.0
    assert passing_rule(np.ones(500), np.zeros(500), np.ones(500)).share == 1.0


def test_alarm_is_rarely_false_and_soon_right() -> None:
    chance = np.random.default_rng(8)
    false = sum(alarm(chance.random(2000) < 0.05, 0.05) is not None for _ in range(150))
    assert false / 150 <= 0.1 + 3 * math.sqrt(0.09 / 150)
    found = [alarm(chance.random(2000) < 0.1, 0.05) for _ in range(50)]
    assert sum(n is not None for n in found) >= 49
    assert np.median([n for n in found if n is not None]) < 300


def test_evidence_is_a_martingale() -> None:
    """Its mean over all streams of six answers at the claimed rate is exactly one."""
    streams = [[bool(code >> i & 1) for i in range(6)] for code in range(64)]
    mean = sum(float(evidence(s, 0.2)[-1]) * 0.2 ** sum(s) * 0.8 ** (6 - sum(s)) for s in streams)
    assert mean == pytest.approx(1.0)


def test_bound_holds_at_every_moment() -> None:
    chance = np.random.default_rng(9)
    broken = 0
    looks = [10, 20, 50, 100, 200, 500, 1000]
    for _ in range(300):
        errors = np.cumsum(chance.random(1000) < 0.07)
        broken += any(anytime_upper(int(errors[n - 1]), n) < 0.07 for n in looks)
    assert broken / 300 <= 0.1 + 3 * math.sqrt(0.09 / 300)
    assert anytime_upper(0, 0) == 1.0
    assert 0.05 < anytime_upper(50, 1000) < 0.08


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: passing_rule([], [], [1.0]), "scores"),
        (lambda: passing_rule([1.0], [0], []), "pool"),
        (lambda: passing_rule([math.nan], [0], [1.0]), "scores"),
        (lambda: passing_rule([1.0], [0, 1], [1.0]), "wrong"),
        (lambda: passing_rule([1.0], [2], [1.0]), "wrong"),
        (lambda: passing_rule([1.0], [0], [1.0], alpha=0.0), "alpha"),
        (lambda: passing_rule([1.0], [0], [1.0], delta=1.0), "delta"),
        (lambda: alarm([[1]], 0.05), "wrong"),
        (lambda: evidence([1], 1.0), "alpha"),
        (lambda: anytime_upper(3, 2), "errors"),
        (lambda: anytime_upper(0, 2, 0.0), "delta"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        call()
