"""Reading statement-of-work lines."""

from __future__ import annotations

from outwork import agreements
from outwork.agreements import Engagement
from outwork.kit.database import Connection
from outwork.stages.requirements import store
from outwork.stages.requirements.model import SCOPE_MEANING, Line, gate_reasons, scope_digest
from outwork.vocabulary import EngagementId, LineId, Reason, Side


def line(db: Connection, identifier: LineId) -> Line:
    """The line of that id; raises NotFound."""
    return store.lines.get(db, identifier)


def lines(db: Connection, engagement: EngagementId) -> list[Line]:
    """An engagement's lines, oldest first."""
    return store.lines.find(db, store.line_table.c.engagement_id == engagement)


def gate(db: Connection, engagement: Engagement) -> list[Reason]:
    """What stands between the requirements and the selection of a provider."""
    found = lines(db, engagement.id)
    digest = scope_digest(found)
    signed = any(
        s.side is Side.CLIENT and s.digest == digest and s.meaning == SCOPE_MEANING
        for s in agreements.signatures(db, engagement.id)
    )
    return gate_reasons(found, signed, f"engagements/{engagement.id}/requirements")
