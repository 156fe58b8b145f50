"""The server that OUTWORK_DSN names."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from outwork.kit.postgres.programs import VERSIONS, PostgresUnavailable, last_line
from outwork.kit.postgres.roles import (
    APP,
    JOBS,
    OWNER,
    Dsns,
    connect,
    execute,
    guard_database,
    make_role,
)


def external(
    dsn: str, dsn_app: str | None, dsn_jobs: str | None = None
) -> tuple[dict[str, Any], Dsns]:
    """The administrator's connection parameters, and the connections of the roles.

    The roles are made there unless `dsn_app` is given. Raises PostgresUnavailable.
    """
    remedy = (
        "correct OUTWORK_DSN, or give there the owner's and in OUTWORK_DSN_APP the application's"
    )
    try:
        admin: dict[str, Any] = {**conninfo_to_dict(dsn)}
        with connect(admin) as db:
            major = db.info.server_version // 10_000
            if major not in VERSIONS:
                raise PostgresUnavailable(f"OUTWORK_DSN leads to PostgreSQL {major}", remedy)
            admin["dbname"] = db.info.dbname
            own = _made(db, admin) if dsn_app is None else Dsns(dsn, dsn_app, dsn_jobs or dsn)
        with connect(conninfo_to_dict(own.app)) as db:
            bound = db.execute(
                "SELECT NOT (rolsuper OR rolbypassrls) AND datdba <> pg_roles.oid"
                " FROM pg_roles, pg_database"
                " WHERE rolname = current_user AND datname = current_database()"
            ).fetchone()
    except psycopg.Error as error:
        raise PostgresUnavailable(f"OUTWORK_DSN: {last_line(str(error))}", remedy) from error
    if bound != (True,):
        raise PostgresUnavailable(
            "the application's role must be neither owner of the database nor superuser", remedy
        )
    return admin, own


def _made(db: psycopg.Connection[Any], admin: Mapping[str, Any]) -> Dsns:
    """Make the roles; their passwords follow from the administrator's, alike on every machine."""
    secret = db.info.password
    if not secret:
        raise PostgresUnavailable(
            "OUTWORK_DSN has no password, from which those of the roles would follow",
            "give there the owner's connection and in OUTWORK_DSN_APP the application's",
        )
    made = {}
    for role in (OWNER, APP, JOBS):
        password = hmac.new(secret.encode(), role.encode(), hashlib.sha256).hexdigest()
        made[role] = make_conninfo(**{**admin, "user": role, "password": password})
        # Machines that share a server may come here at once; each sets the same password.
        make_role(db, role, password)
    execute(db, "GRANT {} TO CURRENT_USER", OWNER)
    execute(db, "ALTER DATABASE {} OWNER TO {}", db.info.dbname, OWNER)
    guard_database(db, db.info.dbname)
    return Dsns(made[OWNER], made[APP], made[JOBS])
