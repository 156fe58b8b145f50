"""What execution does unasked: an agent drafts what waits for it, and rows become items."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from outwork import agreements, documents, practices
from outwork.kit.database import Database
from outwork.kit.memory import uncollected
from outwork.operation import operation, utc_now
from outwork.stages.execution import importing, queries, reserving, submitting
from outwork.stages.execution.model import ImportState
from outwork.vocabulary import ActorId, AssignmentId, EngagementId, ImportId


def draft_next(
    database: Database,
    agent: ActorId,
    engagement: EngagementId,
    clock: Callable[[], datetime] = utc_now,
) -> AssignmentId | None:
    """Reserve one item as the agent, draft it outside any transaction, and submit the draft.

    Gives None where nothing waits for the agent. A crash in between leaves a reservation that
    runs out, and the item is drafted again.
    """
    with operation(database, agent, clock()) as op:
        agreements.engagement(op.db, engagement)
        claimed = reserving.claim(op, engagement)
        if claimed is None:
            return None
        item = queries.item(op.db, queries.assignment(op.db, claimed).item_id)
        source = documents.source(op.db, item.document_id)
    started = clock()
    draft = practices.service(item.service).draft(source, 1)
    seconds = max(0, round((clock() - started).total_seconds()))
    with operation(database, agent, clock()) as op:
        submitting.submit(op, claimed, draft.answers, seconds)
    return claimed


def admit_next(database: Database, who: ActorId, identifier: ImportId) -> bool:
    """Take the next chunk of an import's rows in, for whoever started it; whether there is more.

    Each chunk is a transaction: a crash loses the chunk under way and nothing else, and taking it
    in again begins where the last one ended. Raises as `admit_rows` does.
    """
    with uncollected(), operation(database, who) as op:
        if queries.import_(op.db, identifier).state is not ImportState.ADMITTING:
            return False
        return importing.admit_rows(op, identifier)
