"""`outwork chain`: whoever holds a bundle anchors its log, and verifies that it is."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.chain import KEYS, Node, serving_chain
from tests.support.engagement import World
from typer.testing import CliRunner

from outwork import ledger
from outwork.interfaces import cli as command_line
from outwork.stages import acceptance


@contextmanager
def no_home() -> Iterator[Any]:
    raise AssertionError("anchoring needs no installation")
    yield


def invoke(*arguments: object) -> Any:
    app = command_line.build(no_home, lambda *_: None)
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def node() -> Iterator[Node]:
    """A fresh chain."""
    with serving_chain() as made:
        yield made


def test_a_bundle_is_anchored_and_verified_as_somebody_types_it(
    world: World, node: Node, tmp_path: Path
) -> None:
    world.upto("sign")
    world.integrate()
    target = io.BytesIO()
    world.look(acceptance.export_bundle, world.engagement, target)
    bundle, key, out = tmp_path / "bundle.zip", tmp_path / "key", tmp_path / "anchor.json"
    bundle.write_bytes(target.getvalue())
    key.write_text(KEYS[0] + "\n", encoding="ascii")
    there = ("--rpc", node.url, "--key", key)
    contract = invoke("chain", "deploy", *there).stdout.strip()
    given = ("chain", "anchor", bundle, *there, "--contract", contract, "--confirmations", 0)
    made = invoke(*given, "--out", out)
    assert made.exit_code == 0, made.stderr
    assert str(world.engagement).encode() not in out.read_bytes()
    block = node.answer("eth_getBlockByNumber", [])["hash"]
    policy = tmp_path / "policy.txt"
    verifier = ledger.verifier_key(world.database.keyring, world.engagement)
    policy.write_text(f"log {verifier}\nanchor {contract} {block}\n", encoding="ascii")
    told = invoke("verify", bundle, "--policy", policy, "--anchor", out)
    assert told.exit_code == 0, told.stdout
    assert f"block {block}" in told.stdout
    assert "on chain 1337\n" in told.stdout
    assert "that the policy does not name" in invoke("verify", bundle, "--anchor", out).stdout
    assert invoke("verify", bundle, "--policy", policy).exit_code == 1

    late = tmp_path / "late.json"
    sent = json.loads(out.read_bytes())["transaction"]
    assert invoke(*given, "--out", late, "--transaction", sent).exit_code == 0
    assert late.read_bytes() == out.read_bytes()
    again = invoke(*given, "--out", tmp_path / "again.json")
    assert (again.exit_code, "is anchored at" in again.stderr) == (2, True)
    taken = invoke(*given, "--out", out)
    assert (taken.exit_code, "is there already" in taken.stderr) == (2, True)
    keyless = invoke("chain", "deploy", "--rpc", node.url, "--key", tmp_path / "none")
    assert (keyless.exit_code, "cannot be read" in keyless.stderr) == (2, True)
    bundle.write_bytes(target.getvalue()[:-40])
    cut = invoke(*given, "--out", tmp_path / "cut.json")
    assert cut.exit_code in (1, 2)
    assert not (tmp_path / "cut.json").exists()
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({}), encoding="ascii")
    bundle.write_bytes(target.getvalue())
    assert invoke("verify", bundle, "--anchor", bad).exit_code == 1
    assert invoke("verify", bundle, "--anchor", tmp_path / "none").exit_code == 2
