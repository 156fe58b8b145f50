"""Lies about screening and corrective actions, signed again by the log's operator."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.verify.forging import check
from tests.unit.verify.recorded import Alteration, Entry, Log

CASES: dict[str, tuple[Alteration, str]] = {}
OPENED, ANALYSED = "assurance.action-opened", "assurance.action-analysed"
DONE, CLOSED = "assurance.action-implemented", "assurance.action-closed"
SCREENED = "assurance.screening-ordered"


def change(reason: str, kind: str, **public: Any) -> None:
    """A case that only writes other public values into the entry of a kind."""

    def alter(log: Log) -> Entry:
        entry = log.one(kind)
        entry["public"] |= public
        return entry

    CASES[f"{kind} {public}"] = (alter, reason)


def drop(reason: str, kind: str, blamed: str, **public: Any) -> None:
    """A case that leaves the entry of a kind out; the next of `blamed` is at fault."""

    def alter(log: Log) -> Entry:
        gone = log.one(kind)
        found = log.after(gone, blamed, **public)
        log.drop(gone)
        return found

    CASES[f"no {kind}"] = (alter, reason)


change("not in the guideline", OPENED, clause="c-none")
change("to nobody", OPENED, owner="p000000000000")
change("time that has passed", OPENED, due="2020-01-01T00:00:00Z")
change("above 10", ANALYSED, severity=11)
change("five whys", ANALYSED, whys=6)
change("not open", ANALYSED, action="cap_x")
change("not analysed", DONE, action="cap_x")
change("not implemented", CLOSED, action="cap_x")
change("other counts", CLOSED, before=5)
change("other counts", CLOSED, after_units=60)
change("no such effect", CLOSED, ratio_at_most="0.100000")
change("does not screen", SCREENED, items=[])
drop("none waits", SCREENED, "execution.item-claimed", purpose="inspect")
drop("not analysed", ANALYSED, DONE)


def _closed_twice(log: Log) -> Entry:
    closed = log.one(CLOSED)
    behind = log.entries[log.entries.index(closed) + 1]
    return log.put(behind, closed)


CASES["closed twice"] = (_closed_twice, "not implemented")


@pytest.mark.parametrize("name", CASES)
def test_a_lie_about_improvement_is_found(name: str, improved_log: Log) -> None:
    check(improved_log.copy(), *CASES[name])
