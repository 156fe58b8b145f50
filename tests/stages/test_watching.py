"""Control items among the work: unseen, scored, and pausing whoever drifts until retrained."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from tests.support.engagement import World, bad, events, refused
from tests.support.service import content
from tests.unit.verify.recorded import exported

from outwork import reporting
from outwork.operation import operation
from outwork.stages import assurance, execution, setup, transfer
from outwork.stages.execution import AssignmentState
from outwork.stages.execution.model import disguised_name, secret_count
from outwork.stages.transfer import ControlUse
from outwork.vocabulary import AssignmentId, Digest, NotFound, Purpose, Refusal
from outwork_verify import verify

WRONG = {"effective_date": "2026-02-27"}


@pytest.fixture
def watched(world: World) -> World:
    """A batch of four items with two control items among them, drafted by the agent."""
    world.upto("approve")
    world.watch()
    return world.upto("draft_all", after="approve")


def kinds(world: World) -> list[str]:
    """The kinds of all events, oldest first."""
    return [e.kind for e in world.look(events, world.engagement)]


def controls(world: World, *states: AssignmentState) -> list[execution.Assignment]:
    """The analysts' assignments of control items."""
    found: list[execution.Assignment] = world.look(
        execution.assignments, world.order, Purpose.CONTROL, states
    )
    return [a for a in found if a.level == 1]


def drift(world: World, who: str = "ana") -> None:
    """Someone answers everything, with wrong dates, until refused or through."""
    with suppress(Refusal):
        while world.take(who, **WRONG) is not None:
            pass


def seen_by(world: World, who: str, read: Any, *args: Any, **kwargs: Any) -> Any:
    """What a read gives to a person."""
    with operation(world.database, world.people[who], world.now) as op:
        return read(op, *args, **kwargs)


def test_control_items_look_like_work_to_whoever_answers_them(watched: World) -> None:
    waiting = {q.engagement.id: q.waiting for q in seen_by(watched, "ana", reporting.queues)}
    assert waiting[watched.engagement] == {Purpose.PRODUCE: 6}
    hidden = {a.item_id for a in controls(watched)}
    assert len(hidden) == 2
    seen = []
    while (held := watched.act("ana", execution.claim, watched.engagement)) is not None:
        bench = seen_by(watched, "ana", reporting.workbench, held)
        seen.append(bench)
        watched.act("ana", execution.submit, held, watched.answers(held), 30)
    shapes = {
        (
            b.purpose, b.assignment.purpose, b.item.state, b.item.work_order_id,
            b.item.control_item_id, len(b.answers), bool(b.submissions),
        )
        for b in seen
    }  # fmt: skip
    assert len(seen) == 6
    assert len(shapes) == 1, "nothing told apart"
    assert all(b.item.name.startswith("input-") for b in seen)
    assert {b.source.name for b in seen} == {b.item.name for b in seen}
    assert len({b.item.name for b in seen}) == 6
    handed_in = seen_by(watched, "ana", reporting.handed_in)
    assert {h.purpose for h in handed_in.rows} <= {Purpose.PRODUCE, Purpose.CERTIFY}
    assert hidden < {b.item.id for b in seen}


def test_the_log_tells_managers_and_not_those_who_answer(watched: World) -> None:
    watched.produce("ana")
    watched.integrate()
    for who, told in (("ana", False), ("dana", True), ("vera", True)):
        rows = seen_by(watched, who, reporting.timeline, watched.engagement, limit=200).rows
        telling = [
            r
            for r in rows
            if r.kind in {"transfer.control-scored", "execution.controls-seeded"}
            or r.public.get("purpose") == "control"
        ]
        assert bool(telling) is told, who
    assert all(r.seq is None for r in
               seen_by(watched, "ana", reporting.timeline, watched.engagement).rows)  # fmt: skip
    with refused("not-permitted"):
        seen_by(watched, "ana", reporting.write_bundle, watched.engagement, io.BytesIO())
    seen_by(watched, "dana", reporting.write_bundle, watched.engagement, io.BytesIO())


def test_control_items_are_no_part_of_the_batch(watched: World) -> None:
    watched.produce("ana")
    watched.close_batch()
    watched.upto("draw", after="close_batch")
    sample = watched.look(assurance.sample_of, watched.work_order())
    assert sample.lot == 4
    watched.upto("deliver", after="draw")
    report = verify(io.BytesIO(exported(watched)))
    assert report.ok, report


def test_places_and_number_follow_from_the_secret_alone() -> None:
    counts = [secret_count(bytes([n]) * 32, 30, Decimal("0.05")) for n in range(256)]
    assert set(counts) == {1, 2}, "1.5 wanted"
    assert 1.35 < sum(counts) / 256 < 1.65
    assert secret_count(b"s" * 32, 30, Decimal("0.05")) == secret_count(
        b"s" * 32, 30, Decimal("0.05")
    )
    assert disguised_name("input-07.txt", "control-1.txt", 512) == "input-12.txt"
    assert disguised_name("Lease 2026 v3.pdf", "c.docx", 5) == "Lease 2026 v5.docx"
    assert disguised_name("memo.txt", "c.txt", 5) == "memo-5.txt"
    assert disguised_name("row 4", "c.txt", 7) == "row 7"


def test_a_drifting_analyst_is_paused_told_why_and_keeps_nothing(watched: World) -> None:
    kept = AssignmentId("")
    spare = [a for a in watched.open_assignments(Purpose.PRODUCE) if a.level == 1]
    for a in controls(watched, AssignmentState.OPEN):
        watched.act("ana", execution.claim, watched.engagement, None, a.id)
        kept = watched.act("ana", execution.claim, watched.engagement, None, spare[0].id)
        watched.act("ana", execution.submit, a.id, watched.answers(a.id, **WRONG), 30)
    pause = watched.look(transfer.pause_of, watched.engagement, watched.people["ana"])
    assert (pause.cause, pause.kind, pause.clauses) == ("signal", "date", ("c-date",))
    freed = watched.look(execution.assignment, kept)
    assert (freed.state, freed.actor_id) == (AssignmentState.OPEN, None)
    with refused("paused", "paused") as _:
        watched.act("ana", execution.claim, watched.engagement)
    with refused("paused"):
        watched.act("ana", execution.claim, watched.engagement, None, spare[1].id)
    with refused("not-reserved"):
        watched.act("ana", execution.submit, kept, watched.answers(kept), 30)
    assert watched.act("ben", execution.claim, watched.engagement) is not None, "others go on"
    (mine,) = seen_by(watched, "ana", reporting.queues)
    assert mine.waiting == {}
    assert {r.code for k in mine.kept_back for r in k.reasons} == {"paused"}
    assert "c-date" in str(mine.kept_back[0].reasons[0].params)


def test_retraining_readmits_by_the_certification_rule(watched: World) -> None:
    drift(watched)
    count = watched.act("ana", execution.start_retraining, watched.engagement)
    with refused("certification-under-way"):
        watched.act("ana", execution.start_retraining, watched.engagement)
    for _ in range(count):
        watched.take("ana", renewal="no", **WRONG, governing_law="Atlantis")
    assert watched.look(transfer.pause_of, watched.engagement, watched.people["ana"]), "failed"
    with refused("paused"):
        watched.act("ana", execution.claim, watched.engagement)
    again = watched.act("ana", execution.start_retraining, watched.engagement)
    for _ in range(again):
        watched.take("ana")
    assert watched.look(transfer.pause_of, watched.engagement, watched.people["ana"]) is None
    assert watched.look(transfer.certified, watched.engagement, watched.people["ana"])
    assert watched.look(transfer.charted, watched.engagement, watched.people["ana"],
                        watched.line) == [], "charts begin anew"  # fmt: skip
    order = [k for k in kinds(watched) if "paused" in k or "retrain" in k or "readmit" in k]
    assert order == ["transfer.worker-paused", "transfer.retraining-started",
                     "transfer.retraining-started", "transfer.worker-readmitted"]  # fmt: skip
    watched.produce("ana")
    watched.upto("deliver", after="produce")
    report = verify(io.BytesIO(exported(watched)))
    assert report.ok, report


def test_a_manager_pauses_and_readmits_with_a_reason(watched: World) -> None:
    who = watched.people["ben"]
    for reason in ("", " "):
        with bad("reason-missing"):
            watched.act("dana", execution.pause_worker, watched.engagement, who, reason)
    with refused("at-work"):
        watched.act("dana", execution.readmit_worker, watched.engagement, who, "R")
    with refused("at-work"):
        watched.act("ben", execution.start_retraining, watched.engagement)
    with refused("other-party"):
        watched.act("dana", execution.pause_worker, watched.engagement,
                    watched.people["vera"], "R")  # fmt: skip
    with refused("not-a-worker"):
        watched.act("dana", execution.pause_worker, watched.engagement, watched.people["rosa"], "R")
    with pytest.raises(NotFound):
        watched.act("dana", execution.pause_worker, watched.engagement,
                    watched.people["stranger"], "R")  # fmt: skip
    watched.act("dana", execution.pause_worker, watched.engagement, who, "On leave Codename")
    with refused("already-paused"):
        watched.act("dana", execution.pause_worker, watched.engagement, who, "R")
    with refused("paused"):
        watched.act("ben", execution.claim, watched.engagement)
    watched.act("dana", execution.readmit_worker, watched.engagement, who, "Back")
    assert watched.act("ben", execution.claim, watched.engagement) is not None


def test_people_answer_without_drafts_once_no_agent_may_draft(world: World) -> None:
    world.upto("approve")
    world.watch()
    world.upto("release", after="approve")
    world.take("bot")
    world.act("dana", execution.pause_worker, world.engagement, world.people["bot"], "Drift")
    with refused("paused"):
        world.act("bot", execution.claim, world.engagement)
    levels = {a.level for a in world.open_assignments(Purpose.PRODUCE)}
    assert levels == {1}
    world.produce("ana")
    world.upto("deliver", after="produce")
    report = verify(io.BytesIO(exported(world)))
    assert report.ok, report


def test_a_control_item_met_again_says_nothing(world: World) -> None:
    world.upto("approve")
    world.watch(share="0.25", controls=1)
    world.upto("draft_all", after="approve")
    drift(world)
    first = world.look(transfer.control_results, world.engagement, world.people["ana"])
    assert [r.repeated for r in first] == [False] * 3
    assert {r.kind: r.right for r in first} == {"choice": True, "date": False, "text": True}
    world.open()
    world.items, before = [], world.items
    for number in range(20, 24):
        name = f"input-{number}.txt"
        world.items.append(world.act("dana", execution.admit, world.order, name, content(number)))
    for side, who in (("client", "vera"), ("provider", "dana")):
        commitment = Digest(hashlib.sha256(side.encode()).hexdigest())
        world.act(who, execution.commit_seed, world.order, commitment)
    world.release()
    world.draft_all()
    drift(world)
    later = world.look(transfer.control_results, world.engagement, world.people["ana"])[3:]
    assert [r.repeated for r in later] == [True] * 3
    assert world.look(transfer.pause_of, world.engagement, world.people["ana"]) is None
    assert before
    report = verify(io.BytesIO(exported(world)))
    assert report.ok, report


def test_agents_are_charted_by_the_same_rule(watched: World) -> None:
    found = watched.look(transfer.control_results, watched.engagement, watched.people["bot"])
    assert len(found) == 6, "two control items, drafted like the rest"
    assert all(r.right for r in found)
    charts = transfer.streams(found, 3)
    expected = dict.fromkeys(("choice", "date", "text"), (0, 0))
    assert {kind: s.sums for kind, s in charts.items()} == expected


def test_a_plan_that_cannot_be_kept_is_refused(world: World) -> None:
    world.upto("certify_team").pass_tollgate()
    terms = {"good": Decimal("0.1"), "bad": Decimal("0.5"), "false_after": 40}
    plan = setup.plan_control
    with bad("share-outside", field="control_share"):
        world.act("dana", plan, world.line, Decimal("0.51"), **terms)
    with bad("share-outside", field="overlap_share"):
        world.act("dana", plan, world.line, Decimal(0), **terms, overlap_share=Decimal(-1))
    with bad("fraction-outside", field="good"):
        world.act("dana", plan, world.line, Decimal(0), **{**terms, "good": Decimal(0)})
    for wrong in ({"good": Decimal("0.5")}, {"false_after": 0}, {"false_after": 100_001}):
        with bad("chart-impossible"):
            world.act("dana", plan, world.line, Decimal(0), **{**terms, **wrong})
    world.act("dana", plan, world.line, Decimal("0.1"), **terms)
    made = world.look(setup.control_plan_of, world.line)
    assert (made.up, made.limit) == (3, 4)
    assert Decimal(40) <= made.false_after < 100
    assert made.found_after < 10


def test_production_control_items_do_not_certify(world: World) -> None:
    world.upto("prepare")
    world.add_control(70, ControlUse.PRODUCTION)
    assert world.act("ana", execution.start_certification, world.engagement) == 2
