"""Many requests to share, open or download documents, each answered by itself once it is kept.

`POST /api/receipts` takes a JSON object a line: {"act": "open", "document": ...}, for sharing also
"subject" and "until"; "token" where a line is of another person than the request (a gateway's);
"proof": true for the receipt itself. The answer has a line for each, in order: {"engagement",
"event"} after its commit, with "receipt" (C2SP tlog-proof) after its place in the tree, under a
checkpoint that every side with a witness has cosigned as long as these answer; or {"code",
"message"}, as the act by itself would say, which is done after the others.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from outwork import documents, ledger
from outwork.access import Session
from outwork.interfaces.wording import explain
from outwork.kit.database import Database
from outwork.kit.lane import GroupLane
from outwork.operation import Act, perform
from outwork.vocabulary import BadInput, EngagementId, OutworkError

PATH = "/api/receipts"
MOST_LINES = 1_000
PATIENCE = 10.0  # seconds that somebody waits for a place in the tree
VERBS: dict[str, Act[..., documents.Access]] = {
    "share": documents.share_document,
    "open": documents.open_document,
    "download": documents.download_document,
}
_FIELDS = {"act", "document", "subject", "until", "token", "proof"}
Line = dict[str, Any]


class Receipts:
    """Answers such requests; all of a process go through one writer."""

    def __init__(self, database: Database, writer: GroupLane) -> None:
        self._database, self._writer = database, writer
        self._placed = Placed(database)

    async def answer(self, token: str, body: bytes) -> bytes:
        """The lines that answer the lines of a body."""
        lines = [_read(line) for line in body.split(b"\n") if line]
        if len(lines) > MOST_LINES:
            lines = [BadInput("too-many-lines", most=MOST_LINES)]
        own = Session.of(token)
        calls, callers = [], []
        for line in lines:
            if isinstance(line, dict):
                caller = Session.of(line["token"]) if "token" in line else own
                callers.append((line, caller))
                calls.append(
                    (line["act"], None, caller.digest, line["document"], line.get("subject"),
                     line.get("until"), line.get("proof", False))
                )  # fmt: skip
        try:
            rows: Sequence[Any] = await self._writer.run(calls)
        except psycopg.Error:
            rows = [(None, None)] * len(calls)  # each by itself, then
        answers = [
            {"engagement": row[0], "event": row[1]}
            if row[1] is not None
            else await asyncio.to_thread(_plainly, self._database, caller, line)
            for row, (line, caller) in zip(rows, callers, strict=True)
        ]
        await self._prove([a for a, (line, _) in zip(answers, callers, strict=True)
                           if "event" in a and line.get("proof")])  # fmt: skip
        made = iter(answers)
        return b"".join(
            json.dumps(next(made) if isinstance(line, dict) else _said(line)).encode() + b"\n"
            for line in lines
        )

    async def _prove(self, answers: list[Line]) -> None:
        wanted: dict[str, list[Line]] = {}
        for answer in answers:
            wanted.setdefault(answer["engagement"], []).append(answer)
        for engagement, of in wanted.items():
            found = await self._placed.receipts(EngagementId(engagement), [a["event"] for a in of])
            for answer in of:
                if answer["event"] in found:
                    answer["receipt"] = found[answer["event"]].decode()

    async def close(self) -> None:
        """Stop listening."""
        await self._placed.close()


def _read(line: bytes) -> Line | BadInput:
    """A request, or what is wrong with it."""
    try:
        found = json.loads(line)
    except ValueError:
        return BadInput("line-malformed")
    if not isinstance(found, dict) or not found.keys() <= _FIELDS:
        return BadInput("line-malformed")
    texts = [v for k, v in found.items() if k != "proof" and not (k == "until" and v is None)]
    if found.get("act") not in VERBS or "document" not in found:
        return BadInput("line-malformed")
    if not all(isinstance(text, str) and "\0" not in text for text in texts):
        return BadInput("line-malformed")
    if not isinstance(found.get("proof", False), bool):
        return BadInput("line-malformed")
    return found if "until" not in found else _timed(found)


def _timed(line: Line) -> Line | BadInput:
    act = VERBS[line["act"]]
    try:
        typed = act.read({k: v for k, v in line.items() if k in ("document", "subject", "until")})
    except OutworkError:
        return BadInput("line-malformed")
    return line | {"until": typed["until"]}


def _plainly(database: Database, caller: Session, line: Line) -> Line:
    """The act by itself, which says what is unusual."""
    given = {k: v for k, v in line.items() if k in ("document", "subject", "until")}
    try:
        done = perform(database, caller, VERBS[line["act"]].name, given)
    except OutworkError as error:
        return _said(error)
    return {"engagement": done.engagement, "event": done.event}


def _said(error: OutworkError) -> Line:
    return {"code": error.code, "message": explain(error.code, error.params)}


class Placed:
    """Waits until events have their places, and makes their receipts, all of a log together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[EngagementId, dict[int, asyncio.Future[bytes]]] = {}
        self._proofs: dict[EngagementId, ledger.Proofs] = {}
        self._last: dict[EngagementId, int] = {}
        self._busy: set[EngagementId] = set()
        self._again: set[EngagementId] = set()
        self._listener: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def receipts(self, engagement: EngagementId, events: Sequence[int]) -> dict[int, bytes]:
        """Receipts by event; those missing had no place when patience was over."""
        loop = asyncio.get_running_loop()
        if self._listener is None or self._listener.done():
            ready = asyncio.Event()
            self._listener = asyncio.create_task(self._listen(ready))
            await asyncio.wait_for(ready.wait(), PATIENCE)
            self._last.clear()  # what was said before anybody listened is not known
        futures = {event: loop.create_future() for event in events}
        self._waiting.setdefault(engagement, {}).update(futures)
        if min(events) <= self._last.get(engagement, min(events)):
            self._prove_soon(engagement)  # the place came before the question
        done, _ = await asyncio.wait(futures.values(), timeout=PATIENCE)
        for event in futures:
            self._waiting[engagement].pop(event, None)
        return {e: f.result() for e, f in futures.items() if f in done}

    async def _listen(self, ready: asyncio.Event) -> None:
        connection = await psycopg.AsyncConnection.connect(self._database.lane.dsn, autocommit=True)
        async with connection:
            channel = sql.Identifier(ledger.PLACED)
            await connection.execute(sql.SQL("listen {}").format(channel))
            ready.set()
            async for notice in connection.notifies():
                engagement, _, last = notice.payload.partition(" ")
                log = EngagementId(engagement)
                # Cosigned is told after placed, and of earlier entries.
                self._last[log] = max(int(last), self._last.get(log, 0))
                self._prove_soon(log)

    def _prove_soon(self, engagement: EngagementId) -> None:
        if engagement in self._busy:
            self._again.add(engagement)
        elif self._waiting.get(engagement):
            self._busy.add(engagement)
            task = asyncio.create_task(self._prove(engagement))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _prove(self, engagement: EngagementId) -> None:
        try:
            waiting = self._waiting[engagement]
            made = await asyncio.to_thread(self._read, engagement, list(waiting))
            for event, text in made.items():
                future = waiting.pop(event, None)
                if future is not None and not future.done():
                    future.set_result(text)
        finally:
            self._busy.discard(engagement)
            if engagement in self._again:
                self._again.discard(engagement)
                self._prove_soon(engagement)

    def _read(self, engagement: EngagementId, events: Sequence[int]) -> Mapping[int, bytes]:
        proofs = self._proofs.setdefault(engagement, ledger.Proofs())
        with self._database.transaction("job", [engagement]) as db:
            return ledger.receipts(db, engagement, events, proofs)

    async def close(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.cancel()
