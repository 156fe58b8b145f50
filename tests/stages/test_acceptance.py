"""Stage 7: delivered, accepted or returned, invoiced to the cent, learned from, closed."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from tests.support.engagement import World, bad, refused

from outwork import agreements, documents
from outwork.stages import acceptance, assurance, execution, transfer
from outwork.stages.acceptance import ReturnedItem
from outwork.stages.acceptance.model import invoice_lines, total
from outwork.vocabulary import ItemId, LineId, Money, Stage


def text_of(world: World, name: str) -> str:
    """A delivered file."""
    delivery = world.look(acceptance.delivery_of, world.work_order())
    file = next(f for f in delivery.files if f.name == name)
    return str(world.look(documents.content, file.document_id).decode())


def test_the_steps_have_an_order(world: World) -> None:
    world.upto("issue_certificate")
    with refused("not-delivered"):
        world.accept()
    with refused("not-accepted"):
        world.invoice()
    with refused("gate-closed", "not-delivered"):
        world.close_order()
    world.deliver()
    with refused("already-delivered"):
        world.deliver()
    with refused("gate-closed", "not-accepted"):
        world.close_order()
    with refused("not-accepted"):
        world.invoice()
    with refused("name-differs"):
        world.act("vera", acceptance.accept_delivery, world.order, *world.signature("carl"))
    world.accept()
    with refused("already-decided"):
        world.accept()
    with refused("gate-closed", "no-invoice"):
        world.close_order()
    world.invoice()
    with refused("already-invoiced"):
        world.invoice()
    world.close_order()
    with refused("wrong-stage"):
        world.close_order()


@pytest.mark.parametrize("code", ["not-delivered", "not-accepted", "no-invoice"])
def test_the_last_gate_is_never_waived(world: World, code: str) -> None:
    world.upto("draft")
    with refused("not-waivable"):
        world.waive("acceptance", code, by="vera", countersigned="vito")


def test_the_deliverable_names_answers_and_authors(world: World) -> None:
    world.upto("deliver")
    rows = text_of(world, "sheet.csv").splitlines()
    assert len(rows) == 4
    assert rows[0].startswith("input-0.txt;no;2026-01-01;France;")
    assert "Ana Providence" in "".join(rows)
    terms = text_of(world, "terms.txt")
    assert "Unit of inspection: item" in terms
    assert "Units in the batch: 4" in terms


def test_the_invoice_is_accepted_units_at_the_agreed_price(world: World) -> None:
    """4 x 12.345 EUR is 49.38, rounded once and half to even."""
    world.upto("invoice")
    made = world.look(acceptance.invoices, world.engagement)
    assert [i.total for i in made] == [Money(Decimal("49.38"), "EUR")]
    assert made[0].lines[0].quantity == 4
    assert (made[0].due_at - made[0].issued_at).days == 30


@pytest.mark.parametrize(
    ("price", "currency", "quantity", "amount"),
    [
        ("0.005", "EUR", 1, "0.00"),
        ("0.015", "EUR", 1, "0.02"),
        ("12.345", "EUR", 1, "12.34"),
        ("0.5", "JPY", 3, "2"),
        ("1.0005", "KWD", 1, "1.000"),
        ("0", "EUR", 9, "0.00"),
    ],
)
def test_amounts_are_rounded_to_the_minor_unit(
    price: str, currency: str, quantity: int, amount: str
) -> None:
    lines = invoice_lines(LineId("lin"), quantity, Money(Decimal(price), currency))
    assert str(lines[0].amount.amount) == amount
    assert total([*lines, *lines]) == Money(Decimal(amount) * 2, currency)


def test_a_delivery_comes_back_and_goes_out_again(world: World) -> None:
    world.upto("deliver")
    send = (acceptance.return_delivery, world.order, "Two are wrong")
    first = world.items[0]
    with bad("returned-count"):
        world.act("vera", *send, [])
    with bad("unknown-item"):
        world.act("vera", *send, [ReturnedItem(ItemId("itm_none"), "renewal", "c-renewal")])
    with bad("unknown-clause"):
        world.act("vera", *send, [ReturnedItem(first, "renewal", "c-none")])
    with bad("unknown-question"):
        world.act("vera", *send, [ReturnedItem(first, "Jane's salary", "c-renewal")])
    with bad("item-twice"):
        world.act("vera", *send, [ReturnedItem(first, "renewal", "c-renewal")] * 2)
    world.act("carl", *send, [ReturnedItem(first, "renewal", "c-renewal", "It renews")])
    order = world.work_order()
    assert (order.stage, order.round) == (Stage.EXECUTION, 2)
    with refused("wrong-stage"):
        world.accept()
    held = world.act("ben", execution.claim, world.engagement)
    again = world.look(execution.assignment, held)
    assert (again.item_id, again.clause, again.note) == (first, "c-renewal", "It renews")
    world.act("ben", execution.submit, held, world.answers(held, renewal="yes"))
    world.commit()
    world.upto("issue_certificate", after="produce")
    with refused("not-delivered"):
        world.accept()
    world.upto("finish", after="issue_certificate")
    delivery = world.look(acceptance.delivery_of, world.work_order())
    assert delivery.round == 2
    assert len(world.look(acceptance.invoices, world.engagement)) == 1


def test_what_was_learned_becomes_a_version(world: World) -> None:
    world.upto("close_order")
    propose = (acceptance.propose_change, world.engagement)
    with bad("unknown-clause"):
        world.act("rosa", *propose, "c-none", "Words", "Because")
    with bad("change-incomplete"):
        world.act("rosa", *propose, "c-law", " ", "Because")
    taken = world.act("rosa", *propose, "c-law", "As the text spells it.", "Two spellings")
    declined = world.act("carl", *propose, "c-date", "Other words", "A thought")
    with refused("gate-closed", "change-undecided"):
        world.finish()
    world.act("vera", acceptance.decide_change, taken, True)
    with refused("already-decided"):
        world.act("vera", acceptance.decide_change, taken, False)
    world.act("vera", acceptance.decide_change, declined, False)
    rules = world.look(transfer.guideline, world.engagement)
    assert rules.version == 2
    assert {c.id: c.text for c in rules.clauses}["c-law"] == "As the text spells it."
    world.finish()


def test_an_engagement_does_not_close_over_open_work(world: World) -> None:
    world.upto("produce")
    with refused("gate-closed", "work-order-open"):
        world.finish()
    world.waive("acceptance", "work-order-open", by="vera", countersigned="dana")
    world.finish()
    assert world.stage().stage is Stage.CLOSED
    with refused("wrong-stage"):
        world.close_batch()
    with refused("wrong-stage"):
        world.act("ana", execution.claim, world.engagement)


def test_two_work_orders_of_one_engagement(world: World) -> None:
    world.upto("close_order")
    first = world.order
    world.items.clear()
    world.open()
    world.admit(3)
    hashed = world.nonce
    world.nonce = lambda side: hashed(side)[::-1]  # type: ignore[method-assign]
    world.upto("close_order", after="admit")
    assert world.order != first
    assert len(world.look(agreements.work_orders, world.engagement)) == 2
    numbers = [i.number for i in world.look(acceptance.invoices, world.engagement)]
    assert numbers == ["2026-0001", "2026-0002"]
    world.finish()


def test_the_bundle_verifies(world: World) -> None:
    import outwork_verify

    world.upto("finish")
    world.integrate()
    target = io.BytesIO()
    count = world.look(acceptance.export_bundle, world.engagement, target, opens=bool)
    assert count > 80
    target.seek(0)
    report = outwork_verify.verify(target)
    assert report.ok, report.failure
    certificate = world.look(assurance.certificate_of, world.work_order())
    assert certificate is not None
