"""Working time: minutes of a named calendar and zone, through daylight-saving changes.

A calendar is a table of working spells, half-open intervals of minutes since 1970-01-01T00:00Z,
with the minutes worked before each. Every question is one or two binary searches in it, never a
walk. A spell that a change of the clocks cuts through lasts as long as it really lasts: a night
shift is an hour shorter in spring, and counts so.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Minutes = NDArray[np.int64]
Pauses = Sequence[tuple[datetime, datetime | None]]
Shifts = Mapping[int, Sequence[tuple[time, time]]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_BLOCK = 8_192  # questions at a time: what is between the steps stays in the processor's cache


class CalendarEnds(ValueError):
    """The question reaches beyond the last day of the table."""


class WorkingTime:
    """The working spells of one calendar.

    `zone` is an IANA time zone. `shifts` gives, for each weekday (Monday 0), local times from and
    to in whole minutes; a shift that does not end after it starts goes on to the next day. On
    `closed` days (public holidays) no shift starts. The table holds `first` to `last`.
    """

    def __init__(
        self, zone: str, shifts: Shifts, closed: Collection[date], first: date, last: date
    ) -> None:
        spells = _spells(ZoneInfo(zone), shifts, frozenset(closed), first, last)
        starts, ends = zip(*spells, strict=True) if spells else ((), ())
        self.starts: Minutes = np.array(starts, np.int64)
        self.ends: Minutes = np.array(ends, np.int64)
        self.before: Minutes = np.concatenate(
            [np.zeros(1, np.int64), np.cumsum(self.ends - self.starts)]
        )
        # The same as lists: for one question a binary search in them is the quickest.
        self._starts: list[int] = self.starts.tolist()
        self._ends: list[int] = self.ends.tolist()
        self._before: list[int] = self.before.tolist()
        self._from, self._to = _minute(first, ZoneInfo(zone)), _minute(last + _DAY, ZoneInfo(zone))
        self._index()

    def _index(self) -> None:
        """Where to begin looking, for arrays: by day, and by minutes worked.

        A day's first spell is looked up, and as many steps further as a day has spells; a stretch
        of work no longer than the shortest spell ends in the spell looked up or in the next.
        """
        days = np.arange(self._from, self._to + 1441, 1440)
        self._of_day: Minutes = np.searchsorted(self.starts, days, side="right") - 1
        self._most = int(np.diff(self._of_day).max(initial=0))
        self._never: Minutes = np.append(self.starts, np.iinfo(np.int64).max)
        self._short = int((self.ends - self.starts).min(initial=1440))
        stretches = np.arange(0, int(self.before[-1]) + self._short + 1, self._short)
        self._of_work: Minutes = np.maximum(
            np.searchsorted(self.before, stretches, side="left") - 1, 0
        )

    def add(self, start: datetime, minutes: int) -> datetime:
        """The instant by which so many working minutes have passed since `start`, in UTC.

        Zero minutes end at the start itself. Seconds of `start` are dropped. Raises ValueError for
        negative minutes and CalendarEnds beyond the table.
        """
        if minutes < 0:
            raise ValueError("minutes are not negative")
        at = _minutes(start)
        target = self._done(at) + minutes
        if minutes:
            if target > self._before[-1]:
                raise CalendarEnds("the calendar ends before that much work is done")
            spell = bisect_left(self._before, target) - 1
            at = self._starts[spell] + target - self._before[spell]
        return _EPOCH + at * _MINUTE

    def between(self, start: datetime, end: datetime) -> int:
        """Working minutes from `start` to `end`; negative where the end comes first."""
        return self._done(_minutes(end)) - self._done(_minutes(start))

    def counted(self, start: datetime, end: datetime, pauses: Pauses = ()) -> int:
        """Working minutes from `start` to `end` that lie in no pause; 0 where the end comes first.

        Pauses may overlap; one without an end lasts. Seconds are dropped, of pauses too.
        """
        if end <= start:
            return 0
        away = 0
        for begin, until in _united(pauses):
            low, high = max(begin, start), end if until is None else min(until, end)
            if low < high:
                away += self.between(low, high)
        return self.between(start, end) - away

    def due(self, start: datetime, minutes: int, pauses: Pauses = ()) -> datetime | None:
        """The instant by which so many minutes have been counted since `start`, as `counted` does.

        None while a pause lasts before that. Raises as `add` does.
        """
        at, left = start, minutes
        for begin, until in _united(pauses):
            if until is not None and until <= at:
                continue
            reached = self.add(at, left)
            if reached <= max(begin, at):  # nothing left to count is due at once, paused or not
                return reached
            left -= self.between(at, max(begin, at))
            if until is None:
                return None
            at = until
        return self.add(at, left)

    def is_open(self, at: datetime) -> bool:
        """Whether somebody works at an instant."""
        minute = _minutes(at)
        self._refuse_outside(minute, minute)
        found = bisect_right(self._ends, minute)
        return found < len(self._ends) and self._starts[found] <= minute

    def next_open(self, at: datetime) -> datetime:
        """The first instant from `at` on at which somebody works, in UTC; raises CalendarEnds."""
        minute = _minutes(at)
        self._refuse_outside(minute, minute)
        found = bisect_right(self._ends, minute)
        if found == len(self._ends):
            raise CalendarEnds("nobody works from there to the end of the calendar")
        return _EPOCH + max(minute, self._starts[found]) * _MINUTE

    def open_for(self, at: datetime) -> int:
        """Minutes from an instant to the end of the spell that it lies in; 0 outside of any."""
        minute = _minutes(at)
        self._refuse_outside(minute, minute)
        found = bisect_right(self._ends, minute)
        inside = found < len(self._ends) and self._starts[found] <= minute
        return self._ends[found] - minute if inside else 0

    def spells(self) -> list[tuple[datetime, datetime]]:
        """Every working spell, from and to, in UTC."""
        return [
            (_EPOCH + a * _MINUTE, _EPOCH + b * _MINUTE)
            for a, b in zip(self._starts, self._ends, strict=True)
        ]

    def _done(self, at: int) -> int:
        """Working minutes from the beginning of the table to a minute."""
        self._refuse_outside(at, at)
        spell = bisect_right(self._starts, at) - 1
        if spell < 0:
            return 0
        return self._before[spell] + min(at, self._ends[spell]) - self._starts[spell]

    def add_many(self, starts: Minutes, minutes: Minutes) -> Minutes:
        """`add` for arrays of minutes since 1970 and of minutes to work, both int64."""
        added = np.empty(starts.shape, np.int64)
        for begin in range(0, starts.size, _BLOCK):
            block = slice(begin, begin + _BLOCK)
            added[block] = self._add_block(starts[block], minutes[block])
        return added

    def _add_block(self, starts: Minutes, minutes: Minutes) -> Minutes:
        target = self._worked(starts) + minutes
        if not self.starts.size or (target.size and int(target.max()) > int(self.before[-1])):
            if not np.any(minutes > 0):
                return np.array(starts, np.int64)
            raise CalendarEnds("the calendar ends before that much work is done")
        spell = self._of_work[target // self._short]
        spell += self.before[spell + 1] < target
        done = self.starts[spell] + target - self.before[spell]
        return np.where(minutes == 0, starts, done)

    def _worked(self, at: Minutes) -> Minutes:
        """`_done` for an array."""
        if at.size:
            self._refuse_outside(int(at.min()), int(at.max()))
        if not self.starts.size:
            return np.zeros(at.shape, np.int64)
        spell = self._of_day[(at - self._from) // 1440]
        for _ in range(self._most):
            spell += self._never[spell + 1] <= at
        inside = np.maximum(spell, 0)
        part = np.minimum(at, self.ends[inside]) - self.starts[inside]
        return np.where(spell < 0, 0, self.before[inside] + part)

    def _refuse_outside(self, earliest: int, latest: int) -> None:
        if earliest < self._from or latest > self._to:
            raise CalendarEnds("an instant lies outside the calendar")


def _spells(
    zone: ZoneInfo, shifts: Shifts, closed: frozenset[date], first: date, last: date
) -> list[tuple[int, int]]:
    """Spells in order, joined where one ends as the next begins."""
    found: list[tuple[int, int]] = []
    day = first - _DAY  # a night shift of the day before reaches into the first
    while day <= last:
        if day not in closed:
            for begin, end in shifts.get(day.weekday(), ()):
                found += _pieces(zone, day, begin, end)
        day += _DAY
    low, high = _minute(first, zone), _minute(last + _DAY, zone)
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(
        (max(a, low), min(b, high)) for a, b in found if b > low and a < high
    ):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def _pieces(zone: ZoneInfo, day: date, begin: time, end: time) -> list[tuple[int, int]]:
    """The real minutes whose local time lies in a shift: one piece, more where clocks change."""
    wall = datetime.combine(day, begin)
    until = datetime.combine(day + _DAY if end <= begin else day, end)
    # Everything whose local time can lie in the shift, a day on either side for the offset.
    early, late = _naive(wall) - 1440, _naive(until) + 1440
    pieces = []
    for start, stop, offset in _segments(zone, early, late):
        low, high = max(_naive(wall) - offset, start), min(_naive(until) - offset, stop)
        if low < high:
            pieces.append((low, high))
    return pieces


def _united(pauses: Pauses) -> list[tuple[datetime, datetime | None]]:
    """Pauses in order, to the minute, joined where they touch."""
    united: list[tuple[datetime, datetime | None]] = []
    for start, end in sorted(pauses, key=lambda p: p[0]):
        begin = _whole(start)
        until = None if end is None else _whole(end)
        if united and (last := united[-1][1]) is None:
            break
        if united and last is not None and begin <= last:
            united[-1] = (united[-1][0], None if until is None else max(last, until))
        else:
            united.append((begin, until))
    return united


def _whole(at: datetime) -> datetime:
    return _EPOCH + _minutes(at) * _MINUTE


def _segments(zone: ZoneInfo, early: int, late: int) -> list[tuple[int, int, int]]:
    """Stretches of constant offset between two minutes: start, stop, offset in minutes."""
    found = []
    start, offset = early, _offset(zone, early)
    at = early
    while at < late:
        following = min(at + 720, late)
        changed = _offset(zone, following)
        if changed != offset:
            low, high = at, following
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
            found.append((start, high, offset))
            start, offset = high, changed
        at = following
    return [*found, (start, late, offset)]


def _offset(zone: ZoneInfo, minute: int) -> int:
    away = (_EPOCH + minute * _MINUTE).astimezone(zone).utcoffset()
    assert away is not None  # the instant has a zone
    return int(away // _MINUTE)


def _naive(wall: datetime) -> int:
    return int((wall - _EPOCH.replace(tzinfo=None)) // _MINUTE)


def _minute(day: date, zone: ZoneInfo) -> int:
    return _minutes(datetime.combine(day, time(), zone))


def _minutes(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError("an instant has a zone")
    return (at - _EPOCH) // _MINUTE
