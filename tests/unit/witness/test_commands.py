"""`outwork witness` and `outwork conformance` as somebody types them; a witness that is killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.website import answering
from typer.testing import CliRunner

from outwork.interfaces import cli as command_line
from outwork.interfaces.witness import witness_application
from outwork.ledger import checkpoint, tree
from outwork.witness import Store, Witness, write_request

LOG = checkpoint.generate_signer("log.example/1")
COMMAND = [sys.executable, "-c", "from outwork.main import cli; cli()", "witness"]


@contextmanager
def no_home() -> Iterator[Any]:
    raise AssertionError("a witness needs no installation")
    yield


def invoke(*arguments: object) -> Any:
    app = command_line.build(no_home, lambda *_: None)
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "deep" / "witness"
    given = invoke("witness", "init", "--name", "w.example/a", "--folder", made,
                   "--log", LOG.verifier.encode())  # fmt: skip
    assert given.exit_code == 0
    assert checkpoint.parse_verifier_key(given.stdout.strip()).name == "w.example/a"
    return made


def test_a_witness_is_made_once(folder: Path) -> None:
    again = invoke("witness", "init", "--name", "w.example/b", "--folder", folder)
    assert (again.exit_code, "holds a witness already" in again.stderr) == (2, True)
    for name in ("", "a b", "a+b"):
        bad = invoke("witness", "init", "--name", name, "--folder", folder.parent / "x")
        assert bad.exit_code == 2
        assert not (folder.parent / "x" / "key").exists()
    bad = invoke("witness", "trust", "nonsense", "--folder", folder)
    assert (bad.exit_code, "not a usable key" in bad.stderr) == (2, True)


def test_its_state_is_told(folder: Path) -> None:
    log = tree.Tree()
    log.append(b"x")
    note = checkpoint.sign_checkpoint(checkpoint.Checkpoint(LOG.name, 1, log.root()), LOG)
    assert Witness(Store(folder)).add_checkpoint(write_request(0, [], note)).status == 200
    other = checkpoint.generate_signer("log.example/2").verifier.encode()
    assert invoke("witness", "trust", other, "--folder", folder).exit_code == 0
    shown = json.loads(invoke("witness", "status", "--folder", folder, "--json").stdout)
    assert [(row["log"], row["size"]) for row in shown["logs"]] == [
        ("log.example/1", 1), ("log.example/2", 0),
    ]  # fmt: skip
    assert "log.example/1  1 entries" in invoke("witness", "status", "--folder", folder).stdout
    kept = invoke("witness", "checkpoint", LOG.name, "--folder", folder).stdout
    assert kept.startswith(note.decode())
    unknown = invoke("witness", "checkpoint", "nobody", "--folder", folder)
    assert (unknown.exit_code, "does not know a log" in unknown.stderr) == (2, True)
    Store(folder)._path(LOG.name).unlink()
    damaged = invoke("witness", "status", "--folder", folder)
    assert (damaged.exit_code, "damaged" in damaged.stderr) == (1, True)


def test_what_runs_is_left_alone(folder: Path) -> None:
    with Store(folder).alone():
        for command in (["trust", LOG.verifier.encode()], ["serve"]):
            refused = invoke("witness", *command, "--folder", folder)
            assert (refused.exit_code, "is running" in refused.stderr) == (2, True)


def test_the_suite_is_run_by_command(folder: Path) -> None:
    key = invoke("conformance", "key", "--origin", "test.example").stdout.strip()
    assert invoke("witness", "trust", key, "--folder", folder).exit_code == 0
    store = Store(folder)
    command = ["conformance", "witness", "--key", store.verifier.encode(), "--origin"]
    with answering(witness_application(Witness(store))) as url:
        good = invoke(*command, "test.example", url)
        assert (good.exit_code, "0 not as specified" in good.stdout) == (0, True)
        again = invoke(*command, "test.example", url, "--json")  # it has seen that log by now
        assert again.exit_code == 1
        assert json.loads(again.stdout)["failed"] > 1
    gone = invoke(*command, "test.example", url)
    assert (gone.exit_code, "Nothing answers" in gone.stderr) == (2, True)
    assert json.loads(invoke("conformance", "vectors").stdout)["cases"]


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with subprocess.Popen(
        [*COMMAND, "serve", "--folder", folder, "--port", "0"], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            found = re.search(r"http://\S+", line)
            assert found is not None, line
            yield found[0], process
        finally:
            process.kill()


@pytest.mark.slow
def test_a_witness_that_is_killed_has_what_it_answered(folder: Path) -> None:
    log, told = tree.Tree(), 0
    for _ in range(2):
        with running(folder) as (url, process):
            told = _until_it_is_gone(url, process.pid, log, told)
        head = Witness(Store(folder)).head(LOG.name)
        assert head.size >= told > 0
        assert head.root == log.root(head.size)
        told = head.size


def _until_it_is_gone(url: str, process: int, log: tree.Tree, size: int) -> int:
    """Grows the log step by step until a kill; gives the last size that was cosigned."""
    killer = threading.Timer(0.2, os.kill, [process, signal.SIGKILL])
    with httpx.Client(timeout=60) as http:
        while True:
            for _ in range(3):
                log.append(str(log.size).encode())
            head = checkpoint.Checkpoint(LOG.name, log.size, log.root())
            proof = tree.consistency_proof(size, log.size, log.node)
            body = write_request(size, proof, checkpoint.sign_checkpoint(head, LOG))
            try:
                got = http.post(f"{url}add-checkpoint", content=body)
            except httpx.HTTPError:
                return size
            assert got.status_code == 200, got.text
            size = log.size
            if killer.ident is None:
                killer.start()
