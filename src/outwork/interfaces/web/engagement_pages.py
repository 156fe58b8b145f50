"""Pages of engagements: the list, the spine with its gates, the seven stages, people, files."""

from __future__ import annotations

import io
from collections.abc import Callable
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from outwork import documents, reporting
from outwork.interfaces.web import (
    acceptance_pages,
    assurance_pages,
    batch_pages,
    intake,
    overview_pages,
    readiness_pages,
    record_pages,
    sample_charts,
    scope_pages,
    selection_pages,
)
from outwork.interfaces.web.desk import Context, Desk, See, desk, frame
from outwork.interfaces.web.gallery import examples, themes
from outwork.interfaces.web.labels import STAGES, word
from outwork.interfaces.wording import translate as _
from outwork.operation import operation
from outwork.vocabulary import DocumentId, Stage

Build = Callable[[Desk, str | None], Context]

# Template, context, and whether somebody who only bids may see it.
PAGES: dict[Stage, tuple[str, Build, bool]] = {
    Stage.REQUIREMENTS: (
        "stage_requirements.html",
        lambda d, _after: scope_pages.requirements(d),
        True,
    ),
    Stage.SELECTION: ("stage_selection.html", lambda d, _after: selection_pages.selection(d), True),
    Stage.TRANSFER: ("stage_transfer.html", lambda d, _after: readiness_pages.transfer(d), False),
    Stage.SETUP: ("stage_setup.html", lambda d, _after: readiness_pages.setup(d), False),
    Stage.EXECUTION: ("execution_with_seed.html", batch_pages.execution, False),
    Stage.ASSURANCE: (
        "assurance_with_seed.html",
        lambda d, _after: assurance_pages.assurance(d),
        False,
    ),
    Stage.ACCEPTANCE: (
        "stage_acceptance.html",
        lambda d, _after: acceptance_pages.acceptance(d),
        False,
    ),
}


def router(visit: See) -> APIRouter:
    """Routes of engagement pages; `visit` says who is looking."""
    routes = APIRouter()
    _over_all(routes, visit)
    for stage in PAGES:
        _stage(routes, visit, stage)
    _of_one(routes, visit)
    _files(routes, visit)
    _posts(routes, visit)
    return routes


def _over_all(routes: APIRouter, visit: See) -> None:
    @routes.get("/engagements")
    def engagements(request: Request) -> Response:
        who = visit(request)
        context = overview_pages.engagements(who, request.query_params.get("after"))
        return who.page("engagements.html", "engagements", _("Engagements"), **context)

    @routes.get("/people")
    def people(request: Request) -> Response:
        who = visit(request)
        with operation(who.database, who.actor.id) as op:
            context = record_pages.everyone(op)
        return who.page("people.html", "people", _("People"), **context)

    @routes.get("/quality")
    def quality(request: Request) -> Response:
        who = visit(request)
        by = sample_charts.grouping(request.query_params)
        with operation(who.database, who.actor.id) as op:
            context = record_pages.quality(reporting.quality(op), by)
        return who.page("quality.html", "quality", _("Quality"), **context)

    @routes.get("/gallery")
    def gallery(request: Request) -> Response:
        who = visit(request)
        return who.page("gallery.html", "", _("Gallery"), shown=examples(), themes=themes())


def _stage(routes: APIRouter, visit: See, stage: Stage) -> None:
    template, build, bidders = PAGES[stage]

    def page(request: Request, engagement: str) -> Response:
        who = visit(request)
        query = request.query_params
        with desk(who, engagement, stage.value, order=query.get("order"), bidders=bidders) as d:
            context = build(d, query.get("after"))
            title = f"{word(STAGES, stage)}, {d.overview.engagement.title}"
        return who.page(template, "engagements", title, **context)

    routes.add_api_route(f"/engagements/{{engagement}}/{stage.value}", page, methods=["GET"])


def _of_one(routes: APIRouter, visit: See) -> None:
    @routes.get("/engagements/{engagement}")
    def overview(request: Request, engagement: str) -> Response:
        who = visit(request)
        with desk(who, engagement, bidders=True) as d:
            context = overview_pages.overview(d)
            title = d.overview.engagement.title
        return who.page("engagement.html", "engagements", title, **context)

    @routes.get("/engagements/{engagement}/people")
    def people(request: Request, engagement: str) -> Response:
        who = visit(request)
        with desk(who, engagement, "people") as d:
            context = record_pages.people_of(
                d.op, reporting.people(d.op, d.id), d.overview.engagement.title
            )
            title = _("People of %(engagement)s") % {"engagement": d.overview.engagement.title}
        return who.page("people.html", "engagements", title, **context)

    @routes.get("/engagements/{engagement}/deliverable/{order}")
    def deliverable(request: Request, engagement: str, order: str) -> Response:
        who = visit(request)
        with desk(who, engagement, f"deliverable/{order}", order=order) as d:
            # The address names the work order already.
            plain = Desk(d.visit, d.op, d.at, f"{d.base}/deliverable/{order}")
            context = {
                **frame(plain, None),
                **acceptance_pages.deliverable(plain, request.query_params.get("after")),
            }
        title = str(context["deliverable"]["title"])
        return who.page("deliverable.html", "engagements", title, **context)


def _files(routes: APIRouter, visit: See) -> None:
    @routes.get("/engagements/{engagement}/files/{document}")
    def file(request: Request, engagement: str, document: str) -> Response:
        who = visit(request)
        with desk(who, engagement) as d:
            name, content = reporting.delivered_file(d.op, d.id, document)
            documents.download_document(d.op, DocumentId(document))
        return _download(name, content, "application/octet-stream")

    @routes.get("/engagements/{engagement}/bundle.zip")
    def bundle(request: Request, engagement: str) -> Response:
        who = visit(request)
        target = io.BytesIO()
        with desk(who, engagement) as d:
            reporting.write_bundle(d.op, d.id, target)
        return _download("bundle.zip", target.getvalue(), "application/zip")

    @routes.get("/engagements/{engagement}/entries/{seq}/receipt")
    def receipt(request: Request, engagement: str, seq: int) -> Response:
        who = visit(request)
        with desk(who, engagement) as d:
            text = reporting.receipt(d.op, d.id, seq)
        return _download(f"receipt-{seq}.txt", text, "text/plain; charset=utf-8")

    @routes.get("/engagements/{engagement}/checkpoint")
    def checkpoint(request: Request, engagement: str) -> Response:
        who = visit(request)
        with desk(who, engagement) as d:
            note = reporting.checkpoint(d.op, d.id) or ""
        return _download("checkpoint.txt", note.encode(), "text/plain; charset=utf-8")

    @routes.get("/engagements/{engagement}/policy.txt")
    def policy(request: Request, engagement: str) -> Response:
        who = visit(request)
        with desk(who, engagement) as d:
            text = reporting.policy(d.op, d.id)
        return _download("policy.txt", text.encode(), "text/plain; charset=utf-8")


def _download(name: str, content: bytes, media_type: str) -> Response:
    """An attachment: what others wrote is never shown as a page of ours (RFC 6266)."""
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=media_type, headers=headers)


def _posts(routes: APIRouter, visit: See) -> None:
    @routes.post("/engagements/{engagement}/work-orders/{order}/files")
    async def files(request: Request, engagement: str, order: str) -> Response:
        return await intake.files(visit(request), engagement, order, request)

    @routes.post("/engagements/{engagement}/control-items")
    async def control_items(request: Request, engagement: str) -> Response:
        return await intake.samples(visit(request), engagement, request)
