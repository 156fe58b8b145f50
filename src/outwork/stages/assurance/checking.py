"""What is known of inspectors: known defects shown to them, defects that escaped them, and what
somebody else sees who inspects the same once more without knowing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from outwork import access, agreements, ledger, methods
from outwork.agreements import WorkOrder
from outwork.methods.inspection import Check
from outwork.operation import Operation, act
from outwork.stages import execution
from outwork.stages.assurance import events, queries, store
from outwork.stages.assurance.model import (
    Inspection,
    InspectorCheck,
    Reinspection,
    Sample,
    bad_units,
    held_against,
)
from outwork.vocabulary import (
    ActorId,
    BadInput,
    EngagementId,
    ItemId,
    Refusal,
    Role,
    Stage,
    WorkOrderId,
)

MANAGERS = [Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER]


@act(roles=MANAGERS, stages=[Stage.EXECUTION], records=[events.InspectorChecked])
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
    _put_down(op, before, made)
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
        _put_down(op, checks.get(who), made)


def _put_down(op: Operation, before: InspectorCheck | None, made: InspectorCheck) -> None:
    """Add a check to those before: none is made good by repeating it."""
    if before is None:
        store.inspector_checks.add(op.db, made)
        return
    summed = replace(
        made,
        seeded=before.seeded + made.seeded,
        caught=before.caught + made.caught,
        clean=before.clean + made.clean,
        passed=before.passed + made.passed,
    )
    store.inspector_checks.save(op.db, summed)


@act(roles=MANAGERS, stages=[Stage.ASSURANCE], records=[events.ReinspectionRequested])
def request_reinspection(op: Operation, work_order: WorkOrderId, items: int) -> int:
    """Have so many of the inspected items inspected again, by others who are not told; gives them.

    The items are drawn from those inspected so far; the verdict waits for what they show of the
    first inspectors, and counts what the first inspectors found.
    """
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    member = access.membership(op.db, order.engagement_id, op.actor.id)
    assert member is not None  # require() has seen it
    if Role.REVIEWER in member.roles:
        raise Refusal("inspector-asks")
    sample = queries.sample_of(op.db, order)
    if sample is None:
        raise Refusal("sample-not-drawn")
    if queries.verdict_of(op.db, order) is not None:
        raise Refusal("verdict-given")
    looked = _inspected_once(op, order)
    if not 1 <= items <= len(looked):
        raise BadInput("reinspections-outside", most=len(looked))
    size = _inspected_size(op, order)
    seed = methods.reinspection_seed(
        bytes.fromhex(sample.seed), ledger.root_at(op.db, order.engagement_id, size)
    )
    drawn = [ItemId(i) for i in methods.draw(seed, looked, items)]
    for item in drawn:
        first = looked[item]
        opened = execution.inspect_again(op, order, item, first.inspector)
        made = Reinspection(
            engagement_id=order.engagement_id,
            assignment_id=opened,
            work_order_id=order.id,
            round=order.round,
            item_id=item,
            first_id=first.assignment_id,
            inspector=first.inspector,
            requested_at=op.now,
        )
        store.reinspections.add(op.db, made)
    op.record(
        events.ReinspectionRequested(
            engagement=order.engagement_id,
            work_order=order.id,
            round=order.round,
            inspected_size=size,
            items=tuple(drawn),
        )
    )
    return len(drawn)


def _inspected_once(op: Operation, order: WorkOrder) -> dict[ItemId, Inspection]:
    """The sample's inspections that were not asked for a second time, by item."""
    before = {r.item_id for r in queries.reinspections(op.db, order)}
    return {
        i.item_id: i
        for i in queries.inspections(op.db, order)
        if i.in_sample and i.item_id not in before
    }


def _inspected_size(op: Operation, order: WorkOrder) -> int:
    """The size of the log at the batch's newest inspection; refused until that is integrated."""
    newest = ledger.find_entry(
        op.db,
        order.engagement_id,
        events.ItemInspected.kind,
        work_order=order.id,
        round=order.round,
    )
    if newest is None or newest.seq is None:
        raise Refusal("inspection-pending")
    return newest.seq + 1


def compare(op: Operation, sample: Sample, again: Reinspection) -> None:
    """Hold a second inspection against the first, and put on record what the first missed."""
    raised = {
        made: bad_units(sample, queries.defects_of(op.db, made))
        for made in (again.first_id, again.assignment_id)
    }
    found = held_against(
        sample.units_of(again.item_id), raised[again.first_id], raised[again.assignment_id]
    )
    store.reinspections.save(op.db, replace(again, found=found))
    if found.seeded:
        # Checks of one inspector add up one after the other.
        agreements.engagement(op.db, again.engagement_id, lock=True)
        before = queries.inspector_checks(op.db, again.engagement_id).get(again.inspector)
        made = InspectorCheck(
            again.engagement_id, again.inspector, found.seeded, found.caught, 0, 0, op.now
        )
        _put_down(op, before, made)
    member = access.membership(op.db, again.engagement_id, again.inspector)
    assert member is not None  # inspected as one
    op.record(
        events.InspectionsCompared(
            engagement=again.engagement_id,
            work_order=again.work_order_id,
            round=again.round,
            assignment=again.assignment_id,
            item=again.item_id,
            inspector=member.pseudonym,
            seeded=found.seeded,
            caught=found.caught,
            clean=found.clean,
            passed=found.passed,
        )
    )
