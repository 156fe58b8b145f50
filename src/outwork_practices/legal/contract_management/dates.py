"""Dates in running text: where they stand, and their ISO form.

Understood: "May 8, 2014", "8th day of May 2014", "1st January, 2019", "5/8/14", "12-23-2019",
"2014-05-08", "14t h day of April, 2015" (a scanning fault), and forms with blanks to fill in,
which have a place but no ISO form. Numeric dates are month first, as in American contracts,
unless the first number exceeds 12.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_MONTH = (
    r"(?P<month{n}>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|"
    r"Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_BLANK = r"[_\[\]*.\u2022\u25cf\u00b7]{2,}|\[[\s_*\u2022\u25cf\u00b7]*\]"
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip
_DAY = (
    r"(?:\(?\d{1,2}(?:\s?(?:st|nd|rd|th|t\s?h|s\s?t|n\s?d|r\s?d)\b)?\)?"
    rf"|(?:{_BLANK})(?:st|nd|rd|th)?|{'|'.join(_ORDINALS)})"
)
_YEAR = rf"(?:(?:19|20)\s?\d\s?\d|(?:19|20)?(?:{_BLANK})|(?:19|20)\d_+)"
_DATE = re.compile(
    rf"(?<![A-Za-z0-9/])(?:the\s+)?(?:"
    rf"(?P<day1>{_DAY})\s*(?:day\s*)?(?:of\s+)?{_MONTH.format(n=1)}(?:\s+day)?(?:\s+of)?\s*[,.]?\s*"
    rf"(?:in\s+the\s+year\s+)?(?P<year1>{_YEAR})"
    rf"|{_MONTH.format(n=2)}\.?\s*(?P<day2>{_DAY})?\s*(?:,|\.|\s)\s*(?:of\s+)?(?P<year2>{_YEAR})"
    rf"|(?:(?P<day3>{_DAY})\s*)?day\s+of\s+(?:{_BLANK})?\s*,\s*(?P<year3>{_YEAR})"
    rf"|(?:_{{3,}}|\[[\s_*\u2022\u25cf\u00b7]*\])\s*,\s*(?P<year5>(?:19|20)\d\d)"
    rf"|(?P<iso>(?:19|20)\d\d-\d\d?-\d\d?)"
    rf"|(?P<a>\d{{1,2}})(?:(?P<mark>[/\-])(?P<b>\d{{1,2}})(?P=mark)(?P<c>(?:19|20)\d\d|\d\d)"
    rf"|\.(?P<b2>\d{{1,2}})\.(?P<c2>(?:19|20)\d\d))(?![\d/])"
    rf")(?![A-Za-z0-9])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DateSpan:
    """text[start:end] is a date; `iso` is YYYY-MM-DD, or None where a part is missing."""

    start: int
    end: int
    iso: str | None


def _number(text: str | None) -> int | None:
    digits = re.sub(r"\D", "", text or "")
    return int(digits) if digits else None


def _day(text: str | None) -> int | None:
    word = (text or "").lower()
    return _ORDINALS.index(word) + 1 if word in _ORDINALS else _number(text)


def _iso(year: int | None, month: int | None, day: int | None) -> str | None:
    if year is None or month is None or day is None:
        return None
    if year < 100:
        year += 2000 if year < 50 else 1900
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None


def _month(name: str | None) -> int | None:
    if not name:
        return None
    return next((i for i, m in enumerate(MONTHS, 1) if m.startswith(name[:3].lower())), None)


def _normal(match: re.Match[str]) -> str | None:
    part = match.groupdict()
    if part["iso"]:
        year, month, day = (int(x) for x in part["iso"].split("-"))
        return _iso(year, month, day)
    if part["a"]:
        first = int(part["a"])
        second, year = int(part["b"] or part["b2"]), int(part["c"] or part["c2"])
        month, day = (first, second) if first <= 12 else (second, first)
        return _iso(year, month, day)
    year_text = part["year1"] or part["year2"] or ""
    if not re.fullmatch(r"(?:19|20)\s?\d\s?\d", year_text):
        return None
    return _iso(
        _number(year_text),
        _month(part["month1"] or part["month2"]),
        _day(part["day1"] or part["day2"]),
    )


def find(text: str, start: int = 0, end: int | None = None) -> list[DateSpan]:
    """Every date in text[start:end], in order; offsets count code points of `text`."""
    return [
        DateSpan(m.start() + (4 if m.group()[:4].lower() == "the " else 0), m.end(), _normal(m))
        for m in _DATE.finditer(text, start, len(text) if end is None else end)
    ]


def normalise(text: str) -> str | None:
    """ISO form of the first complete date in `text`, or None."""
    return next((d.iso for d in find(text) if d.iso), None)
