"""Calendars, quality plans, rates, and what readiness asks."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
    Severity,
)

MOST_LEVELS = 9
LONGEST_SHARE = 12  # characters: it stands in the log as it is written
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
        known_zone(self.zone)
        if not self.weekdays or not set(self.weekdays) <= set(range(7)):
            raise BadInput("weekdays-outside")
        if self.country and not _COUNTRY.match(self.country):
            raise BadInput("country-malformed", country=self.country[:100])
        if self.starts >= self.ends:
            raise BadInput("hours-crossed", starts=str(self.starts), ends=str(self.ends))


def known_zone(zone: str) -> str:
    """The zone itself; raises BadInput unless it is an IANA time zone."""
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput("unknown-zone", zone=zone[:100]) from None


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """What a severity class that is judged by itself allows in the sample, and its risks."""

    acceptance_number: int
    consumer_risk: Decimal
    producer_risk: Decimal


@dataclass(frozen=True, slots=True)
class QualityPlan:
    """Sample size and acceptance number for a lot, with the exact risks they carry.

    `classes` are the severities that are judged by themselves besides, in the same sample.
    """

    engagement_id: EngagementId
    line_id: LineId
    lot: int
    sample_size: int
    acceptance_number: int
    consumer_risk: Decimal
    producer_risk: Decimal
    classes: Mapping[Severity, ClassPlan] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ControlPlan:
    """How the work of a line is watched while it runs.

    `control_share` of a batch are control items nobody can tell from work, `overlap_share` of it
    is answered twice by people who do not know. Answers to control items feed a Bernoulli CUSUM,
    one for each person or agent and kind of question: it grows by `up` at a wrong answer, shrinks
    by 1 otherwise and pauses whoever reaches `limit`: on average after `false_after` answers of
    somebody wrong as often as `good`, and after `found_after` of somebody wrong as often as `bad`.
    With `feedback` people see how they did on a control item at once.
    """

    engagement_id: EngagementId
    line_id: LineId
    control_share: Decimal
    overlap_share: Decimal
    good: Decimal
    bad: Decimal
    up: int
    limit: int
    false_after: Decimal
    found_after: Decimal
    feedback: bool


def control_plan(
    engagement: EngagementId,
    line: LineId,
    control_share: Decimal,
    overlap_share: Decimal,
    good: Decimal,
    bad: Decimal,
    false_after: int,
    feedback: bool,
) -> ControlPlan:
    """The plan with the smallest chart whose false alarms are as rare as wanted.

    Raises BadInput for a share of control items outside [0, 1/2], of answers given twice outside
    [0, 1], rates that are not 0 < good < bad < 1, and wanted
    run lengths below 1 or that no chart reaches.
    """
    for name, share, most in (
        ("control_share", control_share, LARGEST_SHARE),
        ("overlap_share", overlap_share, Decimal(1)),
    ):
        if not 0 <= share <= most:
            raise BadInput("share-outside", field=name, value=str(share), most=str(most))
    for name, rate in (("good", good), ("bad", bad)):
        if not 0 < rate < 1:
            raise BadInput("fraction-outside", field=name, value=str(rate))
    if good >= bad or not 1 <= false_after <= LONGEST_RUN:
        raise BadInput("chart-impossible", longest=LONGEST_RUN)
    try:
        chart = methods.control.bernoulli_cusum(float(good), float(bad), float(false_after))
    except ValueError:
        raise BadInput("chart-impossible", longest=LONGEST_RUN) from None
    return ControlPlan(
        engagement_id=engagement,
        line_id=line,
        control_share=control_share,
        overlap_share=overlap_share,
        good=good,
        bad=bad,
        up=chart.up,
        limit=chart.limit,
        false_after=_run(chart.false_after),
        found_after=_run(chart.found_after),
        feedback=feedback,
    )


LARGEST_SHARE = Decimal("0.5")
LONGEST_RUN = 100_000  # answers between false alarms


def _run(length: float) -> Decimal:
    return Decimal(repr(length)).quantize(Decimal("0.1"), rounding="ROUND_FLOOR")


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """The review ladder of a line: for each level from 1 up, the share of items that pass it."""

    engagement_id: EngagementId
    line_id: LineId
    shares: tuple[Decimal, ...]

    def __post_init__(self) -> None:
        if len(self.shares) > MOST_LEVELS:
            raise BadInput("too-many-levels", most=MOST_LEVELS)
        for share in self.shares:
            if not 0 < share <= 1 or len(str(share)) > LONGEST_SHARE:
                raise BadInput("review-share-outside", share=str(share)[:40])


@dataclass(frozen=True, slots=True)
class Rate:
    """The unit price of a line on the rate card."""

    engagement_id: EngagementId
    line_id: LineId
    price: Money


@dataclass(frozen=True, slots=True)
class Plans:
    """How a lot is judged: the counted severities together, and each class by itself.

    All of these plans are of one sample, so they have the same n.
    """

    joint: methods.Plan
    classes: Mapping[Severity, methods.Plan]

    def by_class(self) -> dict[Severity, ClassPlan]:
        """The classes' plans as they are stated."""
        return {
            severity: ClassPlan(p.c, ceiling(p.consumer_risk), ceiling(p.producer_risk or 0.0))
            for severity, p in self.classes.items()
        }


def points(terms: SamplingTerms) -> methods.classes.Points:
    """Both points as the methods take them."""
    return methods.classes.Points(
        float(terms.limiting_quality),
        float(terms.consumer_risk),
        float(terms.acceptable_quality),
        float(terms.producer_risk),
    )


def exact_plans(lot: int, terms: SamplingTerms) -> Plans:
    """The plans in the smallest sample that does for the counted severities and every class."""
    return in_common(
        terms, methods.classes.common_plans(lot, [points(t) for t in every_terms(terms)])
    )


def every_terms(terms: SamplingTerms) -> list[SamplingTerms]:
    """The terms of the counted severities together, then those of each class."""
    return [terms, *terms.by_class().values()]


def in_common(terms: SamplingTerms, found: Sequence[methods.Plan]) -> Plans:
    """Plans in the order of `every_terms`, by what they judge."""
    return Plans(found[0], dict(zip(terms.by_class(), found[1:], strict=True)))


def exact_plan(lot: int, terms: SamplingTerms) -> methods.Plan:
    """The plan of the counted severities together, in the sample of `exact_plans`."""
    return exact_plans(lot, terms).joint


def ceiling(risk: float) -> Decimal:
    """A risk as it is stated: rounded up to six places."""
    return Decimal(repr(risk)).quantize(Decimal("0.000001"), rounding="ROUND_CEILING")


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
