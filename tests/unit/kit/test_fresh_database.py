"""The fixtures that give each test a database of its own."""

from __future__ import annotations

import psycopg
import pytest

from outwork.kit.postgres import Cluster, Dsns


def test_migrated_database_is_for_the_application(database: Dsns) -> None:
    with psycopg.connect(database.owner) as db:
        tables = db.execute(
            "SELECT count(*) FROM pg_tables"
            " WHERE schemaname = 'public' AND tableowner = current_user"
        ).fetchone()
    assert tables is not None
    assert tables[0] > 0
    with psycopg.connect(database.app) as db:
        assert db.execute("SELECT current_user").fetchone() == ("outwork_app",)


def test_template_is_closed(cluster: Cluster, migrated: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
        psycopg.connect(cluster.dsns(migrated).owner)
