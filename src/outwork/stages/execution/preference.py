"""Whom an item is worth most with: expected quality, cost, lateness, continuity; pure rules.

Eligibility comes first and is decided elsewhere; this orders those who may. Worth is an amount in
the engagement's currency, so that its parts can be added and a delivery manager can argue with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from outwork.vocabulary import ActorId, AssignmentId, BadInput, EngagementId

LARGEST_AMOUNT = Decimal(1_000_000)
PERIODS = (1, 24 * 7)  # hours, inclusive
OFFERS = (1, 24 * 60)  # minutes, inclusive
USUAL_HOURS = 0.25  # an item, before anybody has handed one in
# Whoever is a whole period's capacity ahead of an even pace costs twice an average item more.
PACE = 2.0


@dataclass(frozen=True, slots=True)
class RoutingTerms:
    """What a delivery manager prefers people by.

    `quality` is what a right item is worth more than a wrong one, `lateness` what an hour past its
    due instant costs, `continuity` what it is worth that somebody knows the item already. Offers
    stand for `minutes`; prices of people's time are learned anew every `hours`.
    """

    engagement_id: EngagementId
    quality: Decimal
    lateness: Decimal
    continuity: Decimal
    hours: int
    minutes: int
    set_by: ActorId
    set_at: datetime


@dataclass(frozen=True, slots=True)
class HourCost:
    """What an hour of somebody costs the provider, in the engagement's currency."""

    engagement_id: EngagementId
    actor_id: ActorId
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Offer:
    """An item kept for somebody until an instant; then it is anybody's, and not offered again."""

    engagement_id: EngagementId
    assignment_id: AssignmentId
    actor_id: ActorId
    offered_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Price:
    """What somebody's time is worth in the period since `since`, and how much of it is used."""

    engagement_id: EngagementId
    actor_id: ActorId
    price: float
    used: int
    capacity: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may do an item.

    `right` is the probability that it will be right, `hours` what an item takes, `ahead` how many
    items are kept for or held by them already.
    """

    actor_id: ActorId
    right: float
    hours: float
    hour_cost: Decimal
    ahead: int


def checked(terms: RoutingTerms) -> RoutingTerms:
    """The terms themselves; raises BadInput that names what lies outside its limits."""
    for name in ("quality", "lateness", "continuity"):
        if not 0 <= getattr(terms, name) <= LARGEST_AMOUNT:
            raise BadInput("amount-outside", argument=name, most=str(LARGEST_AMOUNT))
    for name, (least, most) in (("hours", PERIODS), ("minutes", OFFERS)):
        if not least <= getattr(terms, name) <= most:
            raise BadInput("number-outside", argument=name, least=least, most=most)
    return terms


def worth(terms: RoutingTerms, who: Candidate, due_in: float | None, familiar: bool) -> float:
    """What it is worth that somebody does an item; `due_in` hours from now, None without a date.

    Whatever waits for them already is done first. May be negative: then it had better wait.
    """
    done_in = (who.ahead + 1) * who.hours
    late = 0.0 if due_in is None else max(0.0, done_in - due_in)
    return (
        float(terms.quality) * who.right
        - float(who.hour_cost) * who.hours
        - float(terms.lateness) * late
        + float(terms.continuity) * familiar
    )


def capacity(terms: RoutingTerms, who: Candidate) -> int:
    """How many more items somebody does in a period, at least one."""
    return max(1, int(terms.hours / who.hours) - who.ahead)
