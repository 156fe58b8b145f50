"""The log built again from its entries, and compared with everything that was kept of it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

import sqlalchemy as sa

from outwork.kit.database import Connection, keyring_of
from outwork.ledger import checkpoint, queries, store
from outwork.ledger.tree import Frontier, leaf_hash
from outwork.vocabulary import EngagementId


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many entries were read, and the first thing that does not fit; None if all does."""

    entries: int
    problem: str | None = None


class _Misfit(Exception):
    """The first thing that does not fit."""


def rebuilt(db: Connection, engagement: EngagementId) -> Rebuilt:
    """Recompute every leaf, kept node, checkpoint and cosignature of a log, in order.

    Where the log is being written on, only a `Database.snapshot` shows it as it was at one moment.
    """
    frontier, count = Frontier(), 0
    try:
        kept, notes = _nodes(db, engagement), _checkpoints(db, engagement)
        _check_checkpoint(db, engagement, frontier, notes)
        with closing(_leaves(db, engagement)) as leaves:
            for found, digest in leaves:
                if found.seq != count:
                    raise _Misfit(f"entry {count} is missing")
                if leaf_hash(found.line) != digest:
                    raise _Misfit(f"entry {count} is not what its leaf's hash says")
                frontier, made = frontier.grow(digest)
                count += 1
                for level, index, node in made[8::8]:
                    if kept.pop((level // 8, index), None) != node:
                        raise _Misfit(
                            f"node {index} of level {level} does not follow from its leaves"
                        )
                _check_checkpoint(db, engagement, frontier, notes)
        _check_end(db, engagement, frontier, kept, notes)
    except _Misfit as misfit:
        return Rebuilt(count, str(misfit))
    return Rebuilt(count)


def _leaves(
    db: Connection, engagement: EngagementId
) -> Generator[tuple[queries.Entry, bytes], None, None]:
    placed, event = store.placement_table, store.event_table
    query = sa.select(event, placed.c.seq, placed.c.leaf_hash)
    query = query.join(event, event.c.id == placed.c.event_id)
    query = query.where(placed.c.engagement_id == engagement).order_by(placed.c.seq)
    with db.execute(query, execution_options={"yield_per": 1000}) as rows:
        for row in rows:
            yield queries.entry(row), row.leaf_hash


def _nodes(db: Connection, engagement: EngagementId) -> dict[tuple[int, int], bytes]:
    table = store.node_table.c
    query = sa.select(table.level, table.index, table.hash).where(table.engagement_id == engagement)
    return {(row[0], row[1]): row[2] for row in db.execute(query)}


def _checkpoints(db: Connection, engagement: EngagementId) -> dict[int, tuple[bytes, str]]:
    table = store.checkpoint_table.c
    query = sa.select(table.size, table.root, table.note).where(table.engagement_id == engagement)
    return {row[0]: (row[1], row[2]) for row in db.execute(query)}


def _check_checkpoint(
    db: Connection,
    engagement: EngagementId,
    frontier: Frontier,
    notes: dict[int, tuple[bytes, str]],
) -> None:
    """Root and signature of the checkpoint of this size, if there is one, and who cosigned it."""
    found = notes.pop(frontier.size, None)
    if found is None:
        return
    name, (root, note) = f"the checkpoint of {frontier.size} entries", found
    key = queries.log_signer(keyring_of(db), engagement).verifier
    try:
        head, _ = checkpoint.open_checkpoint(note.encode(), key)
    except checkpoint.NoteError as error:
        raise _Misfit(f"{name} does not verify: {error}") from error
    if (head.origin, head.size) != (key.name, frontier.size):
        raise _Misfit(f"{name} is of another size or log")
    if not head.root == root == frontier.root():
        raise _Misfit(f"{name} has another root than its entries")
    signed, witness = store.cosignature_table.c, store.witness_table
    query = sa.select(witness.c.key, signed.line).join(witness, witness.c.id == signed.witness_id)
    query = query.where(signed.engagement_id == engagement, signed.size == frontier.size)
    for text, line in db.execute(query):
        cosigner = checkpoint.parse_verifier_key(text)
        try:
            checkpoint.open_note(f"{head.text()}\n{line}".encode(), [cosigner], closed=True)
        except checkpoint.NoteError as error:
            raise _Misfit(f"{name} is not cosigned as is kept: {error}") from error


def _check_end(
    db: Connection,
    engagement: EngagementId,
    frontier: Frontier,
    nodes: dict[tuple[int, int], bytes],
    notes: dict[int, tuple[bytes, str]],
) -> None:
    kept = queries.head(db, engagement)
    if kept.frontier != frontier:
        raise _Misfit(f"the head says {kept.size} entries, or has another root than they")
    if notes:
        raise _Misfit(f"the checkpoint of {min(notes)} entries is of more than there are")
    if nodes:
        level, index = min(nodes)
        raise _Misfit(f"node {index} of level {8 * level} is of more entries than there are")
    event, placed = store.event_table.c, store.placement_table.c
    query = sa.select(sa.func.min(event.id)).where(
        event.engagement_id == engagement,
        event.xid < kept.horizon,
        ~sa.exists().where(placed.event_id == event.id),
    )
    lost = db.execute(query).scalar()
    if lost is not None:
        raise _Misfit(f"event {lost} was settled and has no place")
