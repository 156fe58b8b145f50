"""Effort by what it is spent on: the work, prevention, appraisal, failures here or out there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.support.engagement import World

from outwork import reporting
from outwork.operation import operation
from outwork.reporting import CostKind, QualityCost, kind_of_cost
from outwork.stages import acceptance, execution
from outwork.stages.acceptance import ReturnedItem
from outwork.stages.execution import ReworkCause
from outwork.vocabulary import Money, Purpose, Role, Side


def costs(world: World, who: str) -> dict[CostKind, QualityCost]:
    """What somebody sees of an engagement's costs."""
    with operation(world.database, world.people[who], world.now) as op:
        return {c.kind: c for c in reporting.quality_costs(op, world.engagement)}


@pytest.mark.parametrize(
    ("purpose", "cause", "in_sample", "kind"),
    [
        (Purpose.CERTIFY, None, False, CostKind.PREVENTION),
        (Purpose.CONTROL, None, False, CostKind.APPRAISAL),
        (Purpose.OVERLAP, None, False, CostKind.APPRAISAL),
        (Purpose.REVIEW, None, False, CostKind.APPRAISAL),
        (Purpose.ADJUDICATE, None, False, CostKind.APPRAISAL),
        (Purpose.INSPECT, None, True, CostKind.APPRAISAL),
        (Purpose.INSPECT, None, False, CostKind.INTERNAL_FAILURE),
        (Purpose.PRODUCE, None, False, CostKind.WORK),
        (Purpose.PRODUCE, ReworkCause.DEFECT, False, CostKind.INTERNAL_FAILURE),
        (Purpose.PRODUCE, ReworkCause.RECALL, False, CostKind.INTERNAL_FAILURE),
        (Purpose.PRODUCE, ReworkCause.REVIEW, False, CostKind.INTERNAL_FAILURE),
        (Purpose.PRODUCE, ReworkCause.RETURN, False, CostKind.EXTERNAL_FAILURE),
    ],
)
def test_where_a_piece_of_work_belongs(
    purpose: Purpose, cause: ReworkCause | None, in_sample: bool, kind: CostKind
) -> None:
    assert kind_of_cost(purpose, cause, in_sample) is kind


@pytest.fixture
def returned(world: World) -> World:
    """A delivery of which the client returned an item, done again by ana."""
    world.upto("produce")
    world.act("dana", execution.recall, world.items[1], "renewal", "c-renewal")
    world.produce("ana")
    world.upto("deliver", after="produce")
    back = [ReturnedItem(world.items[0], "renewal", "c-renewal", "not as written")]
    world.act("vera", acceptance.return_delivery, world.order, "one is wrong", back)
    world.produce("ana")
    return world


def test_effort_is_counted_by_what_it_was_for(returned: World) -> None:
    found = costs(returned, "dana")
    assert found[CostKind.PREVENTION].pieces == 6  # three who are certified on two control items
    assert found[CostKind.PREVENTION].seconds == 6 * 30
    assert found[CostKind.WORK].pieces == 2 * len(returned.items)  # drafts, and answers to them
    assert found[CostKind.INTERNAL_FAILURE].seconds == 60
    assert found[CostKind.EXTERNAL_FAILURE].seconds == 60
    inspected = found[CostKind.APPRAISAL]
    assert inspected.seconds == 40 * inspected.pieces > 0


def test_money_is_for_the_provider_and_what_has_no_price_is_said(returned: World) -> None:
    ana = returned.people["ana"]
    returned.act("dana", execution.state_cost, returned.engagement, ana, Decimal(36))
    found = costs(returned, "dana")[CostKind.EXTERNAL_FAILURE]
    assert (found.amount, found.unpriced) == (Money(Decimal("0.60"), "EUR"), 0)
    appraised = costs(returned, "dana")[CostKind.APPRAISAL]
    assert appraised.amount == Money(Decimal("0.00"), "EUR")
    assert appraised.unpriced == appraised.pieces
    for who in ("vera", "carl"):
        seen = costs(returned, who)
        assert seen[CostKind.EXTERNAL_FAILURE].seconds == 60
        assert {c.amount for c in seen.values()} == {None}
    assert costs(returned, "ana") == {}


def test_contested_effort_counts_as_it_was_decided(returned: World) -> None:
    made = returned.look(execution.submissions, returned.items[0])[-1]
    returned.act("ana", execution.contest_effort, made.assignment_id, 600, "It took longer")
    assert costs(returned, "dana")[CostKind.EXTERNAL_FAILURE].seconds == 60
    returned.act("dana", execution.decide_effort, made.assignment_id, True)
    assert costs(returned, "dana")[CostKind.EXTERNAL_FAILURE].seconds == 600


def test_a_price_stated_in_one_engagement_leaves_the_others_alone(world: World) -> None:
    world.upto("prepare")
    first, ana = world.engagement, world.people["ana"]
    world.act("dana", execution.state_cost, first, ana, Decimal(36))
    world.draft()
    world.enrol("dana", Side.PROVIDER, Role.DELIVERY_MANAGER)
    world.enrol("ana", Side.PROVIDER, Role.ANALYST)
    world.act("dana", execution.state_cost, world.engagement, ana, Decimal(40))
    assert world.look(execution.hour_costs, world.engagement) == {ana: Decimal(40)}
    world.engagement = first
    assert world.look(execution.hour_costs, first) == {ana: Decimal(36)}
