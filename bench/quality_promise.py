"""The promise about unreviewed work, broken how often, at what share; alarms when work drifts.

A case is a population of answers with scores. A deployment calibrates on items drawn from it with
replacement, so the true risk of what passes is known exactly. The oracle knows the order of the
true error rates and the one share to look at, at which the exact binomial bound gives it most.
"""

from __future__ import annotations

import time
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
_CHUNK = 250
_NUMBERS = np.arange(1, CALIBRATION + 1)
# the most errors among so many at which the exact bound proves the promise; -1: none does
_PROVING = (bdtr(np.arange(80)[:, None], _NUMBERS, ALPHA) <= DELTA).sum(axis=0) - 1
ORDERED = ("falls evenly", "falls steeply", "good at the surest", "good nearly everywhere")


def promise(seed: int, deployments: int, budget_s: float = 600.0) -> dict[str, Any]:
    """Per case the share of deployments that broke it, the share passed and the oracle's.

    CPU seconds beyond the budget's end the cases where they are, each after as many deployments.
    """
    chance = np.random.default_rng(seed)
    ends = time.process_time() + budget_s
    cases = {name: _Case(case, chance) for name, case in CASES.items()}
    for done in range(0, deployments, _CHUNK):
        for found in cases.values():
            found.deploy(min(_CHUNK, deployments - done), chance)
        if time.process_time() > ends:
            break
    return {name: found.figures() for name, found in cases.items()}


class _Case:
    """A population, surest first, and what has been counted over deployments so far."""

    def __init__(self, case: Case, chance: np.random.Generator) -> None:
        self.score = np.sort(chance.random(POPULATION))[::-1]
        self.wrong = chance.random(POPULATION) < case(self.score)
        self.risk = np.cumsum(self.wrong) / np.arange(1, POPULATION + 1)
        self.done = self.broken = self.naive = 0
        self.passed, self.proved = 0.0, np.zeros(CALIBRATION)

    def deploy(self, times: int, chance: np.random.Generator) -> None:
        """So many deployments more."""
        drawn = np.sort(chance.integers(0, POPULATION, (times, CALIBRATION)), axis=1)
        pools = self.score[chance.integers(0, POPULATION, (times, POOL))]
        bad = self.wrong[drawn]
        errors, rising = np.cumsum(bad, axis=1), -self.score
        self.proved += (errors <= _PROVING).sum(axis=0)
        fits = errors <= ALPHA * np.arange(1, CALIBRATION + 1)
        last = CALIBRATION - 1 - np.argmax(fits[:, ::-1], axis=1)
        reached = drawn[np.arange(times), last]
        self.naive += int((fits.any(axis=1) & (self.risk[reached] > ALPHA)).sum())
        for at, given, pool in zip(drawn, bad, pools, strict=True):
            rule = automation.passing_rule(self.score[at], given, pool, alpha=ALPHA, delta=DELTA)
            through = int(np.searchsorted(rising, -rule.threshold, side="right"))
            self.broken += bool(through > 0 and self.risk[through - 1] > ALPHA)
            self.passed += through / POPULATION
        self.done += times

    def figures(self) -> dict[str, Any]:
        """Shares of the deployments."""
        looked = self.proved / self.done * np.arange(1, CALIBRATION + 1) / CALIBRATION
        return {
            "broken": self.broken / self.done, "naive_broken": self.naive / self.done,
            "share": self.passed / self.done, "oracle_share": float(looked.max()),
            "deployments": self.done,
        }  # fmt: skip


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
