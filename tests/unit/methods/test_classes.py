"""Severity classes in one sample: against the slow definition, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outwork.methods import hypergeometric
from outwork.methods.classes import Points, common_plans, measured_common_plans
from outwork.methods.inspection import Check, measured_plan, measured_promises
from outwork.methods.sampling import acceptable_defectives, limiting_defectives, plan

JOINT, STRICT, WIDE = (
    Points(0.02, 0.05, 0.005, 0.05),
    Points(0.01, 0.05, 0.001, 0.05),
    Points(0.1, 0.05, 0.06, 0.05),
)


@st.composite
def agreed(draw: st.DrawFn) -> Points:
    bad = draw(st.integers(2, 60))
    good = draw(st.integers(1, max(1, bad * 2 // 3)))
    risks = st.sampled_from([0.05, 0.1, 0.2])
    return Points(bad / 100, draw(risks), good / 100 / 2, draw(risks))


def slow_number(lot: int, n: int, of: Points) -> int | None:
    """The smallest c that keeps both risks in a sample of n, each tried in exact fractions."""
    bad = limiting_defectives(lot, of.limiting_quality)
    good = acceptable_defectives(lot, of.acceptable_quality)
    for c in range(n + 1):
        refused = 1 - hypergeometric.exact_cdf(c, lot, good, n)
        passed = hypergeometric.exact_cdf(c, lot, bad, n)
        if refused <= Fraction(repr(of.producer_risk)) and passed <= Fraction(
            repr(of.consumer_risk)
        ):
            return c
    return None


@given(st.integers(1, 60), st.lists(agreed(), min_size=2, max_size=3))
@settings(max_examples=60, deadline=None)
def test_it_is_the_smallest_sample_in_which_every_class_has_a_number(
    lot: int, classes: list[Points]
) -> None:
    found = common_plans(lot, classes)
    slow = next(
        (n, numbers)
        for n in range(1, lot + 1)
        if None not in (numbers := [slow_number(lot, n, of) for of in classes])
    )
    assert ({p.n for p in found}, [p.c for p in found]) == ({slow[0]}, slow[1])


@given(st.integers(1, 3_000), st.lists(agreed(), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_every_class_keeps_both_its_risks(lot: int, classes: list[Points]) -> None:
    found = common_plans(lot, classes)
    alone = [plan(lot, *of.each()) for of in classes]
    assert len({p.n for p in found}) == 1
    assert found[0].n >= max(p.n for p in alone)
    for of, made in zip(classes, found, strict=True):
        assert made.consumer_risk <= of.consumer_risk + 1e-12
        assert made.producer_risk is not None
        assert made.producer_risk <= of.producer_risk + 1e-12
        bad = limiting_defectives(lot, of.limiting_quality)
        assert made.consumer_risk == hypergeometric.cdf(made.c, lot, bad, made.n)


def test_one_class_is_the_plan_itself() -> None:
    assert common_plans(6400, [JOINT]) == [plan(6400, *JOINT.each())]


def test_the_largest_sample_mostly_does() -> None:
    found = common_plans(6400, [JOINT, STRICT, WIDE])
    assert [(p.n, p.c) for p in found] == [(607, 6), (607, 2), (607, 46)]
    assert [plan(6400, *of.each()).n for of in (JOINT, STRICT, WIDE)] == [512, 607, 466]


def test_where_whole_numbers_leave_a_class_without_a_number_the_sample_grows() -> None:
    classes = [Points(0.03, 0.05, 0.006, 0.1), Points(0.04, 0.05, 0.01, 0.05)]
    assert [plan(1000, *of.each()).n for of in classes] == [194, 213]
    found = common_plans(1000, classes)
    assert [(p.n, p.c) for p in found] == [(243, 3), (243, 5)]
    assert slow_number(1000, 213, classes[0]) is None
    assert slow_number(1000, 242, classes[1]) is None


CHECKS = [Check(200, 190, 400, 399), Check(150, 147)]


@pytest.mark.parametrize("lot", [400, 1_500])
def test_inspectors_who_err_are_reckoned_with_in_every_class(lot: int) -> None:
    classes = [Points(0.05, 0.05, 0.01, 0.1), Points(0.12, 0.1, 0.03, 0.1)]
    found = measured_common_plans(lot, classes, CHECKS)
    assert found[0].n > common_plans(lot, classes)[0].n
    for of, made in zip(classes, found, strict=True):
        assert made.consumer_risk <= of.consumer_risk + 1e-12
        assert made.producer_risk is not None
        assert made.producer_risk <= of.producer_risk + 1e-12
        protects, spares = measured_promises(lot, *of.each(), CHECKS)
        assert protects(made.n, made.c)
        assert spares(made.n, made.c)
        assert not made.c or not spares(made.n, made.c - 1)
    assert measured_common_plans(lot, classes[:1], CHECKS)[0].n <= found[0].n


def test_what_no_sample_keeps_is_refused() -> None:
    close = Points(0.75, 0.2, 0.5, 0.1)
    with pytest.raises(ValueError, match="no sample of the 4 items"):
        measured_common_plans(4, [Points(0.25, 0.2, 0.01, 0.1), close], [Check(60, 54)])
    with pytest.raises(ValueError, match="there is not one"):
        common_plans(4, [])
    with pytest.raises(ValueError, match="there is not one"):
        measured_common_plans(4, [], CHECKS)
    with pytest.raises(ValueError, match="acceptable_quality"):
        common_plans(10, [JOINT, Points(0.1, 0.05, 0.2, 0.05)])


def test_each_has_a_sample_but_they_have_none_in_common() -> None:
    checks = [Check(100, 98, 100, 99)]
    pair = [Points(0.34, 0.1, 0.18, 0.05), Points(0.27, 0.1, 0.11, 0.1)]
    alone = [measured_plan(33, *of.each(), checks) for of in pair]
    assert [(p.n, p.c) for p in alone] == [(33, 9), (32, 6)]
    with pytest.raises(ValueError, match="no sample of the 33 items keeps both risks of every"):
        measured_common_plans(33, pair, checks)
