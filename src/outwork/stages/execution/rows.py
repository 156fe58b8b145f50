"""Rows of a jsonl, csv or xlsx file as inputs: each a text, or a fault at its line.

A row's text is its fields in order, one `field: value` a line; a row whose only field beside its
name is `text` is that text as it stands. Its name is the field `name`, else `id`, else none.
Reading takes pieces of the file as they come and holds one row at a time; every row says how many
bytes of the file lie behind it, so that reading goes on from there after whatever happened.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, NoReturn

import openpyxl
from pydantic_core import from_json

from outwork.vocabulary import BadInput

LARGEST_ROW = 1024 * 1024  # bytes as written
LARGEST_NAME = 200  # characters
LARGEST_XLSX = 64 * 1024 * 1024  # bytes as they come
LARGEST_UNPACKED = 512 * 1024 * 1024
MOST_COLUMNS = 1_000
NAMES = ("name", "id")
csv.field_size_limit(10_000_000)  # of a cell; a row is held to its own limit


class RowFormat(StrEnum):
    """How rows are written in a file."""

    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"


class Row(NamedTuple):
    """An input: where it stands in its file, its own name if it has one, and what it says."""

    line: int
    end: int
    name: str
    text: str


class Fault(NamedTuple):
    """A row that cannot be taken in: its line, a code, and the cell or column at fault."""

    line: int
    end: int
    code: str
    place: str


class Header(NamedTuple):
    """What the first line of a csv file says: columns, what parts them, and the bytes of it."""

    columns: tuple[str, ...]
    delimiter: str
    end: int


class _Bad(Exception):
    def __init__(self, code: str, place: str = "") -> None:
        super().__init__(code)
        self.code, self.place = code, place


def fingerprint(row: Row) -> bytes:
    """What two rows have in common exactly when they say the same."""
    return f"{row.name}\0{row.text}".encode()


# --- jsonl ---------------------------------------------------------------------------------------


def jsonl(pieces: Iterable[bytes], start: int = 0, line: int = 0) -> Iterator[Row | Fault]:
    """Rows of JSON objects, one a line; empty lines are passed over.

    `start` bytes and `line` lines of the file lie behind the first piece.
    """
    for number, end, raw in _lines(pieces, start, line):
        if raw is None:
            yield Fault(number, end, "row-too-large", "")
        elif raw.isspace() or not raw:
            continue
        else:
            try:
                name, text = described(_object(raw))
            except _Bad as bad:
                yield Fault(number, end, bad.code, bad.place)
            else:
                yield Row(number, end, name, text)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError:  # seldom; the other reader knows marks of byte order, and says what is wrong
        value = _thoroughly(raw)
    if not isinstance(value, dict):
        raise _Bad("row-no-object")
    return value


def _thoroughly(raw: bytes) -> Any:
    try:
        return _DECODE(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _Bad("row-not-utf8", str(error.start + 1)) from None
    except json.JSONDecodeError as error:
        raise _Bad("row-not-json", str(error.colno)) from None
    except (ValueError, RecursionError):
        raise _Bad("row-not-json") from None


def _no_number(_text: str) -> NoReturn:
    raise ValueError  # NaN and Infinity are no JSON


_DECODE = json.JSONDecoder(parse_constant=_no_number).decode


def described(row: dict[str, Any]) -> tuple[str, str]:
    """A row's name, empty where it has none, and its text; raises _Bad for what cannot be kept."""
    name, parts, texts = "", [], 0
    for key, value in row.items():
        if value is None or value == "":
            continue
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        parts.append(f"{key}: {said}")
        texts += key not in NAMES
    for key in NAMES:
        given = row.get(key)
        if isinstance(given, str | int) and str(given).strip():
            name = " ".join(str(given).split())[:LARGEST_NAME]
            break
    alone = row.get("text") if texts == 1 else None
    text = alone if isinstance(alone, str) and alone else "\n".join(parts)
    if not text or text.isspace():
        raise _Bad("row-empty")
    if "\0" in text or "\0" in name or not _encodable(text) or not _encodable(name):
        raise _Bad("row-unstorable")
    return name, text


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return True


_Line = tuple[int, int, bytes | None]


def _lines(pieces: Iterable[bytes], end: int, line: int) -> Iterator[_Line]:
    """(number, bytes behind it, content) of each line; None for one that is too long to hold."""
    held, passing = b"", 0
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        for content in whole:
            line += 1
            end += passing + len(content) + 1
            yield line, end, None if passing or len(content) > LARGEST_ROW else content
            passing = 0
        if len(held) > LARGEST_ROW:
            passing, held = passing + len(held), b""
    if held or passing:
        yield line + 1, end + passing + len(held), None if passing else held


# --- csv -----------------------------------------------------------------------------------------


def header(pieces: Iterable[bytes], file: str) -> Header:
    """The first line of a csv file; raises BadInput where it names no columns, or one twice."""
    first = next(_lines(pieces, 0, 0), None)
    if first is None:
        raise BadInput("empty-file", file=file)
    _, end, raw = first
    try:
        text = (raw or b"").decode("utf-8-sig").rstrip("\r")
    except UnicodeDecodeError as error:
        raise BadInput("not-utf8", file=file, offset=error.start) from None
    delimiter = max(",;\t", key=text.count)
    columns = tuple(name.strip() for name in next(csv.reader([text], delimiter=delimiter), []))
    if "\0" in text or not columns or not all(columns) or len(columns) > MOST_COLUMNS:
        raise BadInput("header-malformed", file=file)
    if len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        raise BadInput("column-twice", file=file, column=twice)
    return Header(columns, delimiter, end)


def table(
    pieces: Iterable[bytes], head: Header, start: int, line: int = 1
) -> Iterator[Row | Fault]:
    """Rows of a csv file below its header; a quoted cell may hold line ends (RFC 4180).

    `start` bytes and `line` lines of the file lie behind the first piece. After a row that cannot
    be read, a quote that is never closed for one, reading goes on with the next line.
    """
    source = _Source(pieces, start, line)
    parser = csv.reader(source, delimiter=head.delimiter, strict=True)
    while True:
        first = source.begin()
        try:
            cells = next(parser, None)
            if cells is None:
                return
            if not cells:
                continue
            name, text = described(_cells(head, cells))
        except (_Bad, csv.Error) as error:
            bad = error if isinstance(error, _Bad) else _Bad("row-malformed")
            if bad.code in ("row-malformed", "row-too-large"):
                source.back()
                parser = csv.reader(source, delimiter=head.delimiter, strict=True)
            yield Fault(first, source.end, bad.code, bad.place)
        else:
            yield Row(first, source.end, name, text)


def _cells(head: Header, cells: Sequence[str]) -> dict[str, Any]:
    if len(cells) != len(head.columns):
        raise _Bad("row-cells", f"{len(cells)}/{len(head.columns)}")
    for column, cell in zip(head.columns, cells, strict=True):
        if not _encodable(cell):  # bytes that were no UTF-8 stand as halves of pairs
            raise _Bad("row-not-utf8", column)
    return dict(zip(head.columns, cells, strict=True))


class _Source:
    """Lines for the csv parser, counted as it takes them; those of a bad row can go back."""

    def __init__(self, pieces: Iterable[bytes], end: int, line: int) -> None:
        self._lines, self._again = _lines(pieces, end, line), deque[_Line]()
        self.end, self._line = end, line
        self._taken: list[_Line] = []
        self._size = 0

    def begin(self) -> int:
        """A row begins; gives the number of its first line."""
        self._taken, self._size = [], 0
        return self._line + 1

    def back(self) -> None:
        """Give back all lines of the row but its first."""
        self._again.extendleft(reversed(self._taken[1:]))
        if self._taken:
            self._line, self.end, _ = self._taken[0]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        taken = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(taken)
        self._line, self.end, raw = taken
        self._size += len(raw or b"")
        if raw is None or self._size > LARGEST_ROW:
            raise _Bad("row-too-large")
        return raw.decode("utf-8", "surrogateescape") + "\n"


# --- xlsx ----------------------------------------------------------------------------------------


def unpacked(content: bytes, file: str) -> Iterator[bytes]:
    """The first sheet of an xlsx file as lines: [number, {column: value}] or [number, code, cell].

    A formula is a fault, not a value: what it last gave may be stale, and another program may give
    something else. Raises BadInput for what is no xlsx, and for one that unpacks beyond measure.
    """
    _check_archive(content, file)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows()
        columns = _columns(next(rows, ()), file)
        for number, cells in enumerate(rows, start=2):
            try:
                line = [number, _spread(columns, cells)]
            except _Bad as bad:
                line = [number, bad.code, bad.place]
            if line[1]:
                yield json.dumps(line).encode() + b"\n"
    except BadInput:
        raise
    except Exception as error:  # openpyxl raises whatever a damaged part provokes
        raise BadInput("unreadable", file=file, reason="damaged-document") from error


def _check_archive(content: bytes, file: str) -> None:
    if len(content) > LARGEST_XLSX:
        raise BadInput("too-large", file=file, largest=LARGEST_XLSX)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        raise BadInput("unreadable", file=file, reason="damaged-document") from None
    if size > LARGEST_UNPACKED:
        raise BadInput("too-large", file=file, largest=LARGEST_UNPACKED)


def _columns(cells: Sequence[Any], file: str) -> list[str]:
    names = ["" if cell.value is None else str(cell.value).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise BadInput("empty-file", file=file)
    if not all(names) or len(names) > MOST_COLUMNS:
        raise BadInput("header-malformed", file=file)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInput("column-twice", file=file, column=twice)
    return names


def _spread(columns: Sequence[str], cells: Sequence[Any]) -> dict[str, Any]:
    """The values of a row by column; raises _Bad with the cell that cannot be taken."""
    found: dict[str, Any] = {}
    for number, cell in enumerate(cells):
        if cell.value is None:
            continue
        if cell.data_type == "f":
            raise _Bad("row-formula", cell.coordinate)
        if cell.data_type == "e":
            raise _Bad("row-cell-error", cell.coordinate)
        if number >= len(columns):
            raise _Bad("row-cells", cell.coordinate)
        value = cell.value
        plain = isinstance(value, str | int | float | bool)
        found[columns[number]] = value if plain else _date(value)
    return found


def _date(value: Any) -> str:
    written = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return written.removesuffix("T00:00:00")


def sheet(pieces: Iterable[bytes], start: int = 0) -> Iterator[Row | Fault]:
    """Rows of what `unpacked` gave; `start` bytes of it lie behind the first piece."""
    for _, end, raw in _lines(pieces, start, 0):
        number, *found = json.loads(raw or b"")
        if len(found) == 2:
            yield Fault(number, end, *found)
            continue
        try:
            name, text = described(found[0])
        except _Bad as bad:
            yield Fault(number, end, bad.code, bad.place)
        else:
            yield Row(number, end, name, text)
