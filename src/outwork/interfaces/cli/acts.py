"""`outwork do ACT`: one command an act, made from its declaration.

Every argument is text or JSON. The person signs in with a login and the password in
OUTWORK_PASSWORD, or is asked for it: a shell on the server is not an identity.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import click
import typer
from pydantic import TypeAdapter

from outwork import access
from outwork.interfaces.wording import explain
from outwork.operation import ACTS, Act, perform, utc_now
from outwork.vocabulary import Json, OutworkError, Refusal

_PLAIN: TypeAdapter[Any] = TypeAdapter(Any)


def build(open_home: Callable[[], AbstractContextManager[Any]]) -> typer.Typer:
    """The group `do`, with a command for every act."""
    group = typer.Typer(help="Do one act as a person.", no_args_is_help=True)
    for declared in ACTS.values():
        _add(group, declared, open_home)
    return group


def _add(
    group: typer.Typer,
    declared: Act[..., Any],
    open_home: Callable[[], AbstractContextManager[Any]],
) -> None:
    secrets = [p.name for p in declared.parameters if p.secret]
    known = ", ".join(
        f"{p.name}={'...' if p.required else '[...]'}" for p in declared.parameters if not p.secret
    )

    @group.command(declared.name, help=f"{declared.help}\n\nArguments: {known or 'none'}.")
    def do(
        arguments: list[str] = typer.Argument(None, help="name=value; JSON or text."),
        login: str = typer.Option(..., "--as", help="Login of the person who acts."),
    ) -> None:
        given = dict(_pair(text) for text in arguments or [])
        try:
            with open_home() as home:
                password = password_of_caller()
                actor = signed_in(home.database, login, password)
                given = {**{name: _secret(name, password) for name in secrets}, **given}
                result = perform(home.database, actor, declared.name, given)
        except OutworkError as error:
            typer.echo(f"outwork: {explain(error.code, error.params)} [{error.code}]", err=True)
            for reason in error.reasons:
                words = explain(reason.code, reason.params)
                typer.echo(f"  - {words} [{reason.code}]", err=True)
            raise typer.Exit(1 if isinstance(error, Refusal) else 2) from None
        typer.echo(json.dumps(_PLAIN.dump_python(result, mode="json")))


def _pair(text: str) -> tuple[str, Json]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text!r} is not of the form name=value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def password_of_caller() -> str:
    """The password in OUTWORK_PASSWORD, or what the person types."""
    typed: str = os.environ.get("OUTWORK_PASSWORD") or typer.prompt("Password", hide_input=True)
    return typed


def _secret(name: str, password: str) -> str:
    """A secret argument of an act: the password just given, or one that is asked for."""
    if name == "password":
        return password
    variable = os.environ.get(f"OUTWORK_{name.upper()}")
    typed: str = variable or typer.prompt(name.capitalize(), hide_input=True)
    return typed


def signed_in(database: Any, login: str, given: str | None = None) -> str:
    """The actor behind a login, by the password given or asked for; raises Refusal."""
    password = password_of_caller() if given is None else given
    with database.transaction("job") as db:
        token = access.sign_in(db, login, password, utc_now())
        actor = access.session_actor(db, token, utc_now())
        access.sign_out(db, token)
    assert actor is not None  # the session was opened a moment ago
    return actor.id
