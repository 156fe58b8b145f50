"""`outwork admin`: passwords, people, keys, migration."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer

from outwork import access, agreements, ledger
from outwork.interfaces.wording import explain
from outwork.operation import utc_now
from outwork.vocabulary import BadInput, EngagementId, NotFound, OutworkError, Side
from outwork_verify import single


def build(open_home: Callable[[], AbstractContextManager[Any]]) -> typer.Typer:
    """The group `admin`, for whoever holds the home folder."""
    group = typer.Typer(help="Users, keys, migration.", no_args_is_help=True)

    @group.command()
    def password(
        login: str,
        new: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    ) -> None:
        """Set a person's password; ends their open sessions."""
        try:
            with open_home() as home, home.database.transaction("job") as db:
                actor = access.actor_by_login(db, login)
                if actor is None:
                    raise NotFound("login", login)
                access.set_password(db, actor.id, new, utc_now())
        except OutworkError as error:
            _fail(error)
        typer.echo(f"The password of {login} is set.")

    @group.command()
    def users() -> None:
        """Everyone who is registered."""
        with open_home() as home, home.database.transaction("job") as db:
            for party in access.parties(db):
                for actor in access.actors_of(db, party.id):
                    roles = " ".join(sorted(actor.roles)) or "administrator"
                    typer.echo(f"{actor.login:20} {actor.name:24} {party.name:28} {roles}")

    @group.command()
    def policy(
        engagement: str,
        client: Annotated[int | None, typer.Option(help="Of the client's witnesses.")] = None,
        provider: Annotated[int | None, typer.Option(help="Of the provider's.")] = None,
    ) -> None:
        """The policy file for an engagement's bundles; one witness of each side unless told."""
        given = {Side.CLIENT: client, Side.PROVIDER: provider}
        needed = {side: number for side, number in given.items() if number is not None}
        try:
            with open_home() as home, home.database.transaction("job", [engagement]) as db:
                typer.echo(ledger.witnessing.policy(db, EngagementId(engagement), needed), nl=False)
        except ValueError as error:
            _fail(BadInput("too-few-witnesses", problem=str(error)))

    @group.command()
    def migrate() -> None:
        """Bring the schema up to date."""
        with open_home():
            typer.echo("The schema is up to date.")

    @group.command()
    def fsck() -> None:
        """Rebuild every log from its entries: each leaf, node, checkpoint and cosignature."""
        wrong = 0
        with open_home() as home:
            with home.database.transaction("job") as db:
                every = [*agreements.directory(db), access.INSTALLATION, ledger.LOGS]
            for engagement in every:
                with home.database.snapshot("job", [engagement]) as db:
                    found = ledger.rebuilt(db, engagement)
                wrong += found.problem is not None
                outcome = f"ok, {found.entries} entries" if found.problem is None else found.problem
                typer.echo(f"{engagement}  {outcome}")
        if wrong:
            raise typer.Exit(1)

    group.command()(verifier)
    return group


def verifier(
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("outwork-verify.pyz"),
) -> None:
    """Write the offline verifier as one file, to hand to an auditor."""
    made = io.BytesIO()
    single.write(made)
    try:
        out.write_bytes(made.getvalue())
    except OSError as error:
        _fail(BadInput("unwritable", path=str(out), reason=error.strerror or str(error)))
    digest = hashlib.sha256(made.getvalue()).hexdigest()
    typer.echo(f"{out}  {len(made.getvalue())} bytes, SHA-256 {digest}")
    typer.echo(f"Run it: python -I {out} BUNDLE --policy FILE")


def _fail(error: OutworkError) -> None:
    typer.echo(f"outwork: {explain(error.code, error.params)}", err=True)
    raise typer.Exit(2)
