"""Named calendars, agreed hours, who works by which calendar, and absences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import sqlalchemy as sa

from outwork import agreements
from outwork.kit.copying import copy_into
from outwork.kit.database import alone
from outwork.operation import Operation, act
from outwork.stages import requirements
from outwork.stages.setup import events, queries, store
from outwork.stages.setup.actions import member_of, own_or_client, put
from outwork.stages.setup.hours import (
    Absence,
    AgreedHours,
    Calendar,
    Duty,
    Shift,
    made_calendar,
    offsets,
    working_time,
)
from outwork.vocabulary import (
    ActorId,
    BadInput,
    EngagementId,
    LineId,
    NotFound,
    Refusal,
    Role,
    Stage,
)

WHILE_WORKING = [Stage.SETUP, Stage.EXECUTION]
LARGEST_LOAD = 100  # items held at once
_NAME = re.compile(r"[a-z0-9]{1,30}(-[a-z0-9]{1,30}){0,4}\Z")


@act(
    roles=[Role.DELIVERY_MANAGER, Role.VENDOR_MANAGER],
    stages=WHILE_WORKING,
    records=[events.CalendarDefined],
)
def define_calendar(
    op: Operation,
    engagement: EngagementId,
    name: str,
    zone: str,
    shifts: Sequence[Shift],
    country: str = "",
    subdivision: str = "",
    closing: Sequence[date] = (),
) -> int:
    """Define a site's working hours, or define them anew; gives the calendar's version."""
    op.require(agreements.engagement(op.db, engagement))
    if not _NAME.match(name):  # it stands in the public log
        raise BadInput("not-a-code", what="name", value=name[:100])
    alone(op.db, engagement)
    before = queries.site_calendar(op.db, engagement, name)
    version = 1 if before is None else before.version + 1
    made = made_calendar(
        engagement, name, version, zone, shifts, country, subdivision, closing, op.now.year
    )
    store.site_calendars.add(op.db, made)
    _write_spells(op, made)
    op.record(
        events.CalendarDefined(
            engagement=engagement,
            calendar=name,
            calendar_version=version,
            zone=made.zone,
            shifts=tuple(
                events.WeeklyShift(
                    tuple(sorted(s.weekdays)), f"{s.starts:%H:%M}", f"{s.ends:%H:%M}"
                )
                for s in made.shifts
            ),
            country=country,
            subdivision=subdivision,
            first=made.first,
            last=made.last,
            closed=made.closed,
            offsets=tuple(
                events.ZoneOffset(at.astimezone(UTC), minutes) for at, minutes in offsets(made)
            ),
        )
    )
    return version


def _write_spells(op: Operation, made: Calendar) -> None:
    table = store.spell_table
    op.db.execute(
        sa.delete(table).where(
            table.c.engagement_id == made.engagement_id, table.c.calendar == made.name
        )
    )
    spells = working_time(made).spells()
    alike = {"engagement_id": made.engagement_id, "calendar": made.name}
    copy_into(op.db, table, ["starts", "ends"], spells, alike)


@act(roles=[Role.VENDOR_MANAGER], stages=WHILE_WORKING, records=[events.HoursAgreed])
def agree_hours(op: Operation, line: LineId, calendar: str) -> int:
    """Have a line's turnaround counted in a calendar's working minutes; gives how many."""
    found = requirements.line(op.db, line)
    op.require(agreements.engagement(op.db, found.engagement_id))
    known = _calendar(op, found.engagement_id, calendar)
    minutes = found.turnaround_days * known.day_minutes
    made = AgreedHours(found.engagement_id, line, calendar, known.version, minutes)
    row = {"engagement_id": made.engagement_id, "calendar": calendar}
    put(op, store.hours_table, {"line_id": line},
        row | {"version": known.version, "minutes": minutes})  # fmt: skip
    op.record(
        events.HoursAgreed(
            engagement=made.engagement_id,
            line=line,
            calendar=calendar,
            calendar_version=known.version,
            minutes=minutes,
        )
    )
    return minutes


@act(roles=[Role.DELIVERY_MANAGER], stages=WHILE_WORKING, records=[events.Rostered])
def roster(
    op: Operation,
    engagement: EngagementId,
    actor: ActorId,
    calendar: str = "",
    at_most: int | None = None,
) -> None:
    """Let somebody take work in a calendar's hours only, and hold so many items at once."""
    op.require(agreements.engagement(op.db, engagement))
    member = member_of(op, engagement, actor)
    own_or_client(op, member)
    if at_most is not None and not 0 < at_most <= LARGEST_LOAD:
        raise BadInput("load-outside", most=LARGEST_LOAD)
    if calendar:
        _calendar(op, engagement, calendar)
    alone(op.db, engagement)
    made = Duty(engagement, actor, calendar or None, at_most)
    put(op, store.duty_table, {"engagement_id": engagement, "actor_id": actor},
        {"calendar": made.calendar, "at_most": at_most})  # fmt: skip
    op.record(
        events.Rostered(
            engagement=engagement,
            subject=member.pseudonym,
            calendar=made.calendar,
            at_most=at_most,
        )
    )


@act(roles=[Role.DELIVERY_MANAGER], stages=WHILE_WORKING, records=[events.AbsenceNoted])
def note_absence(
    op: Operation, engagement: EngagementId, actor: ActorId, starts: datetime, ends: datetime
) -> None:
    """Note when somebody of the team is away and takes no work."""
    op.require(agreements.engagement(op.db, engagement))
    member = member_of(op, engagement, actor)
    own_or_client(op, member)
    if starts >= ends:
        raise BadInput("period-crossed")
    if ends - starts > queries.LONGEST_ENTITLEMENT:
        raise BadInput("period-too-long", days=queries.LONGEST_ENTITLEMENT.days)
    alone(op.db, engagement)
    key = {"engagement_id": engagement, "actor_id": actor}
    if actor not in queries.duties(op.db, engagement):
        store.duties.add(op.db, Duty(engagement, actor))  # a claim looks for absences of those
    put(op, store.absence_table, key | {"starts": starts}, {"ends": ends})
    op.record(
        events.AbsenceNoted(
            engagement=engagement, subject=member.pseudonym, starts=starts, ends=ends
        )
    )


@act(roles=[Role.DELIVERY_MANAGER], stages=WHILE_WORKING, records=[events.AbsenceEnded])
def end_absence(op: Operation, engagement: EngagementId, actor: ActorId) -> None:
    """Have somebody back: an absence under way ends, and those to come are called off."""
    op.require(agreements.engagement(op.db, engagement))
    member = member_of(op, engagement, actor)
    own_or_client(op, member)
    alone(op.db, engagement)
    found = [a for a in queries.absences(op.db, engagement, actor) if op.now < a.ends]
    if not found:
        raise Refusal("not-absent")
    for absence in found:
        _call_off(op, absence)
    op.record(events.AbsenceEnded(engagement=engagement, subject=member.pseudonym))


def _call_off(op: Operation, absence: Absence) -> None:
    if absence.starts < op.now:
        store.absences.save(op.db, replace(absence, ends=op.now))
        return
    table = store.absence_table.c
    store.absences.remove(
        op.db,
        table.engagement_id == absence.engagement_id,
        table.actor_id == absence.actor_id,
        table.starts == absence.starts,
    )


def _calendar(op: Operation, engagement: EngagementId, name: str) -> Calendar:
    found = queries.site_calendar(op.db, engagement, name)
    if found is None:
        raise NotFound("calendar", name[:100])
    return found
