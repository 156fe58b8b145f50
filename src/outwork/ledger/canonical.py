"""Canonical JSON: one value, one spelling (RFC 8785).

Values are None, bool, int within +-(2**53 - 1), finite float, str without lone surrogates, list and
dict with str keys. An event, a manifest and every sealed value are hashed in this form.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import rfc8785

MAX_INTEGER = (1 << 53) - 1
MAX_DEPTH = 64


class CanonicalError(ValueError):
    """A value has no canonical form, or bytes are not the canonical form of a value."""


def encode(value: Any) -> bytes:
    """The canonical UTF-8 bytes of a value; raises CanonicalError if it has none (RFC 8785)."""
    if _plain(value, MAX_DEPTH):
        return _ENCODER.encode(value).encode()
    _check_depth(value)
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise CanonicalError(str(error)) from error


def respell(text: str) -> str:
    """The canonical form of a value that the database wrote as JSON; raises as `encode` does.

    Text without fractions, long numbers and characters beyond ASCII takes a fraction of the time.
    """
    deepest = text.count("{") + text.count("[")
    if deepest <= MAX_DEPTH and text.isascii() and "\\u" not in text:
        try:
            return _ENCODER.encode(_QUICK.raw_decode(text)[0])
        except _Unusual:
            pass
    return encode(json.loads(text)).decode()


class _Unusual(Exception):
    """A number whose canonical form the standard library does not write."""


def _unusual(_number: str) -> NoReturn:
    raise _Unusual


def _short(digits: str) -> int:
    if len(digits) > _SURE_DIGITS:
        raise _Unusual
    return int(digits)


_SURE_DIGITS = 15  # of so many any integer is within MAX_INTEGER
_QUICK = json.JSONDecoder(parse_float=_unusual, parse_int=_short, parse_constant=_unusual)

# Where no name leaves ASCII and no number is a float, the standard library writes the same bytes.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _plain(value: Any, deeper: int) -> bool:
    kind = type(value)
    if kind is str:
        return value.isascii() or _SURROGATE.search(value) is None
    if kind is int:
        return bool(-MAX_INTEGER <= value <= MAX_INTEGER)
    if value is None or kind is bool:
        return True
    if deeper <= 0:
        return False
    if kind is dict:
        return all(
            type(name) is str and name.isascii() and _plain(part, deeper - 1)
            for name, part in value.items()
        )
    return (kind is list or kind is tuple) and all(_plain(part, deeper - 1) for part in value)


_SURROGATE = re.compile("[\ud800-\udfff]")


def decode(data: bytes) -> Any:
    """The value whose canonical form is exactly `data`; raises CanonicalError otherwise.

    Duplicate names, NaN, white space, another order, spelling or escape, and nesting deeper than
    64 are all refused. A number beyond 2**53 - 1 is a float, as in RFC 8785.
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
        )
    except CanonicalError:
        raise
    except RecursionError as error:
        raise CanonicalError("nested too deeply") from error
    except ValueError as error:
        raise CanonicalError(f"not JSON: {error}") from error
    if encode(value) != data:
        raise CanonicalError("not in canonical form")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise CanonicalError("a name occurs twice")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise CanonicalError(f"{name} is not JSON")


def _integer(digits: str) -> int | float:
    if len(digits) <= 17 and abs(number := int(digits)) <= MAX_INTEGER:
        return number
    return float(digits)


def _check_depth(value: Any, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise CanonicalError("nested too deeply")
    if isinstance(value, dict):
        for item in value.values():
            _check_depth(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_depth(item, depth + 1)
