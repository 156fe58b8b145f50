"""Rules: files of rows that come in parts, chunks of rows taken in, results taken out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from outwork_verify.declare import (
    MANAGERS,
    count,
    digest,
    mapping,
    one_of,
    optional,
    order_at,
    positive,
    rule,
    text,
)
from outwork_verify.entry import Event, reject
from outwork_verify.state import Import, Item, Member, State
from outwork_verify.tree import EMPTY_ROOT, TreeError, check_inclusion, leaf_hash

FORMAT = one_of("jsonl", "csv", "xlsx")
WORK = one_of("import", "draft")
LARGEST_CHUNK = 1_000
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_ITEM = re.compile(f"itm_[0-7][{_DIGITS}]{{25}}")


def run_of(first: str, count_: int) -> list[str]:
    """The ids of so many items that follow each other: base 32 (Crockford), counted up."""
    number = 0
    for digit in first[4:]:
        number = number * 32 + _DIGITS.index(digit)
    found = []
    for one in range(number, number + count_):
        written = "".join(_DIGITS[(one >> shift) & 31] for shift in range(125, -1, -5))
        found.append("itm_" + written)
    return found


def check_row(state: State, proof: Mapping[str, Any]) -> None:
    """Checks that an item's text was taken in as a row of a chunk that the log knows.

    `proof` is what `GET /api/items/ITEM/proof` gives. Raises ValueError that says what is wrong.
    """
    try:
        found = state.imports.get(proof["import_id"])
        index, chunk = int(proof["index"]), int(proof["chunk"])
        salt, path = bytes.fromhex(proof["salt"]), [bytes.fromhex(h) for h in proof["path"]]
        item, text_ = str(proof["item"]).encode(), str(proof["text"]).encode()
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the proof cannot be read ({error!r})") from None
    if found is None or not 1 <= chunk <= len(found.chunks):
        raise ValueError("the log has no such chunk of an import")
    first, items, root = found.chunks[chunk - 1]
    if first is None or not 0 <= index < items or run_of(first, items)[index].encode() != item:
        raise ValueError("the item is not the one at that place of the chunk")
    leaf = leaf_hash(item + hashlib.sha256(salt + text_).digest())
    try:
        check_inclusion(index, items, leaf, path, bytes.fromhex(root))
    except TreeError as error:
        raise ValueError(f"the text is not what was taken in ({error})") from None


def _import_at(state: State, event: Event) -> Import:
    """The import that an event names, which is under way in the work order at intake."""
    order = order_at(state, event, "execution")
    found = state.imports.get(event.public["import_id"])
    if found is None or found.order != order.id:
        reject(event, "names an import that was not started for the work order")
    if found.over():
        reject(event, "goes on with an import that is over")
    if order.phase != "intake":
        reject(event, "takes rows in after the work order was released")
    return found


@rule(
    "execution.import-started",
    {"work_order": text, "import_id": text, "format": FORMAT, "size": positive, "digest": digest},
    ["name"],
    roles=MANAGERS,
)
def _import_started(state: State, event: Event, _: Member) -> None:
    p, order = event.public, order_at(state, event, "execution")
    if order.phase != "intake":
        reject(event, "starts an import after the work order was released")
    if p["import_id"] in state.imports:
        reject(event, "starts an import twice")
    state.imports[p["import_id"]] = Import(order.id, p["size"], p["digest"])


@rule(
    "execution.part-received",
    {"work_order": text, "import_id": text, "number": positive, "size": positive, "digest": digest},
    roles=MANAGERS,
)
def _part_received(state: State, event: Event, _: Member) -> None:
    p, found = event.public, _import_at(state, event)
    if found.state != "receiving" or p["number"] != found.parts + 1:
        reject(event, "is not the next part of the file")
    found.parts += 1
    found.received += p["size"]
    if found.received > found.size:
        reject(event, "brings more than the file that was announced")


@rule(
    "execution.upload-completed",
    {"work_order": text, "import_id": text, "parts": positive, "size": positive, "digest": digest},
    roles=MANAGERS,
)
def _upload_completed(state: State, event: Event, _: Member) -> None:
    p, found = event.public, _import_at(state, event)
    if found.state != "receiving" or (p["size"], p["digest"]) != (found.size, found.digest):
        reject(event, "completes another file than was announced, or a second time")
    if found.received != found.size or p["parts"] != found.parts:
        reject(event, f"does not count the {found.parts} parts and {found.received} bytes received")
    found.state = "admitting"


@rule(
    "execution.rows-admitted",
    {
        "work_order": text, "import_id": text, "chunk": positive, "first": optional(text),
        "items": count, "root": digest, "refused": mapping(positive),
    },
    roles=MANAGERS,
)  # fmt: skip
def _rows_admitted(state: State, event: Event, _: Member) -> None:
    p, found = event.public, _import_at(state, event)
    order, refused = state.orders[found.order], sum(p["refused"].values())
    if found.state != "admitting":
        reject(event, "takes rows in of a file that is not complete")
    if p["chunk"] != len(found.chunks) + 1:
        reject(event, f"is not chunk {len(found.chunks) + 1} of the import")
    if not 1 <= p["items"] + refused <= LARGEST_CHUNK:
        reject(event, f"is not a chunk of 1 to {LARGEST_CHUNK} rows")
    if (p["first"] is None) is not (p["items"] == 0):
        reject(event, "has items without a first one, or the reverse")
    if not p["items"] and p["root"] != EMPTY_ROOT.hex():
        reject(event, "has a root over no rows")
    if p["items"]:
        if _ITEM.fullmatch(p["first"]) is None:
            reject(event, "has a first item whose id cannot be counted up")
        for name in run_of(p["first"], p["items"]):
            if name in state.items:
                reject(event, "takes an item in twice")
            state.items[name] = order.items[name] = Item(name, order)
        order.counts["admitted"] += p["items"]
    found.chunks.append((p["first"], p["items"], p["root"]))
    found.admitted += p["items"]
    found.refused += refused
    found.faults.update(p["refused"])


@rule(
    "execution.import-finished",
    {
        "work_order": text, "import_id": text, "chunks": count, "admitted": count,
        "refused": count,
    },
    roles=MANAGERS,
)  # fmt: skip
def _import_finished(state: State, event: Event, _: Member) -> None:
    p, found = event.public, _import_at(state, event)
    seen = (len(found.chunks), found.admitted, found.refused)
    if found.state != "admitting" or (p["chunks"], p["admitted"], p["refused"]) != seen:
        reject(event, f"does not count {seen[0]} chunks, {seen[1]} items, {seen[2]} refused rows")
    found.state = "finished"


@rule("execution.import-abandoned", {"work_order": text, "import_id": text}, roles=MANAGERS)
def _import_abandoned(state: State, event: Event, _: Member) -> None:
    _import_at(state, event).state = "abandoned"


@rule(
    "execution.results-exported",
    {"work_order": text, "format": FORMAT, "items": count},
    roles=[*MANAGERS, "client-reviewer"],
)
def _results_exported(state: State, event: Event, _: Member) -> None:
    order = order_at(state, event, "execution", "assurance", "acceptance", "closed")
    if event.public["items"] != len(order.items):
        reject(event, f"takes out another number of items than the {len(order.items)} there are")


@rule("execution.work-retried", {"job": text, "work": WORK}, roles=["delivery-manager"])
def _work_retried(state: State, event: Event, _: Member) -> None:
    """The outbox is no part of the log: nothing follows from it."""
