"""Tables of guidelines, control items, bars and certifications."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.kit.database import Records, instant, json, key, scoped, text
from outwork.stages.transfer.model import Bar, Certification, ControlItem, Guideline
from outwork.vocabulary import NotFound

guideline_table = scoped(
    "guideline",
    key(), sa.Column("version", sa.Integer, nullable=False), json("clauses"), text("digest"),
    instant("published_at"), sa.UniqueConstraint("engagement_id", "version"),
)  # fmt: skip

control_item_table = scoped(
    "control_item",
    key(), text("service"), text("document_id"),
    sa.Column("known", sa.LargeBinary, nullable=False),
)  # fmt: skip

bar_table = scoped(
    "certification_bar",
    sa.Column("people", sa.Numeric, nullable=False),
    sa.Column("agents", sa.Numeric, nullable=False),
    sa.Column("confidence", sa.Numeric, nullable=False),
    sa.Column("control_items", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("engagement_id"),
)  # fmt: skip

certification_table = scoped(
    "certification",
    key(), text("actor_id"), sa.Column("guideline_version", sa.Integer, nullable=False),
    sa.Column("right", sa.Integer, nullable=False), sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("lower", sa.Numeric, nullable=False), sa.Column("bar", sa.Numeric, nullable=False),
    sa.Column("passed", sa.Boolean, nullable=False), instant("at"),
    sa.Index("ix_certification_engagement_id_actor_id", "engagement_id", "actor_id", "id"),
    listed=False,
)  # fmt: skip

guidelines = Records(guideline_table, Guideline, lambda i: NotFound("guideline", i))
control_items = Records(control_item_table, ControlItem, lambda i: NotFound("control-item", i))
bars = Records(bar_table, Bar)
certifications = Records(certification_table, Certification)
