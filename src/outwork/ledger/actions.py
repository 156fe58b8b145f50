"""Recording an event with its act, and integrating settled events into the tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from psycopg.rows import scalar_row, tuple_row
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import insert

from outwork.kit.copying import copy_into
from outwork.kit.database import Connection, driven, keyring_of
from outwork.kit.ids import Entropy
from outwork.kit.keyring import Keyring
from outwork.ledger import canonical, checkpoint, queries, sealing, store
from outwork.ledger.model import EventBody, blinding, split
from outwork.ledger.proving import TILE_HEIGHT
from outwork.ledger.signing import record_digest
from outwork.ledger.tiles import MAX_ENTRY
from outwork.ledger.tree import leaf_hash
from outwork.vocabulary import BadInput, Digest, EngagementId, Json


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event as its row takes it: public values, commitments, and openings in the clear."""

    kind: str
    version: int
    public: dict[str, Json]
    sealed: dict[str, str]
    openings: bytes | None


NO_SALTS: Mapping[str, bytes] = {}


def prepare(body: EventBody, entropy: Entropy, salts: Mapping[str, bytes] = NO_SALTS) -> Prepared:
    """Split an event and commit to what is confidential, each field under a salt of its own.

    `salts` are those already chosen, of fields whose commitment something else holds too.
    Raises BadInput("event-too-long") for what would not fit into an entry bundle of the log's
    tiles: the log could never be served with it.
    """
    public, hidden = split(body)
    _check_length(body.kind, public, hidden)
    openings: dict[str, list[Json]] = {}
    commitments: dict[str, str] = {}
    for name, value in hidden.items():
        salt = salts.get(name) or entropy(sealing.SALT_SIZE)
        commitments[name] = sealing.commit(value, salt)
        openings[name] = [salt.hex(), value]
    for name in blinding(type(body)):
        del openings[name]
    plain = canonical.encode(openings) if openings else None
    return Prepared(body.kind, body.version, public, commitments, plain)


def digest_of(body: EventBody, entropy: Entropy) -> tuple[Digest, dict[str, bytes]]:
    """The digest to which a signature over an event is bound, and the salts to record it with."""
    made = prepare(body, entropy)
    openings = {} if made.openings is None else canonical.decode(made.openings)
    salts = {name: bytes.fromhex(salt) for name, (salt, _value) in openings.items()}
    return record_digest(made.public, made.sealed), salts


_ROOM = MAX_ENTRY - 512  # bytes for fields; names, instant, kind, actor and number take the rest
_ESCAPED = 6  # bytes that a character takes at most


def _check_length(kind: str, public: dict[str, Json], hidden: dict[str, Json]) -> None:
    # Spelling out every event to weigh it would cost more than most of them weigh.
    least = _weight(public) + sum(len(name) + 12 for name in hidden)
    if _ESCAPED * least <= _ROOM:
        return
    sealed = dict.fromkeys(hidden, "0" * 64)
    if len(canonical.encode(public)) + len(canonical.encode(sealed)) > _ROOM:
        raise BadInput("event-too-long", kind=kind, most=MAX_ENTRY)


def _weight(value: Json) -> int:
    """No less than a sixth of the bytes of a value in canonical JSON."""
    if isinstance(value, str):
        return len(value) + 3
    weight = 25
    if isinstance(value, dict):
        for name, part in value.items():
            weight += len(name) + 4 + (len(part) + 3 if type(part) is str else _weight(part))
    elif isinstance(value, list):
        for part in value:
            weight += 1 + _weight(part)
    return weight


def seal_openings(
    keyring: Keyring, engagement: EngagementId, event_id: int, openings: bytes
) -> bytes:
    """The openings of an event under its engagement's key."""
    keyring.make(engagement)
    return keyring.seal(engagement, openings, f"event/{event_id}")


def record(
    db: Connection,
    body: EventBody,
    actor: str,
    at: datetime,
    entropy: Entropy,
    salts: Mapping[str, bytes] = NO_SALTS,
) -> int:
    """Write an event, and the openings of its sealed fields, in the caller's transaction.

    `actor` is the pseudonym of whoever acted, in this engagement; `salts` as for `prepare`.
    Gives the event's number.
    """
    engagement = body.engagement
    made = prepare(body, entropy, salts)
    cursor = driven(db).cursor(row_factory=scalar_row)
    values = [engagement, made.kind, made.version, at, actor, Jsonb(made.public)]
    event_id: int = cursor.execute(_RECORD, [*values, Jsonb(made.sealed)]).fetchall()[0]
    if made.openings is not None:
        sealed = seal_openings(keyring_of(db), engagement, event_id, made.openings)
        cursor.execute(_DISCLOSE, [engagement, event_id, sealed])
    return event_id


# As they are sent, since every act writes an event: to have them composed costs more than they do.
_RECORD = b"""
insert into event (engagement_id, kind, version, at, actor, public, sealed)
values (%s, %s, %s, %s, %s, %s, %s) returning id
"""
_DISCLOSE = b"insert into disclosure (engagement_id, event_id, openings) values (%s, %s, %s)"


def record_all(
    db: Connection, bodies: Sequence[EventBody], actor: str, at: datetime, entropy: Entropy
) -> None:
    """Write many events of one engagement, in their order, by one COPY; once a transaction.

    As `record` for each of them; raises ValueError for an event with sealed fields, whose openings
    would each need its number.
    """
    rows = []
    for body in bodies:
        made = prepare(body, entropy)
        if made.openings is not None or body.engagement != bodies[0].engagement:
            raise ValueError("events without sealed fields, of one engagement")
        rows.append((made.kind, made.version, Jsonb(made.public)))
    if rows:
        alike = {"engagement_id": bodies[0].engagement, "at": at, "actor": actor}
        copy_into(db, store.event_table, ("kind", "version", "public"), rows,
                  alike | {"sealed": Jsonb({})})  # fmt: skip


def integrate(db: Connection, engagement: EngagementId, now: datetime) -> queries.Head:
    """Give every settled event its place in the tree, and sign a checkpoint of the new tree.

    Settled means: written by a transaction older than any still running, so that nothing can slip
    in before it later. One integration at a time per engagement.
    """
    db.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(engagement, 0))))
    head = queries.head(db, engagement)
    horizon: int = db.execute(_OLDEST_RUNNING).scalar_one()
    cursor = driven(db).cursor(row_factory=tuple_row)
    pending = cursor.execute(_SETTLED, [engagement, head.horizon, horizon]).fetchall()
    if not pending:
        return head
    first = head.size
    hashes = [
        leaf_hash(queries.written(seq, *row[1:])) for seq, row in enumerate(pending, start=first)
    ]
    frontier, nodes = head.frontier.extend(hashes)
    ids = ",".join(str(row[0]) for row in pending)
    cursor.execute(_PLACE, [engagement, first, b"".join(hashes), f"{{{ids}}}"])
    _keep_nodes(db, engagement, first, nodes)
    made = queries.Head(engagement, frontier, horizon)
    _advance(db, made, now)
    # Whoever waits for a place is told with the commit: which log, and its last event.
    db.execute(sa.select(sa.func.pg_notify(store.PLACED, f"{engagement} {pending[-1][0]}")))
    return made


_OLDEST_RUNNING = sa.text("select (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint")

# By its transactions first, then in order: the order's own index would read the whole log. JSON
# comes as text, since nothing but its canonical form is wanted.
_SETTLED = b"""
select id, kind, version, at, actor, public::text, sealed::text
from (select * from event where engagement_id = %s and xid >= %s and xid < %s offset 0) fresh
order by id
"""
_PLACE = b"""
insert into placement (engagement_id, seq, event_id, leaf_hash)
select given.engagement, given.first + placed.n - 1, placed.id,
  substring(given.hashes from ((placed.n - 1) * 32)::int + 1 for 32)
from (values (%s, %s::bigint, %b::bytea)) given(engagement, first, hashes),
  unnest(%s::bigint[]) with ordinality placed(id, n)
"""


def _keep_nodes(
    db: Connection, engagement: EngagementId, first: int, nodes: list[list[bytes]]
) -> None:
    """Every eighth level's nodes that were completed, by their level in tiles."""
    kept = [
        {"engagement_id": engagement, "level": level // TILE_HEIGHT, "index": index, "hash": digest}
        for level in range(TILE_HEIGHT, len(nodes), TILE_HEIGHT)
        for index, digest in enumerate(nodes[level], start=first >> level)
    ]
    if kept:
        db.execute(sa.insert(store.node_table), kept)


def _advance(db: Connection, head: queries.Head, now: datetime) -> None:
    frontier = head.frontier
    values: dict[str, Any] = {
        "size": frontier.size,
        "frontier": b"".join(frontier.hashes),
        "horizon": head.horizon,
    }
    db.execute(
        insert(store.log_head_table)
        .values(engagement_id=head.engagement, **values)
        .on_conflict_do_update(index_elements=["engagement_id"], set_=values)
    )
    signer = queries.log_signer(keyring_of(db), head.engagement)
    body = checkpoint.Checkpoint(signer.name, frontier.size, frontier.root())
    db.execute(
        sa.insert(store.checkpoint_table).values(
            engagement_id=head.engagement,
            size=frontier.size,
            root=frontier.root(),
            note=checkpoint.sign_checkpoint(body, signer).decode(),
            at=now,
        )
    )
