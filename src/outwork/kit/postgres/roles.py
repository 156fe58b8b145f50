"""The two roles, and databases that belong to the one and serve the other."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql

ADMIN: Final = "postgres"
OWNER: Final = "outwork_owner"
APP: Final = "outwork_app"
JOBS: Final = "outwork_jobs"
DATABASE: Final = "outwork"


@dataclass(frozen=True, slots=True)
class Dsns:
    """Connection strings to one database: `owner` migrates, `app` is all the application has.

    `jobs` keeps a schema of its own, of workflows and their steps, and sees nothing else.
    """

    owner: str
    app: str
    jobs: str


def connect(parameters: Mapping[str, Any]) -> psycopg.Connection[Any]:
    """Connect, every statement its own transaction; raises psycopg.OperationalError."""
    return psycopg.connect(**{**parameters, "autocommit": True, "connect_timeout": 10})


def execute(db: psycopg.Connection[Any], text: LiteralString, *names: str) -> None:
    """Run a statement with names of things, quoted, in place of its {}."""
    db.execute(sql.SQL(text).format(*map(sql.Identifier, names)))


def make_role(db: psycopg.Connection[Any], role: str, password: str) -> None:
    """Make a role that may log in and nothing else; one that is there gets the password."""
    with suppress(psycopg.errors.DuplicateObject):
        execute(db, "CREATE ROLE {} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE", role)
    db.execute(
        sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(password)
        )
    )


def create_database(db: psycopg.Connection[Any], name: str, template: str | None = None) -> None:
    """Make a database that OWNER owns (and so its schema `public`), open to APP and JOBS."""
    command: LiteralString = "CREATE DATABASE {} OWNER {} TEMPLATE {}"
    if db.execute("SHOW fsync").fetchone() == ("off",):
        # Files are copied quicker than logged, where the checkpoints for it cost nothing.
        command += " STRATEGY file_copy"
    execute(db, command, name, OWNER, template or "template1")
    guard_database(db, name)


def guard_database(db: psycopg.Connection[Any], name: str) -> None:
    """Only owner and application may connect; rights on tables are given by the migrations."""
    execute(db, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)
    execute(db, "GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}", name, APP)
    execute(db, "GRANT CONNECT, CREATE ON DATABASE {} TO {}", name, JOBS)


def drop_database(db: psycopg.Connection[Any], name: str) -> None:
    """Drop a database if it exists, ending its connections."""
    execute(db, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
