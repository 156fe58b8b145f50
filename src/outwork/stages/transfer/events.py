"""What happens in knowledge transfer."""

from __future__ import annotations

from outwork.ledger import EventBody, Sealed, event
from outwork.stages.transfer.model import ControlUse
from outwork.vocabulary import AssignmentId, Digest, ItemId, LineId


@event()
class GuidelinePublished(EventBody):
    """A version of the guideline is in force."""

    guideline_version: int
    digest: Digest
    clauses: tuple[str, ...]


@event()
class BarSet(EventBody):
    """Client and provider fixed what certification asks."""

    people: str
    agents: str
    confidence: str
    control_items: int


@event()
class ControlItemAdded(EventBody):
    """An input with known answers joined the control items."""

    control_item: ItemId
    service: str
    use: ControlUse
    digest: Digest
    known: Sealed[dict[str, object]]


@event()
class CertificationScored(EventBody):
    """An actor finished the control items."""

    subject: str
    guideline_version: int
    right: int
    asked: int
    lower: str
    bar: str
    passed: bool


@event()
class ControlScored(EventBody):
    """Answers to a control item met unawares were compared with the known ones, by question.

    `sums` are the actor's charts of the line after it, by kind of question. A control item that
    the actor had met before is `repeated` and counts for nothing.
    """

    subject: str
    line: LineId
    assignment: AssignmentId
    control_item: ItemId
    repeated: bool
    right: dict[str, bool]
    kinds: dict[str, str]
    clauses: dict[str, str]
    sums: dict[str, int]


@event()
class WorkerPaused(EventBody):
    """Somebody takes nothing any more; what was reserved is free again."""

    subject: str
    guideline_version: int
    cause: str
    chart: str
    clauses: tuple[str, ...]
    reason: Sealed[str]


@event()
class RetrainingStarted(EventBody):
    """A paused actor was given these control items."""

    subject: str
    control_items: tuple[ItemId, ...]
    clauses: tuple[str, ...]


@event()
class WorkerReadmitted(EventBody):
    """A pause is over: by certification, or by the delivery manager."""

    subject: str
    how: str
    reason: Sealed[str]
