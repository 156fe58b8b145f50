"""The tutorial does what it says: its commands are run as they stand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.architecture.source import ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_every_command_of_the_tutorial_works(tmp_path: Path) -> None:
    blocks = BLOCK.findall((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 5
    done = subprocess.run(
        ["sh", "-eu", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "OUTWORK_HOME": str(tmp_path / "home"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "conform with 95% confidence" in done.stdout
    assert "bundle.zip: verified" in done.stdout
    assert "refused with exit code 1" in done.stdout
    assert "[not-permitted]" in done.stderr
    verified = json.loads((tmp_path / "verified.json").read_text(encoding="utf-8"))
    assert verified["ok"]
    assert verified["authenticated"]
    (entry,) = json.loads((tmp_path / "draft.json").read_text(encoding="utf-8"))
    assert entry["input"] == "franchise.txt"
