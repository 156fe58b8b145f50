"""What an event is, and how its confidential fields are sealed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, ClassVar, TypeVar, dataclass_transform, get_type_hints

from pydantic import TypeAdapter

from outwork.vocabulary import Digest, EngagementId, Json, Side, WitnessId

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Mark:
    """Marks a field of an event whose value is never public; or has none, and opens to nobody."""

    opened: bool = True


class _Seldom:
    """Marks a public field of an event that is left out where it is None."""


Sealed = Annotated[T, _Mark()]
Occasional = Annotated[T | None, _Seldom()]

# Where everything else of an event can be guessed by somebody who must not know all of it, and who
# sees its leaf hash in the proof of a neighbour: a commitment to nothing, whose salt is not kept.
Blind = Annotated[None, _Mark(opened=False)]


@dataclass(frozen=True, slots=True)
class EventBody:
    """What an act says happened; subclasses are declared with `@event` in a slice's events."""

    kind: ClassVar[str]
    version: ClassVar[int]

    engagement: EngagementId


EVENTS: dict[str, type[EventBody]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(*, version: int = 1) -> Any:
    """Declare an event: a frozen dataclass in the past tense.

    Its kind is its slice and its name ("execution.item-submitted"). Fields marked `Sealed[...]` go
    into the log as commitments only (a mapping: one commitment per key); all other values must be
    structural (ids, states, counts, verdicts, amounts, dates). One marked `Occasional[...]` is left
    out where there is nothing to say, so that events which never had it stay as they were.
    """

    def declare(cls: type[EventBody]) -> type[EventBody]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        slice_name = cls.__module__.split(".")[-2]
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()
        made.kind, made.version = f"{slice_name}.{name}", version
        if made.kind in EVENTS:
            raise AssertionError(f"declared twice: {made.kind}")
        EVENTS[made.kind] = made
        return made

    return declare


_SHAPES: dict[str, list[tuple[str, TypeAdapter[Any], _Mark | None, bool]]] = {}


def _shape(of: type[EventBody]) -> list[tuple[str, TypeAdapter[Any], _Mark | None, bool]]:
    """Name, adapter, the mark if it is sealed, and whether it is occasional, of each field."""
    if of.kind in _SHAPES:
        return _SHAPES[of.kind]
    hints = get_type_hints(of, include_extras=True)
    made = [
        (
            f.name,
            TypeAdapter(hints[f.name]),
            next((m for m in _notes(hints[f.name]) if isinstance(m, _Mark)), None),
            any(isinstance(m, _Seldom) for m in _notes(hints[f.name])),
        )
        for f in fields(of)
        if f.name != "engagement"
    ]
    return _SHAPES.setdefault(of.kind, made)


def _notes(hint: Any) -> tuple[Any, ...]:
    return getattr(hint, "__metadata__", ())


_AS_IT_IS = {str, int, bool, type(None)}  # of any type an event may declare


def split(body: EventBody) -> tuple[dict[str, Json], dict[str, Json]]:
    """The public and the confidential values of an event, as JSON values."""
    public: dict[str, Json] = {}
    sealed: dict[str, Json] = {}
    for name, adapter, mark, occasional in _shape(type(body)):
        value = getattr(body, name)
        if type(value) not in _AS_IT_IS:
            value = adapter.serializer.to_python(value, mode="json")
        if mark is None:
            if value is not None or not occasional:
                public[name] = value
        elif isinstance(value, dict):
            # One commitment per key, so that one answer can be disclosed without the others.
            sealed |= {f"{name}.{key}": part for key, part in value.items()}
        else:
            sealed[name] = value
    return public, sealed


_BLIND: dict[str, frozenset[str]] = {}


def blinding(of: type[EventBody]) -> frozenset[str]:
    """The sealed fields of a kind of event that open to nobody."""
    if of.kind not in _BLIND:
        _BLIND[of.kind] = frozenset(name for name, _, m, _ in _shape(of) if m and not m.opened)
    return _BLIND[of.kind]


@lru_cache(1024)  # events of one act or one call share theirs
def instant_text(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds, the only form of an instant in the log."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


LOGS = EngagementId("logs")  # the log of logs, which belongs to no engagement

# --- witnesses --------------------------------------------------------------------------------

LATE = timedelta(minutes=10)  # a witness that is behind for longer is alarmed
AGAIN = timedelta(seconds=10)  # before a witness that did not cosign is asked again
SELDOM = timedelta(minutes=10)  # before one that perhaps does not know the log of logs is


@dataclass(frozen=True, slots=True)
class Witness:
    """A party's witness as the log knows it.

    `key` is its verifier key, `url` its submission prefix; `size` is what it cosigned last;
    `problem` is the code of why it did not the last time.
    """

    engagement_id: EngagementId
    id: WitnessId
    side: Side
    key: str
    url: str
    token_digest: Digest
    enrolled_at: datetime
    retired_at: datetime | None = None
    size: int = 0
    cosigned_at: datetime | None = None
    tried_at: datetime | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """The key's name."""
        return self.key.partition("+")[0]

    def may_be_asked(self, now: datetime) -> bool:
        """Whether enough time has passed since it last said no, or nothing."""
        pause = SELDOM if self.engagement_id == LOGS else AGAIN
        return not self.problem or self.tried_at is None or now - self.tried_at >= pause


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a witness has cosigned a log of `entries`; `behind_since` is None if all of it."""

    witness: Witness
    entries: int
    behind_since: datetime | None
    at: datetime

    @property
    def late(self) -> bool:
        """Whether it has been behind for so long that somebody has to look."""
        return self.behind_since is not None and self.at - self.behind_since > LATE


@dataclass(frozen=True, slots=True)
class Covered:
    """How far an entry is proved: by the checkpoint of `size` entries, and by whose witnesses.

    `by` names the witnesses of each side that has cosigned; `sides` are those that have any.
    """

    size: int
    by: Mapping[Side, tuple[str, ...]]
    sides: frozenset[Side]


def policy_text(
    log: str, witnesses: Sequence[Witness], needed: Mapping[Side, int], logs: str = ""
) -> str:
    """A policy: the log's key, each side's witnesses, and a quorum with every side in it.

    `logs` is the rule for the log of logs, whose words `every-side` name that quorum.
    Raises ValueError where a side has fewer witnesses than are needed.
    """
    lines, groups = [f"log {log}"], []
    for side in (Side.CLIENT, Side.PROVIDER):
        own = [w for w in witnesses if w.side is side]
        wanted = needed.get(side, min(1, len(own)))
        if wanted > len(own) or wanted < 0:
            raise ValueError(f"the {side.value} has {len(own)} witnesses")
        if not own or not wanted:
            lines.append(f"# no witness of the {side.value} is asked for")
            continue
        names = [f"{side.value}-{number}" for number in range(1, len(own) + 1)]
        lines += [f"witness {name} {w.key}" for name, w in zip(names, own, strict=True)]
        lines.append(f"group {side.value} {wanted} {' '.join(names)}")
        groups.append(side.value)
    if groups:
        lines += [f"group every-side all {' '.join(groups)}", "quorum every-side"]
    if logs:
        lines.append(logs if groups else logs.removesuffix(" every-side"))
    return "".join(f"{line}\n" for line in lines)
