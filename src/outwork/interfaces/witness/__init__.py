"""A party's witness over HTTP: one request, POST /add-checkpoint (C2SP tlog-witness).

Nobody signs in: a request is as good as the log's signature and proof in it.
"""

from __future__ import annotations

import logging

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from outwork.witness import LARGEST_REQUEST, Damaged, Witness

__all__ = ["witness_application"]

log = logging.getLogger("outwork.witness")


def witness_application(witness: Witness) -> Starlette:
    """An ASGI application whose submission prefix is where it is mounted."""

    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST_REQUEST:
                return PlainTextResponse("the request is too large\n", 400)
        try:
            answer = await run_in_threadpool(witness.add_checkpoint, bytes(body))
        except (Damaged, OSError):
            log.exception("nothing can be cosigned")
            return PlainTextResponse("the witness cannot keep what it would cosign\n", 500)
        headers = {"content-type": answer.media_type}
        return Response(answer.body, answer.status, headers)

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])])
