"""In a browser: a drifting analyst comes back, two people's answers are decided between, a rejected
lot is screened, and the client reads the certificate and verifies it."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Shoot, Visitors
from tests.support.engagement import World

from outwork.stages import acceptance, execution, setup, transfer
from outwork.vocabulary import Purpose, Refusal
from outwork_verify import verify

pytestmark = pytest.mark.browser
WIDTHS = ((390, 844), (768, 1024), (1280, 800))


def at_every_width(page: Page, shoot: Shoot, what: str) -> None:
    """A screenshot at each width; nothing may need scrolling sideways."""
    for width, height in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{what} is {wide} px wider than {width}"
        shoot(page, f"{what} at {width}")


def test_a_drifting_analyst_is_paused_retrained_and_readmitted(
    world: World, visitors: Visitors, shoot: Shoot
) -> None:
    world.upto("approve")
    world.watch(feedback=True)
    world.upto("draft_all", after="approve")
    with suppress(Refusal):
        while world.take("ana", effective_date="2026-02-27") is not None:
            pass
    dana = visitors("dana")
    dana.goto("/quality")
    expect(dana.get_by_text("Ana Providence: date has drifted, on clauses c-date")).to_be_visible()
    at_every_width(dana, shoot, "the manager sees the drift")
    ana = visitors("ana", width=390, height=844)
    ana.goto("/work")
    expect(ana.get_by_text("Paused: clauses c-date")).to_be_visible()
    shoot(ana, "paused and told why")
    ana.get_by_role("button", name="Start the retraining").click()
    expect(ana.get_by_role("button", name="Take the next item")).to_be_visible()
    while world.look(transfer.pause_of, world.engagement, world.people["ana"]) is not None:
        assert world.take("ana") is not None
    world.items = []  # a second batch, whatever was left of the first one
    for step in ("open", "admit", "commit", "release", "draft_all"):
        getattr(world, step)()
    ana.goto("/work")
    expect(ana.get_by_text("Paused: clauses c-date")).to_have_count(0)
    ana.get_by_role("button", name="Take the next item").click()
    ana.wait_for_url(re.compile(r"/desk/asg_"))
    shoot(ana, "at work again")


def test_two_answers_are_decided_between_with_their_evidence_side_by_side(
    world: World, visitors: Visitors, shoot: Shoot
) -> None:
    world.upto("approve")
    world.act(
        "dana", setup.plan_control, world.line, Decimal(0), overlap_share=Decimal(1),
        good=Decimal("0.1"), bad=Decimal("0.5"), false_after=40,
    )  # fmt: skip
    world.upto("draft_all", after="approve")
    for number in range(len(world.items)):
        world.take("ana", **({"governing_law": "Utopia"} if number == 0 else {}))
        world.take("ben")
    rosa = visitors("rosa")
    rosa.goto("/work")
    rosa.get_by_role("button", name="Take the next item").click()
    rosa.wait_for_url(re.compile(r"/desk/asg_"))
    question = rosa.locator('.question[data-question="governing-law"]')
    expect(rosa.locator(".question")).to_have_count(1)
    expect(question.get_by_role("heading", name="Answer A")).to_be_visible()
    expect(rosa.get_by_text(re.compile("(Ana|Ben) Providence"))).to_have_count(0)
    at_every_width(rosa, shoot, "two answers side by side")
    side = question.locator(".side", has_not_text="Utopia")
    letter = (side.get_by_role("heading").text_content() or "").split()[-1]
    question.locator(".segments label", has_text=f"{letter} stands").click()
    question.get_by_label("Why").fill("The last section says so")
    at_every_width(rosa, shoot, "one of them stands")
    rosa.get_by_role("button", name="Submit").click()
    rosa.wait_for_url(re.compile(r"/work"))
    (found,) = [c for c in world.look(execution.comparisons_of, world.engagement) if c.differing]
    assert found.decided_by == world.people["rosa"]
    assert world.look(execution.current_answers, found.item_id)["governing-law"].value != "Utopia"
    assert world.open_assignments(Purpose.ADJUDICATE) == []
    dana = visitors("dana")
    dana.goto("/quality")
    expect(dana.get_by_role("rowheader", name=re.compile("aw")).first).to_be_visible()
    dana.locator("#agreeing").scroll_into_view_if_needed()
    at_every_width(dana, shoot, "how far two people agree")


def test_a_rejected_lot_is_screened_accepted_and_verified_by_the_client(
    world: World, visitors: Visitors, shoot: Shoot
) -> None:
    world.upto("draw")
    for who, amount in (("ana", 18), ("rosa", 24)):
        world.act(
            "dana", execution.state_cost, world.engagement, world.people[who], Decimal(amount)
        )
    world.inspect(defective=9)
    assert not world.decide()
    dana = visitors("dana", width=768, height=1024)
    dana.goto(f"/engagements/{world.engagement}/execution")
    dana.locator("summary", has_text="Screen the rejected lot").click()
    dana.get_by_role("button", name="Inspect all the rest").click()
    expect(dana.get_by_text("wait to be screened").first).to_be_visible()
    shoot(dana, "the rest is screened")
    world.inspect(defective=1)
    world.produce("ana")
    world.commit()
    for step in ("close_batch", "reveal", "draw"):
        getattr(world, step)()
    world.inspect()
    assert world.decide()
    world.upto("deliver", after="decide")
    world.integrate()
    vera = visitors("vera")
    vera.goto(f"/engagements/{world.engagement}/assurance")
    expect(vera.get_by_text(re.compile("at least .* conform, with")).first).to_be_visible()
    at_every_width(vera, shoot, "the client reads the certificate")
    answer = vera.request.get(f"/engagements/{world.engagement}/bundle.zip")
    assert answer.ok
    report = verify(io.BytesIO(answer.body()))
    assert report.failure is None
    (order,) = report.figures["work_orders"]
    assert order["certificate"]["accepted"] is True
    assert order["round"] == 2
    vera.set_viewport_size({"width": 1280, "height": 800})
    vera.goto(f"/engagements/{world.engagement}/deliverable/{world.order}")
    vera.locator("summary", has_text="Report a defect found since").click()
    vera.get_by_label("What is wrong").last.fill("It begins a day later")
    at_every_width(vera, shoot, "the client reports what escaped")
    vera.get_by_role("button", name="Report it").click()
    vera.wait_for_load_state()
    assert len(world.look(acceptance.escapes_of, world.engagement)) == 1
    dana.set_viewport_size({"width": 1280, "height": 800})
    dana.goto("/quality")
    dana.locator("#costs").scroll_into_view_if_needed()
    expect(dana.get_by_text("Internal failure: rework and inspecting again")).to_be_visible()
    at_every_width(dana, shoot, "what quality costs")
