"""Every code that is raised has words, and every word has a code."""

from __future__ import annotations

import importlib

from tests.architecture.codes import raised

from outwork.interfaces.wording import DONE, MESSAGES, ONE, explain
from outwork.operation import ACTS

# Codes that reach the words as values, not as the first argument of one of the raisers.
INDIRECT = {
    "already-submitted",
    "not-reserved",
    "reservation-expired",
    "not-found",
    "engagement-file",
    "no-text-layer",
    "cursor-malformed",
    "witness-damaged",
    "witness-ahead",
    "witness-unreachable",
    "witness-unreadable",
    "witness-elsewhere",
    "witness-refuses",
}


def test_every_code_has_words() -> None:
    missing = sorted(raised() - set(MESSAGES))
    assert not missing, f"no words for: {', '.join(missing)}"


def test_no_words_without_a_code() -> None:
    unused = sorted(set(MESSAGES) - raised() - INDIRECT)
    assert not unused, f"nothing raises: {', '.join(unused)}"


def test_missing_parameters_never_break_a_message() -> None:
    for code in MESSAGES:
        assert "%(" not in explain(code, {})


def test_counts_are_said_in_the_singular_too() -> None:
    assert explain("rework-open", {"count": 1}) == "1 item is in rework."
    assert explain("rework-open", {"count": 2}) == "2 items are in rework."
    assert set(ONE) <= set(MESSAGES)


def test_what_is_said_after_an_act_belongs_to_an_act() -> None:
    importlib.import_module("outwork.stages.acceptance")
    assert set(DONE) <= set(ACTS)
