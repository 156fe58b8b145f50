"""Stage 6: nobody chooses the sample, nobody checks their own work, and numbers decide."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.support.engagement import SAMPLING, World, bad, refused

from outwork import ledger, methods
from outwork.stages import assurance, execution
from outwork.stages.assurance import DefectFound
from outwork.stages.execution import ItemState
from outwork.vocabulary import (
    Answer,
    InspectionUnit,
    NotFound,
    Purpose,
    Role,
    Severity,
    Side,
    Stage,
)

WRONG_DAY = DefectFound("effective-date", "c-date", Severity.CRITICAL, "Wrong day")


def first_inspection(world: World, who: str = "rosa") -> Any:
    """An inspection that somebody holds."""
    return world.act(who, execution.claim, world.engagement)


# --- seeds and draw --------------------------------------------------------------------------


def test_a_seed_is_not_opened_before_the_batch_is_sealed(world: World) -> None:
    world.upto("produce")
    reveal = (assurance.reveal_seed, world.order)
    with refused("wrong-stage"):
        world.act("vera", *reveal, world.nonce("client"))
    world.act("dana", execution.close_work_order, world.order)
    with refused("closing-checkpoint-pending"):
        world.act("vera", *reveal, world.nonce("client"))
    world.integrate()
    with refused("nonce-differs"):
        world.act("vera", *reveal, world.nonce("provider"))
    for malformed in ("", "ab", "zz" * 32, "ab" * 31):
        with bad("nonce-malformed"):
            world.act("vera", *reveal, malformed)
    world.act("vera", *reveal, world.nonce("client"))
    with refused("already-revealed"):
        world.act("vito", *reveal, world.nonce("client"))
    with refused("seed-unrevealed"):
        world.draw()
    with refused("gate-closed", "seed-unrevealed", "sample-not-drawn"):
        world.issue_certificate()
    world.act("dana", *reveal, world.nonce("provider"))
    world.draw()
    with refused("already-drawn"):
        world.draw()


def test_the_draw_follows_from_both_nonces_and_the_log(world: World) -> None:
    world.upto("draw")
    sample = world.look(assurance.sample_of, world.work_order())
    closing = world.look(
        ledger.find_entry, world.engagement, execution.WorkOrderClosed.kind, round=1
    )
    root = world.look(ledger.root_at, world.engagement, closing.seq + 1)
    seed = methods.make_seed(
        bytes.fromhex(world.nonce("client")), bytes.fromhex(world.nonce("provider")), root
    )
    assert sample.seed == seed.hex()
    assert list(sample.units) == methods.draw(seed, world.items, sample.sample_size)
    plan = methods.plan(4, 0.4, 0.2, 0.05, 0.1)
    assert (sample.sample_size, sample.acceptance_number) == (plan.n, plan.c)
    drawn = world.look(ledger.find_entry, world.engagement, "assurance.sample-drawn")
    assert (
        drawn.public["units_digest"] == hashlib.sha256("\n".join(sample.units).encode()).hexdigest()
    )


# --- maker is never checker ------------------------------------------------------------------


def test_nobody_inspects_what_they_wrote(world: World) -> None:
    """Through the queue, by name, and with the reservation put into their hands."""
    world.upto("approve")
    world.enrol("both", Side.PROVIDER, Role.ANALYST, Role.REVIEWER)
    world.certify("both")
    world.upto("draft_all", after="approve")
    world.produce("both")
    world.upto("draw", after="produce")
    assert world.act("both", execution.claim, world.engagement) is None
    named = world.open_assignments(Purpose.INSPECT)[0]
    with refused("maker-is-checker", "maker-is-checker"):
        world.act("both", execution.claim, world.engagement, None, named.id)
    forced = force(world, named, "both")
    with refused("maker-is-checker"):
        world.act("both", assurance.inspect, forced.id, [])
    answers = world.answers(forced.id)
    with refused("maker-is-checker"):
        world.act("both", execution.complete, forced, answers, 5)
    with refused("wrong-purpose"):
        world.act("both", execution.submit, forced.id, answers)
    assert world.look(assurance.inspections, world.work_order()) == []


def force(world: World, named: execution.Assignment, who: str) -> execution.Assignment:
    """Write a reservation straight into the table, as a bug would."""
    from datetime import timedelta

    from outwork.stages.execution import store

    held = replace(
        named,
        state=execution.AssignmentState.LIVE,
        actor_id=world.people[who],
        leased_until=world.now + timedelta(hours=1),
    )
    with world.database.transaction("job", [world.engagement]) as db:
        store.assignments.save(db, held)
    return held


def test_no_version_of_an_agent_inspects_what_another_drafted(world: World) -> None:
    world.upto("draw")
    world.enrol("bot2", Side.PROVIDER, Role.AGENT, Role.REVIEWER)
    assert world.actor("bot").family == world.actor("bot2").family
    assert world.act("bot2", execution.claim, world.engagement) is None
    named = world.open_assignments(Purpose.INSPECT)[0]
    with refused("maker-is-checker"):
        world.act("bot2", execution.claim, world.engagement, None, named.id)
    with refused("maker-is-checker"):
        world.act("bot2", assurance.inspect, force(world, named, "bot2").id, [])


def test_an_author_of_an_earlier_version_stays_an_author(world: World) -> None:
    """Ana answered, Ben answered again after a recall: neither inspects."""
    world.upto("draft_all")
    world.produce("ana")
    for item in world.items:
        world.act("dana", execution.recall, item, "renewal", "c-renewal")
    world.produce("ben")
    world.upto("draw", after="produce")
    for who in ("ana", "ben"):
        world.enrol(who, Side.PROVIDER, Role.REVIEWER)
        assert world.act(who, execution.claim, world.engagement) is None
    assert first_inspection(world) is not None


# --- inspecting ------------------------------------------------------------------------------


def test_an_inspection_is_held_to_what_was_asked(world: World) -> None:
    world.upto("draw")
    held = first_inspection(world)
    inspect = (assurance.inspect, held)
    with bad("unknown-question"):
        world.act("rosa", *inspect, [replace(WRONG_DAY, question="shoe-size")])
    with bad("unknown-clause"):
        world.act("rosa", *inspect, [replace(WRONG_DAY, clause="c-none")])
    with bad("question-twice"):
        world.act("rosa", *inspect, [WRONG_DAY, WRONG_DAY])
    malformed = replace(WRONG_DAY, corrected=Answer("effective-date", "yesterday"))
    with bad("value-malformed", question="effective-date"):
        world.act("rosa", *inspect, [malformed])
    with refused("gate-closed", "inspection-open", "verdict-missing"):
        world.issue_certificate()
    with refused("inspection-open"):
        world.decide()
    world.act("rosa", *inspect, [])
    with refused("already-submitted"):
        world.act("rosa", *inspect, [])
    assert len(world.look(assurance.inspections, world.work_order())) == 1


def test_a_stale_inspection_is_not_taken(world: World) -> None:
    world.upto("draw")
    held = first_inspection(world)
    world.passes(hours=1)
    with refused("reservation-expired"):
        world.act("rosa", assurance.inspect, held, [])
    world.enrol("both", Side.PROVIDER, Role.REVIEWER)
    with refused("not-reserved"):
        world.act("both", assurance.inspect, world.open_assignments(Purpose.INSPECT)[0].id, [])


def test_only_inspections_are_inspected(world: World) -> None:
    world.upto("draft_all")
    produce = world.open_assignments(Purpose.PRODUCE)[0].id
    with refused("wrong-purpose"):
        world.act("rosa", assurance.inspect, produce, [])
    with pytest.raises(NotFound):
        world.act("rosa", assurance.inspect, "asg_none", [])


# --- verdict and certificate -----------------------------------------------------------------


def test_a_clean_batch_is_certified_with_its_bound(world: World) -> None:
    world.upto("issue_certificate")
    certificate = world.look(assurance.certificate_of, world.work_order())
    stated = certificate.figures
    most = methods.defectives_upper(4, stated["inspected"], 0, 0.8)
    assert stated["defectives_at_most"] == most
    assert Decimal(stated["conforming_at_least"]) == (Decimal(4 - most) / 4).quantize(
        Decimal("0.000001")
    )
    assert certificate.digest == hashlib.sha256(ledger.canonical.encode(stated)).hexdigest()
    assert world.work_order().stage is Stage.ACCEPTANCE
    with refused("wrong-stage"):
        world.decide()


def test_only_counted_defects_reject(world: World) -> None:
    world.upto("draw")
    while (held := first_inspection(world)) is not None:
        minor = DefectFound("governing-law", "c-law", Severity.MINOR, "Spelling")
        world.act("rosa", assurance.inspect, held, [minor])
    assert world.decide()
    assert world.look(assurance.verdict_of, world.work_order()).defective == 0
    with refused("verdict-given"):
        world.decide()
    with refused("gate-closed", "rework-open"):
        world.issue_certificate()


def test_too_many_defectives_are_neither_certified_nor_delivered(world: World) -> None:
    from outwork.stages import acceptance

    world.upto("draw")
    world.inspect(defective=1)
    assert not world.decide()
    order = world.work_order()
    assert (order.stage, order.round) == (Stage.EXECUTION, 2)
    for do in (assurance.certify, acceptance.deliver, acceptance.issue_invoice):
        with refused("wrong-stage"):
            world.act("dana", do, world.order)
    # Even with the work order put at assurance by force, the verdict stands in the way.
    from outwork.agreements import store

    forced = replace(order, stage=Stage.ASSURANCE, round=1)
    with world.database.transaction("job", [world.engagement]) as db:
        store.work_orders.save(db, forced)
    with refused("gate-closed", "too-many-defectives", "rework-open"):
        world.issue_certificate()
    with refused("not-waivable"):
        world.waive("assurance", "too-many-defectives")


def test_a_rejected_batch_begins_anew_with_new_seeds(world: World) -> None:
    world.upto("draw")
    first = world.look(assurance.sample_of, world.work_order())
    world.inspect(defective=9)
    assert not world.decide()
    assert world.look(execution.counts, world.order)[ItemState.REWORK] == first.sample_size
    with refused("gate-closed", "items-unfinished", "seed-uncommitted"):
        world.close_batch()
    world.produce()
    with refused("gate-closed", "seed-uncommitted"):
        world.close_batch()
    world.commit()
    world.upto("draw", after="produce")
    second = world.look(assurance.sample_of, world.work_order())
    assert second.round == 2
    assert second.seed != first.seed
    world.upto("finish", after="draw")


def test_what_is_corrected_after_acceptance_is_inspected_again_by_another(world: World) -> None:
    world.upto("draft")
    world.add_line(replace(SAMPLING, acceptable_quality=Decimal("0.3")))
    world.upto("draw", after="add_line")
    sample = world.look(assurance.sample_of, world.work_order())
    assert sample.acceptance_number >= 1
    world.inspect(defective=1)
    assert world.decide()
    with refused("gate-closed", "rework-open"):
        world.issue_certificate()
    rework = world.open_assignments(Purpose.PRODUCE)
    assert len(rework) == 1
    world.enrol("rosa", Side.PROVIDER, Role.ANALYST)
    world.certify("rosa")
    assert world.take("rosa") is not None  # the reviewer corrects it herself
    with refused("gate-closed", "reinspection-open"):
        world.issue_certificate()
    assert world.act("rosa", execution.claim, world.engagement) is None
    again = world.open_assignments(Purpose.INSPECT)
    assert [a.item_id for a in again] == [rework[0].item_id]
    with refused("maker-is-checker"):
        world.act("rosa", execution.claim, world.engagement, None, again[0].id)
    world.enrol("both", Side.PROVIDER, Role.REVIEWER)
    held = first_inspection(world, "both")
    # It is still not right, for another reason than the one that was drawn.
    found = DefectFound("governing-law", "c-law", Severity.MINOR, "Spelling")
    world.act("both", assurance.inspect, held, [found])
    with refused("gate-closed", "rework-open"):
        world.issue_certificate()
    world.take("ana")
    world.act("both", assurance.inspect, first_inspection(world, "both"), [])
    world.upto("finish", after="decide")
    verdict = world.look(assurance.verdict_of, world.work_order())
    assert verdict.defective == 1  # the sample's own count does not change afterwards


@pytest.mark.parametrize("code", ["rework-open", "reinspection-open"])
def test_work_left_behind_by_a_waiver_is_withdrawn(world: World, code: str) -> None:
    world.upto("draft")
    world.add_line(replace(SAMPLING, acceptable_quality=Decimal("0.3")))
    world.upto("draw", after="add_line")
    world.inspect(defective=1)
    world.decide()
    if code == "reinspection-open":
        world.produce()
    world.waive("assurance", code)
    world.issue_certificate()
    assert world.open_assignments(Purpose.PRODUCE) == []
    assert world.open_assignments(Purpose.INSPECT) == []
    assert world.act("ana", execution.claim, world.engagement) is None
    world.upto("finish", after="issue_certificate")


def test_answers_as_unit_of_inspection(world: World) -> None:
    world.upto("draft")
    world.add_line(unit=InspectionUnit.ANSWER)
    world.upto("draw", after="add_line")
    sample = world.look(assurance.sample_of, world.work_order())
    assert sample.lot == 12
    assert all("/" in unit for unit in sample.units)
    held = first_inspection(world)
    item = world.look(execution.assignment, held).item_id
    spare = {"renewal", "effective-date", "governing-law"} - sample.questions(item)
    clauses = {"renewal": "c-renewal", "effective-date": "c-date", "governing-law": "c-law"}
    for question in spare:
        with bad("question-not-drawn", question=question):
            world.act("rosa", assurance.inspect, held,
                      [DefectFound(question, clauses[question], Severity.MAJOR)])  # fmt: skip
    question = min(sample.questions(item))
    found = DefectFound(question, clauses[question], Severity.MAJOR)
    world.act("rosa", assurance.inspect, held, [found])
    world.inspect()
    world.decide()
    assert world.look(assurance.verdict_of, replace(world.work_order(), round=1)).defective == 1


# --- inspectors who err ----------------------------------------------------------------------

CORRECTED = replace(SAMPLING, corrected=True)


def corrected(world: World) -> None:
    """An engagement whose plan is to be corrected for inspectors, worked on, nobody checked."""
    world.draft()
    world.add_line(CORRECTED)
    world.upto("produce", after="add_line")


def test_a_corrected_plan_waits_for_checked_inspectors(world: World) -> None:
    corrected(world)
    world.close_batch()
    world.reveal()
    with refused("inspectors-unchecked"):
        world.draw()
    world.check(seeded=4, caught=1)
    with refused("inspectors-miss-too-much"):
        world.draw()
    world.check(seeded=56, caught=56)
    world.draw()
    sample = world.look(assurance.sample_of, world.work_order())
    checks = [methods.inspection.Check(60, 57)]
    plan = methods.inspection.measured_plan(4, 0.4, 0.2, 0.05, 0.1, checks)
    assert (sample.sample_size, sample.acceptance_number) == (plan.n, plan.c)
    assert sample.inspectors == (world.people["rosa"],)
    drawn = world.look(ledger.find_entry, world.engagement, "assurance.sample-drawn").public
    assert drawn["inspectors"] == [world.pseudonym("rosa")]
    assert drawn["sensitivity_at_least"] == "0.870856"


def test_only_inspectors_whom_the_plan_reckons_with_inspect_it(world: World) -> None:
    corrected(world)
    world.check()
    world.upto("draw", after="produce")
    world.enrol("both", Side.PROVIDER, Role.REVIEWER)
    held = world.act("both", execution.claim, world.engagement)
    with refused("inspector-unchecked"):
        world.act("both", assurance.inspect, held, [])
    world.act("both", execution.return_assignment, held)
    world.inspect()
    assert world.decide()
    world.issue_certificate()
    stated = world.look(assurance.certificate_of, world.work_order()).figures
    assert stated["plan_corrected"] is True
    assert stated["inspector_error"]["measured"] is True
    row = stated["inspector_error"]["inspectors"][0]
    assert (row["inspector"], row["caught"]) == (world.pseudonym("rosa"), 60)
    assert Decimal(stated["consumer_risk"]) <= Decimal("0.2")


def test_a_certificate_says_what_it_assumes_of_unchecked_inspectors(world: World) -> None:
    world.upto("issue_certificate")
    error = world.look(assurance.certificate_of, world.work_order()).figures["inspector_error"]
    assert error == {
        "measured": False,
        "sensitivity_at_least": "1.000000",
        "specificity_at_least": "1.000000",
        "inspectors": [],
    }


def test_bounds_and_risks_reckon_with_checked_inspectors(world: World) -> None:
    """The plan was not corrected; the certificate says what it is worth with these inspectors."""
    world.upto("decide")
    world.check(seeded=10, caught=6)
    world.issue_certificate()
    stated = world.look(assurance.certificate_of, world.work_order()).figures
    sample = world.look(assurance.sample_of, world.work_order())
    assert Decimal(stated["consumer_risk"]) > sample.consumer_risk
    checks = [methods.inspection.Check(10, 6)]
    assert stated["defectives_at_most"] == methods.inspection.defectives_upper_measured(
        4, sample.sample_size, stated["defective"], 0.8, checks
    )


def test_who_is_checked_and_what_can_be_counted(world: World) -> None:
    world.upto("approve")
    check = (assurance.check_inspector, world.engagement)
    with bad("not-an-inspector"):
        world.act("dana", *check, world.people["ana"], 10, 9)
    for counts in ((0, 0), (10, 11), (10, 9, 5, 6), (10, -1)):
        with bad("check-counts"):
            world.act("dana", *check, world.people["rosa"], *counts)
    world.enrol("both", Side.PROVIDER, Role.DELIVERY_MANAGER, Role.REVIEWER)
    with refused("own-check"):
        world.act("both", *check, world.people["both"], 10, 9)
    world.check(seeded=10, caught=9)
    world.act("vera", *check, world.people["rosa"], 10, 8, 4, 4)
    found = world.look(assurance.inspector_checks, world.engagement)[world.people["rosa"]]
    assert (found.seeded, found.caught, found.clean, found.passed) == (20, 17, 4, 4)
