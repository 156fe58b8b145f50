"""Reading samples, inspections, verdicts and certificates."""

from __future__ import annotations

from outwork import documents
from outwork.agreements import WorkOrder
from outwork.kit.database import Connection
from outwork.stages import execution, transfer
from outwork.stages.assurance import store
from outwork.stages.assurance.calibration import Calibration, CalibrationItem, Settlement
from outwork.stages.assurance.model import (
    Certificate,
    CorrectiveAction,
    DefectRecord,
    Effect,
    Inspection,
    InspectorCheck,
    Reinspection,
    Sample,
    SampledItem,
    Verdict,
    gate_reasons,
    tally,
)
from outwork.stages.execution import AssignmentState, ItemState
from outwork.vocabulary import (
    ActionId,
    ActorId,
    Answer,
    AssignmentId,
    CalibrationId,
    EngagementId,
    ItemId,
    Purpose,
    Reason,
)


def sample_of(db: Connection, order: WorkOrder) -> Sample | None:
    """The sample of the current round, or None."""
    table = store.sample_table.c
    return store.samples.one(db, table.work_order_id == order.id, table.round == order.round)


def verdict_of(db: Connection, order: WorkOrder, round_: int | None = None) -> Verdict | None:
    """The verdict of a round (the current one unless told), or None."""
    table = store.verdict_table.c
    wanted = order.round if round_ is None else round_
    return store.verdicts.one(db, table.work_order_id == order.id, table.round == wanted)


def certificates(db: Connection, order: WorkOrder) -> list[Certificate]:
    """The certificates of a work order, oldest first."""
    return store.certificates.find(db, store.certificate_table.c.work_order_id == order.id)


def certificate_of(db: Connection, order: WorkOrder) -> Certificate | None:
    """The newest certificate of a work order, or None."""
    return store.certificates.one(db, store.certificate_table.c.work_order_id == order.id)


def inspections(db: Connection, order: WorkOrder, round_: int | None = None) -> list[Inspection]:
    """The inspections of a round (the current one unless told)."""
    table = store.inspection_table.c
    wanted = order.round if round_ is None else round_
    return store.inspections.find(db, table.work_order_id == order.id, table.round == wanted)


def sampled_items(db: Connection, order: WorkOrder) -> list[SampledItem]:
    """What the decided samples of a work order showed, item by item, oldest round first."""
    table = store.sample_table.c
    made = []
    for sample in store.samples.find(db, table.work_order_id == order.id):
        if verdict_of(db, order, sample.round) is not None:
            looked = inspections(db, order, sample.round)
            made += tally(sample, looked, defects(db, order, sample.round))
    return made


def reinspections(db: Connection, order: WorkOrder) -> list[Reinspection]:
    """What of the current round is or was inspected a second time, unawares."""
    table = store.reinspection_table.c
    return store.reinspections.find(db, table.work_order_id == order.id, table.round == order.round)


def reinspections_of(db: Connection, engagement: EngagementId) -> list[Reinspection]:
    """Every second inspection of an engagement, handed in or not."""
    table = store.reinspection_table.c
    return store.reinspections.find(db, table.engagement_id == engagement)


def reinspection_by(db: Connection, assignment: AssignmentId) -> Reinspection | None:
    """The re-inspection that an assignment is, or None where it is another."""
    return store.reinspections.one(db, store.reinspection_table.c.assignment_id == assignment)


def inspector_checks(db: Connection, engagement: EngagementId) -> dict[ActorId, InspectorCheck]:
    """What checks showed of an engagement's inspectors, by inspector."""
    table = store.inspector_check_table.c
    found = store.inspector_checks.find(db, table.engagement_id == engagement)
    return {check.inspector: check for check in found}


def defects(db: Connection, order: WorkOrder, round_: int | None = None) -> list[DefectRecord]:
    """The defects of a round (the current one unless told), oldest first."""
    table = store.defect_table.c
    wanted = order.round if round_ is None else round_
    return store.defects.find(db, table.work_order_id == order.id, table.round == wanted)


def defects_of(db: Connection, assignment: AssignmentId) -> list[DefectRecord]:
    """The defects that one inspection raised."""
    return store.defects.find(db, store.defect_table.c.assignment_id == assignment)


def passed_by(db: Connection, order: WorkOrder, item: ItemId, question: str) -> list[ActorId]:
    """Who inspected an item's answer as it stands, and found nothing wrong with it."""
    last = execution.answered_at(db, item)
    seen, raised = store.inspection_table.c, store.defect_table.c
    found = store.inspections.find(db, seen.work_order_id == order.id, seen.item_id == item)
    faulted = {
        d.assignment_id
        for d in store.defects.find(db, raised.item_id == item, raised.question == question)
    }
    return sorted(
        {
            i.inspector
            for i in found
            if i.at > last and i.assignment_id not in faulted and _covers(db, i, question)
        }
    )


def _covers(db: Connection, found: Inspection, question: str) -> bool:
    """Whether an inspection was of that answer: in a sample of answers only those drawn are."""
    table = store.sample_table.c
    sample = store.samples.one(
        db, table.work_order_id == found.work_order_id, table.round == found.round
    )
    of_sample = found.in_sample or reinspection_by(db, found.assignment_id) is not None
    if not of_sample or sample is None:
        return True
    drawn = sample.questions(found.item_id)
    return not drawn or question in drawn


def corrective_action(
    db: Connection, identifier: ActionId, *, lock: bool = False
) -> CorrectiveAction:
    """The corrective action of that id; raises NotFound."""
    return store.corrective_actions.get(db, identifier, lock=lock)


def corrective_actions(db: Connection, engagement: EngagementId) -> list[CorrectiveAction]:
    """The corrective actions of an engagement, oldest first."""
    table = store.action_table.c
    return store.corrective_actions.find(db, table.engagement_id == engagement)


def effect_of(db: Connection, action: CorrectiveAction) -> Effect | None:
    """What samples showed of the clause before and after; None until it is implemented."""
    since = action.implemented_at
    if since is None:
        return None
    seen, found = store.inspection_table.c, store.defect_table.c
    looked = store.inspections.find(
        db, seen.engagement_id == action.engagement_id, seen.in_sample.is_(True)
    )
    bad = {
        (d.work_order_id, d.round, d.item_id)
        for d in store.defects.find(
            db,
            found.engagement_id == action.engagement_id,
            found.in_sample.is_(True),
            found.clause == action.clause,
        )
    }
    counts = {False: [0, 0], True: [0, 0]}
    for i in looked:
        count = counts[i.at >= since]
        count[0] += (i.work_order_id, i.round, i.item_id) in bad
        count[1] += 1
    return Effect(*counts[False], *counts[True])


def calibration(db: Connection, identifier: CalibrationId, *, lock: bool = False) -> Calibration:
    """The calibration session of that id; raises NotFound."""
    return store.calibrations.get(db, identifier, lock=lock)


def calibrations(db: Connection, engagement: EngagementId) -> list[Calibration]:
    """The calibration sessions of an engagement, oldest first."""
    table = store.calibration_table.c
    return store.calibrations.find(db, table.engagement_id == engagement)


def settlements(db: Connection, found: Calibration) -> dict[tuple[ItemId, str], Settlement]:
    """What was settled in a session, by item and question."""
    table = store.settlement_table.c
    made = store.settlements.find(db, table.calibration_id == found.id)
    return {(s.item_id, s.question): s for s in made}


def settled_because(db: Connection, found: Settlement) -> str:
    """Why an answer stands."""
    context = f"{found.item_id}/{found.question}/settled"
    return str(documents.unseal(db, found.engagement_id, found.reason, context))


def rated(db: Connection, found: Calibration, item: ItemId) -> dict[ActorId, list[Answer]]:
    """What the raters of a session answered of one of its items, as far as they have."""
    return {
        made.author_id: execution.answers_of(db, made.id)
        for made in execution.submissions(db, item)
        if made.author_id in found.raters
    }


def agreed_answers(db: Connection, one: CalibrationItem) -> tuple[Answer, ...] | None:
    """The answers that were agreed beforehand, or None where there are none."""
    if not one.agreed:
        return None
    return transfer.known_answers(db, transfer.control_item(db, one.source))


def open_inspections(db: Connection, order: WorkOrder) -> int:
    """Inspections asked for and not handed in."""
    states = [AssignmentState.OPEN, AssignmentState.LIVE]
    return len(execution.assignments(db, order.id, Purpose.INSPECT, states))


def gate(db: Connection, order: WorkOrder) -> list[Reason]:
    """What stands between a work order's assurance and its acceptance."""
    seeds = execution.seeds(db, order)
    return gate_reasons(
        sample_of(db, order),
        verdict_of(db, order),
        {s for s in ("client", "provider") if s not in seeds or not seeds[s].nonce},
        open_inspections(db, order),
        execution.counts(db, order.id)[ItemState.REWORK],
        f"engagements/{order.engagement_id}/assurance",
    )
