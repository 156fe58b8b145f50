"""Stage 2: a competition that is fair, a direct award that is justified."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from tests.support.engagement import PRICE, World, bad, refused

from outwork import access, agreements
from outwork.stages import selection
from outwork.stages.selection import Criterion
from outwork.vocabulary import Money, Role, Side, Stage

CRITERIA = [Criterion("quality", "Quality", 60), Criterion("price", "Price", 40)]
LONG = "The only provider that holds the clearance this work needs."


def propose(world: World, who: str) -> None:
    """An offer without any score."""
    world.act("vera", selection.invite_bidder, world.engagement, world.people[who])
    world.proposals[who] = world.act(
        who, selection.submit_proposal, world.engagement, {world.line: PRICE}, 8, "Approach"
    )


def test_one_proposal_is_no_competition(world: World) -> None:
    world.upto("sign")
    world.act("vera", selection.set_criteria, world.engagement, CRITERIA)
    propose(world, "dana")
    with refused("gate-closed", "fewer-than-two-proposals", "not-scored"):
        world.award()
    world.waive("selection", "fewer-than-two-proposals", by="vera", countersigned="carl")
    with refused("gate-closed", "not-scored"):
        world.award()
    world.waive("selection", "not-scored", by="vera", countersigned="carl")
    world.award()
    world.accept_award()
    assert world.stage().stage is Stage.TRANSFER


def test_the_gate_before_the_award_names_what_is_lacking(world: World) -> None:
    world.upto("sign")
    reasons = world.look(selection.gate, world.stage())
    codes = {r.code for r in reasons}
    assert codes == {"no-criteria", "fewer-than-two-proposals", "no-award"}
    world.upto("award", after="sign")
    assert [r.code for r in world.look(selection.gate, world.stage())] == ["award-not-accepted"]


def test_criteria_come_before_proposals(world: World) -> None:
    world.upto("sign")
    world.act("vera", selection.invite_bidder, world.engagement, world.people["dana"])
    with refused("no-criteria"):
        world.act(
            "dana", selection.submit_proposal, world.engagement, {world.line: PRICE}, 8, "Early"
        )
    world.act("vera", selection.set_criteria, world.engagement, CRITERIA)
    propose(world, "dana")
    with refused("proposals-already-in"):
        world.act("vera", selection.set_criteria, world.engagement, CRITERIA)


@pytest.mark.parametrize(
    ("criteria", "code"),
    [
        ([Criterion("a", "A", 50)], "weights-not-100"),
        ([Criterion("a", "A", 50), Criterion("a", "B", 50)], "criterion-twice"),
        ([Criterion("a", "A", 100), Criterion("b", "B", 0)], "weight-not-positive"),
        ([Criterion("Jane Doe is slow", "A", 100)], "criterion-malformed"),
    ],
)
def test_criteria_add_up(world: World, criteria: list[Criterion], code: str) -> None:
    world.upto("sign")
    with bad(code):
        world.act("vera", selection.set_criteria, world.engagement, criteria)


def test_a_proposal_is_made_once_and_whole(world: World) -> None:
    world.upto("sign")
    world.act("vera", selection.set_criteria, world.engagement, CRITERIA)
    world.act("vera", selection.invite_bidder, world.engagement, world.people["dana"])
    offer = (selection.submit_proposal, world.engagement)
    with bad("prices-incomplete"):
        world.act("dana", *offer, {}, 8, "Approach")
    with bad("price-not-in-currency"):
        world.act("dana", *offer, {world.line: Money(PRICE.amount, "USD")}, 8, "Approach")
    with bad("turnaround-not-positive"):
        world.act("dana", *offer, {world.line: PRICE}, 0, "Approach")
    world.act("dana", *offer, {world.line: PRICE}, 8, "Approach")
    with refused("proposal-already-made"):
        world.act("dana", *offer, {world.line: PRICE}, 8, "Approach")


def test_nothing_is_scored_or_offered_after_the_award(world: World) -> None:
    world.upto("award")
    with refused("already-awarded"):
        world.act("carl", selection.score_proposal, world.proposals["hugo"], "price", 1, "Late")
    with refused("already-awarded"):
        world.award()
    with refused("already-awarded"):
        world.act("vera", selection.award_directly, world.engagement, world.people["hugo"], LONG)


def test_scores_are_within_bounds_and_have_reasons(world: World) -> None:
    world.upto("sign")
    world.act("vera", selection.set_criteria, world.engagement, CRITERIA)
    propose(world, "dana")
    score = (selection.score_proposal, world.proposals["dana"])
    with bad("unknown-criterion"):
        world.act("vera", *score, "beauty", 10, "Reason")
    with bad("points-outside"):
        world.act("vera", *score, "price", 101, "Reason")
    with bad("reason-empty"):
        world.act("vera", *score, "price", 10, " ")


def test_a_direct_award_is_justified_and_goes_to_a_provider(world: World) -> None:
    world.upto("sign")
    direct = (selection.award_directly, world.engagement)
    with bad("justification-short"):
        world.act("vera", *direct, world.people["dana"], "cheap")
    with refused("not-a-provider"):
        world.act("vera", *direct, world.people["stranger"], LONG)
    world.act("vera", *direct, world.people["dana"], LONG)
    world.accept_award()
    assert world.stage().provider_id == world.parties["provider"]
    assert world.look(selection.agreed_prices, world.engagement) == {world.line: PRICE}


def test_only_the_chosen_one_accepts(world: World) -> None:
    world.upto("compete")
    with refused("no-award"):
        world.accept_award()
    world.award()
    with refused("award-to-another"):
        world.act("hugo", selection.accept_award, world.engagement, *world.signature("hugo"))
    with refused("name-differs"):
        world.act("dana", selection.accept_award, world.engagement, "Dana", SecretStr("x"))


def test_someone_who_cannot_run_the_work_does_not_accept_it(world: World) -> None:
    world.upto("award")
    world.act("vera", selection.invite_bidder, world.engagement, world.people["ben"])
    with refused("delivery-manager-needed"):
        world.act("ben", selection.accept_award, world.engagement, *world.signature("ben"))


def test_nobody_decides_for_the_other_side(world: World) -> None:
    world.upto("accept_award")
    with bad("role-not-of-side"):
        world.act("administrator", agreements.register_actor, world.parties["provider"], "Mole",
                  world.login("mole"), [Role.VENDOR_MANAGER])  # fmt: skip
    with refused("roles-not-held"):
        world.enrol("ben", Side.PROVIDER, Role.VENDOR_MANAGER)
    with refused("other-party"):
        world.act("dana", agreements.invite_member, world.engagement, world.people["hugo"], [])
    assert world.look(access.membership, world.engagement, world.people["ben"]) is None


def test_an_agent_is_accepted_by_name_only(world: World) -> None:
    world.upto("accept_award")
    with bad("agent-not-accepted"):
        world.act("dana", agreements.invite_member, world.engagement, world.people["bot"],
                  [Role.AGENT])  # fmt: skip
    with bad("not-an-agent"):
        world.act("dana", agreements.accept_agent, world.engagement, world.people["ana"])
    world.act("dana", agreements.accept_agent, world.engagement, world.people["bot"])


def test_only_an_agent_has_a_family(world: World) -> None:
    given = (agreements.register_actor, world.parties["provider"], "X", "x", [Role.ANALYST])
    with bad("family-malformed"):
        world.act("administrator", *given, family="tiny-drafter")
    with bad("family-malformed"):
        world.act("administrator", *given, kind=access.ActorKind.AGENT)
    with bad("login-taken"):
        world.act("administrator", agreements.register_actor, world.parties["provider"], "X",
                  world.login("ana"), [])  # fmt: skip
