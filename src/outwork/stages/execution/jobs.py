"""What execution does unasked: an agent drafts what waits for it, and rows become items.

Each turn is a few transactions of its own; doing one again after a crash repeats nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from outwork import agreements, documents, practices
from outwork.kit import outbox
from outwork.kit.database import Database
from outwork.kit.memory import uncollected
from outwork.operation import operation, utc_now
from outwork.stages.execution import importing, queries, reading, reserving, submitting
from outwork.stages.execution.model import DRAFTED, DRAFTING, IMPORTING, Import, ImportState
from outwork.vocabulary import ActorId, AssignmentId, EngagementId, ImportId

DRAFTS = 10  # a turn
log = logging.getLogger("outwork.worker")


def draft_next(
    database: Database,
    agent: ActorId,
    engagement: EngagementId,
    clock: Callable[[], datetime] = utc_now,
) -> AssignmentId | None:
    """Reserve one item as the agent, draft it outside any transaction, and submit the draft.

    Gives None where nothing waits for the agent. A crash in between leaves a reservation, which
    the agent takes up again. What the drafter cannot read, whatever it raises, goes to people,
    with the kind of error as the reason.
    """
    with operation(database, agent, clock()) as op:
        agreements.engagement(op.db, engagement)
        claimed = reserving.claim(op, engagement)
        if claimed is None:
            return None
        item = queries.item(op.db, queries.assignment(op.db, claimed).item_id)
        source = documents.source(op.db, item.document_id)
        drafting = queries.assignment(op.db, claimed).purpose in DRAFTED
    started = clock()
    try:
        draft = practices.service(item.service).draft(source, 1)
    except Exception as error:
        if not drafting:  # an agent that fails at a control item is not certified by it
            raise
        log.exception("%s cannot be drafted", item.id)
        with operation(database, agent, clock()) as op:
            reserving.give_up_draft(op, claimed, kind_of(error))
        return claimed
    seconds = max(0, round((clock() - started).total_seconds()))
    with operation(database, agent, clock()) as op:
        submitting.submit(op, claimed, draft.answers, seconds)
    return claimed


def kind_of(error: BaseException) -> str:
    """The kind of an error as a code; its words may be confidential, and are left out."""
    words = re.sub(r"(?<!^)(?=[A-Z][a-z])", "-", type(error).__name__).lower()
    return "failed-" + re.sub(r"[^a-z0-9]+", "-", words).strip("-")


def admit_next(database: Database, who: ActorId, identifier: ImportId) -> bool:
    """Take the next turn of an import's rows in, for whoever started it; whether there is more.

    It is one transaction: a crash loses what is under way and nothing else, and taking rows in
    again begins where the last turn ended. While it is written, the one behind it is read and
    sealed already; if that turns out not to be what comes next, it is read again. Raises as
    `admit_rows` does.
    """
    ahead = _ahead.pop(identifier, None)
    with uncollected(), operation(database, who) as op:
        found = queries.import_(op.db, identifier)
        if found.state is not ImportState.ADMITTING:
            return False
        turn = None if ahead is None else ahead.result()
        if turn is None or turn.start != found.read:
            turn = reading.read_turn(op.db, found)
        if turn.full:
            _ahead[identifier] = _reader.submit(_read_ahead, database, turn.behind(found))
        return importing.admit_rows(op, identifier, turn)


def _read_ahead(database: Database, found: Import) -> reading.Turn:
    with database.transaction("job", [found.engagement_id]) as db:
        return reading.read_turn(db, found)


_reader = ThreadPoolExecutor(1, "outwork-rows")
_ahead: dict[ImportId, Future[reading.Turn]] = {}  # at most a turn an import under way


def turn(database: Database, engagement: EngagementId, job: str) -> tuple[int, bool]:
    """One turn of a job of the outbox: how much was achieved, and whether there is more.

    Raises OutworkError where a rule stands in the way, and whatever a drafter or a database raises.
    """
    with database.transaction("job", [engagement]) as db:
        found = outbox.get(db, job)
    who = ActorId(found.actor_id)
    if found.kind == IMPORTING:
        return 1, admit_next(database, who, ImportId(found.subject))
    assert found.kind == DRAFTING  # the only other kind that is asked for
    drafted = 0
    while drafted < DRAFTS and draft_next(database, who, engagement) is not None:
        drafted += 1
    return drafted, drafted == DRAFTS
