"""Tables of criteria, proposals, scores and awards."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.kit.database import Records, instant, json, key, scoped, text
from outwork.stages.selection.model import Award, Proposal, Score
from outwork.vocabulary import NotFound

criteria_table = scoped(
    "selection_criteria", json("criteria"), sa.PrimaryKeyConstraint("engagement_id")
)

proposal_table = scoped(
    "proposal",
    key(), text("party_id"), text("submitted_by"), instant("submitted_at"), json("prices"),
    sa.Column("turnaround_days", sa.Integer, nullable=False), text("approach"),
    sa.UniqueConstraint("engagement_id", "party_id"),
)  # fmt: skip

score_table = scoped(
    "score",
    text("proposal_id"), text("criterion"), text("scorer"),
    sa.Column("points", sa.Integer, nullable=False), text("reason"),
    sa.PrimaryKeyConstraint("proposal_id", "criterion", "scorer"),
)  # fmt: skip

award_table = scoped(
    "award",
    text("party_id"), text("proposal_id", nullable=True), text("reason"), text("awarded_by"),
    instant("awarded_at"), json("prices"), instant("accepted_at", nullable=True),
    sa.PrimaryKeyConstraint("engagement_id"),
)  # fmt: skip

proposals = Records(proposal_table, Proposal, lambda i: NotFound("proposal", i))
scores = Records(score_table, Score)
awards = Records(award_table, Award, lambda i: NotFound("award", i))
