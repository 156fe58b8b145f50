"""Opening seeds, drawing, inspecting, deciding, certifying."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from outwork import access, agreements, ledger, methods, practices
from outwork.agreements import WorkOrder, WorkPhase
from outwork.operation import Operation, act
from outwork.stages import execution, requirements, setup, transfer
from outwork.stages.assurance import events, queries, store
from outwork.stages.assurance.model import (
    Certificate,
    DefectFound,
    DefectRecord,
    Inspection,
    Sample,
    Verdict,
    defective_units,
    figures,
    lot_units,
)
from outwork.stages.execution import ItemState
from outwork.vocabulary import (
    AssignmentId,
    BadInput,
    DefectId,
    Digest,
    Purpose,
    Refusal,
    Role,
    Stage,
    WorkOrderId,
)

HERE = [Stage.ASSURANCE]
MANAGERS = [Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER]
# An inspector's engagement stands at execution while the work order is at assurance.
INSPECTING = [Stage.EXECUTION]


@act(roles=MANAGERS, stages=HERE, records=[events.SeedRevealed])
def reveal_seed(op: Operation, work_order: WorkOrderId, nonce: str) -> None:
    """Open one's own side's nonce (64 hexadecimal digits), once the closed batch is sealed."""
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    member = access.membership(op.db, order.engagement_id, op.actor.id)
    assert member is not None  # require() has seen it
    committed = execution.seeds(op.db, order).get(member.side.value)
    if committed is None:
        raise Refusal("seed-uncommitted", side=member.side.value)
    if committed.nonce:
        raise Refusal("already-revealed", side=member.side.value)
    if _closing_size(op, order) is None:
        raise Refusal("closing-checkpoint-pending")
    try:
        raw = bytes.fromhex(nonce)
        matches = methods.commit_nonce(raw).hex() == committed.commitment
    except ValueError:
        raise BadInput("nonce-malformed") from None
    if not matches:
        raise Refusal("nonce-differs", side=member.side.value)
    execution.reveal(op, order, member.side, raw.hex())
    op.record(
        events.SeedRevealed(
            engagement=order.engagement_id,
            work_order=order.id,
            round=order.round,
            side=member.side,
            nonce=raw.hex(),
        )
    )


def _closing_size(op: Operation, order: WorkOrder) -> int | None:
    """The size of the log at the batch's closing event, or None until it is integrated."""
    closed = ledger.find_entry(
        op.db,
        order.engagement_id,
        execution.WorkOrderClosed.kind,
        work_order=order.id,
        round=order.round,
    )
    return None if closed is None or closed.seq is None else closed.seq + 1


@act(roles=MANAGERS, stages=HERE, records=[events.SampleDrawn, execution.InspectionRequested])
def draw_sample(op: Operation, work_order: WorkOrderId) -> int:
    """Draw the sample from both nonces and the closing root; gives the number of units."""
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    if queries.sample_of(op.db, order) is not None:
        raise Refusal("already-drawn")
    seeds = execution.seeds(op.db, order)
    unopened = [s for s in ("client", "provider") if s not in seeds or not seeds[s].nonce]
    if unopened:
        raise Refusal("seed-unrevealed", side=unopened[0])
    size = _closing_size(op, order)
    if size is None:
        raise Refusal("closing-checkpoint-pending")
    seed = methods.make_seed(
        bytes.fromhex(seeds["client"].nonce),
        bytes.fromhex(seeds["provider"].nonce),
        ledger.root_at(op.db, order.engagement_id, size),
    )
    made, questions = _sample(op, order, seed, size)
    store.samples.add(op.db, made)
    op.record(
        events.SampleDrawn(
            engagement=order.engagement_id,
            work_order=order.id,
            round=order.round,
            unit=made.unit,
            lot=made.lot,
            sample_size=made.sample_size,
            acceptance_number=made.acceptance_number,
            seed=made.seed,
            closing_size=size,
            questions=tuple(questions),
            units_digest=Digest(hashlib.sha256("\n".join(made.units).encode()).hexdigest()),
        )
    )
    execution.request_inspections(op, order, made.items())
    return made.sample_size


def _sample(op: Operation, order: WorkOrder, seed: bytes, size: int) -> tuple[Sample, list[str]]:
    line = requirements.line(op.db, order.line_id)
    items = [i.id for i in execution.all_items(op.db, order.id) if i.state is ItemState.SUBMITTED]
    questions = [q.key for q in practices.service(line.service).questions]
    units = lot_units(line.unit, items, questions)
    plan = setup.exact_plan(len(units), line.sampling)
    made = Sample(
        engagement_id=order.engagement_id,
        work_order_id=order.id,
        round=order.round,
        unit=line.unit,
        lot=plan.lot,
        sample_size=plan.n,
        acceptance_number=plan.c,
        consumer_risk=_ceiling(plan.consumer_risk),
        producer_risk=_ceiling(plan.producer_risk or 0.0),
        seed=seed.hex(),
        closing_size=size,
        units=tuple(methods.draw(seed, units, plan.n)),
        drawn_at=op.now,
    )
    return made, questions


def _ceiling(risk: float) -> Decimal:
    return Decimal(repr(risk)).quantize(Decimal("0.000001"), rounding="ROUND_CEILING")


def _to_inspect(
    op: Operation, assignment: AssignmentId
) -> tuple[execution.Assignment, agreements.WorkOrder]:
    """The assignment and its work order, both locked: the work order first, as everywhere."""
    found = execution.assignment(op.db, assignment)
    op.require(agreements.engagement(op.db, found.engagement_id))
    if found.purpose is not Purpose.INSPECT or found.work_order_id is None:
        raise Refusal("wrong-purpose", purpose=found.purpose.value)
    order = agreements.work_order(op.db, found.work_order_id, lock=True)
    return execution.assignment(op.db, assignment, lock=True), order


@act(
    roles=[Role.REVIEWER],
    stages=INSPECTING,
    records=[
        events.ItemInspected,
        events.DefectRaised,
        execution.ItemSubmitted,
        execution.ReworkOrdered,
    ],
)
def inspect(
    op: Operation, assignment: AssignmentId, defects: Sequence[DefectFound], seconds: int = 0
) -> None:
    """Hand in the inspection of a reserved item: its defects, each citing a clause."""
    found, order = _to_inspect(op, assignment)
    sample = queries.sample_of(op.db, order)
    if sample is None or order.stage is not Stage.ASSURANCE:
        raise Refusal("sample-not-drawn")
    in_sample = queries.verdict_of(op.db, order) is None
    drawn = sample.questions(found.item_id) if in_sample else set()
    _check_defects(op, order, drawn, defects)
    answers = execution.current_answers(op.db, found.item_id)
    for d in defects:
        if d.corrected is not None:
            answers[d.question] = replace(d.corrected, question=d.question)
    execution.complete(op, found, list(answers.values()), seconds)
    store.inspections.add(
        op.db,
        Inspection(
            engagement_id=order.engagement_id,
            assignment_id=assignment,
            work_order_id=order.id,
            round=order.round,
            item_id=found.item_id,
            inspector=op.actor.id,
            in_sample=in_sample,
            clean=not defects,
            at=op.now,
        ),
    )
    op.record(
        events.ItemInspected(
            engagement=order.engagement_id,
            work_order=order.id,
            round=order.round,
            assignment=assignment,
            item=found.item_id,
            in_sample=in_sample,
            defects=len(defects),
        )
    )
    for d in defects:
        _raise(op, order, found, d, in_sample)
    if defects and not in_sample:
        first = defects[0]
        execution.order_rework(op, order, found.item_id, first.question, first.clause, first.note)


def _check_defects(
    op: Operation, order: WorkOrder, drawn: set[str], defects: Sequence[DefectFound]
) -> None:
    line = requirements.line(op.db, order.line_id)
    asked = {q.key for q in practices.service(line.service).questions}
    clauses = {c.id for c in transfer.guideline(op.db, order.engagement_id).clauses}
    for d in defects:
        if d.question not in asked:
            raise BadInput("unknown-question", question=d.question)
        if d.clause not in clauses:
            raise BadInput("unknown-clause", clause=d.clause)
        if drawn and d.question not in drawn:
            raise BadInput("question-not-drawn", question=d.question)
    if len({d.question for d in defects}) != len(defects):
        raise BadInput("question-twice")


def _raise(
    op: Operation,
    order: WorkOrder,
    assignment: execution.Assignment,
    found: DefectFound,
    in_sample: bool,
) -> None:
    counted = found.severity in requirements.line(op.db, order.line_id).sampling.counted
    made = DefectRecord(
        engagement_id=order.engagement_id,
        id=DefectId(op.new_id("dft")),
        work_order_id=order.id,
        round=order.round,
        item_id=assignment.item_id,
        assignment_id=assignment.id,
        question=found.question,
        clause=found.clause,
        severity=found.severity,
        counted=counted,
        in_sample=in_sample,
        note=found.note,
        found_by=op.actor.id,
        found_at=op.now,
    )
    store.defects.add(op.db, made)
    op.record(
        events.DefectRaised(
            engagement=order.engagement_id,
            work_order=order.id,
            round=order.round,
            defect=made.id,
            item=made.item_id,
            question=made.question,
            clause=made.clause,
            severity=made.severity,
            counted=counted,
            in_sample=in_sample,
            note=found.note,
        )
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
    found = queries.defects(op.db, order)
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
        execution.order_rework(op, order, d.item_id, d.question, d.clause, d.note)
    return accepted


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
