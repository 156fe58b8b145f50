"""Keys with which people sign, each opened only by its person's password, in the act itself.

A person's Ed25519 key is encrypted under a key derived from the person's password (argon2id, RFC
9106), and that once more under the installation's keyring: so neither the server, nor whoever has a
copy of its database, signs for a person who is not there. Giving the password is the step-up
(NIST SP 800-63B section 7.2, reauthentication): it serves the one act to which it was given.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.dialects.postgresql import insert

from outwork.access import actions, store
from outwork.access.model import SigningKey
from outwork.kit.database import Connection, alone, keyring_of
from outwork.kit.keyring import SealBroken, open_under, seal_under
from outwork.vocabulary import ActorId, Refusal

ATTEMPTS = 10  # wrong passwords in a row after which nobody signs for that person for a while
WINDOW = timedelta(minutes=15)
WRAPPING = "signing"  # the installation's key around every personal one
SALT_SIZE = 16  # bytes


@dataclass(frozen=True, slots=True)
class Cost:
    """What deriving a key takes (RFC 9106): passes, KiB of memory, lanes."""

    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


COST = Cost()

Private = Ed25519PrivateKey


def step_up(db: Connection, actor: ActorId, password: str, now: datetime) -> Private:
    """The person's signing key, opened by the password; made when it is first needed.

    Raises Refusal("step-up-failed") for a wrong password or an actor without one, and
    Refusal("too-many-attempts") after ATTEMPTS wrong ones within WINDOW.
    """
    _authenticate(db, actor, password, now)
    key = signing_key(db, actor)
    if key is None:
        return _make(db, actor, password, None, now)
    opened = _open(db, key, password)
    if opened is None:  # the password was set anew by somebody who did not know the old one
        return _make(db, actor, password, key, now)
    return opened


def signing_key(db: Connection, actor: ActorId) -> SigningKey | None:
    """The key with which a person signs now, without its private half; None before the first."""
    table = store.signing_key_table.c
    return store.signing_keys.one(db, table.actor_id == actor, table.retired_at.is_(None))


def change_password(db: Connection, actor: ActorId, old: str, new: str, now: datetime) -> None:
    """Set a new password and seal the signing key under it; ends every session.

    Raises as `step_up` does, and BadInput for a short one.
    """
    _authenticate(db, actor, old, now)
    key = signing_key(db, actor)
    opened = None if key is None else _open(db, key, old)
    actions.set_password(db, actor, new, now)
    if key is not None and opened is not None:
        store.signing_keys.save(db, _sealed(db, key, opened, new))


def rotate(db: Connection, actor: ActorId, password: str, now: datetime) -> tuple[Private, Private]:
    """Retire the person's key for a fresh one; gives the old and the new. Raises as `step_up`."""
    old = step_up(db, actor, password, now)
    return old, _make(db, actor, password, signing_key(db, actor), now)


def step_up_failed(db: Connection, actor: ActorId, now: datetime) -> None:
    """Count a wrong password; in a transaction of its own, for the act's is rolled back."""
    table = store.step_up_table
    since = sa.case((table.c.since < now - WINDOW, now), else_=table.c.since)
    count = sa.case((table.c.since < now - WINDOW, 1), else_=table.c.failed + 1)
    db.execute(
        insert(table)
        .values(actor_id=actor, failed=1, since=now)
        .on_conflict_do_update(index_elements=["actor_id"], set_={"failed": count, "since": since})
    )


def _authenticate(db: Connection, actor: ActorId, password: str, now: datetime) -> None:
    # One at a time for each person: guessing side by side is no quicker, and makes no second key.
    alone(db, f"step-up/{actor}")
    table = store.step_up_table
    known = db.execute(sa.select(table).where(table.c.actor_id == actor)).first()
    if known is not None and known.failed >= ATTEMPTS and known.since > now - WINDOW:
        raise Refusal("too-many-attempts", minutes=int(WINDOW.total_seconds() // 60))
    if not actions.password_fits(db, actor, password):
        raise Refusal("step-up-failed")
    if known is not None:
        db.execute(sa.delete(table).where(table.c.actor_id == actor))


def _make(
    db: Connection, actor: ActorId, password: str, before: SigningKey | None, now: datetime
) -> Private:
    private = Ed25519PrivateKey.generate()
    if before is not None:
        store.signing_keys.save(db, replace(before, retired_at=now, sealed=b""))
    public = private.public_key().public_bytes_raw().hex()
    made = SigningKey(public, actor, now, None, b"", b"", 0, 0, 0)
    store.signing_keys.add(db, _sealed(db, made, private, password))
    return private


def _sealed(db: Connection, key: SigningKey, private: Private, password: str) -> SigningKey:
    """The key with its private half sealed under the password and the keyring."""
    fresh = replace(
        key,
        salt=os.urandom(SALT_SIZE),
        passes=COST.passes,
        memory_kib=COST.memory_kib,
        lanes=COST.lanes,
    )
    inner = seal_under(_derived(fresh, password), private.private_bytes_raw(), _context(fresh))
    keyring = keyring_of(db)
    keyring.make(WRAPPING)
    return replace(fresh, sealed=keyring.seal(WRAPPING, inner, _context(fresh)))


def _open(db: Connection, key: SigningKey, password: str) -> Private | None:
    inner = keyring_of(db).open(WRAPPING, key.sealed, _context(key))
    try:
        seed = open_under(_derived(key, password), inner, _context(key))
    except SealBroken:
        return None
    return Ed25519PrivateKey.from_private_bytes(seed)


def _derived(key: SigningKey, password: str) -> bytes:
    return hash_secret_raw(
        password.encode(), key.salt, key.passes, key.memory_kib, key.lanes, 32, Type.ID
    )


def _context(key: SigningKey) -> str:
    return f"signing-key/{key.actor_id}/{key.public}"
