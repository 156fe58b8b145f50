"""Tables of parties, actors, sessions and memberships."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from outwork.access.model import Actor, Membership, Party
from outwork.kit.database import Records, instant, json, key, scoped, text, unscoped
from outwork.vocabulary import NotFound


def _missing(kind: str) -> Callable[[str], Exception]:
    return lambda identifier: NotFound(kind, identifier)


party_table = unscoped(
    "party", "an organisation takes part in many engagements",
    key(), text("name"), text("side"),
)  # fmt: skip

actor_table = unscoped(
    "actor", "a person or agent works on many engagements",
    key(), text("kind"), text("name"),
    sa.Column("party_id", sa.ForeignKey("party.id"), nullable=False),
    text("login", unique=True), text("zone"), text("locale"), json("roles"),
    sa.Column("administrator", sa.Boolean, nullable=False),
    text("family"), text("model"), text("version"), text("prompt_digest"),
)  # fmt: skip

credential_table = unscoped(
    "credential", "a person signs in once for all engagements; holds argon2 hashes only",
    sa.Column("actor_id", sa.ForeignKey("actor.id"), primary_key=True),
    text("password_hash"), instant("changed_at"),
)  # fmt: skip

session_table = unscoped(
    "session", "a signed-in browser is not tied to one engagement; digests of tokens only",
    key("digest"),
    sa.Column("actor_id", sa.ForeignKey("actor.id"), nullable=False, index=True),
    instant("opened_at"), instant("expires_at"),
)  # fmt: skip

membership_table = scoped(
    "membership",
    text("actor_id"), text("party_id"), text("side"), json("roles"), text("pseudonym"),
    instant("valid_from"), instant("valid_until"),
    sa.PrimaryKeyConstraint("engagement_id", "actor_id"),
    sa.UniqueConstraint("engagement_id", "pseudonym"),
    sa.Index("ix_membership_actor_id", "actor_id"),
)  # fmt: skip

parties = Records(party_table, Party, _missing("party"))
actors = Records(actor_table, Actor, _missing("actor"))
memberships = Records(membership_table, Membership, _missing("member"))
