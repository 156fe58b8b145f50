"""Severity classes of defects, each with an acceptance number of its own in one common sample.

Every class has two points (limiting and acceptable quality, each with its risk) and is judged by
itself: a lot passes when every class does. Source: MIL-STD-105E (1989), sections 4.3 and 4.5, and
E. G. Schilling and D. V. Neubauer, "Acceptance Sampling in Quality Control", 2nd ed. (2009),
chapter 2, for classes with plans of their own; numbers in common are found as in `plan_search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outwork.methods import hypergeometric
from outwork.methods.arguments import share
from outwork.methods.inspection import Check, measured_plan, measured_promises, measured_risks
from outwork.methods.plan_search import Promise, common_sample
from outwork.methods.sampling import Plan, acceptable_defectives, limiting_defectives, plan

__all__ = ["Points", "common_plans", "measured_common_plans"]


@dataclass(frozen=True, slots=True)
class Points:
    """What is agreed for a class: two shares defective, each with the largest risk; in (0, 1)."""

    limiting_quality: float
    consumer_risk: float
    acceptable_quality: float
    producer_risk: float

    def each(self) -> tuple[float, float, float, float]:
        """The four in the order in which `sampling.plan` takes them."""
        return (
            self.limiting_quality,
            self.consumer_risk,
            self.acceptable_quality,
            self.producer_risk,
        )


def common_plans(lot: int, classes: Sequence[Points]) -> list[Plan]:
    """The plans of the classes in the smallest sample that does for all of them.

    From the largest sample that any class needs by itself on, the first is taken at which each
    class has an acceptance number that keeps both its risks: mostly that one, sometimes, since
    numbers are whole, some units more. Of several numbers a class gets the smallest.

    Returns:
        One plan a class, in their order, all with the same n, with the risks that each attains.

    Raises:
        ValueError: no classes, or as `sampling.plan` does.

    >>> [(p.n, p.c) for p in common_plans(6400, [Points(0.02, 0.05, 0.005, 0.05)])]
    [(512, 5)]
    >>> strict, wide = Points(0.01, 0.05, 0.001, 0.05), Points(0.1, 0.05, 0.06, 0.05)
    >>> [(p.n, p.c) for p in common_plans(6400, [strict, wide])]
    [(607, 2), (607, 46)]
    """
    _some(classes)
    if len(classes) == 1:
        return [plan(lot, *classes[0].each())]
    least = max(plan(lot, *points.each()).n for points in classes)
    found = common_sample(lot, least, [_promises(lot, points) for points in classes])
    assert found is not None  # the whole lot shows what it holds
    n, numbers = found
    made = []
    for points, c in zip(classes, numbers, strict=True):
        bad = limiting_defectives(lot, points.limiting_quality)
        good = acceptable_defectives(lot, points.acceptable_quality)
        risks = hypergeometric.cdf(c, lot, bad, n), hypergeometric.survival(c, lot, good, n)
        made.append(Plan(lot, n, c, *risks))
    return made


def measured_common_plans(
    lot: int, classes: Sequence[Points], checks: Sequence[Check]
) -> list[Plan]:
    """As `common_plans`, with inspectors known only from checks: see `inspection.measured_plan`.

    Checks do not tell severities apart, so what they showed is taken for every class; each class
    pays for the measuring out of its own risks.

    Raises:
        ValueError: as there, and where the whole lot does not do for all classes.
    """
    _some(classes)
    if len(classes) == 1:
        return [measured_plan(lot, *classes[0].each(), checks)]
    least = max(measured_plan(lot, *points.each(), checks).n for points in classes)
    promises = [measured_promises(lot, *points.each(), checks) for points in classes]
    found = common_sample(lot, least, promises)
    if found is None:
        raise ValueError(f"classes: no sample of the {lot} items keeps both risks of every class")
    n, numbers = found
    made = []
    for points, c in zip(classes, numbers, strict=True):
        risks = measured_risks(Plan(lot, n, c, 0.0), *points.each(), checks)
        made.append(Plan(lot, n, c, *risks))
    return made


def _promises(lot: int, points: Points) -> tuple[Promise, Promise]:
    bad = limiting_defectives(lot, points.limiting_quality)
    good = acceptable_defectives(lot, points.acceptable_quality)
    beta = share("consumer_risk", points.consumer_risk)
    alpha = share("producer_risk", points.producer_risk)
    return (
        lambda n, c: hypergeometric.lower_within(c, lot, bad, n, beta),
        lambda n, c: hypergeometric.upper_within(c, lot, good, n, alpha),
    )


def _some(classes: Sequence[Points]) -> None:
    if not classes:
        raise ValueError("classes: there is not one")
