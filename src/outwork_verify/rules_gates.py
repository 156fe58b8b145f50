"""Rules: waivers, and the gates between the stages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from outwork_verify import canonical
from outwork_verify.declare import (
    MANAGERS,
    SIDE,
    STAGE,
    moment,
    optional,
    rule,
    text,
    texts,
)
from outwork_verify.entry import Event, instant, reject
from outwork_verify.rules_signatures import tollgate
from outwork_verify.state import STAGES, Member, Round, State, Waiver, WorkOrder

NEVER_WAIVED = frozenset(
    {
        "not-signed", "no-lines", "no-award", "award-not-accepted", "no-guideline",
        "no-quality-plan", "seed-uncommitted", "seed-unrevealed", "closing-checkpoint-pending",
        "sample-not-drawn", "inspection-open", "verdict-missing", "too-many-defectives",
        "maker-is-checker", "nothing-admitted", "not-delivered", "not-accepted", "no-invoice",
    }
)  # fmt: skip
SIGNATORIES = ("vendor-manager", "delivery-manager", "client-reviewer")

Reasons = Callable[[State, WorkOrder | None], set[str]]


@rule(
    "agreements.waiver-requested",
    {"waiver": text, "gate": STAGE, "codes": texts, "side": SIDE, "expires": moment},
    ["reason", "risk_owner"],
    roles=MANAGERS,
)
def _waiver_requested(state: State, event: Event, member: Member) -> None:
    p = event.public
    gate, codes, expires = p["gate"], frozenset(p["codes"]), instant(p["expires"])
    owner = "provider" if 2 <= STAGES.index(gate) <= 5 else "client"
    if p["side"] != member.side or member.side != owner:
        reject(event, f"asks for a waiver of a gate that belongs to the {owner}")
    if not codes or codes & NEVER_WAIVED:
        reject(event, "asks to waive nothing, or what no waiver lifts")
    if expires <= event.at or p["waiver"] in state.waivers:
        reject(event, "asks for a waiver that has expired, or twice")
    content = canonical.encode({"public": p, "sealed": event.sealed})
    digest = hashlib.sha256(content).hexdigest()
    state.waivers[p["waiver"]] = Waiver(gate, codes, member.side, event.actor, expires, digest)


@rule(
    "agreements.waiver-countersigned",
    {"waiver": text, "side": SIDE},
    roles=SIGNATORIES,
)
def _waiver_countersigned(state: State, event: Event, member: Member) -> None:
    waiver = state.waivers.get(event.public["waiver"])
    if waiver is None or waiver.countersigned or waiver.expires <= event.at:
        reject(event, "countersigns a waiver that nobody asked for, a second time, or too late")
    if event.public["side"] != member.side or event.actor == waiver.by:
        reject(event, "countersigns for another side, or one's own waiver")
    if state.provider is not None and member.side == waiver.side:
        reject(event, "countersigns a waiver for the side that asked for it")
    if waiver.signed_by != {waiver.by, event.actor}:
        reject(event, "countersigns a waiver that not both have signed")
    waiver.countersigned = True


def _scope(state: State, _: WorkOrder | None) -> set[str]:
    if not state.lines:
        return {"no-lines"}
    undefined = any(line.judged - line.defined for line in state.lines.values())
    found = {"defects-undefined"} if undefined else set[str]()
    return found if state.scope else found | {"not-signed"}


def _award(state: State, _: WorkOrder | None) -> set[str]:
    if state.award is None or not state.concluded:
        return {"no-award"}
    return set() if state.award_signed else {"award-not-accepted"}


def _transfer(state: State, _: WorkOrder | None) -> set[str]:
    found = set[str]()
    if not state.guideline_version:
        found.add("no-guideline")
    if state.bar is None:
        found.add("no-bar")
    elif (
        sum(c.use == "certification" for c in state.controls.values()) < state.bar["control_items"]
    ):
        found.add("too-few-control-items")
    workers = [m for m in state.members.values() if m.roles & {"analyst", "agent"}]
    if not any("analyst" in m.roles for m in workers):
        found.add("no-analyst")
    if not all(map(state.certified, workers)):
        found.add("not-certified")
    return found


def _readiness(state: State, _: WorkOrder | None) -> set[str]:
    team = [m for m in state.members.values() if m.side == "provider"]
    analysts = {m.subject for m in team if "analyst" in m.roles}
    reviewers = {m.subject for m in team if "reviewer" in m.roles}
    people = [m for m in team if m.kind != "agent" and m.roles & {"analyst", "reviewer"}]
    lines = state.lines.keys()
    tests = {
        "no-reviewer": not reviewers,
        "duties-not-segregated": len(reviewers) == 1 and analysts == reviewers,
        "calendar-missing": not all(m.calendar for m in people),
        "entitlement-undated": not all(m.dated for m in people),
        "no-quality-plan": bool(lines - state.planned.keys()),
        "no-rate": bool(lines - state.rates.keys()),
    }
    return {code for code, stands in tests.items() if stands}


def _ending(state: State, _: WorkOrder | None) -> set[str]:
    found = set[str]()
    if any(order.stage != "closed" for order in state.orders.values()):
        found.add("work-order-open")
    if any(decided is None for _, decided in state.changes.values()):
        found.add("change-undecided")
    return found


def _work_done(_: State, order: WorkOrder | None) -> set[str]:
    assert order is not None
    found = set[str]()
    if order.phase != "released" or not order.counts["submitted"]:
        found.add("nothing-admitted")
    if order.current.seeds.keys() != {"client", "provider"}:
        found.add("seed-uncommitted")
    if order.counts["submitted"] != len(order.items):
        found.add("items-unfinished")
    if order.open_inspections():
        found.add("screening-open")
    return found


def _assured(_: State, order: WorkOrder | None) -> set[str]:
    assert order is not None
    verdict, waits = order.current.verdict, order.open_inspections()
    found = set[str]()
    if verdict is None:
        return {"verdict-missing"}
    if not verdict["accepted"]:
        found.add("too-many-defectives")
    if order.counts["rework"]:
        found.add("rework-open")
    elif waits:
        found.add("reinspection-open")
    return found


def _refused(_: State, order: WorkOrder | None) -> set[str]:
    assert order is not None
    verdict = order.current.verdict
    return {"verdict-missing"} if verdict is None or verdict["accepted"] else set()


def _returned(_: State, order: WorkOrder | None) -> set[str]:
    assert order is not None
    returned = order.delivery is not None and order.delivery.state == "returned"
    return set() if returned else {"not-returned"}


def _accepted(_: State, order: WorkOrder | None) -> set[str]:
    assert order is not None
    made = order.delivery
    if made is None or made.state == "returned":
        return {"not-delivered"}
    if made.state != "accepted":
        return {"not-accepted"}
    return set() if order.invoice else {"no-invoice"}


@dataclass(frozen=True, slots=True)
class Move:
    """A move that the rules know: who may make it, what stands in its way, whose waivers count.

    `unseen` are reasons that the log does not show, which a waiver may nevertheless cover.
    """

    roles: tuple[str, ...]
    reasons: Reasons
    gate: str
    unseen: frozenset[str] = frozenset()


_CLIENT, _DELIVERY = ("vendor-manager",), ("delivery-manager",)
_ENGAGEMENT = {
    ("requirements", "selection"): Move(
        _CLIENT, _scope, "requirements", frozenset({"defects-undefined", "no-baseline"})
    ),
    ("selection", "transfer"): Move(("bidder",), _award, "selection"),
    ("transfer", "setup"): Move(_DELIVERY, _transfer, "transfer"),
    ("setup", "execution"): Move(_DELIVERY, _readiness, "setup"),
    ("execution", "closed"): Move(_CLIENT, _ending, "acceptance"),
}
_ORDER = {
    ("execution", "assurance"): Move(MANAGERS, _work_done, "execution"),
    ("assurance", "execution"): Move(MANAGERS, _refused, ""),
    ("assurance", "acceptance"): Move(_DELIVERY, _assured, "assurance"),
    ("acceptance", "execution"): Move(("vendor-manager", "client-reviewer"), _returned, ""),
    ("acceptance", "closed"): Move(MANAGERS, _accepted, "acceptance"),
}


@rule(
    "agreements.stage-passed",
    {"work_order": optional(text), "left": STAGE, "reached": STAGE, "waived": texts},
    roles=(*SIGNATORIES, "bidder"),
)
def _stage_passed(state: State, event: Event, member: Member) -> None:
    p = event.public
    order = None if p["work_order"] is None else state.orders.get(p["work_order"])
    if p["work_order"] is not None and order is None:
        reject(event, "moves a work order that was not opened")
    now = state.stage if order is None else order.stage
    move = (_ENGAGEMENT if order is None else _ORDER).get((p["left"], p["reached"]))
    if p["left"] != now:
        reject(event, f"leaves {p['left']}, but the stage was {now}")
    if move is None:
        reject(event, f"passes from {p['left']} to {p['reached']}, which is not the next stage")
    if member.roles.isdisjoint(move.roles):
        reject(event, f"is the act of {event.actor}, who may not open this gate")
    if p["left"] == "transfer" and state.tollgate != (event.actor, tollgate(state)):
        reject(event, "passes the tollgate without a signature for what stands")
    _check_waived(state, event, move, move.reasons(state, order))
    if order is None:
        if state.owed_version is not None and p["reached"] == "closed":
            reject(event, "closes before an accepted change was put in force")
        state.relied_on[state.stage] = set(p["waived"])
        state.stage = p["reached"]
    else:
        _move(event, order, p["reached"])


def _check_waived(state: State, event: Event, move: Move, stands: set[str]) -> None:
    """Every reason that stands is waived, nothing else is, and a live waiver covers each."""
    waived = set(event.public["waived"])
    uncovered = stands - waived
    if uncovered:
        reject(event, f"opens the gate although {', '.join(sorted(uncovered))}")
    if waived - stands - move.unseen or len(waived) != len(event.public["waived"]):
        reject(event, "waives what did not stand in the way")
    covered = state.waived_now(move.gate, event.at) - NEVER_WAIVED
    if waived - covered:
        reject(event, f"waives {', '.join(sorted(waived - covered))} without a live waiver")


def _move(event: Event, order: WorkOrder, reached: str) -> None:
    if order.owed and reached != "execution":
        reject(event, "goes on although rework that was due has not been ordered")
    if reached == "execution":
        refused = (
            frozenset(order.current.inspections) if order.stage == "assurance" else frozenset()
        )
        order.phase = "released"
        order.current = Round(order.current.number + 1, refused=refused)
    elif reached == "acceptance":
        for item in order.items.values():
            item.withdraw()
    order.stage = reached


def no_expired_waiver(state: State, event: Event) -> None:
    """Work stops when a waiver by which a gate was passed has run out, unless it was renewed or
    what was waived has been made good."""
    for waiver in state.waivers.values():
        gate = waiver.gate
        if not waiver.countersigned or event.at < waiver.expires:
            continue
        rested = waiver.codes & state.relied_on.get(gate, set())
        if gate in ("transfer", "setup"):
            reasons = _transfer if gate == "transfer" else _readiness
            rested = rested if reasons(state, None) & waiver.codes else frozenset()
        if rested - state.waived_now(gate, event.at):
            reject(event, "goes on with work although a waiver that it relies on has expired")
