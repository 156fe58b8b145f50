"""Rules: handing an item over."""

from __future__ import annotations

from outwork_verify.declare import count, moment, optional, rule, text
from outwork_verify.entry import Event, instant, reject
from outwork_verify.records import HandOver
from outwork_verify.rules_clock import check_on_duty
from outwork_verify.rules_work import check_barred, held_by_actor
from outwork_verify.state import CHECKING, GIVEN, PRODUCING, Assignment, Member, State

PEOPLE = ("analyst", "reviewer")


@rule(
    "execution.handed-over",
    {
        "hand_over": text, "assignment": text, "item": text, "to": text, "due": optional(moment),
        "answered": count, "open": count,
    },
    ["packet."],
    roles=PEOPLE,
    stages=["execution"],
)  # fmt: skip
def _handed_over(state: State, event: Event, member: Member) -> None:
    p, found = event.public, held_by_actor(state, event)
    receiver = state.members.get(p["to"])
    if found.purpose in GIVEN or (found.purpose not in CHECKING and found.level == 0):
        reject(event, "hands over what is not handed over")
    if receiver is None or p["to"] == event.actor or p["hand_over"] in state.hand_overs:
        reject(event, "hands over to nobody else, or twice under one name")
    item = state.items.get(found.item)
    check_barred(state, event, receiver, found, p["to"])
    stated = None if p["due"] is None else instant(p["due"])
    if item is not None:  # control items have no order of their own in the log
        if found.purpose in PRODUCING:
            item.families.add(member.family)
        due = item.order.due_now(item.id)
        if stated != due:
            reject(event, f"states another due date than the counted one, {due}")
    found.holder, found.offered = None, p["hand_over"]
    state.hand_overs[p["hand_over"]] = HandOver(
        p["assignment"], p["item"], event.actor, p["to"],
        member.family if found.purpose in PRODUCING else None, event.at, stated,
    )  # fmt: skip


@rule(
    "execution.hand-over-accepted",
    {"hand_over": text, "assignment": text, "item": text, "until": moment},
    roles=PEOPLE,
    stages=["execution"],
)
def _hand_over_accepted(state: State, event: Event, member: Member) -> None:
    found, given = _waiting(state, event)
    until = instant(event.public["until"])
    if given.to != event.actor or until <= event.at:
        reject(event, f"takes over what {given.to} was given, or until a time that has passed")
    check_barred(state, event, member, found, event.actor)
    found.holder, found.until, found.offered = event.actor, until, None
    given.state, given.settled = "accepted", event.at
    member.held.add(given.assignment)
    check_on_duty(state, event, member)


@rule(
    "execution.hand-over-declined",
    {"hand_over": text, "assignment": text, "item": text},
    ["reason"],
    roles=[*PEOPLE, "delivery-manager"],
    stages=["execution"],
)
def _hand_over_declined(state: State, event: Event, member: Member) -> None:
    found, given = _waiting(state, event)
    if event.actor not in (given.by, given.to) and "delivery-manager" not in member.roles:
        reject(event, "calls off a hand-over of others")
    found.offered = None
    given.state, given.settled = "declined", event.at


def _waiting(state: State, event: Event) -> tuple[Assignment, HandOver]:
    """The hand-over that an event names, which nobody has settled."""
    p = event.public
    given = state.hand_overs.get(p["hand_over"])
    if given is None or given.assignment != p["assignment"]:
        reject(event, "is about a hand-over that is not there")
    found = state.assignments[given.assignment]
    if found.offered != p["hand_over"] or found.done or found.item != p["item"]:
        reject(event, "is about a hand-over that is settled, or of another item")
    return found, given
