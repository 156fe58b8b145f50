"""Who is in an engagement, and how good it was: of one, or of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from outwork import reporting
from outwork.agreements import Engagement
from outwork.interfaces.web import charts, improvement_pages, sample_charts, watching_pages
from outwork.interfaces.web.desk import Context, roles_text
from outwork.interfaces.web.labels import badge, interval, percent
from outwork.interfaces.web.rendering import clock
from outwork.interfaces.wording import translate as _
from outwork.operation import Operation
from outwork.reporting import EngagementQuality, Grouping, Person

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


def quality(found: list[EngagementQuality], by: Grouping) -> Context:
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
        "shares": sample_charts.shares(found, by),
        "sample_filters": sample_charts.chooser(by),
        "paretos": sample_charts.paretos(found),
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
    delivered = sum(q.delivered for q in found)
    escaped = len({e.item_id for q in found for e in q.escaped})
    if delivered:
        figure = charts.share_figure(delivered - escaped, delivered)
        made.append({**figure, "label": _("Delivered and not found wrong since"), "from": 0.8})
    if asked:
        figure = charts.share_figure(right, asked)
        made.append({**figure, "label": _("Control items right, everyone"), "from": 0.8})
    return [{**f, "low": max(f["low"], 0.8), "point": max(f["point"], 0.8)} for f in made]


def _clauses(found: list[EngagementQuality]) -> list[Context]:
    total = sum(len(q.defects) + len(q.escaped) for q in found)
    counted = Counter((q.engagement.id, x.clause) for q in found for x in q.defects)
    counted.update((q.engagement.id, x.clause) for q in found for x in q.escaped)
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
