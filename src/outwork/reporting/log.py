"""The log for those who check it: entry by entry, as C2SP tlog-tiles, its witnesses, the policy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from outwork import access, ledger
from outwork.access import Membership
from outwork.kit.database import Connection
from outwork.kit.paging import Page
from outwork.ledger import Entry
from outwork.operation import Operation
from outwork.reporting.model import LogEntry, ShownEntry
from outwork.reporting.queries import may_be_named, may_read
from outwork.reporting.telling import (
    entry_as_told,
    may_have_receipt,
    may_open,
    refuse_blind,
    unseen_by,
    works_blind,
)
from outwork.stages import requirements
from outwork.vocabulary import EngagementId, NotFound, Refusal


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries of a log a reader wants to see; None for all.

    `kind` is a kind, or a slice with its dot; `actor` a pseudonym; `item` an id or a name.
    """

    kind: str | None = None
    actor: str | None = None
    line: str | None = None
    item: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def timeline(
    op: Operation,
    engagement: EngagementId,
    wanted: Filter | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Page[LogEntry]:
    """The log with names for pseudonyms and how far each entry is proved, newest first."""
    viewer = may_read(op, engagement)
    sought = _sought(viewer, wanted or Filter())
    page = ledger.timeline(op.db, engagement, sought, after, limit)
    rows = _named(op, engagement, viewer, page.rows)
    shown = [entry_as_told(e, viewer) for e in rows]
    return Page(tuple(e for e in shown if e is not None), page.next)


def log_entry(op: Operation, engagement: EngagementId, seq: int) -> ShownEntry:
    """One entry with its proof, opened as far as the reader may see it; raises NotFound.

    Raises Refusal for those who must not read the log as it is.
    """
    viewer = may_read(op, engagement)
    refuse_blind(viewer)
    found = ledger.placed_entry(op.db, engagement, seq)
    [shown] = _named(op, engagement, viewer, [found])
    opened: Mapping[str, Any] = {}
    if openable(op.db, engagement, viewer)(found):
        every = ledger.disclosures(op.db, engagement, found.id).get(found.id, {})
        opened = {name: value for name, (_salt, value) in every.items()}
    return ShownEntry(
        entry=shown,
        line=found.line,
        commitments=found.sealed,
        opened=opened,
        blind=ledger.blinding(ledger.EVENTS[found.kind]),
        receipt=ledger.receipt(op.db, engagement, seq) if shown.covered else None,
        policy=ledger.witnessing.policy(op.db, engagement),
        size=ledger.head(op.db, engagement).size,
    )


def openable(
    db: Connection, engagement: EngagementId, viewer: Membership
) -> Callable[[Entry], bool]:
    """Tells of an entry whether a member may see what it sealed; see `may_open`."""
    members = access.members(db, engagement)
    own = {m.pseudonym for m in members if m.party_id == viewer.party_id}
    hidden = {m.pseudonym for m in members if not may_be_named(viewer, m)}
    return lambda entry: (
        may_open(viewer, entry, own) and not hidden & {entry.actor, entry.public.get("subject")}
    )


def lines(op: Operation, engagement: EngagementId) -> list[requirements.Line]:
    """The lines that a log can be looked through by."""
    may_read(op, engagement)
    return requirements.lines(op.db, engagement)


def receipt(op: Operation, engagement: EngagementId, seq: int) -> bytes:
    """What proves entry `seq` of an engagement's log by itself; raises NotFound.

    Raises Refusal("checkpoint-pending") where no checkpoint covers the entry yet, and to those who
    must not read such an entry as it is.
    """
    viewer = may_read(op, engagement)
    if not may_have_receipt(viewer, ""):
        _check_receipt(viewer, ledger.placed_entry(op.db, engagement, seq))
    return ledger.receipt(op.db, engagement, seq)


def receipt_of(op: Operation, engagement: EngagementId, event: int) -> bytes:
    """The same for an event by its number, which it has before it has a place in the log."""
    viewer = may_read(op, engagement)
    found = ledger.event_entry(op.db, engagement, event)
    _check_receipt(viewer, found)
    if found.seq is None:
        raise Refusal("checkpoint-pending")
    return ledger.receipt(op.db, engagement, found.seq)


def _check_receipt(viewer: Membership, found: Entry) -> None:
    if not may_have_receipt(viewer, found.kind):
        refuse_blind(viewer)


def _sought(viewer: Membership, wanted: Filter) -> ledger.Sought:
    about: list[Mapping[str, Collection[str] | sa.Select[Any]]] = []
    if wanted.line:
        orders = sa.select(_ORDER.c.id).where(_ORDER.c.line_id == wanted.line)
        # By assignments, so that a control item is in the same line as the items around it.
        items = sa.select(_ASSIGNMENT.c.item_id).where(_ASSIGNMENT.c.work_order_id.in_(orders))
        taken = sa.select(_ITEM.c.id).where(_ITEM.c.work_order_id.in_(orders))
        every = sa.union(items, taken).subquery()
        about.append(
            {"line": [wanted.line], "work_order": orders, "item": sa.select(every.c.item_id)}
        )
    if wanted.item:
        named = sa.select(_ITEM.c.id).where(
            _ITEM.c.engagement_id == viewer.engagement_id, _ITEM.c.name == wanted.item
        )
        # Whoever only answers is not told which names there are.
        by_name = not wanted.item.startswith("itm_") and not works_blind(viewer)
        about.append({"item": named if by_name else [wanted.item]})
    return ledger.Sought(
        kind=wanted.kind, actor=wanted.actor, since=wanted.since, until=wanted.until,
        about=about, unseen=unseen_by(viewer),
    )  # fmt: skip


_ORDER = sa.table("work_order", sa.column("id"), sa.column("line_id"))
_ITEM = sa.table(
    "work_item",
    sa.column("id"), sa.column("engagement_id"), sa.column("work_order_id"), sa.column("name"),
)  # fmt: skip
_ASSIGNMENT = sa.table("assignment", sa.column("item_id"), sa.column("work_order_id"))


def _named(
    op: Operation, engagement: EngagementId, viewer: Membership, found: Collection[Entry]
) -> list[LogEntry]:
    behind = {
        m.pseudonym: m.actor_id
        for m in access.members(op.db, engagement)
        if may_be_named(viewer, m)
    }
    names = access.actors(op.db, list(behind.values()))
    places = [e.seq for e in found if e.seq is not None]
    proved = ledger.witnessing.covered(op.db, engagement, places)
    return [
        LogEntry(
            id=e.id,
            seq=e.seq,
            kind=e.kind,
            at=e.at,
            actor=e.actor,
            name=names[behind[e.actor]].name if e.actor in behind else e.actor,
            public=e.public,
            sealed=tuple(sorted(e.sealed)),
            covered=None if e.seq is None else proved.get(e.seq),
        )
        for e in found
    ]


def log_resource(op: Operation, engagement: EngagementId, path: str) -> bytes:
    """What a log serves at a path below its prefix ("checkpoint", "tile/0/000.p/5").

    Entries are the leaves themselves: public values, and commitments to what is sealed. Raises
    NotFound to outsiders, for a path that is spelled otherwise and for what the log does not have;
    Refusal for all but the checkpoint to those who must not read the log as it is.
    """
    viewer = may_read(op, engagement)
    if path != "checkpoint":
        refuse_blind(viewer)
    return _resource(op.db, engagement, path)


def logs_resource(db: Connection, path: str) -> bytes:
    """What the log of logs serves at a path below its prefix; raises NotFound.

    For everybody who is signed in and every witness: the ids in it tell nothing to whose they are
    not. `db` is a transaction that sees LOGS.
    """
    return _resource(db, ledger.LOGS, path)


def logs_entries(db: Connection, first: int, most: int) -> list[bytes]:
    """So many entries of the log of logs from a place on, as lines."""
    return [e.line for e in ledger.entries(db, ledger.LOGS, first + most, first)]


def log_for_witness(db: Connection, engagement: EngagementId, token: str, path: str) -> bytes:
    """The same for an enrolled witness, by the token it was given; raises NotFound to all others.

    `db` is a transaction that sees the engagement.
    """
    if ledger.witnessing.witness_of_token(db, engagement, token) is None:
        raise NotFound("engagement", engagement)
    return _resource(db, engagement, path)


def _resource(db: Connection, engagement: EngagementId, path: str) -> bytes:
    if path == "checkpoint":
        note = ledger.latest_checkpoint(db, engagement)
        found = None if note is None else note.encode()
    else:
        try:
            found = ledger.tile(db, engagement, ledger.tiles.parse_path(path))
        except ValueError:
            found = None
    if found is None:
        raise NotFound("log", path)
    return found


def witnesses(op: Operation, engagement: EngagementId) -> list[ledger.Standing]:
    """How far each party's witness has cosigned, and since when it is behind."""
    may_read(op, engagement)
    return ledger.witnessing.standings(op.db, engagement, op.now)


def stamped(op: Operation, engagement: EngagementId) -> list[ledger.timestamps.Timestamp]:
    """What authorities outside have stamped of a log, newest first: up to which entry, and when."""
    may_read(op, engagement)
    size = ledger.head(op.db, engagement).size
    return ledger.timestamps_of(op.db, engagement, size)[::-1]


def policy(op: Operation, engagement: EngagementId) -> str:
    """The policy file that demands a cosignature of every side that has a witness."""
    may_read(op, engagement)
    return ledger.witnessing.policy(op.db, engagement)
