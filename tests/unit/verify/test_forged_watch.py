"""Lies about control items, charts, pauses and readmissions, signed again by the log's operator."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.verify.forging import check
from tests.unit.verify.recorded import Alteration, Entry, Log

CASES: dict[str, tuple[Alteration, str]] = {}


def change(reason: str, kind: str, nth: int = 0, **public: Any) -> None:
    """A case that only writes other public values into the nth entry of a kind."""

    def alter(log: Log) -> Entry:
        entry = log.one(kind, nth)
        entry["public"] |= public
        return entry

    CASES[f"{kind} {public}"] = (alter, reason)


PLANNED, SEEDED = "setup.control-planned", "execution.controls-seeded"
SCORED, PAUSED = "transfer.control-scored", "transfer.worker-paused"
change("not there, or more", PLANNED, control_share="0.6")
change("not in order", PLANNED, good="0.6")
change("runs otherwise", PLANNED, up=4)
change("runs otherwise", PLANNED, false_after="99.9")
change("until a drift shows", PLANNED, found_after="1.0")
change("smallest chart", PLANNED, wanted=900)
change("smallest chart", PLANNED, wanted=1)
change("no control items", SEEDED, items={})
change("not for this use", SEEDED, items={"itm_x": "ctl_x"})
change("just handed in", SCORED, assignment="asg_x")
change("another control item", SCORED, control_item="ctl_x")
change("mark the questions", SCORED, right={"renewal": True})
change("met the control item", SCORED, repeated=True)
change("other charts", SCORED, sums={"choice": 9})
change("roles do not allow|not is paused|is paused|not joined", PAUSED, subject="p000000000000")
change("guideline in force", PAUSED, guideline_version=9)
change("is no signal", PAUSED, clauses=["c-date"])
change("has not signalled", PAUSED, 0, cause="signal")
change("has not signalled", PAUSED, 1, chart="text")
change("other clauses", PAUSED, 1, clauses=["c-law"])
change("not by a delivery manager", PAUSED, 1, cause="manager", chart="", clauses=[])
change("another number of items", "execution.drafting-stopped", items=1)
change("other clauses", "transfer.retraining-started", clauses=["c-law"])
change("no control item|fields", "transfer.retraining-started", control_items=["ctl_x"])
change("not paused|no certification", "transfer.worker-readmitted", 1, how="certified")
change("not by a delivery manager", "transfer.worker-readmitted", 0, how="manager")


def _without_score(log: Log) -> Entry:
    """Whatever comes first: the actor takes more work, or the batch is closed."""
    gone = log.one(SCORED)
    later = log.entries[log.entries.index(gone) :]
    found = next(
        e
        for e in later
        if e["kind"] == "execution.work-order-closed"
        or (e["kind"], e["actor"]) == ("execution.item-claimed", gone["actor"])
    )
    log.drop(gone)
    return found


CASES[f"no {SCORED}"] = (
    _without_score,
    "consequences still to come|while a control item is not scored",
)


def _without_second_pause(log: Log) -> Entry:
    gone = log.one(PAUSED, 1)
    found = log.after(gone, "transfer.retraining-started")
    log.drop(gone)
    return found


CASES["a pause left out"] = (_without_second_pause, "not paused")


@pytest.mark.parametrize("name", CASES)
def test_a_lie_about_watching_is_found(name: str, answers_log: Log) -> None:
    check(answers_log.copy(), *CASES[name])
