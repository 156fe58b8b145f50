"""What an insider can do to a log, and who notices: eight attacks, and every byte flipped.

The insider is the provider: it runs the log, makes the bundles and signs their manifests, and holds
its own witness's key. From the seventh attack on it has the key that signs checkpoints too. The
client's witness is honest and on another machine. The auditor has the policy (log, and both
witnesses must have cosigned) and the client's witness's last checkpoint. Events are of a kind
without rules, so that nothing but the log's own proofs can tell.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.witnesses import TIME, witness

from outwork.kit.keyring import SealBroken, open_under, seal_under
from outwork.ledger import canonical, checkpoint, tree
from outwork.witness import Witness, write_request
from outwork_verify import Policy, Report, Unreadable, read_policy, verify
from outwork_verify import receipt as receipts
from outwork_verify import tree as second_tree

ORIGIN = "bench.example/log"
HANDLERS: dict[Any, Any] = {("bench.happened", 1): lambda *_: None}
ENTRIES, EVERY = 40, 8
TRIALS = 1_000
ATTACKS = (
    "edit an entry", "delete an entry", "swap two entries", "insert an entry",
    "edit and write another root", "cut the tail back to an older checkpoint",
    "edit and sign again with the stolen key", "show the auditor another log than the client",
)  # fmt: skip
_CUT, _RESIGN, _FORK = 5, 6, 7


@dataclass
class Scene:
    """One log with its keys; `lines` are its entries, `cosigned` the checkpoints by size."""

    signer: checkpoint.Ed25519Signer
    client: Witness
    provider: Witness
    lines: list[bytes]
    cosigned: dict[int, bytes]

    @property
    def policy(self) -> Policy:
        """Both sides must have cosigned."""
        return read_policy(
            f"log {self.signer.verifier.encode()}\n"
            f"witness client {self.client.store.verifier.encode()}\n"
            f"witness provider {self.provider.store.verifier.encode()}\n"
            "group both all client provider\nquorum both\n"
        )

    @property
    def alone(self) -> Policy:
        """The log's key, and no quorum: what a reader without a witness has."""
        return Policy(self.policy.logs, self.policy.witnesses)


def run(_data: Path, seed: int, log: Callable[[str], None]) -> dict[str, Any]:
    """`attacks`, `trials` (of each), `accepted` (attacks and flips that the auditor believed);
    `accepted_alone`: attacks believed by a reader of the same policy without its witnesses;
    `flips` and `flips_accepted`: bytes altered in log, checkpoint, proof, receipt, envelopes."""
    chance = random.Random(seed)
    begun, accepted, alone, cosigned = time.time(), 0, 0, 0
    with Path("raw.jsonl").open("w") as raw:
        for number, name in enumerate(ATTACKS):
            found = [trial(number, chance) for _ in range(TRIALS)]
            believed, unwitnessed, forged = (sum(one[i] for one in found) for i in range(3))
            log(f"{name}: {believed} of {TRIALS} accepted, {unwitnessed} without a witness")
            accepted, alone, cosigned = accepted + believed, alone + unwitnessed, cosigned + forged
            line = {"attack": name, "trials": TRIALS, "accepted": believed, "alone": unwitnessed}
            raw.write(json.dumps(line) + "\n")
        judged = flipped(chance)
        for name, (flips, bad) in judged.items():
            log(f"{name}: {bad} of {flips} flips accepted")
        figures = {
            "attacks": len(ATTACKS),
            "trials": TRIALS,
            "accepted": accepted + sum(bad for _, bad in judged.values()),
            "accepted_alone": alone,
            "forks_cosigned": cosigned,
            "flips": sum(flips for flips, _ in judged.values()),
            "flips_accepted": sum(bad for _, bad in judged.values()),
            "seconds_s": time.time() - begun,
        }
        command = f"outwork bench tamper --seed {seed}"
        raw.write(json.dumps({"at": begun, "command": command} | figures) + "\n")
    return figures


def scene(chance: random.Random, size: int = ENTRIES, every: int = EVERY) -> Scene:
    """A genuine log, cosigned by both witnesses every few entries and at its end."""
    signer = checkpoint.generate_signer(ORIGIN)
    witnesses = [witness(f"{side}.example", signer.verifier) for side in ("client", "provider")]
    made = Scene(signer, *witnesses, [_event(i, chance) for i in range(size)], {})
    grown, old = tree.Tree(), 0
    for line in made.lines:
        grown.append(line)
        if grown.size % every and grown.size != size:
            continue
        note = signed(signer, grown.root(), grown.size)
        body = write_request(old, tree.consistency_proof(old, grown.size, grown.node), note)
        answers = [one.add_checkpoint(body) for one in witnesses]
        assert all(answer.status == 200 for answer in answers), answers
        made.cosigned[grown.size] = note + "".join(answer.body for answer in answers).encode()
        old = grown.size
    return made


def trial(attack: int, chance: random.Random) -> tuple[bool, bool, bool]:
    """Whether the auditor believed the attack; a reader without a witness; and whether the
    client's witness cosigned the forgery."""
    made = scene(chance)
    last = made.client.store.latest(ORIGIN)[1]
    lines = _altered(attack, made.lines, chance)
    fooled = False
    if attack == _CUT:
        note = made.cosigned[len(lines)]
    elif attack in (_RESIGN, _FORK):
        note, fooled = _resigned(made, lines, chance)
    elif attack == ATTACKS.index("edit and write another root"):
        genuine = made.cosigned[len(made.lines)]
        old, new = tree.root_of_leaves(made.lines), tree.root_of_leaves(lines)
        note = genuine.replace(base64.b64encode(old), base64.b64encode(new))
    else:
        note = made.cosigned[len(made.lines)]
    bundle = packed(made, lines, note)
    believed = _ok(bundle, made.policy, [last])
    return believed, _ok(bundle, made.alone, []), fooled


def _altered(attack: int, lines: Sequence[bytes], chance: random.Random) -> list[bytes]:
    """The entries that the insider shows; each says its position, as a genuine one does."""
    made, at = list(lines), chance.randrange(len(lines))
    forged = _event(at, chance)
    if attack == 1:
        del made[at]
    elif attack == 2:
        other = (at + chance.randrange(1, len(lines))) % len(lines)
        made[at], made[other] = made[other], made[at]
    elif attack == 3:
        made.insert(at, forged)
    elif attack == _CUT:
        del made[chance.randrange(1, len(lines) // EVERY) * EVERY :]
    elif attack == _FORK:
        made[at:] = [_event(i, chance) for i in range(at, len(lines) + chance.randrange(3))]
    else:
        made[at] = forged
    return [canonical.encode(json.loads(line) | {"seq": i}) for i, line in enumerate(made)]


def _resigned(made: Scene, lines: Sequence[bytes], chance: random.Random) -> tuple[bytes, bool]:
    """The forged log's checkpoint, signed; the provider's witness obeys; the client's is asked in
    every way there is. If it refuses, its line is taken over from a genuine checkpoint."""
    forged = tree.Tree()
    for line in lines:
        forged.append(line)
    note = signed(made.signer, forged.root(), forged.size)
    text = checkpoint.parse_note(note).text
    note += checkpoint.cosign(text, made.provider.store.signer, TIME).encode().encode()
    size = made.client.head(ORIGIN).size
    genuine = tree.Tree()
    for line in made.lines:
        genuine.append(line)
    longer = min(size, forged.size)
    proofs = [
        (0, []), (size, []), (longer, tree.consistency_proof(longer, forged.size, forged.node)),
        (size, tree.consistency_proof(size // 2, size, genuine.node)),
        (chance.randrange(size), [chance.randbytes(32) for _ in range(4)]),
    ]  # fmt: skip
    for old, proof in proofs:
        answer = made.client.add_checkpoint(write_request(old, proof, note))
        if answer.status == 200:
            return note + answer.body.encode(), True
    theirs = checkpoint.parse_note(made.cosigned[len(made.lines)]).signatures
    stolen = next(line for line in theirs if line.name == made.client.store.signer.name)
    return (note + stolen.encode().encode() if chance.random() < 0.5 else note), False


def signed(signer: checkpoint.Ed25519Signer, root: bytes, size: int) -> bytes:
    """A checkpoint by the log alone."""
    return checkpoint.sign_checkpoint(checkpoint.Checkpoint(ORIGIN, size, root), signer)


def packed(
    made: Scene, lines: Sequence[bytes], note: bytes, engagement: str = "eng_bench"
) -> bytes:
    """A bundle of these entries and this checkpoint, its manifest signed whatever they are."""
    members = {"checkpoint": note, "entries.jsonl": b"".join(line + b"\n" for line in lines)}
    manifest = canonical.encode({
        "format": "outwork-bundle/1", "engagement": engagement, "origin": ORIGIN,
        "log": made.signer.verifier.encode(),
        "witnesses": sorted(w.store.verifier.encode() for w in (made.client, made.provider)),
        "members": [{"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                    for name, data in sorted(members.items())],
    })  # fmt: skip
    digest = base64.b64encode(hashlib.sha256(manifest).digest()).decode()
    text = f"outwork-bundle/1\n{engagement}\n{digest}\n"
    members |= {
        "manifest.json": manifest,
        "manifest.sig": checkpoint.sign_note(text, [made.signer]),
    }
    return zipped(members)


def zipped(members: dict[str, bytes]) -> bytes:
    """The members as a container."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as container:
        for name, data in members.items():
            container.writestr(name, data)
    return target.getvalue()


def flipped(chance: random.Random, size: int = ENTRIES) -> dict[str, tuple[int, int]]:
    """Flips tried and flips accepted, of every byte of each thing that is checked."""
    made = scene(chance, size)
    note, policy, key = made.cosigned[size], made.policy, chance.randbytes(32)
    log = b"".join(line + b"\n" for line in made.lines)
    grown = tree.Tree()
    for line in made.lines:
        grown.append(line)
    at = chance.randrange(size)
    proof = tree.inclusion_proof(at, size, grown.node)
    sealed, whole = seal_under(key, b"what was said", "context"), packed(made, made.lines, note)
    with zipfile.ZipFile(io.BytesIO(whole)) as container:
        parts = {name: container.read(name) for name in container.namelist()}

    def proves(data: bytes) -> None:
        path = [data[i : i + 32] for i in range(0, len(data), 32)]
        second_tree.check_inclusion(at, size, grown.node(0, at), path, grown.root())

    def receipt(*, carries: bool) -> tuple[bytes, Callable[[bytes], object]]:
        data = receipts_text(at, proof, note, made.lines[at] if carries else None)
        return data, lambda d: receipts.check_receipt(d, policy, made.lines[at])

    def judge(build: Callable[[bytes], bytes]) -> Callable[[bytes], None]:
        def check(data: bytes) -> None:
            if not _ok(build(data), policy, []):
                raise ValueError("the bundle does not verify")

        return check

    checks: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
        "log": (log, judge(lambda d: packed(made, d.split(b"\n")[:-1], note))),
        "checkpoint": (note, lambda d: receipts.check_head(d, policy)),
        "checkpoint in a bundle": (note, judge(lambda d: packed(made, made.lines, d))),
        "proof": (b"".join(proof), proves),
        "receipt": receipt(carries=False),
        "receipt with its entry": receipt(carries=True),
        "sealed envelope": (sealed, lambda d: open_under(key, d, "context")),
        "manifest": (parts["manifest.json"], judge(lambda d: zipped(parts | {"manifest.json": d}))),
        "manifest's signature": (
            parts["manifest.sig"], judge(lambda d: zipped(parts | {"manifest.sig": d})),
        ),
    }  # fmt: skip
    return {name: _count(data, check, chance) for name, (data, check) in checks.items()}


def receipts_text(
    index: int, proof: Sequence[bytes], note: bytes, entry: bytes | None = None
) -> bytes:
    """A receipt (C2SP tlog-proof), with the entry that it is about if there is one."""
    lines = ["c2sp.org/tlog-proof@v1"]
    if entry is not None:
        lines.append("extra " + base64.b64encode(entry).decode())
    lines += [f"index {index}", *(base64.b64encode(digest).decode() for digest in proof)]
    return "\n".join(lines).encode() + b"\n\n" + note


def _count(data: bytes, check: Callable[[bytes], object], chance: random.Random) -> tuple[int, int]:
    check(data)  # untouched, it is accepted; otherwise the flips would show nothing
    accepted = 0
    for damaged in _flips(data, chance):
        try:
            check(damaged)
        except (ValueError, SealBroken):
            continue
        accepted += 1
    return len(data), accepted


def _flips(data: bytes, chance: random.Random) -> Iterator[bytes]:
    for i, byte in enumerate(data):
        yield data[:i] + bytes([byte ^ (1 << chance.randrange(8))]) + data[i + 1 :]


def _ok(bundle: bytes, policy: Policy, seen: Sequence[bytes]) -> bool:
    try:
        report: Report = verify(io.BytesIO(bundle), policy, HANDLERS, seen=seen)
    except Unreadable:
        return False
    return report.ok


def _event(seq: int, chance: random.Random) -> bytes:
    return canonical.encode({
        "seq": seq, "kind": "bench.happened", "version": 1, "actor": "per_1",
        "at": f"2026-03-01T09:{seq // 60:02d}:{seq % 60:02d}.000000Z",
        "public": {"count": chance.randrange(1 << 40)},
        "sealed": {"note": chance.randbytes(32).hex()},
    })  # fmt: skip
