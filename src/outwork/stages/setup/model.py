"""Calendars, quality plans, rates, and what readiness asks."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outwork import methods
from outwork.access import Membership
from outwork.stages.requirements import SamplingTerms
from outwork.vocabulary import (
    ActorId,
    BadInput,
    EngagementId,
    LineId,
    Money,
    Reason,
    Role,
)

_COUNTRY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?\Z")  # ISO 3166


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When a person works: weekdays (Monday 0), local hours, and the country of the holidays."""

    engagement_id: EngagementId
    actor_id: ActorId
    zone: str
    weekdays: tuple[int, ...]
    starts: time
    ends: time
    country: str

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise BadInput("unknown-zone", zone=self.zone) from None
        if not self.weekdays or not set(self.weekdays) <= set(range(7)):
            raise BadInput("weekdays-outside")
        if self.country and not _COUNTRY.match(self.country):
            raise BadInput("country-malformed", country=self.country[:100])
        if self.starts >= self.ends:
            raise BadInput("hours-crossed", starts=str(self.starts), ends=str(self.ends))


@dataclass(frozen=True, slots=True)
class QualityPlan:
    """Sample size and acceptance number for a lot, with the exact risks they carry."""

    engagement_id: EngagementId
    line_id: LineId
    lot: int
    sample_size: int
    acceptance_number: int
    consumer_risk: Decimal
    producer_risk: Decimal


@dataclass(frozen=True, slots=True)
class Rate:
    """The unit price of a line on the rate card."""

    engagement_id: EngagementId
    line_id: LineId
    price: Money


def exact_plan(lot: int, terms: SamplingTerms) -> methods.Plan:
    """The smallest single plan that meets both points for a lot, by exact hypergeometric risks."""
    return methods.plan(
        lot,
        float(terms.limiting_quality),
        float(terms.consumer_risk),
        float(terms.acceptable_quality),
        float(terms.producer_risk),
    )


def gate_reasons(
    team: Sequence[Membership],
    names: Mapping[str, str],
    with_calendar: Collection[ActorId],
    undated: Collection[ActorId],
    agents: Collection[ActorId],
    lines: Collection[LineId],
    planned: Collection[LineId],
    priced: Collection[LineId],
    place: str,
) -> list[Reason]:
    """Why the operation is not ready; `team` is the provider's."""
    reasons: list[Reason] = []
    analysts = {m.actor_id for m in team if Role.ANALYST in m.roles}
    reviewers = {m.actor_id for m in team if Role.REVIEWER in m.roles}
    if not reviewers:
        reasons.append(Reason("no-reviewer", place=place))
    elif len(reviewers) == 1 and analysts == reviewers:
        reasons.append(Reason("duties-not-segregated", place=place))
    for member in team:
        person = {"actor": member.actor_id, "name": names.get(member.actor_id, "")}
        if member.actor_id in agents or not member.roles & {Role.ANALYST, Role.REVIEWER}:
            continue
        if member.actor_id not in with_calendar:
            reasons.append(Reason("calendar-missing", person, place))
        if member.actor_id in undated:
            reasons.append(Reason("entitlement-undated", person, place))
    for line in sorted(lines):
        if line not in planned:
            reasons.append(Reason("no-quality-plan", {"line": line}, place))
        if line not in priced:
            reasons.append(Reason("no-rate", {"line": line}, place))
    return reasons
