"""Tasks are begun again when they die, and end with whoever keeps them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = """
import os, sys, time
from pathlib import Path
from outwork.kit.processes import Keeper

folder = Path(sys.argv[1])

def task(name):
    def run():
        with (folder / name).open("a") as file:
            file.write(f"{os.getpid()}\\n")
        time.sleep(600)
    return run

Keeper({"one": task("one"), "two": task("two")}, lambda: 1 / 0).run()
(folder / "over").touch()
"""


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stderr=subprocess.DEVNULL
    )
    yield process
    process.kill()
    process.wait()


def begun(path: Path, count: int) -> list[int]:
    """The processes that a task has had, once there were so many."""
    for _ in range(600):
        found = path.read_text().split() if path.exists() else []
        if len(found) >= count:
            return [int(number) for number in found]
        time.sleep(0.02)
    raise AssertionError(f"{path.name} was begun {len(found)} times")


def gone(process: int) -> bool:
    """Whether a process ends soon."""
    for _ in range(600):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_is_killed_is_begun_again(kept: subprocess.Popen[bytes], tmp_path: Path) -> None:
    (one,), (two,) = begun(tmp_path / "one", 1), begun(tmp_path / "two", 1)
    os.kill(one, signal.SIGKILL)
    first, second = begun(tmp_path / "one", 2)
    assert first == one != second
    assert begun(tmp_path / "two", 1) == [two]
    kept.terminate()
    assert kept.wait(20) == 0
    assert (tmp_path / "over").exists()
    assert gone(second)
    assert gone(two)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_tasks_end_with_a_keeper_that_is_killed(
    kept: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    (one,) = begun(tmp_path / "one", 1)
    kept.kill()
    kept.wait()
    assert gone(one)
