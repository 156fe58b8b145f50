"""`outwork witness`: a party's own witness, on its own machine, with its own key."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from outwork import ledger
from outwork.interfaces.wording import explain
from outwork.vocabulary import BadInput
from outwork.witness import Damaged, Store, Witness

Folder = Annotated[Path, typer.Option("--folder", help="The witness's folder.")]
ServeWitness = Callable[[Witness, str, int], None]
HERE = Path("witness")


def build(serve: ServeWitness) -> typer.Typer:
    """The group `witness`, for whoever keeps an eye on logs; needs no database."""
    group = typer.Typer(help="A witness of your own: cosign logs.", no_args_is_help=True)
    group.command()(init)
    group.command()(trust)
    group.command()(status)
    group.command("checkpoint")(last)

    @group.command("serve")
    def serve_(
        folder: Folder = HERE,
        host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
        port: Annotated[int, typer.Option(help="Port to listen on.")] = 8100,
    ) -> None:
        """Cosign what is asked over HTTP, until interrupted."""
        with _opened(folder) as store:
            try:
                with store.alone():
                    serve(Witness(store), host, port)
            except BlockingIOError:
                _fail(BadInput("witness-busy", folder=str(folder)))
            except OSError as error:
                _fail(BadInput("address-taken", address=f"{host}:{port}", problem=str(error)))

    return group


def init(
    name: Annotated[str, typer.Option(help="A name like witness.example.com/office.")],
    folder: Folder = HERE,
    log: Annotated[list[str] | None, typer.Option(help="Verifier key of a log.")] = None,
) -> None:
    """Make a witness with a new key; prints the key that others know it by."""
    try:
        keys = [ledger.checkpoint.parse_verifier_key(text) for text in log or []]
        signer = ledger.checkpoint.generate_signer(name, ledger.checkpoint.COSIGNATURE_V1)
        store = Store.create(folder, signer)
    except ledger.checkpoint.NoteError as error:
        _fail(BadInput("key-malformed", problem=str(error)))
    except FileExistsError:
        _fail(BadInput("witness-exists", folder=str(folder)))
    except OSError as error:
        _fail(BadInput("unwritable", path=str(folder), reason=error.strerror or str(error)))
    for key in keys:
        store.trust(key, int(time.time()))
    typer.echo(store.verifier.encode())


def trust(key: str, folder: Folder = HERE) -> None:
    """Cosign a further log from now on, known by its verifier key."""
    with _opened(folder) as store:
        try:
            with store.alone():
                store.trust(ledger.checkpoint.parse_verifier_key(key), int(time.time()))
        except ledger.checkpoint.NoteError as error:
            _fail(BadInput("key-malformed", problem=str(error)))
        except BlockingIOError:
            _fail(BadInput("witness-busy", folder=str(folder)))


def status(
    folder: Folder = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone.")] = False,
) -> None:
    """Which logs it cosigned up to where; exit 1 if what it kept is damaged."""
    with _opened(folder) as store:
        logs: list[dict[str, Any]] = []
        for origin in store.origins:
            head, _, at = store.latest(origin)
            moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            logs.append({"log": origin, "size": head.size, "root": head.root.hex(), "at": moment})
        key = store.verifier.encode()
    if as_json:
        typer.echo(json.dumps({"witness": key, "logs": logs}))
        return
    typer.echo(key)
    for row in logs:
        typer.echo(f"{row['log']}  {row['size']} entries  {row['root'][:16]}  {row['at']}")


def last(origin: str, folder: Folder = HERE) -> None:
    """The last checkpoint cosigned of a log, for `outwork verify --seen`."""
    with _opened(folder) as store:
        if origin not in store.origins:
            _fail(BadInput("log-unknown", log=origin))
        typer.echo(store.latest(origin)[1].decode(), nl=False)


@contextmanager
def _opened(folder: Path) -> Iterator[Store]:
    try:
        yield Store(folder)
    except Damaged as error:
        typer.echo(f"outwork: {explain('witness-damaged', {'problem': str(error)})}", err=True)
        raise typer.Exit(1) from None


def _fail(error: BadInput) -> NoReturn:
    typer.echo(f"outwork: {explain(error.code, error.params)}", err=True)
    raise typer.Exit(2)
