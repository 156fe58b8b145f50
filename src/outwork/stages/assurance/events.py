"""What happens in quality assurance; every figure can be recomputed from these values."""

from __future__ import annotations

from outwork.ledger import EventBody, Sealed, event
from outwork.vocabulary import (
    AssignmentId,
    DefectId,
    Digest,
    InspectionUnit,
    ItemId,
    Severity,
    Side,
    WorkOrderId,
)


@event()
class SeedRevealed(EventBody):
    """A side opened its nonce, after the batch was closed."""

    work_order: WorkOrderId
    round: int
    side: Side
    nonce: str


@event()
class SampleDrawn(EventBody):
    """The sample follows from both nonces and the root of the first `closing_size` entries."""

    work_order: WorkOrderId
    round: int
    unit: InspectionUnit
    lot: int
    sample_size: int
    acceptance_number: int
    seed: str
    closing_size: int
    questions: tuple[str, ...]
    units_digest: Digest


@event()
class ItemInspected(EventBody):
    """Someone who is not an author inspected an item."""

    work_order: WorkOrderId
    round: int
    assignment: AssignmentId
    item: ItemId
    in_sample: bool
    defects: int


@event()
class DefectRaised(EventBody):
    """An answer fails a clause."""

    work_order: WorkOrderId
    round: int
    defect: DefectId
    item: ItemId
    question: str
    clause: str
    severity: Severity
    counted: bool
    in_sample: bool
    note: Sealed[str]


@event()
class VerdictGiven(EventBody):
    """The batch was accepted or rejected on its sample."""

    work_order: WorkOrderId
    round: int
    defective: int
    acceptance_number: int
    accepted: bool


@event()
class CertificateIssued(EventBody):
    """The certificate's figures, and the digest of their canonical form."""

    work_order: WorkOrderId
    round: int
    digest: Digest
    figures: dict[str, object]
