"""Drafting an engagement, its lines, and the client's signature."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from pydantic import SecretStr

from outwork import agreements, practices
from outwork.operation import Operation, act
from outwork.stages.requirements import events, queries, store
from outwork.stages.requirements.model import (
    SCOPE_MEANING,
    Baseline,
    Line,
    SamplingTerms,
    gate_reasons,
    scope_digest,
)
from outwork.vocabulary import (
    BadInput,
    Confidentiality,
    EngagementId,
    InspectionUnit,
    LineId,
    Money,
    Refusal,
    Role,
    Severity,
    Shape,
    Stage,
)


@act(
    roles=[Role.VENDOR_MANAGER],
    records=[agreements.EngagementOpened, agreements.MemberJoined],
)
def draft_engagement(
    op: Operation, title: str, brief: str, currency: str, shape: Shape = Shape.ITEMISED
) -> EngagementId:
    """Open an engagement from a client's brief."""
    op.require()
    Money(Decimal(0), currency)  # refuses a currency that nothing could be priced in
    if not title.strip():
        raise BadInput("title-empty")
    return agreements.open_engagement(op, title.strip(), brief, currency, shape).id


@act(roles=[Role.VENDOR_MANAGER], stages=[Stage.REQUIREMENTS], records=[events.LineAdded])
def add_line(
    op: Operation,
    engagement: EngagementId,
    service: str,
    volume: int,
    turnaround_days: int,
    unit: InspectionUnit,
    defects: Mapping[Severity, str],
    sampling: SamplingTerms,
    confidentiality: Confidentiality,
    price: Money,
    baseline: Baseline | None = None,
) -> LineId:
    """Add a line to the statement of work."""
    found = agreements.engagement(op.db, engagement)
    op.require(found)
    asked = practices.service(service)
    if unit is InspectionUnit.STATEMENT and asked.shape is Shape.ITEMISED:
        # Statements are what a bespoke deliverable is made of; items are made of answers.
        raise BadInput("unit-not-of-shape", unit=unit.value, shape=asked.shape.value)
    if price.currency != found.currency:
        raise BadInput("currency-differs", given=price.currency, agreed=found.currency)
    made = Line(
        engagement_id=engagement,
        id=LineId(op.new_id("lin")),
        service=service,
        volume=volume,
        turnaround_days=turnaround_days,
        unit=unit,
        defects=dict(defects),
        sampling=sampling,
        confidentiality=confidentiality,
        price=price,
        baseline=baseline,
    )
    store.lines.add(op.db, made)
    op.record(
        events.LineAdded(
            engagement=engagement,
            line=made.id,
            service=service,
            volume=volume,
            turnaround_days=turnaround_days,
            unit=unit,
            limiting_quality=str(sampling.limiting_quality),
            consumer_risk=str(sampling.consumer_risk),
            acceptable_quality=str(sampling.acceptable_quality),
            producer_risk=str(sampling.producer_risk),
            counted=sampling.counted,
            corrected=sampling.corrected,
            confidentiality=confidentiality,
            price=price,
            defects={s.value: words for s, words in defects.items()},
            classes=_classes(sampling),
        )
    )
    return made.id


def _classes(sampling: SamplingTerms) -> dict[Severity, events.ClassPoints] | None:
    points = {
        severity: events.ClassPoints(
            str(own.limiting_quality),
            str(own.consumer_risk),
            str(own.acceptable_quality),
            str(own.producer_risk),
        )
        for severity, own in sampling.by_class().items()
    }
    return points or None


@act(roles=[Role.VENDOR_MANAGER], stages=[Stage.REQUIREMENTS], records=[events.LineRemoved])
def remove_line(op: Operation, line: LineId) -> None:
    """Take a line out of the statement of work before it is signed."""
    found = queries.line(op.db, line)
    op.require(agreements.engagement(op.db, found.engagement_id))
    store.lines.remove(op.db, store.line_table.c.id == line)
    op.record(events.LineRemoved(engagement=found.engagement_id, line=line))


@act(
    roles=[Role.VENDOR_MANAGER],
    stages=[Stage.REQUIREMENTS],
    records=[*agreements.SIGNING, agreements.StagePassed],
)
def sign_scope(op: Operation, engagement: EngagementId, name: str, password: SecretStr) -> None:
    """Sign the statement of work for the client, and pass to the selection of a provider."""
    found = agreements.engagement(op.db, engagement, lock=True)
    op.require(found)
    scope = queries.lines(op.db, engagement)
    place = f"engagements/{engagement}/requirements"
    reasons = gate_reasons(scope, True, place)
    if not scope:
        raise Refusal("gate-closed", stage=Stage.REQUIREMENTS.value, reasons=reasons)
    agreements.sign(op, engagement, name, password, SCOPE_MEANING, scope_digest(scope))
    agreements.pass_gate(op, Stage.REQUIREMENTS, reasons, found)
