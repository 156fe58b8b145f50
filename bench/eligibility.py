"""Who of 10,000 people may do an item: bitmaps beside pandas and beside the rule, person by person.

    outwork bench eligibility

People and questions are drawn from the seed: 300 skills, 30 languages, 40 credentials, ten levels
of clearance, barriers against 500 parties; a question needs three skills, a credential, a language,
a clearance, and excludes two parties. The peer filters columns of booleans, as one would in a data
frame; it runs in an environment of its own. `eligibility_mismatches` counts questions whose answer
is not that of the rule for each of the people. A line's conditions are worked out once for all its
items, so that is not in the time of a question.
"""

from __future__ import annotations

import json
import platform
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from bench import record

from outwork import workforce
from outwork.methods.eligibility import Bitmaps, members
from outwork.vocabulary import ActorId, EngagementId, LineId, PartyId

ROOT = Path(__file__).parents[1]
PEOPLE, QUESTIONS, CHECKED, PEER_QUESTIONS = 10_000, 20_000, 20, 200
NOW = datetime(2026, 11, 2, tzinfo=UTC)
PEER = """
import json, sys, time
import numpy as np, pandas as pd
people, repeats, seed = map(int, sys.argv[1:])
chance = np.random.default_rng(seed)
table = pd.DataFrame({f"s{n}": chance.random(people) < 0.25 for n in range(300)}
    | {f"c{n}": chance.random(people) < 0.4 for n in range(40)}
    | {f"l{n}": chance.random(people) < 0.35 for n in range(30)}
    | {f"b{n}": chance.random(people) < 0.002 for n in range(500)}
    | {"clearance": chance.integers(0, 10, people)})
taken = []
for _ in range(repeats):
    a, b, d = chance.integers(0, 300, 3)
    c, l, level = chance.integers(0, 40), chance.integers(0, 30), chance.integers(0, 5)
    p, q = chance.integers(0, 500, 2)
    begun = time.perf_counter()
    found = table[table[f"s{a}"] & table[f"s{b}"] & table[f"s{d}"] & table[f"c{c}"]
        & table[f"l{l}"] & (table["clearance"] >= level) & ~table[f"b{p}"] & ~table[f"b{q}"]]
    taken.append(time.perf_counter() - begun)
print(json.dumps({"us": float(np.median(taken)) * 1e6, "pandas": pd.__version__}))
"""


def run(_data: Path, seed: int, log: Any) -> dict[str, Any]:
    """The figures of `measure`, kept with what is behind them."""
    figures, samples, versions = measure(seed, log)
    record.keep("eligibility", seed, figures, samples, versions)
    return figures


def measure(seed: int, log: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """`eligibility_p50_us`, `eligibility_p99_us`, `peer_eligibility_us`, mismatches; samples."""
    chance = np.random.default_rng(seed)
    people = [_person(chance, n) for n in range(PEOPLE)]
    bitmaps = Bitmaps()
    begun = time.perf_counter()
    for number, person in enumerate(people):
        bitmaps.put(number, *workforce.meets(person))
    build = (time.perf_counter() - begun) / PEOPLE * 1e6
    bitmaps.expire(NOW.timestamp())
    needs = [_need(chance) for _ in range(QUESTIONS)]
    taken = np.empty(QUESTIONS)
    for number, (need, client) in enumerate(needs):
        needed, excluded = workforce.asked(need, client)
        start = time.perf_counter_ns()
        bitmaps.eligible(needed, excluded)
        taken[number] = (time.perf_counter_ns() - start) / 1e3
    wrong = sum(_differs(bitmaps, people, *n) for n in needs[:CHECKED])
    told = _peer(seed)
    p50, p99 = (float(x) for x in np.percentile(taken, [50, 99]))
    figures = {
        "eligibility_p50_us": p50,
        "eligibility_p99_us": p99,
        "eligibility_put_us": build,
        "peer_eligibility_us": told["us"],
        "ratio_eligibility": told["us"] / p50,
        "eligibility_checked": CHECKED * PEOPLE,
        "eligibility_mismatches": wrong,
    }
    log(f"{figures} (pandas {told['pandas']}, Python {platform.python_version()})")
    return figures, {"eligibility_us": taken.round(2).tolist()}, {"pandas": told["pandas"]}


def _person(chance: np.random.Generator, number: int) -> workforce.Qualification:
    held = np.flatnonzero(chance.random(40) < 0.4)
    return workforce.Qualification(
        ActorId(f"per_{number}"),
        frozenset(f"s{n}" for n in np.flatnonzero(chance.random(300) < 0.25)),
        frozenset(f"l{n}" for n in np.flatnonzero(chance.random(30) < 0.35)),
        int(chance.integers(0, 10)),
        {f"c{n}": NOW + timedelta(days=int(chance.integers(-30, 700))) for n in held},
        frozenset(PartyId(f"p{n}") for n in np.flatnonzero(chance.random(500) < 0.002)),
    )


def _need(chance: np.random.Generator) -> tuple[workforce.Need, PartyId]:
    client, adverse = (PartyId(f"p{n}") for n in chance.integers(0, 500, 2))
    need = workforce.Need(
        EngagementId("eng"),
        LineId("lin"),
        frozenset(f"s{n}" for n in chance.integers(0, 300, 3)),
        frozenset([f"l{chance.integers(0, 30)}"]),
        int(chance.integers(0, 5)),
        frozenset([f"c{chance.integers(0, 40)}"]),
        frozenset([adverse]),
    )
    return need, client


def _differs(
    bitmaps: Bitmaps,
    people: list[workforce.Qualification],
    need: workforce.Need,
    client: PartyId,
) -> bool:
    found = members(bitmaps.eligible(*workforce.asked(need, client)))
    by_rule = [n for n, p in enumerate(people) if not workforce.ineligible(p, need, client, NOW)]
    return found != by_rule


def _peer(seed: int) -> dict[str, Any]:
    program = ROOT / ".envs/clock/bin/python"
    if not program.exists():
        raise RuntimeError("the peer is not installed: make bench-peers")
    done = subprocess.run(
        [str(program), "-c", PEER, str(PEOPLE), str(PEER_QUESTIONS), str(seed)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return told
