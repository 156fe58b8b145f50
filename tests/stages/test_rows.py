"""Files of rows: taken in once and whole, whatever stops in between, and each row provable."""

from __future__ import annotations

import gc
import io
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from tests.support.engagement import World
from tests.support.imports import bring, sha, start, upload
from tests.support.service import KEY, tiny_service

from outwork import documents, ledger, practices
from outwork.operation import operation
from outwork.practices import Draft
from outwork.stages import acceptance, execution
from outwork.stages.execution import (
    ImportState,
    ItemState,
    RowFormat,
    exporting,
    importing,
    reading,
)
from outwork.vocabulary import BadInput, NotFound, Refusal, SourceText, Stage
from outwork_verify import verify


def lines(count: int, first: int = 0) -> bytes:
    """Rows of JSON objects."""
    rows = [{"id": f"case-{n}", "question": f"Who signs number {n}?"} for n in range(count)]
    return "".join(json.dumps(row) + "\n" for row in rows[first:]).encode()


def bundle(world: World) -> io.BytesIO:
    """The engagement's bundle as it stands."""
    world.integrate()
    target = io.BytesIO()
    world.look(acceptance.export_bundle, world.engagement, target)
    return target


@pytest.fixture
def intake(world: World) -> World:
    """A work order at intake."""
    world.upto("open")
    return world


def test_rows_become_items_in_order_with_their_texts(intake: World) -> None:
    done = bring(intake, lines(2_500))
    assert (done.state, done.chunks, done.admitted, done.refused) == (
        ImportState.FINISHED, 3, 2_500, 0,
    )  # fmt: skip
    items = intake.look(execution.all_items, intake.order)
    assert [i.name for i in items] == [f"case-{n}" for n in range(2_500)]
    source = intake.look(documents.source, items[1_234].document_id)
    assert source.text == "id: case-1234\nquestion: Who signs number 1234?"
    assert intake.look(documents.content, items[7].document_id).decode().startswith("id: case-7\n")
    left = intake.look(_count, "import_piece")
    assert left == 0, "the file as it came is not kept beside its rows"


def _count(db: Any, table: str) -> int:
    return int(db.execute(sa.text(f"select count(*) from {table}")).scalar_one())


def test_an_upload_goes_on_where_it_stopped_and_a_part_twice_is_no_harm(intake: World) -> None:
    content = lines(300)
    identifier = start(intake, content, RowFormat.JSONL)
    first = content[:4_000]
    for _ in range(2):
        intake.act("dana", execution.put_part, identifier, 1, sha(first), first)
    assert start(intake, content, RowFormat.JSONL) == identifier  # the killed client asks again
    with pytest.raises(Refusal, match="part-missing"):
        intake.act("dana", execution.put_part, identifier, 3, sha(b"x"), b"x")
    with pytest.raises(BadInput, match="part-differs"):
        intake.act("dana", execution.put_part, identifier, 1, sha(b"other"), b"other")
    upload(intake, identifier, content, 4_000)
    intake.act("dana", execution.complete_upload, identifier)
    while intake.act("dana", execution.admit_rows, identifier):
        pass
    assert len(intake.look(execution.all_items, intake.order)) == 300
    with pytest.raises(BadInput, match="file-twice"):
        start(intake, content, RowFormat.JSONL)


def test_a_wrong_checksum_is_told_at_the_part_and_at_the_whole(intake: World) -> None:
    content = lines(5)
    identifier = intake.act(
        "dana", execution.start_import, intake.order, "r.jsonl", RowFormat.JSONL, len(content),
        sha(b"another file"),
    )  # fmt: skip
    with pytest.raises(BadInput, match="part-differs"):
        intake.act("dana", execution.put_part, identifier, 1, sha(b"z"), content)
    upload(intake, identifier, content)
    with pytest.raises(BadInput, match="file-differs"):
        intake.act("dana", execution.complete_upload, identifier)
    with pytest.raises(Refusal, match="import-state"):
        intake.act("dana", execution.admit_rows, identifier)
    assert not intake.look(execution.all_items, intake.order)


def test_what_stops_a_chunk_leaves_nothing_of_it(
    intake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "TURN", 1_000)
    content = lines(2_100)
    identifier = start(intake, content, RowFormat.JSONL)
    upload(intake, identifier, content)
    intake.act("dana", execution.complete_upload, identifier)
    assert intake.act("dana", execution.admit_rows, identifier)
    tables = ("document", "document_content", "work_item", "import_chunk", "event")
    before = [intake.look(_count, table) for table in tables]
    real: Callable[..., None] = importing.copy_across

    def full(*arguments: Any) -> None:
        real(*arguments)
        raise OSError("no space left on device")

    monkeypatch.setattr(importing, "copy_across", full)
    with pytest.raises(OSError, match="no space"):
        intake.act("dana", execution.admit_rows, identifier)
    monkeypatch.setattr(importing, "copy_across", real)
    assert [intake.look(_count, table) for table in tables] == before
    while intake.act("dana", execution.admit_rows, identifier):
        pass
    names = [i.name for i in intake.look(execution.all_items, intake.order)]
    assert names == [f"case-{n}" for n in range(2_100)]


def test_bad_rows_are_named_and_the_rest_goes_on(intake: World) -> None:
    content = b"\n".join([
        b'{"text": "first"}', b"{broken", b"[1, 2]", b'{"text": "caf\xe9"}', b"", b'{"text": null}',
        b'{"text": "\\u0000"}', b'{"text": NaN}', b'{"text": "first", "id": "named"}',
        b'{"text": "first"}', b'{"text": "\\ud800"}', b'{"text": "last"}',
    ])  # fmt: skip
    done = bring(intake, content)
    assert (done.admitted, done.refused) == (3, 8)
    faults = intake.look(execution.row_faults, done.id).rows
    assert [(f.line, f.code) for f in faults] == [
        (2, "row-not-json"), (3, "row-no-object"), (4, "row-not-utf8"), (6, "row-empty"),
        (7, "row-unstorable"), (8, "row-not-json"), (10, "row-twice"), (11, "row-unstorable"),
    ]  # fmt: skip
    assert {i.name for i in intake.look(execution.all_items, intake.order)} == {
        "rows.jsonl:1", "named", "rows.jsonl:12",
    }  # fmt: skip


def test_a_row_comes_in_once_a_work_order_in_whichever_file(intake: World) -> None:
    bring(intake, lines(1_500))
    done = bring(intake, lines(1_600, first=1_490))
    assert (done.admitted, done.refused) == (100, 10)
    assert len(intake.look(execution.all_items, intake.order)) == 1_600


def test_csv_with_quoted_line_ends_and_broken_rows(intake: World) -> None:
    content = (
        b"\xef\xbb\xbfid;question;note\r\n"
        b'a;"one\r\ntwo ""quoted""";x\r\n'
        b"b;too;many;cells\r\n"
        b'c;"never closed;x\r\n'
        b"d;fine;\r\n"
        b"e;caf\xe9;x\r\n"
        b"f;last;y"
    )
    done = bring(intake, content, RowFormat.CSV, part=7)
    assert (done.admitted, done.refused) == (3, 3)
    faults = intake.look(execution.row_faults, done.id).rows
    assert [(f.line, f.code, f.place) for f in faults] == [
        (4, "row-cells", "4/3"), (5, "row-malformed", ""), (7, "row-not-utf8", "question"),
    ]  # fmt: skip
    items = intake.look(execution.all_items, intake.order)
    assert [i.name for i in items] == ["a", "d", "f"]
    text = intake.look(documents.source, items[0].document_id).text
    assert text == 'id: a\nquestion: one\r\ntwo "quoted"\nnote: x'


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"a,a\n1,2\n", "column-twice"), (b"a,,c\n", "header-malformed"), (b"caf\xe9\n", "not-utf8")],
)
def test_a_header_that_names_no_columns_is_refused(
    intake: World, content: bytes, code: str
) -> None:
    identifier = start(intake, content, RowFormat.CSV)
    upload(intake, identifier, content)
    with pytest.raises(BadInput, match=code):
        intake.act("dana", execution.complete_upload, identifier)


def test_empty_and_oversized_files_are_refused(intake: World) -> None:
    with pytest.raises(BadInput, match="empty-file"):
        start(intake, b"", RowFormat.JSONL)
    with pytest.raises(BadInput, match="too-large"):
        intake.act("dana", execution.start_import, intake.order, "x.xlsx", RowFormat.XLSX,
                   1 << 30, "0" * 64)  # fmt: skip
    identifier = start(intake, b"{}\n", RowFormat.JSONL)
    with pytest.raises(BadInput, match="too-large"):
        intake.act("dana", execution.put_part, identifier, 1, sha(b"more than said"),
                   b"more than said")  # fmt: skip


def workbook(rows: list[list[Any]]) -> bytes:
    """An xlsx file."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_xlsx_rows_with_formulas_are_named_by_their_cell(intake: World) -> None:
    content = workbook(
        [["id", "amount"], ["a", 12], ["b", "=1+1"], [None, None], ["c", 2.5], ["d", 1, "?"]]
    )
    done = bring(intake, content, RowFormat.XLSX, part=1_000)
    assert (done.admitted, done.refused) == (2, 2)
    faults = intake.look(execution.row_faults, done.id).rows
    assert [(f.line, f.code, f.place) for f in faults] == [
        (3, "row-formula", "B3"), (6, "row-cells", "C6"),
    ]  # fmt: skip
    items = intake.look(execution.all_items, intake.order)
    assert intake.look(documents.source, items[0].document_id).text == "id: a\namount: 12"


def test_what_only_calls_itself_xlsx_is_refused(intake: World) -> None:
    identifier = start(intake, b"PK but no archive", RowFormat.XLSX)
    upload(intake, identifier, b"PK but no archive")
    with pytest.raises(BadInput, match="unreadable"):
        intake.act("dana", execution.complete_upload, identifier)


def test_release_waits_for_the_import_or_its_end(intake: World) -> None:
    intake.admit(1)
    intake.commit()
    identifier = start(intake, lines(2), RowFormat.JSONL)
    with pytest.raises(Refusal) as refused:
        intake.release()
    assert [r.code for r in refused.value.reasons] == ["import-open"]
    intake.act("vera", execution.abandon_import, identifier)
    intake.release()
    with pytest.raises(Refusal, match="intake-over"):
        intake.act("dana", execution.put_part, identifier, 1, sha(b"x"), b"x")


def test_every_row_is_proved_by_the_log_and_no_other_text_is(intake: World) -> None:
    bring(intake, lines(1_003))
    target = bundle(intake)
    assert verify(target).ok
    items = intake.look(execution.all_items, intake.order)
    for number in (0, 7, 999, 1_000, 1_002):
        proof = asdict(intake.look(execution.row_proof, items[number].id))
        assert verify(target, row=proof).ok
        for other in ({"text": proof["text"] + "."}, {"item": items[1].id}, {"chunk": 3},
                      {"salt": "00" * 16}, {"index": -1}, {"path": ["zz"]}):  # fmt: skip
            report = verify(target, row=proof | other)
            assert not report.ok
            assert report.failure is not None
            assert report.failure.member == "row"
    file = intake.act("dana", execution.admit, intake.order, "x.txt", b"A file.")
    with pytest.raises(NotFound):
        intake.look(execution.row_proof, file)


def test_what_cannot_be_drafted_goes_to_people_with_the_kind_of_error(
    intake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.upto("release", after="open")
    service = tiny_service()

    def draft(source: SourceText, candidates: int) -> Draft:
        if source.name == "input-1.txt":
            raise ZeroDivisionError("words of the contract")
        return service.draft(source, candidates)

    monkeypatch.setitem(practices.catalogue(), KEY, replace(service, draft=draft))
    bot = intake.people["bot"]
    clock = lambda: intake.now  # noqa: E731
    while execution.draft_next(intake.database, bot, intake.engagement, clock) is not None:
        pass
    counts = intake.look(execution.counts, intake.order)
    assert (counts[ItemState.DRAFTED], counts[ItemState.ADMITTED]) == (3, 1)
    intake.integrate()
    (given_up,) = [e for e in intake.look(_log, intake.engagement) if "given-up" in e.kind]
    assert given_up.public["code"] == "failed-zero-division-error"
    assert given_up.public["item"] == intake.items[1]
    intake.produce()
    assert intake.look(execution.counts, intake.order)[ItemState.SUBMITTED] == 4
    assert verify(bundle(intake)).ok


def _log(db: Any, engagement: Any) -> list[ledger.Entry]:
    return list(ledger.entries(db, engagement))


def test_the_collector_is_as_it_was_after_rows_are_taken_in(intake: World) -> None:
    identifier = start(intake, lines(3), RowFormat.JSONL)
    upload(intake, identifier, lines(3))
    intake.act("dana", execution.complete_upload, identifier)
    assert not execution.admit_next(intake.database, intake.people["dana"], identifier)
    assert gc.isenabled()
    assert not execution.admit_next(intake.database, intake.people["dana"], identifier)


def test_results_are_exported_with_evidence_and_authors(intake: World) -> None:
    intake.upto("produce", after="open")
    assert intake.act("carl", execution.export_results, intake.order, RowFormat.JSONL) == 4
    order = intake.work_order()
    assert order.stage is Stage.EXECUTION

    def read(form: RowFormat) -> bytes:
        with operation(intake.database, intake.people["dana"], intake.now) as op:
            return b"".join(execution.results(op.db, order, form))

    found = [json.loads(line) for line in read(RowFormat.JSONL).splitlines()]
    assert [f["item"] for f in found] == intake.items
    for entry in found:
        current = intake.look(execution.current_answers, entry["item"])
        assert [a["question"] for a in entry["answers"]] == list(current)
        for answer in entry["answers"]:
            stored = current[answer["question"]]
            assert answer["value"] == stored.value
            assert answer["origin"] == stored.origin.value
            assert answer["revises"] == stored.revises
            assert [e["quote"] for e in answer["evidence"]] == [
                e.quote for e in stored.evidence if e.type == "text-range"
            ]
            assert answer["author"]["pseudonym"].startswith("m-") or answer["author"]["kind"]
    rows = read(RowFormat.CSV).decode().splitlines()
    assert rows[0].startswith("file,question,value,quote,start")
    assert len(rows) > 4
    sheet = openpyxl.load_workbook(io.BytesIO(read(RowFormat.XLSX))).active
    assert sheet is not None
    assert sheet.max_row == len(rows)
    assert verify(bundle(intake)).ok


def test_an_item_without_answers_is_exported_as_such(intake: World) -> None:
    intake.upto("release", after="open")
    with operation(intake.database, intake.people["dana"], intake.now) as op:
        order = intake.work_order()
        found = b"".join(execution.results(op.db, order, RowFormat.JSONL)).splitlines()
        rows = b"".join(execution.results(op.db, order, RowFormat.CSV)).splitlines()
    assert [json.loads(line)["answers"] for line in found] == [[]] * 4
    assert {json.loads(line)["submission"] for line in found} == {None}
    assert len(rows) == 5


def test_whoever_stops_reading_results_leaves_the_connection_as_it_was(
    intake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "BLOCK", 1)
    intake.upto("produce", after="open")
    order = intake.work_order()
    with operation(intake.database, intake.people["dana"], intake.now) as op:
        blocks = execution.results(op.db, order, RowFormat.JSONL)
        assert json.loads(next(blocks))["item"] == intake.items[0]
        blocks.close()
    assert len(intake.look(execution.current_answers, intake.items[0])) > 0
