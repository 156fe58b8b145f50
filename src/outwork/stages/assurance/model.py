"""Sample, inspection, defect, verdict, certificate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from outwork import methods
from outwork.stages.requirements import SamplingTerms
from outwork.vocabulary import (
    ActorId,
    Answer,
    AssignmentId,
    DefectId,
    Digest,
    EngagementId,
    InspectionUnit,
    ItemId,
    Reason,
    Severity,
    WorkOrderId,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn from a closed batch: `units` are item ids, or "item/question" for answers."""

    engagement_id: EngagementId
    work_order_id: WorkOrderId
    round: int
    unit: InspectionUnit
    lot: int
    sample_size: int
    acceptance_number: int
    consumer_risk: Decimal
    producer_risk: Decimal
    seed: str
    closing_size: int
    units: tuple[str, ...]
    drawn_at: datetime

    def items(self) -> list[ItemId]:
        """The items that hold the drawn units, in order of first appearance."""
        return list(dict.fromkeys(ItemId(u.partition("/")[0]) for u in self.units))

    def questions(self, item: ItemId) -> set[str]:
        """The drawn questions of an item; empty where whole items are the unit."""
        return {q for i, _, q in (u.partition("/") for u in self.units) if i == item and q}


def lot_units(unit: InspectionUnit, items: Sequence[ItemId], questions: Sequence[str]) -> list[str]:
    """Every unit of a lot."""
    if unit is InspectionUnit.ITEM:
        return list(items)
    return [f"{item}/{question}" for item in items for question in questions]


@dataclass(frozen=True, slots=True)
class DefectFound:
    """What an inspector reports: the answer that fails, the clause, and the right answer."""

    question: str
    clause: str
    severity: Severity
    note: str = ""
    corrected: Answer | None = None


@dataclass(frozen=True, slots=True)
class DefectRecord:
    """A defect on record; `counted` if its severity makes the unit defective."""

    engagement_id: EngagementId
    id: DefectId
    work_order_id: WorkOrderId
    round: int
    item_id: ItemId
    assignment_id: AssignmentId
    question: str
    clause: str
    severity: Severity
    counted: bool
    in_sample: bool
    note: str
    found_by: ActorId
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Inspection:
    """One item inspected by one person; `in_sample` is False for the check after a correction."""

    engagement_id: EngagementId
    assignment_id: AssignmentId
    work_order_id: WorkOrderId
    round: int
    item_id: ItemId
    inspector: ActorId
    in_sample: bool
    clean: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """Accepted when no more units than the acceptance number are defective."""

    engagement_id: EngagementId
    work_order_id: WorkOrderId
    round: int
    defective: int
    accepted: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """Certificate of conformance: the figures as JSON and the digest of their canonical form."""

    engagement_id: EngagementId
    work_order_id: WorkOrderId
    round: int
    figures: dict[str, object]
    digest: Digest
    issued_at: datetime


def defective_units(sample: Sample, defects: Sequence[DefectRecord]) -> int:
    """How many drawn units have a counted defect found in the sample's own inspection."""
    counted = [d for d in defects if d.counted and d.in_sample]
    if sample.unit is InspectionUnit.ITEM:
        return len({d.item_id for d in counted} & set(sample.units))
    return len({f"{d.item_id}/{d.question}" for d in counted} & set(sample.units))


def conforming_at_least(lot: int, n: int, defective: int, confidence: Decimal) -> tuple[int, str]:
    """The most defectives the lot can hold at this confidence, and the share that conforms at
    least, rounded down to 6 places."""
    most = methods.defectives_upper(lot, n, defective, float(confidence))
    share = Decimal(lot - most) / Decimal(lot)
    return most, str(share.quantize(Decimal("0.000001"), rounding="ROUND_FLOOR"))


def figures(
    sample: Sample,
    verdict: Verdict,
    terms: SamplingTerms,
    guideline_version: int,
    defects: Sequence[DefectRecord],
) -> dict[str, object]:
    """Everything a certificate states; counts are integers, fractions are decimal text."""
    confidence = 1 - terms.consumer_risk
    most, share = conforming_at_least(sample.lot, sample.sample_size, verdict.defective, confidence)
    in_sample = [d for d in defects if d.in_sample]
    return {
        "format": "outwork-certificate/1",
        "engagement": sample.engagement_id,
        "work_order": sample.work_order_id,
        "round": sample.round,
        "unit": sample.unit.value,
        "counted_severities": sorted(s.value for s in terms.counted),
        "guideline_version": guideline_version,
        "lot": sample.lot,
        "inspected": sample.sample_size,
        "acceptance_number": sample.acceptance_number,
        "defective": verdict.defective,
        "defects": {s.value: sum(d.severity is s for d in in_sample) for s in Severity},
        "accepted": verdict.accepted,
        "confidence": str(confidence),
        "defectives_at_most": most,
        "conforming_at_least": share,
        "limiting_quality": str(terms.limiting_quality),
        "acceptable_quality": str(terms.acceptable_quality),
        "consumer_risk": str(sample.consumer_risk),
        "producer_risk": str(sample.producer_risk),
        # Stated rather than left out: these bounds take the inspectors' findings as right.
        "inspector_error": "not-measured",
        "seed": sample.seed,
        "closing_size": sample.closing_size,
    }


def gate_reasons(
    sample: Sample | None,
    verdict: Verdict | None,
    unopened: Collection[str],
    open_inspections: int,
    open_rework: int,
    place: str,
) -> list[Reason]:
    """Why a batch is not through assurance."""
    reasons = [Reason("seed-unrevealed", {"side": side}, place) for side in sorted(unopened)]
    if sample is None:
        return [*reasons, Reason("sample-not-drawn", place=place)]
    if verdict is None:
        if open_inspections:
            reasons.append(Reason("inspection-open", {"count": open_inspections}, place))
        return [*reasons, Reason("verdict-missing", place=place)]
    if not verdict.accepted:
        params = {"defective": verdict.defective, "allowed": sample.acceptance_number}
        reasons.append(Reason("too-many-defectives", params, place))
    if open_rework:
        reasons.append(Reason("rework-open", {"count": open_rework}, place))
    elif open_inspections:
        reasons.append(Reason("reinspection-open", {"count": open_inspections}, place))
    return reasons
