"""What the log says of what is decided: reworks, disputes, questions, pauses, hand-overs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(slots=True)
class Rework:
    """An item sent back: why (recall, review, defect, return), whose judgment, by which clause.

    `level` is that of the review that returned it, else 0; `assignment` what it opened, "" until
    somebody claims or contests that.
    """

    item: str
    cause: str
    judge: str
    level: int
    question: str
    clause: str
    at: str
    assignment: str = ""


@dataclass(slots=True)
class Dispute:
    """A rework that is contested; `rescore` and `outcome` are empty until it is decided."""

    item: str
    assignment: str
    rework: Rework
    by: str
    at: str
    rescore: str = ""
    outcome: str = ""
    decided_by: str | None = None
    decided_at: str | None = None
    seconds: int = 0


@dataclass(slots=True)
class Escalation:
    """A question put to the client's side; `pause` is that of the clock, which stands for it."""

    item: str
    assignment: str
    pause: str
    question: str
    clause: str
    by: str
    at: str
    state: str = "open"
    closed_by: str | None = None
    closed_at: str | None = None


@dataclass(slots=True)
class Effort:
    """Seconds that an author claims instead of those measured; `accepted` is None until decided."""

    by: str
    measured: int
    claimed: int
    at: str
    accepted: bool | None = None
    decided_by: str | None = None
    decided_at: str | None = None


@dataclass(slots=True)
class HandOver:
    """An item on its way from one person to another; `family` is the giver's if it made some."""

    assignment: str
    item: str
    by: str
    to: str
    family: str | None
    at: str
    due: str | None
    state: str = "waiting"
    settled: str | None = None


@dataclass(slots=True)
class WorkerPause:
    """Somebody kept from work, by a chart or a manager; `ended` is None while that lasts."""

    version: int
    cause: str
    chart: str
    clauses: tuple[str, ...]
    at: str
    ended: str | None = None
    how: str = ""


@dataclass(slots=True)
class Action:
    """A corrective action: its clause, owner, and where it stands; `since` it is implemented.

    `rated` are severity, occurrence and detection, `whys` how many there are.
    """

    clause: str
    owner: str
    due: str
    opened: str
    state: str = "open"
    since: str = ""
    closed: str | None = None
    whys: int = 0
    rated: tuple[int, int, int] = (0, 0, 0)


@dataclass(slots=True)
class WitnessKey:
    """A side's witness: the digest of its key, and until when it is sent the log (None: still)."""

    side: str
    key: str
    since: str
    retired: str | None = None


class Routing(NamedTuple):
    """What people are preferred by, as stated, and who said so when."""

    terms: Mapping[str, Any]
    by: str
    at: str
