"""Random engagements: the verifier's replay of each log beside the database, every field compared.

`engagements` is how many were walked within the limit of time, each by a seed of its own; `fields`
the names compared, `values` how many values stood under them, `differences` those on which the two
do not agree, and the logs that the verifier refuses; `wall_s` the seconds of it all.
OUTWORK_BENCH_ENGAGEMENTS (1,000 unless told) and OUTWORK_BENCH_SECONDS (780 unless told) bound it.
The series of raw.jsonl is one row an engagement: seed, values compared, what differs.
"""

from __future__ import annotations

import os
import tempfile
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from bench import record
from tests.support.database import fresh_database, migrated_template, shared_cluster
from tests.support.engagement import World
from tests.support.replayed import Fields, differences, of_database, of_log
from tests.support.service import KEY, tiny_service
from tests.support.wandering import Wanderer

from outwork import ledger, practices
from outwork_verify.container import Failure
from outwork_verify.replay import replay

PROCESSES = 2
SPREAD = 1_000_000  # seeds of different runs do not meet
Row = tuple[int, int, list[str]]


def run(_data: Path, seed: int, log: Callable[[str], None]) -> dict[str, Any]:
    """The figures of the module's list."""
    begun = time.monotonic()
    wanted = int(os.environ.get("OUTWORK_BENCH_ENGAGEMENTS", "1000"))
    until = begun + float(os.environ.get("OUTWORK_BENCH_SECONDS", "780"))
    rows: list[Row] = []
    names: set[str] = set()
    with shared_cluster(f"bench-replay-{os.getpid()}") as cluster:
        template = migrated_template(cluster)
        with (
            fresh_database(cluster, template) as one,
            fresh_database(cluster, template) as two,
            ProcessPoolExecutor(PROCESSES) as pool,
        ):
            seeds = [seed * SPREAD + n for n in range(wanted)]
            shares = [seeds[n::PROCESSES] for n in range(PROCESSES)]
            walks = [
                pool.submit(walked, at.app, share, until)
                for at, share in zip((one, two), shares, strict=True)
            ]
            for walk in walks:
                found, seen = walk.result()
                rows += found
                names |= seen
    if not rows:
        raise RuntimeError("not one engagement ended within the limit of time")
    figures = {
        "engagements": len(rows),
        "wanted": wanted,
        "fields": len(names),
        "values": sum(values for _, values, _ in rows),
        "differences": sum(len(said) for _, _, said in rows),
        "wall_s": time.monotonic() - begun,
    }
    log(f"{len(rows)} of {wanted} engagements within the limit of time")
    record.keep("replay", seed, figures, {"engagements": sorted(rows), "fields": sorted(names)})
    return figures


def walked(dsn: str, seeds: list[int], until: float) -> tuple[list[Row], set[str]]:
    """One engagement a seed in one database until the instant (monotonic), and the fields met."""
    practices.catalogue()[KEY] = tiny_service()
    rows: list[Row] = []
    names: set[str] = set()
    with tempfile.TemporaryDirectory() as folder, closing(World(dsn, Path(folder) / "keys")) as one:
        for seed in seeds:
            if time.monotonic() > until:
                break
            try:
                Wanderer(one, seed).walk()
            except Exception as error:  # noqa: BLE001  (whatever it was, the seed is told)
                error.add_note(f"seed {seed}")
                raise RuntimeError("".join(traceback.format_exception(error))) from None
            try:
                found, stored = one.look(_both, one.engagement)
            except Failure as failure:  # the verifier refuses a genuine log
                rows.append((seed, 0, [f"entry {failure.entry} {failure.reason}"]))
                continue
            values = sum(len(under) for under in stored.values())
            rows.append((seed, values, differences(found, stored)))
            names |= found.keys() | stored.keys()
    return rows, names


def _both(db: Any, engagement: Any) -> tuple[Fields, Fields]:
    lines = [entry.line for entry in ledger.entries(db, engagement)]
    return of_log(replay(lines, engagement=engagement)), of_database(db, engagement)
