"""Execution beside Label Studio in one run: cycles, CPU, latency, growth, and the raw driver.

A cycle is a claim and a submission with three answers (one of 800 characters), each a durable
commit, over HTTP with a session, row-level security, every rule and the event in the same
transaction, while the worker integrates the log. The peer's cycle is its next task and an
annotation of the same length, as pip leaves it (its own server on SQLite).
"""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from pathlib import Path
from typing import Any

from bench import execution_peer
from bench.execution_raw import cycles_per_second
from bench.execution_world import Cycle, Installation, Log, cpu_seconds, installation, serving
from bench.load import Tally, closed_loop, open_loop, quantile

CLIENTS = 8
SECONDS = 6.0
ROUNDS = 5
LOWEST_RATE = 300.0  # cycles a second; the open loop asks for at least this


def run(_data: Path, seed: int, log: Log) -> dict[str, Any]:
    """The figures of the issue's table that concern claiming and handing in; see the module."""
    figures: dict[str, Any] = {"flushes_per_s": flush_rate()}
    log(f"the disk flushes {figures['flushes_per_s']:.0f} times a second")
    with installation() as home:
        people = home.analysts(64)
        _ours(home, people, figures, log)
        figures["raw_cycles_per_s"] = _raw(home, log)
        figures["ratio_to_raw"] = figures["cycles_per_s"] / figures["raw_cycles_per_s"]
        _million(home, people, seed, figures, log)
    figures |= execution_peer.measure(100_000, 20.0, log)
    figures["ratio_cycles"] = figures["cycles_per_s"] / figures["peer_cycles_per_s"]
    figures["ratio_cpu"] = figures["peer_cpu_ms"] / figures["cpu_ms"]
    Path("raw.jsonl").write_text(json.dumps({"at": time.time(), "seed": seed} | figures) + "\n")
    return figures


def _ours(home: Installation, people: list[Any], figures: dict[str, Any], log: Log) -> None:
    home.batch(10_000, log)
    small = _rounds(home, people[:CLIENTS], 3, log, 2.0)
    home.batch(100_000, log)
    medium = _rounds(home, people[:CLIENTS], ROUNDS, log)
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


def _raw(home: Installation, log: Log) -> float:
    found = []
    for _ in range(3):
        found.append(
            cycles_per_second(
                home.cluster.dsn_admin, home.engagement, home.world.order, CLIENTS, SECONDS
            )
        )
        log(f"raw: {found[-1]:.0f} cycles/s")
    return statistics.median(found)


def _million(
    home: Installation, people: list[Any], seed: int, figures: dict[str, Any], log: Log
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
