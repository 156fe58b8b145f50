"""One queue over several engagements: what is due first, within barriers, one item at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from tests.support.engagement import World, refused

from outwork import workforce
from outwork.stages import execution
from outwork.vocabulary import AssignmentId, EngagementId, WorkOrderId


class Two:
    """Two engagements of the same people; the second was opened later."""

    def __init__(self, world: World, dues: tuple[int | None, int | None]) -> None:
        self.world = world
        self.engagements: list[EngagementId] = []
        self.orders: list[WorkOrderId] = []
        for days in dues:
            world.items = []
            world.upto("approve")
            due = None if days is None else world.now + timedelta(days=days)
            world.order = world.act("dana", execution.open_work_order, world.line, "Batch", due)
            world.upto("draft_all", after="open")
            self.engagements.append(world.engagement)
            self.orders.append(world.order)

    def where(self, assignment: AssignmentId | None) -> int:
        """Which of the two an assignment is of."""
        assert assignment is not None
        with self.world.database.transaction("job", self.engagements) as db:
            found = execution.assignment(db, assignment)
        return self.engagements.index(found.engagement_id)

    def any(self, who: str) -> Any:
        """The most urgent item."""
        return self.world.act(who, execution.claim_any)


def test_what_is_due_first_comes_first(world: World) -> None:
    two = Two(world, (9, 2))
    assert two.where(two.any("ana")) == 1
    again = two.any("ana")  # what one holds, one holds
    assert two.where(again) == 1
    assert two.where(two.any("ben")) == 1


def test_a_due_instant_comes_before_none(world: World) -> None:
    two = Two(world, (None, 5))
    assert two.where(two.any("ana")) == 1


def test_when_one_queue_is_empty_the_other_is_taken_from(world: World) -> None:
    two = Two(world, (9, 2))
    world.produce("ana")  # the second, which the world stands at
    assert two.where(two.any("ana")) == 0
    for engagement, order in zip(two.engagements[:1], two.orders[:1], strict=True):
        world.engagement, world.order = engagement, order
        world.produce("ana", "ben")
    assert two.any("ana") is None


def test_an_ended_entitlement_in_one_leaves_the_other(world: World) -> None:
    two = Two(world, (9, 2))
    # Ana's place in the second has ended.
    with world.database.transaction("job", [world.engagement]) as db:
        db.execute(
            sa.text(
                "update membership set valid_until = :now"
                " where engagement_id = :engagement and actor_id = :ana"
            ),
            {"now": world.now, "engagement": world.engagement, "ana": world.people["ana"]},
        )
    assert two.where(two.any("ana")) == 0
    assert two.where(two.any("ben")) == 1


def test_a_barrier_against_the_client_is_said_where_nothing_else_is_left(world: World) -> None:
    two = Two(world, (9, 2))
    world.act("administrator", workforce.bar, world.people["ana"], world.parties["client"], "Was")
    with refused("barred-by-client"):
        two.any("ana")
    assert two.where(two.any("ben")) == 1
