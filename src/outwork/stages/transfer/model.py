"""Guideline, control items, the certification bar and its decision."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from outwork.methods import binomial_lower
from outwork.vocabulary import (
    ActorId,
    AssignmentId,
    BadInput,
    Clause,
    Digest,
    DocumentId,
    EngagementId,
    GuidelineId,
    ItemId,
    LineId,
    Reason,
)

TOLLGATE_MEANING = "passes the tollgate with those who are certified"
CLAUSE_ID = re.compile(r"[A-Za-z0-9]+([-._][A-Za-z0-9]+)*\Z")


@dataclass(frozen=True, slots=True)
class Guideline:
    """One version of the rules that answers are held to."""

    engagement_id: EngagementId
    id: GuidelineId
    version: int
    clauses: tuple[Clause, ...]
    digest: Digest
    published_at: datetime


def clauses_digest(clauses: Sequence[Clause]) -> Digest:
    """SHA-256 of the clauses as canonical JSON."""
    plain = json.dumps([asdict(c) for c in clauses], sort_keys=True, separators=(",", ":"))
    return Digest(hashlib.sha256(plain.encode()).hexdigest())


class ControlUse(StrEnum):
    """Whether people know that it is a control item, meet it unawares among their work, or answer
    it together in a calibration, after which its right answers are no secret."""

    CERTIFICATION = "certification"
    PRODUCTION = "production"
    CALIBRATION = "calibration"


@dataclass(frozen=True, slots=True)
class ControlItem:
    """An input whose right answers are known; the answers are sealed in the store."""

    engagement_id: EngagementId
    id: ItemId
    service: str
    document_id: DocumentId
    known: bytes
    use: ControlUse = ControlUse.CERTIFICATION


@dataclass(frozen=True, slots=True)
class Mark:
    """Whether one answer to a control item is right: its question, kind of question and clause."""

    question: str
    kind: str
    clause: str
    right: bool


@dataclass(frozen=True, slots=True)
class ControlResult:
    """A mark on somebody's record.

    `repeated`: the actor had met the control item before, so that it says nothing and is not
    counted.
    """

    engagement_id: EngagementId
    assignment_id: AssignmentId
    question: str
    line_id: LineId
    control_item_id: ItemId
    actor_id: ActorId
    kind: str
    clause: str
    right: bool
    repeated: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Stream:
    """A chart of one person or agent and kind of question: the sum after each answer that counts.

    `clauses` are those of the wrong answers since the sum was last 0.
    """

    sums: tuple[int, ...] = ()
    wrong: int = 0
    clauses: frozenset[str] = frozenset()

    def after(self, right: bool, clause: str, up: int) -> Stream:
        """One answer further (Reynolds and Stoumbos 1999: the Bernoulli CUSUM)."""
        before = self.sums[-1] if self.sums else 0
        now = max(0, before - 1) if right else before + up
        clauses = self.clauses if right else self.clauses | {clause}
        return Stream((*self.sums, now), self.wrong + (not right), clauses if now else frozenset())


def streams(results: Sequence[ControlResult], up: int) -> dict[str, Stream]:
    """The charts of one actor under one plan, by kind of question; results in order."""
    found: dict[str, Stream] = {}
    for r in results:
        if not r.repeated:
            found[r.kind] = found.get(r.kind, Stream()).after(r.right, r.clause, up)
    return found


@dataclass(frozen=True, slots=True)
class WorkerPause:
    """Somebody takes nothing until the control items on these clauses show that it is safe.

    `cause` is signal (the chart of `kind`), calibration or manager; `ended_how` certified or
    manager.
    """

    engagement_id: EngagementId
    id: str
    actor_id: ActorId
    guideline_version: int
    cause: str
    kind: str
    clauses: tuple[str, ...]
    reason: str
    at: datetime
    ended_at: datetime | None = None
    ended_how: str = ""


def retraining_set(
    controls: Sequence[ControlItem],
    failed: Collection[ItemId],
    questions: Mapping[ItemId, int],
    bar: Bar,
    asked_for: Decimal,
) -> list[ControlItem]:
    """Control items that a paused actor answers: enough that all right answers clear the bar.

    First those whose answers on the clauses were wrong, then those known from certification;
    items met unawares stay so. All of them where even that is not enough.
    """
    known = [c for c in controls if c.id in failed or c.use is ControlUse.CERTIFICATION]
    chosen: list[ControlItem] = []
    asked = 0
    for c in sorted(known, key=lambda c: (c.id not in failed, c.id)):
        if asked and decide(asked, asked, asked_for, bar.confidence)[1]:
            break
        chosen.append(c)
        asked += questions[c.id]
    return chosen


@dataclass(frozen=True, slots=True)
class Bar:
    """What certification asks: a share of right answers that the lower bound must reach."""

    engagement_id: EngagementId
    people: Decimal
    agents: Decimal
    confidence: Decimal
    control_items: int

    def __post_init__(self) -> None:
        for name in ("people", "agents", "confidence"):
            if not 0 < getattr(self, name) < 1:
                raise BadInput("fraction-outside", field=name, value=str(getattr(self, name)))
        if self.control_items < 1:
            raise BadInput("too-few-control-items", least=1)


@dataclass(frozen=True, slots=True)
class Certification:
    """How an actor did on the control items under one guideline version."""

    engagement_id: EngagementId
    id: str
    actor_id: ActorId
    guideline_version: int
    right: int
    asked: int
    lower: Decimal
    bar: Decimal
    passed: bool
    at: datetime


def decide(right: int, asked: int, bar: Decimal, confidence: Decimal) -> tuple[Decimal, bool]:
    """The one-sided exact lower bound (Clopper and Pearson 1934), rounded down to 6 places, and
    whether it clears the bar."""
    exact = Decimal(repr(binomial_lower(right, asked, float(confidence))))
    lower = exact.quantize(Decimal("0.000001"), rounding="ROUND_FLOOR")
    return lower, lower >= bar


def tollgate_digest(guideline: Guideline | None, certified: Sequence[str]) -> Digest:
    """SHA-256 of what the tollgate is passed on: the guideline in force, and who is certified.

    `certified` are pseudonyms. The signature at the tollgate is bound to it.
    """
    version, digest = (guideline.version, guideline.digest) if guideline else (0, "")
    plain = {"certified": sorted(certified), "guideline": digest, "guideline_version": version}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return Digest(hashlib.sha256(text.encode()).hexdigest())


def gate_reasons(
    guideline: Guideline | None,
    bar: Bar | None,
    control_items: int,
    uncertified: Sequence[tuple[ActorId, str]],
    staffed: bool,
    place: str,
) -> list[Reason]:
    """Why knowledge is not transferred yet."""
    reasons: list[Reason] = []
    if guideline is None:
        reasons.append(Reason("no-guideline", place=place))
    if bar is None:
        reasons.append(Reason("no-bar", place=place))
    elif control_items < bar.control_items:
        params = {"count": control_items, "needed": bar.control_items}
        reasons.append(Reason("too-few-control-items", params, place))
    if not staffed:
        reasons.append(Reason("no-analyst", place=place))
    reasons += [
        Reason("not-certified", {"actor": actor, "name": name}, place)
        for actor, name in uncertified
    ]
    return reasons
