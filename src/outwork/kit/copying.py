"""Many rows at once, by PostgreSQL's COPY: into tables, across several of them, and out again."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from outwork.kit.database import Connection, driven


@dataclass(frozen=True, slots=True)
class Into:
    """A table, which of its columns is filled from which copied one, and what is alike in all."""

    table: sa.Table
    columns: Mapping[str, str]
    alike: Mapping[str, Any]


def copy_into(
    db: Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    alike: Mapping[str, Any] | None = None,
) -> None:
    """Add many rows at once: values in the order of `columns`, and those that are `alike`."""
    into = [Into(table, {name: name for name in columns}, alike or {})]
    with _staged(db, columns, into) as copy:
        copy.set_types([_sql_type(table, name) for name in columns])
        for row in rows:
            copy.write_row(row)


def copy_across(
    db: Connection, copied: Sequence[str], rows: Iterable[bytes], into: Sequence[Into]
) -> None:
    """Add a row to each of some tables for each of many `packed` rows, copied once.

    `copied` names what each row holds, in order; some table takes each.
    """
    count = struct.pack(">h", len(copied))
    with _staged(db, copied, into) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        copy.write(b"".join([part for row in rows for part in (count, row)]))
        copy.write(b"\xff\xff")


def copied(
    db: Connection, query: str, parameters: Sequence[Any], kinds: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """Rows of a query as COPY streams them; `kinds` are its columns' types.

    The server goes on while rows are read, and nothing else can be asked on `db` meanwhile.
    """
    with driven(db).cursor().copy(f"copy ({query}) to stdout (format binary)", parameters) as copy:
        copy.set_types(kinds)
        yield from copy.rows()


def packed(*values: str | bytes | int) -> bytes:
    """Values as COPY takes them in binary form (PostgreSQL manual, COPY, "Binary Format").

    Numbers are for columns of 64 bits. What is packed can be joined.
    """
    parts = []
    for value in values:
        if isinstance(value, int):
            parts.append(_PACK_NUMBER(8, value))
            continue
        raw = value.encode() if isinstance(value, str) else value
        parts += (_PACK_SIZE(len(raw)), raw)
    return b"".join(parts)


_PACK_SIZE, _PACK_NUMBER = struct.Struct(">i").pack, struct.Struct(">iq").pack


@contextmanager
def _staged(db: Connection, copied: Sequence[str], into: Sequence[Into]) -> Iterator[psycopg.Copy]:
    """What is copied here is added to the tables at the end.

    PostgreSQL refuses COPY into a table under row-level security, so the rows go through a table of
    this connection's own, which holds them until the transaction ends. Once a transaction for the
    same tables.
    """
    cursor = driven(db).cursor()
    stage = "_".join(["stage", *(to.table.name for to in into)])
    kinds = {name: _sql_type(to.table, at) for to in into for at, name in to.columns.items()}
    parts = ", ".join(f"{name} {kinds[name]}" for name in copied)
    cursor.execute(f"create temporary table if not exists {stage} ({parts}) on commit delete rows")
    with cursor.copy(f"copy {stage} ({', '.join(copied)}) from stdin (format binary)") as copy:
        yield copy
    for to in into:
        given = [f"%s::{_sql_type(to.table, name)}" for name in to.alike]
        cursor.execute(
            f"insert into {to.table.name} ({', '.join([*to.columns, *to.alike])})"  # noqa: S608
            f" select {', '.join([*to.columns.values(), *given])} from {stage}",
            list(to.alike.values()),
        )


def _sql_type(table: sa.Table, name: str) -> str:
    return _POSTGRES_NAMES[type(table.c[name].type)]


_POSTGRES_NAMES: dict[type[Any], str] = {
    sa.Text: "text", sa.LargeBinary: "bytea", sa.BigInteger: "int8", sa.Integer: "int4",
    sa.SmallInteger: "int2", sa.DateTime: "timestamptz", JSONB: "jsonb",
}  # fmt: skip
