"""The inbox: what waits for one, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from outwork.interfaces.web import workbench_page
from outwork.interfaces.wording import msg, translate_plural
from outwork.interfaces.wording import translate as _
from outwork.reporting import InboxEntry

_GROUPS = (
    (msg("Stuck"), ("nobody-can-take", "reservations-lapsed", "work-parked", "witness-behind")),
    (msg("Begun"), ("continue", "handed-over")),
    (
        msg("To work on"),
        (
            "paused-from-work",
            "certification",
            "items-to-answer",
            "items-to-inspect",
            "items-to-review",
            "items-to-adjudicate",
        ),
    ),
    (msg("To decide"), ()),  # everything else
)
_TITLES: Mapping[str, str] = {
    "continue": msg("Go on with %(name)s"),
    "handed-over": msg("Take over %(name)s"),
    "certification": msg("Answer the control items"),
    "paused-from-work": msg("You are paused: see why, and retrain"),
    "waiver-to-countersign": msg("Countersign a waiver, or leave it"),
    "gate-requirements": msg("Complete and sign the statement of work"),
    "gate-selection": msg("Choose the provider"),
    "gate-transfer": msg("Transfer knowledge: guideline, control items, certification"),
    "gate-setup": msg("Set up the operation"),
    "gate-execution": msg("Keep the batch going"),
    "gate-assurance": msg("Bring the batch to its verdict"),
    "gate-acceptance": msg("Deliver, accept, close"),
}
# One, and several.
_COUNTED: Mapping[str, tuple[str, str]] = {
    "items-to-answer": (msg("Answer one item"), msg("Answer %(count)s items")),
    "items-to-inspect": (msg("Inspect one item"), msg("Inspect %(count)s items")),
    "items-to-review": (msg("Review one item"), msg("Review %(count)s items")),
    "items-to-adjudicate": (
        msg("Answer a contested question again"),
        msg("Answer %(count)s contested questions again"),
    ),
    "questions-open": (
        msg("Answer a question of the provider's"),
        msg("Answer %(count)s questions of the provider's"),
    ),
    "efforts-open": (msg("Decide a contested effort"), msg("Decide %(count)s contested efforts")),
    "nobody-can-take": (
        msg("Nobody on the team may take an item that waits"),
        msg("Nobody on the team may take %(count)s items that wait"),
    ),
    "reservations-lapsed": (
        msg("A reservation ran out: the item waits again"),
        msg("%(count)s reservations ran out: the items wait again"),
    ),
    "work-parked": (
        msg("Machine work is parked: see why, and try it again"),
        msg("%(count)s pieces of machine work are parked: see why, and try them again"),
    ),
    "witness-behind": (
        msg("A witness has fallen behind the log: find out why"),
        msg("%(count)s witnesses have fallen behind the log: find out why"),
    ),
}


def inbox_groups(entries: Sequence[InboxEntry], now: datetime) -> list[dict[str, Any]]:
    """Entries in groups, as inbox.html wants them; empty groups are left out."""
    listed = {kind for _title, kinds in _GROUPS for kind in kinds}
    made = []
    for title, kinds in _GROUPS:
        rows = [e for e in entries if (e.kind in kinds if kinds else e.kind not in listed)]
        if rows:
            made.append({"title": _(title), "items": [_row(e, now) for e in rows]})
    return made


def _row(entry: InboxEntry, now: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {
        "title": _title(entry),
        # The form that begins a certification stands with the queues.
        "href": "/work" if entry.kind == "certification" else f"/{entry.place}",
        "where": entry.engagement,
    }
    if entry.due is not None:
        left = workbench_page.left(entry.due, now)
        row |= {"left": left["text"], "tone": left["tone"]}
    return row


def _title(entry: InboxEntry) -> str:
    counted = _COUNTED.get(entry.kind)
    if counted is not None:
        words = translate_plural(*counted, int(entry.params.get("count", 0)))
    else:
        words = _(_TITLES.get(entry.kind, entry.kind.replace("-", " ").capitalize()))
    return words % dict(entry.params)
