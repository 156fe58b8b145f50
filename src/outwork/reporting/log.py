"""The log for those who check it: as C2SP tlog-tiles, its witnesses, and the policy to demand."""

from __future__ import annotations

from outwork import ledger
from outwork.kit.database import Connection
from outwork.operation import Operation
from outwork.reporting.queries import may_read
from outwork.vocabulary import EngagementId, NotFound


def log_resource(op: Operation, engagement: EngagementId, path: str) -> bytes:
    """What a log serves at a path below its prefix ("checkpoint", "tile/0/000.p/5").

    Entries are the leaves themselves: public values, and commitments to what is sealed. Raises
    NotFound to outsiders, for a path that is spelled otherwise and for what the log does not have.
    """
    may_read(op, engagement)
    return _resource(op.db, engagement, path)


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


def policy(op: Operation, engagement: EngagementId) -> str:
    """The policy file that demands a cosignature of every side that has a witness."""
    may_read(op, engagement)
    return ledger.witnessing.policy(op.db, engagement)
