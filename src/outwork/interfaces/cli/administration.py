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
from outwork.vocabulary import BadInput, EngagementId, NotFound, OutworkError
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
    def policy(engagement: str) -> None:
        """The policy line with which an engagement's bundles are authenticated."""
        with open_home() as home:
            key = ledger.verifier_key(home.database.keyring, EngagementId(engagement))
        typer.echo(f"log {key}")

    @group.command()
    def migrate() -> None:
        """Bring the schema up to date."""
        with open_home():
            typer.echo("The schema is up to date.")

    @group.command()
    def fsck() -> None:
        """Rebuild every log's root from its entries and compare it with the kept one."""
        wrong = 0
        with open_home() as home:
            with home.database.transaction("job") as db:
                every = agreements.directory(db)
            for engagement in every:
                with home.database.transaction("job", [engagement]) as db:
                    good = ledger.rebuilt_root_matches(db, engagement)
                wrong += not good
                typer.echo(f"{engagement}  {'ok' if good else 'DIFFERS'}")
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
