"""Machine work in worker processes: done once, taken up after a kill, parked if it cannot be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.support import engagement as support
from tests.support.database import fresh_database
from tests.support.engagement import World
from tests.support.imports import start, upload
from tests.support.service import KEY, tiny_service

from outwork import ledger, practices
from outwork.kit import outbox
from outwork.kit.outbox import JobState
from outwork.kit.postgres import Cluster, Dsns
from outwork.stages import execution
from outwork.stages.execution import ImportState, RowFormat
from outwork.vocabulary import Refusal

ROOT = Path(__file__).parents[2]
ROWS = 22_000  # five turns


class Crew:
    """Worker processes over a world."""

    def __init__(self, dsns: Dsns, keys: Path) -> None:
        self._dsns, self._keys = dsns, keys
        self._running: list[subprocess.Popen[str]] = []

    def begin(self, pause: float = 0.0) -> subprocess.Popen[str]:
        """One more, which has begun."""
        made = subprocess.Popen(
            [sys.executable, "-m", "tests.simulation.machine_worker", self._dsns.app,
             self._dsns.jobs, str(self._keys), str(pause)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        )  # fmt: skip
        self._running.append(made)
        assert made.stdout is not None
        assert made.stdout.readline() == "begun\n"
        return made

    def close(self) -> None:
        """End all."""
        for each in self._running:
            each.kill()
            each.wait()
            assert each.stdout is not None
            each.stdout.close()


@pytest.fixture
def place(
    cluster: Cluster, migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[World, Crew, Dsns]]:
    """A world with a database to itself, today, and its crew."""
    monkeypatch.setitem(practices.catalogue(), KEY, tiny_service())
    today = datetime.now(UTC)
    monkeypatch.setattr(support, "START", today - timedelta(hours=1))
    with (
        fresh_database(cluster, migrated) as dsns,
        closing(World(dsns.app, tmp_path / "keys")) as world,
        closing(Crew(dsns, tmp_path / "keys")) as crew,
    ):
        world.now = today - timedelta(minutes=50)
        yield world, crew, dsns


def until(what: Callable[[], Any], seconds: float = 30.0) -> Any:
    """What is true in the end."""
    limit = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < limit, "it did not come about"
        time.sleep(0.05)
    return found


def test_what_a_killed_worker_left_is_taken_up_and_nothing_is_done_twice(
    place: tuple[World, Crew, Dsns],
) -> None:
    world, crew, _ = place
    world.upto("open")
    rows = [json.dumps({"id": f"r-{n}", "text": f"Agreement {n}"}) for n in range(ROWS)]
    content = "\n".join(rows).encode()
    identifier = start(world, content, RowFormat.JSONL)
    upload(world, identifier, content)
    world.act("dana", execution.complete_upload, identifier)
    first = crew.begin(pause=0.5)
    until(lambda: world.look(execution.import_, identifier).chunks >= 5)
    crew.begin()
    first.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    done = until(
        lambda: (i := world.look(execution.import_, identifier)).state is ImportState.FINISHED and i
    )
    assert time.monotonic() - killed < 20
    assert (done.admitted, done.refused, done.chunks) == (ROWS, 0, 22)
    names = [i.name for i in world.look(execution.all_items, world.order)]
    assert names == [f"r-{n}" for n in range(ROWS)]
    (job,) = until(
        lambda: [j for j in world.look(outbox.listed, world.engagement) if j.state is JobState.DONE]
    )
    assert job.subject == identifier
    world.integrate()
    kinds = [e.kind for e in world.look(_entries, world.engagement)]
    assert kinds.count("execution.rows-admitted") == 22
    assert kinds.count("execution.import-finished") == 1


def _entries(db: Any, engagement: Any) -> list[ledger.Entry]:
    return list(ledger.entries(db, engagement))


def test_agents_draft_and_one_that_fails_is_parked_until_it_is_retried(
    place: tuple[World, Crew, Dsns], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, crew, _ = place
    world.upto("release")
    crew.begin()
    until(lambda: world.look(execution.counts, world.order)[execution.ItemState.DRAFTED] == 4)
    until(lambda: all(j.state is JobState.DONE for j in world.look(outbox.listed,
                                                                  world.engagement)))  # fmt: skip
    bad = outbox.Job(
        world.engagement, "job_bad", execution.IMPORTING, "imp_none", world.people["dana"],
        datetime.now(UTC),
    )  # fmt: skip
    with world.database.transaction("job", [world.engagement]) as db:
        assert outbox.ask(db, bad)
        assert not outbox.ask(db, bad), "the same work is on its way once"

    def parked() -> list[outbox.Job]:
        found = world.look(outbox.listed, world.engagement)
        return [j for j in found if j.state is JobState.PARKED]

    (found,) = until(parked)
    assert (found.id, found.problem) == ("job_bad", "not-found")
    with pytest.raises(Refusal, match="not-permitted"):
        world.act("ana", execution.retry_work, "job_bad")
    world.act("dana", execution.retry_work, "job_bad")
    (again,) = until(parked)
    assert again.id != "job_bad"
    with pytest.raises(Refusal, match="job-state"):
        world.act("dana", execution.retry_work, "job_bad")


def test_the_application_cannot_read_workflows_and_they_hold_ids_only(
    place: tuple[World, Crew, Dsns],
) -> None:
    world, crew, dsns = place
    world.upto("release")
    crew.begin()
    until(lambda: world.look(execution.counts, world.order)[execution.ItemState.DRAFTED] == 4)
    with psycopg.connect(dsns.app) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("select * from jobs.workflow_status")
    with psycopg.connect(dsns.jobs) as db:
        for table in ("work_item", "outbox", "event"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction():
                db.execute(f"select * from {table}")
        kept = str(db.execute("select inputs, output from jobs.workflow_status").fetchall())
        kept += str(db.execute("select output from jobs.operation_outputs").fetchall())
    assert "Agreement" not in kept
    assert "input-0" not in kept
