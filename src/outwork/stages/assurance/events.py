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
class InspectorChecked(EventBody):
    """An inspector's findings were held against what was known: units seeded with a defect or found
    defective by another, and units known to be clean. Counts add up over checks."""

    inspector: str
    seeded: int
    caught: int
    clean: int
    passed: int


@event()
class SampleDrawn(EventBody):
    """The sample follows from both nonces and the root of the first `closing_size` entries.

    `inspectors` are those whose error the plan is corrected for, with what they see and pass at
    least; none, 1 and 1 where the statement of work asks for no correction.
    """

    work_order: WorkOrderId
    round: int
    unit: InspectionUnit
    lot: int
    sample_size: int
    acceptance_number: int
    inspectors: tuple[str, ...]
    sensitivity_at_least: str
    specificity_at_least: str
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
