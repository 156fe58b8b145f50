"""An installation on disk with one batch of many items, and servers over it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from bench.load import request
from tests.support import engagement as support
from tests.support.engagement import World
from tests.support.service import KEY, tiny_service

from outwork import access, agreements, practices
from outwork.kit import postgres
from outwork.kit.database import migrate
from outwork.kit.ids import Ids
from outwork.kit.keyring import Keyring, seal_under
from outwork.operation import operation
from outwork.stages import execution
from outwork.vocabulary import ActorId, Role, WorkOrderId

ROOT = Path(__file__).parents[1]
Log = Callable[[str], None]


class Installation:
    """A folder with a database that keeps what it acknowledges, and one engagement at work."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = postgres.start(folder / "postgres")
        migrate(self.cluster.dsn_owner)
        practices.catalogue()[KEY] = tiny_service()
        support.START = datetime.now(UTC) - timedelta(hours=2)
        self.world = World(self.cluster.dsn_app, folder / "keyring")
        self.world.now = support.START
        for step in World.STEPS[: World.STEPS.index("open")]:
            getattr(self.world, step)()
        self.engagement = self.world.engagement

    def analysts(self, count: int) -> list[tuple[ActorId, str]]:
        """So many certified analysts with a session each: ids and tokens."""
        made = []
        world = self.world
        rules = world.look(support.transfer.guideline, self.engagement)
        for _ in range(count):
            login = f"analyst-{secrets.token_hex(4)}"
            with operation(world.database, world.people["administrator"], world.now) as op:
                who = agreements.register_actor(
                    op, world.parties["provider"], login, login, [Role.ANALYST], "Europe/Vienna"
                )
            world.act("dana", agreements.invite_member, self.engagement, who, [Role.ANALYST])
            with world.database.transaction("job", [self.engagement]) as db:
                from outwork.stages.transfer import Certification
                from outwork.stages.transfer import store as transfer_store

                identifier = Ids(world.now).next("crt")
                transfer_store.certifications.add(
                    db,
                    Certification(
                        self.engagement, identifier, who, rules.version, 6, 6,
                        support.Decimal("0.9"), support.Decimal("0.5"), True, world.now,
                    ),
                )  # fmt: skip
                made.append((who, access.open_session(db, who, datetime.now(UTC))))
        return made

    def batch(self, items: int, log: Log) -> WorkOrderId:
        """A released work order of so many items, each with a document of its own."""
        world = self.world
        start = time.perf_counter()
        world.order = world.act("dana", execution.open_work_order, world.line, "Batch")
        _copy_items(self, world.order, items)
        # Every order has nonces of its own; those of a test world depend on the round alone.
        world.nonce = lambda side: hashlib.sha256(f"{side} {world.order}".encode()).hexdigest()  # type: ignore[method-assign]
        world.commit()
        released = world.act("dana", execution.release, world.order)
        assert released == items
        self._as_if_drafted()
        admin = self.cluster.dsn_admin
        with psycopg.connect(admin, dbname="outwork", autocommit=True) as db:
            db.execute("vacuum analyze")
            db.execute("checkpoint")
        log(f"{items} items stand ready after {time.perf_counter() - start:.1f} s")
        return world.order

    def _as_if_drafted(self) -> None:
        """What an agent would draft first goes to analysts at once: people are measured here."""
        with self.world.database.transaction("job", [self.engagement]) as db:
            db.execute(
                support_text(
                    "update assignment set level = 1, taker = 'analyst'"
                    " where work_order_id = :order and level = 0"
                ),
                {"order": self.world.order},
            )

    def close(self) -> None:
        """Stop the server; the folder stays with whoever made it."""
        self.world.close()
        self.cluster.stop()


def support_text(statement: str) -> Any:
    """A statement for SQLAlchemy."""
    import sqlalchemy as sa

    return sa.text(statement)


def _copy_items(home: Installation, order: WorkOrderId, count: int) -> None:
    """Documents and items by COPY, each text sealed under a key of its own as everywhere."""
    keyring = Keyring(home.folder / "keyring")
    ids = Ids(datetime.now(UTC))
    engagement = home.engagement
    rows: list[tuple[str, str, bytes, bytes]] = []
    filler = "x" * 400
    with psycopg.connect(home.cluster.dsn_admin, dbname="outwork") as db:
        for start in range(0, count, 50_000):
            rows = []
            for number in range(start, min(count, start + 50_000)):
                document, own = ids.next("doc"), secrets.token_bytes(32)
                text = f"Agreement {number} binds from 2026-01-02. {filler}".encode()
                rows.append(
                    (
                        document,
                        ids.next("itm"),
                        keyring.seal(engagement, own, f"{document}/key"),
                        seal_under(own, text, f"{document}/text"),
                    )
                )
            _write(db, engagement, order, rows)
        db.commit()


def _write(
    db: psycopg.Connection[Any], engagement: str, order: str, rows: list[tuple[Any, ...]]
) -> None:
    with db.cursor().copy(
        "copy document (engagement_id, id, name, media_type, digest, size, text_digest, extractor,"
        " extractor_version, pages) from stdin"
    ) as copy:
        for document, _, _, _ in rows:
            name = f"{document}.txt"
            copy.write_row((engagement, document, name, "text/plain", "0" * 64, 440, "0" * 64,
                            "plain", "1", "[0]"))  # fmt: skip
    with db.cursor().copy(
        "copy document_content (engagement_id, document_id, sealed_key, sealed_bytes, sealed_text)"
        " from stdin"
    ) as copy:
        for document, _, own, text in rows:
            copy.write_row((engagement, document, own, text, text))
    with db.cursor().copy(
        "copy work_item (engagement_id, id, work_order_id, service, name, document_id, state)"
        " from stdin"
    ) as copy:
        for document, item, _, _ in rows:
            copy.write_row((engagement, item, order, KEY, f"{document}.txt", document, "drafted"))


@contextmanager
def serving(home: Installation, processes: int) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """`outwork up` over the installation, with the benchmark's service: its port and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "OUTWORK_HOME": str(home.folder)}
    with (home.folder / "server.log").open("ab") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.execution_server", str(port), str(processes)],
            cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        _answers(port, server)
        yield port, server
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _answers(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(2400):  # two minutes: other work may have the cores
        if server.poll() is not None:
            raise RuntimeError("the server ended while starting")
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as tried:
                tried.sendall(request("GET", "/sign-in", {"Connection": "close"}))
                if tried.recv(12).startswith(b"HTTP/1.1 "):
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not start")


ANSWERS = [
    {"question": "renewal", "value": "yes"},
    {"question": "effective-date", "value": "2026-01-02"},
    {"question": "governing-law", "value": "y" * 800},
]


class Cycle:
    """Claim the next item, hand its answers in."""

    def __init__(self, engagement: str, token: str) -> None:
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        body = json.dumps({"engagement": engagement}).encode()
        self._claim = request("POST", "/api/acts/execution.claim", self._headers, body)
        self._rest = b',"seconds":30,"answers":' + json.dumps(ANSWERS).encode() + b"}"
        self._handing_in = ""
        self.claimed: list[str] = []
        self.acknowledged: list[str] = []

    def first(self) -> bytes:
        """A claim."""
        return self._claim

    def after(self, status: int, body: bytes) -> bytes | None:
        """A claim is followed by its submission; a submission by nothing."""
        if status != 200:
            raise RuntimeError(f"{status} {body[:300]!r}")
        if self._handing_in:
            self.acknowledged.append(self._handing_in)
            self._handing_in = ""
            return None
        assignment = json.loads(body)["result"]
        if assignment is None:
            raise RuntimeError("nothing is left to claim")
        self._handing_in = assignment
        self.claimed.append(assignment)
        sent = b'{"assignment":"%s"' % assignment.encode() + self._rest
        return request("POST", "/api/acts/execution.submit", self._headers, sent)


def cpu_seconds(server: subprocess.Popen[bytes]) -> tuple[float, float]:
    """CPU used so far by the server's processes, and by the database's."""
    tick = os.sysconf("SC_CLK_TCK")
    mine = theirs = 0.0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        name, _, rest = stat.partition("(")[2].rpartition(")")
        fields = rest.split()
        used = sum(int(fields[at]) for at in (11, 12, 13, 14)) / tick
        if int(fields[3]) == server.pid or int(entry.name) == server.pid:
            mine += used
        elif name.startswith("postgres"):
            theirs += used
    return mine, theirs


def new_folder(purpose: str) -> Path:
    """A temporary folder that the database's own user may reach, so that all of it lies there."""
    folder = Path(tempfile.mkdtemp(prefix=f"outwork-{purpose}-"))
    folder.chmod(0o755)
    return folder


@contextmanager
def installation() -> Iterator[Installation]:
    """A new installation in a folder that is removed afterwards."""
    folder = new_folder("bench")
    try:
        made = Installation(folder)
        try:
            yield made
        finally:
            made.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
