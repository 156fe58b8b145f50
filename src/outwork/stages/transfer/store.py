"""Tables of guidelines, control items, bars and certifications."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.kit.database import Records, instant, json, key, scoped, text
from outwork.stages.transfer.model import (
    Bar,
    Certification,
    ControlItem,
    ControlResult,
    Guideline,
    WorkerPause,
)
from outwork.vocabulary import NotFound

guideline_table = scoped(
    "guideline",
    key(), sa.Column("version", sa.Integer, nullable=False), json("clauses"), text("digest"),
    instant("published_at"), sa.UniqueConstraint("engagement_id", "version"),
)  # fmt: skip

control_item_table = scoped(
    "control_item",
    key(), text("service"), text("document_id"),
    sa.Column("known", sa.LargeBinary, nullable=False), text("use"),
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

result_table = scoped(
    "control_result",
    text("assignment_id"), text("question"), text("line_id"), text("control_item_id"),
    text("actor_id"), text("kind"), text("clause"),
    sa.Column("right", sa.Boolean, nullable=False),
    sa.Column("repeated", sa.Boolean, nullable=False), instant("at"),
    sa.PrimaryKeyConstraint("assignment_id", "question"),
    sa.Index("ix_control_result_engagement_id_actor_id", "engagement_id", "actor_id", "at"),
    listed=False,
)  # fmt: skip

pause_table = scoped(
    "worker_pause",
    key(), text("actor_id"), sa.Column("guideline_version", sa.Integer, nullable=False),
    text("cause"), text("kind"), json("clauses"), text("reason"), instant("at"),
    instant("ended_at", nullable=True), text("ended_how"),
    # Asked at every claim: only pauses that last are in it.
    sa.Index("ix_worker_pause_lasting", "engagement_id", "actor_id", unique=True,
             postgresql_where=sa.text("ended_at is null")),
)  # fmt: skip

results = Records(result_table, ControlResult)
pauses = Records(pause_table, WorkerPause)
guidelines = Records(guideline_table, Guideline, lambda i: NotFound("guideline", i))
control_items = Records(control_item_table, ControlItem, lambda i: NotFound("control-item", i))
bars = Records(bar_table, Bar)
certifications = Records(certification_table, Certification)
