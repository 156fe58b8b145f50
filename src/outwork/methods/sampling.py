"""Acceptance sampling of a finite lot by attributes, with exact hypergeometric risks.

A plan (n, c) draws n items of the lot at random and accepts the lot when at most c of them are
defective. The *consumer's risk* is the chance to accept a lot of limiting quality, the
*producer's risk* the chance to reject a lot of acceptable quality. Source: E. G. Schilling and
D. V. Neubauer, "Acceptance Sampling in Quality Control", 2nd ed. (2009), chapters 2 and 5
(type A operating characteristics); W. C. Guenther, "Sampling Inspection in Statistical Quality
Control" (1977), for the search over acceptance numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods import hypergeometric
from outwork.methods.arguments import counts, share, whole
from outwork.methods.plan_search import smallest_plan, smallest_sample

__all__ = [
    "Plan",
    "accept",
    "acceptable_defectives",
    "limiting_defectives",
    "operating_characteristic",
    "plan",
    "rejectable_defectives",
    "single_plan",
]


@dataclass(frozen=True, slots=True)
class Plan:
    """A single sampling plan and the risks that it attains.

    ``lot`` items of which ``n`` are inspected; the lot is accepted with at most ``c`` defectives.
    ``producer_risk`` is None when the plan was made for the consumer's point alone.
    """

    lot: int
    n: int
    c: int
    consumer_risk: float
    producer_risk: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.c <= self.n <= self.lot or self.lot < 1:
            raise ValueError(
                f"plan: 0 <= c <= n <= lot must hold, not c={self.c}, n={self.n}, lot={self.lot}"
            )


def limiting_defectives(lot: int, limiting_quality: float) -> int:
    """The fewest defectives with which a lot is of limiting quality: ceil(lot x share)."""
    return math.ceil(whole("lot", lot, 1) * share("limiting_quality", limiting_quality))


def acceptable_defectives(lot: int, acceptable_quality: float) -> int:
    """The most defectives with which a lot is of acceptable quality: floor(lot x share)."""
    allowed = share("acceptable_quality", acceptable_quality, zero=True)
    return math.floor(whole("lot", lot, 1) * allowed)


def rejectable_defectives(lot: int, right: float) -> int:
    """The fewest defectives that break "at least ``right`` are right": floor(lot (1 - right)) + 1.

    >>> rejectable_defectives(6400, 0.98)
    129
    """
    return math.floor(whole("lot", lot, 1) * (1 - share("right", right))) + 1


def plan(
    lot: int,
    limiting_quality: float,
    consumer_risk: float,
    acceptable_quality: float,
    producer_risk: float,
) -> Plan:
    """The smallest sample whose plan meets both points of the agreement.

    Args:
        lot: number of items in the lot.
        limiting_quality: share defective that the client must be protected from, in (0, 1).
        consumer_risk: largest allowed chance to accept a lot of that quality, in (0, 1).
        acceptable_quality: share defective that the provider may rely on passing, in [0, 1).
        producer_risk: largest allowed chance to reject a lot of that quality, in (0, 1).

    Returns:
        The plan with the risks that it attains; never more than the allowed ones. Of all plans
        with that n it has the smallest c. Acceptance numbers above 64 are found by bisection
        with a look back over 32 smaller ones, since whole n makes the search slightly uneven.

    Raises:
        ValueError: an argument out of range, or both qualities mean the same number of items.

    >>> p = plan(6400, 0.02, 0.05, 0.005, 0.05)
    >>> (p.n, p.c)
    (512, 5)
    """
    bad = limiting_defectives(lot, limiting_quality)
    good = acceptable_defectives(lot, acceptable_quality)
    beta, alpha = share("consumer_risk", consumer_risk), share("producer_risk", producer_risk)
    if good >= bad:
        raise ValueError(
            f"acceptable_quality: {good} defectives of {lot} must be fewer than the {bad} of"
            " limiting_quality"
        )

    def protects(n: int, c: int) -> bool:
        return hypergeometric.lower_within(c, lot, bad, n, beta)

    def spares(n: int, c: int) -> bool:
        return hypergeometric.upper_within(c, lot, good, n, alpha)

    # c = bad - 1 always keeps both: the whole lot, and no lot of acceptable quality is rejected
    found = smallest_plan(lot, bad - 1, protects, spares)
    assert found is not None
    return _attained(lot, *found, bad, good)


def single_plan(lot: int, limiting_quality: float, consumer_risk: float, c: int = 0) -> Plan:
    """The smallest sample that meets the consumer's point with acceptance number ``c``.

    Such a plan protects the client alone: look at its operating characteristic before anyone
    signs. Arguments, errors and source as for `plan`; ``producer_risk`` of the result is None.

    >>> single_plan(6400, 0.02, 0.05, c=0).n
    147
    """
    bad = limiting_defectives(lot, limiting_quality)
    beta = share("consumer_risk", consumer_risk)
    whole("c", c, 0, bad - 1)
    n = smallest_sample(
        lot, c, c + 1, lambda n, c: hypergeometric.lower_within(c, lot, bad, n, beta)
    )
    assert n is not None  # the whole lot shows c + 1 defectives
    return _attained(lot, n, c, bad, None)


def operating_characteristic(plan: Plan, defectives: ArrayLike) -> NDArray[np.float64]:
    """The chance that the lot is accepted, for each number of defectives in the lot.

    Args:
        plan: lot, n and c are used.
        defectives: whole numbers from 0 to plan.lot, any shape.

    Returns:
        Probabilities of the same shape, within about 1e-12 of the exact rational numbers.

    Raises:
        ValueError: a number of defectives that is not whole or not within the lot.
    """
    given = counts("defectives", defectives, plan.lot)
    values, where = np.unique(given, return_inverse=True)
    chances = [hypergeometric.cdf(plan.c, plan.lot, int(d), plan.n) for d in values]
    return np.asarray(chances, dtype=np.float64)[where].reshape(given.shape)


def accept(plan: Plan, defectives: int) -> bool:
    """Whether the lot is accepted when the sample held so many defectives.

    Raises:
        ValueError: not a whole number from 0 to plan.n.
    """
    return whole("defectives", defectives, 0, plan.n) <= plan.c


def _attained(lot: int, n: int, c: int, bad: int, good: int | None) -> Plan:
    consumer = hypergeometric.cdf(c, lot, bad, n)
    producer = None if good is None else hypergeometric.survival(c, lot, good, n)
    return Plan(lot, n, c, consumer, producer)
