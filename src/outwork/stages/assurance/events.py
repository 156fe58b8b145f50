"""What happens in quality assurance; every figure can be recomputed from these values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outwork.ledger import EventBody, Occasional, Sealed, event
from outwork.stages.assurance.calibration import RaterState
from outwork.stages.assurance.model import ClassVerdict
from outwork.vocabulary import (
    ActionId,
    AssignmentId,
    CalibrationId,
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


@dataclass(frozen=True, slots=True)
class ClassDrawn:
    """What a severity class that is judged by itself allows, and what its inspectors see."""

    acceptance_number: int
    sensitivity_at_least: str
    specificity_at_least: str


@event()
class ReinspectionRequested(EventBody):
    """These inspected items are inspected once more, by somebody else, unawares.

    They are drawn from those inspected so far by the sample's seed and the root of the first
    `inspected_size` entries, which end with the newest inspection of the batch.
    """

    work_order: WorkOrderId
    round: int
    inspected_size: int
    items: tuple[ItemId, ...]


@event()
class InspectionsCompared(EventBody):
    """An item's second inspection was held against the first, which was `inspector`'s, in units.

    The second found `seeded` units defective, the first `caught` of these; the second passed
    `clean` units, the first `passed` of these.
    """

    work_order: WorkOrderId
    round: int
    assignment: AssignmentId
    item: ItemId
    inspector: str
    seeded: int
    caught: int
    clean: int
    passed: int


@event()
class SampleDrawn(EventBody):
    """The sample follows from both nonces and the root of the first `closing_size` entries.

    `inspectors` are those whose error the plan is corrected for, with what they see and pass at
    least; none, 1 and 1 where the statement of work asks for no correction. `classes` are the
    severities that are judged by themselves besides.
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
    classes: Occasional[dict[Severity, ClassDrawn]] = None


@event()
class ScreeningOrdered(EventBody):
    """A rejected lot is screened: these items, which the sample did not hold, are inspected."""

    work_order: WorkOrderId
    round: int
    items: tuple[ItemId, ...]


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
    """The batch was accepted or rejected on its sample; accepted only if in every class, too."""

    work_order: WorkOrderId
    round: int
    defective: int
    acceptance_number: int
    accepted: bool
    classes: Occasional[dict[Severity, ClassVerdict]] = None


@event()
class CertificateIssued(EventBody):
    """The certificate's figures, and the digest of their canonical form."""

    work_order: WorkOrderId
    round: int
    digest: Digest
    figures: dict[str, object]


@event()
class ActionOpened(EventBody):
    """A clause causes defects, and somebody is to see to it."""

    action: ActionId
    clause: str
    owner: str
    due: datetime
    title: Sealed[str]


@event()
class ActionAnalysed(EventBody):
    """The cause is known: so many whys, FMEA ratings from 1 to 10, and what will be done."""

    action: ActionId
    whys: int
    severity: int
    occurrence: int
    detection: int
    cause: Sealed[str]
    measure: Sealed[str]


@event()
class ActionImplemented(EventBody):
    """What was to be done is done; from here on the effect is measured."""

    action: ActionId


@event()
class ActionClosed(EventBody):
    """The effect is shown: defects of the clause per inspected item became rarer.

    Items with such a defect of items inspected in samples, before and after; the rate after is at
    most `ratio_at_most` of that before, with 95 % confidence.
    """

    action: ActionId
    before: int
    before_units: int
    after: int
    after_units: int
    ratio_at_most: str


@event()
class CalibrationOpened(EventBody):
    """These raters answer these items alone; each item is taken from a control item or a batch."""

    calibration: CalibrationId
    service: str
    items: dict[ItemId, ItemId]
    raters: tuple[str, ...]
    guideline_version: int
    title: Sealed[str]


@event()
class CalibrationCompared(EventBody):
    """Who said the same of an item, question by question: one number a rater, in order.

    0 is the answer that was agreed beforehand, -1 no answer; else equal numbers are equal answers.
    """

    calibration: CalibrationId
    item: ItemId
    groups: dict[str, tuple[int, ...]]


@event()
class CalibrationClosed(EventBody):
    """Raters see each other's answers from here on; so many have to be discussed."""

    calibration: CalibrationId
    differences: int


@event()
class DifferenceSettled(EventBody):
    """Where raters differ, the answer of group `stands` is right, or nobody's (-1), by a clause.

    `changed`: the clause says something else than it did when the session was opened.
    """

    calibration: CalibrationId
    item: ItemId
    question: str
    stands: int
    clause: str
    guideline_version: int
    changed: bool
    reason: Sealed[str]


@dataclass(frozen=True, slots=True)
class RaterShown:
    """What a calibration shows of one rater; bounds are one-sided."""

    right: int
    asked: int
    lower: str
    upper: str
    bar: str
    state: RaterState


@event()
class CalibrationConcluded(EventBody):
    """Every difference is settled: who of the raters is calibrated."""

    calibration: CalibrationId
    results: dict[str, RaterShown]
