"""The record of a benchmark: raw.jsonl, from which its figures can be worked out again.

The first line says when, with what and how it was run; then come the samples, one series a line;
the last line holds the figures.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

RAW = Path("raw.jsonl")
PACKAGES = ("numpy", "psycopg", "scipy", "sqlalchemy", "cryptography")


def keep(
    name: str,
    seed: int,
    figures: Mapping[str, Any],
    samples: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
) -> None:
    """Write raw.jsonl in the current folder; `samples` are the series behind the figures."""
    first = {
        "at": time.time(),
        "command": f"outwork bench {name} --seed {seed}",
        "arguments": sys.argv[1:],
        "processors": os.cpu_count(),
        "platform": platform.platform(),
        "versions": {"python": platform.python_version()} | _installed(PACKAGES) | (versions or {}),
    }
    with RAW.open("w", encoding="utf-8") as file:
        file.write(json.dumps(first) + "\n")
        for series, values in (samples or {}).items():
            file.write(json.dumps({"series": series, "values": values}) + "\n")
        file.write(json.dumps({"figures": figures}) + "\n")


def _installed(names: Iterable[str]) -> dict[str, str]:
    return {name: metadata.version(name) for name in names}
