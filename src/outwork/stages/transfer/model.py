"""Guideline, control items, the certification bar and its decision."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from outwork.methods import binomial_lower
from outwork.vocabulary import (
    ActorId,
    BadInput,
    Clause,
    Digest,
    DocumentId,
    EngagementId,
    GuidelineId,
    ItemId,
    Reason,
)

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


@dataclass(frozen=True, slots=True)
class ControlItem:
    """An input whose right answers are known; the answers are sealed in the store."""

    engagement_id: EngagementId
    id: ItemId
    service: str
    document_id: DocumentId
    known: bytes


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
