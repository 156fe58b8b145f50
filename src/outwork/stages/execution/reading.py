"""What comes next in a file of rows, read, marked and sealed before anything is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from outwork import documents
from outwork.kit.database import Connection, keyring_of
from outwork.kit.ids import Ids
from outwork.operation import utc_now
from outwork.stages.execution import rows, store
from outwork.stages.execution.model import Import
from outwork.stages.execution.rows import Fault, Header, Row, RowFormat

TURN = 5_000  # rows a transaction


def pieces(db: Connection, found: Import, start: int = 0) -> Iterator[bytes]:
    """What was kept of a file from a byte on, one piece in memory at a time."""
    table, keyring = store.piece_table.c, keyring_of(db)
    while True:
        query = sa.select(table.start, table.size, table.content).where(
            table.import_id == found.id, table.start <= start, table.start + table.size > start
        )
        row = db.execute(query.order_by(table.start.desc()).limit(1)).first()
        if row is None:
            return
        plain = keyring.open(found.engagement_id, row.content, f"{found.id}/{row.start}")
        yield plain[start - row.start :]
        start = row.start + row.size


class Turn(NamedTuple):
    """Rows and faults behind byte `start` of a file, with what is stored of each row, by line."""

    start: int
    entries: list[Row | Fault]
    sealed: dict[int, documents.SealedText]
    marks: dict[int, bytes]

    @property
    def full(self) -> bool:
        """Whether there may be more behind it."""
        return len(self.entries) == TURN

    def behind(self, found: Import) -> Import:
        """The import once this was taken in, as far as reading on goes."""
        return replace(found, read=self.entries[-1].end, lines=self.entries[-1].line)


def read_turn(db: Connection, found: Import) -> Turn:
    """Read, mark and seal what comes next in a file; nothing is stored."""
    entries = list(islice(_read(db, found), TURN))
    given = [entry for entry in entries if isinstance(entry, Row)]
    keyring, engagement = keyring_of(db), found.engagement_id
    ids = Ids(utc_now()).run("doc", len(given))
    sealed = documents.seal_texts(keyring, engagement, ids, [row.text for row in given])
    key = hashlib.sha256(keyring.key(engagement) + b"row").digest()
    marks = {
        row.line: hashlib.blake2b(rows.fingerprint(row), digest_size=16, key=key).digest()
        for row in given
    }
    return Turn(found.read, entries, dict(zip(marks, sealed, strict=True)), marks)


def _read(db: Connection, found: Import) -> Iterator[Row | Fault]:
    behind = pieces(db, found, found.read)
    if found.format is RowFormat.JSONL:
        return rows.jsonl(behind, found.read, found.lines)
    if found.format is RowFormat.XLSX:
        return rows.sheet(behind, found.read)
    head = Header(found.columns, found.delimiter, 0)
    return rows.table(behind, head, found.read, found.lines)
