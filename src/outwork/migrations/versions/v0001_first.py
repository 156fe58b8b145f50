"""Every table of the first release, row-level security, the application's rights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

# Table -> the column that holds the engagement.
SCOPED = {
    "absence": "engagement_id",
    "agreed_hours": "engagement_id",
    "answer": "engagement_id",
    "award": "engagement_id",
    "bound_key": "engagement_id",
    "calendar": "engagement_id",
    "calibration": "engagement_id",
    "certificate": "engagement_id",
    "certification": "engagement_id",
    "certification_bar": "engagement_id",
    "checkpoint": "engagement_id",
    "clock_pause": "engagement_id",
    "comparison": "engagement_id",
    "control_item": "engagement_id",
    "control_plan": "engagement_id",
    "control_result": "engagement_id",
    "corrective_action": "engagement_id",
    "cosignature": "engagement_id",
    "covered_log": "engagement_id",
    "defect": "engagement_id",
    "delivery": "engagement_id",
    "disclosure": "engagement_id",
    "dispute": "engagement_id",
    "document": "engagement_id",
    "document_content": "engagement_id",
    "document_share": "engagement_id",
    "duty": "engagement_id",
    "effort_claim": "engagement_id",
    "engagement": "id",
    "escalation": "engagement_id",
    "escaped_defect": "engagement_id",
    "event": "engagement_id",
    "guideline": "engagement_id",
    "hand_over": "engagement_id",
    "hour_cost": "engagement_id",
    "import": "engagement_id",
    "import_chunk": "engagement_id",
    "import_part": "engagement_id",
    "import_piece": "engagement_id",
    "inspection": "engagement_id",
    "inspector_check": "engagement_id",
    "invoice": "engagement_id",
    "line": "engagement_id",
    "log_head": "engagement_id",
    "membership": "engagement_id",
    "need": "engagement_id",
    "node": "engagement_id",
    "offer": "engagement_id",
    "outbox": "engagement_id",
    "placement": "engagement_id",
    "proposal": "engagement_id",
    "proposed_change": "engagement_id",
    "quality_plan": "engagement_id",
    "rate": "engagement_id",
    "reinspection": "engagement_id",
    "review": "engagement_id",
    "review_plan": "engagement_id",
    "rework": "engagement_id",
    "routing": "engagement_id",
    "routing_price": "engagement_id",
    "row_fault": "engagement_id",
    "sample": "engagement_id",
    "score": "engagement_id",
    "seed_commitment": "engagement_id",
    "selection_criteria": "engagement_id",
    "settlement": "engagement_id",
    "signature": "engagement_id",
    "spell": "engagement_id",
    "submission": "engagement_id",
    "timestamp": "engagement_id",
    "turnaround_clock": "engagement_id",
    "verdict": "engagement_id",
    "waiver": "engagement_id",
    "witness": "engagement_id",
    "work_calendar": "engagement_id",
    "work_item": "engagement_id",
    "work_order": "engagement_id",
    "worker_pause": "engagement_id",
    "assignment": "engagement_id",
    "saved_progress": "engagement_id",
}

# What has been written stays: the application may add rows, and change these columns only.
APPEND_ONLY: dict[str, list[str]] = {
    "event": [],
    "placement": [],
    "node": [],
    "disclosure": [],
    "checkpoint": [],
    "cosignature": [],
    "timestamp": [],
    "signature": [],
    "submission": [],
    "answer": [],
    "inspection": [],
    "defect": [],
    "verdict": [],
    "certificate": [],
    "invoice": [],
}

VISIBLE = (
    "any ((select coalesce(nullif(current_setting('outwork.engagements', true), ''),"
    " '{}'))::text[])"
)
ACTING = "string_to_array(current_setting('outwork.actor', true), ',')"


def upgrade() -> None:
    """Create everything."""
    _create()
    for table, column in SCOPED.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        seen = f"{column} = {VISIBLE}"
        if table == "membership":
            # An actor finds its own memberships before any engagement is visible.
            own = f"actor_id in (select unnest({ACTING}))"
            op.execute(f"create policy own on membership for select using ({own})")
        op.execute(f"create policy scope on {table} using ({seen}) with check ({seen})")
    op.execute("grant usage on schema public to outwork_app")
    op.execute("grant select, insert, update, delete on all tables in schema public to outwork_app")
    op.execute("grant usage on all sequences in schema public to outwork_app")
    for table, columns in APPEND_ONLY.items():
        op.execute(f"revoke update, delete on {table} from outwork_app")
        if columns:
            op.execute(f"grant update ({', '.join(columns)}) on {table} to outwork_app")
    op.execute("revoke insert, update, delete on alembic_version from outwork_app")
    for body in FUNCTIONS:
        op.get_bind().exec_driver_sql(body)


def downgrade() -> None:
    """Not offered: a first version is undone by removing the database."""
    raise RuntimeError("the first version cannot be undone")


def _create() -> None:
    op.create_table(
        "absence",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "actor_id", "starts", name=op.f("pk_absence")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "agreed_hours",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_agreed_hours")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_agreed_hours_engagement_id"), "agreed_hours", ["engagement_id"], unique=False
    )
    op.create_table(
        "answer",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("revises", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_answer_submission_id"), "answer", ["submission_id"], unique=False)
    op.create_table(
        "award",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("awarded_by", sa.Text(), nullable=False),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prices", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("engagement_id", name=op.f("pk_award")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_award_engagement_id"), "award", ["engagement_id"], unique=False)
    op.create_table(
        "bound_key",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "actor_id", name=op.f("pk_bound_key")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_bound_key_engagement_id"), "bound_key", ["engagement_id"], unique=False
    )
    op.create_table(
        "calendar",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("shifts", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("subdivision", sa.Text(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("closed", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "name", "version", name=op.f("pk_calendar")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "calibration",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("items", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("raters", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("guideline_version", sa.Integer(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("groups", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("results", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_calibration_engagement_id"), "calibration", ["engagement_id"], unique=False
    )
    op.create_table(
        "certificate",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("figures", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("work_order_id", "round", name=op.f("pk_certificate")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_certificate_engagement_id"), "certificate", ["engagement_id"], unique=False
    )
    op.create_table(
        "certification",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("guideline_version", sa.Integer(), nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("lower", sa.Numeric(), nullable=False),
        sa.Column("bar", sa.Numeric(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification")),
        info={"scope": "engagement"},
    )
    op.create_index(
        "ix_certification_engagement_id_actor_id",
        "certification",
        ["engagement_id", "actor_id", "id"],
        unique=False,
    )
    op.create_table(
        "certification_bar",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("people", sa.Numeric(), nullable=False),
        sa.Column("agents", sa.Numeric(), nullable=False),
        sa.Column("confidence", sa.Numeric(), nullable=False),
        sa.Column("control_items", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", name=op.f("pk_certification_bar")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_certification_bar_engagement_id"),
        "certification_bar",
        ["engagement_id"],
        unique=False,
    )
    op.create_table(
        "checkpoint",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "size", name=op.f("pk_checkpoint")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_checkpoint_engagement_id"), "checkpoint", ["engagement_id"], unique=False
    )
    op.create_table(
        "clock",
        sa.Column("id", sa.Boolean(), nullable=False),
        sa.Column("latest", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
        info={
            "scope": "global",
            "reason": "one row: the latest instant a job has seen, so that time never goes back",
        },
    )
    op.create_table(
        "clock_pause",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_pause")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_clock_pause_work_order_id"), "clock_pause", ["work_order_id"], unique=False
    )
    op.create_table(
        "comparison",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("first_id", sa.Text(), nullable=False),
        sa.Column("second_id", sa.Text(), nullable=False),
        sa.Column("asked", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("differing", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adjudication_id", sa.Text(), nullable=True),
        sa.Column("chosen", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("clauses", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_comparison")),
        sa.UniqueConstraint("adjudication_id", name=op.f("uq_comparison_adjudication_id")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_comparison_engagement_id"), "comparison", ["engagement_id"], unique=False
    )
    op.create_table(
        "control_item",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("known", sa.LargeBinary(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_item")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_control_item_engagement_id"), "control_item", ["engagement_id"], unique=False
    )
    op.create_table(
        "control_plan",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("control_share", sa.Numeric(), nullable=False),
        sa.Column("overlap_share", sa.Numeric(), nullable=False),
        sa.Column("good", sa.Numeric(), nullable=False),
        sa.Column("bad", sa.Numeric(), nullable=False),
        sa.Column("false_after", sa.Numeric(), nullable=False),
        sa.Column("found_after", sa.Numeric(), nullable=False),
        sa.Column("up", sa.Integer(), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=False),
        sa.Column("feedback", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_control_plan")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_control_plan_engagement_id"), "control_plan", ["engagement_id"], unique=False
    )
    op.create_table(
        "control_result",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("control_item_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("repeated", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("assignment_id", "question", name=op.f("pk_control_result")),
        info={"scope": "engagement"},
    )
    op.create_index(
        "ix_control_result_engagement_id_actor_id",
        "control_result",
        ["engagement_id", "actor_id", "at"],
        unique=False,
    )
    op.create_table(
        "corrective_action",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("whys", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("detection", sa.Integer(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("implemented_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrective_action")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_corrective_action_engagement_id"),
        "corrective_action",
        ["engagement_id"],
        unique=False,
    )
    op.create_table(
        "cosignature",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("witness_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "size", "witness_id", name=op.f("pk_cosignature")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "covered_log",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("cosigned", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "size", name=op.f("pk_covered_log")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "defect",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("in_sample", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_defect")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_defect_engagement_id"), "defect", ["engagement_id"], unique=False)
    op.create_index("ix_defect_work_order_id", "defect", ["work_order_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("files", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("certificate_digest", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("delivered_by", sa.Text(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("work_order_id", "round", name=op.f("pk_delivery")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_delivery_engagement_id"), "delivery", ["engagement_id"], unique=False)
    op.create_table(
        "disclosure",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("openings", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_disclosure")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "dispute",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("rescore_id", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("against", sa.Text(), nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_dispute_assignment_id")),
        sa.UniqueConstraint("rescore_id", name=op.f("uq_dispute_rescore_id")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_dispute_engagement_id"), "dispute", ["engagement_id"], unique=False)
    op.create_table(
        "document",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("text_digest", sa.Text(), nullable=False),
        sa.Column("extractor", sa.Text(), nullable=False),
        sa.Column("extractor_version", sa.Text(), nullable=False),
        sa.Column("pages", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("audience", sa.Text(), server_default="need-to-know", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_document_engagement_id"), "document", ["engagement_id"], unique=False)
    op.create_table(
        "document_content",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_bytes", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_content")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "document_share",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("shared_by", sa.Text(), nullable=False),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("document_id", "actor_id", name=op.f("pk_document_share")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_document_share_engagement_id"), "document_share", ["engagement_id"], unique=False
    )
    op.create_table(
        "duty",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=True),
        sa.Column("at_most", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("engagement_id", "actor_id", name=op.f("pk_duty")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "effort_claim",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("measured", sa.Integer(), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_effort_claim")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_effort_claim_engagement_id"), "effort_claim", ["engagement_id"], unique=False
    )
    op.create_table(
        "engagement",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("brief", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("agreement_id", sa.Text(), nullable=True),
        sa.Column("terms", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement")),
        info={"scope": "engagement", "column": "id"},
    )
    op.create_table(
        "engagement_directory",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_directory")),
        info={
            "scope": "global",
            "reason": "jobs must find engagements before any is visible; holds ids only",
        },
    )
    op.create_table(
        "escalation",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("pause_id", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_escalation_engagement_id"), "escalation", ["engagement_id"], unique=False
    )
    op.create_table(
        "escaped_defect",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("missed_by", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escaped_defect")),
        sa.UniqueConstraint("item_id", "question", name=op.f("uq_escaped_defect_item_id_question")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_escaped_defect_engagement_id"), "escaped_defect", ["engagement_id"], unique=False
    )
    op.create_index(
        op.f("ix_escaped_defect_work_order_id"), "escaped_defect", ["work_order_id"], unique=False
    )
    op.create_table(
        "event",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("public", postgresql.JSONB(), nullable=False),
        sa.Column("sealed", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        info={"scope": "engagement"},
    )
    op.create_index("ix_event_engagement_id_xid", "event", ["engagement_id", "xid"], unique=False)
    op.create_table(
        "guideline",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("clauses", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guideline")),
        sa.UniqueConstraint(
            "engagement_id", "version", name=op.f("uq_guideline_engagement_id_version")
        ),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_guideline_engagement_id"), "guideline", ["engagement_id"], unique=False
    )
    op.create_table(
        "hand_over",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_to", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_hand_over_assignment_id"), "hand_over", ["assignment_id"], unique=False
    )
    op.create_index(op.f("ix_hand_over_item_id"), "hand_over", ["item_id"], unique=False)
    op.create_index(
        "ix_hand_over_waiting",
        "hand_over",
        ["given_to"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "hour_cost",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "actor_id", name=op.f("pk_hour_cost")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "import",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("columns", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("delimiter", sa.Text(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("admitted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_import_engagement_id"), "import", ["engagement_id"], unique=False)
    op.create_index(
        "ix_import_under_way",
        "import",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state = 'admitting'"),
    )
    op.create_index(op.f("ix_import_work_order_id"), "import", ["work_order_id"], unique=False)
    op.create_table(
        "import_chunk",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("commitments", sa.LargeBinary(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_chunk")),
        sa.UniqueConstraint("first", name=op.f("uq_import_chunk_first")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "import_part",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_part")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "import_piece",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "start", name=op.f("pk_import_piece")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "inspection",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("inspector", sa.Text(), nullable=False),
        sa.Column("in_sample", sa.Boolean(), nullable=False),
        sa.Column("clean", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_inspection")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_inspection_engagement_id"), "inspection", ["engagement_id"], unique=False
    )
    op.create_index("ix_inspection_work_order_id", "inspection", ["work_order_id"], unique=False)
    op.create_table(
        "inspector_check",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("inspector", sa.Text(), nullable=False),
        sa.Column("seeded", sa.Integer(), nullable=False),
        sa.Column("caught", sa.Integer(), nullable=False),
        sa.Column("clean", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "inspector", name=op.f("pk_inspector_check")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_inspector_check_engagement_id"), "inspector_check", ["engagement_id"], unique=False
    )
    op.create_table(
        "invoice",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("total", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("work_order_id", name=op.f("uq_invoice_work_order_id")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_invoice_engagement_id"), "invoice", ["engagement_id"], unique=False)
    op.create_table(
        "line",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("volume", sa.Integer(), nullable=False),
        sa.Column("turnaround_days", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("defects", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("sampling", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("confidentiality", sa.Text(), nullable=False),
        sa.Column("price", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("baseline", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_line_engagement_id"), "line", ["engagement_id"], unique=False)
    op.create_table(
        "log_head",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", name=op.f("pk_log_head")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_log_head_engagement_id"), "log_head", ["engagement_id"], unique=False)
    op.create_table(
        "master_agreement",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terms", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_agreement")),
        info={"scope": "global", "reason": "stands above the engagements called off under it"},
    )
    op.create_table(
        "membership",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "actor_id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "engagement_id", "pseudonym", name=op.f("uq_membership_engagement_id_pseudonym")
        ),
        info={"scope": "engagement"},
    )
    op.create_index("ix_membership_actor_id", "membership", ["actor_id"], unique=False)
    op.create_index(
        op.f("ix_membership_engagement_id"), "membership", ["engagement_id"], unique=False
    )
    op.create_table(
        "need",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("clearance", sa.Integer(), nullable=False),
        sa.Column("credentials", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("adverse", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_need")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_need_engagement_id"), "need", ["engagement_id"], unique=False)
    op.create_table(
        "node",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "level", "index", name=op.f("pk_node")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "offer",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_offer")),
        info={"scope": "engagement"},
    )
    op.create_index("ix_offer_until", "offer", ["engagement_id", "until"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_outbox_engagement_id"), "outbox", ["engagement_id"], unique=False)
    op.create_index(
        "ix_outbox_on_its_way",
        "outbox",
        ["kind", "subject"],
        unique=True,
        postgresql_where=sa.text("state in ('waiting', 'started')"),
    )
    op.create_index("ix_outbox_subject", "outbox", ["subject", "id"], unique=False)
    op.create_table(
        "party",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        info={"scope": "global", "reason": "an organisation takes part in many engagements"},
    )
    op.create_table(
        "placement",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "seq", name=op.f("pk_placement")),
        sa.UniqueConstraint("event_id", name=op.f("uq_placement_event_id")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "proposal",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prices", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("turnaround_days", sa.Integer(), nullable=False),
        sa.Column("approach", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint(
            "engagement_id", "party_id", name=op.f("uq_proposal_engagement_id_party_id")
        ),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_proposal_engagement_id"), "proposal", ["engagement_id"], unique=False)
    op.create_table(
        "proposed_change",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposed_change")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_proposed_change_engagement_id"), "proposed_change", ["engagement_id"], unique=False
    )
    op.create_table(
        "quality_plan",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("lot", sa.Integer(), nullable=False),
        sa.Column("sample_size", sa.Integer(), nullable=False),
        sa.Column("acceptance_number", sa.Integer(), nullable=False),
        sa.Column("consumer_risk", sa.Numeric(), nullable=False),
        sa.Column("producer_risk", sa.Numeric(), nullable=False),
        sa.Column("classes", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_quality_plan")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_quality_plan_engagement_id"), "quality_plan", ["engagement_id"], unique=False
    )
    op.create_table(
        "rate",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("price", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_rate")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_rate_engagement_id"), "rate", ["engagement_id"], unique=False)
    op.create_table(
        "reinspection",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("first_id", sa.Text(), nullable=False),
        sa.Column("inspector", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_reinspection")),
        sa.UniqueConstraint("first_id", name=op.f("uq_reinspection_first_id")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_reinspection_engagement_id"), "reinspection", ["engagement_id"], unique=False
    )
    op.create_table(
        "review",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("questions", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_review")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_review_engagement_id"), "review", ["engagement_id"], unique=False)
    op.create_index("ix_review_item_id", "review", ["item_id"], unique=False)
    op.create_index("ix_review_reviewer", "review", ["reviewer"], unique=False)
    op.create_table(
        "review_plan",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("shares", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_review_plan")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_review_plan_engagement_id"), "review_plan", ["engagement_id"], unique=False
    )
    op.create_table(
        "rework",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_rework")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_rework_engagement_id"), "rework", ["engagement_id"], unique=False)
    op.create_index("ix_rework_item_id", "rework", ["item_id"], unique=False)
    op.create_table(
        "routing",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("quality", sa.Numeric(), nullable=False),
        sa.Column("lateness", sa.Numeric(), nullable=False),
        sa.Column("continuity", sa.Numeric(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", name=op.f("pk_routing")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "routing_price",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("price", sa.Float(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "actor_id", name=op.f("pk_routing_price")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "row_fault",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_row_fault")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "sample",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("lot", sa.Integer(), nullable=False),
        sa.Column("sample_size", sa.Integer(), nullable=False),
        sa.Column("acceptance_number", sa.Integer(), nullable=False),
        sa.Column("consumer_risk", sa.Numeric(), nullable=False),
        sa.Column("producer_risk", sa.Numeric(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("closing_size", sa.BigInteger(), nullable=False),
        sa.Column("units", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("inspectors", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("classes", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("work_order_id", "round", name=op.f("pk_sample")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_sample_engagement_id"), "sample", ["engagement_id"], unique=False)
    op.create_table(
        "score",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("scorer", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", "criterion", "scorer", name=op.f("pk_score")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_score_engagement_id"), "score", ["engagement_id"], unique=False)
    op.create_table(
        "seed_commitment",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("work_order_id", "round", "side", name=op.f("pk_seed_commitment")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_seed_commitment_engagement_id"), "seed_commitment", ["engagement_id"], unique=False
    )
    op.create_table(
        "selection_criteria",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("criteria", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", name=op.f("pk_selection_criteria")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_selection_criteria_engagement_id"),
        "selection_criteria",
        ["engagement_id"],
        unique=False,
    )
    op.create_table(
        "settlement",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("calibration_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("stands", sa.Integer(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("guideline_version", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "question", name=op.f("pk_settlement")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_settlement_engagement_id"), "settlement", ["engagement_id"], unique=False
    )
    op.create_table(
        "signature",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_signature_engagement_id"), "signature", ["engagement_id"], unique=False
    )
    op.create_table(
        "spell",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "calendar", "starts", name=op.f("pk_spell")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "submission",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("hints", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_submission_assignment_id")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_submission_item_id"), "submission", ["item_id"], unique=False)
    op.create_table(
        "timestamp",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "size", "authority", name=op.f("pk_timestamp")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "turnaround_clock",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("work_order_id", name=op.f("pk_turnaround_clock")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_turnaround_clock_engagement_id"),
        "turnaround_clock",
        ["engagement_id"],
        unique=False,
    )
    op.create_table(
        "verdict",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("defective", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("classes", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("work_order_id", "round", name=op.f("pk_verdict")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_verdict_engagement_id"), "verdict", ["engagement_id"], unique=False)
    op.create_table(
        "waiver",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("codes", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("risk_owner", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("countersigned_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_waiver_engagement_id"), "waiver", ["engagement_id"], unique=False)
    op.create_table(
        "witness",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("cosigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_witness")),
        info={"scope": "engagement"},
    )
    op.create_index(op.f("ix_witness_engagement_id"), "witness", ["engagement_id"], unique=False)
    op.create_table(
        "work_calendar",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("weekdays", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("engagement_id", "actor_id", name=op.f("pk_work_calendar")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_work_calendar_engagement_id"), "work_calendar", ["engagement_id"], unique=False
    )
    op.create_table(
        "work_item",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=True),
        sa.Column("control_item_id", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_work_item_engagement_id"), "work_item", ["engagement_id"], unique=False
    )
    op.create_index(
        "ix_work_item_work_order_id_state", "work_item", ["work_order_id", "state"], unique=False
    )
    op.create_table(
        "work_order",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terms", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_work_order_engagement_id"), "work_order", ["engagement_id"], unique=False
    )
    op.create_table(
        "worker_pause",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("guideline_version", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("clauses", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_how", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker_pause")),
        info={"scope": "engagement"},
    )
    op.create_index(
        op.f("ix_worker_pause_engagement_id"), "worker_pause", ["engagement_id"], unique=False
    )
    op.create_index(
        "ix_worker_pause_lasting",
        "worker_pause",
        ["engagement_id", "actor_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "actor",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("administrator", sa.Boolean(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("prompt_digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_actor_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor")),
        sa.UniqueConstraint("login", name=op.f("uq_actor_login")),
        info={"scope": "global", "reason": "a person or agent works on many engagements"},
    )
    op.create_table(
        "assignment",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("taker", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("reserved_for", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("not_for", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["work_item.id"], name=op.f("fk_assignment_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        info={"scope": "engagement"},
    )
    op.create_index(
        "ix_assignment_certifying",
        "assignment",
        ["reserved_for"],
        unique=False,
        postgresql_where=sa.text("purpose = 'certify'"),
    )
    op.create_index(
        "ix_assignment_held",
        "assignment",
        ["actor_id"],
        unique=False,
        postgresql_where=sa.text("state = 'live'"),
    )
    op.create_index(op.f("ix_assignment_item_id"), "assignment", ["item_id"], unique=False)
    op.create_index(
        "ix_assignment_lapsing",
        "assignment",
        ["work_order_id", "taker", "leased_until"],
        unique=False,
        postgresql_where=sa.text("state = 'live' and reserved_for is null"),
    )
    op.create_index(
        "ix_assignment_reserved",
        "assignment",
        ["reserved_for", "rank", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('open', 'live') and reserved_for is not null"),
    )
    op.create_index(
        "ix_assignment_waiting",
        "assignment",
        ["work_order_id", "taker", "rank", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'open' and reserved_for is null"),
    )
    op.create_table(
        "credential",
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_credential_actor_id")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_credential")),
        info={
            "scope": "global",
            "reason": "a person signs in once for all engagements; holds argon2 hashes only",
        },
    )
    op.create_table(
        "qualification",
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("clearance", sa.Integer(), nullable=False),
        sa.Column("credentials", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("barred", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_qualification_actor_id")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_qualification")),
        info={
            "scope": "global",
            "reason": "what a person or agent brings holds in every engagement",
        },
    )
    op.create_table(
        "saved_progress",
        sa.Column("engagement_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_saved_progress_assignment_id")
        ),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_saved_progress")),
        info={"scope": "engagement"},
    )
    op.create_table(
        "session",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_session_actor_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_session")),
        info={
            "scope": "global",
            "reason": "a signed-in browser is not tied to one engagement; digests of tokens only",
        },
    )
    op.create_index(op.f("ix_session_actor_id"), "session", ["actor_id"], unique=False)
    op.create_table(
        "signing_key",
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("memory_kib", sa.Integer(), nullable=False),
        sa.Column("lanes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_signing_key_actor_id")),
        sa.PrimaryKeyConstraint("public", name=op.f("pk_signing_key")),
        info={
            "scope": "global",
            "reason": "a person signs with one key in all engagements; private halves are sealed",
        },
    )
    op.create_index(op.f("ix_signing_key_actor_id"), "signing_key", ["actor_id"], unique=False)
    op.create_index(
        "ux_signing_key_current",
        "signing_key",
        ["actor_id"],
        unique=True,
        postgresql_where=sa.text("retired_at is null"),
    )
    op.create_table(
        "step_up",
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_step_up_actor_id")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_step_up")),
        info={
            "scope": "global",
            "reason": "wrong passwords that a person gave when signing, in any engagement",
        },
    )


FUNCTIONS = (
    """create function enter(
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
    """create function instant_text(p_at timestamptz) returns text language sql stable as $$
  select to_char(p_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS')
    || case when date_trunc('second', p_at) = p_at then ''
            else to_char(p_at at time zone 'utc', '.US') end
    || 'Z'
$$
""",
    """create function record_accesses(
  p_acts text[], p_actors text[], p_sessions text[], p_documents text[], p_subjects text[],
  p_untils timestamptz[], p_wake boolean[]
) returns table (engagement text, event bigint) language plpgsql as $$
#variable_conflict use_column
declare
  v_at timestamptz := greatest(now(), (select c.latest from clock c));
  v_who text[];
  v_seen text[];
  v_logs text[] := array_fill(null::text, array[cardinality(p_acts)]);
  v_events bigint[] := array_fill(null::bigint, array[cardinality(p_acts)]);
  -- The order of the log is that of the requests, whoever they are answered with.
  v_numbers bigint[] := array(
    select nextval('event_id_seq') from generate_series(1, cardinality(p_acts)));
  v_sees text;
  v_set text;
  one record;
begin
  select array_agg(a.id order by r.n) into v_who
  from unnest(p_actors, p_sessions) with ordinality r(actor, session, n)
  left join session s on s.digest = r.session and s.expires_at > v_at
  left join actor a on a.id = case when r.session is null then r.actor else s.actor_id end;
  -- Who sees what: everybody finds their own memberships, as themselves.
  v_set := set_config('outwork.actor', array_to_string(v_who, ','), true);
  select array_agg(x.sees order by w.n) into v_seen
  from unnest(v_who) with ordinality w(who, n)
  left join (
    select m.actor_id, string_agg(m.engagement_id, ',' order by m.engagement_id) as sees
    from membership m where m.actor_id = any(v_who) group by m.actor_id
  ) x on x.actor_id = w.who;
  v_set := set_config('outwork.actor', '', true);
  for v_sees in select distinct z.seen from unnest(v_seen) z(seen) where z.seen is not null loop
    v_set := set_config('outwork.engagements', '{' || v_sees || '}', true);
    for one in
      with asked as materialized (
        select r.n, r.act, r.who, r.number, d.engagement_id, d.id as document, m.pseudonym, r.until,
          r.subject, other.pseudonym as receiver,
          case
            when r.act = 'share' then null
            when m.roles ?| array['vendor-manager', 'delivery-manager', 'client-reviewer']
              then 'role'
            when not m.roles ?| array['analyst', 'reviewer', 'auditor'] then null
            when d.audience = 'members' then 'delivery'
            when s.document_id is not null then 'share' end as ground
        from unnest(p_acts, p_documents, p_subjects, p_untils, v_who, v_seen, v_numbers)
          with ordinality r(act, document, subject, until, who, seen, number, n)
        join document d on d.id = r.document
        join membership m on m.actor_id = r.who and m.engagement_id || '' = d.engagement_id
          and m.valid_from <= v_at and v_at < m.valid_until
        left join document_share s on s.document_id = d.id and s.actor_id = r.who
          and coalesce(s.until > v_at, true)
        left join membership other on r.act = 'share'
          and other.actor_id = r.subject and other.engagement_id || '' = d.engagement_id
          and other.valid_from <= v_at and v_at < other.valid_until
          and other.roles <> '["bidder"]' and coalesce(r.until > v_at, true)
          and m.roles ?| array['vendor-manager', 'delivery-manager']
        where r.seen = v_sees
      ), kept as materialized (
        select a.* from asked a where a.ground is not null or a.receiver is not null
      ), shared as (
        insert into document_share (engagement_id, document_id, actor_id, shared_by, shared_at,
          until)
        select distinct on (k.document, k.subject)
          k.engagement_id, k.document, k.subject, k.who, v_at, k.until
        from kept k where k.receiver is not null order by k.document, k.subject, k.n desc
        on conflict (document_id, actor_id) do update set shared_by = excluded.shared_by,
          shared_at = excluded.shared_at, until = excluded.until
      ), recorded as (
        insert into event (engagement_id, id, kind, version, at, actor, public, sealed)
        overriding system value
        select k.engagement_id, k.number,
          case k.act when 'share' then 'documents.document-shared'
            when 'open' then 'documents.document-opened'
            else 'documents.document-downloaded' end, 1, v_at, k.pseudonym,
          case when k.receiver is null
            then jsonb_build_object('document', k.document, 'ground', k.ground)
            else jsonb_build_object('document', k.document, 'subject', k.receiver,
              'until', instant_text(k.until)) end, '{}'
        from kept k
      )
      select k.n, k.engagement_id, k.number from kept k
    loop
      v_logs[one.n] := one.engagement_id;
      v_events[one.n] := one.number;
    end loop;
  end loop;
  perform pg_notify('outwork_recorded', l.log) from (
    select distinct z.log from unnest(v_logs, p_wake) z(log, wake)
    where z.wake and z.log is not null) l;
  return query select z.log, z.event
    from unnest(v_logs, v_events) with ordinality z(log, event, n) order by z.n;
end $$
""",
    """create function standing(
  p_actor text, p_engagement text, p_at timestamptz,
  out pseudonym text, out roles jsonb, out family text, out live boolean, out stage text,
  out certified boolean, out doubtful boolean,
  out barred_here boolean, out skills text[], out languages text[], out clearance integer,
  out credentials jsonb, out barred text[]
) language plpgsql stable as $$
#variable_conflict use_column
begin
  -- In this language because its plans are kept; an SQL function is planned at each call.
  select m.pseudonym, m.roles, coalesce(nullif(a.family, ''), m.pseudonym),
    m.valid_from <= p_at and p_at < m.valid_until,
    e.stage,
    coalesce((
      select c.passed from certification c
      where c.engagement_id = p_engagement and c.actor_id = p_actor
        and c.guideline_version = (
          select max(g.version) from guideline g where g.engagement_id = p_engagement)
      order by c.id desc limit 1), false)
    and not exists (
      select from worker_pause p
      where p.engagement_id = p_engagement and p.actor_id = p_actor and p.ended_at is null),
    -- An expired waiver may have been made good: that is for the slow way to find out.
    exists (
      select from waiver w
      where w.engagement_id = p_engagement and w.expires_at <= p_at
        and w.countersigned_by is not null),
    -- A barrier against the client holds for whatever the engagement is about.
    coalesce(e.client_id = any (q.barred), false),
    q.skills, q.languages, q.clearance, q.credentials, q.barred
  into pseudonym, roles, family, live, stage, certified, doubtful,
    barred_here, skills, languages, clearance, credentials, barred
  from membership m
  join actor a on a.id = m.actor_id
  join engagement e on e.id = m.engagement_id
  left join qualification q on q.actor_id = m.actor_id
  where m.engagement_id = p_engagement and m.actor_id = p_actor;
end $$
""",
    """create function claim_next(
  p_actor text, p_engagement text, p_order text, p_at timestamptz, p_until timestamptz,
  p_trusting boolean,
  out outcome text, out assignment text
) language plpgsql as $$
#variable_conflict use_column
declare
  me record;
  post record;
  takers text[];
  orders text[];
  first text;
  head record;
  got record;
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(p_engagement, 1));
  me := standing(p_actor, p_engagement, p_at);
  if me.pseudonym is null or not me.live or me.barred_here or (me.doubtful and not p_trusting)
     or me.stage not in ('transfer', 'setup', 'execution', 'assurance') then
    outcome := 'plainly';
    return;
  end if;
  -- Two windows of one person get the same item.
  perform pg_advisory_xact_lock(hashtextextended(p_actor, 0));
  select a.id into assignment from assignment a
  where a.actor_id = p_actor and a.engagement_id = p_engagement
    and a.state = 'live' and a.leased_until > p_at
  limit 1;
  if found then
    outcome := 'held';
    return;
  end if;
  select d.actor_id, d.calendar, d.at_most into post from duty d
  where d.engagement_id = p_engagement and d.actor_id = p_actor;
  if found then  -- most have none, and the condition costs as much as the rest
    if (post.actor_id is not null and (
    exists (
      select from absence b
      where b.engagement_id = p_engagement and b.actor_id = p_actor
        and b.starts <= p_at and p_at < b.ends)
    or post.calendar is not null and not coalesce((
      select p_at < s.ends from spell s
      where s.engagement_id = p_engagement and s.calendar = post.calendar and s.starts <= p_at
      order by s.starts desc limit 1), false)
    or post.at_most <= (
      select count(*) from assignment a
      where a.actor_id = p_actor and a.state = 'live' and a.leased_until > p_at))) then
      outcome := 'plainly';
      return;
    end if;
  end if;
  takers := array_remove(array[
    case when me.certified and me.roles ? 'agent' then 'agent' end,
    case when me.certified and me.roles ? 'analyst' then 'analyst' end,
    case when me.roles ? 'reviewer' then 'reviewer' end], null);
  -- Mostly one takes from one kind of queue, and nothing in them asks for more than its order.
  if cardinality(takers) = 1 then
    orders := array(
      select o.id from work_order o left join need n on n.line_id = o.line_id
      where o.engagement_id = p_engagement and (p_order is null or o.id = p_order)
        and o.stage in ('execution', 'assurance') and (n.line_id is null or (
  n.skills <@ coalesce(me.skills, '{}')
  and n.languages <@ coalesce(me.languages, '{}')
  and n.clearance <= coalesce(me.clearance, 0)
  and not n.adverse && coalesce(me.barred, '{}')
  and not exists (
    select from unnest(n.credentials) as asked(code)
    where coalesce((me.credentials ->> asked.code)::timestamptz, '-infinity') <= p_at))));
    first := orders[1];
    if cardinality(orders) > 1 then
      select o.id into first
      from unnest(orders) as o(id) cross join lateral (
        select a.rank, a.id from assignment a
        where a.work_order_id = o.id and a.taker = takers[1]
          and a.reserved_for is null and a.state = 'open'
        order by a.rank, a.id limit 1) h
      order by h.rank, h.id limit 1;
    end if;
    update assignment a set state = 'live', actor_id = p_actor, leased_until = p_until
    from (
      select h.id from assignment h
      where h.work_order_id = first and h.taker = takers[1]
        and h.reserved_for is null and h.state = 'open'
      order by h.rank, h.id limit 1
      for update skip locked) h
    where a.id = h.id and a.purpose not in ('inspect', 'review', 'adjudicate', 'overlap')
      and not exists (
        select from assignment r
        where r.reserved_for = p_actor and r.state in ('open', 'live')
          and r.engagement_id = p_engagement)
      and not exists (
        select from assignment l
        where l.work_order_id = any (orders) and l.taker = takers[1]
          and l.reserved_for is null and l.state = 'live' and l.leased_until <= p_at)
    returning a.id, a.item_id, a.purpose, a.level into got;
  end if;
  if got is null then
    for head in
      with taker as (
        select t.role from unnest(takers) as t(role)
      ), queue as (
        select o.id as work_order, t.role
        from work_order o cross join taker t left join need n on n.line_id = o.line_id
        where o.engagement_id = p_engagement and (p_order is null or o.id = p_order)
          and (n.line_id is null or (
  n.skills <@ coalesce(me.skills, '{}')
  and n.languages <@ coalesce(me.languages, '{}')
  and n.clearance <= coalesce(me.clearance, 0)
  and not n.adverse && coalesce(me.barred, '{}')
  and not exists (
    select from unnest(n.credentials) as asked(code)
    where coalesce((me.credentials ->> asked.code)::timestamptz, '-infinity') <= p_at)))
      ), heads as (
        select q.work_order, q.role, h.rank, h.id
        from queue q cross join lateral (
          select a.rank, a.id from assignment a
          where a.work_order_id = q.work_order and a.taker = q.role and a.reserved_for is null
            and a.state = 'open'
            and (a.purpose not in ('inspect', 'review', 'adjudicate', 'overlap')
    or a.not_for <> me.family and not exists (
      select 1 from submission s
      where s.item_id = a.item_id and s.family = me.family
        and s.purpose in ('produce', 'overlap', 'control', 'review', 'adjudicate')
      union all select 1 from hand_over h
      where h.item_id = a.item_id and h.family = me.family))
          order by a.rank, a.id limit 1
        ) h
        union all
        select null, null, a.rank, a.id
        from queue q join assignment a
          on a.work_order_id = q.work_order and a.taker = q.role and a.reserved_for is null
            and a.state = 'live' and a.leased_until <= p_at
            and (a.purpose not in ('inspect', 'review', 'adjudicate', 'overlap')
    or a.not_for <> me.family and not exists (
      select 1 from submission s
      where s.item_id = a.item_id and s.family = me.family
        and s.purpose in ('produce', 'overlap', 'control', 'review', 'adjudicate')
      union all select 1 from hand_over h
      where h.item_id = a.item_id and h.family = me.family))
        union all
        select null, null, a.rank, a.id from assignment a
        where a.reserved_for = p_actor and a.engagement_id = p_engagement
          and a.state in ('open', 'live') and (a.state = 'open' or a.leased_until <= p_at)
          and (p_order is null or a.work_order_id = p_order)
          and case when a.purpose = 'certify' then me.roles ?| array['analyst', 'agent']
                   when a.purpose = 'calibrate'
                     then me.roles ?| array['analyst', 'agent', 'reviewer']
                   else a.taker in (select role from taker) and exists (
                     select from work_order o left join need n on n.line_id = o.line_id
                     where o.id = a.work_order_id and (n.line_id is null or (
  n.skills <@ coalesce(me.skills, '{}')
  and n.languages <@ coalesce(me.languages, '{}')
  and n.clearance <= coalesce(me.clearance, 0)
  and not n.adverse && coalesce(me.barred, '{}')
  and not exists (
    select from unnest(n.credentials) as asked(code)
    where coalesce((me.credentials ->> asked.code)::timestamptz, '-infinity') <= p_at)))) end
          and (a.purpose not in ('inspect', 'review', 'adjudicate', 'overlap')
    or a.not_for <> me.family and not exists (
      select 1 from submission s
      where s.item_id = a.item_id and s.family = me.family
        and s.purpose in ('produce', 'overlap', 'control', 'review', 'adjudicate')
      union all select 1 from hand_over h
      where h.item_id = a.item_id and h.family = me.family))
      )
      select * from heads order by rank, id
    loop
      if head.role is null then
        select a.* into got from assignment a
        where a.id = head.id and a.state in ('open', 'live')
          and (a.state = 'open' or a.leased_until <= p_at)
        for update skip locked;
      else
        select a.* into got from assignment a
        where a.work_order_id = head.work_order and a.taker = head.role and a.reserved_for is null
          and a.state = 'open'
          and (a.purpose not in ('inspect', 'review', 'adjudicate', 'overlap')
    or a.not_for <> me.family and not exists (
      select 1 from submission s
      where s.item_id = a.item_id and s.family = me.family
        and s.purpose in ('produce', 'overlap', 'control', 'review', 'adjudicate')
      union all select 1 from hand_over h
      where h.item_id = a.item_id and h.family = me.family))
        order by a.rank, a.id limit 1
        for update skip locked;
      end if;
      exit when found;
    end loop;
    if got is null then
      outcome := 'nothing';
      return;
    end if;
    update assignment a set state = 'live', actor_id = p_actor, leased_until = p_until
    where a.id = got.id;
  end if;
  insert into event (engagement_id, kind, version, at, actor, public, sealed)
  values (p_engagement, 'execution.item-claimed', 1, p_at, me.pseudonym,
    jsonb_build_object('assignment', got.id, 'item', got.item_id, 'purpose', got.purpose,
      'level', got.level, 'until', instant_text(p_until)), jsonb_build_object('blind',
      encode(sha256(uuid_send(gen_random_uuid()) || 'null'), 'hex')));
  assignment := got.id;
  outcome := 'claimed';
end $$
""",
    """create function submission_basis(
  p_actor text, p_session text, p_at timestamptz, p_assignment text
) returns table (
  who text, at timestamptz, by_agent boolean, assignment jsonb, item jsonb, order_stage text,
  latest text, before_ids text[], before_questions text[], before_contents bytea[],
  document jsonb, sealed_key bytea, sealed_text bytea, event_id bigint,
  shares jsonb, commitments text[], produced text[], overlap numeric
) language plpgsql as $$
#variable_conflict use_column
declare
  me record;
begin
  me := enter(p_actor, p_session, p_at, null);
  if me.who is null then
    return;
  end if;
  return query
  select me.who, me.at, me.by_agent, to_jsonb(a), to_jsonb(i), o.stage,
    last.id, before.ids, before.questions, before.contents,
    to_jsonb(d), c.sealed_key, c.sealed_text, nextval('event_id_seq'),
    ladder.shares,
    -- What both sides committed to before the work began: who is reviewed, and who answers twice,
    -- follows from it.
    case when ladder.shares is not null or plan.overlap_share > 0 then (
      select array_agg(z.commitment order by z.side) from seed_commitment z
      where z.work_order_id = o.id and z.round = 1) end,
    case when ladder.shares is not null then (
      select array_agg(b.id order by b.id) from submission b
      join assignment p on p.id = b.assignment_id
      where b.item_id = a.item_id and p.purpose = 'produce' and p.level > 0) end,
      case when plan.overlap_share > 0 and not exists (
      select from comparison y where y.item_id = a.item_id) then plan.overlap_share end
  from assignment a
  join work_item i on i.id = a.item_id
  left join work_order o on o.id = a.work_order_id
  left join review_plan ladder on ladder.line_id = o.line_id
  left join control_plan plan on plan.line_id = o.line_id
  left join lateral (
    select b.id from submission b
    where b.item_id = a.item_id and b.purpose in ('produce', 'control', 'review', 'adjudicate')
      and (a.purpose <> 'overlap' or exists (
        select from assignment y where y.id = b.assignment_id and y.level = 0))
    order by b.id desc limit 1) last on true
  left join lateral (
    select array_agg(w.id) as ids, array_agg(w.question) as questions,
      array_agg(w.content) as contents
    from answer w where w.submission_id = last.id) before on last.id is not null
  left join document d on d.id = i.document_id
  left join document_content c on c.document_id = d.id
  where a.id = p_assignment;
end $$
""",
    """create function hand_in(
  p_actor text, p_engagement text, p_at timestamptz, p_assignment text, p_decided boolean,
  p_latest text,
  p_submission text, p_seconds integer, p_hints jsonb,
  p_answers jsonb, p_contents bytea,
  p_item_state text, p_next text, p_next_taker text, p_next_purpose text, p_next_level smallint,
  p_event bigint, p_kind text, p_version integer, p_public jsonb, p_sealed jsonb, p_openings bytea
) returns text language plpgsql as $$
#variable_conflict use_column
declare
  a record;
  me record;
begin
  perform set_config('outwork.actor', p_actor, true),
    set_config('outwork.engagements', '{' || p_engagement || '}', true);
  -- Neither a batch nor a guideline changes while something is handed in, nor the reverse.
  perform pg_advisory_xact_lock_shared(hashtextextended(p_engagement, 1));
  select * into a from assignment where id = p_assignment for update;
  me := standing(p_actor, p_engagement, p_at);
  if a.id is null or a.state <> 'live' or a.actor_id <> p_actor or a.leased_until <= p_at
     or me.pseudonym is null
     or not (p_decided or (
       me.live and me.certified and not me.doubtful and not me.barred_here
       and me.stage = 'execution'
       and me.roles ? a.taker and a.purpose = 'produce'
       and exists (
         select from work_order o left join need n on n.line_id = o.line_id
         where o.id = a.work_order_id and o.phase = 'released' and o.stage = 'execution'
           and (n.line_id is null or (
  n.skills <@ coalesce(me.skills, '{}')
  and n.languages <@ coalesce(me.languages, '{}')
  and n.clearance <= coalesce(me.clearance, 0)
  and not n.adverse && coalesce(me.barred, '{}')
  and not exists (
    select from unnest(n.credentials) as asked(code)
    where coalesce((me.credentials ->> asked.code)::timestamptz, '-infinity') <= p_at))))))
     or p_latest is distinct from (
       select b.id from submission b
       where b.item_id = a.item_id and b.purpose in ('produce', 'control', 'review', 'adjudicate')
      and (a.purpose <> 'overlap' or exists (
        select from assignment y where y.id = b.assignment_id and y.level = 0))
       order by b.id desc limit 1) then
    return 'plainly';
  end if;
  insert into submission (engagement_id, id, item_id, assignment_id, author_id, family, purpose,
    at, seconds, hints)
  values (p_engagement, p_submission, a.item_id, a.id, p_actor, me.family, a.purpose, p_at,
    p_seconds, p_hints);
  insert into answer (engagement_id, id, submission_id, item_id, question, origin, confidence,
    seconds, author_id, revises, content)
  select p_engagement, n.id, p_submission, a.item_id, n.question, n.origin, n.confidence,
    n.seconds, p_actor, n.revises, substring(p_contents from n.first for n.size)
  from jsonb_to_recordset(p_answers) as n(id text, question text, origin text,
    confidence float8, seconds float8, revises text, first integer, size integer);
  update assignment set state = 'done' where id = p_assignment;
  delete from saved_progress where assignment_id = p_assignment;
  if p_item_state is not null then
    update work_item set state = p_item_state where id = a.item_id;
  end if;
  if p_next is not null then
    insert into assignment (engagement_id, id, item_id, work_order_id, purpose, level, taker,
      round, rank, state, opened_at, clause, note, not_for)
    values (p_engagement, p_next, a.item_id, a.work_order_id, p_next_purpose, p_next_level,
      p_next_taker, a.round, case when p_next_purpose = 'review' then 2 else 3 end,
      'open', p_at, '', '', '');
  end if;
  insert into event (engagement_id, id, kind, version, at, actor, public, sealed)
  overriding system value
  values (p_engagement, p_event, p_kind, p_version, p_at, me.pseudonym, p_public, p_sealed);
  insert into disclosure (engagement_id, event_id, openings)
  values (p_engagement, p_event, p_openings);
  return 'done';
end $$
""",
)
