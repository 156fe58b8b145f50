"""Reading qualifications and needs."""

from __future__ import annotations

from outwork.kit.database import Connection
from outwork.vocabulary import ActorId, EngagementId, LineId
from outwork.workforce import store
from outwork.workforce.model import Need, Qualification


def qualification(db: Connection, actor: ActorId) -> Qualification:
    """What an actor brings; nothing where nothing was stated."""
    found = store.qualifications.one(db, store.qualification_table.c.actor_id == actor)
    return found or Qualification(actor)


def need_of(db: Connection, line: LineId) -> Need | None:
    """What a line asks of its people, or None."""
    return store.needs.one(db, store.need_table.c.line_id == line)


def needs_of(db: Connection, engagement: EngagementId) -> list[Need]:
    """The needs of an engagement's lines."""
    return store.needs.find(db, store.need_table.c.engagement_id == engagement)
