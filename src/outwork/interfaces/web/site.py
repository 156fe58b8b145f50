"""The application: routes, security headers, and errors as pages."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

from outwork import access
from outwork.interfaces import wording
from outwork.interfaces.web import (
    acting,
    calibration_pages,
    contest_pages,
    engagement_pages,
    handing_pages,
    ledger_pages,
    routing_page,
    work_pages,
)
from outwork.interfaces.web.acting import notice
from outwork.interfaces.web.rendering import LANGUAGES, STATIC, reasons_of, render
from outwork.interfaces.web.visit import (
    COOKIE,
    NotSignedIn,
    Throttle,
    Visit,
    check_csrf,
    frame,
    language,
    local,
    visitor,
)
from outwork.kit.database import Database
from outwork.kit.paging import BadCursor
from outwork.operation import utc_now
from outwork.vocabulary import BadInput, NotFound, OutworkError, Refusal

log = logging.getLogger("outwork.web")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
        " font-src 'self'; object-src 'none'; form-action 'self'; frame-ancestors 'none';"
        " base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def web(database: Database) -> FastAPI:
    """The workspace as an application."""
    app = FastAPI(title="Outwork", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.middleware("http")(_headers)
    _signing_in(app, database)

    def visit(request: Request) -> Visit:
        return visitor(request, database)

    @app.post("/act/{name}")
    async def act(name: str, request: Request) -> Response:
        return await acting.act(visit(request), name, request)

    app.include_router(engagement_pages.router(visit))
    app.include_router(ledger_pages.router(visit))
    app.include_router(work_pages.router(visit))
    app.include_router(handing_pages.router(visit))
    app.include_router(contest_pages.router(visit))
    app.include_router(routing_page.router(visit))
    app.include_router(calibration_pages.router(visit))
    _errors(app, database)
    return app


def _signing_in(app: FastAPI, database: Database) -> None:
    throttle = Throttle()

    @app.get("/sign-in")
    def sign_in_page(request: Request) -> Response:
        return _sign_in_page(request, request.query_params.get("next", "/"), None)

    @app.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        form = await request.form()
        login, after = str(form.get("name", "")), str(form.get("next", "/"))
        now = utc_now()
        try:
            throttle.check(login, now)
            with database.transaction("job") as db:
                token = access.sign_in(db, login, str(form.get("password", "")), now)
        except Refusal as error:
            throttle.failed(login, now)
            return _sign_in_page(request, after, error)
        response = RedirectResponse(after if local(after) else "/", 303)
        response.set_cookie(
            COOKIE, token, httponly=True, samesite="lax", secure=request.url.scheme == "https"
        )
        return response

    @app.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        form = await request.form()
        visit = visitor(request, database)
        check_csrf(visit, str(form.get("csrf", "")))
        with database.transaction("job") as db:
            access.sign_out(db, visit.token)
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(COOKIE)
        return response

    @app.post("/preferences")
    async def preferences(request: Request) -> Response:
        form = await request.form()
        back = str(form.get("back", "/"))
        response = RedirectResponse(back if local(back) else "/", 303)
        theme, lang = str(form.get("theme", "")), str(form.get("lang", "en"))
        if theme in ("", "light", "dark", "contrast"):
            response.set_cookie("theme", theme, max_age=31_536_000, samesite="lax")
        if lang in dict(LANGUAGES):
            response.set_cookie("lang", lang, max_age=31_536_000, samesite="lax")
        return response


def _sign_in_page(request: Request, after: str, error: Refusal | None) -> Response:
    base = frame(request)
    form = {
        "action": "/sign-in",
        "submit": wording.translate("Sign in"),
        "hidden": {"next": after if local(after) else "/"},
        "fields": [
            {
                "name": "name",
                "label": wording.translate("Login"),
                "required": True,
                "autocomplete": "username",
            },
            {
                "name": "password",
                "label": wording.translate("Password"),
                "kind": "password",
                "required": True,
                "autocomplete": "current-password",
            },
        ],
    }
    if error is not None:
        told = notice(error)
        form["refused"] = {
            "title": told["title"],
            "reasons": told["reasons"],
            "code": error.code,
        }
    title = wording.translate("Sign in")
    text = render("sign_in.html", {**base, "title": title, "act": form})
    return Response(text, 200 if error is None else 401, media_type="text/html; charset=utf-8")


async def _headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    if request.method not in ("GET", "HEAD"):
        # A browser says where a request comes from; another site's is not listened to.
        site = request.headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none"):
            return Response("cross-site request", 403, media_type="text/plain")
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.url.path.startswith("/static/"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _errors(app: FastAPI, database: Database) -> None:
    def page(request: Request, error: OutworkError, kind: str, status: int) -> Response:
        title = wording.explain(error.code, error.params)
        problem = {
            "code": error.code,
            "kind": kind,
            "title": title,
            "reasons": reasons_of(error),
        }
        try:
            found = visitor(request, database)
        except NotSignedIn:
            return _unseen(request)
        return found.page("problem.html", "", title, status, problem=problem)

    @app.exception_handler(NotSignedIn)
    async def not_signed_in(request: Request, _error: NotSignedIn) -> Response:
        return _unseen(request)

    @app.exception_handler(NotFound)
    async def not_found(request: Request, error: NotFound) -> Response:
        return page(request, error, "not-found", 404)

    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Refusal) -> Response:
        return page(request, error, "refused", 403 if error.code == "not-permitted" else 409)

    @app.exception_handler(BadInput)
    async def bad_input(request: Request, error: BadInput) -> Response:
        return page(request, error, "bad-input", 422)

    @app.exception_handler(BadCursor)
    async def bad_cursor(request: Request, _error: BadCursor) -> Response:
        return page(request, BadInput("cursor-malformed"), "bad-input", 422)

    @app.exception_handler(404)
    async def no_such_page(request: Request, _error: Exception) -> Response:
        return page(request, NotFound("page", request.url.path), "not-found", 404)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        reference = secrets.token_hex(4)
        log.error("request %s failed: %s", reference, request.url.path, exc_info=error)
        title = wording.translate("Something broke on our side. Nothing was half-written.")
        problem = {
            "code": "broken",
            "kind": "broken",
            "title": title,
            "reasons": [],
            "reference": reference,
        }
        try:
            found = visitor(request, database)
            return found.page("problem.html", "", title, 500, problem=problem)
        except Exception:
            log.exception("the page for request %s failed too", reference)
            return Response(f"broken, reference {reference}", 500, media_type="text/plain")


def _unseen(request: Request) -> Response:
    if request.method != "GET":
        return Response("sign in first", 401, media_type="text/plain")
    after = request.url.path
    lang = language(request)
    wording.speak(lang)
    return RedirectResponse(f"/sign-in?next={after}", 303)
