"""What acts refuse or cannot read, where no other test has a reason to come by."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from tests.support.engagement import DEFECTS, PRICE, SAMPLING, World, bad, refused
from tests.support.service import KEY, tiny_service

from outwork import access, agreements, practices, workforce
from outwork.stages import acceptance, assurance, execution, requirements
from outwork.stages.acceptance import ReturnedItem
from outwork.stages.assurance import ActionState, queries
from outwork.stages.execution import RowFormat, rows
from outwork.vocabulary import (
    Confidentiality,
    Digest,
    InspectionUnit,
    Money,
    Purpose,
    Side,
)


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [("1", "XYZ", "unknown-currency"), ("NaN", "EUR", "amount-not-finite")],
)
def test_money_is_a_number_in_a_currency(amount: str, currency: str, code: str) -> None:
    with bad(code):
        Money(Decimal(amount), currency)


def test_parties_engagements_and_work_orders_have_names(world: World) -> None:
    with bad("name-empty"):
        world.act("administrator", agreements.register_party, "  ", Side.CLIENT)
    with bad("title-empty"):
        world.act("vera", requirements.draft_engagement, " ", "", "EUR")
    world.upto("approve")
    with bad("title-empty"):
        world.act("dana", execution.open_work_order, world.line, " ")


def test_a_password_has_a_length(world: World) -> None:
    with world.database.transaction("job") as db, bad("password-short"):
        access.set_password(db, world.people["ana"], "brief", world.now)


def test_items_are_not_made_of_statements(world: World) -> None:
    world.draft()
    with bad("unit-not-of-shape"):
        world.act(
            "vera", requirements.add_line, world.engagement, KEY, 100, 10,
            InspectionUnit.STATEMENT, DEFECTS, SAMPLING, Confidentiality.PUBLIC, PRICE,
        )  # fmt: skip


def test_a_barrier_has_a_short_reason(world: World) -> None:
    party = world.parties["client"]
    with bad("reason-too-long"):
        world.act("administrator", workforce.bar, world.people["ana"], party, "x" * 5_000)


def test_a_log_has_so_many_witnesses(world: World) -> None:
    world.draft()
    for port in range(16):
        world.witness("vera", f"http://127.0.0.1:{9_000 + port}")
    with refused("too-many-witnesses"):
        world.witness("vera", "http://127.0.0.1:9100")


def test_services_come_with_samples_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def install(*services: practices.Service) -> None:
        points = [SimpleNamespace(name=s.key, load=lambda s=s: s) for s in services]
        monkeypatch.setattr("outwork.practices.queries.entry_points", lambda group: points)

    read: Any = practices.catalogue
    install(tiny_service(), tiny_service())
    with bad("service-twice"):
        read.__wrapped__()
    install(replace(tiny_service(), samples=tuple))
    with bad("service-without-samples"):
        read.__wrapped__()


def test_what_is_typed_has_a_size(world: World) -> None:
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    with bad("progress-too-large"):
        world.act("ana", execution.save_progress, held, {"note": "x" * 2_100_000})


def test_a_checksum_is_hexadecimal(world: World) -> None:
    world.upto("open")
    with bad("digest-malformed"):
        world.act("dana", execution.start_import, world.order, "x.csv", RowFormat.CSV, 9,
                  Digest("0" * 63 + "g"))  # fmt: skip


def test_a_row_has_a_size_in_every_text_form() -> None:
    long = b"x" * (rows.LARGEST_ROW + 1)
    found = list(rows.jsonl([b'{"id": "a", "text": "' + long + b'"}\n{"id": "b"}\n']))
    assert [getattr(row, "code", "") for row in found] == ["row-too-large", ""]


def test_a_cell_that_is_an_error_is_named() -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for cells in (["id", "text"], ["a", "#DIV/0!"]):
        book.worksheets[0].append(cells)
    book.save(file)
    (found,) = rows.unpacked(file.getvalue(), "x.xlsx")
    assert json.loads(found) == [2, "row-cell-error", "B2"]


def test_a_batch_of_nothing_is_not_closed_by_a_waiver_either(world: World) -> None:
    world.upto("release")
    world.waive("execution", "items-unfinished")
    with refused("gate-closed", "nothing-submitted"):
        world.act("dana", execution.close_work_order, world.order)


def test_what_the_client_sent_back_is_not_contested(world: World) -> None:
    world.upto("deliver")
    returned = [ReturnedItem(world.items[0], "renewal", "c-renewal")]
    world.act("vera", acceptance.return_delivery, world.order, "One is wrong", returned)
    (rework,) = world.open_assignments(Purpose.PRODUCE)
    (author,) = {
        s.author_id for s in world.look(execution.submissions, rework.item_id)
        if s.purpose is Purpose.PRODUCE
    } - {world.people["bot"]}  # fmt: skip
    who = next(name for name, person in world.people.items() if person == author)
    with refused("client-returned"):
        world.act(who, execution.dispute, rework.id, "It is right.")


def test_a_corrective_action_goes_step_by_step_to_an_effect(world: World) -> None:
    world.upto("decide")
    begin = (assurance.open_action, world.engagement, "c-law", "Laws", world.people["ana"])
    with bad("due-passed"):
        world.act("dana", *begin, world.now)
    with bad("text-missing", field="title"):
        world.act("dana", *begin[:3], " ", begin[4], world.now + timedelta(days=9))
    made = world.act("dana", *begin, world.now + timedelta(days=9))
    with refused("action-state"):
        world.act("dana", assurance.implement_action, made)
    with bad("whys-outside"):
        world.act("dana", assurance.analyse_action, made, [], 1, 1, 1, "Rewrite it")
    with bad("rating-outside", field="detection"):
        world.act("dana", assurance.analyse_action, made, ["Unclear"], 1, 1, 11, "Rewrite it")
    world.act("dana", assurance.analyse_action, made, ["Unclear"], 5, 5, 5, "Rewrite it")
    world.act("dana", assurance.implement_action, made)
    with refused("effect-not-shown"):
        world.act("dana", assurance.close_action, made)
    kept = world.look(queries.corrective_action, made)
    assert kept.state is ActionState.IMPLEMENTED
