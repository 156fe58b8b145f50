"""The verifier's figures against the definition, SciPy and the server's own."""

from decimal import Decimal
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from outwork.methods import hypergeometric, intervals
from outwork_verify import figures

LOTS = st.integers(1, 200).flatmap(
    lambda lot: st.tuples(
        st.just(lot), st.integers(0, lot), st.integers(1, lot), st.integers(-1, 30)
    )
)


@given(LOTS)
def test_acceptance_is_the_hypergeometric_sum(case: tuple[int, int, int, int]) -> None:
    lot, defective, sample, acceptance = case
    ways = sum(
        comb(defective, k) * comb(lot - defective, sample - k)
        for k in range(min(acceptance, sample) + 1)
    )
    found = figures.acceptance_probability(lot, defective, sample, acceptance)
    assert found == Fraction(ways, comb(lot, sample))
    if acceptance >= 0:
        assert found == hypergeometric.exact_cdf(acceptance, lot, defective, sample)


def test_the_certificate_of_512_of_6400() -> None:
    bound = figures.conforming_lower_bound(6400, 512, 3, Fraction(95, 100))
    assert bound == 6400 - 94
    assert bound / 6400 >= 0.985
    assert figures.conforming_lower_bound(10, 10, 1, Fraction(95, 100)) == 9
    assert figures.conforming_lower_bound(10, 0, 0, Fraction(95, 100)) == 0


@given(LOTS, st.sampled_from([0.8, 0.9, 0.95, 0.99]), st.data())
@settings(max_examples=60)
def test_the_bound_is_the_servers_and_the_definitions(
    case: tuple[int, int, int, int], confidence: float, data: st.DataObject
) -> None:
    lot, _, sample, _ = case
    found = data.draw(st.integers(0, sample))
    level = Fraction(str(confidence))
    bound = figures.conforming_lower_bound(lot, sample, found, level)
    assert lot - bound == intervals.defectives_upper(lot, sample, found, confidence)
    possible = [
        d
        for d in range(found, lot - sample + found + 1)
        if figures.acceptance_probability(lot, d, sample, found) > 1 - level
    ]
    assert lot - bound == max(possible)


@given(st.integers(1, 3000), st.floats(0.5, 0.999), st.data())
@settings(max_examples=150)
def test_clopper_pearson_is_scipys_and_the_servers(
    trials: int, confidence: float, data: st.DataObject
) -> None:
    successes = data.draw(st.integers(0, trials))
    found = figures.clopper_pearson_lower(successes, trials, confidence)
    if successes:
        peer = stats.beta.ppf(1 - confidence, successes, trials - successes + 1)
        assert found == pytest.approx(peer, rel=1e-9)
    server = intervals.binomial_lower(successes, trials, confidence)
    assert found == pytest.approx(server, rel=1e-9, abs=1e-300)


def test_clopper_pearson_where_it_is_known() -> None:
    assert figures.clopper_pearson_lower(0, 10, 0.95) == 0
    assert figures.clopper_pearson_lower(10, 10, 0.95) == pytest.approx(0.05**0.1, rel=1e-12)
    assert figures.clopper_pearson_lower(1, 1, 0.95) == pytest.approx(0.05, rel=1e-12)
    assert figures.clopper_pearson_lower(99_000, 100_000, 0.95) == pytest.approx(
        stats.beta.ppf(0.05, 99_000, 1_001), rel=1e-9
    )


def test_a_plan_is_judged_by_both_risks() -> None:
    risks = {"producer_risk": Fraction(5, 100), "consumer_risk": Fraction(1, 10)}
    assert figures.plan_meets_risks(1000, 200, 2, good=4, bad=40, **risks)
    assert not figures.plan_meets_risks(1000, 200, 0, good=4, bad=40, **risks)
    assert not figures.plan_meets_risks(1000, 20, 2, good=4, bad=40, **risks)


def test_senseless_counts_are_refused() -> None:
    for counts in ((5, 6, 1, 0), (5, 1, 6, 0), (5, -1, 1, 0)):
        with pytest.raises(ValueError, match="lot"):
            figures.acceptance_probability(*counts)
    for bad in ((5, 6, 0, Fraction(1, 2)), (5, 2, 3, Fraction(1, 2)), (5, 2, 1, Fraction(1))):
        with pytest.raises(ValueError, match="confidence"):
            figures.conforming_lower_bound(*bad)
    for pair in ((2, 1), (-1, 1), (0, 0)):
        with pytest.raises(ValueError, match="confidence"):
            figures.clopper_pearson_lower(*pair, 0.95)


def test_an_invoice_is_rounded_line_by_line() -> None:
    lines = [
        figures.Line(Decimal(3), Decimal("0.335")),
        figures.Line(Decimal("2.5"), Decimal("0.01")),
        figures.Line(Decimal(1), Decimal("99.99")),
    ]
    totals = figures.invoice_totals(lines, [Decimal("1.00")], Decimal("0.19"))
    assert [str(a) for a in totals.amounts] == ["1.00", "0.02", "99.99"]
    assert [str(v) for v in (totals.credits, totals.net, totals.tax, totals.gross)] == [
        "1.00", "100.01", "19.00", "119.01"]  # fmt: skip
    yen = figures.invoice_totals([figures.Line(Decimal("1.5"), Decimal(1))], digits=0)
    assert str(yen.gross) == "2"
    assert figures.invoice_totals([]).gross == 0


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(-(10**9), 10**9)), max_size=6))
def test_totals_add_up(pairs: list[tuple[int, int]]) -> None:
    lines = [figures.Line(Decimal(q) / 1000, Decimal(p) / 10000) for q, p in pairs]
    totals = figures.invoice_totals(lines, tax_rate=Decimal("0.2"))
    assert totals.net == sum(totals.amounts)
    assert totals.gross == totals.net + totals.tax
    for line, amount in zip(lines, totals.amounts, strict=True):
        assert abs(amount - line.quantity * line.unit_price) <= Decimal("0.005")


def test_amounts_are_spelled_plainly() -> None:
    assert figures.read_amount("-12.50") == Decimal("-12.5")
    for wrong in ("", "-", "1e3", " 1", "1,5", ".5", "5.", "--1", "NaN", "Infinity", "١", "1_0",
                  "+1", "1" * 41):  # fmt: skip
        with pytest.raises(ValueError, match="amount"):
            figures.read_amount(wrong)
