"""Arguments of the charts: forest plots of shares, risk curves, shares over time, Pareto charts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from outwork import methods
from outwork.interfaces.web.labels import interval, percent
from outwork.interfaces.wording import translate as _
from outwork.reporting import Knowledge, Member, is_agent
from outwork.stages.requirements import SamplingTerms
from outwork.stages.transfer import Certification

Context = dict[str, Any]
POINTS = 49  # of a curve


def share_figure(right: int, asked: int, bar: Decimal | None = None) -> Context:
    """A share with its exact two-sided 95 % interval (Clopper and Pearson 1934) and its count."""
    low, high = methods.binomial_interval(right, asked, 0.95)
    return {
        "value": percent(right / asked),
        "interval": interval(low, high),
        "n": asked,
        "level": "95 %",
        "low": low,
        "point": right / asked,
        "high": high,
        "target": None if bar is None else float(bar),
    }


def forest_row(label: str, figure: Context, tone: str, href: str = "") -> Context:
    """A figure as a row of a forest plot."""
    return {"label": label, "tone": tone, "href": href, **figure}


def forest(title: str, rows: Sequence[Context], note: str, **more: Any) -> Context | None:
    """A forest plot on a scale that its rows need; None without rows."""
    if not rows:
        return None
    lowest = min([r["low"] for r in rows] + [more.get("target") or 1.0])
    low = max(0.0, int(lowest * 10) / 10)
    low = min(low, 0.9)
    step = (1 - low) / 5
    ticks = [{"at": low + step * i, "text": percent(low + step * i, 0)} for i in range(6)]
    return {
        "title": title,
        "rows": list(rows),
        "low": low,
        "high": 1.0,
        "ticks": ticks,
        "note": note,
        "target": None,
        "target_word": "",
        "file": "",
        **more,
    }


def certifications(found: Knowledge) -> Context | None:
    """How everyone did on the control items, against the bar of people."""
    done = [(m, found.latest[m.actor.id]) for m in found.team if m.actor.id in found.latest]
    if not done or found.bar is None:
        return None
    clear = sum(c.passed for _m, c in done)
    title = _("%(clear)s of %(all)s clear the bar") % {"clear": clear, "all": len(done)}
    note = _("Control items right, exact 95 %% intervals; bars %(people)s and %(agents)s") % {
        "people": percent(found.bar.people, 0), "agents": percent(found.bar.agents, 0)}  # fmt: skip
    return forest(
        title,
        [_certification(m, c) for m, c in done],
        note,
        target=float(found.bar.people),
        target_word=_("bar of people %(bar)s") % {"bar": percent(found.bar.people, 0)},
    )


def _certification(m: Member, c: Certification) -> Context:
    label = _("%(name)s, AI agent") % {"name": m.actor.name} if is_agent(m.actor) else m.actor.name
    return forest_row(label, share_figure(c.right, c.asked), "good" if c.passed else "bad")


def oc_curve(plan: methods.Plan, terms: SamplingTerms, of: str = "") -> Context:
    """The chance that a lot passes, by the share of it that is defective, with both risks.

    `of` names the severity that is judged by itself, if one is.
    """
    bad = methods.limiting_defectives(plan.lot, float(terms.limiting_quality))
    good = methods.acceptable_defectives(plan.lot, float(terms.acceptable_quality))
    right = min(plan.lot, max(bad * 2, 4))
    at = sorted({round(right * i / (POINTS - 1)) for i in range(POINTS)})
    chances = methods.operating_characteristic(plan, [*at, good, bad]).tolist()
    points = [{"defective": k / plan.lot, "accepted": p} for k, p in zip(at, chances, strict=False)]
    title = _("A lot with %(share)s defective passes %(chance)s of the time") % {
        "share": percent(bad / plan.lot), "chance": percent(chances[-1])}  # fmt: skip
    if of:
        title = _("%(severity)s alone: %(title)s") % {"severity": of, "title": title}
    return {
        "title": title,
        "points": points,
        "limit": right / plan.lot,
        "producer": {
            "defective": good / plan.lot,
            "accepted": chances[-2],
            "word": _("producer’s risk %(risk)s") % {"risk": percent(1 - chances[-2])},
        },
        "consumer": {
            "defective": bad / plan.lot,
            "accepted": chances[-1],
            "word": _("consumer’s risk %(risk)s") % {"risk": percent(chances[-1])},
        },
        "note": _("Exact, for a lot of %(lot)s: n=%(n)s, c=%(c)s")
        % {"lot": plan.lot, "n": plan.n, "c": plan.c},
    }


def share_chart(
    title: str, points: Sequence[Context], defective: Sequence[int], sizes: Sequence[int]
) -> Context:
    """Arguments of a p chart: `points` are {label, href}, one a sample of so many units.

    The centre is the share of all samples together; the limits are three standard deviations of
    a sample's share from it (Montgomery, 7.2), so that a large sample has narrow ones.
    """
    chart = methods.control.p_chart(defective, sizes)
    rows = zip(
        points, chart.points, chart.lower, chart.upper, chart.signals, defective, sizes, strict=True
    )
    made = [
        {
            **p,
            "value": float(value), "lower": float(low), "upper": float(high), "out": bool(out),
            "text": percent(float(value)), "from": percent(float(low)), "to": percent(float(high)),
            "defective": d, "n": n,
        }
        for p, value, low, high, out, d, n in rows
    ]  # fmt: skip
    most = max([*chart.points.tolist(), *chart.upper.tolist(), 0.01]) * 1.1
    return {
        "title": title,
        "points": made,
        "centre": chart.centre,
        "high": min(1.0, most),
        "words": {"centre": percent(chart.centre), "top": percent(min(1.0, most))},
        "note": _(
            "Share defective, with limits three standard deviations from the mean %(mean)s"
            " (n=%(n)s)"
        )
        % {"mean": percent(chart.centre), "n": sum(sizes)},
    }


MOST_BARS = 8
VITAL = 0.8  # of the defects are caused by the vital few


def pareto(counted: Sequence[tuple[Context, int]], whole: str) -> Context | None:
    """Arguments of a Pareto chart: causes {label, name, href} with their counts, most first.

    The last bar holds what is left where there are more causes than bars; None without any. `whole`
    says what is counted, for the title: the fewest causes that make at least four in five.
    """
    every = sorted((c for c in counted if c[1]), key=lambda c: -c[1])
    total = sum(n for _cause, n in every)
    if not total:
        return None
    shown = every[:MOST_BARS]
    if rest := every[MOST_BARS:]:
        name = _("%(count)s others") % {"count": len(rest)}
        shown = [*shown, ({"label": name, "name": name, "href": ""}, sum(n for _c, n in rest))]
    bars, so_far, few, reached = [], 0, 0, 0
    for cause, n in shown:
        so_far += n
        bars.append(
            {
                **cause, "count": n, "share": n / total, "upto": so_far / total,
                "share_text": percent(n / total), "upto_text": percent(so_far / total),
            }
        )  # fmt: skip
    for _cause, n in every:
        few, reached = few + 1, reached + n
        if reached >= VITAL * total:
            break
    title = _("%(whole)s: %(few)s of %(all)s clauses cause %(share)s of %(total)s defects") % {
        "whole": whole, "few": few, "all": len(every), "share": percent(reached / total, 0),
        "total": total,
    }  # fmt: skip
    return {"title": title, "bars": bars}
