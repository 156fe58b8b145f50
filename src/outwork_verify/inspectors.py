"""Inspectors who err, computed a second time: what checks prove of them, plans, risks and bounds.

A unit that is defective is called so with the chance *seen* (sensitivity), a good one by mistake
with the chance *invented* (1 - specificity). Floats decide; where one of them is closer to a limit
than they are exact, either side is right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from outwork_verify.figures import clopper_pearson_lower

# Of each allowed risk, this part pays for an inspector being worse than the checks prove.
FOR_MEASURING = Fraction(1, 5)
_SCAN, _LOOK_BACK = 64, 32
_ROUGH, _TIE = 1e-6, 1e-11


@dataclass(slots=True)
class Check:
    """`caught` of `seeded` defective units were called so, `passed` of `clean` ones were passed.

    `at` is when that was last added to."""

    seeded: int = 0
    caught: int = 0
    clean: int = 0
    passed: int = 0
    at: str = ""

    def put(
        self, at: str, *, seeded: int = 0, caught: int = 0, clean: int = 0, passed: int = 0
    ) -> None:
        """Adds to the counts."""
        self.seeded += seeded
        self.caught += caught
        self.clean += clean
        self.passed += passed
        self.at = at


@dataclass(frozen=True, slots=True)
class Terms:
    """A lot's units, the fewest defectives of a bad one, the most of a good one, both risks."""

    lot: int
    bad: int
    good: int
    consumer_risk: Fraction
    producer_risk: Fraction

    @classmethod
    def of(
        cls, lot: int, limiting: Fraction, consumer: Fraction, acceptable: Fraction,
        producer: Fraction,
    ) -> Terms:  # fmt: skip
        """From the statement of work's fractions."""
        return cls(lot, math.ceil(lot * limiting), math.floor(lot * acceptable), consumer, producer)


def at_least(
    checks: Sequence[Check], consumer: Fraction, producer: Fraction
) -> tuple[float, float]:
    """Sensitivity and specificity of the worst that the checks leave possible, not rounded."""
    parts = [1 - float(FOR_MEASURING * risk / len(checks)) for risk in (consumer, producer)]
    seen = min(clopper_pearson_lower(c.caught, c.seeded, parts[0]) for c in checks)
    fair = [clopper_pearson_lower(c.passed, c.clean, parts[1]) for c in checks if c.clean]
    return seen, min(fair, default=1.0)


def accepts(lot: int, defective: int, n: int, c: int, seen: float, invented: float) -> float:
    """P(at most `c` of `n` units are called defective), to about 1e-13."""
    return _called(lot, defective, n, c, seen, invented, exact=True)


def _called(
    lot: int, defective: int, n: int, c: int, seen: float, invented: float, *, exact: bool
) -> float:
    """One of the two errs: seen < 1 and nothing invented, or everything seen."""
    first, last = max(0, n - (lot - defective)), min(n, defective)
    peak = min(last, max(first, (n + 1) * (defective + 1) // (lot + 2)))
    ways = (math.comb(defective, peak), math.comb(lot - defective, n - peak), math.comb(lot, n))
    if exact:
        top = float(Fraction(ways[0] * ways[1], ways[2]))
    else:
        top = math.exp(math.log(ways[0]) + math.log(ways[1]) - math.log(ways[2]))
    rest, chances = lot - defective - n, {peak: top}
    term, k = top, peak
    while k < last and term > 1e-18:
        term *= (defective - k) * (n - k) / ((k + 1) * (rest + k + 1))
        k += 1
        chances[k] = term
    term, k = top, peak
    while k > first and term > 1e-18:
        term *= k * (rest + k) / ((defective - k + 1) * (n - k + 1))
        k -= 1
        chances[k] = term
    if invented:
        return math.fsum(p * _binomial_cdf(c - k, n - k, invented) for k, p in chances.items())
    return math.fsum(p * _binomial_cdf(c, k, seen) for k, p in chances.items())


def _binomial_cdf(k: int, n: int, p: float) -> float:
    """P(at most `k` successes of `n`), summed from the largest term outwards."""
    if k < 0 or k >= n:
        return float(k >= n)
    if p >= 1:
        return 0.0
    start = min(k, int((n + 1) * p))
    top = math.comb(n, start) * p**start * (1 - p) ** (n - start) if n < 1000 else math.exp(
        math.log(math.comb(n, start)) + start * math.log(p) + (n - start) * math.log1p(-p)
    )  # fmt: skip
    parts, term, odds = [top], top, p / (1 - p)
    for i in range(start, k):
        term *= (n - i) / (i + 1) * odds
        parts.append(term)
        if term < 1e-19:
            break
    term = top
    for i in range(start, 0, -1):
        term *= i / ((n - i + 1) * odds)
        parts.append(term)
        if term < 1e-19:
            break
    return min(1.0, math.fsum(parts))


def left(risk: Fraction, *, paid: bool = True) -> Fraction:
    """What measuring leaves of an allowed risk."""
    return risk * (1 - FOR_MEASURING) if paid else risk


def plans(terms: Terms, checks: Sequence[Check], seen: float, fair: float) -> set[tuple[int, int]]:
    """The smallest plans that keep both risks with inspectors no worse than that.

    More than one only where a figure lies on its limit; none where no sample keeps both.
    """
    paid = any(check.clean for check in checks)
    found = (_plan(terms, seen, 1 - fair, paid, slack) for slack in (-_TIE, _TIE))
    return {plan for plan in found if plan is not None}


def common_plans(
    classes: Sequence[Terms], checks: Sequence[Check], least: Sequence[tuple[float, float]]
) -> set[tuple[int, tuple[int, ...]]]:
    """As `figures.common_plan`, with inspectors who see and pass no less than `least` says.

    `least` is of each class, whose risks it follows from. More than one result only where a figure
    lies on its limit; none where no sample does for all.
    """
    paid = any(check.clean for check in checks)
    found = (_common(classes, least, paid, slack) for slack in (-_TIE, _TIE))
    return {plan for plan in found if plan is not None}


def _common(
    classes: Sequence[Terms], least: Sequence[tuple[float, float]], paid: bool, slack: float
) -> tuple[int, tuple[int, ...]] | None:
    n, kept = 0, []
    for terms, (seen, fair) in zip(classes, least, strict=True):
        own = _plan(terms, seen, 1 - fair, paid, slack)
        if own is None:
            return None
        if len(classes) == 1:
            return own[0], (own[1],)
        n = max(n, own[0])
        kept.append((terms.lot, *_keeps(terms, seen, 1 - fair, paid, slack)))
    while True:
        numbers, enough = [], n
        for lot, protects, spares in kept:
            c = _sparing(n, spares)
            if not protects(lot, c):
                return None
            numbers.append(c)
            enough = max(enough, _protecting(lot, c, protects))
        if enough == n:
            return n, tuple(numbers)
        n = enough


_Keeps = Callable[[int, int], bool]


def _keeps(
    terms: Terms, seen: float, invented: float, paid: bool, slack: float
) -> tuple[_Keeps, _Keeps]:
    """Whether (n, c) protects the consumer, and whether it spares the producer."""
    beta = float(left(terms.consumer_risk)) + slack
    spared = 1 - float(left(terms.producer_risk, paid=paid)) - slack

    def chance(defective: int, n: int, c: int, s: float, i: float, limit: float) -> float:
        rough = _called(terms.lot, defective, n, c, s, i, exact=False)
        far = abs(rough - limit) > _ROUGH
        return rough if far else accepts(terms.lot, defective, n, c, s, i)

    def protects(n: int, c: int) -> bool:
        return chance(terms.bad, n, c, seen, 0.0, beta) <= beta

    def spares(n: int, c: int) -> bool:
        return chance(terms.good, n, c, 1.0, invented, spared) >= spared

    return protects, spares


def _plan(
    terms: Terms, seen: float, invented: float, paid: bool, slack: float
) -> tuple[int, int] | None:
    protects, spares = _keeps(terms, seen, invented, paid, slack)

    def first(numbers: Sequence[int]) -> tuple[int, int] | None:
        for c in numbers:
            n = _protecting(terms.lot, c, protects)
            if spares(n, c):
                return n, c
        return None

    most = _last(terms.lot, lambda c: protects(terms.lot, c))
    found = first(range(min(_SCAN, most) + 1))
    if found is not None or most <= _SCAN or first([most]) is None:
        return found
    low, high = _SCAN, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if first([middle]) is None else (low, middle)
    return first(range(max(_SCAN + 1, high - _LOOK_BACK), high + 1))


def _last(lot: int, holds: Callable[[int], bool]) -> int:
    """The largest number below `lot` for which it holds, -1 if for none; it holds up to there."""
    low, high = -1, lot - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _sparing(n: int, spares: Callable[[int, int], bool]) -> int:
    """The smallest number that spares in a sample; the whole sample does."""
    return 1 + _last(n, lambda c: not spares(n, c))


def _protecting(lot: int, c: int, protects: Callable[[int, int], bool]) -> int:
    """The smallest sample that protects with `c`; the whole lot does."""
    low, high = c, lot
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if protects(middle, c) else (middle, high)
    return high


def risks(
    terms: Terms, n: int, c: int, checks: Sequence[Check], seen: float, fair: float
) -> tuple[Fraction, Fraction]:
    """Both risks that a plan carries over check and sample together."""
    paid = any(check.clean for check in checks)
    missed = accepts(terms.lot, terms.bad, n, c, seen, 0.0)
    refused = 1 - accepts(terms.lot, terms.good, n, c, 1.0, 1 - fair)
    consumer = terms.consumer_risk * FOR_MEASURING + Fraction(missed)
    producer = (terms.producer_risk * FOR_MEASURING if paid else 0) + Fraction(refused)
    return min(Fraction(1), consumer), min(Fraction(1), producer)


def defectives_at_most(lot: int, n: int, called: int, risk: Fraction, seen: float) -> set[int]:
    """The most defectives of the lot, at the confidence that 1 - `risk` promises in all."""
    allowed = float(left(risk))

    def most(limit: float) -> int:
        return max(0, _last(lot + 1, lambda d: accepts(lot, d, n, called, seen, 0.0) > limit))

    return {most(allowed - _TIE), most(allowed + _TIE)}
