"""Calibration sessions: who has answered, then every answer side by side, and what came of it."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from outwork import documents, practices, reporting
from outwork.interfaces.web import charts
from outwork.interfaces.web.desk import Context, Desk, choices, desk, field, frame
from outwork.interfaces.web.labels import badge, interval, percent
from outwork.interfaces.web.visit import Visit
from outwork.interfaces.web.workbench_forms import field_value
from outwork.interfaces.wording import msg
from outwork.interfaces.wording import translate as _
from outwork.methods.agreement import Agreement
from outwork.reporting import Calibrating, Difference, Opinion
from outwork.stages import execution, transfer
from outwork.stages.assurance import NONE_OF_THEM, Calibration, RaterResult, RaterState
from outwork.stages.transfer import ControlUse
from outwork.vocabulary import (
    CalibrationId,
    Cell,
    Evidence,
    NotFound,
    PageBox,
    Question,
    Role,
    Side,
    TextRange,
)

MOST_OFFERED = 40  # items of a batch in the form; any may be named by the API
STATES = {
    RaterState.CALIBRATED: (msg("Calibrated"), "good"),
    RaterState.UNDECIDED: (msg("Too little to say"), "note"),
    RaterState.RETRAIN: (msg("To be retrained"), "bad"),
}


def router(visit: Callable[[Request], Visit]) -> APIRouter:
    """Routes of these pages; `visit` says who is looking."""
    routes = APIRouter()

    @routes.get("/engagements/{engagement}/calibrations")
    def several(request: Request, engagement: str) -> Response:
        who = visit(request)
        with desk(who, engagement, "calibrations") as d:
            found = reporting.calibrations(d.op, d.id)
            rows = [_row(d, c) for c in reversed(found)]
            context = {**frame(d, None), "sessions": rows, "acts": _opening(d)}
            title = _("Calibrations of %(engagement)s") % {
                "engagement": d.overview.engagement.title
            }
        return who.page("calibrations.html", "engagements", title, **context)

    @routes.get("/engagements/{engagement}/calibrations/{calibration}")
    def one(request: Request, engagement: str, calibration: str) -> Response:
        who = visit(request)
        with desk(who, engagement, f"calibrations/{calibration}") as d:
            found = reporting.calibrating(d.op, CalibrationId(calibration))
            if found.session.engagement_id != d.id:
                raise NotFound("calibration", calibration)
            context = {**frame(d, None), **_shown(d, found)}
        return who.page("calibration.html", "engagements", found.session.title, **context)

    return routes


def _row(d: Desk, found: Calibration) -> Context:
    return {
        "title": {"text": found.title, "href": f"{d.base}/calibrations/{found.id}"},
        "items": len(found.items),
        "raters": len(found.raters),
        "state": _state(found),
        "at": found.opened_at,
    }


def _state(found: Calibration) -> Context:
    if found.concluded_at is not None:
        return badge(_("Concluded"), "good")
    if found.closed_at is not None:
        return badge(_("Under discussion"), "caution")
    return badge(_("Being answered"), "accent")


def _opening(d: Desk) -> list[Context]:
    """The form that opens a session: control items for it, and items of batches."""
    if not d.may("assurance.open_calibration"):
        return []
    controls = transfer.control_items(d.op.db, d.id, ControlUse.CALIBRATION)
    offered = [(c.id, documents.document(d.op.db, c.document_id).name) for c in controls]
    for order in d.overview.orders:
        found = execution.items(d.op.db, order.id, limit=MOST_OFFERED).rows
        offered += [(item.id, f"{item.name} ({order.title})") for item in found]
    rating = {Role.ANALYST, Role.AGENT, Role.REVIEWER}
    team = [
        (m.actor.id, m.actor.name)
        for m in reporting.team(d.op, d.id, Side.PROVIDER)
        if m.member.roles & rating and not m.member.roles - rating
    ]
    if not offered or len(team) < 2:
        return []
    return d.act(
        "assurance.open_calibration",
        _("Open a calibration session"),
        _("Have them answer"),
        field("title", _("What it is about")),
        field("items", _("Items that all answer"), "checks",
              options=choices(offered, [c.id for c in controls])),
        field("raters", _("Who answers"), "checks", options=choices(team)),
        hidden={"engagement": d.id},
        note=_("Each answers alone; nobody sees another's answers until you close the session."),
        id="open-calibration",
    )  # fmt: skip


def _shown(d: Desk, found: Calibrating) -> Context:
    session = found.session
    facts = [
        {"term": _("Opened by"), "value": d.name(session.opened_by)},
        {"term": _("Opened"), "value": session.opened_at, "kind": "when"},
        {"term": _("Items"), "value": str(len(session.items))},
        {"term": _("Guideline"), "value": _("version %(v)s") % {"v": session.guideline_version}},
    ]
    return {
        "heading": session.title,
        "state": _state(session),
        "facts": facts,
        "closed": session.closed_at is not None,
        "raters": [_rater(d, found, who) for who in session.raters],
        "agreeing": [
            {
                "question": a.question.label,
                "agreed": charts.share_figure(a.agreed, a.items) if a.items else None,
                "alpha": _alpha(a.alpha),
            }
            for a in found.agreeing
        ],
        "severities": _severities(d, found),
        "differences": [_difference(d, session, one) for one in found.differences],
        "unsettled": _unsettled(found),
        "acts": _next(d, found),
    }


def _unsettled(found: Calibrating) -> int:
    return sum(one.settled is None for one in found.differences)


def _rater(d: Desk, found: Calibrating, who: str) -> Context:
    session = found.session
    result = next((r for by, r in session.results.items() if by == who), None)
    made: Context = {
        "rater": d.name(who),
        "handed_in": _("%(done)s of %(all)s")
        % {"done": next(n for by, n in found.handed_in.items() if by == who),
           "all": len(session.items)},
        "right": None,
        "state": None,
    }  # fmt: skip
    if result is not None:
        words, tone = STATES[result.state]
        made["right"] = _figure(result)
        made["state"] = badge(_(words), tone)
    return made


def _figure(found: RaterResult) -> Context | None:
    """A rater's share of right answers between both one-sided bounds, beside the bar."""
    if not found.asked:
        return None
    return {
        "value": percent(found.right / found.asked),
        "interval": interval(found.lower, found.upper),
        "n": found.asked,
        "low": float(found.lower),
        "point": found.right / found.asked,
        "high": float(found.upper),
        "target": float(found.bar),
    }


def _alpha(found: Agreement | None) -> Context | None:
    if found is None or found.low is None or found.high is None:
        return None
    return {
        "value": f"{found.value:.2f}",
        "interval": f"[{found.low:.2f}, {found.high:.2f}]",
        "n": found.units,
    }


def _severities(d: Desk, found: Calibrating) -> list[Context]:
    return [
        {
            "rater": d.name(who),
            "question": one.question.label,
            "severity": {
                "value": f"{one.severity.severity[n]:+.2f}",
                "interval": f"[{one.severity.low[n]:+.2f}, {one.severity.high[n]:+.2f}]",
            },
        }
        for one in found.scored
        if one.severity is not None
        for n, who in enumerate(one.raters)
    ]


def _difference(d: Desk, session: Calibration, one: Difference) -> Context:
    made: Context = {
        "id": f"{one.item}-{one.question.key}",
        "item": one.name,
        "question": one.question.label,
        "clause": one.question.clause,
        "opinions": [_opinion(d, session, one.question, o) for o in one.opinions],
        "settled": None,
        "acts": [],
    }
    if one.settled is not None:
        made["settled"] = {
            "stands": _names(d, one, one.settled.stands),
            "clause": one.settled.clause,
            "version": one.settled.guideline_version,
            "changed": one.settled.changed,
            "because": one.because,
            "by": d.name(one.settled.settled_by),
            "at": one.settled.settled_at,
        }
    if session.concluded_at is None:
        made["acts"] = _settling(d, session, one)
    return made


def _names(d: Desk, one: Difference, number: int) -> str:
    if number == NONE_OF_THEM:
        return _("none of these")
    found = next(o for o in one.opinions if o.number == number)
    return ", ".join(d.name(who) or "" for who in found.by) or _("as agreed beforehand")


def _opinion(d: Desk, session: Calibration, question: Question, one: Opinion) -> Context:
    by = [d.name(who) or "" for who in one.by]
    if one.number == 0:
        by.insert(0, _("Agreed beforehand"))
    raw = field_value(practices.service(session.service), question, one.answer.value)
    words = "; ".join(raw) if isinstance(raw, list) else "; ".join(raw.splitlines())
    return {
        "by": ", ".join(by),
        "value": words,
        "present": one.answer.value is not None or bool(one.answer.evidence),
        "evidence": [_evidence(e) for e in one.answer.evidence],
    }


def _evidence(place: Evidence) -> Context:
    if isinstance(place, TextRange):
        words = _("characters %(start)s to %(end)s") % {"start": place.start, "end": place.end}
        return {"quote": place.quote, "place": words}
    if isinstance(place, PageBox):
        return {"quote": "", "place": _("page %(n)s") % {"n": place.page}}
    if isinstance(place, Cell):
        return {"quote": str(place.value), "place": f"{place.sheet} {place.reference}"}
    return {"quote": f"{place.expression} = {place.result}", "place": ""}


def _settling(d: Desk, session: Calibration, one: Difference) -> list[Context]:
    guideline = transfer.latest_guideline(d.op.db, d.id)
    clauses = guideline.clauses if guideline else ()
    stands = [(str(o.number), _names(d, one, o.number)) for o in one.opinions]
    stands.append((str(NONE_OF_THEM), _names(d, one, NONE_OF_THEM)))
    chosen = one.settled.clause if one.settled else one.question.clause
    return d.act(
        "assurance.settle_difference",
        _("Settle it") if one.settled is None else _("Settle it otherwise"),
        _("Settle it"),
        field("stands", _("Right is"), "select", options=choices(stands)),
        field("clause", _("By clause"), "select",
              options=choices(((c.id, f"{c.id} {c.title}") for c in clauses), [chosen])),
        field("reason", _("Why"), "textarea", rows=2),
        hidden={"calibration": session.id, "item": one.item, "question": one.question.key},
        note=_("If the clause is at fault, change the guideline first: the log then says so."),
        id=f"settle-{one.item}-{one.question.key}",
    )  # fmt: skip


def _next(d: Desk, found: Calibrating) -> list[Context]:
    session = found.session
    hidden = {"calibration": session.id}
    if session.closed_at is None:
        missing = len(session.items) * len(session.raters) - sum(found.handed_in.values())
        note = _("Everybody has answered everything.")
        if missing:
            note = _("%(n)s answers are still to come; they are not waited for.") % {"n": missing}
        return d.act(
            "assurance.close_calibration", _("Close the session"), _("Show the answers"),
            hidden=hidden, note=note, id="close-calibration",
        )  # fmt: skip
    if session.concluded_at is not None or _unsettled(found):
        return []
    return d.act(
        "assurance.conclude_calibration", _("Conclude"), _("Say who is calibrated"),
        hidden=hidden, id="conclude-calibration",
        note=_("Calibrated is whose lower bound clears the bar of certification; an analyst or"
               " agent whose upper bound stays below it is paused and retrained."),
    )  # fmt: skip
