"""Execution beside Label Studio in one run: cycles, CPU, latency, growth, and the raw driver.

A cycle is a claim and a submission with three answers (one of 800 characters), each a durable
commit, over HTTP with a session, row-level security, every rule and the event in the same
transaction, while the worker integrates the log. The peer's cycle is its next task and an
annotation of the same length, as pip leaves it (its own server on SQLite), and once more on our
PostgreSQL server with a fifth of the tasks. Rows in bulk, export, eligibility and working time are
measured in the same run, by their own modules.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from pathlib import Path
from typing import Any

from bench import bulk, clock, eligibility, execution_peer, record
from bench.execution_raw import cycles_per_second
from bench.execution_world import Cycle, Installation, Log, cpu_seconds, installation, serving
from bench.load import Tally, closed_loop, open_loop, quantile
from psycopg.conninfo import conninfo_to_dict

CLIENTS = 8
SECONDS = 6.0
ROUNDS = 5
LOWEST_RATE = 300.0  # cycles a second; the open loop asks for at least this


def run(_data: Path, seed: int, log: Log) -> dict[str, Any]:
    """Every figure of execution, the peers' beside ours; see the module."""
    figures: dict[str, Any] = {"flushes_per_s": flush_rate()}
    samples: dict[str, Any] = {}
    log(f"the disk flushes {figures['flushes_per_s']:.0f} times a second")
    with installation() as home:
        people = home.analysts(64)
        _ours(home, people, figures, samples, log)
        samples["raw_cycles_per_s"] = _raw(home, log)
        _million(home, people, seed, figures, samples, log)
        figures |= _peer_on_postgresql(home, log)
    more, others = bulk.measure(seed, log)
    figures, samples = figures | more, samples | others
    figures |= execution_peer.measure(100_000, 20.0, log, results=bulk.RESULTS)
    versions: dict[str, str] = {}
    for measured in (eligibility.measure, clock.measure):
        more, others, found = measured(seed, log)
        figures, samples, versions = figures | more, samples | others, versions | found
    figures |= _compared(figures, samples)
    record.keep("execution", seed, figures, samples, versions)
    return figures


def _compared(figures: dict[str, Any], samples: dict[str, Any]) -> dict[str, float]:
    raw = statistics.median(samples["raw_cycles_per_s"])
    ours = figures["cycles_per_s"]
    return {
        "raw_cycles_per_s": raw,
        "ratio_to_raw": ours / raw,
        "ratio_cycles": ours / figures["peer_cycles_per_s"],
        "ratio_cycles_postgresql": ours / figures["peer_cycles_per_s_postgresql"],
        "ratio_cpu": figures["peer_cpu_ms"] / figures["cpu_ms"],
        "ratio_import": figures["import_rows_per_s"] / figures["peer_import_per_s"],
        "ratio_export": figures["peer_export_10k_s"] / figures["export_10k_s"],
    }


def _peer_on_postgresql(home: Installation, log: Log) -> dict[str, float]:
    """The peer on the same PostgreSQL server, over its socket, in a database of its own."""
    home.cluster.create_database("peer")
    try:
        there = conninfo_to_dict(home.cluster.dsn_admin) | {"dbname": "peer"}
        return execution_peer.measure_on_postgresql(20_000, 15.0, there, log)
    finally:
        home.cluster.drop_database("peer")


def _ours(
    home: Installation,
    people: list[Any],
    figures: dict[str, Any],
    samples: dict[str, Any],
    log: Log,
) -> None:
    home.batch(10_000, log)
    small = _rounds(home, people[:CLIENTS], 3, log, 2.0)
    home.batch(100_000, log)
    medium = _rounds(home, people[:CLIENTS], ROUNDS, log)
    samples["cycles_1e4"], samples["cycles_1e5"] = small, medium
    figures["cpu_ms_1e4"] = statistics.median(small["cpu_ms"])
    figures["cpu_ms"] = statistics.median(medium["cpu_ms"])
    figures["server_cpu_ms"] = statistics.median(medium["server_ms"])
    figures["cycles_per_s"] = statistics.median(medium["rate"])
    figures["claim_p99_ms_1e5"] = statistics.median(medium["p99_ms"])


def _rounds(
    home: Installation, people: list[Any], count: int, log: Log, seconds: float = SECONDS
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"rate": [], "cpu_ms": [], "server_ms": [], "p99_ms": []}
    with serving(home, 1) as (port, server):
        closed_loop(port, _flows(home, people), 1.5)  # connections, plans and caches
        for _ in range(count):
            before = cpu_seconds(server)
            tally = closed_loop(port, _flows(home, people), seconds)
            after = cpu_seconds(server)
            _right(tally)
            found["rate"].append(tally.cycles / tally.elapsed)
            used = [b - a for a, b in zip(before, after, strict=True)]
            found["cpu_ms"].append(sum(used) / tally.cycles * 1e3)
            found["server_ms"].append(used[0] / tally.cycles * 1e3)
            found["p99_ms"].append(quantile(tally.first, 0.99) * 1e3)
            log(
                f"ours: {found['rate'][-1]:.0f} cycles/s, {found['cpu_ms'][-1]:.2f} ms CPU a cycle"
                f" ({found['server_ms'][-1]:.2f} in the server), claim p99"
                f" {found['p99_ms'][-1]:.1f} ms"
            )
    return found


def _raw(home: Installation, log: Log) -> list[float]:
    found = []
    for _ in range(3):
        found.append(
            cycles_per_second(
                home.cluster.dsn_admin, home.engagement, home.world.order, CLIENTS, SECONDS
            )
        )
        log(f"raw: {found[-1]:.0f} cycles/s")
    return found


def _million(
    home: Installation,
    people: list[Any],
    seed: int,
    figures: dict[str, Any],
    samples: dict[str, Any],
    log: Log,
) -> None:
    """Growth of CPU and open-loop latency with 10^6 items waiting."""
    home.batch(1_000_000, log)
    large = _rounds(home, people[:CLIENTS], 3, log)
    figures["cpu_ms_1e6"] = statistics.median(large["cpu_ms"])
    figures["cpu_growth"] = figures["cpu_ms_1e6"] / figures["cpu_ms_1e4"]
    rate = max(LOWEST_RATE, statistics.median(large["rate"]) / 2)
    chance = random.Random(seed)
    arrivals, at = [], 0.0
    while at < 20.0:
        at += chance.expovariate(rate)
        arrivals.append(at)
    with serving(home, 1) as (port, _server):
        closed_loop(port, _flows(home, people), 2.0)
        tally = open_loop(port, _flows(home, people), arrivals, log)
        _right(tally)
        closed = closed_loop(port, _flows(home, people), SECONDS)
    samples["cycles_1e6"] = large
    samples["claims_ms_1e6_open"] = [round(x * 1e3, 3) for x in tally.first]
    figures["open_loop_rate"] = rate
    figures["claim_p99_ms_1e6"] = quantile(tally.first, 0.99) * 1e3
    figures["claim_p99_ms_1e6_closed_64"] = quantile(closed.first, 0.99) * 1e3


def _flows(home: Installation, people: list[Any]) -> list[Any]:
    return [Cycle(home.engagement, token) for _, token in people]


def _right(tally: Tally) -> None:
    if tally.errors:
        raise RuntimeError(f"{tally.errors} answers were errors")


def flush_rate(seconds: float = 1.0) -> float:
    """How often the disk flushes 8 kB a second, one after the other."""
    path = Path("flush.tmp")
    count = 0
    with path.open("wb", buffering=0) as file:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            file.seek(0)
            file.write(b"\0" * 8192)
            os.fdatasync(file.fileno())
            count += 1
    path.unlink()
    return count / seconds
