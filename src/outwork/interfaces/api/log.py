"""An engagement's log over HTTP (C2SP tlog-tiles), below /engagements/{id}/log.

Whoever may not read it is told that there is none, signed in or not.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable

from fastapi import APIRouter, Depends, Request, Response

from outwork import reporting
from outwork.access import Session
from outwork.kit.database import Database
from outwork.operation import Operation, operation
from outwork.vocabulary import EngagementId, NotFound, Refusal

# Tiles never change, but are no business of a cache that others share.
FOREVER = "private, max-age=31536000, immutable"


def log(database: Database, session: Callable[..., Session]) -> APIRouter:
    """Checkpoint, hash tiles and entry bundles."""
    router = APIRouter(prefix="/engagements/{engagement}/log")

    def read(
        who: Session, engagement: str, query: Callable[[Operation, EngagementId], bytes]
    ) -> bytes:
        try:
            with operation(database, who) as op:
                return query(op, EngagementId(engagement))
        except Refusal:
            raise NotFound("engagement", engagement) from None

    @router.get("/checkpoint", summary="The newest signed checkpoint")
    def checkpoint(engagement: str, who: Session = Depends(session)) -> Response:
        note = read(who, engagement, reporting.log_checkpoint)
        headers = {"Cache-Control": "private, no-cache"}
        return Response(note, media_type="text/plain; charset=utf-8", headers=headers)

    @router.get("/tile/{path:path}", summary="A hash tile, or a bundle of entries")
    def tile(
        engagement: str, path: str, request: Request, who: Session = Depends(session)
    ) -> Response:
        data = read(who, engagement, lambda op, e: reporting.log_tile(op, e, f"tile/{path}"))
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding, Authorization"}
        if path.startswith("entries/") and "gzip" in request.headers.get("accept-encoding", ""):
            data, headers["Content-Encoding"] = gzip.compress(data, 6, mtime=0), "gzip"
        return Response(data, media_type="application/octet-stream", headers=headers)

    return router
