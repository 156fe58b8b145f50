"""Worlds at a stage, with the tiny service in the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.database import fresh_database
from tests.support.engagement import World
from tests.support.service import KEY, tiny_service

from outwork import practices
from outwork.kit.postgres import Cluster, Dsns


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny service, installed for the test."""
    monkeypatch.setitem(practices.catalogue(), KEY, tiny_service())


@pytest.fixture(scope="session")
def common(cluster: Cluster, migrated: str) -> Iterator[Dsns]:
    """One database for all worlds of this worker: worlds do not see each other."""
    with fresh_database(cluster, migrated) as dsns:
        yield dsns


@pytest.fixture
def world(common: Dsns, tmp_path: Path) -> Iterator[World]:
    """People and parties; no engagement yet."""
    with closing(World(common.app, tmp_path / "keys")) as made:
        yield made
