"""The log as C2SP tlog-tiles: the checkpoint and the tiles, for whoever may read the engagement."""

from __future__ import annotations

from outwork import ledger
from outwork.operation import Operation
from outwork.reporting.queries import may_read
from outwork.vocabulary import EngagementId, NotFound


def log_checkpoint(op: Operation, engagement: EngagementId) -> bytes:
    """The newest checkpoint; raises NotFound to outsiders and where nothing is integrated."""
    may_read(op, engagement)
    note = ledger.latest_checkpoint(op.db, engagement)
    if note is None:
        raise NotFound("checkpoint", engagement)
    return note.encode()


def log_tile(op: Operation, engagement: EngagementId, path: str) -> bytes:
    """A hash tile or entry bundle by its path below the log's prefix ("tile/0/000.p/5").

    Entries are the leaves themselves: public values, and commitments to what is sealed. Raises
    NotFound to outsiders, for a path that is spelled otherwise and for what the log does not have.
    """
    may_read(op, engagement)
    try:
        wanted = ledger.tiles.parse_path(path)
    except ValueError:
        raise NotFound("tile", path) from None
    found = ledger.tile(op.db, engagement, wanted)
    if found is None:
        raise NotFound("tile", path)
    return found
