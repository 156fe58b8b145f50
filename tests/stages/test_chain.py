"""The whole chain of the tiny service."""

from __future__ import annotations

from tests.support.engagement import World

from outwork.vocabulary import Stage


def test_an_engagement_goes_from_brief_to_close(world: World) -> None:
    world.upto("finish")
    assert world.stage().stage is Stage.CLOSED
    assert world.work_order().stage is Stage.CLOSED
