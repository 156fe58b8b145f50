"""Canonical JSON, written a second time (RFC 8785).

Ordinary lines (ASCII, no fractions, no long numbers) are compared with the standard library's own
encoder, which spells them canonically; everything else is spelled out here.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

MAX_INTEGER = (1 << 53) - 1
MAX_DEPTH = 64


class CanonicalError(ValueError):
    """Bytes are not the canonical form of a JSON value."""


class _Unusual(Exception):
    """The value needs the slow spelling."""


_UNREAD = object()
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r"}
_ESCAPES["\t"] = "\\t"
_SPECIAL = re.compile(r'["\\\x00-\x1f]')


def decode(data: bytes) -> Any:
    """The value whose canonical form is exactly `data`; raises CanonicalError otherwise."""
    try:
        text = data.decode("utf-8")
        value = _read_ordinary(text)
        if value is _UNREAD:
            value = _STRICT.decode(text)
            if encode(value) != data:
                raise CanonicalError("not in canonical form")
    except RecursionError as error:
        raise CanonicalError("nested too deeply") from error
    except CanonicalError:
        raise
    except ValueError as error:
        raise CanonicalError("not JSON") from error
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        _check_depth(value, 0)
    return value


def _read_ordinary(text: str) -> Any:
    try:
        value = _ORDINARY.decode(text)
    except _Unusual:
        return _UNREAD
    return value if text.isascii() and _PLAIN.encode(value) == text else _UNREAD


def encode(value: Any) -> bytes:
    """The canonical UTF-8 bytes of a value; raises CanonicalError if it has none."""
    try:
        return _spell(value, 0).encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError("a lone surrogate") from error


def _spell(value: Any, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise CanonicalError("nested too deeply")
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _spell_text(value)
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise CanonicalError("an integer beyond 2**53 - 1")
        return str(value)
    if isinstance(value, float):
        return _spell_float(value)
    if isinstance(value, list):
        return "[" + ",".join(_spell(item, depth + 1) for item in value) + "]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        pairs = (f"{_spell_text(name)}:{_spell(value[name], depth + 1)}" for name in names)
        return "{" + ",".join(pairs) + "}"
    raise CanonicalError("not a JSON value")


def _spell_text(text: str) -> str:
    return '"' + _SPECIAL.sub(lambda m: _ESCAPES.get(m[0], f"\\u{ord(m[0]):04x}"), text) + '"'


def _spell_float(value: float) -> str:
    """ECMAScript's Number::toString, from the shortest digits that read back the same."""
    if not math.isfinite(value):
        raise CanonicalError("not a finite number")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or "0")
    digits = whole + fraction
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def _check_depth(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise CanonicalError("nested too deeply")
    if isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            _check_depth(item, depth + 1)


def _unusual(_: str) -> NoReturn:
    raise _Unusual


def _small_integer(digits: str) -> int:
    if len(digits) > 15:
        raise _Unusual
    return int(digits)


def _integer(digits: str) -> int | float:
    if len(digits) <= 17 and abs(number := int(digits)) <= MAX_INTEGER:
        return number
    return float(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise CanonicalError(f"{name} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise CanonicalError("a name occurs twice")
    return value


_PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_ORDINARY = json.JSONDecoder(
    parse_float=_unusual, parse_int=_small_integer, parse_constant=_refuse_constant
)
_STRICT = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_constant=_refuse_constant
)
