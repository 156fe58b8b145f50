"""Lies in a log: each by its name, with what the verifier has to say of the entry to blame."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.unit.verify.recorded import Alteration, Entry, Log


class Forgeries(dict[str, tuple[Alteration, str]]):
    """Cases by name: an alteration of a log, which gives the entry to blame, and the reason."""

    def forgery(self, reason: str) -> Callable[[Alteration], Alteration]:
        """Adds a case; its function alters a log and gives the entry to blame."""

        def add(alter: Alteration) -> Alteration:
            assert alter.__name__ not in self
            self[alter.__name__] = (alter, reason)
            return alter

        return add

    def change(self, reason: str, kind: str, nth: int = 0, /, **public: Any) -> None:
        """Adds a case that only writes other public values into the nth entry of a kind."""

        def alter(log: Log) -> Entry:
            entry = log.one(kind, nth)
            entry["public"] |= public
            return entry

        name = f"{kind} {nth} with {' and '.join(public)} {list(public.values())}"
        assert name not in self
        self[name] = (alter, reason)


def check(log: Log, alter: Alteration, reason: str) -> None:
    """The altered log is refused at the entry to blame, for that reason (a pattern)."""
    blamed = alter(log)
    failure = log.judged().failure
    assert failure is not None
    place = next(i for i, entry in enumerate(log.entries) if entry is blamed)
    assert (failure.member, failure.entry) == ("entries.jsonl", place), failure.reason
    assert re.search(reason, failure.reason), failure.reason
