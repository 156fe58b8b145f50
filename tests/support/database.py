"""One PostgreSQL for a whole test run, and a fresh migrated database for each test.

The workers of a run share a server without fsync; the last one to let go removes it. What a killed
run left behind is removed by a later one.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from outwork.kit import postgres
from outwork.kit.postgres import Cluster, Dsns

TEMPLATE = "outwork_template"
ABANDONED_S = 3600.0

_prefix = f"outwork-tests-{os.getuid()}-"
_numbers = itertools.count()


@contextmanager
def shared_cluster(run: str) -> Iterator[Cluster]:
    """The server of the run of that name; every worker of the run calls this."""
    folder = Path(tempfile.gettempdir()) / f"{_prefix}{run}"
    with _alone():
        _sweep(folder)
        cluster = postgres.start(folder, durable=False)
    try:
        yield cluster
    finally:
        with _alone():
            if cluster.stop():
                shutil.rmtree(folder, ignore_errors=True)


def migrated_template(cluster: Cluster) -> str:
    """Name of a database with every migration applied, made once for the run."""
    from outwork.kit.database import migrate

    with _alone(), psycopg.connect(cluster.dsn_admin, autocommit=True) as db:
        found = db.execute(
            "SELECT datallowconn FROM pg_database WHERE datname = %s", [TEMPLATE]
        ).fetchone()
        if found == (False,):  # only a finished template is closed to connections
            return TEMPLATE
        cluster.drop_database(TEMPLATE)
        migrate(cluster.create_database(TEMPLATE).owner)
        db.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false")
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [TEMPLATE]
        )
    return TEMPLATE


@contextmanager
def fresh_database(cluster: Cluster, template: str | None) -> Iterator[Dsns]:
    """A database of this test's own, a copy of the template, dropped afterwards."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    dsns = cluster.create_database(name, template)
    try:
        yield dsns
    finally:
        cluster.drop_database(name)


@contextmanager
def _alone() -> Iterator[None]:
    """No other worker starts, stops or migrates meanwhile."""
    with (Path(tempfile.gettempdir()) / f"{_prefix}lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sweep(own: Path) -> None:
    """Remove the servers of runs that were killed."""
    for folder in own.parent.glob(f"{_prefix}*"):
        with suppress(OSError, postgres.PostgresUnavailable):
            old = time.time() - folder.stat().st_mtime > ABANDONED_S
            if folder == own or not folder.is_dir() or not old:
                continue
            with (folder / "postgres.users").open("rb+") as users:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            postgres.start(folder, durable=False).stop()
            shutil.rmtree(folder, ignore_errors=True)
