"""What the rules ask before answers are handed in, as one statement reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from outwork import documents
from outwork.kit.database import Connection
from outwork.kit.keyring import Keyring
from outwork.stages.execution import queries
from outwork.stages.execution.ladder import is_answered_twice, levels_due
from outwork.stages.execution.model import Assignment, ItemState, WorkItem, hold_reason
from outwork.vocabulary import (
    ActorId,
    Answer,
    AnswerId,
    Purpose,
    SourceText,
    Stage,
    SubmissionId,
)


class BasisRow(NamedTuple):
    """The columns of `submission_basis`, in order."""

    who: str
    at: datetime
    by_agent: bool
    assignment: dict[str, Any]
    item: dict[str, Any]
    order_stage: str | None
    latest: str | None
    before_ids: list[str] | None
    before_questions: list[str] | None
    before_contents: list[bytes] | None
    document: Mapping[str, Any] | None
    sealed_key: bytes | None
    sealed_text: bytes | None
    event_id: int
    shares: list[str] | None
    commitments: list[str] | None
    produced: list[str] | None
    overlap: Decimal | None


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
        self.at, self.by_agent = self._row.at, self._row.by_agent
        self.latest, self.event_id = self._row.latest, self._row.event_id

    def ordinary(self) -> bool:
        """Whether this is answering in execution what the actor holds, and all that is here.

        Everything else (certification, corrections after a verdict, a lost reservation, content
        that is kept elsewhere) goes the plain way.
        """
        return (
            self.assignment.purpose is Purpose.PRODUCE
            and self._row.order_stage == Stage.EXECUTION.value
            and self._row.sealed_text is not None
            and hold_reason(self.assignment, self.actor, self.at) is None
            and not self.frozen()
        )

    def frozen(self) -> bool:
        """Whether the item is under review: then nobody but its reviewer changes an answer."""
        reviewing = self.assignment.purpose is Purpose.REVIEW
        return self.item.state is ItemState.REVIEW and not reviewing

    def levels_due(self, made: SubmissionId) -> tuple[int, ...]:
        """The review levels that the item passes once it is handed in as this submission.

        After the close nothing is reviewed on the way: what is corrected then is inspected again.
        """
        row = self._row
        if not row.shares or row.order_stage != Stage.EXECUTION.value:
            return ()
        mine = [made] if self.assignment.purpose is Purpose.PRODUCE else []
        return levels_due(
            row.commitments or (), row.shares, self.item.id, [*(row.produced or ()), *mine]
        )

    def answered_again(self, made: SubmissionId) -> bool:
        """Whether somebody else answers the item once more, handed in as this submission."""
        row = self._row
        mine = self.assignment.purpose is Purpose.PRODUCE and self.assignment.level > 0
        if row.overlap is None or not mine or row.order_stage != Stage.EXECUTION.value:
            return False
        return is_answered_twice(row.commitments or (), row.overlap, self.item.id, made)

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
