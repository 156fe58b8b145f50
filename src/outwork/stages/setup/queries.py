"""Reading calendars, plans, rates, and the state of readiness."""

from __future__ import annotations

from datetime import datetime, timedelta

from outwork import access
from outwork.access import ActorKind
from outwork.agreements import Engagement
from outwork.kit.database import Connection
from outwork.stages import requirements
from outwork.stages.setup import store
from outwork.stages.setup.hours import Absence, AgreedHours, Calendar, Duty, of_person, off_duty
from outwork.stages.setup.model import (
    ControlPlan,
    QualityPlan,
    Rate,
    ReviewPlan,
    WorkCalendar,
    gate_reasons,
)
from outwork.vocabulary import ActorId, EngagementId, LineId, Reason, Side

LONGEST_ENTITLEMENT = timedelta(days=731)


def calendars(db: Connection, engagement: EngagementId) -> list[WorkCalendar]:
    """Every calendar of an engagement's team."""
    return store.calendars.find(db, store.calendar_table.c.engagement_id == engagement)


def calendar_of(db: Connection, engagement: EngagementId, actor: ActorId) -> WorkCalendar | None:
    """One person's calendar, or None."""
    table = store.calendar_table.c
    return store.calendars.one(db, table.engagement_id == engagement, table.actor_id == actor)


def site_calendars(db: Connection, engagement: EngagementId) -> dict[str, Calendar]:
    """The named calendars in force, by name."""
    found = store.site_calendars.find(db, store.site_calendar_table.c.engagement_id == engagement)
    return {c.name: c for c in sorted(found, key=lambda c: c.version)}


def site_calendar(
    db: Connection, engagement: EngagementId, name: str, version: int | None = None
) -> Calendar | None:
    """A named calendar, of some version or the one in force; or None."""
    table = store.site_calendar_table.c
    where = [table.engagement_id == engagement, table.name == name]
    where += [] if version is None else [table.version == version]
    return store.site_calendars.one(db, *where)


def agreed_hours(db: Connection, line: LineId) -> AgreedHours | None:
    """In which calendar a line's turnaround is counted, or None."""
    return store.agreed.one(db, store.hours_table.c.line_id == line)


def hours_by_line(db: Connection, engagement: EngagementId) -> dict[LineId, AgreedHours]:
    """The agreed hours of an engagement's lines."""
    found = store.agreed.find(db, store.hours_table.c.engagement_id == engagement)
    return {a.line_id: a for a in found}


def duties(db: Connection, engagement: EngagementId) -> dict[ActorId, Duty]:
    """Who works by which calendar, and how much at once."""
    found = store.duties.find(db, store.duty_table.c.engagement_id == engagement)
    return {d.actor_id: d for d in found}


def absences(
    db: Connection, engagement: EngagementId, actor: ActorId | None = None
) -> list[Absence]:
    """Absences noted in an engagement, of one person if told."""
    table = store.absence_table.c
    where = [table.engagement_id == engagement]
    where += [] if actor is None else [table.actor_id == actor]
    return store.absences.find(db, *where)


def hours_of(
    db: Connection, engagement: EngagementId, actor: ActorId, year: int
) -> Calendar | None:
    """When somebody works: the calendar of the duty, else the person's own, else None."""
    table = store.duty_table.c
    duty = store.duties.one(db, table.engagement_id == engagement, table.actor_id == actor)
    if duty is not None and duty.calendar is not None:
        return site_calendar(db, engagement, duty.calendar)
    own = calendar_of(db, engagement, actor)
    return None if own is None else of_person(own, year)


def why_off_duty(
    db: Connection, engagement: EngagementId, actor: ActorId, held: int, now: datetime
) -> list[Reason]:
    """Why somebody may take no work now, by `off_duty`."""
    table = store.duty_table.c
    duty = store.duties.one(db, table.engagement_id == engagement, table.actor_id == actor)
    if duty is None:
        return []
    calendar = None
    if duty.calendar is not None:
        calendar = site_calendar(db, engagement, duty.calendar)
    return off_duty(duty, calendar, absences(db, engagement, actor), held, now)


def quality_plans(db: Connection, engagement: EngagementId) -> list[QualityPlan]:
    """The planned sampling of every line."""
    return store.plans.find(db, store.plan_table.c.engagement_id == engagement)


def control_plan_of(db: Connection, line: LineId) -> ControlPlan | None:
    """How a line's work is watched, or None where it is not."""
    return store.control_plans.one(db, store.control_plan_table.c.line_id == line)


def control_plans(db: Connection, engagement: EngagementId) -> list[ControlPlan]:
    """How the work of each line is watched, where it is."""
    return store.control_plans.find(db, store.control_plan_table.c.engagement_id == engagement)


def review_plan(db: Connection, line: LineId) -> ReviewPlan | None:
    """The review ladder of a line, or None where nothing is reviewed."""
    return store.reviews.one(db, store.review_table.c.line_id == line)


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
        with_calendar={c.actor_id for c in calendars(db, engagement.id)}
        | {d.actor_id for d in duties(db, engagement.id).values() if d.calendar},
        undated={m.actor_id for m in team if m.valid_until - m.valid_from > LONGEST_ENTITLEMENT},
        agents={a.id for a in people.values() if a.kind is ActorKind.AGENT},
        lines={line.id for line in requirements.lines(db, engagement.id)},
        planned={p.line_id for p in quality_plans(db, engagement.id)},
        priced={r.line_id for r in rates(db, engagement.id)},
        place=f"engagements/{engagement.id}/setup",
    )
