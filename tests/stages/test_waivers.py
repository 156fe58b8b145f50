"""A gate can be passed in spite of a reason: by two people, for a while, never for consent."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.support.engagement import World, bad, refused

from outwork import agreements
from outwork.agreements import NEVER_WAIVED
from outwork.operation import perform
from outwork.stages import execution, transfer
from outwork.vocabulary import NotFound, Role, Side, Stage


def short_of_a_certificate(world: World, days: float = 30) -> None:
    """Passed to execution by a waiver, because Ben is not certified."""
    world.upto("prepare")
    world.certify("ana", "bot")
    world.waive("transfer", "not-certified", days=days)
    world.upto("draft_all", after="certify_team")


def test_a_waiver_is_void_until_the_other_side_countersigns(world: World) -> None:
    world.upto("prepare")
    world.certify("ana", "bot")
    made = world.waive("transfer", "not-certified", countersigned=None)
    with refused("gate-closed", "not-certified"):
        world.pass_tollgate()
    with refused("maker-is-checker"):
        world.countersign("dana", made)
    world.enrol("dirk", Side.PROVIDER, Role.DELIVERY_MANAGER)
    with refused("countersigner-same-side"):
        world.countersign("dirk", made)
    world.countersign("carl", made)
    with refused("already-countersigned"):
        world.countersign("vera", made)
    world.pass_tollgate()


def test_only_the_owner_of_a_gate_asks(world: World) -> None:
    world.upto("prepare")
    with refused("not-gate-owner"):
        world.waive("transfer", "not-certified", by="vera")
    with refused("not-gate-owner"):
        world.waive("acceptance", "change-undecided", by="dana")


@pytest.mark.parametrize("code", sorted(NEVER_WAIVED))
def test_some_reasons_are_never_waived(world: World, code: str) -> None:
    world.upto("draft")
    with refused("not-waivable"):
        world.waive("requirements", code, by="vera", countersigned="vito")
    with refused("not-waivable"):
        world.waive("requirements", "no-baseline", code, by="vera", countersigned="vito")


def test_a_waiver_names_what_who_and_until_when(world: World) -> None:
    world.upto("draft")
    ask = (agreements.request_waiver, world.engagement, Stage.REQUIREMENTS)
    later, signed = world.now + timedelta(days=1), world.signature("vera")
    with refused("not-waivable"):
        world.act("vera", *ask, [], "Reason", "Owner", later, *signed)
    for reason, owner in (("", "Owner"), ("Reason", " ")):
        with bad("waiver-incomplete"):
            world.act("vera", *ask, ["no-baseline"], reason, owner, later, *signed)
    with bad("expiry-past"):
        world.act("vera", *ask, ["no-baseline"], "Reason", "Owner", world.now, *signed)
    with bad("code-malformed"):
        world.act("vera", *ask, ["Jane is away"], "Reason", "Owner", later, *signed)


def test_an_instant_without_a_zone_is_not_understood(world: World) -> None:
    world.upto("draft")
    given = {
        "engagement": world.engagement, "gate": "requirements", "codes": ["no-baseline"],
        "reason": "Reason", "risk_owner": "Owner", "expires": "2030-01-01T00:00:00",
        "name": "Vera Clientele", "password": world.signature("vera")[1].get_secret_value(),
    }  # fmt: skip
    with bad("argument-malformed", argument="expires"):
        perform(world.database, world.people["vera"], "agreements.request_waiver", given)
    given["expires"] = "2030-01-01T00:00:00+02:00"
    perform(world.database, world.people["vera"], "agreements.request_waiver", given, world.now)


@pytest.mark.parametrize("text", ["nul \0", "half \ud83d"])
def test_text_that_no_database_keeps_is_refused(world: World, text: str) -> None:
    world.upto("draft")
    for name, given in (
        ("requirements.draft_engagement", {"title": text, "brief": "B", "currency": "EUR"}),
        ("execution.save_progress", {"assignment": "asg_x", "content": {"a": [text]}}),
    ):
        with bad("text-unstorable"):
            perform(world.database, world.people["vera"], name, given)


def test_unknown_and_missing_arguments_are_named(world: World) -> None:
    vera = world.people["vera"]
    with bad("argument-missing", argument="title"):
        perform(world.database, vera, "requirements.draft_engagement", {})
    with bad("unknown-argument", argument="colour"):
        perform(world.database, vera, "requirements.draft_engagement", {"colour": "red"})
    with pytest.raises(NotFound):
        perform(world.database, vera, "requirements.no_such", {})


def test_an_expired_waiver_opens_no_gate(world: World) -> None:
    world.upto("prepare")
    world.certify("ana", "bot")
    made = world.waive("transfer", "not-certified", days=1)
    late = world.waive("transfer", "not-certified", days=1, countersigned=None)
    world.passes(hours=25)
    with refused("gate-closed", "not-certified"):
        world.pass_tollgate()
    with refused("waiver-expired"):
        world.countersign("vera", late)
    assert made != late


def test_an_expired_waiver_stops_work_until_it_is_renewed(world: World) -> None:
    short_of_a_certificate(world, days=1)
    held = world.act("ana", execution.claim, world.engagement)
    world.passes(hours=24)
    with refused("waiver-expired", "waiver-expired"):
        world.act("ana", execution.claim, world.engagement)
    with refused("waiver-expired"):
        world.act("rosa", execution.claim, world.engagement)
    with refused("waiver-expired"):
        world.act("dana", execution.open_work_order, world.line, "Second")
    assert held
    world.waive("transfer", "not-certified")
    assert world.act("ana", execution.claim, world.engagement) is not None


def test_an_expired_waiver_stops_submission(world: World) -> None:
    short_of_a_certificate(world, days=1)
    world.now = datetime.fromisoformat("2026-11-03T08:59:00+00:00")
    held = world.act("ana", execution.claim, world.engagement)
    world.passes(hours=0.2)
    with refused("waiver-expired"):
        world.act("ana", execution.submit, held, world.answers(held))
    assert world.look(execution.submission_of, held) is None


def test_what_is_made_good_no_longer_needs_its_waiver(world: World) -> None:
    short_of_a_certificate(world, days=1)
    world.certify("ben")
    world.passes(hours=48)
    assert world.look(transfer.certified, world.engagement, world.people["ben"])
    assert world.act("ana", execution.claim, world.engagement) is not None


def test_a_waiver_nobody_relied_on_stops_nothing(world: World) -> None:
    world.upto("prepare")
    world.certify("ana", "bot")
    world.waive("transfer", "not-certified", days=1)
    world.certify("ben")
    world.upto("draft_all", after="certify_team")
    world.passes(hours=48)
    assert world.act("ana", execution.claim, world.engagement) is not None


def test_gaps_of_a_batch_can_be_waived(world: World) -> None:
    world.upto("draft_all")
    for _ in range(3):
        world.take("ana")
    with refused("gate-closed", "items-unfinished"):
        world.close_batch()
    world.waive("execution", "items-unfinished")
    held = world.act("ana", execution.claim, world.engagement)
    world.close_batch()
    with refused("not-reserved"):
        world.act("ana", execution.submit, held, world.answers(held))
    world.upto("finish", after="close_batch")
