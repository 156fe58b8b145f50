"""Rules: inspected items inspected once more by others who do not know, and what it shows."""

from __future__ import annotations

from outwork_verify.declare import MANAGERS, count, order_at, positive, rule, text, texts
from outwork_verify.entry import Event, reject
from outwork_verify.figures import draw, reinspection_seed
from outwork_verify.inspectors import Check
from outwork_verify.rules_quality import bad_units
from outwork_verify.state import Inspection, Member, State, WorkOrder


@rule(
    "assurance.reinspection-requested",
    {"work_order": text, "round": positive, "inspected_size": positive, "items": texts},
    roles=MANAGERS,
)
def _reinspection_requested(state: State, event: Event, member: Member) -> None:
    order, p = order_at(state, event, "assurance"), event.public
    current = order.current
    if "reviewer" in member.roles:
        reject(event, "asks as somebody who inspects")
    if current.sample is None or current.verdict is not None:
        reject(event, "asks to inspect again what is not drawn, or is decided")
    size, root = current.newest
    if p["inspected_size"] != size:
        reject(event, f"is not drawn from the log as it was inspected last, {size} long")
    looked = [item for item in current.inspections if item not in current.again]
    if not p["items"] or len(p["items"]) > len(looked):
        reject(event, f"asks for none, or for more than the {len(looked)} items inspected once")
    seed = reinspection_seed(bytes.fromhex(current.sample["seed"]), root)
    if list(p["items"]) != draw(seed, looked, len(p["items"])):
        reject(event, "has other items than the seed draws")
    for name in p["items"]:
        item = order.items[name]
        item.not_again = state.members[current.inspections[name][0].inspector].family
        item.open("inspect/1")
        current.again[name] = False


@rule(
    "assurance.inspections-compared",
    {
        "work_order": text, "round": positive, "assignment": text, "item": text,
        "inspector": text, "seeded": count, "caught": count, "clean": count, "passed": count,
    },
    roles=["reviewer"],
    stages=["execution"],
)  # fmt: skip
def _inspections_compared(state: State, event: Event, _: Member) -> None:
    order, p = order_at(state, event, "assurance"), event.public
    first, second = _both(event, order)
    assignment = state.assignments.get(p["assignment"])
    if assignment is None or assignment.item != p["item"] or second.assignment != p["assignment"]:
        reject(event, "is not about the inspection just handed in")
    if p["inspector"] != first.inspector or event.actor != second.inspector:
        reject(event, "compares the findings of others than those who inspected the item")
    if any(len(one.defects) != one.stated for one in (first, second)):
        reject(event, "leaves out a defect that an inspection states")
    units = {(p["item"], question) for question in order.current.units[p["item"]]}
    one, other = (bad_units(order, x.defects) & units for x in (first, second))
    clean = units - other
    exact = len(other), len(one & other), len(clean), len(clean - one)
    if (p["seeded"], p["caught"], p["clean"], p["passed"]) != exact:
        reject(event, "counts otherwise than the two inspections do")
    order.current.again[p["item"]] = True
    if p["seeded"]:
        check = state.checks.setdefault(p["inspector"], Check())
        check.put(event.at, seeded=p["seeded"], caught=p["caught"])


def _both(event: Event, order: WorkOrder) -> tuple[Inspection, Inspection]:
    """The sample's inspection of an item and the second one, not compared before."""
    found = order.current.inspections.get(event.public["item"], [])
    if order.current.again.get(event.public["item"]) is not False or len(found) != 2:
        reject(event, "compares inspections of an item that was not inspected twice, or again")
    return found[0], found[1]
