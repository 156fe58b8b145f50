"""What happens in requirement analysis."""

from __future__ import annotations

from dataclasses import dataclass

from outwork.ledger import EventBody, Occasional, Sealed, event
from outwork.vocabulary import Confidentiality, InspectionUnit, LineId, Money, Severity


@dataclass(frozen=True, slots=True)
class ClassPoints:
    """Both points by which a severity class is judged by itself, as decimal text."""

    limiting_quality: str
    consumer_risk: str
    acceptable_quality: str
    producer_risk: str


@event()
class LineAdded(EventBody):
    """A line was added to the statement of work; fractions are decimal text.

    `classes` are the severities that are judged by themselves besides.
    """

    line: LineId
    service: str
    volume: int
    turnaround_days: int
    unit: InspectionUnit
    limiting_quality: str
    consumer_risk: str
    acceptable_quality: str
    producer_risk: str
    counted: tuple[Severity, ...]
    corrected: bool
    confidentiality: Confidentiality
    price: Money
    defects: Sealed[dict[str, str]]
    classes: Occasional[dict[Severity, ClassPoints]] = None


@event()
class LineRemoved(EventBody):
    """A line was taken out before signature."""

    line: LineId
