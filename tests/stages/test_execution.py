"""Stage 5: who may take what, what is handed in once, and what is refused whole."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter
from tests.support import engagement as support
from tests.support.engagement import START, World, bad, refused
from tests.support.service import GUIDELINE, content, range_of

from outwork import access, reporting
from outwork.operation import operation, perform
from outwork.stages import execution, setup, transfer
from outwork.stages.execution import AssignmentState, ItemState
from outwork.vocabulary import (
    Answer,
    AssignmentId,
    BadInput,
    Digest,
    Json,
    NotFound,
    OutworkError,
    PageBox,
    Purpose,
    Refusal,
    Role,
    Side,
    TextRange,
)


def submissions(world: World) -> int:
    """How many submissions the batch has."""
    return sum(len(world.look(execution.submissions, i)) for i in world.items)


# --- intake ----------------------------------------------------------------------------------


def test_nothing_is_released_without_items_and_seeds(world: World) -> None:
    world.upto("open")
    with refused("gate-closed", "seed-uncommitted", "nothing-admitted"):
        world.release()
    world.admit()
    with refused("gate-closed", "seed-uncommitted", "not-released"):
        world.close_batch()
    world.commit()
    world.release()
    with refused("already-released"):
        world.release()
    with refused("intake-over"):
        world.admit(1)


def test_a_file_is_taken_in_once(world: World) -> None:
    world.upto("open")
    admit = (execution.admit, world.order)
    world.act("dana", *admit, "a.txt", content(1))
    with bad("file-twice", file="a.txt"):
        world.act("dana", *admit, "a.txt", content(1))
    world.act("dana", *admit, "a.txt", content(2))
    world.act("dana", *admit, "b.txt", content(1))
    with bad("empty-file", file="c.txt"):
        world.act("dana", *admit, "c.txt", b"")
    assert len(world.look(execution.all_items, world.order)) == 3


def test_a_refused_file_says_why_in_a_code(world: World) -> None:
    world.upto("open")
    world.act("dana", execution.refuse_file, world.order, "Jane Doe.pdf", "encrypted")
    with bad("code-malformed"):
        world.act("dana", execution.refuse_file, world.order, "x.pdf", "Jane Doe locked it")


def test_an_admission_does_not_slip_in_behind_the_release(world: World) -> None:
    """Who reads a file while somebody else releases the batch is told, not left with a stray."""
    world.upto("commit")
    outcome: list[str] = []

    def late() -> None:
        try:
            with operation(world.database, world.people["dana"], world.now) as op:
                execution.admit(op, world.order, "late.txt", content(50))
        except OutworkError as error:
            outcome.append(error.code)

    with operation(world.database, world.people["dana"], world.now) as op:
        execution.release(op, world.order)
        thread = threading.Thread(target=late)
        thread.start()
        thread.join(0.3)
    thread.join()
    assert outcome == ["intake-over"]
    assert len(world.look(execution.all_items, world.order)) == 4


# --- seeds -----------------------------------------------------------------------------------


def test_a_seed_is_committed_once_and_not_copied(world: World) -> None:
    world.upto("admit")
    mine = Digest(hashlib.sha256(b"x" * 32).hexdigest())
    world.act("vera", execution.commit_seed, world.order, mine)
    with refused("already-committed"):
        world.act("vito", execution.commit_seed, world.order, Digest("a" * 64))
    with refused("commitment-copied"):
        world.act("dana", execution.commit_seed, world.order, mine)
    for malformed in ("", "a" * 63, "A" * 64, "a" * 64 + "\n"):
        with bad("commitment-malformed"):
            world.act("dana", execution.commit_seed, world.order, Digest(malformed))


def test_a_nonce_is_not_used_again(world: World) -> None:
    """Once opened it is known to the other side, who could steer the next draw with it."""
    world.upto("draw")
    used = Digest(hashlib.sha256(bytes.fromhex(world.nonce("client"))).hexdigest())
    world.inspect(defective=9)
    assert not world.decide()
    with refused("commitment-copied"):
        world.act("vera", execution.commit_seed, world.order, used)


# --- claiming --------------------------------------------------------------------------------


def test_an_uncertified_analyst_takes_nothing(world: World) -> None:
    world.upto("draft_all")
    world.enrol("both", Side.PROVIDER, Role.ANALYST)
    with refused("not-certified"):
        world.act("both", execution.claim, world.engagement)
    named = world.open_assignments(Purpose.PRODUCE)[0].id
    with refused("not-certified", "not-certified"):
        world.act("both", execution.claim, world.engagement, None, named)


def test_losing_the_certificate_while_holding_an_item(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    world.act("ana", execution.start_certification, world.engagement)
    waiting = world.look(execution.certifying, world.engagement, world.people["ana"])
    for a in waiting:
        if a.state is AssignmentState.OPEN:
            world.act("ana", execution.claim, world.engagement, None, a.id)
            world.act("ana", execution.submit, a.id, world.answers(a.id, renewal=None))
    assert not world.look(transfer.certified, world.engagement, world.people["ana"])
    with refused("not-certified"):
        world.act("ana", execution.submit, held, world.answers(held))


def test_a_new_guideline_asks_for_a_new_certificate(world: World) -> None:
    """As it stands: publishing a version refuses every claim until people are certified again."""
    world.upto("draft_all")
    world.act("dana", transfer.publish_guideline, world.engagement, list(GUIDELINE))
    with refused("not-certified"):
        world.act("ana", execution.claim, world.engagement)
    world.certify("ana")
    assert world.act("ana", execution.claim, world.engagement) is not None


def test_analysts_do_not_draft_and_agents_do_not_answer(world: World) -> None:
    world.upto("release")
    draft = world.open_assignments(Purpose.PRODUCE)[0]
    assert draft.level == 0
    with refused("role-missing"):
        world.act("ana", execution.claim, world.engagement, None, draft.id)
    assert world.act("ana", execution.claim, world.engagement) is None
    world.draft_all()
    answer = world.open_assignments(Purpose.PRODUCE)[0]
    with refused("role-missing"):
        world.act("bot", execution.claim, world.engagement, None, answer.id)


def test_without_a_certified_agent_analysts_begin_at_once(world: World) -> None:
    world.upto("prepare")
    world.certify("ana", "ben")
    world.waive("transfer", "not-certified")
    world.upto("release", after="certify_team")
    assert {a.level for a in world.open_assignments(Purpose.PRODUCE)} == {1}
    assert world.take("ana") is not None


def test_a_second_claim_gives_the_same_item(world: World) -> None:
    world.upto("draft_all")
    first = world.act("ana", execution.claim, world.engagement)
    assert world.act("ana", execution.claim, world.engagement) == first
    with refused("not-open"):
        world.act("ben", execution.claim, world.engagement, None, first)


def in_threads(world: World, people: list[str]) -> list[Any]:
    """Everybody claims at the same moment; what each got, or the code of the refusal."""
    results: list[Any] = [None] * len(people)
    barrier = threading.Barrier(len(people))

    def one(number: int) -> None:
        try:
            barrier.wait()
            with operation(world.database, world.people[people[number]], world.now) as op:
                results[number] = execution.claim(op, world.engagement)
        except OutworkError as error:
            results[number] = error.code

    threads = [threading.Thread(target=one, args=(n,)) for n in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_never_get_the_same_item(world: World) -> None:
    world.upto("draft_all")
    for _ in range(2):
        got = in_threads(world, ["ana", "ben"])
        assert None not in got
        assert got[0] != got[1]
        for who, held in zip(("ana", "ben"), got, strict=True):
            world.act(who, execution.submit, held, world.answers(held))
    assert in_threads(world, ["ana", "ben"]) == [None, None]


def test_two_windows_of_one_person_get_one_item(world: World) -> None:
    world.upto("draft_all")
    got = in_threads(world, ["ana"] * 5)
    assert len(set(got)) == 1
    assert len(world.open_assignments(Purpose.PRODUCE)) == 3


def test_another_engagements_assignment_does_not_exist(world: World) -> None:
    world.upto("draft_all")
    other = world.open_assignments(Purpose.PRODUCE)[0].id
    mine = world.engagement
    world.upto("accept_award")
    world.staff()
    with pytest.raises(NotFound):
        world.act("ana", execution.claim, world.engagement, None, other)
    world.engagement = mine


# --- reservations ----------------------------------------------------------------------------


def test_a_reservation_runs_out(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    world.passes(hours=0.51)
    for do in (execution.extend, execution.return_assignment):
        with refused("reservation-expired"):
            world.act("ana", do, held)
    with refused("reservation-expired"):
        world.act("ana", execution.submit, held, world.answers(held))
    assert submissions(world) == 4  # the drafts


def test_a_reservation_that_ran_out_goes_to_somebody_else(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    world.passes(hours=0.51)
    assert world.act("ben", execution.claim, world.engagement) == held
    with refused("not-reserved"):
        world.act("ana", execution.submit, held, world.answers(held))
    with refused("not-reserved"):
        world.act("ana", execution.extend, held)
    world.act("ben", execution.submit, held, world.answers(held))


def test_extending_keeps_an_item_and_returning_gives_it_up(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    until = None
    for _ in range(3):
        world.passes(hours=0.4)
        until = world.act("ana", execution.extend, held)
    assert until == world.now + timedelta(minutes=30)
    with refused("not-reserved"):
        world.act("ben", execution.return_assignment, held)
    world.act("ana", execution.return_assignment, held, "Wrong language")
    assert world.act("ben", execution.claim, world.engagement) == held


def test_what_was_typed_is_kept_for_the_one_who_typed_it(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    world.act("ana", execution.save_progress, held, {"renewal": "yes"})
    with refused("not-reserved"):
        world.act("ben", execution.save_progress, held, {})
    found = world.look(execution.assignment, held)
    assert world.look(execution.progress, found, world.people["ana"]) == {"renewal": "yes"}
    assert world.look(execution.progress, found, world.people["ben"]) is None
    world.act("ana", execution.submit, held, world.answers(held))
    assert world.look(execution.progress, found, world.people["ana"]) is None


# --- handing in ------------------------------------------------------------------------------


def test_an_item_is_handed_in_once(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    answers = world.answers(held)
    made = world.act("ana", execution.submit, held, answers)
    before = submissions(world)
    # A retry, because the first answer was lost on its way, is told the same and changes nothing.
    assert world.act("ana", execution.submit, held, answers) == made
    assert (
        perform(world.database, world.people["ana"], "execution.submit", again(held, answers))
        == made
    )
    with refused("already-submitted"):
        world.act("ana", execution.submit, held, [replace(answers[0], value=None), *answers[1:]])
    with refused("already-submitted"):  # by somebody else
        world.act("ben", execution.submit, held, answers)
    assert submissions(world) == before


def again(held: AssignmentId, answers: Sequence[Answer]) -> dict[str, Json]:
    """The arguments of a submission as a program sends them."""
    given = TypeAdapter(list[Answer]).dump_python(list(answers), mode="json")
    return {"assignment": held, "answers": given}


def test_two_submissions_at_once_leave_one(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    answers = world.answers(held)
    made: list[str] = []

    def hand_in() -> None:
        with operation(world.database, world.people["ana"], world.now) as op:
            made.append(execution.submit(op, held, answers))

    threads = [threading.Thread(target=hand_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    assert (
        len(world.look(execution.submissions, world.look(execution.assignment, held).item_id)) == 2
    )


def test_answers_stay_in_the_order_they_were_given(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    answers = world.answers(held)[::-1]
    made = world.act("ana", execution.submit, held, answers)
    stored = world.look(execution.answers_of, made)
    assert [a.question for a in stored] == [a.question for a in answers]
    assert [a.value for a in stored] == [a.value for a in answers]


def test_answers_say_how_they_came_to_be(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    made = world.act(
        "ana", execution.submit, held, world.answers(held, governing_law="Peru?", renewal="no")
    )
    origins = {a.question: a.origin.value for a in world.look(execution.answers_of, made)}
    assert origins["effective-date"] == "confirmed"
    assert origins["governing-law"] == "corrected"
    item = world.look(execution.assignment, held).item_id
    first = world.look(execution.submissions, item)[0]
    drafts = {a.question: a.id for a in world.look(execution.answers_of, first.id)}
    assert all(a.revises == drafts[a.question] for a in world.look(execution.answers_of, made))
    assert {a.origin.value for a in world.look(execution.answers_of, first.id)} == {"drafted"}


def spoil(answers: list[Answer], **changes: Any) -> list[Answer]:
    """The answers with the second one changed."""
    return [answers[0], replace(answers[1], **changes), answers[2]]


SPOILED: dict[str, Callable[[list[Answer]], list[Answer]]] = {
    "unknown-question": lambda a: [*a, Answer("shoe-size", "46")],
    "question-answered-twice": lambda a: [*a, a[1]],
    "question-unanswered": lambda a: [a[0], a[2]],
    "value-not-an-option": lambda a: [replace(a[0], value="perhaps"), *a[1:]],
    "value-malformed": lambda a: spoil(a, value="2026-02-30"),
    "value-malformed ": lambda a: spoil(a, value=17),
    "value-malformed  ": lambda a: spoil(a, value=["2026-01-01"]),
    "quote-does-not-match": lambda a: spoil(
        a, evidence=(replace(range_of(a[1]), quote="2026-01-31"),)),
    "quote-outside": lambda a: spoil(a, evidence=(replace(range_of(a[1]), end=10**6),)),
    "quote-outside ": lambda a: spoil(a, evidence=(replace(range_of(a[1]), start=-1),)),
    "quote-outside  ": lambda a: spoil(
        a, evidence=(replace(range_of(a[1]), start=5, end=5, quote=""),)),
    "confidence-outside": lambda a: spoil(a, confidence=1.5),
    "confidence-outside ": lambda a: spoil(a, confidence=float("nan")),
    "seconds-outside": lambda a: spoil(a, seconds=-1.0),
    "seconds-outside ": lambda a: spoil(a, seconds=float("inf")),
    "value-malformed    ": lambda a: spoil(
        a, evidence=(PageBox("x", 1, 0.0, 0.0, float("nan"), 1.0),)),
}  # fmt: skip


def test_what_is_wrong_with_an_answer_is_named_and_nothing_is_written(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    answers = world.answers(held)
    before = submissions(world)
    for code, change in SPOILED.items():
        with pytest.raises(BadInput) as caught:
            world.act("ana", execution.submit, held, change(answers))
        assert caught.value.code == code.strip(), code
        expected = {
            "unknown-question": "shoe-size", "value-not-an-option": "renewal",
        }.get(code.strip(), "effective-date")  # fmt: skip
        assert caught.value.params["question"] == expected, code
    assert submissions(world) == before
    assert world.look(execution.assignment, held).state is AssignmentState.LIVE
    world.act("ana", execution.submit, held, answers, 10**12)


def test_answers_are_read_from_json(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    plain = [
        {"question": a.question, "value": a.value, "evidence": [
            {"type": "text-range", "document": e.document, "start": e.start, "end": e.end,
             "quote": e.quote} for e in a.evidence if isinstance(e, TextRange)]}
        for a in world.answers(held)
    ]  # fmt: skip
    with bad("argument-malformed"):
        perform(world.database, world.people["ana"], "execution.submit",
                {"assignment": held, "answers": [{"value": 1}]}, world.now)  # fmt: skip
    perform(world.database, world.people["ana"], "execution.submit",
            {"assignment": held, "answers": plain, "seconds": 5}, world.now)  # fmt: skip
    item = world.look(execution.assignment, held).item_id
    assert world.look(execution.item, item).state is ItemState.SUBMITTED


# --- rework and closing ----------------------------------------------------------------------


def test_an_item_is_recalled_with_a_clause(world: World) -> None:
    world.upto("produce")
    recall = (execution.recall, world.items[1])
    with bad("unknown-clause"):
        world.act("dana", *recall, "renewal", "no-such")
    with bad("unknown-question"):
        world.act("dana", *recall, "Jane's salary", "c-renewal")
    world.act("dana", *recall, "renewal", "c-renewal", "Look at the schedule")
    with refused("not-submitted"):
        world.act("dana", *recall, "renewal", "c-renewal")
    with refused("gate-closed", "items-unfinished"):
        world.close_batch()
    again = world.open_assignments(Purpose.PRODUCE)
    assert [(a.clause, a.rank, a.level) for a in again] == [("c-renewal", 0, 1)]
    world.produce()
    world.close_batch()


def test_a_batch_is_closed_once(world: World) -> None:
    world.upto("close_batch")
    with refused("wrong-stage"):
        world.close_batch()
    with refused("wrong-stage"):
        world.act("dana", execution.recall, world.items[0], "renewal", "c-renewal")


def test_a_submission_under_way_is_not_lost_by_the_close(world: World) -> None:
    """Closing waits for what is being handed in, or refuses what comes later: never half."""
    world.upto("draft_all")
    for _ in range(3):
        world.take("ana")
    held = world.act("ana", execution.claim, world.engagement)
    world.waive("execution", "items-unfinished")
    answers = world.answers(held)
    outcome: list[str] = []

    def close() -> None:
        try:
            with operation(world.database, world.people["dana"], world.now) as op:
                execution.close_work_order(op, world.order)
                outcome.append("closed")
        except Refusal as error:
            outcome.append(error.code)

    with operation(world.database, world.people["ana"], world.now) as op:
        execution.submit(op, held, answers)
        thread = threading.Thread(target=close)
        thread.start()
        thread.join(0.3)
    thread.join()
    assert outcome == ["closed"]
    closing = world.look(closing_event, world.engagement)
    assert closing == 4
    assert world.look(execution.counts, world.order)[ItemState.SUBMITTED] == 4


def closing_event(db: Any, engagement: Any) -> int:
    """The number of items that the closing event states."""
    from outwork import ledger

    found = ledger.find_entry(db, engagement, execution.WorkOrderClosed.kind)
    assert found is not None
    return int(found.public["items"])


# --- what is stuck --------------------------------------------------------------------------


def stuck(world: World) -> tuple[int, int]:
    """Reservations that ran out, and assignments that nobody may take."""
    found = world.look(execution.stuck, world.engagement, world.now)
    return found.lapsed, found.unclaimable


def alarms(world: World, who: str) -> set[str]:
    """Kinds of alarm in somebody's inbox."""
    with operation(world.database, world.people[who], world.now) as op:
        kinds = {entry.kind for entry in reporting.inbox(op)}
    return kinds & {"nobody-can-take", "reservations-lapsed"}


def test_a_reservation_that_ran_out_is_an_alarm(world: World) -> None:
    world.upto("draft_all")
    world.act("ana", execution.claim, world.engagement)
    assert stuck(world) == (0, 0)
    assert alarms(world, "dana") == set()
    world.passes(1)
    assert stuck(world) == (1, 0)
    assert alarms(world, "dana") == {"reservations-lapsed"}
    assert alarms(world, "ana") == set()
    world.act("ben", execution.claim, world.engagement)
    assert stuck(world) == (0, 0)


def test_what_nobody_may_take_is_an_alarm(world: World) -> None:
    world.upto("produce")
    world.act("dana", execution.recall, world.items[0], "renewal", "c-renewal")
    assert stuck(world) == (0, 0)
    # Nobody is certified for a guideline that has just changed.
    world.act("vera", transfer.publish_guideline, world.engagement, list(GUIDELINE[::-1]))
    assert stuck(world) == (0, 1)
    assert alarms(world, "dana") == {"nobody-can-take"}
    world.certify("ana", "ben")
    assert stuck(world) == (0, 0)


def test_only_authors_are_left_to_inspect(world: World) -> None:
    world.upto("draw")
    assert stuck(world) == (0, 0)
    rosa = world.people["rosa"]
    ended = world.now + timedelta(seconds=1)
    world.act("dana", setup.date_entitlement, world.engagement, rosa, START, ended)
    world.passes(1)
    waiting = len(world.open_assignments(Purpose.INSPECT))
    assert stuck(world) == (0, waiting)
    assert waiting > 0


def test_setting_the_clock_back_revives_no_reservation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job has seen a later instant than the machine's clock tells now."""
    monkeypatch.setattr(support, "START", datetime.now(UTC) - timedelta(hours=2))
    world.now = support.START
    world.upto("draft_all")
    ana, ben = world.people["ana"], world.people["ben"]
    claim = ("execution.claim", {"engagement": world.engagement})
    held = perform(world.database, ana, *claim)
    seen = sa.text("insert into clock (id, latest) values (true, now() + interval '1 hour')")
    try:
        with world.database.transaction("job") as db:
            db.execute(sa.text("delete from clock"))
            db.execute(seen)
        with refused("reservation-expired"):
            perform(world.database, ana, "execution.submit", again(held, world.answers(held)))
        assert perform(world.database, ben, *claim) == held
        with world.database.transaction("job") as db:
            assert access.tick(db) > datetime.now(UTC) + timedelta(minutes=59)
    finally:
        with world.database.transaction("job") as db:
            db.execute(sa.text("delete from clock"))
