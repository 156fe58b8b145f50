"""The import contracts of pyproject.toml hold, and each of them fails when it is broken."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.architecture.source import ROOT, SRC

LINT = Path(sys.executable).with_name("lint-imports")

#: One line in one file that breaks each contract, by the contract's id.
BREAKS = {
    "floors": ("outwork/nobody_placed_me/__init__.py", ""),
    "stages": ("outwork/stages/eighth/__init__.py", ""),
    "interfaces": ("outwork/interfaces/fifth/__init__.py", ""),
    "methods": ("outwork/methods/broken.py", "import sqlalchemy"),
    "models": ("outwork/kit/model.py", "import time"),
    "practices": ("outwork_practices/broken.py", "import outwork.kit"),
    "outsiders": ("outwork_client/broken.py", "import outwork_verify"),
    "outsiders-alone": ("outwork_verify/broken.py", "import outwork.vocabulary"),
}


def lint(src: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts over a folder of sources."""
    return subprocess.run(
        [LINT, "--config", ROOT / "pyproject.toml", "--no-cache"],
        cwd=src,
        env={**os.environ, "PYTHONPATH": str(src), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_imports_keep_the_contracts() -> None:
    done = lint(SRC)
    assert done.returncode == 0, done.stdout[done.stdout.find("Contracts\n") :] + done.stderr


def test_every_contract_fails_when_broken(tmp_path: Path) -> None:
    src = tmp_path / "src"
    shutil.copytree(SRC, src, ignore=lambda _, names: [n for n in names if not code(n)])
    for place, line in BREAKS.values():
        (src / place).parent.mkdir(exist_ok=True)
        (src / place).write_text(line + "\n")
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    names = {contract["id"]: contract["name"] for contract in contracts["contracts"]}
    assert names.keys() == BREAKS.keys()
    done = lint(src)
    assert done.returncode == 1
    broken = set(re.findall(r"^(.+?) BROKEN", done.stdout, re.MULTILINE))
    assert broken == set(names.values()), done.stdout


def code(name: str) -> bool:
    """Whether a file or folder is Python: anything else only makes the copy slow."""
    return name.endswith(".py") or "." not in name
