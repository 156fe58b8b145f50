"""Results in bulk: the answers of a work order with evidence and provenance, as they are read.

Rows come from the database as they are written out: what is held in memory does not grow with
the work order.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, groupby
from typing import Any

import openpyxl
import sqlalchemy as sa

from outwork import access, agreements
from outwork.access import ActorKind
from outwork.agreements import WorkOrder
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


_RESULTS = sa.text(
    """
    select i.id, i.name, i.state, s.id as submission_id, s.at, s.author_id, a.id as answer_id,
      a.question, a.origin, a.confidence, a.seconds, a.author_id as answered_by, a.revises,
      a.content
    from work_item i
    left join lateral (
      select s.id, s.at, s.author_id from submission s
      where s.item_id = i.id and s.purpose in ('produce', 'control', 'review', 'adjudicate')
      order by s.id desc limit 1
    ) s on true
    left join answer a on a.submission_id = s.id
    where i.work_order_id = :work_order
    order by i.id, a.id
    """
)


def _items(db: Connection, order: WorkOrder) -> Iterator[tuple[Any, Iterator[Any]]]:
    """Each item's first row and all of its rows."""
    streamed = db.execution_options(stream_results=True, yield_per=2_000)
    found = streamed.execute(_RESULTS, {"work_order": order.id})
    for _, group in groupby(found, key=lambda row: row.id):
        first = next(group)
        yield first, chain([first], group)  # noqa: B031  (each group is read once, before the next)


def _author(db: Connection, order: WorkOrder) -> Callable[[ActorId], dict[str, str]]:
    """Who answered, by the name that the log knows; an agent also by model and version."""
    members = {m.actor_id: m.pseudonym for m in access.members(db, order.engagement_id)}

    @cache
    def author(identifier: ActorId) -> dict[str, str]:
        actor = access.actor(db, identifier)
        said = {"pseudonym": members.get(identifier, identifier), "kind": actor.kind.value}
        if actor.kind is ActorKind.AGENT:
            said |= {"family": actor.family, "model": actor.model, "version": actor.version}
        return said

    return author


def _jsonl(db: Connection, order: WorkOrder) -> Iterator[bytes]:
    unseal = opener(keyring_of(db).key(order.engagement_id))
    author = _author(db, order)
    spelled = cache(lambda value: json.dumps(value, ensure_ascii=False))
    signed = cache(lambda identifier: json.dumps(author(identifier), ensure_ascii=False))
    block: list[bytes] = []
    size = 0
    for first, found in _items(db, order):
        answers = []
        if first.answer_id is not None:
            for row in found:
                # What is sealed is an object in JSON, so it stands as it is.
                plain = unseal(row.content, f"{row.answer_id}/content").decode()
                revises = "null" if row.revises is None else f'"{row.revises}"'
                confidence = "null" if row.confidence is None else repr(row.confidence)
                answers.append(
                    f'{{"question":{spelled(row.question)},"answer":"{row.answer_id}",'
                    f'"origin":"{row.origin}","confidence":{confidence},"seconds":{row.seconds!r},'
                    f'"author":{signed(row.answered_by)},"revises":{revises},{plain[1:]}'
                )
        at = "null" if first.at is None else f'"{first.at.isoformat()}"'
        submission = "null" if first.submission_id is None else f'"{first.submission_id}"'
        line = (
            f'{{"item":"{first.id}","name":{json.dumps(first.name, ensure_ascii=False)},'
            f'"state":"{first.state}","submission":{submission},"at":{at},'
            f'"answers":[{",".join(answers)}]}}\n'
        ).encode()
        block.append(line)
        size += len(line)
        if size >= BLOCK:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


def _table(db: Connection, order: WorkOrder) -> Iterator[tuple[Any, ...]]:
    """Rows under COLUMNS; an item without answers has a row without a question."""
    unseal = opener(keyring_of(db).key(order.engagement_id))
    author = _author(db, order)
    for first, found in _items(db, order):
        if first.answer_id is None:
            yield (first.name, *[None] * 6, first.id, first.state, *[None] * 6)
            continue
        for row in found:
            plain = json.loads(unseal(row.content, f"{row.answer_id}/content"))
            who = author(row.answered_by)
            value = plain["value"]
            said = value if isinstance(value, str) or value is None else json.dumps(value)
            tail = (
                row.seconds, first.id, first.state, row.origin, row.confidence,
                who["pseudonym"], who.get("model"), who.get("version"), first.at.isoformat(),
            )  # fmt: skip
            quotes = [e for e in plain["evidence"] if e["type"] == "text-range"]
            for place in quotes or [{}]:
                yield (
                    first.name, row.question, said, place.get("quote"), place.get("start"),
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
