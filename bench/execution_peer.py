"""Label Studio as pip leaves it: one server on SQLite, driven over its public API."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.load import closed_loop, quantile, request

ROOT = Path(__file__).parents[1]
TOKEN = "0123456789abcdef0123456789abcdef01234567"
SETTINGS = {
    "DJANGO_DB": "sqlite", "COLLECT_ANALYTICS": "False", "LATEST_VERSION_CHECK": "False",
    "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "", "DEBUG": "False", "LOG_LEVEL": "ERROR",
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
}  # fmt: skip
CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="c" toName="text"><Choice value="A"/>'
    '<Choice value="B"/></Choices><TextArea name="n" toName="text"/></View>'
)
ANNOTATION = {
    "lead_time": 3.2,
    "result": [
        {"from_name": "c", "to_name": "text", "type": "choices", "value": {"choices": ["A"]}},
        {"from_name": "n", "to_name": "text", "type": "textarea", "value": {"text": ["y" * 800]}},
    ],
}


class Annotating:
    """Next task, then its annotation."""

    def __init__(self, project: int) -> None:
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        self._next = request("GET", f"/api/projects/{project}/next", headers)
        self._headers, self._project = headers, project
        self._body = json.dumps(ANNOTATION).encode()
        self._annotating = False

    def first(self) -> bytes:
        """The next task."""
        return self._next

    def after(self, status: int, body: bytes) -> bytes | None:
        """A task is annotated; anything else ends the cycle."""
        found = None if self._annotating or status != 200 else re.match(rb'\{"id":(\d+)', body)
        self._annotating = found is not None
        if found is None:
            return None
        path = f"/api/tasks/{int(found[1])}/annotations/?project={self._project}"
        return request("POST", path, self._headers, self._body)


def measure(items: int, seconds: float, log: Callable[[str], None]) -> dict[str, float]:
    """Import rate, cycles a second, CPU a cycle and latency of the next task, in one server."""
    with _serving() as (port, server):
        project, rate = _imported(port, items)
        log(f"peer: imported {items} tasks, {rate:.0f}/s")
        flows = [Annotating(project) for _ in range(8)]
        before = _cpu(server.pid)
        tally = closed_loop(port, list(flows), seconds)
        used = _cpu(server.pid) - before
        log(f"peer: {tally.cycles} cycles in {tally.elapsed:.1f} s, {tally.errors} errors")
        made = max(1, tally.cycles)
        return {
            "peer_cycles_per_s": tally.cycles / tally.elapsed,
            "peer_cpu_ms": used / made * 1e3,
            "peer_next_p99_ms": quantile(tally.first, 0.99) * 1e3,
            "peer_import_per_s": rate,
        }


@contextmanager
def _serving() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    program = ROOT / ".envs/execution/bin/label-studio"
    if not program.exists():
        raise RuntimeError("the peer is not installed: make bench-peers")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="outwork-peer-", ignore_cleanup_errors=True) as folder:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        environment |= SETTINGS | {"LABEL_STUDIO_BASE_DATA_DIR": folder}
        with (Path(folder) / "log").open("wb") as out:
            server = subprocess.Popen(
                [str(program), "start", "--no-browser", "--internal-host", "127.0.0.1",
                 "--port", str(port), "--username", "a@example.org", "--password", "passw0rd1",
                 "--user-token", TOKEN, "--log-level", "ERROR"],
                env=environment, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        try:
            _wait(port, server)
            yield port, server
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(20)


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError("the peer ended while starting")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the peer did not start")


def _call(port: int, method: str, path: str, body: Any) -> Any:
    made = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=json.dumps(body).encode(),
        method=method,
        headers={"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(made, timeout=900) as answer:
        return json.loads(answer.read() or b"null")


def _imported(port: int, items: int, chunk: int = 5_000) -> tuple[int, float]:
    terms = {
        "title": "bench", "label_config": CONFIG, "sampling": "Sequential sampling",
        "maximum_annotations": 1,
    }  # fmt: skip
    project = _call(port, "POST", "/api/projects", terms)["id"]
    start = time.perf_counter()
    for first in range(0, items, chunk):
        some = range(first, min(items, first + chunk))
        rows = [{"text": f"item {number} " + "x" * 400} for number in some]
        _call(port, "POST", f"/api/projects/{project}/import", rows)
    return project, items / (time.perf_counter() - start)


def _cpu(leader: int) -> float:
    """CPU seconds of a process's session so far."""
    tick = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == leader:
                total += (int(fields[11]) + int(fields[12])) / tick
    return total
