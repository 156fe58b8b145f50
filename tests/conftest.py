"""Fixtures for every test: a PostgreSQL of the run, and fresh databases in it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from tests.support.database import fresh_database, migrated_template, shared_cluster

from outwork.access.signing import Cost
from outwork.kit.postgres import Cluster, Dsns


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Passwords cost thousands of times less to derive from: there are many worlds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("outwork.access.signing.COST", Cost(1, 64, 1))
        patch.setattr("outwork.access.actions._hasher", PasswordHasher(1, 64, 1))
        yield


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The PostgreSQL server that all workers of this run share; durable against nothing."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    with shared_cluster(run) as shared:
        yield shared


@pytest.fixture(scope="session")
def migrated(cluster: Cluster) -> str:
    """Name of the template database, with every migration applied."""
    return migrated_template(cluster)


@pytest.fixture
def database(cluster: Cluster, migrated: str) -> Iterator[Dsns]:
    """A fresh migrated database: `owner` and `app` connection strings."""
    with fresh_database(cluster, migrated) as dsns:
        yield dsns


@pytest.fixture
def empty_database(cluster: Cluster) -> Iterator[Dsns]:
    """A fresh database without any table."""
    with fresh_database(cluster, None) as dsns:
        yield dsns
