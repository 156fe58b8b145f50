"""Every code that an act may tell is listed, with the test that fails unless it comes."""

from __future__ import annotations

import ast
import os

from tests.architecture.codes import expected, provoked, tables, told
from tests.architecture.source import EXPECTED
from tests.stages.test_every_route import CODES

FILE = EXPECTED / "refusals.txt"
UPDATE = "OUTWORK_WRITE_EXPECTED"
HEAD = """\
# What an act may refuse, and what it cannot read: every code, two spaces, and a test that fails
# unless that code comes. Written with OUTWORK_WRITE_EXPECTED=1; a code without a test stays out,
# and so fails.
"""


def listed() -> dict[str, str]:
    """code -> test, as the file says."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("  ") for line in lines if not line.startswith("#"))


def test_the_codes_of_acts_are_the_listed_ones() -> None:
    tests = provoked()
    if os.environ.get(UPDATE) == "1":
        kept = listed() if FILE.exists() else {}
        rows = [
            f"{code}  {kept[code] if kept.get(code) in tests[code] else tests[code][0]}"
            for code in sorted(told() & tests.keys())
        ]
        FILE.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    product, here = told(), listed()
    untested = ", ".join(sorted(product - tests.keys()))
    assert not untested, f"no test provokes: {untested}"
    assert sorted(product - here.keys()) == [], f"not listed; run with {UPDATE}=1 if it is meant"
    assert sorted(here.keys() - product) == [], f"nothing tells it; run with {UPDATE}=1"


def test_each_listed_test_fails_unless_its_code_comes() -> None:
    tests = provoked()
    broken = [f"{code}: {test}" for code, test in listed().items() if test not in tests[code]]
    assert not broken, "\n".join(broken)


def test_what_every_route_may_say_is_listed() -> None:
    assert sorted(CODES - listed().keys()) == []


def test_a_code_counts_only_where_a_test_expects_it() -> None:
    module = ast.parse(
        """
TABLE = {"in-a-table": 1}
OTHER = {"elsewhere": 1}

@parametrize(("code", "n"), [("of-a-parameter", 1)])
@parametrize("unused", ["not-handed-on"])
def test(code, n, unused):
    note = "only-said"
    do("passed-on")
    with refused("refused-one", "its-reason"):
        do(OTHER)
    with bad(code):
        do()
    for one in TABLE:
        with raises(BadInput, match=one):
            do()
    for other in ["looped-over"]:
        do(note)
    assert told.code == "asserted", "or-else"
"""
    )
    (test,) = (n for n in module.body if isinstance(n, ast.FunctionDef))
    assert expected(test, tables(module)) == {
        "refused-one", "its-reason", "of-a-parameter", "in-a-table", "asserted",
    }  # fmt: skip
