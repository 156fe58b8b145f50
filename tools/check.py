"""Runs the linters, and with --tests every test after them; says how long each took.

All of them run even if one fails, so that one call tells everything. What follows --tests goes to
pytest. Exit code 0 if all passed, 1 otherwise.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
FOLDERS = [name for name in ("src", "tests", "tools", "bench") if (ROOT / name).is_dir()]

CHECKS: dict[str, list[str]] = {
    "ruff check": ["ruff", "check", "--quiet", *FOLDERS],
    "ruff format": ["ruff", "format", "--check", "--quiet", *FOLDERS],
    "mypy": ["mypy", "--no-error-summary"],
    "import contracts": ["lint-imports"],
}


def run(name: str, command: list[str], quiet: bool) -> bool:
    """Run one step; its output is shown when it fails, or always if not `quiet`."""
    start = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        env=environment if name == "import contracts" else None,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        check=False,
    )
    if quiet:
        if done.returncode:
            print(done.stdout, end="")
        word = "FAILED" if done.returncode else "passed"
        print(f"{name:<18}{word}  {time.monotonic() - start:6.1f} s", flush=True)
    return done.returncode == 0


def main(arguments: list[str]) -> int:
    """Run the checks, then the tests if asked for; pytest comes last and speaks for itself."""
    passed = [run(name, command, quiet=True) for name, command in CHECKS.items()]
    if arguments[:1] == ["--tests"]:
        pytest = ["pytest", "-n", "2", "--durations=10", *arguments[1:]]
        passed.append(run("tests", pytest, quiet=False))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
