"""Pages of work: inbox, queue, and the desk for answering and inspecting one item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.datastructures import FormData

from outwork import reporting
from outwork.interfaces import wording
from outwork.interfaces.web import (
    contest_pages,
    handing_pages,
    judging_page,
    labels,
    watching_pages,
)
from outwork.interfaces.web import workbench_forms as forms
from outwork.interfaces.web import workbench_page as page
from outwork.interfaces.web.acting import notice
from outwork.interfaces.web.inbox_page import inbox_groups
from outwork.interfaces.web.rendering import clock, reason
from outwork.interfaces.web.visit import NotSignedIn, Visit, check_csrf, say
from outwork.interfaces.wording import translate as _
from outwork.operation import operation
from outwork.reporting import HandedIn, HeldWork, Workbench, WorkQueue
from outwork.stages import assurance, execution
from outwork.stages.execution import AssignmentState, Pace
from outwork.stages.transfer import Certification
from outwork.vocabulary import (
    AssignmentId,
    BadInput,
    EngagementId,
    Json,
    NotFound,
    OutworkError,
    Purpose,
    Refusal,
)

MOST_FIELDS = 5_000
RECENT = 10  # submissions on one page of the queue
PUT_RIGHT = (BadInput, Refusal)  # what is said on the desk; the rest has a page of its own
STATUS = {NotFound: 404, Refusal: 409, BadInput: 422}


async def _posted(request: Request) -> FormData:
    return await request.form(max_fields=MOST_FIELDS)


async def _body(request: Request) -> Json:
    try:
        return await request.json()
    except ValueError:
        return None


Posted = Annotated[FormData, Depends(_posted)]
Body = Annotated[Json, Depends(_body)]


def router(visit: Callable[[Request], Visit]) -> APIRouter:
    """Routes of work pages; `visit` says who is looking."""
    routes = APIRouter()

    @routes.get("/")
    def inbox(request: Request) -> Response:
        return _inbox(visit(request))

    @routes.get("/work")
    def work(request: Request) -> Response:
        return _queue(visit(request), request.query_params.get("after"))

    @routes.post("/desk/next")
    def take_next(request: Request, form: Posted) -> Response:
        return _take_next(_checked(visit(request), form), form.get("engagement"))

    @routes.get("/desk/{assignment}")
    def desk(request: Request, assignment: str) -> Response:
        return _desk(visit(request), assignment)

    @routes.put("/desk/{assignment}/progress")
    def progress(request: Request, assignment: str, body: Body) -> Response:
        try:
            found = visit(request)
            check_csrf(found, request.headers.get("x-csrf", ""))
            return JSONResponse({"saved_at": _keep(found, assignment, body)})
        except NotSignedIn:
            return JSONResponse({"text": wording.explain("not-signed-in", {})}, 401)
        except OutworkError as error:
            told = wording.explain(error.code, error.params)
            return JSONResponse({"text": told, "code": error.code}, STATUS.get(type(error), 400))

    @routes.post("/desk/{assignment}/submit")
    def submit(request: Request, assignment: str, form: Posted) -> Response:
        return _hand_in(_checked(visit(request), form), assignment, form, inspecting=False)

    @routes.post("/desk/{assignment}/inspect")
    def inspect(request: Request, assignment: str, form: Posted) -> Response:
        return _hand_in(_checked(visit(request), form), assignment, form, inspecting=True)

    @routes.post("/desk/{assignment}/return")
    def give_back(request: Request, assignment: str, form: Posted) -> Response:
        return _give_back(_checked(visit(request), form), assignment, str(form.get("reason", "")))

    @routes.post("/desk/{assignment}/extend")
    def extend(request: Request, assignment: str, form: Posted) -> Response:
        return _extend(_checked(visit(request), form), assignment)

    return routes


def _checked(visit: Visit, form: FormData) -> Visit:
    check_csrf(visit, str(form.get("csrf", "")))
    return visit


def _to(address: str, *notices: dict[str, Any]) -> Response:
    response = RedirectResponse(address, 303)
    if notices:
        say(response, list(notices))
    return response


# --- inbox and queue -------------------------------------------------------------------------


def _inbox(visit: Visit) -> Response:
    with operation(visit.database, visit.actor.id) as op:
        groups = inbox_groups(reporting.inbox(op), op.now)
    return visit.page("inbox.html", "inbox", _("Inbox"), groups=groups)


def _queue(visit: Visit, after: str | None) -> Response:
    with operation(visit.database, visit.actor.id) as op:
        held, queues = reporting.held(op), reporting.queues(op)
        done, now = reporting.handed_in(op, after, RECENT), op.now
        paused = watching_pages.own(reporting.own_pauses(op))
        handed = [handing_pages.row(h) for h in reporting.handed_to(op)]
        asked = [contest_pages.own_question(q) for q in reporting.own_questions(op)]
    return visit.page(
        "work.html",
        "work",
        _("Work"),
        paused=paused,
        reserved=[_reserved(h, now) for h in held],
        handed=handed,
        asked=asked,
        available=_across(queues) + [row for q in queues for row in _available(q)],
        kept_back=[row for q in queues for row in _kept_back(q)],
        done=[_done(d) for d in done.rows],
        pager={
            "shown": len(done.rows),
            "next": f"/work?after={quote(done.next)}" if done.next else None,
            "previous": "/work" if after else None,
        }
        if done.rows
        else None,
    )


def _reserved(held: HeldWork, now: datetime) -> dict[str, Any]:
    returned = bool(held.assignment.clause)
    state = {"tone": "caution", "text": _("Returned")} if returned else None
    stands = held.deadline
    if stands is not None and stands.pace is not Pace.IN_TIME:
        state = labels.state(labels.PACES, stands.pace.value)
    return {
        "item": {
            "text": held.item.name,
            "href": f"/desk/{held.assignment.id}",
            "note": held.engagement.title,
        },
        "purpose": page.task(held.assignment.purpose, held.assignment.clause),
        "state": state or {"tone": "accent", "text": _("In work")},
        "answers": _("%(n)s of %(all)s") % {"n": held.answered, "all": held.asked},
        "left": page.left(held.assignment.leased_until, now),
        "due": stands.due if stands else None,
    }


def _across(queues: Sequence[WorkQueue]) -> list[dict[str, Any]]:
    """One queue over all engagements, for whoever works in several: the most urgent first."""
    counts = [sum(q.waiting.values()) for q in queues if q.waiting]
    if len(counts) < 2:
        return []
    take = {"action": "/desk/next", "id": "take-any", "submit": _("Take the most urgent item")}
    title = _("All engagements")
    note = _("%(n)s engagements, by what is due first") % {"n": len(counts)}
    return [{"title": title, "engagement": note, "waiting": sum(counts), "act": take}]


def _available(queue: WorkQueue) -> list[dict[str, Any]]:
    engagement = queue.engagement
    rows = []
    if queue.waiting:
        count = sum(queue.waiting.values())
        to_inspect = queue.waiting.get(Purpose.INSPECT, 0)
        title = _("Items to answer")
        if count == queue.waiting.get(Purpose.REVIEW):
            title = _("Reviews")
        elif to_inspect:
            title = _("Items to answer and to inspect") if count > to_inspect else _("Inspections")
        elif queue.waiting.get(Purpose.CERTIFY) == count:
            title = _("Certification")
        elif queue.waiting.get(Purpose.CALIBRATE) == count:
            title = _("Calibration")
        take = {
            "action": "/desk/next",
            "id": f"take-{engagement.id}",
            "hidden": {"engagement": engagement.id},
            "submit": _("Take the next item"),
        }
        row = {"title": title, "engagement": engagement.title, "waiting": count, "act": take}
        rows.append(row)
    if queue.control_items:
        start = {
            "action": "/act/execution.start_certification",
            "id": f"certify-{engagement.id}",
            "hidden": {"engagement": engagement.id, "next": "/work", "back": "/work"},
            "submit": _("Start the certification"),
        }
        rows.append(
            {
                "title": _("Certification"),
                "engagement": engagement.title,
                "waiting": queue.control_items,
                "note": _("answer them on your own; then the queue opens"),
                "act": start,
            }
        )
    return rows


def _kept_back(queue: WorkQueue) -> list[dict[str, Any]]:
    """Why waiting items are not in the reader's queue: a row for those that are alike."""
    return [
        {
            "title": page.task(kept.purpose, ""),
            "engagement": queue.engagement.title,
            "waiting": kept.count,
            "reasons": [reason(found)["text"] for found in kept.reasons],
        }
        for kept in queue.kept_back
    ]


def _done(done: HandedIn) -> dict[str, Any]:
    returned = done.returned and done.purpose not in execution.GIVEN
    state = {"tone": "good", "text": _("Handed in")}
    return {
        "item": {"text": done.item, "note": page.task(done.purpose, "")},
        "engagement": done.engagement,
        "state": {"tone": "caution", "text": _("In rework")} if returned else state,
        "effort": str(timedelta(seconds=done.seconds)) if done.seconds else None,
        "at": done.at,
    }


def _take_next(visit: Visit, engagement: object) -> Response:
    """The next item of one engagement; of all, where none is named."""
    try:
        with operation(visit.database, visit.actor.id) as op:
            if engagement is None:
                claimed = execution.claim_any(op)
            else:
                claimed = execution.claim(op, EngagementId(str(engagement)))
    except Refusal as error:
        return _to("/work", notice(error))
    if claimed is None:
        return _to("/work", {"tone": "neutral", "title": _("Nothing waits for you there now.")})
    return _to(f"/desk/{claimed}")


# --- the desk --------------------------------------------------------------------------------


def _desk(visit: Visit, assignment: str) -> Response:
    with operation(visit.database, visit.actor.id) as op:
        bench = reporting.workbench(op, assignment)
        sample, now = reporting.place_in_sample(op, bench.assignment), op.now
    if bench.assignment.state is AssignmentState.DONE:
        told = wording.explain("already-submitted", {})
        return _to("/work", {"tone": "neutral", "title": told, "code": "already-submitted"})
    return _shown(visit, page.desk(visit, bench, page.kept(bench), now, sample=sample), bench)


def _shown(visit: Visit, context: dict[str, Any], bench: Workbench, status: int = 200) -> Response:
    template = "inspect.html" if bench.purpose is Purpose.INSPECT else "workbench.html"
    if bench.pair:
        template = "adjudicate.html"
    return visit.page(template, "work", bench.item.name, status, **context)


def _keep(visit: Visit, assignment: str, body: Json) -> str:
    """Merge changed questions into what is kept; gives the time in the visitor's zone."""
    if not isinstance(body, dict):
        raise BadInput("argument-malformed", argument="body", problem="not an object")
    with operation(visit.database, visit.actor.id) as op:
        # Two windows on one item: whoever comes second merges into what the first has kept.
        execution.assignment(op.db, AssignmentId(assignment), lock=True)
        bench = reporting.workbench(op, assignment)
        changed = forms.from_json(body.get("answers", {}), bench.service)
        content = _content(bench, changed, forms.seconds_of(body.get("seconds", 0)), op.now)
        at = execution.save_progress(op, bench.assignment.id, content)
    return clock(at, visit.actor.zone)


def _content(bench: Workbench, changed: forms.Typed, seconds: int, now: datetime) -> Json:
    answers = {**page.kept(bench), **changed}
    return {"answers": answers, "seconds": seconds, "at": now.isoformat()}


def _hand_in(visit: Visit, assignment: str, form: FormData, *, inspecting: bool) -> Response:
    with operation(visit.database, visit.actor.id) as op:
        bench = reporting.workbench(op, assignment)
    typed = forms.from_form(form, bench.service)
    seconds = forms.seconds_of(form.get("seconds"))
    waiting = forms.open_questions(bench, typed, "verdict" if inspecting else "action")
    holds = bench.assignment.state is AssignmentState.LIVE
    if waiting and holds:
        refused = page.unfinished(waiting, inspecting)
        return _again(visit, assignment, typed, seconds, 422, refused=refused)
    try:
        with operation(visit.database, visit.actor.id) as op:
            if inspecting:
                found = forms.defects_from(bench, typed)
                assurance.inspect(op, bench.assignment.id, found, seconds)
            elif holds and bench.purpose in judging_page.JUDGING:
                judging_page.hand_in(op, bench, typed, seconds)
            else:
                answers = forms.answers_from(bench, typed) if holds else []
                execution.submit(op, bench.assignment.id, answers, seconds)
    except PUT_RIGHT as error:
        if error.code == "already-submitted":
            return _to("/work", notice(error))
        refused, status = page.refusal(error, bench), STATUS[type(error)]
        return _again(visit, assignment, typed, seconds, status, refused=refused, error=error)
    return _after(visit, bench)


def _again(
    visit: Visit,
    assignment: str,
    typed: forms.Typed,
    seconds: int,
    status: int,
    *,
    refused: dict[str, Any],
    error: OutworkError | None = None,
) -> Response:
    """The desk once more, with what was typed and what stands in the way."""
    with suppress(OutworkError):  # a reservation that has run out: it is on the page all the same
        _keep(visit, assignment, {"answers": typed, "seconds": seconds})
    with operation(visit.database, visit.actor.id) as op:
        bench = reporting.workbench(op, assignment)
        sample, now = reporting.place_in_sample(op, bench.assignment), op.now
    context = page.desk(visit, bench, typed, now, sample=sample, refused=refused, error=error)
    return _shown(visit, {**context, "seconds": seconds}, bench, status)


def _after(visit: Visit, bench: Workbench) -> Response:
    """On to the next item, or to the queue with what came of it."""
    told = [{"tone": "good", "title": _("Handed in: %(item)s") % {"item": bench.item.name}}]
    engagement = bench.engagement.id
    with operation(visit.database, visit.actor.id) as op:
        told += watching_pages.told(reporting.feedback(op, bench.assignment.id))
        result = None
        if bench.purpose is Purpose.CERTIFY:
            result = reporting.certification_result(op, engagement)
    if result is not None:
        return _to("/work", *told, _certified(result))
    try:
        with operation(visit.database, visit.actor.id) as op:
            claimed = execution.claim(op, engagement)
    except OutworkError:  # the batch was closed, say: the work handed in stands
        claimed = None
    return _to(f"/desk/{claimed}" if claimed else "/work", *told)


def _certified(result: Certification) -> dict[str, Any]:
    words = {
        "right": result.right,
        "asked": result.asked,
        "lower": f"{result.lower:.1%}".replace("%", " %"),
        "bar": f"{result.bar:.1%}".replace("%", " %"),
    }
    if result.passed:
        title = _("You are certified; the queue is open")
        text = _("%(right)s of %(asked)s right: at least %(lower)s, the bar is %(bar)s.")
    else:
        title = _("Not yet certified")
        text = _("%(right)s of %(asked)s right shows %(lower)s at least, and the bar is %(bar)s.")
    return {"tone": "good" if result.passed else "caution", "title": title, "text": text % words}


def _give_back(visit: Visit, assignment: str, reason: str) -> Response:
    try:
        with operation(visit.database, visit.actor.id) as op:
            execution.return_assignment(op, AssignmentId(assignment), reason)
    except Refusal as error:
        return _to("/work", notice(error))
    return _to("/work", {"tone": "neutral", "title": _("Given back: someone else can take it.")})


def _extend(visit: Visit, assignment: str) -> Response:
    """Keep the item; one whose reservation has run out is taken again, if it is still free."""
    try:
        with operation(visit.database, visit.actor.id) as op:
            bench = reporting.workbench(op, assignment)
            until = bench.assignment.leased_until
            if until is None or until > op.now:
                execution.extend(op, bench.assignment.id)
            else:
                execution.claim(op, bench.engagement.id, assignment=bench.assignment.id)
    except Refusal as error:
        return _to("/work", notice(error))
    return _to(f"/desk/{assignment}", {"tone": "good", "title": _("Yours for another half hour.")})
