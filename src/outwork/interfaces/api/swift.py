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
from pydantic import TypeAdapter

from outwork.access import Session
from outwork.interfaces.api.receipts import PATH, Receipts
from outwork.kit.database import Database
from outwork.kit.lane import AsyncLane, GroupLane
from outwork.operation import ACTS, PLAINLY, Act, Grouped
from outwork.vocabulary import OutworkError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/api/acts/"
LARGEST_BODY = 8 * 1024 * 1024  # bytes; anything longer takes the ordinary route
_PLAIN: TypeAdapter[Any] = TypeAdapter(Any)
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
        grouped = [act.grouped for act in ACTS.values() if act.grouped is not None]
        statements = dict.fromkeys(form.statement for form in grouped)
        self._groups = {s: GroupLane(database.lane.dsn, s) for s in statements}
        self._receipts = Receipts(database, self._groups[grouped[0].statement])
        self._routes = {
            PREFIX + name: act
            for name, act in ACTS.items()
            if act.swift is not None or act.grouped is not None
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on with its body as it came."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path = scope.get("path", "") if scope["type"] == "http" else ""
        act = self._routes.get(path)
        ours = act is not None or path == PATH
        token = _token(scope) if ours and scope["method"] == "POST" else None
        if token is None and path == PATH and scope["method"] == "POST":
            token = ""  # its lines may have tokens of their own
        if token is None:
            await self._application(scope, receive, send)
            return
        body, messages = await _body(receive)
        if body is not None:
            answer: bytes | None
            if act is None:
                answer = await self._receipts.answer(token, body)
            else:
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
                await self._receipts.close()
                for group in self._groups.values():
                    await group.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _done(self, act: Act[..., Any], token: str, body: bytes) -> bytes | None:
        try:
            arguments = json.loads(body)
            if not isinstance(arguments, dict):
                return None
            typed = act.read(arguments)
            if act.grouped is not None:
                return await self._together(act.grouped, Session.of(token), typed)
            assert act.swift is not None  # one of the two forms it has
            steps = act.swift(self._database.keyring, Session.of(token), None, **typed)
            done = await self._lane.run(steps)
        except (ValueError, OutworkError, psycopg.Error):
            return None  # the ordinary route says it
        return None if done is PLAINLY else b'{"result":%s}' % json.dumps(done).encode()

    async def _together(self, form: Grouped, caller: Session, typed: Any) -> bytes | None:
        (row,) = await self._groups[form.statement].run([form.call(caller, **typed)])
        done = form.result(row)
        return None if done is None else b'{"result":%s}' % _PLAIN.dump_json(done)


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
