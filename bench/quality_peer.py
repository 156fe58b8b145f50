"""What the peers do, run by their own interpreter: one JSON object on the last line.

dawid_skene FOLDER ITERATIONS: crowd-kit on items.npy, workers.npy, labels.npy; leaves its tables.
answers FOLDER NAME...: answers of each of crowd-kit's methods to NAME.csv, as NAME.METHOD.npy.
What takes longer than bench/quality_budget.py allows is broken off, and that is said.
alpha FILE: the krippendorff package on a matrix of observers x units.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from bench.quality_budget import BUDGET_S, Meter, SpentError, within

warnings.filterwarnings("ignore")
SLOW, MANY = ("glad", "mace"), 3_000  # minutes each on the larger sets
QUICK = ("majority", "wawa", "zero-based-skill", "dawid-skene")  # seconds


def peak_mb(reset: bool = False) -> float:
    """The largest resident size so far, after setting it back if asked."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def dawid_skene(folder: Path, iterations: int) -> dict[str, Any]:
    """Seconds and memory, and whether it came to the last iteration; no stop before that."""
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    columns = {"task": "items", "worker": "workers", "label": "labels"}
    data = pd.DataFrame({key: np.load(folder / f"{name}.npy") for key, name in columns.items()})
    small = data.iloc[:1000]
    DawidSkene(n_iter=2).fit(small)
    base, begun = peak_mb(reset=True), time.process_time()
    try:
        with within(BUDGET_S["dawid_skene_peer"]):
            model = DawidSkene(n_iter=iterations, tol=-np.inf).fit(data)
    except SpentError:
        cpu = time.process_time() - begun
        return {"cpu_s": cpu, "extra_mb": peak_mb() - base, "finished": 0.0}
    cpu = time.process_time() - begun
    errors = model.errors_
    np.save(folder / "peer_prior.npy", model.priors_.sort_index().to_numpy())
    workers = errors.index.get_level_values("worker").to_numpy()
    labels = errors.index.get_level_values("label").to_numpy()
    size = len(model.priors_)
    chances = np.zeros((workers.max() + 1, size, size))
    chances[workers, labels] = errors[sorted(errors.columns)].to_numpy()
    np.save(folder / "peer_chances.npy", chances)  # worker x label x class
    return {"cpu_s": cpu, "extra_mb": peak_mb() - base, "finished": 1.0}


def answers(folder: Path, names: list[str]) -> dict[str, Any]:
    """CPU seconds of each method on each set."""
    import pandas as pd
    from crowdkit import aggregation as kit

    methods = {
        "majority": kit.MajorityVote, "wawa": kit.Wawa, "zero-based-skill": kit.ZeroBasedSkill,
        "dawid-skene": kit.DawidSkene, "one-coin": kit.OneCoinDawidSkene, "glad": kit.GLAD,
        "mace": lambda: kit.MACE(random_state=0), "mmsr": lambda: kit.MMSR(random_state=0),
    }  # fmt: skip
    taken: dict[str, Any] = {}
    meter = Meter(BUDGET_S["answers_peer"])
    for name in names:
        data = pd.read_csv(folder / f"{name}.csv", usecols=["task", "worker", "label"])
        taken[name] = {}
        for method, made in methods.items():
            if (method in SLOW and len(data) > MANY) or (meter.over() and method not in QUICK):
                taken[name][method] = "left out: too slow here"
                continue
            begun = time.process_time()
            try:
                with within(BUDGET_S["answers_peer_method"]):
                    found = made().fit_predict(data)
            except Exception as error:  # noqa: BLE001 - a peer's failure is a result
                taken[name][method] = repr(error)
                continue
            taken[name][method] = time.process_time() - begun
            full = np.full(int(data.task.max()) + 1, -1, dtype=np.int64)
            full[found.index.to_numpy()] = found.to_numpy()
            np.save(f"{name}.{method}.npy", full)
        print(name, taken[name], file=sys.stderr, flush=True)
    return taken


def alpha(file: Path, repeats: int) -> dict[str, Any]:
    """Alpha and CPU seconds."""
    import krippendorff

    matrix = np.load(file)
    out: dict[str, Any] = {}
    for metric in ("nominal", "ordinal", "interval"):
        taken = []
        for _ in range(repeats):
            begun = time.process_time()
            out[metric] = krippendorff.alpha(matrix, level_of_measurement=metric)
            taken.append(time.process_time() - begun)
        out[f"{metric}_s"] = float(np.median(taken))
    return out


if __name__ == "__main__":
    what, where, *rest = sys.argv[1:]
    if what == "dawid_skene":
        told = dawid_skene(Path(where), int(rest[0]))
    elif what == "answers":
        told = answers(Path(where), rest)
    else:
        told = alpha(Path(where), int(rest[0]))
    print(json.dumps(told))
