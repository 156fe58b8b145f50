"""Tables of deliveries, invoices and proposed changes."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.kit.database import Records, instant, json, key, scoped, text
from outwork.stages.acceptance.model import Delivery, Invoice, ProposedChange
from outwork.vocabulary import NotFound

delivery_table = scoped(
    "delivery",
    text("work_order_id"), sa.Column("round", sa.Integer, nullable=False), json("files"),
    sa.Column("items", sa.Integer, nullable=False), text("certificate_digest"), text("digest"),
    text("state"), text("delivered_by"), instant("delivered_at"),
    sa.PrimaryKeyConstraint("work_order_id", "round"),
)  # fmt: skip

invoice_table = scoped(
    "invoice",
    key(), text("work_order_id", unique=True), text("number"), json("lines"), json("total"),
    instant("issued_at"), instant("due_at"),
)  # fmt: skip

change_table = scoped(
    "proposed_change",
    key(), text("clause"), text("text"), text("because"), text("proposed_by"),
    instant("proposed_at"), sa.Column("accepted", sa.Boolean),
)  # fmt: skip

deliveries = Records(delivery_table, Delivery)
invoices = Records(invoice_table, Invoice)
changes = Records(change_table, ProposedChange, lambda i: NotFound("change", i))
