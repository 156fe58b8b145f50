"""Plans by acceptable quality level (MIL-STD-105E), switching between them, skip-lot inspection.

Sources: MIL-STD-105E (1989), sections 4.7 to 4.10, from which ANSI/ASQ Z1.4 and ISO 2859-1 descend
(ISO's switching score and its plans with fractional acceptance numbers are not here); H. F. Dodge
and R. L. Perry, "A System of Skip-Lot Plans for Lot by Lot Inspection", ASQC Transactions (1971)
469-477, and NIST/SEMATECH e-Handbook 6.2.7, for SkSP-2; K. S. Stephens and K. E. Larson, Industrial
Quality Control 24 (1967) 310-319, for the characteristic of normal and tightened together.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from outwork.methods import hypergeometric
from outwork.methods import mil_std_105e as tables
from outwork.methods.arguments import share, whole

__all__ = [
    "Severity",
    "StagedPlan",
    "Switching",
    "code_letter",
    "lot_acceptance",
    "process_acceptance",
    "scheme_acceptance",
    "skip_lot",
    "standard_plan",
    "switched",
]

Severity = Literal["normal", "tightened", "reduced"]
State = Literal["normal", "tightened", "reduced", "discontinued"]
Kind = Literal["single", "double", "multiple"]

_TIGHTEN, _WITHIN, _RELAX, _REDUCE, _DISCONTINUE = 2, 5, 5, 10, 5


@dataclass(frozen=True, slots=True)
class StagedPlan:
    """One, two or seven samples, each with the numbers that accept and reject by then.

    After sample i the lot is accepted with at most ``accept[i]`` defectives in all samples so far
    (-1: not yet) and rejected with at least ``reject[i]``; after the last, anything below
    ``reject`` is accepted, but under reduced inspection what lies above ``accept`` ends it.
    """

    kind: Kind
    letter: str
    sizes: tuple[int, ...]
    accept: tuple[int, ...]
    reject: tuple[int, ...]

    def __post_init__(self) -> None:
        stages = len(self.sizes)
        if not stages or not len(self.accept) == len(self.reject) == stages:
            raise ValueError("sizes: must be as many as accept and reject, and not empty")
        for a, r in zip(self.accept, self.reject, strict=True):
            if not -1 <= a < r:
                raise ValueError(f"accept: {a} must be below the rejection number {r}")


def code_letter(lot: int, level: str = "II") -> str:
    """The sample size code letter of a lot (Table I).

    Raises:
        ValueError: a lot of fewer than 2, or an inspection level that does not exist.

    >>> code_letter(6400)
    'L'
    """
    if level not in tables.LEVELS:
        raise ValueError(f"level: must be one of {', '.join(tables.LEVELS)}, not {level!r}")
    row = bisect_left(tables.LOTS, whole("lot", lot, 2))
    return tables.LETTERS[row][tables.LEVELS.index(level)]


def standard_plan(
    lot: int,
    aql: str,
    level: str = "II",
    severity: Severity = "normal",
    kind: Kind = "single",
) -> StagedPlan:
    """The plan of MIL-STD-105E for a lot and an acceptable quality level (Tables II to IV).

    Args:
        lot: units, at least 2. aql: as printed, "0.65" or "1.0": per cent, or per hundred units.
        level: "S-1" to "S-4", "I", "II" or "III". severity, kind: which table.

    Returns:
        The plan of the cell, arrows followed. Where the table has no double or multiple plan, the
        next simpler kind, as the standard says; where the first sample would take the whole lot,
        the single plan with the lot as its sample. Look at ``kind``.

    Raises:
        ValueError: an argument that the tables do not have, or a cell that is refused because its
            source contradicts itself.

    >>> standard_plan(1000, "1.0").accept, standard_plan(1000, "1.0", kind="double").sizes
    ((2,), (50, 50))
    """
    if aql not in tables.AQLS:
        raise ValueError(f"aql: must be one of {', '.join(tables.AQLS)}, not {aql!r}")
    if severity not in get_args(Severity) or kind not in get_args(Kind):
        raise ValueError(f"severity, kind: there is no table for {severity!r}, {kind!r}")
    letter, size, cell = _cell(code_letter(lot, level), tables.AQLS.index(aql), severity)
    single = _read("single", letter, size, cell if "/" in cell else f"{cell}/{int(cell) + 1}", 1)
    if size >= lot:
        return StagedPlan("single", letter, (lot,), single.accept, single.reject)
    if kind == "multiple":
        why = tables.REFUSED.get((kind, severity, cell))
        if why is not None:
            raise ValueError(f"aql: {aql} of letter {letter} is refused: {why}")
        found = _staged("multiple", severity, letter, cell, tables.MULTIPLE, _multiple_sizes())
        if found is not None and sum(found.sizes) < lot:
            return found
    if kind != "single":
        found = _staged("double", severity, letter, cell, tables.DOUBLE, _double_sizes())
        if found is not None and sum(found.sizes) < lot:
            return found
    return single


def _cell(letter: str, column: int, severity: Severity) -> tuple[str, int, str]:
    """Letter, sample size and numbers of a cell, arrows followed."""
    rows = _master(severity)
    place = [row[0] for row in rows].index(letter)
    while (cell := rows[place][2 + column]) in ("v", "^"):
        place += 1 if cell == "v" else -1
    return rows[place][0], int(rows[place][1]), cell


@cache
def _master(severity: Severity) -> list[list[str]]:
    text = {
        "normal": tables.NORMAL,
        "tightened": tables.TIGHTENED,
        "reduced": tables.REDUCED,
    }[severity]
    return [line.split() for line in text.strip().splitlines()]


def _staged(
    kind: Kind,
    severity: Severity,
    letter: str,
    cell: str,
    plans: dict[str, dict[str, str]],
    sizes: dict[str, dict[str, int]],
) -> StagedPlan | None:
    numbers, size = plans[severity].get(cell), sizes[severity].get(letter)
    if numbers is None or size is None:
        return None
    return _read(kind, letter, size, numbers, len(numbers.split("/")[0].split()))


def _read(kind: Kind, letter: str, size: int, numbers: str, stages: int) -> StagedPlan:
    accept, reject = (part.replace("-", "-1").split() for part in numbers.split("/"))
    return StagedPlan(
        kind, letter, (size,) * stages, tuple(map(int, accept)), tuple(map(int, reject))
    )


@cache
def _double_sizes() -> dict[str, dict[str, int]]:
    return {name: _pairs(text) for name, text in tables.DOUBLE_SIZES.items()}


@cache
def _multiple_sizes() -> dict[str, dict[str, int]]:
    return {name: _pairs(text) for name, text in tables.MULTIPLE_SIZES.items()}


def _pairs(text: str) -> dict[str, int]:
    words = text.split()
    return {letter: int(size) for letter, size in zip(words[::2], words[1::2], strict=True)}


def lot_acceptance(agreed: StagedPlan, lot: int, defectives: int) -> tuple[float, float]:
    """The chance that a lot is accepted, and the mean number of units inspected (type A).

    Exact hypergeometric probabilities over all samples, within about 1e-12.

    Raises:
        ValueError: samples larger than the lot, or a number of defectives not within it.
    """
    whole("defectives", defectives, 0, whole("lot", lot, sum(agreed.sizes)))

    def drawn(seen: int, found: int, n: int) -> Sequence[float]:
        rest, bad = lot - seen, defectives - found
        return [hypergeometric.pmf(x, rest, bad, n) for x in range(min(n, max(bad, 0)) + 1)]

    return _walk(agreed, drawn)


def process_acceptance(agreed: StagedPlan, quality: float) -> tuple[float, float]:
    """As `lot_acceptance`, for lots of a process with this share defective (type B, binomial)."""
    p = float(share("quality", quality, zero=True, one=True))

    def drawn(_seen: int, _found: int, n: int) -> Sequence[float]:
        return [math.comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(n + 1)]

    return _walk(agreed, drawn)


def _walk(
    agreed: StagedPlan, drawn: Callable[[int, int, int], Sequence[float]]
) -> tuple[float, float]:
    """Sums over all paths: ``drawn`` gives the chances of 0, 1, ... defectives in a sample."""
    alive, accepted, inspected, seen = {0: 1.0}, 0.0, 0.0, 0
    last = len(agreed.sizes) - 1
    stages = zip(agreed.sizes, agreed.accept, agreed.reject, strict=True)
    for stage, (n, accept, reject) in enumerate(stages):
        inspected += n * math.fsum(alive.values())
        after: dict[int, float] = {}
        for found, chance in alive.items():
            for x, p in enumerate(drawn(seen, found, n)):
                if found + x < reject:
                    after[found + x] = after.get(found + x, 0.0) + chance * p
        limit = reject - 1 if stage == last else accept
        accepted += math.fsum(chance for found, chance in after.items() if found <= limit)
        alive = {found: chance for found, chance in after.items() if found > limit}
        seen += n
    return min(1.0, accepted), inspected


@dataclass(frozen=True, slots=True)
class Switching:
    """Where a series of lots stands; the outcomes since the state began, newest last."""

    state: State = "normal"
    outcomes: tuple[bool, ...] = ()
    rejected: int = 0


def switched(
    at: Switching,
    accepted: bool,
    *,
    beyond: bool = False,
    within_limit: bool = False,
    steady: bool = True,
    desired: bool = False,
) -> Switching:
    """The state after a further lot, on original inspection (4.7.1 to 4.7.4 and 4.8).

    Args:
        accepted: the lot.
        beyond: accepted under reduced inspection with more defectives than the acceptance number.
        within_limit: the defectives of the last ten lots are no more than the limit number that
            the parties agreed (Table VIII, or dropped as ANSI/ASQ Z1.4 allows); never assumed.
        steady: production is at a steady rate. desired: reduced inspection is wanted.

    Raises:
        ValueError: inspection was discontinued, or a lot is beyond a number outside reduced
            inspection.
    """
    if at.state == "discontinued":
        raise ValueError("at: inspection is discontinued until the supplier has put it right")
    if beyond and (at.state != "reduced" or not accepted):
        raise ValueError("beyond: only a lot accepted under reduced inspection can be")
    outcomes = (*at.outcomes, accepted)
    if at.state == "normal":
        if outcomes[-_WITHIN:].count(False) >= _TIGHTEN:
            return Switching("tightened")
        good = len(outcomes) >= _REDUCE and all(outcomes[-_REDUCE:])
        return (
            Switching("reduced")
            if good and within_limit and steady and desired
            else Switching("normal", outcomes[-_REDUCE:])
        )
    if at.state == "reduced":
        stays = accepted and not beyond and steady
        return Switching("reduced") if stays else Switching("normal")
    rejected = at.rejected + (not accepted)
    if rejected >= _DISCONTINUE:
        return Switching("discontinued")
    if len(outcomes) >= _RELAX and all(outcomes[-_RELAX:]):
        return Switching("normal")
    return Switching("tightened", outcomes[-_RELAX:], rejected)


def scheme_acceptance(normal: float, tightened: float) -> float:
    """The share of lots accepted in the long run when normal and tightened inspection alternate.

    ``normal`` and ``tightened`` are the plans' chances of acceptance; reduced inspection and
    discontinuation are left out (Stephens and Larson).

    Raises:
        ValueError: a chance out of range.
    """
    n = float(share("normal", normal, zero=True, one=True))
    t = float(share("tightened", tightened, zero=True, one=True))
    if n == 1:
        return 1.0
    if t == 0:
        return 0.0
    # lots spent on normal until two of five are rejected, on tightened until five are accepted
    on_normal = (2 - n**4) / ((1 - n) * (1 - n**4))
    on_tightened = (1 - t**5) / ((1 - t) * t**5) if t < 1 else 5.0
    return (on_normal * n + on_tightened * t) / (on_normal + on_tightened)


def skip_lot(accepted: float, clearance: int, fraction: float) -> tuple[float, float]:
    """Skip-lot plan SkSP-2: the chance that a lot is accepted, and the share that is inspected.

    After ``clearance`` accepted lots in succession only the ``fraction`` of lots is inspected,
    until one is rejected. The share times the reference plan's sample is the mean sample a lot.

    Args:
        accepted: the reference plan's chance of acceptance. clearance: at least 1.
        fraction: in (0, 1].

    Raises:
        ValueError: an argument out of range.

    >>> skip_lot(0.95, 4, 0.5)[0].__round__(4)
    0.9724
    """
    p = float(share("accepted", accepted, zero=True, one=True))
    i, f = whole("clearance", clearance, 1), float(share("fraction", fraction, one=True))
    cleared = p**i
    base = f + (1 - f) * cleared
    return (f * p + (1 - f) * cleared) / base, f / base
