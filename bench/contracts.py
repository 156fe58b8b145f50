"""How good drafts are on contracts whose filers training never saw, and how long they take.

    python bench/contracts.py --data ../shared/data --seed 1

Three splits by filer: trained on four fifths, measured on the rest. The last line of standard
output is one JSON object. The span metric is that of the CUAD paper (Hendrycks et al., "CUAD: An
Expert-Annotated NLP Dataset for Legal Contract Review", 2021), pooled over contract and category.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import datetime
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from sklearn.exceptions import ConvergenceWarning

import train_contracts
from contracts_data import Contract, jaccard, load, tokens
from outwork_practices.legal.contract_management import dates, drafter, normalise
from outwork_practices.legal.contract_management.categories import KEYS

SPLITS = 3
Ranked = dict[str, list[drafter.Candidate]]
Hits = tuple[np.ndarray, np.ndarray]  # (golds, candidates) right or not; confidence of candidates


def _hits(
    contract: Contract, key: str, mine: Sequence[drafter.Candidate], holding: bool = True
) -> Hits:
    """Which candidates match which golds; `holding`: a party also where it holds the gold."""
    golds = contract.gold[key]
    matrix = np.zeros((len(golds), len(mine)), bool)
    for i, candidate in enumerate(mine):
        words = tokens(candidate.quote)
        for g, gold in enumerate(golds):
            inside = holding and key == "parties" and gold.text in candidate.quote
            matrix[g, i] = jaccard(words, gold.tokens) >= 0.5 or inside
    return matrix, np.array([c.confidence for c in mine])


def curve(hits: Sequence[Hits]) -> dict[str, float]:
    """Precision at recall .8 and .9 on the upper envelope, its area, and the highest recall."""
    precision, recall = [1.0], [0.0]
    for least in [*np.arange(0.99, 0, -0.01), 0.005, 0.002, 0.001, 0.0]:
        found = missed = wrong = 0
        for matrix, confidence in hits:
            said = confidence > least
            if len(matrix):
                hit = matrix[:, said].any(axis=1)
                found, missed = found + int(hit.sum()), missed + int((~hit).sum())
                wrong += int((~matrix[:, said].any(axis=0)).sum())
            else:
                wrong += int(said.sum())
        precision.append(found / (found + wrong) if found + wrong else 1.0)
        recall.append(found / (found + missed) if found + missed else 0.0)
    upper = np.maximum.accumulate(np.array(precision)[::-1])[::-1]
    at = {
        r: next((p for p, x in zip(upper, recall, strict=True) if x >= r), 0.0) for r in (0.8, 0.9)
    }
    return {
        "p80r": float(at[0.8]), "p90r": float(at[0.9]),
        "aupr": float(np.trapezoid(upper, recall)), "recall_max": max(recall),
    }  # fmt: skip


def _near(contract: Contract, key: str, candidate: drafter.Candidate) -> bool:
    """Whether the candidate overlaps a place of an expert's span, for the top-3 figure."""
    places = [p for g in contract.gold[key] for p in g.places]
    return any(a < candidate.end and candidate.start < b for a, b in places)


def _top(
    contracts: Sequence[Contract],
    ranked: Sequence[Ranked],
    hits: dict[tuple[int, str], Hits],
    overlap: bool,
) -> tuple[float, float]:
    """Share with a right candidate among the first three: macro over categories, and pooled."""
    shares, pooled = [], []
    for key in KEYS:
        seen = []
        for i, contract in enumerate(contracts):
            if contract.gold[key]:
                right = bool(hits[i, key][0][:, :3].any())
                if overlap:
                    right = right or any(_near(contract, key, c) for c in ranked[i][key][:3])
                seen.append(right)
        if seen:
            shares.append(sum(seen) / len(seen))
            pooled += seen
    return statistics.fmean(shares), statistics.fmean(pooled)


def _presence_f1(
    contracts: Sequence[Contract], chances: Sequence[dict[str, float]], model: drafter.Model
) -> float:
    scores = []
    for j, key in enumerate(KEYS):
        truth = np.array([bool(c.gold[key]) for c in contracts])
        said = np.array([p[key] >= model.present_at[j] for p in chances])
        if truth.any():
            scores.append(2 * (truth & said).sum() / (truth.sum() + said.sum()))
    return float(np.mean(scores))


def _ece_points(hits: Sequence[Hits]) -> float:
    """Expected calibration error of candidates' confidence in percent points, ten bins."""
    confidence = np.concatenate([c for _, c in hits])
    right = np.concatenate([m.any(axis=0) if len(m) else np.zeros(len(c), bool) for m, c in hits])
    keep = confidence >= 0.01
    confidence, right = confidence[keep], right[keep]
    box = np.minimum(9, (confidence * 10).astype(int))
    gaps = [
        abs(confidence[box == b].mean() - right[box == b].mean()) * (box == b).mean()
        for b in range(10)
        if (box == b).any()
    ]
    return float(100 * sum(gaps))


def _exact_first(contracts: Sequence[Contract], ranked: Sequence[Ranked], key: str) -> float:
    """Share of contracts with a dated answer whose date the top candidate gives exactly."""
    right = []
    for contract, mine in zip(contracts, ranked, strict=True):
        wanted = dates.normalise(contract.answer[key])
        if wanted and contract.gold[key]:
            right.append(bool(mine[key]) and dates.normalise(mine[key][0].quote) == wanted)
    return statistics.fmean(right) if right else 0.0


def _exact_expiration(contracts: Sequence[Contract], ranked: Sequence[Ranked]) -> float:
    """Share of contracts with an expiry date that the drafted dates and term give exactly."""
    right = []
    for contract, mine in zip(contracts, ranked, strict=True):
        wanted = dates.normalise(contract.answer["expiration-date"])
        if not wanted or not contract.gold["expiration-date"]:
            continue
        starts = [dates.normalise(c.quote) for k in KEYS[3:1:-1] for c in mine[k][:1]]
        begins = next((datetime.date.fromisoformat(d) for d in starts if d), None)
        end = normalise.term_end([c.quote for c in mine["expiration-date"][:1]], begins).value
        right.append(isinstance(end, datetime.date) and end.isoformat() == wanted)
    return statistics.fmean(right) if right else 0.0


def measure(model: drafter.Model, contracts: Sequence[Contract]) -> dict[str, float]:
    """Every figure of one model on contracts that it was not trained on."""
    draft = drafter.Drafter(model)
    began = time.perf_counter()
    ranked = [draft.candidates(c.text) for c in contracts]
    took = 1000 * (time.perf_counter() - began) / len(contracts)
    hits = {(i, k): _hits(c, k, ranked[i][k]) for i, c in enumerate(contracts) for k in KEYS}
    plain = [_hits(c, k, ranked[i][k], False) for i, c in enumerate(contracts) for k in KEYS]
    chances = [draft.present(r) for r in ranked]
    figures = curve(list(hits.values()))
    figures["p80r_jaccard"] = curve(plain)["p80r"]
    figures["p80r_clauses"] = curve([h for (_, k), h in hits.items() if k not in KEYS[:4]])["p80r"]
    for key in KEYS[:4]:
        figures["aupr_" + key.replace("-", "_")] = curve(
            [h for (_, k), h in hits.items() if k == key]
        )["aupr"]
    figures["top3"], figures["top3_micro"] = _top(contracts, ranked, hits, overlap=True)
    figures["top3_strict"], _ = _top(contracts, ranked, hits, overlap=False)
    figures["presence_f1_macro"] = _presence_f1(contracts, chances, model)
    figures["ece_points"] = _ece_points(plain)
    figures["exact_agreement_date"] = _exact_first(contracts, ranked, "agreement-date")
    figures["exact_effective_date"] = _exact_first(contracts, ranked, "effective-date")
    figures["exact_expiration_date"] = _exact_expiration(contracts, ranked)
    figures["draft_ms"] = took
    return figures


def run(data: Path, seed: int, log: Callable[[str], None]) -> dict[str, float]:
    """Figures of three splits by filer and their means; about ten minutes on one core."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    contracts = load(data)
    fold = train_contracts.folds_of(contracts, 5, seed)
    figures: dict[str, float] = {}
    each: list[dict[str, float]] = []
    for split in range(SPLITS):
        model = train_contracts.fit(
            [c for c, f in zip(contracts, fold, strict=True) if f != split], seed, log
        )
        each.append(measure(model, [c for c, f in zip(contracts, fold, strict=True) if f == split]))
        log(f"split {split + 1}: " + json.dumps({k: round(v, 3) for k, v in each[-1].items()}))
        figures |= {f"{name}_split{split + 1}": value for name, value in each[-1].items()}
    means = {name: statistics.fmean(e[name] for e in each) for name in each[0]}
    return {k: round(v, 4) for k, v in {**means, **figures}.items()}


def main() -> int:
    """Prints the figures as one JSON object on the last line."""
    parser = argparse.ArgumentParser(description="The benchmark `contracts`.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()

    def log(line: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {line}", file=sys.stderr)

    print(json.dumps(run(given.data, given.seed, log)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
