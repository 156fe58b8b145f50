"""What the rules ask before answers are handed in, as one statement reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from outwork import documents
from outwork.access import ActorKind, Rule
from outwork.kit.database import Connection
from outwork.kit.keyring import Keyring
from outwork.stages.execution import queries
from outwork.stages.execution.model import Assignment, WorkItem, hold_reason, obstacles
from outwork.vocabulary import (
    ActorId,
    Answer,
    AnswerId,
    Purpose,
    Refusal,
    Role,
    SourceText,
    Stage,
)


class BasisRow(NamedTuple):
    """The columns of `submission_basis`, in order."""

    who: str
    at: datetime
    actor_kind: str
    actor_name: str
    pseudonym: str
    roles: list[str]
    family: str
    live: bool
    stage: str
    certified: bool
    doubtful: bool
    standing: str
    assignment: dict[str, Any]
    item: dict[str, Any]
    order_stage: str | None
    authors: list[str]
    latest: str | None
    before_ids: list[str] | None
    before_questions: list[str] | None
    before_contents: list[bytes] | None
    document: Mapping[str, Any] | None
    sealed_key: bytes | None
    sealed_text: bytes | None
    event_id: int


_ASSIGNMENT = TypeAdapter(Assignment)
_ITEM = TypeAdapter(WorkItem)


class Basis:
    """One actor about to hand in one assignment: the facts, and what follows from them."""

    def __init__(self, row: Sequence[Any], keyring: Keyring, db: Connection | None = None) -> None:
        self._row = BasisRow(*row)
        self._db = db
        self.keyring = keyring
        self.assignment = _ASSIGNMENT.validate_python(self._row.assignment)
        self.item = _ITEM.validate_python(self._row.item)
        self.actor = ActorId(self._row.who)
        self.at = self._row.at
        self.family, self.standing = self._row.family, self._row.standing
        self.latest, self.event_id = self._row.latest, self._row.event_id
        self.by_agent = self._row.actor_kind == ActorKind.AGENT.value

    def obstacles(self) -> list[str]:
        """Codes of what bars the actor from the assignment; empty if nothing does."""
        held = hold_reason(self.assignment, self.actor, self.at)
        barred = obstacles(
            self.assignment.purpose,
            self.assignment.level,
            self.family,
            {Role(r) for r in self._row.roles},
            self._row.certified,
            self._row.authors,
        )
        return ([held] if held else []) + [reason.code for reason in barred]

    def refuse(self) -> None:
        """Raises Refusal with the first thing that bars the actor."""
        codes = self.obstacles()
        if codes:
            raise Refusal(codes[0], assignment=self.assignment.id, name=self._row.actor_name)

    def ordinary(self, rule: Rule) -> bool:
        """Whether this is answering in execution by someone whom nothing bars.

        Everything else (certification, corrections after a verdict, a rule that refuses, content
        that is kept elsewhere) goes the plain way.
        """
        return (
            self._row.live
            and not self._row.doubtful
            and Stage(self._row.stage) in rule.stages
            and bool({r.value for r in rule.roles} & set(self._row.roles))
            and self.assignment.purpose is Purpose.PRODUCE
            and self._row.order_stage == Stage.EXECUTION.value
            and self._row.sealed_text is not None
            and not self.obstacles()
        )

    def source(self) -> SourceText:
        """The canonical text of the item; raises KeyMissing after erasure."""
        row = self._row
        if row.document is None or row.sealed_key is None or row.sealed_text is None:
            assert self._db is not None  # `ordinary` has asked
            return documents.source(self._db, self.item.document_id)
        return documents.opened(self.keyring, row.document, row.sealed_key, row.sealed_text)

    def before(self) -> dict[str, Answer]:
        """The latest produced answers by question; none of them in certification."""
        row = self._row
        if self.assignment.purpose is Purpose.CERTIFY or row.latest is None:
            return {}
        found = {}
        for identifier, question, content in zip(
            row.before_ids or (), row.before_questions or (), row.before_contents or (), strict=True
        ):
            plain = documents.unseal_under(
                self.keyring, self.item.engagement_id, content, f"{identifier}/content"
            )
            found[question] = Answer(
                question=question,
                value=plain["value"],
                evidence=queries.EVIDENCE.validate_python(plain["evidence"]),
                id=AnswerId(identifier),
            )
        return found
