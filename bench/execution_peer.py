"""Label Studio, driven over its public API: as pip leaves it (SQLite), and on PostgreSQL."""

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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.load import closed_loop, quantile, request

ROOT = Path(__file__).parents[1]
CHUNK = 5_000  # tasks a request
PATIENCE_S = 300.0
TOKEN = "0123456789abcdef0123456789abcdef01234567"
SETTINGS = {
    "COLLECT_ANALYTICS": "False", "LATEST_VERSION_CHECK": "False",
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


def measure(
    items: int, seconds: float, log: Callable[[str], None], *, results: int = 0
) -> dict[str, float]:
    """As pip leaves it: import rate, cycles, CPU, latency of the next task; seconds of an export.

    `growth` is CPU a cycle with `items` tasks over that with a tenth of them. The export is of
    `results` tasks that were brought in with an annotation each.
    """
    with _serving({"DJANGO_DB": "sqlite"}) as (port, server):
        small, _ = _imported(port, items // 10)
        few = _cycles(port, server.pid, small, seconds / 2)
        project, rate = _imported(port, items)
        log(f"peer: imported {items} tasks, {rate:.0f}/s")
        many = _cycles(port, server.pid, project, seconds)
        log(f"peer: {many['per_s']:.1f} cycles/s, {many['cpu_ms']:.0f} ms CPU a cycle")
        figures = {
            "peer_cycles_per_s": many["per_s"],
            "peer_cpu_ms": many["cpu_ms"],
            "peer_cpu_growth": many["cpu_ms"] / few["cpu_ms"],
            "peer_next_p99_ms": many["p99_ms"],
            "peer_import_per_s": rate,
        }
        if results:
            took, complete = _exported(port, results)
            figures |= {"peer_export_10k_s": took, "peer_export_complete": complete}
            log(f"peer: {complete} of {results} results exported in {took:.1f} s")
    return figures


def measure_on_postgresql(
    items: int, seconds: float, there: Mapping[str, Any], log: Callable[[str], None]
) -> dict[str, float]:
    """Cycles, CPU of its own processes (not the database's) and latency, on a PostgreSQL server.

    `there` are libpq's parameters of an empty database.
    """
    settings = {
        "DJANGO_DB": "default",
        "POSTGRE_NAME": there["dbname"],
        "POSTGRE_USER": there["user"],
        "POSTGRE_PASSWORD": there.get("password", ""),
        "POSTGRE_HOST": there["host"],
        "POSTGRE_PORT": str(there.get("port", 5432)),
    }
    with _serving(settings) as (own, server):
        project, rate = _imported(own, items)
        found = _cycles(own, server.pid, project, seconds)
    log(f"peer on PostgreSQL: {found['per_s']:.1f} cycles/s, imported {rate:.0f} tasks/s")
    return {
        "peer_cycles_per_s_postgresql": found["per_s"],
        "peer_cpu_ms_postgresql": found["cpu_ms"],
        "peer_next_p99_ms_postgresql": found["p99_ms"],
        "peer_import_per_s_postgresql": rate,
    }


def _cycles(port: int, leader: int, project: int, seconds: float) -> dict[str, float]:
    flows = [Annotating(project) for _ in range(8)]
    before = _cpu(leader)
    tally = closed_loop(port, list(flows), seconds)
    made = max(1, tally.cycles)
    return {
        "per_s": tally.cycles / tally.elapsed,
        "cpu_ms": (_cpu(leader) - before) / made * 1e3,
        "p99_ms": quantile(tally.first, 0.99) * 1e3,
    }


@contextmanager
def _serving(database: dict[str, str]) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    program = ROOT / ".envs/execution/bin/label-studio"
    if not program.exists():
        raise RuntimeError("the peer is not installed: make bench-peers")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="outwork-peer-", ignore_cleanup_errors=True) as folder:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        environment |= SETTINGS | database | {"LABEL_STUDIO_BASE_DATA_DIR": folder}
        with (Path(folder) / "log").open("wb") as out:
            server = subprocess.Popen(
                [str(program), "start", "--no-browser", "--internal-host", "127.0.0.1",
                 "--port", str(port), "--username", "a@example.org", "--password", "passw0rd1",
                 "--user-token", TOKEN, "--log-level", "ERROR"],
                env=environment, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        try:
            _wait(port, server, Path(folder) / "log")
            yield port, server
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(20)


def _wait(port: int, server: subprocess.Popen[bytes], said: Path) -> None:
    """Until it answers: its first start makes some hundred tables, which takes a minute or more."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"the peer ended while starting: {said.read_text()[-500:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the peer did not start: {said.read_text()[-500:]}")


def _call(port: int, method: str, path: str, body: Any) -> Any:
    made = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(made, timeout=900) as answer:
        return json.loads(answer.read() or b"null")


def _imported(port: int, items: int, annotated: bool = False) -> tuple[int, float]:
    """A project with so many tasks, and tasks a second; `annotated` ones come with their result."""
    terms = {
        "title": "bench", "label_config": CONFIG, "sampling": "Sequential sampling",
        "maximum_annotations": 1,
    }  # fmt: skip
    project = _call(port, "POST", "/api/projects", terms)["id"]
    start = time.perf_counter()
    for first in range(0, items, CHUNK):
        rows: list[dict[str, Any]] = [
            {"text": f"item {number} " + "x" * 400}
            for number in range(first, min(items, first + CHUNK))
        ]
        if annotated:
            rows = [{"data": row, "annotations": [ANNOTATION]} for row in rows]
        _call(port, "POST", f"/api/projects/{project}/import", rows)
    return project, items / (time.perf_counter() - start)


def _exported(port: int, results: int) -> tuple[float, int]:
    """Seconds of a full export of so many tasks with a result each, and how many came with it.

    Where some come without it, that is in the peer's favour.
    """
    project, _ = _imported(port, results, annotated=True)
    begun = time.perf_counter()
    path = f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true"
    told = _call(port, "GET", path, None)
    took = time.perf_counter() - begun
    if len(told) != results:
        raise RuntimeError(f"the peer exported {len(told)} of {results} tasks")
    return took, sum(len(task["annotations"]) == 1 for task in told)


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
