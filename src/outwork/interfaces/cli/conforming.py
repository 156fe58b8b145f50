"""`outwork conformance`: hold any log server or witness to the specifications."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from outwork import conformance, ledger
from outwork.interfaces.wording import explain
from outwork.vocabulary import BadInput

Origin = Annotated[str, typer.Option(help="Name of the test's log; a witness knows each once.")]
Key = Annotated[str, typer.Option(help="Verifier key of what is tested.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone, on one line.")]


def build() -> typer.Typer:
    """The group `conformance`; needs no database."""
    group = typer.Typer(help="Test any log server or witness.", no_args_is_help=True)
    for command in (log, witness, key, vectors):
        group.command()(command)
    return group


def log(
    url: str,
    key: Key,
    token: Annotated[str, typer.Option(help="Sent as a bearer's token.")] = "",
    seen: Annotated[Path | None, typer.Option(help="An earlier checkpoint.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read a log by its tiles and build its root again; exit 1 if something is not as specified."""
    try:
        earlier = None if seen is None else seen.read_bytes()
    except OSError as error:
        _fail(BadInput("file-unreadable", file=str(seen), problem=error.strerror or ""))
    _report(conformance.check_log(url, _key(key), token, earlier), as_json)


def witness(
    url: str, key: Key, origin: Origin = conformance.ORIGIN, as_json: AsJson = False
) -> None:
    """Ask a witness what it must and must not cosign; it has to trust the key that `key` prints."""
    _report(conformance.check_witness(url, _key(key), time.time(), origin), as_json)


def key(origin: Origin = conformance.ORIGIN) -> None:
    """The verifier key of the test's log, for the witness to trust."""
    typer.echo(conformance.signer(origin).verifier.encode())


def vectors(origin: Origin = conformance.ORIGIN) -> None:
    """What a witness is asked and what it has to answer, as JSON."""
    typer.echo(conformance.vectors(origin), nl=False)


def _report(outcomes: Iterator[conformance.Outcome], as_json: bool) -> None:
    found = []
    try:
        for outcome in outcomes:
            found.append(outcome)
            if not as_json:
                typer.echo(f"{'FAILS' if outcome.problem else 'ok':6} {outcome.name}"
                           + (f": {outcome.problem}" if outcome.problem else ""))  # fmt: skip
    except conformance.Unreachable as error:
        _fail(BadInput("unreachable", problem=str(error)))
    bad = sum(bool(outcome.problem) for outcome in found)
    if as_json:
        rows = [asdict(outcome) for outcome in found]
        typer.echo(
            json.dumps({"ok": not bad, "checked": len(found), "failed": bad, "checks": rows})
        )
    else:
        typer.echo(f"{len(found)} checked, {bad} not as specified")
    if bad:
        raise typer.Exit(1)


def _key(text: str) -> ledger.checkpoint.VerifierKey:
    try:
        return ledger.checkpoint.parse_verifier_key(text)
    except ledger.checkpoint.NoteError as error:
        _fail(BadInput("key-malformed", problem=str(error)))


def _fail(error: BadInput) -> NoReturn:
    typer.echo(f"outwork: {explain(error.code, error.params)}", err=True)
    raise typer.Exit(2)
