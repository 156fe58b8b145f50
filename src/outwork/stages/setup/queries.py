"""Reading calendars, plans, rates, and the state of readiness."""

from __future__ import annotations

from datetime import timedelta

from outwork import access
from outwork.access import ActorKind
from outwork.agreements import Engagement
from outwork.kit.database import Connection
from outwork.stages import requirements
from outwork.stages.setup import store
from outwork.stages.setup.model import ControlPlan, QualityPlan, Rate, WorkCalendar, gate_reasons
from outwork.vocabulary import ActorId, EngagementId, LineId, Reason, Side

LONGEST_ENTITLEMENT = timedelta(days=731)


def calendars(db: Connection, engagement: EngagementId) -> list[WorkCalendar]:
    """Every calendar of an engagement's team."""
    return store.calendars.find(db, store.calendar_table.c.engagement_id == engagement)


def calendar_of(db: Connection, engagement: EngagementId, actor: ActorId) -> WorkCalendar | None:
    """One person's calendar, or None."""
    table = store.calendar_table.c
    return store.calendars.one(db, table.engagement_id == engagement, table.actor_id == actor)


def quality_plans(db: Connection, engagement: EngagementId) -> list[QualityPlan]:
    """The planned sampling of every line."""
    return store.plans.find(db, store.plan_table.c.engagement_id == engagement)


def control_plan_of(db: Connection, line: LineId) -> ControlPlan | None:
    """How a line's work is watched, or None where it is not."""
    return store.control_plans.one(db, store.control_plan_table.c.line_id == line)


def control_plans(db: Connection, engagement: EngagementId) -> list[ControlPlan]:
    """How the work of each line is watched, where it is."""
    return store.control_plans.find(db, store.control_plan_table.c.engagement_id == engagement)


def rates(db: Connection, engagement: EngagementId) -> list[Rate]:
    """The rate card."""
    return store.rates.find(db, store.rate_table.c.engagement_id == engagement)


def gate(db: Connection, engagement: Engagement) -> list[Reason]:
    """What stands between set-up and execution."""
    team = [m for m in access.members(db, engagement.id) if m.side is Side.PROVIDER]
    people = access.actors(db, [m.actor_id for m in team])
    return gate_reasons(
        team=team,
        names={a.id: a.name for a in people.values()},
        with_calendar={c.actor_id for c in calendars(db, engagement.id)},
        undated={m.actor_id for m in team if m.valid_until - m.valid_from > LONGEST_ENTITLEMENT},
        agents={a.id for a in people.values() if a.kind is ActorKind.AGENT},
        lines={line.id for line in requirements.lines(db, engagement.id)},
        planned={p.line_id for p in quality_plans(db, engagement.id)},
        priced={r.line_id for r in rates(db, engagement.id)},
        place=f"engagements/{engagement.id}/setup",
    )
