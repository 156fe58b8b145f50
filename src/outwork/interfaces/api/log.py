"""An engagement's log over HTTP (C2SP tlog-tiles), below /engagements/{id}/log; and /logs.

Whoever may not read it is told that there is none, signed in or not.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import StreamingResponse

from outwork import access, ledger, reporting
from outwork.access import Actor, Session
from outwork.kit.database import Database
from outwork.ledger import LOGS
from outwork.operation import operation, utc_now
from outwork.vocabulary import EngagementId, NotFound, Refusal

# Tiles never change, but are no business of a cache that others share.
AT_ONCE = 1000  # entries read in one transaction
FOREVER = "private, max-age=31536000, immutable"
Authorization = Annotated[str, Header(description="Bearer, of a session or of a witness")]


def log(database: Database, signed_in: Callable[..., Actor]) -> APIRouter:
    """Checkpoint, hash tiles and entry bundles; the witnesses and the policy."""
    router = APIRouter(prefix="/engagements/{engagement}")
    who = Depends(signed_in)  # as a default: annotations are strings, and do not see this name

    def read(authorization: str, engagement: str, path: str) -> bytes:
        token, place = authorization.removeprefix("Bearer "), EngagementId(engagement)
        try:
            with operation(database, Session.of(token)) as op:
                return reporting.log_resource(op, place, path)
        except Refusal as refusal:
            if refusal.code != "not-signed-in":
                raise NotFound("engagement", engagement) from None
        with database.transaction("job", [engagement] if _is_id(engagement) else []) as db:
            return reporting.log_for_witness(db, place, token, path)

    @router.get("/log/checkpoint", summary="The newest signed checkpoint")
    def checkpoint(engagement: str, authorization: Authorization = "") -> Response:
        note = read(authorization, engagement, "checkpoint")
        headers = {"Cache-Control": "private, no-cache"}
        return Response(note, media_type="text/plain; charset=utf-8", headers=headers)

    @router.get("/log/tile/{path:path}", summary="A hash tile, or a bundle of entries")
    def tile(
        engagement: str, path: str, request: Request, authorization: Authorization = ""
    ) -> Response:
        data = read(authorization, engagement, f"tile/{path}")
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding, Authorization"}
        if path.startswith("entries/") and "gzip" in request.headers.get("accept-encoding", ""):
            data, headers["Content-Encoding"] = gzip.compress(data, 6, mtime=0), "gzip"
        return Response(data, media_type="application/octet-stream", headers=headers)

    @router.get("/witnesses", summary="Who has cosigned the log up to where")
    def witnesses(engagement: str, actor: Actor = who) -> Any:
        with operation(database, actor.id) as op:
            found = reporting.witnesses(op, EngagementId(engagement))
        return [
            {"id": s.witness.id, "side": s.witness.side, "key": s.witness.key,
             "size": s.witness.size, "entries": s.entries, "cosigned_at": s.witness.cosigned_at,
             "behind_since": s.behind_since, "late": s.late, "problem": s.witness.problem}
            for s in found
        ]  # fmt: skip

    @router.get("/policy", summary="The policy file for outwork verify --policy")
    def policy(engagement: str, actor: Actor = who) -> Response:
        with operation(database, actor.id) as op:
            text = reporting.policy(op, EngagementId(engagement))
        return Response(text, media_type="text/plain; charset=utf-8")

    return router


def logs(database: Database) -> APIRouter:
    """The log of logs: for everybody who is signed in, and for the witnesses asked to cosign it."""
    router = APIRouter(prefix="/logs")

    def check(authorization: str) -> None:
        token = authorization.removeprefix("Bearer ")
        with database.transaction("job", [LOGS]) as db:
            known = access.session_actor(db, token, utc_now()) is not None
            if not known and ledger.witnessing.witness_of_token(db, LOGS, token) is None:
                raise NotFound("log", "logs")

    def read(authorization: str, path: str) -> bytes:
        check(authorization)
        with database.transaction("job", [LOGS]) as db:
            return reporting.logs_resource(db, path)

    @router.get("/checkpoint", summary="The newest signed checkpoint of the log of logs")
    def checkpoint(authorization: Authorization = "") -> Response:
        headers = {"Cache-Control": "private, no-cache"}
        note = read(authorization, "checkpoint")
        return Response(note, media_type="text/plain; charset=utf-8", headers=headers)

    @router.get("/tile/{path:path}", summary="A hash tile of the log of logs, or entries")
    def tile(path: str, authorization: Authorization = "") -> Response:
        headers = {"Cache-Control": FOREVER, "Vary": "Authorization"}
        data = read(authorization, f"tile/{path}")
        return Response(data, media_type="application/octet-stream", headers=headers)

    @router.get("/entries", summary="All entries of the log of logs, for outwork verify --logs")
    def entries(authorization: Authorization = "") -> Response:
        check(authorization)

        def lines() -> Iterator[bytes]:
            first = 0
            while True:
                with database.transaction("job", [LOGS]) as db:
                    found = reporting.logs_entries(db, first, AT_ONCE)
                yield b"".join(line + b"\n" for line in found)
                first += len(found)
                if len(found) < AT_ONCE:
                    return

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    return router


def _is_id(text: str) -> bool:
    """Whether this may be an id: it becomes part of a setting, in which commas would count."""
    return text.isascii() and text.replace("_", "").isalnum()
