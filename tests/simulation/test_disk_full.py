"""A disk that is full while rows come in: nothing half-written, and it goes on when there is space.

The server is given a largest file size, at which PostgreSQL fails as it does on a full disk: where
a table is to be extended.
"""

from __future__ import annotations

import json
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from tests.support.engagement import World
from tests.support.imports import start, upload
from tests.support.service import KEY, tiny_service

from outwork import documents, practices
from outwork.kit import postgres
from outwork.kit.database import migrate
from outwork.kit.postgres import Cluster
from outwork.stages import execution
from outwork.stages.execution import ImportState, RowFormat
from outwork.vocabulary import ImportId

FULL = 17 * 1024 * 1024  # bytes a file: more than a segment of the write-ahead log
FAILED = (DBAPIError, psycopg.Error)
ROWS, WIDTH = 20_000, 1_000
TABLES = ("document", "document_content", "work_item", "import_chunk", "row_fault", "event")


@contextmanager
def serving(folder: Path, largest: int = resource.RLIM_INFINITY) -> Iterator[Cluster]:
    """The server over a folder; no file that it writes grows beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
    try:
        made = postgres.start(folder, durable=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with made:
        yield made


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place that the server's user may reach."""
    with tempfile.TemporaryDirectory(prefix="outwork-full-") as made:
        Path(made).chmod(0o755)
        yield Path(made) / "data"


def counts(db: Any) -> list[int]:
    """Rows of the tables that an import writes."""
    query = "select " + ", ".join(f"(select count(*) from {table})" for table in TABLES)
    return [int(n) for n in db.execute(sa.text(query)).one()]


def admit(world: World, identifier: ImportId) -> None:
    """Take rows in to the end."""
    while world.act("dana", execution.admit_rows, identifier):
        pass


def test_a_full_disk_leaves_nothing_half_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(practices.catalogue(), KEY, tiny_service())
    rows = [json.dumps({"id": f"r-{n}", "text": f"{n} " + "x" * WIDTH}) for n in range(ROWS)]
    content = "\n".join(rows).encode()
    with serving(folder) as cluster:
        migrate(cluster.dsn_owner)
        world = World(cluster.dsn_app, tmp_path / "keys")
        world.upto("open")
        identifier: ImportId = start(world, content, RowFormat.JSONL)
        # What was uploaded is larger than the limit to come, and only read from then on.
        upload(world, identifier, content, 1 << 22)
        world.act("dana", execution.complete_upload, identifier)
        world.close()
    with serving(folder, FULL):
        with pytest.raises(FAILED, match="could not extend file"):
            admit(world, identifier)
        stopped = world.look(execution.import_, identifier)
        assert 0 < stopped.admitted < ROWS
        assert stopped.state is ImportState.ADMITTING
        before = world.look(counts)
        assert len(world.look(execution.all_items, world.order)) == stopped.admitted
        with pytest.raises(FAILED, match="could not extend file"):
            world.act("dana", execution.admit_rows, identifier)
        assert world.look(counts) == before
        world.close()
    with serving(folder):
        admit(world, identifier)
        items = world.look(execution.all_items, world.order)
        assert [i.name for i in items] == [f"r-{n}" for n in range(ROWS)]
        assert world.look(documents.source, items[-1].document_id).text.startswith("19999 x")
        world.close()
