"""Reading samples, inspections, verdicts and certificates."""

from __future__ import annotations

from outwork.agreements import WorkOrder
from outwork.kit.database import Connection
from outwork.stages import execution
from outwork.stages.assurance import store
from outwork.stages.assurance.model import (
    Certificate,
    DefectRecord,
    Inspection,
    InspectorCheck,
    Sample,
    Verdict,
    gate_reasons,
)
from outwork.stages.execution import AssignmentState, ItemState
from outwork.vocabulary import ActorId, EngagementId, Purpose, Reason


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


def inspections(db: Connection, order: WorkOrder) -> list[Inspection]:
    """The inspections of the current round."""
    table = store.inspection_table.c
    return store.inspections.find(db, table.work_order_id == order.id, table.round == order.round)


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
