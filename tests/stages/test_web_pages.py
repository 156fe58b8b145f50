"""Every engagement page for every role at every stage; forms, files, what outsiders are told."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable
from decimal import Decimal

import pytest
from tests.support.engagement import World
from tests.support.service import KEY, content

from outwork import access
from outwork.interfaces import wording
from outwork.interfaces.web import web
from outwork.operation import utc_now
from outwork.stages import assurance, execution, requirements, setup
from outwork.stages.assurance import DefectFound
from outwork.vocabulary import Severity, Stage

with warnings.catch_warnings():  # Starlette would rather have the next major version of its client
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

STAGES = [s.value for s in Stage if s is not Stage.CLOSED]
BIDDING = {"", "/requirements", "/selection"}
PARTS = ["", *(f"/{s}" for s in STAGES), "/ledger", "/people"]
EVERYWHERE = ["/engagements", "/ledger", "/people", "/quality", "/gallery"]
FORM = re.compile(r'<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
SignIn = Callable[[str], TestClient]


@pytest.fixture
def sign_in(world: World) -> SignIn:
    """A browser with a session of somebody."""
    app = web(world.database)

    def signed_in(who: str) -> TestClient:
        with world.database.transaction("job") as db:
            token = access.open_session(db, world.people[who], utc_now())
        return TestClient(app, cookies={"outwork-session": token}, follow_redirects=False)

    return signed_in


def actions(page: str) -> set[str]:
    """Where the forms of a page post to; each carries the session's token."""
    found = FORM.findall(page)
    assert all('name="csrf"' in body for _action, body in found)
    return {action for action, _body in found}


def token(page: str) -> str:
    """The CSRF token of a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


# Steps of an engagement, and the page that is looked at by everyone then.
TIMES = [("draft", "/requirements"), ("award", "/selection"), ("certify_team", "/transfer"),
         ("inspect", "/assurance")]  # fmt: skip


@pytest.mark.parametrize(("step", "place"), TIMES)
def test_pages_answer_members_as_the_work_goes_on(
    world: World, sign_in: SignIn, step: str, place: str
) -> None:
    world.upto(step)
    people = ["vera", "carl"]
    people += ["dana"] if world.proposals else []
    people += ["ana", "rosa"] if place in ("/transfer", "/assurance") else []
    for who in people:
        got = sign_in(who).get(f"/engagements/{world.engagement}{place}")
        assert got.status_code == 200, (who, place)
        actions(got.text)


def test_what_a_plan_lets_pass_is_shown_before_anybody_signs(world: World, sign_in: SignIn) -> None:
    world.upto("add_line")
    shown = sign_in("vera").get(f"/engagements/{world.engagement}/requirements").text
    assert "What the plans let pass" in shown
    assert "consumer’s risk" in shown
    assert "producer’s risk" in shown
    assert "Exact, for a lot of 4: n=" in shown


def test_severities_judged_by_themselves_are_agreed_and_shown(
    world: World, sign_in: SignIn
) -> None:
    """From the form of a line over its curves and the verdict to the certificate."""
    world.draft()
    vera = sign_in("vera")
    base = f"/engagements/{world.engagement}"
    page = vera.get(f"{base}/requirements").text
    assert 'name="sampling.classes.minor.limiting_quality"' in page
    line = {
        "csrf": token(page), "engagement": world.engagement, "service": KEY, "volume": "4",
        "turnaround_days": "10", "unit": "item", "confidentiality": "internal", "price": "12",
        "price-currency": "EUR", "defects.critical": "a", "defects.major": "b",
        "defects.minor": "c", "sampling.limiting_quality": "0.4", "sampling.consumer_risk": "0.2",
        "sampling.acceptable_quality": "0.05", "sampling.producer_risk": "0.1",
        "sampling.counted.0": "critical", "sampling.counted.1": "major",
        "sampling.classes.minor.limiting_quality": "0.75",
        "sampling.classes.minor.acceptable_quality": "",
        "baseline.volume_a_month": "4", "baseline.turnaround_days": "9",
        "baseline.accuracy": "0.9", "baseline.unit_cost": "40",
        "baseline.unit_cost-currency": "EUR", "next": f"{base}/requirements",
    }  # fmt: skip
    vera.post("/act/requirements.add_line", data=line)
    assert world.look(requirements.lines, world.engagement) == []  # half a class is none
    line["sampling.classes.minor.acceptable_quality"] = "0.5"
    vera.post("/act/requirements.add_line", data=line)
    (made,) = world.look(requirements.lines, world.engagement)
    assert made.sampling.classes[Severity.MINOR].consumer_risk is None
    world.line = made.id
    shown = vera.get(f"{base}/requirements").text
    assert "Minor alone: A lot with 75.0 % defective passes" in shown
    assert "is judged by itself" in shown
    assert "is refused in all with a chance of at most 20.0 %" in shown
    world.upto("draw", after="add_line")
    vera = sign_in("vera")  # who signed has set a password, which ended the session
    assert "Minor alone: accepted with at most" in vera.get(f"{base}/setup").text
    assert "With a minor defect: at most 2." in vera.get(f"{base}/assurance").text
    held = world.act("rosa", execution.claim, world.engagement)
    found = DefectFound("governing-law", "c-law", Severity.MINOR, "Spelling")
    world.act("rosa", assurance.inspect, held, [found])
    world.upto("decide", after="draw")
    shown = vera.get(f"{base}/assurance").text
    assert "Severities judged by themselves" in shown
    world.produce()
    world.inspect()
    world.upto("deliver", after="decide")
    shown = vera.get(f"{base}/deliverable/{world.order}").text
    assert "Severities judged by themselves" in shown
    assert "1 of 4" in shown


@pytest.mark.parametrize("who", ["vera", "dana", "rosa"])
def test_every_page_answers_every_role(world: World, sign_in: SignIn, who: str) -> None:
    world.upto("finish")
    browser = sign_in(who)
    for path in [f"/engagements/{world.engagement}{part}" for part in PARTS] + EVERYWHERE:
        got = browser.get(path)
        assert got.status_code == 200, path
        actions(got.text)


def test_a_bidder_may_not_look_behind_the_selection(world: World, sign_in: SignIn) -> None:
    world.upto("compete")
    browser = sign_in("dana")
    for part in PARTS:
        wanted = 200 if part in BIDDING else 403
        assert browser.get(f"/engagements/{world.engagement}{part}").status_code == wanted, part


def test_outsiders_and_losing_bidders_are_told_nothing(world: World, sign_in: SignIn) -> None:
    world.upto("deliver")
    for who in ("stranger", "hugo"):
        browser = sign_in(who)
        for part in [
            *PARTS,
            f"/deliverable/{world.order}",
            "/files/doc_1",
            "/checkpoint",
            "/entries/0/receipt",
        ]:
            got = browser.get(f"/engagements/{world.engagement}{part}")
            assert got.status_code == 404, (who, part)
            assert "Codename" not in got.text
    for path in EVERYWHERE:
        assert sign_in("stranger").get(path).status_code == 200
        assert "Codename" not in sign_in("hugo").get(path).text


def test_a_bidder_sees_its_own_proposal_only(world: World, sign_in: SignIn) -> None:
    world.upto("compete")
    page = sign_in("hugo").get(f"/engagements/{world.engagement}/selection").text
    assert "Approach of hugo" in page
    assert "Approach of dana" not in page
    assert "Grounds for it" not in page
    assert "Dana Providence" not in page
    both = sign_in("vera").get(f"/engagements/{world.engagement}/selection").text
    assert "Approach of hugo" in both
    assert "Approach of dana" in both


def test_forms_are_for_those_whose_role_may(world: World, sign_in: SignIn) -> None:
    world.upto("admit")
    place = f"/engagements/{world.engagement}/execution"
    dana = actions(sign_in("dana").get(place).text)
    assert {"/act/execution.commit_seed", "/act/execution.release"} <= dana
    assert f"/engagements/{world.engagement}/work-orders/{world.order}/files" in dana
    for who in ("ana", "carl", "rosa"):
        page = sign_in(who).get(place)
        assert page.status_code == 200
        assert not {a for a in actions(page.text) if a.startswith(("/act", "/engagements"))}


def test_posting_needs_the_token_of_the_session(world: World, sign_in: SignIn) -> None:
    world.upto("admit")
    browser, to = (
        sign_in("dana"),
        f"/engagements/{world.engagement}/work-orders/{world.order}/files",
    )
    files = {"files": ("late.txt", content(50), "text/plain")}
    assert browser.post(to, files=files).status_code == 409
    assert browser.post(to, files=files, data={"csrf": "0" * 64}).status_code == 409
    assert browser.post("/act/execution.release").status_code == 409


def test_files_are_admitted_one_by_one_and_the_bad_ones_told(world: World, sign_in: SignIn) -> None:
    world.upto("open")
    browser = sign_in("dana")
    place = f"/engagements/{world.engagement}/execution"
    files = [
        ("files", ("good.txt", content(1), "text/plain")),
        ("files", ("empty.txt", b"", "text/plain")),
        ("files", ("other.txt", content(2), "text/plain")),
    ]
    data = {"csrf": token(browser.get(place).text), "next": place}
    to = f"/engagements/{world.engagement}/work-orders/{world.order}/files"
    assert browser.post(to, files=files, data=data).headers["location"] == place
    page = browser.get(place).text
    assert "2 files admitted." in page
    assert "1 file could not be taken in." in page
    assert "good.txt" in page
    assert "empty.txt is empty." in page


def test_samples_become_control_items_in_one_go(world: World, sign_in: SignIn) -> None:
    world.upto("accept_award")
    browser, place = sign_in("dana"), f"/engagements/{world.engagement}/transfer"
    data = {
        "csrf": token(browser.get(place).text),
        "service": KEY,
        "samples": ["sample-90.txt", "sample-91.txt"],
        "next": place,
    }
    browser.post(f"/engagements/{world.engagement}/control-items", data=data)
    page = browser.get(place).text
    assert "2 control items added." in page
    assert page.count("Sealed") == 2


def test_a_seed_is_committed_from_the_page(world: World, sign_in: SignIn) -> None:
    world.upto("admit")
    browser, place = sign_in("vera"), f"/engagements/{world.engagement}/execution"
    page = browser.get(place).text
    assert "<ow-seed" in page
    commitment = hashlib.sha256(bytes(32)).hexdigest()
    data = {"csrf": token(page), "next": place, "back": place, "work_order": world.order}
    browser.post("/act/execution.commit_seed", data={**data, "commitment": commitment})
    after = browser.get(place).text
    assert "/act/execution.commit_seed" not in actions(after)


def test_gate_refuses_with_reasons_and_takes_a_waiver(world: World, sign_in: SignIn) -> None:
    world.upto("prepare")
    browser, place = sign_in("dana"), f"/engagements/{world.engagement}/transfer"
    page = browser.get(place).text
    assert "Ana Providence is not certified" in page
    back = {"csrf": token(page), "next": place, "back": place, "engagement": world.engagement}
    back |= signature(world, "dana")
    browser.post("/act/transfer.pass_tollgate", data=back)
    assert 'data-code="gate-closed"' in browser.get(place).text
    waiver = {"gate": "transfer", "codes": "not-certified", "reason": "Shift begins",
              "risk_owner": "Dana Providence", "expires": "2099-01-01T00:00"}  # fmt: skip
    browser.post("/act/agreements.request_waiver", data={**back, **waiver})
    other = sign_in("vera").get(f"/engagements/{world.engagement}").text
    assert "/act/agreements.countersign_waiver" in actions(other)
    assert "/act/agreements.countersign_waiver" not in actions(browser.get(place).text)


def test_delivered_files_and_the_bundle_are_attachments(world: World, sign_in: SignIn) -> None:
    world.upto("deliver")
    browser = sign_in("vera")
    page = browser.get(f"/engagements/{world.engagement}/deliverable/{world.order}")
    assert page.status_code == 200
    links = re.findall(rf'href="(/engagements/{world.engagement}/files/[^"]+)"', page.text)
    world.integrate()
    for link in [*links, f"/engagements/{world.engagement}/bundle.zip"]:
        got = browser.get(link)
        assert got.status_code == 200
        assert got.headers["content-disposition"].startswith("attachment")
        assert got.headers["x-content-type-options"] == "nosniff"
    assert len(links) == 2
    proofs = re.findall(
        r'href="([^"]+/receipt)"', browser.get(f"/engagements/{world.engagement}/ledger").text
    )
    assert len(proofs) > 20
    assert browser.get(proofs[0]).text.startswith("c2sp.org/tlog-proof@v1\n")
    inputs = world.look(_input_document, world)
    assert browser.get(f"/engagements/{world.engagement}/files/{inputs}").status_code == 404


HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def signature(world: World, who: str) -> dict[str, str]:
    """The fields of a form by which somebody signs."""
    name, password = world.signature(who)
    return {"name": name, "password": password.get_secret_value()}


def press(browser: TestClient, place: str, act: str, **fields: str) -> None:
    """Fill in a form of a page as a person would, send it, and see that it was done."""
    bodies = [b for a, b in FORM.findall(browser.get(place).text) if a == f"/act/{act}"]
    assert bodies, f"{place} has no form for {act}"
    browser.post(f"/act/{act}", data={**dict(HIDDEN.findall(bodies[0])), **fields})
    assert wording.done(act) in browser.get(place).text, act


def test_ladders_routing_costs_and_reopening_are_done_by_their_forms(
    world: World, sign_in: SignIn
) -> None:
    world.upto("approve")
    client, provider = sign_in("vera"), sign_in("dana")
    at = f"/engagements/{world.engagement}"

    def shares() -> list[str]:
        plan = world.look(setup.review_plan, world.line)
        return [str(s) for s in plan.shares]

    ladder = "setup.plan_reviews"
    press(client, f"{at}/setup", ladder, **{"shares.0": "1", "shares.1": "0.25"})
    assert shares() == ["1", "0.25"]
    assert "level 2: 25.0 % of items" in provider.get(f"{at}/setup").text
    press(provider, f"{at}/setup", ladder, **{"shares.0": "", "shares.1": "", "shares.3": ""})
    assert shares() == []
    told = provider.post(f"/act/{ladder}", data={
        "csrf": token(provider.get(f"{at}/setup").text), "line": world.line, "shares.0": "2",
        "back": f"{at}/setup",
    })  # fmt: skip
    assert told.status_code == 303
    assert "2" in provider.get(f"{at}/setup").text
    assert shares() == []

    assert client.get(f"{at}/routing").status_code == 404  # what an hour costs is the provider's
    assert f"{at}/routing" not in client.get(at).text
    assert f"{at}/routing" in provider.get(at).text
    assert "execution.route" not in provider.get(f"{at}/routing").text
    press(provider, f"{at}/routing", "execution.set_routing", quality="5.50", lateness="1")
    ana = world.people["ana"]
    press(provider, f"{at}/routing", "execution.state_cost", actor=ana, amount="12")
    assert world.look(execution.hour_costs, world.engagement) == {ana: Decimal(12)}
    terms = world.look(execution.terms_of, world.engagement)
    assert (terms.quality, terms.lateness, terms.continuity) == (Decimal("5.50"), 1, 0)
    assert (terms.minutes, terms.hours) == (30, 8)

    world.upto("draft_all", after="approve")
    press(provider, f"{at}/routing", "execution.route")
    kept = world.look(execution.offers, world.engagement, utc_now())
    assert kept
    assert {o.actor_id for o in kept} <= {ana, world.people["ben"]}
    shown = provider.get(f"{at}/routing").text
    assert all(name in shown for name in ("input-0.txt", "Kept for them", "not stated"))

    world.produce("ana")
    world.produce("ben")
    reason = "The client sent a better copy."
    press(provider, f"{at}/execution", "execution.reopen", item=world.items[1], reason=reason)
    found = world.look(execution.item, world.items[1])
    assert found.state is execution.ItemState.REWORK


def test_the_last_stages_are_done_by_their_forms(world: World, sign_in: SignIn) -> None:
    world.upto("close_batch")
    client, provider = sign_in("vera"), sign_in("dana")
    at = f"/engagements/{world.engagement}"
    for browser, side in ((client, "client"), (provider, "provider")):
        press(browser, f"{at}/assurance", "assurance.reveal_seed", nonce=world.nonce(side))
    press(provider, f"{at}/assurance", "assurance.draw_sample")
    world.inspect()
    press(client, f"{at}/assurance", "assurance.give_verdict")
    press(provider, f"{at}/assurance", "assurance.certify")
    press(provider, f"{at}/acceptance", "acceptance.deliver")
    press(client, f"{at}/deliverable/{world.order}", "acceptance.accept_delivery",
          **signature(world, "vera"))  # fmt: skip
    press(provider, f"{at}/acceptance", "acceptance.issue_invoice")
    press(provider, f"{at}/acceptance", "acceptance.propose_change",
          clause="c-law", text="The country in English", because="Spelling differed.")  # fmt: skip
    press(client, f"{at}/acceptance", "acceptance.close_order")
    press(client, f"{at}/acceptance", "acceptance.decide_change", accepted="false")
    press(client, f"{at}/acceptance", "acceptance.close_engagement")
    assert world.stage().stage is Stage.CLOSED


def test_items_of_a_delivery_are_returned_by_its_form(world: World, sign_in: SignIn) -> None:
    world.upto("deliver")
    place = f"/engagements/{world.engagement}/acceptance"
    first = {"items.0.item": world.items[0], "items.0.question": "renewal",
             "items.0.clause": "c-renewal", "items.1.item": "", "reason": "Wrong"}  # fmt: skip
    press(sign_in("carl"), place, "acceptance.return_delivery", **first)
    assert world.work_order().round == 2


def _input_document(db: object, world: World) -> str:
    from outwork.stages import execution

    found = execution.item(db, world.items[0])  # type: ignore[arg-type]
    return str(found.document_id)
