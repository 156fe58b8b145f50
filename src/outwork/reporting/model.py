"""What pages and programs are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from outwork.agreements import Engagement, Waiver, WorkOrder
from outwork.ledger import Covered
from outwork.practices import Service
from outwork.stages.execution import Assignment, Known, Submission, WorkItem
from outwork.stages.transfer import Guideline
from outwork.vocabulary import (
    ActorId,
    Answer,
    EngagementId,
    HandOverId,
    Json,
    Purpose,
    Reason,
    Role,
    Side,
    SourceText,
    Stage,
    SubmissionId,
)


@dataclass(frozen=True, slots=True)
class Gate:
    """One of the seven gates: passed, here, or ahead; with every reason that holds it closed."""

    stage: Stage
    state: str
    reasons: tuple[Reason, ...]
    waived: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """Where an engagement is, what stops it, and who is in it."""

    engagement: Engagement
    client: str
    provider: str | None
    stage: Stage
    gates: tuple[Gate, ...]
    orders: tuple[WorkOrder, ...]
    counts: Mapping[str, int]
    waivers: tuple[Waiver, ...]
    roles: tuple[Role, ...]
    side: Side


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """Something that waits for one: what, since when, until when, and where it is done."""

    kind: str
    engagement_id: EngagementId
    engagement: str
    place: str
    params: Mapping[str, Json]
    since: datetime | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A member of an engagement as the people page shows it."""

    actor_id: ActorId
    name: str
    kind: str
    party: str
    side: Side
    roles: tuple[Role, ...]
    pseudonym: str
    zone: str
    valid_from: datetime
    valid_until: datetime
    certified: bool | None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event with the name behind its pseudonym, and how far it is proved.

    `covered` is None until a checkpoint covers it.
    """

    id: int
    seq: int | None
    kind: str
    at: datetime
    actor: str
    name: str
    public: Mapping[str, Json]
    sealed: tuple[str, ...]
    covered: Covered | None = None


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """One entry of the log with all that proves it.

    `line` is the leaf's content; `commitments` are its sealed fields, `opened` those that the
    reader may see, by name, `blind` those that nobody can open. `receipt` is None until a
    checkpoint covers the entry.
    """

    entry: LogEntry
    line: bytes
    commitments: Mapping[str, str]
    opened: Mapping[str, Json]
    blind: frozenset[str]
    receipt: bytes | None
    policy: str
    size: int


@dataclass(frozen=True, slots=True)
class Workbench:
    """Everything the workbench shows about one reserved item.

    `asked` are questions put to the client's side in the engagement; `own` says that the actor
    answered the item before. Where somebody decides between two answers, `pair` are those of the
    submissions in `sides`, in an order that tells nothing.
    """

    assignment: Assignment
    purpose: Purpose
    item: WorkItem
    engagement: Engagement
    service: Service
    guideline: Guideline | None
    source: SourceText
    answers: Mapping[str, Answer]
    names: Mapping[str, str]
    progress: Json
    submissions: tuple[Submission, ...]
    drawn: frozenset[str]
    handed: HandOverId | None = None
    asked: tuple[Known, ...] = ()
    own: bool = False
    sides: tuple[SubmissionId, ...] = ()
    pair: tuple[Mapping[str, Answer], ...] = ()
