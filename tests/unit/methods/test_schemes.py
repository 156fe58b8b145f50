"""MIL-STD-105E against a second source, exact rationals and itself; switching; skip-lot."""

from __future__ import annotations

import doctest
import hashlib
from fractions import Fraction
from math import comb

import numpy as np
import pytest

from outwork.methods import mil_std_105e as tables
from outwork.methods import schemes
from outwork.methods.schemes import (
    StagedPlan,
    Switching,
    code_letter,
    lot_acceptance,
    process_acceptance,
    scheme_acceptance,
    skip_lot,
    standard_plan,
    switched,
)

SEVERITIES = ("normal", "tightened", "reduced")
# AC-TABLE.ASC, table 1-A (normal, level II) and 1-B (tightened, level III): rejection numbers at
# AQL .65 to 15, "v" and "^" for its arrows.
SECOND = {
    "normal": {
        "E": "v 1 ^ v 2 3 4 6", "F": "1 ^ v 2 3 4 6 8", "G": "^ v 2 3 4 6 8 11",
        "H": "v 2 3 4 6 8 11 15", "J": "2 3 4 6 8 11 15 22", "K": "3 4 6 8 11 15 22 ^",
        "L": "4 6 8 11 15 22 ^ ^", "M": "6 8 11 15 22 ^ ^ ^", "N": "8 11 15 22 ^ ^ ^ ^",
        "P": "11 15 22 ^ ^ ^ ^ ^", "Q": "15 22 ^ ^ ^ ^ ^ ^",
    },
    "tightened": {
        "E": "v v 1 v v 2 3 4", "F": "v 1 v v 2 3 4 6", "G": "1 v v 2 3 4 6 9",
        "H": "v v 2 3 4 6 9 13", "J": "v 2 3 4 6 9 13 19", "K": "2 3 4 6 9 13 19 ^",
        "L": "3 4 6 9 13 19 ^ ^",
    },
}  # fmt: skip


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(schemes).failed == 0


@pytest.mark.parametrize(
    ("severity", "letter"), [(s, letter) for s, rows in SECOND.items() for letter in rows]
)
def test_second_source_agrees(severity: schemes.Severity, letter: str) -> None:
    row = next(r for r in schemes._master(severity) if r[0] == letter)
    columns = range(tables.AQLS.index("0.65"), tables.AQLS.index("15") + 1)
    ours = [row[2 + c] for c in columns]
    stated = [x if x in "v^" else str(int(x) + 1) for x in ours]
    assert " ".join(stated) == SECOND[severity][letter]


def test_every_cell_is_the_source_s() -> None:
    """The digest is of the first source's 3,744 cells: 3,723 as they are there; 8 where the source
    does not follow its own arrow, and 13 that are refused."""
    places = [
        (severity, letter, column)
        for severity in SEVERITIES
        for letter in "ABCDEFGHJKLMNPQR"
        for column in range(len(tables.AQLS))
    ]
    text = "\n".join(
        f"{severity} {letter} {tables.AQLS[column]} {schemes._cell(letter, column, severity)}"
        f" {_staged(severity, letter, column, 'double')}"
        f" {_staged(severity, letter, column, 'multiple')}"
        for severity, letter, column in places
    )
    assert hashlib.sha256(text.encode()).hexdigest() == DIGEST


DIGEST = "76a7545899753f376a26d7436054af46958487693f74d294457c694aa3992aec"


def _staged(severity: str, letter: str, column: int, kind: str) -> str:
    landed, _, cell = schemes._cell(letter, column, severity)  # type: ignore[arg-type]
    plans = tables.DOUBLE if kind == "double" else tables.MULTIPLE
    sizes = schemes._double_sizes() if kind == "double" else schemes._multiple_sizes()
    found = schemes._staged(kind, severity, landed, cell, plans, sizes)  # type: ignore[arg-type]
    return "-" if found is None else f"{found.sizes} {found.accept} {found.reject}"


def _cells(severity: schemes.Severity) -> list[tuple[str, int, str]]:
    """The cells of a table that hold a plan of their own."""
    return [
        (row[0], int(row[1]), cell)
        for row in schemes._master(severity)
        for cell in row[2:]
        if cell not in ("v", "^", "-")
    ]


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("kind", ["double", "multiple"])
def test_staged_plans_have_the_curve_of_the_single_plan(
    severity: schemes.Severity, kind: schemes.Kind
) -> None:
    """The second check of tables with one source: where the single plan accepts 90, 50, 10 %."""
    plans = tables.DOUBLE if kind == "double" else tables.MULTIPLE
    sizes = schemes._double_sizes() if kind == "double" else schemes._multiple_sizes()
    seen = set()
    for letter, size, cell in _cells(severity):
        found = schemes._staged(kind, severity, letter, cell, plans, sizes)
        if found is None or size not in (32, 80, 200) or cell in seen:
            continue
        seen.add(cell)
        numbers = cell if "/" in cell else f"{cell}/{int(cell) + 1}"
        single = schemes._read("single", letter, size, numbers, 1)
        grid = np.linspace(0, 1, 201)
        curve = np.array([process_acceptance(single, float(p))[0] for p in grid])
        for level in (0.9, 0.5, 0.1):
            p = float(np.interp(-level, -curve, grid))
            near = 0.15 if severity == "reduced" else 0.075  # there Ac and Re leave a gap
            assert abs(process_acceptance(found, p)[0] - level) < near, (letter, cell, level)
    assert len(seen) >= 6


@pytest.mark.parametrize("severity", SEVERITIES)
def test_tables_are_regular(severity: schemes.Severity) -> None:
    """Along a column acceptance numbers grow with the sample, and so do they along a row."""
    rows = schemes._master(severity)
    for row in rows[:16]:
        numbers = [int(c.split("/")[0]) for c in row[2:] if c not in ("v", "^", "-")]
        assert numbers == sorted(numbers)
    for column in range(26):
        numbers = [
            int(r[2 + column].split("/")[0]) for r in rows if r[2 + column] not in ("v", "^", "-")
        ]
        assert numbers == sorted(numbers)


def test_good_lots_pass_at_their_aql() -> None:
    """Under normal inspection between 87 and 99.95 % of lots at the AQL."""
    for lot in (100, 1000, 6400, 100_000):
        for aql in ("0.65", "1.0", "2.5", "4.0"):
            found = standard_plan(lot, aql)
            assert 0.87 < process_acceptance(found, float(aql) / 100)[0] < 0.9995


def test_published_points_of_a_scheme() -> None:
    """AQLSchemes' vignette: n=200, c=7 and 5 together accept 95 % at .019296, 10 % at .045884.

    Its points are read off a curve drawn through multiples of .001 by straight lines, which lies
    below the curve where that bends down: at .019296 itself the scheme accepts 95.05 %, and 95 %
    at .01933. So the same is done here, and every published digit must come out.
    """
    normal = standard_plan(6400, "1.5")
    tightened = standard_plan(6400, "1.5", severity="tightened")
    assert (normal.sizes, normal.accept, tightened.accept) == ((200,), (7,), (5,))
    grid = np.arange(1, 101) / 1000
    curve = [
        scheme_acceptance(*(process_acceptance(p, float(x))[0] for p in (normal, tightened)))
        for x in grid
    ]
    for published, chance in ((0.019296, 0.95), (0.045884, 0.10)):
        read = np.interp(-chance, -np.array(curve), grid)
        assert read == pytest.approx(published, abs=5e-7)


def test_lot_acceptance_is_the_rational_number() -> None:
    agreed, lot, bad = StagedPlan("double", "F", (13, 13), (0, 3), (3, 4)), 90, 7

    def draw(x: int, n: int, d: int, m: int) -> Fraction:
        return Fraction(comb(d, x) * comb(m - d, n - x), comb(m, n))

    exact, second = draw(0, 13, bad, lot), Fraction(0)
    for first in (1, 2):
        chance = draw(first, 13, bad, lot)
        second += chance
        exact += chance * sum(draw(x, 13, bad - first, lot - 13) for x in range(4 - first))
    accepted, inspected = lot_acceptance(agreed, lot, bad)
    assert accepted == pytest.approx(float(exact), abs=1e-12)
    assert inspected == pytest.approx(13 + 13 * float(second), abs=1e-10)


def test_arrows_small_lots_and_what_is_refused() -> None:
    assert code_letter(1000) == "J"
    assert code_letter(2, "S-1") == "A"
    assert code_letter(10**9, "III") == "R"
    assert standard_plan(100, "1.0").sizes == (13,)  # the arrow of letter F points up to E
    assert standard_plan(5, "0.65") == StagedPlan("single", "F", (5,), (0,), (1,))
    assert standard_plan(1000, "1.0", kind="multiple").accept == (-1, 0, 0, 1, 2, 3, 4)
    assert standard_plan(1000, "0.15", kind="double").kind == "single"
    assert standard_plan(20, "10", kind="multiple").kind == "double"
    with pytest.raises(ValueError, match="is refused: the source's first rejection number"):
        standard_plan(1000, "2.5", severity="tightened", kind="multiple")
    for wrong in ({"aql": "0.5"}, {"level": "IV"}, {"severity": "severe"}, {"kind": "triple"}):
        with pytest.raises(ValueError, match=r"^(aql|level|severity, kind): "):
            standard_plan(**({"lot": 1000, "aql": "1.0"} | wrong))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^lot: "):
        code_letter(1)


def _run(outcomes: str, start: Switching | None = None, **more: bool) -> Switching:
    at = start or Switching()
    for outcome in outcomes:
        at = switched(at, outcome == "a", **more)
    return at


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ("rr", "tightened"), ("raaar", "tightened"), ("raaaar", "normal"), ("arar", "tightened"),
        ("rraaaaa", "normal"), ("rraaaara", "tightened"), ("rrrrrrr", "discontinued"),
        ("rrararararar", "discontinued"), ("rrrrrraaaaarr", "tightened"),
    ],
)  # fmt: skip
def test_switching_by_outcomes(outcomes: str, state: str) -> None:
    assert _run(outcomes).state == state


def test_reduced_inspection_is_earned_and_lost() -> None:
    earned = {"within_limit": True, "desired": True}
    assert _run("a" * 10).state == "normal"
    assert _run("a" * 9, **earned).state == "normal"
    assert _run("a" * 10, **earned, steady=False).state == "normal"
    reduced = _run("a" * 10, **earned)
    assert reduced.state == "reduced"
    assert _run("ra" + "a" * 9, **earned).state == "reduced"
    assert switched(reduced, True).state == "reduced"
    assert switched(reduced, False).state == "normal"
    assert switched(reduced, True, beyond=True).state == "normal"
    assert switched(reduced, True, steady=False).state == "normal"
    with pytest.raises(ValueError, match=r"^beyond: "):
        switched(Switching(), True, beyond=True)
    with pytest.raises(ValueError, match=r"^at: "):
        switched(Switching("discontinued"), True)


@pytest.mark.parametrize(("p", "i", "f"), [(0.95, 4, 0.5), (0.6, 2, 0.25), (0.99, 10, 0.2)])
def test_skip_lot_is_its_chain_s_long_run(p: float, i: int, f: float) -> None:
    """States 0 to i - 1 count accepted lots on the way to clearance; i skips."""
    move = np.zeros((i + 1, i + 1))
    for k in range(i):
        move[k, k + 1], move[k, 0] = p, 1 - p
    move[i, i], move[i, 0] = 1 - f * (1 - p), f * (1 - p)
    long = np.linalg.matrix_power(move, 100_000)[0]
    accepted = long[:i].sum() * p + long[i] * (1 - f * (1 - p))
    inspected = long[:i].sum() + long[i] * f
    assert skip_lot(p, i, f) == pytest.approx((accepted, inspected), abs=1e-9)


def test_bad_input_is_named() -> None:
    for wrong in ((1.1, 4, 0.5), (0.9, 0, 0.5), (0.9, 4, 0.0)):
        with pytest.raises(ValueError, match=r"^(accepted|clearance|fraction): "):
            skip_lot(*wrong)
    with pytest.raises(ValueError, match=r"^sizes: "):
        StagedPlan("double", "F", (13, 13), (0,), (3, 4))
    with pytest.raises(ValueError, match=r"^accept: "):
        StagedPlan("single", "F", (13,), (2,), (2,))
    with pytest.raises(ValueError, match=r"^defectives: "):
        lot_acceptance(StagedPlan("single", "F", (13,), (1,), (2,)), 20, 21)
    assert scheme_acceptance(1.0, 0.5) == 1.0
    assert scheme_acceptance(0.5, 0.0) == 0.0
