"""Rules: the review ladder, and what was handed in opened again."""

from __future__ import annotations

import hashlib
from fractions import Fraction

from outwork_verify.declare import (
    count,
    one_of,
    order_at,
    positive,
    rule,
    text,
    texts,
    words,
)
from outwork_verify.entry import Event, reject
from outwork_verify.state import Assignment, Citation, Item, Member, State

EXECUTION = ("execution",)
REVIEWERS = ("reviewer",)
VERDICT = one_of("approved", "corrected", "returned")


def climb(state: State, item: Item, passed: int) -> None:
    """Puts an item up for the next level that it was drawn for, or counts it as submitted."""
    shares = state.ladders.get(item.order.line.id)
    if not shares:
        item.move("submitted")
        return
    due = (
        level
        for level in range(passed + 1, len(shares) + 1)
        if any(is_drawn(item, level, shares[level - 1], made) for made in item.produced)
    )
    level = next(due, None)
    if level is None:
        item.move("submitted")
    else:
        item.move("review")
        item.open(f"review/{level}")


def twice_due(state: State, item: Item, submission: str) -> bool:
    """Whether somebody else answers an item once more after a submission, by the same page."""
    watch = state.watches.get(item.order.line.id)
    if watch is None or not watch.overlap or item.twice is not None:
        return False
    text = "\n".join(("outwork-overlap/1", *item.order.committed, item.id, submission))
    number = int(hashlib.sha256(text.encode()).hexdigest(), 16)
    return number * watch.overlap.denominator < watch.overlap.numerator << 256


def is_drawn(item: Item, level: int, share: Fraction, submission: str) -> bool:
    """Whether a submission of an item is drawn for a level, by docs/formats/draw.md."""
    text = "\n".join(("outwork-review/1", *item.order.committed, str(level), item.id, submission))
    number = int(hashlib.sha256(text.encode()).hexdigest(), 16)
    return number * share.denominator < share.numerator << 256


@rule(
    "execution.item-reviewed",
    {
        "assignment": text, "item": text, "level": positive, "verdict": VERDICT,
        "questions": texts, "question": words, "clause": words, "seconds": count,
    },
    ["note"],
    roles=REVIEWERS,
    stages=EXECUTION,
)  # fmt: skip
def _item_reviewed(state: State, event: Event, member: Member) -> None:
    p = event.public
    found = state.assignments.get(p["assignment"])
    if found is None or (found.purpose, found.level) != ("review", p["level"]):
        reject(event, "is about an assignment that is no review of that level")
    item = state.items.get(p["item"])
    if item is None or found.item != p["item"] or found.holder != event.actor:
        reject(event, "is the review of another item, or of somebody else")
    corrected, returned = p["verdict"] == "corrected", p["verdict"] == "returned"
    if corrected is not (item.correcting == p["assignment"]) or corrected is not bool(
        p["questions"]
    ):
        reject(event, "does not correct what it says, or corrects what it does not say")
    if not {f"answers.{question}" for question in p["questions"]} <= item.answered.keys():
        reject(event, "corrects a question that is not asked")
    if returned is not bool(p["question"] and p["clause"]):
        reject(event, "returns without a question and a clause, or cites them without a return")
    item.correcting = ""
    if not corrected:
        _done(event, item, found, member)
    if returned:
        item.order.owed[item.id] = (Citation(p["question"], p["clause"], event.actor),)
        item.returned = event.actor, p["level"]
    else:
        climb(state, item, p["level"])


def _done(event: Event, item: Item, found: Assignment, member: Member) -> None:
    """A review without a submission ends here, by whoever holds it and did not make the item."""
    if found.done:
        reject(event, "decides a review that is over")
    if member.family in item.families:
        reject(event, f"checks work that {event.actor} made: maker is never checker")
    found.done, found.seconds = True, event.public["seconds"]
    item.waiting[f"review/{found.level}"] -= 1
    del item.live[event.public["assignment"]]


@rule(
    "execution.item-reopened",
    {"work_order": text, "item": text},
    ["reason"],
    roles=["delivery-manager", "reviewer"],
    stages=EXECUTION,
)
def _item_reopened(state: State, event: Event, _: Member) -> None:
    order = order_at(state, event, "execution")
    item = order.items.get(event.public["item"])
    if item is None or order.phase != "released" or item.state not in ("submitted", "review"):
        reject(event, "opens again what was not handed in")
    item.withdraw()
    item.rework = None  # nobody judged it
    item.move("rework")
    item.open("produce/1")
