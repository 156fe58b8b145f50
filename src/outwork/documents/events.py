"""What happens to documents once they are kept: who was shown them, and who looked."""

from __future__ import annotations

from datetime import datetime

from outwork.documents.model import Ground
from outwork.ledger import EventBody, event
from outwork.vocabulary import DocumentId


@event()
class DocumentShared(EventBody):
    """A member may open a document, until an instant where one is given."""

    document: DocumentId
    subject: str
    until: datetime | None


@event()
class DocumentOpened(EventBody):
    """Somebody was given a document's text to read."""

    document: DocumentId
    ground: Ground


@event()
class DocumentDownloaded(EventBody):
    """Somebody was given a document as a file."""

    document: DocumentId
    ground: Ground
