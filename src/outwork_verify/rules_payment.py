"""Rules: delivery, acceptance, invoice, proposed changes; and the members that repeat the log."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from outwork_verify import canonical
from outwork_verify.container import Failure
from outwork_verify.declare import (
    SEVERITY,
    count,
    digest,
    flag,
    money,
    order_at,
    positive,
    rule,
    text,
    texts,
    words,
)
from outwork_verify.entry import ENTRIES, Event, reject
from outwork_verify.figures import MINOR_UNITS, Line, invoice_totals
from outwork_verify.inspectors import Check
from outwork_verify.state import Delivery, Item, Member, State

_FOLDER = "deliverable/"


def _files(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(file, dict)
        and file.keys() == {"digest", "size"}
        and digest(file["digest"])
        and count(file["size"])
        for file in value
    )


@rule(
    "acceptance.delivered",
    {
        "work_order": text, "round": positive, "items": positive, "files": _files,
        "certificate": digest, "digest": digest,
    },
    ["names"],
    roles=["delivery-manager"],
)  # fmt: skip
def _delivered(state: State, event: Event, _: Member) -> None:
    order, p = order_at(state, event, "acceptance"), event.public
    if order.delivery is not None and order.delivery.round == p["round"]:
        reject(event, "delivers a round a second time")
    order.delivered_at = order.delivered_at or event.at
    if not order.current.certificate or p["certificate"] != order.current.certificate:
        reject(event, "is not under the certificate of this round")
    if p["items"] != order.counts["submitted"]:
        reject(event, f"delivers {p['items']} items of {order.counts['submitted']} submitted")
    bound = {"certificate": p["certificate"], "files": [file["digest"] for file in p["files"]]}
    if p["digest"] != hashlib.sha256(canonical.encode(bound)).hexdigest():
        reject(event, "has a digest that is not of its certificate and files")
    files = Counter((file["digest"], file["size"]) for file in p["files"])
    order.delivery = Delivery(p["round"], p["items"], p["digest"], files)


@rule(
    "acceptance.delivery-accepted",
    {"work_order": text, "round": positive, "digest": digest},
    roles=["vendor-manager"],
)
def _delivery_accepted(state: State, event: Event, _: Member) -> None:
    made = _waiting(state, event)
    if event.public["digest"] != made.digest or made.signed_by != event.actor:
        reject(event, "accepts another delivery than the actor signed for")
    made.state = "accepted"


@rule(
    "acceptance.delivery-returned",
    {"work_order": text, "round": positive, "items": texts},
    ["reason"],
    roles=["vendor-manager", "client-reviewer"],
)
def _delivery_returned(state: State, event: Event, _: Member) -> None:
    made, order = _waiting(state, event), state.orders[event.public["work_order"]]
    items = event.public["items"]
    known = {item.id for item in order.items.values() if item.state == "submitted"}
    if not items or len(set(items)) != len(items) or not set(items) <= known:
        reject(event, "returns no items, one twice, or items that were not delivered")
    made.state = "returned"
    order.owed = dict.fromkeys(items, ())


@rule(
    "acceptance.escape-reported",
    {
        "work_order": text, "defect": text, "item": text, "question": words, "clause": text,
        "severity": SEVERITY, "counted": flag, "author": text, "missed_by": texts,
    },
    ["note", "evidence"],
    roles=["vendor-manager", "client-reviewer"],
)  # fmt: skip
def _escape_reported(state: State, event: Event, _: Member) -> None:
    order, p = order_at(state, event, "acceptance", "closed"), event.public
    item = order.items.get(p["item"])
    if order.delivery is None or order.delivery.state == "returned":
        reject(event, "is about something that was not delivered")
    if item is None or item.state != "submitted" or p["question"] in item.escaped:
        reject(event, "is of an item that was not delivered, or an answer reported before")
    if f"answers.{p['question']}" not in item.answered or p["clause"] not in state.clauses:
        reject(event, "is of a question that is not asked, or a clause not in the guideline")
    if p["defect"] in state.defects:
        reject(event, "reports a defect twice")
    if p["counted"] is not (p["severity"] in order.line.judged):
        reject(event, f"counts a {p['severity']} defect otherwise than the statement of work")
    if p["author"] != item.by:
        reject(event, f"names another author than {item.by}")
    missed = (
        _missed(p["question"], item, whole=order.line.unit == "item") if p["counted"] else set()
    )
    if p["missed_by"] != sorted(missed):
        reject(event, "names other inspectors than those who passed the answer")
    for inspector in missed:
        state.checks.setdefault(inspector, Check()).put(event.at, seeded=1)
    state.defects[p["defect"]] = ""
    item.escaped[p["question"]] = p["counted"]
    order.escaped[p["severity"]] += 1


def _missed(question: str, item: Item, *, whole: bool) -> set[str]:
    """Who inspected an answer as it stands and found nothing; an item as a whole is missed once."""
    if whole and any(item.escaped.values()):
        return set()
    return {
        made.inspector
        for made, drawn in item.passed
        if (not drawn or question in drawn)
        and all(defect["question"] != question for defect in made.defects)
    }


def _waiting(state: State, event: Event) -> Delivery:
    made = order_at(state, event, "acceptance").delivery
    if made is None or made.round != event.public["round"] or made.state != "delivered":
        reject(event, "decides on a delivery that does not wait for a decision")
    return made


def _invoiced_lines(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(line, dict)
        and line.keys() == {"line", "quantity", "unit_price", "amount"}
        and text(line["line"])
        and count(line["quantity"])
        and money(line["unit_price"])
        and money(line["amount"])
        for line in value
    )


@rule(
    "acceptance.invoiced",
    {"work_order": text, "number": text, "lines": _invoiced_lines, "total": money},
    roles=["delivery-manager"],
)
def _invoiced(state: State, event: Event, _: Member) -> None:
    order, p = order_at(state, event, "acceptance"), event.public
    if order.delivery is None or order.delivery.state != "accepted":
        reject(event, "asks for payment of what was not accepted")
    if order.invoice is not None or any(i["number"] == p["number"] for i in state.invoices):
        reject(event, "is a second invoice, or has the number of another")
    if [line["line"] for line in p["lines"]] != [order.line.id]:
        reject(event, "does not invoice exactly the work order's line")
    (line,) = p["lines"]
    if line["quantity"] != order.delivery.items:
        reject(event, f"invoices {line['quantity']} units of {order.delivery.items} accepted")
    if line["unit_price"] != state.rates.get(order.line.id):
        reject(event, "has another unit price than the rate card")
    currency = str(state.currency)
    price = Decimal(line["unit_price"]["amount"])
    totals = invoice_totals([Line(Decimal(line["quantity"]), price)], digits=MINOR_UNITS[currency])
    for stated, exact in ((line["amount"], totals.amounts[0]), (p["total"], totals.gross)):
        if stated["currency"] != currency or Decimal(stated["amount"]) != exact:
            reject(event, f"asks for {stated['amount']}, which should be {exact} {currency}")
    order.invoice = p
    state.invoices.append(p)


@rule(
    "acceptance.change-proposed",
    {"change": text, "clause": text},
    ["because", "text"],
    roles=["vendor-manager", "client-reviewer", "delivery-manager", "reviewer"],
    stages=["execution"],
)
def _change_proposed(state: State, event: Event, _: Member) -> None:
    name, clause = event.public["change"], event.public["clause"]
    if name in state.changes or clause not in state.clauses:
        reject(event, "proposes a change twice, or of a clause that is not in the guideline")
    state.changes[name] = (clause, None)


@rule(
    "acceptance.change-decided",
    {"change": text, "accepted": flag},
    roles=["vendor-manager"],
    stages=["execution"],
)
def _change_decided(state: State, event: Event, _: Member) -> None:
    name = event.public["change"]
    clause, decided = state.changes.get(name, ("", True))
    if decided is not None:
        reject(event, "decides on a change that was not proposed, or that is decided")
    if state.owed_version is not None:
        reject(event, "decides on a change before the last one accepted was put in force")
    state.changes[name] = (clause, event.public["accepted"])
    if event.public["accepted"]:
        state.owed_version = event.seq


def check_ending(state: State) -> None:
    """What was begun in one act is there whole; raises Failure at the entry that lacks the rest."""
    if state.owed_version is not None:
        raise Failure(ENTRIES, state.owed_version, "accepts a change that no guideline carries")
    if state.currency is not None and not state.members:
        raise Failure(ENTRIES, 0, "opens an engagement that nobody joins")


def check_certificates(state: State, stated: Any) -> None:
    """`certificate.json` lists the newest certificate of each work order."""
    issued = [order.certificate for order in state.orders.values() if order.certificate]
    if not isinstance(stated, list) or sorted(map(repr, stated)) != sorted(map(repr, issued)):
        raise Failure("certificate.json", None, "does not list the certificates that were issued")


def check_invoices(state: State, stated: Any) -> None:
    """`invoice.json` lists the invoices; their dates are no part of the log."""
    issued = sorted(state.invoices, key=lambda invoice: str(invoice["number"]))
    same = isinstance(stated, list) and len(stated) == len(issued)
    if not same or not all(map(_same_invoice, stated, issued)):
        raise Failure("invoice.json", None, "does not list the invoices that were issued")


def _same_invoice(stated: Any, issued: Mapping[str, Any]) -> bool:
    try:
        lines = [
            {
                "line": line["line_id"],
                "quantity": line["quantity"],
                "unit_price": line["unit_price"],
                "amount": line["amount"],
            }
            for line in stated["lines"]
        ]
        named = (stated["number"], stated["work_order_id"], stated["total"])
    except (LookupError, TypeError):
        return False
    return named == (issued["number"], issued["work_order"], issued["total"]) and (
        lines == issued["lines"]
    )


def check_deliverables(state: State, members: Mapping[str, bytes]) -> None:
    """The files under `deliverable/<work order>/` are those of its newest delivery.

    A bundle may leave deliverables out, all of them or those of a work order, as after erasure.
    """
    found: dict[str, Counter[tuple[str, int]]] = {}
    first: dict[str, str] = {}
    for name, data in members.items():
        if name.startswith(_FOLDER):
            order = name.removeprefix(_FOLDER).partition("/")[0]
            first.setdefault(order, name)
            files = found.setdefault(order, Counter())
            files[hashlib.sha256(data).hexdigest(), len(data)] += 1
    for name, files in found.items():
        delivered = state.orders[name].delivery if name in state.orders else None
        if delivered is None or files - delivered.files:
            raise Failure(first[name], None, "is not a file that was delivered, nor are its likes")
        if delivered.files - files:
            raise Failure(first[name], None, "stands without other files of the same delivery")
