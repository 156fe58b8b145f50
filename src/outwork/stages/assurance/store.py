"""Tables of samples, inspections, defects, verdicts and certificates."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.kit.database import Records, instant, json, key, scoped, text
from outwork.stages.assurance.calibration import Calibration, Settlement
from outwork.stages.assurance.model import (
    Certificate,
    CorrectiveAction,
    DefectRecord,
    Inspection,
    InspectorCheck,
    Reinspection,
    Sample,
    Verdict,
)
from outwork.vocabulary import NotFound


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


sample_table = scoped(
    "sample",
    text("work_order_id"), _whole("round"), text("unit"), _whole("lot"), _whole("sample_size"),
    _whole("acceptance_number"), sa.Column("consumer_risk", sa.Numeric, nullable=False),
    sa.Column("producer_risk", sa.Numeric, nullable=False), text("seed"),
    sa.Column("closing_size", sa.BigInteger, nullable=False), json("units"), json("inspectors"),
    instant("drawn_at"), json("classes"),
    sa.PrimaryKeyConstraint("work_order_id", "round"),
)  # fmt: skip

inspection_table = scoped(
    "inspection",
    key("assignment_id"), text("work_order_id"), _whole("round"), text("item_id"),
    text("inspector"), _flag("in_sample"), _flag("clean"), instant("at"),
    sa.Index("ix_inspection_work_order_id", "work_order_id"),
)  # fmt: skip

defect_table = scoped(
    "defect",
    key(), text("work_order_id"), _whole("round"), text("item_id"), text("assignment_id"),
    text("question"), text("clause"), text("severity"), _flag("counted"), _flag("in_sample"),
    text("note"), text("found_by"), instant("found_at"),
    sa.Index("ix_defect_work_order_id", "work_order_id"),
)  # fmt: skip

inspector_check_table = scoped(
    "inspector_check",
    text("inspector"), _whole("seeded"), _whole("caught"), _whole("clean"), _whole("passed"),
    instant("at"),
    sa.PrimaryKeyConstraint("engagement_id", "inspector"),
)  # fmt: skip

# An inspected item that somebody else inspects unawares; the counts once that is handed in.
reinspection_table = scoped(
    "reinspection",
    key("assignment_id"), text("work_order_id"), _whole("round"), text("item_id"),
    text("first_id", unique=True), text("inspector"), instant("requested_at"),
    json("found", nullable=True),
)  # fmt: skip

verdict_table = scoped(
    "verdict",
    text("work_order_id"), _whole("round"), _whole("defective"), _flag("accepted"), instant("at"),
    json("classes"),
    sa.PrimaryKeyConstraint("work_order_id", "round"),
)  # fmt: skip

certificate_table = scoped(
    "certificate",
    text("work_order_id"), _whole("round"), json("figures"), text("digest"), instant("issued_at"),
    sa.PrimaryKeyConstraint("work_order_id", "round"),
)  # fmt: skip

action_table = scoped(
    "corrective_action",
    key(), text("clause"), text("title"), text("owner"), instant("due"), instant("opened_at"),
    text("state"), json("whys"), _whole("severity"), _whole("occurrence"), _whole("detection"),
    text("measure"), instant("implemented_at", nullable=True), instant("closed_at", nullable=True),
)  # fmt: skip

calibration_table = scoped(
    "calibration",
    key(), text("service"), text("title"), json("items"), json("raters"),
    _whole("guideline_version"), text("opened_by"), instant("opened_at"), json("groups"),
    instant("closed_at", nullable=True), json("results"), instant("concluded_at", nullable=True),
)  # fmt: skip

# Where raters differed: what the discussion came to.
settlement_table = scoped(
    "settlement",
    text("calibration_id"), text("item_id"), text("question"), _whole("stands"), text("clause"),
    _whole("guideline_version"), _flag("changed"),
    sa.Column("reason", sa.LargeBinary, nullable=False), text("settled_by"), instant("settled_at"),
    sa.PrimaryKeyConstraint("item_id", "question"),
)  # fmt: skip

calibrations = Records(calibration_table, Calibration, lambda i: NotFound("calibration", i))
settlements = Records(settlement_table, Settlement)
corrective_actions = Records(action_table, CorrectiveAction, lambda i: NotFound("action", i))
samples = Records(sample_table, Sample)
inspector_checks = Records(inspector_check_table, InspectorCheck)
reinspections = Records(reinspection_table, Reinspection)
inspections = Records(inspection_table, Inspection)
defects = Records(defect_table, DefectRecord)
verdicts = Records(verdict_table, Verdict)
certificates = Records(certificate_table, Certificate)
