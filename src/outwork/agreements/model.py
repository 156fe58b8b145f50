"""Master agreement, engagement, work order; terms and their precedence; waivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from outwork.vocabulary import (
    ActorId,
    AgreementId,
    Digest,
    EngagementId,
    Json,
    LineId,
    PartyId,
    Reason,
    Shape,
    Side,
    Stage,
    WaiverId,
    WorkOrderId,
)

# What no waiver lifts: consent, identity, arithmetic, and checking one's own work.
NEVER_WAIVED = frozenset(
    {
        "not-signed",
        "no-lines",
        "no-award",
        "award-not-accepted",
        "no-guideline",
        "no-quality-plan",
        "seed-uncommitted",
        "seed-unrevealed",
        "closing-checkpoint-pending",
        "sample-not-drawn",
        "inspection-open",
        "verdict-missing",
        "too-many-defectives",
        "maker-is-checker",
        "nothing-admitted",
        "not-delivered",
        "not-accepted",
        "no-invoice",
    }
)


@dataclass(frozen=True, slots=True)
class Term:
    """One agreed value. A term that prevails cannot be overridden at a lower level."""

    value: Json
    prevails: bool = False


Terms = Mapping[str, Term]


@dataclass(frozen=True, slots=True)
class MasterAgreement:
    """The standing agreement between a client and a provider."""

    id: AgreementId
    client_id: PartyId
    provider_id: PartyId
    concluded_at: datetime
    terms: Terms = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Engagement:
    """A statement of work and how far it has come."""

    id: EngagementId
    title: str
    brief: str
    client_id: PartyId
    currency: str
    shape: Shape
    stage: Stage
    opened_at: datetime
    provider_id: PartyId | None = None
    agreement_id: AgreementId | None = None
    terms: Terms = field(default_factory=dict)

    @property
    def engagement_id(self) -> EngagementId:
        """Its own id: an engagement lives in itself."""
        return self.id


class WorkPhase(StrEnum):
    """Where a work order is within execution: intake, being worked on, closed for sampling."""

    INTAKE = "intake"
    RELEASED = "released"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """A batch or a request called off under an engagement; rounds count returns after a verdict."""

    engagement_id: EngagementId
    id: WorkOrderId
    line_id: LineId
    title: str
    shape: Shape
    stage: Stage
    phase: WorkPhase
    round: int
    opened_at: datetime
    due_at: datetime | None = None
    terms: Terms = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed what, when, and what the signature means (21 CFR 11.50); `digest` binds it.

    `key` is the public key in hexadecimal, `signature` in base64.
    """

    engagement_id: EngagementId
    id: str
    actor_id: ActorId
    side: Side
    name: str
    meaning: str
    digest: Digest
    at: datetime
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class BoundKey:
    """The key with which a person signs in an engagement, as its log knows it."""

    engagement_id: EngagementId
    actor_id: ActorId
    key: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """A gate's owner takes a named risk for a while; void until the other side countersigns.

    Both sign for `digest`, that of what was asked for.
    """

    engagement_id: EngagementId
    id: WaiverId
    gate: Stage
    codes: tuple[str, ...]
    reason: str
    risk_owner: str
    requested_by: ActorId
    side: Side
    expires_at: datetime
    digest: Digest
    countersigned_by: ActorId | None = None

    def live(self, now: datetime) -> bool:
        """Whether it is countersigned and has not expired."""
        return self.countersigned_by is not None and now < self.expires_at


def remaining(
    reasons: Sequence[Reason], waivers: Sequence[Waiver], gate: Stage, now: datetime
) -> tuple[list[Reason], list[str]]:
    """The reasons that no live waiver of this gate covers, and the codes that one does."""
    covered = {c for w in waivers if w.gate is gate and w.live(now) for c in w.codes}
    covered -= NEVER_WAIVED
    open_ = [r for r in reasons if r.code not in covered]
    return open_, sorted({r.code for r in reasons if r.code in covered})


def relied_on(
    waiver: Waiver, waived: Sequence[str], others: Sequence[Waiver], now: datetime
) -> bool:
    """Whether a gate passed in spite of `waived` codes rests on this waiver and on no live one."""
    renewed = {c for w in others if w.gate is waiver.gate and w.live(now) for c in w.codes}
    return bool(set(waiver.codes) & set(waived) - renewed)


def effective_terms(*levels: Terms) -> dict[str, Json]:
    """Terms from the highest level to the lowest.

    A lower level overrides a higher one, unless the higher one's term prevails.
    """
    found: dict[str, Term] = {}
    for level in levels:
        for name, term in level.items():
            if name not in found or not found[name].prevails:
                found[name] = term
    return {name: term.value for name, term in sorted(found.items())}
