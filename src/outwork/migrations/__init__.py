"""The schema's history, applied in order by Alembic; imports no slice, so that old steps stay."""
