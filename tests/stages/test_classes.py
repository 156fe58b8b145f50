"""Severities that are judged by themselves: one sample, a number and a verdict for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.support.engagement import BY_CLASS, DEFECTS, PRICE, SAMPLING, World, bad, refused
from tests.unit.verify.recorded import exported

from outwork import documents, ledger, methods
from outwork.stages import acceptance, assurance, execution, setup
from outwork.stages.assurance import ClassVerdict, DefectFound
from outwork.stages.requirements import ClassTerms, Line, SamplingTerms, scope_digest
from outwork.vocabulary import (
    Confidentiality,
    EngagementId,
    InspectionUnit,
    LineId,
    Severity,
    Stage,
)
from outwork_verify import verify

CLAUSES = {"renewal": "c-renewal", "effective-date": "c-date", "governing-law": "c-law"}


def drawn(world: World, terms: SamplingTerms = BY_CLASS, items: int = 4) -> assurance.Sample:
    """A sample of a batch under these terms."""
    world.draft()
    world.add_line(terms)
    world.upto("open", after="add_line")
    world.admit(items)
    world.upto("draw", after="admit")
    found: assurance.Sample = world.look(assurance.sample_of, world.work_order())
    return found


def inspect(world: World, *severities: Severity | Sequence[Severity]) -> None:
    """Inspect all that waits; each of the first items gets defects of these severities."""
    waiting = [[s] if isinstance(s, Severity) else list(s) for s in severities]
    while (held := world.act("rosa", execution.claim, world.engagement)) is not None:
        of = waiting.pop(0) if waiting else []
        found = [
            DefectFound(question, CLAUSES[question], s, "not as written")
            for question, s in zip(CLAUSES, of, strict=False)
        ]
        world.act("rosa", assurance.inspect, held, found, 40)


def event_of(world: World, kind: str) -> dict[str, object]:
    """The public values of the newest event of a kind."""
    found = world.look(ledger.find_entry, world.engagement, kind)
    return dict(found.public)


# --- terms ------------------------------------------------------------------------------------


def test_each_class_has_points_of_its_own_and_risks_of_all_unless_it_says(world: World) -> None:
    critical = BY_CLASS.of_class(Severity.CRITICAL)
    assert (critical.consumer_risk, critical.producer_risk) == (Decimal("0.1"), Decimal("0.1"))
    minor = BY_CLASS.of_class(Severity.MINOR)
    assert (minor.consumer_risk, minor.producer_risk) == (Decimal("0.2"), Decimal("0.1"))
    assert minor.counted == (Severity.MINOR,)
    assert BY_CLASS.judged == (Severity.CRITICAL, Severity.MAJOR, Severity.MINOR)
    with bad("quality-points-crossed"):
        replace(SAMPLING, classes={Severity.MINOR: ClassTerms(Decimal("0.1"), Decimal("0.1"))})
    with bad("fraction-outside", field="consumer_risk"):
        wrong = ClassTerms(Decimal("0.2"), Decimal("0.1"), Decimal(1))
        replace(SAMPLING, classes={Severity.MINOR: wrong})
    world.draft()
    world.add_line(BY_CLASS, defects={s: DEFECTS[s] for s in BY_CLASS.counted})
    with refused("gate-closed", "defects-undefined"):
        world.sign()


def test_lines_without_classes_say_what_they_said_before(world: World) -> None:
    """What was signed, what events and certificates hold: nothing of it has changed."""
    line = Line(
        EngagementId("eng_1"), LineId("lin_1"), "tiny", 4, 10, InspectionUnit.ITEM,
        {Severity.CRITICAL: "wrong"}, SAMPLING, Confidentiality.INTERNAL, PRICE,
    )  # fmt: skip
    assert scope_digest([line]) == (
        "a1bcd724778dd023164fb9732bf63a0399431dcbadcbbfc8fdeb5a32986d6d58"
    )
    other = replace(line, sampling=BY_CLASS)
    assert scope_digest([other]) != scope_digest([line])
    world.upto("issue_certificate")
    for kind in ("requirements.line-added", "setup.quality-planned", "assurance.sample-drawn",
                 "assurance.verdict-given"):  # fmt: skip
        assert "classes" not in event_of(world, kind)
    assert "classes" not in world.look(assurance.certificate_of, world.work_order()).figures


# --- plan, sample, verdict --------------------------------------------------------------------


def test_one_sample_with_a_number_for_each(world: World) -> None:
    sample = drawn(world, items=10)
    every = [setup.points(t) for t in (BY_CLASS, *BY_CLASS.by_class().values())]
    joint, critical, minor = methods.classes.common_plans(10, every)
    assert (sample.lot, sample.sample_size) == (10, joint.n)
    assert sample.acceptance_number == joint.c
    assert {s: p.acceptance_number for s, p in sample.classes.items()} == {
        Severity.CRITICAL: critical.c,
        Severity.MINOR: minor.c,
    }
    assert joint.n > setup.exact_plan(10, SAMPLING).n  # the strict class asks for more
    assert len(sample.units) == joint.n
    said = event_of(world, "assurance.sample-drawn")["classes"]
    assert said == {
        name: {"acceptance_number": plan.c, "sensitivity_at_least": "1.000000",
               "specificity_at_least": "1.000000"}
        for name, plan in (("critical", critical), ("minor", minor))
    }  # fmt: skip
    (planned,) = world.look(setup.quality_plans, world.engagement)
    assert (planned.lot, planned.sample_size) == (4, 4)
    assert planned.classes[Severity.MINOR].acceptance_number == 2


def test_a_class_rejects_what_the_counted_severities_would_accept(world: World) -> None:
    drawn(world)
    inspect(world, Severity.MINOR, Severity.MINOR, Severity.MINOR)
    assert not world.decide()
    verdict = world.look(assurance.verdict_of, world.work_order(), 1)
    assert (verdict.defective, verdict.accepted) == (0, False)
    assert verdict.classes == {
        Severity.CRITICAL: ClassVerdict(0, 0, True),
        Severity.MINOR: ClassVerdict(3, 2, False),
    }
    order = world.work_order()
    assert (order.stage, order.round) == (Stage.EXECUTION, 2)
    from outwork.agreements import store

    with world.database.transaction("job", [world.engagement]) as db:
        store.work_orders.save(db, replace(order, stage=Stage.ASSURANCE, round=1))
    with refused("gate-closed", "too-many-defectives", "rework-open"):
        world.issue_certificate()


def test_a_wide_class_accepts_and_is_certified_by_itself(world: World) -> None:
    drawn(world)
    inspect(world, Severity.MINOR, Severity.MINOR)
    assert world.decide()
    world.produce()
    inspect(world)
    world.issue_certificate()
    stated = world.look(assurance.certificate_of, world.work_order()).figures
    minor, critical = stated["classes"]["minor"], stated["classes"]["critical"]
    assert stated["defective"] == 0
    assert (minor["defective"], minor["acceptance_number"], minor["accepted"]) == (2, 2, True)
    # The whole lot was seen, so what was found is all there is.
    assert (minor["defectives_at_most"], minor["conforming_at_least"]) == (2, "0.500000")
    assert minor["confidence"] == "0.8"
    assert (critical["confidence"], critical["limiting_quality"]) == ("0.9", "0.25")
    assert critical["defectives_at_most"] == 0
    world.upto("finish", after="issue_certificate")
    files = world.look(acceptance.delivery_of, world.work_order()).files
    told = next(f for f in files if f.name.endswith("terms.txt"))
    text = world.look(documents.content, told.document_id).decode()
    assert "Minor defects by themselves: 2 defective, accepted with at most 2" in text


def test_a_unit_may_be_defective_in_several_classes(world: World) -> None:
    loose = replace(
        SAMPLING,
        limiting_quality=Decimal("0.9"),
        acceptable_quality=Decimal("0.5"),
        classes={s: ClassTerms(Decimal("0.9"), Decimal("0.5")) for s in Severity},
    )
    drawn(world, loose)
    inspect(world, (Severity.CRITICAL, Severity.MINOR), Severity.MAJOR)
    assert world.decide()
    verdict = world.look(assurance.verdict_of, world.work_order())
    assert verdict.defective == 2
    assert {s: found.defective for s, found in verdict.classes.items()} == dict.fromkeys(
        Severity, 1
    )


def test_answers_are_counted_by_class_too(world: World) -> None:
    world.draft()
    world.add_line(BY_CLASS, InspectionUnit.ANSWER)
    world.upto("draw", after="add_line")
    sample = world.look(assurance.sample_of, world.work_order())
    assert sample.lot == 12
    held = world.act("rosa", execution.claim, world.engagement)
    asked = sorted(sample.questions(world.look(execution.assignment, held).item_id))
    found = [DefectFound(q, CLAUSES[q], Severity.MINOR, "not as written") for q in asked]
    world.act("rosa", assurance.inspect, held, found)
    world.inspect()
    assert world.decide()
    verdict = world.look(assurance.verdict_of, world.work_order())
    assert verdict.classes[Severity.MINOR].defective == len(asked)


# --- inspectors who err -----------------------------------------------------------------------

CORRECTED = replace(
    BY_CLASS,
    corrected=True,
    classes={
        Severity.CRITICAL: ClassTerms(Decimal("0.25"), Decimal("0.01")),
        Severity.MINOR: ClassTerms(Decimal("0.99"), Decimal("0.25"), Decimal("0.1")),
    },
)


def test_every_class_is_corrected_by_its_own_risks(world: World) -> None:
    world.draft()
    world.add_line(CORRECTED)
    world.upto("open", after="add_line")
    world.admit(4)
    world.upto("produce", after="admit")
    world.check()
    world.upto("draw", after="produce")
    said = event_of(world, "assurance.sample-drawn")
    classes: Any = said["classes"]
    minor = classes["minor"]
    checks = [methods.inspection.Check(60, 60)]
    worst = methods.inspection.at_least(checks, 0.1, 0.1)
    assert minor["sensitivity_at_least"] == f"{worst.sensitivity:.6f}"
    assert minor["sensitivity_at_least"] < str(said["sensitivity_at_least"])
    world.inspect()
    assert world.decide()
    world.issue_certificate()
    stated = world.look(assurance.certificate_of, world.work_order()).figures["classes"]["minor"]
    sample = world.look(assurance.sample_of, world.work_order())
    assert stated["sensitivity_at_least"] == minor["sensitivity_at_least"]
    assert stated["defectives_at_most"] == methods.inspection.defectives_upper_measured(
        4, sample.sample_size, 0, 0.9, checks
    )
    assert Decimal(stated["consumer_risk"]) <= Decimal("0.1")


def test_what_no_sample_keeps_for_every_class_is_refused(world: World) -> None:
    """By themselves the critical defects could be judged; the minor ones could not."""
    world.draft()
    world.add_line(replace(BY_CLASS, corrected=True))
    world.upto("produce", after="add_line")
    world.check(seeded=60, caught=56)
    world.close_batch()
    world.reveal()
    with refused("inspectors-miss-too-much"):
        world.draw()


# --- what follows -----------------------------------------------------------------------------


def test_a_missed_defect_of_a_class_counts_against_its_inspectors(world: World) -> None:
    """Minor defects are not counted together, but a verdict hangs on them."""
    world.draft()
    world.add_line(BY_CLASS)
    world.upto("deliver", after="add_line")
    world.act("vera", acceptance.report_escape, world.items[0], "governing-law", "c-law",
              Severity.MINOR, "Not the country of the text")  # fmt: skip
    found = world.look(assurance.inspector_checks, world.engagement)[world.people["rosa"]]
    assert (found.seeded, found.caught) == (1, 0)


@pytest.mark.parametrize("minors", [2, 3])
def test_the_bundle_verifies_and_tells_of_every_class(world: World, minors: int) -> None:
    import io

    drawn(world)
    inspect(world, *[Severity.MINOR] * minors)
    accepted = world.decide()
    if accepted:
        world.produce()
        inspect(world)
        world.issue_certificate()
    report = verify(io.BytesIO(exported(world)))
    assert report.failure is None
    (order,) = report.figures["work_orders"]
    if accepted:
        assert order["verdict"]["classes"]["minor"]["defective"] == 2
        assert order["certificate"]["classes"]["minor"]["conforming_at_least"] == "0.500000"
    else:
        assert order["round"] == 2
