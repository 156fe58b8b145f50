"""The review ladder: drawn, frozen, decided by somebody else, and never got around."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.support.engagement import World, bad, events, refused

from outwork.stages import execution, setup
from outwork.stages.execution import ItemState, ReviewVerdict
from outwork.vocabulary import (
    AssignmentId,
    Origin,
    Purpose,
    Role,
    Side,
)


@pytest.fixture
def begun(world: World) -> World:
    """A batch under a ladder of two levels that every item passes, drafted."""
    world.upto("approve")
    world.enrol("both", Side.PROVIDER, Role.ANALYST, Role.REVIEWER)
    world.enrol("dirk", Side.PROVIDER, Role.REVIEWER)
    world.certify("both")
    world.act("dana", setup.plan_reviews, world.line, [Decimal(1), Decimal(1)])
    return world.upto("draft_all", after="approve")


def state(world: World, item: int) -> ItemState:
    """Where an item stands."""
    found: ItemState = world.look(execution.item, world.items[item]).state
    return found


def waits(world: World, item: int) -> list[execution.Assignment]:
    """What of an item waits for somebody."""
    found = world.look(execution.assignments, world.order)
    return [a for a in found if a.item_id == world.items[item] and a.state in ("open", "live")]


def claim(world: World, who: str, assignment: execution.Assignment) -> AssignmentId:
    """A named claim."""
    held: AssignmentId = world.act(who, execution.claim, world.engagement, assignment=assignment.id)
    return held


def first(world: World, who: str = "ana", **wrong: Any) -> AssignmentId:
    """The first item answered by an analyst; gives its review."""
    world.act(who, execution.claim, world.engagement, assignment=waits(world, 0)[0].id)
    held = waits(world, 0)[0].id
    world.act(who, execution.submit, held, world.answers(held, **wrong), 60)
    return waits(world, 0)[0].id


def test_an_item_counts_as_submitted_once_its_ladder_is_done(begun: World) -> None:
    first(begun)
    assert state(begun, 0) is ItemState.REVIEW
    for level in (1, 2):
        (waiting,) = waits(begun, 0)
        assert (waiting.purpose, waiting.level) == (Purpose.REVIEW, level)
        held = claim(begun, "rosa", waiting)
        begun.act("rosa", execution.review, held, ReviewVerdict.APPROVED, seconds=7)
    assert state(begun, 0) is ItemState.SUBMITTED
    assert waits(begun, 0) == []
    made = begun.look(execution.reviews_of, begun.items[0])
    assert [(r.level, r.verdict, r.seconds) for r in made] == [
        (1, "approved", 7),
        (2, "approved", 7),
    ]


def test_a_batch_is_not_closed_while_a_review_waits(begun: World) -> None:
    review = first(begun)
    for _ in range(2):
        begun.act("rosa", execution.claim, begun.engagement, assignment=review)
        begun.act("rosa", execution.review, review, ReviewVerdict.APPROVED)
        review = waits(begun, 0)[0].id if waits(begun, 0) else review
    begun.produce("ana")
    with refused("gate-closed", "items-unfinished"):
        begun.act("dana", execution.close_work_order, begun.order)
    assert begun.review() == 2 * (len(begun.items) - 1)
    begun.act("dana", execution.close_work_order, begun.order)


def test_nobody_reviews_what_they_made_by_any_claim(begun: World) -> None:
    first(begun, "both")
    (waiting,) = waits(begun, 0)
    with refused("maker-is-checker", "maker-is-checker"):
        claim(begun, "both", waiting)
    for _ in begun.items:
        held = begun.act("both", execution.claim, begun.engagement)
        assert held not in (None, waiting.id)
        begun.act("both", execution.submit, held, begun.answers(held), 1)
        if all(
            a.purpose is Purpose.REVIEW for n in range(len(begun.items)) for a in waits(begun, n)
        ):
            break
    assert begun.act("both", execution.claim, begun.engagement) is None


def test_checking_comes_before_new_work(begun: World) -> None:
    review = first(begun, "ana")
    assert begun.act("both", execution.claim, begun.engagement) == review
    assert len([n for n in range(len(begun.items)) if waits(begun, n)]) == len(begun.items)


def test_a_reviewer_who_corrected_is_an_author_and_reviews_no_further(begun: World) -> None:
    review = first(begun, renewal="no")
    begun.act("rosa", execution.claim, begun.engagement, assignment=review)
    answers = [
        replace(a, value="yes", evidence=()) if a.question == "renewal" else a
        for a in begun.answers(review)
    ]
    begun.act("rosa", execution.review, review, ReviewVerdict.CORRECTED, answers)
    current = begun.look(execution.current_answers, begun.items[0])
    assert current["renewal"].value == "yes"
    assert current["renewal"].author == begun.people["rosa"]
    assert current["renewal"].origin is Origin.CORRECTED
    assert current["effective-date"].origin is Origin.CONFIRMED
    (waiting,) = waits(begun, 0)
    assert waiting.level == 2
    with refused("maker-is-checker", "maker-is-checker"):
        claim(begun, "rosa", waiting)
    assert begun.act("rosa", execution.claim, begun.engagement) is None
    held = claim(begun, "dirk", waiting)
    begun.act("dirk", execution.review, held, ReviewVerdict.APPROVED)
    assert state(begun, 0) is ItemState.SUBMITTED


def test_a_return_cites_a_clause_and_begins_the_ladder_again(begun: World) -> None:
    review = first(begun)
    begun.act("rosa", execution.claim, begun.engagement, assignment=review)
    with bad("unknown-clause"):
        begun.act("rosa", execution.review, review, ReviewVerdict.RETURNED)
    with bad("unknown-question"):
        begun.act(
            "rosa", execution.review, review, ReviewVerdict.RETURNED, clause="c-law", question="x"
        )
    begun.act("rosa", execution.review, review, ReviewVerdict.RETURNED,
              question="renewal", clause="c-renewal", note="read on")  # fmt: skip
    assert state(begun, 0) is ItemState.REWORK
    (waiting,) = waits(begun, 0)
    assert (waiting.purpose, waiting.clause, waiting.note) == ("produce", "c-renewal", "read on")
    claim(begun, "ben", waiting)
    begun.act("ben", execution.submit, waiting.id, begun.answers(waiting.id))
    (waiting,) = waits(begun, 0)
    assert (waiting.purpose, waiting.level) == ("review", 1)
    kept = begun.look(execution.reviews_of, begun.items[0])
    assert begun.look(execution.review_note, kept[0]) == "read on"


def test_nothing_changes_while_an_item_is_under_review(begun: World) -> None:
    review = first(begun)
    with refused("under-review"):
        begun.act("dana", execution.recall, begun.items[0], "renewal", "c-renewal")
    begun.act("rosa", execution.claim, begun.engagement, assignment=review)
    with refused("review-under-way"):
        begun.act("dana", execution.reopen, begun.items[0], "the second page was missing")
    with refused("wrong-purpose"):
        begun.act("both", execution.claim, begun.engagement)
        held = begun.act("both", execution.claim, begun.engagement)
        begun.act("both", execution.review, held, ReviewVerdict.APPROVED)


def test_reopening_needs_a_reason_and_leads_past_no_review(begun: World) -> None:
    review = first(begun)
    with bad("reason-empty"):
        begun.act("dana", execution.reopen, begun.items[0], " ")
    begun.act("dana", execution.reopen, begun.items[0], "the second page was missing")
    assert state(begun, 0) is ItemState.REWORK
    with refused("not-open"):
        begun.act("rosa", execution.claim, begun.engagement, assignment=review)
    (waiting,) = waits(begun, 0)
    assert (waiting.purpose, waiting.clause) == ("produce", "")
    assert (waiting.note, waiting.rank) == ("the second page was missing", 0)
    assert begun.act("ana", execution.claim, begun.engagement) == waiting.id  # before new work
    first(begun)
    assert state(begun, 0) is ItemState.REVIEW
    begun.review()
    begun.act("rosa", execution.reopen, begun.items[0], "found later")
    assert state(begun, 0) is ItemState.REWORK
    with refused("not-submitted"):
        begun.act("rosa", execution.reopen, begun.items[0], "again")


@pytest.mark.parametrize(
    ("verdict", "more", "code"),
    [
        ("approved", {"question": "renewal"}, "clause-not-for-verdict"),
        ("corrected", {"clause": "c-law"}, "clause-not-for-verdict"),
        ("approved", {"answers": True}, "answers-not-for-verdict"),
        ("corrected", {"answers": True}, "nothing-corrected"),
    ],
)
def test_a_verdict_says_one_thing(
    begun: World, verdict: str, more: dict[str, Any], code: str
) -> None:
    review = first(begun)
    begun.act("rosa", execution.claim, begun.engagement, assignment=review)
    if "answers" in more:
        more = {"answers": list(begun.look(execution.current_answers, begun.items[0]).values())}
    with bad(code):
        begun.act("rosa", execution.review, review, ReviewVerdict(verdict), **more)
    assert state(begun, 0) is ItemState.REVIEW


def test_the_ladder_is_agreed_before_work_begins(begun: World) -> None:
    with refused("work-begun"):
        begun.act("dana", setup.plan_reviews, begun.line, [])


@pytest.mark.parametrize("shares", [["0"], ["1.1"], ["-1"], ["1"] * 10])
def test_a_ladder_that_cannot_be(world: World, shares: list[str]) -> None:
    world.upto("equip")
    with bad("too-many-levels" if len(shares) > 9 else "review-share-outside"):
        world.act("dana", setup.plan_reviews, world.line, [Decimal(s) for s in shares])


def test_half_of_the_items_are_drawn_by_what_stands_in_the_log(world: World) -> None:
    world.upto("approve")
    world.act("dana", setup.plan_reviews, world.line, [Decimal("0.5")])
    world.open()
    world.admit(12)
    world.upto("produce", after="admit")
    log = world.look(events, world.engagement)
    commitments = {
        e.public["side"]: e.public["commitment"]
        for e in log if e.kind == "execution.seed-committed"
    }  # fmt: skip
    expected = {
        e.public["item"]: execution.is_drawn(
            [commitments["client"], commitments["provider"]], Decimal("0.5"), 1,
            e.public["item"], e.public["submission"],
        )
        for e in log
        if e.kind == "execution.item-submitted" and e.public["level"] == 1
        and e.public["purpose"] == "produce"
    }  # fmt: skip
    found = {
        i.id: i.state is ItemState.REVIEW for i in world.look(execution.all_items, world.order)
    }
    assert found == expected
    assert len(set(found.values())) == 2 or all(expected.values()) == all(found.values())
