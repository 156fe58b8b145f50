"""Entries written by a process, while it and the database are killed (SIGKILL) by chance.

What the writer has told is what was acknowledged: events after their commit, and checkpoints after
theirs. After each kill the database is started again, and all of it has to be there, in a log that
rebuilds from its entries and goes on from every checkpoint that was told.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from tests.support import engagement as support
from tests.support.engagement import World
from tests.support.service import KEY, tiny_service

from outwork import documents, ledger, practices
from outwork.kit import postgres
from outwork.kit.database import migrate
from outwork.ledger import tree
from outwork.ledger.store import event_table
from outwork.operation import operation

ROOT = Path(__file__).parents[2]
MOST_S = 0.4  # until a kill


@dataclass
class Tally:
    """Of some runs: what was acknowledged, what of it was not there afterwards, and kills."""

    runs: int = 0
    acknowledged: int = 0
    lost: int = 0
    kills_server: int = 0
    kills_database: int = 0
    broken: list[str] = field(default_factory=list)


class Writing:
    """The writing process, started anew once it was killed; `events` and `heads` it has told."""

    def __init__(self, arguments: list[str]) -> None:
        self._arguments = arguments
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self.events: list[int] = []
        self.heads: list[tuple[int, bytes]] = []

    def go_on(self) -> None:
        """Start it if it does not run, and wait until it has told something new."""
        before = len(self.events)
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.entry_writer", *self._arguments],
                cwd=ROOT, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
            )  # fmt: skip
            self._reader = threading.Thread(target=self._listen, daemon=True)
            self._reader.start()
        deadline = time.monotonic() + 60
        while len(self.events) == before:
            assert self._process.poll() is None, "the writer has ended by itself"
            assert time.monotonic() < deadline, "nothing is acknowledged any more"
            time.sleep(0.01)

    def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            word, *rest = line.split()
            if not line.endswith("\n"):
                break  # the kill came in the middle of telling
            if word == "event":
                self.events.append(int(rest[0]))
            else:
                self.heads.append((int(rest[0]), bytes.fromhex(rest[1])))

    def kill(self) -> None:
        """SIGKILL, and what it had told by then."""
        if self._process is None or self._reader is None:
            return
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None


@contextmanager
def _engaged(folder: Path, *, durable: bool) -> Iterator[tuple[postgres.Cluster, World]]:
    """A server of its own in a folder, and an engagement with a document, at this time."""
    practices.catalogue()[KEY] = tiny_service()
    cluster = postgres.start(folder / "postgres", durable=durable)
    before, support.START = support.START, datetime.now(UTC) - timedelta(hours=1)
    try:
        migrate(cluster.dsn_owner)
        with closing(World(cluster.dsn_app, folder / "keys")) as world:
            world.now = support.START
            world.upto("prepare")
            yield cluster, world
    finally:
        support.START = before
        cluster.stop(even_if_used=True)


def killed(runs: int, chance: random.Random, *, durable: bool) -> Iterator[Tally]:
    """Kill so many times; gives the tally so far after each.

    A database that is not durable answers before its log is written: some of it is then lost.
    """
    with tempfile.TemporaryDirectory(prefix="outwork-kills-") as name:
        Path(name).chmod(0o755)  # the database's own user has to reach it
        yield from _killed(Path(name), runs, chance, durable=durable)


def _killed(folder: Path, runs: int, chance: random.Random, *, durable: bool) -> Iterator[Tally]:
    tally = Tally()
    with _engaged(folder, durable=durable) as (cluster, world):
        with operation(world.database, world.people["vera"], world.now) as op:
            document = documents.keep(op, world.engagement, "kept.txt", b"kept").id
        writing = Writing([cluster.dsn_app, str(folder / "keys"), world.engagement,
                           world.people["vera"], document])  # fmt: skip
        try:
            for _ in range(runs):
                writing.go_on()
                time.sleep(chance.random() * MOST_S)
                whom = chance.choice(("server", "database", "database", "both"))
                if whom != "database":
                    writing.kill()
                    tally.kills_server += 1
                if whom != "server":
                    _kill(cluster)
                    tally.kills_database += 1
                _look(world, writing, tally)
                tally.runs += 1
                yield tally
        finally:
            writing.kill()


def _kill(cluster: postgres.Cluster) -> None:
    with psycopg.connect(cluster.dsn_admin) as db:
        row = db.execute("show data_directory").fetchone()
    assert row is not None
    pid = int((Path(row[0]) / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    while not cluster.revive():
        time.sleep(0.01)  # it is still dying


def _look(world: World, writing: Writing, tally: Tally) -> None:
    """Everything told by now must be there; what is not is told of once."""
    events, heads = list(writing.events), list(writing.heads)
    with world.database.snapshot("job", [world.engagement]) as db:
        table = event_table.c
        rows = db.execute(event_table.select().with_only_columns(table.id)).scalars()
        lost = set(events) - set(rows)
        problem = ledger.rebuilt(db, world.engagement).problem
        leaves = [entry.line for entry in ledger.entries(db, world.engagement)]
    forgotten = [
        size
        for size, root in heads
        if size > len(leaves) or tree.root_of_leaves(leaves[:size]) != root
    ]
    tally.acknowledged += len(events) + len(heads)
    tally.lost += len(lost) + len(forgotten)
    if problem is not None:
        tally.broken.append(str(problem))
    del writing.events[: len(events)], writing.heads[: len(heads)]
