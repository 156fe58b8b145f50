"""Each check fails where it should; on right answers none does (see test_samples)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.legal.batch import cases, changed, codes, made_up, quoting, value

from outwork.vocabulary import Computation
from outwork_practices.legal.contract_management import SERVICE
from outwork_practices.legal.contract_management.mutations import MUTATIONS

SEEDS = range(3)


def test_a_quote_that_is_not_the_text() -> None:
    case = cases()["franchise.txt"]
    answer = case.answer("insurance")
    assert answer is not None
    place = answer.evidence[0]
    for wrong in (
        replace(place, start=place.start + 1, end=place.end + 1),  # type: ignore[call-arg]
        replace(place, quote="The Franchisee shall insure."),  # type: ignore[call-arg]
        replace(place, document="elsewhere.txt"),
    ):
        assert codes(changed(case, "insurance", evidence=(wrong,))) == {"quote-mismatch"}


def test_evidence_may_stand_in_another_document_of_the_batch() -> None:
    agreement, amendment = cases()["reseller.txt"], cases()["amendment-no-1.txt"]
    place = quoting(amendment, "expires on December 31, 2028")
    assert codes(changed(agreement, "expiration-date", evidence=(place,))) == set()


def test_a_clause_without_evidence() -> None:
    case = changed(cases()["franchise.txt"], "exclusivity", value="yes")
    assert codes(case) == {"evidence-missing"}


def test_a_clause_that_was_overlooked() -> None:
    case = changed(cases()["software-licence.txt"], "source-code-escrow", value="no", evidence=())
    (defect,) = SERVICE.check(case)
    assert defect.code == "present-but-answered-absent"
    assert defect.clause == "source-code-escrow"


def test_a_denial_is_not_a_clause() -> None:
    text = "There are no third-party beneficiaries. This is a non-exclusive appointment."
    assert codes(made_up(text)) == set()


def test_a_law_that_was_overlooked() -> None:
    case = changed(cases()["reseller.txt"], "governing-law", value=None, evidence=())
    assert codes(case) == {"present-but-answered-absent"}


def test_a_quote_about_something_else() -> None:
    case = cases()["franchise.txt"]
    place = quoting(case, "Time is of the essence.")
    spoiled = changed(case, "source-code-escrow", value="yes", evidence=(place,))
    assert codes(spoiled) == {"absent-but-answered-present"}


def test_parties() -> None:
    case = cases()["master-services.txt"]
    rows = value(case, "parties")
    stranger = [{"name": "Brindlecote Instruments Limited", "alias": "Provider"}, rows[1]]
    assert codes(changed(case, "parties", value=stranger)) == {"party-not-in-source"}
    swapped = [{**rows[0], "alias": "Client"}, {**rows[1], "alias": "Provider"}]
    assert codes(changed(case, "parties", value=swapped)) == {"wrong-party"}
    affiliate = [*rows, {"name": "Fallowmere Deposit Services LLC", "alias": ""}]
    licence = cases()["software-licence.txt"]
    assert codes(changed(licence, "parties", value=affiliate)) >= {"wrong-party"}


def test_wrong_arithmetic() -> None:
    case = cases()["master-services.txt"]
    (defect,) = SERVICE.check(changed(case, "expiration-date", value="2027-02-01"))
    assert defect.code == "date-arithmetic"
    assert defect.params["expected"] == "2027-03-01"
    answer = case.answer("expiration-date")
    assert answer is not None
    wrong = Computation("start + term", {"start": "2024-03-01", "term": "P3Y"}, "2026-03-01")
    spoiled = changed(case, "expiration-date", evidence=(*answer.evidence, wrong))
    assert codes(spoiled) == {"date-arithmetic"}


def test_an_end_before_the_beginning() -> None:
    text = "This Agreement, dated May 1, 2024, expires on April 30, 2024."
    case = made_up(text, agreement_date="2024-05-01", expiration_date="2024-04-30")
    assert codes(case) == {"date-order"}


def test_words_against_numerals() -> None:
    text = "unless a party gives notice sixty (90) days before the renewal"
    case = made_up(text, notice_period_to_terminate_renewal="P60D")
    assert codes(case) == {"duration-words-numerals"}


def test_notice_longer_than_the_term() -> None:
    text = "renews for successive terms of one month unless notice is given 60 days before"
    case = made_up(text, renewal_term="successive P1M", notice_period_to_terminate_renewal="P60D")
    assert codes(case) == {"notice-exceeds-term"}


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("governing-law", "Nevada"),
        ("effective-date", "2024-03-02"),
        ("renewal-term", "successive P2Y"),
        ("document-name", "SERVICE LEVEL AGREEMENT"),
        ("warranty-duration", "P6M"),
    ],
)
def test_a_value_that_its_quote_does_not_hold(question: str, value: str) -> None:
    assert "value-not-in-evidence" in codes(
        changed(cases()["master-services.txt"], question, value=value)
    )


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("effective-date", "1 March 2024"),
        ("renewal-term", "one year"),
        ("insurance", "perhaps"),
        ("parties", [{"alias": "Provider"}]),
        ("parties", ["Provider"]),
        ("expiration-date", 2027),
        ("renewal-term", ["P1Y"]),
        ("document-name", {}),
    ],
)
def test_a_value_in_another_form(question: str, value: object) -> None:
    assert "value-form" in codes(changed(cases()["master-services.txt"], question, value=value))


def test_an_amendment_in_the_batch_overtakes_the_agreement() -> None:
    case = cases()["reseller.txt"]
    start = case.source.text.index("The initial term")
    end = case.source.text.index("[Section 9.1")
    place = quoting(case, case.source.text[start:end].strip())
    stale = changed(case, "expiration-date", value="2025-05-15", evidence=(place,))
    (defect,) = SERVICE.check(stale)
    assert defect.code == "superseded-by-amendment"
    assert defect.params["amendment"] == "amendment-no-1.txt"
    assert codes(replace(stale, related=())) == set()


def test_an_amendment_between_others_changes_nothing() -> None:
    case = cases()["reseller.txt"]
    others = [{"name": "Orrin Vale Hearing, Inc.", "alias": "Vendor"}]
    foreign = changed(cases()["amendment-no-1.txt"], "parties", value=others)
    stale = changed(case, "governing-law", value="Texas")
    spoiled = changed(stale, "notice-period-to-terminate-renewal", value="P60D")
    assert "superseded-by-amendment" in codes(spoiled)
    assert "superseded-by-amendment" not in codes(replace(spoiled, related=(foreign,)))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.key)
def test_seeded_defects_are_caught(mutation) -> None:  # type: ignore[no-untyped-def]
    """All of most kinds; of presence flips, which depend on the clause, most."""
    spoiled = [s for c in cases().values() for i in SEEDS if (s := mutation.apply(c, i))]
    caught = sum(bool(codes(case) & set(mutation.codes)) for case in spoiled)
    assert spoiled
    fair = 0.75 if mutation.key in ("clause-overlooked", "clause-imagined") else 1.0
    assert caught / len(spoiled) >= fair


def test_a_mutation_is_repeatable_and_leaves_the_case_alone() -> None:
    case = cases()["franchise.txt"]
    for mutation in MUTATIONS:
        assert mutation.apply(case, 5) == mutation.apply(case, 5)
    assert codes(case) == set()
