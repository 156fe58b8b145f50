"""What happens to logs themselves, in the past tense; the log of logs."""

from __future__ import annotations

from outwork.ledger.model import EventBody, event
from outwork.vocabulary import Digest


@event()
class LogCovered(EventBody):
    """A log had so many entries and this root; `log` is its blinded id, which its parties know."""

    log: Digest
    size: int
    root: Digest
