"""What comes next in a file of rows, read, marked and sealed before anything is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from outwork import documents
from outwork.kit.database import Connection, alone, keyring_of
from outwork.kit.ids import Ids
from outwork.operation import utc_now
from outwork.stages.execution import queries, rows, store
from outwork.stages.execution.model import Import
from outwork.stages.execution.rows import Fault, Header, Row, RowFormat
from outwork.vocabulary import WorkOrderId

TURN = 5_000  # rows a transaction
Marks = npt.NDArray[np.uint64]


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
    """Rows and faults behind byte `start` of a file, with what is stored of each row, by line.

    `marks` are of the rows, in order: the first 8 bytes of a keyed hash of what each says. That two
    different ones of a million have the same has a chance of 3 in 10^8.
    """

    start: int
    entries: list[Row | Fault]
    sealed: dict[int, documents.SealedText]
    marks: Marks

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
    names = [row.name or f"{found.name}:{row.line}" for row in given]
    sealed = documents.seal_texts(keyring, engagement, ids, names, [row.text for row in given])
    key = hashlib.sha256(keyring.key(engagement) + b"row").digest()
    marks = b"".join(
        hashlib.blake2b(rows.fingerprint(row), digest_size=8, key=key).digest() for row in given
    )
    by_line = dict(zip((row.line for row in given), sealed, strict=True))
    return Turn(found.read, entries, by_line, np.frombuffer(marks, np.uint64))


class Seen:
    """The marks of a work order's rows, sorted; a process keeps them from turn to turn."""

    def __init__(self) -> None:
        self._chunks: dict[str, int] = {}
        self._marks: Marks = np.empty(0, np.uint64)

    def catch_up(self, db: Connection, order: WorkOrderId) -> None:
        """Learn the marks of chunks that were taken in since."""
        table, more = store.chunk_table.c, [self._marks]
        for other in queries.imports(db, order):
            query = (
                sa.select(table.number, table.marks)
                .where(table.import_id == other.id, table.number > self._chunks.get(other.id, 0))
                .order_by(table.number)
            )
            for row in db.execute(query):
                self._chunks[other.id] = row.number
                more.append(np.frombuffer(row.marks, np.uint64))
        if len(more) > 1:
            self._marks = np.sort(np.concatenate(more), kind="stable")  # merges what is sorted

    def again(self, marks: Marks) -> npt.NDArray[np.bool_]:
        """Which of these were seen, or stand here a second time."""
        twice = np.ones(len(marks), bool)
        twice[np.unique(marks, return_index=True)[1]] = False
        if not len(self._marks):
            return twice
        at = np.minimum(np.searchsorted(self._marks, marks), len(self._marks) - 1)
        known: npt.NDArray[np.bool_] = self._marks[at] == marks
        return twice | known


_seen: dict[WorkOrderId, Seen] = {}
MOST_SEEN = 8  # work orders whose marks a process keeps


def rows_again(db: Connection, found: Import, turn: Turn) -> set[int]:
    """Lines of rows that the work order holds already, or that say the same as one before.

    Until the transaction ends no other takes rows in for the work order.
    """
    alone(db, f"rows/{found.work_order_id}")
    seen = _seen.pop(found.work_order_id, None) or Seen()
    seen.catch_up(db, found.work_order_id)
    _seen[found.work_order_id] = seen
    while len(_seen) > MOST_SEEN:
        _seen.pop(next(iter(_seen)))
    lines = list(turn.sealed)
    return {lines[at] for at in np.flatnonzero(seen.again(turn.marks))}


def _read(db: Connection, found: Import) -> Iterator[Row | Fault]:
    behind = pieces(db, found, found.read)
    if found.format is RowFormat.JSONL:
        return rows.jsonl(behind, found.read, found.lines)
    if found.format is RowFormat.XLSX:
        return rows.sheet(behind, found.read)
    head = Header(found.columns, found.delimiter, 0)
    return rows.table(behind, head, found.read, found.lines)
