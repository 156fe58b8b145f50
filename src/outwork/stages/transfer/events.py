"""What happens in knowledge transfer."""

from __future__ import annotations

from outwork.ledger import EventBody, Sealed, event
from outwork.vocabulary import Digest, ItemId


@event()
class GuidelinePublished(EventBody):
    """A version of the guideline is in force."""

    guideline_version: int
    digest: Digest
    clauses: tuple[str, ...]


@event()
class BarSet(EventBody):
    """Client and provider fixed what certification asks."""

    people: str
    agents: str
    confidence: str
    control_items: int


@event()
class ControlItemAdded(EventBody):
    """An input with known answers joined the control items."""

    control_item: ItemId
    service: str
    digest: Digest
    known: Sealed[dict[str, object]]


@event()
class CertificationScored(EventBody):
    """An actor finished the control items."""

    subject: str
    guideline_version: int
    right: int
    asked: int
    lower: str
    bar: str
    passed: bool
