"""Pages of handing over: the form of the giver, and the packet that the receiver reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from outwork import reporting
from outwork.interfaces.web.desk import choices, field, form
from outwork.interfaces.web.labels import PACES, happened, state, tone
from outwork.interfaces.web.visit import Visit
from outwork.interfaces.wording import translate as _
from outwork.operation import operation
from outwork.reporting import Handed, Passing, Workbench
from outwork.stages import execution
from outwork.stages.execution import Deadline, HandOverState

MOST_EVENTS = 12


def router(visit: Callable[[Request], Visit]) -> APIRouter:
    """Routes of hand-overs; `visit` says who is looking."""
    routes = APIRouter()

    @routes.get("/desk/{assignment}/hand-over")
    def giving(request: Request, assignment: str) -> Response:
        return _giving(visit(request), assignment)

    @routes.get("/hand-overs/{identifier}")
    def packet(request: Request, identifier: str) -> Response:
        return _packet(visit(request), identifier)

    return routes


def row(handed: Handed) -> dict[str, Any]:
    """A hand-over among the receiver's work."""
    return {
        "item": {
            "text": handed.item.name,
            "href": f"/hand-overs/{handed.hand_over.id}",
            "note": handed.engagement.title,
        },
        "next": {
            "text": handed.packet.next_action,
            "note": _("from %(giver)s") % {"giver": handed.giver},
        },
        "state": _pace(handed.deadline),
        "begins": handed.begins,
        "due": handed.deadline.due if handed.deadline else None,
    }


def on_desk(here: str, bench: Workbench, remaining: dict[str, str]) -> dict[str, Any]:
    """Where the item on the desk is handed over, and what came with it when it was."""
    may = bench.purpose not in execution.GIVEN and remaining["tone"] != "bad"
    packet = f"/hand-overs/{bench.handed}" if bench.handed else None
    return {"hand_over": f"{here}/hand-over" if may else None, "packet": packet}


def _pace(found: Deadline | None) -> dict[str, str] | None:
    return None if found is None else state(PACES, found.pace.value)


def _giving(visit: Visit, assignment: str) -> Response:
    with operation(visit.database, visit.actor.id) as op:
        found = reporting.passing(op, assignment)
    here = f"/desk/{assignment}"
    words = {"rows": 2, "optional": True, "maxlength": 4000}
    act = form(
        "/act/execution.hand_over",
        "",
        _("Hand it over"),
        field("to", _("To"), "select", optional=True, options=_offered(visit, found),
              help=_("The next site that opens comes first.")),
        field("next_action", _("What is to be done next"), "textarea", rows=2, maxlength=4000),
        field("done", _("What is done"), "textarea", **words),
        field("ruled_out", _("What is ruled out"), "textarea", **words),
        field("blocked_on", _("Blocked on whom, for what"), "textarea", **words),
        hidden={"assignment": assignment, "next": "/work", "back": f"{here}/hand-over"},
    )  # fmt: skip
    facts = []
    if found.deadline is not None and found.deadline.due is not None:
        facts.append({"term": _("Due"), "value": found.deadline.due, "kind": "when"})
    return visit.page(
        "hand_over.html",
        "work",
        found.item.name,
        item={"text": found.item.name, "href": here, "note": found.engagement.title},
        facts=facts,
        act=act,
    )


def _offered(visit: Visit, found: Passing) -> list[dict[str, Any]]:
    """Receivers as options, with when each can begin in the reader's zone."""
    pairs = []
    for actor, name, site, begins in found.receivers:
        at = f"{begins.astimezone(ZoneInfo(visit.actor.zone)):%d %b, %H:%M}"
        words = _("%(name)s, %(site)s, from %(at)s") if site else _("%(name)s, any time")
        pairs.append((actor, words % {"name": name, "site": site, "at": at}))
    return choices(pairs, [pairs[0][0]] if pairs else [])


def _packet(visit: Visit, identifier: str) -> Response:
    with operation(visit.database, visit.actor.id) as op:
        found = reporting.handed(op, identifier)
    packet, mine = found.packet, found.hand_over.given_to == visit.actor.id
    told = {"giver": found.giver, "receiver": found.receiver, "where": found.engagement.title}
    words = [
        {"term": _("Next"), "value": packet.next_action},
        {"term": _("Done"), "value": packet.done or None},
        {"term": _("Ruled out"), "value": packet.ruled_out or None},
        {"term": _("Blocked on"), "value": packet.blocked_on or None},
    ]
    if packet.owed:
        owed = ", ".join(code.replace("-", " ") for code in packet.owed)
        words.append({"term": _("The clock was paused"), "value": owed})
    return visit.page(
        "packet.html",
        "work",
        found.item.name,
        item={"text": found.item.name, "note": found.engagement.title},
        lead=_("Handed over by %(giver)s to %(receiver)s, %(where)s.") % told,
        state=_pace(found.deadline),
        words=words,
        facts=_facts(found),
        answered=[found.labels.get(q, q) for q in packet.answered],
        open=[found.labels.get(q, q) for q in packet.open],
        events=[
            {
                "at": at,
                "words": happened(kind, {}),
                "actor": found.names.get(who, who),
                "kind": kind,
                "tone": tone(kind, {}),
            }
            for at, kind, who in packet.history[:MOST_EVENTS]
        ],
        acts=_acts(found, mine),
    )


def _facts(found: Handed) -> list[dict[str, Any]]:
    """When it can and must be worked on, in the reader's zone."""
    due: datetime | None = found.deadline.due if found.deadline else None
    facts: list[dict[str, Any]] = [
        {"term": _("Handed over"), "value": found.hand_over.at, "kind": "when"},
        {"term": _("The receiver's hours begin"), "value": found.begins, "kind": "when"},
        {"term": _("Due"), "value": due, "kind": "when"},
    ]
    if found.minutes is not None:
        hours, minutes = divmod(found.minutes, 60)
        left = _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
        facts.append({"term": _("Left in the receiver's hours"), "value": left})
    return facts


def _acts(found: Handed, mine: bool) -> list[dict[str, Any]]:
    if found.hand_over.state is not HandOverState.WAITING:
        return []
    given = found.hand_over
    hidden = {"hand_over": given.id, "back": f"/hand-overs/{given.id}"}
    accept = form(
        "/act/execution.accept_hand_over", "", _("Take it over"),
        hidden={**hidden, "next": f"/desk/{given.assignment_id}"},
    )  # fmt: skip
    decline = form(
        "/act/execution.decline_hand_over",
        _("Call the hand-over off"),
        _("Call it off"),
        field("reason", _("Reason"), "textarea", rows=2, optional=True, maxlength=4000),
        hidden={**hidden, "next": "/work"},
        tone="grave",
    )
    return [accept, decline] if mine else [decline]
