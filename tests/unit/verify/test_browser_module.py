"""The browser's module says of receipts what the offline verifier says: both read the same."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from outwork.interfaces.web.checking import CHECKED
from outwork.ledger import canonical, checkpoint, tree
from outwork.ledger.proving import encode_receipt
from outwork_verify import PolicyError, read_policy, verify_receipt
from outwork_verify.note import NoteError

STATIC = Path(__file__).parents[3] / "src/outwork/interfaces/web/static"
DRIVER = """
import { readFileSync } from "node:fs";
const { check } = await import(process.argv[1]);
const said = [];
for (const { receipt, policy, line } of JSON.parse(readFileSync(0, "utf8"))) {
  const { ok, steps } = await check(receipt, policy, line ?? null);
  const [bad] = steps.filter(({ state }) => state === "bad");
  said.push({ ok, bad: bad ? [bad.step, bad.code] : null, steps: steps.map(({ state }) => state) });
}
console.log(JSON.stringify(said));
"""
Case = dict[str, Any]


def judged(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """What the module says of each case, from one process."""
    node = shutil.which("node")
    assert node is not None, "make setup needs Node too"
    got = subprocess.run(
        [node, "--input-type=module", "-e", DRIVER, str(STATIC / "proof.js")],
        input=json.dumps(cases).encode(), capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert got.returncode == 0, got.stderr.decode()
    made: list[dict[str, Any]] = json.loads(got.stdout)
    return made


class Log:
    """A log of so many entries, its witnesses, and receipts of them."""

    def __init__(self, size: int, witnesses: int = 2) -> None:
        self.signer = checkpoint.generate_signer("log.example")
        kind = checkpoint.COSIGNATURE_V1
        self.witnesses = [
            checkpoint.generate_signer(f"w{n}.example", kind) for n in range(witnesses)
        ]
        self.tree, self.lines = tree.Tree(), [event(n) for n in range(size)]
        for line in self.lines:
            self.tree.append(line)
        body = checkpoint.Checkpoint("log.example", size, self.tree.root(size))
        note = checkpoint.sign_checkpoint(body, self.signer).decode()
        for n, witness in enumerate(self.witnesses):
            note += checkpoint.cosign(body.text(), witness, 1_700_000_000 + n).encode()
        self.note = note.encode()

    def receipt(self, index: int) -> str:
        path = tree.inclusion_proof(index, len(self.lines), self.tree.node)
        return encode_receipt(index, path, self.note, self.lines[index]).decode()

    @property
    def policy(self) -> str:
        names = [f"side-{n}" for n in range(len(self.witnesses))]
        rules = [f"log {self.signer.verifier.encode()}  # ours"]
        rules += [
            f"witness {a} {w.verifier.encode()}" for a, w in zip(names, self.witnesses, strict=True)
        ]
        if names:
            rules += [f"group all-sides all {' '.join(names)}", "quorum all-sides"]
        return "\n".join(rules) + "\n"


def event(seq: int) -> bytes:
    """An entry with letters of several bytes in it."""
    return canonical.encode(
        {
            "seq": seq, "kind": "execution.item-admitted", "version": 1, "actor": "mem_ö",
            "at": "2026-03-01T09:00:00.000000Z", "public": {"item": f"itm_{seq}", "n": "日本"},
            "sealed": {},
        }
    )  # fmt: skip


def test_every_entry_of_trees_of_many_sizes_is_proved() -> None:
    cases = [
        {"receipt": log.receipt(index), "policy": log.policy, "line": log.lines[index].decode()}
        for size in (1, 2, 3, 4, 7, 8, 9, 33, 64, 100)
        for log in [Log(size, size % 3)]
        for index in range(size)
    ]
    told = judged(cases)
    assert len(told) == 231
    assert all(t["ok"] and t["steps"] == ["good"] * 6 for t in told)
    assert all(verify_receipt(c["receipt"].encode(), read_policy(c["policy"])).ok for c in cases)


def test_no_byte_can_be_changed_and_both_verifiers_agree() -> None:
    log, chance = Log(13), random.Random(20261129)
    whole = log.receipt(5)
    policy = read_policy(log.policy)
    cases = [
        {"receipt": whole[:at] + other + whole[at + 1 :], "policy": log.policy}
        for at in range(len(whole))
        for other in {chr(ord(whole[at]) ^ 1), chance.choice("A=+ \n0—")} - {whole[at]}
    ]
    told = judged(cases)
    for case, said in zip(cases, told, strict=True):
        ours = verify_receipt(case["receipt"].encode(), policy).ok
        assert said["ok"] == ours, (case["receipt"], said)
    assert not any(t["ok"] for t in told)
    steps = {t["bad"][0] for t in told}
    assert steps == {"receipt", "entry", "place", "checkpoint", "witnesses"}
    assert {t["bad"][1] for t in told} <= set(CHECKED)


def test_each_part_fails_by_its_own_name() -> None:
    log, other = Log(13), Log(13)
    whole, line = log.receipt(5), log.lines[5].decode()
    rules = log.policy.splitlines()
    unsigned = whole.split("\n— w1.example")[0] + "\n"
    two = "\n".join(rules[:2] + rules[4:]).replace("all-sides", "none")
    cases: list[tuple[Case, str, str]] = [
        ({"line": line.replace("itm_5", "itm_6")}, "entry", "other-entry"),
        ({"receipt": whole.replace("index 5", "index 4")}, "entry", "other-place"),
        ({"receipt": "\n".join(x for x in whole.split("\n") if not x.startswith("extra"))},
         "entry", "no-entry"),
        ({"receipt": whole.replace("\n13\n", "\n5\n")}, "place", "index-beyond"),
        ({"receipt": whole.replace("\n13\n", "\n200\n")}, "place", "proof-short"),
        ({"receipt": whole.replace("\n13\n", "\n6\n")}, "place", "proof-long"),
        ({"receipt": whole.replace("\n13\n", "\n14\n")}, "checkpoint", "signature-wrong"),
        ({"policy": other.policy}, "checkpoint", "log-untrusted"),
        ({"policy": rules[0]}, "witnesses", "signer-unknown"),
        ({"receipt": unsigned}, "policy", "quorum-missed"),
        ({"receipt": whole + whole.rsplit("\n", 2)[1] + "\n"}, "witnesses", "signed-twice"),
        ({"policy": "\n".join(rules[:-1])}, "receipt", "policy-without-quorum"),
        ({"policy": rules[1]}, "receipt", "policy-without-log"),
        ({"policy": log.policy.replace("group", "grupo")}, "receipt", "policy-line"),
        ({"policy": log.policy.replace(log.signer.key_id.hex(), "00000000")},
         "receipt", "key-malformed"),
        ({"policy": two}, "witnesses", "signer-unknown"),
        ({"receipt": "hello"}, "receipt", "not-a-receipt"),
        ({"receipt": whole.replace("\nindex 5\n", "\nindex 05\n")}, "receipt", "not-a-receipt"),
    ]  # fmt: skip
    whole_case = {"receipt": whole, "policy": log.policy}
    told = judged([{**whole_case, **change} for change, _, _ in cases])
    assert [t["bad"] for t in told] == [[step, code] for _, step, code in cases]
    assert all(t["steps"].count("bad") == 1 and "good" not in t["steps"][t["steps"].index("bad"):]
               for t in told)  # fmt: skip


@pytest.mark.parametrize("needed", ["any", "1", "2", "all", "3", "0", "x"])
def test_policies_are_read_alike(needed: str) -> None:
    log = Log(3)
    key = checkpoint.generate_signer("eng_1/p1").verifier.encode()
    whole = f"{log.policy}signer {key}\nlogs {key} all-sides\n"
    text = whole.replace("group all-sides all", f"group all-sides {needed}")
    [told] = judged([{"receipt": log.receipt(1), "policy": text}])
    try:
        ours = verify_receipt(log.receipt(1).encode(), read_policy(text)).ok
    except (PolicyError, NoteError):
        ours = False
        assert told["bad"] == ["receipt", "policy-line"]
    assert told["ok"] == ours
