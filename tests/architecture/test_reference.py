"""The reference of acts says what the declarations say."""

from __future__ import annotations

import subprocess
import sys

from tests.architecture.source import ROOT


def test_the_reference_of_acts_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "tools/reference.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
