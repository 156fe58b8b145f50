"""One act by four ways: the API, the SDK, the command line, and the pages' own forms.

Each way tells what came of it: `Done` with the result, or `Refused` with the code where the way
shows one (pages show words).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
from fastapi import FastAPI
from tests.support.engagement import World
from tests.support.website import answering, serving
from typer.testing import CliRunner

from outwork import access
from outwork.interfaces import cli as command_line
from outwork.interfaces.api import Swift, api
from outwork.operation import utc_now
from outwork_client import Client, ClientError

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Done:
    """It happened, with this result (pages give the assignment that they lead to, or None)."""

    result: Any


@dataclass(frozen=True)
class Refused:
    """It did not happen; pages give no code."""

    code: str | None


class Way(Protocol):
    """One of the four ways."""

    def do(self, who: str, act: str, arguments: Mapping[str, Any]) -> Done | Refused:
        """Do an act of `execution` or `assurance` as somebody."""


@dataclass
class _People:
    world: World
    leaving: ExitStack
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, who: str) -> str:
        if who not in self.tokens:
            with self.world.database.transaction("job") as db:
                self.tokens[who] = access.open_session(db, self.world.people[who], utc_now())
        return self.tokens[who]


@dataclass
class OverApi(_People):
    """JSON over HTTP, as any program may."""

    address: str = ""

    def do(self, who: str, act: str, arguments: Mapping[str, Any]) -> Done | Refused:
        """POST /api/acts/NAME."""
        answer = httpx.post(
            f"{self.address}/api/acts/{act}",
            json=dict(arguments),
            headers={"Authorization": f"Bearer {self.token(who)}"},
            timeout=30,
        )
        told = answer.json()
        return Done(told["result"]) if answer.is_success else Refused(told["code"])


@dataclass
class OverSdk(_People):
    """The SDK, by attribute access."""

    address: str = ""
    clients: dict[str, Client] = field(default_factory=dict)

    def do(self, who: str, act: str, arguments: Mapping[str, Any]) -> Done | Refused:
        """client.SLICE.VERB(...)."""
        if who not in self.clients:
            client = self.leaving.enter_context(Client(self.address))
            with self.world.database.transaction("job") as db:
                access.set_password(db, self.world.people[who], PASSWORD, utc_now())
            self.clients[who] = client.sign_in(self.world.login(who), PASSWORD)
        slice_name, _, verb = act.partition(".")
        try:
            return Done(getattr(getattr(self.clients[who], slice_name), verb)(**arguments))
        except ClientError as error:
            return Refused(error.code)


@dataclass
class OverCommand(_People):
    """`outwork do`, with a password each time."""

    ready: set[str] = field(default_factory=set)

    def do(self, who: str, act: str, arguments: Mapping[str, Any]) -> Done | Refused:
        """outwork do NAME --as LOGIN argument=value ..."""
        if who not in self.ready:
            with self.world.database.transaction("job") as db:
                access.set_password(db, self.world.people[who], PASSWORD, utc_now())
            self.ready.add(who)

        @contextmanager
        def home() -> Iterator[Any]:
            yield self.world

        given = [f"{name}={json.dumps(value)}" for name, value in arguments.items()]
        done = CliRunner().invoke(
            command_line.build(home, lambda _port, _demo: None),
            ["do", act, "--as", self.world.login(who), *given],
            env={"OUTWORK_PASSWORD": PASSWORD},
            catch_exceptions=False,
        )
        if done.exit_code == 0:
            return Done(json.loads(done.stdout))
        found = re.search(r"\[([a-z-]+)\]", done.stderr)
        assert found is not None, done.stderr
        return Refused(found[1])


@dataclass
class OverPages(_People):
    """The forms of the workspace, with the session's cookie and its token against forgery."""

    address: str = ""
    clients: dict[str, tuple[httpx.Client, str]] = field(default_factory=dict)

    def do(self, who: str, act: str, arguments: Mapping[str, Any]) -> Done | Refused:
        """The form that a person would send."""
        client, token = self._client(who)
        path, fields = self._form(act, arguments)
        answer = client.post(path, data={"csrf": token, **fields})
        where = answer.headers.get("location", "")
        if answer.status_code != 303:
            return Refused(None)
        if act == "execution.claim":
            return Done(where.removeprefix("/desk/") if where.startswith("/desk/") else None)
        return Done(None)

    def _client(self, who: str) -> tuple[httpx.Client, str]:
        if who not in self.clients:
            client = self.leaving.enter_context(
                httpx.Client(
                    base_url=self.address, cookies={"outwork-session": self.token(who)}, timeout=30
                )
            )
            found = re.search(r'data-csrf="(\w+)"', client.get("/work").text)
            assert found is not None
            self.clients[who] = client, found[1]
        return self.clients[who]

    def _form(self, act: str, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        if act == "execution.claim":
            return "/desk/next", {"engagement": arguments["engagement"]}
        desk = f"/desk/{arguments['assignment']}"
        if act == "execution.submit":
            return f"{desk}/submit", {
                f"q-{a['question']}-action": "confirm" for a in arguments["answers"]
            }
        if act == "assurance.inspect":
            keys = ("renewal", "effective-date", "governing-law")
            return f"{desk}/inspect", {f"q-{key}-verdict": "right" for key in keys}
        ends = {"execution.return_assignment": "return", "execution.extend": "extend"}
        return f"{desk}/{ends[act]}", {}


@contextmanager
def ways(world: World) -> Iterator[Callable[[str], Way]]:
    """Gives the way of a name: api, sdk, cli or web."""
    with ExitStack() as leaving:

        def made(name: str) -> Way:
            if name == "cli":
                return OverCommand(world, leaving)
            if name == "web":
                return OverPages(
                    world, leaving, address=leaving.enter_context(serving(world.database))
                )
            app = FastAPI()
            app.mount("/api", api(world.database))
            address = leaving.enter_context(answering(Swift(app, world.database), "on"))
            return {"api": OverApi, "sdk": OverSdk}[name](world, leaving, address=address)

        yield made
