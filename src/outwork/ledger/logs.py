"""The log of logs: checkpoints of all engagements' logs, each under an id its parties alone know.

It is a log like the others, under an id of its own, so that it is placed, signed, cosigned, served
and rebuilt as they are. With it nobody can be shown a log that others are not shown, too: of two
versions of one log one does not fit what stands in it, and one that is not in it has no proof.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from outwork.kit.database import Connection, alone, keyring_of
from outwork.kit.ids import Entropy, new_id
from outwork.kit.keyring import Keyring
from outwork.ledger import actions, canonical, checkpoint, events, queries, store, witnessing
from outwork.ledger.model import LOGS, Witness
from outwork.vocabulary import Digest, EngagementId, WitnessId

RHYTHM = timedelta(seconds=10)  # between covering a log's newer checkpoints
BLINDING = "outwork-log-of-logs/1"

_COVERED = store.covered_log_table.c


def secret(keyring: Keyring, engagement: EngagementId) -> bytes:
    """What blinds an engagement's id, 32 bytes; told to its parties in their bundles.

    It follows from a key of the installation, so that it stays when the engagement is erased.
    """
    return hmac.digest(keyring.make("blinding"), f"{BLINDING}\n{engagement}".encode(), "sha256")


def blinded(secret: bytes, origin: str) -> Digest:
    """The id under which the log of logs knows a log: HMAC-SHA256, in hexadecimal (RFC 2104)."""
    made = hmac.new(secret, f"{BLINDING}\n{origin}".encode(), hashlib.sha256)
    return Digest(made.hexdigest())


def cover(db: Connection, now: datetime, entropy: Entropy) -> int:
    """Append what every visible log has grown to, as far as both sides cosigned it; how many.

    The transaction has to see LOGS, too. The entries get their places with `integrate`.
    """
    alone(db, "logs")
    made = 0
    for engagement in db.execute(_GROWN).scalars():
        best = witnessing.witnessed_checkpoint(db, engagement)
        head = None if best is None else _head(best[1])
        last = db.execute(
            sa.select(sa.func.max(_COVERED.size)).where(_COVERED.engagement_id == engagement)
        ).scalar()
        if head is None or head.size <= (last or 0):
            continue  # its witnesses have not come that far
        event = events.LogCovered(
            engagement=LOGS,
            log=blinded(secret(keyring_of(db), engagement), head.origin),
            size=head.size,
            root=Digest(head.root.hex()),
        )
        number = actions.record(db, event, "job", now, entropy)
        row = {"engagement_id": engagement, "size": head.size, "event_id": number,
               "proof": None, "cosigned": 0}  # fmt: skip
        db.execute(sa.insert(store.covered_log_table).values(row))
        made += 1
    return made


def _head(note: bytes) -> checkpoint.Checkpoint:
    """What a checkpoint of our own says, whoever cosigned it."""
    return checkpoint.parse_checkpoint(note.decode().partition("\n\n")[0] + "\n")


_GROWN = sa.text("""
    select h.engagement_id from log_head h
    where h.engagement_id <> 'logs' and h.size > coalesce(
      (select max(c.size) from covered_log c where c.engagement_id = h.engagement_id), 0)
    order by h.engagement_id
""")


def keep_proofs(db: Connection) -> int:
    """Keep, beside each visible log's newest covered size, what proves it; how many were kept.

    A proof is kept once the entry has its place, and again as more of the log's own witnesses have
    cosigned the log of logs since. The transaction has to see LOGS, too.
    """
    made = 0
    for row in db.execute(_UNPROVED):
        found = _head_for(db, row.engagement_id, row.seq)
        if found is None or (row.proof is not None and found[2] <= row.cosigned):
            continue
        note, size, cosigned = found
        proof = _member(db, row.engagement_id, row.seq, note, size)
        statement = sa.update(store.covered_log_table).where(
            _COVERED.engagement_id == row.engagement_id, _COVERED.size == row.size
        )
        db.execute(statement.values(proof=proof, cosigned=cosigned))
        made += 1
    return made


# The newest of each log, if its entry has a place, and more witnesses might have cosigned it since.
_UNPROVED = sa.text("""
    select c.engagement_id, c.size, p.seq, c.proof, c.cosigned
    from (select distinct on (engagement_id) * from covered_log
          order by engagement_id, size desc) c
    join placement p on p.event_id = c.event_id
    where c.proof is null or c.cosigned < (
      select count(distinct w.key) from witness w
      where w.engagement_id = c.engagement_id and w.retired_at is null)
""")


def _head_for(db: Connection, engagement: EngagementId, seq: int) -> tuple[bytes, int, int] | None:
    """The newest checkpoint over an entry of those that most of a log's own witnesses cosigned.

    Gives the note with their lines, its size, and how many they are.
    """
    keys = [w.key for w in witnessing.witnesses(db, engagement)]
    note, signed, witness = (
        store.checkpoint_table.c,
        store.cosignature_table.c,
        store.witness_table.c,
    )
    lines = (
        sa.select(signed.size, sa.func.array_agg(signed.line).label("lines"))
        .join(store.witness_table, witness.id == signed.witness_id)
        .where(signed.engagement_id == LOGS, witness.key.in_(keys))
        .group_by(signed.size)
        .subquery()
    )
    query = (
        sa.select(note.note, note.size, lines.c.lines)
        .select_from(store.checkpoint_table.outerjoin(lines, lines.c.size == note.size))
        .where(note.engagement_id == LOGS, note.size > seq)
        .order_by(sa.func.coalesce(sa.func.cardinality(lines.c.lines), 0).desc(), note.size.desc())
        .limit(1)
    )
    found = db.execute(query).first()
    if found is None:
        return None
    cosigned = sorted(found.lines or [])
    return (found.note + "".join(cosigned)).encode(), found.size, len(cosigned)


def _member(db: Connection, engagement: EngagementId, seq: int, note: bytes, size: int) -> str:
    """The bundle's member: canonical JSON (docs/formats/logs.md)."""
    path = queries.prove(db, LOGS, seq, size)
    made = {
        "checkpoint": note.decode(),
        "entry": queries.placed_entry(db, LOGS, seq).line.decode(),
        "log": queries.verifier_key(keyring_of(db), LOGS),
        "proof": [checkpoint.encode_base64(digest) for digest in path],
        "secret": secret(keyring_of(db), engagement).hex(),
    }
    return canonical.encode(made).decode()


def proof(db: Connection, engagement: EngagementId, most: int) -> Any:
    """What proves that the log of logs knows an engagement's log: at its newest covered size of at
    most so many entries. None where there is nothing yet."""
    query = sa.select(_COVERED.proof).where(
        _COVERED.engagement_id == engagement, _COVERED.size <= most, _COVERED.proof.is_not(None)
    )
    found = db.execute(query.order_by(_COVERED.size.desc()).limit(1)).scalar()
    return None if found is None else json.loads(found)


def ask_witnesses(db: Connection, engagements: Sequence[EngagementId], now: datetime) -> None:
    """Have every witness of these engagements asked to cosign the log of logs, each key once."""
    alone(db, "logs")
    table = store.witness_table.c
    live = store.witnesses.find(
        db, table.engagement_id.in_(engagements), table.retired_at.is_(None)
    )
    own = {w.key: w for w in witnessing.witnesses(db, LOGS)}
    wanted = {w.key: w for w in reversed(live)}  # whoever enrolled it first says where it is
    for key, found in wanted.items():
        kept = own.get(key)
        if kept is None:
            made = WitnessId(new_id("wit", now))
            store.witnesses.add(db, _for_logs(found, made, now))
        elif (kept.url, kept.token_digest) != (found.url, found.token_digest):
            moved = replace(kept, url=found.url, token_digest=found.token_digest)
            store.witnesses.save(db, moved)
    for key in own.keys() - wanted.keys():
        witnessing.retire(db, own[key], now)


def _for_logs(found: Witness, identifier: WitnessId, now: datetime) -> Witness:
    return replace(
        found, engagement_id=LOGS, id=identifier, enrolled_at=now, size=0, cosigned_at=None,
        tried_at=None, problem="",
    )  # fmt: skip
