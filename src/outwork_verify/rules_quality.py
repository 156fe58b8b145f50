"""Rules: opened seeds, the draw, checks of inspectors, inspections, defects, verdict."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

from outwork_verify import inspectors
from outwork_verify.declare import (
    MANAGERS,
    SEVERITY,
    SIDE,
    UNIT,
    classes,
    count,
    decimal,
    digest,
    flag,
    order_at,
    positive,
    rule,
    text,
    texts,
    words,
)
from outwork_verify.entry import Event, reject
from outwork_verify.figures import (
    commit_nonce,
    common_plan,
    draw,
    floor_stated,
    make_seed,
)
from outwork_verify.inspectors import Check, Terms
from outwork_verify.state import Citation, Inspection, Line, Member, Points, Round, State, WorkOrder


def _closed_order(state: State, event: Event) -> WorkOrder:
    order = order_at(state, event, "assurance")
    if order.phase != "closed":
        reject(event, "happens before the work order is closed")
    return order


def _inspected_order(state: State, event: Event) -> WorkOrder:
    """A closed one, or a rejected one that is being screened."""
    order = state.orders.get(event.public["work_order"])
    if order is not None and order.stage == "execution" and order.current.screened:
        return order_at(state, event, "execution")
    return _closed_order(state, event)


@rule(
    "assurance.seed-revealed",
    {"work_order": text, "round": positive, "side": SIDE, "nonce": digest},
    roles=MANAGERS,
)
def _seed_revealed(state: State, event: Event, member: Member) -> None:
    current, side = _closed_order(state, event).current, event.public["side"]
    nonce = bytes.fromhex(event.public["nonce"])
    if side != member.side or side in current.nonces:
        reject(event, "opens the seed of another side, or a second time")
    if commit_nonce(nonce).hex() != current.seeds.get(side):
        reject(event, f"opens a nonce that is not the one the {side} committed to")
    current.nonces[side] = nonce


@rule(
    "assurance.inspector-checked",
    {"inspector": text, "seeded": positive, "caught": count, "clean": count, "passed": count},
    roles=MANAGERS,
    stages=["execution"],
)
def _inspector_checked(state: State, event: Event, _: Member) -> None:
    p = event.public
    inspector = state.members.get(p["inspector"])
    if inspector is None or "reviewer" not in inspector.roles or p["inspector"] == event.actor:
        reject(event, "checks somebody who is no reviewer, or the actor itself")
    if p["caught"] > p["seeded"] or p["passed"] > p["clean"]:
        reject(event, "counts more units right than there were")
    counts = {name: p[name] for name in ("seeded", "caught", "clean", "passed")}
    state.checks.setdefault(p["inspector"], Check()).put(event.at, **counts)


@rule(
    "assurance.sample-drawn",
    {
        "work_order": text, "round": positive, "unit": UNIT, "lot": positive,
        "sample_size": positive, "acceptance_number": count, "inspectors": texts,
        "sensitivity_at_least": decimal, "specificity_at_least": decimal, "seed": digest,
        "closing_size": positive, "questions": texts, "units_digest": digest,
        "classes": classes(
            acceptance_number=count, sensitivity_at_least=decimal, specificity_at_least=decimal
        ),
    },
    roles=MANAGERS,
)  # fmt: skip
def _sample_drawn(state: State, event: Event, _: Member) -> None:
    order, p = _closed_order(state, event), event.public
    current, line = order.current, order.line
    if current.sample is not None or current.nonces.keys() != {"client", "provider"}:
        reject(event, "draws a second sample, or before both nonces were opened")
    if p["closing_size"] != current.closed_seq + 1:
        reject(event, f"is not drawn from the log as it was closed, {current.closed_seq + 1} long")
    seed = make_seed(current.nonces["client"], current.nonces["provider"], current.closing_root)
    if p["seed"] != seed.hex():
        reject(event, "has a seed that does not follow from the nonces and the closing root")
    lot = _lot(event, order)
    if p["unit"] != line.unit or p["lot"] != len(lot):
        reject(event, f"is of another lot than the work order's {len(lot)} units")
    _check_plan(state, event, line, len(lot))
    units = draw(seed, lot, p["sample_size"])
    if p["units_digest"] != hashlib.sha256("\n".join(units).encode()).hexdigest():
        reject(event, "has other units than the seed draws")
    for unit in units:
        name, __, question = unit.partition("/")
        current.units.setdefault(name, set()).add(question)
    current.sample = p
    current.inspectors = frozenset(p["inspectors"])


def _check_plan(state: State, event: Event, line: Line, lot: int) -> None:
    """The plan that a sample states must be the smallest that keeps both risks, in every class."""
    p, checks = event.public, _reckoned_with(state, line)
    if line.corrected and not checks:
        reject(event, "is to be corrected for inspectors of whom none was checked")
    if p["inspectors"] != sorted(checks):
        reject(event, "reckons with other inspectors than those who were checked")
    judged = by_class(event, line, p)
    counts = list(checks.values())
    least = [proved(event, stated, points, counts) for points, stated in judged]
    every = [points for points, _ in judged]
    if line.corrected:
        terms = [Terms.of(lot, *points) for points in every]
        smallest = inspectors.common_plans(terms, counts, least)
    else:
        n, numbers = common_plan(lot, every)
        smallest = {(n, tuple(numbers))}
    if (p["sample_size"], tuple(s["acceptance_number"] for _, s in judged)) not in smallest:
        found = " or ".join(
            f"{n} with {', '.join(map(str, numbers))}" for n, numbers in sorted(smallest)
        )
        which = found or "none"
        reject(event, f"is not by the smallest plan that keeps both risks, which is {which}")


def by_class(event: Event, line: Line, stated: Any) -> list[tuple[Points, Any]]:
    """What is agreed and what is stated: of the counted severities, then of each class."""
    own = stated.get("classes", {})
    if own.keys() != line.classes.keys():
        reject(event, "does not judge exactly the classes of the statement of work")
    return [(line.points, stated), *((line.classes[name], own[name]) for name in sorted(own))]


def _reckoned_with(state: State, line: Line) -> dict[str, Check]:
    """The checks of the reviewers whom a corrected plan reckons with; none for another plan."""
    if not line.corrected:
        return {}
    known = {name: check for name, check in state.checks.items() if check.caught}
    return {name: c for name, c in known.items() if "reviewer" in state.members[name].roles}


def proved(event: Event, stated: Any, points: Points, checks: list[Check]) -> tuple[float, float]:
    """What inspectors see and pass at least, as stated; it must be what the checks prove."""
    names = ("sensitivity_at_least", "specificity_at_least")
    exact = (1.0, 1.0)
    if checks:
        exact = inspectors.at_least(checks, points.consumer_risk, points.producer_risk)
    for name, figure in zip(names, exact, strict=True):
        if not decimal(stated[name]) or not floor_stated(stated[name], figure):
            reject(event, f"states {name} as {stated[name]}, which the checks do not prove")
    seen, fair = (float(Decimal(stated[name])) for name in names)
    return seen, fair


def _lot(event: Event, order: WorkOrder) -> list[str]:
    """Every unit of the lot: submitted items, or their answers, which must be those asked for."""
    questions = event.public["questions"]
    asked = {f"answers.{question}" for question in questions}
    items = [item for item in order.items.values() if item.state == "submitted"]
    if len(asked) != len(questions) or any(item.answered.keys() != asked for item in items):
        reject(event, "does not name the questions that the items answer")
    if order.line.unit == "item":
        return [item.id for item in items]
    return [f"{item.id}/{question}" for item in items for question in questions]


@rule(
    "assurance.screening-ordered",
    {"work_order": text, "round": positive, "items": texts},
    roles=MANAGERS,
)
def _screening_ordered(state: State, event: Event, _: Member) -> None:
    order = order_at(state, event, "execution")
    current = order.current
    if order.phase != "released" or not current.refused or current.screened:
        reject(event, "screens what no sample rejected, or screens it twice")
    rest = {
        i.id for i in order.items.values() if i.state == "submitted" and i.id not in current.refused
    }
    if set(event.public["items"]) != rest or len(event.public["items"]) != len(rest):
        reject(event, f"does not screen the {len(rest)} items that the sample did not hold")
    for name in rest:
        order.items[name].open("inspect/1")
        current.screened[name] = []


@rule(
    "assurance.item-inspected",
    {
        "work_order": text, "round": positive, "assignment": text, "item": text,
        "in_sample": flag, "defects": count,
    },
    roles=["reviewer"],
    stages=["execution"],
)  # fmt: skip
def _item_inspected(state: State, event: Event, _: Member) -> None:
    order, p = _inspected_order(state, event), event.public
    current, assignment = order.current, state.assignments.get(p["assignment"])
    if assignment is None or (assignment.item, assignment.purpose) != (p["item"], "inspect"):
        reject(event, "is not the inspection that was reserved")
    if not assignment.done or assignment.holder != event.actor or p["item"] not in order.items:
        reject(event, "is of an inspection that the actor has not handed in")
    if assignment.stated:
        reject(event, "states an inspection a second time")
    screens = order.stage == "execution"
    item = order.items[p["item"]]
    again = bool(item.not_again)
    if p["in_sample"] is not (current.verdict is None and not screens and not again):
        reject(event, "says wrongly whether it is part of the sample")
    if p["in_sample"] and current.inspectors and event.actor not in current.inspectors:
        reject(event, "is by an inspector with whose error the plan does not reckon")
    if p["in_sample"] and p["item"] not in current.units:
        reject(event, "inspects an item that was not drawn")
    assignment.stated = True
    state.inspected.append(event)
    made = Inspection(event.actor, p["in_sample"], p["defects"], again=again,
                      assignment=p["assignment"])  # fmt: skip
    book = current.screened if screens else current.inspections
    book.setdefault(p["item"], []).append(made)
    answers = (p["in_sample"] or again) and order.line.unit != "item"
    drawn = frozenset(current.units[p["item"]]) if answers else frozenset()
    item.passed.append((made, drawn))
    item.not_again = ""
    current.newest = event.seq + 1, state.tree.root()
    if p["defects"] and not p["in_sample"] and not again:
        order.owed[p["item"]] = ()


@rule(
    "assurance.defect-raised",
    {
        "work_order": text, "round": positive, "defect": text, "item": text, "question": words,
        "clause": text, "severity": SEVERITY, "counted": flag, "in_sample": flag,
    },
    ["note"],
    roles=["reviewer"],
    stages=["execution"],
)  # fmt: skip
def _defect_raised(state: State, event: Event, _: Member) -> None:
    order, p = _inspected_order(state, event), event.public
    current = order.current
    state.inspected.append(event)
    book = current.screened if order.stage == "execution" else current.inspections
    made = book.get(p["item"])
    last = made[-1] if made else None
    if last is None or last.inspector != event.actor or last.in_sample is not p["in_sample"]:
        reject(event, "raises a defect outside the actor's inspection of the item")
    if len(last.defects) >= last.stated or any(
        d["question"] == p["question"] for d in last.defects
    ):
        reject(event, "raises more defects than the inspection states, or a question's twice")
    drawn = order.current.units.get(p["item"], set())
    of_sample = p["in_sample"] or last.again
    if order.line.unit != "item" and of_sample and p["question"] not in drawn:
        reject(event, "raises a defect on an answer that was not drawn")
    if f"answers.{p['question']}" not in order.items[p["item"]].answered:
        reject(event, "raises a defect on a question that is not asked")
    if p["clause"] not in state.clauses:
        reject(event, "cites a clause that is not in the guideline")
    if p["counted"] is not (p["severity"] in order.line.counted):
        reject(event, f"counts a {p['severity']} defect otherwise than the statement of work")
    if p["defect"] in state.defects:
        reject(event, "raises a defect twice")
    state.defects[p["defect"]] = last.assignment
    last.defects.append(p)
    if not of_sample:
        order.owed[p["item"]] += (Citation(p["question"], p["clause"], event.actor),)


def all_raised(current: Round) -> bool:
    """Whether the log holds every defect that the inspections of a round state."""
    books = (*current.inspections.values(), *current.screened.values())
    found = (one for made in books for one in made)
    return all(len(one.defects) == one.stated for one in found)


@rule(
    "assurance.verdict-given",
    {
        "work_order": text, "round": positive, "defective": count, "acceptance_number": count,
        "accepted": flag,
        "classes": classes(defective=count, acceptance_number=count, accepted=flag),
    },
    roles=MANAGERS,
)  # fmt: skip
def _verdict_given(state: State, event: Event, _: Member) -> None:
    order, p = _closed_order(state, event), event.public
    current = order.current
    if current.sample is None or current.verdict is not None:
        reject(event, "is given without a sample, or a second time")
    inspected = current.inspections.keys() == current.units.keys()
    if not inspected or order.inspections_asked != current.number:
        reject(event, "is given before every item that was drawn has been inspected")
    if not all(current.again.values()):
        reject(
            event, "is given while an inspection that was asked for a second time is not compared"
        )
    if not all_raised(current):
        reject(event, "leaves out a defect that an inspection states")
    found = current.defects(in_sample=True)
    _check_verdict(event, order, current.sample, found)
    current.verdict = p
    # What was found by looking once more is put right like the rest, and decides nothing.
    for defect in found + current.found_again():
        by = state.assignments[state.defects[defect["defect"]]].holder
        cited = Citation(defect["question"], defect["clause"], str(by))
        order.owed[defect["item"]] = (*order.owed.get(defect["item"], ()), cited)


def _check_verdict(event: Event, order: WorkOrder, sample: Any, found: list[Any]) -> None:
    """The counted severities accept together, each class by itself; else the verdict rejects."""
    stated, passed = event.public, []
    plans = zip(
        [None, *sorted(order.line.classes)],
        by_class(event, order.line, stated),
        by_class(event, order.line, sample),
        strict=True,
    )
    for severity, (_, own), (_, drawn) in plans:
        here = [d for d in found if d["severity"] == severity or (d["counted"] and not severity)]
        accepts = _judged(event, own, drawn, len(_units_with(order, here)))
        if severity and own["accepted"] is not accepts:
            reject(event, f"is not the verdict on {own['defective']} units with {severity} defects")
        passed.append(accepts)
    if stated["accepted"] is not all(passed):
        reject(event, f"is not the verdict on {stated['defective']} defective units")


def _judged(event: Event, stated: Any, drawn: Any, defective: int) -> bool:
    """Whether the sample accepts by one plan; the figures must be those of log and draw."""
    if stated["defective"] != defective:
        reject(event, f"counts {stated['defective']} defective units where the log has {defective}")
    allowed: int = drawn["acceptance_number"]
    if stated["acceptance_number"] != allowed:
        reject(event, f"is not the verdict on {defective} defective units where {allowed} may be")
    return defective <= allowed


def bad_units(order: WorkOrder, found: list[Any]) -> set[tuple[str, str]]:
    """Units that have one of these defects, and of a severity on which a verdict hangs."""
    return _units_with(order, [d for d in found if d["severity"] in order.line.judged])


def _units_with(order: WorkOrder, found: list[Any]) -> set[tuple[str, str]]:
    """As (item, question or nothing)."""
    whole = order.line.unit == "item"
    return {(d["item"], "" if whole else d["question"]) for d in found}
