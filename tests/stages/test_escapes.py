"""What the client finds after delivery counts against answer, author and inspector."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.engagement import World, bad, events, refused

from outwork import reporting
from outwork.operation import operation
from outwork.stages import acceptance, assurance
from outwork.vocabulary import ItemId, Severity


@pytest.fixture
def delivered(world: World) -> World:
    """A delivered batch whose inspector was checked before."""
    world.upto("approve")
    world.check(seeded=60, caught=60)
    return world.upto("deliver", after="approve")


def report(world: World, item: ItemId, question: str = "effective-date", **more: Any) -> Any:
    """The client reports a critical defect of an item's date, unless told otherwise."""
    terms = {"severity": Severity.CRITICAL, "note": "Another day", "clause": "c-date", **more}
    return world.act("carl", acceptance.report_escape, item, question=question, **terms)


def sampled(world: World) -> list[ItemId]:
    """The items that were inspected."""
    found: list[ItemId] = world.look(assurance.sample_of, world.work_order()).items()
    return found


def test_a_defect_counts_against_author_and_inspector(delivered: World) -> None:
    item = sampled(delivered)[0]
    quote = next(line for line in delivered.texts["input-0.txt"].splitlines() if line)[:9]
    made = report(delivered, item, quote=quote)
    (found,) = delivered.look(acceptance.escapes_of, delivered.engagement)
    assert (found.id, found.item_id, found.counted) == (made, item, True)
    assert found.author in (delivered.people["ana"], delivered.people["ben"])
    assert found.missed_by == (delivered.people["rosa"],)
    assert delivered.look(acceptance.escape_words, found) == ("Another day", quote)
    check = delivered.look(assurance.inspector_checks, delivered.engagement)
    assert (check[delivered.people["rosa"]].seeded, check[delivered.people["rosa"]].caught) == (
        61,
        60,
    )
    told = delivered.look(events, delivered.engagement)[-1]
    assert told.kind == "acceptance.escape-reported"
    assert told.public["missed_by"] == [delivered.pseudonym("rosa")]
    assert set(told.sealed) == {"note", "evidence"}


def test_a_unit_is_missed_once_and_not_by_what_does_not_count(delivered: World) -> None:
    item = sampled(delivered)[0]
    report(delivered, item, "governing-law", severity=Severity.MINOR, clause="c-law")
    report(delivered, item)
    report(delivered, item, "renewal", clause="c-renewal")
    found = {e.question: e for e in delivered.look(acceptance.escapes_of, delivered.engagement)}
    assert [len(found[q].missed_by) for q in ("governing-law", "effective-date", "renewal")] == [
        0, 1, 0,
    ]  # fmt: skip
    check = delivered.look(assurance.inspector_checks, delivered.engagement)
    assert check[delivered.people["rosa"]].seeded == 61


def test_what_nobody_inspected_was_missed_by_nobody(delivered: World) -> None:
    rest = set(delivered.items) - set(sampled(delivered))
    if rest:
        report(delivered, rest.pop())
        (found,) = delivered.look(acceptance.escapes_of, delivered.engagement)
        assert found.missed_by == ()


def test_an_inspector_who_was_never_checked_stays_unmeasured(world: World) -> None:
    world.upto("deliver")
    report(world, sampled(world)[0])
    check = world.look(assurance.inspector_checks, world.engagement)[world.people["rosa"]]
    assert (check.seeded, check.caught) == (1, 0)


def test_it_is_reported_after_the_close_too(world: World) -> None:
    world.upto("finish")
    report(world, world.items[0])
    assert len(world.look(acceptance.escapes_of, world.engagement)) == 1


def test_what_a_report_must_say(delivered: World) -> None:
    item = delivered.items[0]
    for code, more in (
        ("unknown-question", {"question": "no-question"}),
        ("unknown-clause", {"clause": "c-none"}),
        ("reason-missing", {"note": " "}),
        ("quote-not-found", {"quote": "This stands nowhere"}),
        ("quote-not-found", {"quote": "x" * 5_000}),
    ):
        with bad(code):
            report(delivered, item, **more)
    report(delivered, item)
    with refused("already-reported"):
        report(delivered, item)


def test_what_was_not_delivered_has_not_escaped(world: World) -> None:
    world.upto("issue_certificate")
    with refused("not-delivered"):
        report(world, world.items[0])


def test_reports_count_it(delivered: World) -> None:
    report(delivered, sampled(delivered)[0])
    with operation(delivered.database, delivered.people["vera"], delivered.now) as op:
        (quality,) = reporting.quality(op)
        assert (len(quality.escaped), quality.delivered) == (1, len(delivered.items))
