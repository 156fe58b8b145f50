"""How people and agents do on control items: charts, skill, pauses, and what one is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from outwork import methods, reporting
from outwork.interfaces.web import charts
from outwork.interfaces.web.desk import Context, Desk, choices, field, form
from outwork.interfaces.web.labels import badge, interval, percent
from outwork.interfaces.wording import msg
from outwork.interfaces.wording import translate as _
from outwork.reporting import Feedback, Paused, Record, is_agent
from outwork.stages.requirements import Line
from outwork.vocabulary import Role

MOST_CHARTS = 6


def _who(record: Record) -> str:
    actor = record.member.actor
    name = _("%(name)s, version %(version)s") % {"name": actor.name, "version": actor.version}
    label = name if is_agent(actor) else actor.name
    return _("%(who)s: %(kind)s") % {"who": label, "kind": record.kind.replace("-", " ")}


def skills(records: Sequence[Record]) -> Context | None:
    """Skill by person or agent and kind of question, drawn towards the peers' mean.

    Each kind has its own population (Gelman et al. 2013, section 5.3); 95 % intervals.
    """
    rows = []
    for kind in dict.fromkeys(r.kind for r in records):
        of = [r for r in records if r.kind == kind]
        found = methods.skill.skills([r.right for r in of], [r.asked for r in of])
        for n, r in enumerate(of):
            low, point, high = (float(x[n]) for x in (found.low, found.expected, found.high))
            figure = {
                "low": low, "point": point, "high": high, "n": r.asked, "value": percent(point),
                "interval": interval(low, high),
            }  # fmt: skip
            near = bool(r.stream.sums) and r.stream.sums[-1] >= r.plan.limit
            rows.append(charts.forest_row(_who(r), figure, "bad" if near else "good"))
    title = _("Skill on control items, by kind of question")
    note = _("Expected share right with its 95 % interval, drawn towards the mean of all")
    return charts.forest(title, rows, note)


def cusums(records: Iterable[Record]) -> list[Context]:
    """The charts nearest to their limits, first the nearest."""
    begun = [r for r in records if r.stream.sums and r.stream.wrong]
    nearest = sorted(begun, key=lambda r: (-r.stream.sums[-1] / r.plan.limit, _who(r)))
    return [_cusum(r) for r in nearest[:MOST_CHARTS]]


def _cusum(record: Record) -> Context:
    plan, sums = record.plan, record.stream.sums
    over = sums[-1] >= plan.limit
    words = {"who": _who(record), "clauses": ", ".join(sorted(record.stream.clauses))}
    if over:
        title = _("%(who)s has drifted, on clauses %(clauses)s") % words
    else:
        title = _("%(who)s stays below the limit") % words
    note = _(
        "Bernoulli CUSUM: +%(up)s at a wrong answer, −1 otherwise. A false alarm comes after"
        " %(false)s answers on average, an alarm after %(found)s where %(bad)s are wrong"
    ) % {
        "up": plan.up, "false": plan.false_after, "found": plan.found_after,
        "bad": percent(plan.bad, 0),
    }  # fmt: skip
    return {
        "title": title,
        "points": [
            {"label": str(n), "value": s, "text": str(s), "out": s >= plan.limit}
            for n, s in enumerate(sums, 1)
        ],
        "centre": None,
        "upper": plan.limit,
        "lower": None,
        "low": 0,
        "high": max(*sums, plan.limit) * 1.2,
        "words": {"centre": "", "upper": str(plan.limit), "lower": ""},
        "note": note,
    }


def drifting(found: Iterable[Paused]) -> list[Context]:
    """Who is paused, and why, as rows."""
    return [
        {
            "who": {"text": p.member.actor.name, "note": p.engagement.title},
            "figure": None,
            "signal": badge(_why(p), "bad"),
        }
        for p in found
    ]


def _why(p: Paused) -> str:
    if p.pause.cause == "manager":
        return _("Paused by the delivery manager")
    if p.pause.cause == "calibration":
        return _("Not calibrated: clauses %(clauses)s") % {"clauses": ", ".join(p.pause.clauses)}
    return _("Paused: clauses %(clauses)s") % {"clauses": ", ".join(p.pause.clauses)}


def acts(found: Sequence[Paused], team: Sequence[Any], engagement: str) -> list[Context]:
    """Pausing and readmitting, for whoever manages the delivery."""
    out = {p.member.actor.id for p in found}
    at_work = [m for m in team if m.actor.id not in out]
    hidden = {"engagement": engagement, "next": "/quality", "back": "/quality"}
    made = []
    for people, act, title, submit in (
        (at_work, "pause", _("Pause an analyst or agent"), _("Pause")),
        ([p.member for p in found], "readmit", _("Readmit without a retraining"), _("Readmit")),
    ):
        if people:
            options = choices((m.actor.id, m.actor.name) for m in people)
            made.append(
                form(
                    f"/act/execution.{act}_worker", title, submit,
                    field("actor", _("Who"), "select", options=options),
                    field("reason", _("Reason"), "textarea", rows=2),
                    hidden=hidden, id=f"{act}-{engagement}",
                )
            )  # fmt: skip
    return made


def own(found: Iterable[Paused]) -> list[Context]:
    """Why the reader is paused, and the way back."""
    made = []
    for p in found:
        start = {
            "action": "/act/execution.start_retraining",
            "id": f"retrain-{p.engagement.id}",
            "hidden": {"engagement": p.engagement.id, "next": "/work", "back": "/work"},
            "submit": _("Start the retraining"),
        }
        text = _(
            "Answer the control items on these clauses; you see at once how you did, and are"
            " readmitted when they show that you clear the bar."
        )
        if p.pause.cause == "manager":
            text = p.pause.reason + " " + text
        made.append(
            {
                "title": f"{p.engagement.title}: {_why(p)}",
                "text": text,
                "tone": "caution",
                "act": None if p.retraining else start,
            }
        )
    return made


def told(found: Sequence[Feedback]) -> list[Context]:
    """How one did on a control item, question by question, as a notice."""
    if not found:
        return []
    wrong = [f for f in found if not f.right]
    title = _("A control item: %(right)s of %(asked)s right") % {
        "right": len(found) - len(wrong), "asked": len(found)}  # fmt: skip
    lines = [
        _("%(question)s: %(given)s; right is %(known)s (clause %(clause)s)")
        % {
            "question": f.question.label,
            "given": _shown(f.given),
            "known": _shown(f.known),
            "clause": f.question.clause,
        }
        for f in wrong
    ]
    return [{"tone": "caution" if wrong else "good", "title": title, "text": " · ".join(lines)}]


def _shown(value: Any) -> str:
    return _("not present") if value is None else str(value)[:100]


def use_field() -> Context:
    """Whether control items certify, are met unawares among the work, or calibrate."""
    uses = [
        ("certification", _("To certify")),
        ("production", _("Unseen, among the work")),
        ("calibration", _("To calibrate, answered by several and discussed")),
    ]
    return field("use", _("Use"), "select", options=choices(uses, ["certification"]))


def planning(d: Desk, lines: Iterable[Line]) -> list[Context]:
    """How the work of each line is watched."""
    made: list[Context] = []
    for line in lines:
        made += d.act(
            "setup.plan_control",
            _("Watch the work of %(service)s") % {"service": line.service},
            _("Fix the control plan"),
            field("control_share", _("Control items, share of a batch"), value="0.05"),
            field("overlap_share", _("Answered twice, share of a batch"), value="0"),
            field("good", _("Wrong answers in control, share"), value="0.02"),
            field("bad", _("Wrong answers to be found quickly, share"), value="0.10"),
            field("false_after", _("Answers between false alarms, at least"), "number", min=1,
                  value=500),
            field("feedback", _("Feedback"), "select",
                  options=choices([("true", _("at once")), ("false", _("none"))], ["true"])),
            hidden={"line": line.id},
            note=_("Control items are met unawares; whoever drifts is paused and retrained."),
            id=f"watch-{line.id}",
        )  # fmt: skip
    return made


def agreeing(found: Iterable[reporting.EngagementQuality]) -> list[Context]:
    """How far two people who answered the same items agree, as rows, the least first."""
    rows = []
    for q in found:
        for a in q.agreeing:
            alpha = None
            if a.alpha is not None and a.alpha.low is not None and a.alpha.high is not None:
                alpha = {
                    "value": f"{a.alpha.value:.2f}",
                    "interval": f"[{a.alpha.low:.2f}, {a.alpha.high:.2f}]",
                    "n": a.alpha.units,
                }
            shown = {
                "question": {"text": a.question.label, "note": q.engagement.title},
                "agreed": charts.share_figure(a.agreed, a.items),
                "alpha": alpha,
            }
            rows.append((a.agreed / a.items, a.question.label, shown))
    return [shown for _share, _label, shown in sorted(rows, key=lambda r: r[:2])]


def costs(found: Iterable[reporting.EngagementQuality]) -> list[Context]:
    """What quality costs, engagement by engagement: effort, its share, and money who may see it."""
    rows = []
    for q in found:
        total = sum(c.seconds for c in q.costs)
        for c in q.costs:
            if not total:
                continue
            unpriced = _("%(n)s pieces of work without a price") % {"n": c.unpriced}
            rows.append(
                {
                    "kind": {"text": _(KINDS_OF_COST[c.kind]), "note": q.engagement.title},
                    "pieces": str(c.pieces),
                    "effort": str(timedelta(seconds=c.seconds)),
                    "share": percent(c.seconds / total),
                    "amount": None
                    if c.amount is None or c.pieces == c.unpriced
                    else {"text": str(c.amount), "note": unpriced if c.unpriced else ""},
                }
            )
    return rows


KINDS_OF_COST = {
    reporting.CostKind.WORK: msg("The work itself"),
    reporting.CostKind.PREVENTION: msg("Prevention: certification, retraining and calibration"),
    reporting.CostKind.APPRAISAL: msg("Appraisal: control items, second answers, reviews, samples"),
    reporting.CostKind.INTERNAL_FAILURE: msg("Internal failure: rework and inspecting again"),
    reporting.CostKind.EXTERNAL_FAILURE: msg("External failure: rework the client asked for"),
}


def quality(found: Sequence[reporting.EngagementQuality]) -> Context:
    """What the quality page says of people and agents."""
    records = [r for q in found for r in q.records]
    made: list[Context] = []
    for q in found:
        if Role.DELIVERY_MANAGER in q.roles:
            team = [m for m in q.team if m.works and m.member.side is q.side]
            made += acts(q.paused, team, q.engagement.id)
    return {
        "skills": skills(records),
        "controls": cusums(records),
        "paused": drifting(p for q in found for p in q.paused),
        "agreeing": agreeing(found),
        "costs": costs(found),
        "priced": any(c.amount is not None and c.amount.amount for q in found for c in q.costs),
        "acts": made,
    }
