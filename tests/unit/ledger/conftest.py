"""Public test vectors, read from the data folder beside the repository."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("OUTWORK_DATA") or ROOT / "../shared/data")


@pytest.fixture(scope="session")
def ledger_vectors() -> Callable[[str], Any]:
    """Reads one JSON file of ledger vectors, or skips (fails if OUTWORK_REQUIRE_DATA=1)."""

    def read(name: str) -> Any:
        path = DATA / "ledger" / name
        if not path.exists() and os.environ.get("OUTWORK_REQUIRE_DATA") != "1":
            pytest.skip(f"no public vectors: {path} does not exist (set OUTWORK_DATA)")
        return json.loads(path.read_text(encoding="utf-8"))

    return read


@pytest.fixture(scope="session")
def format_vectors() -> Callable[[str], Any]:
    """Reads the project's own published vectors from docs/formats."""
    return lambda name: json.loads((ROOT / "docs/formats" / name).read_text(encoding="utf-8"))
