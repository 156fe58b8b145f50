"""Entries of the log while server and database are killed (SIGKILL) by chance, run after run.

    outwork bench kills

After each kill every event and every checkpoint that was acknowledged has to be there, in a log
that rebuilds from its entries. Then the same on a database that answers before its log is written,
where some must be missing. OUTWORK_BENCH_RUNS (10,000 unless told) and OUTWORK_BENCH_SECONDS (780
unless told) bound it.
"""

from __future__ import annotations

import os
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import record
from tests.support.killing import Tally, killed

WITHOUT = 5  # runs without durability; they need only show that losses are seen


def run(_data: Path, seed: int, log: Callable[[str], None]) -> dict[str, Any]:
    """`runs`, `acknowledged`, `lost`, `kills_server`, `kills_database`, `broken` (logs that did not
    rebuild), `lost_without_durability`, `wall_s`."""
    begun, found = time.monotonic(), Tally()
    until = begun + float(os.environ.get("OUTWORK_BENCH_SECONDS", "780"))
    wanted = int(os.environ.get("OUTWORK_BENCH_RUNS", "10000"))
    for found in killed(wanted, random.Random(seed), durable=True):
        if found.runs % 20 == 0:
            log(f"{found.runs} kills, {found.acknowledged} acknowledged, {found.lost} lost")
        if time.monotonic() > until:
            break
    (without,) = deque(killed(WITHOUT, random.Random(seed), durable=False), maxlen=1)
    figures = asdict(found) | {
        "wanted": wanted,
        "broken": len(found.broken),
        "lost_without_durability": without.lost,
        "wall_s": time.monotonic() - begun,
    }
    record.keep("kills", seed, figures, {"broken": found.broken})
    return figures
