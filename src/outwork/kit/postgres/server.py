"""A server of our own: one folder, one lock to start and stop it, one that its users share."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import psycopg

from outwork.kit.postgres.programs import (
    ELSEWHERE,
    PostgresUnavailable,
    Runner,
    find_binaries,
    is_postgres,
    last_line,
    runner_for,
)
from outwork.kit.postgres.roles import (
    ADMIN,
    APP,
    DATABASE,
    JOBS,
    OWNER,
    connect,
    create_database,
    guard_database,
    make_role,
)

_PORT: Final = "5432"  # only the name of the socket: nothing listens on TCP
_SOCKET_LIMIT: Final = 100  # bytes of path; the kernels' limits are 107 (Linux) and 103 (macOS)
_START_S: Final = 60.0
_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "outwork",
    "log_checkpoints": "off",
}
_THROWAWAY: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


log = logging.getLogger(__name__)


@dataclass(slots=True)
class State:
    """What the data folder remembers of its cluster; a file of mode 0600."""

    home: str
    socket: str = ""
    passwords: dict[str, str] = field(default_factory=dict)
    furnished: bool = False

    @property
    def pgdata(self) -> Path:
        return Path(self.home) / "pg"


class Server:
    """Our own server: one folder, one lock for starting and stopping, one shared by its users."""

    def __init__(self, data_dir: Path, durable: bool) -> None:
        self._dir = data_dir
        self._durable = durable
        self._using: IO[bytes] | None = None

    def acquire(self) -> State:
        """Become a user of the server, started if need be."""
        self._make_folder()
        with self._alone():
            using = self._open("postgres.users")
            fcntl.flock(using, fcntl.LOCK_SH)
            try:
                state = self._running()
            except BaseException:
                using.close()
                raise
            self._using = using
            return state

    def revive(self) -> bool:
        """Start the server again if it died; whether it had."""
        with self._alone():
            state = self._load()
            if state is not None and self._answers(state):
                return False
            self._running()
            return True

    def release(self, even_if_used: bool) -> bool:
        """Stop using the server; whether it was shut down for that."""
        if self._using is None:
            return False
        if not self._dir.exists():  # deleted meanwhile; the server noticed that by itself
            self._using.close()
            self._using = None
            return False
        with self._alone():
            using, self._using = self._using, None
            try:
                fcntl.flock(using, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not even_if_used:
                    return False
            finally:
                using.close()
            state = self._load()
            return state is not None and self._shut_down(state)

    def address(self, state: State, role: str, database: str) -> dict[str, Any]:
        """Connection parameters of a role."""
        return {
            "host": state.socket,
            "port": _PORT,
            "user": role,
            "password": state.passwords[role],
            "dbname": database,
        }

    def _make_folder(self) -> None:
        if not self._dir.is_dir():
            self._dir.mkdir(parents=True)
            # As root the server's user passes through to its own folder; files here are 0600.
            self._dir.chmod(0o711 if os.geteuid() == 0 else 0o700)
        if (owner := self._dir.stat().st_uid) != os.geteuid():
            # Not even as root: what the folder says would make root act on paths of that user's.
            raise PostgresUnavailable(
                f"{self._dir} belongs to another user (number {owner})",
                "work as that user, or choose another folder",
            )

    def _open(self, name: str) -> IO[bytes]:
        """A lock file, open for as long as the lock is held."""
        path = self._dir / name
        path.touch(mode=0o600)
        return path.open("rb+")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else starts or stops this server meanwhile."""
        with self._open("postgres.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _load(self) -> State | None:
        with suppress(FileNotFoundError):
            state = State(**json.loads((self._dir / "postgres.json").read_text()))
            state.home = state.home or str(self._dir)
            return state
        return None

    def _save(self, state: State) -> None:
        """Write the state whole or not at all; a home that is the folder itself moves with it."""
        fresh = self._dir / "postgres.json.new"
        home = "" if state.home == str(self._dir) else state.home
        _write_private(fresh, json.dumps({**asdict(state), "home": home}))
        fresh.replace(self._dir / "postgres.json")

    def _running(self) -> State:
        """The state of the server, which answers from now on."""
        state = self._load()
        if state is not None and self._answers(state):
            if not _furnished(state):
                self._furnish(state)
            return state
        runner = runner_for(state.pgdata if state is not None else None)
        if state is None:
            state = State(str(self._home(runner)))
            state.passwords = {role: secrets.token_urlsafe(24) for role in _ROLES}
            self._save(state)
        if not (state.pgdata / "PG_VERSION").exists():
            self._initialise(state, runner)
        self._launch(state, runner)
        if not _furnished(state):
            self._furnish(state)
        return state

    def _home(self, runner: Runner) -> Path:
        """Where the cluster lies: the data folder, or for a user who cannot reach it elsewhere."""
        if runner.user is None or runner.reaches(self._dir):
            return self._dir
        digest = hashlib.sha256(os.fsencode(self._dir)).hexdigest()[:12]
        ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
        # A name of its own each time: the data folder may have been deleted and made anew.
        home = Path(tempfile.mkdtemp(prefix=f"{digest}-", dir=ELSEWHERE))
        home.chmod(0o711)
        log.warning(
            "%s cannot be reached by the user %s: the database lies in %s",
            *(self._dir, runner.user.pw_name, home),
        )
        return home

    def _initialise(self, state: State, runner: Runner) -> None:
        binaries = runner.reachable(find_binaries())
        home = Path(state.home)
        fresh, secret = home / "pg.new", home / "pg.secret"
        shutil.rmtree(fresh, ignore_errors=True)
        secret.unlink(missing_ok=True)
        fresh.mkdir(mode=0o700)
        _write_private(secret, state.passwords[ADMIN])
        try:
            for path in (fresh, secret):
                runner.own(path)
            done = runner.run(
                [
                    *(binaries["initdb"], "-D", str(fresh), "-U", ADMIN, "--pwfile", str(secret)),
                    *("-A", "scram-sha-256", "-E", "UTF8", "--no-instructions"),
                    *(() if self._durable else ("--no-sync",)),
                    # Order by code point, case by Unicode: the same on every machine, for ever.
                    *(
                        ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
                        if binaries.major >= 17
                        else ("--lc-collate=C", "--lc-ctype=C.UTF-8", "--lc-messages=C")
                    ),
                ]
            )
        finally:
            secret.unlink()
        if done.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise PostgresUnavailable(
                f"initdb failed: {last_line(done.stderr)}", "see that the disk has room"
            )
        # Only local connections with a password; the file is ours, the server only reads it.
        (home / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        (home / "pg_hba.conf").chmod(0o644)
        fresh.rename(state.pgdata)

    def _launch(self, state: State, runner: Runner) -> None:
        major = int((state.pgdata / "PG_VERSION").read_text())
        binaries = runner.reachable(find_binaries(major))
        if (socket := str(self._socket_folder(state, runner))) != state.socket:
            state.socket = socket
            self._save(state)
        journal = Path(state.home) / "postgres.log"
        if not journal.exists():
            journal.touch(mode=0o600)
            runner.own(journal)
        settings = {
            **(_SETTINGS if self._durable else {**_SETTINGS, **_THROWAWAY}),
            "hba_file": f"{state.home}/pg_hba.conf",
            "unix_socket_directories": socket,
            "port": _PORT,
        }
        options = " ".join(f"-c {name}={_quoted(value)}" for name, value in settings.items())
        command = [binaries["pg_ctl"], "start", "-D", str(state.pgdata), "-l", str(journal)]
        deadline = time.monotonic() + _START_S
        while True:
            self._forget_the_dead(state)
            begins = journal.stat().st_size
            done = runner.run([*command, "-w", "-t", "300", "-s", "-o", options], 330.0)
            if done.returncode == 0 and self._answers(state):
                return
            with journal.open("rb") as file:
                file.seek(begins)
                said = file.read().decode(errors="replace")
            # After a kill -9 its children still hold the shared memory for a moment.
            if "still in use" not in said or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        raise PostgresUnavailable(
            f"PostgreSQL did not start: {last_line(said or done.stderr)}", f"see {journal}"
        )

    def _socket_folder(self, state: State, runner: Runner) -> Path:
        """A private folder whose path fits into a socket's address."""
        folder = Path(state.home) / "run"
        plain = re.fullmatch(r"[\w./+-]+", str(folder), re.ASCII)
        if plain and len(f"{folder}/.s.PGSQL.{_PORT}") <= _SOCKET_LIMIT:
            folder.mkdir(mode=0o700, exist_ok=True)
        else:
            shutil.rmtree(state.socket or folder, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(prefix="outwork-"))
        runner.own(folder)
        return folder

    def _answers(self, state: State) -> bool:
        """Whether the server is there, or will be: one that is starting up is waited for."""
        deadline = time.monotonic() + _START_S
        while state.socket and (Path(state.socket) / f".s.PGSQL.{_PORT}").exists():
            try:
                connect(self.address(state, ADMIN, "postgres")).close()
            except psycopg.OperationalError as error:
                # It says that it is starting up, recovering or shutting down.
                if "the database system is" not in str(error) or time.monotonic() > deadline:
                    return False
                time.sleep(0.05)
            else:
                return True
        return False

    def _forget_the_dead(self, state: State) -> None:
        """Remove the pid file and socket of a server that was killed.

        PostgreSQL keeps them as long as a process of that number exists, be it a zombie that
        nobody waited for or a stranger that got the number after a restart of the machine.
        """
        with suppress(FileNotFoundError, ValueError, IndexError):
            pid = int((state.pgdata / "postmaster.pid").read_text().splitlines()[0])
            if is_postgres(pid, state.pgdata):
                return
        for stale in (
            state.pgdata / "postmaster.pid",
            Path(state.socket) / f".s.PGSQL.{_PORT}",
            Path(state.socket) / f".s.PGSQL.{_PORT}.lock",
        ):
            stale.unlink(missing_ok=True)

    def _furnish(self, state: State) -> None:
        """Make the roles and the database; safe to repeat."""
        for role in _ROLES:
            state.passwords.setdefault(role, secrets.token_urlsafe(24))
        with connect(self.address(state, ADMIN, "postgres")) as db:
            for role in (OWNER, APP, JOBS):
                make_role(db, role, state.passwords[role])
            with suppress(psycopg.errors.DuplicateDatabase):
                create_database(db, DATABASE)
            guard_database(db, DATABASE)
        state.furnished = True
        self._save(state)

    def _shut_down(self, state: State) -> bool:
        if not (state.pgdata / "postmaster.pid").exists():
            return False
        runner = runner_for(state.pgdata)
        major = int((state.pgdata / "PG_VERSION").read_text())
        pg_ctl = runner.reachable(find_binaries(major))["pg_ctl"]
        stopped = any(
            runner.run([pg_ctl, "stop", "-D", str(state.pgdata), "-m", mode, "-w", "-s"]).returncode
            == 0
            for mode in ("fast", "immediate")
        )
        if stopped and not Path(state.socket).is_relative_to(state.home):
            shutil.rmtree(state.socket, ignore_errors=True)
        return stopped


_ROLES = (ADMIN, OWNER, APP, JOBS)


def _furnished(state: State) -> bool:
    """Whether all roles are there; a folder may be older than one of them."""
    return state.furnished and set(_ROLES) <= state.passwords.keys()


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, durably."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _quoted(value: str) -> str:
    """A setting's value for pg_ctl, which hands its options to a shell."""
    return "'" + value.replace("'", "'\\''") + "'"
