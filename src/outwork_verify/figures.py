"""The figures, computed a second time: draw, acceptance, confidence, money.

Counts are items; probabilities and levels are fractions of one. Whole numbers and exact fractions
are used wherever a verdict hangs on the result.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

# ISO 4217 minor units of the currencies that an engagement can be in.
MINOR_UNITS: Mapping[str, int] = {
    code: digits
    for digits, codes in {
        0: "CLP JPY KRW VND",
        2: "AED AUD BRL CAD CHF CNY CZK DKK EGP EUR GBP HKD HUF IDR ILS INR KES LKR MXN MYR NOK "
        "NZD PHP PKR PLN RON SAR SEK SGD THB TRY TWD UAH USD ZAR",
        3: "BHD KWD",
    }.items()
    for code in codes.split()
}

_SIX_PLACES = Decimal("0.000001")
# The server rounds floats that are right to about 1e-12: where the exact figure is that close to
# the next of six places, either is right.
_SLACK = Decimal("0.000000000001")
_NEAR_TIE = 1e-6  # closer to the allowed risk than this, floats do not decide
_SCAN, _LOOK_BACK = 64, 32


def commit_nonce(nonce: bytes) -> bytes:
    """SHA-256(nonce) of a 32-byte nonce; raises ValueError for another length."""
    if len(nonce) != 32:
        raise ValueError("a nonce is 32 bytes")
    return hashlib.sha256(nonce).digest()


def make_seed(client_nonce: bytes, provider_nonce: bytes, closing_root: bytes) -> bytes:
    """SHA-256 of the three 32-byte strings in this order; raises ValueError for other lengths."""
    if not len(client_nonce) == len(provider_nonce) == len(closing_root) == 32:
        raise ValueError("nonces and root are 32 bytes")
    return hashlib.sha256(client_nonce + provider_nonce + closing_root).digest()


def reinspection_seed(seed: bytes, root: bytes) -> bytes:
    """What decides which inspected items are inspected again: see docs/formats/draw.md."""
    if not len(seed) == len(root) == 32:
        raise ValueError("the seed and the root are 32 bytes")
    text = f"outwork-reinspection/1\n{seed.hex()}\n{root.hex()}"
    return hashlib.sha256(text.encode()).digest()


def draw(seed: bytes, ids: Iterable[str], n: int) -> list[str]:
    """The n ids smallest by (HMAC-SHA-256(seed, id), id), in that order.

    Raises ValueError for a seed that is not 32 bytes, repeated or empty ids, or n out of range.
    """
    keyed: dict[bytes, tuple[bytes, str]] = {}
    for name in ids:
        message = name.encode()
        if not message or message in keyed:
            raise ValueError("ids are not empty and occur once")
        keyed[message] = (hmac.digest(seed, message, "sha256"), name)
    if len(seed) != 32 or not 0 <= n <= len(keyed):
        raise ValueError("the seed is 32 bytes and n at most the number of ids")
    order = sorted(keyed, key=lambda message: (keyed[message][0], message))
    return [keyed[message][1] for message in order[:n]]


def acceptance_probability(lot: int, defective: int, sample: int, acceptance: int) -> Fraction:
    """P(at most `acceptance` defectives in the sample), exactly (hypergeometric distribution).

    `sample` items are drawn without replacement from `lot`, of which `defective` are defective.
    Raises ValueError unless 0 <= defective, sample <= lot.
    """
    if not (0 <= defective <= lot and 0 <= sample <= lot):
        raise ValueError("defectives and sample are at most the lot")
    first, last = max(0, sample - (lot - defective)), min(acceptance, defective, sample)
    if last < first:
        return Fraction(0)
    term = math.comb(defective, first) * math.comb(lot - defective, sample - first)
    total = term
    for k in range(first, last):
        term = term * (defective - k) * (sample - k)
        term //= (k + 1) * (lot - defective - sample + k + 1)
        total += term
    return Fraction(total, math.comb(lot, sample))


def plan_meets_risks(
    lot: int,
    sample: int,
    acceptance: int,
    *,
    good: int,
    producer_risk: Fraction,
    bad: int,
    consumer_risk: Fraction,
) -> bool:
    """Whether a plan keeps both risks, exactly.

    A lot with `good` defectives is refused with probability at most `producer_risk`, one with
    `bad` is accepted with probability at most `consumer_risk`.
    """
    refused = 1 - acceptance_probability(lot, good, sample, acceptance)
    return (
        refused <= producer_risk
        and acceptance_probability(lot, bad, sample, acceptance) <= consumer_risk
    )


def smallest_plan(
    lot: int,
    limiting: Fraction,
    consumer_risk: Fraction,
    acceptable: Fraction,
    producer_risk: Fraction,
) -> tuple[int, int]:
    """The smallest sample, and its acceptance number, that keep both risks for a lot.

    For each acceptance number the smallest sample that protects the consumer is found; the first
    that spares the producer too is the smallest, since samples grow with the number. Beyond 64,
    numbers are bisected, and 32 below the result are tried again: the agreed rule of the system.
    """
    good, bad = _points(lot, limiting, acceptable)

    def spares(c: int) -> int | None:
        n = _protecting_sample(lot, bad, c, consumer_risk)
        refused = 1 - producer_risk
        return n if _at_most(lot, good, n, c, refused) >= 0 else None

    def first(numbers: Iterable[int]) -> tuple[int, int] | None:
        return next(((n, c) for c in numbers if (n := spares(c)) is not None), None)

    found = first(range(min(_SCAN, bad - 1) + 1))
    if found is None:
        low, high = _SCAN, bad - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if spares(middle) is None else (low, middle)
        found = first(range(max(_SCAN + 1, high - _LOOK_BACK), high + 1))
    if found is None:
        raise ValueError("no plan keeps both risks")
    return found


def common_plan(
    lot: int, classes: Sequence[tuple[Fraction, Fraction, Fraction, Fraction]]
) -> tuple[int, list[int]]:
    """The sample that does for several classes, and the acceptance number of each.

    Of each class: limiting quality, consumer's risk, acceptable quality, producer's risk. From the
    largest sample that one needs by itself on, the first is taken at which, in every class, the
    smallest number that spares the producer protects the consumer.
    """
    own = [smallest_plan(lot, *of) for of in classes]
    if len(own) == 1:
        return own[0][0], [own[0][1]]
    n = max(size for size, _ in own)
    while True:
        numbers, enough = [], n
        for limiting, consumer_risk, acceptable, producer_risk in classes:
            good, bad = _points(lot, limiting, acceptable)
            low, c = -1, good
            while c - low > 1:
                middle = (low + c) // 2
                spared = _at_most(lot, good, n, middle, 1 - producer_risk) >= 0
                low, c = (low, middle) if spared else (middle, c)
            numbers.append(c)
            enough = max(enough, _protecting_sample(lot, bad, c, consumer_risk))
        if enough == n:
            return n, numbers
        n = enough


def attained_risks(
    lot: int, sample: int, acceptance: int, limiting: Fraction, acceptable: Fraction
) -> tuple[Fraction, Fraction]:
    """The consumer's and the producer's risk that a plan carries, exactly."""
    good, bad = _points(lot, limiting, acceptable)
    consumer = acceptance_probability(lot, bad, sample, acceptance)
    return consumer, 1 - acceptance_probability(lot, good, sample, acceptance)


def _points(lot: int, limiting: Fraction, acceptable: Fraction) -> tuple[int, int]:
    """The most defectives of a lot of acceptable, the fewest of one of limiting quality."""
    return math.floor(lot * acceptable), math.ceil(lot * limiting)


def _protecting_sample(lot: int, bad: int, acceptance: int, risk: Fraction) -> int:
    """The smallest sample that accepts a lot with `bad` defectives with at most this risk."""
    low, high = acceptance, lot
    while high - low > 1:
        middle = (low + high) // 2
        if _at_most(lot, bad, middle, acceptance, risk) <= 0:
            high = middle
        else:
            low = middle
    return high


def _at_most(lot: int, defective: int, sample: int, acceptance: int, risk: Fraction) -> int:
    """Whether P(at most `acceptance`) is below (-1), at (0) or above (1) a risk.

    Floats decide where they can, whole numbers where it is close.
    """
    chance = _rough_probability(lot, defective, sample, acceptance)
    if abs(chance - float(risk)) > _NEAR_TIE:
        return 1 if chance > risk else -1
    exact = acceptance_probability(lot, defective, sample, acceptance)
    return (exact > risk) - (exact < risk)


def _rough_probability(lot: int, defective: int, sample: int, acceptance: int) -> float:
    """`acceptance_probability` to about seven digits, summed from its largest term outwards."""
    first, last = max(0, sample - (lot - defective)), min(defective, sample)
    if acceptance < first or acceptance >= last:
        return float(acceptance >= last)
    peak = (sample + 1) * (defective + 1) // (lot + 2)
    start = min(max(peak, first), acceptance)
    rest = lot - defective - sample
    log_ways = (
        _log_choose(defective, start)
        + _log_choose(lot - defective, sample - start)
        - _log_choose(lot, sample)
    )
    total = term = 1.0
    for k in range(start, acceptance):
        term *= (defective - k) * (sample - k) / ((k + 1) * (rest + k + 1))
        total += term
        if term < 1e-18 * total:
            break
    term = 1.0
    for k in range(start, first, -1):
        term *= k * (rest + k) / ((defective - k + 1) * (sample - k + 1))
        total += term
        if term < 1e-18 * total:
            break
    return math.exp(log_ways) * total


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def risk_stated(stated: str, exact: Fraction) -> bool:
    """Whether a risk is stated as rounded up to six places."""
    near = Decimal(exact.numerator) / Decimal(exact.denominator)
    return _rounded(stated, near, ROUND_CEILING)


def ceiling_stated(stated: str, figure: float) -> bool:
    """Whether a figure is stated as rounded up to six places."""
    return risk_stated(stated, Fraction(figure))


def floor_stated(stated: str, figure: float | Fraction) -> bool:
    """Whether a figure is stated as rounded down to six places."""
    exact = Fraction(figure)
    near = Decimal(exact.numerator) / Decimal(exact.denominator)
    return _rounded(stated, near, ROUND_FLOOR)


def _rounded(stated: str, near: Decimal, rounding: str) -> bool:
    either = (near - _SLACK, near + _SLACK)
    return Decimal(stated) in {value.quantize(_SIX_PLACES, rounding=rounding) for value in either}


def conforming_lower_bound(lot: int, sample: int, defective: int, confidence: Fraction) -> int:
    """The least number of conforming items in the lot, at a one-sided confidence, exactly.

    The largest number of defectives D is sought for which finding at most `defective` in the
    sample still has probability above 1 - confidence; the bound is lot - D (inversion of the
    hypergeometric tail). Raises ValueError unless 0 <= defective <= sample <= lot and
    0 < confidence < 1.
    """
    if not 0 <= defective <= sample <= lot or not 0 < confidence < 1:
        raise ValueError("defective <= sample <= lot and a confidence between 0 and 1")
    low, high = defective, lot - (sample - defective)
    while low < high:
        middle = (low + high + 1) // 2
        if acceptance_probability(lot, middle, sample, defective) > 1 - confidence:
            low = middle
        else:
            high = middle - 1
    return lot - low


def clopper_pearson_lower(successes: int, trials: int, confidence: float) -> float:
    """One-sided lower bound of a proportion (Clopper and Pearson, 1934), to about 1e-12.

    The p at which at least `successes` of `trials` have probability 1 - confidence; 0 without a
    success. Raises ValueError unless 0 <= successes <= trials, trials > 0, 0 < confidence < 1.
    """
    if not 0 <= successes <= trials or trials < 1 or not 0 < confidence < 1:
        raise ValueError("successes <= trials and a confidence between 0 and 1")
    if successes == 0:
        return 0.0
    ways = math.log(math.comb(trials, successes))
    low, high = 0.0, successes / trials
    while low < (middle := (low + high) / 2) < high:
        if _upper_tail(successes, trials, middle, ways) > 1 - confidence:
            high = middle
        else:
            low = middle
    return low


def _upper_tail(successes: int, trials: int, p: float, ways: float) -> float:
    """P(X >= successes) for p below successes / trials, where the terms only fall."""
    failures = trials - successes
    exponent = ways + successes * math.log(p)
    if failures:
        exponent += failures * math.log1p(-p)
    terms, ratio, odds = [1.0], 1.0, p / (1 - p) if failures else 0.0
    for k in range(successes, trials):
        ratio *= (trials - k) / (k + 1) * odds
        terms.append(ratio)
        if ratio < 1e-18:
            break
    return math.exp(exponent) * math.fsum(terms)


@dataclass(frozen=True)
class Line:
    """One line of an invoice: quantity (units) at a unit price (currency units), both exact."""

    quantity: Decimal
    unit_price: Decimal


@dataclass(frozen=True)
class Totals:
    """An invoice's figures in currency units, each rounded to the currency's minor unit.

    `amounts` has one amount a line; net = their sum - credits; gross = net + tax.
    """

    amounts: tuple[Decimal, ...]
    credits: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal


def read_amount(text: str) -> Decimal:
    """A decimal amount as an event spells it: ASCII digits, an optional minus and point.

    Raises ValueError for anything else, such as exponents, blanks or a bare point.
    """
    whole, point, fraction = text.removeprefix("-").partition(".")
    parts = [whole, fraction] if point else [whole]
    if len(text) > 40 or not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError("not a decimal amount")
    return Decimal(text)


def round_amount(amount: Decimal, digits: int = 2) -> Decimal:
    """An amount rounded to `digits` decimals, halves to even."""
    with localcontext() as context:
        context.prec = 100
        return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)


def invoice_totals(
    lines: Sequence[Line],
    credits_: Sequence[Decimal] = (),
    tax_rate: Decimal = Decimal(0),
    digits: int = 2,
) -> Totals:
    """The totals of an invoice; `credits_` are positive and `tax_rate` a fraction of one.

    Each line is rounded on its own, then summed; tax is taken on the net amount and rounded once.
    """
    with localcontext() as context:
        context.prec = 100
        amounts = tuple(round_amount(line.quantity * line.unit_price, digits) for line in lines)
        credit = round_amount(sum(credits_, Decimal(0)), digits)
        net = round_amount(sum(amounts, Decimal(0)) - credit, digits)
        tax = round_amount(net * tax_rate, digits)
        return Totals(amounts, credit, net, tax, net + tax)
