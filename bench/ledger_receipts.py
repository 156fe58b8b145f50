"""Receipt requests by 512 waiting clients over 32 connections, and what an event costs an act.

A connection stands for a gateway behind which 16 people wait, each with a session of its own: it
posts the requests (share, open or download a document) of those who are ready, one line each, and
each line is authenticated, authorised under row-level security and answered by itself, after its
event is committed. `proved` asks for the receipt itself too, which comes after its place.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from bench.execution_world import ANSWERS, Installation, Log, cpu_seconds, serving
from bench.load import closed_loop, quantile, request

from outwork import access, agreements, documents
from outwork.kit.database import FUNCTIONS
from outwork.operation import Operation, operation, perform
from outwork.stages import acceptance
from outwork.vocabulary import Role, Side

CLIENTS, CONNECTIONS = 512, 32
DOCUMENTS = 64
ROUNDS = 5
SECONDS = 4.0


class Gateway:
    """One connection: what its clients ask for next, all of them, and what each was told."""

    def __init__(
        self, tokens: list[str], documents: list[str], subject: str, chance: random.Random,
        *, proof: bool,
    ) -> None:  # fmt: skip
        self._tokens, self._documents, self._subject = tokens, documents, subject
        self._chance, self._proof = chance, proof
        self.kept = 0

    def first(self) -> bytes:
        """A line for each client."""
        body = b"\n".join(json.dumps(self._line(token)).encode() for token in self._tokens)
        return request("POST", "/api/receipts", {"Content-Type": "application/x-ndjson"}, body)

    def _line(self, token: str) -> dict[str, Any]:
        line: dict[str, Any] = {
            "act": self._chance.choice(("share", "open", "download")),
            "document": self._chance.choice(self._documents), "token": token,
        }  # fmt: skip
        if line["act"] == "share":
            line["subject"] = self._subject
        return line | {"proof": True} if self._proof else line

    def after(self, status: int, body: bytes) -> bytes | None:
        """Every line must have been kept, and proved where that was asked."""
        lines = body.splitlines()
        told = b'"receipt"' if self._proof else b'"event"'
        if status != 200 or sum(told in line for line in lines) != len(self._tokens):
            raise RuntimeError(f"{status} {body[:300]!r}")
        self.kept += len(lines)
        return None


def database_seconds(home: Installation) -> float:
    """CPU that this installation's database has used so far, all of its processes."""
    tick, total = os.sysconf("SC_CLK_TCK"), 0.0
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or not (entry / "cwd").readlink().is_relative_to(
                home.folder
            ):
                continue
            name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        if name.startswith("postgres"):
            total += sum(int(rest.split()[at]) for at in (11, 12)) / tick
    return total


def _cpu(home: Installation, server: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Of the server's processes, and of the database's."""
    return cpu_seconds(server)[0], database_seconds(home)


def people(home: Installation, count: int) -> list[str]:
    """Tokens of so many delivery managers of the engagement, each signed in."""
    world, tokens = home.world, []
    for number in range(count):
        name = f"reader-{number}"
        with operation(world.database, world.people["administrator"], world.now) as op:
            who = agreements.register_actor(
                op, world.parties["provider"], name, world.login(name), [Role.DELIVERY_MANAGER]
            )
        with world.database.transaction("job", [home.engagement]) as db:
            actor = access.actor(db, who)
            access.enrol(db, home.engagement, actor, Side.PROVIDER,
                         frozenset({Role.DELIVERY_MANAGER}), world.now)  # fmt: skip
            tokens.append(access.open_session(db, who, datetime.now(UTC)))
    return tokens


def kept_documents(home: Installation, count: int) -> list[str]:
    """Documents of the engagement."""
    world = home.world
    with operation(world.database, world.people["dana"], world.now) as op:
        return [
            documents.keep(op, home.engagement, f"d{n}.txt", b"a document").id for n in range(count)
        ]


@dataclass
class Readers:
    """Who asks, for what."""

    tokens: list[str]
    documents: list[str]
    subject: str


def measure(
    home: Installation, readers: Readers, seed: int, log: Log, *, proof: bool, rounds: int
) -> dict[str, list[float]]:
    """Requests a second and latency of each round, and CPU seconds of server and database."""
    chance = random.Random(seed)
    tokens = readers.tokens
    share = len(tokens) // CONNECTIONS
    found: dict[str, list[float]] = {"rate": [], "p99_ms": [], "cpu_us": [], "server_us": []}
    with serving(home, 1) as (port, server):
        for number in range(rounds + 1):
            flows = [
                Gateway(tokens[n * share : (n + 1) * share], readers.documents,
                        readers.subject, chance, proof=proof)
                for n in range(CONNECTIONS)
            ]  # fmt: skip
            before, mine = _cpu(home, server), time.process_time()
            tally = closed_loop(port, flows, 1.0 if number == 0 else SECONDS)
            after, spent = _cpu(home, server), time.process_time() - mine
            if number == 0:  # connections, plans and caches
                continue
            kept = sum(flow.kept for flow in flows)
            used = [(b - a) / kept * 1e6 for a, b in zip(before, after, strict=True)]
            found["rate"].append(kept / tally.elapsed)
            found["p99_ms"].append(quantile(tally.whole, 0.99) * 1e3)
            found["cpu_us"].append(sum(used))
            found["server_us"].append(used[0])
            log(
                f"receipts{' proved' if proof else ''}: {found['rate'][-1]:.0f}/s, p99"
                f" {found['p99_ms'][-1]:.0f} ms; CPU a request {used[0]:.0f} us in the server,"
                f" {used[1]:.0f} us in the database, {spent / kept * 1e6:.0f} us in the clients"
            )
    return found


# --- what an event costs -----------------------------------------------------------------------

ACTIONS = ("execution.claim", "execution.submit", "share", "change")
_EVENT = re.compile(r"  insert into (?:event|disclosure) .*?;\n", re.DOTALL)


def actions(home: Installation, count: int, rounds: int, log: Log) -> dict[str, list[float]]:
    """CPU of business actions (process and database), in microseconds an action, with and without
    their events, in alternation: a claim and a submission with three answers by their one
    statement each, a shared document and a proposed change as acts. None that is signed: opening a
    person's key costs so much on purpose that an event would not show beside it."""
    (document,) = kept_documents(home, 1)
    found: dict[str, list[float]] = {"with": [], "without": []}
    home.batch(count * (2 * rounds + 1), log)
    (who, _), *_rest = home.analysts(1)
    _some(home, who, document, count)
    for _ in range(rounds):
        found["with"].append(_some(home, who, document, count))
        with _without_events(home):
            found["without"].append(_some(home, who, document, count))
        log(f"an action: {found['with'][-1]:.0f} us, without event {found['without'][-1]:.0f} us")
    return found


def _some(home: Installation, who: str, document: str, count: int) -> float:
    begun, before = time.process_time(), database_seconds(home)
    world = home.world
    for _ in range(count):
        held = perform(world.database, who, "execution.claim", {"engagement": home.engagement})
        perform(
            world.database, who, "execution.submit",
            {"assignment": held, "answers": ANSWERS, "seconds": 30},
        )  # fmt: skip
        world.act("dana", documents.share_document, document, world.people["vera"])
        world.act("rosa", acceptance.propose_change, home.engagement, "c-law", "So.", "Unclear")
    used = time.process_time() - begun + database_seconds(home) - before
    return used / (count * len(ACTIONS)) * 1e6


@contextmanager
def _without_events(home: Installation) -> Iterator[None]:
    """The same acts and statements, which record nothing."""

    def nothing(op: Operation, *_event: Any) -> int:
        op._recorded += 1  # noqa: SLF001  (an act that recorded nothing would not commit)
        return 0

    _define(home, lambda body: _EVENT.sub("", body))
    try:
        with patch.object(Operation, "record", nothing):
            yield
    finally:
        _define(home, lambda body: body)


def _define(home: Installation, written: Any) -> None:
    with psycopg.connect(home.cluster.dsn_admin, dbname="outwork", autocommit=True) as db:
        for name in ("claim_next", "hand_in"):
            body = FUNCTIONS[name].replace("create function", "create or replace function")
            db.execute(written(body))
