"""One item proved to somebody outside, without the rest; and nothing changed in it is believed."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.engagement import World
from tests.support.imports import bring
from tests.support.service import content

from outwork import ledger
from outwork.stages import execution
from outwork.stages.execution import store
from outwork.vocabulary import ItemId, NotFound
from outwork_verify import Policy, read_policy, verify_disclosure
from outwork_verify.__main__ import main


def policy(world: World) -> Policy:
    return read_policy(f"log {ledger.verifier_key(world.database.keyring, world.engagement)}")


def file(made: Any) -> bytes:
    return json.dumps(made).encode()


@pytest.fixture
def produced(world: World) -> World:
    world.upto("admit")
    text = content(7).decode()
    world.texts["row-7"] = text
    bring(world, json.dumps({"name": "row-7", "text": text}).encode())
    world.items.append(ItemId(world.look(execution.all_items, world.order)[-1].id))
    world.upto("produce", after="admit")
    world.integrate()
    return world


def test_an_item_is_proved_without_the_rest(
    produced: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = produced
    made = world.act("vera", execution.disclose_item, world.items[0])
    report = verify_disclosure(file(made), policy(world))
    assert (report.ok, report.authenticated) == (True, True), report
    kinds = [text.split(" ")[1] for text in report.figures["shown"]]
    assert kinds[0] == "execution.item-admitted"
    assert kinds.count("execution.item-submitted") == 2
    assert report.figures["opened"] == 1 + 3 + 3
    assert base64.b64decode(made["contents"][0]["data"]).decode() == world.texts["input-0.txt"]
    plain = file(made).decode()
    assert all(other not in plain for other in world.items[1:])
    path = tmp_path / "item.json"
    path.write_bytes(file(made))
    assert main([str(path)]) == 0
    assert "consistent, not authenticated" in capsys.readouterr().out


def test_a_row_is_proved_with_its_chunk(produced: World) -> None:
    world = produced
    made = world.act("dana", execution.disclose_item, world.items[-1])
    assert made["row"]["text"] == world.texts["row-7"]
    report = verify_disclosure(file(made), policy(world))
    assert report.ok, report
    assert report.figures["contents"] == 1
    made["row"]["text"] += "."
    assert not verify_disclosure(file(made), policy(world)).ok


def test_nothing_altered_is_believed(produced: World) -> None:
    world = produced
    made = world.act("vera", execution.disclose_item, world.items[1])

    def bad(change: Any) -> str:
        forged = json.loads(json.dumps(made))
        change(forged)
        report = verify_disclosure(file(forged), policy(world))
        assert report.failure is not None, change
        return report.failure.reason

    def value(f: Any) -> None:
        f["opened"][-1]["value"] = "other"

    def line(f: Any) -> None:
        f["entries"][1]["line"] = f["entries"][1]["line"].replace("execution", "exectuion")

    def data(f: Any) -> None:
        f["contents"][0]["data"] = base64.b64encode(b"other").decode()

    def proof(f: Any) -> None:
        f["entries"][0]["proof"].reverse()

    def note(f: Any) -> None:
        f["checkpoint"] = f["checkpoint"].replace("\n", "\n1", 1)

    assert "commitment" in bad(value)
    assert "another root" in bad(line)
    assert "not what was taken in" in bad(data)
    assert "another root" in bad(proof)
    assert "does not verify" in bad(note)
    assert "malformed" in bad(lambda f: f["entries"].append(3))
    assert "not a disclosure" in bad(lambda f: f.pop("row"))
    for junk in (b"{", b"{}", b"{" * 100_000):
        assert not verify_disclosure(junk, policy(world)).ok


def test_after_erasure_every_proof_still_verifies(produced: World) -> None:
    world = produced
    world.database.keyring.destroy(world.engagement)
    made = world.act("vera", execution.disclose_item, world.items[0])
    assert (made["opened"], made["contents"]) == ([], [])
    report = verify_disclosure(file(made), policy(world))
    assert report.ok, report
    assert len(report.figures["shown"]) == 5


def test_a_control_item_is_shown_to_nobody(produced: World) -> None:
    world = produced
    with world.database.transaction("job", [world.engagement]) as db:
        controls = [i for i in store.items.find(db) if i.work_order_id is None]
    with pytest.raises(NotFound):
        world.act("dana", execution.disclose_item, controls[0].id)
