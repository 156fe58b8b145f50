"""Rows in bulk: a file comes in parts, and its rows become items chunk by chunk.

Every chunk is one transaction: its items, the place up to which the file is read, and one event.
Whatever stops in between is gone on with from that place, nothing twice and nothing left out.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import sqlalchemy as sa
from pydantic import Base64Bytes

from outwork import agreements, documents
from outwork.agreements import WorkOrder, WorkPhase
from outwork.kit import outbox
from outwork.kit.copying import Into, copy_across, packed
from outwork.kit.database import Connection, keyring_of
from outwork.kit.outbox import Job
from outwork.operation import Operation, act
from outwork.stages import requirements
from outwork.stages.execution import events, queries, rows, store
from outwork.stages.execution.model import (
    IMPORTING,
    UNDER_WAY,
    Import,
    ImportState,
    ItemState,
    RowFault,
)
from outwork.stages.execution.reading import Turn, pieces, read_turn, rows_again
from outwork.stages.execution.rows import Fault, Row, RowFormat
from outwork.vocabulary import (
    BadInput,
    Digest,
    ImportId,
    ItemId,
    Refusal,
    Role,
    Stage,
    WorkOrderId,
)

HERE = [Stage.EXECUTION]
MANAGERS = [Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER]
LARGEST_FILE = 8 * 1024**3  # bytes
LARGEST_PART = 8 * 1024**2
PIECE = 256 * 1024
CHUNK = 1_000  # rows
MOST_FAULTS = 10_000  # of an import that are kept one by one; all are counted
_HEX64 = re.compile(r"[0-9a-f]{64}\Z")


@act(roles=MANAGERS, stages=HERE, records=[events.ImportStarted], always=False)
def start_import(
    op: Operation, work_order: WorkOrderId, name: str, form: RowFormat, size: int, digest: Digest
) -> ImportId:
    """Announce a file of rows by size and SHA-256; gives the import that is under way if it is."""
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    _refuse_after_intake(order)
    if not _HEX64.match(digest):
        raise BadInput("digest-malformed", file=name)
    if size < 1:
        raise BadInput("empty-file", file=name)
    largest = rows.LARGEST_XLSX if form is RowFormat.XLSX else LARGEST_FILE
    if size > largest:
        raise BadInput("too-large", file=name, largest=largest)
    for other in queries.imports(op.db, order.id):
        if (other.digest, other.format) == (digest, form):
            if other.state in UNDER_WAY:
                return other.id
            if other.state is ImportState.FINISHED:
                raise BadInput("file-twice", file=name)
    made = Import(
        order.engagement_id, ImportId(op.new_id("imp")), order.id, op.actor.id, op.now,
        name, form, size, digest,
    )  # fmt: skip
    store.imports.add(op.db, made)
    op.record(
        events.ImportStarted(**_place(made), format=form, size=size, digest=digest, name=name)
    )
    return made.id


def _place(made: Import) -> dict[str, Any]:
    return {
        "engagement": made.engagement_id,
        "work_order": made.work_order_id,
        "import_id": made.id,
    }


def _refuse_after_intake(order: WorkOrder) -> None:
    if order.phase is not WorkPhase.INTAKE:
        raise Refusal("intake-over")


def _held(op: Operation, identifier: ImportId, *states: ImportState) -> Import:
    """The import, which nobody else changes now; raises Refusal where it is in another state."""
    order = agreements.work_order(op.db, queries.import_(op.db, identifier).work_order_id)
    op.require(order)
    _refuse_after_intake(order)
    found = queries.import_(op.db, identifier, lock=True)
    if found.state not in states:
        raise Refusal("import-state", state=found.state.value)
    return found


@act(roles=MANAGERS, stages=HERE, records=[events.PartReceived], always=False)
def put_part(
    op: Operation, import_id: ImportId, number: int, digest: Digest, content: Base64Bytes
) -> int:
    """Hand in the next part of a file with its SHA-256; gives how many are in. Again is no harm."""
    found = _held(op, import_id, ImportState.RECEIVING)
    name = found.name
    if hashlib.sha256(content).hexdigest() != digest:
        raise BadInput("part-differs", file=name, number=number)
    if 1 <= number <= found.parts:
        if queries.part_digest(op.db, import_id, number) != digest:
            raise BadInput("part-differs", file=name, number=number)
        return found.parts
    if number != found.parts + 1:
        raise Refusal("part-missing", number=found.parts + 1)
    if not content:
        raise BadInput("part-differs", file=name, number=number)
    if len(content) > LARGEST_PART or found.received + len(content) > found.size:
        raise BadInput("too-large", file=name, largest=min(LARGEST_PART, found.size))
    _keep_pieces(op, found, found.received, content)
    op.db.execute(
        sa.insert(store.part_table).values(
            engagement_id=found.engagement_id, import_id=import_id, number=number,
            size=len(content), digest=digest,
        )
    )  # fmt: skip
    received = found.received + len(content)
    store.imports.save(op.db, replace(found, parts=number, received=received))
    op.record(events.PartReceived(**_place(found), number=number, size=len(content), digest=digest))
    return number


def _keep_pieces(op: Operation, found: Import, start: int, content: bytes) -> None:
    keyring = keyring_of(op.db)
    keyring.make(found.engagement_id)
    pieces = [(start + at, content[at : at + PIECE]) for at in range(0, len(content), PIECE)]
    values = [
        {
            "engagement_id": found.engagement_id,
            "import_id": found.id,
            "start": at,
            "size": len(plain),
            "content": keyring.seal(found.engagement_id, plain, f"{found.id}/{at}"),
        }
        for at, plain in pieces
    ]
    if values:
        op.db.execute(sa.insert(store.piece_table), values)


@act(roles=MANAGERS, stages=HERE, records=[events.UploadCompleted], always=False)
def complete_upload(op: Operation, import_id: ImportId) -> None:
    """Check that the parts are the file that was announced; from here its rows become items."""
    found = _held(op, import_id, *UNDER_WAY, ImportState.FINISHED)
    if found.state is not ImportState.RECEIVING:
        return  # said before; it may be under way or done
    whole = hashlib.sha256()
    for piece in pieces(op.db, found):
        whole.update(piece)
    if found.received != found.size or whole.hexdigest() != found.digest:
        raise BadInput("file-differs", file=found.name)
    begun = replace(found, state=ImportState.ADMITTING)
    if found.format is RowFormat.CSV:
        head = rows.header(pieces(op.db, found), found.name)
        begun = replace(
            begun, columns=head.columns, delimiter=head.delimiter, read=head.end, lines=1
        )
    elif found.format is RowFormat.XLSX:
        _unpack(op, found)
    store.imports.save(op.db, begun)
    outbox.ask(op.db, _job(op, found))
    op.record(
        events.UploadCompleted(
            **_place(found), parts=found.parts, size=found.size, digest=found.digest
        )
    )


def _job(op: Operation, found: Import) -> Job:
    """Taking the rows in, in the name of whoever completed the file."""
    return Job(found.engagement_id, op.new_id("job"), IMPORTING, found.id, op.actor.id, op.now)


def _unpack(op: Operation, found: Import) -> None:
    """Put the sheet's rows, as lines, in place of the file."""
    content = b"".join(pieces(op.db, found))
    table = store.piece_table
    op.db.execute(sa.delete(table).where(table.c.import_id == found.id))
    start, held = 0, b""
    for line in rows.unpacked(content, found.name):
        held += line
        if len(held) >= PIECE:
            _keep_pieces(op, found, start, held)
            start, held = start + len(held), b""
    _keep_pieces(op, found, start, held)


@act(
    roles=MANAGERS,
    stages=HERE,
    records=[events.RowsAdmitted, events.ImportFinished],
)
def admit_rows(op: Operation, import_id: ImportId, _turn: Turn | None = None) -> bool:
    """Take the next chunks of rows in as items; gives whether there is more."""
    found = _held(op, import_id, ImportState.ADMITTING)
    fits = _turn is not None and _turn.start == found.read
    turn = _turn if _turn is not None and fits else read_turn(op.db, found)
    for event, after in _admit(op, found, turn):
        op.record(event)
        found = after
    more = turn.full
    if not more:
        found = replace(found, state=ImportState.FINISHED)
        _forget(op.db, found)
        op.record(
            events.ImportFinished(
                **_place(found),
                chunks=found.chunks,
                admitted=found.admitted,
                refused=found.refused,
            )
        )
    store.imports.save(op.db, found)
    return more


def _admit(
    op: Operation, found: Import, turn: Turn
) -> Iterator[tuple[events.RowsAdmitted, Import]]:
    """Store items and faults; gives for each chunk what to record and the import after it."""
    again = rows_again(op.db, found, turn)
    marks = dict(zip(turn.sealed, turn.marks.tolist(), strict=True))
    seen: list[Row | Fault] = [
        Fault(entry.line, entry.end, "row-twice", "") if entry.line in again else entry
        for entry in turn.entries
    ]
    stored = _store_items(op, found, [entry for entry in seen if isinstance(entry, Row)], turn)
    for start in range(0, len(seen), CHUNK):
        chunk = seen[start : start + CHUNK]
        faults = [entry for entry in chunk if isinstance(entry, Fault)]
        items = list(islice(stored, len(chunk) - len(faults)))
        event = events.RowsAdmitted(
            **_place(found),
            chunk=found.chunks + 1,
            first=ItemId(items[0][0]) if items else None,
            items=len(items),
            root=Digest(queries.rows_root(*zip(*items, strict=True)).hex() if items else _EMPTY),
            refused=dict(Counter(fault.code for fault in faults)),
        )
        bound = b"".join(commitment for _, commitment in items)
        lines = [entry.line for entry in chunk if isinstance(entry, Row)]
        said = np.array([marks[line] for line in lines], np.uint64)
        _keep_chunk(op, found, event, faults, {"commitments": bound, "marks": said.tobytes()})
        found = replace(
            found,
            read=chunk[-1].end,
            lines=chunk[-1].line,
            chunks=event.chunk,
            admitted=found.admitted + len(items),
            refused=found.refused + len(faults),
        )
        yield event, found


_EMPTY = hashlib.sha256(b"").hexdigest()  # the root of no rows


def _keep_chunk(
    op: Operation,
    found: Import,
    event: events.RowsAdmitted,
    faults: Sequence[Fault],
    kept: Mapping[str, bytes],
) -> None:
    if event.items:
        op.db.execute(
            sa.insert(store.chunk_table).values(
                engagement_id=found.engagement_id, import_id=found.id, number=event.chunk,
                first=event.first, items=event.items, **kept,
            )
        )  # fmt: skip
    told = faults[: max(0, MOST_FAULTS - found.refused)]
    store.faults.add(
        op.db,
        *(RowFault(found.engagement_id, found.id, f.line, f.code, f.place) for f in told),
    )


def _store_items(
    op: Operation, found: Import, given: Sequence[Row], turn: Turn
) -> Iterator[tuple[str, bytes]]:
    """The rows as documents and items: ids that follow each other, and a commitment to each."""
    if not given:
        return iter(())
    order = agreements.work_order(op.db, found.work_order_id)
    line = requirements.line(op.db, order.line_id)
    texts = [turn.sealed[row.line] for row in given]
    ids = op.new_ids("itm", len(given))
    copy_across(
        op.db,
        (*documents.TEXT_ROW, "item"),
        [text.row + packed(i) for text, i in zip(texts, ids, strict=True)],
        [
            *documents.texts_into(found.engagement_id),
            Into(
                store.item_table,
                {"id": "item", "name": "name", "document_id": "document"},
                {
                    "engagement_id": found.engagement_id,
                    "work_order_id": order.id,
                    "service": line.service,
                    "state": ItemState.ADMITTED.value,
                },
            ),
        ],
    )
    return zip(ids, (text.commitment for text in texts), strict=True)


def _forget(db: Connection, found: Import) -> None:
    """The file as it came is not kept: its rows are documents of their own."""
    table = store.piece_table
    db.execute(sa.delete(table).where(table.c.import_id == found.id))


@act(roles=MANAGERS, stages=HERE, records=[events.ImportAbandoned])
def abandon_import(op: Operation, import_id: ImportId) -> None:
    """Take no more rows of a file in; items that it gave already stay."""
    found = _held(op, import_id, *UNDER_WAY)
    store.imports.save(op.db, replace(found, state=ImportState.ABANDONED))
    _forget(op.db, found)
    op.record(events.ImportAbandoned(**_place(found)))
