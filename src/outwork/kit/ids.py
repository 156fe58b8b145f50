"""Identifiers that sort by time of creation.

A prefix, an underscore and 26 characters of Crockford's base 32 in lower case: 48 bits of Unix
milliseconds, then 80 bits of chance (the layout of the ULID specification).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

Entropy = Callable[[int], bytes]


class Ids:
    """Identifiers of one instant; each sorts after the one before it."""

    def __init__(self, at: datetime, entropy: Entropy = secrets.token_bytes) -> None:
        self._milliseconds = int(at.timestamp() * 1000)
        self._entropy = entropy
        self._chance: int | None = None

    def next(self, prefix: str) -> str:
        """An identifier such as "itm_01jd9x0w5v9d1s7z8k2m4n6p8q"."""
        if self._chance is None:
            self._chance = int.from_bytes(self._entropy(10)) >> 1  # room to count upwards
        else:
            self._chance += 1 + int.from_bytes(self._entropy(4))
        number = (self._milliseconds << 80) | self._chance
        digits = (_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
        return f"{prefix}_" + "".join(digits)


def new_id(prefix: str, at: datetime, entropy: Entropy = secrets.token_bytes) -> str:
    """One identifier for the instant `at`."""
    return Ids(at, entropy).next(prefix)
