"""Contested reworks, questions to the client's side, and contested effort."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.support.engagement import World, bad, events, refused

from outwork.stages import execution, setup
from outwork.stages.execution import (
    AssignmentState,
    DisputeState,
    EscalationState,
    ItemState,
    ReviewVerdict,
)
from outwork.vocabulary import Answer, AssignmentId, Purpose, Role, Side


@pytest.fixture
def begun(world: World) -> World:
    """A batch under a ladder of two levels that every item passes; all handed in by ana."""
    world.upto("approve")
    world.enrol("dirk", Side.PROVIDER, Role.REVIEWER)
    world.act("dana", setup.plan_reviews, world.line, [Decimal(1), Decimal(1)])
    world.upto("draft_all", after="approve")
    return world


def returned(world: World) -> AssignmentId:
    """The first item that waits, answered by ana and returned by rosa; gives the rework."""
    world.take("ana")
    held = world.act("rosa", execution.claim, world.engagement)
    world.act("rosa", execution.review, held, ReviewVerdict.RETURNED,
              question="renewal", clause="c-renewal", note="look again")  # fmt: skip
    (rework,) = [a for a in world.open_assignments(Purpose.PRODUCE) if a.clause]
    return rework.id


def assignment(world: World, identifier: AssignmentId) -> execution.Assignment:
    """An assignment as it stands."""
    found: execution.Assignment = world.look(execution.assignment, identifier)
    return found


def item_state(world: World, identifier: AssignmentId) -> ItemState:
    """Where an assignment's item stands."""
    found: ItemState = world.look(execution.item, assignment(world, identifier).item_id).state
    return found


def rescore(world: World, who: str, *, wrong: bool = False) -> bool:
    """Score what waits for somebody again, rightly or not."""
    (waiting,) = world.open_assignments(Purpose.ADJUDICATE)
    world.act(who, execution.claim, world.engagement, assignment=waiting.id)
    (answer,) = [a for a in world.answers(waiting.id) if a.question == "renewal"]
    if wrong:
        answer = Answer("renewal", "no" if answer.value == "yes" else "yes")
    made: bool = world.act(who, execution.rescore, waiting.id, answer, 11)
    return made


def test_an_overturned_return_is_withdrawn_and_the_item_goes_on_up(begun: World) -> None:
    rework = returned(begun)
    begun.act("ana", execution.dispute, rework, "The text says it.")
    assert assignment(begun, rework).state is AssignmentState.PARKED
    assert begun.act("ben", execution.claim, begun.engagement) != rework
    assert rescore(begun, "dirk") is True
    assert assignment(begun, rework).state is AssignmentState.WITHDRAWN
    assert item_state(begun, rework) is ItemState.REVIEW
    levels = {
        a.level for a in begun.open_assignments(Purpose.REVIEW)
        if a.item_id == assignment(begun, rework).item_id
    }  # fmt: skip
    assert levels == {2}, "the level that returned it counts as passed"
    ana = begun.look(execution.standing_of, begun.engagement, begun.people["ana"])
    rosa = begun.look(execution.standing_of, begun.engagement, begun.people["rosa"])
    assert (ana.returned, ana.overturned) == (0, 1)
    assert (rosa.judged, rosa.overruled) == (1, 1)


def test_an_upheld_rework_stands(begun: World) -> None:
    rework = returned(begun)
    begun.act("ana", execution.claim, begun.engagement, assignment=rework)
    begun.act("ana", execution.dispute, rework, "The text says it.")
    assert rescore(begun, "dirk", wrong=True) is False
    found = assignment(begun, rework)
    assert (found.state, found.actor_id, found.rank) == (AssignmentState.OPEN, None, 0)
    ana = begun.look(execution.standing_of, begun.engagement, begun.people["ana"])
    rosa = begun.look(execution.standing_of, begun.engagement, begun.people["rosa"])
    assert (ana.returned, ana.overturned, ana.open) == (1, 0, 0)
    assert (rosa.judged, rosa.overruled) == (1, 0)
    with refused("already-disputed"):
        begun.act("ana", execution.dispute, rework, "Once more.")
    (kept,) = begun.look(execution.disputes_of, begun.engagement)
    assert kept.state is DisputeState.UPHELD
    assert begun.look(execution.dispute_reason, kept) == "The text says it."


def test_neither_author_nor_judge_scores_again_by_any_claim(begun: World) -> None:
    rework = returned(begun)
    begun.enrol("ana", Side.PROVIDER, Role.ANALYST, Role.REVIEWER)
    begun.act("ana", execution.dispute, rework, "The text says it.")
    (waiting,) = begun.open_assignments(Purpose.ADJUDICATE)
    for who in ("ana", "rosa"):
        with refused("maker-is-checker", "maker-is-checker"):
            begun.act(who, execution.claim, begun.engagement, assignment=waiting.id)
    assert begun.act("rosa", execution.claim, begun.engagement) is None
    assert begun.act("dirk", execution.claim, begun.engagement) == waiting.id


def test_a_recall_is_contested_against_who_recalled(begun: World) -> None:
    begun.take("ana")
    begun.review("rosa", "dirk")
    item = begun.items[0]
    begun.act("dana", execution.recall, item, "renewal", "c-renewal")
    (rework,) = [a for a in begun.open_assignments(Purpose.PRODUCE) if a.clause]
    begun.act("ana", execution.dispute, rework.id, "It is right.")
    assert rescore(begun, "rosa") is True
    assert begun.look(execution.item, item).state is ItemState.SUBMITTED
    (told,) = [e for e in begun.look(events, begun.engagement)
               if e.kind == "execution.rework-disputed"]  # fmt: skip
    assert told.public["against"] == begun.pseudonym("dana")


def test_who_may_not_contest(begun: World) -> None:
    rework = returned(begun)
    with refused("not-yours"):
        begun.act("ben", execution.dispute, rework, "Not mine.")
    with bad("reason-empty"):
        begun.act("ana", execution.dispute, rework, " ")
    begun.act("ben", execution.claim, begun.engagement, assignment=rework)
    with refused("not-open"):
        begun.act("ana", execution.dispute, rework, "Somebody else has it.")
    other = begun.act("ana", execution.claim, begun.engagement)
    with refused("not-rework"):
        begun.act("ana", execution.dispute, other, "It is new work.")
    with refused("wrong-purpose"):
        begun.act("dirk", execution.rescore, begun.act("dirk", execution.claim, begun.engagement)
                  or _review_of_another(begun), Answer("renewal", "no"))  # fmt: skip


def _review_of_another(world: World) -> AssignmentId:
    world.act("ana", execution.submit, held := world.act("ana", execution.claim, world.engagement),
              world.answers(held))  # fmt: skip
    made: AssignmentId = world.act("dirk", execution.claim, world.engagement)
    return made


def test_a_rescore_answers_the_contested_question_alone(begun: World) -> None:
    rework = returned(begun)
    begun.act("ana", execution.dispute, rework, "The text says it.")
    held = begun.act("dirk", execution.claim, begun.engagement)
    with bad("unknown-question"):
        begun.act("dirk", execution.rescore, held, Answer("governing-law", "Peru"))
    with bad("value-not-an-option"):
        begun.act("dirk", execution.rescore, held, Answer("renewal", "perhaps"))


# --- questions to the client's side ----------------------------------------------------------


def test_a_question_parks_the_item_and_stops_the_clock(begun: World) -> None:
    held = begun.act("ana", execution.claim, begun.engagement)
    asked = begun.act("ana", execution.escalate, held, "renewal", "Which page counts?")
    assert assignment(begun, held).state is AssignmentState.PARKED
    with refused("not-open"):
        begun.act("ben", execution.claim, begun.engagement, assignment=held)
    with refused("not-reserved"):
        begun.act("ana", execution.submit, held, begun.answers(held))
    pause = begun.look(execution.escalation, asked).pause_id
    with refused("question-open"):
        begun.act("dana", execution.resume_clock, pause)
    assert begun.act("ben", execution.claim, begun.engagement) != held
    begun.act("carl", execution.answer_escalation, asked, "The second page.")
    found = assignment(begun, held)
    assert (found.state, found.rank) == (AssignmentState.OPEN, 0)
    assert begun.act("ana", execution.claim, begun.engagement) == held
    with refused("escalation-closed"):
        begun.act("carl", execution.answer_escalation, asked, "Or the third.")
    log = [e.kind for e in begun.look(events, begun.engagement)]
    assert log.count("execution.clock-paused") == log.count("execution.clock-resumed") == 1


def test_what_was_answered_is_found_by_words(begun: World) -> None:
    held = begun.act("ana", execution.claim, begun.engagement)
    asked = begun.act("ana", execution.escalate, held, "renewal", "Which PAGE counts?")
    assert [k.answer for k in begun.look(execution.known, begun.engagement)] == [""]
    begun.act("vera", execution.answer_escalation, asked, "The second one.")
    for words in ("page second", "c-renewal", "RENEWAL", ""):
        (found,) = begun.look(execution.known, begun.engagement, words)
        assert (found.text, found.answer) == ("Which PAGE counts?", "The second one.")
        assert found.escalation.state is EscalationState.ANSWERED
    assert begun.look(execution.known, begun.engagement, "page third") == []
    for entry in begun.look(events, begun.engagement):
        assert "second one" not in str(entry.public), "texts are sealed"


def test_a_question_is_withdrawn_by_who_asked_or_the_manager(begun: World) -> None:
    held = begun.act("ana", execution.claim, begun.engagement)
    asked = begun.act("ana", execution.escalate, held, "renewal", "Which page counts?")
    with refused("not-yours"):
        begun.act("ben", execution.withdraw_escalation, asked, "Found it.")
    with bad("reason-empty"):
        begun.act("ana", execution.withdraw_escalation, asked, "")
    begun.act("dana", execution.withdraw_escalation, asked, "The guideline says it.")
    assert assignment(begun, held).state is AssignmentState.OPEN


def test_a_question_says_something_of_a_question_that_is_asked(begun: World) -> None:
    held = begun.act("ana", execution.claim, begun.engagement)
    with bad("unknown-question"):
        begun.act("ana", execution.escalate, held, "weather", "Rain?")
    with bad("text-empty"):
        begun.act("ana", execution.escalate, held, "renewal", " ")


def test_nobody_asks_about_a_control_item_of_a_certification(world: World) -> None:
    world.upto("prepare")
    world.act("ana", execution.start_certification, world.engagement)
    held = world.act("ana", execution.claim, world.engagement)
    with refused("wrong-stage"):
        world.act("ana", execution.escalate, held, "renewal", "What is right?")


# --- effort ----------------------------------------------------------------------------------


def test_a_contested_effort_keeps_what_was_measured(begun: World) -> None:
    held = begun.take("ana")
    assert held is not None
    with refused("effort-not-contested"):
        begun.act("dana", execution.decide_effort, held, True)
    with bad("effort-outside"):
        begun.act("ana", execution.contest_effort, held, 60, "The same.")
    with refused("not-yours"):
        begun.act("ben", execution.contest_effort, held, 600, "Not mine.")
    begun.act("ana", execution.contest_effort, held, 600, "I read it on paper.")
    with refused("effort-contested"):
        begun.act("ana", execution.contest_effort, held, 700, "Longer.")
    begun.act("dana", execution.decide_effort, held, True)
    with refused("already-decided"):
        begun.act("dana", execution.decide_effort, held, False)
    claim = begun.look(execution.effort_claim, held)
    assert (claim.measured, claim.claimed, claim.accepted) == (60, 600, True)
    assert begun.look(execution.effort_reason, claim) == "I read it on paper."
    assert begun.look(execution.submission_of, held).seconds == 60


def test_the_effort_of_a_review_is_contested_too_and_not_decided_by_its_author(
    begun: World,
) -> None:
    begun.take("ana")
    begun.enrol("rosa", Side.PROVIDER, Role.REVIEWER, Role.DELIVERY_MANAGER)
    held = begun.act("rosa", execution.claim, begun.engagement)
    with refused("not-handed-in"):
        begun.act("rosa", execution.contest_effort, held, 5, "Nothing yet.")
    begun.act("rosa", execution.review, held, ReviewVerdict.APPROVED, seconds=40)
    begun.act("rosa", execution.contest_effort, held, 5, "The page was open over lunch.")
    with refused("maker-is-checker"):
        begun.act("rosa", execution.decide_effort, held, True)
    begun.act("dana", execution.decide_effort, held, False)
    assert begun.look(execution.measured, held)[1] == 40
