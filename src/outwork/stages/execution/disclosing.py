"""Showing one item to somebody outside: its entries, proofs and contents, without the rest."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any

from outwork import agreements, documents, ledger
from outwork.kit.database import Connection, keyring_of
from outwork.kit.keyring import KeyMissing
from outwork.operation import Operation, act
from outwork.stages.execution import events, queries
from outwork.stages.execution.model import WorkItem
from outwork.vocabulary import ItemId, Json, NotFound, Refusal, Role

FORMAT = "outwork-disclosure/1"


@act(roles=[Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER], records=[events.ItemDisclosed])
def disclose_item(op: Operation, item: ItemId) -> dict[str, Json]:
    """Give out what proves one item by itself: its entries, their sealed fields, its content."""
    found = queries.item(op.db, item)
    op.require(agreements.engagement(op.db, found.engagement_id))
    if found.work_order_id is None:  # a control item, whose answers nobody is shown
        raise NotFound("item", item)
    made = _disclosed(op.db, found)
    op.record(
        events.ItemDisclosed(
            engagement=found.engagement_id,
            item=item,
            entries=len(made["entries"]),
            opened=len(made["opened"]),
            contents=len(made["contents"]),
        )
    )
    return made


def _disclosed(db: Connection, item: WorkItem) -> dict[str, Any]:
    engagement = item.engagement_id
    note = ledger.latest_checkpoint(db, engagement)
    if note is None:
        raise Refusal("checkpoint-pending")
    size, row = int(note.split("\n", 2)[1]), _row(db, item)
    entries = [
        e for e in ledger.entries_about(db, engagement, "item", item.id) if (e.seq or 0) < size
    ]
    if row is not None:
        chunk = {"import_id": row["import_id"], "chunk": row["chunk"]}
        admitted = ledger.find_entry(db, engagement, events.RowsAdmitted.kind, **chunk)
        if admitted is not None and admitted.seq is not None and admitted.seq < size:
            entries.insert(0, admitted)
    proofs = ledger.Proofs()
    fields = ledger.disclosures(db, engagement, *[e.id for e in entries]) if entries else {}
    return {
        "format": FORMAT,
        "engagement": engagement,
        "item": item.id,
        "log": ledger.verifier_key(keyring_of(db), engagement),
        "checkpoint": note,
        "entries": [
            {
                "line": e.line.decode(),
                "proof": [
                    base64.b64encode(digest).decode()
                    for digest in ledger.prove(db, engagement, e.seq or 0, size, proofs)
                ],
            }
            for e in entries
        ],
        "opened": [
            {"seq": e.seq, "field": field, "salt": salt.hex(), "value": value}
            for e in entries
            for field, (salt, value) in sorted(fields.get(e.id, {}).items())
        ],
        "contents": [] if row is not None else _contents(db, item),
        "row": row,
    }


def _row(db: Connection, item: WorkItem) -> dict[str, Any] | None:
    """The proof of a row, for an item that came as one; None for a file, or after erasure."""
    try:
        return asdict(queries.row_proof(db, item.id))
    except (NotFound, KeyMissing):
        return None


def _contents(db: Connection, item: WorkItem) -> list[dict[str, str]]:
    try:
        data = documents.content(db, item.document_id)
    except KeyMissing:
        return []
    return [{"name": item.name, "data": base64.b64encode(data).decode()}]
