"""Registering parties and actors, enrolling members, signing in."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy.dialects.postgresql import insert

from outwork.access import store
from outwork.access.model import FITTING, Actor, ActorKind, Membership, Party
from outwork.access.queries import actor_by_login, membership, visible_to
from outwork.kit.database import Connection, see
from outwork.vocabulary import ActorId, BadInput, EngagementId, PartyId, Refusal, Role, Side

SESSION_LENGTH = timedelta(hours=12)
FAR = timedelta(days=3650)  # the period of a membership until set-up dates it
SHORTEST_PASSWORD = 12  # characters; NIST SP 800-63B asks for at least 8

_hasher = PasswordHasher()


@cache
def _decoy() -> str:
    """Verified when the login is unknown, so that the answer takes as long as for a known one."""
    return _hasher.hash(secrets.token_hex(16))


def first_administrator(db: Connection) -> Actor:
    """The installation's own administrator, made when the installation is new."""
    found = actor_by_login(db, "administrator")
    if found is not None:
        return found
    own = Party(PartyId("pty_installation"), "Installation", Side.AUDITOR)
    store.parties.add(db, own)
    made = Actor(
        id=ActorId("per_administrator"),
        kind=ActorKind.PERSON,
        name="Administrator",
        party_id=own.id,
        login="administrator",
        zone="UTC",
        administrator=True,
    )
    store.actors.add(db, made)
    return made


def add_party(db: Connection, party: Party) -> None:
    """Register an organisation."""
    store.parties.add(db, party)


def add_actor(db: Connection, actor: Actor) -> None:
    """Register a person, agent or job; raises BadInput if the login is taken."""
    if actor_by_login(db, actor.login) is not None:
        raise BadInput("login-taken", login=actor.login)
    store.actors.add(db, actor)


def set_password(db: Connection, actor: ActorId, password: str, now: datetime) -> None:
    """Set a person's password (argon2id); raises BadInput for a short one."""
    if len(password) < SHORTEST_PASSWORD:
        raise BadInput("password-short", shortest=SHORTEST_PASSWORD)
    row = {"password_hash": _hasher.hash(password), "changed_at": now}
    db.execute(
        insert(store.credential_table)
        .values(actor_id=actor, **row)
        .on_conflict_do_update(index_elements=["actor_id"], set_=row)
    )
    # A new password ends every open session (OWASP ASVS 5.0, 7.4.3).
    table = store.session_table
    db.execute(sa.delete(table).where(table.c.actor_id == actor))


def sign_in(db: Connection, login: str, password: str, now: datetime) -> str:
    """Open a session for a person and return its token; raises Refusal("sign-in-failed")."""
    actor = actor_by_login(db, login)
    if not password_fits(db, None if actor is None else actor.id, password) or actor is None:
        raise Refusal("sign-in-failed")
    return open_session(db, actor.id, now)


def password_fits(db: Connection, actor: ActorId | None, password: str) -> bool:
    """Whether it is the actor's password; takes as long where there is no actor, or no password."""
    table = store.credential_table
    kept = decoy = _decoy()
    if actor is not None:
        query = sa.select(table.c.password_hash).where(table.c.actor_id == actor)
        kept = db.execute(query).scalar() or decoy
    try:
        _hasher.verify(kept, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return kept is not decoy


def has_password(db: Connection, actor: ActorId) -> bool:
    """Whether somebody set a password for the actor."""
    table = store.credential_table.c
    return db.execute(sa.select(table.actor_id).where(table.actor_id == actor)).first() is not None


def open_session(db: Connection, actor: ActorId, now: datetime) -> str:
    """A new session's token; only its SHA-256 is stored."""
    token = secrets.token_urlsafe(32)
    db.execute(
        sa.insert(store.session_table).values(
            digest=hashlib.sha256(token.encode()).hexdigest(),
            actor_id=actor,
            opened_at=now,
            expires_at=now + SESSION_LENGTH,
        )
    )
    return token


def sign_out(db: Connection, token: str) -> None:
    """End a session; silent if there is none."""
    table = store.session_table
    digest = hashlib.sha256(token.encode()).hexdigest()
    db.execute(sa.delete(table).where(table.c.digest == digest))


def enrol(
    db: Connection,
    engagement: EngagementId,
    actor: Actor,
    side: Side,
    roles: frozenset[Role],
    now: datetime,
) -> Membership:
    """Make an actor a member, or give a member further roles.

    Raises Refusal("roles-not-held") where the actor's own party did not give it those roles.
    """
    held = actor.roles | ({Role.BIDDER} if side is Side.PROVIDER else frozenset())
    lacking = roles - held | roles - FITTING[side]
    if lacking:
        raise Refusal("roles-not-held", roles=sorted(r.value for r in lacking))
    present = membership(db, engagement, actor.id)
    if present is not None:
        present = replace(present, roles=present.roles | roles)
        store.memberships.save(db, present)
        return present
    made = Membership(
        engagement_id=engagement,
        actor_id=actor.id,
        party_id=actor.party_id,
        side=side,
        roles=roles,
        pseudonym="p" + secrets.token_hex(6),
        valid_from=now,
        valid_until=now + FAR,
    )
    current = db.execute(sa.text("select current_setting('outwork.actor', true)")).scalar()
    if current == actor.id:
        # The founder of an engagement sees it from this moment on.
        see(db, actor.id, [*visible_to(db, actor.id), engagement])
    store.memberships.add(db, made)
    return made


def set_period(db: Connection, member: Membership) -> None:
    """Write a membership's dates."""
    store.memberships.save(db, member)


def tick(db: Connection) -> datetime:
    """Note the database's instant, before which no later operation happens; gives it."""
    at: datetime = db.execute(
        sa.text(
            "insert into clock (id, latest) values (true, now())"
            " on conflict (id) do update set latest = greatest(clock.latest, excluded.latest)"
            " returning latest"
        )
    ).scalar_one()
    return at
