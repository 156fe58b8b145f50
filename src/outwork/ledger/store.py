"""Tables of the log: events, the openings of their sealed fields, heads and checkpoints."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from outwork.kit.database import Records, function, instant, key, scoped, text
from outwork.ledger.model import Witness
from outwork.ledger.timestamps import Timestamp
from outwork.vocabulary import NotFound

RECORDED, PLACED = "outwork_recorded", "outwork_placed"  # channels of LISTEN and NOTIFY

event_table = scoped(
    "event",
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    # The transaction that wrote it: the integrating job takes only what is settled.
    sa.Column("xid", sa.BigInteger, nullable=False, server_default=sa.text(
        "(pg_current_xact_id()::text)::bigint")),
    text("kind"),
    sa.Column("version", sa.Integer, nullable=False),
    instant("at"),
    text("actor"),
    sa.Column("public", JSONB, nullable=False),
    sa.Column("sealed", JSONB, nullable=False),
    sa.Index("ix_event_engagement_id_xid", "engagement_id", "xid"),
    listed=False,
)  # fmt: skip

# An event's place in the tree is a row of its own, so that no event is ever written twice.
placement_table = scoped(
    "placement",
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("event_id", sa.BigInteger, nullable=False, unique=True),
    sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("engagement_id", "seq"),
    listed=False,
)  # fmt: skip

# Roots of the subtrees of 256 leaves (level 1), of 65,536 (level 2) and so on: with them a proof or
# a tile reads at most 256 hashes a level, however large the tree is.
node_table = scoped(
    "node",
    sa.Column("level", sa.SmallInteger, nullable=False),
    sa.Column("index", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("engagement_id", "level", "index"),
    listed=False,
)  # fmt: skip

disclosure_table = scoped(
    "disclosure",
    # The statement that writes the event writes this too.
    sa.Column("event_id", sa.BigInteger, primary_key=True),
    # Sealed canonical JSON: {field: [salt in hexadecimal, value]}.
    sa.Column("openings", sa.LargeBinary, nullable=False),
    listed=False,
)  # fmt: skip

log_head_table = scoped(
    "log_head",
    sa.Column("size", sa.BigInteger, nullable=False),
    # Roots of the perfect subtrees that make up the tree, largest first, 32 bytes each.
    sa.Column("frontier", sa.LargeBinary, nullable=False),
    # Every event that a transaction before this one wrote has its place.
    sa.Column("horizon", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("engagement_id"),
)  # fmt: skip

checkpoint_table = scoped(
    "checkpoint",
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    text("note"),
    instant("at"),
    sa.PrimaryKeyConstraint("engagement_id", "size"),
)  # fmt: skip

timestamp_table = scoped(
    "timestamp",
    sa.Column("size", sa.BigInteger, nullable=False),
    text("authority"), instant("at"),
    sa.Column("token", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("engagement_id", "size", "authority"),
    listed=False,
)  # fmt: skip

timestamps = Records(timestamp_table, Timestamp)

# What the log of logs was given of a log: its size, the event, and once placed what proves it.
covered_log_table = scoped(
    "covered_log",
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("event_id", sa.BigInteger, nullable=False),
    # The member of the bundle, and how many of the log's own witnesses cosigned what is in it.
    text("proof", nullable=True),
    sa.Column("cosigned", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("engagement_id", "size"),
    listed=False,
)  # fmt: skip

# An instant as it stands in the log: without a fraction where there is none.
INSTANT = function(
    "instant_text",
    """
create function instant_text(p_at timestamptz) returns text language sql stable as $$
  select to_char(p_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS')
    || case when date_trunc('second', p_at) = p_at then ''
            else to_char(p_at at time zone 'utc', '.US') end
    || 'Z'
$$
""",
)

witness_table = scoped(
    "witness",
    key(), text("side"), text("key"), text("url"), text("token_digest"),
    instant("enrolled_at"), instant("retired_at", nullable=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    instant("cosigned_at", nullable=True), instant("tried_at", nullable=True), text("problem"),
)  # fmt: skip

cosignature_table = scoped(
    "cosignature",
    sa.Column("size", sa.BigInteger, nullable=False),
    text("witness_id"),
    # The signature line, which goes under the checkpoint of that size.
    text("line"),
    instant("at"),
    sa.PrimaryKeyConstraint("engagement_id", "size", "witness_id"),
    listed=False,
)  # fmt: skip

witnesses = Records(witness_table, Witness, lambda i: NotFound("witness", i))
