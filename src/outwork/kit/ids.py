"""Identifiers that sort by time of creation.

A prefix, an underscore and 26 characters of Crockford's base 32 in lower case: 48 bits of Unix
milliseconds, then 80 bits of chance (the layout of the ULID specification).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]  # ten bits at once
_LOW = 40  # bits that change from one identifier of an instant to the next

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Entropy = Callable[[int], bytes]


class Ids:
    """Identifiers of one instant; each sorts after the one before it."""

    def __init__(self, at: datetime, entropy: Entropy = secrets.token_bytes) -> None:
        self._milliseconds = int(at.timestamp() * 1000)
        self._entropy = entropy
        self._chance: int | None = None
        self._high, self._written = -1, ""

    def next(self, prefix: str) -> str:
        """An identifier such as "itm_01jd9x0w5v9d1s7z8k2m4n6p8q"."""
        if self._chance is None:
            self._chance = int.from_bytes(self._entropy(10)) >> 1  # room to count upwards
        else:
            self._chance += 1 + int.from_bytes(self._entropy(4))
        return self._write(prefix, (self._milliseconds << 80) | self._chance)

    def run(self, prefix: str, count: int) -> list[str]:
        """So many identifiers that follow each other without a gap, so that the first says all."""
        if count < 1:
            return []
        found = [self.next(prefix)]
        number = (self._milliseconds << 80) | (self._chance or 0)
        found += [self._write(prefix, number + more) for more in range(1, count)]
        self._chance = (self._chance or 0) + count - 1
        return found

    def _write(self, prefix: str, number: int) -> str:
        high = number >> _LOW
        if high != self._high:  # seldom: what it is written as is kept
            self._high = high
            self._written = "".join(_PAIRS[(high >> s) & 1023] for s in range(80, -1, -10))
        head = f"{prefix}_{self._written}{_PAIRS[(number >> 30) & 1023]}"
        tail = f"{_PAIRS[(number >> 10) & 1023]}{_PAIRS[number & 1023]}"
        return f"{head}{_PAIRS[(number >> 20) & 1023]}{tail}"


def run_from(first: str, count: int) -> list[str]:
    """The identifiers of a run, as `Ids.run` gave them, from its first."""
    prefix, _, written = first.partition("_")
    number = 0
    for digit in written:
        number = number << 5 | _ALPHABET.index(digit)
    spell = Ids(_EPOCH)._write  # noqa: SLF001  (the same module)
    return [spell(prefix, number + more) for more in range(count)]


def new_id(prefix: str, at: datetime, entropy: Entropy = secrets.token_bytes) -> str:
    """One identifier for the instant `at`."""
    return Ids(at, entropy).next(prefix)
