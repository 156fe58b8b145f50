"""`outwork chain`: have a contract on a chain keep the root of a log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from outwork import anchoring, ledger
from outwork.interfaces.wording import explain
from outwork.vocabulary import BadInput

Endpoint = Annotated[str, typer.Option("--rpc", help="Where the chain's JSON-RPC answers.")]
Key = Annotated[
    Path, typer.Option("--key", help="File with the key that pays and signs, in hexadecimal.")
]
Gwei = Annotated[int, typer.Option(min=1, help="Most that is offered for a unit of gas.")]


def build() -> typer.Typer:
    """The group `chain`; needs no database."""
    group = typer.Typer(help="Anchor logs on a chain of your choice.", no_args_is_help=True)
    for command in (deploy, anchor):
        group.command()(command)
    return group


def deploy(rpc: Endpoint, key: Key, most_gwei: Gwei = 100) -> None:
    """Put the contract of anchors on a chain and print its address; only this key anchors by it."""
    try:
        typer.echo(anchoring.Chain(rpc, _key(key), most_gwei).deploy())
    except anchoring.ChainRefused as error:
        _fail(BadInput("chain-refused", problem=str(error)))


def anchor(
    bundle: Path,
    rpc: Endpoint,
    key: Key,
    contract: Annotated[str, typer.Option(help="Address that `deploy` printed.")],
    out: Annotated[Path, typer.Option(help="File for the proof.")],
    most_gwei: Gwei = 100,
    confirmations: Annotated[int, typer.Option(min=0, help="Blocks to wait for above.")] = 12,
    transaction: Annotated[
        str, typer.Option(help="Send nothing; take the proof of what this one anchored.")
    ] = "",
) -> None:
    """Anchor the log of a bundle, which is verified first; leaves the proof for `verify --anchor`.

    Nothing goes out but the digest of the log's name, the number of its entries and their root.
    """
    from outwork_verify import Unreadable, verify  # the verifier stands on its own

    if out.exists():
        _fail(BadInput("file-exists", file=str(out)))
    try:
        report = verify(bundle)
        if report.failure is not None:
            typer.echo(f"outwork: {bundle} does not verify: {report.failure.reason}", err=True)
            raise typer.Exit(1)
        with bundle.open("rb") as file:
            head = anchoring.head_of(ledger.bundle.read_bundle(file).checkpoint)
        chain = anchoring.Chain(rpc, _key(key), most_gwei)
        if transaction:
            made = chain.prove(contract, head, transaction, confirmations)
        else:
            made = chain.anchor(contract, head, confirmations)
        out.write_bytes(made)
    except (OSError, Unreadable) as error:
        _fail(BadInput("file-unreadable", file=str(bundle), problem=str(error)))
    except anchoring.ChainRefused as error:
        _fail(BadInput("chain-refused", problem=str(error)))
    typer.echo(f"{head.size} entries anchored; verify: outwork verify {bundle} --anchor {out}")


def _key(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        _fail(BadInput("file-unreadable", file=str(path), problem=str(error)))


def _fail(error: BadInput) -> NoReturn:
    typer.echo(f"outwork: {explain(error.code, error.params)}", err=True)
    raise typer.Exit(2)
