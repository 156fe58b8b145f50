"""One act, one name: declarations are whole, front doors open them, and tables say their scope."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from tests.architecture.source import reasons
from tests.architecture.test_front_doors import slices

from outwork.kit.database import metadata
from outwork.kit.postgres import Dsns
from outwork.ledger import EVENTS
from outwork.migrations.versions import v0001_first
from outwork.operation import ACTS, Act, Operation

LONGEST_HELP = 100
#: What writes when it is called on a table, a connection or another slice.
WRITING = frozenset({
    "add", "save", "remove", "record", "recorded", "insert", "update", "delete", "copy_into",
    "copy_across",
})  # fmt: skip


def doors() -> dict[str, Any]:
    """Front doors of the slices by dotted name; interfaces only translate."""
    return {
        name: importlib.import_module(name)
        for name in slices()
        if not name.startswith("outwork.interfaces")
    }


def acts() -> list[Act[..., Any]]:
    """Every declared act, once all slices are imported."""
    doors()
    return [ACTS[name] for name in sorted(ACTS)]


def calls(function: Any) -> set[str]:
    """Last parts of the names that a function calls: `op.record` is "record"."""
    tree = ast.parse(inspect.getsource(function))
    return {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }


def reached(function: Any) -> Iterator[Any]:
    """A function and the functions of its own module that it leads to."""
    module = inspect.getmodule(function)
    seen: set[str] = set()
    todo = [function]
    while todo:
        current = todo.pop()
        yield current
        for name in calls(current) - seen:
            seen.add(name)
            found = getattr(module, name, None)
            if isinstance(found, Act):
                found = found.function
            if inspect.isfunction(found):
                todo.append(found)


def asks(function: Any) -> bool:
    """Whether op.require is called, here or in what it leads to."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "require"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "op"
        for step in reached(function)
        for node in ast.walk(ast.parse(inspect.getsource(step)))
    )


def test_there_are_acts() -> None:
    assert len(acts()) > 40


def test_every_act_stands_in_its_front_door_under_its_own_name() -> None:
    opened = doors()
    broken = []
    for declared in acts():
        door = opened[declared.function.__module__.rpartition(".")[0]]
        name = declared.function.__name__
        if name not in door.__all__ or getattr(door, name, None) is not declared:
            broken.append(f"{declared.name} is not exported by {door.__name__}")
        if declared.name != f"{door.__name__.rpartition('.')[2]}.{name}":
            broken.append(f"{declared.name} has another name than {door.__name__}.{name}")
    assert not broken, "\n".join(broken)


def test_every_act_has_a_line_of_help() -> None:
    broken = [
        f"{declared.name}: {declared.help!r}"
        for declared in acts()
        if not declared.help.endswith(".") or len(declared.help) > LONGEST_HELP
    ]
    assert not broken, "\n".join(broken)


def test_every_parameter_is_typed_and_readable_from_json() -> None:
    broken = []
    for declared in acts():
        signature = inspect.signature(declared.function)
        hints = get_type_hints(declared.function, include_extras=True)
        if next(iter(signature.parameters)) != "op" or hints["op"] is not Operation:
            broken.append(f"{declared.name}: the first parameter is op: Operation")
        if "return" not in hints:
            broken.append(f"{declared.name}: gives back something without a type")
        for parameter in declared.parameters:
            if parameter.name not in hints:
                broken.append(f"{declared.name}: {parameter.name} has no type")
                continue
            schema = parameter.adapter.json_schema()
            if not schema and parameter.name != "content":  # only saved progress may be anything
                broken.append(f"{declared.name}: {parameter.name} may be anything")
    assert not broken, "\n".join(broken)


def test_every_act_has_somebody_who_may_do_it() -> None:
    broken = [a.name for a in acts() if not a.rule.roles and not a.rule.administrator]
    assert not broken, broken


def test_declared_events_exist_and_are_in_the_past_tense_of_their_slice() -> None:
    acts()
    broken = [
        f"{declared.name} records {event.__name__}, which is not declared"
        for declared in acts()
        for event in declared.records
        if EVENTS.get(event.kind) is not event
    ]
    broken += [f"{a.name} records nothing" for a in acts() if not a.records and a.always]
    assert not broken, "\n".join(broken)


def test_every_act_asks_for_permission() -> None:
    broken = [declared.name for declared in acts() if not asks(declared.function)]
    assert not broken, broken


def test_every_event_is_recorded_by_some_act() -> None:
    recorded = {event.kind for declared in acts() for event in declared.records}
    # What a log has grown to is written by the worker, into the log of logs.
    assert sorted(EVENTS.keys() - recorded) == ["ledger.log-covered"]


def test_every_event_class_is_constructed() -> None:
    acts()
    unused = []
    for kind, event in sorted(EVENTS.items()):
        declared = importlib.import_module(event.__module__)
        folder = Path(inspect.getfile(declared)).parent
        sources = "".join(p.read_text(encoding="utf-8") for p in folder.glob("*.py"))
        if f"events.{event.__name__}(" not in sources:
            unused.append(kind)
    assert not unused, unused


def plain_actions() -> Iterator[str]:
    """Functions that front doors export, that take an operation and that lead to a write."""
    for name, door in doors().items():
        for exported in door.__all__:
            found = getattr(door, exported)
            if not inspect.isfunction(found):  # an act is a value of its own
                continue
            first = next(iter(inspect.signature(found).parameters.values()), None)
            if first is None or get_type_hints(found).get(first.name) is not Operation:
                continue
            if any(calls(step) & WRITING for step in reached(found)):
                yield f"{name}.{exported}"


def test_what_writes_is_an_act_or_has_a_reason() -> None:
    allowed = reasons("plain_actions.txt")
    found = set(plain_actions())
    broken = sorted(found - allowed.keys())
    stale = sorted(allowed.keys() - found)
    assert not broken, f"make it an act, or say why not in plain_actions.txt: {broken}"
    assert not stale, f"no longer writes, drop it from plain_actions.txt: {stale}"


def test_every_table_says_its_scope() -> None:
    doors()
    broken = []
    for table in metadata.sorted_tables:
        if table.info.get("scope") == "engagement":
            column = table.info.get("column", "engagement_id")
            if column not in table.c or table.c[column].nullable:
                broken.append(f"{table.name} has no column {column}")
        elif not str(table.info.get("reason", "")).strip():
            broken.append(f"{table.name} is neither scoped nor global for a reason")
    assert not broken, "\n".join(broken)


def test_the_migration_scopes_the_same_tables() -> None:
    doors()
    scoped = {
        table.name: table.info.get("column", "engagement_id")
        for table in metadata.sorted_tables
        if table.info.get("scope") == "engagement"
    }
    assert scoped == v0001_first.SCOPED
    assert v0001_first.APPEND_ONLY.keys() <= scoped.keys()


# What alembic cannot read back is no difference: expressions of indexes and of defaults.
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_migrations_and_tables_are_the_same(database: Dsns) -> None:
    doors()
    import psycopg

    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(database.owner)
    )
    with engine.connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []
