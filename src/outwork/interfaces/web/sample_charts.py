"""What samples showed over time, and which clauses the defects break, as charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from outwork import reporting
from outwork.interfaces.web import charts
from outwork.interfaces.web.desk import Context, choices, field
from outwork.interfaces.wording import translate as _
from outwork.reporting import EngagementQuality, Grouping, Seen
from outwork.stages.assurance import DefectRecord
from outwork.vocabulary import ActorId

LEAST_POINTS = 2
BY = "by"


def grouping(query: Mapping[str, str]) -> Grouping:
    """What a point stands for, as the address says; a batch where it says nothing known."""
    return Grouping.DAY if query.get(BY) == Grouping.DAY.value else Grouping.BATCH


def chooser(by: Grouping) -> Context:
    """The form that chooses what a point stands for."""
    words = [(Grouping.BATCH.value, _("Batch")), (Grouping.DAY.value, _("Day"))]
    options = choices(words, [by.value])
    shown = field(BY, _("One point for each"), "select", options=options)
    return {"action": "/quality#samples", "fields": [shown]}


def shares(found: Sequence[EngagementQuality], by: Grouping) -> list[Context]:
    """The share defective over time: of each engagement, of each person and model version."""
    made = []
    for q in found:
        names = {m.actor.id: _named(m) for m in q.team}
        every: list[tuple[ActorId | None, list[Seen]]] = [
            (who, reporting.of_subject(q.seen, who)) for who in reporting.subjects(q.seen)
        ]
        everybody = len({s.analyst for s in q.seen}) > 1
        for who, some in [(None, list(q.seen)), *every] if everybody else every:
            name = q.engagement.title if who is None else names.get(who, "–")
            chart = _chart(name, q, some, by)
            if chart is not None:
                made.append(chart)
    return made


def _named(m: reporting.Member) -> str:
    if not reporting.is_agent(m.actor):
        return m.actor.name
    return _("%(name)s, version %(version)s") % {
        "name": m.actor.name, "version": m.actor.version}  # fmt: skip


def _chart(name: str, q: EngagementQuality, some: Sequence[Seen], by: Grouping) -> Context | None:
    points = reporting.points(some, by)
    if len(points) < LEAST_POINTS:
        return None
    place = f"/engagements/{q.engagement.id}/assurance"
    drawn = [{"label": _label(p, by), "href": f"{place}?order={p.order.id}"} for p in points]
    sizes, bad = [p.units for p in points], [p.defective for p in points]
    chart = charts.share_chart("", drawn, bad, sizes)
    out = sum(p["out"] for p in chart["points"])
    words = {"name": name, "out": out, "all": len(points)}
    if out == 1:
        title = _("%(name)s: 1 of %(all)s is out of its limits")
    elif out:
        title = _("%(name)s: %(out)s of %(all)s are out of their limits")
    else:
        title = _("%(name)s: all %(all)s are within their limits")
    return {**chart, "title": title % words, "engagement": q.engagement.title}


def _label(p: reporting.Point, by: Grouping) -> str:
    if by is Grouping.DAY:
        return p.day.isoformat()
    if p.order.round > 1:
        return _("%(batch)s, round %(round)s") % {"batch": p.order.title, "round": p.round}
    return p.order.title


def paretos(found: Sequence[EngagementQuality]) -> list[Context]:
    """Defects by the clause they break, one chart an engagement."""
    made = []
    for q in found:
        counted = Counter(x.clause for x in q.defects)
        counted.update(x.clause for x in q.escaped)
        chart = _pareto(q.engagement.title, q.engagement.id, counted, q.titles)
        if chart is not None:
            made.append(chart)
    return made


def pareto_of(
    engagement: str, batch: str, defects: Sequence[DefectRecord], titles: Mapping[str, str]
) -> Context | None:
    """The defects of one batch by clause."""
    return _pareto(batch, engagement, Counter(x.clause for x in defects), titles)


def _pareto(
    whole: str, engagement: str, counted: Counter[str], titles: Mapping[str, str]
) -> Context | None:
    causes = [
        (
            {
                "label": clause,
                "name": f"{clause} {titles.get(clause, '')}".strip(),
                "href": f"/engagements/{engagement}/transfer#clause-{clause}",
            },
            n,
        )
        for clause, n in counted.most_common()
    ]
    return charts.pareto(causes, whole)
