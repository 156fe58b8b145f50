"""One entry of the log: its outer form, and how a rule rejects it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn, overload

from outwork_verify import canonical
from outwork_verify.container import Failure

ENTRIES = "entries.jsonl"

_NAMES = ["actor", "at", "kind", "public", "sealed", "seq", "version"]
_KIND = re.compile(r"[a-z][a-z_]*\.[a-z][a-z0-9-]*")
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
# The usual instants: in UTC, whole seconds or microseconds, on a day that every month has.
_UTC = re.compile(
    r"([0-9]{3}[1-9]-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:\.([0-9]{6}))?(?:Z|\+00:00)"
)
_LOWER_HEX = re.compile(r"[0-9a-f]*")


class Event(NamedTuple):
    """One entry of the log. `at` is RFC 3339 in UTC with microseconds; `public` and `sealed` map
    field names to values and to commitments (64 hex digits)."""

    seq: int
    kind: str
    version: int
    at: str
    actor: str
    public: Mapping[str, Any]
    sealed: Mapping[str, str]


class Entries(Sequence[Event]):
    """The entries so far, of which only the lines are kept: each is read anew when asked for.

    A log has many, and what is kept of each costs more than reading it. `append` adds a line.
    """

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self.append = self._lines.append

    def __len__(self) -> int:
        """How many there are."""
        return len(self._lines)

    @overload
    def __getitem__(self, seq: int) -> Event: ...
    @overload
    def __getitem__(self, seq: slice) -> list[Event]: ...
    def __getitem__(self, seq: int | slice) -> Event | list[Event]:
        """The event at a position from 0, or those of a slice."""
        places = range(len(self._lines))[seq]
        if isinstance(places, range):
            return [read_event(self._lines[i], i) for i in places]
        return read_event(self._lines[places], places)


def reject(event: Event, reason: str) -> NoReturn:
    """Fails the replay at this event."""
    raise Failure(ENTRIES, event.seq, reason)


def read_event(line: bytes, seq: int) -> Event:
    """The event of a line, which must carry its own position; raises Failure."""
    try:
        entry = canonical.decode(line)
    except canonical.CanonicalError as error:
        raise Failure(ENTRIES, seq, str(error)) from error
    objection = _objection(entry, seq)
    if objection:
        raise Failure(ENTRIES, seq, objection)
    return Event(**entry)


def instant(text: str) -> str:
    """An instant with a zone, in the one form in which the log compares; raises ValueError."""
    if _AT.fullmatch(text):
        return text
    match = _UTC.fullmatch(text)
    if match is not None:
        return f"{match[1]}.{match[2] or '000000'}Z"
    return _in_utc(text)


def same_instant(text: str) -> str:
    """As `instant`, of what is known to be one."""
    if text[-1] == "Z":
        if len(text) == 27:
            return text
        if len(text) == 20:
            return f"{text[:19]}.000000Z"
    return instant(text)


@lru_cache(maxsize=4096)
def _in_utc(text: str) -> str:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant without a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _objection(entry: Any, seq: int) -> str | None:
    """What is wrong with the outer form of an entry, or None."""
    if not isinstance(entry, dict) or list(entry) != _NAMES:
        return "is not an event"
    if type(entry["seq"]) is not int or entry["seq"] != seq:
        return "does not carry its own position as seq"
    kind, version, actor = entry["kind"], entry["version"], entry["actor"]
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        return "has a malformed kind"
    if type(version) is not int or version < 1 or not isinstance(actor, str) or not actor:
        return "has a malformed version or actor"
    if not _is_instant(entry["at"]):
        return "has no time in UTC with microseconds"
    if not isinstance(entry["public"], dict) or not isinstance(entry["sealed"], dict):
        return "has malformed fields"
    if not _are_commitments(entry["sealed"].values()):
        return "has a sealed field that is not a commitment"
    return None


def _is_instant(text: Any) -> bool:
    if not isinstance(text, str) or not _AT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _are_commitments(values: Any) -> bool:
    """Whether all are 64 lower-case hex digits; looked at together, since there are many."""
    try:
        joined = "".join(values)
    except TypeError:
        return False
    return {64}.issuperset(map(len, values)) and _LOWER_HEX.fullmatch(joined) is not None
