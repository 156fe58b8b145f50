"""Severities judged by themselves, held against the log: lies about any of them are found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.engagement import SAMPLING
from tests.unit.verify.conftest import log_of
from tests.unit.verify.forging import Forgeries, check
from tests.unit.verify.recorded import Entry, Log, classed, world_over
from tests.unit.verify.test_two_minds import RISKS, below, checks

from outwork.kit.postgres import Cluster
from outwork.ledger import canonical
from outwork.methods.inspection import Check, at_least
from outwork.stages.assurance.model import sampling_plans
from outwork.stages.requirements import ClassTerms, SamplingTerms
from outwork.stages.setup import every_terms, exact_plans
from outwork.vocabulary import Severity
from outwork_verify import figures, inspectors

CASES = Forgeries()
forgery = CASES.forgery


@pytest.fixture(scope="module")
def classed_log(
    cluster: Cluster, migrated: str, tiny: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Log]:
    """The log of a lot that a class rejected, and that was then accepted and certified."""
    with world_over(cluster, migrated, tmp_path_factory.mktemp("classed") / "keys") as world:
        yield log_of(classed(world))


def change(reason: str, kind: str, severity: str | None, nth: int = 0, **public: Any) -> None:
    """Adds a case in which the nth entry of a kind says something else of a class, or nothing."""

    def alter(log: Log) -> Entry:
        entry = log.one(kind, nth)
        if severity is None:
            del entry["public"]["classes"]
        else:
            entry["public"]["classes"][severity] |= public
        return entry

    CASES[f"{kind} {nth} {severity} {public}"] = (alter, reason)


@pytest.mark.parametrize("name", CASES)
def test_a_lie_about_a_class_is_found(name: str, classed_log: Log) -> None:
    check(classed_log.copy(), *CASES[name])


def test_the_genuine_log_is_none_of_them(classed_log: Log) -> None:
    report = classed_log.copy().judged()
    assert report.failure is None
    (order,) = report.figures["work_orders"]
    assert order["verdict"]["classes"]["minor"] == {
        "defective": 1, "acceptance_number": 2, "accepted": True
    }  # fmt: skip
    first = classed_log.one("assurance.verdict-given")["public"]
    assert (first["defective"], first["accepted"]) == (0, False)
    assert not first["classes"]["minor"]["accepted"]


PLANNED, DRAWN, JUDGED = (
    "setup.quality-planned", "assurance.sample-drawn", "assurance.verdict-given",
)  # fmt: skip
EXACTLY = "exactly the classes of the statement of work"

change("not better than the limiting", "requirements.line-added", "minor", limiting_quality="0.2")
change("not between 0 and 1", "requirements.line-added", "minor", consumer_risk="1")
change("cannot stand there", "requirements.line-added", "minor", remark="wide")
change("smallest plan", PLANNED, "minor", acceptance_number=3)
change("other risks", PLANNED, "critical", consumer_risk="0.000001")
change(EXACTLY, PLANNED, None)
change("smallest plan", DRAWN, "minor", acceptance_number=3)
change("which the checks do not prove", DRAWN, "minor", sensitivity_at_least="0.999999")
change(EXACTLY, DRAWN, None)
change("counts 3 defective units where the log has 4", JUDGED, "minor", defective=3)
change("where 2 may be", JUDGED, "minor", acceptance_number=4)
change("not the verdict on 4 units with minor defects", JUDGED, "minor", accepted=True)
change("not the verdict on 0 units with critical", JUDGED, "critical", 1, accepted=False)
change(EXACTLY, JUDGED, None)


@forgery("not the verdict on 0 defective units")
def a_lot_accepted_that_a_class_rejects(log: Log) -> Entry:
    entry = log.one(JUDGED)
    entry["public"]["accepted"] = True
    return entry


@forgery("cannot stand there")
def a_line_with_no_class_in_its_classes(log: Log) -> Entry:
    entry = log.one("requirements.line-added")
    entry["public"]["classes"] = {}
    return entry


@forgery(EXACTLY)
def a_class_that_was_not_agreed(log: Log) -> Entry:
    entry = log.one(JUDGED)
    entry["public"]["classes"]["major"] = entry["public"]["classes"]["critical"]
    return entry


def certified(reason: str, **own: Any) -> None:
    """Adds a case in which the certificate says something else of the minor defects."""

    def alter(log: Log) -> Entry:
        entry = log.one("assurance.certificate-issued")
        stated = entry["public"]["figures"]
        if own:
            stated["classes"]["minor"] |= own
        else:
            del stated["classes"]
        entry["public"]["digest"] = hashlib.sha256(canonical.encode(stated)).hexdigest()
        return entry

    CASES[f"certificate with {own}"] = (alter, reason)


certified("certify exactly the classes")
certified("states classes", defective=0)
certified("states classes", defectives_at_most=1, conforming_at_least="0.900000")
certified("states classes", conforming_at_least="0.950000")
certified("states classes", consumer_risk="0.000001")
certified("states classes", producer_risk="0.500000")
certified("states classes", confidence="0.99")
certified("states classes", limiting_quality="0.1")
certified("states classes", praise="excellent")
certified("which the checks do not prove", sensitivity_at_least="1.000000")


def test_a_class_where_none_was_agreed_is_found(genuine: Log) -> None:
    log = genuine.copy()
    log.one(JUDGED)["public"]["classes"] = {
        "minor": {"defective": 0, "acceptance_number": 0, "accepted": True}
    }
    failure = log.judged().failure
    assert failure is not None
    assert EXACTLY in failure.reason


# --- the same figures, computed twice ----------------------------------------------------------


@st.composite
def classes(draw: st.DrawFn) -> SamplingTerms:
    """Terms with one to three classes of their own."""
    limiting, acceptable = draw(below(3))
    own = {}
    for severity in draw(st.sets(st.sampled_from(list(Severity)), min_size=1)):
        bad, good = draw(below(3))
        own[severity] = ClassTerms(bad, good, draw(RISKS), draw(st.none() | RISKS))
    return SamplingTerms(limiting, draw(RISKS), acceptable, draw(RISKS), classes=own)


def exactly(terms: SamplingTerms) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """The four fractions as the verifier takes them."""
    return (
        Fraction(terms.limiting_quality),
        Fraction(terms.consumer_risk),
        Fraction(terms.acceptable_quality),
        Fraction(terms.producer_risk),
    )


@given(st.integers(1, 20_000), classes())
@settings(max_examples=100, deadline=None)
def test_the_sample_that_does_for_every_class(lot: int, terms: SamplingTerms) -> None:
    served = exact_plans(lot, terms)
    plans = [served.joint, *served.classes.values()]
    found = figures.common_plan(lot, [exactly(t) for t in every_terms(terms)])
    assert found == (served.joint.n, [p.c for p in plans])
    for plan, of in zip(plans, every_terms(terms), strict=True):
        limiting, _, acceptable, _ = exactly(of)
        attained = figures.attained_risks(lot, plan.n, plan.c, limiting, acceptable)
        for stated, exact in zip((plan.consumer_risk, plan.producer_risk), attained, strict=True):
            rounded = Decimal(repr(stated)).quantize(Decimal("0.000001"), rounding="ROUND_CEILING")
            assert figures.risk_stated(str(rounded), exact)


@given(st.integers(1, 2_000), classes(), checks())
@settings(max_examples=40, deadline=None)
def test_the_corrected_sample_that_does_for_every_class(
    lot: int, terms: SamplingTerms, made: list[Check]
) -> None:
    corrected = SamplingTerms(
        terms.limiting_quality, terms.consumer_risk, terms.acceptable_quality,
        terms.producer_risk, corrected=True, classes=terms.classes,
    )  # fmt: skip
    ours = [inspectors.Check(c.seeded, c.caught, c.clean, c.passed) for c in made]
    each = [exactly(t) for t in every_terms(corrected)]
    least = [
        (worst.sensitivity, worst.specificity)
        for of in each
        for worst in [at_least(made, float(of[1]), float(of[3]))]
    ]
    found = inspectors.common_plans([inspectors.Terms.of(lot, *of) for of in each], ours, least)
    try:
        served = sampling_plans(lot, corrected, made)
    except ValueError:
        assert found == set()
        return
    plans = [served.joint, *served.classes.values()]
    assert (served.joint.n, tuple(p.c for p in plans)) in found


def test_terms_without_classes_have_the_plan_that_they_had() -> None:
    assert exact_plans(6400, SAMPLING).classes == {}
