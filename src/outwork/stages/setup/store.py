"""Tables of calendars, quality plans and rates."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.kit.database import Records, instant, json, scoped, text
from outwork.stages.setup.hours import Absence, AgreedHours, Calendar, Duty
from outwork.stages.setup.model import ControlPlan, QualityPlan, Rate, ReviewPlan, WorkCalendar

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
    json("classes"),
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

review_table = scoped(
    "review_plan", text("line_id"), json("shares"), sa.PrimaryKeyConstraint("line_id")
)

rate_table = scoped("rate", text("line_id"), json("price"), sa.PrimaryKeyConstraint("line_id"))

# A clock goes on by the version it began with; the newest is in force.
site_calendar_table = scoped(
    "calendar",
    text("name"), sa.Column("version", sa.Integer, nullable=False), text("zone"), json("shifts"),
    text("country"), text("subdivision"), sa.Column("first", sa.Date, nullable=False),
    sa.Column("last", sa.Date, nullable=False), json("closed"),
    sa.PrimaryKeyConstraint("engagement_id", "name", "version"),
    listed=False,
)  # fmt: skip

# The working spells of the calendars in force, so that a claim asks one index and no zone.
spell_table = scoped(
    "spell",
    text("calendar"), instant("starts"), instant("ends"),
    sa.PrimaryKeyConstraint("engagement_id", "calendar", "starts"),
    listed=False,
)  # fmt: skip

hours_table = scoped(
    "agreed_hours",
    text("line_id"), text("calendar"), sa.Column("version", sa.Integer, nullable=False),
    sa.Column("minutes", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("line_id"),
)  # fmt: skip

duty_table = scoped(
    "duty",
    text("actor_id"), text("calendar", nullable=True), sa.Column("at_most", sa.Integer),
    sa.PrimaryKeyConstraint("engagement_id", "actor_id"),
    listed=False,
)  # fmt: skip

absence_table = scoped(
    "absence",
    text("actor_id"), instant("starts"), instant("ends"),
    sa.PrimaryKeyConstraint("engagement_id", "actor_id", "starts"),
    listed=False,
)  # fmt: skip

site_calendars = Records(site_calendar_table, Calendar)
agreed = Records(hours_table, AgreedHours)
duties = Records(duty_table, Duty)
absences = Records(absence_table, Absence)
calendars = Records(calendar_table, WorkCalendar)
plans = Records(plan_table, QualityPlan)
control_plans = Records(control_plan_table, ControlPlan)
reviews = Records(review_table, ReviewPlan)
rates = Records(rate_table, Rate)
