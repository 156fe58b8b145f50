"""The acts that many do at once, answered before the framework sees the request.

An act with a swift form is a body, one or two statements and an answer; routing, dependencies and
middleware would cost more than the act. What is refused or malformed is answered exactly as by the
ordinary route, because the request then goes on to it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import psycopg

from outwork.access import Session
from outwork.kit.database import Database
from outwork.kit.lane import AsyncLane
from outwork.operation import ACTS, PLAINLY, Act
from outwork.vocabulary import OutworkError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/api/acts/"
LARGEST_BODY = 8 * 1024 * 1024  # bytes; anything longer takes the ordinary route
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


class Swift:
    """Stands before an application and answers acts that have a swift form."""

    def __init__(self, application: Application, database: Database) -> None:
        self._application, self._database = application, database
        self._lane = AsyncLane(database.lane.dsn)
        self._routes = {PREFIX + name: act for name, act in ACTS.items() if act.swift is not None}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on with its body as it came."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        act = self._routes.get(scope.get("path", "")) if scope["type"] == "http" else None
        token = _token(scope) if act is not None and scope["method"] == "POST" else None
        if act is None or token is None:
            await self._application(scope, receive, send)
            return
        body, messages = await _body(receive)
        if body is not None:
            answer = await self._done(act, token, body)
            if answer is not None:
                size = (b"content-length", str(len(answer)).encode())
                start = {"type": "http.response.start", "status": 200, "headers": [*_HEADERS, size]}
                await send(start)
                await send({"type": "http.response.body", "body": answer})
                return
        await self._application(scope, _again(messages, receive), send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Nothing is needed to begin; at the end the connections are given back."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self._lane.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _done(self, act: Act[..., Any], token: str, body: bytes) -> bytes | None:
        assert act.swift is not None  # only those have a route here
        try:
            arguments = json.loads(body)
            if not isinstance(arguments, dict):
                return None
            typed = act.read(arguments)
            steps = act.swift(self._database.keyring, Session.of(token), None, **typed)
            done = await self._lane.run(steps)
        except (ValueError, OutworkError, psycopg.OperationalError):
            return None  # the ordinary route says it
        return None if done is PLAINLY else b'{"result":%s}' % json.dumps(done).encode()


def _token(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization" and value.startswith(b"Bearer "):
            return bytes(value[7:]).decode("latin-1")
    return None


async def _body(receive: Receive) -> tuple[bytes | None, list[Message]]:
    """The whole body, or None where it is too long or the visitor left; and what was received."""
    messages: list[Message] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request":
            return None, messages
        size += len(message.get("body", b""))
        if size > LARGEST_BODY:
            return None, messages
        if not message.get("more_body", False):
            return b"".join(m.get("body", b"") for m in messages), messages


def _again(messages: list[Message], receive: Receive) -> Receive:
    """What was received, once more, and then whatever comes."""
    waiting = iter(messages)

    async def replay() -> Message:
        for message in waiting:
            return message
        return await receive()

    return replay
