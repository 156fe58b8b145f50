"""What happens in review and feedback."""

from __future__ import annotations

from dataclasses import dataclass

from outwork.ledger import EventBody, Sealed, event
from outwork.vocabulary import (
    Digest,
    ItemId,
    LineId,
    Money,
    ProposedChangeId,
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
