"""Codes of refusals as the source tells them and as tests provoke them, from syntax trees."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.architecture.source import ROOT, SRC

from outwork.interfaces.wording import MESSAGES

# Calls whose argument at a place is a code; the kind of thing that is raised or told with it.
RAISERS = {
    "Refusal": 0, "BadInput": 0, "Reason": 0, "_Bad": 0,
    "needs": 2, "PersonNeeded": 1, "_bad": 1, "Fault": 2, "signature": 1,
}  # fmt: skip
# Calls by which a test says which code has to come: all their constants are codes.
EXPECTING = {"refused", "bad", "missing", "Refused", "raises", "Reason"}
# Where acts do not run: what these tell is about files, terminals and other machines.
BESIDE_ACTS = ("outwork/interfaces/", "outwork/conduct/", "outwork/conformance/")


def constants(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Every string below these nodes."""
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield inner.value


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "id", getattr(node.func, "attr", "")))


def _said(node: ast.expr) -> Iterator[str]:
    """The codes that an argument may be: a constant, or either side of a condition."""
    if isinstance(node, ast.IfExp):
        yield from _said(node.body)
        yield from _said(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def raised(acts_only: bool = False) -> set[str]:
    """Every code that is the argument of a raiser; `acts_only` leaves interfaces and runs out."""
    found: set[str] = set()
    for path in _acting() if acts_only else sorted((SRC / "outwork").rglob("*.py")):
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Call):
                place = RAISERS.get(_called(node))
                if place is not None and len(node.args) > place:
                    found.update(_said(node.args[place]))
    return found


def _acting() -> list[Path]:
    every = sorted((SRC / "outwork").rglob("*.py"))
    return [p for p in every if not p.relative_to(SRC).as_posix().startswith(BESIDE_ACTS)]


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def told() -> set[str]:
    """Every code that an act may tell: what is raised where acts run, and what gets there as a
    value, such as the reason that a query gives.
    """
    beside = set(MESSAGES) - raised()
    plain = {text for path in _acting() for text in constants([_tree(path)])}
    return raised(acts_only=True) | (beside & plain)


def provoked() -> dict[str, list[str]]:
    """code -> the tests (`tests/stages/test_x.py::test_y`) that fail unless it comes."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        module = _tree(path)
        for node in module.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for code in sorted(expected(node, tables(module))):
                    found[code].append(f"{path.relative_to(ROOT).as_posix()}::{node.name}")
    return found


def tables(module: ast.Module) -> dict[str, set[str]]:
    """The strings of a module's own dictionaries and collections, by their names."""
    found: dict[str, set[str]] = {}
    for node in module.body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(target, ast.Name) and value is not None:
            found[target.id] = {text.strip() for text in constants([value])}
    return found


def expected(test: ast.FunctionDef, known: Mapping[str, set[str]]) -> set[str]:
    """What a test expects: constants of the calls that expect, and of its assertions.

    A table, of `parametrize` or of a loop, counts where what is taken from it is handed to one of
    these calls or asserted.
    """
    found: set[str] = set()
    handed: set[str] = set()
    for node in ast.walk(ast.Module(test.body, [])):
        if isinstance(node, ast.Call) and _called(node) in EXPECTING:
            given: list[ast.expr] = [*node.args, *(k.value for k in node.keywords)]
        elif isinstance(node, ast.Assert):
            given = [node.test]
        else:
            continue
        found.update(constants(given))
        handed |= names(given)
    for taken, table in _taken(test):
        if taken & handed:
            found.update(constants(table))
            for name in names(table):
                found |= known.get(name, set())
    return found


def _taken(test: ast.FunctionDef) -> Iterator[tuple[set[str], list[ast.expr]]]:
    """(names, where their values come from) of a test's parameters and loops."""
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and _called(decorator) == "parametrize":
            first, *table = decorator.args
            yield {n.strip() for text in constants([first]) for n in text.split(",")}, table
    for node in ast.walk(test):
        if isinstance(node, ast.For):
            yield names([node.target]), [node.iter]


def names(nodes: Iterable[ast.AST]) -> set[str]:
    """Every name below these nodes."""
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}
