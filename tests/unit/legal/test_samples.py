"""The samples are complete, their quotes are their texts', and nothing is wrong with them."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.unit.legal.batch import cases

from outwork.vocabulary import TextRange
from outwork_practices.legal.contract_management import SERVICE
from outwork_practices.legal.contract_management import samples as module
from outwork_practices.legal.contract_management.categories import KEYS
from outwork_practices.legal.contract_management.checks import check
from outwork_practices.legal.contract_management.samples import canonical_text, samples
from outwork_practices.legal.contract_management.values import value_of

NAMES = sorted(sample.name for sample in samples())


def test_there_are_enough_of_them_in_every_format() -> None:
    assert len(NAMES) >= 10
    assert {name.rsplit(".", 1)[1] for name in NAMES} == {"txt", "docx", "pdf", "html"}


@pytest.mark.parametrize("name", NAMES)
def test_every_question_is_answered_once_in_order(name: str) -> None:
    assert tuple(a.question for a in cases()[name].answers) == KEYS


@pytest.mark.parametrize("name", NAMES)
def test_the_canonical_text_is_what_the_reader_gives(name: str) -> None:
    assert cases()[name].source.text == canonical_text(name)


@pytest.mark.parametrize("name", NAMES)
def test_quotes_stand_at_their_offsets_and_pages(name: str) -> None:
    case = cases()[name]
    for answer in case.answers:
        for place in answer.evidence:
            assert isinstance(place, TextRange)
            assert case.source.text[place.start : place.end] == place.quote
            assert place.page == case.source.page_of(place.start)
            assert place.text_digest == case.source.text_digest


@pytest.mark.parametrize("name", NAMES)
def test_known_answers_have_no_defect(name: str) -> None:
    assert check(cases()[name]) == ()


@pytest.mark.parametrize("name", NAMES)
def test_values_follow_from_their_quotes(name: str) -> None:
    """The known value is what its evidence says, by the rules that also read drafts."""
    case, known = cases()[name], {}
    for answer in case.answers:
        places = [e for e in answer.evidence if isinstance(e, TextRange)]
        value, _ = value_of(answer.question, places, case.source.text, known)
        known[answer.question] = answer.value
        assert str(value).casefold() == str(answer.value).casefold()


def test_every_category_is_present_twice_and_absent_twice() -> None:
    present = Counter(a.question for c in cases().values() for a in c.answers if a.evidence)
    assert all(2 <= present[key] <= len(NAMES) - 2 for key in KEYS)


def test_a_quote_that_is_not_unique_or_not_there_is_refused() -> None:
    digest = cases()[NAMES[0]].source.text_digest
    for text, known in (
        ("a b a", {"quote": "a"}),
        ("a b", {"quote": "c"}),
        ("a b", {"quote": "a", "occurrence": 2}),
    ):
        with pytest.raises(ValueError, match="occurs"):
            module._located("x.txt", text, digest, [0], known)
    second = module._located("x.txt", "a b a", digest, [0, 3], {"quote": "a", "occurrence": 2})
    assert (second.start, second.page) == (4, 2)


def test_the_service_is_whole() -> None:
    assert tuple(q.key for q in SERVICE.questions) == KEYS
    clauses = {clause.id for clause in SERVICE.guideline}
    assert {q.clause for q in SERVICE.questions} <= clauses
    assert len(clauses) == len(SERVICE.guideline)
    assert all(len(clause.text) > 60 for clause in SERVICE.guideline)
    assert SERVICE.question("governing-law").label == "Governing Law"
