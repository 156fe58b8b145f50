"""Tables of deliveries, invoices and proposed changes."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.kit.database import Records, instant, json, key, scoped, text
from outwork.stages.acceptance.model import Delivery, EscapedDefect, Invoice, ProposedChange
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

escape_table = scoped(
    "escaped_defect",
    key(), sa.Column("work_order_id", sa.Text, nullable=False, index=True), text("item_id"),
    text("question"), text("clause"), text("severity"),
    sa.Column("counted", sa.Boolean, nullable=False), text("author"), json("missed_by"),
    sa.Column("content", sa.LargeBinary, nullable=False), text("reported_by"),
    instant("reported_at"), sa.UniqueConstraint("item_id", "question"),
)  # fmt: skip

escapes = Records(escape_table, EscapedDefect)
deliveries = Records(delivery_table, Delivery)
invoices = Records(invoice_table, Invoice)
changes = Records(change_table, ProposedChange, lambda i: NotFound("change", i))
