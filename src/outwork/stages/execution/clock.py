"""The clock of turnaround: it pauses while the client owes an answer."""

from __future__ import annotations

import re
from dataclasses import replace

from outwork import agreements
from outwork.agreements import WorkOrder, WorkPhase
from outwork.operation import Operation, act
from outwork.stages.execution import events, queries, store
from outwork.stages.execution.model import Pause
from outwork.vocabulary import (
    BadInput,
    ItemId,
    NotFound,
    PauseId,
    Refusal,
    Role,
    Stage,
    WorkOrderId,
)

MANAGERS = [Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER]
WHILE_COUNTED = [Stage.EXECUTION, Stage.ASSURANCE]
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


@act(roles=MANAGERS, stages=WHILE_COUNTED, records=[events.ClockPaused])
def pause_clock(
    op: Operation, work_order: WorkOrderId, reason: str, item: ItemId | None = None
) -> PauseId:
    """Stop counting turnaround, of a work order or one item, for a reason given as a code."""
    order = agreements.work_order(op.db, work_order)
    op.require(order)
    return stop_clock(op, order, reason, item)


@act(roles=MANAGERS, stages=WHILE_COUNTED, records=[events.ClockResumed])
def resume_clock(op: Operation, pause: PauseId) -> None:
    """End a pause: turnaround is counted again, unless another pause stands."""
    found = queries.pause(op.db, pause)
    op.require(agreements.work_order(op.db, found.work_order_id))
    restart_clock(op, pause)


def stop_clock(op: Operation, order: WorkOrder, reason: str, item: ItemId | None = None) -> PauseId:
    """Begin a pause, as part of an act that asked for permission; records it.

    Several pauses may stand at once; the clock runs when none does. Raises Refusal before the
    release, NotFound for an item of another work order, BadInput for a reason that is no code.
    """
    if not _CODE.match(reason):  # it stands in the public log
        raise BadInput("code-malformed")
    if order.phase is WorkPhase.INTAKE:
        raise Refusal("not-released")
    if item is not None and queries.item(op.db, item).work_order_id != order.id:
        raise NotFound("item", item)
    made = Pause(
        engagement_id=order.engagement_id,
        id=PauseId(op.new_id("pse")),
        work_order_id=order.id,
        item_id=item,
        reason=reason,
        paused_at=op.now,
        paused_by=op.actor.id,
    )
    store.pauses.add(op.db, made)
    op.record(
        events.ClockPaused(
            engagement=order.engagement_id,
            pause=made.id,
            work_order=order.id,
            item=item,
            reason=reason,
        )
    )
    return made.id


def restart_clock(op: Operation, pause: PauseId) -> None:
    """End a pause, as part of an act that asked for permission; records it.

    Raises Refusal where it has ended already.
    """
    found = queries.pause(op.db, pause, lock=True)
    if found.resumed_at is not None:
        raise Refusal("not-paused")
    store.pauses.save(op.db, replace(found, resumed_at=op.now))
    op.record(
        events.ClockResumed(
            engagement=found.engagement_id,
            pause=pause,
            work_order=found.work_order_id,
            item=found.item_id,
        )
    )
