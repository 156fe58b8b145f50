"""Two people answer the same item unawares; where they differ a third decides, by a clause."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.support.engagement import World, bad, events, refused

from outwork import ledger, reporting
from outwork.ledger import canonical, sealing, tree
from outwork.operation import operation
from outwork.stages import execution, setup
from outwork.stages.execution import ItemState, Ruling
from outwork.vocabulary import AssignmentId, NotFound, Purpose, Refusal, Role, Side


@pytest.fixture
def begun(world: World) -> World:
    """A drafted batch of which every item is answered twice, after the first answer."""
    return overlapped(world)


def overlapped(world: World, share: str = "1") -> World:
    """A batch under a plan with a share of items that are answered twice, drafted."""
    world.upto("approve")
    terms: dict[str, Any] = {"good": Decimal("0.1"), "bad": Decimal("0.5"), "false_after": 40}
    terms["overlap_share"] = Decimal(share)
    world.act("dana", setup.plan_control, world.line, Decimal(0), **terms)
    return world.upto("draft_all", after="approve")


def held_by(world: World, who: str) -> AssignmentId | None:
    """The next item of somebody."""
    found: AssignmentId | None = world.act(who, execution.claim, world.engagement)
    return found


def first(world: World, **wrong: Any) -> execution.Assignment:
    """Ana answers an item; gives the assignment of its second answer."""
    world.take("ana", **wrong)
    (waiting,) = world.open_assignments(Purpose.OVERLAP)
    return waiting


def second(world: World, wanted: execution.Assignment, **wrong: Any) -> None:
    """Ben answers it, too."""
    world.act("ben", execution.claim, world.engagement, assignment=wanted.id)
    world.act("ben", execution.submit, wanted.id, world.answers(wanted.id, **wrong), 50)


def state(world: World, wanted: execution.Assignment) -> ItemState:
    """Where the item stands."""
    found: ItemState = world.look(execution.item, wanted.item_id).state
    return found


def test_who_agrees_goes_on_and_nothing_waits(begun: World) -> None:
    wanted = first(begun)
    assert state(begun, wanted) is ItemState.OVERLAP
    second(begun, wanted)
    assert state(begun, wanted) is ItemState.SUBMITTED
    begun.take("ana")
    with refused("gate-closed", "items-unfinished"):
        begun.act("dana", execution.close_work_order, begun.order)
    made = begun.look(execution.comparison_of, wanted.item_id)
    assert made.differing == ()
    assert made.adjudication_id is None
    assert begun.open_assignments(Purpose.ADJUDICATE) == []
    begun.produce("ben", "ana")
    current = begun.look(execution.current_answers, wanted.item_id)
    assert {a.author for a in current.values()} == {begun.people["ana"]}
    told = [e for e in begun.look(events, begun.engagement) if "overlap" in e.kind]
    assert len(told) == len(begun.items)
    assert all(set(e.public["agreed"].values()) == {True} and not e.sealed for e in told)
    begun.act("dana", execution.close_work_order, begun.order)


def test_the_second_sees_the_draft_alone_and_does_not_know(begun: World) -> None:
    wanted = first(begun, governing_law="Utopia")
    begun.act("ben", execution.claim, begun.engagement, assignment=wanted.id)
    with operation(begun.database, begun.people["ben"], begun.now) as op:
        bench = reporting.workbench(op, wanted.id)
        assert bench.purpose is Purpose.PRODUCE
        assert bench.assignment.purpose is Purpose.PRODUCE
        assert bench.item.state is ItemState.DRAFTED
        assert bench.submissions == ()
        assert bench.own is False
        assert bench.answers["governing-law"].value != "Utopia"
        assert {a.author for a in bench.answers.values()} == {begun.people["bot"]}
    begun.act("ben", execution.submit, wanted.id, begun.answers(wanted.id), 50)
    submission = begun.look(execution.submission_of, wanted.id)
    mine = begun.look(execution.answers_of, submission.id)
    assert {a.origin for a in mine} <= {"confirmed", "corrected", "added"}
    draft = begun.look(execution.draft_of, wanted.item_id)
    assert {a.revises for a in mine} == {a.id for a in draft.values()}


def test_the_first_cannot_take_the_second_nor_learn_of_it(begun: World) -> None:
    wanted = first(begun)
    with pytest.raises(NotFound):
        begun.act("ana", execution.claim, begun.engagement, assignment=wanted.id)
    while (held := held_by(begun, "ana")) is not None:
        assert held != wanted.id
        begun.act("ana", execution.submit, held, begun.answers(held), 5)
    with operation(begun.database, begun.people["ana"], begun.now) as op:
        assert reporting.queues(op) == []
        kinds = {e.kind for e in reporting.timeline(op, begun.engagement).rows}
    assert "execution.overlap-compared" not in kinds
    assert held_by(begun, "ben") is not None


def differing(world: World) -> tuple[execution.Assignment, execution.Comparison]:
    """Two people differ on the law; gives the decision that waits, and what it decides."""
    wanted = first(world, governing_law="Utopia")
    second(world, wanted)
    (waiting,) = world.open_assignments(Purpose.ADJUDICATE)
    return waiting, world.look(execution.comparison_of, wanted.item_id)


def ruling(found: execution.Comparison, chosen: str, **more: Any) -> Ruling:
    """A decision on the law."""
    return Ruling("governing-law", "c-law", "It is in the last clause", chosen, **more)


def test_a_third_decides_by_a_clause_and_that_goes_on(begun: World) -> None:
    waiting, found = differing(begun)
    assert found.differing == ("governing-law",)
    begun.act("rosa", execution.claim, begun.engagement, assignment=waiting.id)
    with operation(begun.database, begun.people["rosa"], begun.now) as op:
        bench = reporting.workbench(op, waiting.id)
    assert {a["governing-law"].value for a in bench.pair} > {"Utopia"}
    assert bench.drawn == {"governing-law"}
    assert bench.answers == {}
    assert set(bench.sides) == {found.first_id, found.second_id}
    begun.act("rosa", execution.adjudicate, waiting.id, [ruling(found, found.second_id)], seconds=9)
    assert begun.look(execution.item, waiting.item_id).state is ItemState.SUBMITTED
    current = begun.look(execution.current_answers, waiting.item_id)
    assert current["governing-law"].value != "Utopia"
    assert current["governing-law"].author == begun.people["rosa"]
    made = begun.look(execution.comparison_of, waiting.item_id)
    assert made.chosen == {"governing-law": found.second_id}
    assert made.clauses == {"governing-law": "c-law"}
    assert begun.look(execution.ruling_reasons, made) == {
        "governing-law": "It is in the last clause"
    }
    told = begun.look(events, begun.engagement)[-1]
    assert told.kind == "execution.item-adjudicated"
    assert "reasons.governing-law" in told.sealed
    authors = begun.look(execution.authors, waiting.item_id)
    assert {begun.pseudonym(who) for who in ("ana", "ben", "rosa")} <= authors


def test_neither_may_be_right(begun: World) -> None:
    waiting, found = differing(begun)
    begun.act("rosa", execution.claim, begun.engagement, assignment=waiting.id)
    (own,) = [a for a in begun.answers(waiting.id) if a.question == "governing-law"]
    begun.act("rosa", execution.adjudicate, waiting.id, [ruling(found, "", answer=own)])
    assert begun.look(execution.comparison_of, waiting.item_id).chosen == {"governing-law": ""}


def test_what_a_decision_must_say(begun: World) -> None:
    waiting, found = differing(begun)
    begun.act("rosa", execution.claim, begun.engagement, assignment=waiting.id)
    good = ruling(found, found.first_id)
    for code, rulings in (
        ("rulings-differ", []),
        ("rulings-differ", [good, good]),
        ("rulings-differ", [Ruling("renewal", "c-renewal", "why", found.first_id)]),
        ("unknown-clause", [Ruling("governing-law", "c-none", "why", found.first_id)]),
        ("reason-empty", [Ruling("governing-law", "c-law", " ", found.first_id)]),
        ("ruling-unclear", [ruling(found, "sub_other")]),
        ("ruling-unclear", [ruling(found, "")]),
    ):
        with bad(code):
            begun.act("rosa", execution.adjudicate, waiting.id, rulings)
    assert begun.look(execution.comparison_of, waiting.item_id).decided_at is None


def test_neither_maker_decides_also_as_a_reviewer(begun: World) -> None:
    begun.enrol("both", Side.PROVIDER, Role.ANALYST, Role.REVIEWER)
    begun.certify("both")
    wanted = first(begun, governing_law="Utopia")
    begun.act("both", execution.claim, begun.engagement, assignment=wanted.id)
    begun.act("both", execution.submit, wanted.id, begun.answers(wanted.id), 5)
    (waiting,) = begun.open_assignments(Purpose.ADJUDICATE)
    with refused("maker-is-checker", "maker-is-checker"):
        begun.act("both", execution.claim, begun.engagement, assignment=waiting.id)
    with pytest.raises(Refusal):
        begun.act("both", execution.rescore, waiting.id, begun.answers(waiting.id)[0])


def test_agreement_is_shown_to_who_manages_and_not_to_who_answers(begun: World) -> None:
    wanted = first(begun, governing_law="Utopia")
    second(begun, wanted)
    for who, shown in (("dana", True), ("vera", True), ("ana", False)):
        with operation(begun.database, begun.people[who], begun.now) as op:
            found = {a.question.key: a for a in reporting.agreeing(op, begun.engagement)}
        assert bool(found) is shown
        if shown:
            assert (found["governing-law"].items, found["governing-law"].agreed) == (1, 0)
            assert found["renewal"].agreed == 1
            assert found["renewal"].alpha is None  # one item says nothing of chance


def test_a_share_of_nothing_asks_nobody_twice(world: World) -> None:
    overlapped(world, share="0")
    world.produce()
    assert world.look(execution.comparisons_of, world.engagement) == []
    world.act("dana", execution.close_work_order, world.order)


def test_a_claim_cannot_be_guessed_from_its_leaf_hash(begun: World) -> None:
    """An analyst's own receipt may show the leaf hash of the claim beside it, and the analyst knows
    all of that claim but its purpose."""
    begun.act("ana", execution.claim, begun.engagement)
    named = begun.open_assignments(Purpose.PRODUCE)[0].id
    begun.act("ben", execution.claim, begun.engagement, assignment=named)
    begun.integrate()
    every = begun.look(lambda db: list(ledger.entries(db, begun.engagement)))
    claims = [e for e in every if e.kind == "execution.item-claimed"]
    # The hot statement writes such an entry, and so does the claim of a named item.
    assert named in {e.public["assignment"] for e in claims}
    assert len({e.sealed["blind"] for e in claims}) == len(claims) > 2
    for entry in claims:
        known = canonical.decode(entry.line)
        assert known["sealed"].keys() == {"blind"}
        assert begun.look(ledger.disclosures, begun.engagement, entry.id) == {}
        own, unsalted = known["public"], {"blind": sealing.commit(None, bytes(16))}
        guesses = [
            known | {"public": own | {"purpose": purpose}, "sealed": sealed}
            for purpose in Purpose
            for sealed in (dict[str, str](), unsalted)
        ]
        hashes = {tree.leaf_hash(canonical.encode(guess)) for guess in guesses}
        assert tree.leaf_hash(entry.line) not in hashes
