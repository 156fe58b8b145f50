"""Consensus, agreement, stopping and promises about unreviewed work, beside their peers.

    outwork bench quality [--data DIR] [--seed N] [--json]

The peers are crowd-kit and krippendorff, in an environment of their own (`make bench-peers`).
CPU seconds of one thread, medians of five of ours; a peer that takes over a minute runs once.
raw.jsonl beside holds every part as it was measured. What each key means stands beside the part
that makes it: quality_scale, quality_truth, quality_adaptive, quality_promise; how long each part
may take in quality_budget.
"""

from __future__ import annotations

import functools
import json
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from bench import quality_adaptive, quality_promise, quality_scale, quality_truth  # noqa: E402
from bench.quality_budget import BUDGET_S, Meter, SpentError, within  # noqa: E402

from outwork.methods import sampling, sequential  # noqa: E402

ROOT = Path(__file__).parents[1]
PEER = ROOT / ".envs/quality/bin/python"
DEPLOYMENTS = quality_promise.DEPLOYMENTS


def run(data: Path, seed: int, log: Any) -> dict[str, Any]:
    """The figures of every part, the peers' beside them; `skipped` says what was broken off."""
    if not PEER.exists():
        raise RuntimeError("the peers are not installed: make bench-peers")
    folder = (data / "crowd").resolve()
    names = [n for n in quality_truth.SETS if (folder / f"{n}.csv").exists()]
    figures: dict[str, Any] = {"budget_s": BUDGET_S, "skipped": {}}
    raw = Path("raw.jsonl")
    raw.write_text("")

    def keep(part: str, found: Callable[[], dict[str, Any]]) -> None:
        began, cpu = time.time(), time.process_time()
        try:
            told = found()
        except (SpentError, ValueError, OSError, subprocess.SubprocessError) as error:
            figures["skipped"][part] = f"{type(error).__name__}: {error}"[:500]
            log(f"{part}: skipped, {error}")
            return
        log(f"{part}, {time.time() - began:.0f} s: {told}")
        line = {"part": part, "at": began, "seed": seed, "found": told}
        line |= {"wall_s": time.time() - began, "cpu_s": time.process_time() - cpu}
        with raw.open("a") as out:
            out.write(json.dumps(line | _versions()) + "\n")
        figures.update(told)

    with tempfile.TemporaryDirectory() as work:
        keep("dawid_skene", lambda: quality_scale.dawid_skene(Path(work), seed, peer, log))
        keep("alpha", lambda: quality_scale.alpha(Path(work), seed, peer))
        keep("update", lambda: _bounded("update", lambda: quality_scale.update(seed)))
        answering = subprocess.Popen(
            [str(PEER), str(ROOT / "bench/quality_peer.py"), "answers", str(folder), *names],
            cwd=work, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=_path(),
        )  # fmt: skip
        ours = _truths(folder, names, seed, log, figures["skipped"])
        keep("adaptive", lambda: _adaptive(folder, names, seed, log, figures["skipped"]))
        keep("promise", lambda: _promise(seed))
        keep("drift", lambda: _bounded("drift", lambda: _drift(seed)))
        keep("sequential", lambda: _bounded("sequential", _sequential))
        told = answering.communicate()[0].splitlines()
        if not told:
            figures["skipped"]["answers_peer"] = f"the peer ended with {answering.returncode}"
        theirs = json.loads(told[-1]) if told else {}
        keep("truth", lambda: _compared(folder, Path(work), ours, theirs))
    return figures


def peer(*arguments: str) -> dict[str, Any]:
    """The last line of bench/quality_peer.py in the peers' environment."""
    command = [str(PEER), str(ROOT / "bench/quality_peer.py"), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=_path())
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _path() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _bounded(part: str, found: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    with within(BUDGET_S[part]):
        return found()


@functools.cache
def _versions() -> dict[str, Any]:
    told = subprocess.run(
        [str(PEER), "-m", "pip", "freeze"], check=True, capture_output=True, text=True
    ).stdout.split()
    kept = [v for v in told if v.startswith(("crowd-kit", "krippendorff", "numpy", "pandas"))]
    return {"peers": kept, "python": platform.python_version(), "numpy": np.__version__}


def _truths(
    folder: Path, names: list[str], seed: int, log: Any, skipped: dict[str, str]
) -> dict[str, Any]:
    """Per set our accuracy, and with many truths our calibration."""
    out: dict[str, Any] = {}
    meter = Meter(BUDGET_S["truth"])
    for name in names:
        crowd = quality_truth.Crowd(folder, name)
        try:
            with within(BUDGET_S["truth_set"]):
                out[name] = quality_truth.accuracy(crowd)
            if len(crowd.known) < quality_truth.FEWEST_TRUTHS or name in quality_truth.PROXY:
                continue
            with within(max(1.0, min(BUDGET_S["truth_set"], BUDGET_S["truth"] - meter.spent()))):
                out[name]["calibration"] = quality_truth.calibration(crowd, seed)
        except SpentError as error:
            skipped[f"truth {name}"] = str(error)
        log(f"{name}: {out.get(name)}")
    return out


def _compared(
    folder: Path, work: Path, ours: dict[str, Any], told: dict[str, Any]
) -> dict[str, Any]:
    """`mean_accuracy`, `hindsight_best` (the best mean of any one method, ours or crowd-kit's,
    that answered every set), `worst_vs_majority`, `ece_points`."""
    right: dict[str, dict[str, float]] = {}
    for name, found in ours.items():
        crowd = quality_truth.Crowd(folder, name)
        found["crowd_kit"] = {}
        for method in told.get(name, {}):
            file = work / f"{name}.{method}.npy"
            if file.exists():
                answer = np.load(file)[crowd.known]
                found["crowd_kit"][method] = float(np.mean(answer == crowd.truth))
        right[name] = {f"crowd-kit {m}": v for m, v in found["crowd_kit"].items()}
        right[name] |= {m: v for m, v in found["right"].items() if m != "auto"}
    judged = [n for n in ours if n not in quality_truth.PROXY]
    methods = set.intersection(*(set(right[n]) for n in judged))
    means = {m: float(np.mean([right[n][m] for n in judged])) for m in sorted(methods)}
    errors = [ours[n]["calibration"] for n in judged if "calibration" in ours[n]]
    kit = [v for m, v in means.items() if m.startswith("crowd-kit")]
    return ({"hindsight_best_crowd_kit": max(kit)} if kit else {}) | {
        "mean_accuracy": float(np.mean([ours[n]["right"]["auto"] for n in judged])),
        "hindsight_best": max(means.values()),
        "mean_accuracy_by_method": means,
        "worst_vs_majority": min(quality_truth.against_vote(ours[n]) for n in judged),
        "ece_points": float(np.mean([e["excess"] for e in errors])),
        "ece_points_dawid_skene": float(np.mean([e["dawid_skene_excess"] for e in errors])),
        "sets": ours, "crowd_kit_cpu_s_or_why_not": told,
    }  # fmt: skip


def _adaptive(
    folder: Path, names: list[str], seed: int, log: Any, skipped: dict[str, str]
) -> dict[str, Any]:
    """`judgments_ratio_arrival`, `judgments_ratio_routed`: geometric means over the sets of full
    redundancy over what the rule asked; a set that misses its aim counts 1."""
    sets = {}
    crowds = [quality_truth.Crowd(folder, name) for name in names]
    whole = sum(len(crowd.items) for crowd in crowds)
    for crowd in crowds:
        part = BUDGET_S["adaptive"] * len(crowd.items) / whole
        try:
            sets[crowd.name] = quality_adaptive.replay(crowd, seed, max(2.0, part))
        except SpentError as error:
            skipped[f"adaptive {crowd.name}"] = str(error)
        log(f"{crowd.name}: {sets.get(crowd.name)}")
    out: dict[str, Any] = {"adaptive_sets": sets}
    for way in ("arrival", "routed"):
        ratios = [found[f"{way}_ratio"] for found in sets.values()]
        out[f"judgments_ratio_{way}"] = float(np.exp(np.mean(np.log(ratios))))
        out[f"judgments_ratio_{way}_arithmetic"] = float(np.mean(ratios))
        out[f"judgments_missed_{way}"] = sum(not f[f"{way}_reached"] for f in sets.values())
    return out


def _promise(seed: int) -> dict[str, Any]:
    """`promise_broken` (worst case), `auto_share` (mean over cases of our share over the oracle's),
    `promise_deployments` (of each case)."""
    cases = quality_promise.promise(seed, DEPLOYMENTS, BUDGET_S["promise"])
    kept = [cases[name]["share"] / cases[name]["oracle_share"] for name in quality_promise.ORDERED]
    return {
        "promise_broken": float(max(c["broken"] for c in cases.values())),
        "promise_broken_naive": float(max(c["naive_broken"] for c in cases.values())),
        "promise_deployments": min(c["deployments"] for c in cases.values()),
        "auto_share": float(np.mean(kept)), "promise_cases": cases,
    }  # fmt: skip


def _drift(seed: int) -> dict[str, Any]:
    """`alarm_late` (share of drifting streams past twice alpha before the alarm)."""
    drifts = quality_promise.drift(seed, 100)
    late = max(d["late"] for n, d in drifts.items() if n != "false")
    return {"alarm_late": late, "drift_cases": drifts}


def _sequential() -> dict[str, Any]:
    """`sequential_ratio`: inspections at the producer's point over the single plan's;
    `sequential_ratio_least`: what no plan of any shape goes below."""
    points = (6400, 0.02, 0.05, 0.005, 0.05)
    plan, single = sequential.sequential_plan(*points), sampling.plan(*points)
    return {
        "sequential_ratio": plan.expected_good / single.n,
        "sequential_ratio_least": sequential.least_inspected(*points) / single.n,
        "sequential_ratio_at_limiting_quality": plan.expected_bad / single.n,
        "sequential_consumer_risk": plan.consumer_risk,
        "sequential_producer_risk": plan.producer_risk,
    }
