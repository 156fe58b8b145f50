"""What the architecture tests read: the modules of the repository as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
EXPECTED = ROOT / "tests" / "expected"


@dataclass(frozen=True)
class Module:
    """One Python file under src."""

    path: Path

    @property
    def place(self) -> str:
        """Path relative to src, with slashes."""
        return self.path.relative_to(SRC).as_posix()

    @property
    def name(self) -> str:
        """Dotted name."""
        parts = self.path.relative_to(SRC).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.path.read_text(encoding="utf-8"), filename=self.place)

    def imports(self) -> Iterator[tuple[int, str, str]]:
        """(line, module, imported name or "") for every import, relative ones made absolute."""
        package = self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node.lineno, alias.name, ""
            elif isinstance(node, ast.ImportFrom):
                origin = node.module or ""
                if node.level:
                    parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                    origin = ".".join([*parents, *([node.module] if node.module else [])])
                for alias in node.names:
                    yield node.lineno, origin, alias.name


def modules() -> list[Module]:
    """Every module under src, by path."""
    return [Module(path) for path in sorted(SRC.rglob("*.py"))]


def is_module(name: str) -> bool:
    """Whether a dotted name is a file or a folder with code under src."""
    place = SRC.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def reasons(file: str) -> dict[str, str]:
    """An allow-list under tests/expected: one `what  reason` a line; # starts a comment."""
    found: dict[str, str] = {}
    for number, line in enumerate((EXPECTED / file).read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        what, _, reason = line.strip().partition("  ")
        assert reason.strip(), f"{file}:{number}: {what} has no reason"
        found[what] = reason.strip()
    return found
