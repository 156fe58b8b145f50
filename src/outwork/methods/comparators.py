"""One comparator per kind of question, used alike for control items, agreement and consensus.

Values are plain JSON; None means "not present". `similarity` gives a share from 0 to 1, `agree`
says whether that share reaches the kind's threshold. Both are symmetric in the two values.

kind          value                              settings (default)
choice        str                                -
multi-choice  list[str]                          - (Jaccard index)
number        {"value": "12.5", "unit": "USD"}   absolute "0", relative "0" (tolerances)
date          "YYYY-MM-DD"                       tolerance_days 0
text          str                                match "exact" or "tokens" (F1 of tokens)
spans         list[[start, end]], list[str]      - (Jaccard of characters; F1 of matched quotes)
ranking       list[str]                          - (Kendall, ties for what one list lacks)
table         list[dict]                         keys [], columns {name: {"kind": ..., settings}}
rating        int                                low 1, high 5, tolerance 0
file          SHA-256 in hex                     -

Every kind also takes ``threshold``: 1 unless it is spans (0.5) or text by tokens (0.8).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date as _date
from decimal import Decimal, InvalidOperation
from math import nextafter
from typing import Any

import numpy as np

__all__ = ["KINDS", "agree", "normalised", "similarity"]

_ALMOST = nextafter(1.0, 0.0)  # as alike as values can be that are not the same
_SAME_QUOTE = 0.5  # token Jaccard from which two quotes are the same passage
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")
_HEX = re.compile(r"[0-9a-f]{64}")


def similarity(kind: str, a: Any, b: Any, **settings: Any) -> float:
    """How alike two values of one kind are, from 0 to 1; 1 means the same within tolerance.

    Both not present is 1, one not present is 0.

    Raises:
        ValueError: unknown kind or setting, or a value that is not of the kind.

    >>> similarity("multi-choice", ["a", "b"], ["b", "c"])
    0.3333333333333333
    """
    settings.pop("threshold", None)
    compare = _comparator(kind, settings)
    if a is None or b is None:
        return 1.0 if a is b else 0.0
    return compare(a, b, **settings)


def agree(kind: str, a: Any, b: Any, **settings: Any) -> bool:
    """Whether two values of one kind count as the same answer. Errors as for `similarity`.

    >>> agree("number", {"value": "12.5", "unit": "USD"}, {"value": "12.50", "unit": "USD"})
    True
    """
    threshold = settings.get("threshold", _usual_threshold(kind, settings))
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        raise ValueError(f"threshold: must be a number, not {threshold!r}")
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold: must be above 0 and at most 1, not {threshold!r}")
    return similarity(kind, a, b, **settings) >= threshold


def normalised(text: str) -> str:
    """Text without differences of case, width, punctuation or white space, for comparing."""
    return " ".join(_tokens(text)) or " ".join(unicodedata.normalize("NFKC", text).split())


def _comparator(kind: str, settings: Mapping[str, Any]) -> Callable[..., float]:
    try:
        compare, allowed = _COMPARATORS[kind]
    except (KeyError, TypeError):
        raise ValueError(f"kind: {kind!r} is not one of {', '.join(KINDS)}") from None
    unknown = sorted(set(settings) - allowed)
    if unknown:
        raise ValueError(f"{unknown[0]}: is not a setting of {kind}")
    return compare


def _usual_threshold(kind: str, settings: Mapping[str, Any]) -> float:
    if kind == "spans":
        return 0.5
    return 0.8 if kind == "text" and settings.get("match") == "tokens" else 1.0


def _choice(a: Any, b: Any) -> float:
    return float(_string("choice", a) == _string("choice", b))


def _multi_choice(a: Any, b: Any) -> float:
    return _jaccard(set(_strings("multi-choice", a)), set(_strings("multi-choice", b)))


def _number(a: Any, b: Any, *, absolute: Any = "0", relative: Any = "0") -> float:
    (x, unit_x), (y, unit_y) = _quantity(a), _quantity(b)
    gap_allowed, share = _not_negative("absolute", absolute), _not_negative("relative", relative)
    if unit_x != unit_y:
        return 0.0
    gap, size = abs(x - y), max(abs(x), abs(y))
    if gap <= max(gap_allowed, share * size):
        return 1.0
    return min(_ALMOST, max(0.0, float(1 - gap / size)))


def _day(a: Any, b: Any, *, tolerance_days: int = 0) -> float:
    if _integer("tolerance_days", tolerance_days) < 0:
        raise ValueError(f"tolerance_days: must not be negative, not {tolerance_days}")
    return float(abs((_calendar(a) - _calendar(b)).days) <= tolerance_days)


def _text(a: Any, b: Any, *, match: str = "exact") -> float:
    a, b = _string("text", a), _string("text", b)
    if match == "exact":
        return float(normalised(a) == normalised(b))
    if match != "tokens":
        raise ValueError(f'match: must be "exact" or "tokens", not {match!r}')
    if normalised(a) == normalised(b):
        return 1.0
    x, y = Counter(_tokens(a)), Counter(_tokens(b))
    shared, total = (x & y).total(), x.total() + y.total()
    return min(_ALMOST, 2 * shared / total) if total else 0.0


def _spans(a: Any, b: Any) -> float:
    if not (isinstance(a, list) and isinstance(b, list)):
        raise ValueError("spans: must be a list")
    if not a or not b:
        for given in (a, b):
            _passages(given)
        return float(not a and not b)
    x, y = _passages(a), _passages(b)
    if isinstance(x[0], str) != isinstance(y[0], str):
        raise ValueError("spans: one value has positions and the other quotes")
    if isinstance(x[0], str):
        return _quote_f1(x, y)
    x, y = _merged(x), _merged(y)
    shared = _overlap(x, y)
    union = sum(e - s for s, e in x) + sum(e - s for s, e in y) - shared
    return shared / union if union else float(x == y)


def _ranking(a: Any, b: Any) -> float:
    x, y = _strings("ranking", a), _strings("ranking", b)
    for given in (x, y):
        if len(set(given)) != len(given):
            raise ValueError("ranking: an entry appears twice")
    entries = sorted(set(x) | set(y))
    if len(entries) < 2:
        return float(x == y)
    first, second = (
        np.array([order.get(e, len(order)) for e in entries])
        for order in ({e: i for i, e in enumerate(given)} for given in (x, y))
    )
    upper = np.triu_indices(len(entries), 1)
    signs = [np.sign(v[:, None] - v[None, :])[upper] for v in (first, second)]
    penalty = np.abs(signs[0] - signs[1]).sum() / 2
    return 1.0 if x == y else min(_ALMOST, 1.0 - float(penalty) / len(upper[0]))


def _table(
    a: Any, b: Any, *, keys: list[str] | None = None, columns: Mapping[str, Any] | None = None
) -> float:
    keys = _strings("keys", keys or [])
    x, y = _rows(a, keys), _rows(b, keys)
    same = cells = 0
    for key in x.keys() | y.keys():
        left, right = x.get(key), y.get(key)
        names = ((left or {}).keys() | (right or {}).keys()) - set(keys)
        cells += max(1, len(names))
        if left is None or right is None:
            continue
        same += sum(_cells_agree(left.get(n), right.get(n), (columns or {}).get(n)) for n in names)
        same += not names
    return same / cells if cells else 1.0


def _rating(a: Any, b: Any, *, low: int = 1, high: int = 5, tolerance: int = 0) -> float:
    low, high = _integer("low", low), _integer("high", high)
    if low >= high:
        raise ValueError(f"low: {low} must be below high {high}")
    for value in (a, b):
        if not low <= _integer("rating", value) <= high:
            raise ValueError(f"rating: {value} is not on the scale {low} to {high}")
    gap = abs(a - b)
    return 1.0 if gap <= _integer("tolerance", tolerance) else 1.0 - gap / (high - low)


def _file(a: Any, b: Any) -> float:
    digests = [_string("file", value).lower() for value in (a, b)]
    if not all(_HEX.fullmatch(digest) for digest in digests):
        raise ValueError("file: must be a SHA-256 digest of 64 hexadecimal digits")
    return float(digests[0] == digests[1])


_COMPARATORS: dict[str, tuple[Callable[..., float], frozenset[str]]] = {
    "choice": (_choice, frozenset()),
    "multi-choice": (_multi_choice, frozenset()),
    "number": (_number, frozenset({"absolute", "relative"})),
    "date": (_day, frozenset({"tolerance_days"})),
    "text": (_text, frozenset({"match"})),
    "spans": (_spans, frozenset()),
    "ranking": (_ranking, frozenset()),
    "table": (_table, frozenset({"keys", "columns"})),
    "rating": (_rating, frozenset({"low", "high", "tolerance"})),
    "file": (_file, frozenset()),
}
KINDS = tuple(_COMPARATORS)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def _jaccard(x: set[Any], y: set[Any]) -> float:
    return len(x & y) / len(x | y) if x or y else 1.0


def _string(kind: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{kind}: must be a text, not {value!r}")
    return value


def _strings(kind: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValueError(f"{kind}: must be a list of texts, not {value!r}")
    return value


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name}: must be a whole number, not {value!r}")
    return value


def _decimal(name: str, value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or isinstance(value, bool):
        raise ValueError(f"{name}: must be a decimal number, not {value!r}")
    return number


def _not_negative(name: str, value: Any) -> Decimal:
    number = _decimal(name, value)
    if number < 0:
        raise ValueError(f"{name}: must not be negative, not {value!r}")
    return number


def _quantity(value: Any) -> tuple[Decimal, str | None]:
    if not isinstance(value, dict) or not {"value"} <= value.keys() <= {"value", "unit"}:
        raise ValueError(f'number: must be {{"value": ..., "unit": ...}}, not {value!r}')
    unit = value.get("unit")
    return _decimal("number", value["value"]), None if unit is None else _string("unit", unit)


def _calendar(value: Any) -> _date:
    try:
        if len(_string("date", value)) == 10:
            return _date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError(f"date: must be YYYY-MM-DD, not {value!r}")


def _passages(value: list[Any]) -> list[Any]:
    if all(isinstance(v, str) for v in value):
        return value
    for v in value:
        if not isinstance(v, list | tuple) or len(v) != 2:
            raise ValueError(f"spans: must be [start, end] pairs or quotes, not {v!r}")
        start, end = (_integer("spans", edge) for edge in v)
        if not 0 <= start <= end:
            raise ValueError(f"spans: start {start} and end {end} are not in order")
    return [(v[0], v[1]) for v in value]


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _overlap(x: list[tuple[int, int]], y: list[tuple[int, int]]) -> int:
    """Characters in both of two lists of disjoint spans in ascending order."""
    i = j = shared = 0
    while i < len(x) and j < len(y):
        shared += max(0, min(x[i][1], y[j][1]) - max(x[i][0], y[j][0]))
        if x[i][1] <= y[j][1]:
            i += 1
        else:
            j += 1
    return shared


def _quote_f1(x: list[str], y: list[str]) -> float:
    """F1 of the largest matching of quotes that share at least half of their tokens."""
    left, right = ([set(_tokens(quote)) or {quote} for quote in given] for given in (x, y))
    edges = [[j for j, r in enumerate(right) if _jaccard(s, r) >= _SAME_QUOTE] for s in left]
    partner: dict[int, int] = {}

    def place(i: int, tried: set[int]) -> bool:
        for j in edges[i]:
            if j not in tried:
                tried.add(j)
                if j not in partner or place(partner[j], tried):
                    partner[j] = i
                    return True
        return False

    matched = sum(place(i, set()) for i in range(len(left)))
    return 2 * matched / (len(x) + len(y))


def _rows(value: Any, keys: list[str]) -> dict[Any, dict[str, Any]]:
    """Rows by their key columns; a repeated key, or no key at all, is told apart by position."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise ValueError("table: must be a list of rows, each an object")
    seen: Counter[Any] = Counter()
    rows: dict[Any, dict[str, Any]] = {}
    for row in value:
        missing = [key for key in keys if key not in row]
        if missing:
            raise ValueError(f"table: a row lacks the key column {missing[0]!r}")
        key = tuple(normalised(str(row[name])) for name in keys)
        rows[key, seen[key]] = row
        seen[key] += 1
    return rows


def _cells_agree(a: Any, b: Any, column: Mapping[str, Any] | None) -> bool:
    if column is not None:
        settings = dict(column)
        return agree(settings.pop("kind", "text"), a, b, **settings)
    if isinstance(a, str) and isinstance(b, str):
        return agree("text", a, b)
    return bool(a == b)
