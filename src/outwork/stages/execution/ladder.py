"""The review ladder and the double-blind overlap, drawn so that anybody can draw them again.

An item is drawn for a level by its submission, whose id nobody knows before it is handed in, and by
what both sides committed to before the work began. Whatever was drawn for an item stays: returning
or reopening one leads past no review.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from outwork.vocabulary import (
    ActorId,
    Answer,
    AssignmentId,
    DisputeId,
    EngagementId,
    EscalationId,
    ItemId,
    PauseId,
    SubmissionId,
    WorkOrderId,
)


class ReviewVerdict(StrEnum):
    """What a reviewer decides: it stands, it stands corrected, or it goes back to an analyst."""

    APPROVED = "approved"
    CORRECTED = "corrected"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Review:
    """One level of an item's ladder decided by one person; `note` is sealed in the store.

    `questions` were corrected; a return cites one question and a clause.
    """

    engagement_id: EngagementId
    assignment_id: AssignmentId
    work_order_id: WorkOrderId
    item_id: ItemId
    level: int
    verdict: ReviewVerdict
    reviewer: ActorId
    questions: tuple[str, ...]
    clause: str
    note: bytes
    seconds: int
    at: datetime


class ReworkCause(StrEnum):
    """Why an item was sent back: a recall, a review, a defect, or the client's return."""

    RECALL = "recall"
    REVIEW = "review"
    DEFECT = "defect"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Rework:
    """An item sent back to an analyst, by the assignment that this opened; `ordered_by` judged it.

    `level` is that of the review which returned it, else 0.
    """

    engagement_id: EngagementId
    assignment_id: AssignmentId
    work_order_id: WorkOrderId
    item_id: ItemId
    cause: ReworkCause
    question: str
    clause: str
    level: int
    ordered_by: ActorId
    ordered_at: datetime


class DisputeState(StrEnum):
    """Being scored again; upheld: what is contested stands; overturned: it does not."""

    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A rework that an author contests, and the independent re-score that decides it.

    `assignment_id` is the rework, `rescore_id` the assignment that scores the question again.
    """

    engagement_id: EngagementId
    id: DisputeId
    work_order_id: WorkOrderId
    item_id: ItemId
    assignment_id: AssignmentId
    rescore_id: AssignmentId
    cause: ReworkCause
    question: str
    clause: str
    level: int
    against: ActorId
    raised_by: ActorId
    raised_at: datetime
    reason: bytes
    state: DisputeState = DisputeState.OPEN
    decided_by: ActorId | None = None
    decided_at: datetime | None = None
    seconds: int = 0


class EscalationState(StrEnum):
    """Waiting for the client's side, answered by it, or not asked any more."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Escalation:
    """A question of an item put to the client's side; its text and its answer are sealed."""

    engagement_id: EngagementId
    id: EscalationId
    work_order_id: WorkOrderId
    item_id: ItemId
    assignment_id: AssignmentId
    pause_id: PauseId
    question: str
    clause: str
    text: bytes
    asked_by: ActorId
    asked_at: datetime
    state: EscalationState = EscalationState.OPEN
    answer: bytes = b""
    closed_by: ActorId | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EffortClaim:
    """A measured effort that its author contests; what was measured stays as it is, in seconds.

    `accepted` is None until a delivery manager has decided.
    """

    engagement_id: EngagementId
    assignment_id: AssignmentId
    author: ActorId
    measured: int
    claimed: int
    reason: bytes
    at: datetime
    accepted: bool | None = None
    decided_by: ActorId | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """An item that two people answered, neither knowing of the other, and where they differ.

    An adjudicator, who is neither, decides the questions of `differing`: `chosen` is the submission
    that stands, or "" where both were wrong; each by a clause. `reasons`, by question, are sealed.
    """

    engagement_id: EngagementId
    item_id: ItemId
    work_order_id: WorkOrderId
    first_id: SubmissionId
    second_id: SubmissionId
    asked: tuple[str, ...]
    differing: tuple[str, ...]
    compared_at: datetime
    adjudication_id: AssignmentId | None = None
    chosen: Mapping[str, str] = field(default_factory=dict)
    clauses: Mapping[str, str] = field(default_factory=dict)
    reasons: bytes = b""
    decided_by: ActorId | None = None
    decided_at: datetime | None = None

    def shuffled(self) -> tuple[SubmissionId, SubmissionId]:
        """Both submissions in an order that does not tell which was handed in first."""
        both = (self.first_id, self.second_id)
        tail = hashlib.sha256("\n".join(both).encode()).digest()[0] % 2
        return both if tail else (both[1], both[0])


@dataclass(frozen=True, slots=True)
class Ruling:
    """What an adjudicator decides on a question: whose answer stands, by which clause, and why.

    `chosen` is a submission; where it is empty neither is right, and `answer` is.
    """

    question: str
    clause: str
    reason: str
    chosen: str = ""
    answer: Answer | None = None


def is_answered_twice(
    commitments: Sequence[str], share: Decimal, item: str, submission: str
) -> bool:
    """Whether a second person answers an item after this submission: a hash lies below the share.

    As `is_drawn`, over the lines "outwork-overlap/1", the commitments, the item, the submission.
    """
    return _fraction(("outwork-overlap/1", *commitments, item, submission)) < Fraction(share)


def is_drawn(
    commitments: Sequence[str], share: Decimal, level: int, item: str, submission: str
) -> bool:
    """Whether a submission is drawn for a level: a hash, as a fraction of 1, lies below the share.

    SHA-256 over the lines "outwork-review/1", the commitments (client's first), the level in
    decimal, the item and the submission, joined by single newlines.
    """
    lines = ("outwork-review/1", *commitments, str(level), item, submission)
    return _fraction(lines) < Fraction(share)


def _fraction(lines: Sequence[str]) -> Fraction:
    digest = hashlib.sha256("\n".join(lines).encode()).digest()
    return Fraction(int.from_bytes(digest), 2**256)


def levels_due(
    commitments: Sequence[str], shares: Sequence[str], item: str, submissions: Sequence[str]
) -> tuple[int, ...]:
    """The levels, from 1 up, that an item passes: those any of its submissions was drawn for."""
    return tuple(
        level
        for level, share in enumerate(shares, 1)
        if any(is_drawn(commitments, Decimal(share), level, item, s) for s in submissions)
    )


def next_level(due: Sequence[int], passed: int) -> int | None:
    """The level after the last one passed (0: none yet), or None at the end of the ladder."""
    return min((level for level in due if level > passed), default=None)
