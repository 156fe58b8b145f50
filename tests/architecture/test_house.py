"""House rules: few files a slice, names that say something, sizes that want a second look."""

from __future__ import annotations

import ast

from tests.architecture.source import SRC, Module, modules, reasons
from tests.architecture.test_front_doors import slices

ALLOWED = frozenset({"__init__", "model", "actions", "queries", "events", "store", "jobs"})
MOST_FILES = 7
SAY_NOTHING = frozenset({"service", "manager", "helper", "helpers", "utils", "util", "common"})
SAY_NOTHING_EITHER = frozenset({"base", "misc", "services", "managers", "tools", "core", "lib"})
LONG_FILE = 400
LONG_FUNCTION = 50
DOOR_DOCSTRING = 8


def test_slices_hold_only_the_files_of_a_slice() -> None:
    extra = reasons("extra_files.txt")
    broken = []
    for door in slices():
        if door.startswith("outwork.interfaces."):
            continue  # pages and routes are many; the rules of import hold them
        folder = SRC.joinpath(*door.split("."))
        names = {path.stem for path in folder.glob("*.py")}
        inner = {path.name for path in folder.iterdir() if (path / "__init__.py").is_file()}
        places = {f"{door.replace('.', '/')}/{name}" for name in (names | inner) - ALLOWED}
        broken += sorted(f"{place} is no file of a slice" for place in places - extra.keys())
        if len(names & ALLOWED) > MOST_FILES:
            broken.append(f"{door} has more than {MOST_FILES} files")
    assert not broken, "\n".join(broken)


def test_every_front_door_says_what_it_opens() -> None:
    broken = []
    for door in slices():
        if door.startswith("outwork.interfaces."):
            continue
        module = Module(SRC.joinpath(*door.split(".")) / "__init__.py")
        doc = ast.get_docstring(module.tree)
        if not doc:
            broken.append(f"{module.place} has no docstring")
        elif len(doc.splitlines()) > DOOR_DOCSTRING:
            broken.append(f"{module.place}: docstring is longer than {DOOR_DOCSTRING} lines")
        names = {
            target.id
            for node in module.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        if "__all__" not in names:
            broken.append(f"{module.place} has no __all__")
    assert not broken, "\n".join(broken)


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = SAY_NOTHING | SAY_NOTHING_EITHER
    broken = []
    for module in modules():
        package, *parts = module.name.split(".")
        # What a practice brings is a service: there the word is the thing's own name.
        if (empty - {"service"} if package == "outwork_practices" else empty) & set(parts):
            broken.append(module.place)
    assert not broken, "\n".join(broken)


def test_sizes_past_the_usual_have_a_reason() -> None:
    allowed = reasons("large.txt")
    found = dict(large())
    broken = [f"{what} ({size})" for what, size in found.items() if what not in allowed]
    stale = [f"{what}: no longer large, drop it" for what in allowed if what not in found]
    report = "\n".join(["Split it, or give a reason in tests/expected/large.txt:", *broken, *stale])
    assert not broken + stale, report


def large() -> list[tuple[str, str]]:
    """(place, size) of files and functions past the usual size; a function is `file:name`."""
    found = []
    for module in modules():
        if module.name.startswith("outwork.migrations.versions."):
            continue  # history is written once, and read from top to bottom
        lines = len(module.path.read_text(encoding="utf-8").splitlines())
        if lines > LONG_FILE:
            found.append((module.place, f"{lines} lines"))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONG_FUNCTION:
                    found.append((f"{module.place}:{node.name}", f"{length} lines"))
    return found
