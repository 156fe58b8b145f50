"""The deliverable: an abstraction sheet (xlsx) and a summary (docx), both with citations."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from outwork.practices import Deliverable, RenderedItem
from outwork.vocabulary import Answer, Computation, Json, TextRange
from outwork_practices.legal.contract_management.archive import printable, repacked
from outwork_practices.legal.contract_management.categories import KEYS, LABEL_OF
from outwork_practices.legal.contract_management.obligations import calendar, spoken
from outwork_practices.legal.contract_management.render_summary import summary
from outwork_practices.legal.contract_management.times import parsed
from outwork_practices.legal.contract_management.values import as_date

SHEET: Final = "abstraction-sheet.xlsx"
SUMMARY: Final = "summary.docx"

_LIMIT: Final = 32_000  # a cell of a spreadsheet holds 32,767 characters
_HEAD: Final = PatternFill("solid", fgColor="1F3A4D")
_WIDTHS: Final = {"document-name": 34, "parties": 46, "governing-law": 22, "renewal-term": 20}


def render(deliverable: Deliverable) -> Mapping[str, bytes]:
    """File names and bytes; the same deliverable always gives the same bytes."""
    return {SHEET: abstraction_sheet(deliverable), SUMMARY: summary(deliverable, shown)}


def shown(answer: Answer | None) -> str | date:
    """An answer's value as a reader expects it: dates as dates, durations in words."""
    if answer is None:
        return "not answered"
    if answer.value is None:
        return "see quotes" if answer.evidence else "not stated"
    if answer.question == "parties":
        return "; ".join(_party(row) for row in answer.value if isinstance(row, Mapping))
    text = str(answer.value)
    day = as_date(text)
    if day:
        return day
    *before, last = text.split(" ")
    length = parsed(last)
    if length:
        return " ".join([*before, spoken(length)])
    return text.capitalize() if text in ("yes", "no", "perpetual") else text


def _party(row: Mapping[str, str]) -> str:
    name = str(row.get("name", ""))
    return f"{name} ({row['alias']})" if row.get("alias") else name


def abstraction_sheet(deliverable: Deliverable) -> bytes:
    """The workbook: terms, quotes, obligations calendar, and what it was made from."""
    book = Workbook()
    book.remove(book.worksheets[0])
    answers = [{a.question: a for a in item.answers} for item in deliverable.items]
    _table(
        book.create_sheet("Terms"),
        ["Contract", *(LABEL_OF[key] for key in KEYS), "Authors"],
        [30, *(_WIDTHS.get(key, 16) for key in KEYS), 24],
        (
            [item.name, *(shown(by_key.get(key)) for key in KEYS), ", ".join(item.authors)]
            for item, by_key in zip(deliverable.items, answers, strict=True)
        ),
        frozen="B2",
    )
    _table(
        book.create_sheet("Quotes"),
        ["Contract", "Category", "Value", "Quote", "Start", "End", "Page", "Document", "Authors"],
        [30, 26, 22, 90, 9, 9, 7, 30, 24],
        (row for item in deliverable.items for row in _quotes(item)),
        frozen="C2",
    )
    _table(
        book.create_sheet("Obligations"),
        ["Date", "Contract", "Event", "How it is computed", "Category"],
        [12, 30, 36, 44, 32],
        (
            [o.day or "no date", o.contract, o.event, o.arithmetic, LABEL_OF[o.question]]
            for o in calendar(deliverable.items)
        ),
        frozen="A2",
    )
    _table(book.create_sheet("About"), ["Fact", "Value"], [30, 80], _facts(deliverable), "A2")
    buffer = io.BytesIO()
    book.save(buffer)
    return repacked(buffer.getvalue())


def _quotes(item: RenderedItem) -> Iterable[list[Json]]:
    """One row for each piece of evidence; offsets count code points from 0."""
    authors = ", ".join(item.authors)
    for answer in item.answers:
        value, label = shown(answer), LABEL_OF.get(answer.question, answer.question)
        for e in answer.evidence:
            if isinstance(e, TextRange):
                page = e.page or item.source.page_of(e.start)
                where = [e.quote, e.start, e.end, page, e.document]
            elif isinstance(e, Computation):
                where = [computed(e), None, None, None, "computed"]
            else:
                continue
            yield [item.name, label, value, *where, authors]


def computed(evidence: Computation) -> str:
    """A calculation on one line: expression, inputs, result."""
    inputs = ", ".join(f"{name} {value}" for name, value in evidence.inputs.items())
    return f"{evidence.expression}: {inputs} → {evidence.result}"


def _facts(deliverable: Deliverable) -> Iterable[list[Json]]:
    yield ["Title", deliverable.title]
    yield ["Engagement", deliverable.engagement]
    yield ["Guideline version", deliverable.guideline_version]
    yield ["Contracts", len(deliverable.items)]
    for name, value in deliverable.terms.items():
        yield [name, value]


def _table(
    sheet: Worksheet,
    heads: list[str],
    widths: list[int],
    rows: Iterable[list[Any]],
    frozen: str,
) -> None:
    """A sheet with a head that stays in view, a filter, widths and wrapped cells."""
    for column, (head, width) in enumerate(zip(heads, widths, strict=True), 1):
        cell = sheet.cell(1, column, head)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[get_column_letter(column)].width = width
    top = Alignment(wrap_text=True, vertical="top")
    last = 1
    for last, row in enumerate(rows, 2):
        for column, value in enumerate(row, 1):
            _write(sheet.cell(last, column), value)
            sheet.cell(last, column).alignment = top
    sheet.freeze_panes = frozen
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{last}"


def _write(cell: Any, value: Json) -> None:
    """A value in a cell; text stays text, also where a spreadsheet would take it for a formula."""
    if isinstance(value, str):
        text = printable(value)
        cell.value = text if len(text) <= _LIMIT else text[:_LIMIT] + "…"
        if text[:1] in ("=", "+", "-", "@", "\t", "\r"):
            cell.data_type = "s"
            cell.quotePrefix = True
        return
    cell.value = value
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
