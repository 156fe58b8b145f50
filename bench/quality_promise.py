"""The promise about unreviewed work, broken how often, at what share; alarms when work drifts.

A case is a population of answers with scores. A deployment calibrates on items drawn from it with
replacement, so the true risk of what passes is known exactly. The oracle knows the order of the
true error rates and the one share to look at, at which the exact binomial bound gives it most.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import bdtr

from outwork.methods import automation

ALPHA, DELTA = 0.05, 0.1
DEPLOYMENTS, CALIBRATION, POPULATION, POOL = 10_000, 1_000, 20_000, 2_000
Case = Callable[[np.ndarray], np.ndarray]
CASES: dict[str, Case] = {
    "falls evenly": lambda s: 0.4 * (1 - s),
    "falls steeply": lambda s: 0.5 * (1 - s) ** 3,
    "good at the surest": lambda s: np.where(s > 0.6, 0.01, 0.4),
    "good nearly everywhere": lambda s: np.where(s > 0.1, 0.02, 0.4),
    "just too high everywhere": lambda s: np.full_like(s, 0.0501),
    "worst at the surest": lambda s: np.where(s > 0.9, 0.3, 0.02),
}
ORDERED = ("falls evenly", "falls steeply", "good at the surest", "good nearly everywhere")


def promise(seed: int, deployments: int) -> dict[str, Any]:
    """Per case the share of deployments that broke it, the share passed and the oracle's."""
    chance = np.random.default_rng(seed)
    out: dict[str, Any] = {}
    for name, case in CASES.items():
        score = np.sort(chance.random(POPULATION))[::-1]
        wrong = chance.random(POPULATION) < case(score)
        risk = np.cumsum(wrong) / np.arange(1, POPULATION + 1)
        broken, passed, naive, proved = 0, 0.0, 0, np.zeros(CALIBRATION)
        for _ in range(deployments):
            drawn = np.sort(chance.integers(0, POPULATION, CALIBRATION))
            pool = score[chance.integers(0, POPULATION, POOL)]
            given, bad = score[drawn], wrong[drawn]
            rule = automation.passing_rule(given, bad, pool, alpha=ALPHA, delta=DELTA)
            through = int(np.searchsorted(-score, -rule.threshold, side="right"))
            broken += through > 0 and risk[through - 1] > ALPHA
            passed += through / POPULATION
            errors, n = np.cumsum(bad), np.arange(1, CALIBRATION + 1)
            proved += bdtr(errors, n, ALPHA) <= DELTA
            fits = np.flatnonzero(errors <= ALPHA * n)
            last = int(drawn[fits[-1]]) if len(fits) else -1
            naive += last >= 0 and risk[last] > ALPHA
        oracle = float((proved / deployments * np.arange(1, CALIBRATION + 1) / CALIBRATION).max())
        out[name] = {
            "broken": broken / deployments, "naive_broken": naive / deployments,
            "share": passed / deployments, "oracle_share": oracle,
        }  # fmt: skip
    return out


def drift(seed: int, streams: int) -> dict[str, Any]:
    """Errors rise after 1,000 answers of half of alpha; where the alarm sounds, by speed of drift.

    `late`: share of streams in which, before the alarm, more than twice alpha of all that had
    passed was wrong. `rate_at_alarm`: mean error rate reached then. `false`: share of streams of
    alpha throughout that gave an alarm within 4,000 answers.
    """
    chance = np.random.default_rng(seed)
    before = np.full(1000, ALPHA / 2)
    drifts = {
        "jump to 3 alpha": np.full(3000, 3 * ALPHA),
        "to 4 alpha within 1,000": np.minimum(ALPHA / 2 + np.arange(3000) * 3.5e-3 * ALPHA, 0.2),
        "to 4 alpha within 3,000": np.linspace(ALPHA / 2, 4 * ALPHA, 3000),
    }
    out: dict[str, Any] = {}
    for name, after in drifts.items():
        rate = np.concatenate([before, after])
        late, at = 0, []
        for _ in range(streams):
            wrong = chance.random(len(rate)) < rate
            found = automation.alarm(wrong, ALPHA, DELTA) or len(rate)
            passed = np.cumsum(wrong[:found]) / np.arange(1, found + 1)
            late += bool(np.any(passed[100:] > 2 * ALPHA))
            at.append(rate[found - 1])
        out[name] = {"late": late / streams, "rate_at_alarm": float(np.mean(at))}
    false = [automation.alarm(chance.random(4000) < ALPHA, ALPHA, DELTA) for _ in range(streams)]
    out["false"] = sum(f is not None for f in false) / streams
    return out
