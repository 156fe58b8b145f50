"""What quality costs: effort by category, as it was recorded, and money where hours have a price.

Prevention, appraisal, internal and external failure: A. V. Feigenbaum, Harvard Business Review 34
(1956) 93-101; BS 6143-2 (1990).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa

from outwork import agreements
from outwork.operation import Operation
from outwork.reporting.queries import may_read
from outwork.reporting.telling import works_blind
from outwork.stages import execution
from outwork.stages.execution import ReworkCause
from outwork.vocabulary import ActorId, EngagementId, Money, Purpose, Role


class CostKind(StrEnum):
    """The work itself, or what is spent so that it is right, to see whether it is, or because it
    was not: found here, or found by the client."""

    WORK = "work"
    PREVENTION = "prevention"
    APPRAISAL = "appraisal"
    INTERNAL_FAILURE = "internal-failure"
    EXTERNAL_FAILURE = "external-failure"


@dataclass(frozen=True, slots=True)
class QualityCost:
    """Effort of one kind: pieces of work and seconds; `unpriced` of them have no price an hour.

    `amount` is None for whoever may not see what an hour costs.
    """

    kind: CostKind
    pieces: int
    seconds: int
    unpriced: int
    amount: Money | None


_EFFORT = sa.text("""
    with done as (
      select s.assignment_id, s.author_id as actor, s.seconds from submission s
      where s.engagement_id = :engagement
      union all
      select r.assignment_id, r.reviewer, r.seconds from review r
      where r.engagement_id = :engagement and r.verdict <> 'corrected'
      union all
      select x.rescore_id, x.decided_by, x.seconds from dispute x
      where x.engagement_id = :engagement and x.decided_by is not null
    )
    select a.purpose, w.cause,
      coalesce(i.in_sample, false) or g.assignment_id is not null as in_sample, d.actor,
      count(*) as pieces,
      sum(case when c.accepted then c.claimed else d.seconds end) as seconds
    from done d
    join assignment a on a.id = d.assignment_id
    left join rework w on w.assignment_id = a.id
    left join inspection i on i.assignment_id = a.id
    left join reinspection g on g.assignment_id = a.id
    left join effort_claim c on c.assignment_id = a.id
    group by 1, 2, 3, 4
""")


def kind_of_cost(purpose: Purpose, cause: ReworkCause | None, in_sample: bool) -> CostKind:
    """Where a piece of work belongs: by what it was for, and for a rework by who found the fault.

    An inspection outside a sample is that of a rejected lot, or of what was corrected; one of a
    sampled item once more, to see how well it was inspected, counts with the sample's.
    """
    if purpose in execution.GIVEN:
        return CostKind.PREVENTION
    if cause is not None:
        returned = cause is ReworkCause.RETURN
        return CostKind.EXTERNAL_FAILURE if returned else CostKind.INTERNAL_FAILURE
    if purpose is Purpose.INSPECT and not in_sample:
        return CostKind.INTERNAL_FAILURE
    return CostKind.WORK if purpose is Purpose.PRODUCE else CostKind.APPRAISAL


def quality_costs(op: Operation, engagement: EngagementId) -> list[QualityCost]:
    """What quality cost in an engagement so far, by kind; nothing to those who answer items.

    Effort that was contested counts as it was decided. Money is for the provider's managers alone:
    what an hour costs the provider is nothing for the client.
    """
    viewer = may_read(op, engagement)
    if works_blind(viewer):
        return []
    costs = execution.hour_costs(op.db, engagement)
    currency = agreements.engagement(op.db, engagement).currency
    pieces: Counter[CostKind] = Counter()
    seconds: Counter[CostKind] = Counter()
    unpriced: Counter[CostKind] = Counter()
    amount: dict[CostKind, Decimal] = dict.fromkeys(CostKind, Decimal(0))
    for row in op.db.execute(_EFFORT, {"engagement": engagement}):
        cause = None if row.cause is None else ReworkCause(row.cause)
        kind = kind_of_cost(Purpose(row.purpose), cause, row.in_sample)
        pieces[kind] += row.pieces
        seconds[kind] += int(row.seconds)
        price = costs.get(ActorId(row.actor))
        if price is None:
            unpriced[kind] += row.pieces
        else:
            amount[kind] += price * int(row.seconds) / 3600
    sees_money = Role.DELIVERY_MANAGER in viewer.roles
    return [
        QualityCost(
            kind, pieces[kind], seconds[kind], unpriced[kind],
            Money(amount[kind], currency).rounded() if sees_money else None,
        )
        for kind in CostKind
    ]  # fmt: skip
