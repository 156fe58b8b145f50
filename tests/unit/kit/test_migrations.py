"""Versions of the schema are named after their revisions, which is how the newest is known."""

from __future__ import annotations

import importlib.util

from outwork.kit.database import MIGRATIONS


def test_files_are_named_after_their_revision() -> None:
    files = sorted((MIGRATIONS / "versions").glob("*.py"))
    assert files
    for path in files:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert path.stem[:5] == f"v{module.revision}"
