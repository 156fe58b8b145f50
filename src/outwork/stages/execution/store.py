"""Tables of items, assignments, submissions, answers, seeds and saved progress."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.kit.database import Records, instant, json, key, scoped, text
from outwork.stages.execution.ladder import (
    Comparison,
    Dispute,
    EffortClaim,
    Escalation,
    Review,
    Rework,
)
from outwork.stages.execution.model import (
    Assignment,
    Clock,
    Import,
    Pause,
    RowFault,
    SeedCommitment,
    StoredAnswer,
    Submission,
    WorkItem,
)
from outwork.stages.execution.packet import HandOver
from outwork.stages.execution.preference import Offer, Price, RoutingTerms
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
    sa.Column("level", sa.SmallInteger, nullable=False), text("taker"),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("rank", sa.SmallInteger, nullable=False),
    text("state"), instant("opened_at"), text("actor_id", nullable=True),
    text("reserved_for", nullable=True), instant("leased_until", nullable=True),
    text("clause"), text("note"), text("not_for"),
    # A queue is a work order and who takes from it; a claim reads the head of each.
    sa.Index(
        "ix_assignment_waiting", "work_order_id", "taker", "rank", "id",
        postgresql_where=sa.text("state = 'open' and reserved_for is null"),
    ),
    # Reservations, to be taken by others once they have run out.
    sa.Index(
        "ix_assignment_lapsing", "work_order_id", "taker", "leased_until",
        postgresql_where=sa.text("state = 'live' and reserved_for is null"),
    ),
    sa.Index(
        "ix_assignment_reserved", "reserved_for", "rank", "id",
        postgresql_where=sa.text("state in ('open', 'live') and reserved_for is not null"),
    ),
    sa.Index("ix_assignment_held", "actor_id", postgresql_where=sa.text("state = 'live'")),
    sa.Index(
        "ix_assignment_certifying", "reserved_for",
        postgresql_where=sa.text("purpose = 'certify'"),
    ),
    listed=False,
)  # fmt: skip

submission_table = scoped(
    "submission",
    key(), sa.Column("item_id", sa.Text, nullable=False, index=True),
    # One submission an assignment, whatever is retried. The statement that writes it holds the
    # assignment, so that a foreign key would ask a second time.
    sa.Column("assignment_id", sa.Text, nullable=False, unique=True),
    text("author_id"), text("family"), text("purpose"), instant("at"),
    sa.Column("seconds", sa.Integer, nullable=False), json("hints"),
    listed=False,
)  # fmt: skip

answer_table = scoped(
    "answer",
    key(), sa.Column("submission_id", sa.Text, nullable=False, index=True),
    text("item_id"), text("question"), text("origin"),
    sa.Column("confidence", sa.Float), sa.Column("seconds", sa.Float, nullable=False),
    text("author_id"), text("revises", nullable=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    listed=False,
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
    listed=False,
)  # fmt: skip

pause_table = scoped(
    "clock_pause",
    key(), sa.Column("work_order_id", sa.Text, nullable=False, index=True),
    text("item_id", nullable=True), text("reason"), instant("paused_at"), text("paused_by"),
    instant("resumed_at", nullable=True),
    listed=False,
)  # fmt: skip

clock_table = scoped(
    "turnaround_clock",
    text("work_order_id"), text("calendar"), sa.Column("version", sa.Integer, nullable=False),
    sa.Column("minutes", sa.Integer, nullable=False), instant("started_at"),
    sa.PrimaryKeyConstraint("work_order_id"),
)  # fmt: skip

hand_over_table = scoped(
    "hand_over",
    key(), sa.Column("assignment_id", sa.Text, nullable=False, index=True),
    sa.Column("item_id", sa.Text, nullable=False, index=True), text("given_by"), text("given_to"),
    text("family", nullable=True), instant("at"), instant("due_at", nullable=True), text("state"),
    sa.Column("content", sa.LargeBinary, nullable=False), instant("settled_at", nullable=True),
    sa.Index("ix_hand_over_waiting", "given_to", postgresql_where=sa.text("state = 'waiting'")),
    listed=False,
)  # fmt: skip

import_table = scoped(
    "import",
    key(), sa.Column("work_order_id", sa.Text, nullable=False, index=True),
    text("started_by"), instant("started_at"), text("name"), text("format"),
    sa.Column("size", sa.BigInteger, nullable=False), text("digest"), text("state"),
    sa.Column("parts", sa.Integer, nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False),
    json("columns"), text("delimiter"),
    sa.Column("read", sa.BigInteger, nullable=False),
    sa.Column("lines", sa.Integer, nullable=False),
    sa.Column("chunks", sa.Integer, nullable=False),
    sa.Column("admitted", sa.Integer, nullable=False),
    sa.Column("refused", sa.Integer, nullable=False),
    sa.Index("ix_import_under_way", "state", postgresql_where=sa.text("state = 'admitting'")),
)  # fmt: skip

# What came of a part: number, place in the file, SHA-256 of it.
part_table = scoped(
    "import_part",
    text("import_id"), sa.Column("number", sa.Integer, nullable=False),
    sa.Column("size", sa.Integer, nullable=False), text("digest"),
    sa.PrimaryKeyConstraint("import_id", "number"),
    listed=False,
)  # fmt: skip

# What parts hold, in sealed pieces small enough that a chunk of rows reads little more than itself.
piece_table = scoped(
    "import_piece",
    text("import_id"), sa.Column("start", sa.BigInteger, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("import_id", "start"),
    listed=False,
)  # fmt: skip

# Rows are taken in by chunks; items of a chunk have ids that follow each other from `first`.
chunk_table = scoped(
    "import_chunk",
    text("import_id"), sa.Column("number", sa.Integer, nullable=False),
    text("first", unique=True), sa.Column("items", sa.Integer, nullable=False),
    # 32 bytes a row, in order: what the leaves of the chunk's tree bind to.
    sa.Column("commitments", sa.LargeBinary, nullable=False),
    # 8 bytes a row: a keyed hash of what it says, for a row is taken in once a work order. Here
    # they are written in order; an index of them would be written all over.
    sa.Column("marks", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("import_id", "number"),
    listed=False,
)  # fmt: skip

fault_table = scoped(
    "row_fault",
    text("import_id"), sa.Column("line", sa.Integer, nullable=False), text("code"), text("place"),
    sa.PrimaryKeyConstraint("import_id", "line"),
    listed=False,
)  # fmt: skip

routing_table = scoped(
    "routing",
    sa.Column("quality", sa.Numeric, nullable=False),
    sa.Column("lateness", sa.Numeric, nullable=False),
    sa.Column("continuity", sa.Numeric, nullable=False),
    sa.Column("hours", sa.Integer, nullable=False),
    sa.Column("minutes", sa.Integer, nullable=False),
    text("set_by"), instant("set_at"), sa.PrimaryKeyConstraint("engagement_id"),
    listed=False,
)  # fmt: skip

# Sealed: what an hour costs the provider is nothing for the client.
cost_table = scoped(
    "hour_cost",
    text("actor_id"), sa.Column("amount", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("engagement_id", "actor_id"),
    listed=False,
)  # fmt: skip

# Who an item was kept for; an item is offered once.
offer_table = scoped(
    "offer",
    sa.Column("assignment_id", sa.Text, primary_key=True), text("actor_id"),
    instant("offered_at"), instant("until"),
    sa.Index("ix_offer_until", "engagement_id", "until"),
    listed=False,
)  # fmt: skip

price_table = scoped(
    "routing_price",
    text("actor_id"), sa.Column("price", sa.Float, nullable=False),
    sa.Column("used", sa.Integer, nullable=False),
    sa.Column("capacity", sa.Integer, nullable=False),
    instant("since"),
    sa.PrimaryKeyConstraint("engagement_id", "actor_id"),
    listed=False,
)  # fmt: skip

routing = Records(routing_table, RoutingTerms)
offers = Records(offer_table, Offer)
prices = Records(price_table, Price)
# One decision an assignment of the ladder; the note is sealed.
review_table = scoped(
    "review",
    key("assignment_id"), text("work_order_id"), text("item_id"),
    sa.Column("level", sa.SmallInteger, nullable=False), text("verdict"), text("reviewer"),
    json("questions"), text("clause"), sa.Column("note", sa.LargeBinary, nullable=False),
    sa.Column("seconds", sa.Integer, nullable=False), instant("at"),
    sa.Index("ix_review_item_id", "item_id"), sa.Index("ix_review_reviewer", "reviewer"),
)  # fmt: skip

rework_table = scoped(
    "rework",
    key("assignment_id"), text("work_order_id"), text("item_id"), text("cause"),
    text("question"), text("clause"), sa.Column("level", sa.SmallInteger, nullable=False),
    text("ordered_by"), instant("ordered_at"),
    sa.Index("ix_rework_item_id", "item_id"),
)  # fmt: skip

reviews = Records(review_table, Review)
reworks = Records(rework_table, Rework, lambda i: NotFound("rework", i))
dispute_table = scoped(
    "dispute",
    key(), text("work_order_id"), text("item_id"), text("assignment_id", unique=True),
    text("rescore_id", unique=True), text("cause"), text("question"), text("clause"),
    sa.Column("level", sa.SmallInteger, nullable=False), text("against"), text("raised_by"),
    instant("raised_at"), sa.Column("reason", sa.LargeBinary, nullable=False), text("state"),
    text("decided_by", nullable=True), instant("decided_at", nullable=True),
    sa.Column("seconds", sa.Integer, nullable=False),
)  # fmt: skip

escalation_table = scoped(
    "escalation",
    key(), text("work_order_id"), text("item_id"), text("assignment_id"), text("pause_id"),
    text("question"), text("clause"), sa.Column("text", sa.LargeBinary, nullable=False),
    text("asked_by"), instant("asked_at"), text("state"),
    sa.Column("answer", sa.LargeBinary, nullable=False),
    text("closed_by", nullable=True), instant("closed_at", nullable=True),
)  # fmt: skip

effort_table = scoped(
    "effort_claim",
    key("assignment_id"), text("author"), sa.Column("measured", sa.Integer, nullable=False),
    sa.Column("claimed", sa.Integer, nullable=False),
    sa.Column("reason", sa.LargeBinary, nullable=False), instant("at"),
    sa.Column("accepted", sa.Boolean), text("decided_by", nullable=True),
    instant("decided_at", nullable=True),
)  # fmt: skip

# An item answered twice, neither knowing of the other: where the two differ, and what was decided.
comparison_table = scoped(
    "comparison",
    key("item_id"), text("work_order_id"), text("first_id"), text("second_id"), json("asked"),
    json("differing"), instant("compared_at"),
    sa.Column("adjudication_id", sa.Text, nullable=True, unique=True),
    json("chosen"), json("clauses"), sa.Column("reasons", sa.LargeBinary, nullable=False),
    text("decided_by", nullable=True), instant("decided_at", nullable=True),
)  # fmt: skip

comparisons = Records(comparison_table, Comparison)
disputes = Records(dispute_table, Dispute, lambda i: NotFound("dispute", i))
escalations = Records(escalation_table, Escalation, lambda i: NotFound("escalation", i))
efforts = Records(effort_table, EffortClaim)
imports = Records(import_table, Import, lambda i: NotFound("import", i))
hand_overs = Records(hand_over_table, HandOver, lambda i: NotFound("hand-over", i))
clocks = Records(clock_table, Clock)
pauses = Records(pause_table, Pause, lambda i: NotFound("pause", i))
faults = Records(fault_table, RowFault)
items = Records(item_table, WorkItem, lambda i: NotFound("item", i))
assignments = Records(assignment_table, Assignment, lambda i: NotFound("assignment", i))
submissions = Records(submission_table, Submission, lambda i: NotFound("submission", i))
answers = Records(answer_table, StoredAnswer, lambda i: NotFound("answer", i))
seeds = Records(seed_table, SeedCommitment)
