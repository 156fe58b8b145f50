"""Working-minutes arithmetic beside pandas' CustomBusinessHour, and against every minute.

The peer runs in an environment of its own, in the same call. The check enumerates every minute of a
year in each of 400 zones by its local time and counts; what the interval table says has to be the
same minute. `ratio_clock` compares a question among many (arrays) with the peer's, which has no
arrays; `ratio_clock_single` compares single calls.
"""

from __future__ import annotations

import json
import subprocess
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from bench import record

from outwork.methods.working_time import Minutes, WorkingTime

ROOT = Path(__file__).parents[1]
YEAR = 2026
CLOSED = [date(YEAR, 1, 1), date(YEAR, 5, 1), date(YEAR, 12, 25), date(YEAR, 12, 26)]
SHIFTS = {day: [(wall_time(9), wall_time(17))] for day in range(5)}
ZONES, CASES = 400, 100_000
PEER = """
import json, sys, time
import pandas as pd
closed, repeats = json.loads(sys.argv[1]), int(sys.argv[2])
hours = pd.offsets.CustomBusinessHour(start="09:00", end="17:00", holidays=closed)
start = pd.Timestamp("2026-03-27 10:00")
start + 5 * hours
begun = time.perf_counter()
for n in range(repeats):
    start + (n % 80 + 1) * hours
print(json.dumps({"us": (time.perf_counter() - begun) / repeats * 1e6, "pandas": pd.__version__}))
"""


def run(_data: Path, seed: int, log: Any) -> dict[str, Any]:
    """The figures of `measure`, kept with what is behind them."""
    figures, samples, versions = measure(seed, log)
    record.keep("clock", seed, figures, samples, versions)
    return figures


def measure(seed: int, log: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """`ratio_clock`, `ratio_clock_single`, `clock_mismatches`; samples; the peer's version."""
    chance = np.random.default_rng(seed)
    calendar = WorkingTime(
        "Europe/London", SHIFTS, CLOSED, date(YEAR - 1, 1, 1), date(YEAR + 2, 12, 31)
    )
    base = int(datetime(YEAR, 1, 2, tzinfo=UTC).timestamp()) // 60
    starts = base + chance.integers(0, 400 * 1440, 1_000_000)
    minutes = chance.integers(1, 80 * 60, 1_000_000)
    ours, peer, single = [], [], []
    version = ""
    for _ in range(5):
        begun = time.perf_counter()
        calendar.add_many(starts, minutes)
        ours.append((time.perf_counter() - begun) / starts.size * 1e6)
        single.append(_single(calendar, starts, minutes))
        told = _peer()
        peer.append(told["us"])
        version = told["pandas"]
    figures = {
        "clock_us": float(np.median(ours)),
        "clock_single_us": float(np.median(single)),
        "peer_clock_us": float(np.median(peer)),
    }
    figures["ratio_clock"] = figures["peer_clock_us"] / figures["clock_us"]
    figures["ratio_clock_single"] = figures["peer_clock_us"] / figures["clock_single_us"]
    log(f"{figures} (pandas {version})")
    cases, wrong = _compared(chance, log)
    figures |= {"clock_cases": cases, "clock_mismatches": wrong}
    samples = {"clock_us": ours, "clock_single_us": single, "peer_clock_us": peer}
    return figures, samples, {"pandas": version}


def _single(calendar: WorkingTime, starts: Minutes, minutes: Minutes) -> float:
    instants = [datetime.fromtimestamp(int(s) * 60, UTC) for s in starts[:2_000]]
    begun = time.perf_counter()
    for at, many in zip(instants, minutes, strict=False):
        calendar.add(at, int(many))
    return (time.perf_counter() - begun) / len(instants) * 1e6


def _peer() -> dict[str, Any]:
    program = ROOT / ".envs/clock/bin/python"
    if not program.exists():
        raise RuntimeError("the peer is not installed: make bench-peers")
    done = subprocess.run(
        [str(program), "-c", PEER, json.dumps([d.isoformat() for d in CLOSED]), "200"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _compared(chance: np.random.Generator, log: Any) -> tuple[int, int]:
    """Cases over many zones, and how many differ from counting every minute."""
    names = sorted(n for n in available_timezones() if "/" in n and not n.startswith("Etc/"))
    chosen = chance.permutation(names)[:ZONES]
    each = CASES // len(chosen)
    wrong = 0
    first = int(datetime(YEAR, 1, 3, tzinfo=UTC).timestamp()) // 60
    for name in chosen:
        calendar = WorkingTime(str(name), SHIFTS, CLOSED, date(YEAR, 1, 1), date(YEAR, 12, 31))
        is_open = _every_minute(ZoneInfo(str(name)), first)
        worked = np.concatenate([[0], np.cumsum(is_open)])
        starts = chance.integers(0, 280 * 1440, each)
        minutes = chance.integers(1, 20_000, each)
        # The minute after the one in which the last minute of work is done.
        walked = np.searchsorted(worked, worked[starts] + minutes, side="left")
        wrong += int(np.sum(calendar.add_many(first + starts, minutes) != first + walked))
    log(f"{each * len(chosen)} cases in {len(chosen)} zones, {wrong} differ")
    return each * len(chosen), wrong


def _every_minute(zone: ZoneInfo, first: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each minute of the year from `first` on is worked, by its local time."""
    quarters = 360 * 96
    start = datetime.fromtimestamp(first * 60, UTC)
    offsets = np.array(
        [
            (start + timedelta(minutes=15 * n)).astimezone(zone).utcoffset() // timedelta(minutes=1)  # type: ignore[operator]
            for n in range(quarters)
        ]
    )
    local = first + np.arange(quarters * 15) + np.repeat(offsets, 15)
    day, minute = local // 1440, local % 1440
    weekday = (day + 3) % 7  # 1970-01-01 was a Thursday
    closed = np.isin(day, [(d - date(1970, 1, 1)).days for d in CLOSED])
    return (weekday < 5) & ~closed & (minute >= 9 * 60) & (minute < 17 * 60)
