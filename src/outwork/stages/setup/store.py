"""Tables of calendars, quality plans and rates."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.kit.database import Records, json, scoped, text
from outwork.stages.setup.model import ControlPlan, QualityPlan, Rate, WorkCalendar

calendar_table = scoped(
    "work_calendar",
    text("actor_id"), text("zone"), json("weekdays"),
    sa.Column("starts", sa.Time, nullable=False), sa.Column("ends", sa.Time, nullable=False),
    text("country"), sa.PrimaryKeyConstraint("engagement_id", "actor_id"),
)  # fmt: skip

plan_table = scoped(
    "quality_plan",
    text("line_id"),
    sa.Column("lot", sa.Integer, nullable=False),
    sa.Column("sample_size", sa.Integer, nullable=False),
    sa.Column("acceptance_number", sa.Integer, nullable=False),
    sa.Column("consumer_risk", sa.Numeric, nullable=False),
    sa.Column("producer_risk", sa.Numeric, nullable=False),
    sa.PrimaryKeyConstraint("line_id"),
)  # fmt: skip

control_plan_table = scoped(
    "control_plan",
    text("line_id"),
    *(sa.Column(name, sa.Numeric, nullable=False)
      for name in ("control_share", "overlap_share", "good", "bad", "false_after", "found_after")),
    sa.Column("up", sa.Integer, nullable=False),
    sa.Column("limit", sa.Integer, nullable=False),
    sa.Column("feedback", sa.Boolean, nullable=False),
    sa.PrimaryKeyConstraint("line_id"),
)  # fmt: skip

rate_table = scoped("rate", text("line_id"), json("price"), sa.PrimaryKeyConstraint("line_id"))

calendars = Records(calendar_table, WorkCalendar)
plans = Records(plan_table, QualityPlan)
control_plans = Records(control_plan_table, ControlPlan)
rates = Records(rate_table, Rate)
