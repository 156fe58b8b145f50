"""docs/formats/events.md names every kind of event with exactly its fields."""

from __future__ import annotations

import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

from outwork import ledger
from outwork_verify.replay import HANDLERS

import_module("outwork.stages.acceptance")  # loads every stage, and so declares every event
PAGE = Path(__file__).parents[3] / "docs/formats/events.md"
OCCASIONAL = getattr(ledger.Occasional, "__metadata__", ())
ROW = re.compile(r"\| `(?P<kind>[a-z.-]+)` \| (?P<public>[^|]*)\|(?P<sealed>[^|]*)\|")


def _listed() -> dict[str, tuple[set[str], set[str]]]:
    rows = filter(None, map(ROW.match, PAGE.read_text(encoding="utf-8").splitlines()))
    return {row["kind"]: (_names(row["public"]), _names(row["sealed"])) for row in rows}


def _names(cell: str) -> set[str]:
    return {name.strip().partition(".")[0] for name in cell.split(",") if name.strip()}


def _declared(kind: str) -> tuple[set[str], set[str]]:
    body = ledger.EVENTS[kind]
    hints = get_type_hints(body, include_extras=True)
    names = {f.name for f in fields(body)} - {"engagement"}
    sealed = {n for n in names if getattr(hints[n], "__metadata__", OCCASIONAL) != OCCASIONAL}
    return names - sealed, sealed


def test_the_catalogue_lists_every_kind_with_its_fields() -> None:
    listed = _listed()
    assert {kind: _declared(kind) for kind in ledger.EVENTS} == listed
    assert f": {len(listed)} kinds" in PAGE.read_text(encoding="utf-8")


def test_the_verifier_has_a_rule_for_every_kind_and_version() -> None:
    rules = {(kind, v) for kind, v in HANDLERS if not kind.startswith("test.")}
    assert rules == {(kind, body.version) for kind, body in ledger.EVENTS.items()}
