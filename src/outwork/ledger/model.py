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


def split(body: EventBody) -> tuple[dict[str, Json], dict[str, Json]]:
    """The public and the confidential values of an event, as JSON values."""
    hints = get_type_hints(type(body), include_extras=True)
    public: dict[str, Json] = {}
    sealed: dict[str, Json] = {}
    for f in fields(body):
        if f.name == "engagement":
            continue
        hint = hints[f.name]
        value = TypeAdapter(hint).dump_python(getattr(body, f.name), mode="json")
        hidden = any(isinstance(m, _Mark) for m in getattr(hint, "__metadata__", ()))
        if not hidden:
            public[f.name] = value
        elif isinstance(value, dict):
            # One commitment per key, so that one answer can be disclosed without the others.
            sealed |= {f"{f.name}.{name}": part for name, part in value.items()}
        else:
            sealed[f.name] = value
    return public, sealed


def instant_text(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds, the only form of an instant in the log."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
