"""How fast a bundle is verified offline, on one core: container, signatures, tree, every rule.

The log is a genuine engagement's up to production, made by the acts on a database of its own, in
which the first item's life (taken in, drafted by the agent, answered by an analyst) is repeated for
as many items as it takes. Everything is read, hashed and replayed by the rules; nothing is kept
from a run to the next.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import tamper
from bench.witnesses import TIME, witness
from sqlalchemy import Connection
from tests.support.engagement import World
from tests.support.service import KEY, tiny_service

from outwork import ledger, practices
from outwork.kit import postgres
from outwork.kit.database import migrate
from outwork.ledger import canonical, checkpoint, tree
from outwork.vocabulary import EngagementId
from outwork_verify import verify

ITEMS = 40_000
RUNS = 5
Entry = dict[str, Any]
_LIFE = ("execution.item-admitted", "execution.item-claimed", "execution.item-submitted")


def run(_data: Path, seed: int, log: Callable[[str], None]) -> dict[str, Any]:
    """`verify_per_s`: entries a second, median of five; `entries`, `entry_bytes` on average."""
    taken, entries, size = timed(ITEMS, RUNS, seed, log)
    figures = {
        "verify_per_s": entries / statistics.median(taken),
        "entries": entries,
        "entry_bytes": size,
    }
    raw = {"at": time.time(), "command": f"outwork bench ledger_verify --seed {seed}"}
    Path("raw.jsonl").write_text(json.dumps(raw | {"taken_s": taken} | figures) + "\n")
    return figures


def timed(
    items: int, runs: int, seed: int, log: Callable[[str], None]
) -> tuple[list[float], int, float]:
    """CPU seconds of each run, the entries verified in one, and their bytes on average."""
    engagement, entries = genuine()
    lines = repeated(entries, items, random.Random(seed))
    scene = _scene(lines)
    # People's signatures in the log are over its own engagement.
    bundle = tamper.packed(scene, lines, scene.cosigned[len(lines)], engagement)
    taken = []
    for _ in range(runs):
        begun = time.process_time()
        report = verify(io.BytesIO(bundle), scene.policy)
        taken.append(time.process_time() - begun)
        assert report.authenticated, report.failure
        log(f"{len(lines)} entries in {taken[-1]:.2f} s of CPU: {len(lines) / taken[-1]:.0f}/s")
    return taken, len(lines), sum(map(len, lines)) / len(lines)


@contextmanager
def _world() -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="outwork-bench-", dir="/tmp"))
    folder.chmod(0o755)
    practices.catalogue()[KEY] = tiny_service()
    cluster = postgres.start(folder / "postgres", durable=False)
    try:
        migrate(cluster.dsn_owner)
        world = World(cluster.dsn_app, folder / "keyring")
        yield world
        world.close()
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def genuine() -> tuple[EngagementId, list[Entry]]:
    """An engagement with four items, all of them answered, and its entries."""
    with _world() as world:
        world.upto("produce")
        world.integrate()
        return world.engagement, world.look(_entries, world.engagement)


def _entries(db: Connection, engagement: EngagementId) -> list[Entry]:
    return [json.loads(entry.line) for entry in ledger.entries(db, engagement)]


def repeated(entries: list[Entry], items: int, chance: random.Random) -> list[bytes]:
    """The log as it would be with so many more items that live as the first one did."""
    first = next(e["public"]["item"] for e in entries if e["kind"] == _LIFE[0])
    life = [e for e in entries if e["kind"] in _LIFE and e["public"]["item"] == first]
    made: list[Entry] = []
    held: list[Entry] = []
    others = [str(n).zfill(20) for n in range(items)]
    for entry in entries:
        made.append(entry)
        if entry["kind"] == "execution.work-order-released":
            entry["public"]["items"] += items
        if entry not in life:
            continue
        held.append(entry)
        if entry["kind"] == "execution.item-claimed":
            continue
        made += [_renamed(one, other, entry["at"], chance) for other in others for one in held]
        held = []
    return [canonical.encode(entry | {"seq": i}) for i, entry in enumerate(made)]


def _renamed(entry: Entry, other: str, at: str, chance: random.Random) -> Entry:
    public = dict(entry["public"])
    for name in ("item", "assignment", "submission"):
        if name in public:
            public[name] = public[name][:4] + other + public[name][-6:]
    sealed = {name: chance.randbytes(32).hex() for name in entry["sealed"]}
    return entry | {"public": public, "sealed": sealed, "at": at}


def _scene(lines: list[bytes]) -> tamper.Scene:
    signer = checkpoint.generate_signer(tamper.ORIGIN)
    sides = [witness(f"{side}.example") for side in ("client", "provider")]
    note = tamper.signed(signer, tree.root_of_leaves(lines), len(lines))
    text = checkpoint.parse_note(note).text
    for one in sides:
        note += checkpoint.cosign(text, one.store.signer, TIME).encode().encode()
    return tamper.Scene(signer, *sides, lines, {len(lines): note})
