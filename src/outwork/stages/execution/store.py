"""Tables of items, assignments, submissions, answers, seeds and saved progress."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.kit.database import Records, instant, json, key, scoped, text
from outwork.stages.execution.model import (
    Assignment,
    SeedCommitment,
    StoredAnswer,
    Submission,
    WorkItem,
)
from outwork.vocabulary import NotFound

item_table = scoped(
    "work_item",
    key(), text("work_order_id", nullable=True), text("control_item_id", nullable=True),
    text("service"), text("name"), text("document_id"), text("state"),
    sa.Index("ix_work_item_work_order_id_state", "work_order_id", "state"),
)  # fmt: skip

assignment_table = scoped(
    "assignment",
    key(), sa.Column("item_id", sa.ForeignKey("work_item.id"), nullable=False, index=True),
    text("work_order_id", nullable=True), text("purpose"),
    sa.Column("level", sa.SmallInteger, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("rank", sa.SmallInteger, nullable=False),
    text("state"), instant("opened_at"), text("actor_id", nullable=True),
    text("reserved_for", nullable=True), instant("leased_until", nullable=True),
    text("clause"), text("note"),
    sa.Index(
        "ix_assignment_waiting", "engagement_id", "rank", "id",
        postgresql_where=sa.text("state in ('open', 'live')"),
    ),
)  # fmt: skip

submission_table = scoped(
    "submission",
    key(), sa.Column("item_id", sa.ForeignKey("work_item.id"), nullable=False, index=True),
    # One submission an assignment, whatever is retried.
    sa.Column("assignment_id", sa.ForeignKey("assignment.id"), nullable=False, unique=True),
    text("author_id"), text("family"), text("purpose"), instant("at"),
    sa.Column("seconds", sa.Integer, nullable=False), json("hints"),
)  # fmt: skip

answer_table = scoped(
    "answer",
    key(), sa.Column("submission_id", sa.ForeignKey("submission.id"), nullable=False, index=True),
    text("item_id"), text("question"), text("origin"),
    sa.Column("confidence", sa.Float), sa.Column("seconds", sa.Float, nullable=False),
    text("author_id"), text("revises", nullable=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Index("ix_answer_item_id", "item_id"),
)  # fmt: skip

seed_table = scoped(
    "seed_commitment",
    text("work_order_id"), sa.Column("round", sa.Integer, nullable=False), text("side"),
    text("commitment"), text("nonce"),
    sa.PrimaryKeyConstraint("work_order_id", "round", "side"),
)  # fmt: skip

progress_table = scoped(
    "saved_progress",
    sa.Column("assignment_id", sa.ForeignKey("assignment.id"), primary_key=True),
    text("actor_id"), sa.Column("content", sa.LargeBinary, nullable=False), instant("saved_at"),
)  # fmt: skip

items = Records(item_table, WorkItem, lambda i: NotFound("item", i))
assignments = Records(assignment_table, Assignment, lambda i: NotFound("assignment", i))
submissions = Records(submission_table, Submission, lambda i: NotFound("submission", i))
answers = Records(answer_table, StoredAnswer, lambda i: NotFound("answer", i))
seeds = Records(seed_table, SeedCommitment)

# The best assignment this actor may take, reserved in one statement. What makes one eligible is
# stated once more in model.obstacles; a test holds the two equal.
CLAIM = sa.text("""
    update assignment set state = 'live', actor_id = :actor, leased_until = :until
    where id = (
        select a.id from assignment a
        where a.engagement_id = :engagement
          and (a.state = 'open' or (a.state = 'live' and a.leased_until <= :now))
          and (a.reserved_for is null or a.reserved_for = :actor)
          and a.purpose || '/' || a.level = any(:kinds)
          and (cast(:work_order as text) is null or a.work_order_id = :work_order)
          and not (
            a.purpose in ('inspect', 'review', 'adjudicate')
            and exists (
              select 1 from submission s
              where s.item_id = a.item_id and s.family = :family
                and s.purpose in ('produce', 'overlap', 'control')
            )
          )
        order by a.rank, a.id
        limit 1
        for update skip locked
    )
    returning id
""")
