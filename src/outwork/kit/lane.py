"""Connections for statements written by hand: one round trip, one transaction, prepared once.

What is done on a lane is a generator of steps: it yields a statement with its parameters, is sent
the first row, and returns what came of it. Each statement commits by itself. The same steps run in
a thread (`Lane`) or on an event loop (`AsyncLane`), where thousands of waiting clients cost no
thread, and no two threads fight for the interpreter.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg.rows import TupleRow, tuple_row

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
    """Runs steps on an event loop, over at most `size` connections; the others wait their turn."""

    def __init__(self, dsn: str, size: int = 8) -> None:
        self._dsn = dsn
        self._free: list[psycopg.AsyncConnection[TupleRow]] = []
        self._turn = asyncio.Semaphore(size)

    async def run(self, steps: Steps[R]) -> R:
        """Run steps to their end; raises as `Lane.run` does."""
        async with self._turn:
            connection = self._free.pop() if self._free else await self._connect()
            try:
                statement, parameters = next(steps)
                while True:
                    cursor = await connection.execute(statement, parameters, prepare=True)
                    statement, parameters = steps.send(await cursor.fetchone())
            except StopIteration as done:
                result: R = done.value
                return result
            finally:
                if connection.closed:
                    await connection.close()
                else:
                    self._free.append(connection)

    async def close(self) -> None:
        """Close what is not in use."""
        while self._free:
            await self._free.pop().close()

    async def _connect(self) -> psycopg.AsyncConnection[TupleRow]:
        return await psycopg.AsyncConnection.connect(
            self._dsn, autocommit=True, row_factory=tuple_row, options=_OPTIONS
        )
