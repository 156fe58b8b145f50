"""Rows and results by program: the SDK over HTTP, and the command line."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.stages.test_api import PASSWORD, Desk
from tests.support import engagement as support
from tests.support.engagement import World
from typer.testing import CliRunner

from outwork import access
from outwork.interfaces import cli as command_line
from outwork.operation import utc_now
from outwork.stages import execution
from outwork_client import BadInput, Forbidden, NotFound, Unreachable
from outwork_verify import verify


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A server over a work order at intake, under the machine's clock."""
    today = datetime.now(UTC)
    monkeypatch.setattr(support, "START", today - timedelta(hours=1))
    world.now = today - timedelta(minutes=30)
    world.upto("open")
    with closing(Desk(world)) as made:
        yield made


def rows_file(folder: Path, count: int) -> Path:
    """Rows, and one line that is none."""
    path = folder / "rows.jsonl"
    lines = [json.dumps({"id": f"r-{n}", "text": f"Agreement {n}"}) for n in range(count)]
    path.write_text("\n".join([*lines, "{broken"]))
    return path


def test_rows_come_in_and_results_go_out_through_the_sdk(desk: Desk, tmp_path: Path) -> None:
    world, dana = desk.world, desk["dana"]
    path = rows_file(tmp_path, 30)
    identifier = dana.import_rows(world.order, path, part=200)
    assert dana.import_rows(world.order, path, part=200) == identifier  # again, no harm
    assert not execution.admit_next(world.database, world.people["dana"], identifier)
    done = dana.import_progress(identifier)
    assert (done["state"], done["admitted"], done["refused"]) == ("finished", 30, 1)
    (fault,) = dana.row_faults(identifier)
    assert (fault["line"], fault["code"]) == (31, "row-not-json")
    assert fault["message"] == "rows.jsonl, line 31, at 2: this is not JSON."
    saved = dana.results(world.order, tmp_path / "r").read_text()
    results = [json.loads(line) for line in saved.splitlines()]
    assert [r["name"] for r in results] == [f"r-{n}" for n in range(30)]
    proof = dana._json("GET", f"items/{results[7]['item']}/proof")
    world.integrate()
    dana.bundle(world.engagement, tmp_path / "bundle.zip")
    assert verify(tmp_path / "bundle.zip", row=proof).ok
    with pytest.raises(NotFound):
        desk["stranger"].import_progress(identifier)
    with pytest.raises(NotFound):
        desk["stranger"].results(world.order, tmp_path / "no")
    with pytest.raises(Forbidden):
        desk["ana"].results(world.order, tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_a_part_is_held_to_its_digest_and_its_size(desk: Desk) -> None:
    world, dana = desk.world, desk["dana"]
    body = b'{"text": "x"}'
    identifier = dana.execution.start_import(
        work_order=world.order, name="r.jsonl", form="jsonl", size=9_000_000,
        digest=hashlib.sha256(body).hexdigest(),
    )  # fmt: skip

    def put(content: bytes, digest: bytes) -> Any:
        header = f"sha-256=:{base64.b64encode(digest).decode()}:"
        return dana._send(
            "PUT", f"imports/{identifier}/parts/1", content=content,
            more={"Content-Digest": header},
        )  # fmt: skip

    with pytest.raises(BadInput) as differs:
        put(body, b"0" * 32)
    assert differs.value.code == "part-differs"
    large = bytes(execution.LARGEST_PART + 1)
    with pytest.raises((BadInput, Unreachable)) as refused:  # the server may close before the end
        put(large, hashlib.sha256(large).digest())
    assert refused.value.code in ("too-large", "unreachable")
    assert dana.import_progress(identifier)["parts"] == 0


def test_the_command_takes_rows_and_folders_in_and_goes_on(desk: Desk, tmp_path: Path) -> None:
    world = desk.world

    @contextmanager
    def open_home() -> Iterator[Any]:
        yield SimpleNamespace(folder=tmp_path, database=world.database)

    app = command_line.build(open_home, lambda *_: None)
    with world.database.transaction("job") as db:
        access.set_password(db, world.people["dana"], PASSWORD, utc_now())

    def run(*arguments: object) -> Any:
        given = [*map(str, arguments), "--as", world.login("dana")]
        return CliRunner().invoke(app, given, env={"OUTWORK_PASSWORD": PASSWORD})

    path = rows_file(tmp_path, 12)
    outcome = json.loads(run("import", world.order, path, "--json").stdout)
    assert (outcome["admitted"], outcome["refused_rows"]) == (12, 1)
    again = run("import", world.order, path)
    assert again.exit_code == 2
    assert "rows.jsonl is in the batch already" in again.stderr
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_text("Agreement 1")
    (folder / "b.bin").write_bytes(b"\x00")
    told = run("import", world.order, folder)
    assert "1 items are in." in told.stdout
    assert "refused: b.bin" in told.stdout
    assert json.loads(run("import", world.order, folder, "--json").stdout)["admitted"] == 0
    wrong = tmp_path / "rows.txt"
    wrong.write_text("x")
    assert "bring jsonl, csv or xlsx" in run("import", world.order, wrong).stderr
    exported = run("export", world.order, "--form", "csv", "--out", tmp_path / "out.csv")
    assert exported.exit_code == 0
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 14
