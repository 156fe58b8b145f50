"""Routing: whoever may not is never offered; who is worth most is; an offer runs out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.support.engagement import World, refused

from outwork import reporting
from outwork.interfaces.worker import Worker
from outwork.operation import operation
from outwork.stages import execution, setup
from outwork.stages.execution import Assignment, AssignmentState, ItemState
from outwork.stages.execution.preference import Candidate, RoutingTerms, capacity, worth
from outwork.vocabulary import ActorId, BadInput, EngagementId, NotFound, Purpose


def at_work(world: World, **terms: object) -> World:
    world.upto("draft_all")
    given = {"quality": Decimal(10), "continuity": Decimal(3), **terms}
    world.act("dana", execution.set_routing, world.engagement, **given)
    return world


def cost(world: World, who: str, amount: int) -> None:
    world.act("dana", execution.state_cost, world.engagement, world.people[who], Decimal(amount))


def kept(world: World) -> dict[str, list[Assignment]]:
    """Whom open items are kept for."""
    names = {actor: who for who, actor in world.people.items()}
    found: dict[str, list[Assignment]] = {}
    for a in world.open_assignments(Purpose.PRODUCE):
        found.setdefault(names.get(a.reserved_for or ActorId(""), ""), []).append(a)
    return found


def kept_back(world: World, who: str) -> tuple[reporting.KeptBack, ...]:
    """What waits and is not in somebody's queue, with the reasons."""
    with operation(world.database, world.people[who], world.now) as op:
        return tuple(k for q in reporting.queues(op) for k in q.kept_back)


def test_nothing_is_offered_before_somebody_says_how(world: World) -> None:
    world.upto("draft_all")
    with refused("routing-not-set"):
        world.act("dana", execution.route, world.engagement)


def test_items_go_to_whom_they_are_worth_most_with_and_the_offer_runs_out(world: World) -> None:
    at_work(world)
    cost(world, "ana", 8)
    cost(world, "ben", 20)  # 15 minutes an item: both are worth it, Ana more
    assert world.act("dana", execution.route, world.engagement) == 4
    assert {who: len(items) for who, items in kept(world).items()} == {"ana": 4}
    assert world.act("dana", execution.route, world.engagement) == 0
    assert world.act("ben", execution.claim, world.engagement) is None
    told = {who: kept_back(world, who) for who in ("ana", "ben", "rosa")}
    (why,) = told["ben"]
    assert (why.count, [r.code for r in why.reasons]) == (4, ["offered-to-others"])
    assert told["ana"] == told["rosa"] == ()
    held = world.act("ana", execution.claim, world.engagement)
    assert held is not None
    world.now += timedelta(minutes=31)
    # Nobody is offered the same twice: now they are anybody's.
    assert world.act("dana", execution.route, world.engagement) == 0
    assert set(kept(world)) == {""}
    assert world.act("ben", execution.claim, world.engagement) is not None


def test_an_offered_item_that_was_taken_and_lapsed_is_anybodys(world: World) -> None:
    at_work(world)
    cost(world, "ben", 1_000)
    world.act("dana", execution.route, world.engagement)
    held = world.act("ana", execution.claim, world.engagement)
    world.now += timedelta(minutes=29)
    with pytest.raises(NotFound):
        world.act("ben", execution.claim, world.engagement, None, held)
    world.now += timedelta(minutes=2)
    world.act("dana", execution.route, world.engagement)
    assert world.act("ben", execution.claim, world.engagement, None, held) == held


def test_whoever_costs_more_than_it_is_worth_is_left_out(world: World) -> None:
    at_work(world)
    cost(world, "ana", 1_000)
    cost(world, "ben", 10)
    assert world.act("dana", execution.route, world.engagement) == 4
    assert set(kept(world)) == {"ben"}


def test_eligibility_comes_first(world: World) -> None:
    at_work(world)
    world.act("vera", setup.state_need, world.line, ["legal"], ["de"])
    world.qualify("ben", skills=["legal"], languages=["de"])
    cost(world, "ben", 30)
    assert world.act("dana", execution.route, world.engagement) == 4
    assert set(kept(world)) == {"ben"}


def test_rework_goes_to_whoever_knows_the_item(world: World) -> None:
    at_work(world)
    world.produce("ben")
    item = world.items[0]
    world.act("dana", execution.recall, item, "renewal", "c-renewal")
    assert world.act("dana", execution.route, world.engagement) == 1
    assert set(kept(world)) == {"ben"}
    assert world.look(execution.item, item).state is ItemState.REWORK


def test_what_arrives_later_is_priced_and_paced(world: World) -> None:
    at_work(world, hours=1)
    cost(world, "ana", 8)
    cost(world, "ben", 9)
    assert world.act("dana", execution.route, world.engagement) == 4  # a batch: learns prices
    # An hour holds four items of a quarter of an hour each.
    assert {who: len(items) for who, items in kept(world).items()} == {"ana": 4}
    world.now += timedelta(minutes=5)
    for found in kept(world)["ana"]:
        world.act("ana", execution.claim, world.engagement, assignment=found.id)
        world.act("ana", execution.submit, found.id, world.answers(found.id), 60)
    for item in world.items[:2]:
        world.act("dana", execution.recall, item, "renewal", "c-renewal")
    # Ana knows both items, but has used up what the hour holds.
    assert world.act("dana", execution.route, world.engagement) == 2
    assert {who: len(items) for who, items in kept(world).items()} == {"ben": 2}


def test_the_worker_offers_unasked(world: World) -> None:
    at_work(world)
    Worker(world.database)._route(world.engagement, world.people["dana"], world.now)
    found = world.look(execution.offers, world.engagement, world.now)
    assert len(found) == 4
    assert all(a.state is AssignmentState.OPEN for items in kept(world).values() for a in items)


def test_costs_are_nothing_for_the_client_nor_for_the_log(world: World) -> None:
    at_work(world)
    with refused("not-permitted"):
        world.act("vera", execution.state_cost, world.engagement, world.people["ana"], Decimal(1))
    with refused("not-permitted"):
        world.act("vera", execution.set_routing, world.engagement, Decimal(1))
    cost(world, "ana", 4_321)
    world.integrate()
    log = world.look(
        lambda db: db.exec_driver_sql("select public::text from event").scalars().all()
    )
    assert not any("4321" in line for line in log)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"quality": Decimal(-1)}, "amount-outside"),
        ({"quality": Decimal(2_000_000)}, "amount-outside"),
        ({"hours": 0}, "number-outside"),
        ({"minutes": 1_441}, "number-outside"),
    ],
)
def test_terms_have_limits(world: World, terms: dict[str, object], code: str) -> None:
    world.upto("draft_all")
    with pytest.raises(BadInput) as caught:
        world.act(
            "dana", execution.set_routing, world.engagement, **{"quality": Decimal(1), **terms}
        )
    assert caught.value.code == code


def test_worth_is_the_sum_of_its_parts() -> None:
    terms = RoutingTerms(
        EngagementId("e"), Decimal(10), Decimal(4), Decimal(3), 8, 30, ActorId("d"), None,  # type: ignore[arg-type]
    )  # fmt: skip
    who = Candidate(ActorId("a"), right=0.8, hours=0.5, hour_cost=Decimal(6), ahead=3)
    assert worth(terms, who, None, familiar=False) == pytest.approx(8 - 3)
    assert worth(terms, who, None, familiar=True) == pytest.approx(8)
    # Three items wait for them: done after two hours, half an hour late.
    assert worth(terms, who, 1.5, familiar=False) == pytest.approx(8 - 3 - 2)
    assert capacity(terms, who) == 13
