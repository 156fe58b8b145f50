"""Drafts of the samples: complete, quoted exactly, and mostly right."""

from __future__ import annotations

import pytest
from tests.unit.legal.batch import cases, quoting

from outwork.vocabulary import Kind, TextRange
from outwork_practices.legal.contract_management import SERVICE
from outwork_practices.legal.contract_management.categories import KEYS
from outwork_practices.legal.contract_management.values import party_rows, value_of

NAMES = sorted(cases())


@pytest.mark.parametrize("name", NAMES)
def test_a_draft_answers_every_question_and_quotes_the_source(name: str) -> None:
    source = cases()[name].source
    draft = SERVICE.draft(source, 5)
    assert tuple(a.question for a in draft.answers) == tuple(draft.candidates) == KEYS
    for answer in draft.answers:
        assert answer.confidence is not None
        assert 0 <= answer.confidence <= 1
        for place in answer.evidence:
            if isinstance(place, TextRange):
                assert source.text[place.start : place.end] == place.quote
                assert place.page == source.page_of(place.start)
                assert (place.extractor, place.text_digest) == (
                    source.extractor, source.text_digest,
                )  # fmt: skip
    for found in draft.candidates.values():
        assert len(found) <= 5
        assert [c.confidence for c in found] == sorted((c.confidence for c in found), reverse=True)
        assert all(source.text[c.start : c.end] == c.quote for c in found)


def test_a_draft_has_no_defect_of_form() -> None:
    """Quotes, values and arithmetic of a draft are right by construction."""
    mechanical = {"quote-mismatch", "evidence-missing", "value-form", "date-arithmetic"}
    for case in cases().values():
        draft = SERVICE.draft(case.source, 5)
        drafted = type(case)(case.source, draft.answers)
        assert not {d.code for d in SERVICE.check(drafted)} & mechanical


def test_drafts_agree_with_most_known_answers() -> None:
    right = total = 0
    for case in cases().values():
        for drafted in SERVICE.draft(case.source, 5).answers:
            known = case.answer(drafted.question)
            assert known is not None
            if SERVICE.question(drafted.question).kind is Kind.CHOICE:
                right += drafted.value == known.value
                total += 1
    assert right / total > 0.8


def test_an_effective_date_may_point_to_the_agreement_date() -> None:
    case = cases()["master-services.txt"]
    place = quoting(case, "Statement of Work")
    value, computed = value_of(
        "effective-date", [place], case.source.text, {"agreement-date": "2024-02-19"}
    )
    assert (value, computed[0].result) == ("2024-02-19", "2024-02-19")


def test_an_expiration_shows_its_arithmetic() -> None:
    case = cases()["master-services.txt"]
    place = quoting(case, "for an initial term of three (3) years")
    value, (computed,) = value_of(
        "expiration-date", [place], case.source.text, {"effective-date": "2024-03-01"}
    )
    assert value == computed.result == "2027-03-01"
    assert computed.inputs == {"start": "2024-03-01", "term": "P3Y"}


def test_aliases_go_to_the_names_they_stand_for() -> None:
    text = 'Alder Ltd. and Birch Ltd. agree. "Birch" is the second, "Alder" the first.'
    case = cases()["master-services.txt"]
    spots = [(0, 10), (15, 25), (34, 39), (57, 62)]
    places = [TextRange(case.source.name, a, b, text[a:b]) for a, b in spots]
    assert party_rows(text, places) == [
        {"name": "Alder Ltd.", "alias": "Alder"},
        {"name": "Birch Ltd.", "alias": "Birch"},
    ]
