"""Reading actors and memberships; nothing here writes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from outwork.access import store
from outwork.access.model import INSTALLATION, Actor, Membership, Party, Session
from outwork.kit.database import Connection
from outwork.vocabulary import ActorId, EngagementId, NotFound, PartyId, Refusal, Side


def actor(db: Connection, identifier: str) -> Actor:
    """The actor of that id; raises NotFound."""
    return store.actors.get(db, identifier)


def actors(db: Connection, identifiers: Sequence[str]) -> dict[str, Actor]:
    """Several actors by id."""
    found = store.actors.find(db, store.actor_table.c.id.in_(list(identifiers)))
    return {a.id: a for a in found}


def actor_by_login(db: Connection, login: str) -> Actor | None:
    """The actor with that login, or None."""
    return store.actors.one(db, store.actor_table.c.login == login)


def actors_of(db: Connection, party: PartyId) -> list[Actor]:
    """The people and agents of an organisation."""
    return store.actors.find(db, store.actor_table.c.party_id == party)


def party(db: Connection, identifier: str) -> Party:
    """The organisation of that id; raises NotFound."""
    return store.parties.get(db, identifier)


def parties(db: Connection, side: Side | None = None) -> list[Party]:
    """Organisations, of one side if told."""
    return store.parties.find(db, *([store.party_table.c.side == side.value] if side else []))


def membership(db: Connection, engagement: EngagementId, actor: ActorId) -> Membership | None:
    """An actor's membership as far as this transaction may see it."""
    table = store.membership_table.c
    return store.memberships.one(db, table.engagement_id == engagement, table.actor_id == actor)


def memberships_of(db: Connection, actor: ActorId) -> list[Membership]:
    """An actor's own memberships."""
    return store.memberships.find(db, store.membership_table.c.actor_id == actor)


def members(db: Connection, engagement: EngagementId) -> list[Membership]:
    """Everyone in an engagement."""
    return store.memberships.find(db, store.membership_table.c.engagement_id == engagement)


def pseudonyms(db: Connection, engagement: EngagementId) -> dict[str, ActorId]:
    """Which actor stands behind each pseudonym of an engagement."""
    return {m.pseudonym: m.actor_id for m in members(db, engagement)}


def visible_to(db: Connection, actor: ActorId) -> list[EngagementId]:
    """The engagements whose rows this actor's transactions may see.

    Row-level security lets an actor read its own memberships before anything else is visible.
    """
    table = store.membership_table.c
    query = sa.select(table.engagement_id).where(table.actor_id == actor)
    found = [EngagementId(row) for row in db.execute(query).scalars()]
    if store.actors.get(db, actor).administrator:
        found.append(INSTALLATION)
    return found


def session_actor(db: Connection, token: str, now: datetime) -> Actor | None:
    """Whose session this is, if it is open."""
    table = store.session_table.c
    digest = hashlib.sha256(token.encode()).hexdigest()
    query = sa.select(table.actor_id).where(table.digest == digest, table.expires_at > now)
    found = db.execute(query).scalar()
    return None if found is None else store.actors.get(db, found)


def enter(db: Connection, caller: str | Session, at: datetime | None) -> tuple[Actor, datetime]:
    """Say who acts in this transaction, so that its rows exist; gives the actor and the instant.

    A caller is an actor's id or a session. The instant is the database's own unless one is given.
    Raises Refusal("not-signed-in") for a session that is not open, NotFound for an unknown actor.
    """
    by_session = isinstance(caller, Session)
    row = (
        db.execute(
            _ENTER,
            {
                "actor": None if by_session else caller,
                "session": caller.digest if isinstance(caller, Session) else None,
                "at": at,
            },
        )
        .mappings()
        .first()
    )
    if row is None:
        if by_session:
            raise Refusal("not-signed-in")
        raise NotFound("actor", str(caller))
    return store.actors.record(row), row["entered_at"]


_ENTER = sa.text(
    "select a.*, e.at as entered_at"
    " from enter(:actor, :session, cast(:at as timestamptz), null) e join actor a on a.id = e.who"
)
