"""Calibration: several answer the same items alone; held together, discussed, concluded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.stages.test_web_pages import SignIn, press, sign_in  # noqa: F401  (a fixture)
from tests.support.engagement import World, bad, events, refused
from tests.support.service import GUIDELINE, content, range_of, right, tiny_service

from outwork import practices, reporting
from outwork.operation import operation
from outwork.stages import assurance, execution, transfer
from outwork.stages.assurance import RaterState
from outwork.stages.execution import AssignmentState
from outwork.stages.transfer import ControlUse
from outwork.vocabulary import CalibrationId, ItemId, NotFound, Purpose, Role

RATERS = ("ana", "ben", "rosa", "bot")


@pytest.fixture
def ready(world: World) -> World:
    """A team in execution, and two items whose right answers were agreed for calibration."""
    world.upto("approve")
    for number in (70, 71):
        world.add_control(number, ControlUse.CALIBRATION)
    return world


def sources(world: World) -> list[ItemId]:
    """The control items for calibration."""
    found = world.look(transfer.control_items, world.engagement, ControlUse.CALIBRATION)
    return [c.id for c in found]


def opened(
    world: World, raters: Sequence[str] = RATERS, items: Sequence[ItemId] = ()
) -> CalibrationId:
    """A session on these items (all control items for calibration unless told)."""
    made: CalibrationId = world.act(
        "dana", assurance.open_calibration, world.engagement, "Laws of the world",
        list(items) or sources(world), [world.people[r] for r in raters],
    )  # fmt: skip
    return made


def answer_all(world: World, who: str, **wrong: Any) -> int:
    """Somebody answers what was given; gives how many."""
    done = 0
    while world.take(who, **wrong) is not None:
        done += 1
    return done


def session(world: World, calibration: CalibrationId) -> assurance.Calibration:
    """The session as it stands."""
    found: assurance.Calibration = world.look(assurance.calibration, calibration)
    return found


def settle(world: World, calibration: CalibrationId, stands: int = 0) -> list[bool]:
    """Settle every difference alike; gives whether each clause was changed since."""
    clauses = {"renewal": "c-renewal", "effective-date": "c-date", "governing-law": "c-law"}
    return [
        world.act(
            "dana",
            assurance.settle_difference,
            calibration,
            item,
            question,
            stands,
            clauses[question],
            "The country as written",
        )
        for item, question in session(world, calibration).differences()
    ]


def test_each_answers_alone_and_the_session_says_who_is_calibrated(ready: World) -> None:
    found = opened(ready)
    assert answer_all(ready, "ana") == 2
    assert (
        answer_all(ready, "ben", renewal=None, governing_law="Utopia", effective_date="1999-01-01")
        == 2
    )
    assert answer_all(ready, "rosa", governing_law="Utopia") == 2
    assert answer_all(ready, "bot") == 2
    count = ready.act("dana", assurance.close_calibration, found)
    held = session(ready, found)
    assert count == len(held.differences()) == 6
    for item in held.items:
        assert held.groups[item.item_id]["governing-law"] == [0, 1, 1, 0]
        assert held.groups[item.item_id]["effective-date"] == [0, 1, 0, 0]
    with refused("differences-open"):
        ready.act("dana", assurance.conclude_calibration, found)
    assert settle(ready, found) == [False] * 6
    came = ready.act("dana", assurance.conclude_calibration, found)
    assert {k: came[ready.people[k]] for k in RATERS} == {
        "ana": RaterState.CALIBRATED,
        "ben": RaterState.RETRAIN,
        "rosa": RaterState.UNDECIDED,
        "bot": RaterState.CALIBRATED,
    }
    shown = session(ready, found).results[ready.people["rosa"]]
    assert (shown.right, shown.asked, shown.bar) == (4, 6, Decimal("0.5"))
    assert shown.lower < shown.bar <= shown.upper


def test_who_falls_short_is_paused_for_the_clauses_and_comes_back_by_retraining(
    ready: World,
) -> None:
    found = opened(ready)
    for who in ("ana", "rosa"):
        answer_all(ready, who, governing_law="Utopia", effective_date="1999-01-01", renewal=None)
    answer_all(ready, "ben")
    ready.act("dana", assurance.close_calibration, found)
    settle(ready, found)
    came = ready.act("dana", assurance.conclude_calibration, found)
    assert came[ready.people["rosa"]] is RaterState.RETRAIN
    assert came[ready.people["bot"]] is RaterState.UNDECIDED  # it answered nothing
    (pause,) = ready.look(transfer.pauses, ready.engagement)  # nobody is paused for inspecting
    assert (pause.actor_id, pause.cause) == (ready.people["ana"], "calibration")
    assert pause.clauses == ("c-date", "c-law", "c-renewal")
    assert not ready.look(transfer.certified, ready.engagement, ready.people["ana"])
    ready.act("ana", execution.start_retraining, ready.engagement)
    answer_all(ready, "ana")
    assert ready.look(transfer.certified, ready.engagement, ready.people["ana"])
    told = ready.look(events, ready.engagement)
    (concluded,) = [e for e in told if e.kind == "assurance.calibration-concluded"]
    shown = concluded.public["results"][ready.pseudonym("ana")]
    assert (shown["right"], shown["asked"], shown["state"]) == (0, 6, "retrain")
    assert concluded.public["results"][ready.pseudonym("ben")]["right"] == 6


def test_nobody_sees_another_answer_before_the_session_is_closed(ready: World) -> None:
    found = opened(ready, ("ana", "ben"))
    answer_all(ready, "ana", governing_law="Utopia")
    held = ready.act("ben", execution.claim, ready.engagement)
    with operation(ready.database, ready.people["ben"], ready.now) as op:
        bench = reporting.workbench(op, held)
        assert bench.purpose is Purpose.CALIBRATE
        assert bench.answers == {}
        assert bench.submissions == ()
    for who in ("ben", "dana", "vera"):
        with operation(ready.database, ready.people[who], ready.now) as op:
            seen = reporting.calibrating(op, found)
        assert not seen.differences
        assert not seen.agreeing
        assert seen.handed_in[ready.people["ana"]] == 2
    ready.integrate()
    with operation(ready.database, ready.people["vera"], ready.now) as op:
        for entry in events(op.db, ready.engagement):
            if entry.kind == "execution.item-submitted" and entry.seq is not None:
                told = reporting.log_entry(op, ready.engagement, entry.seq)
                assert bool(told.opened) is (entry.public["purpose"] != "calibrate")
    ready.act("ben", execution.submit, held, ready.answers(held), 5)
    answer_all(ready, "ben")
    ready.act("dana", assurance.close_calibration, found)
    with operation(ready.database, ready.people["ben"], ready.now) as op:
        seen = reporting.calibrating(op, found)
    laws = [d for d in seen.differences if d.question.key == "governing-law"]
    assert len(laws) == len(seen.differences) == 2
    for one in laws:
        agreed, other = one.opinions
        assert agreed.by == (ready.people["ben"],)
        assert (other.by, other.answer.value) == ((ready.people["ana"],), "Utopia")
        assert range_of(agreed.answer).quote == agreed.answer.value
    by_key = {a.question.key: a for a in seen.agreeing}
    assert (by_key["governing-law"].items, by_key["governing-law"].agreed) == (2, 0)
    assert by_key["governing-law"].alpha is not None
    assert by_key["governing-law"].alpha.value < 0.2
    assert by_key["effective-date"].alpha is not None
    assert by_key["effective-date"].alpha.value == 1


def test_whom_a_session_does_not_concern_learns_nothing_of_it(ready: World) -> None:
    found = opened(ready, ("ana", "bot"))
    for who in ("ben", "rosa"):
        with operation(ready.database, ready.people[who], ready.now) as op:
            assert reporting.calibrations(op, ready.engagement) == []
            with pytest.raises(NotFound):
                reporting.calibrating(op, found)
        assert ready.act(who, execution.claim, ready.engagement) is None
    with operation(ready.database, ready.people["ana"], ready.now) as op:
        assert [c.id for c in reporting.calibrations(op, ready.engagement)] == [found]
    held = ready.act("ana", execution.claim, ready.engagement)
    with pytest.raises(NotFound):
        ready.act("ben", execution.claim, ready.engagement, assignment=held)


def test_items_of_a_batch_are_rated_by_whoever_had_no_part_in_them(world: World) -> None:
    world.upto("draft_all")
    first = world.items[0]
    with refused("rater-answered"):  # it wrote the draft
        opened(world, ("ana", "bot"), [first])
    found = opened(world, ("ana", "ben", "rosa"), [first])
    for who, law in (("ana", "Utopia"), ("ben", "France"), ("rosa", "Utopia")):
        held = world.act(who, execution.claim, world.engagement)
        world.act(who, execution.submit, held, world.answers(held, governing_law=law), 9)
    assert world.look(execution.item, first).state is execution.ItemState.DRAFTED
    assert world.act("dana", assurance.close_calibration, found) == 1
    (one,) = session(world, found).items
    assert session(world, found).groups[one.item_id]["governing-law"] == [1, 2, 1]
    with bad("no-such-answer"):  # nothing was agreed beforehand
        settle(world, found, 0)
    settle(world, found, 2)
    world.act("dana", assurance.conclude_calibration, found)
    marks = {who: session(world, found).results[world.people[who]].right for who in ("ana", "ben")}
    assert marks == {"ana": 2, "ben": 3}
    # The work on the batch goes on as if nothing had been.
    world.produce()
    world.close_batch()


def test_a_changed_clause_is_cited_as_changed(ready: World) -> None:
    found = opened(ready, ("ana", "ben"))
    answer_all(ready, "ana", governing_law="Utopia")
    answer_all(ready, "ben")
    ready.act("dana", assurance.close_calibration, found)
    clauses = [replace(c, text="The state, too.") if c.id == "c-law" else c for c in GUIDELINE]
    ready.act("vera", transfer.publish_guideline, ready.engagement, clauses)
    item, question = session(ready, found).differences()[0]
    say = (found, item, question, 0)
    assert ready.act("dana", assurance.settle_difference, *say, "c-law", "Say the state") is True
    assert ready.act("dana", assurance.settle_difference, *say, "c-date", "Otherwise") is False
    (kept,) = ready.look(assurance.settlements, session(ready, found)).values()
    assert (kept.clause, kept.guideline_version, kept.changed) == ("c-date", 2, False)
    assert ready.look(assurance.settled_because, kept) == "Otherwise"


def test_what_is_still_open_is_taken_back_at_the_close(ready: World) -> None:
    found = opened(ready, ("ana", "ben"))
    with refused("calibration-empty"):
        ready.act("dana", assurance.close_calibration, found)
    ready.take("ana")
    held = ready.act("ben", execution.claim, ready.engagement)
    assert ready.act("dana", assurance.close_calibration, found) == 0
    with refused("not-reserved"):
        ready.act("ben", execution.submit, held, ready.answers(held), 5)
    assert ready.look(execution.assignment, held).state is AssignmentState.WITHDRAWN
    assert ready.act("ana", execution.claim, ready.engagement) is None
    with refused("calibration-state"):
        ready.act("dana", assurance.close_calibration, found)
    item = session(ready, found).items[0].item_id
    with bad("no-difference"):
        ready.act("dana", assurance.settle_difference, found, item, "renewal", 0, "c-law", "x")
    came = ready.act("dana", assurance.conclude_calibration, found)
    assert came[ready.people["ben"]] is RaterState.UNDECIDED
    with refused("calibration-state"):
        ready.act("dana", assurance.conclude_calibration, found)


def test_a_paused_analyst_and_one_without_a_certificate_rate_all_the_same(ready: World) -> None:
    ready.act("dana", execution.pause_worker, ready.engagement, ready.people["ana"], "Holiday")
    opened(ready, ("ana", "bot"))
    assert ready.take("ana")
    assert ready.take("ana")
    assert ready.look(execution.waits_for, ready.engagement, Role.AGENT, ready.now)
    made = execution.draft_next(
        ready.database, ready.people["bot"], ready.engagement, lambda: ready.now
    )
    assert made is not None
    assert ready.look(execution.assignment, made).purpose is Purpose.CALIBRATE


def test_what_a_session_refuses(ready: World) -> None:
    ready.add_control(72, ControlUse.PRODUCTION)
    hidden = ready.look(transfer.control_items, ready.engagement, ControlUse.PRODUCTION)[0].id
    with refused("control-item-kept"):
        opened(ready, RATERS, [hidden])
    with refused("not-a-rater"):
        opened(ready, ("ana", "dana"))
    with bad("calibration-raters"):
        opened(ready, ("ana",))
    with bad("calibration-raters"):
        opened(ready, ("ana", "ana"))
    with bad("calibration-items"):
        ready.act("dana", assurance.open_calibration, ready.engagement, "x", [],
                  [ready.people["ana"], ready.people["ben"]])  # fmt: skip
    for unknown in (ItemId("itm_unknown"), ItemId("ctl_unknown")):
        with pytest.raises(NotFound):
            opened(ready, RATERS, [unknown])
    with pytest.raises(NotFound):
        opened(ready, ("ana", "stranger"))
    first = opened(ready, ("ana", "ben"))
    with refused("rated-before"):
        opened(ready, ("ben", "rosa"))
    ready.take("ana", governing_law="Utopia")
    ready.act("dana", assurance.close_calibration, first)
    item, question = session(ready, first).differences()[0]
    say = (first, item, question)
    with bad("unknown-clause"):
        ready.act("dana", assurance.settle_difference, *say, 0, "c-none", "x")
    with bad("text-missing", field="reason"):
        ready.act("dana", assurance.settle_difference, *say, 0, "c-law", " ")
    with bad("no-such-answer"):
        ready.act("dana", assurance.settle_difference, *say, 7, "c-law", "x")
    for who in ("vera", "ana", "rosa", "carl"):
        with refused("not-permitted"):
            ready.act(who, assurance.conclude_calibration, first)
    with pytest.raises(NotFound):
        ready.act("stranger", assurance.close_calibration, first)
    said = [e for e in ready.look(events, ready.engagement) if "calibration" in e.kind]
    assert not any("Laws of the world" in str(e.public) for e in said)


def test_a_session_is_held_by_its_pages(ready: World, sign_in: SignIn) -> None:  # noqa: F811
    dana, ana, vera = (sign_in(who) for who in ("dana", "ana", "vera"))
    at = f"/engagements/{ready.engagement}/calibrations"
    assert at in dana.get(f"/engagements/{ready.engagement}").text
    assert "open_calibration" not in vera.get(at).text
    found = opened(ready, ("ana", "ben"))
    page = f"{at}/{found}"
    assert "Calibration" in ana.get("/work").text
    answer_all(ready, "ben")
    ready.take("ana", governing_law="Utopia")
    ready.take("ana")
    for browser in (dana, ana, vera):
        shown = browser.get(page).text
        assert "2 of 2" in shown
        assert "Utopia" not in shown
    assert "close_calibration" not in ana.get(page).text
    press(dana, page, "assurance.close_calibration")
    assert "Utopia" in ana.get(page).text  # both, side by side
    assert "Agreed beforehand, Ben Providence" in ana.get(page).text
    assert "settle_difference" not in ana.get(page).text
    press(dana, page, "assurance.settle_difference", stands="0", clause="c-law", reason="As is.")
    assert "As is." in ana.get(page).text
    press(dana, page, "assurance.conclude_calibration")
    assert "Calibrated" in vera.get(page).text
    assert sign_in("rosa").get(page).status_code == 404
    assert "Laws of the world" not in sign_in("rosa").get(at).text
    assert sign_in("stranger").get(page).status_code == 404


def test_all_items_of_a_session_ask_the_same(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(tiny_service(), key="tiny-other")
    monkeypatch.setitem(practices.catalogue(), other.key, other)
    raw = content(73)
    more = ready.act("vera", transfer.add_control_item, ready.engagement, other.key, "x.txt", raw,
                     right("x.txt", raw.decode()), ControlUse.CALIBRATION)  # fmt: skip
    with bad("calibration-services"):
        opened(ready, RATERS, [sources(ready)[0], more])
