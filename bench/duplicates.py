"""Concurrent claims with kills: nothing is handed out twice, nothing acknowledged is lost.

64 clients claim and hand in over HTTP, without a pause, and send again what was not answered. Every
ten seconds a process that answers is killed (SIGKILL); every minute the database's server is. What
serves begins again by itself. The database is left behind, so that anybody can count again.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import psycopg
from bench import record
from bench.execution_world import Cycle, Installation, Log, new_folder, serving
from bench.load import Tally, stubborn_loop

CLIENTS = 64
CLAIMS = 1_000_000
LONGEST_S = 780.0  # a benchmark ends within fifteen minutes, preparation included
SERVER_EVERY_S, DATABASE_EVERY_S = 10.0, 60.0


def run(_data: Path, seed: int, log: Log) -> dict[str, Any]:
    """Claims made, assignments handed out twice, acknowledged submissions lost, kills."""
    folder = new_folder("duplicates")
    home = Installation(folder)
    try:
        people = home.analysts(CLIENTS)
        home.batch(CLAIMS + CLIENTS, log)
        figures = storm(home, people, seed, log, CLAIMS, LONGEST_S)
    finally:
        home.close()
    log(f"the database is left in {folder}: OUTWORK_HOME={folder} outwork up serves it")
    record.keep("duplicates", seed, figures | {"home": str(folder)})
    return figures


def storm(
    home: Installation,
    people: list[Any],
    seed: int,
    log: Log,
    claims: int,
    seconds: float,
    server_every: float = SERVER_EVERY_S,
    database_every: float = DATABASE_EVERY_S,
) -> dict[str, Any]:
    """Clients against kills for so many claims or so long; what is counted afterwards."""
    chance = random.Random(seed)
    flows = [Cycle(home.engagement, token) for _, token in people]
    tally = Tally()
    kills = {"server": 0, "database": 0}
    with serving(home, 2) as (port, server):
        begun = time.monotonic()
        due = {"server": begun + server_every, "database": begun + database_every}

        def over() -> bool:
            now = time.monotonic()
            if now >= due["server"]:
                due["server"] = now + server_every
                kills["server"] += _kill_one_of(server.pid, chance)
            if now >= due["database"]:
                due["database"] = now + database_every
                kills["database"] += _kill_database(home)
                log(f"{tally.cycles} cycles, {kills}, {tally.errors} requests sent again")
            return tally.cycles >= claims or now - begun > seconds

        stubborn_loop(port, list(flows), over, tally)
    return {
        "claims": sum(len(flow.claimed) for flow in flows),
        "acknowledged": sum(len(flow.acknowledged) for flow in flows),
        **_counted(home, flows),
        "kills_server": kills["server"],
        "kills_database": kills["database"],
        "sent_again": tally.errors,
        "cycles_per_s": tally.cycles / tally.elapsed,
    }


def _kill_one_of(keeper: int, chance: random.Random) -> int:
    """Kill a process that the keeper keeps: one that answers, or the worker."""
    path = Path(f"/proc/{keeper}/task/{keeper}/children")
    children = [int(number) for number in path.read_text().split()]
    if not children:
        return 0
    os.kill(chance.choice(children), signal.SIGKILL)
    return 1


def _kill_database(home: Installation) -> int:
    """Kill the postmaster; its children end by themselves."""
    try:
        with psycopg.connect(home.cluster.dsn_admin, connect_timeout=5) as db:
            row = db.execute("show data_directory").fetchone()
    except psycopg.OperationalError:
        return 0  # it is starting again
    assert row is not None
    lines = (Path(row[0]) / "postmaster.pid").read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    return 1


def _counted(home: Installation, flows: list[Cycle]) -> dict[str, int]:
    """What the database says, against what clients were told."""
    told: dict[str, int] = {}
    for flow in flows:
        for assignment in set(flow.claimed):
            told[assignment] = told.get(assignment, 0) + 1
    home.cluster.revive()
    with psycopg.connect(home.cluster.dsn_admin, dbname="outwork") as db:
        twice = db.execute(
            "select count(*) from (select public->>'assignment' from event"
            " where kind = 'execution.item-claimed' group by 1"
            " having count(distinct actor) > 1) as found"
        ).fetchone()
        again = db.execute(
            "select count(*) from (select item_id from submission where purpose = 'produce'"
            " group by 1 having count(*) > 1) as found"
        ).fetchone()
        stored = {
            row[0]
            for row in db.execute(
                "select s.assignment_id from submission s join assignment a"
                " on a.id = s.assignment_id and a.state = 'done'"
            )
        }
    assert twice is not None
    assert again is not None
    lost = sum(a not in stored for flow in flows for a in flow.acknowledged)
    by_clients = sum(count > 1 for count in told.values())
    return {"duplicates": by_clients + int(twice[0]) + int(again[0]), "lost": lost}
