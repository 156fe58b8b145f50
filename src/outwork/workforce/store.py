"""Tables of qualifications and needs, and the condition that compares them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from outwork.kit.database import Connection, Records, json, scoped, text, unscoped
from outwork.workforce.model import Need, Qualification


def _codes(name: str) -> sa.Column[Any]:
    return sa.Column(name, ARRAY(sa.Text), nullable=False)


qualification_table = unscoped(
    "qualification", "what a person or agent brings holds in every engagement",
    sa.Column("actor_id", sa.ForeignKey("actor.id"), primary_key=True),
    _codes("skills"), _codes("languages"),
    sa.Column("clearance", sa.Integer, nullable=False),
    json("credentials"), _codes("barred"),
)  # fmt: skip

need_table = scoped(
    "need",
    text("line_id"), _codes("skills"), _codes("languages"),
    sa.Column("clearance", sa.Integer, nullable=False),
    _codes("credentials"), _codes("adverse"),
    sa.PrimaryKeyConstraint("line_id"),
)  # fmt: skip

qualifications = Records(qualification_table, Qualification)
needs = Records(need_table, Need)

# `ineligible` as a condition: true where nothing of a need stands in the way. {need} and {person}
# are rows that may be absent (left joins), {at} is an instant. A barrier against the client itself
# is not of a line: whoever reads a membership tests it ({person}.barred against the engagement's).
MET = """({need}.line_id is null or (
  {need}.skills <@ coalesce({person}.skills, '{{}}')
  and {need}.languages <@ coalesce({person}.languages, '{{}}')
  and {need}.clearance <= coalesce({person}.clearance, 0)
  and not {need}.adverse && coalesce({person}.barred, '{{}}')
  and not exists (
    select from unnest({need}.credentials) as asked(code)
    where coalesce(({person}.credentials ->> asked.code)::timestamptz, '-infinity') <= {at})))"""


def set_qualification(db: Connection, made: Qualification) -> None:
    """Write an actor's qualification over the one before."""
    row = {
        "skills": sorted(made.skills),
        "languages": sorted(made.languages),
        "clearance": made.clearance,
        "credentials": {code: until.isoformat() for code, until in made.credentials.items()},
        "barred": sorted(made.barred),
    }
    _write(db, qualification_table, "actor_id", {"actor_id": made.actor_id} | row)


def set_need(db: Connection, made: Need) -> None:
    """Write a line's need over the one before."""
    row = {
        "engagement_id": made.engagement_id,
        "skills": sorted(made.skills),
        "languages": sorted(made.languages),
        "clearance": made.clearance,
        "credentials": sorted(made.credentials),
        "adverse": sorted(made.adverse),
    }
    _write(db, need_table, "line_id", {"line_id": made.line_id} | row)


def _write(db: Connection, table: sa.Table, key: str, row: dict[str, Any]) -> None:
    statement = insert(table).values(row)
    db.execute(statement.on_conflict_do_update(index_elements=[key], set_=row))
