"""Sequential inspection: look at one item after the other and stop as soon as it is decided.

The boundaries are Wald's two parallel lines, cut off; their distances are then tuned on the exact
probabilities of all paths through the finite lot, so that the stated risks are no approximation.
What no shape of boundary could save more is known from backward induction.
Sources: A. Wald, "Sequential Analysis" (1947), chapter 5, for the lines; L. A. Aroian,
Technometrics 10 (1968) 125-132, for the exact method; J. Kiefer and L. Weiss, Annals of
Mathematical Statistics 28 (1957) 57-74, for the bound.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods.arguments import counts, whole
from outwork.methods.sampling import Plan, acceptable_defectives, limiting_defectives, plan

__all__ = ["SequentialPlan", "least_inspected", "sequential_curve", "sequential_plan", "verdict"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_CUT = 3.0  # times the single plan's sample, at which a decision is forced
_ROUNDS, _HALVINGS = 3, 12
_FREE = 6.0  # times the single plan's sample, after which the bound counts inspections no more
_BEYOND = 10  # defectives above the middle of both lots', from where on it takes rejecting as free
_GRID, _ZOOMS = 8, 6  # prices of either error tried at once, and how often the grid is narrowed


@dataclass(frozen=True)
class SequentialPlan:
    """Boundaries per number of items inspected, from 0 on; the last entries always decide.

    After k items the lot is accepted with at most accept[k] defectives (-1: not yet) and rejected
    with at least reject[k]. expected_good and expected_bad: mean number of items inspected at the
    acceptable and at the limiting quality.
    """

    lot: int
    accept: Ints
    reject: Ints
    consumer_risk: float
    producer_risk: float
    expected_good: float
    expected_bad: float

    @property
    def longest(self) -> int:
        """The most items that are ever inspected."""
        return len(self.accept) - 1


def sequential_plan(
    lot: int,
    limiting_quality: float,
    consumer_risk: float,
    acceptable_quality: float,
    producer_risk: float,
) -> SequentialPlan:
    """A sequential plan that meets both points exactly. Arguments and errors as for `plan`.

    >>> p = sequential_plan(6400, 0.02, 0.05, 0.005, 0.05)
    >>> p.consumer_risk <= 0.05 and p.producer_risk <= 0.05 and p.expected_good < 0.605 * 512
    True
    """
    single = plan(lot, limiting_quality, consumer_risk, acceptable_quality, producer_risk)
    bad = limiting_defectives(lot, limiting_quality)
    good = acceptable_defectives(lot, acceptable_quality)
    p0, p1 = max(good, 0.5) / lot, min(bad, lot - 0.5) / lot
    growth = math.log(p1 * (1 - p0) / (p0 * (1 - p1)))
    longest = min(lot, math.ceil(_CUT * single.n))
    lines = _Lines(lot, longest, math.log((1 - p0) / (1 - p1)) / growth)
    tuned = lines.tuned(
        (bad, consumer_risk, math.log((1 - producer_risk) / consumer_risk) / growth),
        (good, producer_risk, math.log((1 - consumer_risk) / producer_risk) / growth),
    )
    accept, reject = tuned if tuned is not None else _curtailed(single)
    accepted_bad, expected_bad = _walk(lot, bad, accept, reject)
    accepted_good, expected_good = _walk(lot, good, accept, reject)
    return SequentialPlan(
        lot, accept, reject, accepted_bad, 1 - accepted_good, expected_good, expected_bad
    )


def least_inspected(
    lot: int,
    limiting_quality: float,
    consumer_risk: float,
    acceptable_quality: float,
    producer_risk: float,
) -> float:
    """A bound: no plan that keeps both risks inspects fewer items on average at acceptable quality.

    Whatever its boundaries, and also if it draws lots to stop: the bound is the largest, over
    prices of the two wrong verdicts, of the least cost less the prices of the allowed risks
    (the Lagrangian dual). Arguments and errors as for `plan`.

    >>> 0.602 < least_inspected(6400, 0.02, 0.05, 0.005, 0.05) / 512 < 0.6021
    True
    """
    n = plan(lot, limiting_quality, consumer_risk, acceptable_quality, producer_risk).n
    good = acceptable_defectives(lot, acceptable_quality)
    prices = _Prices(lot, good, limiting_defectives(lot, limiting_quality), math.ceil(_FREE * n))
    spans = [(math.log(n / 64), math.log(n * 64))] * 2
    bound = 0.0
    for _ in range(_ZOOMS):
        axes = [np.exp(np.linspace(*span, _GRID)) for span in spans]
        wrong, missed = (axis.ravel() for axis in np.meshgrid(*axes))
        dual = prices.least(wrong, missed) - wrong * producer_risk - missed * consumer_risk
        best = int(np.argmax(dual))
        bound = max(bound, float(dual[best]))
        reach = (spans[0][1] - spans[0][0]) / (_GRID - 1)
        spans = [(math.log(m[best]) - reach, math.log(m[best]) + reach) for m in (wrong, missed)]
    return bound


def sequential_curve(agreed: SequentialPlan, defectives: ArrayLike) -> tuple[Floats, Floats]:
    """Chance of acceptance and mean number inspected, for each number of defectives in the lot.

    Raises:
        ValueError: a number of defectives that is not whole or not within the lot.
    """
    given = counts("defectives", defectives, agreed.lot)
    walked = [_walk(agreed.lot, int(d), agreed.accept, agreed.reject) for d in given.ravel()]
    pairs = np.array(walked, dtype=np.float64).reshape(-1, 2)
    return pairs[:, 0].reshape(given.shape), pairs[:, 1].reshape(given.shape)


def verdict(
    agreed: SequentialPlan, inspected: int, found: int
) -> Literal["accept", "reject", "continue"]:
    """What the plan says after so many items, with so many of them defective.

    Raises:
        ValueError: more items than the plan ever asks for, or more defectives than items.
    """
    whole("found", found, 0, whole("inspected", inspected, 0, agreed.longest))
    if found <= agreed.accept[inspected]:
        return "accept"
    return "reject" if found >= agreed.reject[inspected] else "continue"


@dataclass(frozen=True, slots=True)
class _Lines:
    """Parallel lines of one slope, cut off where the middle between them decides."""

    lot: int
    longest: int
    slope: float

    def drawn(self, below: float, above: float) -> tuple[Ints, Ints]:
        step = np.arange(self.longest + 1)
        last = math.floor(self.slope * self.longest)
        # what the cut will decide in any case is decided at once
        certain = last - (self.longest - step)
        accept = np.floor(self.slope * step - below).astype(np.int64)
        accept = np.maximum(np.maximum(accept, certain), -1)
        reject = np.ceil(self.slope * step + above).astype(np.int64)
        reject = np.maximum(np.minimum(reject, last + 1), accept + 1)
        accept[0], reject[0] = -1, 1
        accept[-1], reject[-1] = last, last + 1
        return accept, reject

    def tuned(
        self, consumer: tuple[int, float, float], producer: tuple[int, float, float]
    ) -> tuple[Ints, Ints] | None:
        """The nearest lines whose exact risks are allowed: each is tuned in turn for the other."""
        bad, beta, below = consumer
        good, alpha, above = producer

        def client_safe(distance: float) -> bool:
            return _walk(self.lot, bad, *self.drawn(distance, above))[0] <= beta

        def provider_safe(distance: float) -> bool:
            return 1 - _walk(self.lot, good, *self.drawn(below, distance))[0] <= alpha

        for _ in range(_ROUNDS):
            below = _least(client_safe, below)
            above = _least(provider_safe, above)
        if not client_safe(below):
            below = _least(client_safe, below)
        kept = client_safe(below) and provider_safe(above)
        return self.drawn(below, above) if kept else None


@dataclass(frozen=True, slots=True)
class _Prices:
    """The least cost of inspecting a lot that is good or bad, where wrong verdicts have a price.

    Inspections cost one each, and only those of a good lot; none after the first ``longest``.
    """

    lot: int
    good: int
    bad: int
    longest: int

    def least(self, wrong: Floats, missed: Floats) -> Floats:
        """For each price of rejecting a good lot, with that of accepting a bad one beside it.

        By backward induction over items inspected and defectives found. A cost is that under
        either lot, weighed by how likely either is after what was found if both were as likely at
        the start: half the sum of both.
        """
        most = min(self.longest, self.lot)
        middle = math.ceil(most * (self.good + self.bad) / (2 * self.lot))
        found = np.arange(min(self.bad, middle + _BEYOND) + 1)  # with more, rejecting is free
        cost = np.zeros((len(wrong), len(found) + 1))
        for k in range(most, -1, -1):
            left = self.lot - k
            good, bad = self._weights(k, found)
            ended = np.minimum(missed[:, None] * bad, wrong[:, None] * good)
            if not left:
                further = ended
            elif k == most:
                further = np.zeros_like(ended)
            else:
                hit = good * np.maximum(self.good - found, 0) + bad * (self.bad - found)
                further = good + (hit * cost[:, 1:] + (left - hit) * cost[:, :-1]) / left
            cost[:, :-1] = np.minimum(ended, further)
        return np.asarray(2 * cost[:, 0], dtype=np.float64)

    def _weights(self, k: int, found: Ints) -> tuple[Floats, Floats]:
        """How likely the lot is good, and bad, after k items; both 0 where neither can be."""
        logs = np.array([self._path(d, k, found) for d in (self.good, self.bad)])
        top = logs.max(axis=0)
        weights = np.exp(logs - np.where(np.isfinite(top), top, 0.0))
        good, bad = weights / np.maximum(weights.sum(axis=0), 1e-300)
        return good, bad

    def _path(self, defectives: int, k: int, found: Ints) -> Floats:
        """Logarithm of the chance of one order of what was found, less what goes for every lot."""
        logs, right = _log_factorials(self.lot), self.lot - defectives
        possible = (found <= min(k, defectives)) & (k - found <= right)
        rest, rest_right = defectives - found[possible], right - k + found[possible]
        out = np.full(len(found), -np.inf)
        out[possible] = logs[defectives] + logs[right] - logs[rest] - logs[rest_right]
        return out


@functools.lru_cache(maxsize=4)
def _log_factorials(most: int) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])


def _curtailed(single: Plan) -> tuple[Ints, Ints]:
    """The single plan, stopped as soon as its verdict is certain."""
    accept = np.maximum(single.c - single.n + np.arange(single.n + 1), -1)
    accept[0] = min(accept[0], single.c)
    return accept, np.full(single.n + 1, single.c + 1)


def _least(allowed: Callable[[float], bool], start: float) -> float:
    """About the least distance that is allowed, up to four times the start."""
    low, high = 0.25 * start, start
    while not allowed(high) and high < 4 * start:
        low, high = high, 1.5 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if allowed(middle):
            high = middle
        else:
            low = middle
    return high


def _walk(lot: int, defectives: int, accept: Ints, reject: Ints) -> tuple[float, float]:
    """Exact chance of acceptance and mean number inspected, over all paths through the lot."""
    most = int(reject.max())
    chance = np.zeros(most + 1)
    chance[0] = 1.0
    found = np.arange(most + 1)
    accepted = expected = 0.0
    for k in range(1, len(accept)):
        alive = float(chance.sum())
        if alive <= 0:
            break
        expected += alive
        hit = np.clip((defectives - found) / (lot - k + 1), 0.0, 1.0) * chance
        chance = chance - hit
        chance[1:] += hit[:-1]
        low, high = int(accept[k]), int(reject[k])
        if low >= 0:
            accepted += float(chance[: low + 1].sum())
            chance[: low + 1] = 0.0
        chance[high:] = 0.0
    return min(1.0, accepted), expected
