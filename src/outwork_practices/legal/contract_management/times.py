"""Lengths of time in contracts: found in text, written as ISO 8601, added to dates."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

# --- numbers in words ------------------------------------------------------------------------

_UNITS: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_TENS: Final = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS: Final = (
    {word: number for number, word in enumerate(_UNITS)}
    | {word: 10 * (number + 2) for number, word in enumerate(_TENS)}
    | {"fourty": 40, "ninty": 90, "a": 1, "an": 1}
)
_ORDINALS: Final = (
    {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
    | {f"{word}th": number for number, word in enumerate(_UNITS) if number in (4, 6, 7, 10, 11)}
    | {f"{word}th": number for number, word in enumerate(_UNITS) if number > 12}
    | {f"{word[:-1]}ieth": 10 * (number + 2) for number, word in enumerate(_TENS)}
)
_NUMBER_WORD: Final = "|".join(sorted({*_WORDS, "hundred"} - {"a", "an"}, key=len, reverse=True))
NUMBER_WORDS: Final = rf"(?:{_NUMBER_WORD})(?:(?:[\s-]+(?:and\s+)?)(?:{_NUMBER_WORD}))*"


def number(words: str) -> int | None:
    """The cardinal number that English words up to 999 name, or None.

    >>> number("one hundred and twenty")
    120
    """
    total = 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word == "hundred":
            total = max(total, 1) * 100
        elif word in _WORDS:
            total += _WORDS[word]
        elif word != "and":
            return None
    return total or None


def ordinal(words: str) -> int | None:
    """The ordinal that a word or numeral names ("fifteenth", "twenty-first", "3rd"), or None."""
    numeral = re.match(r"(\d+)(?:st|nd|rd|th)\b", words.strip())
    if numeral:
        return int(numeral[1])
    *tens, last = re.findall(r"[a-z]+", words.lower()) or [""]
    if last not in _ORDINALS:
        return None
    return _ORDINALS[last] + sum(_WORDS.get(word, 0) for word in tens)


# --- durations -------------------------------------------------------------------------------

_UNIT: Final = {"day": "D", "week": "W", "month": "M", "quarter": "M", "year": "Y"}
_FILLER: Final = (
    r"(?:(?:full|additional|consecutive|successive|calendar|business|working|complete|more|further|"
    r"contract|license|fiscal|or\s+more)[\s-]+)*"
)
_DURATION: Final = re.compile(
    rf"(?:\b(?P<words>{NUMBER_WORDS})[\s~-]*)?"
    rf"(?:\b(?P<plain>\d{{1,4}})(?![\d.,/]|\s*%)[\s~-]*)?"
    rf"(?:[(\[]?\s*(?P<numeral>\d{{1,4}})\s*[)\]][\s-]*|\(\s*(?P<inner>{NUMBER_WORDS})\s*\)[\s-]*)?"
    rf"(?:\([Il]\)\s*)?{_FILLER}(?P<unit>day|week|month|quarter|year)s?['’]?(?:\b|(?=[^a-z]))"
    r"(?:\s*\(\s*(?P<after>\d{1,4})\s*\))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time written at text[start:end]: `count` of `unit` (D, W, M or Y).

    `words` and `numeral` hold the two spellings where both are written; they may disagree.
    """

    start: int
    end: int
    count: int
    unit: str
    words: int | None = None
    numeral: int | None = None

    @property
    def iso(self) -> str:
        """ISO 8601; whole years of months are years (P24M is P2Y), days stay days."""
        if self.unit == "M" and self.count % 12 == 0:
            return f"P{self.count // 12}Y"
        return f"P{self.count}{self.unit}"

    @property
    def disagrees(self) -> bool:
        """Whether words and numeral name different numbers, as in "sixty (90) days"."""
        return self.words is not None and self.numeral is not None and self.words != self.numeral


def durations(text: str) -> tuple[Duration, ...]:
    """Every stated length of time in the text, in order; where spellings differ, the words rule."""
    found = []
    for match in _DURATION.finditer(text):
        words = number(match["words"] or match["inner"] or "")
        numerals = [match[name] for name in ("plain", "numeral", "after") if match[name]]
        numeral = int(numerals[0]) if numerals else None
        count = words if words is not None else numeral
        if not count:
            continue
        factor = 3 if match["unit"].lower() == "quarter" else 1
        unit = _UNIT[match["unit"].lower()]
        found.append(Duration(match.start(), match.end(), count * factor, unit, words, numeral))
    return tuple(found)


_ISO: Final = re.compile(r"P(\d+)([DWMY])\Z")


def parsed(iso: str) -> Duration | None:
    """The duration that an answer's value states, or None where it is not one ("P60D" is)."""
    match = _ISO.match(iso)
    return Duration(0, 0, int(match[1]), match[2]) if match and int(match[1]) else None


def later(start: date, by: Duration) -> date:
    """`start` moved by a duration; months and years keep the day, or take the month's last.

    >>> later(date(2020, 2, 29), Duration(0, 0, 10, "Y")).isoformat()
    '2030-02-28'
    """
    if by.unit in "DW":
        return start + timedelta(days=by.count * (7 if by.unit == "W" else 1))
    months = start.month - 1 + by.count * (12 if by.unit == "Y" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def earlier(end: date, by: Duration) -> date:
    """`end` moved back by a duration, with the same rule for short months."""
    return later(end, Duration(0, 0, -by.count, by.unit))


def days(length: Duration) -> int:
    """The length in days, a month counted as 30 and a year as 365: for comparing only."""
    return length.count * {"D": 1, "W": 7, "M": 30, "Y": 365}[length.unit]
