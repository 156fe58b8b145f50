"""Sharing, opening and downloading: nobody gets a document's content but against an event.

The event comes first; its number is what content is given out against, for a while. Many such
requests at once are answered by one statement, `record_accesses`, which asks of each by itself who
it is and what it may see, under row-level security.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from outwork import access, ledger
from outwork.access import AtAnyStage, Membership, Session
from outwork.documents import events, queries, store
from outwork.documents.model import READERS, Document, Ground, ground
from outwork.operation import Caller, Grouped, Operation, act
from outwork.vocabulary import (
    ActorId,
    BadInput,
    DocumentId,
    EngagementId,
    NotFound,
    Refusal,
    Role,
)

GIVEN_OUT_FOR = timedelta(minutes=15)
MANAGERS = [Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER]


@dataclass(frozen=True, slots=True)
class Access:
    """An event of sharing, opening or downloading, by its number, which its receipt goes by."""

    engagement: EngagementId
    event: int


@act(roles=MANAGERS, records=[events.DocumentShared])
def share_document(
    op: Operation, document: DocumentId, subject: ActorId, until: datetime | None = None
) -> Access:
    """Let a member open and download a document, until an instant where one is given."""
    found = queries.document(op.db, document)
    op.require(AtAnyStage(found.engagement_id))
    member = access.membership(op.db, found.engagement_id, subject)
    if member is None or not member.live(op.now) or not member.roles - {Role.BIDDER}:
        raise NotFound("member", subject)
    if until is not None and until <= op.now:
        raise BadInput("share-expired")
    row = {"shared_by": op.actor.id, "shared_at": op.now, "until": until}
    op.db.execute(
        insert(store.share_table)
        .values(engagement_id=found.engagement_id, document_id=found.id, actor_id=subject, **row)
        .on_conflict_do_update(index_elements=["document_id", "actor_id"], set_=row)
    )
    number = op.record(
        events.DocumentShared(
            engagement=found.engagement_id,
            document=found.id,
            subject=member.pseudonym,
            until=until,
        )
    )
    return Access(found.engagement_id, number)


@act(roles=READERS, records=[events.DocumentOpened])
def open_document(op: Operation, document: DocumentId) -> Access:
    """Record that one opens a document; its text is given out against that."""
    found, why = _allowed(op, document)
    number = op.record(
        events.DocumentOpened(engagement=found.engagement_id, document=found.id, ground=why)
    )
    return Access(found.engagement_id, number)


@act(roles=READERS, records=[events.DocumentDownloaded])
def download_document(op: Operation, document: DocumentId) -> Access:
    """Record that one downloads a document; the file is given out against that."""
    found, why = _allowed(op, document)
    number = op.record(
        events.DocumentDownloaded(engagement=found.engagement_id, document=found.id, ground=why)
    )
    return Access(found.engagement_id, number)


def _allowed(op: Operation, document: DocumentId) -> tuple[Document, Ground]:
    """The document and why the actor may have it; NotFound where it need not know of it."""
    found = queries.document(op.db, document)
    op.require(AtAnyStage(found.engagement_id))
    member = access.membership(op.db, found.engagement_id, op.actor.id)
    assert member is not None  # it was required
    why = ground(member.roles, found.audience, shared=_shared_with(op, found, member))
    if why is None:
        raise NotFound("document", document)
    return found, why


def _shared_with(op: Operation, document: Document, member: Membership) -> bool:
    table = store.share_table.c
    query = sa.select(table.until).where(
        table.document_id == document.id, table.actor_id == member.actor_id
    )
    row = op.db.execute(query).first()
    return row is not None and (row.until is None or row.until > op.now)


def given_out(op: Operation, document: DocumentId, event: int) -> tuple[Document, bytes]:
    """A document's content, against the actor's own event of opening or downloading it.

    Opening gives the text in UTF-8, downloading the bytes as they were received. Raises NotFound
    for any other event, and Refusal("access-lapsed") a quarter of an hour after it.
    """
    found = queries.document(op.db, document)
    member = access.membership(op.db, found.engagement_id, op.actor.id)
    entry = ledger.event_entry(op.db, found.engagement_id, event)
    if member is None or (entry.actor, entry.public.get("document")) != (
        member.pseudonym,
        document,
    ):
        raise NotFound("event", str(event))
    if not member.live(op.now) or entry.at + GIVEN_OUT_FOR <= op.now:
        raise Refusal("access-lapsed", minutes=GIVEN_OUT_FOR.seconds // 60)
    if entry.kind == events.DocumentOpened.kind:
        return found, queries.source(op.db, document).text.encode("utf-8", "surrogatepass")
    if entry.kind == events.DocumentDownloaded.kind:
        return found, queries.content(op.db, document)
    raise NotFound("event", str(event))


# --- many at once ------------------------------------------------------------------------------

# Text, because everything of a request but its instants is.
STATEMENT = (
    f"select engagement, event from {store.RECORD_ACCESSES}"  # noqa: S608  (our own name)
    "(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::boolean[])"
).encode()


def _call(verb: str) -> Any:
    def call(
        caller: Caller,
        document: DocumentId,
        subject: ActorId | None = None,
        until: datetime | None = None,
        wake: bool = False,
    ) -> Sequence[Any]:
        actor, session = (None, caller.digest) if isinstance(caller, Session) else (caller, None)
        return verb, actor, session, document, subject, until, wake

    return call


def _result(row: Sequence[Any]) -> Access | None:
    return None if row[1] is None else Access(EngagementId(row[0]), row[1])


for _act, _verb in (
    (share_document, "share"), (open_document, "open"), (download_document, "download"),
):  # fmt: skip
    _act.grouped = Grouped(STATEMENT, _call(_verb), _result)
