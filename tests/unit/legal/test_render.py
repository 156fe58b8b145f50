"""The files of the deliverable are opened again and hold what the answers say."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import datetime
from functools import cache

import docx
from openpyxl import Workbook, load_workbook
from tests.unit.legal.batch import cases

from outwork.practices import Deliverable, RenderedItem
from outwork.vocabulary import Answer, Computation
from outwork_practices.legal.contract_management.categories import KEYS
from outwork_practices.legal.contract_management.obligations import calendar
from outwork_practices.legal.contract_management.render import SHEET, SUMMARY, render, shown


def deliverable() -> Deliverable:
    items = tuple(
        RenderedItem(name, case.source, case.answers, ("Ada Analyst", "Rex Reviewer"))
        for name, case in sorted(cases().items())
    )
    return Deliverable("Contract abstraction", "Pellworth portfolio", 3, items, {"Unit": "answer"})


@cache
def rendered() -> dict[str, bytes]:
    return dict(render(deliverable()))


def book(content: bytes | None = None) -> Workbook:
    return load_workbook(io.BytesIO(content or rendered()[SHEET]))


def test_one_row_a_contract_with_all_values() -> None:
    sheet = book()["Terms"]
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 1 + len(cases())
    assert len(rows[0]) == 2 + len(KEYS)
    services = next(row for row in rows if row[0] == "master-services.txt")
    by_label = dict(zip(rows[0], services, strict=True))
    assert str(by_label["Expiration Date"]) == "2027-03-01 00:00:00"
    assert by_label["Renewal Term"] == "successive 1 year"
    assert by_label["Notice Period To Terminate Renewal"] == "90 days"
    assert by_label["Insurance"] == "Yes"
    assert "Pellworth Utilities plc (Client)" in str(by_label["Parties"])
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref is not None


def test_quotes_can_be_found_in_the_sources() -> None:
    rows = list(book()["Quotes"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == sum(len(a.evidence) for c in cases().values() for a in c.answers)
    for _, _, _, quote, start, end, page, document, authors in rows:
        source = cases()[str(document)].source
        assert source.text[int(str(start)) : int(str(end))] == quote
        assert page == source.page_of(int(str(start)))
        assert authors == "Ada Analyst, Rex Reviewer"


def test_the_calendar_is_sorted_and_shows_its_arithmetic() -> None:
    rows = list(book()["Obligations"].iter_rows(min_row=2, values_only=True))
    days = [row[0] for row in rows if isinstance(row[0], datetime)]
    assert days == sorted(days)
    deadline = next(
        r for r in rows if r[1] == "master-services.txt" and "notice" in str(r[2]).lower()
    )
    assert str(deadline[0]) == "2026-12-01 00:00:00"
    assert deadline[3] == "2027-03-01 − 90 days"
    assert any(row[0] == "no date" and row[2] == "Warranty ends" for row in rows)


def test_the_calendar_of_an_amended_agreement() -> None:
    case = cases()["reseller.txt"]
    found = calendar([RenderedItem("reseller.txt", case.source, case.answers)])
    assert [(str(o.day), o.event) for o in found][1:3] == [
        ("2028-09-02", "Last day for notice against renewal"),
        ("2028-12-31", "Initial term ends, may renew"),
    ]


def test_text_is_never_a_formula() -> None:
    first = deliverable().items[0]
    hostile = Answer("document-name", '=HYPERLINK("http://x")')
    item = replace(first, name="@SUM(A1)", answers=(hostile, *first.answers[1:]), authors=("-1+1",))
    sheet = book(render(replace(deliverable(), items=(item,)))[SHEET])["Terms"]
    for cell in (sheet["A2"], sheet["B2"], sheet.cell(2, 2 + len(KEYS))):
        assert cell.data_type == "s"
        assert cell.quotePrefix
    assert sheet["B2"].value == '=HYPERLINK("http://x")'


def test_what_the_formats_cannot_hold_is_left_out() -> None:
    first = deliverable().items[0]
    item = replace(first, answers=(Answer("document-name", "A\x07B" + "x" * 40_000),))
    files = render(replace(deliverable(), items=(item,)))
    value = str(book(files[SHEET])["Terms"]["B2"].value)
    assert value.startswith("ABx")
    assert len(value) < 32_767


def test_the_summary_has_terms_and_citations() -> None:
    document = docx.Document(io.BytesIO(rendered()[SUMMARY]))
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings[0] == "Portfolio"
    assert set(cases()) <= set(headings)
    said = "\n".join(p.text for p in document.paragraphs)
    assert "Non-Compete. “For as long as it holds shares" in said
    assert "[p. 2, " in said
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert {"2027-03-01 − 90 days", "England and Wales", "Ontario, Canada"} <= cells


def test_equal_input_gives_equal_bytes() -> None:
    again = render(deliverable())
    for name, content in rendered().items():
        assert hashlib.sha256(content).digest() == hashlib.sha256(again[name]).digest()


def test_values_are_worded() -> None:
    assert shown(None) == "not answered"
    assert shown(Answer("expiration-date", None)) == "not stated"
    assert shown(Answer("expiration-date", None, (Computation("x", {}, None),))) == "see quotes"
    assert shown(Answer("expiration-date", "perpetual")) == "Perpetual"
    assert shown(Answer("warranty-duration", "P18M")) == "18 months"
