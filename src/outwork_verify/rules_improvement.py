"""Rules: corrective and preventive actions, and the effect that closes them."""

from __future__ import annotations

from fractions import Fraction

from outwork_verify.declare import MANAGERS, count, decimal, moment, positive, rule, text
from outwork_verify.entry import Event, instant, reject
from outwork_verify.figures import clopper_pearson_lower, risk_stated
from outwork_verify.records import Action
from outwork_verify.state import Member, State

HERE = ("execution",)
CONFIDENCE = 0.95
INSPECTED, DEFECT = "assurance.item-inspected", "assurance.defect-raised"


@rule(
    "assurance.action-opened",
    {"action": text, "clause": text, "owner": text, "due": moment},
    ["title"],
    roles=MANAGERS,
    stages=HERE,
)
def _action_opened(state: State, event: Event, _: Member) -> None:
    p = event.public
    if p["action"] in state.actions or p["clause"] not in state.clauses:
        reject(event, "opens an action twice, or because of a clause that is not in the guideline")
    if p["owner"] not in state.members or instant(p["due"]) <= event.at:
        reject(event, "gives an action to nobody, or a time that has passed")
    state.actions[p["action"]] = Action(p["clause"], p["owner"], instant(p["due"]), event.at)


@rule(
    "assurance.action-analysed",
    {
        "action": text, "whys": positive, "severity": positive, "occurrence": positive,
        "detection": positive,
    },
    ["cause", "measure"],
    roles=MANAGERS,
    stages=HERE,
)  # fmt: skip
def _action_analysed(state: State, event: Event, _: Member) -> None:
    p, found = event.public, state.actions.get(event.public["action"])
    if found is None or found.state not in ("open", "analysed"):
        reject(event, "analyses an action that is not open")
    if p["whys"] > 5 or max(p["severity"], p["occurrence"], p["detection"]) > 10:
        reject(event, "has more than five whys, or a rating above 10")
    found.state, found.whys = "analysed", p["whys"]
    found.rated = p["severity"], p["occurrence"], p["detection"]


@rule("assurance.action-implemented", {"action": text}, roles=MANAGERS, stages=HERE)
def _action_implemented(state: State, event: Event, _: Member) -> None:
    found = state.actions.get(event.public["action"])
    if found is None or found.state != "analysed":
        reject(event, "implements an action that was not analysed")
    found.state, found.since = "implemented", event.at


@rule(
    "assurance.action-closed",
    {
        "action": text, "before": count, "before_units": positive, "after": count,
        "after_units": positive, "ratio_at_most": decimal,
    },
    roles=MANAGERS,
    stages=HERE,
)  # fmt: skip
def _action_closed(state: State, event: Event, _: Member) -> None:
    p, found = event.public, state.actions.get(event.public["action"])
    if found is None or found.state != "implemented":
        reject(event, "closes an action that was not implemented")
    counted = _counted(state, found)
    stated = (p["before"], p["before_units"], p["after"], p["after_units"])
    if stated != counted:
        reject(event, f"states other counts than the samples have, {counted}")
    before, before_units, after, after_units = counted
    if before + after == 0:
        reject(event, "closes an action whose clause never had a defect")
    most = 1 - clopper_pearson_lower(before, before + after, CONFIDENCE)
    ratio = most / (1 - most) * before_units / after_units if most < 1 else 2.0
    if ratio >= 1 or not risk_stated(p["ratio_at_most"], Fraction(ratio)):
        reject(event, f"shows no such effect: after is at most {ratio:.6f} times before")
    found.state, found.closed = "closed", event.at


def _counted(state: State, action: Action) -> tuple[int, int, int, int]:
    """Items with a defect of the clause and items inspected in samples, before and after."""
    bad = {
        (e.public["work_order"], e.public["round"], e.public["item"])
        for e in state.inspected
        if e.kind == DEFECT and e.public["in_sample"] and e.public["clause"] == action.clause
    }
    made = [[0, 0], [0, 0]]
    for e in state.inspected:
        if e.kind == INSPECTED and e.public["in_sample"]:
            tally = made[e.at >= action.since]
            tally[0] += (e.public["work_order"], e.public["round"], e.public["item"]) in bad
            tally[1] += 1
    (x, m), (y, n) = made
    return x, m, y, n
