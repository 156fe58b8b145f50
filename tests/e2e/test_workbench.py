"""The desk in a browser: answering by keyboard, keeping what was typed, and who may not."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Page, Route, expect
from tests.e2e.conftest import PASSWORD, Shoot, Visitors, sign_in
from tests.support import engagement as support
from tests.support.engagement import World

from outwork import access
from outwork.operation import utc_now
from outwork.stages import assurance, execution
from outwork.stages.execution import AssignmentState
from outwork.vocabulary import AssignmentId, Origin, Purpose, Role, Side

pytestmark = pytest.mark.browser


def take(page: Page) -> AssignmentId:
    """Take the next item of the queue; gives its assignment."""
    page.goto("/work")
    page.get_by_role("button", name="Take the next item").click()
    page.wait_for_url(re.compile(r"/desk/asg_"))
    expect(page.locator("ow-desk.is-ready")).to_be_visible()
    return AssignmentId(page.url.rpartition("/")[2])


def current(page: Page, key: str) -> None:
    """The question where the keys act."""
    expect(page.locator(".question.is-current")).to_have_attribute("data-question", key)


def settled(page: Page, key: str, action: str) -> None:
    """What somebody said about a question."""
    expect(page.locator(f'[name="q-{key}-action"]:checked')).to_have_value(action)


def select(page: Page, words: str) -> None:
    """Select words of the source, as a hand or shift and arrows would."""
    page.evaluate(
        """words => {
          const page = document.querySelector(".source-page");
          const walk = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
          for (let node = walk.nextNode(); node; node = walk.nextNode()) {
            const at = node.data.indexOf(words);
            if (at < 0) continue;
            document.getSelection().setBaseAndExtent(node, at, node, at + words.length);
            return;
          }
          throw new Error("not in the source");
        }""",
        words,
    )


def test_an_item_is_answered_by_keyboard_alone(
    world: World, visitors: Visitors, shoot: Shoot
) -> None:
    world.upto("draft_all")
    ana = visitors("ana")
    item = take(ana)
    current(ana, "effective-date")
    shoot(ana, "taken")
    ana.keyboard.press("c")
    current(ana, "governing-law")
    ana.keyboard.press("e")
    ana.keyboard.type("Peru")
    ana.keyboard.press("Escape")
    select(ana, "Secretword0")
    ana.keyboard.press("q")
    ana.keyboard.press("j")
    current(ana, "renewal")
    expect(ana.locator(".form-saved")).to_contain_text("Saved")
    shoot(ana, "two answered and saved")

    ana.reload()
    settled(ana, "effective-date", "confirm")
    settled(ana, "governing-law", "correct")
    expect(ana.locator('[name="q-governing-law-value"]')).to_have_value("Peru")
    current(ana, "renewal")  # the first that is open
    ana.keyboard.press("s")
    expect(ana.locator(".toasts")).to_contain_text("1 question still open")
    ana.keyboard.press("n")
    shoot(ana, "all answered")
    ana.keyboard.press("s")
    ana.wait_for_url(lambda url: "/desk/asg_" in url and item not in url)
    expect(ana.locator(".flashes")).to_contain_text("Handed in: input-0.txt")
    shoot(ana, "the next one")

    answers = world.look(execution.current_answers, world.items[0])
    assert answers["effective-date"].origin is Origin.CONFIRMED
    law, renewal = answers["governing-law"], answers["renewal"]
    assert (law.value, law.origin) == ("Peru", Origin.CORRECTED)
    assert "Secretword0" in [place.quote for place in law.evidence]
    assert renewal.value == "no"


def test_nothing_typed_is_lost_without_a_connection(
    world: World, visitors: Visitors, shoot: Shoot
) -> None:
    world.upto("draft_all")
    ana = visitors("ana")
    take(ana)
    ana.context.set_offline(True)
    ana.keyboard.press("c")
    expect(ana.locator(".form-saved")).to_contain_text("Kept on this device")
    shoot(ana, "kept on the device")
    ana.context.set_offline(False)
    ana.reload()
    settled(ana, "effective-date", "confirm")
    expect(ana.locator(".form-saved")).to_contain_text("Saved")


def test_a_page_drawn_before_the_save_arrived_shows_what_was_typed(
    world: World, visitors: Visitors
) -> None:
    """The save is held back until the server has drawn the page anew, and answered before that."""
    world.upto("draft_all")
    ana = visitors("ana")
    take(ana)
    held: list[Route] = []

    def drawn(route: Route) -> None:
        page = route.fetch()
        held[0].fulfill(response=held[0].fetch())
        time.sleep(0.5)  # for the page that goes to take the answer in
        route.fulfill(response=page)

    ana.route("**/progress", lambda route: held.append(route), times=1)
    with ana.expect_request("**/progress"):
        ana.keyboard.press("c")
    ana.route("**/desk/*", drawn, times=1)
    ana.reload()
    settled(ana, "effective-date", "confirm")
    expect(ana.locator(".form-saved")).to_contain_text("Saved")


def test_a_stale_reservation_is_said_and_taken_again(
    world: World, visitors: Visitors, shoot: Shoot
) -> None:
    world.upto("draft_all")
    world.now = utc_now() - timedelta(hours=1)
    item = world.act("ana", execution.claim, world.engagement)
    ana = visitors("ana")
    ana.goto(f"/desk/{item}")
    ana.keyboard.press("c")
    expect(ana.locator(".form-saved")).to_contain_text("Your reservation has run out")
    shoot(ana, "run out")
    ana.get_by_role("button", name="Take it again").click()
    expect(ana.locator(".form-saved")).to_contain_text("Saved")
    settled(ana, "effective-date", "confirm")


def test_a_reservation_that_somebody_else_has_now_is_not_shown(
    world: World, visitors: Visitors, shoot: Shoot
) -> None:
    world.upto("draft_all")
    world.now = utc_now() - timedelta(hours=1)
    item = world.act("ana", execution.claim, world.engagement)
    ana, ben = visitors("ana"), visitors("ben")
    ana.goto(f"/desk/{item}")
    assert take(ben) == item
    ana.keyboard.press("c")
    expect(ana.locator(".form-saved")).to_contain_text("Not saved")
    ana.reload()
    expect(ana.locator("main")).to_contain_text("There is no such assignment")
    shoot(ana, "gone to somebody else")


def test_two_people_at_once_never_get_the_same_item(world: World, visitors: Visitors) -> None:
    world.upto("draft_all")
    windows = [visitors("ana"), visitors("ben")]
    takers = []
    for page in windows:
        page.goto("/work")
        token = page.locator("body").get_attribute("data-csrf")
        cookies = {c["name"]: c["value"] for c in page.context.cookies()}
        takers.append((token, cookies, page.url.removesuffix("/work")))

    def take_one(taker: tuple[str, dict[str, str], str]) -> str:
        token, cookies, base = taker
        form = {"csrf": token, "engagement": world.engagement}
        got = httpx.post(f"{base}/desk/next", data=form, cookies=cookies).headers["location"]
        assert got.startswith("/desk/asg_")
        return got

    for _round in range(4):
        with ThreadPoolExecutor(2) as together:
            got = list(together.map(take_one, takers))
        assert len(set(got)) == 2
        for (token, cookies, base), item in zip(takers, got, strict=True):
            httpx.post(f"{base}{item}/return", data={"csrf": token}, cookies=cookies)


def test_an_uncertified_analyst_is_refused_and_told_why(
    world: World, visitors: Visitors, shoot: Shoot
) -> None:
    world.upto("draft_all")
    world.enrol("both", Side.PROVIDER, Role.ANALYST)
    both = visitors("both")
    both.goto("/work")
    expect(both.locator("#queues")).to_contain_text("Certification")
    expect(both.get_by_role("button", name="Take the next item")).to_have_count(0)
    shoot(both, "nothing to take before certification")
    # A forged form meets the same rule.
    (waiting, *_) = world.open_assignments(Purpose.PRODUCE)
    told = forge(both, "/act/execution.claim", engagement=world.engagement, assignment=waiting.id)
    assert "is not certified" in told
    assert world.look(execution.assignment, waiting.id).state is AssignmentState.OPEN


def test_nobody_inspects_what_they_made(
    world: World, visitors: Visitors, shoot: Shoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support, "TEAM", (*support.TEAM, "both"))
    world.upto("prepare")
    world.certify("ana", "ben", "bot", "both")
    world.upto("draft_all", after="certify_team")
    world.produce("both")
    world.upto("draw", after="produce")
    both = visitors("both")
    both.goto("/work")
    expect(both.locator("#queues")).to_contain_text("Nothing waits for you")
    (waiting, *_) = world.open_assignments(Purpose.INSPECT)
    told = forge(both, "/act/execution.claim", engagement=world.engagement, assignment=waiting.id)
    assert "Whoever made a thing does not check it" in told
    shoot(both, "refused")
    verdicts = {f"q-{q}-verdict": "conforming" for q in ("renewal", "effective-date")}
    assert "There is no such assignment" in forge(both, f"/desk/{waiting.id}/inspect", **verdicts)
    assert not world.look(assurance.inspections, world.work_order())


def forge(page: Page, action: str, **fields: str) -> str:
    """Post a form that no page shows; gives what the page says then."""
    with page.expect_navigation():
        page.evaluate(
            """([action, fields]) => {
          const form = document.createElement("form");
          Object.assign(form, { method: "post", action });
          fields = { csrf: document.body.dataset.csrf, ...fields };
          for (const [name, value] of Object.entries(fields)) {
            form.append(Object.assign(document.createElement("input"), { name, value }));
          }
          document.body.append(form);
          form.submit();
        }""",
            [action, {"next": "/work", "back": "/work", **fields}],
        )
    return page.locator("main").inner_text()


def test_an_inspection_by_keyboard_cites_a_clause(
    world: World, visitors: Visitors, shoot: Shoot
) -> None:
    world.upto("draw")
    rosa = visitors("rosa")
    item = take(rosa)
    expect(rosa.locator(".desk-head")).to_contain_text("Inspection 1 of")
    rosa.keyboard.press("c")
    rosa.keyboard.press("d")
    rosa.get_by_label("What is wrong").nth(1).fill("Another country is named")
    shoot(rosa, "a defect")
    rosa.keyboard.press("Escape")
    rosa.keyboard.press("j")
    rosa.keyboard.press("c")
    rosa.keyboard.press("s")
    rosa.wait_for_url(lambda url: item not in url)
    (defect,) = world.look(assurance.defects, world.work_order())
    assert (defect.question, defect.clause) == ("governing-law", "c-law")
    assert defect.note == "Another country is named"


def test_one_signs_in_and_out(world: World, visitors: Visitors, shoot: Shoot) -> None:
    with world.database.transaction("job") as db:
        access.set_password(db, world.people["ana"], PASSWORD, utc_now())
    page = visitors.window()
    page.goto("/work")
    expect(page.get_by_label("Password")).to_be_visible()
    page.get_by_label("Login").fill(world.login("ana"))
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("main")).to_contain_text("do not go together")
    shoot(page, "wrong password")
    sign_in(page, world.login("ana"))
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/sign-in"))
    page.goto("/work")
    page.wait_for_url(re.compile("/sign-in"))
