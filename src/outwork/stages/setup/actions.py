"""Calendars, entitlements, quality plan, rate card, readiness review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import insert

from outwork import access, agreements, practices, workforce
from outwork.agreements import WorkPhase
from outwork.kit.database import alone
from outwork.operation import Operation, act
from outwork.stages import requirements, selection
from outwork.stages.setup import events, queries, store
from outwork.stages.setup.model import (
    ClassPlan,
    Rate,
    ReviewPlan,
    WorkCalendar,
    ceiling,
    control_plan,
    exact_plans,
)
from outwork.vocabulary import (
    ActorId,
    BadInput,
    EngagementId,
    InspectionUnit,
    LineId,
    NotFound,
    PartyId,
    Refusal,
    Role,
    Severity,
    Side,
    Stage,
)

HERE = [Stage.SETUP]
WHILE_WORKING = [Stage.SETUP, Stage.EXECUTION]  # people join and leave during the work


@act(roles=[Role.DELIVERY_MANAGER], stages=WHILE_WORKING, records=[events.CalendarSet])
def set_calendar(
    op: Operation,
    engagement: EngagementId,
    actor: ActorId,
    zone: str,
    weekdays: Sequence[int] = (0, 1, 2, 3, 4),
    starts: time = time(9),
    ends: time = time(17),
    country: str = "",
) -> None:
    """Say when a person of the team works."""
    op.require(agreements.engagement(op.db, engagement))
    member = member_of(op, engagement, actor)
    own_or_client(op, member)
    made = WorkCalendar(engagement, actor, zone, tuple(weekdays), starts, ends, country)
    row = {"zone": zone, "weekdays": list(weekdays), "starts": starts, "ends": ends}
    row["country"] = country
    put(op, store.calendar_table, {"engagement_id": engagement, "actor_id": actor}, row)
    op.record(
        events.CalendarSet(
            engagement=engagement,
            subject=member.pseudonym,
            zone=zone,
            weekdays=made.weekdays,
            starts=starts.isoformat(),
            ends=ends.isoformat(),
            country=country,
        )
    )


@act(
    roles=[Role.DELIVERY_MANAGER, Role.VENDOR_MANAGER],
    stages=WHILE_WORKING,
    records=[events.EntitlementDated],
)
def date_entitlement(
    op: Operation,
    engagement: EngagementId,
    actor: ActorId,
    valid_from: datetime,
    valid_until: datetime,
) -> None:
    """Give a member's access its first and last instant."""
    op.require(agreements.engagement(op.db, engagement))
    member = member_of(op, engagement, actor)
    own_or_client(op, member)
    if valid_from >= valid_until:
        raise BadInput("period-crossed")
    if valid_until - valid_from > queries.LONGEST_ENTITLEMENT:
        raise BadInput("period-too-long", days=queries.LONGEST_ENTITLEMENT.days)
    access.set_period(op.db, replace(member, valid_from=valid_from, valid_until=valid_until))
    op.record(
        events.EntitlementDated(
            engagement=engagement,
            subject=member.pseudonym,
            valid_from=valid_from,
            valid_until=valid_until,
        )
    )


@act(
    roles=[Role.DELIVERY_MANAGER, Role.VENDOR_MANAGER],
    stages=HERE,
    records=[events.QualityPlanned],
)
def plan_quality(op: Operation, line: LineId) -> None:
    """Work out a line's sample size and acceptance number for its planned volume of units."""
    found = requirements.line(op.db, line)
    op.require(agreements.engagement(op.db, found.engagement_id))
    questions = len(practices.service(found.service).questions)
    units = found.volume * (questions if found.unit is InspectionUnit.ANSWER else 1)
    plans = exact_plans(units, found.sampling)
    plan, classes = plans.joint, plans.by_class()
    consumer, producer = ceiling(plan.consumer_risk), ceiling(plan.producer_risk or 0.0)
    row = {
        "lot": plan.lot,
        "sample_size": plan.n,
        "acceptance_number": plan.c,
        "consumer_risk": consumer,
        "producer_risk": producer,
        "classes": TypeAdapter(dict[Severity, ClassPlan]).dump_python(classes, mode="json"),
        "engagement_id": found.engagement_id,
    }
    put(op, store.plan_table, {"line_id": line}, row)
    op.record(
        events.QualityPlanned(
            engagement=found.engagement_id,
            line=line,
            lot=plan.lot,
            sample_size=plan.n,
            acceptance_number=plan.c,
            consumer_risk=str(consumer),
            producer_risk=str(producer),
            classes=classes or None,
        )
    )


@act(
    roles=[Role.DELIVERY_MANAGER, Role.VENDOR_MANAGER],
    stages=WHILE_WORKING,
    records=[events.ControlPlanned],
)
def plan_control(
    op: Operation,
    line: LineId,
    control_share: Decimal,
    good: Decimal,
    bad: Decimal,
    false_after: int,
    overlap_share: Decimal = Decimal(0),
    feedback: bool = False,
) -> None:
    """Fix how a line's work is watched: control items, second answers, and the pausing chart."""
    found = requirements.line(op.db, line)
    op.require(agreements.engagement(op.db, found.engagement_id))
    # Nobody's chart changes while answers come in.
    alone(op.db, found.engagement_id)
    made = control_plan(
        found.engagement_id, line, control_share, overlap_share, good, bad, false_after, feedback
    )
    row = asdict(made)
    del row["line_id"]
    put(op, store.control_plan_table, {"line_id": line}, row)
    op.record(
        events.ControlPlanned(
            engagement=found.engagement_id,
            line=line,
            control_share=str(control_share),
            overlap_share=str(overlap_share),
            good=str(good),
            bad=str(bad),
            wanted=false_after,
            up=made.up,
            limit=made.limit,
            false_after=str(made.false_after),
            found_after=str(made.found_after),
            feedback=feedback,
        )
    )


@act(
    roles=[Role.DELIVERY_MANAGER, Role.VENDOR_MANAGER],
    stages=WHILE_WORKING,
    records=[events.ReviewsPlanned],
)
def plan_reviews(op: Operation, line: LineId, shares: Sequence[Decimal]) -> None:
    """Say for each review level of a line which share of its items passes it; none: no reviews."""
    found = requirements.line(op.db, line)
    op.require(agreements.engagement(op.db, found.engagement_id))
    # Nobody hands an item in by the ladder of before while it changes.
    alone(op.db, found.engagement_id)
    made = ReviewPlan(found.engagement_id, line, tuple(shares))
    orders = agreements.work_orders(op.db, found.engagement_id)
    if any(o.line_id == line and o.phase is not WorkPhase.INTAKE for o in orders):
        raise Refusal("work-begun")  # what was promised of items under way stands
    row = {"engagement_id": made.engagement_id, "shares": [str(s) for s in made.shares]}
    put(op, store.review_table, {"line_id": line}, row)
    op.record(
        events.ReviewsPlanned(
            engagement=found.engagement_id, line=line, shares=tuple(row["shares"])
        )
    )


@act(
    roles=[Role.DELIVERY_MANAGER, Role.VENDOR_MANAGER],
    stages=WHILE_WORKING,
    records=[events.NeedStated],
)
def state_need(
    op: Operation,
    line: LineId,
    skills: Sequence[str] = (),
    languages: Sequence[str] = (),
    clearance: int = 0,
    credentials: Sequence[str] = (),
    adverse: Sequence[PartyId] = (),
) -> None:
    """Say anew what a line asks of whoever works on it."""
    found = requirements.line(op.db, line)
    engagement = agreements.engagement(op.db, found.engagement_id)
    op.require(engagement)
    if engagement.client_id in adverse:
        raise BadInput("client-adverse")
    # Nobody takes an item by the needs of before while they change.
    alone(op.db, found.engagement_id)
    for party in adverse:
        access.party(op.db, party)
    made = workforce.Need(
        engagement_id=found.engagement_id,
        line_id=line,
        skills=workforce.codes(skills, "skills"),
        languages=workforce.codes(languages, "languages"),
        clearance=workforce.clearance_level(clearance),
        credentials=workforce.codes(credentials, "credentials"),
        adverse=frozenset(adverse),
    )
    workforce.set_need(op.db, made)
    op.record(
        events.NeedStated(
            engagement=found.engagement_id,
            line=line,
            skills=tuple(sorted(made.skills)),
            languages=tuple(sorted(made.languages)),
            clearance=clearance,
            credentials=tuple(sorted(made.credentials)),
            adverse=tuple(sorted(made.adverse)),
        )
    )


@act(roles=[Role.VENDOR_MANAGER], stages=HERE, records=[events.RatesAgreed])
def agree_rates(op: Operation, engagement: EngagementId) -> None:
    """Put the awarded prices on the rate card."""
    op.require(agreements.engagement(op.db, engagement))
    prices = selection.agreed_prices(op.db, engagement)
    op.db.execute(sa.delete(store.rate_table).where(store.rate_table.c.engagement_id == engagement))
    store.rates.add(op.db, *[Rate(engagement, line, price) for line, price in prices.items()])
    op.record(events.RatesAgreed(engagement=engagement, rates=prices))


@act(roles=[Role.DELIVERY_MANAGER], stages=HERE, records=[agreements.StagePassed])
def approve_readiness(op: Operation, engagement: EngagementId) -> None:
    """Pass the operational readiness review, and begin execution."""
    found = agreements.engagement(op.db, engagement, lock=True)
    op.require(found)
    agreements.pass_gate(op, Stage.SETUP, queries.gate(op.db, found), found)


def member_of(op: Operation, engagement: EngagementId, actor: ActorId) -> access.Membership:
    """Somebody's membership; raises NotFound."""
    member = access.membership(op.db, engagement, actor)
    if member is None:
        raise NotFound("member", actor)
    return member


def own_or_client(op: Operation, member: access.Membership) -> None:
    """Raises Refusal where the actor may not manage a member.

    The client may date everybody's access; a provider only that of its own people."""
    mine = member_of(op, member.engagement_id, op.actor.id)
    if mine.side is not Side.CLIENT and member.party_id != mine.party_id:
        raise Refusal("other-party", party=member.party_id)


def put(op: Operation, table: sa.Table, key: dict[str, Any], row: dict[str, Any]) -> None:
    """Write a row over the one of the same key."""
    statement = insert(table).values(**key, **row)
    op.db.execute(statement.on_conflict_do_update(index_elements=list(key), set_=row))
