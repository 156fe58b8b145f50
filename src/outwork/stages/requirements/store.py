"""Table of statement-of-work lines."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.kit.database import Records, json, key, scoped, text
from outwork.stages.requirements.model import Line
from outwork.vocabulary import NotFound

line_table = scoped(
    "line",
    key(), text("service"),
    sa.Column("volume", sa.Integer, nullable=False),
    sa.Column("turnaround_days", sa.Integer, nullable=False),
    text("unit"), json("defects"), json("sampling"), text("confidentiality"), json("price"),
    json("baseline", nullable=True),
)  # fmt: skip

lines = Records(line_table, Line, lambda i: NotFound("line", i))
