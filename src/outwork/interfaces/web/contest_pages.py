"""One's own record with effort and disputes, and the questions put to the client's side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from outwork import access, agreements
from outwork.agreements import Engagement
from outwork.interfaces.web.desk import Context, Desk, desk, field, form, frame
from outwork.interfaces.web.labels import badge
from outwork.interfaces.web.visit import Visit
from outwork.interfaces.web.workbench_page import task
from outwork.interfaces.wording import msg
from outwork.interfaces.wording import translate as _
from outwork.operation import Operation, operation
from outwork.reporting import OwnQuestion
from outwork.stages import execution
from outwork.stages.execution import (
    AssignmentState,
    DisputeState,
    EffortClaim,
    EscalationState,
    Known,
)
from outwork.vocabulary import Stage

_DISPUTES = {
    DisputeState.OPEN: (msg("Being scored again"), "accent"),
    DisputeState.UPHELD: (msg("The rework stands"), "caution"),
    DisputeState.OVERTURNED: (msg("Withdrawn"), "good"),
}
_REWORKS = {
    AssignmentState.OPEN: (msg("In rework"), "caution"),
    AssignmentState.DONE: (msg("Put right"), "good"),
    AssignmentState.WITHDRAWN: (msg("No longer asked for"), "neutral"),
}
_QUESTIONS = {
    EscalationState.OPEN: (msg("Waits for the client"), "caution"),
    EscalationState.ANSWERED: (msg("Answered"), "good"),
    EscalationState.WITHDRAWN: (msg("Withdrawn"), "neutral"),
}


def router(visit: Callable[[Request], Visit]) -> APIRouter:
    """Routes of these pages; `visit` says who is looking."""
    routes = APIRouter()

    @routes.get("/record")
    def record(request: Request) -> Response:
        who = visit(request)
        with operation(who.database, who.actor.id) as op:
            found = [
                _own(op, agreements.engagement(op.db, member.engagement_id))
                for member in access.memberships_of(op.db, op.actor.id)
                if member.live(op.now)
            ]
        shown = [one for one in found if one["done"] or one["reworks"]]
        return who.page("record.html", "work", _("My record"), engagements=shown)

    @routes.get("/engagements/{engagement}/questions")
    def questions(request: Request, engagement: str) -> Response:
        who, words = visit(request), request.query_params.get("words", "")
        with desk(who, engagement, "questions") as d:
            context = {**frame(d, None), **_asked(d, words)}
            title = _("Questions of %(engagement)s") % {"engagement": d.overview.engagement.title}
        return who.page("questions.html", "engagements", title, **context)

    return routes


# --- one's own record ------------------------------------------------------------------------


def _own(op: Operation, engagement: Engagement) -> Context:
    stands = execution.standing_of(op.db, engagement.id, op.actor.id)
    claims = {c.assignment_id: c for c in execution.effort_claims(op.db, engagement.id)}
    done = execution.done_by(op.db, engagement.id, op.actor.id)
    facts = [
        (_("Handed in"), len(done)),
        (_("Sent back, and standing"), stands.returned),
        (_("Sent back, and withdrawn after a dispute"), stands.overturned),
        (_("Returned or found by me"), stands.judged),
        (_("Of those, not borne out"), stands.overruled),
    ]
    here = engagement.stage is Stage.EXECUTION
    return {
        "title": engagement.title,
        "id": engagement.id,
        "facts": [{"term": term, "value": str(value)} for term, value in facts],
        "done": [_done(d, claims.get(d.assignment_id), here) for d in done],
        "reworks": [
            _rework(op, r, here) for r in execution.reworks_of(op.db, engagement.id, op.actor.id)
        ],
    }


def _done(done: execution.Done, claim: EffortClaim | None, here: bool) -> Context:
    row: Context = {
        "item": {"text": done.item, "note": task(done.purpose, "")},
        "at": done.at,
        "effort": str(timedelta(seconds=done.seconds)),
        "claim": None,
        "acts": None,
    }
    if claim is not None:
        words = {None: _("to be decided"), True: _("taken over"), False: _("not taken over")}
        row["claim"] = f"{timedelta(seconds=claim.claimed)}, {words[claim.accepted]}"
    elif here:
        contest = form(
            "/act/execution.contest_effort", _("Contest"), _("Contest"),
            field("seconds", _("Seconds"), "number", min=0, step=1),
            field("reason", _("Why")),
            hidden=_back({"assignment": done.assignment_id}), id=f"effort-{done.assignment_id}",
        )  # fmt: skip
        row["acts"] = [contest]
    return row


def _rework(op: Operation, rework: execution.Rework, here: bool) -> Context:
    dispute = execution.dispute_of(op.db, rework.assignment_id)
    item = execution.item(op.db, rework.item_id)
    row: Context = {
        "item": {"text": item.name, "note": rework.question},
        "clause": rework.clause,
        "at": rework.ordered_at,
        "state": None,
        "acts": None,
    }
    if dispute is not None:
        words, tone = _DISPUTES[dispute.state]
        row["state"] = badge(_(words), tone)
        return row
    found = execution.assignment(op.db, rework.assignment_id)
    words, tone = _REWORKS.get(found.state, _REWORKS[AssignmentState.OPEN])
    row["state"] = badge(_(words), tone)
    mine = found.actor_id in (None, op.actor.id)
    contestable = found.state in ("open", "live") and rework.cause != "return"
    if here and mine and contestable:
        contest = form(
            "/act/execution.dispute", _("Contest"), _("Contest"),
            field("reason", _("Why the answer stands")),
            hidden=_back({"assignment": rework.assignment_id}),
            id=f"dispute-{rework.assignment_id}",
        )  # fmt: skip
        row["acts"] = [contest]
    return row


def _back(hidden: dict[str, str]) -> dict[str, str]:
    return {**hidden, "next": "/record", "back": "/record"}


# --- questions of an engagement --------------------------------------------------------------


def _asked(d: Desk, words: str) -> Context:
    found = execution.known(d.op.db, d.id, words)
    claims = execution.effort_claims(d.op.db, d.id)
    shown = {"name": "words", "label": _("Words"), "kind": "search", "value": words}
    return {
        "filters": {"action": f"{d.base}/questions", "fields": [shown]},
        "questions": [_question(d, k) for k in found],
        "efforts": [_effort(d, c) for c in claims] if d.may("execution.decide_effort") else [],
    }


def own_question(found: OwnQuestion) -> Context:
    """A question of one's own that waits for the client, as a row of one's work."""
    told = found.known.escalation
    return {
        "question": {
            "text": found.known.text,
            "href": f"/engagements/{told.engagement_id}/questions#{told.id}",
            "note": found.engagement.title,
        },
        "item": {"text": found.item.name, "note": _("clause %(id)s") % {"id": told.clause}},
        "at": told.asked_at,
    }


def _question(d: Desk, found: Known) -> Context:
    told = found.escalation
    words, tone = _QUESTIONS[told.state]
    acts: list[Context] = []
    if told.state is EscalationState.OPEN:
        acts += d.act(
            "execution.answer_escalation", "", _("Answer"),
            field("text", _("Answer"), "textarea", rows=3),
            hidden={"escalation": told.id}, id=f"answer-{told.id}",
        )  # fmt: skip
        if d.visit.actor.id == told.asked_by or d.may("execution.decide_effort"):
            acts += d.act(
                "execution.withdraw_escalation", _("Withdraw the question"), _("Withdraw it"),
                field("reason", _("Reason")),
                hidden={"escalation": told.id}, id=f"withdraw-{told.id}", tone="",
            )  # fmt: skip
    elif found.answer:
        because = f"{found.text} – {found.answer}"
        acts += d.act(
            "acceptance.propose_change", _("Make it a clause"), _("Propose the change"),
            field("text", _("New words of the clause"), "textarea", rows=3),
            hidden={"engagement": d.id, "clause": told.clause, "because": because},
            id=f"change-{told.id}", tone="",
        )  # fmt: skip
    return {
        "id": told.id,
        "question": told.question,
        "clause": told.clause,
        "by": d.name(told.asked_by),
        "at": told.asked_at,
        "text": found.text,
        "answer": found.answer,
        "answered_by": d.name(told.closed_by) if found.answer else None,
        "state": badge(_(words), tone),
        "acts": acts,
    }


def _effort(d: Desk, claim: EffortClaim) -> Context:
    item = execution.item(d.op.db, execution.assignment(d.op.db, claim.assignment_id).item_id)
    acts: list[Context] = []
    if claim.accepted is None and claim.author != d.visit.actor.id:
        for accepted, label in (
            ("true", _("Take it over")),
            ("false", _("Keep what was measured")),
        ):
            acts += d.act(
                "execution.decide_effort", "", label,
                hidden={"assignment": claim.assignment_id, "accepted": accepted},
                id=f"decide-{claim.assignment_id}-{accepted}",
            )  # fmt: skip
    words: dict[Any, str] = {
        None: _("to be decided"), True: _("taken over"), False: _("not taken over")
    }  # fmt: skip
    return {
        "item": item.name,
        "who": d.name(claim.author),
        "measured": str(timedelta(seconds=claim.measured)),
        "claimed": str(timedelta(seconds=claim.claimed)),
        "reason": execution.effort_reason(d.op.db, claim),
        "state": words[claim.accepted],
        "acts": acts,
    }
