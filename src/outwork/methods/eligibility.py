"""Who of many people meets all of a set of conditions, by one bitmap a condition.

A bitmap is a Python integer: bit n says whether person n meets the condition. A question is the
conjunction of a few of them (a vertical bitmap index: O'Neil and Quass, "Improved Query Performance
with Variant Indexes", SIGMOD 1997), so it costs a few passes over one bit a person, whatever the
person brings besides. Instants are conditions too, kept as sorted expiries: what has run out is
taken out of the bitmap once, not at each question.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush


class Bitmaps:
    """People by number, and what each meets. Conditions are any text; unknown ones nobody meets."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}
        self._met: dict[int, frozenset[str]] = {}
        self._until: dict[tuple[int, str], float] = {}
        self._expiries: list[tuple[float, int, str]] = []
        self._everybody = 0

    def put(self, person: int, met: Iterable[str], until: dict[str, float] | None = None) -> None:
        """State anew what a person meets; `until` gives instants at which some end (exclusive)."""
        if person < 0:
            raise ValueError("people are numbered from 0")
        self.remove(person)
        ends = dict(until or {})
        conditions = frozenset(met) | ends.keys()
        bit = 1 << person
        for condition in conditions:
            self._of[condition] = self._of.get(condition, 0) | bit
        for condition, end in ends.items():
            self._until[person, condition] = end
            heappush(self._expiries, (end, person, condition))
        self._met[person] = conditions
        self._everybody |= bit

    def remove(self, person: int) -> None:
        """Forget a person; silent where there is none."""
        bit = 1 << person
        for condition in self._met.pop(person, frozenset()):
            self._of[condition] &= ~bit
            self._until.pop((person, condition), None)
        self._everybody &= ~bit

    def expire(self, now: float) -> None:
        """Take out what has run out by an instant. Instants never go back."""
        while self._expiries and self._expiries[0][0] <= now:
            end, person, condition = heappop(self._expiries)
            # An entry that is not the latest word about the person is left over from before.
            if self._until.get((person, condition)) == end:
                self._of[condition] &= ~(1 << person)

    def eligible(self, needed: Iterable[str], excluded: Iterable[str] = ()) -> int:
        """The bitmap of those who meet all that is needed and nothing that excludes."""
        found, of = self._everybody, self._of
        for condition in needed:
            found &= of.get(condition, 0)
            if not found:
                return 0
        for condition in excluded:
            if condition in of:
                found &= ~of[condition]
        return found

    def failing(self, needed: Iterable[str], excluded: Iterable[str] = ()) -> dict[str, int]:
        """How many people each condition by itself keeps out; those that keep nobody are left out.

        A condition that excludes keeps out those who meet it.
        """
        counts = {c: (self._everybody & ~self._of.get(c, 0)).bit_count() for c in needed}
        counts |= {c: self._of.get(c, 0).bit_count() for c in excluded}
        return {condition: count for condition, count in counts.items() if count}


def members(bitmap: int) -> list[int]:
    """The numbers in a bitmap, in order."""
    found = []
    while bitmap:
        low = bitmap & -bitmap
        found.append(low.bit_length() - 1)
        bitmap ^= low
    return found
