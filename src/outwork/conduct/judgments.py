"""Import of answers: what a person found, in a csv or xlsx file.

Columns: file, question, value, quote, start (optional), seconds (optional). A question with several
quotes has several rows; a row without a value says "not present". A table value is JSON.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from outwork.practices import LONGEST_EFFORT, Service
from outwork.vocabulary import (
    Answer,
    BadInput,
    Evidence,
    Json,
    Kind,
    Origin,
    Question,
    SourceText,
    TextRange,
)

COLUMNS = ("file", "question", "value", "quote")
LARGEST = 200_000_000  # bytes
csv.field_size_limit(10_000_000)


@dataclass(frozen=True, slots=True)
class Judgment:
    """One row: where it stands, and what it says."""

    row: int
    question: str
    value: str
    quote: str
    start: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Judgments:
    """Everything one person brought, by name of input file."""

    path: Path
    by_file: Mapping[str, Sequence[Judgment]]

    def answers(
        self, service: Service, source: SourceText, *, unlisted_is_absent: bool
    ) -> list[Answer] | None:
        """Answers to every question about one input, or None if the file brings none for it.

        Raises BadInput naming file, row and reason: an unknown question, a quote that is not in
        the source, a question without a row (unless `unlisted_is_absent`).
        """
        rows = self.by_file.get(source.name)
        if rows is None:
            return None
        grouped: dict[str, list[Judgment]] = {}
        known = {q.key for q in service.questions}
        for row in rows:
            if row.question not in known:
                raise self._bad(row, "unknown-question", question=row.question)
            grouped.setdefault(row.question, []).append(row)
        answers = []
        for question in service.questions:
            given = grouped.get(question.key, [])
            if not given and not unlisted_is_absent:
                raise BadInput(
                    "question-unlisted", file=str(self.path), input=source.name,
                    question=question.key,
                )  # fmt: skip
            answers.append(self._answer(question, source, given))
        return answers

    def _answer(self, question: Question, source: SourceText, rows: list[Judgment]) -> Answer:
        places: list[Evidence] = [self._place(row, source) for row in rows if row.quote]
        value = next((row.value for row in rows if row.value), "")
        return Answer(
            question=question.key,
            value=self._value(question, value, rows),
            evidence=tuple(places),
            origin=Origin.IMPORTED,
            seconds=sum(row.seconds for row in rows),
        )

    def _value(self, question: Question, text: str, rows: list[Judgment]) -> Json:
        if not text:
            return "no" if "no" in question.options else None
        if question.kind in (Kind.TABLE, Kind.MULTI_CHOICE, Kind.RANKING, Kind.SPANS, Kind.NUMBER):
            try:
                return json.loads(text)
            except ValueError:
                raise self._bad(rows[0], "value-not-json", question=question.key) from None
        if question.kind is Kind.RATING:
            try:
                return int(text)
            except ValueError:
                raise self._bad(rows[0], "not-a-number", question=question.key) from None
        return text

    def _place(self, row: Judgment, source: SourceText) -> TextRange:
        found = locate(source.text, row.quote, row.start)
        if found is None:
            raise self._bad(row, "quote-not-in-source", input=source.name, question=row.question)
        start, end = found
        return TextRange(
            document=source.name,
            start=start,
            end=end,
            quote=source.text[start:end],
            page=source.page_of(start),
            extractor=source.extractor,
            extractor_version=source.extractor_version,
            text_digest=source.text_digest,
        )

    def _bad(self, row: Judgment, code: str, **params: Json) -> BadInput:
        return BadInput(code, file=str(self.path), row=row.row, **params)


def answer_from_json(plain: Mapping[str, Json], source: SourceText) -> Answer:
    """An answer as `outwork draft --json` prints it; raises KeyError or TypeError if malformed."""
    return Answer(
        question=str(plain["question"]),
        value=plain["value"],
        evidence=tuple(
            TextRange(
                document=source.name,
                start=int(e["start"]),
                end=int(e["end"]),
                quote=str(e["quote"]),
                page=source.page_of(int(e["start"])),
                extractor=source.extractor,
                extractor_version=source.extractor_version,
                text_digest=source.text_digest,
            )
            for e in plain["evidence"]
        ),
        confidence=plain.get("confidence"),
    )


def locate(text: str, quote: str, start: int | None = None) -> tuple[int, int] | None:
    """Where a quote stands: at `start`, else its first occurrence, else up to white space."""
    if start is not None and text[start : start + len(quote)] == quote:
        return start, start + len(quote)
    at = text.find(quote)
    if at >= 0:
        return at, at + len(quote)
    loose = r"\s+".join(re.escape(word) for word in quote.split())
    match = re.search(loose, text) if loose else None
    return (match.start(), match.end()) if match else None


def read_judgments(path: Path) -> Judgments:
    """Read a csv (UTF-8) or xlsx file; raises BadInput naming file, row and reason."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadInput("file-too-large", file=str(path), largest=LARGEST)
        rows = list(_xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path))
    except OSError as error:
        raise BadInput("file-unreadable", file=str(path), problem=error.strerror or "") from None
    except UnicodeDecodeError:
        raise BadInput("not-utf8", file=str(path)) from None
    except (csv.Error, KeyError, ValueError) as error:
        raise BadInput("file-unreadable", file=str(path), problem=str(error)) from None
    except Exception as error:  # openpyxl raises whatever its parsers raise on a damaged file
        if isinstance(error, BadInput):
            raise
        raise BadInput("file-unreadable", file=str(path), problem=type(error).__name__) from None
    if not rows:
        raise BadInput("file-empty", file=str(path))
    header = [str(c or "").strip().lower() for c in rows[0]]
    for column in COLUMNS:
        if column not in header:
            raise BadInput("column-missing", file=str(path), row=1, column=column)
    found: dict[str, list[Judgment]] = {}
    for number, cells in enumerate(rows[1:], start=2):
        texts = ["" if c is None else str(c) for c in cells]
        if any(texts[len(header) :]):
            raise BadInput("row-too-long", file=str(path), row=number)
        row = dict(zip_longest(header, texts[: len(header)], fillvalue=""))
        if any(row.values()):
            if not row["file"]:
                raise BadInput("row-without-file", file=str(path), row=number)
            found.setdefault(row["file"], []).append(_judgment(path, number, row))
    return Judgments(path, found)


def _judgment(path: Path, number: int, row: Mapping[str, str]) -> Judgment:
    try:
        start = int(float(row["start"])) if row.get("start") else None
        seconds = float(row.get("seconds") or 0)
        if not 0 <= seconds <= LONGEST_EFFORT:
            raise ValueError("not an effort")
    except (ValueError, OverflowError):
        raise BadInput("not-a-number", file=str(path), row=number) from None
    return Judgment(
        number, row["question"].strip(), row["value"].strip(), row["quote"], start, seconds
    )


def _csv(path: Path) -> Iterator[Sequence[Any]]:
    yield from csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))


def _xlsx(path: Path) -> Iterator[Sequence[Any]]:
    import openpyxl  # a fifth of a second that only a workbook is worth

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        yield from book.worksheets[0].iter_rows(values_only=True)
    finally:
        book.close()
