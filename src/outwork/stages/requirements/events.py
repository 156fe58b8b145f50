"""What happens in requirement analysis."""

from __future__ import annotations

from outwork.ledger import EventBody, Sealed, event
from outwork.vocabulary import Confidentiality, InspectionUnit, LineId, Money, Severity


@event()
class LineAdded(EventBody):
    """A line was added to the statement of work; fractions are decimal text."""

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


@event()
class LineRemoved(EventBody):
    """A line was taken out before signature."""

    line: LineId
