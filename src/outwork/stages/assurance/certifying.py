"""Checking inspectors, giving verdicts, certifying: what a sample proves, and how it was seen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from outwork import access, agreements, ledger
from outwork.agreements import WorkOrder, WorkPhase
from outwork.methods.inspection import Check
from outwork.operation import Operation, act
from outwork.stages import execution, requirements, transfer
from outwork.stages.assurance import events, queries, store
from outwork.stages.assurance.actions import HERE, INSPECTING, MANAGERS, named
from outwork.stages.assurance.model import (
    Certificate,
    InspectorCheck,
    Verdict,
    defective_units,
    figures,
    usable_checks,
)
from outwork.vocabulary import (
    ActorId,
    BadInput,
    Digest,
    EngagementId,
    Refusal,
    Role,
    Stage,
    WorkOrderId,
)


@act(roles=MANAGERS, stages=INSPECTING, records=[events.InspectorChecked])
def check_inspector(
    op: Operation,
    engagement: EngagementId,
    inspector: ActorId,
    seeded: int,
    caught: int,
    clean: int = 0,
    passed: int = 0,
) -> None:
    """Put on record how many known defects an inspector caught, and how many clean units passed.

    Defects are known because they were seeded, or because another inspector found them in a blind
    re-inspection. Counts add up over checks, so that no check can be made good by repeating it.
    """
    found = agreements.engagement(op.db, engagement, lock=True)
    op.require(found)
    member = access.membership(op.db, engagement, inspector)
    if member is None or Role.REVIEWER not in member.roles:
        raise BadInput("not-an-inspector")
    if inspector == op.actor.id:
        raise Refusal("own-check")
    try:
        Check(seeded, caught, clean, passed)
    except ValueError:
        raise BadInput("check-counts") from None
    before = queries.inspector_checks(op.db, engagement).get(inspector)
    made = InspectorCheck(engagement, inspector, seeded, caught, clean, passed, op.now)
    if before is None:
        store.inspector_checks.add(op.db, made)
    else:
        store.inspector_checks.save(op.db, _added(before, made))
    op.record(
        events.InspectorChecked(
            engagement=engagement,
            inspector=member.pseudonym,
            seeded=seeded,
            caught=caught,
            clean=clean,
            passed=passed,
        )
    )


def count_missed(op: Operation, engagement: EngagementId, inspectors: Sequence[ActorId]) -> None:
    """Put down one defective unit more that each of these inspectors was shown and did not see.

    Units come to light this way only where they were missed, so that what is measured of an
    inspector can fall by it and never rise: the bounds that rest on it stay on the safe side.
    """
    checks = queries.inspector_checks(op.db, engagement)
    for who in inspectors:
        made = InspectorCheck(engagement, who, 1, 0, 0, 0, op.now)
        if who in checks:
            store.inspector_checks.save(op.db, _added(checks[who], made))
        else:
            store.inspector_checks.add(op.db, made)


def _added(before: InspectorCheck, made: InspectorCheck) -> InspectorCheck:
    return replace(
        made,
        seeded=before.seeded + made.seeded,
        caught=before.caught + made.caught,
        clean=before.clean + made.clean,
        passed=before.passed + made.passed,
    )


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
    found = [d for d in queries.defects(op.db, order) if d.in_sample]
    defective = defective_units(sample, found)
    accepted = defective <= sample.acceptance_number
    made = Verdict(order.engagement_id, order.id, order.round, defective, accepted, op.now)
    store.verdicts.add(op.db, made)
    op.record(
        events.VerdictGiven(
            engagement=order.engagement_id,
            work_order=order.id,
            round=order.round,
            defective=defective,
            acceptance_number=sample.acceptance_number,
            accepted=accepted,
        )
    )
    engagement = agreements.engagement(op.db, order.engagement_id)
    if not accepted:
        agreements.advance(op, Stage.ASSURANCE, Stage.EXECUTION, engagement, order)
        back = agreements.work_order(op.db, order.id)
        order = replace(back, phase=WorkPhase.RELEASED, round=order.round + 1)
        agreements.save_work_order(op, order)
    # What the sample found is corrected in any case; one order an item, citing its first defect.
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
