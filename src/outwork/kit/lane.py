"""Connections for statements written by hand: one round trip, one transaction, prepared once.

What is done on a lane is a generator of steps: it yields a statement with its parameters, is sent
the first row, and returns what came of it. Each statement commits by itself. The same steps run in
a thread (`Lane`) or on an event loop (`AsyncLane`), where thousands of waiting clients cost no
thread, and no two threads fight for the interpreter.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlencode

import asyncpg
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow, tuple_row
from psycopg.types.json import Jsonb

R = TypeVar("R")
Statement = tuple[bytes, Sequence[Any]]
Steps = Generator[Statement, TupleRow | None, R]

# A plan made for these parameters costs more than the statement: one plan for all. It is kept
# while tables grow from nothing, when reading them whole looked cheapest: so never that.
_OPTIONS = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off"


class Lane:
    """Runs steps as the application role, on a connection of each thread's own.

    `dsn` is a libpq connection string.
    """

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._own = threading.local()
        self._lock = threading.Lock()
        self._open: list[psycopg.Connection[TupleRow]] = []

    def run(self, steps: Steps[R]) -> R:
        """Run steps to their end.

        Raises psycopg.OperationalError when the server went away; the next call connects anew.
        """
        connection = self._connection()
        try:
            statement, parameters = next(steps)
            while True:
                cursor = connection.execute(statement, parameters, prepare=True)
                statement, parameters = steps.send(cursor.fetchone())
        except StopIteration as done:
            result: R = done.value
            return result
        except psycopg.OperationalError:
            if connection.broken:
                self._forget(connection)
            raise

    def _connection(self) -> psycopg.Connection[TupleRow]:
        found: psycopg.Connection[TupleRow] | None = getattr(self._own, "connection", None)
        if found is None or found.closed:
            found = psycopg.connect(
                self.dsn, autocommit=True, row_factory=tuple_row, options=_OPTIONS
            )
            self._own.connection = found
            with self._lock:
                self._open.append(found)
        return found

    def _forget(self, connection: psycopg.Connection[TupleRow]) -> None:
        connection.close()
        self._own.connection = None
        with self._lock:
            self._open.remove(connection)

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()


class AsyncLane:
    """Runs steps on an event loop, over at most `size` connections; the others wait their turn.

    The driver is asyncpg, which takes less than half of psycopg's time for a statement.
    """

    def __init__(self, dsn: str, size: int = 8) -> None:
        self._dsn = dsn
        self._free: list[asyncpg.Connection] = []
        self._turn = asyncio.Semaphore(size)

    async def run(self, steps: Steps[R]) -> R:
        """Run steps to their end; raises psycopg.Error where a statement failed."""
        async with self._turn:
            connection = self._free.pop() if self._free else await _connected(self._dsn)
            try:
                statement, parameters = next(steps)
                while True:
                    with _as_psycopg():
                        row = await connection.fetchrow(
                            _numbered(statement), *map(_bare, parameters)
                        )
                    statement, parameters = steps.send(None if row is None else tuple(row))
            except StopIteration as done:
                result: R = done.value
                return result
            finally:
                if not connection.is_closed():
                    self._free.append(connection)

    async def close(self) -> None:
        """Close what is not in use."""
        while self._free:
            await self._free.pop().close()


async def _connected(dsn: str) -> asyncpg.Connection:
    """A connection of asyncpg's as the application role; raises psycopg.OperationalError."""
    with _as_psycopg():
        made = await asyncpg.connect(_address(dsn), server_settings={"options": _OPTIONS})
        await made.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
        )
        return made


@contextmanager
def _as_psycopg() -> Iterator[None]:
    """Callers know one driver's errors."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise psycopg.OperationalError(str(error)) from error


@lru_cache
def _numbered(statement: bytes) -> str:
    """A statement as asyncpg takes it: its placeholders are numbered."""
    number = itertools.count(1)
    return re.sub("%[sb]", lambda _: f"${next(number)}", statement.decode())


def _bare(parameter: Any) -> Any:
    return parameter.obj if isinstance(parameter, Jsonb) else parameter


def _address(dsn: str) -> str:
    """A libpq connection string as an address, which is what asyncpg takes."""
    return f"postgresql://?{urlencode(conninfo_to_dict(dsn))}"


class GroupLane:
    """Runs one statement for whoever waits: while it is under way, others gather for the next.

    One connection, one writer, one commit for all. The statement takes an array for each parameter
    of a call, and gives a row for each call, in order. Nobody is answered before the commit. At
    most `most` calls go at once, so that some are answered while others are being written.
    """

    def __init__(self, dsn: str, statement: bytes, most: int = 256) -> None:
        self._dsn, self._statement, self._most = dsn, statement, most
        self._connection: asyncpg.Connection | None = None
        self._waiting: deque[tuple[Sequence[Sequence[Any]], asyncio.Future[list[TupleRow]]]]
        self._waiting = deque()
        self._writer: asyncio.Task[None] | None = None

    async def run(self, calls: Sequence[Sequence[Any]]) -> list[TupleRow]:
        """A row for each call; raises psycopg.Error where the statement failed for all."""
        if not calls:
            return []
        done: asyncio.Future[list[TupleRow]] = asyncio.get_running_loop().create_future()
        self._waiting.append((calls, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await done

    async def _write(self) -> None:
        await asyncio.sleep(0)  # whoever came with the first one comes along
        while self._waiting:
            group: list[tuple[Sequence[Sequence[Any]], asyncio.Future[list[TupleRow]]]] = []
            count = 0
            while self._waiting and (not group or count + len(self._waiting[0][0]) <= self._most):
                group.append(self._waiting.popleft())
                count += len(group[-1][0])
            try:
                rows = iter(await self._run([call for calls, _ in group for call in calls]))
            except Exception as error:  # noqa: BLE001  (each waiter is told, whatever it was)
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
                continue
            for calls, done in group:
                own = [next(rows) for _ in calls]
                if not done.done():  # whoever left is not told
                    done.set_result(own)

    async def _run(self, calls: list[Sequence[Any]]) -> list[TupleRow]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await _connected(self._dsn)
        columns = [list(column) for column in zip(*calls, strict=True)]
        with _as_psycopg():
            rows = await self._connection.fetch(_numbered(self._statement), *columns)
        return [tuple(row) for row in rows]

    async def close(self) -> None:
        """Close the connection once nobody waits."""
        if self._writer is not None:
            await self._writer
        if self._connection is not None:
            await self._connection.close()


class Bell:
    """Waits for what the database notifies on a channel, and not longer than told."""

    def __init__(self, dsn: str, channel: str) -> None:
        self._dsn, self._channel = dsn, channel
        self._connection: psycopg.Connection[TupleRow] | None = None

    def wait(self, seconds: float) -> set[str]:
        """What was notified (payloads); empty when the time is over.

        Raises psycopg.OperationalError where the server went away; the next call connects anew.
        """
        connection = self.listen()
        try:
            return {n.payload for n in connection.notifies(timeout=seconds, stop_after=1)}
        except psycopg.OperationalError:
            connection.close()
            raise

    def listen(self) -> psycopg.Connection[TupleRow]:
        """Begin to listen: what is notified from now on is not missed; raises as `wait` does."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._dsn, autocommit=True, row_factory=tuple_row)
            self._connection.execute(sql.SQL("listen {}").format(sql.Identifier(self._channel)))
        return self._connection

    def close(self) -> None:
        """Stop listening."""
        if self._connection is not None:
            self._connection.close()
