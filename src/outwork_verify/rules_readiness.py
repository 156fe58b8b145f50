"""Rules: knowledge transfer and operational set-up."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from outwork_verify.declare import (
    MANAGERS,
    USE,
    classes,
    codes,
    count,
    decimal,
    digest,
    flag,
    level,
    mapping,
    moment,
    money,
    positive,
    rule,
    share,
    text,
    texts,
    words,
)
from outwork_verify.entry import Event, instant, reject
from outwork_verify.figures import (
    attained_risks,
    clopper_pearson_lower,
    common_plan,
    floor_stated,
    risk_stated,
)
from outwork_verify.rules_quality import by_class
from outwork_verify.state import Control, Member, State

FROM_TRANSFER = ("transfer", "setup", "execution")
WHILE_WORKING = ("setup", "execution")
WORKING = ("transfer", "setup", "execution", "assurance")
LONGEST_ENTITLEMENT = timedelta(days=731)
MOST_LEVELS = 9


@rule(
    "transfer.guideline-published",
    {"guideline_version": positive, "digest": digest, "clauses": texts},
    roles=MANAGERS,
    stages=FROM_TRANSFER,
)
def _guideline_published(state: State, event: Event, _: Member) -> None:
    if event.public["guideline_version"] != state.guideline_version + 1:
        reject(event, f"is not version {state.guideline_version + 1} of the guideline")
    clauses = frozenset(event.public["clauses"])
    if not clauses or len(clauses) != len(event.public["clauses"]):
        reject(event, "has no clauses, or one twice")
    state.guideline_version, state.clauses = event.public["guideline_version"], clauses
    state.guideline_digest, state.owed_version = event.public["digest"], None


@rule(
    "transfer.bar-set",
    {"people": decimal, "agents": decimal, "confidence": decimal, "control_items": positive},
    roles=["vendor-manager"],
    stages=["transfer"],
)
def _bar_set(state: State, event: Event, _: Member) -> None:
    for name in ("people", "agents", "confidence"):
        share(event, name)
    state.bar = event.public


@rule(
    "transfer.control-item-added",
    {"control_item": text, "service": text, "use": USE, "digest": digest},
    ["known."],
    roles=["vendor-manager", "delivery-manager", "client-reviewer"],
    stages=FROM_TRANSFER,
)
def _control_item_added(state: State, event: Event, _: Member) -> None:
    name = event.public["control_item"]
    if name in state.controls or not event.sealed:
        reject(event, "is added twice, or has no known answer")
    state.controls[name] = Control(event.public["service"], len(event.sealed), event.public["use"])


@rule(
    "transfer.certification-scored",
    {
        "subject": text, "guideline_version": positive, "right": count, "asked": positive,
        "lower": decimal, "bar": decimal, "passed": flag,
    },
    roles=["analyst", "agent"],
    stages=WORKING,
)  # fmt: skip
def _certification_scored(state: State, event: Event, member: Member) -> None:
    p, attempt = event.public, member.attempt
    if p["subject"] != event.actor or attempt is None or attempt.done != attempt.items:
        reject(event, "scores somebody who has not handed in all control items")
    if p["guideline_version"] != state.guideline_version or state.bar is None:
        reject(event, "is not under the guideline in force, or there is no bar")
    if p["asked"] != attempt.questions or p["right"] > p["asked"]:
        reject(event, "does not count the questions of the control items")
    confidence = float(Decimal(state.bar["confidence"]))
    exact = clopper_pearson_lower(p["right"], p["asked"], confidence)
    if not floor_stated(p["lower"], exact):
        reject(event, f"states the lower bound {p['lower']}, which is {exact:.8f}")
    if Decimal(p["bar"]) != Decimal(state.bar["agents" if member.kind == "agent" else "people"]):
        reject(event, f"holds {member.kind} {event.actor} to another bar than was set")
    if p["passed"] is not (Decimal(p["lower"]) >= Decimal(p["bar"])):
        reject(event, "does not follow from its lower bound and bar")
    member.result, member.attempt = (p["guideline_version"], p["passed"]), None
    member.readmission_due = p["passed"] and member.paused is not None


@rule(
    "setup.calendar-set",
    {
        "subject": text, "zone": text, "weekdays": lambda value: isinstance(value, list),
        "starts": text, "ends": text, "country": words,
    },
    roles=["delivery-manager"],
    stages=WHILE_WORKING,
)  # fmt: skip
def _calendar_set(state: State, event: Event, member: Member) -> None:
    p, subject = event.public, of_own_people(state, event, member)
    if not p["weekdays"] or not set(p["weekdays"]) <= set(range(7)) or p["starts"] >= p["ends"]:
        reject(event, "has no working days, or hours that end before they start")
    subject.calendar = True


def of_own_people(state: State, event: Event, member: Member) -> Member:
    """The member that an event is about: anyone to the client, a provider's own to its manager."""
    subject = state.members.get(event.public["subject"])
    if subject is None:
        reject(event, "is about somebody who has not joined")
    if member.side != "client" and subject.party != member.party:
        reject(event, "is about somebody of another party")
    return subject


@rule(
    "setup.entitlement-dated",
    {"subject": text, "valid_from": moment, "valid_until": moment},
    roles=MANAGERS,
    stages=WHILE_WORKING,
)
def _entitlement_dated(state: State, event: Event, member: Member) -> None:
    subject = of_own_people(state, event, member)
    since, until = instant(event.public["valid_from"]), instant(event.public["valid_until"])
    length = datetime.fromisoformat(until) - datetime.fromisoformat(since)
    if not timedelta(0) < length <= LONGEST_ENTITLEMENT:
        reject(event, "ends an entitlement before it begins, or after more than two years")
    subject.since, subject.until, subject.dated = since, until, True


@rule(
    "setup.quality-planned",
    {
        "line": text, "lot": positive, "sample_size": count, "acceptance_number": count,
        "consumer_risk": decimal, "producer_risk": decimal,
        "classes": classes(acceptance_number=count, consumer_risk=decimal, producer_risk=decimal),
    },
    roles=MANAGERS,
    stages=["setup"],
)  # fmt: skip
def _quality_planned(state: State, event: Event, _: Member) -> None:
    p = event.public
    line, lot = state.lines.get(p["line"]), p["lot"]
    if line is None:
        reject(event, "plans a line that is not in the statement of work")
    asked = {c.questions for c in state.controls.values() if c.service == line.service}
    units = {line.volume * each for each in asked} if line.unit == "answer" else {line.volume}
    if lot not in units and (units or lot % line.volume):
        reject(event, "plans another lot than the line's volume")
    judged = by_class(event, line, p)
    n, numbers = common_plan(lot, [points for points, _ in judged])
    if (p["sample_size"], [stated["acceptance_number"] for _, stated in judged]) != (n, numbers):
        which = ", ".join(map(str, numbers))
        reject(event, f"is not the smallest plan that keeps both risks, which is {n} with {which}")
    for c, (points, stated) in zip(numbers, judged, strict=True):
        consumer, producer = attained_risks(lot, n, c, points.limiting, points.acceptable)
        protects = risk_stated(stated["consumer_risk"], consumer)
        if not protects or not risk_stated(stated["producer_risk"], producer):
            reject(event, "states other risks than the plan has")
    state.planned[p["line"]] = lot


@rule(
    "setup.reviews-planned",
    {"line": text, "shares": texts},
    roles=MANAGERS,
    stages=WHILE_WORKING,
)
def _reviews_planned(state: State, event: Event, _: Member) -> None:
    name, shares = event.public["line"], event.public["shares"]
    if name not in state.lines or len(shares) > MOST_LEVELS or not all(map(decimal, shares)):
        reject(event, "plans reviews of a line that is not there, or in a way that cannot be")
    planned = tuple(map(Fraction, shares))
    if not all(0 < share <= 1 for share in planned):
        reject(event, "plans to review a share that is none")
    if any(o.line.id == name and o.phase != "intake" for o in state.orders.values()):
        reject(event, "changes a review ladder while items are under way on it")
    state.ladders[name] = planned


@rule(
    "setup.need-stated",
    {
        "line": text, "skills": codes, "languages": codes, "clearance": level,
        "credentials": codes, "adverse": texts,
    },
    roles=MANAGERS,
    stages=WHILE_WORKING,
)  # fmt: skip
def _need_stated(state: State, event: Event, _: Member) -> None:
    if event.public["line"] not in state.lines:
        reject(event, "says what a line needs that is not in the statement of work")
    if state.client in event.public["adverse"]:
        reject(event, "calls the client adverse to itself")


@rule(
    "setup.rates-agreed",
    {"rates": mapping(money)},
    roles=["vendor-manager"],
    stages=["setup"],
)
def _rates_agreed(state: State, event: Event, _: Member) -> None:
    if state.award is None or event.public["rates"] != state.award["prices"]:
        reject(event, "are other rates than the prices awarded")
    state.rates = event.public["rates"]
