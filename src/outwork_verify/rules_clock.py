"""Rules: the clock of turnaround."""

from __future__ import annotations

from outwork_verify.declare import MANAGERS, code, optional, order_at, rule, text
from outwork_verify.entry import Event, reject
from outwork_verify.state import Member, Pause, State

WORKERS = ("analyst", "reviewer")


@rule(
    "execution.clock-paused",
    {"pause": text, "work_order": text, "item": optional(text), "reason": code},
    roles=[*MANAGERS, *WORKERS],
)
def _clock_paused(state: State, event: Event, _: Member) -> None:
    p = event.public
    order = order_at(state, event, "execution", "assurance")
    if order.phase == "intake" or p["pause"] in state.pauses:
        reject(event, "pauses a clock that does not run yet, or twice under one name")
    if p["item"] is not None and p["item"] not in order.items:
        reject(event, "pauses the clock of an item that is not of the work order")
    state.pauses[p["pause"]] = Pause(order.id, p["item"], event.at)


@rule(
    "execution.clock-resumed",
    {"pause": text, "work_order": text, "item": optional(text)},
    roles=[*MANAGERS, *WORKERS, "client-reviewer"],
)
def _clock_resumed(state: State, event: Event, _: Member) -> None:
    p = event.public
    found = state.pauses.get(p["pause"])
    if found is None or found.until is not None:
        reject(event, "ends a pause that is not under way")
    if (found.order, found.item) != (p["work_order"], p["item"]):
        reject(event, "ends the pause of something else")
    found.until = event.at
