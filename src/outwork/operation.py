"""One actor doing one thing at one moment in one transaction.

An *act* is declared once, with `@act`; its REST route, CLI command, SDK method, reference page and
row of the access matrix are derived from the declaration. Every act has one rhythm: load, require,
decide, save, record.
"""

from __future__ import annotations

import functools
import inspect
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_type_hints

import psycopg
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from outwork import access, ledger
from outwork.access import Actor, InEngagement, Rule, Session
from outwork.kit.database import Connection, Database
from outwork.kit.ids import Entropy, Ids
from outwork.kit.lane import Steps
from outwork.vocabulary import (
    ActorId,
    BadInput,
    EngagementId,
    Json,
    NotFound,
    Refusal,
    Role,
    Stage,
)

P = ParamSpec("P")
R = TypeVar("R")
Clock = Callable[[], datetime]
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def utc_now() -> datetime:
    """The system's clock, in UTC."""
    return datetime.now(UTC)


class Operation:
    """What an action is handed: actor, now, db, new_id(), require(), record()."""

    __slots__ = (
        "_acts", "_entropy", "_ids", "_pseudonyms", "_recorded", "_required", "actor", "db", "now",
    )  # fmt: skip

    def __init__(
        self, db: Connection, actor: Actor, now: datetime, entropy: Entropy = secrets.token_bytes
    ) -> None:
        self.db, self.actor, self.now = db, actor, now
        self._entropy, self._ids = entropy, Ids(now, entropy)
        self._acts: list[Act[..., Any]] = []
        self._required = self._recorded = 0
        self._pseudonyms: dict[EngagementId, str] = {}  # a member's never changes

    @property
    def entropy(self) -> Entropy:
        """Where this operation's chance comes from; seeded in a simulation."""
        return self._entropy

    def new_id(self, prefix: str) -> str:
        """A fresh identifier that sorts after the one before; prefixes are in GLOSSARY.md."""
        return self._ids.next(prefix)

    def new_ids(self, prefix: str, count: int) -> list[str]:
        """So many fresh identifiers that follow each other without a gap."""
        return self._ids.run(prefix, count)

    def require(self, where: InEngagement | None = None) -> None:
        """Check the rule of the act under way for this actor, at this place.

        `where` is anything that lives in an engagement; None means the installation. Raises
        NotFound to an outsider and Refusal to a member who may not.
        """
        current = self._acts[-1]
        member = None
        if where is not None:
            member = access.membership(self.db, where.engagement_id, self.actor.id)
            if member is None:
                raise NotFound("engagement", where.engagement_id)
            self._pseudonyms[where.engagement_id] = member.pseudonym
        stage = None if where is None else where.stage
        current.rule.decide(current.name, self.actor, member, stage, self.now)
        self._required += 1

    def record(self, event: ledger.EventBody, salts: Mapping[str, bytes] = ledger.NO_SALTS) -> int:
        """Add an event to its engagement's log, in this transaction; gives its number.

        `salts` are those already chosen, of sealed fields that a signature covers too.
        """
        if self._acts and type(event) not in self._acts[-1].records:
            raise AssertionError(f"{self._acts[-1].name} does not declare {type(event).__name__}")
        pseudonym = self._pseudonyms.get(event.engagement)
        if pseudonym is None:
            member = access.membership(self.db, event.engagement, self.actor.id)
            # The installation's own log has no members: there the actor's id stands for itself.
            pseudonym = self.actor.id if member is None else member.pseudonym
        number = ledger.record(self.db, event, pseudonym, self.now, self._entropy, salts)
        self._recorded += 1
        return number

    def recorded(self, event: type[ledger.EventBody]) -> None:
        """Say that a statement of the act wrote an event of this kind itself."""
        if self._acts and event not in self._acts[-1].records:
            raise AssertionError(f"{self._acts[-1].name} does not declare {event.__name__}")
        self._recorded += 1

    @contextmanager
    def _doing(self, current: Act[..., Any]) -> Iterator[None]:
        required, recorded = self._required, self._recorded
        self._acts.append(current)
        try:
            yield
            # Neither can be forgotten: an act that did not ask, or left no trace, does not commit.
            if self._required == required:
                raise AssertionError(f"{current.name} asked for no permission")
            if self._recorded == recorded and current.always:
                raise AssertionError(f"{current.name} recorded no event")
        finally:
            self._acts.pop()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of an act: its name, JSON schema source and default."""

    name: str
    adapter: TypeAdapter[Any]
    required: bool
    default: Json

    @property
    def secret(self) -> bool:
        """Whether it is a password or the like, which nobody types where others see it."""
        return self.adapter.json_schema().get("format") == "password"


@dataclass(frozen=True, slots=True)
class Grouped:
    """A form of an act in which one statement does it for many callers, with one commit for all.

    `call` is called as call(caller, wake=..., **arguments) and gives the parameters of which the
    statement takes an array each; `result` reads the row that it gives for each of them, and is
    None wherever anything is unusual; then the act itself is done, which says what it is.
    """

    statement: bytes
    call: Callable[..., Sequence[Any]]
    result: Callable[[Sequence[Any]], Any]


@dataclass(eq=False)
class Act(Generic[P, R]):
    """A declared action; call it with an Operation, or by name through `perform`."""

    name: str
    function: Callable[Concatenate[Operation, P], R]
    rule: Rule
    records: tuple[type[ledger.EventBody], ...]
    help: str
    always: bool
    parameters: tuple[Parameter, ...] = field(default=())
    swift: Callable[..., Steps[Any]] | None = None
    grouped: Grouped | None = None

    def swiftly(self, form: Callable[..., Steps[Any]]) -> Callable[..., Steps[Any]]:
        """Declare a form of this act that asks, decides and records in one or two statements.

        It is called as form(keyring, caller, now, **arguments), is a generator of steps for a
        lane, and gives PLAINLY wherever anything is unusual; then the act itself is done, which
        says what stands in the way.
        """
        self.swift = form
        return form

    def __call__(self, op: Operation, *args: P.args, **kwargs: P.kwargs) -> R:
        with op._doing(self):  # noqa: SLF001  (the two are one mechanism)
            return self.function(op, *args, **kwargs)

    def read(self, arguments: Mapping[str, Json]) -> dict[str, Any]:
        """Typed arguments from JSON ones; raises BadInput that names the argument."""
        known = {p.name for p in self.parameters}
        for name in arguments:
            if name not in known:
                raise BadInput("unknown-argument", act=self.name, argument=name)
        typed: dict[str, Any] = {}
        for p in self.parameters:
            if p.name not in arguments:
                if p.required:
                    raise BadInput("argument-missing", act=self.name, argument=p.name)
                continue
            try:
                _storable(self.name, p.name, arguments[p.name])
                typed[p.name] = p.adapter.validate_python(arguments[p.name])
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                place = ".".join([p.name, *map(str, first["loc"])])
                raise BadInput(
                    "argument-malformed", act=self.name, argument=place, problem=first["msg"]
                ) from None
        return typed


class Plainly(Enum):
    """What a swift form gives where the act has to be done the plain way."""

    PLAINLY = "plainly"


PLAINLY = Plainly.PLAINLY
ACTS: dict[str, Act[..., Any]] = {}


def act(
    *,
    roles: Sequence[Role] = (),
    stages: Sequence[Stage] = (),
    records: Sequence[type[ledger.EventBody]],
    administrator: bool = False,
    always: bool = True,
) -> Callable[[Callable[Concatenate[Operation, P], R]], Act[P, R]]:
    """Declare an action: who may do it, at which stages, and what it records.

    The name is that of its slice and function ("execution.submit"); the help is the first line of
    its docstring. `always=False` is for an act that may find nothing to do, and then records
    nothing. A parameter that begins with an underscore is no part of the act for those outside.
    """

    def declare(function: Callable[Concatenate[Operation, P], R]) -> Act[P, R]:
        slice_name = function.__module__.split(".")[-2]
        name = f"{slice_name}.{function.__name__}"
        made = Act(
            name=name,
            function=function,
            rule=Rule(frozenset(roles), frozenset(stages), administrator),
            records=tuple(records),
            help=(function.__doc__ or "").strip().splitlines()[0],
            always=always,
            parameters=_parameters(function),
        )
        functools.update_wrapper(made, function, updated=())
        if name in ACTS:
            raise AssertionError(f"declared twice: {name}")
        ACTS[name] = made
        return made

    return declare


def _parameters(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    hints = get_type_hints(function, include_extras=True)
    every = list(inspect.signature(function).parameters.values())[1:]
    # What begins with an underscore is for our own code: no interface offers it.
    found = [p for p in every if not p.name.startswith("_")]
    return tuple(
        Parameter(
            p.name,
            TypeAdapter(_zoned(hints[p.name])),
            p.default is inspect.Parameter.empty,
            None if p.default is inspect.Parameter.empty else p.default,
        )
        for p in found
    )


def _zoned(hint: Any) -> Any:
    """An instant that somebody types has a zone; without one it could not be compared."""
    if hint is datetime:
        return AwareDatetime
    return AwareDatetime | None if hint == datetime | None else hint


def _storable(act: str, argument: str, value: Json) -> None:
    """Raises BadInput for text that no database keeps: NUL, or half a surrogate pair."""
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise BadInput("text-unstorable", act=act, argument=argument)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            _storable(act, argument, name)
            _storable(act, f"{argument}.{name}", part)
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            _storable(act, f"{argument}.{number}", part)


Caller = str | Session


@contextmanager
def operation(
    database: Database,
    caller: Caller,
    now: datetime | None = None,
    entropy: Entropy = secrets.token_bytes,
) -> Iterator[Operation]:
    """Open a transaction for an actor or a session; commits once, at the edge.

    The instant is the database's own unless one is given. Raises Refusal("not-signed-in") for a
    session that is not open, and NotFound for an actor that does not exist.
    """
    entered: tuple[ActorId, datetime] | None = None
    try:
        with database.begin() as db:
            who, at = access.enter(db, caller, now)
            entered = who.id, at
            yield Operation(db, who, at, entropy)
    except Refusal as refusal:
        if refusal.code == "step-up-failed" and entered is not None:
            # What the act wrote is undone; that somebody guessed is not.
            with database.begin() as db:
                access.step_up_failed(db, *entered)
        raise


def perform(
    database: Database,
    caller: Caller,
    name: str,
    arguments: Mapping[str, Json],
    now: datetime | None = None,
) -> Any:
    """Do one act by name with JSON arguments; raises NotFound, BadInput or Refusal."""
    if name not in ACTS:
        raise NotFound("act", name)
    act = ACTS[name]
    if act.swift is not None:
        # Bad input, too, is said by the plain way, which asks first who it is.
        with suppress(BadInput, psycopg.OperationalError):
            steps = act.swift(database.keyring, caller, now, **act.read(arguments))
            done = database.lane.run(steps)
            if done is not PLAINLY:
                return done
    with operation(database, caller, now) as op:
        return act(op, **act.read(arguments))


def engagements_visible(op: Operation) -> list[EngagementId]:
    """The engagements whose rows this operation may see."""
    return access.visible_to(op.db, op.actor.id)
