"""What must hold of agreement, erring inspectors, sequential plans and passing rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from outwork.methods.agreement import METRICS, alpha
from outwork.methods.automation import passing_rule
from outwork.methods.inspection import Inspector, acceptance, defectives_upper
from outwork.methods.sampling import Plan, acceptable_defectives, limiting_defectives, plan
from outwork.methods.sequential import sequential_curve, sequential_plan, verdict

judged = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), min_size=2, max_size=30)


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=40)
@given(pairs=judged, seed=st.integers(0, 99))
def test_alpha_does_not_depend_on_order_or_names(
    metric: str, pairs: list[tuple[int, int]], seed: int
) -> None:
    units, values = np.array(pairs).T
    twice = np.bincount(units)[units] > 1
    assume(len(np.unique(values[twice])) > 1)
    chance = np.random.default_rng(seed)
    order, names = chance.permutation(len(units)), chance.permutation(6)
    one, two = alpha(units, values, metric), alpha(names[units[order]], values[order], metric)
    assert one.value == pytest.approx(two.value, abs=1e-9)
    assert one.value <= 1 + 1e-12


errs = st.sampled_from([0.5, 0.8, 0.95, 1.0])


@settings(max_examples=60)
@given(st.integers(1, 60), st.data(), errs, errs)
def test_an_erring_inspector_s_curve_falls(
    lot: int, data: st.DataObject, sensitivity: float, specificity: float
) -> None:
    assume(sensitivity + specificity > 1)
    n = data.draw(st.integers(1, lot))
    agreed = Plan(lot, n, data.draw(st.integers(0, n)), 0.0)
    curve = acceptance(agreed, np.arange(lot + 1), Inspector(sensitivity, specificity))
    assert np.all(np.diff(curve) <= 1e-12)
    assert np.all((curve >= 0) & (curve <= 1))
    keener = acceptance(agreed, np.arange(lot + 1), Inspector(1.0, specificity))
    assert np.all(keener <= curve + 1e-12)
    bound = defectives_upper(lot, n, agreed.c, 0.9, Inspector(sensitivity, specificity))
    assert bound == lot or curve[bound + 1] <= 0.1 + 1e-12


@settings(max_examples=25)
@given(st.integers(2, 400), st.integers(5, 60), st.integers(0, 40))
def test_sequential_plans_keep_both_risks(lot: int, bad: int, good: int) -> None:
    limiting, acceptable = bad / 100, good / 100
    few, many = acceptable_defectives(lot, acceptable), limiting_defectives(lot, limiting)
    assume(few < many)
    found = sequential_plan(lot, limiting, 0.1, acceptable, 0.1)
    single = plan(lot, limiting, 0.1, acceptable, 0.1)
    chance, looked = sequential_curve(found, [few, many])
    assert chance[0] >= 0.9 - 1e-12
    assert chance[1] <= 0.1 + 1e-12
    assert looked[0] <= single.n * 1.5
    assert verdict(found, found.longest, found.longest) == "reject"


@settings(max_examples=30)
@given(st.integers(1, 300), st.integers(0, 999))
def test_what_passes_was_proved(n: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    scores = chance.random(n).round(2)
    rule = passing_rule(scores, chance.random(n) < 0.1 * (1 - scores), chance.random(50).round(2))
    assert (rule.threshold == math.inf) == (rule.share == 0)
    if rule.share:
        assert rule.p_value <= 0.1
        assert rule.errors <= 0.05 * rule.passed
