"""Working minutes, a second time: from shifts, closed days and offsets as the log states them.

No database of time zones or of holidays is asked. Instants are minutes since 1970 in UTC.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

DAY = 1440
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Pauses = Iterable[tuple[int, int | None]]


def minute_of(at: str) -> int:
    """The minute in which an instant of the log lies."""
    return (datetime.fromisoformat(at) - _EPOCH) // timedelta(minutes=1)


def instant_of(minute: int) -> str:
    """The beginning of a minute as the log writes it."""
    return (_EPOCH + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Hours:
    """A calendar's working spells; `stated` is what the log says of it."""

    def __init__(self, stated: Mapping[str, Any]) -> None:
        self.stated = stated
        first, last = date.fromisoformat(stated["first"]), date.fromisoformat(stated["last"])
        closed = {date.fromisoformat(day) for day in stated["closed"]}
        walls = sorted(
            span for shift in stated["shifts"] for span in _walls(shift, closed, first, last)
        )
        offsets = [(minute_of(o["at"]), o["minutes"]) for o in stated["offsets"]]
        self.begin = _real(_days(first) * DAY, offsets)
        self.end = _real((_days(last) + 1) * DAY, offsets)
        pieces: list[tuple[int, int]] = []
        for (since, ahead), (until, _) in zip(
            offsets, [*offsets[1:], (self.end + 2 * DAY, 0)], strict=True
        ):
            for wall, to in walls:
                low = max(wall - ahead, since, self.begin)
                high = min(to - ahead, until, self.end)
                if low < high:
                    pieces.append((low, high))
        self._spells = _joined(sorted(pieces))
        self._starts = [low for low, _ in self._spells]
        self._done = [0]
        for low, high in self._spells:
            self._done.append(self._done[-1] + high - low)
        days = {day for shift in stated["shifts"] for day in shift["weekdays"]}
        total = sum(_length(shift) * len(shift["weekdays"]) for shift in stated["shifts"])
        self.day_minutes = total // len(days)

    def spells(self) -> Sequence[tuple[int, int]]:
        """From and to which minute somebody works, in order."""
        return self._spells

    def worked(self, at: int) -> int:
        """Working minutes from the beginning to a minute."""
        spell = bisect_right(self._starts, at) - 1
        if spell < 0:
            return 0
        low, high = self._spells[spell]
        return self._done[spell] + min(at, high) - low

    def open(self, at: int) -> bool:
        """Whether somebody works in a minute."""
        spell = bisect_right(self._starts, at) - 1
        return spell >= 0 and at < self._spells[spell][1]

    def due(self, start: int, minutes: int, pauses: Pauses = ()) -> int | None:
        """The minute at which so many are worked since `start` outside pauses.

        None while a pause lasts before that, and beyond the calendar's end.
        """
        at, left = start, minutes
        for begin, until in _merged(pauses):
            if until is not None and until <= at:
                continue
            reached = self._after(at, left)
            if reached is not None and reached <= begin:
                return reached
            left -= self.worked(max(begin, at)) - self.worked(at)
            if until is None:
                return None
            at = until
        return self._after(at, left)

    def _after(self, at: int, minutes: int) -> int | None:
        target = self.worked(at) + minutes
        if not minutes:
            return at
        if at < self.begin or target > self._done[-1]:
            return None
        spell = bisect_left(self._done, target) - 1
        return self._spells[spell][0] + target - self._done[spell]


def shifts(value: Any) -> bool:
    """A list of shifts: weekdays from 0 to 6 in order, none twice; local hours as "09:00"."""
    return (
        isinstance(value, list)
        and 0 < len(value) <= 21
        and all(
            isinstance(s, dict)
            and s.keys() == {"weekdays", "starts", "ends"}
            and isinstance(s["weekdays"], list)
            and s["weekdays"] != []
            and s["weekdays"] == sorted(set(s["weekdays"]) & set(range(7)))
            and all(_clock(s[name]) is not None for name in ("starts", "ends"))
            for s in value
        )
    )


def offsets(value: Any) -> bool:
    """A list of instants in order, each with the minutes that a zone is ahead of UTC from then."""
    if not isinstance(value, list) or not value:
        return False
    for one in value:
        if not isinstance(one, dict) or one.keys() != {"at", "minutes"}:
            return False
        if type(one["minutes"]) is not int or abs(one["minutes"]) > DAY:
            return False
    moments = [minute_of(one["at"]) for one in value]
    return moments == sorted(set(moments))


def days(value: Any) -> bool:
    """A list of dates in order, none twice."""
    return isinstance(value, list) and all(map(day, value)) and value == sorted(set(value))


def day(value: Any) -> bool:
    """A date."""
    return isinstance(value, str) and date.fromisoformat(value).isoformat() == value


def overlap(week: Sequence[Mapping[str, Any]]) -> bool:
    """Whether two shifts of a week lie over each other."""
    spans = sorted(
        (weekday * DAY + (_clock(s["starts"]) or 0), _length(s))
        for s in week
        for weekday in s["weekdays"]
    )
    following = [start for start, _ in spans[1:]] + [spans[0][0] + 7 * DAY]
    return any(start + long > after for (start, long), after in zip(spans, following, strict=True))


def _walls(
    shift: Mapping[str, Any], closed: set[date], first: date, last: date
) -> Iterable[tuple[int, int]]:
    """Spans of local time, as minutes since 1970 on a clock that never changes."""
    begin, long = _clock(shift["starts"]) or 0, _length(shift)
    at = first - timedelta(days=1)
    while at <= last:
        if at.weekday() in shift["weekdays"] and at not in closed:
            start = _days(at) * DAY + begin
            yield start, start + long
        at += timedelta(days=1)


def _length(shift: Mapping[str, Any]) -> int:
    """Minutes of a shift; one that does not end after it starts goes on to the next day."""
    long = (_clock(shift["ends"]) or 0) - (_clock(shift["starts"]) or 0)
    return long if long > 0 else long + DAY


def _clock(text: Any) -> int | None:
    if not isinstance(text, str) or len(text) != 5 or text[2] != ":":
        return None
    hour, minute = text[:2], text[3:]
    if not (hour.isdecimal() and minute.isdecimal()) or int(hour) > 23 or int(minute) > 59:
        return None
    return int(hour) * 60 + int(minute)


def _days(at: date) -> int:
    return at.toordinal() - date(1970, 1, 1).toordinal()


def _real(wall: int, stated: Sequence[tuple[int, int]]) -> int:
    """The minute at which local clocks first show a time; the later one where they skip it."""
    for i, (since, ahead) in enumerate(stated):
        until = stated[i + 1][0] if i + 1 < len(stated) else None
        if until is None or wall - ahead < until:
            return max(wall - ahead, since) if i else wall - ahead
    raise ValueError("no offset")


def _joined(pieces: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for low, high in pieces:
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def _merged(pauses: Pauses) -> list[tuple[int, int | None]]:
    merged: list[tuple[int, int | None]] = []
    for begin, until in sorted(pauses, key=lambda p: p[0]):
        if merged and (merged[-1][1] is None or begin <= merged[-1][1]):
            before = merged[-1][1]
            if before is not None:
                merged[-1] = (merged[-1][0], None if until is None else max(before, until))
        else:
            merged.append((begin, until))
    return merged
