"""A hand-over and its packet: nouns and pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import TypeAdapter

from outwork.stages.execution.model import GIVEN, Assignment
from outwork.vocabulary import (
    ActorId,
    AssignmentId,
    EngagementId,
    HandOverId,
    ItemId,
    Json,
    Role,
)


class HandOverState(StrEnum):
    """A hand-over waits for its receiver, who accepts it; or somebody calls it off."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class HandOver:
    """An item on its way from one person to another; `content` is the sealed packet.

    `family` is the giver's where the work is answering: it counts among the item's makers.
    """

    engagement_id: EngagementId
    id: HandOverId
    assignment_id: AssignmentId
    item_id: ItemId
    given_by: ActorId
    given_to: ActorId
    family: str | None
    at: datetime
    due_at: datetime | None
    state: HandOverState
    content: bytes
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Packet:
    """What is handed over with an item: words, settled and open questions by key, reasons of
    pauses that last, and what the log says of the item, newest first: instant, kind, pseudonym.
    """

    done: str
    ruled_out: str
    blocked_on: str
    next_action: str
    answered: tuple[str, ...]
    open: tuple[str, ...]
    owed: tuple[str, ...]
    history: tuple[tuple[datetime, str, str], ...]

    def to_json(self) -> Json:
        """As it is sealed."""
        return PACKET.dump_python(self, mode="json")


PACKET: TypeAdapter[Packet] = TypeAdapter(Packet)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who could take an item over: where, and when work begins there."""

    actor: ActorId
    site: str | None
    begins: datetime


def handed_by_nobody(assignment: Assignment) -> bool:
    """What is given by name is answered by whom it was given to, an agent's draft by the agent."""
    return assignment.purpose in GIVEN or assignment.taker is Role.AGENT


def settled_in(progress: Json) -> set[str]:
    """Questions that somebody has settled in what was saved, as the desk saves it."""
    answers = progress.get("answers") if isinstance(progress, Mapping) else None
    if not isinstance(answers, Mapping):
        return set()
    return {
        key
        for key, said in answers.items()
        if isinstance(said, Mapping) and (said.get("action") or said.get("verdict"))
    }
