"""Questions to the client that others find answered; two levels of review; a blind re-score."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Shoot, Visitors
from tests.e2e.test_workbench import current, take
from tests.support.engagement import World

from outwork.stages import execution
from outwork.stages.execution import AssignmentState, DisputeState, ItemState
from outwork.vocabulary import Purpose, Role, Side

pytestmark = pytest.mark.browser

ASKED, ANSWERED = "Does a renewal by silence count?", "Only where the text says so in words."
FOUND, STANDS = "The text says when it ends.", "It ends after its term, and says no more."


@pytest.fixture
def staffed(world: World) -> World:
    """A batch at intake, before anything is agreed about reviews; dirk reviews too."""
    world.upto("approve")
    world.enrol("dirk", Side.PROVIDER, Role.REVIEWER)
    return world.upto("commit", after="approve")


def seen(page: Page, shoot: Shoot, what: str) -> None:
    """A page holds at three widths; where somebody looks, each is kept as a picture."""
    kept = page.viewport_size
    assert kept is not None
    for width in (390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{what} at {width}: {wide} pixels too wide"
        if os.environ.get("OUTWORK_SCREENSHOTS"):
            shoot(page, f"{what} {width}")
    page.set_viewport_size(kept)


def answer(page: Page, *keys: str) -> None:
    """Settle the questions by keyboard, and submit."""
    for key in (*keys, "s"):
        page.keyboard.press(key)


def hand_in(page: Page, held: str, *keys: str) -> None:
    """Settle and submit an item, and give back what is taken by itself after it."""
    answer(page, *keys)
    page.wait_for_url(lambda url: held not in url)
    if "/desk/" in page.url:
        page.get_by_role("button", name="Give it back").click()
        page.wait_for_url(re.compile("/work$"))


def state(world: World, item: int) -> ItemState:
    """Where an item stands."""
    found: ItemState = world.look(execution.item, world.items[item]).state
    return found


def return_it(page: Page) -> None:
    """Return what is reviewed, citing a clause."""
    page.get_by_text("Return it", exact=True).first.press("Enter")
    form = page.locator("#return")
    form.get_by_label("Question").select_option(label="Does it renew?")
    form.get_by_label("Clause it fails").select_option(label="Renewal")
    form.get_by_label("What is wrong").fill(FOUND)
    form.get_by_role("button", name="Return it").press("Enter")
    page.wait_for_url(re.compile("/work$"))


def agree_ladder(dana: Page, world: World, shoot: Shoot) -> None:
    """Two levels, each of every item, by the form of the set-up page."""
    dana.goto(f"/engagements/{world.engagement}/setup")
    dana.get_by_text("Agree the review ladder of").press("Enter")
    ladder = dana.locator(f"#ladder-{world.line}")
    for level in ("1", "2"):
        ladder.get_by_label(f"Level {level}, share of its items").fill("1")
    seen(dana, shoot, "the ladder's form")
    ladder.get_by_role("button", name="Agree the ladder").press("Enter")
    expect(dana.locator(".flashes")).to_contain_text("The review ladder is agreed")
    expect(dana.locator("#ladders")).to_contain_text("level 2: 100.0 % of items")


def test_a_question_to_the_client_becomes_what_others_know(
    staffed: World, visitors: Visitors, shoot: Shoot
) -> None:
    world = staffed.upto("draft_all", after="commit")
    ana, ben, carl = visitors("ana"), visitors("ben"), visitors("carl")
    held = take(ana)
    ana.keyboard.press("a")
    ask = ana.locator("#ask")
    ask.get_by_label("Question").select_option(label="Does it renew?")
    ask.get_by_label("What you want to know").fill(ASKED)
    seen(ana, shoot, "asking from inside the item")
    ask.get_by_role("button", name="Ask the client").press("Enter")
    ana.wait_for_url(re.compile("/work$"))
    expect(ana.locator(".flashes")).to_contain_text("the item waits for the answer")
    expect(ana.locator("#asked")).to_contain_text(ASKED)
    seen(ana, shoot, "asked")
    ben.goto("/work")
    expect(ben.locator("#asked")).to_have_count(0)
    assert world.look(execution.assignment, held).state is AssignmentState.PARKED

    carl.goto("/")
    seen(carl, shoot, "the client's inbox")
    carl.get_by_role("link", name="Answer a question of the provider's").press("Enter")
    expect(carl.locator("#questions")).to_contain_text(ASKED)
    carl.get_by_label("Answer", exact=True).fill(ANSWERED)
    seen(carl, shoot, "the client's expert answers")
    carl.get_by_role("button", name="Answer", exact=True).press("Enter")
    expect(carl.locator("#questions")).to_contain_text(ANSWERED)
    ana.goto("/work")
    expect(ana.locator("#asked")).to_have_count(0)

    other = take(ben)  # what waited for the answer goes first: its desk has the conversation
    expect(ben.locator(".talk")).to_contain_text(ANSWERED)
    assert other == held
    answer(ben, "c", "c", "c")
    ben.wait_for_url(lambda url: "/desk/" in url and held not in url)
    expect(ben.locator("#pane-context")).to_contain_text(f"{ASKED} – {ANSWERED}")
    expect(ben.locator(".talk")).to_have_count(0)  # it was asked of another item
    seen(ben, shoot, "another item, the answer found")
    ben.goto(f"/engagements/{world.engagement}/questions")
    ben.get_by_label("Words").fill("silence")
    ben.keyboard.press("Enter")
    expect(ben.locator("#questions")).to_contain_text(ANSWERED)
    seen(ben, shoot, "found by words")
    ben.get_by_label("Words").fill("weather")
    ben.keyboard.press("Enter")
    expect(ben.locator("#questions")).not_to_contain_text(ANSWERED)


def test_two_levels_of_review_and_a_rework_that_cites_a_clause(
    staffed: World, visitors: Visitors, shoot: Shoot
) -> None:
    dana = visitors("dana")
    agree_ladder(dana, staffed, shoot)
    world = staffed.upto("draft_all", after="commit")
    ana, rosa, dirk = visitors("ana"), visitors("rosa"), visitors("dirk")
    first = take(ana)
    hand_in(ana, first, "c", "c", "n")
    assert state(world, 0) is ItemState.REVIEW

    take(rosa)
    expect(rosa.locator(".desk-head")).to_contain_text("Review")
    seen(rosa, shoot, "reviewing")
    return_it(rosa)
    seen(rosa, shoot, "returned")
    assert state(world, 0) is ItemState.REWORK

    rework = take(ana)
    expect(ana.locator("#pane-questions")).to_contain_text("Returned because of the clause")
    expect(ana.locator("#pane-questions")).to_contain_text(FOUND)
    current(ana, "renewal")  # what nobody objected to stands
    seen(ana, shoot, "the rework with its clause")
    ana.keyboard.press("e")
    ana.keyboard.type("No")
    ana.keyboard.press("Escape")
    hand_in(ana, rework)
    for level, who in ((1, rosa), (2, dirk)):
        (waiting,) = world.open_assignments(Purpose.REVIEW)
        assert (waiting.level, take(who)) == (level, waiting.id)
        hand_in(who, waiting.id, "c", "c", "c")
    assert state(world, 0) is ItemState.SUBMITTED
    made = world.look(execution.reviews_of, world.items[0])
    assert [(r.level, r.verdict) for r in made] == [
        (1, "returned"), (1, "approved"), (2, "approved"),
    ]  # fmt: skip
    ana.goto("/record")
    expect(ana.locator("main")).to_contain_text("Put right")
    seen(ana, shoot, "my record")

    dana.goto(f"/engagements/{world.engagement}/execution")
    dana.get_by_text("Open an item again").press("Enter")
    again = dana.locator("[id='act-act-execution.reopen']")
    again.get_by_label("Item").select_option(label="input-0.txt (Submitted)")
    again.get_by_label("Reason").fill("The client sent a better copy.")
    seen(dana, shoot, "opening an item again")
    again.get_by_role("button", name="Open it again").press("Enter")
    expect(dana.locator(".flashes")).to_contain_text("may be changed again")
    assert state(world, 0) is ItemState.REWORK
    take(ana)
    expect(ana.locator("#pane-questions")).to_contain_text("The client sent a better copy.")
    seen(ana, shoot, "what was opened again says why")


def test_a_contested_rework_is_scored_again_by_somebody_who_sees_neither_side(
    staffed: World, visitors: Visitors, shoot: Shoot
) -> None:
    dana = visitors("dana")
    agree_ladder(dana, staffed, shoot)
    world = staffed.upto("draft_all", after="commit")
    world.take("ana")
    ana, rosa, dirk = visitors("ana"), visitors("rosa"), visitors("dirk")
    take(rosa)
    return_it(rosa)
    rework = take(ana)
    ana.get_by_text("Contest this rework").press("Enter")
    contest = ana.locator("#dispute")
    contest.get_by_label("Why the answer stands").fill(STANDS)
    seen(ana, shoot, "contesting")
    contest.get_by_role("button", name="Contest it").press("Enter")
    ana.wait_for_url(re.compile("/work$"))
    assert world.look(execution.assignment, rework).state is AssignmentState.PARKED
    ana.goto("/record")
    expect(ana.locator("main")).to_contain_text("Being scored again")
    seen(ana, shoot, "my record while it is scored")

    dirk.goto("/")
    seen(dirk, shoot, "inbox of whoever scores again")
    held = take(dirk)
    expect(dirk.locator(".desk-head")).to_contain_text("Score again")
    expect(dirk.locator(".question")).to_have_count(1)
    page = dirk.locator("main")
    for told in (FOUND, STANDS, "Ana Providence", "Rosa Providence", "Returned because"):
        expect(page).not_to_contain_text(told)
    assert dirk.locator("mark").count() == 0, "no draft's evidence shows"
    seen(dirk, shoot, "scoring again, blind")
    dirk.keyboard.press("e")
    dirk.keyboard.type("No")
    dirk.keyboard.press("Escape")
    hand_in(dirk, held)
    (dispute,) = world.look(execution.disputes_of, world.engagement)
    assert dispute.state is DisputeState.OVERTURNED
    assert world.look(execution.assignment, rework).state is AssignmentState.WITHDRAWN
    ana.goto("/record")
    expect(ana.locator("main")).to_contain_text("Withdrawn")
    seen(ana, shoot, "my record, withdrawn")
