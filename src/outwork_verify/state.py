"""What the events add up to: people, agreements, work, quality, money, as the log tells them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from outwork_verify.entry import Entries, Event
from outwork_verify.inspectors import Check
from outwork_verify.records import (
    Action,
    Dispute,
    Effort,
    Escalation,
    HandOver,
    Rework,
    Routing,
    WitnessKey,
    WorkerPause,
)
from outwork_verify.tree import Frontier
from outwork_verify.worktime import Hours, instant_of, minute_of

STAGES = (
    "requirements", "selection", "transfer", "setup",
    "execution", "assurance", "acceptance", "closed",
)  # fmt: skip
CHECKING = frozenset({"inspect", "review", "adjudicate"})
DRAFTED = frozenset({"produce", "control"})
PRODUCING = frozenset({"produce", "overlap", "control", "review", "adjudicate"})
GIVEN = frozenset({"certify", "calibrate"})
APART = CHECKING | {"overlap"}
ITEM_STATES = ("admitted", "drafted", "overlap", "review", "submitted", "rework")


@dataclass(slots=True)
class Attempt:
    """One go at the control items: which, how many, questions in all, items taken and handed in."""

    number: int
    items: int
    questions: int
    taken: set[str] = field(default_factory=set)
    done: int = 0


@dataclass(slots=True)
class Chart:
    """A Bernoulli CUSUM as it stands, and the clauses of the wrong answers since it was last 0."""

    total: int = 0
    clauses: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Watch:
    """How a line is watched: the share of control items, and the chart's step and limit."""

    share: Fraction
    overlap: Fraction
    up: int
    limit: int


@dataclass(frozen=True, slots=True)
class Control:
    """A control item: its service, the number of its questions, and what it is used for."""

    service: str
    questions: int
    use: str


@dataclass(slots=True)
class Calibration:
    """A session: items by what they are taken from, raters in order, who has claimed and answered.

    `groups` are who said the same, by item and question; `settled` what stands by which clause.
    `state` is open, closed or concluded.
    """

    items: dict[str, str]
    raters: list[str]
    version: int
    claimed: dict[str, set[str]] = field(default_factory=dict)
    answered: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    groups: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    settled: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    state: str = "open"


@dataclass(slots=True)
class Member:
    """Who takes part; `since` and `until` are the entitlement, `result` the last certification.

    `paused` are the clauses of a pause that lasts. `met` are control items met among work,
    `charts` those by line and kind of question; one of them has `signalled`, or the control item
    of an assignment is `unscored`, until the log says what follows; `retrain` are the clauses of a
    pause that a calibration asks for, until it is there.
    `stopped` are all pauses so far.
    `rostered` says that there is a duty: `by_calendar` and `at_most`; `away` are absences from and
    to, `held` what was claimed.
    `key` is the one with which the member signs, `keys` all so far, in hexadecimal.
    """

    subject: str
    kind: str
    family: str
    party: str
    side: str
    roles: frozenset[str]
    since: str
    until: str = "9999"
    dated: bool = False
    calendar: bool = False
    rostered: bool = False
    by_calendar: str | None = None
    at_most: int | None = None
    away: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    result: tuple[int, bool] = (0, False)
    attempts: int = 0
    attempt: Attempt | None = None
    paused: frozenset[str] | None = None
    stopped: list[WorkerPause] = field(default_factory=list)
    met: set[str] = field(default_factory=set)
    charts: dict[tuple[str, str], Chart] = field(default_factory=dict)
    signalled: bool = False
    readmission_due: bool = False
    unscored: str = ""
    retrain: frozenset[str] | None = None
    key: str | None = None
    keys: list[str] = field(default_factory=list)


class Points(NamedTuple):
    """A bad lot's share of defectives and the risk that it passes; a good one's, and that it fails.

    All are exact fractions."""

    limiting: Fraction
    consumer_risk: Fraction
    acceptable: Fraction
    producer_risk: Fraction


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the statement of work; the four fractions as written and exactly.

    `classes` are the severities that are judged by themselves besides."""

    id: str
    service: str
    volume: int
    unit: str
    written: Mapping[str, str]
    points: Points
    classes: Mapping[str, Points]
    counted: frozenset[str]
    corrected: bool
    defined: frozenset[str]
    price: Mapping[str, str]
    turnaround: int

    @property
    def judged(self) -> frozenset[str]:
        """The severities on which a verdict hangs, together or by themselves."""
        return self.counted | self.classes.keys()


@dataclass(slots=True)
class Waiver:
    """Codes of a gate that a side takes the risk of; live once countersigned, until it expires.

    `digest` is what its signatures cover."""

    gate: str
    codes: frozenset[str]
    side: str
    by: str
    expires: str
    digest: str
    signed_by: set[str] = field(default_factory=set)
    countersigned: bool = False

    def live(self, at: str) -> bool:
        """Whether it holds at this instant."""
        return self.countersigned and at < self.expires


@dataclass(slots=True)
class Proposal:
    """A provider's offer, and the criteria on which it was scored."""

    party: str
    scored: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Assignment:
    """A piece of work as far as the log shows it: from its first claim, by `first`, on.

    `offered` is a hand-over that waits for its receiver, `seconds` the effort measured (-1: none),
    `stated` says that what an inspection found is in the log, `round` is the work order's when it
    shows first, or which attempt it certifies in, `not_for` a family whose judgment it checks.
    """

    first: str
    item: str
    purpose: str
    level: int
    holder: str | None
    until: str
    done: bool = False
    offered: str | None = None
    parked: bool = False
    seconds: int = -1
    stated: bool = False
    round: int = 0
    not_for: str = ""


@dataclass(slots=True)
class Item:
    """A work item. `waiting` counts the assignments asked for and not handed in, by purpose and
    level; `live` are those of them that somebody claimed; `answered` the last answers' fields;
    `control` the control item that it is a copy of; `produced` an analyst's submissions;
    `correcting` a review yet to say what it corrects; `returned` who returned it at which level,
    until the rework; `rework` the last one ordered; `judge` the family whose judgment is being
    scored again. `twice` are the two submissions of an item answered twice, "" for one to come;
    `differing` the questions that an adjudicator has to decide, `deciding` the assignment that has
    yet to say how. `by` gave the answers that stand, `passed` are the inspections of them, with the
    questions that were drawn (none: all); `escaped` the questions that the client found wrong."""

    id: str
    order: WorkOrder
    state: str = "admitted"
    waiting: dict[str, int] = field(default_factory=dict)
    live: dict[str, Assignment] = field(default_factory=dict)
    families: set[str] = field(default_factory=set)
    answered: Mapping[str, str] = field(default_factory=dict)
    control: str = ""
    produced: list[str] = field(default_factory=list)
    correcting: str = ""
    inspectors: frozenset[str] = frozenset()
    returned: tuple[str, int] | None = None
    rework: Rework | None = None
    judge: str = ""
    twice: tuple[str, str] | None = None
    differing: frozenset[str] = frozenset()
    deciding: str = ""
    by: str = ""
    passed: list[tuple[Inspection, frozenset[str]]] = field(default_factory=list)
    not_again: str = ""
    escaped: dict[str, bool] = field(default_factory=dict)

    def open(self, work: str) -> None:
        """One more piece of work ("produce/1") waits on this item."""
        self.waiting[work] = self.waiting.get(work, 0) + 1

    def move(self, state: str) -> None:
        """Sets the state, and keeps the work order's counts."""
        counts = self.order.counts
        counts[self.state] -= 1
        counts[state] += 1
        self.state = state

    def withdraw(self) -> None:
        """Nothing waits any more; what is claimed can no longer be handed in."""
        for assignment in self.live.values():
            assignment.done = True
        self.live.clear()
        self.waiting.clear()


@dataclass(slots=True)
class Inspection:
    """What an inspector stated for an item, and the defects that the log holds for it.

    `again` says that it is of an item inspected before, to see how well the first inspector saw.
    """

    inspector: str
    in_sample: bool
    stated: int
    defects: list[Mapping[str, Any]] = field(default_factory=list)
    again: bool = False
    assignment: str = ""


@dataclass(slots=True)
class Round:
    """One pass of a work order through assurance. `units` are what was drawn, by item;
    `inspectors` who alone may inspect it, where the plan reckons with them. `refused` are the
    items inspected in the rejected round before it, `screened` the inspections of the others, by
    item, where the lot is screened. `newest` is the size of the log at the newest inspection, with
    its root; `again` are the items inspected a second time, and whether the two were compared."""

    number: int
    seeds: dict[str, str] = field(default_factory=dict)
    nonces: dict[str, bytes] = field(default_factory=dict)
    closed_seq: int = -1
    closing_root: bytes = b""
    sample: Mapping[str, Any] | None = None
    units: dict[str, set[str]] = field(default_factory=dict)
    risks: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    inspections: dict[str, list[Inspection]] = field(default_factory=dict)
    inspectors: frozenset[str] = frozenset()
    screened: dict[str, list[Inspection]] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    newest: tuple[int, bytes] = (0, b"")
    again: dict[str, bool] = field(default_factory=dict)
    verdict: Mapping[str, Any] | None = None
    certificate: str = ""

    def defects(self, *, in_sample: bool) -> list[Mapping[str, Any]]:
        """The defects raised in the sample's own inspection, or after the verdict."""
        return [
            defect
            for found in self.inspections.values()
            for one in found
            if one.in_sample is in_sample
            for defect in one.defects
        ]

    def found_again(self) -> list[Mapping[str, Any]]:
        """The defects that second inspections raised."""
        every = (one for found in self.inspections.values() for one in found if one.again)
        return [defect for one in every for defect in one.defects]


@dataclass(slots=True)
class Delivery:
    """What the client was given: digest, items, files as (digest, size), and what became of it."""

    round: int
    items: int
    digest: str
    files: Counter[tuple[str, int]]
    state: str = "delivered"
    signed_by: str = ""


@dataclass(slots=True)
class Import:
    """A file whose rows become items, as announced, and what came of it.

    `chunks` are (first item, items, root of the tree over them), `faults` refused rows by code.
    """

    order: str
    size: int
    digest: str
    parts: int = 0
    received: int = 0
    state: str = "receiving"
    chunks: list[tuple[str | None, int, str]] = field(default_factory=list)
    admitted: int = 0
    refused: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def over(self) -> bool:
        """Whether nothing more is taken in."""
        return self.state in ("finished", "abandoned")


@dataclass(slots=True)
class Pause:
    """A while in which turnaround is not counted; `until` is None while it lasts."""

    order: str
    item: str | None
    since: str
    by: str
    reason: str
    until: str | None = None


class Citation(NamedTuple):
    """What sends an item back: a question, the clause that its answer fails, and who found it."""

    question: str
    clause: str
    by: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Turnaround: so many working minutes since an instant."""

    hours: Hours
    minutes: int
    since: str


@dataclass(slots=True)
class WorkOrder:
    """A batch. `hidden` are the control items among its items; `owed` are items for which rework
    must still be ordered, with the defects found (none: any clause may be cited), the first of
    which it cites; `committed` the first round's seeds, client's first."""

    id: str
    line: Line
    shape: str
    stage: str = "execution"
    phase: str = "intake"
    current: Round = field(default_factory=lambda: Round(1))
    items: dict[str, Item] = field(default_factory=dict)
    hidden: dict[str, Item] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    inspections_asked: int | None = None
    committed: tuple[str, ...] = ()
    owed: dict[str, tuple[Citation, ...]] = field(default_factory=dict)
    certificate: dict[str, Any] | None = None
    delivery: Delivery | None = None
    due: str | None = None
    clock: Clock | None = None
    pauses: list[Pause] = field(default_factory=list)
    delivered_at: str | None = None
    invoice: Mapping[str, Any] | None = None
    overlap: Counter[str] = field(default_factory=Counter)
    escaped: Counter[str] = field(default_factory=Counter)

    def open_inspections(self) -> int:
        """Inspections asked for and not handed in."""
        return sum(item.waiting.get("inspect/1", 0) for item in self.items.values())

    def due_now(self, item: str | None = None) -> str | None:
        """When it, or an item of it, is due after the pauses so far.

        None without a date, or while a pause lasts.
        """
        if self.clock is None:
            return self.due
        away = [
            (minute_of(p.since), None if p.until is None else minute_of(p.until))
            for p in self.pauses
            if p.item is None or p.item == item
        ]
        reached = self.clock.hours.due(minute_of(self.clock.since), self.clock.minutes, away)
        return None if reached is None else instant_of(reached)

    def turnaround(self) -> dict[str, Any] | None:
        """What was due when, when it was first delivered, and whether that was in time."""
        due, done = self.due_now(), self.delivered_at
        if self.clock is None and due is None:
            return None
        met = None if due is None or done is None else done < due
        return {"due": due, "delivered": done, "in_time": met}

    def figures(self) -> dict[str, Any]:
        """What a reader wants to see of a work order."""
        sample, verdict, made = self.current.sample, self.current.verdict, self.delivery
        shown = ("unit", "lot", "sample_size", "acceptance_number")
        return {
            "work_order": self.id,
            "stage": self.stage,
            "round": self.current.number,
            "items": {state: n for state, n in sorted(self.counts.items()) if n},
            "sample": sample and {name: sample[name] for name in shown},
            "verdict": verdict
            and {
                name: verdict[name]
                for name in ("defective", "accepted", "classes")
                if name in verdict
            },
            "certificate": self.certificate and self.certificate["figures"],
            "delivery": made and {"items": made.items, "digest": made.digest, "state": made.state},
            "turnaround": self.turnaround(),
            "overlap": dict(sorted(self.overlap.items())),
            "escaped": dict(sorted(self.escaped.items())),
            "invoice": self.invoice and {name: self.invoice[name] for name in ("number", "total")},
        }


@dataclass
class State:
    """What the events add up to. `kinds` counts events by kind; `engagement` is the bundle's."""

    engagement: str | None = None
    events: Entries = field(default_factory=Entries)
    inspected: list[Event] = field(default_factory=list)
    """Inspections and defects, which the effect of a corrective action is counted from."""
    kinds: Counter[str] = field(default_factory=Counter)
    tree: Frontier = field(default_factory=Frontier)
    currency: str | None = None
    client: str = ""
    founder: str = ""
    provider: str | None = None
    stage: str = STAGES[0]
    members: dict[str, Member] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    calendars: dict[str, list[Hours]] = field(default_factory=dict)
    hours: dict[str, tuple[Hours, int]] = field(default_factory=dict)
    waivers: dict[str, Waiver] = field(default_factory=dict)
    witnesses: dict[str, WitnessKey] = field(default_factory=dict)
    barriers: set[tuple[str, str]] = field(default_factory=set)
    shares: dict[tuple[str, str], str] = field(default_factory=dict)
    relied_on: dict[str, set[str]] = field(default_factory=dict)
    scope: str = ""
    weights: Mapping[str, int] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    award: Mapping[str, Any] | None = None
    concluded: bool = False
    award_signed: bool = False
    tollgate: tuple[str, str] = ("", "")
    signatures: int = 0
    keys_unendorsed: int = 0
    guideline_version: int = 0
    guideline_digest: str = ""
    clauses: frozenset[str] = frozenset()
    bar: Mapping[str, Any] | None = None
    controls: dict[str, Control] = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    calibrations: dict[str, Calibration] = field(default_factory=dict)
    rated: dict[str, str] = field(default_factory=dict)
    """Items of calibrations, with the session of each."""
    planned: dict[str, int] = field(default_factory=dict)
    ladders: dict[str, tuple[Fraction, ...]] = field(default_factory=dict)
    rates: Mapping[str, Any] = field(default_factory=dict)
    orders: dict[str, WorkOrder] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)
    pauses: dict[str, Pause] = field(default_factory=dict)
    routed: Routing | None = None
    """What people are preferred by; None where nobody is."""
    hand_overs: dict[str, HandOver] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    commitments: set[str] = field(default_factory=set)
    defects: dict[str, str] = field(default_factory=dict)
    """Each by the inspection that raised it; "" where the client did."""
    reworks: list[Rework] = field(default_factory=list)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    escalations: dict[str, Escalation] = field(default_factory=dict)
    efforts: dict[str, Effort] = field(default_factory=dict)
    invoices: list[Mapping[str, Any]] = field(default_factory=list)
    changes: dict[str, tuple[str, bool | None]] = field(default_factory=dict)
    owed_version: int | None = None

    def waived_now(self, gate: str, at: str) -> set[str]:
        """The codes of a gate that live waivers cover."""
        live = (w for w in self.waivers.values() if w.gate == gate and w.live(at))
        return {code for waiver in live for code in waiver.codes}

    def certified(self, member: Member) -> bool:
        """Whether the member's last result under the guideline in force passed."""
        version, passed = member.result
        return passed and member.paused is None and version == self.guideline_version

    def figures(self) -> dict[str, Any]:
        """What a reader wants to see; amounts are decimal text."""
        figures: dict[str, Any] = {"entries": len(self.events), "kinds": dict(self.kinds)}
        if self.currency is None:
            return figures
        items = Counter[str]()
        for order in self.orders.values():
            items.update(order.counts)
        total = sum((Decimal(i["total"]["amount"]) for i in self.invoices), Decimal(0))
        return figures | {
            "stage": self.stage,
            "items": {state: n for state, n in sorted(items.items()) if n},
            "disputes": dict(Counter(d.outcome or "open" for d in self.disputes.values())),
            "work_orders": [order.figures() for order in self.orders.values()],
            "signatures": self.signatures,
            "keys_unendorsed": self.keys_unendorsed,
            "invoiced": f"{total:f}",
            "currency": self.currency,
        }
