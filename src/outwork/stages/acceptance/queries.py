"""Reading deliveries, invoices and proposed changes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import BinaryIO

from pydantic import TypeAdapter

from outwork import agreements, documents, ledger
from outwork.agreements import Engagement, WorkOrder
from outwork.kit.database import Connection, keyring_of
from outwork.kit.keyring import KeyMissing
from outwork.stages import assurance
from outwork.stages.acceptance import events, store
from outwork.stages.acceptance.model import (
    Delivery,
    EscapedDefect,
    Invoice,
    ProposedChange,
    gate_reasons,
)
from outwork.vocabulary import EngagementId, ProposedChangeId, Reason, Refusal, Stage, WorkOrderId

# What tells an event of the log that a certificate, delivery or invoice is on record there.
_STATED = {
    assurance.CertificateIssued.kind: "digest",
    events.Delivered.kind: "digest",
    events.Invoiced.kind: "number",
}


def delivery_of(db: Connection, order: WorkOrder) -> Delivery | None:
    """The newest delivery of a work order, or None."""
    return store.deliveries.one(db, store.delivery_table.c.work_order_id == order.id)


def invoices(db: Connection, engagement: EngagementId) -> list[Invoice]:
    """The invoices of an engagement, oldest first."""
    return store.invoices.find(db, store.invoice_table.c.engagement_id == engagement)


def invoice_of(db: Connection, order: WorkOrder) -> Invoice | None:
    """A work order's invoice, or None."""
    return store.invoices.one(db, store.invoice_table.c.work_order_id == order.id)


def proposed_changes(db: Connection, engagement: EngagementId) -> list[ProposedChange]:
    """Proposed changes of the guideline, oldest first."""
    return store.changes.find(db, store.change_table.c.engagement_id == engagement)


def proposed_change(db: Connection, identifier: ProposedChangeId) -> ProposedChange:
    """The proposed change of that id; raises NotFound."""
    return store.changes.get(db, identifier)


def escapes(db: Connection, order: WorkOrderId) -> list[EscapedDefect]:
    """What the client found in a work order's delivery, oldest first."""
    return store.escapes.find(db, store.escape_table.c.work_order_id == order)


def escapes_of(db: Connection, engagement: EngagementId) -> list[EscapedDefect]:
    """What the client found in all deliveries of an engagement, oldest first."""
    return store.escapes.find(db, store.escape_table.c.engagement_id == engagement)


def escape_words(db: Connection, found: EscapedDefect) -> tuple[str, str]:
    """What the client wrote of an escaped defect, and the quote that shows it, "" without."""
    said = documents.unseal(db, found.engagement_id, found.content, f"{found.id}/escape")
    return str(said["note"]), "".join(str(place["quote"]) for place in said["evidence"])


def gate(db: Connection, order: WorkOrder) -> list[Reason]:
    """What stands between a work order's acceptance and its close."""
    place = f"engagements/{order.engagement_id}/acceptance"
    return gate_reasons(delivery_of(db, order), invoice_of(db, order) is not None, place)


def closing_gate(db: Connection, engagement: Engagement) -> list[Reason]:
    """What stands between an engagement and its close."""
    place = f"engagements/{engagement.id}/acceptance"
    orders = agreements.work_orders(db, engagement.id)
    reasons = [
        Reason("work-order-open", {"work_order": o.id, "title": o.title}, place)
        for o in orders
        if o.stage is not Stage.CLOSED
    ]
    undecided = [c for c in proposed_changes(db, engagement.id) if c.accepted is None]
    reasons += [Reason("change-undecided", {"change": c.id}, place) for c in undecided]
    return reasons


def export_bundle(
    db: Connection,
    engagement: EngagementId,
    target: BinaryIO,
    *,
    opens: Callable[[ledger.Entry], bool] | None = None,
) -> int:
    """Write the engagement's signed bundle; gives the number of entries.

    Holds the log up to the newest checkpoint that every side with a witness has cosigned and, as
    far as that log knows of them, every invoice and the newest certificate and delivery of every
    work order. The sealed fields of entries that `opens` says yes to are opened; none without it.
    What was erased is left out. Raises Refusal("checkpoint-pending") where nothing is integrated.
    """
    found = ledger.witnessing.witnessed_checkpoint(db, engagement)
    if found is None:
        raise Refusal("checkpoint-pending")
    size, note, witnesses = found
    entries = list(ledger.entries(db, engagement, size))
    opened: list[ledger.bundle.Disclosure] = []
    if opens is not None:
        places = {e.id: e.seq for e in entries if opens(e)}
        for event_id, fields in ledger.disclosures(db, engagement).items():
            seq = places.get(event_id)
            if seq is not None:
                opened += [
                    ledger.bundle.Disclosure(seq, f, salt, value)
                    for f, (salt, value) in fields.items()
                ]
    stated = {
        kind: {str(e.public[name]) for e in entries if e.kind == kind}
        for kind, name in _STATED.items()
    }
    files: dict[str, bytes] = {}
    certificates = []
    for order in agreements.work_orders(db, engagement):
        known = stated[assurance.CertificateIssued.kind]
        issued = [c for c in assurance.certificates(db, order) if c.digest in known]
        certificates += [{"digest": c.digest, "figures": c.figures} for c in issued[-1:]]
        files |= _delivered_files(db, order, stated[events.Delivered.kind])
    known = stated[events.Invoiced.kind]
    invoiced = TypeAdapter(list[Invoice]).dump_python(
        [i for i in invoices(db, engagement) if i.number in known], mode="json"
    )
    contents = ledger.bundle.Contents(
        engagement=engagement,
        origin=ledger.log_signer(keyring_of(db), engagement).name,
        checkpoint=note,
        witnesses=witnesses,
        entries=tuple(e.line for e in entries),
        disclosures=tuple(opened),
        deliverables=files,
        certificate=certificates or None,
        invoice=invoiced or None,
        timestamps=ledger.timestamps.as_lines(ledger.timestamps_of(db, engagement, len(entries))),
        logs=ledger.logs.proof(db, engagement, size),
    )
    ledger.bundle.write_bundle(target, contents, ledger.log_signer(keyring_of(db), engagement))
    return len(entries)


def _delivered_files(db: Connection, order: WorkOrder, known: Collection[str]) -> dict[str, bytes]:
    """The files of the newest delivery whose digest is known; none once they are erased."""
    made = store.deliveries.find(db, store.delivery_table.c.work_order_id == order.id)
    given = [d for d in made if d.digest in known]
    files = given[-1].files if given else ()
    try:
        return {f"{order.id}/{f.name}": documents.content(db, f.document_id) for f in files}
    except KeyMissing:
        return {}
