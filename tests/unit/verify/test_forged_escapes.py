"""Lies about what the client found, signed again by the log's operator."""

from __future__ import annotations

import pytest
from tests.unit.verify.recorded import Alteration, Entry, Log

CASES: dict[str, tuple[str, Alteration]] = {}
REPORTED = "acceptance.escape-reported"


def change(reason: str, nth: int = 0, **public: object) -> None:
    """A case that only writes other public values into the nth report."""

    def alter(log: Log) -> Entry:
        entry = log.one(REPORTED, nth)
        entry["public"] |= public
        return entry

    CASES[f"{public} in {nth}"] = (reason, alter)


change("another author", author="p000000000000")
change("other inspectors", missed_by=[])
change("other inspectors", 1, missed_by=["p000000000000"])
change("otherwise than the statement of work", counted=False)
change("not in the guideline", clause="c-none")
change("not asked", question="no-question")
change("not delivered", item="itm_none")


def _before_the_delivery(log: Log) -> Entry:
    return log.put(log.one("acceptance.delivered"), log.one(REPORTED))


def _twice(log: Log) -> Entry:
    return log.put(log.one(REPORTED, 1), log.one(REPORTED))


def _by_the_provider(log: Log) -> Entry:
    entry = log.one(REPORTED)
    entry["actor"] = log.member("delivery-manager")
    return entry


CASES["before the delivery"] = ("was not delivered", _before_the_delivery)
CASES["twice"] = ("reported before", _twice)
CASES["by the provider"] = ("roles do not allow", _by_the_provider)


@pytest.mark.parametrize("name", CASES)
def test_a_lie_about_escapes_is_found(name: str, doubled_log: Log) -> None:
    log = doubled_log.copy()
    reason, alter = CASES[name]
    entry = alter(log)
    failure = log.judged().failure
    assert failure is not None
    assert failure.entry == log.entries.index(entry), failure
    assert reason in failure.reason, failure.reason


def test_escapes_are_counted(doubled_log: Log) -> None:
    (order,) = doubled_log.copy().judged().figures["work_orders"]
    assert order["escaped"] == {"critical": 1, "minor": 1}
