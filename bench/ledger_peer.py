"""pymerkle's part of `outwork bench ledger`, run by the Python of .envs/ledger; prints JSON.

python ledger_peer.py append FOLDER SECONDS   durable single entries into a SqliteTree, a second
python ledger_peer.py verify SIZE COUNT       leaf hash and inclusion proof verified, a second
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from pymerkle import InmemoryTree, SqliteTree, verify_inclusion


def append(folder: str, seconds: float) -> dict[str, float]:
    """Entries of 300 bytes, each committed by itself, as SQLite flushes by default (FULL)."""
    path = Path(folder) / "peer.db"
    with SqliteTree(str(path)) as tree:
        assert tree.con.execute("pragma synchronous").fetchone() == 2
        entry, count, begun = os.urandom(300), 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            tree.append_entry(entry)
            count += 1
        took = time.perf_counter() - begun
    path.unlink()
    return {"per_s": count / took}


def verify(size: int, count: int) -> dict[str, float]:
    """CPU seconds for `count` entries of 300 bytes: hash, and verify the proof of inclusion."""
    tree = InmemoryTree(algorithm="sha256")
    entries = [b"%0300d" % n for n in range(size)]
    for entry in entries:
        tree.append_entry(entry)
    root = tree.get_root()
    chosen = [n * size // count % size for n in range(count)]
    proofs = [tree.prove_inclusion(n + 1) for n in chosen]
    begun = time.process_time()
    for n, proof in zip(chosen, proofs, strict=True):
        verify_inclusion(tree.hash_buff(entries[n]), root, proof)
    return {"per_s": count / (time.process_time() - begun)}


if __name__ == "__main__":
    what, first, second = sys.argv[1:]
    done = append(first, float(second)) if what == "append" else verify(int(first), int(second))
    print(json.dumps(done))
