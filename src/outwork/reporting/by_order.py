"""What the pages of a work order show: batch, sampling, closing, deliverable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

import sqlalchemy as sa

from outwork import access, agreements, documents, ledger, practices, workforce
from outwork.access import Membership
from outwork.agreements import Engagement, WorkOrder
from outwork.kit import outbox
from outwork.kit.outbox import Job
from outwork.kit.paging import Page
from outwork.operation import Operation
from outwork.practices import Service
from outwork.reporting.by_stage import Standing, plans_for
from outwork.reporting.log import openable
from outwork.reporting.queries import may_read
from outwork.reporting.telling import reads_blind, refuse_blind
from outwork.stages import acceptance, assurance, execution, requirements, setup, transfer
from outwork.stages.acceptance import Delivery, Invoice, ProposedChange
from outwork.stages.assurance import (
    Certificate,
    DefectRecord,
    Inspection,
    InspectorCheck,
    Reinspection,
    Sample,
    Verdict,
)
from outwork.stages.execution import (
    Assignment,
    Deadline,
    Import,
    Pause,
    SeedCommitment,
    WorkItem,
)
from outwork.stages.requirements import Line
from outwork.stages.transfer import Guideline
from outwork.vocabulary import (
    ActorId,
    Answer,
    DocumentId,
    EngagementId,
    ItemId,
    LineId,
    NotFound,
    Purpose,
    Reason,
    Role,
    WorkOrderId,
)

MOST_JOBS = 20
MOST_REFUSED = 200


# --- execution and assurance ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Batch:
    """A work order being worked on: its items with the last thing that happened to each."""

    lines: tuple[Line, ...]
    items: Page[WorkItem]
    counts: Mapping[str, int]
    latest: Mapping[ItemId, Assignment]
    seeds: Mapping[str, SeedCommitment]
    refused: tuple[tuple[str, str], ...]
    clauses: tuple[str, ...]
    imports: tuple[Import, ...] = ()
    machine: tuple[Job, ...] = ()
    deadlines: Mapping[WorkOrderId, Deadline] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()


def machine_work(op: Operation, engagement: EngagementId) -> tuple[Job, ...]:
    """Jobs of an engagement: on their way or parked, then those that ended, newest first."""
    may_read(op, engagement)
    return tuple(outbox.listed(op.db, engagement, MOST_JOBS))


def batch(op: Operation, at: Standing, after: str | None) -> Batch:
    """The work order looked at, or nothing of one where none is open."""
    engagement = may_read(op, at.overview.engagement.id).engagement_id
    order = at.order
    rules = transfer.latest_guideline(op.db, engagement)
    clauses = tuple(c.id for c in rules.clauses) if rules else ()
    lines = tuple(requirements.lines(op.db, engagement))
    if order is None:
        return Batch(lines, Page((), None), {}, {}, {}, (), clauses)
    return Batch(
        lines=lines,
        items=execution.items(op.db, order.id, after),
        counts={state.value: n for state, n in execution.counts(op.db, order.id).items()},
        latest={a.item_id: a for a in execution.assignments(op.db, order.id)},
        seeds=execution.seeds(op.db, order),
        refused=_refused(op, engagement, order),
        clauses=clauses,
        imports=tuple(execution.imports(op.db, order.id)),
        machine=machine_work(op, engagement),
        deadlines=_deadlines(op, at),
        pauses=tuple(execution.pauses(op.db, order.id)),
    )


def _deadlines(op: Operation, at: Standing) -> dict[WorkOrderId, Deadline]:
    found = {o.id: execution.deadline_of(op.db, o, op.now) for o in at.overview.orders}
    return {order: stands for order, stands in found.items() if stands is not None}


def _refused(
    op: Operation, engagement: EngagementId, order: WorkOrder
) -> tuple[tuple[str, str], ...]:
    sought = ledger.Sought(kind="execution.file-refused")
    page = ledger.timeline(op.db, engagement, sought, limit=MOST_REFUSED)
    ours = [e for e in page.rows if e.public.get("work_order") == order.id]
    if not ours:
        return ()
    opened = ledger.disclosures(op.db, engagement, *[e.id for e in ours])
    names = {e: str(fields["name"][1]) for e, fields in opened.items() if "name" in fields}
    return tuple((names.get(e.id, "–"), str(e.public["code"])) for e in ours)


@dataclass(frozen=True, slots=True)
class Sampling:
    """Seeds, sample, inspections, defects, verdict and certificate of a work order.

    `again` are the second inspections of the engagement by whoever inspected first.
    """

    items: Mapping[ItemId, WorkItem]
    makers: Mapping[ItemId, ActorId]
    seeds: Mapping[str, SeedCommitment]
    sample: Sample | None
    plans: setup.Plans | None
    line: Line | None
    inspections: Mapping[ItemId, Inspection]
    asked: Mapping[ItemId, Assignment]
    inspectors: Mapping[ActorId, InspectorCheck | None]
    defects: tuple[DefectRecord, ...]
    verdict: Verdict | None
    certificate: Certificate | None
    service: Service | None
    guideline: Guideline | None
    again: Mapping[ActorId, tuple[Reinspection, ...]]


def sampling(op: Operation, at: Standing) -> Sampling:
    """The assurance of the work order looked at."""
    viewer = may_read(op, at.overview.engagement.id)
    order = at.order
    if order is None:
        return Sampling({}, {}, {}, None, None, None, {}, {}, {}, (), None, None, None, None, {})
    sample = assurance.sample_of(op.db, order)
    verdict = assurance.verdict_of(op.db, order)
    # Until the verdict an inspector finds by looking, and never learns who looked once more.
    mine = op.actor.id if reads_blind(viewer) and verdict is None else None
    again = {r.assignment_id for r in assurance.reinspections(op.db, order)}
    line = requirements.line(op.db, order.line_id)
    drawn = sample.items() if sample else []
    made = execution.assignments(op.db, order.id, Purpose.PRODUCE)
    return Sampling(
        items={i: execution.item(op.db, i) for i in drawn},
        makers={a.item_id: a.actor_id for a in made if a.level and a.actor_id},
        seeds=execution.seeds(op.db, order),
        sample=sample,
        plans=plans_for(line),
        line=line,
        # What a screening before the draw found is not the sample's.
        inspections={
            i.item_id: i
            for i in assurance.inspections(op.db, order)
            if (sample is None or i.at >= sample.drawn_at)
            and i.assignment_id not in again
            and mine in (None, i.inspector)
        },
        asked={
            a.item_id: a
            for a in execution.assignments(op.db, order.id, Purpose.INSPECT)
            if (sample is None or a.opened_at >= sample.drawn_at)
            and a.id not in again
            and mine in (None, a.actor_id)
        },
        inspectors=_inspectors(op, order),
        defects=tuple(
            x
            for x in assurance.defects(op.db, order)
            if (sample is None or x.found_at >= sample.drawn_at) and mine in (None, x.found_by)
        ),
        verdict=verdict,
        certificate=assurance.certificate_of(op.db, order),
        service=practices.service(line.service),
        guideline=transfer.latest_guideline(op.db, order.engagement_id),
        again=_reinspected(op, order, viewer),
    )


def _reinspected(
    op: Operation, order: WorkOrder, viewer: Membership
) -> dict[ActorId, tuple[Reinspection, ...]]:
    """What was inspected a second time, by who inspected it first; to inspectors what is compared
    of their own."""
    made: dict[ActorId, tuple[Reinspection, ...]] = {}
    for one in assurance.reinspections_of(op.db, order.engagement_id):
        told = one.found is not None and one.inspector == op.actor.id
        if told or not reads_blind(viewer):
            made[one.inspector] = (*made.get(one.inspector, ()), one)
    return made


def _inspectors(op: Operation, order: WorkOrder) -> dict[ActorId, InspectorCheck | None]:
    checks = assurance.inspector_checks(op.db, order.engagement_id)
    team = access.members(op.db, order.engagement_id)
    return {m.actor_id: checks.get(m.actor_id) for m in team if Role.REVIEWER in m.roles}


# --- acceptance -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Closing:
    """Deliveries by work order, invoices, and what was learned."""

    deliveries: Mapping[WorkOrderId, Delivery]
    invoices: tuple[Invoice, ...]
    changes: tuple[ProposedChange, ...]
    guideline: Guideline | None
    checkpoint: str | None


def closing(op: Operation, at: Standing) -> Closing:
    """What the client decides on, and what follows."""
    engagement = may_read(op, at.overview.engagement.id).engagement_id
    found = {o.id: acceptance.delivery_of(op.db, o) for o in at.overview.orders}
    return Closing(
        deliveries={o: d for o, d in found.items() if d is not None},
        invoices=tuple(acceptance.invoices(op.db, engagement)),
        changes=tuple(acceptance.proposed_changes(op.db, engagement)),
        guideline=transfer.latest_guideline(op.db, engagement),
        checkpoint=ledger.latest_checkpoint(op.db, engagement),
    )


@dataclass(frozen=True, slots=True)
class Delivered:
    """A deliverable with the answers of some of its items."""

    delivery: Delivery
    sampling: Sampling
    items: Page[tuple[WorkItem, Mapping[str, Answer]]]


def delivered(op: Operation, at: Standing, after: str | None, limit: int) -> Delivered:
    """What the client was given for the work order looked at; raises NotFound where nothing was."""
    may_read(op, at.overview.engagement.id)
    order = at.order
    delivery = acceptance.delivery_of(op.db, order) if order else None
    if order is None or delivery is None:
        raise NotFound("delivery", order.id if order else "")
    page = execution.items(op.db, order.id, after, limit)
    rows = tuple((i, execution.current_answers(op.db, i.id)) for i in page.rows)
    return Delivered(delivery, sampling(op, at), Page(rows, page.next))


def delivered_file(op: Operation, engagement: EngagementId, file: str) -> tuple[str, bytes]:
    """Name and content of a file of a delivery; raises NotFound for any other document."""
    may_read(op, engagement)
    for order in agreements.work_orders(op.db, engagement):
        delivery = acceptance.delivery_of(op.db, order)
        for found in delivery.files if delivery else ():
            if found.document_id == file:
                return found.name, documents.content(op.db, DocumentId(file))
    raise NotFound("file", file)


def order_items(op: Operation, order: WorkOrderId) -> list[tuple[str, str]]:
    """Id and name of every item of a work order that the transaction sees."""
    return [(i.id, i.name) for i in execution.all_items(op.db, order)]


def order_questions(op: Operation, order: WorkOrder) -> list[tuple[str, str]]:
    """Key and label of every question of a work order's service."""
    service = practices.service(requirements.line(op.db, order.line_id).service)
    return [(q.key, q.label) for q in service.questions]


def write_bundle(op: Operation, engagement: EngagementId, target: BinaryIO) -> None:
    """Write the signed bundle, opened as far as its reader may see what is sealed."""
    member = may_read(op, engagement)
    refuse_blind(member)
    opens = openable(op.db, engagement, member)
    acceptance.export_bundle(op.db, engagement, target, opens=opens)


@dataclass(frozen=True, slots=True)
class Untaken:
    """Items that wait although nobody on the team may take them.

    `kept_out` counts people by the code of each rule in their way; `nearest` are those with the
    fewest rules in the way, with these.
    """

    line_id: LineId
    purpose: Purpose
    count: int
    kept_out: Mapping[str, int]
    nearest: tuple[tuple[ActorId, tuple[Reason, ...]], ...]


# What waits for anyone, together where every rule says the same of it: `authors` are the families
# that had a hand in what is to be checked.
_OPEN = sa.text("""
    select a.purpose, a.level, o.line_id, case
      when a.purpose in ('inspect', 'review', 'adjudicate', 'overlap') then (
        select array_agg(m.family order by m.family) from (
          select s.family from submission s
          where s.item_id = a.item_id
            and s.purpose in ('produce', 'overlap', 'control', 'review', 'adjudicate')
          union select h.family from hand_over h
          where h.item_id = a.item_id and h.family is not null) m)
      end as authors, a.not_for, count(*) as waiting
    from work_order o join assignment a on a.work_order_id = o.id
    where o.engagement_id = :engagement and a.state = 'open' and a.reserved_for is null
    group by 1, 2, 3, 4, 5
    order by 1, 2, 3, 4, 5
""")
_NEAREST = 3


def untaken(op: Operation, engagement: Engagement) -> list[Untaken]:
    """Why nobody takes what waits: the rules that keep each of the team out of it."""
    if not execution.stuck(op.db, engagement.id, op.now).unclaimable:
        return []
    team = _team(op, engagement)
    needs = {n.line_id: n for n in workforce.needs_of(op.db, engagement.id)}
    found = []
    for name, level, line, authors, not_for, count in op.db.execute(
        _OPEN, {"engagement": engagement.id}
    ):
        purpose = Purpose(name)
        barred = {}
        for member, family, certified, brings in team:
            reasons = execution.obstacles(
                purpose, level, family, member.roles, certified, authors or (), not_for
            )
            reasons += workforce.ineligible(brings, needs.get(line), engagement.client_id, op.now)
            barred[member.actor_id] = tuple(reasons)
        if all(barred.values()):
            kept_out = Counter(code for rs in barred.values() for code in {r.code for r in rs})
            nearest = sorted(barred.items(), key=lambda one: (len(one[1]), one[0]))[:_NEAREST]
            found.append(Untaken(LineId(line), purpose, count, kept_out, tuple(nearest)))
    return found


_Teammate = tuple[Membership, str, bool, workforce.Qualification]


def _team(op: Operation, engagement: Engagement) -> list[_Teammate]:
    """Who works in an engagement now: family, certification and what each brings."""
    members = [
        m
        for m in access.members(op.db, engagement.id)
        if m.live(op.now) and m.roles & {Role.ANALYST, Role.AGENT, Role.REVIEWER}
    ]
    people = access.actors(op.db, [m.actor_id for m in members])
    return [
        (
            m,
            people[m.actor_id].family or m.pseudonym,
            transfer.certified(op.db, engagement.id, m.actor_id),
            workforce.qualification(op.db, m.actor_id),
        )
        for m in members
    ]
