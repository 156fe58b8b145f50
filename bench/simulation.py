"""The simulation of execution, 2,000 seeds: people who work, err and vanish, against a model.

    outwork bench simulation

Each seed is a batch of its own: 60 random acts by people with hours in their zones, skills, a pace
and a share of errors, after each of which the database has to be as a few lines of model predict,
with crashes before the commit, a clock that is set back, reservations that run out, submissions
sent twice or for somebody else, rework, and for every twentieth seed the database's server killed
(SIGKILL) between two acts. What is left is done in order, the batch is closed, and at the end of
each engagement (twenty batches) its whole log is put in a bundle and verified offline.
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import multiprocessing.util
import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from bench import record
from bench.execution_world import Log, new_folder
from tests.support import engagement as support
from tests.support.engagement import World
from tests.support.service import KEY, tiny_service
from tests.support.simulation import FAR, Simulation, found_sites

from outwork import practices
from outwork.kit import postgres
from outwork.kit.database import migrate
from outwork.stages import acceptance, setup
from outwork_verify import verify

SEEDS, STEPS = 2_000, 60
TOGETHER = 20  # batches of one engagement
PROCESSES = 2


def run(_data: Path, seed: int, log: Log, *, seeds: int = SEEDS) -> dict[str, Any]:
    """`seeds`, `acts`, `checks`, `violations`, `kills_database`, `bundles_verified`, `wall_s`."""
    begun = time.perf_counter()
    chunks = [
        (first, min(TOGETHER, seed + seeds - first))
        for first in range(seed, seed + seeds, TOGETHER)
    ]
    figures = dict.fromkeys(
        ("seeds", "acts", "checks", "violations", "kills_database", "bundles_verified"), 0
    )
    told: list[str] = []
    with multiprocessing.get_context("spawn").Pool(PROCESSES, _begin) as pool:
        for done in pool.imap_unordered(_engagement, chunks):
            told += done.pop("told")
            for name, number in done.items():
                figures[name] += number
            log(f"{figures['seeds']} seeds, {figures['violations']} violations")
        pool.close()
        pool.join()
    found: dict[str, Any] = {**figures, "wall_s": time.perf_counter() - begun}
    record.keep("simulation", seed, found, {"violations": told})
    return found


_kept: dict[str, Any] = {}


def _begin() -> None:
    """A server for this process, which keeps what it acknowledges."""
    folder = new_folder("simulation")
    cluster = postgres.start(folder / "postgres")
    migrate(cluster.dsn_owner)
    practices.catalogue()[KEY] = tiny_service()
    _kept.update(folder=folder, cluster=cluster)
    multiprocessing.util.Finalize(None, _end, exitpriority=10)


def _end() -> None:
    import shutil

    _kept["cluster"].stop()
    shutil.rmtree(_kept["folder"], ignore_errors=True)


def _engagement(chunk: tuple[int, int]) -> dict[str, Any]:
    first, count = chunk
    cluster, folder = _kept["cluster"], _kept["folder"]
    done: dict[str, Any] = {
        "seeds": 0, "acts": 0, "checks": 0, "violations": 0, "kills_database": 0,
        "bundles_verified": 0, "told": [],
    }  # fmt: skip
    support.START = FAR
    with closing(World(cluster.dsn_app, folder / f"keys-{first}")) as world:
        _ready(world)
        for seed in range(first, first + count):
            _batch(world, seed)
            kill = _killer(cluster, done) if seed % TOGETHER == 0 else None
            try:
                simulation = Simulation(world, seed)
                done["seeds"] += 1
                simulation.run(STEPS, between=kill)
                done["checks"] += STEPS
                done["acts"] += sum(simulation.told.values())
                simulation.end()
                world.passes(1)
                world.draft_all()
                world.produce("ana", "ben")
                world.close_batch()
            except AssertionError as error:
                done["violations"] += 1
                done["told"].append(f"seed {seed}: {str(error)[:500]}")
                return done  # what comes after would fail for the same reason
        report = _verified(world, folder / f"bundle-{first}.zip")
        done["bundles_verified"] += report is None
        if report is not None:
            done["violations"] += 1
            done["told"].append(f"bundle from seed {first}: {report}")
    return done


def _ready(world: World) -> None:
    """An engagement at execution, with a third who both works and reviews."""
    world.upto("prepare")
    world.staff("both")
    world.certify("both")
    world.upto("pass_tollgate", after="prepare")
    both, until = world.people["both"], world.now + timedelta(days=30)
    world.act("dana", setup.set_calendar, world.engagement, both, "Africa/Lagos")
    world.act("dana", setup.date_entitlement, world.engagement, both, support.START, until)
    found_sites(world)
    world.upto("approve", after="pass_tollgate")


def _batch(world: World, seed: int) -> None:
    """A released batch of four items; its nonces are its own."""
    world.items = []
    world.open()
    world.nonce = (  # type: ignore[method-assign]
        lambda side: hashlib.sha256(f"{side} {seed} {world.order}".encode()).hexdigest()
    )
    for step in ("admit", "commit", "release"):
        getattr(world, step)()


def _killer(cluster: postgres.Cluster, done: dict[str, Any]) -> Callable[[int], None]:
    def between(step: int) -> None:
        if step % 20 != 10:
            return
        with psycopg.connect(cluster.dsn_admin) as db:
            row = db.execute("show data_directory").fetchone()
        assert row is not None
        os.kill(int((Path(row[0]) / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        time.sleep(0.2)
        assert cluster.revive()
        done["kills_database"] += 1

    return between


def _verified(world: World, path: Path) -> str | None:
    """Why the engagement's bundle does not verify; None if it does."""
    world.integrate()
    whole = io.BytesIO()
    world.look(acceptance.export_bundle, world.engagement, whole)
    path.write_bytes(whole.getvalue())
    report = verify(path)
    path.unlink()
    return None if report.ok else str(report.failure)
