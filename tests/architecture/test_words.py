"""The repository speaks of itself: no paths of the machine it was written on, no registry hosts."""

from __future__ import annotations

import re
import subprocess

from tests.architecture.source import ROOT

#: Written in pieces, so that this file does not name them itself.
FORBIDDEN = {
    "a path of somebody's machine": (
        rf"(?<![\w.]){'/wo'}rk/|{'/ro'}ot/\.pyenv|{'/op'}t/pypi|{'/op'}t/wheels"
    ),
    "a package registry's host": (
        r"pypi\.o"
        r"rg|pythonhosted\.o"
        r"rg|registry\.npmj"
        r"s|deb\.debian\.o"
        r"rg|proxy\.golang"
    ),
    "the number of an issue": r"\b(issue|fixes|closes|refs)s? #" r"\d",
}
LARGEST = 2_000_000


def texts() -> list[str]:
    """Paths of the repository's files, committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(name for name in listed.stdout.split("\0") if name)


def test_no_file_names_the_workshop() -> None:
    broken = []
    for name in texts():
        path = ROOT / name
        if not path.is_file() or path.stat().st_size > LARGEST:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for what, pattern in FORBIDDEN.items():
            for match in re.finditer(pattern, text, re.IGNORECASE):
                line = text.count("\n", 0, match.start()) + 1
                broken.append(f"{name}:{line} names {what}: {match.group()}")
    assert not broken, "\n".join(broken)
