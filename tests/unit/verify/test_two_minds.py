"""The verifier's figures and the server's, each written without the other, on random inputs."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from outwork import methods
from outwork.methods.inspection import Check, at_least
from outwork.stages.acceptance.model import invoice_lines, total
from outwork.stages.assurance.model import conforming_at_least, measured_plan
from outwork.stages.requirements import SamplingTerms
from outwork.stages.setup.model import exact_plan
from outwork.stages.transfer.model import decide
from outwork.vocabulary import MINOR_UNITS, LineId, Money
from outwork_verify import figures, inspectors

RISKS = st.sampled_from([Decimal(r) for r in ("0.01", "0.05", "0.1", "0.2", "0.333")])
SEEDS = st.binary(min_size=32, max_size=32)


@st.composite
def below(draw: st.DrawFn, parts: int) -> tuple[Decimal, Decimal]:
    """A limiting quality, and an acceptable one below its share of so many parts."""
    limiting = draw(st.integers(parts + 1, 999))
    acceptable = draw(st.integers(1, (limiting - 1) // parts))
    return Decimal(limiting) / 1000, Decimal(acceptable) / 1000


@given(st.integers(1, 20_000), below(2), RISKS, RISKS)
@settings(max_examples=150, deadline=None)
def test_the_smallest_plan_and_its_risks(
    lot: int, points: tuple[Decimal, Decimal], consumer: Decimal, producer: Decimal
) -> None:
    limiting, acceptable = points
    terms = SamplingTerms(limiting, consumer, acceptable, producer)
    served = exact_plan(lot, terms)
    exactly = [Fraction(f) for f in (limiting, consumer, acceptable, producer)]
    assert figures.smallest_plan(lot, *exactly) == (served.n, served.c)
    attained = figures.attained_risks(lot, served.n, served.c, exactly[0], exactly[2])
    for stated, exact in zip((served.consumer_risk, served.producer_risk), attained, strict=True):
        rounded = Decimal(repr(stated)).quantize(Decimal("0.000001"), rounding="ROUND_CEILING")
        assert figures.risk_stated(str(rounded), exact)
        assert not figures.risk_stated(str(rounded + Decimal("0.000002")), exact)


@given(st.integers(2_000, 9_000), st.integers(20, 60))
@settings(max_examples=8, deadline=None)
def test_plans_with_a_large_acceptance_number(lot: int, thousandths: int) -> None:
    limiting = Decimal(thousandths) / 1000
    terms = SamplingTerms(limiting, Decimal("0.05"), limiting * Decimal("0.8"), Decimal("0.05"))
    served = exact_plan(lot, terms)
    exactly = (Fraction(limiting), Fraction("0.05"), Fraction(terms.acceptable_quality))
    found = figures.smallest_plan(lot, *exactly, Fraction("0.05"))
    assert found == (served.n, served.c)


@st.composite
def checks(draw: st.DrawFn) -> list[Check]:
    """Checks of one to three inspectors who miss up to two in five defects."""
    made = []
    for _ in range(draw(st.integers(1, 3))):
        seeded = draw(st.integers(10, 300))
        caught = draw(st.integers(seeded * 3 // 5, seeded))
        clean = draw(st.sampled_from([0, 0, 2_000]))
        made.append(Check(seeded, caught, clean, clean and clean - draw(st.integers(0, 2))))
    return made


@given(st.integers(1, 4_000), below(3), RISKS, RISKS, checks())
@settings(max_examples=60, deadline=None)
def test_the_corrected_plan_and_its_risks(
    lot: int,
    points: tuple[Decimal, Decimal],
    consumer: Decimal,
    producer: Decimal,
    made: list[Check],
) -> None:
    limiting, acceptable = points
    ours = [inspectors.Check(c.seeded, c.caught, c.clean, c.passed) for c in made]
    exactly = [Fraction(f) for f in (limiting, consumer, acceptable, producer)]
    terms = inspectors.Terms.of(lot, *exactly)
    seen, fair = inspectors.at_least(ours, exactly[1], exactly[3])
    worst = at_least(made, float(consumer), float(producer))
    assert figures.floor_stated(f"{worst.sensitivity:.6f}", seen)
    assert figures.floor_stated(f"{worst.specificity:.6f}", fair)
    found = inspectors.plans(terms, ours, worst.sensitivity, worst.specificity)
    try:
        served = measured_plan(lot, SamplingTerms(limiting, consumer, acceptable, producer), made)
    except ValueError:
        assert found == set()
        return
    assert (served.n, served.c) in found
    attained = inspectors.risks(
        terms, served.n, served.c, ours, worst.sensitivity, worst.specificity
    )
    for stated, exact in zip((served.consumer_risk, served.producer_risk), attained, strict=True):
        assert stated is not None
        rounded = Decimal(repr(stated)).quantize(Decimal("0.000001"), rounding="ROUND_CEILING")
        assert figures.risk_stated(str(rounded), exact)


@given(st.integers(1, 4_000), st.data(), RISKS, checks())
@settings(max_examples=60, deadline=None)
def test_the_share_that_conforms_with_inspectors_who_err(
    lot: int, data: st.DataObject, risk: Decimal, made: list[Check]
) -> None:
    n = data.draw(st.integers(1, min(lot, 300)))
    called = data.draw(st.integers(0, min(n, 8)))
    most, share = conforming_at_least(lot, n, called, 1 - risk, made)
    seen = at_least(made, float(risk), float(risk)).sensitivity
    assert most in inspectors.defectives_at_most(lot, n, called, Fraction(risk), seen)
    assert figures.floor_stated(share, Fraction(lot - most, lot))


@given(st.integers(1, 20_000), st.data(), RISKS)
@settings(max_examples=100, deadline=None)
def test_the_share_that_conforms_at_least(lot: int, data: st.DataObject, risk: Decimal) -> None:
    n = data.draw(st.integers(1, min(lot, 400)))
    defective = data.draw(st.integers(0, min(n, 12)))
    most, share = conforming_at_least(lot, n, defective, 1 - risk)
    least = figures.conforming_lower_bound(lot, n, defective, 1 - Fraction(risk))
    assert lot - least == most
    assert figures.floor_stated(share, Fraction(least, lot))


@given(st.integers(1, 5_000), st.data(), st.sampled_from(["0.8", "0.9", "0.95", "0.99"]))
@settings(max_examples=200, deadline=None)
def test_the_lower_bound_of_a_certification(
    asked: int, data: st.DataObject, confidence: str
) -> None:
    right = data.draw(st.integers(0, asked))
    lower, _ = decide(right, asked, Decimal("0.5"), Decimal(confidence))
    bound = figures.clopper_pearson_lower(right, asked, float(confidence))
    assert figures.floor_stated(str(lower), bound)
    assert not figures.floor_stated(str(lower + Decimal("0.000002")), bound)


@given(SEEDS, st.sets(st.text("abc/-é", min_size=1, max_size=8), max_size=40), st.data())
def test_the_draw(seed: bytes, ids: set[str], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(ids)))
    assert figures.draw(seed, ids, n) == methods.draw(seed, ids, n)


@given(SEEDS, SEEDS, SEEDS)
def test_commitment_and_seed(client: bytes, provider: bytes, root: bytes) -> None:
    assert figures.commit_nonce(client) == methods.commit_nonce(client)
    assert figures.make_seed(client, provider, root) == methods.make_seed(client, provider, root)


@given(
    st.integers(0, 10**7),
    st.decimals(0, 10**6, places=4, allow_nan=False),
    st.sampled_from(sorted(MINOR_UNITS)),
)
def test_money(quantity: int, price: Decimal, currency: str) -> None:
    lines = invoice_lines(LineId("lin_1"), quantity, Money(price, currency))
    digits = figures.MINOR_UNITS[currency]
    totals = figures.invoice_totals([figures.Line(Decimal(quantity), price)], digits=digits)
    assert [line.amount.amount for line in lines] == list(totals.amounts)
    assert total(lines).amount == totals.gross


def test_currencies_are_the_same() -> None:
    assert dict(figures.MINOR_UNITS) == dict(MINOR_UNITS)
