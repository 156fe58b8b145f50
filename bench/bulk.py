"""Rows in bulk through the API, beside plain COPY of the same rows; and a full export.

An import is everything from the announcement to the last item: parts over HTTP with a session and
SHA-256 each, kept sealed, the whole checked, then chunks of 1,000 rows by the worker, each row a
document under a key of its own and an item, with its event, while the log is integrated. Plain
COPY is the superuser's, of the very rows that came of it (documents, contents, items), already in
PostgreSQL's binary form, into tables with the same indexes, in one durable transaction.
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import Any

import psycopg
from bench import record
from bench.execution_world import Cycle, Installation, Log, installation, new_folder, serving
from bench.load import closed_loop

from outwork import access
from outwork.operation import operation, utc_now
from outwork.stages import execution
from outwork.vocabulary import WorkOrderId
from outwork_client import Client

ROWS = 100_000
ROUNDS = 3
RESULTS = 10_000
TABLES = ("document", "document_content", "work_item")


def run(_data: Path, seed: int, log: Log) -> dict[str, Any]:
    """The figures of `measure`, kept with what is behind them."""
    figures, samples = measure(seed, log)
    record.keep("bulk", seed, figures, samples)
    return figures


def measure(
    seed: int, log: Log, *, rows: int = ROWS, rounds: int = ROUNDS
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows a second, the ratio to plain COPY, seconds to export 10,000 results; samples."""
    imports, raws = [], []
    with installation() as home:
        for number in range(rounds):
            order = _order(home)
            imports.append(_import(home, order, rows, seed + number, log))
            raws.append(_copy(home, order, rows, log))
        exports = _export(home, log)
    figures = {
        "import_rows": rows,
        "import_rows_per_s": statistics.median(imports),
        "raw_rows_per_s": statistics.median(raws),
        "import_ratio_to_raw": statistics.median(a / b for a, b in zip(imports, raws, strict=True)),
        "export_10k_s": statistics.median(exports),
    }
    samples = {"import_rows_per_s": imports, "raw_rows_per_s": raws, "export_10k_s": exports}
    return figures, samples


def _order(home: Installation) -> WorkOrderId:
    world = home.world
    order: WorkOrderId = world.act("dana", execution.open_work_order, world.line, "Rows")
    return order


def _client(home: Installation, port: int) -> Client:
    world = home.world
    with world.database.transaction("job", [home.engagement]) as db:
        token = access.open_session(db, world.people["dana"], utc_now())
    client = Client(f"http://127.0.0.1:{port}")
    client._token = token  # noqa: SLF001  (no password is asked for here)
    return client


def _import(home: Installation, order: WorkOrderId, rows: int, seed: int, log: Log) -> float:
    """Rows a second, of a file that is brought in to the last item."""
    folder = new_folder("rows")
    path = folder / "rows.jsonl"
    with path.open("w") as file:
        for number in range(rows):
            text = f"Case {seed}.{number}: who signs, and when? " + "x" * 200
            file.write(json.dumps({"id": f"case-{number}", "text": text}) + "\n")
    with serving(home, 1) as (port, _), _client(home, port) as client:
        begun = time.perf_counter()
        identifier = client.import_rows(order, path)
        sent = time.perf_counter()
        while (done := client.import_progress(identifier))["state"] != "finished":
            time.sleep(0.05)
        took = time.perf_counter() - begun
    path.unlink()
    folder.rmdir()
    if (done["admitted"], done["refused"]) != (rows, 0):
        raise RuntimeError(f"{done['admitted']} items of {rows} rows")
    log(f"ours: {rows / took:.0f} rows/s ({sent - begun:.2f} s upload, {took:.2f} s in all)")
    return rows / took


def _copy(home: Installation, order: WorkOrderId, rows: int, log: Log) -> float:
    """Rows a second, of the same rows by COPY."""
    where = {
        "document": "id in (select document_id from work_item where work_order_id = %s)",
        "document_content": "document_id in"
        " (select document_id from work_item where work_order_id = %s)",
        "work_item": "work_order_id = %s",
    }
    with psycopg.connect(home.cluster.dsn_admin, dbname="outwork") as db:
        taken = {}
        for table in TABLES:
            db.execute(f"drop table if exists raw_{table}")
            db.execute(f"create table raw_{table} (like {table} including all)")
            statement = (
                f"copy (select * from {table} where {where[table]}) to stdout (format binary)"
            )
            with db.cursor().copy(statement, [order]) as copy:
                taken[table] = [bytes(block) for block in copy]
        db.commit()
        db.execute("checkpoint") if db.autocommit else None
        begun = time.perf_counter()
        for table in TABLES:
            with db.cursor().copy(f"copy raw_{table} from stdin (format binary)") as copy:
                for block in taken[table]:
                    copy.write(block)
        db.commit()
        took = time.perf_counter() - begun
        for table in TABLES:
            db.execute(f"drop table raw_{table}")
    log(f"plain COPY: {rows / took:.0f} rows/s")
    return rows / took


def _export(home: Installation, log: Log) -> list[float]:
    """Seconds to export 10,000 submitted items, three answers each, over HTTP to a file."""
    _results(home)
    target = new_folder("results") / "results.jsonl"
    taken = []
    with serving(home, 1) as (port, _), _client(home, port) as client:
        for _ in range(5):
            begun = time.perf_counter()
            client.results(home.world.order, target)
            taken.append(time.perf_counter() - begun)
            log(f"export: {taken[-1]:.3f} s, {target.stat().st_size / 1e6:.1f} MB")
    with target.open() as file:
        answered = sum(len(json.loads(line)["answers"]) == 3 for line in file)
    if answered < RESULTS:  # an item more for each who was under way at the end
        raise RuntimeError(f"{answered} of {RESULTS} items are there with their answers")
    target.unlink()
    target.parent.rmdir()
    return taken


def _results(home: Installation, people: int = 8) -> None:
    """Items answered by people, as they do it: over HTTP, through the acts themselves."""
    home.batch(RESULTS + people, lambda _: None)  # whoever is under way at the end has one more
    flows: list[Any] = [Cycle(home.engagement, token) for _, token in home.analysts(people)]
    with serving(home, 1) as (port, _server):
        tally = closed_loop(port, flows, 600.0, RESULTS)
    if tally.errors:
        raise RuntimeError(f"{tally.errors} answers were errors")
    with operation(home.world.database, home.world.people["dana"]) as op:
        assert execution.counts(op.db, home.world.order)[execution.ItemState.SUBMITTED] >= RESULTS
