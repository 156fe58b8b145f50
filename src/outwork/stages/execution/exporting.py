"""Results in bulk: the answers of a work order with evidence and provenance, as they are read.

Rows come from the database as they are written out: what is held in memory does not grow with
the work order.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, NamedTuple

import openpyxl

from outwork import access, agreements
from outwork.access import ActorKind
from outwork.agreements import WorkOrder
from outwork.kit.copying import copied
from outwork.kit.database import Connection, keyring_of
from outwork.kit.keyring import opener
from outwork.operation import Operation, act
from outwork.stages.execution import events, queries
from outwork.stages.execution.rows import RowFormat
from outwork.vocabulary import ActorId, Role, Stage, WorkOrderId

READERS = [Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER, Role.CLIENT_REVIEWER]
AFTERWARDS = [Stage.EXECUTION, Stage.ASSURANCE, Stage.ACCEPTANCE, Stage.CLOSED]
BLOCK = 64 * 1024  # bytes
LONGEST_CELL = 32_767  # characters, of a cell in xlsx
COLUMNS = (
    "file", "question", "value", "quote", "start", "end", "seconds", "item", "state", "origin",
    "confidence", "author", "model", "version", "at",
)  # fmt: skip


@act(roles=READERS, stages=AFTERWARDS, records=[events.ResultsExported])
def export_results(op: Operation, work_order: WorkOrderId, form: RowFormat) -> int:
    """Put on record that the results of a work order are taken out; gives how many items."""
    order = agreements.work_order(op.db, work_order)
    op.require(order)
    items = sum(queries.counts(op.db, order.id).values())
    op.record(
        events.ResultsExported(
            engagement=order.engagement_id, work_order=order.id, format=form, items=items
        )
    )
    return items


def results(db: Connection, order: WorkOrder, form: RowFormat) -> Iterator[bytes]:
    """The file that `export_results` has put on record, block by block.

    As jsonl an object an item: its answers with value, evidence, origin, author. As csv and xlsx a
    row for each quote of an answer, in columns that `outwork run` takes as judgments.
    """
    return {RowFormat.JSONL: _jsonl, RowFormat.CSV: _csv, RowFormat.XLSX: _xlsx}[form](db, order)


class _Answered(NamedTuple):
    """An item with one of its answers; without any, what is said of answers is None."""

    id: str
    name: str
    state: str
    submission: str | None
    at: datetime | None
    answer: str | None
    question: str
    origin: str
    confidence: float | None
    seconds: float
    answered_by: ActorId
    revises: str | None
    content: bytes


_KINDS = [
    "text", "text", "text", "text", "timestamptz", "text", "text", "text", "float8", "float8",
    "text", "text", "bytea",
]  # fmt: skip
_RESULTS = """
    select i.id, i.name, i.state, s.id, s.at, a.id, a.question, a.origin, a.confidence, a.seconds,
      a.author_id, a.revises, a.content
    from work_item i
    left join lateral (
      select s.id, s.at, s.author_id from submission s
      where s.item_id = i.id and s.purpose in ('produce', 'control', 'review', 'adjudicate')
      order by s.id desc limit 1
    ) s on true
    left join answer a on a.submission_id = s.id
    where i.work_order_id = %s
    order by i.id, a.id
"""


def _items(db: Connection, order: WorkOrder) -> Iterator[Iterator[_Answered]]:
    """The rows of each item."""
    found = map(_Answered._make, copied(db, _RESULTS, [order.id], _KINDS))
    for _, group in groupby(found, key=itemgetter(0)):
        yield group


def _authors(db: Connection, order: WorkOrder) -> dict[ActorId, dict[str, str]]:
    """Who may have answered, by the name that the log knows; an agent also by model and version."""
    members = access.members(db, order.engagement_id)
    actors = access.actors(db, [m.actor_id for m in members])
    said: dict[ActorId, dict[str, str]] = {}
    for member in members:
        actor = actors[member.actor_id]
        said[actor.id] = {"pseudonym": member.pseudonym, "kind": actor.kind.value}
        if actor.kind is ActorKind.AGENT:
            said[actor.id] |= {
                "family": actor.family, "model": actor.model, "version": actor.version,
            }  # fmt: skip
    return said


def _jsonl(db: Connection, order: WorkOrder) -> Iterator[bytes]:
    unseal = opener(keyring_of(db).key(order.engagement_id))
    signed = {who: _json(said) for who, said in _authors(db, order).items()}
    spelled = cache(_json)
    block: list[str] = []
    size = 0
    for found in _items(db, order):
        answers = []
        for row in found:
            if row.answer is None:
                continue
            # What is sealed is an object in JSON, so it stands as it is.
            plain = unseal(row.content, f"{row.answer}/content").decode()
            sure = "null" if row.confidence is None else repr(row.confidence)
            revises = "null" if row.revises is None else f'"{row.revises}"'
            answers.append(
                f'{{"question":{spelled(row.question)},"answer":"{row.answer}",'
                f'"origin":"{row.origin}","confidence":{sure},'
                f'"seconds":{row.seconds!r},"author":{signed[row.answered_by]},'
                f'"revises":{revises},{plain[1:]}'
            )
        at = "null" if row.at is None else f'"{row.at.isoformat()}"'
        submission = "null" if row.submission is None else f'"{row.submission}"'
        line = (
            f'{{"item":"{row.id}","name":{_json(row.name)},"state":"{row.state}",'
            f'"submission":{submission},"at":{at},'
            f'"answers":[{",".join(answers)}]}}\n'
        )
        block.append(line)
        size += len(line)
        if size >= BLOCK:
            yield "".join(block).encode()
            block, size = [], 0
    yield "".join(block).encode()


_json = json.JSONEncoder(ensure_ascii=False).encode


def _table(db: Connection, order: WorkOrder) -> Iterator[tuple[Any, ...]]:
    """Rows under COLUMNS; an item without answers has a row without a question."""
    unseal = opener(keyring_of(db).key(order.engagement_id))
    authors = _authors(db, order)
    for row in chain.from_iterable(_items(db, order)):
        if row.answer is None or row.at is None:
            yield (row.name, *[None] * 6, row.id, row.state, *[None] * 6)
            continue
        plain = json.loads(unseal(row.content, f"{row.answer}/content"))
        who = authors[row.answered_by]
        value = plain["value"]
        said = value if isinstance(value, str) or value is None else json.dumps(value)
        tail = (
            row.seconds, row.id, row.state, row.origin, row.confidence,
            who["pseudonym"], who.get("model"), who.get("version"), row.at.isoformat(),
        )  # fmt: skip
        quotes = [e for e in plain["evidence"] if e["type"] == "text-range"]
        for place in quotes or [{}]:
            yield (
                row.name, row.question, said, place.get("quote"), place.get("start"),
                place.get("end"), *tail,
            )  # fmt: skip


def _safe(cell: Any) -> Any:
    """Text that a spreadsheet would take for a formula stays text."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{cell}"
    return cell


def _csv(db: Connection, order: WorkOrder) -> Iterator[bytes]:
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(COLUMNS)
    for row in _table(db, order):
        writer.writerow([_safe(cell) for cell in row])
        if held.tell() >= BLOCK:
            yield held.getvalue().encode()
            held.seek(0)
            held.truncate()
    yield held.getvalue().encode()


def _xlsx(db: Connection, order: WorkOrder) -> Iterator[bytes]:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("results")
    sheet.append(COLUMNS)
    for row in _table(db, order):
        sheet.append([_cell(cell) for cell in row])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while block := file.read(BLOCK):
            yield block


def _cell(cell: Any) -> Any:
    if isinstance(cell, str):
        return openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", _safe(cell))[:LONGEST_CELL]
    return cell
