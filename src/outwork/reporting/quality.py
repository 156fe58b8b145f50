"""Quality over all engagements of one actor: certificates, defects by clause, certifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outwork import access, agreements, ledger
from outwork.access import Actor
from outwork.agreements import Engagement, WorkOrder
from outwork.kit.paging import LARGEST_PAGE
from outwork.operation import Operation
from outwork.reporting.agreeing import Agreeing, agreeing
from outwork.reporting.by_stage import Member, team
from outwork.reporting.costing import QualityCost, quality_costs
from outwork.reporting.model import Person
from outwork.reporting.queries import BEYOND_BIDDING, may_read, people
from outwork.reporting.sampled import Seen, seen
from outwork.reporting.telling import reads_blind
from outwork.reporting.watching import Paused, Record, paused, records
from outwork.stages import acceptance, assurance, transfer
from outwork.stages.acceptance import DeliveryState, EscapedDefect
from outwork.stages.assurance import Certificate, CorrectiveAction, DefectRecord, Effect
from outwork.stages.transfer import Certification
from outwork.vocabulary import EngagementId, Role, Side


@dataclass(frozen=True, slots=True)
class EngagementQuality:
    """What is known of the quality of one engagement."""

    engagement: Engagement
    certificates: tuple[tuple[WorkOrder, Certificate], ...]
    defects: tuple[DefectRecord, ...]
    certifications: tuple[tuple[Member, Certification], ...]
    titles: Mapping[str, str]
    roles: frozenset[Role]
    side: Side
    team: tuple[Member, ...]
    records: tuple[Record, ...]
    paused: tuple[Paused, ...]
    agreeing: tuple[Agreeing, ...]
    escaped: tuple[EscapedDefect, ...]
    costs: tuple[QualityCost, ...]
    delivered: int
    seen: tuple[Seen, ...]
    actions: tuple[tuple[CorrectiveAction, Effect | None], ...]


def readable(op: Operation) -> list[Engagement]:
    """The engagements whose content the actor may read now, newest first."""
    page = agreements.engagements(op.db, limit=LARGEST_PAGE)
    found = []
    for engagement in page.rows:
        member = access.membership(op.db, engagement.id, op.actor.id)
        if member is not None and member.live(op.now) and member.roles & BEYOND_BIDDING:
            found.append(engagement)
    return found


def quality(op: Operation) -> list[EngagementQuality]:
    """One entry for each engagement that the actor may read."""
    made = []
    for engagement in readable(op):
        viewer = may_read(op, engagement.id)
        members = team(op, engagement.id)
        orders = agreements.work_orders(op.db, engagement.id)
        issued = [(o, assurance.certificate_of(op.db, o)) for o in orders]
        rules = transfer.latest_guideline(op.db, engagement.id)
        latest = {c.actor_id: c for c in transfer.certifications(op.db, engagement.id)}
        made.append(
            EngagementQuality(
                engagement=engagement,
                certificates=tuple((o, c) for o, c in issued if c is not None),
                defects=tuple(
                    d
                    for o in orders
                    for n in range(o.round)
                    # Who inspects finds by looking, until the verdict.
                    if not reads_blind(viewer) or assurance.verdict_of(op.db, o, n + 1)
                    for d in assurance.defects(op.db, o, n + 1)
                ),
                certifications=tuple(
                    (m, latest[m.actor.id]) for m in members if m.actor.id in latest
                ),
                titles={c.id: c.title for c in rules.clauses} if rules else {},
                roles=viewer.roles,
                side=viewer.side,
                team=tuple(members),
                records=tuple(records(op, engagement.id)),
                paused=tuple(paused(op, engagement.id)),
                agreeing=tuple(agreeing(op, engagement.id)),
                costs=tuple(quality_costs(op, engagement.id)),
                escaped=tuple(acceptance.escapes_of(op.db, engagement.id)),
                delivered=sum(
                    d.items
                    for d in (acceptance.delivery_of(op.db, o) for o in orders)
                    if d is not None and d.state is not DeliveryState.RETURNED
                ),
                seen=seen(op, engagement.id),
                actions=tuple(
                    (a, assurance.effect_of(op.db, a))
                    for a in assurance.corrective_actions(op.db, engagement.id)
                ),
            )
        )
    return made


@dataclass(frozen=True, slots=True)
class Colleague:
    """Someone the actor works with, and in which engagements."""

    actor: Actor
    places: tuple[tuple[Engagement, Person], ...]


def colleagues(op: Operation) -> list[Colleague]:
    """Everyone in the engagements that the actor may read, by name."""
    places: dict[str, list[tuple[Engagement, Person]]] = {}
    for engagement in readable(op):
        for person in people(op, engagement.id):
            places.setdefault(person.actor_id, []).append((engagement, person))
    actors = access.actors(op.db, list(places))
    made = [Colleague(actors[who], tuple(where)) for who, where in places.items()]
    return sorted(made, key=lambda c: (c.actor.name, c.actor.id))


def checkpoint(op: Operation, engagement: EngagementId) -> str | None:
    """The newest signed checkpoint of an engagement's log."""
    may_read(op, engagement)
    return ledger.latest_checkpoint(op.db, engagement)
