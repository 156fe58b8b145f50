"""Rules: how work is watched, control items among it, charts, pauses, retraining, readmission."""

from __future__ import annotations

import math
from fractions import Fraction

from outwork_verify import charts
from outwork_verify.declare import (
    MANAGERS,
    count,
    decimal,
    flag,
    mapping,
    one_of,
    order_at,
    positive,
    rule,
    text,
    texts,
    words,
)
from outwork_verify.entry import Event, reject
from outwork_verify.records import WorkerPause
from outwork_verify.rules_readiness import WHILE_WORKING, WORKING
from outwork_verify.state import Attempt, Chart, Item, Member, State, Watch

WORKERS = ("analyst", "agent")
LARGEST_SHARE = Fraction(1, 2)


@rule(
    "setup.control-planned",
    {
        "line": text, "control_share": decimal, "overlap_share": decimal, "good": decimal,
        "bad": decimal, "wanted": positive, "up": positive, "limit": positive,
        "false_after": decimal, "found_after": decimal, "feedback": flag,
    },
    roles=MANAGERS,
    stages=WHILE_WORKING,
)  # fmt: skip
def _control_planned(state: State, event: Event, _: Member) -> None:
    p = event.public
    shares = [Fraction(p[name]) for name in ("control_share", "overlap_share")]
    good, bad = Fraction(p["good"]), Fraction(p["bad"])
    if (
        p["line"] not in state.lines
        or not 0 <= shares[0] <= LARGEST_SHARE
        or not 0 <= shares[1] <= 1
    ):
        reject(event, "watches a line that is not there, or more than half of its work")
    if not 0 < good < bad < 1:
        reject(event, "has rates of wrong answers that are not in order")
    up = charts.step(float(good), float(bad))
    ordinary, drifted = (charts.run_length(up, p["limit"], float(rate)) for rate in (good, bad))
    if p["up"] != up or not charts.stated(p["false_after"], ordinary):
        reject(
            event, f"states a chart that runs otherwise: {ordinary:.2f} answers, by steps of {up}"
        )
    if not charts.stated(p["found_after"], drifted):
        reject(event, f"states {p['found_after']} answers until a drift shows, not {drifted:.2f}")
    short = p["limit"] > 1 and charts.run_length(up, p["limit"] - 1, float(good)) >= p["wanted"]
    if ordinary < p["wanted"] or short:
        reject(event, "is not the smallest chart with false alarms as rare as wanted")
    state.watches[p["line"]] = Watch(shares[0], shares[1], up, p["limit"])


@rule(
    "execution.controls-seeded",
    {"work_order": text, "items": mapping(text)},
    roles=MANAGERS,
)
def _controls_seeded(state: State, event: Event, _: Member) -> None:
    order, made = order_at(state, event, "execution"), event.public["items"]
    watch = state.watches.get(order.line.id)
    if order.phase != "intake" or order.hidden or watch is None:
        reject(event, "puts control items where work has begun, or that nobody planned")
    pool = {
        name
        for name, control in state.controls.items()
        if control.use == "production" and control.service == order.line.service
    }
    wanted = watch.share * len(order.items)
    if not made or not set(made.values()) <= pool or len(set(made.values())) != len(made):
        reject(event, "has no control items, one twice, or one that is not for this use")
    if len(made) not in {min(len(pool), n) for n in (math.floor(wanted), math.floor(wanted) + 1)}:
        reject(event, f"is another number of control items than planned, {float(wanted):.2f}")
    for name, control in made.items():
        if name in state.items or "/" in name:
            reject(event, "has an item that is there already")
        item = Item(name, order, state="control", control=control)
        state.items[name] = order.hidden[name] = item


@rule(
    "transfer.control-scored",
    {
        "subject": text, "line": text, "assignment": text, "control_item": text, "repeated": flag,
        "right": mapping(flag), "kinds": mapping(text), "clauses": mapping(text),
        "sums": mapping(count),
    },
    roles=WORKERS,
    stages=WORKING,
)  # fmt: skip
def _control_scored(state: State, event: Event, member: Member) -> None:
    p = event.public
    if p["subject"] != event.actor or not p["assignment"] or member.unscored != p["assignment"]:
        reject(event, "scores what the actor has not just handed in")
    item = state.items[state.assignments[p["assignment"]].item]
    if p["control_item"] != item.control or p["line"] != item.order.line.id:
        reject(event, "is of another control item than was handed in")
    asked = {f"answers.{question}" for question in p["right"]}
    if (
        asked != item.answered.keys()
        or not p["right"].keys() == p["kinds"].keys() == p["clauses"].keys()
    ):
        reject(event, "does not mark the questions that were answered")
    if p["repeated"] is not (item.control in member.met):
        reject(event, "says wrongly whether the actor had met the control item before")
    watch = state.watches[p["line"]]
    if not p["repeated"]:
        for question in sorted(p["right"]):
            chart = member.charts.setdefault((p["line"], p["kinds"][question]), Chart())
            charts.advance(chart, watch.up, p["right"][question], p["clauses"][question])
    ours = {kind: c.total for (line, kind), c in member.charts.items() if line == p["line"]}
    if p["sums"] != ours:
        reject(event, f"states other charts than the marks make, {ours}")
    member.met.add(item.control)
    member.unscored = ""
    member.signalled = any(total >= watch.limit for total in ours.values())


@rule(
    "transfer.worker-paused",
    {
        "subject": text, "guideline_version": positive,
        "cause": one_of("signal", "calibration", "manager"), "chart": words, "clauses": texts,
    },
    ["reason"],
    roles=(*WORKERS, "delivery-manager"),
    stages=WORKING,
)  # fmt: skip
def _worker_paused(state: State, event: Event, member: Member) -> None:
    p, subject = event.public, state.members.get(event.public["subject"])
    if subject is None or subject.paused is not None:
        reject(event, "pauses somebody who has not joined, or is paused")
    if p["guideline_version"] != state.guideline_version:
        reject(event, "is not under the guideline in force")
    if p["cause"] == "manager":
        _by_manager(event, member, subject)
        if p["chart"] or p["clauses"]:
            reject(event, "is no signal, and yet names a chart")
    elif p["cause"] == "calibration":
        _by_manager(event, member, subject)
        if p["chart"] or subject.retrain is None or p["clauses"] != sorted(subject.retrain):
            reject(event, "pauses somebody whom no calibration retrains, or for other clauses")
        subject.retrain = None
    else:
        _signalled(state, event, subject)
    subject.paused, subject.signalled = frozenset(p["clauses"]), False
    subject.stopped.append(
        WorkerPause(p["guideline_version"], p["cause"], p["chart"], tuple(p["clauses"]), event.at)
    )
    for item in state.items.values():
        for work in item.live.values():
            if work.holder == p["subject"] and work.purpose in ("produce", "control", "overlap"):
                work.holder = None


def _signalled(state: State, event: Event, subject: Member) -> None:
    """The charts must be at their limits, and the clauses those of what was wrong."""
    p = event.public
    over = {
        kind: chart.clauses
        for (line, kind), chart in subject.charts.items()
        if chart.total >= state.watches[line].limit
    }
    if p["subject"] != event.actor or not subject.signalled or p["chart"] != min(over):
        reject(event, "pauses somebody whose chart has not signalled")
    if p["clauses"] != sorted(set().union(*over.values())):
        reject(event, "names other clauses than those of the wrong answers")


def _by_manager(event: Event, member: Member, subject: Member) -> None:
    if "delivery-manager" not in member.roles or member.party != subject.party:
        reject(event, "is not by a delivery manager of the same party")


@rule(
    "execution.drafting-stopped",
    {"work_order": text, "items": positive},
    roles=(*WORKERS, "delivery-manager"),
    stages=WORKING,
)
def _drafting_stopped(state: State, event: Event, _: Member) -> None:
    order = order_at(state, event, "execution")
    agents = [m for m in state.members.values() if "agent" in m.roles]
    if order.phase != "released" or any(map(state.certified, agents)):
        reject(event, "stops the drafting of work that an agent may draft")
    stopped = 0
    for item in (*order.items.values(), *order.hidden.values()):
        for purpose in ("produce", "control"):
            waiting = item.waiting.get(f"{purpose}/0", 0)
            held = [a for a in item.live.values() if (a.purpose, a.level) == (purpose, 0)]
            if any(a.holder is not None for a in held):
                continue
            for assignment in held:
                assignment.done = True
            item.live = {k: a for k, a in item.live.items() if not a.done}
            for _each in range(waiting):
                item.open(f"{purpose}/1")
            item.waiting[f"{purpose}/0"] = 0
            stopped += waiting
    if event.public["items"] != stopped:
        reject(event, f"counts another number of items than the {stopped} that waited for a draft")


@rule(
    "transfer.retraining-started",
    {"subject": text, "control_items": texts, "clauses": texts},
    roles=WORKERS,
    stages=WORKING,
)
def _retraining_started(state: State, event: Event, member: Member) -> None:
    p = event.public
    if p["subject"] != event.actor or member.paused is None or member.attempt is not None:
        reject(event, "retrains somebody else, somebody who is not paused, or twice at a time")
    if p["clauses"] != sorted(member.paused):
        reject(event, "is on other clauses than those of the pause")
    given = [state.controls[name] for name in dict.fromkeys(p["control_items"])]
    if not given or len(given) != len(p["control_items"]):
        reject(event, "gives no control item, or one twice")
    member.attempts += 1
    member.attempt = Attempt(member.attempts, len(given), sum(c.questions for c in given))


@rule(
    "transfer.worker-readmitted",
    {"subject": text, "how": one_of("certified", "manager")},
    ["reason"],
    roles=(*WORKERS, "delivery-manager"),
    stages=WORKING,
)
def _worker_readmitted(state: State, event: Event, member: Member) -> None:
    p, subject = event.public, state.members.get(event.public["subject"])
    if subject is None or subject.paused is None:
        reject(event, "readmits somebody who is not paused")
    if p["how"] == "manager":
        _by_manager(event, member, subject)
    elif p["subject"] != event.actor or not subject.readmission_due:
        reject(event, "readmits somebody whom no certification readmits")
    subject.paused, subject.readmission_due = None, False
    subject.stopped[-1].ended, subject.stopped[-1].how = event.at, p["how"]
    subject.charts.clear()
