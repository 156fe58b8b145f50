"""Inspected items are inspected once more by somebody else: who may, and what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.support.engagement import World, bad, events, refused

from outwork import agreements, ledger, methods, reporting
from outwork.operation import operation
from outwork.reporting import CostKind
from outwork.stages import acceptance, assurance, execution
from outwork.stages.assurance import Compared, DefectFound, Reinspection
from outwork.vocabulary import (
    AssignmentId,
    InspectionUnit,
    ItemId,
    NotFound,
    Purpose,
    Role,
    Severity,
)

WRONG_DAY = DefectFound("effective-date", "c-date", Severity.CRITICAL, "Wrong day")
WRONG_LAW = DefectFound("governing-law", "c-law", Severity.CRITICAL, "Wrong law")


@pytest.fixture
def inspected(world: World) -> World:
    """A sample of which the first item that Rosa took has a wrong day; Bo may inspect too."""
    world.upto("draw")
    world.act("dana", agreements.invite_member, world.engagement, world.people["both"],
              [Role.REVIEWER])  # fmt: skip
    world.inspect("rosa", defective=1)
    world.integrate()
    return world


@pytest.fixture
def accepted(world: World) -> World:
    """A sample in which Rosa found nothing; Bo may inspect too."""
    world.upto("draw")
    world.act("dana", agreements.invite_member, world.engagement, world.people["both"],
              [Role.REVIEWER])  # fmt: skip
    world.inspect("rosa")
    world.integrate()
    return world


def again(world: World, items: int) -> list[Reinspection]:
    """Ask for second inspections, and see which."""
    world.act("dana", assurance.request_reinspection, world.order, items)
    found: list[Reinspection] = world.look(assurance.reinspections, world.work_order())
    return found


def sampled(world: World) -> list[ItemId]:
    """The items of the sample."""
    found: list[ItemId] = world.look(assurance.sample_of, world.work_order()).items()
    return found


def look(
    world: World, one: Reinspection, defects: Sequence[DefectFound] = (), who: str = "both"
) -> AssignmentId:
    """Somebody takes a second inspection by name, and hands it in."""
    world.act(who, execution.claim, world.engagement, assignment=one.assignment_id)
    world.act(who, assurance.inspect, one.assignment_id, list(defects), 30)
    return one.assignment_id


def in_rework(world: World) -> set[ItemId]:
    """The items that were sent back."""
    every = world.look(execution.all_items, world.order)
    return {i.id for i in every if i.state is execution.ItemState.REWORK}


def found_bad(world: World) -> ItemId:
    """The item in which Rosa found a wrong day."""
    item: ItemId = world.look(assurance.defects, world.work_order())[0].item_id
    return item


def test_what_is_drawn_follows_from_the_sample_and_the_log(inspected: World) -> None:
    made = again(inspected, 2)
    told = inspected.look(events, inspected.engagement)[-1]
    assert told.kind == "assurance.reinspection-requested"
    assert not told.sealed
    log = inspected.look(events, inspected.engagement)
    newest = [e for e in log if e.kind == "assurance.item-inspected"][-1]
    assert newest.seq is not None
    assert told.public["inspected_size"] == newest.seq + 1
    root = inspected.look(ledger.root_at, inspected.engagement, newest.seq + 1)
    seed = bytes.fromhex(inspected.look(assurance.sample_of, inspected.work_order()).seed)
    drawn = methods.draw(methods.reinspection_seed(seed, root), sampled(inspected), 2)
    items: Any = told.public["items"]
    assert list(items) == drawn
    assert {r.item_id for r in made} == set(drawn)


def test_it_looks_like_any_inspection_and_is_not_for_the_first_inspector_or_an_author(
    inspected: World,
) -> None:
    (one,) = again(inspected, 1)
    wanted = inspected.look(execution.assignment, one.assignment_id)
    assert (wanted.purpose, wanted.level, wanted.note) == (Purpose.INSPECT, 1, "")
    assert inspected.act("rosa", execution.claim, inspected.engagement) is None
    with pytest.raises(NotFound):
        inspected.act("rosa", execution.claim, inspected.engagement, assignment=one.assignment_id)
    with operation(inspected.database, inspected.people["rosa"], inspected.now) as op:
        (queue,) = reporting.queues(op) or [None]
        assert queue is None or not (queue.waiting or queue.kept_back)
    assert inspected.act("both", execution.claim, inspected.engagement) == one.assignment_id
    with operation(inspected.database, inspected.people["both"], inspected.now) as op:
        bench = reporting.workbench(op, one.assignment_id)
    assert bench.assignment.not_for == ""
    assert Purpose.INSPECT not in {s.purpose for s in bench.submissions}


def test_who_inspects_is_told_neither_by_the_page_nor_by_the_log(inspected: World) -> None:
    (one,) = again(inspected, 1)
    inspected.act("both", execution.claim, inspected.engagement)
    with operation(inspected.database, inspected.people["both"], inspected.now) as op:
        page = reporting.sampling(op, reporting.standing(op, inspected.engagement))
        kinds = {e.kind for e in reporting.timeline(op, inspected.engagement, limit=200).rows}
    assert (page.inspections, page.defects, page.again, page.asked) == ({}, (), {}, {})
    assert not kinds & {
        "assurance.reinspection-requested", "assurance.item-inspected", "assurance.defect-raised",
    }  # fmt: skip
    inspected.act("both", assurance.inspect, one.assignment_id, [], 30)
    with operation(inspected.database, inspected.people["dana"], inspected.now) as op:
        page = reporting.sampling(op, reporting.standing(op, inspected.engagement))
        kinds = {e.kind for e in reporting.timeline(op, inspected.engagement, limit=200).rows}
    assert set(page.inspections) == set(sampled(inspected))
    assert all(i.in_sample for i in page.inspections.values())
    assert {"assurance.reinspection-requested", "assurance.inspections-compared"} <= kinds


def test_what_the_first_missed_is_counted_and_corrected_and_changes_no_verdict(
    inspected: World,
) -> None:
    every = again(inspected, len(sampled(inspected)))
    seen = found_bad(inspected)
    clean = next(r for r in every if r.item_id != seen)
    for one in every:
        if one.item_id == seen:
            look(inspected, one, [WRONG_LAW, WRONG_DAY])
        else:
            look(inspected, one, [WRONG_LAW] if one is clean else [])
    compared = {r.item_id: r.found for r in inspected.look(
        assurance.reinspections, inspected.work_order())}  # fmt: skip
    assert compared[seen] == Compared(seeded=1, caught=1, clean=0, passed=0)
    assert compared[clean.item_id] == Compared(seeded=1, caught=0, clean=0, passed=0)
    rest = [c for i, c in compared.items() if i not in (seen, clean.item_id)]
    assert set(rest) <= {Compared(seeded=0, caught=0, clean=1, passed=1)}
    check = inspected.look(assurance.inspector_checks, inspected.engagement)
    mine = check[inspected.people["rosa"]]
    assert (mine.seeded, mine.caught, mine.clean, mine.passed) == (2, 1, 0, 0)
    assert inspected.people["both"] not in check
    inspected.decide()
    verdict = [e for e in inspected.look(events, inspected.engagement)
               if e.kind == "assurance.verdict-given"][-1]  # fmt: skip
    assert verdict.public["defective"] == 1
    assert in_rework(inspected) == {seen, clean.item_id}


def test_what_the_first_alone_found_is_not_taken_for_caught(inspected: World) -> None:
    every = again(inspected, len(sampled(inspected)))
    for one in every:
        look(inspected, one)
    compared = {r.item_id: r.found for r in inspected.look(
        assurance.reinspections, inspected.work_order())}  # fmt: skip
    assert compared[found_bad(inspected)] == Compared(seeded=0, caught=0, clean=1, passed=0)
    assert inspected.look(assurance.inspector_checks, inspected.engagement) == {}


def test_a_minor_defect_makes_no_unit_defective_and_is_corrected_all_the_same(
    inspected: World,
) -> None:
    seen = found_bad(inspected)
    every = again(inspected, len(sampled(inspected)))
    clean = next(r for r in every if r.item_id != seen)
    for one in every:
        minor = DefectFound("governing-law", "c-law", Severity.MINOR)
        look(inspected, one, [minor] if one is clean else [])
    found = {r.item_id: r.found for r in inspected.look(
        assurance.reinspections, inspected.work_order())}  # fmt: skip
    assert found[clean.item_id] == Compared(seeded=0, caught=0, clean=1, passed=1)
    inspected.decide()
    assert in_rework(inspected) == {seen, clean.item_id}


def test_the_verdict_waits_for_it(inspected: World) -> None:
    (one,) = again(inspected, 1)
    with refused("inspection-open"):
        inspected.decide()
    look(inspected, one)
    inspected.decide()
    with refused("wrong-stage"):  # the batch was rejected
        again(inspected, 1)


def test_nothing_is_looked_at_again_after_the_verdict(accepted: World) -> None:
    assert accepted.decide()
    with refused("verdict-given"):
        again(accepted, 1)


def test_only_drawn_answers_are_looked_at_again(world: World) -> None:
    world.draft()
    world.add_line(unit=InspectionUnit.ANSWER)
    world.upto("draw", after="add_line")
    world.act("dana", agreements.invite_member, world.engagement, world.people["both"],
              [Role.REVIEWER])  # fmt: skip
    world.inspect("rosa")
    world.integrate()
    sample = world.look(assurance.sample_of, world.work_order())
    every = again(world, len(sample.items()))
    for one in every:
        drawn = sample.questions(one.item_id)
        if "governing-law" not in drawn:
            world.act("both", execution.claim, world.engagement, assignment=one.assignment_id)
            with bad("question-not-drawn"):
                world.act("both", assurance.inspect, one.assignment_id, [WRONG_LAW])
            world.act("both", assurance.inspect, one.assignment_id, [])
            want = Compared(0, 0, len(drawn), len(drawn))
        else:
            look(world, one, [WRONG_LAW])
            want = Compared(1, 0, len(drawn) - 1, len(drawn) - 1)
        found = {r.item_id: r.found for r in world.look(
            assurance.reinspections, world.work_order())}  # fmt: skip
        assert found[one.item_id] == want


def test_what_can_be_asked_and_by_whom(inspected: World) -> None:
    most = len(sampled(inspected))
    for number in (0, most + 1):
        with bad("reinspections-outside", most=most):
            again(inspected, number)
    again(inspected, 1)
    with bad("reinspections-outside", most=most - 1):
        again(inspected, most)
    assert len(again(inspected, most - 1)) == most
    with refused("not-permitted"):
        inspected.act("both", assurance.request_reinspection, inspected.order, 1)


def test_whoever_inspects_does_not_ask(inspected: World) -> None:
    from outwork.vocabulary import Side

    inspected.enrol("hugo", Side.PROVIDER, Role.DELIVERY_MANAGER, Role.REVIEWER)
    with refused("inspector-asks"):
        inspected.act("hugo", assurance.request_reinspection, inspected.order, 1)


def test_somebody_else_must_be_there(world: World) -> None:
    world.upto("draw")
    with refused("not-permitted"):
        world.act("ana", assurance.request_reinspection, world.order, 1)
    world.inspect("rosa")
    with refused("inspection-pending"):
        again(world, 1)
    world.integrate()
    with refused("no-second-inspector"):
        again(world, 1)
    assert world.look(assurance.reinspections, world.work_order()) == []


def test_nothing_is_inspected_again_without_a_sample(world: World) -> None:
    world.upto("reveal")
    with refused("sample-not-drawn"):
        again(world, 1)


def test_its_effort_is_appraisal(inspected: World) -> None:
    (one,) = again(inspected, 1)
    look(inspected, one)
    with operation(inspected.database, inspected.people["dana"], inspected.now) as op:
        costs = {c.kind: c for c in reporting.quality_costs(op, inspected.engagement)}
    assert costs[CostKind.APPRAISAL].pieces == len(sampled(inspected)) + 1


def test_a_second_inspector_who_passed_it_shares_what_escapes(accepted: World) -> None:
    (one,) = again(accepted, 1)
    look(accepted, one)
    accepted.upto("deliver", after="inspect")
    accepted.act("carl", acceptance.report_escape, one.item_id, "effective-date", "c-date",
                 Severity.CRITICAL, "Another day")  # fmt: skip
    (found,) = accepted.look(acceptance.escapes_of, accepted.engagement)
    assert set(found.missed_by) == {accepted.people["rosa"], accepted.people["both"]}
