"""Lines in their usual spelling, recognised whole by one pattern a kind: the quick way to an event.

A pattern spells out everything that is checked of a line's form: canonical JSON (names in order,
nothing escaped, ASCII, integers of at most 15 digits), exactly the fields that are declared, values
that fit. So what a pattern takes needs no parsing, no spelling again and no check of its form; what
it does not take is not wrong, but goes the long way, which alone refuses. That both ways come to
the same event is tested on every kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

from outwork_verify import canonical
from outwork_verify.entry import Event

Read = Callable[[str, int], Event | None]
"""The event of a line at a position, or None if the line is not spelled as usual."""

TEXT = r'"([ !#-\[\]-~]+)"'
WORDS = r'"([ !#-\[\]-~]*)"'
COUNT = r"(0|[1-9][0-9]{0,14})"
POSITIVE = r"([1-9][0-9]{0,14})"
DIGEST = r'"([0-9a-f]{64})"'
# Days past the 28th, which not every month has, go the long way.
_SECOND = (
    r"[0-9]{3}[1-9]-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
)
_AT = _SECOND + r"\.[0-9]{6}Z"
MOMENT = rf'"({_SECOND}(?:\.[0-9]{{6}})?(?:Z|\+00:00))"'
# An object without objects or lists in it; parsed, and remembered, since few differ.
FLAT = r"(\{[ !\"#-Z^-z|~]*\})"
_SEALED = r'"[a-z][a-z0-9._-]*":"[0-9a-f]{64}"'
_FAMILY = rf"(\{{(?:{_SEALED}(?:,{_SEALED})*)?\}})"
_HEAD = rf'\{{"actor":{TEXT},"at":"({_AT})","kind":"'
_KIND = ',"kind":"'
_make = partial(tuple.__new__, Event)

Convert = Callable[[str], Any]

USUAL: dict[Callable[[Any], bool], tuple[str, Convert | None]] = {}
"""Checks that have a usual spelling: its pattern with one group, and what makes the value of it."""


class _Strange(Exception):
    """The line has to go the long way."""


def reader(
    kind: str, version: int, public: Mapping[str, Any], sealed: Collection[str]
) -> Read | None:
    """What recognises the usual lines of a kind; None if a field has no usual spelling.

    `public` maps names to checks, of which those with a usual spelling have it in USUAL; `sealed`
    as for `declare.rule`.
    """
    names = sorted(public)
    known = [USUAL[public[name]] for name in names if public[name] in USUAL]
    if len(known) < len(names) or not all(map(str.isascii, (kind, *names))):
        return None
    fields = _listed(names, [pattern for pattern, _ in known])
    begin = rf'{_HEAD}{re.escape(kind)}","public":\{{{fields}\}},"sealed":'
    end = rf',"seq":{COUNT},"version":{version}\}}'
    converts = [(name, make) for name, (_, make) in zip(names, known, strict=True) if make]
    prefixes = tuple(name for name in sealed if name.endswith("."))
    plain, last = frozenset(sealed) - set(prefixes), 2 + len(names)

    @lru_cache(maxsize=64)
    def of(commitments: tuple[str, ...]) -> Callable[[str], re.Match[str] | None]:
        shut = _listed(commitments, [DIGEST] * len(commitments))
        return re.compile(rf"{begin}\{{{shut}\}}{end}").fullmatch

    # Entries of a kind mostly commit to the same fields as the one before, which is matched faster.
    wide = re.compile(begin + _FAMILY + end).fullmatch if prefixes else None
    order = tuple(sorted(plain))
    narrow = of(order)

    def read(line: str, seq: int) -> Event | None:
        nonlocal narrow, order
        match = narrow(line)
        if match is None:
            if wide is None or (match := wide(line)) is None:
                return None
            found = tuple(match[last + 1].split('"')[1::4])  # { name : commitment , name : ... }
            if not _in_order(found, prefixes, plain):
                return None
            narrow, order = of(found), found
            match = narrow(line)
            assert match is not None  # it spells out the names that the line has
        values = match.groups()
        if values[-1] != str(seq):
            return None
        open_: dict[str, Any] = dict(zip(names, values[2:last], strict=True))
        try:
            for name, convert in converts:
                open_[name] = convert(open_[name])
        except _Strange:
            return None
        shut = dict(zip(order, values[last:-1], strict=True))
        return _make((seq, kind, version, values[1], values[0], open_, shut))

    return read


def _listed(names: Sequence[str], patterns: Sequence[str]) -> str:
    """The pattern of an object's fields in this order."""
    pairs = zip(names, patterns, strict=True)
    return ",".join(f'"{re.escape(name)}":{pattern}' for name, pattern in pairs)


def kind_of(line: str) -> str:
    """The kind that a line seems to be of; the reader of that kind makes sure."""
    begin = line.find(_KIND) + len(_KIND)
    return line[begin : line.find('"', begin)]


@lru_cache(maxsize=1024)
def _in_order(names: tuple[str, ...], prefixes: tuple[str, ...], plain: frozenset[str]) -> bool:
    if any(a >= b for a, b in pairwise(names)):
        return False
    return {name for name in names if not name.startswith(prefixes)} == plain


def flat(fits: Callable[[Any], bool]) -> tuple[str, Convert]:
    """The usual spelling of an object of plain values, all of which fit."""

    @lru_cache(maxsize=4096)
    def convert(text: str) -> Any:
        try:
            value = canonical.decode(text.encode("ascii"))
        except canonical.CanonicalError:
            raise _Strange from None
        if not isinstance(value, dict) or not all(map(fits, value.values())):
            raise _Strange
        return value

    return FLAT, convert
