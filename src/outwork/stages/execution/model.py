"""Work items, the one assignment mechanism, submissions, and the rules of who may take what."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from outwork import methods
from outwork.practices import Service
from outwork.stages.execution.ladder import next_level
from outwork.stages.execution.rows import RowFormat
from outwork.stages.transfer import Mark
from outwork.vocabulary import (
    ActorId,
    Answer,
    AnswerId,
    AssignmentId,
    Digest,
    DocumentId,
    EngagementId,
    ImportId,
    ItemId,
    Json,
    Origin,
    PauseId,
    Purpose,
    Reason,
    Role,
    SubmissionId,
    TextRange,
    WorkOrderId,
)

LEASE = timedelta(minutes=30)
# Kinds of machine work, as the outbox names them.
IMPORTING, DRAFTING = "import", "draft"
LARGEST_NOTE = 4_000  # characters
# An agent drafts them first; a control item is treated like work in all that can be seen.
DRAFTED = frozenset({Purpose.PRODUCE, Purpose.CONTROL})
CHECKING = frozenset({Purpose.INSPECT, Purpose.REVIEW, Purpose.ADJUDICATE})
# Given to one person or agent by name, who answers alone and needs no certificate for it.
GIVEN = frozenset({Purpose.CERTIFY, Purpose.CALIBRATE})
# Nothing for whoever had a part in the item.
APART = CHECKING | {Purpose.OVERLAP}


TAKE_GIVEN = {
    Purpose.CERTIFY: frozenset({Role.ANALYST, Role.AGENT}),
    Purpose.CALIBRATE: frozenset({Role.ANALYST, Role.AGENT, Role.REVIEWER}),
}


class ItemState(StrEnum):
    """Where a work item stands."""

    ADMITTED = "admitted"
    DRAFTED = "drafted"
    OVERLAP = "overlap"  # answered once: a second answer, or a decision between two, is to come
    REVIEW = "review"
    SUBMITTED = "submitted"
    REWORK = "rework"
    CONTROL = "control"
    CALIBRATION = "calibration"  # of a calibration session, not of a batch


class AssignmentState(StrEnum):
    """Open for anyone eligible, reserved by someone, handed to somebody, parked until somebody
    decides, done, or withdrawn."""

    OPEN = "open"
    LIVE = "live"
    HANDED = "handed"
    PARKED = "parked"
    DONE = "done"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One input to be answered: of a work order, a calibration, or a control item in disguise."""

    engagement_id: EngagementId
    id: ItemId
    work_order_id: WorkOrderId | None
    control_item_id: ItemId | None
    service: str
    name: str
    document_id: DocumentId
    state: ItemState


class ImportState(StrEnum):
    """Parts come in; then rows become items; until it is finished or given up."""

    RECEIVING = "receiving"
    ADMITTING = "admitting"
    FINISHED = "finished"
    ABANDONED = "abandoned"


UNDER_WAY = frozenset({ImportState.RECEIVING, ImportState.ADMITTING})


@dataclass(frozen=True, slots=True)
class Import:
    """A file whose rows become items: what came of it, and how far its rows are read.

    `size` and `digest` are of the whole file as announced. `read` bytes and `lines` lines of what
    was kept lie behind the next row; `columns` and `delimiter` are a csv file's.
    """

    engagement_id: EngagementId
    id: ImportId
    work_order_id: WorkOrderId
    started_by: ActorId
    started_at: datetime
    name: str
    format: RowFormat
    size: int
    digest: Digest
    state: ImportState = ImportState.RECEIVING
    parts: int = 0
    received: int = 0
    columns: tuple[str, ...] = ()
    delimiter: str = ""
    read: int = 0
    lines: int = 0
    chunks: int = 0
    admitted: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that was not taken in: its line in the file, why, and the cell or column at fault."""

    engagement_id: EngagementId
    import_id: ImportId
    line: int
    code: str
    place: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A piece of work on an item for one purpose.

    Level 0 of `produce` is the agent's draft, level 1 the analyst's answer. `taker` is the role
    that takes it; `reserved_for` keeps it for one actor; `note` and `clause` say why rework was
    ordered. `not_for` is a family that may not take it: it judges that one's decision.
    """

    engagement_id: EngagementId
    id: AssignmentId
    item_id: ItemId
    work_order_id: WorkOrderId | None
    purpose: Purpose
    level: int
    taker: Role
    round: int
    rank: int
    state: AssignmentState
    opened_at: datetime
    actor_id: ActorId | None = None
    reserved_for: ActorId | None = None
    leased_until: datetime | None = None
    clause: str = ""
    note: str = ""
    not_for: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """One author's answers for one item; `family` is the same for every version of an agent."""

    engagement_id: EngagementId
    id: SubmissionId
    item_id: ItemId
    assignment_id: AssignmentId
    author_id: ActorId
    family: str
    purpose: Purpose
    at: datetime
    seconds: int
    hints: tuple[Mapping[str, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class SeedCommitment:
    """One side's commitment to its nonce for one round of a work order, and the nonce once open."""

    engagement_id: EngagementId
    work_order_id: WorkOrderId
    round: int
    side: str
    commitment: str
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """A while in which turnaround is not counted: of a work order, or of one item of it."""

    engagement_id: EngagementId
    id: PauseId
    work_order_id: WorkOrderId
    item_id: ItemId | None
    reason: str
    paused_at: datetime
    paused_by: ActorId
    resumed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stuck:
    """Work that will not move by itself: counts of assignments of an engagement.

    `lapsed` reservations have run out and were not taken again; `unclaimable` ones wait although
    nobody on the team may take them.
    """

    lapsed: int
    unclaimable: int


def takes(purpose: Purpose, level: int) -> Role:
    """The role that takes assignments of a purpose and level."""
    if purpose in CHECKING:
        return Role.REVIEWER
    return Role.AGENT if purpose in DRAFTED and level == 0 else Role.ANALYST


def obstacles(
    purpose: Purpose,
    level: int,
    family: str,
    roles: Collection[Role],
    certified: bool,
    authors: Collection[str],
    not_for: str = "",
) -> list[Reason]:
    """Why an actor may not take an assignment; empty if it may.

    `authors` are the families of everyone in the item's chain of answers, `not_for` is that of
    whoever's decision is judged. Maker is never checker: this rule has no waiver.
    """
    reasons: list[Reason] = []
    if purpose in GIVEN:
        if not set(roles) & TAKE_GIVEN[purpose]:
            reasons.append(Reason("role-missing", {"roles": [Role.ANALYST.value]}))
        return reasons
    needed = takes(purpose, level)
    if needed not in roles:
        reasons.append(Reason("role-missing", {"roles": [needed.value]}))
    if purpose in APART and (family in authors or family == not_for):
        reasons.append(Reason("maker-is-checker"))
    if purpose not in CHECKING and not certified:
        reasons.append(Reason("not-certified"))
    return reasons


def after_submission(
    purpose: Purpose, level: int, due: Sequence[int] = (), again: bool = False
) -> tuple[ItemState | None, tuple[Role, Purpose, int] | None]:
    """What a submission makes of its item, and who works on it next: taker, purpose and level.

    `due` are the review levels that the item has to pass; `again` says that somebody else answers
    it once more before.
    """
    if again and purpose is Purpose.PRODUCE and level > 0:
        return ItemState.OVERLAP, (takes(Purpose.OVERLAP, 1), Purpose.OVERLAP, 1)
    if purpose is Purpose.REVIEW or (purpose is Purpose.PRODUCE and level > 0):
        higher = next_level(due, level if purpose is Purpose.REVIEW else 0)
        if higher is None:
            return ItemState.SUBMITTED, None
        return ItemState.REVIEW, (takes(Purpose.REVIEW, higher), Purpose.REVIEW, higher)
    if purpose not in DRAFTED:
        return None, None
    following = None if level > 0 else (takes(purpose, 1), purpose, 1)
    return None if purpose is Purpose.CONTROL else ItemState.DRAFTED, following


def hold_reason(assignment: Assignment, actor: ActorId, now: datetime) -> str | None:
    """Why the actor does not hold the assignment now, as a code; None if it does."""
    if assignment.state is AssignmentState.DONE:
        return "already-submitted"
    if assignment.state is not AssignmentState.LIVE or assignment.actor_id != actor:
        return "not-reserved"
    if assignment.leased_until is None or assignment.leased_until <= now:
        return "reservation-expired"
    return None


def with_origin(answer: Answer, before: Answer | None, by_agent: bool, imported: bool) -> Answer:
    """The answer as it will be stored: how it came to be, and which answer it revises."""
    if by_agent:
        origin = Origin.DRAFTED
    elif imported:
        origin = Origin.IMPORTED
    elif before is None:
        origin = Origin.ADDED
    elif before.value == answer.value and _places(before) == _places(answer):
        origin = Origin.CONFIRMED
    else:
        origin = Origin.ADDED if before.value is None else Origin.CORRECTED
    revised = before.id if before is not None else None
    return replace(answer, origin=origin, revises=revised)


def _places(answer: Answer) -> list[tuple[int, int]]:
    return [(e.start, e.end) for e in answer.evidence if isinstance(e, TextRange)]


def marks(service: Service, given: Sequence[Answer], known: Sequence[Answer]) -> list[Mark]:
    """Each known answer held against the given one by the comparator of its kind of question."""
    mine = {a.question: a.value for a in given}
    made = []
    for answer in known:
        asked = service.question(answer.question)
        value = mine.get(answer.question)
        right = methods.agree(asked.kind.value, value, answer.value, **asked.settings)
        made.append(Mark(asked.key, asked.kind.value, asked.clause, bool(right)))
    return made


def score(service: Service, given: Sequence[Answer], known: Sequence[Answer]) -> tuple[int, int]:
    """Right answers and questions asked."""
    found = marks(service, given, known)
    return sum(m.right for m in found), len(found)


def secret_count(secret: bytes, items: int, share: Decimal) -> int:
    """How many control items go among `items`: the share of them, rounded up or down by lot.

    The lot falls to the nearer number more often, so that over batches the share is kept exactly.
    """
    lot = int.from_bytes(hmac.digest(secret, b"count", hashlib.sha256)[:8])
    return int(items * share + Decimal(lot) / 2**64)


def disguised_name(like: str, own: str, number: int) -> str:
    """A name that might be the batch's: `like` one of its names, but for the last number in it.

    The ending stays the control item's own, for it says how the file is read.
    """
    stem, ending = like.rpartition(".")[0] or like, own.rpartition(".")[2]
    suffix = f".{ending}" if "." in own and "." in like else ""
    if "." not in like:
        stem = like
    digits = _LAST_NUMBER.search(stem)
    if digits is None:
        return f"{stem}-{number % 1000}{suffix}"
    width = len(digits[0])
    plain = str(number % 10 ** max(width, 2)).zfill(width)
    return f"{stem[: digits.start()]}{plain}{stem[digits.end() :]}{suffix}"


_LAST_NUMBER = re.compile(r"\d+(?=\D*\Z)")


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer's row: everything but its sealed value and evidence in the clear."""

    engagement_id: EngagementId
    id: AnswerId
    submission_id: SubmissionId
    item_id: ItemId
    question: str
    origin: Origin
    confidence: float | None
    seconds: float
    author_id: ActorId
    revises: AnswerId | None
    content: bytes


@dataclass(frozen=True, slots=True)
class Clock:
    """Turnaround of a work order: so many working minutes of a calendar since `started_at`."""

    engagement_id: EngagementId
    work_order_id: WorkOrderId
    calendar: str
    version: int
    minutes: int
    started_at: datetime


class Pace(StrEnum):
    """How turnaround stands: in time, less than a fifth of it left, over, or not counted now."""

    IN_TIME = "in-time"
    AT_RISK = "at-risk"
    LATE = "late"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due (None while its clock is paused), and the working minutes left.

    `left` is negative once it is late.
    """

    due: datetime | None
    pace: Pace
    left: int


def deadline(
    hours: methods.WorkingTime, clock: Clock, pauses: methods.Pauses, now: datetime
) -> Deadline:
    """How a clock stands, counted in working minutes outside pauses."""
    due = hours.due(clock.started_at, clock.minutes, pauses)
    left = clock.minutes - hours.counted(clock.started_at, now, pauses)
    if due is not None and due <= now:
        pace = Pace.LATE
    elif any(start <= now and (end is None or now < end) for start, end in pauses):
        pace = Pace.PAUSED
    else:
        pace = Pace.AT_RISK if left * RISK_SHARE < clock.minutes else Pace.IN_TIME
    return Deadline(due, pace, left)


RISK_SHARE = 5  # at risk with less than one part in so many left
