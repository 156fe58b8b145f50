"""Connections for statements written by hand: one round trip, one transaction, prepared once.

A statement on a lane commits by itself. Each thread has a connection of its own, so that nothing is
handed around and nobody waits for one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import TupleRow, tuple_row


class Lane:
    """Runs single statements as the application role; `dsn` is a libpq connection string."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._own = threading.local()
        self._lock = threading.Lock()
        self._open: list[psycopg.Connection[TupleRow]] = []

    def one(self, statement: str, parameters: Sequence[Any]) -> TupleRow | None:
        """The first row of a statement, which is its own transaction; None where there is none.

        Raises psycopg.OperationalError when the server went away; the next call connects anew.
        """
        connection = self._connection()
        try:
            return connection.execute(statement.encode(), parameters, prepare=True).fetchone()
        except psycopg.OperationalError:
            if connection.broken:
                self._forget(connection)
            raise

    def _connection(self) -> psycopg.Connection[TupleRow]:
        found: psycopg.Connection[TupleRow] | None = getattr(self._own, "connection", None)
        if found is None or found.closed:
            # A plan made for these parameters costs more than the statement: one plan for all.
            found = psycopg.connect(
                self._dsn,
                autocommit=True,
                row_factory=tuple_row,
                options="-c plan_cache_mode=force_generic_plan",
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
