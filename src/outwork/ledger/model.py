"""What an event is, and how its confidential fields are sealed."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, TypeVar, dataclass_transform, get_type_hints

from pydantic import TypeAdapter

from outwork.vocabulary import EngagementId, Json

T = TypeVar("T")


class _Mark:
    """Marks a field of an event whose value is never public."""


Sealed = Annotated[T, _Mark()]


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
    structural (ids, states, counts, verdicts, amounts, dates).
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


_SHAPES: dict[str, list[tuple[str, TypeAdapter[Any], bool]]] = {}


def _shape(of: type[EventBody]) -> list[tuple[str, TypeAdapter[Any], bool]]:
    """Name, adapter and whether it is sealed, of each field but the engagement."""
    if of.kind in _SHAPES:
        return _SHAPES[of.kind]
    hints = get_type_hints(of, include_extras=True)
    made = [
        (
            f.name,
            TypeAdapter(hints[f.name]),
            any(isinstance(m, _Mark) for m in getattr(hints[f.name], "__metadata__", ())),
        )
        for f in fields(of)
        if f.name != "engagement"
    ]
    return _SHAPES.setdefault(of.kind, made)


def split(body: EventBody) -> tuple[dict[str, Json], dict[str, Json]]:
    """The public and the confidential values of an event, as JSON values."""
    public: dict[str, Json] = {}
    sealed: dict[str, Json] = {}
    for name, adapter, hidden in _shape(type(body)):
        value = adapter.dump_python(getattr(body, name), mode="json")
        if not hidden:
            public[name] = value
        elif isinstance(value, dict):
            # One commitment per key, so that one answer can be disclosed without the others.
            sealed |= {f"{name}.{key}": part for key, part in value.items()}
        else:
            sealed[name] = value
    return public, sealed


def instant_text(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds, the only form of an instant in the log."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
