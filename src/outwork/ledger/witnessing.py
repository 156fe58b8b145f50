"""Who cosigns a log, up to where, and what a reader may demand of its checkpoints."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from outwork.kit.database import Connection, keyring_of
from outwork.ledger import checkpoint, queries, store
from outwork.ledger.model import LOGS, Covered, Standing, Witness, policy_text
from outwork.ledger.proving import Proofs, encode_receipt
from outwork.vocabulary import EngagementId, Refusal, Side, WitnessId

_PLACE, _SIGNED = store.checkpoint_table.c, store.cosignature_table.c


def enrol(db: Connection, witness: Witness) -> None:
    """Send a party's witness every checkpoint from now on."""
    store.witnesses.add(db, witness)


def retire(db: Connection, witness: Witness, at: datetime) -> None:
    """Send it nothing any more; what it cosigned stays."""
    store.witnesses.save(db, replace(witness, retired_at=at))


def witness(db: Connection, identifier: WitnessId) -> Witness:
    """The witness of that id; raises NotFound."""
    return store.witnesses.get(db, identifier)


def witnesses(db: Connection, engagement: EngagementId) -> list[Witness]:
    """Those that are sent an engagement's checkpoints, in the order of enrolment."""
    table = store.witness_table.c
    return store.witnesses.find(db, table.engagement_id == engagement, table.retired_at.is_(None))


def witness_of_token(db: Connection, engagement: EngagementId, token: str) -> Witness | None:
    """Whose token to read this log it is."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    return next((w for w in witnesses(db, engagement) if w.token_digest == digest), None)


def standings(db: Connection, engagement: EngagementId, now: datetime) -> list[Standing]:
    """How far each witness of an engagement has cosigned, and since when it is behind."""
    size = queries.head(db, engagement).size
    made = []
    for found in witnesses(db, engagement):
        # Behind since the first checkpoint that it did not cosign was there to be cosigned.
        query = sa.select(sa.func.min(_PLACE.at)).where(_PLACE.engagement_id == engagement)
        first: datetime | None = db.execute(query.where(_PLACE.size > found.size)).scalar()
        behind = None if first is None else max(first, found.enrolled_at)
        made.append(Standing(found, size, behind, now))
    return made


def covered(db: Connection, engagement: EngagementId, seqs: Sequence[int]) -> dict[int, Covered]:
    """The first checkpoint that covers each of these entries, and who cosigned one that does."""
    if not seqs:
        return {}
    later = sa.select(_PLACE.size).where(_PLACE.engagement_id == engagement)
    enough = sa.select(sa.func.min(_PLACE.size)).where(
        _PLACE.engagement_id == engagement, _PLACE.size > max(seqs)
    )
    later = later.where(_PLACE.size > min(seqs), _PLACE.size <= enough.scalar_subquery())
    sizes = list(db.execute(later.order_by(_PLACE.size)).scalars())
    every = store.witnesses.find(db, store.witness_table.c.engagement_id == engagement)
    sides = frozenset(w.side for w in every if w.retired_at is None)
    made = {}
    for seq in seqs:
        at = bisect_right(sizes, seq)
        if at < len(sizes):
            signed = [w for w in every if w.size > seq]
            by = {side: tuple(w.name for w in signed if w.side is side) for side in Side}
            made[seq] = Covered(sizes[at], {s: names for s, names in by.items() if names}, sides)
    return made


def due(db: Connection, now: datetime) -> list[Witness]:
    """Witnesses that have a checkpoint before them, and are not being left alone for a while."""
    table, place = store.witness_table.c, store.checkpoint_table
    newer = sa.exists().where(
        place.c.engagement_id == table.engagement_id, place.c.size > table.size
    )
    found = store.witnesses.find(db, table.retired_at.is_(None), newer)
    return [w for w in found if w.may_be_asked(now)]


def tried(db: Connection, identifier: WitnessId, at: datetime, problem: str) -> None:
    """Note that a witness was asked in vain, and why."""
    found = store.witnesses.get(db, identifier, lock=True)
    store.witnesses.save(db, replace(found, tried_at=at, problem=problem))


def cosigned(
    db: Connection, identifier: WitnessId, size: int, line: checkpoint.SignatureLine, at: datetime
) -> None:
    """Keep a cosignature that has been verified."""
    found = store.witnesses.get(db, identifier, lock=True)
    row = {"engagement_id": found.engagement_id, "size": size, "witness_id": identifier,
           "line": line.encode(), "at": at}  # fmt: skip
    db.execute(insert(store.cosignature_table).values(row).on_conflict_do_nothing())
    newest = max(size, found.size)
    store.witnesses.save(db, replace(found, size=newest, cosigned_at=at, tried_at=at, problem=""))
    # Whoever waits for a receipt that both sides have cosigned is told with the commit.
    placed = store.placement_table.c
    last = sa.select(placed.event_id).where(
        placed.engagement_id == found.engagement_id, placed.seq == size - 1
    )
    told = f"{found.engagement_id} {db.execute(last).scalar()}"
    db.execute(sa.select(sa.func.pg_notify(store.PLACED, told)))


def witnessed_checkpoint(
    db: Connection, engagement: EngagementId
) -> tuple[int, bytes, tuple[str, ...]] | None:
    """The newest checkpoint that every side with a witness has cosigned, or simply the newest.

    Gives size, note with all cosignatures, and the verifier keys of those who cosigned, in order;
    None where nothing is integrated.
    """
    known = {w.id: w for w in witnesses(db, engagement)}
    size = _agreed(db, engagement, known)
    query = sa.select(_PLACE.size, _PLACE.note).where(_PLACE.engagement_id == engagement)
    if size is not None:
        query = query.where(_PLACE.size == size)
    found = db.execute(query.order_by(_PLACE.size.desc()).limit(1)).first()
    if found is None:
        return None
    lines = sa.select(_SIGNED.witness_id, _SIGNED.line).where(
        _SIGNED.engagement_id == engagement, _SIGNED.size == found.size
    )
    kept = {known[row.witness_id].key: row.line for row in db.execute(lines)
            if row.witness_id in known}  # fmt: skip
    keys = tuple(sorted(kept))
    return found.size, (found.note + "".join(kept[key] for key in keys)).encode(), keys


def _agreed(
    db: Connection, engagement: EngagementId, known: Mapping[WitnessId, Witness]
) -> int | None:
    sides = {w.side for w in known.values()}
    if not sides:
        return None
    table = store.witness_table.c
    query = (
        sa.select(_SIGNED.size)
        .join(store.witness_table, table.id == _SIGNED.witness_id)
        .where(_SIGNED.engagement_id == engagement, table.retired_at.is_(None))
        .group_by(_SIGNED.size)
        .having(sa.func.count(sa.distinct(table.side)) == len(sides))
        .order_by(_SIGNED.size.desc())
        .limit(1)
    )
    size: int | None = db.execute(query).scalar()
    return size


def receipt(db: Connection, engagement: EngagementId, seq: int) -> bytes:
    """What proves entry `seq` by itself, under the newest checkpoint that every side cosigned.

    Where none of those covers it yet, under the newest. Raises NotFound, and
    Refusal("checkpoint-pending") where no checkpoint covers the entry.
    """
    found = queries.placed_entry(db, engagement, seq)
    best = witnessed_checkpoint(db, engagement)
    size, note = (0, b"") if best is None else best[:2]
    if seq >= size:
        newest = queries.latest_checkpoint(db, engagement)
        note = b"" if newest is None else newest.encode()
        size = 0 if newest is None else int(newest.split("\n", 2)[1])
    if seq >= size:
        raise Refusal("checkpoint-pending")
    return encode_receipt(seq, queries.prove(db, engagement, seq, size), note, found.line)


def receipts(
    db: Connection, engagement: EngagementId, event_ids: Sequence[int], proofs: Proofs
) -> dict[int, bytes]:
    """The receipts of those of the events that are covered by now; `proofs` may be used again.

    Covered means: by a checkpoint that every side with a witness has cosigned. Only while a
    witness does not answer, or does not cosign, the newest checkpoint does.
    """
    best = witnessed_checkpoint(db, engagement)
    if best is None:
        return {}
    size, head, _ = best
    if any(w.problem for w in witnesses(db, engagement)):
        newest = queries.latest_checkpoint(db, engagement) or ""
        fresh = int(newest.split("\n", 2)[1])
        found = queries.placed_below(db, engagement, event_ids, fresh)
        beyond = [e for e in found if e.seq is not None and e.seq >= size]
        made = _receipts(db, engagement, beyond, fresh, newest.encode(), proofs)
    else:
        found, made = queries.placed_below(db, engagement, event_ids, size), {}
    within = [e for e in found if e.seq is not None and e.seq < size]
    return made | _receipts(db, engagement, within, size, head, proofs)


def _receipts(
    db: Connection,
    engagement: EngagementId,
    found: Sequence[queries.Entry],
    size: int,
    head: bytes,
    proofs: Proofs,
) -> dict[int, bytes]:
    seqs = [e.seq for e in found if e.seq is not None]
    queries.read_nodes(db, engagement, size, seqs, proofs)
    return {
        e.id: encode_receipt(seq, proofs.path(seq, size), head, e.line)
        for e, seq in zip(found, seqs, strict=True)
    }


def policy(
    db: Connection, engagement: EngagementId, needed: Mapping[Side, int] | None = None
) -> str:
    """The policy file for an engagement's bundles and receipts: both sides must have cosigned.

    `needed` says how many of a side's witnesses, one unless told. Raises ValueError where a side
    has fewer.
    """
    log = queries.verifier_key(keyring_of(db), engagement)
    return policy_text(log, witnesses(db, engagement), needed or {}, _covering(db, engagement))


def _covering(db: Connection, engagement: EngagementId) -> str:
    """The rule for the log of logs, as soon as there is a proof; cosigned, if all cosigned it."""
    table = store.covered_log_table.c
    query = sa.select(table.cosigned).where(
        table.engagement_id == engagement, table.proof.is_not(None)
    )
    cosigned = db.execute(query.order_by(table.size.desc()).limit(1)).scalar()
    if cosigned is None:
        return ""
    rule = f"logs {queries.verifier_key(keyring_of(db), LOGS)}"
    enough = cosigned >= len(witnesses(db, engagement))
    return f"{rule} every-side" if enough else rule
