"""Inbox, queue and desk without a browser: what a form, a script and a forger get."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from tests.support import engagement as support
from tests.support.engagement import World
from tests.support.website import serving

from outwork import access
from outwork.operation import utc_now
from outwork.stages import assurance, execution, setup
from outwork.stages.execution import AssignmentState
from outwork.vocabulary import AssignmentId, Origin, Purpose, Role, Side

QUESTIONS = ("renewal", "effective-date", "governing-law")


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world of today, since sessions and reservations are held against the real clock."""
    monkeypatch.setattr(support, "START", utc_now() - timedelta(hours=3))
    world.now = support.START
    with serving(world.database) as address, ExitStack() as leaving:
        monkeypatch.setattr(Person, "address", address, raising=False)
        monkeypatch.setattr(Person, "leaving", leaving, raising=False)
        yield world


class Person:
    """Somebody signed in, with the token that forms post."""

    address: str
    leaving: ExitStack

    def __init__(self, world: World, who: str) -> None:
        with world.database.transaction("job") as db:
            token = access.open_session(db, world.people[who], utc_now())
        client = httpx.Client(base_url=self.address, cookies={"outwork-session": token}, timeout=60)
        self.client = self.leaving.enter_context(client)
        found = re.search(r'data-csrf="(\w+)"', self.get("/work"))
        assert found is not None
        self.csrf = found[1]

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return html.unescape(answer.text)

    def post(self, path: str, status: int = 303, /, **fields: Any) -> tuple[str, str]:
        """Where it leads, and what the page or the notice says."""
        answer = self.client.post(path, data={"csrf": self.csrf, **fields})
        assert answer.status_code == status, answer.text
        where = answer.headers.get("location", "")
        told = self.get(where) if where else html.unescape(answer.text)
        return where, told

    def keep(self, item: str, answers: Mapping[str, Any], status: int = 200) -> dict[str, str]:
        answer = self.client.put(
            f"/desk/{item}/progress",
            json={"answers": answers, "seconds": 12},
            headers={"X-CSRF": self.csrf},
        )
        assert answer.status_code == status, answer.text
        told: dict[str, str] = answer.json()
        return told

    def take(self, world: World) -> str:
        where, _told = self.post("/desk/next", engagement=world.engagement)
        assert where.startswith("/desk/asg_"), where
        return where.removeprefix("/desk/")


def confirmed(**more: Any) -> dict[str, Any]:
    return {f"q-{q}-action": "confirm" for q in QUESTIONS} | more


def current(world: World, item: str) -> dict[str, Any]:
    found = world.look(execution.assignment, AssignmentId(item))
    answers: dict[str, Any] = world.look(execution.current_answers, found.item_id)
    return answers


def at_work(world: World) -> World:
    return world.upto("draft_all")


def test_the_queue_says_what_can_be_taken_and_one_takes_it(world: World) -> None:
    ana = Person(at_work(world), "ana")
    inbox = ana.get("/")
    assert f"Answer {len(world.items)} items" in inbox
    assert f"{len(world.items)} waiting" in ana.get("/work")
    item = ana.take(world)
    desk = ana.get(f"/desk/{item}")
    assert "Draft by Tiny bot" in desk
    assert "Secretword" in desk
    assert "min left" in ana.get("/work")
    assert "Go on with input-0.txt" in ana.get("/")


def test_the_queue_says_why_what_waits_is_not_in_it(world: World) -> None:
    at_work(world)
    world.act("vera", setup.state_need, world.line, ["legal.leases"], ["de"])
    world.qualify("ana", languages=["de"])
    shown = Person(world, "ana").get("/work")
    kept = shown[shown.index("Why is this not in my queue?") :]
    assert "It takes skills that are not on record: legal, legal.leases." not in kept
    assert "It takes skills that are not on record: legal.leases." in kept
    assert f"{len(world.items)} waiting" in kept
    assert "languages" not in kept
    assert "Nothing waits for you" in shown
    assert "Answer" not in Person(world, "ana").get("/")
    world.qualify("ana", skills=["legal.leases"], languages=["de"])
    shown = Person(world, "ana").get("/work")
    assert "Why is this not in my queue?" not in shown
    assert f"{len(world.items)} waiting" in shown


def test_the_delivery_manager_sees_why_nobody_takes_what_waits(world: World) -> None:
    at_work(world)
    place = f"/engagements/{world.engagement}/execution?order={world.order}"
    dana = Person(world, "dana")
    assert "Why does nobody take this?" not in dana.get(place)
    world.act("vera", setup.state_need, world.line, ["legal"], ["de"])
    world.qualify("ben", skills=["legal.leases"])
    shown = dana.get(place)
    told = shown[shown.index("Why does nobody take this?") :]
    assert f"{len(world.items)} waiting" in told
    assert "lacks a language: 4" in told  # ana, ben, rosa, the agent
    assert "lacks a skill: 3" in told
    nearest = "Ben Providence: It takes languages that are not on record: de."
    assert nearest in told
    assert "Why does nobody take this?" not in Person(world, "vera").get(place)
    world.qualify("ben", skills=["legal.leases"], languages=["de"])
    assert "Why does nobody take this?" not in dana.get(place)


def test_own_work_to_inspect_is_named_and_not_counted(world: World) -> None:
    world.upto("draft_all")
    world.produce("ana")  # every item that can be drawn
    world.upto("draw", after="produce")
    world.enrol("ana", Side.PROVIDER, Role.REVIEWER)
    shown = Person(world, "ana").get("/work")
    kept = shown[shown.index("Why is this not in my queue?") :]
    assert "Whoever made a thing does not check it." in kept


def test_drafts_are_confirmed_corrected_and_quoted(world: World) -> None:
    ana = Person(at_work(world), "ana")
    item = ana.take(world)
    at = world.texts["input-0.txt"].index("Secretword0")
    quote = json.dumps([{"document": "main", "start": at, "end": at + 11}])
    where, told = ana.post(
        f"/desk/{item}/submit",
        seconds="75",
        **confirmed(**{"q-governing-law-action": "correct", "q-governing-law-value": "Peru",
                       "q-governing-law-evidence": quote}),
    )  # fmt: skip
    assert where.startswith("/desk/asg_")
    assert "Handed in: input-0.txt" in told
    found = current(world, item)
    assert found["renewal"].origin is Origin.CONFIRMED
    assert found["governing-law"].origin is Origin.CORRECTED
    assert found["governing-law"].evidence[0].quote == "Secretword0"
    assert world.look(execution.submission_of, AssignmentId(item)).seconds == 75


def test_not_present_is_no_for_yes_or_no_and_nothing_otherwise(world: World) -> None:
    ana = Person(at_work(world), "ana")
    item = ana.take(world)
    ana.post(f"/desk/{item}/submit", **{f"q-{q}-action": "absent" for q in QUESTIONS})
    assert {q: a.value for q, a in current(world, item).items()} == {
        "renewal": "no", "effective-date": None, "governing-law": None,
    }  # fmt: skip


def test_open_questions_are_listed_and_what_was_typed_stays(world: World) -> None:
    ana = Person(at_work(world), "ana")
    item = ana.take(world)
    fields = {"q-effective-date-action": "correct", "q-effective-date-value": "the first"}
    _where, told = ana.post(f"/desk/{item}/submit", 422, **fields)
    assert "Not yet: 2 questions are open" in told
    assert 'href="#q-governing-law"' in told
    assert 'value="the first"' in told
    assert 'value="the first"' in ana.get(f"/desk/{item}")


def test_a_value_that_cannot_be_read_is_refused_at_its_question(world: World) -> None:
    ana = Person(at_work(world), "ana")
    item = ana.take(world)
    wrong = {"q-effective-date-action": "correct", "q-effective-date-value": "the first"}
    _where, told = ana.post(f"/desk/{item}/submit", 422, **confirmed(**wrong))
    assert "The value of From when? cannot be read" in told
    assert "field-error" in told
    assert 'value="the first"' in told
    beyond = {
        "q-renewal-action": "correct", "q-renewal-value": "yes",
        "q-renewal-evidence": '[{"start": 0, "end": 99999}]',
    }  # fmt: skip
    assert (
        "lies outside the text" in ana.post(f"/desk/{item}/submit", 422, **confirmed(**beyond))[1]
    )
    perhaps = {"q-renewal-action": "correct", "q-renewal-value": "perhaps"}
    assert "not an option" in ana.post(f"/desk/{item}/submit", 422, **confirmed(**perhaps))[1]


def test_autosave_merges_and_says_when(world: World) -> None:
    ana = Person(at_work(world), "ana")
    item = ana.take(world)
    told = ana.keep(item, {"renewal": {"action": "confirm", "value": "no", "evidence": []}})
    assert re.fullmatch(r"\d\d:\d\d", told["saved_at"])
    ana.keep(item, {"effective-date": {"action": "correct", "value": "2026-02-03"}})
    desk = ana.get(f"/desk/{item}")
    assert 'value="2026-02-03"' in desk
    assert "2 of 3" in ana.get("/work")


def test_autosave_says_why_not(world: World) -> None:
    ana = Person(at_work(world), "ana")
    ben = Person(world, "ben")
    item = ana.take(world)
    answer = {"renewal": {"action": "confirm"}}
    assert ana.keep(item, {"weather": {}}, 422)["code"] == "unknown-question"
    assert ben.keep(item, answer, 404)["code"] == "not-found"
    world.act("ana", execution.return_assignment, item)
    assert ana.keep(item, answer, 404)["text"]
    ana.csrf = "0" * 64
    assert ana.keep(item, answer, 409)["code"] == "form-expired"
    ana.client.cookies.clear()
    assert ana.keep(item, answer, 401)["text"] == "Sign in first."


def test_a_reservation_that_ran_out_is_said_and_taken_again(world: World) -> None:
    at_work(world)
    world.now = utc_now() - timedelta(hours=1)
    item = world.act("ana", execution.claim, world.engagement)
    ana = Person(world, "ana")
    assert "Reservation run out" in ana.get("/work")
    answer = {"renewal": {"action": "confirm"}}
    assert ana.keep(item, answer, 409)["code"] == "reservation-expired"
    _where, told = ana.post(f"/desk/{item}/submit", 409, **confirmed())
    assert "Your reservation has run out; take the item again." in told
    where, _told = ana.post(f"/desk/{item}/extend")
    assert where == f"/desk/{item}"
    ana.post(f"/desk/{item}/submit", **confirmed())
    assert world.look(execution.assignment, item).state is AssignmentState.DONE


def test_an_item_given_back_is_the_next_ones(world: World) -> None:
    ana = Person(at_work(world), "ana")
    ben = Person(world, "ben")
    item = ana.take(world)
    ana.post(f"/desk/{item}/return")
    ana.get(f"/desk/{item}", 404)
    assert ben.take(world) == item


def test_handing_in_twice_is_said_without_harm(world: World) -> None:
    ana = Person(at_work(world), "ana")
    item = ana.take(world)
    ana.post(f"/desk/{item}/submit", **confirmed())
    where, told = ana.post(f"/desk/{item}/submit", **confirmed())
    assert where == "/work"
    assert "submitted already" in told
    assert ana.client.get(f"/desk/{item}").headers["location"] == "/work"


def test_others_work_is_not_shown(world: World) -> None:
    ana = Person(at_work(world), "ana")
    item = ana.take(world)
    for who in ("ben", "vera", "stranger"):
        Person(world, who).get(f"/desk/{item}", 404)


def test_certification_looks_like_work_and_tells_its_result(world: World) -> None:
    world.upto("prepare")
    ana = Person(world, "ana")
    assert "Answer the control items" in ana.get("/")
    assert "Start the certification" in ana.get("/work")
    _where, told = ana.post(
        "/act/execution.start_certification", engagement=world.engagement, next="/work"
    )
    assert "2 waiting" in told
    item, told = ana.take(world), ""
    for _ in range(2):
        desk = ana.get(f"/desk/{item}")
        assert "Draft by" not in desk
        assert ">Answer</span>" in desk
        right = {a.question: a.value for a in world.answers(AssignmentId(item))}
        fields = {f"q-{q}-action": "correct" for q in right}
        fields |= {f"q-{q}-value": str(v) for q, v in right.items()}
        where, told = ana.post(f"/desk/{item}/submit", **fields)
        item = where.removeprefix("/desk/")
    assert "You are certified" in told
    assert "6 of 6 right" in told


def test_an_uncertified_analyst_takes_nothing(world: World) -> None:
    at_work(world)
    world.enrol("both", Side.PROVIDER, Role.ANALYST)
    where, told = Person(world, "both").post("/desk/next", engagement=world.engagement)
    assert where == "/work"
    assert "certified" in told
    assert world.open_assignments(Purpose.PRODUCE)


def test_rework_opens_what_was_returned_and_keeps_the_rest(world: World) -> None:
    world.upto("release")
    world.upto("draft_all", after="release")
    world.produce()
    world.act(
        "dana", execution.recall, world.items[0], "governing-law", "c-law", "See the second line"
    )
    ana = Person(world, "ana")
    desk = ana.get(f"/desk/{ana.take(world)}")
    assert "Returned because of the clause “Governing law”. See the second line" in desk
    settled = re.findall(r'name="q-([\w-]+)-action" value="confirm"[^>]*checked', desk)
    assert settled == ["effective-date", "renewal"]


def test_inspection_finds_defects_that_cite_a_clause(world: World) -> None:
    world.upto("draw")
    rosa = Person(world, "rosa")
    item = rosa.take(world)
    desk = rosa.get(f"/desk/{item}")
    assert "Inspection 1 of" in desk
    fields = {f"q-{q}-verdict": "conforming" for q in QUESTIONS}
    del fields["q-renewal-verdict"]
    _where, told = rosa.post(f"/desk/{item}/inspect", 422, **fields)
    assert "one answer is not inspected" in told
    fields |= {
        "q-renewal-verdict": "defect", "q-renewal-clause": "c-renewal",
        "q-renewal-severity": "major", "q-renewal-note": "It does renew",
    }  # fmt: skip
    rosa.post(f"/desk/{item}/inspect", seconds="30", **fields)
    (defect,) = world.look(assurance.defects, world.work_order())
    assert (defect.question, defect.clause, defect.severity.value) == (
        "renewal", "c-renewal", "major",
    )  # fmt: skip
    assert defect.note == "It does renew"


def test_nobody_inspects_what_they_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "TEAM", (*support.TEAM, "both"))
    world.upto("prepare")
    world.certify("ana", "ben", "bot", "both")
    world.upto("draft_all", after="certify_team")
    world.produce("both")
    world.upto("draw", after="produce")
    both = Person(world, "both")
    assert "Nothing waits for you" in both.get("/work")
    where, told = both.post("/desk/next", engagement=world.engagement)
    assert (where, "Nothing waits for you there now." in told) == ("/work", True)
    (item, *_) = world.look(execution.assignments, world.order, Purpose.INSPECT, ())
    _where, told = both.post(
        "/act/execution.claim", engagement=world.engagement, assignment=item.id, next="/work"
    )
    assert "Whoever made a thing does not check it." in told
    both.post(f"/desk/{item.id}/inspect", 404, **{"q-renewal-verdict": "conforming"})


def test_forms_of_another_session_are_refused(world: World) -> None:
    ana = Person(at_work(world), "ana")
    ana.csrf = "0" * 64
    ana.post("/desk/next", 409, engagement=world.engagement)


def test_pages_ask_who_one_is(world: World) -> None:
    answer = httpx.get(f"{Person.address}/work")
    assert answer.headers["location"] == "/sign-in?next=/work"


# --- reviews, disputes, questions, effort ----------------------------------------------------


def _confirmed(**changed: str) -> dict[str, str]:
    return {f"q-{q}-action": "confirm" for q in QUESTIONS} | changed


def test_an_item_goes_through_question_review_dispute_and_effort_by_pages(world: World) -> None:
    world.upto("approve")
    world.enrol("dirk", Side.PROVIDER, Role.REVIEWER)
    world.act("dana", setup.plan_reviews, world.line, [Decimal(1)])
    world.upto("draft_all", after="approve")
    ana, rosa, carl = (Person(world, who) for who in ("ana", "rosa", "carl"))
    item = ana.take(world)
    ask = {"assignment": item, "next": "/work", "question": "renewal"}
    where, told = ana.post("/act/execution.escalate", **ask, text="Which page counts?")
    assert (where, "the item waits" in told) == ("/work", True)
    assert "Answer a question of the provider" in carl.get("/")
    place = f"/engagements/{world.engagement}/questions"
    (asked,) = re.findall(r'name="escalation" value="(esc_\w+)"', carl.get(place))
    carl.post("/act/execution.answer_escalation", escalation=asked, text="The second.", next=place)
    assert "The second." in ana.get(f"{place}?words=second")
    assert "Nobody has asked anything" in ana.get(f"{place}?words=third")
    assert ana.take(world) == item
    assert "Which page counts? – The second." in ana.get(f"/desk/{item}")
    ana.post(f"/desk/{item}/submit", **_confirmed(seconds="75"))

    assert "Review one item" in rosa.get("/")
    review = rosa.take(world)
    desk = rosa.get(f"/desk/{review}")
    assert "Return it" in desk
    assert "Contest this rework" not in desk
    back = {"assignment": review, "verdict": "returned", "question": "renewal", "next": "/work"}
    rosa.post("/act/execution.review", **back, clause="c-renewal", note="Read the second page.")

    record = ana.get("/record")
    (rework,) = re.findall(
        r'action="/act/execution.dispute".*?name="assignment" value="(\w+)"', record, re.DOTALL
    )
    contest = {"assignment": rework, "reason": "It says so.", "next": "/record"}
    assert "Being scored again" in ana.post("/act/execution.dispute", **contest)[1]
    dirk = Person(world, "dirk")
    score = dirk.take(world)
    blind = dirk.get(f"/desk/{score}")
    assert 'name="q-renewal-action"' in blind
    assert 'name="q-governing-law-action"' not in blind
    assert "It says so." not in blind
    assert "Read the second page." not in blind
    assert 'value="confirm"' not in blind, "the contested answer is not shown"
    (right,) = [a for a in world.answers(AssignmentId(score)) if a.question == "renewal"]
    evidence = json.dumps([{"start": e.start, "end": e.end} for e in right.evidence])
    answer = {"q-renewal-value": right.value, "q-renewal-evidence": evidence}
    dirk.post(f"/desk/{score}/submit", **{"q-renewal-action": "correct"}, **answer, seconds="9")
    record = ana.get("/record")
    assert "Withdrawn" in record

    claim = {"assignment": item, "seconds": "600", "reason": "On paper.", "next": "/record"}
    assert "0:10:00, to be decided" in ana.post("/act/execution.contest_effort", **claim)[1]
    dana = Person(world, "dana")
    assert "Decide a contested effort" in dana.get("/")
    assert "On paper." in dana.get(place)
    dana.post("/act/execution.decide_effort", assignment=item, accepted="true", next=place)
    assert "0:10:00, taken over" in ana.get("/record")


def test_a_review_that_changes_an_answer_corrects_it(world: World) -> None:
    world.upto("approve")
    world.act("dana", setup.plan_reviews, world.line, [Decimal(1)])
    world.upto("draft_all", after="approve")
    world.take("ana")
    rosa = Person(world, "rosa")
    review = rosa.take(world)
    changed = {"q-governing-law-action": "correct", "q-governing-law-value": "Elsewhere"}
    rosa.post(f"/desk/{review}/submit", **_confirmed(**changed))
    found = world.look(execution.review_of, AssignmentId(review))
    assert found.questions == ("governing-law",)
    assert found.verdict == "corrected"
