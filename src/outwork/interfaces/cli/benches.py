"""Finding a benchmark in the checkout that the package was installed from."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from outwork.vocabulary import BadInput

FOLDER = Path(__file__).parents[4] / "bench"


def run_bench(name: str, data: Path, seed: int) -> dict[str, Any]:
    """Run bench/NAME.py; raises BadInput outside a checkout and for an unknown name."""
    names = sorted(p.stem for p in FOLDER.glob("*.py") if "def run(" in p.read_text())
    if not names:
        raise BadInput("no-checkout")
    if name not in names:
        raise BadInput("unknown-bench", name=name, names=names)
    sys.path.insert(0, str(FOLDER.parent))
    spec = importlib.util.spec_from_file_location(f"bench.{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None  # both: the file is there
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    figures: dict[str, Any] = module.run(data, seed, _log)
    return figures


def _log(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
