"""The verifier as one file that Python runs (PEP 441), for whoever only has the file."""

from __future__ import annotations

import zipfile
from importlib import resources
from typing import BinaryIO

SHEBANG = b"#!/usr/bin/env python3\n"
_PACKAGE = "outwork_verify"
# Its exit code is the verifier's; what `zipapp` writes would always exit with 0.
_MAIN = f"import sys\n\nfrom {_PACKAGE}.__main__ import main\n\nsys.exit(main())\n"
_DATE = (1980, 1, 1, 0, 0, 0)


def write(target: BinaryIO) -> None:
    """Writes the file, the same bytes for the same sources; it needs Python and `cryptography`."""
    target.write(SHEBANG)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as container:
        _put(container, "__main__.py", _MAIN.encode())
        sources = resources.files(_PACKAGE).iterdir()
        for source in sorted(sources, key=lambda found: found.name):
            if source.name.endswith(".py"):
                _put(container, f"{_PACKAGE}/{source.name}", source.read_bytes())


def _put(container: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, _DATE)
    info.create_system, info.external_attr = 3, 0o644 << 16
    container.writestr(info, data, zipfile.ZIP_DEFLATED, 9)
