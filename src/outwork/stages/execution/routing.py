"""Offering items to whom they are worth most with: terms, costs, and the routing itself.

A claim stays what it is: an offer keeps an item for somebody for a while, and then lets go of it.
What waits when a period begins is allocated as a batch, which gives prices of people's time; what
arrives later is decided item by item at those prices and an even pace (`methods.allocation`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import sqlalchemy as sa

from outwork import access, agreements, documents, ledger, methods, workforce
from outwork.access import Membership
from outwork.agreements import Engagement, WorkOrder
from outwork.kit.database import Connection
from outwork.operation import Operation, act
from outwork.stages import setup, transfer
from outwork.stages.execution import events, queries, store
from outwork.stages.execution.preference import (
    LARGEST_AMOUNT,
    PACE,
    USUAL_HOURS,
    Candidate,
    Offer,
    Price,
    RoutingTerms,
    capacity,
    checked,
    worth,
)
from outwork.vocabulary import (
    ActorId,
    AssignmentId,
    BadInput,
    Digest,
    EngagementId,
    LineId,
    NotFound,
    Refusal,
    Role,
    Stage,
    WorkOrderId,
)

MANAGER = [Role.DELIVERY_MANAGER]
MOST = 500  # items a call
FEW = 5  # items after which somebody's own pace is known


@act(roles=MANAGER, records=[events.RoutingSet])
def set_routing(
    op: Operation,
    engagement: EngagementId,
    quality: Decimal,
    lateness: Decimal = Decimal(0),
    continuity: Decimal = Decimal(0),
    hours: int = 8,
    minutes: int = 30,
) -> None:
    """Prefer people by quality, lateness and continuity, in the engagement's currency."""
    op.require(agreements.engagement(op.db, engagement))
    made = RoutingTerms(
        engagement, quality, lateness, continuity, hours, minutes, op.actor.id, op.now
    )
    checked(made)
    store.routing.remove(op.db, store.routing_table.c.engagement_id == engagement)
    store.routing.add(op.db, made)
    # Prices were learned under other terms.
    store.prices.remove(op.db, store.price_table.c.engagement_id == engagement)
    op.record(
        events.RoutingSet(
            engagement=engagement,
            quality=quality,
            lateness=lateness,
            continuity=continuity,
            hours=hours,
            minutes=minutes,
        )
    )


@act(roles=MANAGER, records=[events.HourCostStated])
def state_cost(op: Operation, engagement: EngagementId, actor: ActorId, amount: Decimal) -> None:
    """State what an hour of a member costs the provider; the client does not see it."""
    op.require(agreements.engagement(op.db, engagement))
    member = access.membership(op.db, engagement, actor)
    if member is None:
        raise NotFound("member", actor)
    if not 0 <= amount <= LARGEST_AMOUNT:
        raise BadInput("amount-outside", argument="amount", most=str(LARGEST_AMOUNT))
    table = store.cost_table
    op.db.execute(
        sa.delete(table).where(table.c.engagement_id == engagement, table.c.actor_id == actor)
    )
    sealed = documents.seal(op.db, engagement, str(amount), f"{engagement}/{actor}/cost")
    op.db.execute(sa.insert(table).values(engagement_id=engagement, actor_id=actor, amount=sealed))
    op.record(
        events.HourCostStated(engagement=engagement, subject=member.pseudonym, amount=str(amount))
    )


@act(roles=MANAGER, stages=[Stage.EXECUTION], records=[events.ItemsOffered], always=False)
def route(op: Operation, engagement: EngagementId) -> int:
    """Offer what waits to whom it is worth most with; gives the number of items offered."""
    found = agreements.engagement(op.db, engagement)
    op.require(found)
    terms = terms_of(op.db, engagement)
    if terms is None:
        raise Refusal("routing-not-set")
    _let_go(op, engagement)
    waiting = _waiting(op.db, engagement)
    team = _team(op, found) if waiting else []
    if not team:
        return 0
    table = _table(op, found, terms, waiting, team)
    chosen = _chosen(op, terms, table)
    given = [(w, c) for w, c in zip(waiting, chosen, strict=True) if c is not None]
    if given:
        _offer(op, terms, given)
    return len(given)


def terms_of(db: Connection, engagement: EngagementId) -> RoutingTerms | None:
    """What people are preferred by, or None where items are anybody's."""
    return store.routing.one(db, store.routing_table.c.engagement_id == engagement)


def routed(db: Connection, engagements: Collection[EngagementId]) -> list[RoutingTerms]:
    """The terms of those engagements that have some."""
    table = store.routing_table.c
    return store.routing.find(db, table.engagement_id.in_(engagements))


def offers(db: Connection, engagement: EngagementId, now: datetime) -> list[Offer]:
    """Offers that stand."""
    table = store.offer_table.c
    return store.offers.find(db, table.engagement_id == engagement, table.until > now)


def hour_costs(db: Connection, engagement: EngagementId) -> dict[ActorId, Decimal]:
    """What an hour of each member costs, where it is stated; raises KeyMissing after erasure."""
    rows = db.execute(
        sa.select(store.cost_table).where(store.cost_table.c.engagement_id == engagement)
    )
    return {
        ActorId(r.actor_id): Decimal(
            str(documents.unseal(db, engagement, r.amount, f"{engagement}/{r.actor_id}/cost"))
        )
        for r in rows
    }


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An assignment that nobody has been offered yet."""

    id: AssignmentId
    order: WorkOrder
    made_by: frozenset[ActorId]  # people who have answered the item before


@dataclass(frozen=True, slots=True)
class _Table:
    """Who may do what, and what it is worth: rows as they wait, a place for each candidate."""

    people: list[Candidate]
    places: np.ndarray
    values: np.ndarray


def _let_go(op: Operation, engagement: EngagementId) -> None:
    """Items whose offer has run out are anybody's, also where whoever took one let it lapse."""
    op.db.execute(
        sa.text(
            "update assignment a set reserved_for = null from offer f"
            " where f.assignment_id = a.id and f.engagement_id = :engagement and f.until <= :now"
            " and a.reserved_for = f.actor_id and (a.state = 'open'"
            " or (a.state = 'live' and a.leased_until <= :now))"
        ),
        {"engagement": engagement, "now": op.now},
    )


def _waiting(db: Connection, engagement: EngagementId) -> list[_Waiting]:
    """What analysts could take and nobody was offered, rework first; held until the commit."""
    rows = db.execute(
        sa.text(
            "select a.id, a.work_order_id, array(select distinct s.author_id from submission s"
            " where s.item_id = a.item_id) as made_by"
            " from assignment a join work_order o on o.id = a.work_order_id"
            " where o.engagement_id = :engagement and o.phase = 'released'"
            " and a.taker = 'analyst' and a.state = 'open' and a.reserved_for is null"
            " and a.purpose <> 'overlap'"  # not for whoever answered first
            " and not exists (select from offer f where f.assignment_id = a.id)"
            " order by a.rank, a.id limit :most for update of a skip locked"
        ),
        {"engagement": engagement, "most": MOST},
    ).all()
    orders = {i: agreements.work_order(db, WorkOrderId(i)) for i in {r.work_order_id for r in rows}}
    return [
        _Waiting(AssignmentId(r.id), orders[r.work_order_id], frozenset(r.made_by)) for r in rows
    ]


def _team(op: Operation, engagement: Engagement) -> list[tuple[Membership, Candidate]]:
    """Analysts who may take work now: certified, entitled, on duty."""
    team = [
        m
        for m in access.members(op.db, engagement.id)
        if Role.ANALYST in m.roles
        and m.live(op.now)
        and transfer.certified(op.db, engagement.id, m.actor_id)
        and not setup.why_off_duty(
            op.db, engagement.id, m.actor_id, queries.holds(op.db, m.actor_id, op.now), op.now
        )
    ]
    pace = _hours_an_item(op.db, engagement.id)
    usual = float(np.mean(list(pace.values()))) if pace else USUAL_HOURS
    costs = hour_costs(op.db, engagement.id)
    ahead = _ahead(op.db, engagement.id, op.now)
    return [
        (
            m,
            Candidate(
                m.actor_id,
                _right(op.db, m),
                pace.get(m.actor_id, usual),
                costs.get(m.actor_id, Decimal(0)),
                ahead.get(m.actor_id, 0),
            ),
        )
        for m in team
    ]


def _right(db: Connection, member: Membership) -> float:
    """The share of right answers on control items, shrunk to one half by Jeffreys' prior."""
    last = transfer.certifications(db, member.engagement_id, member.actor_id)[-1]
    return (last.right + 0.5) / (last.asked + 1)


def _hours_an_item(db: Connection, engagement: EngagementId) -> dict[ActorId, float]:
    rows = db.execute(
        sa.text(
            "select author_id, avg(seconds) / 3600.0 as hours from submission"
            " where engagement_id = :engagement and purpose = 'produce' and seconds > 0"
            " group by author_id having count(*) >= :few"
        ),
        {"engagement": engagement, "few": FEW},
    )
    return {ActorId(r.author_id): float(r.hours) for r in rows}


def _ahead(db: Connection, engagement: EngagementId, now: datetime) -> dict[ActorId, int]:
    """How many items are held by or kept for each."""
    rows = db.execute(
        sa.text(
            "select who, count(*) as items from ("
            " select actor_id as who from assignment where engagement_id = :engagement"
            " and state = 'live' and leased_until > :now"
            " union all select reserved_for from assignment where engagement_id = :engagement"
            " and state = 'open' and reserved_for is not null"
            " and purpose not in ('certify', 'calibrate')) x"
            " group by who"
        ),
        {"engagement": engagement, "now": now},
    )
    return {ActorId(r.who): int(r.items) for r in rows}


def _table(
    op: Operation,
    engagement: Engagement,
    terms: RoutingTerms,
    waiting: Sequence[_Waiting],
    team: Sequence[tuple[Membership, Candidate]],
) -> _Table:
    """Eligibility first: whoever a line's need or a barrier keeps out has no place in its rows."""
    fit: dict[LineId, list[bool]] = {}
    for line in {w.order.line_id for w in waiting}:
        need = workforce.need_of(op.db, line)
        fit[line] = [
            not workforce.ineligible(
                workforce.qualification(op.db, c.actor_id), need, engagement.client_id, op.now
            )
            for _, c in team
        ]
    people = [c for _, c in team]
    places = np.full((len(waiting), len(people)), methods.allocation.NOBODY, np.int64)
    values = np.zeros(places.shape)
    for row, item in enumerate(waiting):
        due = item.order.due_at
        due_in = None if due is None else (due - op.now) / timedelta(hours=1)
        for at, who in enumerate(people):
            if fit[item.order.line_id][at]:
                places[row, at] = at
                values[row, at] = worth(terms, who, due_in, who.actor_id in item.made_by)
    return _Table(people, places, values)


def _chosen(op: Operation, terms: RoutingTerms, table: _Table) -> list[ActorId | None]:
    """Who is offered each item: a batch where a period begins, else each at price and pace."""
    table_of = store.price_table.c
    prices = {
        p.actor_id: p
        for p in store.prices.find(op.db, table_of.engagement_id == terms.engagement_id)
    }
    ends = timedelta(hours=terms.hours)
    if not prices or any(p.since + ends <= op.now for p in prices.values()):
        at = _batch(op, terms, table)
    else:
        at = _stream(op, terms, table, prices)
    return [None if place < 0 else table.people[place].actor_id for place in at]


def _batch(op: Operation, terms: RoutingTerms, table: _Table) -> list[int]:
    able = [capacity(terms, c) for c in table.people]
    found = methods.allocation.allocate(table.places, table.values, able)
    store.prices.remove(op.db, store.price_table.c.engagement_id == terms.engagement_id)
    used = np.bincount(found.person[found.person >= 0], minlength=len(able))
    store.prices.add(
        op.db,
        *(
            Price(terms.engagement_id, c.actor_id, float(p), int(u), most, op.now)
            for c, p, u, most in zip(table.people, found.prices, used, able, strict=True)
        ),
    )
    return [int(place) for place in found.person]


def _stream(
    op: Operation, terms: RoutingTerms, table: _Table, known: Mapping[ActorId, Price]
) -> list[int]:
    since = next(iter(known.values())).since
    # Whoever came on duty since costs nothing yet, and takes what a period holds.
    prices = [
        known.get(c.actor_id)
        or Price(terms.engagement_id, c.actor_id, 0.0, 0, capacity(terms, c), since)
        for c in table.people
    ]
    learned = np.array([p.price for p in prices])
    used = np.array([p.used for p in prices])
    able = np.array([p.capacity for p in prices])
    elapsed = min(1.0, (op.now - since) / timedelta(hours=terms.hours))
    positive = table.values[table.values > 0]
    step = PACE * float(positive.mean()) / float(able.mean()) if positive.size else 0.0
    chosen = []
    for people, values in zip(table.places, table.values, strict=True):
        may = np.flatnonzero(people >= 0)
        at = methods.allocation.choose(people[may], values[may], learned, used, able, elapsed, step)
        chosen.append(methods.allocation.NOBODY if at < 0 else int(people[may[at]]))
        if at >= 0:
            used[chosen[-1]] += 1
    for before, now_used in zip(prices, used.tolist(), strict=True):
        if before.actor_id in known:
            store.prices.save(op.db, replace(before, used=now_used))
        else:
            store.prices.add(op.db, replace(before, used=now_used))
    return chosen


def _offer(op: Operation, terms: RoutingTerms, given: Sequence[tuple[_Waiting, ActorId]]) -> None:
    """Keep each item for whom it was chosen; one event says how many, and commits to which."""
    until = op.now + timedelta(minutes=terms.minutes)
    op.db.execute(
        sa.text(
            "update assignment a set reserved_for = n.who"
            " from unnest(cast(:ids as text[]), cast(:people as text[])) as n(id, who)"
            " where a.id = n.id"
        ),
        {"ids": [w.id for w, _ in given], "people": [who for _, who in given]},
    )
    store.offers.add(
        op.db, *(Offer(terms.engagement_id, w.id, who, op.now, until) for w, who in given)
    )
    names = {m.actor_id: m.pseudonym for m in access.members(op.db, terms.engagement_id)}
    leaves = [f"{w.id} {names[who]}".encode() for w, who in given]
    op.record(
        events.ItemsOffered(
            engagement=terms.engagement_id,
            items=len(given),
            people=len({who for _, who in given}),
            until=until,
            root=Digest(ledger.root_of_leaves(leaves).hex()),
        )
    )
