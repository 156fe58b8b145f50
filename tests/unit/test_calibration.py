"""Who said the same, what has to be discussed, and what a session shows of a rater."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.service import right, tiny_service

from outwork import methods
from outwork.stages.assurance.calibration import (
    MISSING,
    RaterState,
    differs,
    grouped,
    judged,
)
from outwork.vocabulary import Answer

TEXT = "Agreement 1.\nIt binds from 2026-01-02 and ends.\nThe law of Ghana governs.\n"


def answers(law: str) -> list[Answer]:
    """Right answers but for the law."""
    return [
        Answer(a.question, law if a.question == "governing-law" else a.value)
        for a in right("one.txt", TEXT)
    ]


def test_equal_answers_have_equal_numbers_and_who_did_not_answer_none() -> None:
    laws = ["Ghana", "Peru", None, "  PERU ", "Norway"]
    found = grouped(tiny_service(), [law and answers(law) for law in laws], None)
    assert found["governing-law"] == (1, 2, MISSING, 2, 3)
    assert found["renewal"] == (1, 1, MISSING, 1, 1)


def test_who_answers_as_was_agreed_has_number_0() -> None:
    laws = ["Ghana", "Peru", "ghana"]
    found = grouped(tiny_service(), [answers(law) for law in laws], answers("Ghana"))
    assert found["governing-law"] == (0, 1, 0)
    found = grouped(tiny_service(), [answers("Peru"), answers("Peru")], answers("Ghana"))
    assert found["governing-law"] == (1, 1)


@pytest.mark.parametrize(
    ("numbers", "agreed", "wanted"),
    [
        ((1, 1, MISSING), False, False),
        ((1, 2), False, True),
        ((MISSING, MISSING), False, False),
        ((0, 0), True, False),
        ((1, 1), True, True),  # all say the same, and not what was agreed
        ((0, 1), True, True),
    ],
)
def test_what_has_to_be_discussed(numbers: tuple[int, ...], agreed: bool, wanted: bool) -> None:
    assert differs(numbers, agreed=agreed) is wanted


@settings(deadline=None)
@given(st.integers(1, 400), st.data())
def test_a_rater_is_judged_by_the_bounds_and_never_by_the_point(
    asked: int, data: st.DataObject
) -> None:
    right_ = data.draw(st.integers(0, asked))
    bar, confidence = Decimal("0.9"), Decimal("0.95")
    found = judged(right_, asked, bar, confidence)
    exact = methods.binomial_lower(right_, asked, 0.95)
    assert float(found.lower) <= exact <= right_ / asked <= float(found.upper)
    assert (found.state is RaterState.CALIBRATED) is (found.lower >= bar)
    assert (found.state is RaterState.RETRAIN) is (found.upper < bar)


def test_who_answered_nothing_is_not_judged() -> None:
    found = judged(0, 0, Decimal("0.9"), Decimal("0.95"))
    assert (found.lower, found.upper, found.state) == (0, 1, RaterState.UNDECIDED)
