"""The composition root: opens the installation and puts the interfaces together."""

from __future__ import annotations

import json
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from outwork import access, conduct, practices
from outwork.interfaces import cli as command_line
from outwork.kit import postgres
from outwork.kit.database import Database, migrate
from outwork.kit.keyring import Keyring
from outwork.kit.processes import Keeper
from outwork.operation import operation, utc_now
from outwork.reporting import inbox
from outwork.witness import Witness

log = logging.getLogger("outwork")


@dataclass(frozen=True)
class Home:
    """An open installation: its folder, its server, its database."""

    folder: Path
    cluster: postgres.Cluster
    database: Database


def home_folder() -> Path:
    """OUTWORK_HOME, or the user's data folder (XDG Base Directory)."""
    given = os.environ.get("OUTWORK_HOME")
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(given) if given else Path(data) / "outwork"


@contextmanager
def open_home() -> Iterator[Home]:
    """Find or start the database, bring it up to date, and let go of it at the end."""
    folder = home_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        cluster = postgres.start(folder / "postgres")
    except postgres.PostgresUnavailable as error:
        typer.echo(f"outwork: {error}", err=True)
        raise typer.Exit(2) from None
    try:
        migrate(cluster.dsn_owner)
        database = Database.connect(cluster.dsn_app, Keyring(folder / "keyring"), pool=20)
        try:
            yield Home(folder, cluster, database)
        finally:
            database.close()
    finally:
        cluster.stop()


def serve(port: int, demo: bool, processes: int = 1) -> None:
    """Serve web and API on 127.0.0.1, with the worker beside them, until interrupted.

    What dies is begun again: a process that answers, the worker, the database's own server.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    with open_home() as home:
        if demo:
            sample_engagements(home)
        listening = _listen(port)
        announce(home, listening.getsockname()[1])
        home.database.close()  # connections are not shared with the processes made now
        tasks = {"worker": lambda: work(home)}
        for number in range(processes):
            tasks[f"web {number + 1}"] = lambda: _answer(home.database, listening)
        Keeper(tasks, home.cluster.revive).run()


def work(home: Home) -> None:
    """Do what is done unasked, until told to stop; any number of processes may."""
    from outwork.interfaces.worker import Sender, Stamping, Worker, authority_of, durable_hands

    authority = authority_of(os.environ)
    stamping = None if authority is None else Stamping(home.database, authority)
    hands = durable_hands(home.database, home.cluster.dsn_jobs)
    worker = Worker(home.database, hands=hands)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.end())
    sender = Sender(home.database)
    hands.begin()
    sender.start()
    if stamping is not None:
        stamping.start()
    try:
        worker.run()
    finally:
        if stamping is not None:
            stamping.stop()
        sender.stop()
        hands.end()


def work_alone() -> None:
    """A worker beside whatever else serves this installation, until interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    with open_home() as home:
        work(home)


def serve_witness(witness: Witness, host: str, port: int) -> None:
    """Cosign over HTTP until interrupted; says where, once it listens."""
    import uvicorn

    from outwork.interfaces.witness import witness_application

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    listening = socket.create_server((host, port))
    address = f"http://{host}:{listening.getsockname()[1]}/"
    typer.echo(f"{witness.store.signer.name} cosigns on {address}", err=True)
    config = uvicorn.Config(
        witness_application(witness),
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
    )
    uvicorn.Server(config).run(sockets=[listening])


def _listen(port: int) -> socket.socket:
    listening = socket.create_server(("127.0.0.1", port), backlog=2048)
    listening.set_inheritable(True)
    return listening


def _answer(database: Database, listening: socket.socket) -> None:
    """Answer what comes in, until told to stop."""
    import uvicorn

    from outwork.interfaces.api import Swift, api
    from outwork.interfaces.web import web

    app = web(database)
    app.mount("/api", api(database))
    config = uvicorn.Config(
        Swift(app, database),
        log_level="warning",
        lifespan="on",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ws="none",
    )
    uvicorn.Server(config).run(sockets=[listening])


def sample_engagements(home: Home) -> None:
    """The sample engagement, run to its end once, and a second one left where people are needed."""
    marker = home.folder / "sample.json"
    if marker.exists():
        return
    service = practices.service("contract-management")
    done, waiting = home.folder / "sample", home.folder / "sample-waiting"
    with command_line.shower(silent=False) as progress:
        path = conduct.demo_folder(service, done)
        file = conduct.read_engagement_file(path)
        conduct.run(home.database, file, done / "inputs", done, base=done, progress=progress)
        path = conduct.demo_folder(service, waiting)
        file = conduct.unfinished(conduct.read_engagement_file(path))
        try:
            conduct.run(
                home.database, file, waiting / "inputs", waiting, base=waiting, progress=progress
            )
        except conduct.PersonNeeded as needed:
            log.info("the second engagement waits: %s", needed.code)
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    with home.database.transaction("job") as db:
        for person in file.people:
            actor = access.actor_by_login(db, person.login)
            if actor is not None:
                conduct.hand_over(db, actor.id, password, utc_now())
    with open(marker, "w", encoding="utf-8", opener=_private) as kept:
        json.dump({"logins": [p.login for p in file.people], "password": password}, kept)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def announce(home: Home, port: int) -> None:
    """Print where the workspace is, who can sign in, and what waits for each."""
    out = sys.stdout
    out.write(f"\nOutwork is on http://127.0.0.1:{port}  (data in {home.folder})\n")
    marker = home.folder / "sample.json"
    if marker.exists():
        sample = json.loads(marker.read_text(encoding="utf-8"))
        out.write(f"\nSign in with one of these and the password {sample['password']}\n\n")
        for login in sample["logins"]:
            with home.database.transaction("job") as db:
                actor = access.actor_by_login(db, login)
            if actor is None:
                continue
            with operation(home.database, actor.id) as op:
                kinds = [entry.kind for entry in inbox(op)]
            roles = ", ".join(sorted(r.value for r in actor.roles))
            waits = ", ".join(dict.fromkeys(kinds)) or "nothing"
            out.write(f"  {login:8} {actor.name:16} {roles:20} waiting: {waits}\n")
    out.write("\nStop with Ctrl-C; the data stays.\n\n")
    out.flush()


cli = command_line.build(open_home, serve, work_alone, serve_witness)
