"""Rules: disputes and their re-scores, questions to the client's side, contested effort."""

from __future__ import annotations

from outwork_verify.declare import count, flag, one_of, rule, text, words
from outwork_verify.entry import Event, reject
from outwork_verify.records import Dispute, Effort, Escalation
from outwork_verify.rules_clock import CLIENT_ANSWER
from outwork_verify.rules_review import climb
from outwork_verify.rules_work import begin, held_by_actor
from outwork_verify.state import Assignment, Item, Member, State

EXECUTION = ("execution",)
AUTHORS = ("analyst", "reviewer")
ANSWERING = ("vendor-manager", "client-reviewer")
CAUSE = one_of("recall", "review", "defect", "return")


@rule(
    "execution.rework-disputed",
    {"dispute": text, "assignment": text, "item": text, "cause": CAUSE, "against": text},
    ["reason"],
    roles=AUTHORS,
    stages=EXECUTION,
)
def _rework_disputed(state: State, event: Event, member: Member) -> None:
    p = event.public
    item = state.items.get(p["item"])
    if item is None or item.rework is None or item.state != "rework":
        reject(event, "contests the rework of an item that is in none")
    rework = item.rework
    if rework.cause == "return" or (p["cause"], p["against"]) != (rework.cause, rework.judge):
        reject(event, "contests something else than the item's rework, or the client's return")
    if rework.assignment not in ("", p["assignment"]):
        reject(event, "contests the rework of an item by another assignment than that opened")
    if member.family not in item.families:
        reject(event, f"contests the rework of an item that {event.actor} did not answer")
    contested = {d.assignment for d in state.disputes.values()}
    if p["dispute"] in state.disputes or p["assignment"] in contested:
        reject(event, "contests a rework a second time")
    _park(event, _rework(state, event, member, item))
    item.judge = state.members[p["against"]].family
    item.open("adjudicate/1")
    state.disputes[p["dispute"]] = Dispute(item.id, p["assignment"], rework, event.actor, event.at)


def _rework(state: State, event: Event, member: Member, item: Item) -> Assignment:
    """The contested assignment, which nobody else holds; it may not have been claimed yet."""
    name = event.public["assignment"]
    found = state.assignments.get(name)
    if found is None:
        found = Assignment(event.actor, item.id, "produce", 1, None, "")
        begin(state, event, member, found)
        state.assignments[name] = found
    elif (found.item, found.purpose, found.level, found.done) != (item.id, "produce", 1, False):
        reject(event, "contests an assignment that is no rework of the item")
    elif found.holder not in (None, event.actor) and event.at < found.until:
        reject(event, f"contests what {found.holder} has reserved until {found.until}")
    return found


def _park(event: Event, found: Assignment) -> None:
    if found.parked:
        reject(event, "is about an assignment that waits already")
    found.parked, found.holder = True, None


@rule(
    "execution.dispute-decided",
    {"dispute": text, "assignment": text, "item": text, "overturned": flag, "seconds": count},
    ["answer."],
    roles=["reviewer"],
    stages=EXECUTION,
)
def _dispute_decided(state: State, event: Event, member: Member) -> None:
    p, found = event.public, held_by_actor(state, event)
    dispute = state.disputes.get(p["dispute"])
    if dispute is None or dispute.outcome or dispute.item != p["item"]:
        reject(event, "decides a dispute that is not open, or of another item")
    item = state.items[p["item"]]
    if found.purpose != "adjudicate" or member.family in item.families | {item.judge}:
        reject(event, "decides a dispute without scoring again, or by one of those concerned")
    found.done, found.seconds = True, p["seconds"]
    item.waiting["adjudicate/1"] -= 1
    del item.live[p["assignment"]]
    dispute.outcome = "overturned" if p["overturned"] else "upheld"
    dispute.rescore, dispute.seconds = p["assignment"], p["seconds"]
    dispute.decided_by, dispute.decided_at = event.actor, event.at
    rework = state.assignments[dispute.assignment]
    rework.parked = False
    if not p["overturned"] or rework.done:
        return
    rework.done = True
    item.waiting["produce/1"] -= 1
    del item.live[dispute.assignment]
    if dispute.rework.cause == "review":
        climb(state, item, dispute.rework.level)
    else:
        item.move("submitted")


@rule(
    "execution.escalated",
    {"escalation": text, "assignment": text, "item": text, "question": text, "clause": words},
    ["text"],
    roles=AUTHORS,
    stages=EXECUTION,
)
def _escalated(state: State, event: Event, _: Member) -> None:
    p, found = event.public, held_by_actor(state, event)
    if p["escalation"] in state.escalations or p["item"] not in state.items:
        reject(event, "asks a question twice, or of an item that was not taken in")
    _park(event, found)
    state.escalations[p["escalation"]] = Escalation(
        p["item"], p["assignment"], _stopped(state, event), p["question"], p["clause"],
        event.actor, event.at,
    )  # fmt: skip


def _stopped(state: State, event: Event) -> str:
    """The pause with which a question stops the item's clock, in the same act."""
    name = next(reversed(state.pauses), "")
    pause = state.pauses.get(name)
    if pause is None or (pause.by, pause.since) != (event.actor, event.at):
        reject(event, "asks the client while the clock of the item runs on")
    if pause.item != event.public["item"] or pause.reason != CLIENT_ANSWER:
        reject(event, "asks the client and pauses the clock of something else")
    return name


@rule(
    "execution.escalation-answered",
    {"escalation": text, "item": text},
    ["text"],
    roles=ANSWERING,
    stages=EXECUTION,
)
def _escalation_answered(state: State, event: Event, _: Member) -> None:
    _closed(state, event, "answered")


@rule(
    "execution.escalation-withdrawn",
    {"escalation": text, "item": text},
    ["reason"],
    roles=[*AUTHORS, "delivery-manager"],
    stages=EXECUTION,
)
def _escalation_withdrawn(state: State, event: Event, member: Member) -> None:
    asker = _closed(state, event, "withdrawn")
    if event.actor != asker and "delivery-manager" not in member.roles:
        reject(event, f"withdraws a question of {asker}'s")


def _closed(state: State, event: Event, outcome: str) -> str:
    found = state.escalations.get(event.public["escalation"])
    if found is None or found.state != "open" or found.item != event.public["item"]:
        reject(event, "is about a question that is not open, or of another item")
    if state.pauses[found.pause].until != event.at:
        reject(event, "ends a question, but not with it the pause of the item's clock")
    found.state, found.closed_by, found.closed_at = outcome, event.actor, event.at
    state.assignments[found.assignment].parked = False
    return found.by


@rule(
    "execution.effort-contested",
    {"assignment": text, "measured": count, "claimed": count},
    ["reason"],
    roles=AUTHORS,
    stages=EXECUTION,
)
def _effort_contested(state: State, event: Event, _: Member) -> None:
    p = event.public
    found = state.assignments.get(p["assignment"])
    if found is None or found.seconds < 0 or found.holder != event.actor:
        reject(event, "contests the effort of work that the actor did not hand in")
    twice = p["assignment"] in state.efforts
    if twice or found.seconds != p["measured"] or p["claimed"] == p["measured"]:
        reject(event, "contests an effort twice, or one that was not measured so")
    state.efforts[p["assignment"]] = Effort(event.actor, p["measured"], p["claimed"], event.at)


@rule(
    "execution.effort-decided",
    {"assignment": text, "accepted": flag},
    roles=["delivery-manager"],
    stages=EXECUTION,
)
def _effort_decided(state: State, event: Event, _: Member) -> None:
    found = state.efforts.get(event.public["assignment"])
    if found is None or found.accepted is not None or found.by == event.actor:
        reject(event, "decides an effort that nobody contests, or one's own")
    found.accepted = event.public["accepted"]
    found.decided_by, found.decided_at = event.actor, event.at
