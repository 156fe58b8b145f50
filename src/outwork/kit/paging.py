"""Lists by keyset cursor: a page, and the place where the next one begins."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

LARGEST_PAGE = 500


class BadCursor(ValueError):
    """The cursor was not made by this system."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows in order, and the cursor of the next page (None at the end)."""

    rows: tuple[T, ...]
    next: str | None

    @staticmethod
    def of(rows: Sequence[T], limit: int, key: Callable[[T], str | int]) -> Page[T]:
        """A page from a query that asked for limit + 1 rows."""
        shown = tuple(rows[:limit])
        return Page(shown, cursor(key(shown[-1])) if len(rows) > limit else None)


def cursor(key: str | int) -> str:
    """An opaque cursor for the last key seen."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def key_of(text: str) -> str | int:
    """The key inside a cursor; raises BadCursor."""
    try:
        key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError) as error:
        raise BadCursor(text) from error
    if not isinstance(key, str | int):
        raise BadCursor(text)
    return key


def limit_of(limit: int | None) -> int:
    """A page size within 1 and LARGEST_PAGE, 50 unless told."""
    return max(1, min(LARGEST_PAGE, 50 if limit is None else limit))
