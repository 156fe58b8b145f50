"""Rules: opened seeds, the draw, inspections, defects, verdict, certificate."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Any

from outwork_verify import canonical
from outwork_verify.declare import (
    MANAGERS,
    SEVERITY,
    SIDE,
    UNIT,
    anything,
    count,
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
    attained_risks,
    commit_nonce,
    conforming_lower_bound,
    draw,
    floor_stated,
    make_seed,
    risk_stated,
    smallest_plan,
)
from outwork_verify.state import Inspection, Member, Round, State, WorkOrder


def _closed_order(state: State, event: Event) -> WorkOrder:
    order = order_at(state, event, "assurance")
    if order.phase != "closed":
        reject(event, "happens before the work order is closed")
    return order


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
    "assurance.sample-drawn",
    {
        "work_order": text, "round": positive, "unit": UNIT, "lot": positive,
        "sample_size": positive, "acceptance_number": count, "seed": digest,
        "closing_size": positive, "questions": texts, "units_digest": digest,
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
    n, c = smallest_plan(
        len(lot), line.limiting, line.consumer_risk, line.acceptable, line.producer_risk
    )
    if (p["sample_size"], p["acceptance_number"]) != (n, c):
        reject(event, f"is not by the smallest plan that keeps both risks, which is {n} with {c}")
    units = draw(seed, lot, n)
    if p["units_digest"] != hashlib.sha256("\n".join(units).encode()).hexdigest():
        reject(event, "has other units than the seed draws")
    for unit in units:
        name, __, question = unit.partition("/")
        current.units.setdefault(name, set()).add(question)
    current.sample = p
    current.risks = attained_risks(len(lot), n, c, line.limiting, line.acceptable)


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
    "assurance.item-inspected",
    {
        "work_order": text, "round": positive, "assignment": text, "item": text,
        "in_sample": flag, "defects": count,
    },
    roles=["reviewer"],
    stages=["execution"],
)  # fmt: skip
def _item_inspected(state: State, event: Event, _: Member) -> None:
    order, p = _closed_order(state, event), event.public
    current, assignment = order.current, state.assignments.get(p["assignment"])
    if assignment is None or (assignment.item, assignment.purpose) != (p["item"], "inspect"):
        reject(event, "is not the inspection that was reserved")
    if not assignment.done or assignment.holder != event.actor or p["item"] not in order.items:
        reject(event, "is of an inspection that the actor has not handed in")
    if p["in_sample"] is not (current.verdict is None):
        reject(event, "says wrongly whether it is part of the sample")
    if p["in_sample"] and p["item"] not in current.units:
        reject(event, "inspects an item that was not drawn")
    assignment.holder = None  # one inspection, stated once
    made = Inspection(event.actor, p["in_sample"], p["defects"])
    current.inspections.setdefault(p["item"], []).append(made)
    if p["defects"] and not p["in_sample"]:
        order.owed[p["item"]] = frozenset()


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
    order, p = _closed_order(state, event), event.public
    made = order.current.inspections.get(p["item"])
    last = made[-1] if made else None
    if last is None or last.inspector != event.actor or last.in_sample is not p["in_sample"]:
        reject(event, "raises a defect outside the actor's inspection of the item")
    if len(last.defects) >= last.stated or any(
        d["question"] == p["question"] for d in last.defects
    ):
        reject(event, "raises more defects than the inspection states, or a question's twice")
    drawn = order.current.units.get(p["item"], set())
    if order.line.unit != "item" and p["in_sample"] and p["question"] not in drawn:
        reject(event, "raises a defect on an answer that was not drawn")
    if f"answers.{p['question']}" not in order.items[p["item"]].answered:
        reject(event, "raises a defect on a question that is not asked")
    if p["clause"] not in state.clauses:
        reject(event, "cites a clause that is not in the guideline")
    if p["counted"] is not (p["severity"] in order.line.counted):
        reject(event, f"counts a {p['severity']} defect otherwise than the statement of work")
    if p["defect"] in state.defects:
        reject(event, "raises a defect twice")
    state.defects.add(p["defect"])
    last.defects.append(p)
    if not p["in_sample"]:
        order.owed[p["item"]] |= {(p["question"], p["clause"])}


def all_raised(current: Round) -> bool:
    """Whether the log holds every defect that the inspections of a round state."""
    found = (one for made in current.inspections.values() for one in made)
    return all(len(one.defects) == one.stated for one in found)


@rule(
    "assurance.verdict-given",
    {
        "work_order": text, "round": positive, "defective": count, "acceptance_number": count,
        "accepted": flag,
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
    if not all_raised(current):
        reject(event, "leaves out a defect that an inspection states")
    found = current.defects(in_sample=True)
    defective = _defective(order, found)
    if p["defective"] != defective:
        reject(event, f"counts {p['defective']} defective units where the log has {defective}")
    allowed = current.sample["acceptance_number"]
    if p["acceptance_number"] != allowed or p["accepted"] is not (defective <= allowed):
        reject(event, f"is not the verdict on {defective} defective units where {allowed} may be")
    current.verdict = p
    for defect in found:
        cited = (defect["question"], defect["clause"])
        order.owed[defect["item"]] = order.owed.get(defect["item"], frozenset()) | {cited}


def _defective(order: WorkOrder, found: list[Any]) -> int:
    """Drawn units with a counted defect."""
    counted = [d for d in found if d["counted"]]
    if order.line.unit == "item":
        return len({d["item"] for d in counted})
    return len({(d["item"], d["question"]) for d in counted})


@rule(
    "assurance.certificate-issued",
    {"work_order": text, "round": positive, "digest": digest, "figures": anything},
    roles=["delivery-manager"],
)
def _certificate_issued(state: State, event: Event, _: Member) -> None:
    order, stated = order_at(state, event, "acceptance"), event.public["figures"]
    if order.current.certificate:
        reject(event, "certifies a round a second time")
    if hashlib.sha256(canonical.encode(stated)).hexdigest() != event.public["digest"]:
        reject(event, "has a digest that is not of its figures")
    expected = _figures(state, order)
    if stated.keys() != expected.keys():
        reject(event, "does not state exactly the figures of a certificate")
    for name, value in expected.items():
        if not _same(stated[name], value):
            reject(event, f"states {name} as {stated[name]}, which the log does not bear out")
    engagement = stated["engagement"]
    if engagement != (state.engagement or engagement):
        reject(event, "is for another engagement")
    order.current.certificate = event.public["digest"]
    order.certificate = {"digest": event.public["digest"], "figures": stated}


def _figures(state: State, order: WorkOrder) -> dict[str, Any]:
    """What a certificate must state; a function says whether the value will do."""
    current, line = order.current, order.line
    sample, verdict = current.sample, current.verdict
    assert sample is not None  # the gate
    assert verdict is not None
    lot, n = sample["lot"], sample["sample_size"]
    least = conforming_lower_bound(lot, n, verdict["defective"], 1 - line.consumer_risk)
    found = [d["severity"] for d in current.defects(in_sample=True)]
    consumer, producer = current.risks
    return {
        "format": "outwork-certificate/1",
        "engagement": lambda value: isinstance(value, str) and value != "",
        "work_order": order.id,
        "round": current.number,
        "unit": line.unit,
        "counted_severities": sorted(line.counted),
        "guideline_version": state.guideline_version,
        "lot": lot,
        "inspected": n,
        "acceptance_number": sample["acceptance_number"],
        "defective": verdict["defective"],
        "defects": {severity: found.count(severity) for severity in ("critical", "major", "minor")},
        "accepted": verdict["accepted"],
        "confidence": lambda value: Fraction(value) == 1 - line.consumer_risk,
        "defectives_at_most": lot - least,
        "conforming_at_least": lambda value: floor_stated(value, Fraction(least, lot)),
        "limiting_quality": lambda value: Fraction(value) == line.limiting,
        "acceptable_quality": lambda value: Fraction(value) == line.acceptable,
        "consumer_risk": lambda value: risk_stated(value, consumer),
        "producer_risk": lambda value: risk_stated(value, producer),
        "inspector_error": "not-measured",
        "seed": sample["seed"],
        "closing_size": sample["closing_size"],
    }


def _same(stated: Any, expected: Any) -> bool:
    if callable(expected):
        return isinstance(stated, str) and bool(expected(stated))
    return type(stated) is type(expected) and bool(stated == expected)
