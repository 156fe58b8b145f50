"""Rules: an item answered by two who do not know of each other, held together and decided."""

from __future__ import annotations

from outwork_verify.declare import flag, mapping, order_at, rule, text, words
from outwork_verify.entry import Event, reject
from outwork_verify.rules_review import climb
from outwork_verify.state import Member, State

EXECUTION = ("execution",)


@rule(
    "execution.overlap-compared",
    {"work_order": text, "item": text, "first": text, "second": text, "agreed": mapping(flag)},
    roles=["analyst"],
    stages=EXECUTION,
)
def _overlap_compared(state: State, event: Event, member: Member) -> None:
    order, p = order_at(state, event, "execution"), event.public
    item = order.items.get(p["item"])
    if item is None or item.twice is None or item.state != "overlap" or item.differing:
        reject(event, "compares answers of an item that is not answered twice, or is compared")
    if (p["first"], p["second"]) != item.twice:
        reject(event, "compares other answers than the two that were handed in")
    if {f"answers.{question}" for question in p["agreed"]} != item.answered.keys():
        reject(event, "does not say of every question whether the two agree")
    if member.family not in item.families:
        reject(event, f"compares an answer that {event.actor} did not give")
    item.differing = frozenset(q for q, same in p["agreed"].items() if not same)
    order.overlap["items"] += 1
    order.overlap["answers"] += len(p["agreed"])
    order.overlap["agreed"] += len(p["agreed"]) - len(item.differing)
    if item.differing:
        item.open("adjudicate/1")
    else:
        climb(state, item, 0)


@rule(
    "execution.item-adjudicated",
    {"assignment": text, "item": text, "chosen": mapping(words), "clauses": mapping(text)},
    ["reasons."],
    roles=["reviewer"],
    stages=EXECUTION,
)
def _item_adjudicated(state: State, event: Event, _: Member) -> None:
    p = event.public
    item, found = state.items.get(p["item"]), state.assignments.get(p["assignment"])
    if item is None or found is None or not item.deciding or item.deciding != p["assignment"]:
        reject(event, "decides between answers without an answer handed in")
    if found.holder != event.actor:
        reject(event, "says what somebody else decided")
    given = {name.removeprefix("reasons.") for name in event.sealed}
    if not item.differing == p["chosen"].keys() == p["clauses"].keys() == given:
        reject(event, "does not decide exactly the questions in which the two differ")
    assert item.twice is not None  # two answers differ
    if not set(p["chosen"].values()) <= {*item.twice, ""}:
        reject(event, "lets an answer stand that is neither of the two")
    if not set(p["clauses"].values()) <= state.clauses:
        reject(event, "cites a clause that is not in the guideline")
    item.order.overlap["adjudicated"] += 1
    item.differing, item.deciding = frozenset(), ""
    climb(state, item, 0)
