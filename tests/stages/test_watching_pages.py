"""What pages say of control items: to whoever is paused, to managers, to the client."""

from __future__ import annotations

import html
from contextlib import suppress

import pytest
from tests.stages.test_web_pages import SignIn, actions, sign_in, token  # noqa: F401  (a fixture)
from tests.support.engagement import World

from outwork.stages import execution, transfer
from outwork.vocabulary import Refusal

WRONG = {"effective_date": "2026-02-27"}


@pytest.fixture
def drifted(world: World) -> World:
    """Ana has drifted and is paused; feedback is planned."""
    world.upto("approve")
    world.watch(feedback=True)
    world.upto("draft_all", after="approve")
    with suppress(Refusal):
        while world.take("ana", **WRONG) is not None:
            pass
    return world


def test_the_paused_see_why_and_how_to_come_back(drifted: World, sign_in: SignIn) -> None:  # noqa: F811
    ana = sign_in("ana")
    page = html.unescape(ana.get("/work").text)
    assert "Paused: clauses c-date" in page
    assert "/act/execution.start_retraining" in actions(page)
    assert "Start the certification" not in page
    assert "You are paused" in ana.get("/").text
    fields = {"csrf": token(page), "engagement": drifted.engagement, "next": "/work"}
    assert ana.post("/act/execution.start_retraining", data=fields).status_code == 303
    page = html.unescape(ana.get("/work").text)
    assert "/act/execution.start_retraining" not in actions(page)
    assert "/desk/next" in actions(page)


def test_one_sees_how_one_did_where_the_plan_allows_it(
    drifted: World,
    sign_in: SignIn,  # noqa: F811
) -> None:
    held = drifted.look(execution.certifying, drifted.engagement, drifted.people["ana"])
    assert held
    drifted.act("ana", execution.start_retraining, drifted.engagement)
    ana = sign_in("ana")
    key = token(ana.get("/work").text)
    went = ana.post("/desk/next", data={"csrf": key, "engagement": drifted.engagement})
    assignment = went.headers["location"].removeprefix("/desk/")
    given = drifted.answers(assignment, **WRONG)
    fields = {"csrf": key, "seconds": "5"}
    for a in given:
        fields[f"q-{a.question}-action"] = "correct"
        fields[f"q-{a.question}-value"] = a.value
    done = ana.post(f"/desk/{assignment}/submit", data=fields)
    assert done.status_code == 303, html.unescape(done.text)[-3000:]
    page = html.unescape(ana.get(done.headers["location"]).text)
    assert "A control item: 2 of 3 right" in page
    assert "right is 2026-01-" in page
    assert "clause c-date" in page


def test_managers_and_the_client_see_charts_and_skill(drifted: World, sign_in: SignIn) -> None:  # noqa: F811
    for who, acting in (("dana", True), ("vera", False), ("rosa", None)):
        page = html.unescape(sign_in(who).get("/quality").text)
        if acting is None:
            continue
        assert "Ana Providence: date has drifted, on clauses c-date" in page, who
        assert "Bernoulli CUSUM: +3 at a wrong answer" in page
        assert "Skill on control items, by kind of question" in page
        assert "Tiny bot, version 1: date" in page
        assert ("/act/execution.readmit_worker" in actions(page)) is acting, who
    mine = html.unescape(sign_in("ben").get("/quality").text)
    assert "Ana Providence" not in mine.partition("<h1>")[2]


def test_a_manager_readmits_from_the_page(drifted: World, sign_in: SignIn) -> None:  # noqa: F811
    dana = sign_in("dana")
    page = html.unescape(dana.get("/quality").text)
    fields = {
        "csrf": token(page), "engagement": drifted.engagement, "actor": drifted.people["ana"],
        "reason": "Misread once", "next": "/quality",
    }  # fmt: skip
    assert dana.post("/act/execution.readmit_worker", data=fields).status_code == 303
    assert drifted.look(transfer.certified, drifted.engagement, drifted.people["ana"])
    fields["reason"] = "Again"
    assert dana.post("/act/execution.pause_worker", data=fields).status_code == 303
    assert not drifted.look(transfer.certified, drifted.engagement, drifted.people["ana"])
