"""Tables of parties, actors, sessions and memberships."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from outwork.access.model import Actor, Membership, Party, SigningKey
from outwork.kit.database import Records, function, instant, json, key, scoped, text, unscoped
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

signing_key_table = unscoped(
    "signing_key", "a person signs with one key in all engagements; private halves are sealed",
    key("public"),
    sa.Column("actor_id", sa.ForeignKey("actor.id"), nullable=False, index=True),
    instant("made_at"), instant("retired_at", nullable=True),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("passes", sa.Integer, nullable=False),
    sa.Column("memory_kib", sa.Integer, nullable=False),
    sa.Column("lanes", sa.Integer, nullable=False),
    # Two acts of one person at once make one key.
    sa.Index("ux_signing_key_current", "actor_id", unique=True,
             postgresql_where=sa.text("retired_at is null")),
)  # fmt: skip

step_up_table = unscoped(
    "step_up", "wrong passwords that a person gave when signing, in any engagement",
    sa.Column("actor_id", sa.ForeignKey("actor.id"), primary_key=True),
    sa.Column("failed", sa.Integer, nullable=False), instant("since"),
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

clock_table = unscoped(
    "clock", "one row: the latest instant a job has seen, so that time never goes back",
    sa.Column("id", sa.Boolean, sa.CheckConstraint("id", name="one_row"), primary_key=True),
    instant("latest"),
)  # fmt: skip

# Who acts, and when: sets, for the transaction, whose rows it sees. A person comes with the digest
# of a session's token, a job or a command with an actor's id. The instant is the database's own,
# and never before one that was seen: setting a clock back revives no reservation.
ENTER = function(
    "enter",
    """
create function enter(
  p_actor text, p_session text, p_at timestamptz, p_engagement text,
  out who text, out at timestamptz, out by_agent boolean
) language plpgsql as $$
#variable_conflict use_column
declare
  seen text;
  installation boolean;
begin
  at := coalesce(p_at, greatest(now(), (select c.latest from clock c)));
  if p_session is null then
    select a.id, a.kind = 'agent', a.administrator into who, by_agent, installation
    from actor a where a.id = p_actor;
  else
    select a.id, a.kind = 'agent', a.administrator into who, by_agent, installation
    from session s join actor a on a.id = s.actor_id
    where s.digest = p_session and s.expires_at > at;
  end if;
  if who is null then
    return;
  end if;
  perform set_config('outwork.actor', who, true);
  select string_agg(m.engagement_id, ',') into seen from membership m
  where m.actor_id = who and (p_engagement is null or m.engagement_id = p_engagement);
  if installation and p_engagement is null then
    seen := concat_ws(',', seen, 'installation');
  end if;
  perform set_config('outwork.engagements', '{' || coalesce(seen, '') || '}', true);
end $$
""",
)

parties = Records(party_table, Party, _missing("party"))
actors = Records(actor_table, Actor, _missing("actor"))
signing_keys = Records(signing_key_table, SigningKey)
memberships = Records(membership_table, Membership, _missing("member"))
