"""Tables of agreements, engagements, work orders, signatures and waivers."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.agreements.model import (
    BoundKey,
    Engagement,
    MasterAgreement,
    Signature,
    Waiver,
    WorkOrder,
)
from outwork.kit.database import Records, instant, json, key, metadata, scoped, text, unscoped
from outwork.vocabulary import NotFound

agreement_table = unscoped(
    "master_agreement", "stands above the engagements called off under it",
    key(), text("client_id"), text("provider_id"), instant("concluded_at"), json("terms"),
)  # fmt: skip

# An engagement is the scope itself: its policy tests id, not engagement_id.
engagement_table = sa.Table(
    "engagement", metadata,
    key(), text("title"), text("brief"), text("client_id"), text("currency"), text("shape"),
    text("stage"), instant("opened_at"), text("provider_id", nullable=True),
    text("agreement_id", nullable=True), json("terms"),
    info={"scope": "engagement", "column": "id"},
)  # fmt: skip

directory_table = unscoped(
    "engagement_directory", "jobs must find engagements before any is visible; holds ids only",
    key(), instant("opened_at"),
)  # fmt: skip

work_order_table = scoped(
    "work_order",
    key(), text("line_id"), text("title"), text("shape"), text("stage"), text("phase"),
    sa.Column("round", sa.Integer, nullable=False),
    instant("opened_at"), instant("due_at", nullable=True), json("terms"),
)  # fmt: skip

signature_table = scoped(
    "signature",
    key(), text("actor_id"), text("side"), text("name"), text("meaning"), text("digest"),
    instant("at"), text("key"), text("signature"),
)  # fmt: skip

bound_key_table = scoped(
    "bound_key",
    text("actor_id"), text("key"), sa.PrimaryKeyConstraint("engagement_id", "actor_id"),
)  # fmt: skip

waiver_table = scoped(
    "waiver",
    key(), text("gate"), json("codes"), text("reason"), text("risk_owner"), text("requested_by"),
    text("side"), instant("expires_at"), text("digest"), text("countersigned_by", nullable=True),
)  # fmt: skip

agreements = Records(agreement_table, MasterAgreement, lambda i: NotFound("agreement", i))
engagements = Records(engagement_table, Engagement, lambda i: NotFound("engagement", i))
work_orders = Records(work_order_table, WorkOrder, lambda i: NotFound("work-order", i))
signatures = Records(signature_table, Signature)
bound_keys = Records(bound_key_table, BoundKey)
waivers = Records(waiver_table, Waiver, lambda i: NotFound("waiver", i))
