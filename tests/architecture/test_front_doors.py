"""Slices use each other by the front door; services, SDK and verifier use only what they may."""

from __future__ import annotations

from tests.architecture.source import SRC, Module, is_module, modules

#: Folders of `outwork` that are no slices: their modules are open to everyone above them. The
#: migrations are read by Alembic from their folder and imported by nobody.
OPEN = frozenset({"kit", "methods", "migrations"})
#: Folders that only hold slices.
SHELVES = frozenset({"stages", "interfaces"})
#: All that a service may know of the system.
FOR_PRACTICES = frozenset({"outwork.practices", "outwork.vocabulary", "outwork.methods"})


def slices() -> list[str]:
    """Dotted names of the slices: packages with a front door and an inside."""
    found = []
    for folder in sorted((SRC / "outwork").iterdir()):
        if not folder.is_dir() or folder.name in OPEN or folder.name.startswith(("_", ".")):
            continue
        inner = sorted(folder.iterdir()) if folder.name in SHELVES else [folder]
        found += [
            ".".join(part.relative_to(SRC).parts)
            for part in inner
            if (part / "__init__.py").is_file()
        ]
    return found


def within(name: str, package: str) -> bool:
    """Whether a dotted name is the package or inside it."""
    return name == package or name.startswith(package + ".")


def reached(module: Module) -> list[tuple[int, str]]:
    """(line, dotted name of the module) for every import; `from a import b` where b is a module
    reaches a.b, unless a says in __all__ that b is part of its front door."""
    found = []
    for line, origin, name in module.imports():
        inner = f"{origin}.{name}"
        found.append((line, inner if name and is_module(inner) else origin))
    return found


def test_slices_are_imported_by_the_front_door_only() -> None:
    doors = slices()
    broken = [
        f"{module.place}:{line} reaches into {door}: {name}"
        for module in modules()
        for line, name in reached(module)
        for door in doors
        if name.startswith(door + ".") and not within(module.name, door)
    ]
    assert not broken, "\n".join(broken)


def test_services_know_only_the_contract_the_words_and_the_methods() -> None:
    broken = [
        f"{module.place}:{line} imports {name}"
        for module in modules()
        if within(module.name, "outwork_practices")
        for line, name in reached(module)
        if name.split(".")[0].startswith("outwork")
        and not within(name, "outwork_practices")
        and not any(within(name, allowed) for allowed in FOR_PRACTICES)
    ]
    assert not broken, "\n".join(broken)


def test_sdk_and_verifier_stand_alone() -> None:
    broken = [
        f"{module.place}:{line} imports {name}"
        for module in modules()
        for own in ("outwork_client", "outwork_verify")
        if within(module.name, own)
        for line, name in reached(module)
        if name.split(".")[0].startswith("outwork") and not within(name, own)
    ]
    assert not broken, "\n".join(broken)


def test_only_the_composition_root_imports_several_interfaces() -> None:
    broken = []
    for module in modules():
        if module.name == "outwork.main":
            continue
        known = {
            name.split(".")[2]
            for _, name in reached(module)
            if name.startswith("outwork.interfaces.")
            and not name.startswith("outwork.interfaces.wording")  # the words they share
        }
        if len(known) > 1:
            broken.append(f"{module.place} imports {', '.join(sorted(known))}")
    assert not broken, "\n".join(broken)
