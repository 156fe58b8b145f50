"""Agreement against printed values and the definitions, pair by pair."""

from __future__ import annotations

import doctest
import itertools
import math

import numpy as np
import pytest

from outwork.methods import agreement
from outwork.methods.agreement import METRICS, alpha, cohen, fleiss, gwet

_ = math.nan
# Krippendorff (2011), section D: four observers, twelve units.
FOUR = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
    [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
]
# Three coders, fifteen units.
THREE = [
    [_, _, _, _, _, 3, 4, 1, 2, 1, 1, 3, 3, _, 3],
    [1, _, 2, 1, 3, 3, 4, 3, _, _, _, _, _, _, _],
    [_, _, 2, 1, 3, 4, 4, _, 2, 1, 1, 3, 3, _, 4],
]
# Gwet (2014), page 120: four raters, twelve subjects; and five observers, fifteen subjects.
RATERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, _],
    [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
]
OBSERVERS = [
    [1, 1, 2, _, 0, 0, 1, 1, 2, 2, _, 0, 1, 3, 1],
    [1, 1, 3, 0, 0, 0, 0, _, 2, 1, 1, 0, 2, 3, 1],
    [2, 0, 3, 0, 0, 0, 2, 2, 2, 1, 0, 0, 2, 2, 1],
    [_, 1, 3, _, _, _, _, 0, _, 1, 0, 0, 2, 2, _],
    [2, _, _, 0, 0, 0, 1, _, 2, _, _, _, _, 3, 1],
]


def long_form(matrix: list[list[float]], less: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """units and values of an observers x units matrix; ``less`` makes classes start at 0."""
    table = np.array(matrix, dtype=float)
    _observer, unit = np.nonzero(~np.isnan(table))
    return unit, table[~np.isnan(table)] - less


def slow_alpha(matrix: list[list[float]], metric: str) -> float:
    """Every ordered pair of values in every unit, and of all values, by the metric's formula."""
    table = np.array(matrix, dtype=float)
    columns = [[v for v in c if not math.isnan(v)] for c in table.T]
    columns = [c for c in columns if len(c) > 1]
    everything = sorted(itertools.chain.from_iterable(columns))
    names = sorted(set(everything))
    low, high = names[0], names[-1]

    def apart(c: float, k: float) -> float:
        if c == k:
            return 0.0
        if metric == "nominal":
            return 1.0
        if metric == "ordinal":
            between = sum(min(c, k) <= v <= max(c, k) for v in everything)
            return (between - (everything.count(c) + everything.count(k)) / 2) ** 2
        if metric == "interval":
            return (c - k) ** 2
        if metric == "ratio":
            return ((c - k) / (c + k)) ** 2
        if metric == "circular":
            return math.sin(math.pi * (c - k) / (high + 1)) ** 2
        return (c - k) ** 2 / ((c + k - 2 * low) * (2 * high - c - k))

    n = len(everything)
    observed = sum(
        apart(a, b) / (len(c) - 1) for c in columns for a, b in itertools.permutations(c, 2)
    )
    expected = sum(apart(a, b) for a, b in itertools.permutations(everything, 2)) / (n - 1)
    return 1 - observed / expected


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(agreement).failed == 0


@pytest.mark.parametrize(
    ("metric", "printed"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_krippendorff_s_example(metric: str, printed: float) -> None:
    assert alpha(*long_form(FOUR), metric).value == pytest.approx(printed, abs=5e-4)


@pytest.mark.parametrize(("metric", "printed"), [("nominal", 0.691358), ("interval", 0.810845)])
def test_three_coders(metric: str, printed: float) -> None:
    assert alpha(*long_form(THREE), metric).value == pytest.approx(printed, abs=5e-7)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("matrix", [FOUR, THREE, OBSERVERS])
def test_alpha_is_its_definition(matrix: list[list[float]], metric: str) -> None:
    if metric == "ratio" and matrix is OBSERVERS:
        matrix = [[value + 1 for value in row] for row in matrix]
    found = alpha(*long_form(matrix), metric)
    assert found.value == pytest.approx(slow_alpha(matrix, metric), abs=1e-12)
    assert found.value == pytest.approx(
        (found.observed - found.expected) / (1 - found.expected), abs=1e-9
    )


def test_gwet_s_raters() -> None:
    found = gwet(*long_form(RATERS, 1))
    assert (round(found.observed, 3), round(found.expected, 3)) == (0.818, 0.190)
    assert found.value == pytest.approx(0.775, abs=5e-4)
    assert gwet(*long_form(RATERS, 1), "linear").value == pytest.approx(0.859, abs=5e-4)
    assert gwet(*long_form(RATERS, 1), "quadratic").value == pytest.approx(0.914, abs=5e-4)
    assert gwet(*long_form(OBSERVERS)).value == pytest.approx(0.497, abs=5e-4)


def test_fleiss_with_missing_ratings() -> None:
    found = fleiss(*long_form(RATERS, 1))
    assert (round(found.observed, 3), round(found.expected, 3)) == (0.818, 0.239)
    assert found.value == pytest.approx(0.761, abs=5e-4)
    assert fleiss(*long_form(RATERS, 1), "linear").value == pytest.approx(0.818, abs=5e-4)
    assert fleiss(*long_form(RATERS, 1), "quadratic").value == pytest.approx(0.865, abs=5e-4)
    assert fleiss(*long_form(OBSERVERS)).value == pytest.approx(0.458, abs=5e-4)


def test_cohen_on_gwet_s_abstractors() -> None:
    """100 women, two abstractors: Gwet (2014), 3 x 3 table of pregnancy types."""
    table = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
    a = [i for i in range(3) for j in range(3) for _ in range(table[i][j])]
    b = [j for i in range(3) for j in range(3) for _ in range(table[i][j])]
    found = cohen(a, b)
    assert found.observed == pytest.approx(0.89)
    assert found.expected == pytest.approx(0.13 * 0.13 + 0.27 * 0.24 + 0.60 * 0.63)
    assert found.value == pytest.approx(0.4303 / 0.5403, abs=1e-4)
    assert cohen(a, b, "quadratic").value > found.value
    assert cohen(b, a, "linear").value == pytest.approx(cohen(a, b, "linear").value)


def test_perfect_and_worst_agreement() -> None:
    units = np.repeat(np.arange(10), 3)
    same = np.repeat(np.arange(10) % 4, 3)
    for metric in METRICS:
        found = alpha(units, same, metric, resamples=20)
        assert found.value == pytest.approx(1.0)
        assert found.low == pytest.approx(1.0)
    assert gwet(units, same).value == fleiss(units, same).value == pytest.approx(1.0)
    assert alpha([0, 0, 1, 1], [0, 1, 1, 0]).value < 0


def test_interval_covers_about_as_often_as_stated() -> None:
    """Alpha of binary judgments that are right with 0.8 is 0.36 for even classes."""
    covered = 0
    for seed in range(40):
        chance = np.random.default_rng(seed)
        truth = chance.integers(0, 2, 120)
        wrong = chance.random((120, 3)) > 0.8
        values = np.where(wrong, 1 - truth[:, None], truth[:, None]).ravel()
        found = alpha(np.repeat(np.arange(120), 3), values, resamples=80, seed=seed)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.36 <= found.high
    assert covered >= 34


def test_same_seed_same_interval() -> None:
    one = alpha(*long_form(FOUR), resamples=50, seed=7)
    assert one == alpha(*long_form(FOUR), resamples=50, seed=7)
    assert one != alpha(*long_form(FOUR), resamples=50, seed=8)


@pytest.mark.parametrize(
    ("units", "values", "settings", "named"),
    [
        ([], [], {}, "units"),
        ([0, 1], [1, 1], {}, "units"),
        ([0, 0], [1, 1], {}, "values"),
        ([0, 0], [1], {}, "values"),
        ([0, 0], [1, math.nan], {}, "values"),
        ([0, 0], ["a", "b"], {}, "values"),
        ([-1, 0], [1, 2], {}, "units"),
        ([0, 0], [1, 2], {"metric": "taste"}, "metric"),
        ([0, 0], [-1, 2], {"metric": "ratio"}, "values"),
        ([0, 0], [1, 2], {"confidence": 2.0}, "confidence"),
        ([0, 0], [1, 2], {"resamples": -1}, "resamples"),
    ],
)
def test_bad_input_is_named(
    units: object, values: object, settings: dict[str, object], named: str
) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        alpha(units, values, **settings)  # type: ignore[arg-type]


def test_bad_labels_are_named() -> None:
    for coefficient in (fleiss, gwet):
        with pytest.raises(ValueError, match=r"^labels: "):
            coefficient([0, 0], [1, 1])
        with pytest.raises(ValueError, match=r"^weights: "):
            coefficient([0, 0], [0, 1], "cubic")
        with pytest.raises(ValueError, match=r"^units: "):
            coefficient([0, 1], [0, 1])
    with pytest.raises(ValueError, match=r"^values: "):
        cohen([1, 1], [1, 1])
    with pytest.raises(ValueError, match=r"^b: "):
        cohen([1, 1], [1])
