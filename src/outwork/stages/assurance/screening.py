"""A rejected lot is screened: the rest is inspected, what fails reworked, and a sample drawn anew.

ISO 2859-1 (1999), 7.4: a lot that was not accepted is offered again after every item was examined
and what did not conform put right. The certificate then rests on the new sample alone, so it holds
whatever the screening missed.
"""

from __future__ import annotations

from collections.abc import Sequence

from outwork import agreements
from outwork.agreements import WorkOrder, WorkPhase
from outwork.operation import Operation, act
from outwork.stages import execution
from outwork.stages.assurance import events, queries
from outwork.stages.execution import ItemState
from outwork.vocabulary import ItemId, Purpose, Refusal, Role, Stage, WorkOrderId


@act(
    roles=[Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER],
    stages=[Stage.EXECUTION],
    records=[events.ScreeningOrdered],
)
def screen_lot(op: Operation, work_order: WorkOrderId) -> int:
    """Have everything inspected that the rejected sample did not hold; gives the items."""
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    before = queries.verdict_of(op.db, order, order.round - 1)
    if order.phase is not WorkPhase.RELEASED or before is None or before.accepted:
        raise Refusal("nothing-to-screen")
    if screening(op, order):
        raise Refusal("already-screened")
    seen = {i.item_id for i in queries.inspections(op.db, order, order.round - 1)}
    rest: Sequence[ItemId] = [
        i.id
        for i in execution.all_items(op.db, order.id)
        if i.state is ItemState.SUBMITTED and i.id not in seen
    ]
    if not rest:
        raise Refusal("nothing-to-screen")
    execution.open_inspections(op, order, rest)
    op.record(
        events.ScreeningOrdered(
            engagement=order.engagement_id,
            work_order=order.id,
            round=order.round,
            items=tuple(rest),
        )
    )
    return len(rest)


def screening(op: Operation, order: WorkOrder) -> bool:
    """Whether the lot is being screened, or was, in this round."""
    if order.stage is not Stage.EXECUTION:
        return False
    asked = execution.assignments(op.db, order.id, Purpose.INSPECT)
    return any(a.round == order.round for a in asked)
