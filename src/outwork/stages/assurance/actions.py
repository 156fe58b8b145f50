"""Opening seeds, drawing, inspecting."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from outwork import access, agreements, ledger, methods, practices
from outwork.agreements import WorkOrder
from outwork.methods.inspection import Check
from outwork.operation import Operation, act
from outwork.stages import execution, requirements, setup, transfer
from outwork.stages.assurance import events, queries, store
from outwork.stages.assurance.checking import compare
from outwork.stages.assurance.model import (
    DefectFound,
    DefectRecord,
    Inspection,
    Reinspection,
    Sample,
    least_seen,
    lot_units,
    sampling_plans,
)
from outwork.stages.assurance.screening import screening
from outwork.stages.execution import ItemState
from outwork.vocabulary import (
    ActorId,
    Answer,
    AssignmentId,
    BadInput,
    DefectId,
    Digest,
    ItemId,
    Purpose,
    Refusal,
    Role,
    Severity,
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
    made, questions, least, classes = _sample(op, order, seed, size)
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
            inspectors=tuple(sorted(named(op, order, made.inspectors))),
            **least,
            seed=made.seed,
            closing_size=size,
            questions=tuple(questions),
            units_digest=Digest(hashlib.sha256("\n".join(made.units).encode()).hexdigest()),
            classes=classes or None,
        )
    )
    execution.request_inspections(op, order, made.items())
    return made.sample_size


def _sample(
    op: Operation, order: WorkOrder, seed: bytes, size: int
) -> tuple[Sample, list[str], dict[str, str], dict[Severity, events.ClassDrawn]]:
    line = requirements.line(op.db, order.line_id)
    items = [i.id for i in execution.all_items(op.db, order.id) if i.state is ItemState.SUBMITTED]
    questions = [q.key for q in practices.service(line.service).questions]
    units = lot_units(line.unit, items, questions)
    checks = _reckoned_with(op, order, line.sampling)
    try:
        plans = sampling_plans(len(units), line.sampling, list(checks.values()))
    except ValueError:
        if not line.sampling.corrected:
            raise
        raise Refusal("inspectors-miss-too-much", lot=len(units)) from None
    plan, counts = plans.joint, list(checks.values())
    made = Sample(
        engagement_id=order.engagement_id,
        work_order_id=order.id,
        round=order.round,
        unit=line.unit,
        lot=plan.lot,
        sample_size=plan.n,
        acceptance_number=plan.c,
        consumer_risk=setup.ceiling(plan.consumer_risk),
        producer_risk=setup.ceiling(plan.producer_risk or 0.0),
        seed=seed.hex(),
        closing_size=size,
        units=tuple(methods.draw(seed, units, plan.n)),
        inspectors=tuple(sorted(checks)),
        drawn_at=op.now,
        classes=plans.by_class(),
    )
    classes = {
        severity: events.ClassDrawn(
            acceptance_number=made.classes[severity].acceptance_number, **least_seen(counts, own)
        )
        for severity, own in line.sampling.by_class().items()
    }
    return made, questions, least_seen(counts, line.sampling), classes


def _reckoned_with(
    op: Operation, order: WorkOrder, terms: requirements.SamplingTerms
) -> dict[ActorId, Check]:
    """The checks of the reviewers whom a corrected plan reckons with."""
    if not terms.corrected:
        return {}
    team = access.members(op.db, order.engagement_id)
    reviewers = {m.actor_id for m in team if Role.REVIEWER in m.roles}
    checks = queries.inspector_checks(op.db, order.engagement_id)
    known = {who: c.counts() for who, c in checks.items() if who in reviewers and c.caught}
    if not known:
        raise Refusal("inspectors-unchecked")
    return known


def named(op: Operation, order: WorkOrder, people: Iterable[ActorId]) -> list[str]:
    """The pseudonyms of some members."""
    members = {m.actor_id: m.pseudonym for m in access.members(op.db, order.engagement_id)}
    return [members[who] for who in people]


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
        events.InspectionsCompared,
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
    screened = screening(op, order)
    if not screened and (sample is None or order.stage is not Stage.ASSURANCE):
        raise Refusal("sample-not-drawn")
    again = queries.reinspection_by(op.db, assignment)
    in_sample = not screened and again is None and queries.verdict_of(op.db, order) is None
    drawn = _drawn(op, sample, found.item_id, again) if in_sample or again else set()
    _check_defects(op, order, drawn, defects)
    execution.complete(op, found, _corrected(op, found.item_id, defects), seconds)
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
    if again is not None and sample is not None:
        compare(op, sample, again)
    elif defects and not in_sample:
        first = defects[0]
        cited = (first.question, first.clause, first.note)
        execution.order_rework(op, order, found.item_id, *cited, execution.ReworkCause.DEFECT)


def _corrected(op: Operation, item: ItemId, defects: Sequence[DefectFound]) -> list[Answer]:
    """The answers of an item as its inspector would have them."""
    answers = execution.current_answers(op.db, item)
    for d in defects:
        if d.corrected is not None:
            answers[d.question] = replace(d.corrected, question=d.question)
    return list(answers.values())


def _drawn(
    op: Operation, sample: Sample | None, item: ItemId, again: Reinspection | None
) -> set[str]:
    """The drawn questions of an item, for an inspector with whom the plan reckons.

    Whoever inspects it once more decides nothing of the batch, and may be anybody.
    """
    assert sample is not None  # that is what is inspected
    if again is None and sample.inspectors and op.actor.id not in sample.inspectors:
        raise Refusal("inspector-unchecked")
    return sample.questions(item)


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
