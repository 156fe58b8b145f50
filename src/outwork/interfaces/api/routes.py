"""Routes of the API; every decision is taken by the act, none here."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, TypeAdapter, create_model

from outwork import access, agreements, documents, practices, reporting
from outwork.access import Actor, Session
from outwork.interfaces.api.bulk import bulk
from outwork.interfaces.api.log import log, logs
from outwork.interfaces.wording import explain
from outwork.kit.database import Database
from outwork.kit.paging import BadCursor
from outwork.operation import ACTS, Act, operation, perform, utc_now
from outwork.vocabulary import (
    BadInput,
    DocumentId,
    EngagementId,
    NotFound,
    OutworkError,
    Refusal,
)

STATUS = {NotFound: 404, BadInput: 422, Refusal: 409}
_PLAIN: TypeAdapter[Any] = TypeAdapter(Any)


class Credentials(BaseModel):
    """What a person signs in with."""

    login: str
    password: str


def api(database: Database) -> FastAPI:
    """The API as an application of its own, to be mounted under /api."""
    app = FastAPI(
        title="Outwork",
        description="Outsourced knowledge work from brief to accepted deliverable.",
        docs_url=None,
        redoc_url=None,
    )
    app.add_exception_handler(OutworkError, _refused)
    app.add_exception_handler(BadCursor, _bad_cursor)
    app.add_exception_handler(RequestValidationError, _malformed)

    def session(authorization: Annotated[str, Header()] = "") -> Session:
        return Session.of(authorization.removeprefix("Bearer "))

    def signed_in(authorization: Annotated[str, Header()] = "") -> Actor:
        token = authorization.removeprefix("Bearer ")
        with database.transaction("job") as db:
            actor = access.session_actor(db, token, utc_now())
        if actor is None:
            raise Refusal("not-signed-in")
        return actor

    app.include_router(_sessions(database))
    app.include_router(_acts(database, session))
    app.include_router(_reads(database, signed_in))
    app.include_router(log(database, signed_in))
    app.include_router(logs(database))
    app.include_router(_proofs(database, signed_in))
    app.include_router(bulk(database, session, signed_in, _plain))
    return app


def _sessions(database: Database) -> APIRouter:
    router = APIRouter()

    @router.post("/session", summary="Sign in and get a token")
    def open_session(credentials: Credentials) -> dict[str, str]:
        with database.transaction("job") as db:
            token = access.sign_in(db, credentials.login, credentials.password, utc_now())
        return {"token": token}

    @router.delete("/session", status_code=204, summary="Sign out")
    def end_session(authorization: Annotated[str, Header()] = "") -> None:
        with database.transaction("job") as db:
            access.sign_out(db, authorization.removeprefix("Bearer "))

    return router


def _acts(database: Database, session: Callable[..., Session]) -> APIRouter:
    router = APIRouter(prefix="/acts")
    for name, declared in sorted(ACTS.items()):
        router.add_api_route(
            f"/{name}",
            _route(database, declared, session),
            methods=["POST"],
            name=name,
            summary=declared.help,
            openapi_extra={"x-roles": sorted(declared.rule.roles)},
        )
    return router


def _route(
    database: Database, declared: Act[..., Any], session: Callable[..., Session]
) -> Callable[..., Any]:
    # The body is read by the act itself, so that every interface gives the same error for the
    # same fault; the model is there for the reference page.
    body_type = create_model(declared.name.replace(".", "_"), __doc__=declared.help)

    def do(body: dict[str, Any], who: Session = Depends(session)) -> dict[str, Any]:
        return {"result": _plain(perform(database, who, declared.name, body))}

    do.__doc__ = body_type.__doc__
    return do


def _reads(database: Database, signed_in: Callable[..., Actor]) -> APIRouter:
    router = APIRouter()
    who = Depends(signed_in)  # as a default: annotations are strings, and do not see this name

    @router.get("/services", summary="The service catalogue")
    def services() -> Any:
        return [reporting.service_card(s) for s in practices.catalogue().values()]

    @router.get("/engagements", summary="Engagements one takes part in, newest first")
    def engagements(actor: Actor = who, after: str | None = None, limit: int | None = None) -> Any:
        with operation(database, actor.id) as op:
            page = agreements.engagements(op.db, after, limit)
            return {"rows": _plain(page.rows), "next": page.next}

    @router.get("/engagements/{engagement}", summary="Where an engagement stands and what stops it")
    def engagement(engagement: str, actor: Actor = who) -> Any:
        with operation(database, actor.id) as op:
            return _plain(reporting.overview(op, EngagementId(engagement)))

    @router.get("/engagements/{engagement}/events", summary="The log, newest first")
    def events(
        engagement: str, after: str | None = None, limit: int | None = None, actor: Actor = who
    ) -> Any:
        with operation(database, actor.id) as op:
            page = reporting.timeline(op, EngagementId(engagement), after=after, limit=limit)
            return {"rows": _plain(page.rows), "next": page.next}

    @router.get("/engagements/{engagement}/bundle", summary="The signed bundle")
    def bundle(engagement: str, actor: Actor = who) -> Response:
        with operation(database, actor.id) as op:
            target = io.BytesIO()
            reporting.write_bundle(op, EngagementId(engagement), target)
        return Response(
            target.getvalue(),
            media_type="application/zip",
            headers={"Content-Disposition": 'attachment; filename="bundle.zip"'},
        )

    @router.get("/inbox", summary="What waits for one")
    def inbox(actor: Actor = who) -> Any:
        with operation(database, actor.id) as op:
            return _plain(reporting.inbox(op))

    @router.get("/assignments/{assignment}", summary="An item one has reserved, with its draft")
    def assignment(assignment: str, actor: Actor = who) -> Any:
        with operation(database, actor.id) as op:
            return _plain(reporting.workbench(op, assignment))

    return router


def _proofs(database: Database, signed_in: Callable[..., Actor]) -> APIRouter:
    router = APIRouter()
    who = Depends(signed_in)

    @router.get("/engagements/{engagement}/entries/{seq}/receipt", summary="Proof of one entry")
    def receipt(engagement: str, seq: int, actor: Actor = who) -> Response:
        with operation(database, actor.id) as op:
            return _receipt(reporting.receipt(op, EngagementId(engagement), seq))

    @router.get("/engagements/{engagement}/events/{event}/receipt", summary="Proof of one event")
    def receipt_of(engagement: str, event: int, actor: Actor = who) -> Response:
        with operation(database, actor.id) as op:
            return _receipt(reporting.receipt_of(op, EngagementId(engagement), event))

    @router.get("/documents/{document}/content", summary="Content, against an event of one's own")
    def content(document: str, event: int, actor: Actor = who) -> Response:
        with operation(database, actor.id) as op:
            found, given = documents.given_out(op, DocumentId(document), event)
        name = quote(found.name, safe="")
        return Response(
            given,
            media_type="application/octet-stream",
            headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
        )

    return router


def _receipt(text: bytes) -> Response:
    return Response(
        text,
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="receipt.txt"'},
    )


def _plain(value: Any) -> Any:
    return _PLAIN.dump_python(value, mode="json", fallback=str)


def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OutworkError)  # registered for it alone
    status = 401 if error.code in ("not-signed-in", "sign-in-failed") else STATUS[type(error)]
    if error.code == "not-permitted":
        status = 403
    return JSONResponse(
        {
            "code": error.code,
            "message": explain(error.code, error.params),
            "params": _plain(error.params),
            "reasons": [
                {
                    "code": r.code,
                    "message": explain(r.code, r.params),
                    "params": _plain(dict(r.params)),
                    "place": r.place,
                }
                for r in error.reasons
            ],
        },
        status_code=status,
    )


def _bad_cursor(_request: Request, _error: Exception) -> JSONResponse:
    message = explain("cursor-malformed", {})
    return JSONResponse({"code": "cursor-malformed", "message": message}, status_code=422)


def _malformed(request: Request, error: Exception) -> JSONResponse:
    """What is not even a call: a body that is no JSON object, a limit that is no number."""
    assert isinstance(error, RequestValidationError)  # registered for it alone
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return _refused(
        request, BadInput("argument-malformed", argument=place, problem=str(first["msg"]))
    )
