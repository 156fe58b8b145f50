"""The summary for readers: the portfolio at a glance, then a page for each contract."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

import docx
from docx.oxml import OxmlElement
from docx.shared import Pt

from outwork.practices import Deliverable, RenderedItem
from outwork.vocabulary import Answer, TextRange
from outwork_practices.legal.contract_management.archive import printable, repacked
from outwork_practices.legal.contract_management.categories import KEYS, LABEL_OF
from outwork_practices.legal.contract_management.obligations import calendar

Shown = Callable[[Answer | None], str | date]

_KEY_TERMS: Final = (
    "document-name", "parties", "agreement-date", "effective-date", "expiration-date",
    "renewal-term", "notice-period-to-terminate-renewal", "governing-law", "warranty-duration",
)  # fmt: skip
_QUOTE: Final = 500  # characters of a quote printed here; the abstraction sheet has all of it
_NEXT: Final = 40  # obligations listed in the overview


def summary(deliverable: Deliverable, shown: Shown) -> bytes:
    """The document's bytes; `shown` words a value. Equal input gives equal bytes."""
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author = printable(deliverable.title), ""
    properties.created = properties.modified = datetime(1980, 1, 1)  # noqa: DTZ001 - a fixed stamp
    document.styles["Normal"].font.size = Pt(10)
    document.add_heading(printable(deliverable.title), 0)
    facts = [("Engagement", deliverable.engagement), ("Contracts", str(len(deliverable.items)))]
    facts += [("Guideline version", str(deliverable.guideline_version)), *deliverable.terms.items()]
    _table(document, ("Fact", "Value"), facts)
    _overview(document, deliverable.items, shown)
    for item in deliverable.items:
        _contract(document, item, shown)
    buffer = io.BytesIO()
    document.save(buffer)
    return repacked(buffer.getvalue())


def _overview(document: Any, items: Sequence[RenderedItem], shown: Shown) -> None:
    """Who and until when; what falls due; how many contracts have which clause."""
    document.add_heading("Portfolio", 1)
    columns = ("parties", "effective-date", "expiration-date", "renewal-term", "governing-law")
    held = [{a.question: a for a in item.answers} for item in items]
    _table(
        document,
        ("Contract", *(LABEL_OF[key] for key in columns)),
        (
            (item.name, *(str(shown(answers.get(key))) for key in columns))
            for item, answers in zip(items, held, strict=True)
        ),
    )
    document.add_heading("Obligations by date", 1)
    dated = [o for o in calendar(items) if o.day]
    _table(
        document,
        ("Date", "Contract", "Event", "How it is computed"),
        ((str(o.day), o.contract, o.event, o.arithmetic) for o in dated[:_NEXT]),
    )
    if len(dated) > _NEXT:
        document.add_paragraph(f"{len(dated) - _NEXT} more are in the abstraction sheet.")
    document.add_heading("Clauses across the portfolio", 1)
    counts = [(key, sum(_is_present(answers.get(key)) for answers in held)) for key in KEYS]
    _table(
        document,
        ("Clause", "Contracts that have it"),
        ((LABEL_OF[key], f"{count} of {len(items)}") for key, count in counts),
    )


def _contract(document: Any, item: RenderedItem, shown: Shown) -> None:
    """One contract from the top of a page: key terms, clauses with citations, what is absent."""
    document.add_page_break()
    document.add_heading(printable(item.name), 1)
    if item.authors:
        document.add_paragraph(f"Abstracted by {printable(', '.join(item.authors))}")
    answers = {a.question: a for a in item.answers}
    _table(
        document,
        ("Term", "Value", "Source"),
        (
            (LABEL_OF[key], str(shown(answers.get(key))), _cited(item, answers.get(key)))
            for key in _KEY_TERMS
        ),
    )
    document.add_heading("Clauses", 2)
    others = [key for key in KEYS if key not in _KEY_TERMS]
    for key in others:
        answer = answers.get(key)
        if answer and _is_present(answer):
            paragraph = document.add_paragraph(style="List Bullet")
            paragraph.add_run(f"{LABEL_OF[key]}. ").bold = True
            paragraph.add_run(" … ".join(_quoted(item, place) for place in _places(answer)))
    absent = [LABEL_OF[key] for key in others if not _is_present(answers.get(key))]
    document.add_paragraph(f"Not in this document: {', '.join(absent)}.")


def _is_present(answer: Answer | None) -> bool:
    return answer is not None and (answer.value not in (None, "no", []) or bool(answer.evidence))


def _places(answer: Answer) -> list[TextRange]:
    return [e for e in answer.evidence if isinstance(e, TextRange)]


def _cited(item: RenderedItem, answer: Answer | None) -> str:
    return "; ".join(_location(item, place) for place in _places(answer)) if answer else ""


def _location(item: RenderedItem, place: TextRange) -> str:
    page = place.page or item.source.page_of(place.start)
    return f"p. {page}, {place.start}–{place.end}"


def _quoted(item: RenderedItem, place: TextRange) -> str:
    quote = " ".join(printable(place.quote).split())
    if len(quote) > _QUOTE:
        quote = quote[:_QUOTE].rsplit(" ", 1)[0] + " …"
    return f"“{quote}” [{_location(item, place)}]"


def _table(document: Any, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table whose first row is bold and repeats on every page."""
    table = document.add_table(1, len(heads), style="Light Grid Accent 1")
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        cell.text = head
    table.rows[0]._tr.get_or_add_trPr().append(_repeats())  # noqa: SLF001 - no public name for it
    for row in rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = printable(value)
    document.add_paragraph()


def _repeats() -> Any:
    return OxmlElement("w:tblHeader")
