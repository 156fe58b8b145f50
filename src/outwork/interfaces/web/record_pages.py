"""What happened, who is in it, and how good it was: of one engagement, or of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date

from outwork import reporting
from outwork.agreements import Engagement
from outwork.interfaces.web import charts, improvement_pages, watching_pages
from outwork.interfaces.web.desk import Context, roles_text
from outwork.interfaces.web.labels import (
    EVENTS,
    SIDES,
    badge,
    happened,
    interval,
    percent,
    tone,
    word,
)
from outwork.interfaces.web.rendering import clock
from outwork.interfaces.wording import explain
from outwork.interfaces.wording import translate as _
from outwork.kit.paging import Page
from outwork.operation import Operation
from outwork.reporting import EngagementQuality, LogEntry, Person
from outwork.vocabulary import EngagementId

SLICES = ("agreements", "documents", "requirements", "selection", "transfer", "setup", "execution",
          "assurance", "acceptance")  # fmt: skip
LONGEST = 120


def timeline(
    entries: Iterable[LogEntry], zone: str, lang: str = "en", base: str | None = None
) -> list[Context]:
    """Entries of a log as events, with a heading on the first of each day in the reader's zone.

    With `base`, the engagement's address, those that have a place link to their receipts.
    """
    shown, day = [], None
    for e in entries:
        event: Context = {
            "at": e.at,
            "time": clock(e.at, zone, lang),
            "words": happened(e.kind, e.public),
            "kind": e.kind,
            "actor": e.name,
            "seq": e.seq,
            "tone": tone(e.kind, e.public),
            "details": _details(e.public, e.sealed),
        }
        if base is not None and e.seq is not None:
            event["receipt"] = f"{base}/entries/{e.seq}/receipt"
        local = e.at.astimezone(ZoneInfo(zone)).date()
        if local != day:
            event["day"] = format_date(local, "d MMMM y", locale=lang)
            day = local
        shown.append(event)
    return shown


def _details(public: Mapping[str, Any], sealed: Iterable[str]) -> list[Context]:
    rows = [
        {"term": name.replace("_", " "), "text": _flat(value)} for name, value in public.items()
    ]
    hidden = ", ".join(sealed)
    if hidden:
        rows.append({"term": _("sealed"), "text": hidden[:LONGEST]})
    return rows


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        text = ", ".join(f"{k} {_flat(v)}" for k, v in value.items())
    elif isinstance(value, list):
        text = ", ".join(map(_flat, value))
    else:
        text = "–" if value is None else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def ledger(
    op: Operation, engagement: Engagement | None, here: str, query: Mapping[str, str]
) -> Context:
    """Context of a ledger page: one engagement's log, or where to find those of all."""
    every = reporting.readable(op)
    chosen = engagement
    if chosen is None and query.get("engagement"):
        chosen = next((e for e in every if e.id == query["engagement"]), None)
    if chosen is None and len(every) == 1:
        chosen = every[0]
    page: Page[LogEntry] = Page((), None)
    fields: list[Context] = []
    if engagement is None:
        options = [{"value": "", "label": _("Choose one")}]
        options += [{"value": e.id, "label": e.title} for e in every]
        fields.append({"name": "engagement", "label": _("Engagement"), "kind": "select",
                       "options": options, "value": chosen.id if chosen else ""})  # fmt: skip
    checkpoint = None
    if chosen is not None:
        fields += _filters(op, chosen.id, query)
        page = reporting.timeline(
            op,
            chosen.id,
            kind=query.get("kind") or None,
            actor=query.get("actor") or None,
            after=query.get("after") or None,
        )
        checkpoint = _checkpoint(op, chosen.id)
    kept = {k: v for k, v in query.items() if k in ("engagement", "kind", "actor") and v}
    following = f"{here}?{urlencode({**kept, 'after': page.next})}" if page.next else None
    empty = None if chosen else {"title": _("Choose an engagement to see its ledger")}
    return {
        "events": timeline(
            page.rows, op.actor.zone, base=f"/engagements/{chosen.id}" if chosen else None
        ),
        "filters": {"action": here, "fields": fields},
        "checkpoint": checkpoint,
        "witnesses": _witnesses(op, chosen.id) if chosen else None,
        "policy": f"/engagements/{chosen.id}/policy.txt" if chosen else None,
        "pager": {"shown": len(page.rows), "next": following} if chosen else None,
        "empty": empty,
    }


def _filters(op: Operation, engagement: EngagementId, query: Mapping[str, str]) -> list[Context]:
    kinds = [{"value": "", "label": _("All")}]
    kinds += [{"value": f"{s}.", "label": word({}, s)} for s in SLICES]
    kinds += [{"value": k, "label": k} for k in EVENTS if k.split(".")[0] in SLICES]
    people = [{"value": "", "label": _("Everyone")}]
    people += [{"value": p.pseudonym, "label": p.name} for p in reporting.people(op, engagement)]
    return [
        {"name": "kind", "label": _("Kind"), "kind": "select", "options": kinds,
         "value": query.get("kind", "")},
        {"name": "actor", "label": _("Actor"), "kind": "select", "options": people,
         "value": query.get("actor", "")},
    ]  # fmt: skip


def _checkpoint(op: Operation, engagement: EngagementId) -> Context | None:
    note = reporting.checkpoint(op, engagement)
    if note is None:
        return None
    origin, size, root = note.splitlines()[:3]
    return {
        "size": size,
        "root": root,
        "at": None,
        "signed_by": origin,
        "file": {"text": _("The signed note"), "href": f"/engagements/{engagement}/checkpoint"},
    }


def _witnesses(op: Operation, engagement: EngagementId) -> list[Context]:
    """Each side's witness, up to where it has cosigned, and what keeps it from more."""
    rows = []
    for s in reporting.witnesses(op, engagement):
        problem = s.witness.problem
        state = badge(_("Up to date"), "good") if s.behind_since is None else badge(_("Following"))
        if s.late:
            state = badge(_("Fallen behind"), "bad")
        rows.append(
            {
                "name": {"text": s.witness.name, "note": explain(problem, {}) if problem else None},
                "side": word(SIDES, s.witness.side.value),
                "upto": _("%(n)s of %(all)s entries") % {"n": s.witness.size, "all": s.entries},
                "state": state,
                "at": s.witness.cosigned_at,
            }
        )
    return rows


# --- people -----------------------------------------------------------------------------------


def people_of(op: Operation, found: Iterable[Person], title: str) -> Context:
    """Context of the people page of one engagement."""
    rows = [
        _person(
            p.name, p.kind, p.party, p.zone, roles_text(p.roles), op.now,
            engagements=title, certified=p.certified,
        )
        for p in found
    ]  # fmt: skip
    return {"rows": rows, "pager": {"shown": len(rows)}}


def everyone(op: Operation) -> Context:
    """Context of the people page over all engagements."""
    rows = []
    for c in reporting.colleagues(op):
        persons = [p for _e, p in c.places]
        states = [p.certified for p in persons if p.certified is not None]
        rows.append(
            _person(
                c.actor.name, c.actor.kind.value, persons[0].party, c.actor.zone,
                roles_text({r for p in persons for r in p.roles}), op.now,
                engagements=str(len(c.places)),
                certified=all(states) if states else None,
            )
        )  # fmt: skip
    return {"rows": rows, "pager": {"shown": len(rows), "total": len(rows)}}


def _person(
    name: str,
    kind: str,
    party: str,
    zone: str,
    roles: str,
    now: datetime,
    *,
    engagements: str,
    certified: bool | None,
) -> Context:
    agent = kind == "agent"
    shown = None
    if certified is not None:
        shown = badge(_("Certified"), "good") if certified else badge(_("Not certified"), "caution")
    return {
        "who": {"text": name, "note": party},
        "kind": badge(_("AI agent"), "note") if agent else badge(_("Person")),
        "roles": roles,
        "engagements": engagements,
        "certified": shown,
        "figure": None,
        "load": None,
        "local": None if agent else f"{clock(now, zone)} {zone}",
    }


# --- quality ----------------------------------------------------------------------------------


def quality(found: list[EngagementQuality]) -> Context:
    """Context of the quality page."""
    rows = [
        _certified(q.engagement, order.id, order.title, certificate.figures)
        for q in found
        for order, certificate in q.certificates
    ]
    title = (
        _("%(n)s batches are certified; the intervals say how surely") % {"n": len(rows)}
        if len(rows) != 1
        else _("One batch is certified; the interval says how surely")
    )
    watched = watching_pages.quality(found)
    return {
        **watched,
        "figures": _figures(found),
        "forest": charts.forest(title, rows, _("Conforming, at the agreed confidence")),
        "clauses": _clauses(found),
        "actions": improvement_pages.actions(found),
        "acts": improvement_pages.acts(found) + watched["acts"],
        "drifting": watched["paused"]
        + [
            {
                "who": {
                    "text": m.actor.name,
                    "href": f"/engagements/{q.engagement.id}/transfer#certifications",
                    "note": q.engagement.title,
                },
                "figure": charts.share_figure(c.right, c.asked, c.bar),
                "signal": badge(_("Below the bar"), "bad"),
            }
            for q in found
            for m, c in q.certifications
            if not c.passed
        ],
    }  # fmt: skip


def _certified(engagement: Engagement, order: str, batch: str, f: dict[str, Any]) -> Context:
    n, bad = int(f["inspected"]), int(f["defective"])
    least = float(f["conforming_at_least"])
    return charts.forest_row(
        _("%(engagement)s: %(batch)s") % {"engagement": engagement.title, "batch": batch},
        {
            "low": least,
            "point": (n - bad) / n,
            "high": 1.0,
            "value": percent((n - bad) / n),
            "interval": interval(least, 1),
            "n": n,
        },
        "good" if f["accepted"] else "bad",
        f"/engagements/{engagement.id}/deliverable/{order}",
    )


def _figures(found: list[EngagementQuality]) -> list[Context]:
    passed = [c for q in found for _m, c in q.certifications]
    right, asked = sum(c.right for c in passed), sum(c.asked for c in passed)
    inspected = sum(int(str(c.figures["inspected"])) for q in found for _o, c in q.certificates)
    bad = sum(int(str(c.figures["defective"])) for q in found for _o, c in q.certificates)
    made = []
    if inspected:
        figure = charts.share_figure(inspected - bad, inspected)
        made.append({**figure, "label": _("Conforming in all samples"), "from": 0.8})
    if asked:
        figure = charts.share_figure(right, asked)
        made.append({**figure, "label": _("Control items right, everyone"), "from": 0.8})
    return [{**f, "low": max(f["low"], 0.8), "point": max(f["point"], 0.8)} for f in made]


def _clauses(found: list[EngagementQuality]) -> list[Context]:
    total = sum(len(q.defects) for q in found)
    counted = Counter((q.engagement.id, x.clause) for q in found for x in q.defects)
    known = {q.engagement.id: q for q in found}
    rows = []
    for (engagement, clause), n in counted.most_common(20):
        q = known[engagement]
        rows.append(
            {
                "clause": {
                    "text": f"{clause} {q.titles.get(clause, '')}".strip(),
                    "href": f"/engagements/{engagement}/transfer#clause-{clause}",
                    "note": q.engagement.title,
                },
                "defects": str(n),
                "share": charts.share_figure(n, total),
                "trend": None,
                "act": improvement_pages.open_from(q, clause),
            }
        )
    return rows
