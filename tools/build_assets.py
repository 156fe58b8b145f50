"""Copies what the workspace serves out of node_modules, with licences and a list of digests.

usage: build_assets.py NODE_MODULES VENDOR [--dev]; --dev adds what only tests load (axe).
Standard library only: runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

INTER = "@fontsource-variable/inter"
MONO = "@fontsource-variable/jetbrains-mono"

#: Served file: where it comes from. Latin with its extensions covers the languages we ship.
SERVED = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE.txt": "htmx.org/LICENSE",
    "inter-latin.woff2": f"{INTER}/files/inter-latin-wght-normal.woff2",
    "inter-latin-ext.woff2": f"{INTER}/files/inter-latin-ext-wght-normal.woff2",
    "inter-latin-italic.woff2": f"{INTER}/files/inter-latin-wght-italic.woff2",
    "inter.LICENSE.txt": f"{INTER}/LICENSE",
    "jetbrains-mono-latin.woff2": f"{MONO}/files/jetbrains-mono-latin-wght-normal.woff2",
    "jetbrains-mono.LICENSE.txt": f"{MONO}/LICENSE",
}
FOR_TESTS = {"axe.min.js": "axe-core/axe.min.js"}


def build(packages: Path, vendor: Path, dev: bool) -> None:
    """Copy the files and write vendor/digests.json: {file: SHA-256 in hex} of what is served."""
    vendor.mkdir(parents=True, exist_ok=True)
    for name, source in (SERVED | (FOR_TESTS if dev else {})).items():
        shutil.copyfile(packages / source, vendor / name)
    digests = {
        name: hashlib.sha256((vendor / name).read_bytes()).hexdigest() for name in sorted(SERVED)
    }
    (vendor / "digests.json").write_text(json.dumps(digests, indent=2) + "\n")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--dev"]):
        sys.exit(__doc__)
    try:
        build(Path(sys.argv[1]), Path(sys.argv[2]), dev="--dev" in sys.argv)
    except FileNotFoundError as missing:
        sys.exit(f"build_assets.py: {missing.filename} is not there; run npm ci first")
