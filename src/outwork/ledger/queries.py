"""Reading the log: entries, heads, checkpoints, opened fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from outwork.kit.database import Connection, keyring_of
from outwork.kit.keyring import KeyMissing, Keyring
from outwork.ledger import canonical, checkpoint, store, tiles
from outwork.ledger.model import instant_text
from outwork.ledger.proving import Proofs
from outwork.ledger.tree import Frontier, range_hash, root_of_hashes
from outwork.vocabulary import EngagementId, Json, NotFound

INSTALLATION_NAME = "outwork.local"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it stands in the log; `seq` is None until it is integrated."""

    id: int
    seq: int | None
    kind: str
    version: int
    at: datetime
    actor: str
    public: Mapping[str, Json]
    sealed: Mapping[str, str]

    @property
    def line(self) -> bytes:
        """The leaf's content: RFC 8785 canonical JSON, without a newline."""
        return canonical.encode(
            {
                "seq": self.seq,
                "kind": self.kind,
                "version": self.version,
                "at": instant_text(self.at),
                "actor": self.actor,
                "public": self.public,
                "sealed": self.sealed,
            }
        )


@dataclass(frozen=True, slots=True)
class Head:
    """How far an engagement's tree has grown, and the transaction up to which all is in it."""

    engagement: EngagementId
    frontier: Frontier
    horizon: int = 0

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self.frontier.size

    @property
    def root(self) -> bytes:
        """The root hash, 32 bytes."""
        return self.frontier.root()


def written(
    seq: int, kind: str, version: int, at: datetime, actor: str, public: str, sealed: str
) -> bytes:
    """The line of an entry, as `Entry.line` is, of values as the database writes its JSON."""
    return (
        f'{{"actor":{_quoted(actor)},"at":"{instant_text(at)}","kind":{_quoted(kind)},'
        f'"public":{canonical.respell(public)},"sealed":{canonical.respell(sealed)},"seq":{seq},'
        f'"version":{version}}}'
    ).encode()


@lru_cache(1024)  # kinds, and whoever acts in what is being placed
def _quoted(text: str) -> str:
    return canonical.encode(text).decode()


def entry(row: Any, seq: int | None = None) -> Entry:
    """An entry from its row, at `seq` if it has no place yet."""
    place = seq if seq is not None else row.seq
    return Entry(
        row.id, place, row.kind, row.version, row.at, row.actor, row.public, row.sealed
    )  # fmt: skip


def log_signer(keyring: Keyring, engagement: EngagementId) -> checkpoint.Ed25519Signer:
    """The signer of an engagement's log; its name is the log's origin."""
    seed = Ed25519PrivateKey.from_private_bytes(keyring.make("log"))
    return checkpoint.Ed25519Signer(f"{INSTALLATION_NAME}/{engagement}", seed)


def verifier_key(keyring: Keyring, engagement: EngagementId) -> str:
    """The vkey that auditors put in their policy file."""
    return log_signer(keyring, engagement).verifier.encode()


def head(db: Connection, engagement: EngagementId) -> Head:
    """The current head; size 0 where nothing is integrated."""
    table = store.log_head_table
    row = db.execute(sa.select(table).where(table.c.engagement_id == engagement)).first()
    if row is None:
        return Head(engagement, Frontier())
    hashes = tuple(row.frontier[i : i + 32] for i in range(0, len(row.frontier), 32))
    return Head(engagement, Frontier(row.size, hashes), row.horizon)


def latest_checkpoint(db: Connection, engagement: EngagementId) -> str | None:
    """The newest signed checkpoint note, or None."""
    table = store.checkpoint_table
    query = sa.select(table.c.note).where(table.c.engagement_id == engagement)
    return db.execute(query.order_by(table.c.size.desc()).limit(1)).scalar()


def entries(
    db: Connection, engagement: EngagementId, size: int | None = None, first: int = 0
) -> Iterator[Entry]:
    """Integrated entries in order, from `first` on, up to `size` of the log if told."""
    placed, event = store.placement_table, store.event_table
    query = sa.select(event, placed.c.seq).join(event, event.c.id == placed.c.event_id)
    query = query.where(placed.c.engagement_id == engagement, placed.c.seq >= first)
    if size is not None:
        query = query.where(placed.c.seq < size)
    for row in db.execute(query.order_by(placed.c.seq)):
        yield entry(row)


def with_place() -> sa.Select[Any]:
    """Events, each with its place if it has one."""
    placed, event = store.placement_table, store.event_table
    joined = event.outerjoin(placed, placed.c.event_id == event.c.id)
    return sa.select(event, placed.c.seq).select_from(joined)


def find_entry(db: Connection, engagement: EngagementId, kind: str, **public: Json) -> Entry | None:
    """The last event of a kind with these public values, integrated or not."""
    table = store.event_table
    query = with_place().where(table.c.engagement_id == engagement, table.c.kind == kind)
    query = query.where(table.c.public.contains(public)).order_by(table.c.id.desc()).limit(1)
    row = db.execute(query).first()
    return None if row is None else entry(row)


def leaf_hashes(db: Connection, engagement: EngagementId, size: int) -> list[bytes]:
    """Hashes of the first `size` leaves."""
    table = store.placement_table.c
    query = sa.select(table.leaf_hash).where(table.engagement_id == engagement, table.seq < size)
    return list(db.execute(query.order_by(table.seq)).scalars())


class Nodes:
    """A NodeReader over the kept nodes of an engagement's tree, within one transaction.

    Raises IndexError for a node whose subtree is not full. Reads at most 256 hashes a tile, and
    each tile once.
    """

    def __init__(self, db: Connection, engagement: EngagementId) -> None:
        self._db, self._engagement = db, engagement
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """Hash of the full subtree over leaves [index * 2**level, (index + 1) * 2**level)."""
        row, within = divmod(level, 8)
        tile, first = divmod(index << within, tiles.WIDTH)
        found = self.row(row, tile)[first : first + (1 << within)]
        if len(found) != 1 << within:
            raise IndexError("no such node")
        return root_of_hashes(found)

    def row(self, level: int, index: int) -> list[bytes]:
        """The hashes of tile `index` of a level of tiles, as many as there are (0 to 256)."""
        if (level, index) not in self._tiles:
            self._tiles[level, index] = list(self._db.execute(self._query(level, index)).scalars())
        return self._tiles[level, index]

    def _query(self, level: int, index: int) -> sa.Select[Any]:
        first, last = index * tiles.WIDTH, (index + 1) * tiles.WIDTH - 1
        if level == 0:
            leaf = store.placement_table.c
            query = sa.select(leaf.leaf_hash).where(leaf.engagement_id == self._engagement)
            return query.where(leaf.seq.between(first, last)).order_by(leaf.seq)
        node = store.node_table.c
        query = sa.select(node.hash).where(node.engagement_id == self._engagement)
        return query.where(node.level == level, node.index.between(first, last)).order_by(
            node.index
        )


def tile(db: Connection, engagement: EngagementId, wanted: tiles.Tile) -> bytes | None:
    """A hash tile or an entry bundle of the log (C2SP tlog-tiles); None if it has none such."""
    nodes, first = Nodes(db, engagement), wanted.index * tiles.WIDTH
    if wanted.level is not None:
        hashes = nodes.row(wanted.level, wanted.index)
        return b"".join(hashes[: wanted.width]) if len(hashes) >= wanted.width else None
    found = [e.line for e in entries(db, engagement, first + wanted.width, first)]
    return tiles.encode_entries(found) if len(found) == wanted.width else None


def root_at(db: Connection, engagement: EngagementId, size: int) -> bytes:
    """The root of the tree of the first `size` leaves, which the log must have."""
    return range_hash(0, size, Nodes(db, engagement))


def read_nodes(
    db: Connection, engagement: EngagementId, size: int, seqs: Sequence[int], into: Proofs
) -> None:
    """Read what proofs of these entries in the tree of `size` need and `into` lacks."""
    wanted = list(into.wanted(size, seqs))
    if not wanted:
        return
    rows = db.execute(
        _NODES,
        {
            "engagement": engagement,
            "levels": [level for level, _, _ in wanted],
            "firsts": [first for _, first, _ in wanted],
            "ends": [first + count for _, first, count in wanted],
        },
    )
    for level, first, hashes in rows:
        into.keep(level, first, [hashes[i : i + 32] for i in range(0, len(hashes), 32)])


_NODES = sa.text("""
    select r.level, r.first, n.hashes
    from unnest(cast(:levels as int[]), cast(:firsts as bigint[]), cast(:ends as bigint[]))
      as r(level, first, after)
    cross join lateral (
      select string_agg(p.leaf_hash, ''::bytea order by p.seq) as hashes from placement p
      where r.level = 0 and p.engagement_id = :engagement and p.seq >= r.first and p.seq < r.after
      union all
      select string_agg(t.hash, ''::bytea order by t.index) from node t
      where r.level > 0 and t.engagement_id = :engagement and t.level = r.level / 8
        and t.index >= r.first and t.index < r.after
    ) n
    where n.hashes is not null
""")


def prove(
    db: Connection, engagement: EngagementId, seq: int, size: int, kept: Proofs | None = None
) -> list[bytes]:
    """The inclusion proof of entry `seq` in the tree of the first `size` leaves."""
    proofs = Proofs() if kept is None else kept
    read_nodes(db, engagement, size, [seq], proofs)
    return proofs.path(seq, size)


def placed_entry(db: Connection, engagement: EngagementId, seq: int) -> Entry:
    """The entry at a place of the log; raises NotFound."""
    placed = store.placement_table.c
    query = with_place().where(placed.engagement_id == engagement, placed.seq == seq)
    row = db.execute(query).first()
    if row is None:
        raise NotFound("entry", str(seq))
    return entry(row)


def event_entry(db: Connection, engagement: EngagementId, event_id: int) -> Entry:
    """An event by its number, placed or not; raises NotFound."""
    event = store.event_table.c
    query = with_place().where(event.engagement_id == engagement, event.id == event_id)
    row = db.execute(query).first()
    if row is None:
        raise NotFound("event", str(event_id))
    return entry(row)


def entries_about(db: Connection, engagement: EngagementId, name: str, value: Json) -> list[Entry]:
    """The placed entries whose public field `name` has this value, in order."""
    event, placed = store.event_table.c, store.placement_table.c
    query = with_place().where(event.engagement_id == engagement, placed.seq.is_not(None))
    query = query.where(event.public.contains({name: value}))
    return [entry(row) for row in db.execute(query.order_by(placed.seq))]


def placed_below(
    db: Connection, engagement: EngagementId, event_ids: Sequence[int], size: int
) -> list[Entry]:
    """Those of the events that are among the first `size` entries."""
    placed, event = store.placement_table.c, store.event_table.c
    query = with_place().where(
        event.engagement_id == engagement, event.id.in_(event_ids), placed.seq < size
    )
    return [entry(row) for row in db.execute(query)]


def pending(db: Connection) -> list[EngagementId]:
    """Visible engagements with events that have no place in the tree yet."""
    return [EngagementId(i) for i in db.execute(_PENDING).scalars()]


_PENDING = sa.text("""
    select v.id
    from unnest(cast(coalesce(nullif(current_setting('outwork.engagements', true), ''), '{}')
      as text[])) as v(id)
    left join log_head h on h.engagement_id = v.id
    cross join lateral (
      select 1 from event e
      where e.engagement_id = v.id and e.xid >= coalesce(h.horizon, 0)
      order by e.engagement_id, e.xid limit 1) as e(one)
""")


def disclosures(
    db: Connection, engagement: EngagementId, *event_ids: int
) -> dict[int, dict[str, tuple[bytes, Json]]]:
    """Opened fields by event: field -> (salt, value); empty once the key is destroyed."""
    table = store.disclosure_table
    query = sa.select(table).where(table.c.engagement_id == engagement)
    if event_ids:
        query = query.where(table.c.event_id.in_(event_ids))
    keyring = keyring_of(db)
    opened: dict[int, dict[str, tuple[bytes, Json]]] = {}
    try:
        for row in db.execute(query):
            plain = keyring.open(engagement, row.openings, f"event/{row.event_id}")
            opened[row.event_id] = {
                name: (bytes.fromhex(salt), value)
                for name, (salt, value) in canonical.decode(plain).items()
            }
    except KeyMissing:
        return {}
    return opened
