"""What happens in review and feedback."""

from __future__ import annotations

from dataclasses import dataclass

from outwork.ledger import EventBody, Sealed, event
from outwork.vocabulary import (
    DefectId,
    Digest,
    ItemId,
    LineId,
    Money,
    ProposedChangeId,
    Severity,
    WorkOrderId,
)


@dataclass(frozen=True, slots=True)
class FileDigest:
    """A delivered file without its name."""

    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class InvoicedLine:
    """A line of an invoice."""

    line: LineId
    quantity: int
    unit_price: Money
    amount: Money


@event()
class Delivered(EventBody):
    """The client was given the deliverable and the certificate."""

    work_order: WorkOrderId
    round: int
    items: int
    files: tuple[FileDigest, ...]
    certificate: Digest
    digest: Digest
    names: Sealed[list[str]]


@event()
class DeliveryAccepted(EventBody):
    """The client accepted the delivery; its signature is bound to the delivery's digest."""

    work_order: WorkOrderId
    round: int
    digest: Digest


@event()
class EscapeReported(EventBody):
    """The client found a defect in what was delivered; who answered, and who passed it."""

    work_order: WorkOrderId
    defect: DefectId
    item: ItemId
    question: str
    clause: str
    severity: Severity
    counted: bool
    author: str
    missed_by: tuple[str, ...]
    note: Sealed[str]
    evidence: Sealed[list[object]]


@event()
class DeliveryReturned(EventBody):
    """The client sent items back."""

    work_order: WorkOrderId
    round: int
    items: tuple[ItemId, ...]
    reason: Sealed[str]


@event()
class Invoiced(EventBody):
    """The provider asked for payment of accepted work."""

    work_order: WorkOrderId
    number: str
    lines: tuple[InvoicedLine, ...]
    total: Money


@event()
class ChangeProposed(EventBody):
    """Something learned should change a clause."""

    change: ProposedChangeId
    clause: str
    text: Sealed[str]
    because: Sealed[str]


@event()
class ChangeDecided(EventBody):
    """A proposed change was taken over or declined."""

    change: ProposedChangeId
    accepted: bool
