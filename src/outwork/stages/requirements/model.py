"""Statement-of-work lines, and what can be read from a brief."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import TypeAdapter

from outwork.practices import Service
from outwork.vocabulary import (
    BadInput,
    Confidentiality,
    Digest,
    EngagementId,
    InspectionUnit,
    LineId,
    Money,
    Reason,
    Severity,
)

LARGEST_VOLUME = 10_000_000  # items
LONGEST_TURNAROUND = 3_650  # days
LARGEST_PRICE = 1_000_000_000_000  # a unit, in whatever currency
SCOPE_MEANING = "agrees to the statement of work"


@dataclass(frozen=True, slots=True)
class ClassTerms:
    """The two points by which the units with a defect of one severity are judged by themselves.

    As in `SamplingTerms`; a risk that is not given is the one agreed for all.
    """

    limiting_quality: Decimal
    acceptable_quality: Decimal
    consumer_risk: Decimal | None = None
    producer_risk: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SamplingTerms:
    """The two points of an acceptance sampling plan, as fractions.

    A lot with `limiting_quality` defective passes with at most `consumer_risk`; one with
    `acceptable_quality` defective is rejected with at most `producer_risk`. `counted` are the
    severities that make a unit defective. With `corrected` both risks are kept with inspectors who
    err as much as they were measured to; without, the plan takes them to find every defect.
    `classes` are severities that are judged by themselves besides, in the same sample.
    """

    limiting_quality: Decimal
    consumer_risk: Decimal
    acceptable_quality: Decimal
    producer_risk: Decimal
    counted: tuple[Severity, ...] = (Severity.CRITICAL, Severity.MAJOR)
    corrected: bool = False
    classes: Mapping[Severity, ClassTerms] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("limiting_quality", "consumer_risk", "acceptable_quality", "producer_risk"):
            if not 0 < getattr(self, name) < 1:
                raise BadInput("fraction-outside", field=name, value=str(getattr(self, name)))
        if self.acceptable_quality >= self.limiting_quality:
            raise BadInput("quality-points-crossed")
        if not self.counted:
            raise BadInput("no-severity-counted")
        for severity in self.classes:
            self.of_class(severity)  # raises what is wrong with it

    @property
    def judged(self) -> tuple[Severity, ...]:
        """The severities on which a verdict hangs, together or by themselves, gravest first."""
        return tuple(s for s in Severity if s in self.counted or s in self.classes)

    def of_class(self, severity: Severity) -> SamplingTerms:
        """The terms by which a class of its own is judged."""
        own = self.classes[severity]
        return SamplingTerms(
            own.limiting_quality,
            self.consumer_risk if own.consumer_risk is None else own.consumer_risk,
            own.acceptable_quality,
            self.producer_risk if own.producer_risk is None else own.producer_risk,
            (severity,),
            self.corrected,
        )

    def by_class(self) -> dict[Severity, SamplingTerms]:
        """The terms of every class of its own, gravest first."""
        return {s: self.of_class(s) for s in Severity if s in self.classes}


@dataclass(frozen=True, slots=True)
class Baseline:
    """How the client does the work today: items a month, days an item, share right, unit cost."""

    volume_a_month: int
    turnaround_days: int
    accuracy: Decimal
    unit_cost: Money


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement of work."""

    engagement_id: EngagementId
    id: LineId
    service: str
    volume: int
    turnaround_days: int
    unit: InspectionUnit
    defects: Mapping[Severity, str]
    sampling: SamplingTerms
    confidentiality: Confidentiality
    price: Money
    baseline: Baseline | None = None

    def __post_init__(self) -> None:
        if self.volume < 1:
            raise BadInput("volume-not-positive", volume=self.volume)
        if self.volume > LARGEST_VOLUME:
            raise BadInput("volume-too-large", largest=LARGEST_VOLUME)
        if self.turnaround_days < 1:
            raise BadInput("turnaround-not-positive", days=self.turnaround_days)
        if self.turnaround_days > LONGEST_TURNAROUND:
            raise BadInput("turnaround-too-long", longest=LONGEST_TURNAROUND)
        if self.price.amount < 0:
            raise BadInput("price-negative", price=str(self.price))
        if self.price.amount > LARGEST_PRICE:
            raise BadInput("price-too-large", largest=LARGEST_PRICE)


def scope_digest(lines: Sequence[Line]) -> Digest:
    """SHA-256 of the lines as canonical JSON: what a scope signature is bound to."""
    plain = TypeAdapter(tuple[Line, ...]).dump_python(tuple(lines), mode="json")
    for line in plain:
        if not line["sampling"]["classes"]:
            del line["sampling"]["classes"]  # what was signed before there were any stays signed
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Digest(hashlib.sha256(text.encode()).hexdigest())


def gate_reasons(lines: Sequence[Line], signed: bool, place: str) -> list[Reason]:
    """Why the requirements are not complete; empty when the gate is open."""
    if not lines:
        return [Reason("no-lines", place=place)]
    reasons = [
        Reason("defects-undefined", {"line": item.id, "severity": severity.value}, place)
        for item in lines
        for severity in item.sampling.judged
        if not item.defects.get(severity, "").strip()
    ]
    reasons += [Reason("no-baseline", {"line": i.id}, place) for i in lines if i.baseline is None]
    if not signed:
        reasons.append(Reason("not-signed", {"side": "client"}, place))
    return reasons


@dataclass(frozen=True, slots=True)
class Brief:
    """What could be read from a client's brief; None where it says nothing."""

    services: tuple[str, ...]
    volume: int | None
    turnaround_days: int | None
    accuracy: Decimal | None
    unit_cost: Decimal | None
    currency: str | None
    confidentiality: Confidentiality


_NUMBER = r"(\d{1,3}(?:[,.\u00a0 ]\d{3})+|\d+)"
_ITEMS = (
    r"(?:contracts?|agreements?|documents?|abstracts?|files?|records?|patents?|models?|reports?)"
)
_VOLUME = re.compile(_NUMBER + r"\s+(?:\w+\s+){0,3}?" + _ITEMS, re.IGNORECASE)
_DAYS = re.compile(r"(\d+)[\s-]*(business |working |calendar )?(day|week|month)s?", re.IGNORECASE)
_TURNAROUND = re.compile(
    r"(?:within|in|turnaround|deadline)\D{0,30}?" + _DAYS.pattern, re.IGNORECASE
)
_ACCURACY = re.compile(
    r"(\d{2}(?:\.\d+)?)\s?%\s*(?:of \w+ )?(?:accura|right|correct|quality)", re.IGNORECASE
)
_COST = re.compile(r"(USD|EUR|GBP|\$|€|£)\s?(\d+(?:\.\d{1,2})?)\s*(?:per|a|each|/)", re.IGNORECASE)
_CURRENCY = {"$": "USD", "€": "EUR", "£": "GBP"}
_DAYS_OF = {"day": 1, "week": 5, "month": 21}


def read_brief(text: str, services: Sequence[Service]) -> Brief:
    """Read volume, turnaround, accuracy, cost and the services meant out of a client's brief.

    Plain patterns over plain words: what they do not find is None, for the person to fill in. A
    service counts as meant when a brief shares at least two words of four letters or more with its
    name and summary, or names its key.
    """
    words = set(re.findall(r"[a-z]{4,}", text.casefold()))

    def overlap(service: Service) -> int:
        own = set(re.findall(r"[a-z]{4,}", f"{service.name} {service.summary}".casefold()))
        return len({w.rstrip("s") for w in own} & {w.rstrip("s") for w in words})

    meant = sorted((s for s in services if overlap(s) >= 2 or s.key in text), key=overlap)
    volume, span = _VOLUME.search(text), _TURNAROUND.search(text)
    accuracy, cost = _ACCURACY.search(text), _COST.search(text)
    secret = re.search(r"strictly confidential|restricted|privileged", text, re.IGNORECASE)
    return Brief(
        services=tuple(s.key for s in reversed(meant)),
        volume=int(re.sub(r"\D", "", volume[1])) if volume else None,
        turnaround_days=int(span[1]) * _DAYS_OF[span[3].lower()] if span else None,
        accuracy=Decimal(accuracy[1]) / 100 if accuracy else None,
        unit_cost=Decimal(cost[2]) if cost else None,
        currency=_CURRENCY.get(cost[1], cost[1].upper()) if cost else None,
        confidentiality=Confidentiality.RESTRICTED if secret else Confidentiality.CONFIDENTIAL,
    )
