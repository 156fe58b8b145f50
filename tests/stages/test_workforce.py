"""People across engagements: what they bring, whom they are barred from, and what a line needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.support.engagement import World, bad, events, refused

from outwork import workforce
from outwork.stages import execution, setup
from outwork.vocabulary import NotFound, PartyId, Purpose


def released(world: World) -> World:
    """A batch whose items wait for an analyst."""
    return world.upto("draft_all")


def need(world: World, **asked: Any) -> None:
    world.act("vera", setup.state_need, world.line, **asked)


def claims(world: World, who: str) -> bool:
    return world.act(who, execution.claim, world.engagement) is not None


def named(world: World, who: str) -> None:
    """Claim an item of the queue by name, which says what is in the way."""
    first = world.open_assignments(Purpose.PRODUCE)[0]
    world.act(who, execution.claim, world.engagement, None, first.id)


NEEDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "skill-missing": ({"skills": ["legal.leases"]}, {"skills": ["legal"]}),
    "language-missing": ({"languages": ["de"]}, {"languages": ["en"]}),
    "clearance-too-low": ({"clearance": 3}, {"clearance": 2}),
    "credential-missing": ({"credentials": ["bar-exam"]}, {}),
}


@pytest.mark.parametrize("code", NEEDS)
def test_what_is_lacking_keeps_out_and_is_named(world: World, code: str) -> None:
    asked, brought = NEEDS[code]
    released(world)
    need(world, **asked)
    world.qualify("ana", **brought)
    assert not claims(world, "ana")
    with refused(code, code):
        named(world, "ana")


def test_a_narrower_skill_is_the_broader_one_too(world: World) -> None:
    released(world)
    need(world, skills=["legal"])
    world.qualify("ana", skills=["legal.leases.retail"])
    assert claims(world, "ana")


def test_a_credential_holds_until_it_expires(world: World) -> None:
    released(world)
    need(world, credentials=["bar-exam"])
    world.qualify("ana", credentials={"bar-exam": world.now + timedelta(days=1)})
    world.passes(23)
    assert claims(world, "ana")
    world.qualify("ben", credentials={"bar-exam": world.now + timedelta(hours=1)})
    world.passes(1)
    assert not claims(world, "ben")
    with refused("credential-expired"):
        named(world, "ben")


def bar(world: World, who: str, party: str) -> None:
    world.act(
        "administrator", workforce.bar, world.people[who], world.parties[party], "Codename matter"
    )


def test_a_barrier_against_the_client_shuts_the_engagement_and_can_be_lifted(world: World) -> None:
    released(world)
    bar(world, "ana", "client")
    with refused("barred-by-client", "barred-by-client"):
        claims(world, "ana")
    assert claims(world, "ben")
    world.act("administrator", workforce.lift_barrier, world.people["ana"],
              world.parties["client"], "The matter is over")  # fmt: skip
    assert claims(world, "ana")


def test_a_barrier_against_an_adverse_party_shuts_the_line(world: World) -> None:
    released(world)
    need(world, adverse=[world.parties["stranger"]])
    bar(world, "ana", "stranger")
    assert not claims(world, "ana")
    with refused("barred-by-adverse-party"):
        named(world, "ana")


def test_what_is_held_cannot_be_handed_in_once_one_is_barred(world: World) -> None:
    released(world)
    held = world.act("ana", execution.claim, world.engagement)
    answers = world.answers(held)
    bar(world, "ana", "client")
    with refused("barred-by-client"):
        world.act("ana", execution.submit, held, answers)


def test_work_that_nobody_qualifies_for_is_stuck_until_somebody_does(world: World) -> None:
    released(world)
    assert world.look(execution.stuck, world.engagement, world.now).unclaimable == 0
    need(world, skills=["rare"])
    assert world.look(execution.stuck, world.engagement, world.now).unclaimable == 4
    world.qualify("ben", skills=["rare"])
    assert world.look(execution.stuck, world.engagement, world.now).unclaimable == 0
    bar(world, "ben", "client")
    assert world.look(execution.stuck, world.engagement, world.now).unclaimable == 4


def test_a_need_is_in_the_engagements_log(world: World) -> None:
    released(world)
    need(world, skills=["legal.leases", "audit"], clearance=2)
    found = [e for e in world.look(events, world.engagement) if e.kind == "setup.need-stated"]
    assert [(e.public["skills"], e.public["clearance"]) for e in found] == [
        (["audit", "legal.leases"], 2)
    ]


def test_stating_anew_keeps_barriers(world: World) -> None:
    bar(world, "ana", "stranger")
    world.qualify("ana", skills=["legal"])
    assert world.look(workforce.qualification, world.people["ana"]).barred == {
        world.parties["stranger"]
    }


def test_bad_input_names_its_place(world: World) -> None:
    world.upto("pass_tollgate")
    with bad("not-a-code", what="skills", value="Two words"):
        need(world, skills=["Two words"])
    with bad("codes-too-many", what="languages"):
        need(world, languages=[f"l{n}" for n in range(51)])
    with bad("clearance-outside", highest=9):
        world.qualify("ana", clearance=10)
    with bad("client-adverse"):
        need(world, adverse=[world.parties["client"]])
    with bad("reason-empty"):
        world.act("administrator", workforce.bar, world.people["ana"],
                  world.parties["client"], " ")  # fmt: skip
    with pytest.raises(NotFound):
        need(world, adverse=[PartyId("pty_nobody")])
    bar(world, "ana", "client")
    with refused("already-barred"):
        bar(world, "ana", "client")
    with refused("not-barred"):
        world.act("administrator", workforce.lift_barrier, world.people["ben"],
                  world.parties["client"], "x")  # fmt: skip
