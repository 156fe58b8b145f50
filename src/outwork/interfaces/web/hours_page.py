"""Calendars, agreed hours, duties and absences on the page of operational set-up."""

from __future__ import annotations

from outwork.interfaces.web.desk import Context, Desk, choices, field
from outwork.interfaces.wording import translate as _
from outwork.reporting import Member, Readiness, is_agent
from outwork.stages.setup import Calendar


def days() -> list[str]:
    """Weekdays, from Monday on."""
    return [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]


def worked(weekdays: tuple[int, ...]) -> str:
    """Weekdays in words; more than two in a row as a span."""
    first, last = min(weekdays), max(weekdays)
    if len(weekdays) > 2 and last - first == len(set(weekdays)) - 1:
        return f"{days()[first]}–{days()[last]}"
    return ", ".join(days()[n] for n in sorted(set(weekdays)))


def calendars(found: Readiness) -> list[Context]:
    """Every named calendar, and what is counted in it."""
    facts: list[Context] = []
    services = {line.id: line.service for line in found.lines}
    for name, calendar in sorted(found.sites.items()):
        counted = [
            _("%(service)s: %(n)s working minutes") % {"service": services[line], "n": h.minutes}
            for line, h in found.hours.items()
            if h.calendar == name and line in services
        ]
        note = "; ".join([_hours(calendar), *counted])
        facts.append({"term": name, "value": {"text": calendar.zone, "note": note}})
    return facts


def _hours(calendar: Calendar) -> str:
    spans = [f"{worked(s.weekdays)} {s.starts:%H:%M}–{s.ends:%H:%M}" for s in calendar.shifts]
    place = f"{calendar.country} {calendar.subdivision}".strip()
    return ", ".join(spans + ([place] if place else []))


def duty(m: Member, found: Readiness) -> str | None:
    """By which calendar somebody takes work, and how much at once."""
    held = found.duties.get(m.actor.id)
    if held is None:
        return None
    said = [held.calendar] if held.calendar else []
    if held.at_most is not None:
        said.append(_("at most %(n)s at once") % {"n": held.at_most})
    return ", ".join(said) or None


def acts(d: Desk, found: Readiness) -> list[Context]:
    """The forms of calendars, agreed hours, duties and absences."""
    people = [m for m in found.team if not is_agent(m.actor)]
    who = choices((m.actor.id, m.actor.name) for m in people)
    names = choices((name, name) for name in sorted(found.sites))
    made = d.act(
        "setup.define_calendar",
        _("Define a site's working hours"),
        _("Define the calendar"),
        field("name", _("Name"), placeholder="manila-day", maxlength=60,
              help=_("A code: words in lower case with hyphens")),
        field("zone", _("Time zone"), value=people[0].actor.zone if people else "UTC"),
        field("shifts.0.weekdays", _("Working days"), "checks",
              options=choices(((str(n), x) for n, x in enumerate(days())), "01234")),
        field("shifts.0.starts", _("From"), "time", value="09:00"),
        field("shifts.0.ends", _("Until"), "time", value="17:00",
              help=_("Not later than it begins: it goes on to the next day")),
        field("country", _("Country of the holidays"), optional=True, maxlength=2,
              placeholder="PH"),
        field("subdivision", _("Its part"), optional=True, maxlength=3),
        hidden={"engagement": d.id},
        note=_("What is under way goes on by the hours that it began with."),
    )  # fmt: skip
    if not found.sites:
        return made
    for line in found.lines:
        made += d.act(
            "setup.agree_hours",
            _("Count the turnaround of %(service)s in working hours") % {"service": line.service},
            _("Agree the hours"),
            field("calendar", _("Calendar"), "select", options=names),
            hidden={"line": line.id},
            id=f"hours-{line.id}",
        )
    made += d.act(
        "setup.roster",
        _("Set somebody's duty"),
        _("Set the duty"),
        field("actor", _("Person"), "select", options=who),
        field("calendar", _("Takes work in the hours of"), "select", optional=True,
              options=choices([("", _("any time")), *((n, n) for n in sorted(found.sites))])),
        field("at_most", _("Items at once, at most"), "number", min=1, max=100, optional=True),
        hidden={"engagement": d.id},
    )  # fmt: skip
    return made + _absences(d, who)


def _absences(d: Desk, who: list[Context]) -> list[Context]:
    made = d.act(
        "setup.note_absence",
        _("Note an absence"),
        _("Note it"),
        field("actor", _("Person"), "select", options=who),
        field("starts", _("From"), "datetime"),
        field("ends", _("Until"), "datetime"),
        hidden={"engagement": d.id},
    )
    return made + d.act(
        "setup.end_absence",
        _("Have somebody back"),
        _("End the absence"),
        field("actor", _("Person"), "select", options=who),
        hidden={"engagement": d.id},
    )
