"""Every kind of question: same, almost the same, different, not present, not of the kind."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

from outwork.methods import comparators
from outwork.methods.comparators import KINDS, agree, similarity
from outwork.vocabulary import Kind

DIGEST = "ab" * 32
USD = {"value": "100", "unit": "USD"}
CASES: list[tuple[str, Any, Any, dict[str, Any], float]] = [
    ("choice", "yes", "yes", {}, 1.0),
    ("choice", "yes", "no", {}, 0.0),
    ("multi-choice", ["a", "b"], ["b", "a"], {}, 1.0),
    ("multi-choice", ["a", "b"], ["b", "c"], {}, 1 / 3),
    ("multi-choice", [], [], {}, 1.0),
    ("number", USD, {"value": "100.00", "unit": "USD"}, {}, 1.0),
    ("number", USD, {"value": "100", "unit": "EUR"}, {}, 0.0),
    ("number", USD, {"value": "100"}, {}, 0.0),
    ("number", USD, {"value": "100.5", "unit": "USD"}, {"absolute": "0.5"}, 1.0),
    ("number", USD, {"value": "80", "unit": "USD"}, {"absolute": "0.5"}, 0.8),
    ("number", USD, {"value": "99", "unit": "USD"}, {"relative": "0.01"}, 1.0),
    ("number", USD, {"value": "-100", "unit": "USD"}, {}, 0.0),
    ("number", {"value": "0"}, {"value": "-0.0"}, {}, 1.0),
    ("date", "2026-02-28", "2026-02-28", {}, 1.0),
    ("date", "2026-02-28", "2026-03-01", {}, 0.0),
    ("date", "2026-02-28", "2026-03-01", {"tolerance_days": 1}, 1.0),
    ("text", "The  State of New-York.", "the state of new york", {}, 1.0),
    ("text", "ＡＢＣ", "abc", {}, 1.0),
    ("text", "New York", "Delaware", {}, 0.0),
    ("text", "one two three", "one two", {"match": "tokens"}, 0.8),
    ("text", "東京地方裁判所", "東京高等裁判所", {"match": "tokens"}, 5 / 7),
    ("text", "§", "§", {}, 1.0),
    ("text", "§", "¶", {"match": "tokens"}, 0.0),
    ("spans", [[0, 10]], [[0, 10]], {}, 1.0),
    ("spans", [[0, 10]], [[5, 15]], {}, 1 / 3),
    ("spans", [[0, 5], [5, 10]], [[0, 10]], {}, 1.0),
    ("spans", [[0, 4], [2, 6], [8, 9]], [[3, 9]], {}, 4 / 9),
    ("spans", [], [], {}, 1.0),
    ("spans", [], [[0, 1]], {}, 0.0),
    ("spans", ["governed by the laws of Ohio"], ["by the laws of Ohio"], {}, 1.0),
    ("spans", ["a b", "c d"], ["a b", "x y"], {}, 0.5),
    ("spans", ["a b", "a b c"], ["a b c", "a b c d e"], {}, 1.0),
    ("ranking", ["a", "b", "c"], ["a", "b", "c"], {}, 1.0),
    ("ranking", ["a", "b", "c"], ["c", "b", "a"], {}, 0.0),
    ("ranking", ["a", "b", "c"], ["a", "c", "b"], {}, 2 / 3),
    ("ranking", ["a", "b"], ["a", "c"], {}, 2 / 3),
    ("ranking", ["a"], [], {}, 0.0),
    ("ranking", [], [], {}, 1.0),
    ("table", [{"k": "x", "v": 1}], [{"k": "x", "v": 1}], {"keys": ["k"]}, 1.0),
    ("table", [{"k": "x", "v": 1, "w": "A"}], [{"k": "X", "v": 2, "w": "a"}], {"keys": ["k"]}, 0.5),
    ("table", [{"k": "x", "v": 1}], [{"k": "y", "v": 1}], {"keys": ["k"]}, 0.0),
    ("table", [{"k": "x"}, {"k": "x"}], [{"k": "x"}], {"keys": ["k"]}, 0.5),
    ("table", [{"v": 1}], [{"v": 1}, {"v": 2}], {}, 0.5),
    ("table", [], [], {"keys": ["k"]}, 1.0),
    (
        "table",
        [{"k": "x", "v": {"value": "1.004"}}],
        [{"k": "x", "v": {"value": "1"}}],
        {"keys": ["k"], "columns": {"v": {"kind": "number", "relative": "0.01"}}},
        1.0,
    ),
    ("rating", 4, 4, {}, 1.0),
    ("rating", 2, 4, {}, 0.5),
    ("rating", 3, 4, {"tolerance": 1}, 1.0),
    ("rating", 0, 10, {"low": 0, "high": 10}, 0.0),
    ("file", DIGEST, DIGEST.upper(), {}, 1.0),
    ("file", DIGEST, "cd" * 32, {}, 0.0),
]
SAMPLES = {kind: next(a for k, a, _, _, _ in CASES if k == kind and a) for kind in KINDS}


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(comparators).failed == 0


def test_every_kind_of_the_vocabulary_has_its_comparator() -> None:
    assert set(KINDS) == {kind.value for kind in Kind}
    assert agree(Kind.CHOICE, "a", "a")


@pytest.mark.parametrize(("kind", "a", "b", "settings", "expected"), CASES)
def test_similarity(kind: str, a: Any, b: Any, settings: dict[str, Any], expected: float) -> None:
    assert similarity(kind, a, b, **settings) == pytest.approx(expected)
    assert similarity(kind, b, a, **settings) == similarity(kind, a, b, **settings)


@pytest.mark.parametrize("kind", KINDS)
def test_not_present(kind: str) -> None:
    assert similarity(kind, None, None) == 1.0
    assert similarity(kind, SAMPLES[kind], None) == similarity(kind, None, SAMPLES[kind]) == 0.0
    assert agree(kind, None, None)
    assert not agree(kind, None, SAMPLES[kind])


def test_thresholds() -> None:
    assert agree("spans", [[0, 10]], [[0, 6]])
    assert not agree("spans", [[0, 10]], [[0, 6]], threshold=0.7)
    assert agree("text", "one two three", "one two", match="tokens")
    assert not agree("text", "one two three four", "one two", match="tokens")
    assert not agree("multi-choice", ["a", "b"], ["a"])
    assert agree("multi-choice", ["a", "b"], ["a"], threshold=0.5)


def test_a_hair_outside_the_tolerance_is_outside() -> None:
    far = {"value": "1" + "0" * 20 + ".1", "unit": None}
    assert not agree("number", {"value": "1" + "0" * 20, "unit": None}, far)
    assert agree("number", {"value": "0.3"}, {"value": "0.1"}, absolute="0.2")


@pytest.mark.parametrize(
    ("kind", "a", "b", "settings", "named"),
    [
        ("colour", 1, 1, {}, "kind"),
        (["choice"], 1, 1, {}, "kind"),
        ("choice", "a", 3, {}, "choice"),
        ("choice", "a", "a", {"absolute": 1}, "absolute"),
        ("multi-choice", "ab", ["a"], {}, "multi-choice"),
        ("number", "100", USD, {}, "number"),
        ("number", {"value": "ten"}, USD, {}, "number"),
        ("number", {"value": "NaN"}, USD, {}, "number"),
        ("number", USD, USD, {"absolute": "-1"}, "absolute"),
        ("number", USD, USD, {"relative": "x"}, "relative"),
        ("date", "20260228", "2026-02-28", {}, "date"),
        ("date", "2026-02-30", "2026-02-28", {}, "date"),
        ("date", "2026-02-28", "2026-02-28", {"tolerance_days": "1"}, "tolerance_days"),
        ("text", 5, "5", {}, "text"),
        ("text", "a", "b", {"match": "fuzzy"}, "match"),
        ("spans", [[5, 3]], [[0, 1]], {}, "spans"),
        ("spans", [[0, 1]], ["quote"], {}, "spans"),
        ("spans", [[0]], [], {}, "spans"),
        ("ranking", ["a", "a"], ["a"], {}, "ranking"),
        ("table", {"k": 1}, [], {}, "table"),
        ("table", [{"v": 1}], [], {"keys": ["k"]}, "table"),
        ("rating", 6, 1, {}, "rating"),
        ("rating", 2.5, 1, {}, "rating"),
        ("rating", 1, 1, {"low": 5, "high": 5}, "low"),
        ("file", "abc", DIGEST, {}, "file"),
    ],
)
def test_bad_values_are_named(
    kind: Any, a: Any, b: Any, settings: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        similarity(kind, a, b, **settings)
    with pytest.raises(ValueError, match=f"^{named}: "):
        agree(kind, a, b, **settings)


def test_bad_thresholds() -> None:
    for wrong in (0, 1.5, "high", True):
        with pytest.raises(ValueError, match=r"^threshold: "):
            agree("choice", "a", "a", threshold=wrong)
