"""Rules: calendars, who works by them, and the clock of turnaround."""

from __future__ import annotations

from outwork_verify import worktime
from outwork_verify.declare import (
    MANAGERS,
    code,
    moment,
    optional,
    order_at,
    positive,
    rule,
    text,
    words,
)
from outwork_verify.entry import Event, instant, reject
from outwork_verify.rules_readiness import WHILE_WORKING, of_own_people
from outwork_verify.state import Clock, Member, Pause, State, WorkOrder
from outwork_verify.worktime import Hours, instant_of, minute_of

WORKERS = ("analyst", "reviewer")
CLIENT_ANSWER = "client-answer"  # why the clock stands while a question waits


@rule(
    "setup.calendar-defined",
    {
        "calendar": code, "calendar_version": positive, "zone": text, "shifts": worktime.shifts,
        "country": words, "subdivision": words, "first": worktime.day, "last": worktime.day,
        "closed": worktime.days, "offsets": worktime.offsets,
    },
    roles=MANAGERS,
    stages=WHILE_WORKING,
)  # fmt: skip
def _calendar_defined(state: State, event: Event, _: Member) -> None:
    p = event.public
    versions = state.calendars.setdefault(p["calendar"], [])
    if p["calendar_version"] != len(versions) + 1:
        reject(event, f"is not version {len(versions) + 1} of the calendar")
    if p["first"] > p["last"] or worktime.overlap(p["shifts"]):
        reject(event, "ends before it begins, or has shifts that overlap")
    if instant(p["offsets"][0]["at"])[:10] >= p["first"]:
        reject(event, "does not say how far its zone is from UTC when it begins")
    versions.append(Hours(p))


@rule(
    "setup.hours-agreed",
    {"line": text, "calendar": code, "calendar_version": positive, "minutes": positive},
    roles=["vendor-manager"],
    stages=WHILE_WORKING,
)
def _hours_agreed(state: State, event: Event, _: Member) -> None:
    p = event.public
    line, versions = state.lines.get(p["line"]), state.calendars.get(p["calendar"], [])
    if line is None or p["calendar_version"] != len(versions):
        reject(event, "is about a line that is not there, or a calendar that is not in force")
    if p["minutes"] != line.turnaround * versions[-1].day_minutes:
        reject(event, f"is not {line.turnaround} days of {versions[-1].day_minutes} minutes")
    state.hours[line.id] = versions[-1], p["minutes"]


@rule(
    "setup.rostered",
    {"subject": text, "calendar": optional(code), "at_most": optional(positive)},
    roles=["delivery-manager"],
    stages=WHILE_WORKING,
)
def _rostered(state: State, event: Event, member: Member) -> None:
    p, subject = event.public, of_own_people(state, event, member)
    if p["calendar"] is not None and p["calendar"] not in state.calendars:
        reject(event, "has somebody work by a calendar that is not there")
    subject.by_calendar, subject.at_most, subject.rostered = p["calendar"], p["at_most"], True
    subject.calendar = subject.calendar or p["calendar"] is not None


@rule(
    "setup.absence-noted",
    {"subject": text, "starts": moment, "ends": moment},
    roles=["delivery-manager"],
    stages=WHILE_WORKING,
)
def _absence_noted(state: State, event: Event, member: Member) -> None:
    subject = of_own_people(state, event, member)
    starts, ends = instant(event.public["starts"]), instant(event.public["ends"])
    if starts >= ends:
        reject(event, "notes an absence that ends before it begins")
    subject.away[starts], subject.rostered = ends, True


@rule("setup.absence-ended", {"subject": text}, roles=["delivery-manager"], stages=WHILE_WORKING)
def _absence_ended(state: State, event: Event, member: Member) -> None:
    subject = of_own_people(state, event, member)
    if not any(event.at < ends for ends in subject.away.values()):
        reject(event, "ends an absence that nobody noted")
    subject.away = {
        starts: min(ends, event.at) for starts, ends in subject.away.items() if starts < event.at
    }


def check_on_duty(state: State, event: Event, member: Member) -> None:
    """Nobody takes work while away, outside the hours of a duty, or holding enough.

    Reservations that were prolonged are not in the log: what is held is counted by what is.
    """
    if member.away and any(starts <= event.at < ends for starts, ends in member.away.items()):
        reject(event, f"is the act of {event.actor}, who is away")
    hours = None if member.by_calendar is None else state.calendars[member.by_calendar][-1]
    if hours is not None and not hours.open(minute_of(event.at)):
        reject(event, f"is outside the working hours of {event.actor}")
    if member.at_most is not None:
        mine = (state.assignments[name] for name in member.held)
        holds = sum(a.holder == event.actor and event.at < a.until and not a.done for a in mine)
        if holds > member.at_most:
            reject(event, f"has {event.actor} hold more than {member.at_most} items")


def start_clock(state: State, event: Event, order: WorkOrder) -> None:
    """A release begins to count where hours were agreed and no date was."""
    agreed = state.hours.get(order.line.id)
    if agreed is None or order.due is not None:
        if event.public["due"] is not None:
            reject(event, "states a due date that nothing agreed on gives")
        return
    hours, minutes = agreed
    reached = hours.due(minute_of(event.at), minutes)
    if reached is None or event.public["due"] is None:
        reject(event, "does not say when the work is due, or its calendar ends before")
    if instant(event.public["due"]) != instant_of(reached):
        reject(event, f"states another due date than the counted one, {instant_of(reached)}")
    order.clock = Clock(hours, minutes, event.at)


@rule(
    "execution.clock-paused",
    {"pause": text, "work_order": text, "item": optional(text), "reason": code},
    roles=[*MANAGERS, *WORKERS],
)
def _clock_paused(state: State, event: Event, member: Member) -> None:
    p = event.public
    order = order_at(state, event, "execution", "assurance")
    if order.phase == "intake" or p["pause"] in state.pauses:
        reject(event, "pauses a clock that does not run yet, or twice under one name")
    if p["item"] is not None and p["item"] not in order.items and p["item"] not in order.hidden:
        reject(event, "pauses the clock of an item that is not of the work order")
    asks = p["item"] is not None and p["reason"] == CLIENT_ANSWER
    if member.roles.isdisjoint(MANAGERS) and not asks:
        reject(event, "pauses a clock without a question to the client, and by no manager")
    made = Pause(order.id, p["item"], event.at, event.actor, p["reason"])
    state.pauses[p["pause"]] = made
    order.pauses.append(made)


@rule(
    "execution.clock-resumed",
    {"pause": text, "work_order": text, "item": optional(text)},
    roles=[*MANAGERS, *WORKERS, "client-reviewer"],
)
def _clock_resumed(state: State, event: Event, _: Member) -> None:
    p = event.public
    found = state.pauses.get(p["pause"])
    if found is None or found.until is not None:
        reject(event, "ends a pause that is not under way")
    if (found.order, found.item) != (p["work_order"], p["item"]):
        reject(event, "ends the pause of something else")
    found.until = event.at
