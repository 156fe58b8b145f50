"""Looking for entries in a log, newest first, through so many at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from outwork.kit.database import Connection
from outwork.kit.paging import BadCursor, Page, cursor, key_of, limit_of
from outwork.ledger import queries, store
from outwork.vocabulary import EngagementId

SEARCHED = 50_000  # entries of a log that a search looks through at once, the newest ones


@dataclass(frozen=True, slots=True)
class Sought:
    """What a reader looks for in a log; an empty one is everything.

    `kind` is a kind, or a slice with its dot; each of `about` maps public fields to values, or to
    a query that gives them, of which one has to fit; `unseen` maps kinds that are kept from the
    reader to the `subject` who may know of it nevertheless, or None.
    """

    kind: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    about: Sequence[Mapping[str, Collection[str] | sa.Select[Any]]] = ()
    unseen: Mapping[str, str | None] = field(default_factory=dict)


EVERYTHING = Sought()


def timeline(
    db: Connection,
    engagement: EngagementId,
    sought: Sought = EVERYTHING,
    after: str | None = None,
    limit: int | None = None,
) -> Page[queries.Entry]:
    """The log as a list, newest first.

    A page looks through SEARCHED entries at most; where fewer rows than asked for were among these,
    the cursor leads on to the entries before them.
    """
    table = store.event_table.c
    newest = sa.select(store.event_table).where(table.engagement_id == engagement)
    if sought.since:
        newest = newest.where(table.at >= sought.since)
    if sought.until:
        newest = newest.where(table.at < sought.until)
    if after:
        newest = newest.where(table.id < _place(after))
    window = newest.order_by(table.id.desc()).limit(SEARCHED).subquery("newest")
    placed, size = store.placement_table, limit_of(limit)
    query = sa.select(window, placed.c.seq).select_from(
        window.outerjoin(placed, placed.c.event_id == window.c.id)
    )
    query = query.where(*_fitting(window.c, sought)).order_by(window.c.id.desc()).limit(size + 1)
    page = Page.of([queries.entry(r) for r in db.execute(query)], size, lambda e: e.id)
    if page.next is None:
        last, looked = db.execute(sa.select(sa.func.min(window.c.id), sa.func.count())).one()
        if looked == SEARCHED:
            return Page(page.rows, cursor(last))
    return page


def _place(text: str) -> int:
    key = key_of(text)
    if type(key) is not int or not 0 < key < 1 << 63:
        raise BadCursor(text)
    return key


def _fitting(newest: Any, sought: Sought) -> list[sa.ColumnElement[bool]]:
    rules: list[sa.ColumnElement[bool]] = []
    if sought.kind and sought.kind.endswith("."):
        rules.append(newest.kind.startswith(sought.kind, autoescape=True))
    elif sought.kind:
        rules.append(newest.kind == sought.kind)
    if sought.actor:
        rules.append(newest.actor == sought.actor)
    rules += [
        sa.or_(*(newest.public[name].astext.in_(of) for name, of in one.items()))
        for one in sought.about
    ]
    for kind, subject in sought.unseen.items():
        about = newest.public["subject"].astext
        known = sa.false() if subject is None else sa.func.coalesce(about, subject) == subject
        rules.append(sa.or_(newest.kind != kind, known))
    return rules


def about_item(
    db: Connection, engagement: EngagementId, item: str, limit: int
) -> tuple[queries.Entry, ...]:
    """What the log's newest entries say of an item, newest first; see SEARCHED."""
    return timeline(db, engagement, Sought(about=[{"item": [item]}]), limit=limit).rows
