"""Delivery, invoice, proposed change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from outwork.vocabulary import (
    ActorId,
    DefectId,
    Digest,
    DocumentId,
    EngagementId,
    ItemId,
    LineId,
    Money,
    ProposedChangeId,
    Reason,
    Severity,
    WorkOrderId,
)

ACCEPTANCE_MEANING = "accepts the delivery and its certificate"


class DeliveryState(StrEnum):
    """Waiting for the client, accepted, or returned."""

    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """One file of a deliverable: SHA-256 and size in bytes."""

    document_id: DocumentId
    name: str
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the client was given for a work order in one round."""

    engagement_id: EngagementId
    work_order_id: WorkOrderId
    round: int
    files: tuple[DeliveredFile, ...]
    items: int
    certificate_digest: Digest
    digest: Digest
    state: DeliveryState
    delivered_by: ActorId
    delivered_at: datetime


@dataclass(frozen=True, slots=True)
class EscapedDefect:
    """A defect that the client found in what was delivered; `content` is sealed: note and evidence.

    `author` gave the answer that was delivered; `missed_by` inspected it as it was, found nothing,
    and is held to have missed a unit that is defective.
    """

    engagement_id: EngagementId
    id: DefectId
    work_order_id: WorkOrderId
    item_id: ItemId
    question: str
    clause: str
    severity: Severity
    counted: bool
    author: ActorId
    missed_by: tuple[ActorId, ...]
    content: bytes
    reported_by: ActorId
    reported_at: datetime

    def with_content(self, sealed: bytes) -> EscapedDefect:
        """The same with its words, sealed under its id."""
        return replace(self, content=sealed)


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """Accepted units of a line at the agreed price."""

    line_id: LineId
    quantity: int
    unit_price: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class Invoice:
    """What a client owes for a work order."""

    engagement_id: EngagementId
    id: str
    work_order_id: WorkOrderId
    number: str
    lines: tuple[InvoiceLine, ...]
    total: Money
    issued_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ReturnedItem:
    """An item the client sends back: the answer, the clause it fails, and why."""

    item: ItemId
    question: str
    clause: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """A change of the guideline that came out of review; `accepted` None is undecided."""

    engagement_id: EngagementId
    id: ProposedChangeId
    clause: str
    text: str
    because: str
    proposed_by: ActorId
    proposed_at: datetime
    accepted: bool | None = None


def invoice_lines(line: LineId, quantity: int, price: Money) -> tuple[InvoiceLine, ...]:
    """One line: quantity times unit price, rounded to the currency's minor unit half to even."""
    return (InvoiceLine(line, quantity, price, price.times(quantity).rounded()),)


def total(lines: Sequence[InvoiceLine]) -> Money:
    """The sum of rounded lines; raises ValueError for none."""
    if not lines:
        raise ValueError("an invoice has at least one line")
    amount = lines[0].amount
    for line in lines[1:]:
        amount = amount + line.amount
    return amount


def gate_reasons(delivery: Delivery | None, invoiced: bool, place: str) -> list[Reason]:
    """Why a work order cannot be closed."""
    if delivery is None or delivery.state is DeliveryState.RETURNED:
        return [Reason("not-delivered", place=place)]
    if delivery.state is not DeliveryState.ACCEPTED:
        return [Reason("not-accepted", place=place)]
    return [] if invoiced else [Reason("no-invoice", place=place)]
