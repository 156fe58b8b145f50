"""Giving verdicts, certifying: what a sample proves."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from outwork import agreements, ledger
from outwork.agreements import WorkOrder, WorkPhase
from outwork.methods.inspection import Check
from outwork.operation import Operation, act
from outwork.stages import execution, requirements, transfer
from outwork.stages.assurance import events, queries, store
from outwork.stages.assurance.actions import HERE, MANAGERS, named
from outwork.stages.assurance.model import (
    Certificate,
    Verdict,
    class_verdicts,
    defective_units,
    figures,
    usable_checks,
)
from outwork.vocabulary import Digest, Refusal, Role, Stage, WorkOrderId


@act(
    roles=MANAGERS,
    stages=HERE,
    records=[events.VerdictGiven, execution.ReworkOrdered, agreements.StagePassed],
)
def give_verdict(op: Operation, work_order: WorkOrderId) -> bool:
    """Accept or reject the batch on its sample; a rejected batch goes back to execution."""
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    sample = queries.sample_of(op.db, order)
    if sample is None:
        raise Refusal("sample-not-drawn")
    if queries.verdict_of(op.db, order) is not None:
        raise Refusal("verdict-given")
    waiting = queries.open_inspections(op.db, order)
    if waiting:
        raise Refusal("inspection-open", count=waiting)
    # What was found by looking once more is put right like the rest, and decides nothing.
    again = {r.assignment_id for r in queries.reinspections(op.db, order)}
    found = [d for d in queries.defects(op.db, order) if d.in_sample or d.assignment_id in again]
    defective = defective_units(sample, found)
    classes = class_verdicts(sample, found)
    accepted = defective <= sample.acceptance_number and all(c.accepted for c in classes.values())
    made = Verdict(order.engagement_id, order.id, order.round, defective, accepted, op.now, classes)
    store.verdicts.add(op.db, made)
    op.record(
        events.VerdictGiven(
            engagement=order.engagement_id,
            work_order=order.id,
            round=order.round,
            defective=defective,
            acceptance_number=sample.acceptance_number,
            accepted=accepted,
            classes=classes or None,
        )
    )
    engagement = agreements.engagement(op.db, order.engagement_id)
    if not accepted:
        agreements.advance(op, Stage.ASSURANCE, Stage.EXECUTION, engagement, order)
        back = agreements.work_order(op.db, order.id)
        order = replace(back, phase=WorkPhase.RELEASED, round=order.round + 1)
        agreements.save_work_order(op, order)
    # What was found is corrected in any case; one order an item, citing its first defect.
    for d in {d.item_id: d for d in reversed(found)}.values():
        execution.order_rework(
            op, order, d.item_id, d.question, d.clause, d.note, execution.ReworkCause.DEFECT,
            judge=d.found_by,
        )  # fmt: skip
    return accepted


def _checks_of(op: Operation, order: WorkOrder) -> dict[str, Check]:
    """The checks of those who inspected the sample, by pseudonym; none if one was not checked."""
    done = {i.inspector for i in queries.inspections(op.db, order) if i.in_sample}
    checks = queries.inspector_checks(op.db, order.engagement_id)
    counts = [checks[who].counts() if who in checks else None for who in done]
    return usable_checks(dict(zip(named(op, order, done), counts, strict=True)))


@act(
    roles=[Role.DELIVERY_MANAGER],
    stages=HERE,
    records=[events.CertificateIssued, agreements.StagePassed],
)
def certify(op: Operation, work_order: WorkOrderId) -> Digest:
    """Issue the certificate of conformance of an accepted batch, and pass to acceptance."""
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    engagement = agreements.engagement(op.db, order.engagement_id)
    agreements.pass_gate(op, Stage.ASSURANCE, queries.gate(op.db, order), engagement, order)
    execution.withdraw_open(op, order)
    sample, verdict = queries.sample_of(op.db, order), queries.verdict_of(op.db, order)
    assert sample is not None
    assert verdict is not None
    stated = figures(
        sample,
        verdict,
        requirements.line(op.db, order.line_id).sampling,
        transfer.guideline(op.db, order.engagement_id).version,
        queries.defects(op.db, order),
        _checks_of(op, order),
    )
    digest = Digest(hashlib.sha256(ledger.canonical.encode(stated)).hexdigest())
    store.certificates.add(
        op.db,
        Certificate(order.engagement_id, order.id, order.round, stated, digest, op.now),
    )
    op.record(
        events.CertificateIssued(
            engagement=order.engagement_id,
            work_order=order.id,
            round=order.round,
            digest=digest,
            figures=stated,
        )
    )
    return digest
