"""Writes the first migration from the tables as the slices declare them.

    .venv/bin/python tools/migration.py

Until the first release there is one version, made anew at each change of a table; afterwards this
script is run no more, and each change is a version of its own. A test holds tables and versions
equal.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import render_python_code
from alembic.operations import ops

import outwork.stages.acceptance  # noqa: F401  (declares every table that stages use)
from outwork.kit.database import FUNCTIONS, metadata

TARGET = Path(__file__).parents[1] / "src/outwork/migrations/versions/v0001_first.py"

HEAD = '''"""Every table of the first release, row-level security, the application's rights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

# Table -> the column that holds the engagement.
SCOPED = {scoped}

# What has been written stays: the application may add rows, and change these columns only.
APPEND_ONLY: dict[str, list[str]] = {{
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
}}

VISIBLE = (
    "any ((select coalesce(nullif(current_setting('outwork.engagements', true), ''),"
    " '{{}}'))::text[])"
)
ACTING = "string_to_array(current_setting('outwork.actor', true), ',')"


def upgrade() -> None:
    """Create everything."""
    _create()
    for table, column in SCOPED.items():
        op.execute(f"alter table {{table}} enable row level security")
        op.execute(f"alter table {{table}} force row level security")
        seen = f"{{column}} = {{VISIBLE}}"
        if table == "membership":
            # An actor finds its own memberships before any engagement is visible.
            own = f"actor_id in (select unnest({{ACTING}}))"
            op.execute(f"create policy own on membership for select using ({{own}})")
        op.execute(f"create policy scope on {{table}} using ({{seen}}) with check ({{seen}})")
    op.execute("grant usage on schema public to outwork_app")
    op.execute(
        "grant select, insert, update, delete on all tables in schema public to outwork_app"
    )
    op.execute("grant usage on all sequences in schema public to outwork_app")
    for table, columns in APPEND_ONLY.items():
        op.execute(f"revoke update, delete on {{table}} from outwork_app")
        if columns:
            op.execute(f"grant update ({{', '.join(columns)}}) on {{table}} to outwork_app")
    op.execute("revoke insert, update, delete on alembic_version from outwork_app")
    for body in FUNCTIONS:
        op.get_bind().exec_driver_sql(body)


def downgrade() -> None:
    """Not offered: a first version is undone by removing the database."""
    raise RuntimeError("the first version cannot be undone")


'''


def main() -> int:
    """Write the file and format it."""
    scoped = {
        t.name: t.info.get("column", "engagement_id")
        for t in metadata.sorted_tables
        if t.info["scope"] == "engagement"
    }
    steps: list[ops.MigrateOperation] = []
    for table in metadata.sorted_tables:
        steps.append(ops.CreateTableOp.from_table(table))
        steps += [
            ops.CreateIndexOp.from_index(i)
            for i in sorted(table.indexes, key=lambda i: str(i.name))
        ]
    body = render_python_code(ops.UpgradeOps(steps), sqlalchemy_module_prefix="sa.")
    for spelled in (", astext_type=Text()", "astext_type=Text()"):  # the default: no import for it
        body = body.replace(spelled, "")
    body = body.replace("ARRAY(Text())", "ARRAY(sa.Text())")  # left without its module there
    text = HEAD.format(scoped=repr(scoped)) + "def _create() -> None:\n" + _indented(body)
    text += (
        "\n\nFUNCTIONS = (\n"
        + "".join(f'    """{body}""",\n' for body in FUNCTIONS.values())
        + ")\n"
    )
    TARGET.write_text(text)
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(TARGET)], check=True)
    print(
        f"{len(metadata.sorted_tables)} tables, {len(FUNCTIONS)} functions,"
        f" SQLAlchemy {sa.__version__}"
    )
    return 0


def _indented(body: str) -> str:
    lines = [line for line in body.splitlines() if not line.strip().startswith("#")]
    return "\n".join(f"    {line.removeprefix('    ')}" if line.strip() else line for line in lines)


if __name__ == "__main__":
    sys.exit(main())
