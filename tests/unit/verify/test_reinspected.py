"""The verifier draws again what was inspected twice, compares it again, and misses no lie."""

from __future__ import annotations

import pytest
from tests.support.engagement import World
from tests.unit.verify.forging import Forgeries, check
from tests.unit.verify.recorded import Entry, Log

from outwork.ledger import canonical
from outwork.stages import assurance
from outwork_verify.replay import replay

ASKED, COMPARED = "assurance.reinspection-requested", "assurance.inspections-compared"
VERDICT, CLAIMED = "assurance.verdict-given", "execution.item-claimed"
CASES = Forgeries()
forgery, change = CASES.forgery, CASES.change


def test_it_verifies_and_says_of_the_inspector_what_the_database_says(
    again_log: Log, again_world: World
) -> None:
    assert again_log.copy().judged().failure is None
    lines = [canonical.encode(e) for e in again_log.entries]
    checks = replay(lines, engagement=again_world.engagement).checks
    stored = again_world.look(assurance.inspector_checks, again_world.engagement)
    (kept,) = stored.values()
    rosa = checks[again_world.pseudonym("rosa")]
    assert checks.keys() == {again_world.pseudonym("rosa")}
    told = (rosa.seeded, rosa.caught, rosa.clean, rosa.passed)
    assert told == (kept.seeded, kept.caught, kept.clean, kept.passed) == (61, 60, 0, 0)
    compared = again_log.all(COMPARED)
    assert [e["public"]["seeded"] for e in compared] == [1] + [0] * (len(compared) - 1)
    assert sum(e["public"]["passed"] for e in compared) == len(compared) - 1
    (verdict,) = again_log.all(VERDICT)
    assert (verdict["public"]["defective"], verdict["public"]["accepted"]) == (0, True)


change("is not drawn from the log as it was inspected last", ASKED, inspected_size=1)
change("asks for none", ASKED, items=[])
change("counts otherwise than", COMPARED, caught=1)
change("counts otherwise than", COMPARED, seeded=0)
change("counts otherwise than", COMPARED, 1, passed=0)
change("others than those who inspected", COMPARED, inspector="p000000000000")


@forgery("has other items than the seed draws")
def other_items(log: Log) -> Entry:
    entry = log.one(ASKED)
    entry["public"]["items"] = entry["public"]["items"][::-1]
    return entry


@forgery("more than the")
def more_items_than_were_inspected(log: Log) -> Entry:
    entry = log.one(ASKED)
    entry["public"]["items"].append("itm_easy")
    return entry


@forgery("for which none waits")
def nobody_was_asked(log: Log) -> Entry:
    asked = log.one(ASKED)
    claimed = log.after(asked, CLAIMED, purpose="inspect")
    log.drop(asked)
    return claimed


@forgery("inspects again what")
def the_first_inspector_once_more(log: Log) -> Entry:
    asked = log.one(ASKED)
    claimed = log.after(asked, CLAIMED, purpose="inspect")
    first = log.one("assurance.item-inspected", item=claimed["public"]["item"])
    claimed["actor"] = first["actor"]
    return claimed


@forgery("says wrongly whether it is part of the sample")
def a_second_inspection_in_the_sample(log: Log) -> Entry:
    entry = log.after(log.one(ASKED), "assurance.item-inspected")
    entry["public"]["in_sample"] = True
    return entry


@forgery("is not compared")
def a_comparison_left_out(log: Log) -> Entry:
    log.drop(log.one(COMPARED))
    return log.one(VERDICT)


@forgery("is not compared")
def a_second_inspection_left_out(log: Log) -> Entry:
    item = log.one(COMPARED)["public"]["item"]
    place, end = (log.entries.index(log.one(kind)) for kind in (ASKED, VERDICT))
    between = log.entries[place + 1 : end]
    log.drop(*(e for e in between if e["public"].get("item") == item))
    return log.one(VERDICT)


@forgery("was not inspected twice, or again")
def a_comparison_a_second_time(log: Log) -> Entry:
    return log.put(log.one(COMPARED, 1), log.one(COMPARED))


@forgery("leaves out a defect that an inspection states")
def what_the_second_found_is_left_out(log: Log) -> Entry:
    log.drop(log.one("assurance.defect-raised"))
    return log.one(COMPARED)


@forgery("asks to inspect again what is not drawn, or is decided")
def asked_after_the_verdict(log: Log) -> Entry:
    return log.put(log.after(log.one(VERDICT), "execution.rework-ordered"), log.one(ASKED))


@forgery("roles do not allow")
def asked_by_an_inspector(log: Log) -> Entry:
    entry = log.one(ASKED)
    entry["actor"] = log.member("reviewer")
    return entry


@forgery("something else of its inspectors")
def a_certificate_without_what_was_missed(log: Log) -> Entry:
    import hashlib

    entry = log.one("assurance.certificate-issued")
    (rosa,) = entry["public"]["figures"]["inspector_error"]["inspectors"]
    rosa["seeded"] = 60
    stated = canonical.encode(entry["public"]["figures"])
    entry["public"]["digest"] = hashlib.sha256(stated).hexdigest()
    return entry


@pytest.mark.parametrize("name", CASES)
def test_a_lie_about_second_inspections_is_found(name: str, again_log: Log) -> None:
    check(again_log.copy(), *CASES[name])
