"""Receipts: each entry is proved alone, by whoever takes part, and by nobody's word."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from tests.support.engagement import World, refused

from outwork import ledger, reporting
from outwork.operation import operation
from outwork.vocabulary import NotFound
from outwork_verify import Report, read_policy, verify_receipt
from outwork_verify.__main__ import main

OF_EACH = (
    "execution.item-submitted", "agreements.signed", "acceptance.delivered",
    "acceptance.delivery-accepted", "agreements.stage-passed",
)  # fmt: skip


def policy_of(world: World) -> str:
    return f"log {ledger.verifier_key(world.database.keyring, world.engagement)}\n"


def receipt(world: World, seq: int, who: str = "vera") -> bytes:
    with operation(world.database, world.people[who], world.now) as op:
        return reporting.receipt(op, world.engagement, seq)


def judged(world: World, text: bytes) -> Report:
    return verify_receipt(text, read_policy(policy_of(world)))


def test_every_entry_has_a_receipt_that_verifies_alone(world: World) -> None:
    world.upto("finish")
    head = world.integrate()
    entries = world.look(lambda db, e: list(ledger.entries(db, e)), world.engagement)
    kinds = set()
    for entry in entries:
        text = receipt(world, entry.seq)
        report = judged(world, text)
        assert report.failure is None
        assert report.authenticated
        shown = report.figures
        assert (shown["receipt"], shown["entries"]) == (entry.seq, head.size)
        assert (shown["kind"], shown["public"]) == (entry.kind, entry.public)
        assert shown["root"] == head.root.hex()
        kinds.add(entry.kind)
    assert kinds.issuperset(OF_EACH)


def test_a_receipt_of_another_log_key_or_entry_does_not_verify(world: World) -> None:
    world.upto("sign")
    world.integrate()
    text = receipt(world, 2)
    world.database.keyring.make("other")
    other = ledger.log_signer(world.database.keyring, world.engagement)
    stranger = ledger.checkpoint.generate_signer(other.name)
    report = verify_receipt(text, read_policy(f"log {stranger.verifier.encode()}"))
    assert not report.ok
    line = text.split(b"\n")[1]
    entry = json.loads(base64.b64decode(line.split(b" ")[1]))
    entry["actor"] = "somebody-else"
    forged = base64.b64encode(ledger.canonical.encode(entry))
    report = judged(world, text.replace(line, b"extra " + forged))
    assert report.failure is not None
    assert "another root" in report.failure.reason


def test_only_who_takes_part_gets_a_receipt(world: World) -> None:
    world.upto("award")
    with refused("checkpoint-pending"):
        event = world.look(ledger.find_entry, world.engagement, "selection.awarded").id
        with operation(world.database, world.people["vera"], world.now) as op:
            reporting.receipt_of(op, world.engagement, event)
    head = world.integrate()
    with operation(world.database, world.people["vera"], world.now) as op:
        assert judged(world, reporting.receipt_of(op, world.engagement, event)).ok
    with pytest.raises(NotFound):
        receipt(world, 0, "stranger")
    with refused("not-permitted"):
        receipt(world, 0, "hugo")  # a bidder sees no log
    with pytest.raises(NotFound):
        receipt(world, head.size)


def test_an_erased_engagement_keeps_its_receipts(world: World) -> None:
    world.upto("accept")
    head = world.integrate()
    world.database.keyring.destroy(world.engagement)
    assert all(judged(world, receipt(world, seq)).ok for seq in range(head.size))


def test_the_command_takes_a_receipt_with_a_policy_only(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.upto("sign")
    world.integrate()
    file, policy = tmp_path / "receipt.txt", tmp_path / "policy.txt"
    file.write_bytes(receipt(world, 3))
    policy.write_text(policy_of(world))
    assert main([str(file), "--policy", str(policy)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{file}: verified\n")
    assert "entry        3: agreements.member-joined" in shown
    assert main([str(file), "--policy", str(policy), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"]["receipt"] == 3
    assert main([str(file)]) == 2
    assert "give a policy" in capsys.readouterr().err
    file.write_bytes(receipt(world, 3).replace(b"index 3", b"index 2"))
    assert main([str(file), "--policy", str(policy)]) == 1
    file.write_bytes(b"c2sp.org/tlog-proof@v1\nindex")
    assert main([str(file), "--policy", str(policy)]) == 1
