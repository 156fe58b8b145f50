"""Corrective and preventive actions on the quality page: opened from a clause, closed by effect."""

from __future__ import annotations

from collections.abc import Iterable

from outwork.interfaces.web import charts
from outwork.interfaces.web.desk import Context, choices, field, form
from outwork.interfaces.web.labels import badge
from outwork.interfaces.wording import translate as _
from outwork.reporting import EngagementQuality
from outwork.stages.assurance import ActionState, CorrectiveAction, Effect
from outwork.vocabulary import Role

MANAGERS = frozenset({Role.DELIVERY_MANAGER, Role.VENDOR_MANAGER})
BACK = {"next": "/quality", "back": "/quality"}
WHYS = 5


def open_from(q: EngagementQuality, clause: str) -> list[Context]:
    """The button from a clause of the Pareto table to a corrective action."""
    if not q.roles & MANAGERS:
        return []
    owners = choices((m.actor.id, m.actor.name) for m in q.team if m.employed)
    return [
        form(
            "/act/assurance.open_action", "", _("Open a corrective action"),
            field("title", _("What goes wrong"), value=q.titles.get(clause, clause)),
            field("owner", _("Owner"), "select", options=owners),
            field("due", _("Due"), "datetime"),
            hidden={"engagement": q.engagement.id, "clause": clause, **BACK},
            id=f"act-{q.engagement.id}-{clause}",
        )
    ]  # fmt: skip


def actions(found: Iterable[EngagementQuality]) -> list[Context]:
    """Every corrective action as a row, with its effect so far."""
    return [_row(q, action, effect) for q in found for action, effect in q.actions]


_STATES = {
    ActionState.OPEN: "caution",
    ActionState.ANALYSED: "note",
    ActionState.IMPLEMENTED: "accent",
    ActionState.CLOSED: "good",
}


def _row(q: EngagementQuality, action: CorrectiveAction, effect: Effect | None) -> Context:
    names = {m.actor.id: m.actor.name for m in q.team}
    words = {
        ActionState.OPEN: _("Open"),
        ActionState.ANALYSED: _("Cause known, priority %(n)s") % {"n": action.priority},
        ActionState.IMPLEMENTED: _("Effect measured"),
        ActionState.CLOSED: _("Closed: effect shown"),
    }
    shown = None
    if effect is not None and effect.after_units:
        shown = charts.share_figure(effect.after, effect.after_units)
    note = q.engagement.title
    if effect is not None and effect.before_units:
        before = charts.share_figure(effect.before, effect.before_units)
        note = _("%(engagement)s; defective before: %(value)s %(interval)s of %(n)s") % {
            "engagement": note, "value": before["value"], "interval": before["interval"],
            "n": effect.before_units,
        }  # fmt: skip
    return {
        "title": {"text": action.title, "note": note},
        "clause": action.clause,
        "owner": names.get(action.owner, ""),
        "state": badge(words[action.state], _STATES[action.state]),
        "effect": shown,
        "due": action.due,
    }


def acts(found: Iterable[EngagementQuality]) -> list[Context]:
    """What can be done next to each action that is not closed."""
    made: list[Context] = []
    for q in found:
        for action, _effect in q.actions:
            if q.roles & MANAGERS and action.state is not ActionState.CLOSED:
                made += _next(action)
    return made


def _next(action: CorrectiveAction) -> list[Context]:
    about = {"what": action.title, "clause": action.clause}
    hidden = {"action": action.id, **BACK}
    made = []
    if action.state in (ActionState.OPEN, ActionState.ANALYSED):
        whys = [
            field(f"whys.{n}", _("Why") if n == 0 else _("And why is that"), optional=n > 0)
            for n in range(WHYS)
        ]
        made.append(
            form(
                "/act/assurance.analyse_action",
                _("Find the cause of %(what)s (clause %(clause)s)") % about,
                _("Record the cause"),
                *whys,
                field("severity", _("Severity, 1 to 10"), "number", min=1, max=10),
                field("occurrence", _("Occurrence, 1 to 10"), "number", min=1, max=10),
                field("detection", _("Detection, 1 (always seen) to 10"), "number", min=1, max=10),
                field("measure", _("What will be done"), "textarea", rows=2),
                hidden=hidden, id=f"analyse-{action.id}",
            )
        )  # fmt: skip
    if action.state is ActionState.ANALYSED:
        made.append(
            form(
                "/act/assurance.implement_action",
                _("%(what)s (clause %(clause)s): done") % about,
                _("Say that it is done"),
                hidden=hidden, id=f"implement-{action.id}",
                note=_("From here on samples measure whether it worked."),
            )
        )  # fmt: skip
    if action.state is ActionState.IMPLEMENTED:
        made.append(
            form(
                "/act/assurance.close_action",
                _("Close: %(what)s (clause %(clause)s)") % about,
                _("Close the action"),
                hidden=hidden, id=f"close-{action.id}",
                note=_("Refused while samples do not show that its defects became rarer."),
            )
        )  # fmt: skip
    return made
