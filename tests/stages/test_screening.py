"""A rejected lot is screened, what fails is reworked, and a fresh sample decides."""

from __future__ import annotations

import io

from tests.support.engagement import World, refused
from tests.unit.verify.recorded import exported

from outwork import agreements
from outwork.stages import assurance, execution
from outwork.stages.execution import ItemState
from outwork.vocabulary import Purpose
from outwork_verify import verify


def test_a_rejected_lot_is_screened_and_then_accepted(world: World) -> None:
    world.upto("draw")
    drawn = len(world.open_assignments(Purpose.INSPECT))
    world.inspect(defective=drawn)
    assert not world.decide()
    assert drawn < len(world.items), "some were not drawn"
    with refused("nothing-to-screen"):
        world.open()
        world.act("dana", assurance.screen_lot, world.order)
    world.order = world.look(agreements.work_orders, world.engagement)[0].id
    rest = world.act("dana", assurance.screen_lot, world.order)
    assert rest == len(world.items) - drawn
    with refused("already-screened"):
        world.act("dana", assurance.screen_lot, world.order)
    world.produce("ana")
    world.commit()
    with refused("gate-closed", "screening-open"):
        world.act("dana", execution.close_work_order, world.order)
    waits = world.open_assignments(Purpose.INSPECT)[0]
    made_by = world.look(execution.authors, waits.item_id)
    maker = next(who for who in ("ana", "ben") if world.pseudonym(who) in made_by)
    with refused("maker-is-checker"):
        world.act(maker, execution.claim, world.engagement, None, waits.id)
    world.inspect(defective=1)
    assert world.look(execution.counts, world.order)[ItemState.REWORK] == 1
    world.produce("ana")
    for step in ("close_batch", "reveal", "draw"):
        getattr(world, step)()
    sample = world.look(assurance.sample_of, world.work_order())
    assert sample.lot == len(world.items)
    world.inspect()
    assert world.decide()
    world.upto("deliver", after="decide")
    report = verify(io.BytesIO(exported(world)))
    assert report.ok, report
