"""The clock of turnaround: started by the release, paused while the client owes an answer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from outwork import agreements, methods
from outwork.agreements import WorkOrder, WorkPhase
from outwork.kit.database import Connection
from outwork.operation import Operation, act
from outwork.stages import setup
from outwork.stages.execution import events, histories, queries, store
from outwork.stages.execution.model import Clock, Deadline, Pace, Pause, deadline
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
    if item is not None and queries.item(op.db, item).work_order_id != order.id:
        raise NotFound("item", item)
    return stop_clock(op, order, reason, item)


@act(roles=MANAGERS, stages=WHILE_COUNTED, records=[events.ClockResumed])
def resume_clock(op: Operation, pause: PauseId) -> None:
    """End a pause: turnaround is counted again, unless another pause stands.

    The pause of a question to the client's side ends with the question, and not otherwise.
    """
    found = pause_of(op.db, pause)
    op.require(agreements.work_order(op.db, found.work_order_id))
    if histories.question_stands(op.db, pause):  # an answer could not end it any more
        raise Refusal("question-open")
    restart_clock(op, pause)


def stop_clock(op: Operation, order: WorkOrder, reason: str, item: ItemId | None = None) -> PauseId:
    """Begin a pause, as part of an act that asked for permission; records it.

    Several pauses may stand at once; the clock runs when none does. The item is one of the work
    order's, or a control item among them. Raises Refusal before the release, BadInput for a reason
    that is no code.
    """
    if not _CODE.match(reason):  # it stands in the public log
        raise BadInput("code-malformed")
    if order.phase is WorkPhase.INTAKE:
        raise Refusal("not-released")
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
    found = pause_of(op.db, pause, lock=True)
    if found.resumed_at is not None:
        raise Refusal("not-paused")
    store.pauses.save(op.db, replace(found, resumed_at=op.now))
    if found.item_id is None:
        _move(op, found.work_order_id)
    op.record(
        events.ClockResumed(
            engagement=found.engagement_id,
            pause=pause,
            work_order=found.work_order_id,
            item=found.item_id,
        )
    )


def _move(op: Operation, order: WorkOrderId) -> None:
    """Write down when a work order is due after a pause of it."""
    moved = agreements.work_order(op.db, order)
    stands = deadline_of(op.db, moved, op.now)
    if stands is not None and stands.due is not None:
        agreements.save_work_order(op, replace(moved, due_at=stands.due))


def start_clock(op: Operation, order: WorkOrder) -> datetime | None:
    """Begin counting where the line has agreed hours and no date was agreed; gives what is due.

    Raises Refusal where the calendar ends before.
    """
    agreed = setup.agreed_hours(op.db, order.line_id)
    if agreed is None or order.due_at is not None:
        return None
    made = Clock(
        order.engagement_id, order.id, agreed.calendar, agreed.version, agreed.minutes, op.now
    )
    try:
        due = _hours(op.db, made).add(op.now, made.minutes)
    except methods.CalendarEnds:
        raise Refusal("calendar-ends", calendar=agreed.calendar) from None
    store.clocks.add(op.db, made)
    return due


def deadline_of(
    db: Connection, order: WorkOrder, now: datetime, item: ItemId | None = None
) -> Deadline | None:
    """When a work order or one of its items is due, and how that stands; None without a date.

    A date that was agreed in so many words stands whatever is paused; its working minutes are not
    known, and `left` counts every minute.
    """
    found = store.clocks.one(db, store.clock_table.c.work_order_id == order.id)
    if found is None:
        if order.due_at is None:
            return None
        left = (order.due_at - now) // timedelta(minutes=1)
        return Deadline(order.due_at, Pace.LATE if order.due_at <= now else Pace.IN_TIME, left)
    away = [
        (p.paused_at, p.resumed_at)
        for p in pauses(db, order.id)
        if p.item_id is None or p.item_id == item
    ]
    return _stands(db, found, away, now)


def _stands(db: Connection, clock: Clock, away: methods.Pauses, now: datetime) -> Deadline | None:
    try:
        return deadline(_hours(db, clock), clock, away, now)
    except methods.CalendarEnds:  # years after its calendar ended, nobody asks any more
        return None


def _hours(db: Connection, clock: Clock) -> methods.WorkingTime:
    known = setup.site_calendar(db, clock.engagement_id, clock.calendar, clock.version)
    assert known is not None  # versions stay
    return setup.working_time(known)


def pause_of(db: Connection, identifier: PauseId, *, lock: bool = False) -> Pause:
    """The pause of that id; raises NotFound."""
    return store.pauses.get(db, identifier, lock=lock)


def pauses(db: Connection, order: WorkOrderId) -> list[Pause]:
    """Pauses of a work order and of its items, oldest first."""
    return store.pauses.find(db, store.pause_table.c.work_order_id == order)
