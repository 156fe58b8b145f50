"""The ledger in one run: receipts, cost of an event, bulk, verification, proofs; and pymerkle.

Keys, all of one run, medians of five in alternation with the peer:

- `receipts_per_s`, `receipt_p99_ms`: requests to share, open or download by 512 waiting clients
  over 32 connections, each answered after its commit; `proved_*` the same with the receipt itself,
  which comes after the event's place in the tree. `receipt_cpu_us`: of server and database.
- `action_cpu_us`, `action_cpu_us_without_event`: CPU of a business action; `event_cpu_ratio` is
  without / with, so that larger is better as everywhere: at most 1.25 times is at least 0.8.
- `bulk_ratio_to_raw`: whole events written by one call, beside plain COPY of the same rows.
- `verify_per_s`: entries of a bundle verified offline on one core (see `ledger_verify`).
- `proof_ms_1e7`: an inclusion proof out of a log of 10^7 entries, in a transaction of its own.
- `ratio_append`: one event after the other, each durable by itself, and all of them placed in the
  tree at the end, beside pymerkle's SqliteTree (PostgreSQL fsync on, SQLite synchronous FULL).
- `ratio_verify`: leaf hash and inclusion proof verified, on one core, beside pymerkle's.

OUTWORK_BENCH_QUICK=1 makes everything small: to see that it runs, not for figures.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from bench import ledger_receipts, ledger_verify
from bench.execution import flush_rate
from bench.execution_world import Installation, Log, installation

from outwork import ledger
from outwork.documents import DocumentOpened, Ground
from outwork.ledger import tree
from outwork.vocabulary import DocumentId, EngagementId
from outwork_verify import tree as second_tree

PEER = Path(__file__).parents[1] / ".envs" / "ledger" / "bin" / "python"
Figures = dict[str, Any]


@dataclass(frozen=True)
class Sizes:
    """How much of everything; the quick ones only show that it runs."""

    clients: int = ledger_receipts.CLIENTS
    rounds: int = 5
    actions: int = 150
    bulk: int = 20_000
    verified: int = ledger_verify.ITEMS
    leaves: int = 10_000_000
    proofs: int = 200
    appending_s: float = 2.0
    proved: int = 40_000
    of: int = 1 << 16


QUICK = Sizes(
    clients=64, rounds=1, actions=5, bulk=500, verified=200, leaves=70_000, proofs=20,
    appending_s=0.3, proved=500, of=256,
)  # fmt: skip


def run(_data: Path, seed: int, log: Log) -> Figures:
    """The figures of the module's list, and the disk's flush rate; samples are in raw.jsonl."""
    if not PEER.exists():
        raise RuntimeError("the peer is not there: make bench-peers")
    sizes = QUICK if os.environ.get("OUTWORK_BENCH_QUICK") == "1" else Sizes()
    figures: Figures = {"flushes_per_s": flush_rate()}
    log(f"the disk flushes {figures['flushes_per_s']:.0f} times a second")
    samples: Figures = {}
    with installation() as home:
        _receipts(home, sizes, seed, figures, samples, log)
        _actions(home, sizes, figures, samples, log)
        _bulk(home, sizes, figures, samples, log)
        _append(home, sizes, figures, samples, log)
        _proofs(home, sizes, seed, figures, samples, log)
    _verifying(sizes, figures, samples, log)
    figures["verify_per_s"], samples["verify"] = _bundle(sizes, seed, log)
    raw = {
        "at": datetime.now(UTC).isoformat(), "command": f"outwork bench ledger --seed {seed}",
        "python": sys.version, "machine": platform.platform(), "cpus": os.cpu_count(),
        "sizes": asdict(sizes),
        "samples": samples, "figures": figures,
    }  # fmt: skip
    Path("raw.jsonl").write_text(json.dumps(raw) + "\n")
    return figures


def _receipts(
    home: Installation, sizes: Sizes, seed: int, figures: Figures, samples: Figures, log: Log
) -> None:
    world = home.world
    readers = ledger_receipts.Readers(
        ledger_receipts.people(home, sizes.clients),
        ledger_receipts.kept_documents(home, ledger_receipts.DOCUMENTS),
        world.people["vera"],
    )
    for proof, name in ((False, "receipt"), (True, "proved")):
        found = ledger_receipts.measure(home, readers, seed, log, proof=proof, rounds=sizes.rounds)
        samples[name] = found
        figures["receipts_per_s" if not proof else "proved_per_s"] = _median(found["rate"])
        figures[f"{name}_p99_ms"] = _median(found["p99_ms"])
        figures[f"{name}_cpu_us"] = _median(found["cpu_us"])


def _actions(
    home: Installation, sizes: Sizes, figures: Figures, samples: Figures, log: Log
) -> None:
    found = ledger_receipts.actions(home, sizes.actions, sizes.rounds, log)
    samples["actions"] = found
    figures["action_cpu_us"] = _median(found["with"])
    figures["action_cpu_us_without_event"] = _median(found["without"])
    pairs = zip(found["without"], found["with"], strict=True)
    figures["event_cpu_ratio"] = _median([a / b for a, b in pairs])


# --- writing -----------------------------------------------------------------------------------

_COLUMNS = "engagement_id, kind, version, at, actor, public, sealed"


def _events(home: Installation, count: int) -> list[DocumentOpened]:
    return [
        DocumentOpened(
            engagement=home.engagement, document=DocumentId(f"doc_{n:026d}"), ground=Ground.ROLE
        )
        for n in range(count)
    ]


def _bulk(home: Installation, sizes: Sizes, figures: Figures, samples: Figures, log: Log) -> None:
    """Whole events by one call and one commit, and the rows that came of it by COPY."""
    bodies, ours, raws = _events(home, sizes.bulk), [], []
    for _ in range(sizes.rounds):
        begun = time.perf_counter()
        with home.world.database.transaction("job", [home.engagement]) as db:
            ledger.record_all(db, bodies, "p-bench", datetime.now(UTC), os.urandom)
        ours.append(sizes.bulk / (time.perf_counter() - begun))
        raws.append(_copied(home, sizes.bulk))
        log(f"bulk: {ours[-1]:.0f} events/s, plain COPY {raws[-1]:.0f} rows/s")
    samples["bulk"] = {"ours": ours, "raw": raws}
    figures["bulk_events_per_s"], figures["raw_rows_per_s"] = _median(ours), _median(raws)
    figures["bulk_ratio_to_raw"] = _median([a / b for a, b in zip(ours, raws, strict=True)])


def _copied(home: Installation, count: int) -> float:
    """Rows a second of the newest events by the superuser's COPY, into a table like theirs."""
    with psycopg.connect(home.cluster.dsn_admin, dbname="outwork") as db:
        db.execute("create table raw_event (like event including all)")
        newest = f"(select * from event order by id desc limit {count}) e"
        columns = _COLUMNS.replace("public, sealed", "public::text, sealed::text")
        rows = db.execute(f"select {columns} from {newest}").fetchall()
        db.commit()
        begun = time.perf_counter()
        with db.cursor().copy(f"copy raw_event ({_COLUMNS}) from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        db.commit()
        took = time.perf_counter() - begun
        db.execute("drop table raw_event")
    return count / took


def _append(home: Installation, sizes: Sizes, figures: Figures, samples: Figures, log: Log) -> None:
    """One event after the other, each with a commit of its own; then their places, in the time."""
    world, ours, theirs = home.world, [], []
    insert = (
        f"insert into event ({_COLUMNS}) values (%s, 'documents.document-opened', 1, now(), 'p',"
        " %s::jsonb, '{}')"
    )
    public = json.dumps({"document": "doc_" + "0" * 26, "ground": "role", "pad": "x" * 150})
    with psycopg.connect(world.database.lane.dsn, autocommit=True) as db:
        db.execute("select set_config('outwork.actor', 'job', false)")
        engagements = "{" + home.engagement + "}"
        db.execute("select set_config('outwork.engagements', %s, false)", [engagements])
        world.integrate()
        for _ in range(sizes.rounds):
            count, begun = 0, time.perf_counter()
            while time.perf_counter() - begun < sizes.appending_s:
                db.execute(insert, [home.engagement, public], prepare=True)
                count += 1
            world.integrate()
            ours.append(count / (time.perf_counter() - begun))
            theirs.append(_peer("append", str(home.folder), str(sizes.appending_s)))
            log(f"append: ours {ours[-1]:.0f}/s, peer {theirs[-1]:.0f}/s")
    samples["append"] = {"ours": ours, "peer": theirs}
    figures["append_per_s"], figures["peer_append_per_s"] = _median(ours), _median(theirs)
    figures["ratio_append"] = _median([a / b for a, b in zip(ours, theirs, strict=True)])


def _peer(*arguments: str) -> float:
    script = Path(__file__).with_name("ledger_peer.py")
    done = subprocess.run(
        [PEER, script, *arguments], capture_output=True, text=True, check=True, timeout=300
    )
    return float(json.loads(done.stdout)["per_s"])


# --- proving -----------------------------------------------------------------------------------


def _proofs(
    home: Installation, sizes: Sizes, seed: int, figures: Figures, samples: Figures, log: Log
) -> None:
    """Proofs from a log of 10^7 places, written as the integrating job writes them."""
    engagement, begun = EngagementId("eng_large"), time.perf_counter()
    root = _grow(home, engagement, sizes.leaves)
    log(f"{sizes.leaves} leaves after {time.perf_counter() - begun:.0f} s")
    chance, taken = random.Random(seed), []
    for number in range(sizes.proofs + 20):
        seq = chance.randrange(sizes.leaves)
        begun = time.perf_counter()
        with home.world.database.transaction("job", [engagement]) as db:
            proof = ledger.prove(db, engagement, seq, sizes.leaves)
        if number >= 20:  # connections, plans and caches
            taken.append((time.perf_counter() - begun) * 1e3)
        tree.verify_inclusion(seq, sizes.leaves, _leaf(seq), proof, root)
    samples["proof_ms"] = taken
    figures["proof_ms_1e7"] = _median(taken)
    figures["proof_p99_ms_1e7"] = sorted(taken)[int(0.99 * len(taken))]
    log(f"a proof: {figures['proof_ms_1e7']:.2f} ms, p99 {figures['proof_p99_ms_1e7']:.2f} ms")


def _leaf(seq: int) -> bytes:
    return hashlib.sha256(b"leaf %d" % seq).digest()


def _grow(home: Installation, engagement: str, count: int, step: int = 1 << 18) -> bytes:
    """A log of so many leaves, placements and nodes, past the acts; gives its root."""
    frontier = tree.Frontier()
    with psycopg.connect(home.cluster.dsn_admin, dbname="outwork") as db:
        for first in range(0, count, step):
            leaves = [_leaf(seq) for seq in range(first, min(count, first + step))]
            frontier, made = frontier.extend(leaves)
            with db.cursor().copy(
                "copy placement (engagement_id, seq, event_id, leaf_hash) from stdin"
                " (format binary)"
            ) as copy:
                copy.set_types(["text", "int8", "int8", "bytea"])
                for seq, leaf in enumerate(leaves, first):
                    copy.write_row((engagement, seq, 10**9 + seq, leaf))
            with db.cursor().copy(
                "copy node (engagement_id, level, index, hash) from stdin"
            ) as copy:
                for level in range(8, len(made), 8):
                    for index, digest in enumerate(made[level], first >> level):
                        copy.write_row((engagement, level // 8, index, digest))
        db.commit()
        db.autocommit = True
        db.execute("vacuum analyze placement")
        db.execute("vacuum analyze node")
        db.execute("checkpoint")
    return frontier.root()


def _verifying(sizes: Sizes, figures: Figures, samples: Figures, log: Log) -> None:
    """Leaf hash and inclusion proof, by the offline verifier's tree and by the peer."""
    grown = tree.Tree()
    entries = [b"%0300d" % n for n in range(sizes.of)]
    for entry in entries:
        grown.append(entry)
    root, count = grown.root(), sizes.proved
    chosen = [n * sizes.of // count % sizes.of for n in range(count)]
    cases = [(n, tree.inclusion_proof(n, sizes.of, grown.node)) for n in chosen]
    ours, theirs = [], []
    for _ in range(sizes.rounds):
        begun = time.process_time()
        for n, proof in cases:
            leaf = second_tree.leaf_hash(entries[n])
            second_tree.check_inclusion(n, sizes.of, leaf, proof, root)
        ours.append(count / (time.process_time() - begun))
        theirs.append(_peer("verify", str(sizes.of), str(count)))
        log(f"proofs verified: ours {ours[-1]:.0f}/s, peer {theirs[-1]:.0f}/s")
    samples["verifying"] = {"ours": ours, "peer": theirs}
    figures["proofs_verified_per_s"] = _median(ours)
    figures["peer_proofs_verified_per_s"] = _median(theirs)
    figures["ratio_verify"] = _median([a / b for a, b in zip(ours, theirs, strict=True)])


def _bundle(sizes: Sizes, seed: int, log: Log) -> tuple[float, list[float]]:
    taken, entries, _ = ledger_verify.timed(sizes.verified, sizes.rounds, seed, log)
    rates = [entries / one for one in taken]
    return _median(rates), rates


def _median(values: list[float]) -> float:
    return statistics.median(values)
