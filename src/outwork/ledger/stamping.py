"""Which checkpoint is to be stamped next, and the tokens over those that were."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from outwork.kit.database import Connection
from outwork.ledger import checkpoint, queries, store
from outwork.ledger.timestamps import Timestamp
from outwork.vocabulary import EngagementId

MOST_TIMESTAMPS = 32  # in a bundle


def timestamps_of(db: Connection, engagement: EngagementId, size: int) -> list[Timestamp]:
    """The newest MOST_TIMESTAMPS tokens over checkpoints of at most that size, oldest first."""
    table = store.timestamp_table.c
    found = store.timestamps.find(
        db, table.engagement_id == engagement, table.size <= size, order=table.size.desc(),
        limit=MOST_TIMESTAMPS,
    )  # fmt: skip
    return found[::-1]


def to_be_stamped(
    db: Connection, engagement: EngagementId, authority: str, since: datetime
) -> checkpoint.Checkpoint | None:
    """The newest checkpoint, unless it is stamped or another was after `since`; or None."""
    table = store.timestamp_table.c
    last = store.timestamps.one(db, table.engagement_id == engagement, table.authority == authority)
    newest = queries.latest_checkpoint(db, engagement)
    if newest is None or (last is not None and last.at > since):
        return None
    made = checkpoint.parse_checkpoint(checkpoint.parse_note(newest.encode()).text)
    return None if last is not None and last.size >= made.size else made


def keep_timestamp(db: Connection, stamp: Timestamp) -> None:
    """Keep an authority's token over a checkpoint; the first one, if two workers asked."""
    row = {f.name: getattr(stamp, f.name) for f in fields(stamp)}
    db.execute(insert(store.timestamp_table).values(row).on_conflict_do_nothing())
