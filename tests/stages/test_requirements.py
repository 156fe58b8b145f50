"""Stage 1: lines that can be signed, and a gate that says what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.support.engagement import BASELINE, DEFECTS, PRICE, SAMPLING, World, bad, refused
from tests.support.service import KEY

from outwork import agreements
from outwork.stages import requirements
from outwork.stages.requirements import SamplingTerms
from outwork.vocabulary import (
    BadInput,
    Confidentiality,
    InspectionUnit,
    Money,
    NotFound,
    Severity,
    Stage,
)


def test_nothing_is_signed_without_a_line(world: World) -> None:
    world.upto("draft")
    with refused("gate-closed", "no-lines"):
        world.sign()
    world.waive("requirements", "no-baseline", by="vera", countersigned="vito")
    with refused("gate-closed", "no-lines"):
        world.sign()


def test_the_gate_names_every_gap(world: World) -> None:
    world.upto("draft")
    world.add_line(defects={Severity.MINOR: "Small."}, baseline=None)
    with refused("gate-closed", "defects-undefined", "no-baseline"):
        world.sign()
    assert world.look(agreements.signatures, world.engagement) == []
    reasons = world.look(requirements.gate, world.stage())
    assert {r.code for r in reasons} == {"defects-undefined", "no-baseline", "not-signed"}


@pytest.mark.parametrize("code", ["no-baseline", "defects-undefined"])
def test_a_gap_can_be_waived(world: World, code: str) -> None:
    world.upto("draft")
    if code == "no-baseline":
        world.add_line(baseline=None)
    else:
        world.add_line(defects={})
    world.waive("requirements", code, by="vera", countersigned="vito")
    world.sign()
    assert world.stage().stage is Stage.SELECTION


def test_lines_keep_the_order_they_were_added_in_one_operation(world: World) -> None:
    world.upto("draft")
    world.now += timedelta(seconds=1)
    from outwork.operation import operation

    with operation(world.database, world.people["vera"], world.now) as op:
        added = [
            requirements.add_line(
                op, world.engagement, KEY, number + 1, 10, InspectionUnit.ITEM, DEFECTS,
                SAMPLING, Confidentiality.INTERNAL, PRICE,
            )
            for number in range(12)
        ]  # fmt: skip
    found = world.look(requirements.lines, world.engagement)
    assert [line.id for line in found] == added
    assert [line.volume for line in found] == list(range(1, 13))


def test_a_line_can_be_removed_until_it_is_signed(world: World) -> None:
    world.upto("add_line")
    world.act("vera", requirements.remove_line, world.line)
    with pytest.raises(NotFound):
        world.act("vera", requirements.remove_line, world.line)
    world.add_line()
    world.sign()
    with refused("wrong-stage"):
        world.act("vera", requirements.remove_line, world.line)


def test_only_ones_own_name_signs(world: World) -> None:
    world.upto("add_line")
    with refused("name-differs"):
        world.act("vera", requirements.sign_scope, world.engagement, *world.signature("vito"))
    assert world.stage().stage is Stage.REQUIREMENTS


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"volume": 0}, "volume-not-positive"),
        ({"volume": 10**9}, "volume-too-large"),
        ({"turnaround_days": 0}, "turnaround-not-positive"),
        ({"turnaround_days": 10**9}, "turnaround-too-long"),
        ({"price": Money(Decimal(-1), "EUR")}, "price-negative"),
        ({"price": Money(Decimal("1e20"), "EUR")}, "price-too-large"),
        ({"price": Money(Decimal(1), "USD")}, "currency-differs"),
    ],
)
def test_a_line_has_to_make_sense(world: World, change: dict[str, object], code: str) -> None:
    world.upto("draft")
    given: dict[str, object] = {
        "engagement": world.engagement, "service": KEY, "volume": 6, "turnaround_days": 10,
        "unit": InspectionUnit.ITEM, "defects": DEFECTS, "sampling": SAMPLING,
        "confidentiality": Confidentiality.INTERNAL, "price": PRICE, "baseline": BASELINE,
    }  # fmt: skip
    with bad(code):
        world.act("vera", requirements.add_line, **(given | change))
    assert world.look(requirements.lines, world.engagement) == []


def test_a_sampling_plan_has_two_points_that_do_not_cross() -> None:
    with bad("quality-points-crossed"):
        replace(SAMPLING, acceptable_quality=Decimal("0.5"))
    with bad("fraction-outside"):
        replace(SAMPLING, consumer_risk=Decimal(1))
    with bad("no-severity-counted"):
        SamplingTerms(Decimal("0.2"), Decimal("0.1"), Decimal("0.1"), Decimal("0.1"), ())


def test_a_service_nobody_offers_is_not_found(world: World) -> None:
    world.upto("draft")
    with pytest.raises(NotFound):
        world.act("vera", requirements.add_line, world.engagement, "no-such", 1, 1,
                  InspectionUnit.ITEM, {}, SAMPLING, Confidentiality.INTERNAL, PRICE)  # fmt: skip


def test_a_title_is_needed(world: World) -> None:
    with pytest.raises(BadInput):
        world.act("vera", requirements.draft_engagement, "  ", "Brief", "EUR")
