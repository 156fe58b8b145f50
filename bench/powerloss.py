"""The power goes while a witness cosigns and keys are made: what was acknowledged has to be there.

Each run works on a disk in memory that keeps, loses or tears by chance whatever was not flushed
(tests/support/disk.py), below the files that Outwork writes itself: a witness's store, and a
keyring. The power goes at a call drawn by chance; then both are opened again and asked for
everything that they had acknowledged, and the witness is asked to cosign a fork. The log's entries
are PostgreSQL's to keep; tests/simulation/test_kills.py kills it.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.disk import Cut, LossyDisk

from outwork.kit import files
from outwork.kit.keyring import KeyMissing, Keyring
from outwork.ledger import checkpoint, tree
from outwork.witness import Damaged, Head, Store, Witness, write_request

RUNS = 10_000
WITHOUT = 1_000  # runs on a disk that does not flush; they need only show that losses are seen
MOST_CALLS = 90  # of the operating system, until the power goes
WITNESS, KEYS = Path("/witness"), Path("/keys")


def run(_data: Path, seed: int, log: Callable[[str], None]) -> dict[str, Any]:
    """`runs`, `acknowledged` (heads, keys made, keys destroyed), `lost` of them, `forks` cosigned
    after the power was back; `lost_without_durability`, of `runs_without_durability` runs."""
    chance, begun = random.Random(seed), time.time()
    figures = {"runs": RUNS, "acknowledged": 0, "lost": 0, "forks": 0}
    for number in range(RUNS):
        told, lost, forks = outage(random.Random(chance.randbytes(16)))
        figures["acknowledged"] += told
        figures["lost"] += lost
        figures["forks"] += forks
        if (number + 1) % 1_000 == 0:
            log(
                f"{number + 1} cuts, {figures['acknowledged']} acknowledged, {figures['lost']} lost"
            )
    without = [
        outage(random.Random(chance.randbytes(16)), durable=False)[1] for _ in range(WITHOUT)
    ]
    figures |= {"runs_without_durability": WITHOUT, "lost_without_durability": sum(without)}
    raw = {"at": begun, "command": f"outwork bench powerloss --seed {seed}"} | figures
    Path("raw.jsonl").write_text(json.dumps(raw) + "\n")
    return figures


@dataclass
class _Told:
    """What was acknowledged; `asked` is what may have come about and nobody was told."""

    heads: dict[str, Head] = field(default_factory=dict)
    asked: dict[str, Head] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    destroyed: set[str] = field(default_factory=set)


@dataclass
class _Log:
    """A log that grows; `signer` signs its checkpoints."""

    signer: checkpoint.Ed25519Signer
    grown: tree.Tree = field(default_factory=tree.Tree)

    def note(self) -> bytes:
        """The signed checkpoint of all of it."""
        head = checkpoint.Checkpoint(self.signer.name, self.grown.size, self.grown.root())
        return checkpoint.sign_checkpoint(head, self.signer)


def outage(chance: random.Random, *, durable: bool = True) -> tuple[int, int, int]:
    """One run: how much was acknowledged, how much of it is lost, and forks cosigned afterwards."""
    disk = LossyDisk(chance, durable=durable)
    store = Store.create(WITNESS, _signer("witness", checkpoint.COSIGNATURE_V1, chance), disk)
    logs = [_Log(_signer(f"log{n}", checkpoint.ED25519, chance)) for n in range(2)]
    for log in logs:
        store.trust(log.signer.verifier, 1)
    keyring, told = Keyring(KEYS, disk), _Told()
    disk.flush_all()  # only the run itself is at stake
    disk.left = chance.randrange(MOST_CALLS)
    with suppress(Cut):
        _work(Witness(store, lambda: 1), keyring, logs, told, chance)
    return _judge(disk.cut(), logs, told, chance)


def _signer(name: str, algorithm: int, chance: random.Random) -> checkpoint.Ed25519Signer:
    key = checkpoint.Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
    return checkpoint.Ed25519Signer(name, key, algorithm)


def _work(
    witness: Witness, keyring: Keyring, logs: list[_Log], told: _Told, chance: random.Random
) -> None:
    """Until the power goes."""
    while True:
        doing = chance.random()
        if doing < 0.7:
            _cosign(witness, chance.choice(logs), told, chance)
        elif doing < 0.9 or not told.keys:
            name = f"key{chance.randrange(1 << 30)}"
            told.keys[name] = keyring.make(name, chance.randbytes(32))
        else:
            name = chance.choice(sorted(told.keys))
            del told.keys[name]  # from here on either may be found
            keyring.destroy(name)
            told.destroyed.add(name)


def _cosign(witness: Witness, log: _Log, told: _Told, chance: random.Random) -> None:
    old, origin = log.grown.size, log.signer.name
    for _ in range(chance.randrange(1, 4)):
        log.grown.append(chance.randbytes(8))
    told.asked[origin] = Head(log.grown.size, log.grown.root())
    proof = tree.consistency_proof(old, log.grown.size, log.grown.node)
    answer = witness.add_checkpoint(write_request(old, proof, log.note()))
    assert answer.status == 200, answer
    told.heads[origin] = told.asked[origin]


def _judge(
    disk: LossyDisk, logs: list[_Log], told: _Told, chance: random.Random
) -> tuple[int, int, int]:
    """Opens everything again and asks for what was acknowledged."""
    lost = forks = 0
    try:
        store = Store(WITNESS, disk)
        witness = Witness(store, lambda: 2)
        for folder in (WITNESS, WITNESS / "heads"):
            files.sweep(folder, disk)
        for log in logs:
            name = log.signer.name
            lost += not _kept(witness, name, told)
            forks += _forks(witness, log, chance)
    except Damaged:
        lost += len(told.heads)
    keyring = Keyring(KEYS, disk)
    for name, value in told.keys.items():
        lost += _key(keyring, name) != value
    for name in told.destroyed:
        lost += _key(keyring, name) is not None or not _gone(keyring, name)
    return len(told.heads) + len(told.keys) + len(told.destroyed), lost, forks


def _kept(witness: Witness, origin: str, told: _Told) -> bool:
    """Whether the head is the last acknowledged, or the one after it that nobody was told of."""
    try:
        head = witness.head(origin)
    except Damaged:
        return False
    return head in (told.heads.get(origin, Head()), told.asked.get(origin, Head()))


def _forks(witness: Witness, log: _Log, chance: random.Random) -> int:
    """Asks for another log of the same key in the ways there are; how often that was cosigned."""
    try:
        head = witness.head(log.signer.name)
    except Damaged:
        return 0
    if head.size == 0:
        return 0
    other = _Log(log.signer)
    for _ in range(head.size + 1):
        other.grown.append(chance.randbytes(8))
    proof = tree.consistency_proof(head.size, other.grown.size, other.grown.node)
    tried = ((0, []), (head.size, []), (head.size, proof))
    answers = [witness.add_checkpoint(write_request(o, p, other.note())) for o, p in tried]
    return sum(answer.status == 200 for answer in answers)


def _key(keyring: Keyring, name: str) -> bytes | None:
    try:
        return keyring.key(name)
    except KeyMissing:
        return None


def _gone(keyring: Keyring, name: str) -> bool:
    try:
        keyring.make(name)
    except KeyMissing:
        return True
    return False
