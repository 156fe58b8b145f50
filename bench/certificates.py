"""Certificates and risks kept or broken over 10,000 simulated lots a plan, by inspectors who err.

Lots of known quality are drawn from, inspected by people who miss defects and invent some, and
judged by the functions that the stages use: `setup.exact_plan`, `assurance.model.measured_plan`,
`assurance.model.sampling_plans` where severities are judged by themselves in one sample,
`sampling.accept`, `assurance.model.conforming_at_least`. Where inspectors were measured, every lot
has a check of its own, of finite size, and so a plan and a bound of its own. Coverage is counted
over all lots, accepted or not: in no more than the stated share may the bound be wrong.

`coverage_min` is the smallest coverage less the stated one, `consumer_risk_max` and
`producer_risk_max` the largest risk less the stated one, each after allowing three standard errors
of the simulation. The table says what each row is; rows `ignored` show what an uncorrected plan
does with such inspectors and count for nothing.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outwork import methods
from outwork.methods.inspection import Check, Inspector, corrected_plan, defectives_upper
from outwork.stages.assurance.model import (
    conforming_at_least,
    measured_plan,
    sampling_plans,
)
from outwork.stages.requirements import ClassTerms, SamplingTerms
from outwork.stages.setup.model import exact_plan
from outwork.vocabulary import Severity

LOTS = 10_000
ERRORS = 3  # standard errors of the simulation that are allowed
Log = Callable[[str], None]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Agreed:
    """A lot and the two points agreed for it."""

    lot: int
    limiting: str
    consumer: str
    acceptable: str
    producer: str

    def terms(self) -> SamplingTerms:
        """As the statement of work has them."""
        points = (self.limiting, self.consumer, self.acceptable, self.producer)
        return SamplingTerms(*(Decimal(p) for p in points), corrected=True)

    def alone(self) -> ClassTerms:
        """As the terms of a severity that is judged by itself."""
        points = (self.limiting, self.acceptable, self.consumer, self.producer)
        return ClassTerms(*(Decimal(p) for p in points))

    def bad(self) -> int:
        """Defectives of a lot of limiting quality."""
        return methods.limiting_defectives(self.lot, float(self.limiting))

    def good(self) -> int:
        """Defectives of a lot of acceptable quality."""
        return methods.acceptable_defectives(self.lot, float(self.acceptable))


AGREED = (
    Agreed(6_400, "0.02", "0.05", "0.005", "0.05"),
    Agreed(1_000, "0.065", "0.10", "0.01", "0.05"),
    Agreed(200, "0.10", "0.10", "0.02", "0.10"),
    Agreed(3_000, "0.03", "0.05", "0.01", "0.10"),
    Agreed(60, "0.25", "0.10", "0.05", "0.20"),
)


@dataclass(frozen=True)
class Crew:
    """Inspectors who share a sample: what each truly sees and passes, and how it is known.

    ``known`` is "ignored" (reckoned perfect), "exactly", or "measured" on ``seeded`` defects and
    ``clean`` units each.
    """

    known: str
    sensitivity: tuple[float, ...]
    specificity: float = 1.0
    seeded: int = 0
    clean: int = 0


CREWS = (
    Crew("exactly", (1.0,)),
    *(Crew("ignored", (s,)) for s in (0.7, 0.8, 0.9)),
    *(Crew("exactly", (s,)) for s in (0.7, 0.8, 0.9)),
    *(Crew("exactly", (s,), 0.998) for s in (0.8, 0.95)),
    *(Crew("measured", (s,), 1.0, n) for s in (0.7, 0.8, 0.9, 1.0) for n in (60, 200)),
    Crew("measured", (0.9,), 0.9998, 60, 3_000),
    Crew("measured", (0.7, 0.85, 1.0), 1.0, 60),
)

# One lot: the counted severities together, then critical and minor defects by themselves.
BY_CLASS = (
    Agreed(3_000, "0.03", "0.05", "0.01", "0.10"),
    Agreed(3_000, "0.01", "0.05", "0.001", "0.10"),
    Agreed(3_000, "0.10", "0.10", "0.05", "0.05"),
)
CLASS_CREWS = (
    Crew("exactly", (1.0,)),
    *(Crew("measured", (s,), 1.0, 60) for s in (0.8, 0.95)),
    Crew("measured", (0.9,), 1.0, 200),
)


def run(_data: Path, seed: int, log: Log) -> dict[str, Any]:
    """The three figures, and the table they are taken from."""
    began = time.perf_counter()
    rows: list[dict[str, Any]] = []
    for number, agreed in enumerate(AGREED):
        for crew in CREWS:
            chance = np.random.default_rng([seed, number, len(rows)])
            row = asdict(agreed) | asdict(crew) | _judged(agreed, crew, chance)
            rows.append(row)
            log(_line(row))
    for crew in CLASS_CREWS:
        for number, agreed in enumerate(BY_CLASS):
            chance = np.random.default_rng([seed, len(AGREED) + number, len(rows)])
            judged = _judged(agreed, crew, chance, number)
            rows.append(asdict(agreed) | asdict(crew) | judged | {"class": number})
            log(_line(rows[-1]))
    rows.append(_drawn(AGREED[2], seed))
    log(_line(rows[-1]))
    counted = [r for r in rows if r["known"] != "ignored" and r["lots"]]
    figures = {
        "coverage_min": min(r["coverage"] - r["stated"] + r["coverage_slack"] for r in counted),
        "consumer_risk_max": max(r["consumer_excess"] for r in counted),
        "producer_risk_max": max(r["producer_excess"] for r in counted),
        "plans": len(counted),
        "lots": sum(r["lots"] for r in counted),
        "taken_s": time.perf_counter() - began,
    }
    with Path("raw.jsonl").open("w") as raw:
        head = {"at": time.time(), "seed": seed, "lots_a_plan": LOTS, "standard_errors": ERRORS}
        head |= {"python": platform.python_version(), "numpy": np.__version__}
        head["command"] = f"outwork bench certificates --json --seed {seed}"
        raw.writelines(json.dumps(line) + "\n" for line in (head, *rows, figures))
    return figures | {"table": rows}


def _line(row: dict[str, Any]) -> str:
    if not row["lots"]:
        return f"{row['lot']} {row['known']} {row['sensitivity']}: no plan keeps both risks"
    return (
        f"lot {row['lot']:>6} {row['known']:>8} sensitivity {row['sensitivity']}"
        f" specificity {row['specificity']}: n={row['n']:.0f} consumer {row['consumer_risk']:.4f}"
        f" of {row['consumer']}, producer {row['producer_risk']:.4f} of {row['producer']},"
        f" coverage {row['coverage']:.4f} of {row['stated']}"
    )


def _judged(
    agreed: Agreed, crew: Crew, chance: np.random.Generator, of: int | None = None
) -> dict[str, Any]:
    """Risks at both points and the worst coverage over five qualities, of 10,000 lots each.

    `of` is the place among `BY_CLASS`, whose plans share a sample.
    """
    drawn = _Lots(agreed, crew, chance, of)
    bad, good = agreed.bad(), agreed.good()
    accepted_bad, refused, covered_bad = drawn.at(bad)
    if accepted_bad is None:
        return {"lots": 0}
    accepted_good, _, covered_good = drawn.at(good)
    assert accepted_good is not None
    others = sorted({0, (good + bad) // 2, min(agreed.lot, 2 * bad)} - {good, bad})
    coverages = {bad: covered_bad, good: covered_good}
    coverages |= {d: drawn.at(d)[2] for d in others}
    return _figures(agreed, accepted_bad, 1 - accepted_good, coverages) | {
        "n": drawn.mean_sample(),
        "refused": refused,
    }


def _figures(
    agreed: Agreed, consumer: float, producer: float, coverages: dict[int, float]
) -> dict[str, Any]:
    beta, alpha = float(agreed.consumer), float(agreed.producer)
    return {
        "lots": LOTS,
        "consumer_risk": consumer,
        "consumer_excess": consumer - beta - _slack(beta),
        "producer_risk": producer,
        "producer_excess": producer - alpha - _slack(alpha),
        "stated": 1 - beta,
        "coverage": min(coverages.values()),
        "coverage_slack": _slack(beta),
        "coverage_by_defectives": {str(d): c for d, c in coverages.items()},
    }


def _slack(share: float) -> float:
    return float(ERRORS * np.sqrt(share * (1 - share) / LOTS))


@dataclass(frozen=True)
class _Group:
    """Lots that have a check, and so a plan, in common; ``many`` of 10,000."""

    plan: methods.Plan
    checks: tuple[Check, ...]
    many: int


class _Lots:
    """Ten thousand lots of one agreement, inspected by one crew."""

    def __init__(
        self, agreed: Agreed, crew: Crew, chance: np.random.Generator, of: int | None
    ) -> None:
        self._agreed, self._crew, self._chance, self._of = agreed, crew, chance, of
        self._planned = cache(self._plan)
        self._last: list[_Group] = []

    def mean_sample(self) -> float:
        """Mean sample size over the lots last drawn."""
        return float(
            np.average([g.plan.n for g in self._last], weights=[g.many for g in self._last])
        )

    def at(self, defectives: int) -> tuple[float | None, float, float]:
        """Share accepted (None without a plan), share refused a draw, share whose bound covers."""
        groups, refused = self._groups()
        self._last = groups
        if not groups:
            return None, 1.0, 0.0
        accepted = covered = 0
        for group in groups:
            called = self._called(group, defectives)
            accepted += sum(
                int(times)
                for found, times in zip(*np.unique(called, return_counts=True), strict=True)
                if methods.accept(group.plan, int(found))
            )
            covered += int((called >= self._enough(group, defectives)).sum())
        return accepted / LOTS, refused / LOTS, (covered + refused) / LOTS

    def _groups(self) -> tuple[list[_Group], int]:
        crew = self._crew
        if crew.known != "measured":
            plan = self._planned(())
            return ([_Group(plan, (), LOTS)] if plan else []), 0
        shown = [
            np.column_stack([
                self._chance.binomial(crew.seeded, s, LOTS),
                self._chance.binomial(crew.clean, crew.specificity, LOTS),
            ])
            for s in crew.sensitivity
        ]  # fmt: skip
        distinct, counts = np.unique(np.hstack(shown), axis=0, return_counts=True)
        groups, refused = [], 0
        for row, many in zip(distinct, counts, strict=True):
            checks = tuple(
                Check(crew.seeded, int(row[2 * i]), crew.clean, int(row[2 * i + 1]))
                for i in range(len(crew.sensitivity))
            )
            plan = self._planned(checks)
            if plan is None:
                refused += int(many)
            else:
                groups.append(_Group(plan, checks, int(many)))
        return groups, refused

    def _plan(self, checks: tuple[Check, ...]) -> methods.Plan | None:
        agreed, crew = self._agreed, self._crew
        terms = agreed.terms()
        try:
            if self._of is not None:
                return _in_common(checks)[self._of]
            if crew.known == "measured":
                return measured_plan(agreed.lot, terms, checks)
            if crew.known == "ignored":
                return exact_plan(agreed.lot, terms)
            points = (agreed.limiting, agreed.consumer, agreed.acceptable, agreed.producer)
            return corrected_plan(agreed.lot, *(float(p) for p in points), self._known())
        except ValueError:
            return None

    def _known(self) -> Inspector:
        return Inspector(self._crew.sensitivity[0], self._crew.specificity)

    def _called(self, group: _Group, defectives: int) -> Ints:
        """How many units of each lot's sample are called defective; inspectors share it evenly."""
        chance, crew, lot, n = self._chance, self._crew, self._agreed.lot, group.plan.n
        called = np.zeros(group.many, dtype=np.int64)
        left_bad = np.full(group.many, defectives, dtype=np.int64)
        left = lot
        for i, part in enumerate(_shares(n, len(crew.sensitivity))):
            found = chance.hypergeometric(left_bad, left - left_bad, part)
            called += chance.binomial(found, crew.sensitivity[i])
            called += chance.binomial(part - found, 1 - crew.specificity)
            left_bad, left = left_bad - found, left - part
        return called

    def _enough(self, group: _Group, defectives: int) -> int:
        """The fewest called defective with which the certificate's bound covers the truth."""
        low, high = -1, 0
        while high < group.plan.n and self._bound(group, high) < defectives:
            low, high = high, min(group.plan.n, 2 * high + 1)
        while high - low > 1:
            middle = (low + high) // 2
            if self._bound(group, middle) >= defectives:
                high = middle
            else:
                low = middle
        return high

    def _bound(self, group: _Group, called: int) -> int:
        agreed, plan = self._agreed, group.plan
        confidence = 1 - Decimal(agreed.consumer)
        if self._crew.known == "exactly":
            return defectives_upper(agreed.lot, plan.n, called, float(confidence), self._known())
        return conforming_at_least(agreed.lot, plan.n, called, confidence, group.checks)[0]


@cache
def _in_common(checks: tuple[Check, ...]) -> list[methods.Plan]:
    """The plans of `BY_CLASS`; inspectors without a check are taken to see everything."""
    joint, critical, minor = BY_CLASS
    terms = replace(
        joint.terms(),
        corrected=bool(checks),
        classes={Severity.CRITICAL: critical.alone(), Severity.MINOR: minor.alone()},
    )
    found = sampling_plans(joint.lot, terms, checks)
    return [found.joint, *found.classes.values()]


def _shares(n: int, people: int) -> Iterator[int]:
    for i in range(people):
        yield n // people + (i < n % people)


def _drawn(agreed: Agreed, seed: int) -> dict[str, Any]:
    """One plan once more with the draw itself: 10,000 seeds, perfect inspectors."""
    plan = exact_plan(agreed.lot, agreed.terms())
    ids = [f"itm_{i:05d}" for i in range(agreed.lot)]
    nonce = bytes(32)
    samples: list[Sequence[str]] = []
    for lot in range(LOTS):
        root = f"{seed:016x}{lot:016x}".encode()
        samples.append(methods.draw(methods.make_seed(nonce, nonce, root), ids, plan.n))
    confidence = 1 - Decimal(agreed.consumer)
    accepted, covered = {}, {}
    for defectives in (agreed.good(), agreed.bad()):
        marked = set(ids[:defectives])
        found = np.array([sum(i in marked for i in sample) for sample in samples])
        bounds = [
            conforming_at_least(agreed.lot, plan.n, x, confidence)[0] for x in range(plan.n + 1)
        ]
        accepted[defectives] = float(np.mean([methods.accept(plan, int(x)) for x in found]))
        covered[defectives] = float(np.mean(np.array(bounds)[found] >= defectives))
    made = _figures(agreed, accepted[agreed.bad()], 1 - accepted[agreed.good()], covered)
    crew = Crew("drawn", (1.0,))
    return asdict(agreed) | asdict(crew) | made | {"n": float(plan.n), "refused": 0.0}
