"""The log of logs: a log that is not in it, and two versions of one, do not verify."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.verify.recorded import Log

from outwork.ledger import bundle, canonical, checkpoint, logs, tree
from outwork.ledger.proving import encode_receipt
from outwork_verify import PolicyError, Report, read_policy, verify, verify_receipt
from outwork_verify.__main__ import main
from outwork_verify.rules_logs import blinded

SECRET, OTHER = b"s" * 32, b"o" * 32
Member = dict[str, Any]


class Logs:
    """A log of logs that an operator may fill as it likes, with whose keys it is signed."""

    def __init__(self, witnesses: int = 0) -> None:
        self.signer = checkpoint.generate_signer("outwork.local/logs")
        kind = checkpoint.COSIGNATURE_V1
        self.witnesses = [
            checkpoint.generate_signer(f"w{n}.example", kind) for n in range(witnesses)
        ]
        self.lines: list[bytes] = []

    def cover(self, origin: str, lines: list[bytes], secret: bytes = SECRET, **more: Any) -> int:
        """An entry about a log of these lines; gives its number."""
        public = {"log": logs.blinded(secret, origin), "size": len(lines),
                  "root": tree.root_of_leaves(lines).hex()}  # fmt: skip
        entry = {"seq": len(self.lines), "kind": "ledger.log-covered", "version": 1, "actor": "job",
                 "at": "2026-03-01T09:00:00.000000Z", "public": public, "sealed": {}}  # fmt: skip
        self.lines.append(canonical.encode(entry | more))
        return len(self.lines) - 1

    def member(self, seq: int, secret: bytes = SECRET) -> Member:
        """What a bundle says of an entry."""
        made = tree.Tree()
        for line in self.lines:
            made.append(line)
        head = checkpoint.Checkpoint(self.signer.name, made.size, made.root())
        note = checkpoint.sign_checkpoint(head, self.signer).decode()
        note += "".join(checkpoint.cosign(head.text(), w, 7).encode() for w in self.witnesses)
        path = tree.inclusion_proof(seq, made.size, made.node)
        return {
            "checkpoint": note, "entry": self.lines[seq].decode(), "secret": secret.hex(),
            "log": self.signer.verifier.encode(),
            "proof": [base64.b64encode(digest).decode() for digest in path],
        }  # fmt: skip

    def policy(self, log: Log, quorum: str = "") -> str:
        """A policy that names both logs, and the witnesses of the log of logs."""
        key = checkpoint.VerifierKey(log.signer.name, checkpoint.ED25519, log.signer.public_key)
        made = f"log {key.encode()}\nlogs {self.signer.verifier.encode()} {quorum}\n"
        for n, witness in enumerate(self.witnesses):
            made = f"witness w{n} {witness.verifier.encode()}\n{made}"
        return made + ("quorum none\n" if self.witnesses else "")


def lines_of(log: Log) -> list[bytes]:
    for seq, entry in enumerate(log.entries):
        entry["seq"] = seq
    return [canonical.encode(entry) for entry in log.entries]


@pytest.fixture
def own(genuine: Log) -> tuple[Log, Logs, int]:
    """A genuine log, and a log of logs that knows it among others, at two sizes."""
    log, known = genuine.copy(), Logs()
    lines, origin = lines_of(log), log.contents.origin
    known.cover("outwork.local/eng_other", lines[:5], OTHER)
    known.cover(origin, lines[:40])
    known.cover("outwork.local/eng_other", lines[:9], OTHER)
    seq = known.cover(origin, lines[:80])
    known.cover("outwork.local/eng_other", lines[:11], OTHER)
    return log, known, seq


def judged(
    log: Log, member: Member | None, policy: str = "", whole: list[bytes] | None = None
) -> Report:
    data = log.signed_again(logs=member)
    return verify(io.BytesIO(data), read_policy(policy) if policy else None, logs=whole)


def reason(report: Report, member: str = "logs.json") -> str:
    assert report.failure is not None
    assert report.failure.member == member
    return report.failure.reason


def test_a_log_that_is_known_verifies(own: tuple[Log, Logs, int]) -> None:
    log, known, seq = own
    member = known.member(seq)
    report = judged(log, member, known.policy(log), known.lines)
    assert report.failure is None
    assert report.figures["logs"] == {
        "log": "outwork.local/logs", "trusted": True, "entry": 3, "entries": 5, "covered": 80,
        "cosigned": {}, "found": 2, "id": logs.blinded(SECRET, log.contents.origin),
    }  # fmt: skip
    assert blinded(SECRET, "x") == logs.blinded(SECRET, "x")
    without = judged(log, member)
    assert without.ok
    assert without.figures["logs"]["trusted"] is False
    assert judged(log, None).ok  # nobody asks for it
    read = bundle.read_bundle(io.BytesIO(log.signed_again(logs=member)))
    assert read.logs == member


def test_a_log_that_has_grown_since_is_still_the_same(own: tuple[Log, Logs, int]) -> None:
    log, known, seq = own
    member = known.member(seq)
    known.cover(log.contents.origin, [*lines_of(log), b"{}"])
    assert judged(log, member, known.policy(log), known.lines).ok
    # Known when the proof was made, though, it was cut back.
    cut = judged(log, known.member(seq), known.policy(log), known.lines)
    assert f"entries where the log has {len(log.entries)}" in reason(cut, "logs")


def forgeries(log: Log, known: Logs, seq: int) -> dict[str, tuple[Member | None, str]]:
    lines, origin = lines_of(log), log.contents.origin
    true = known.member(seq)
    note = checkpoint.parse_note(true["checkpoint"].encode())
    fork = known.cover(origin, [*lines[:70], b"{}", *lines[71:80]])
    longer = known.cover(origin, [*lines, b"{}"])
    kind = known.cover(origin, lines[:50], kind="ledger.log-forgotten")
    more = known.cover(origin, lines[:50], sealed={"x": "0" * 64})
    place = known.cover(origin, lines[:50], seq=1)
    stranger = Logs()
    stranger.lines = known.lines
    flipped = base64.b64encode(b"\0" * 32).decode()
    return {
        "fork": (known.member(fork), "another history of 80 entries"),
        "cut back": (known.member(longer), "entries where the log has"),
        "another log's": (known.member(0), "is about another log"),
        "another secret": (true | {"secret": OTHER.hex()}, "is about another log"),
        "not in it": (true | {"proof": [flipped, *true["proof"][1:]]}, "leads to another root"),
        "too short": (true | {"proof": true["proof"][1:]}, "too short"),
        "entry of another": (true | {"entry": known.lines[1].decode()}, "another root"),
        "another key": (stranger.member(seq), "does not trust the log of logs"),
        "unsigned": (true | {"checkpoint": note.text + "\n"}, "no signature"),
        "altered head": (true | {"checkpoint": true["checkpoint"].replace("\n5\n", "\n6\n")},
                         "does not verify"),
        "another kind": (known.member(kind), "is not one of the log of logs"),
        "another field": (known.member(more), "does not have the fields"),
        "another place": (known.member(place), "the proof"),
        "no secret": (true | {"secret": ""}, "has a malformed secret"),
        "no proof": ({k: v for k, v in true.items() if k != "proof"}, "is not a proof"),
        "long proof": (true | {"proof": [flipped] * 64}, "is not a proof"),
        "no text": (true | {"entry": 3}, "is not a proof"),
        "no event": (true | {"entry": "[]"}, "has no place"),
        "nothing": (None, "the policy names a log of logs"),
    }  # fmt: skip


def test_nothing_forged_passes_for_known(own: tuple[Log, Logs, int]) -> None:
    log, known, seq = own
    policy = known.policy(log)
    for name, (member, why) in forgeries(log, known, seq).items():
        assert why in reason(judged(log, member, policy)), name


def test_another_version_leaves_an_entry_that_anybody_finds(own: tuple[Log, Logs, int]) -> None:
    log, known, _ = own
    lines = lines_of(log)
    fork = known.cover(log.contents.origin, [*lines[:70], b"{}"])
    last = known.cover(log.contents.origin, lines)
    member, policy = known.member(last), known.policy(log)
    assert judged(log, member, policy).ok  # the proof alone says nothing of others
    found = judged(log, member, policy, known.lines)
    assert "another history of 71 entries" in reason(found, "logs")
    assert found.failure is not None
    assert found.failure.entry == fork
    # Leaving the entry out, or another in, is not the log of logs that was signed.
    hidden = [line for seq, line in enumerate(known.lines) if seq != fork]
    assert "where the proof is of" in reason(judged(log, member, policy, hidden), "logs")
    altered = [*known.lines[:fork], known.lines[0], *known.lines[fork + 1 :]]
    assert "is not the log of logs" in reason(judged(log, member, policy, altered), "logs")
    assert "by which id" in reason(judged(log, None, "", known.lines))


def test_a_policy_may_demand_that_it_is_cosigned(genuine: Log) -> None:
    log, known = genuine.copy(), Logs(witnesses=2)
    seq = known.cover(log.contents.origin, lines_of(log))
    both = known.policy(log).replace("logs ", "group all-of-them all w0 w1\nlogs ")
    both = both.replace(" \n", " all-of-them\n")
    report = judged(log, known.member(seq), both)
    assert report.failure is None
    assert report.figures["logs"]["cosigned"] == {"w0.example": 7, "w1.example": 7}
    known.witnesses.pop()
    assert "is not cosigned" in reason(judged(log, known.member(seq), both))


def test_policies_name_one_log_of_logs() -> None:
    key = Logs().signer.verifier.encode()
    whole = f"log {key}\nlogs {key}\n"
    assert read_policy(whole).covering is not None
    for wrong in (f"logs {key}\n", "logs\n"):
        with pytest.raises(PolicyError, match="line 3"):
            read_policy(whole + wrong)
    for wrong in (" nobody\n", " a b\n"):
        with pytest.raises(PolicyError, match="line 2"):
            read_policy(whole[:-1] + wrong)


def test_receipts_are_not_asked_for_it(genuine: Log) -> None:
    log, known = genuine.copy(), Logs()
    lines = lines_of(log)
    made = tree.Tree()
    for line in lines:
        made.append(line)
    head = checkpoint.Checkpoint(log.contents.origin, made.size, made.root())
    note = checkpoint.sign_checkpoint(head, log.signer)
    text = encode_receipt(3, tree.inclusion_proof(3, made.size, made.node), note, lines[3])
    assert verify_receipt(text, read_policy(known.policy(log))).ok


def test_the_command_takes_all_entries(
    own: tuple[Log, Logs, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, known, seq = own
    files = {name: tmp_path / name for name in ("bundle.zip", "policy.txt", "logs.jsonl")}
    files["bundle.zip"].write_bytes(log.signed_again(logs=known.member(seq)))
    files["policy.txt"].write_text(known.policy(log))
    whole = b"".join(line + b"\n" for line in known.lines)
    files["logs.jsonl"].write_bytes(whole)
    arguments = [str(files["bundle.zip"]), "--policy", str(files["policy.txt"]), "--logs",
                 str(files["logs.jsonl"])]  # fmt: skip
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "log of logs  outwork.local/logs, 5 entries\n" in shown
    assert "knows the first 80 entries of this log" in shown
    files["logs.jsonl"].write_bytes(whole[:-1])
    assert main(arguments) == 2
    files["logs.jsonl"].write_bytes(whole.replace(b'"size":80', b'"size":81'))
    assert main([*arguments, "--json"]) == 1
    said = capsys.readouterr().out.strip().split("\n")[-1]
    assert json.loads(said)["first_bad"]["member"] == "logs"
