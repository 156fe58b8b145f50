"""What samples showed over time, by whoever answered and by the model version that drafted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from enum import StrEnum

import sqlalchemy as sa

from outwork import agreements
from outwork.agreements import WorkOrder
from outwork.operation import Operation
from outwork.reporting.queries import may_read
from outwork.reporting.telling import works_blind
from outwork.stages import assurance
from outwork.vocabulary import ActorId, EngagementId


class Grouping(StrEnum):
    """What a point of a chart stands for: one sample, or one day of inspections (UTC)."""

    BATCH = "batch"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Seen:
    """One item of a decided sample: drawn units, how many of them are defective, who made it.

    `analyst` answered it, `agent` drafted it; None where nobody did.
    """

    order: WorkOrder
    round: int
    day: date
    units: int
    defective: int
    analyst: ActorId | None
    agent: ActorId | None


@dataclass(frozen=True, slots=True)
class Point:
    """Drawn units of one sample or day, and how many of them are defective."""

    order: WorkOrder
    round: int
    day: date
    units: int
    defective: int


# Who drafted and who answered an item last before it was inspected.
_MADE = sa.text("""
    select distinct on (i.assignment_id, a.level = 0)
      i.item_id, i.round, a.level = 0 as drafted, s.author_id
    from inspection i
    join submission s on s.item_id = i.item_id and s.at < i.at and s.purpose = 'produce'
    join assignment a on a.id = s.assignment_id
    where i.work_order_id = :order and i.in_sample
    order by i.assignment_id, a.level = 0, s.id desc
""")


def seen(op: Operation, engagement: EngagementId) -> tuple[Seen, ...]:
    """Every item of an engagement's decided samples; to those who answer items their own."""
    viewer = may_read(op, engagement)
    made = []
    for order in agreements.work_orders(op.db, engagement):
        of = op.db.execute(_MADE, {"order": order.id}).all()
        who = {(r.item_id, r.round, r.drafted): ActorId(r.author_id) for r in of}
        for one in assurance.sampled_items(op.db, order):
            at = (one.item_id, one.round)
            day = one.at.astimezone(UTC).date()
            made.append(
                Seen(
                    order, one.round, day, one.units, one.defective,
                    who.get((*at, False)), who.get((*at, True)),
                )
            )  # fmt: skip
    if works_blind(viewer):
        return tuple(s for s in made if op.actor.id in (s.analyst, s.agent))
    return tuple(made)


def subjects(found: Sequence[Seen]) -> list[ActorId]:
    """Whose items were sampled: analysts first, then agents."""
    analysts = dict.fromkeys(s.analyst for s in found if s.analyst)
    return [*analysts, *dict.fromkeys(s.agent for s in found if s.agent)]


def of_subject(found: Iterable[Seen], subject: ActorId) -> list[Seen]:
    """What somebody answered, or a model version drafted."""
    return [s for s in found if subject in (s.analyst, s.agent)]


def points(found: Iterable[Seen], by: Grouping) -> list[Point]:
    """One point a sample or a day, in order of time."""
    groups: dict[tuple[str, ...], list[Seen]] = {}
    for one in found:
        day = by is Grouping.DAY
        key = (one.day.isoformat(),) if day else (one.order.id, str(one.round))
        groups.setdefault(key, []).append(one)
    made = []
    for some in groups.values():
        newest = max(some, key=lambda s: s.day)
        units, defective = sum(s.units for s in some), sum(s.defective for s in some)
        made.append(Point(newest.order, newest.round, newest.day, units, defective))
    return sorted(made, key=lambda p: (p.day, p.order.id, p.round))
