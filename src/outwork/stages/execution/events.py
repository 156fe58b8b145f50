"""What happens in execution."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from outwork.ledger import Blind, EventBody, Sealed, event
from outwork.stages.execution.ladder import ReviewVerdict, ReworkCause
from outwork.stages.execution.rows import RowFormat
from outwork.vocabulary import (
    AssignmentId,
    Digest,
    DisputeId,
    EscalationId,
    HandOverId,
    ImportId,
    ItemId,
    Origin,
    PauseId,
    Purpose,
    Side,
    SubmissionId,
    WorkOrderId,
)


@event()
class SeedCommitted(EventBody):
    """A side bound itself to a nonce for the sampling draw: SHA-256 of 32 bytes."""

    work_order: WorkOrderId
    round: int
    side: Side
    commitment: Digest


@event()
class ItemDisclosed(EventBody):
    """What proves an item by itself was given out: so many entries, fields and files of it."""

    item: ItemId
    entries: int
    opened: int
    contents: int


@event()
class ItemAdmitted(EventBody):
    """An input was taken in."""

    work_order: WorkOrderId
    item: ItemId
    digest: Digest
    name: Sealed[str]


@event()
class FileRefused(EventBody):
    """A file could not be taken in."""

    work_order: WorkOrderId
    code: str
    name: Sealed[str]


@event()
class ImportStarted(EventBody):
    """A file of rows was announced: its size in bytes and its SHA-256."""

    work_order: WorkOrderId
    import_id: ImportId
    format: RowFormat
    size: int
    digest: Digest
    name: Sealed[str]


@event()
class PartReceived(EventBody):
    """A part of the file came in."""

    work_order: WorkOrderId
    import_id: ImportId
    number: int
    size: int
    digest: Digest


@event()
class UploadCompleted(EventBody):
    """All parts are there, and together they are the file that was announced."""

    work_order: WorkOrderId
    import_id: ImportId
    parts: int
    size: int
    digest: Digest


@event()
class RowsAdmitted(EventBody):
    """A chunk of rows was taken in: items whose ids follow each other, and faults by code.

    `root` is that of the tree over the rows of the chunk; see docs/formats/rows.md.
    """

    work_order: WorkOrderId
    import_id: ImportId
    chunk: int
    first: ItemId | None
    items: int
    root: Digest
    refused: dict[str, int]


@event()
class ImportFinished(EventBody):
    """Every row of the file was taken in or refused."""

    work_order: WorkOrderId
    import_id: ImportId
    chunks: int
    admitted: int
    refused: int


@event()
class ImportAbandoned(EventBody):
    """The rest of the file is not taken in."""

    work_order: WorkOrderId
    import_id: ImportId


@event()
class WorkRetried(EventBody):
    """A person had machine work that was parked tried again."""

    job: str
    work: str


@event()
class ResultsExported(EventBody):
    """The answers of a work order were taken out, as so many items."""

    work_order: WorkOrderId
    format: RowFormat
    items: int


@event()
class WorkOrderReleased(EventBody):
    """Work on the admitted items began; `due` follows from agreed hours, where there are such."""

    work_order: WorkOrderId
    items: int
    due: datetime | None


@event()
class ClockPaused(EventBody):
    """Turnaround is not counted any more, of a work order or of one item; why is a code."""

    pause: PauseId
    work_order: WorkOrderId
    item: ItemId | None
    reason: str


@event()
class ClockResumed(EventBody):
    """A pause ended."""

    pause: PauseId
    work_order: WorkOrderId
    item: ItemId | None


@event()
class ControlsSeeded(EventBody):
    """Control items were put among the items of a work order: each with what it is a copy of."""

    work_order: WorkOrderId
    items: dict[ItemId, ItemId]


@event()
class DraftingStopped(EventBody):
    """No agent may draft any more: people answer these items without a draft."""

    work_order: WorkOrderId
    items: int


@event()
class CertificationStarted(EventBody):
    """An actor was given the control items."""

    subject: str
    items: int


@event()
class ItemClaimed(EventBody):
    """The actor reserved an item until an instant.

    The actor knows all of it but perhaps the purpose, which is one of few.
    """

    assignment: AssignmentId
    item: ItemId
    purpose: Purpose
    level: int
    until: datetime
    blind: Blind = None


@event()
class ItemReturned(EventBody):
    """The actor gave a reserved item back."""

    assignment: AssignmentId
    item: ItemId
    reason: Sealed[str]


@event()
class HandedOver(EventBody):
    """The actor passed a reserved item on, to somebody by pseudonym; questions settled and open."""

    hand_over: HandOverId
    assignment: AssignmentId
    item: ItemId
    to: str
    due: datetime | None
    answered: int
    open: int
    packet: Sealed[dict[str, str]]


@event()
class HandOverAccepted(EventBody):
    """The actor took an item over, and reserved it until an instant."""

    hand_over: HandOverId
    assignment: AssignmentId
    item: ItemId
    until: datetime


@event()
class HandOverDeclined(EventBody):
    """A hand-over was called off; the item waits for anyone."""

    hand_over: HandOverId
    assignment: AssignmentId
    item: ItemId
    reason: Sealed[str]


@event()
class DraftGivenUp(EventBody):
    """An agent could not draft an item; a person answers it without a draft."""

    assignment: AssignmentId
    item: ItemId
    code: str


@event()
class ItemSubmitted(EventBody):
    """The actor answered an item; counts by origin, effort in whole seconds, hints by checks."""

    assignment: AssignmentId
    submission: SubmissionId
    item: ItemId
    purpose: Purpose
    level: int
    origins: dict[Origin, int]
    seconds: int
    hints: int
    answers: Sealed[dict[str, object]]


@event()
class OverlapCompared(EventBody):
    """Two people answered an item, neither knowing of the other: on which questions they agree."""

    work_order: WorkOrderId
    item: ItemId
    first: SubmissionId
    second: SubmissionId
    agreed: dict[str, bool]


@event()
class ItemAdjudicated(EventBody):
    """Where two answers differ one stands, or neither (""): by a clause each."""

    assignment: AssignmentId
    item: ItemId
    chosen: Mapping[str, str]
    clauses: Mapping[str, str]
    reasons: Sealed[dict[str, str]]


@event()
class ReworkOrdered(EventBody):
    """An item has to be worked on again, because of a clause."""

    work_order: WorkOrderId
    item: ItemId
    question: str
    clause: str
    note: Sealed[str]


@event()
class ItemReviewed(EventBody):
    """A level of an item's review ladder was decided; `questions` were corrected.

    A return cites one question and a clause.
    """

    assignment: AssignmentId
    item: ItemId
    level: int
    verdict: ReviewVerdict
    questions: tuple[str, ...]
    question: str
    clause: str
    seconds: int
    note: Sealed[str]


@event()
class ItemReopened(EventBody):
    """What was handed in may be changed again, for a reason."""

    work_order: WorkOrderId
    item: ItemId
    reason: Sealed[str]


@event()
class ReworkDisputed(EventBody):
    """An author contests a rework; somebody else scores the question again."""

    dispute: DisputeId
    assignment: AssignmentId
    item: ItemId
    cause: ReworkCause
    against: str
    reason: Sealed[str]


@event()
class DisputeDecided(EventBody):
    """A question was scored again: it bears the author out (overturned), or not."""

    dispute: DisputeId
    assignment: AssignmentId
    item: ItemId
    overturned: bool
    seconds: int
    answer: Sealed[object]


@event()
class Escalated(EventBody):
    """A question of an item was put to the client's side; the item waits for the answer."""

    escalation: EscalationId
    assignment: AssignmentId
    item: ItemId
    question: str
    clause: str
    text: Sealed[str]


@event()
class EscalationAnswered(EventBody):
    """The client's side answered a question; the item can be taken again."""

    escalation: EscalationId
    item: ItemId
    text: Sealed[str]


@event()
class EscalationWithdrawn(EventBody):
    """A question is not asked any more; the item can be taken again."""

    escalation: EscalationId
    item: ItemId
    reason: Sealed[str]


@event()
class EffortContested(EventBody):
    """An author contests the seconds measured; both figures are kept."""

    assignment: AssignmentId
    measured: int
    claimed: int
    reason: Sealed[str]


@event()
class EffortDecided(EventBody):
    """A delivery manager took the claimed seconds over, or let the measured ones stand."""

    assignment: AssignmentId
    accepted: bool


@event()
class InspectionRequested(EventBody):
    """Items have to be inspected by someone who is not among their authors."""

    work_order: WorkOrderId
    items: int


@event()
class WorkOrderClosed(EventBody):
    """All items are submitted; nothing changes before the sample is drawn."""

    work_order: WorkOrderId
    round: int
    items: int


@event()
class RoutingSet(EventBody):
    """What people are preferred by: quality, lateness an hour, continuity; and for how long."""

    quality: Decimal
    lateness: Decimal
    continuity: Decimal
    hours: int
    minutes: int


@event()
class HourCostStated(EventBody):
    """What an hour of a member costs the provider."""

    subject: str
    amount: Sealed[str]


@event()
class ItemsOffered(EventBody):
    """Items were kept for people until an instant.

    `root` is of a tree (RFC 6962) over "assignment pseudonym", in the order of the queue.
    """

    items: int
    people: int
    until: datetime
    root: Digest
