"""The clock of turnaround: pauses, who may begin and end them, and what the log says."""

from __future__ import annotations

import pytest
from tests.support.engagement import World, bad, events, refused

from outwork.stages import execution
from outwork.vocabulary import ItemId, NotFound

OWES = "client-owes-answer"


def test_a_pause_begins_and_ends_and_is_in_the_log(world: World) -> None:
    world.upto("release")
    pause = world.act("dana", execution.pause_clock, world.order, OWES, world.items[0])
    (standing,) = world.look(execution.pauses, world.order)
    assert (standing.item_id, standing.paused_at) == (world.items[0], world.now)
    assert standing.resumed_at is None
    world.act("vera", execution.resume_clock, pause)
    assert world.look(execution.pause_of, pause).resumed_at == world.now
    told = [e for e in world.look(events, world.engagement) if "clock" in e.kind]
    assert [e.kind for e in told] == ["execution.clock-paused", "execution.clock-resumed"]
    assert told[0].public == {
        "pause": pause, "work_order": world.order, "item": world.items[0], "reason": OWES,
    }  # fmt: skip


def test_two_questions_pause_twice_and_each_ends_once(world: World) -> None:
    world.upto("release")
    first = world.act("dana", execution.pause_clock, world.order, OWES)
    second = world.act("dana", execution.pause_clock, world.order, OWES)
    world.act("dana", execution.resume_clock, first)
    with refused("not-paused"):
        world.act("dana", execution.resume_clock, first)
    open_ = [p.id for p in world.look(execution.pauses, world.order) if p.resumed_at is None]
    assert open_ == [second]


def test_what_cannot_be_paused_is_refused(world: World) -> None:
    world.upto("admit")
    with refused("not-released"):
        world.act("dana", execution.pause_clock, world.order, OWES)
    world.upto("release", after="admit")
    with bad("code-malformed"):
        world.act("dana", execution.pause_clock, world.order, "The client sleeps")
    with pytest.raises(NotFound):
        world.act("dana", execution.pause_clock, world.order, OWES, ItemId("itm_none"))
    with refused("not-permitted"):
        world.act("ana", execution.pause_clock, world.order, OWES)
