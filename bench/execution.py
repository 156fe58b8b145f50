"""Execution beside Label Studio in one run: cycles, CPU, latency, growth, and the raw driver.

A cycle is a claim and a submission with three answers (one of 800 characters), each a durable
commit, over HTTP with a session, row-level security, every rule and the event in the same
transaction, while the worker integrates the log. Machines change their pace: rounds of ours and of
the raw driver go by turns, and so do rounds over 10^4 and over 10^6 items, which are two databases.
The peer's cycle is its next task and an annotation of the same length, as pip leaves it (its own
server on SQLite), and once more on our PostgreSQL server with a fifth of the tasks. Rows in bulk,
export, eligibility and working time are measured in the same run, by their own modules.
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
        _beside_raw(home, figures, samples, log)
        figures |= _peer_on_postgresql(home, log)
    with installation() as home, installation() as other:
        people = home.analysts(64)
        home.batch(1_000_000, log)
        _growth(home, people[:CLIENTS], other, figures, samples, log)
        _open_loop(home, people, seed, figures, samples, log)
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
    raw = samples["raw_cycles_per_s"]
    ours = figures["cycles_per_s"]
    pairs = zip(samples["cycles_1e5"]["rate"], raw, strict=True)
    return {
        "raw_cycles_per_s": statistics.median(raw),
        "ratio_to_raw": statistics.median(a / b for a, b in pairs),
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


def _beside_raw(
    home: Installation, figures: dict[str, Any], samples: dict[str, Any], log: Log
) -> None:
    """Cycles over 10^5 items, ours and the raw driver's by turns."""
    people = home.analysts(CLIENTS)
    home.batch(100_000, log)
    found: dict[str, list[float]] = {}
    raw = []
    for _ in range(ROUNDS):
        _round(home, people, SECONDS, found, log)
        raw.append(
            cycles_per_second(
                home.cluster.dsn_admin, home.engagement, home.world.order, CLIENTS, SECONDS
            )
        )
        log(f"raw: {raw[-1]:.0f} cycles/s")
    samples["cycles_1e5"], samples["raw_cycles_per_s"] = found, raw
    figures["cpu_ms"] = statistics.median(found["cpu_ms"])
    figures["server_cpu_ms"] = statistics.median(found["server_ms"])
    figures["cycles_per_s"] = statistics.median(found["rate"])
    figures["claim_p99_ms_1e5"] = statistics.median(found["p99_ms"])


def _round(
    home: Installation, people: list[Any], seconds: float, found: dict[str, list[float]], log: Log
) -> None:
    """One round against a server of its own, added to what was `found`."""
    with serving(home, 1) as (port, server):
        closed_loop(port, _flows(home, people), 1.5)  # connections, plans and caches
        before = cpu_seconds(server)
        tally = closed_loop(port, _flows(home, people), seconds)
        used = [b - a for a, b in zip(before, cpu_seconds(server), strict=True)]
    _right(tally)
    said = {
        "rate": tally.cycles / tally.elapsed,
        "cpu_ms": sum(used) / tally.cycles * 1e3,
        "server_ms": used[0] / tally.cycles * 1e3,
        "p99_ms": quantile(tally.first, 0.99) * 1e3,
    }
    for name, value in said.items():
        found.setdefault(name, []).append(value)
    log(
        f"ours: {said['rate']:.0f} cycles/s, {said['cpu_ms']:.2f} ms CPU a cycle"
        f" ({said['server_ms']:.2f} in the server), claim p99 {said['p99_ms']:.1f} ms"
    )


def _growth(
    home: Installation,
    people: list[Any],
    other: Installation,
    figures: dict[str, Any],
    samples: dict[str, Any],
    log: Log,
) -> None:
    """CPU of a cycle over 10^4 items and, by turns, over the 10^6 that stand ready."""
    small: dict[str, list[float]] = {}
    large: dict[str, list[float]] = {}
    few = other.analysts(CLIENTS)
    other.batch(10_000, log)
    for _ in range(ROUNDS):
        _round(other, few, 2.0, small, log)
        _round(home, people, 4.0, large, log)
    samples["cycles_1e4"], samples["cycles_1e6"] = small, large
    figures["cpu_ms_1e4"] = statistics.median(small["cpu_ms"])
    figures["cpu_ms_1e6"] = statistics.median(large["cpu_ms"])
    pairs = zip(large["cpu_ms"], small["cpu_ms"], strict=True)
    figures["cpu_growth"] = statistics.median(a / b for a, b in pairs)


def _open_loop(
    home: Installation,
    people: list[Any],
    seed: int,
    figures: dict[str, Any],
    samples: dict[str, Any],
    log: Log,
) -> None:
    """Latency of claims with 10^6 items waiting, from when each was to arrive.

    At half the rate that was seen to saturate, and at 300 a second where that is more.
    """
    half = statistics.median(samples["cycles_1e6"]["rate"]) / 2
    rates = {"claim_p99_ms_1e6_half": half, "claim_p99_ms_1e6": max(LOWEST_RATE, half)}
    with serving(home, 1) as (port, _server):
        closed_loop(port, _flows(home, people), 2.0)
        for name, rate in rates.items():
            tally = open_loop(port, _flows(home, people), _arrivals(seed, rate, 20.0), log)
            _right(tally)
            samples[f"{name}_open"] = [round(x * 1e3, 3) for x in tally.first]
            figures[name] = quantile(tally.first, 0.99) * 1e3
            log(f"at {rate:.0f} arrivals a second: claim p99 {figures[name]:.1f} ms")
        closed = closed_loop(port, _flows(home, people), SECONDS)
    figures["open_loop_rate_half"], figures["open_loop_rate"] = rates.values()
    figures["claim_p99_ms_1e6_closed_64"] = quantile(closed.first, 0.99) * 1e3
    log(f"64 without a pause: claim p99 {figures['claim_p99_ms_1e6_closed_64']:.1f} ms")


def _arrivals(seed: int, rate: float, seconds: float) -> list[float]:
    """When clients arrive, as a Poisson process of so many a second."""
    chance = random.Random(seed)
    found, at = [], 0.0
    while at < seconds:
        at += chance.expovariate(rate)
        found.append(at)
    return found


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
