"""Reading agreements, engagements and waivers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from outwork import ledger
from outwork.agreements import events, store
from outwork.agreements.model import (
    Engagement,
    MasterAgreement,
    Signature,
    Waiver,
    WorkOrder,
    effective_terms,
    relied_on,
    remaining,
)
from outwork.kit.database import Connection, alone, together
from outwork.kit.paging import Page, key_of, limit_of
from outwork.vocabulary import (
    ActorId,
    AgreementId,
    EngagementId,
    Json,
    PartyId,
    Reason,
    Stage,
    WorkOrderId,
)


def engagement(db: Connection, identifier: EngagementId, *, lock: bool = False) -> Engagement:
    """The engagement; raises NotFound, also to those who may not know of it.

    `lock` keeps everything in it as it is, claims and submissions included.
    """
    if lock:
        alone(db, identifier)
    return store.engagements.get(db, identifier, lock=lock)


def engagements(
    db: Connection, after: str | None = None, limit: int | None = None
) -> Page[Engagement]:
    """Engagements this transaction may see, newest first."""
    column = store.engagement_table.c.id
    size = limit_of(limit)
    where = [column < str(key_of(after))] if after else []
    rows = store.engagements.find(db, *where, order=column.desc(), limit=size + 1)
    return Page.of(rows, size, lambda e: e.id)


def directory(db: Connection) -> list[EngagementId]:
    """Ids of all engagements, oldest first: for jobs, which see nothing else without them."""
    table = store.directory_table.c
    return [EngagementId(i) for i in db.execute(sa.select(table.id).order_by(table.id)).scalars()]


def work_order(
    db: Connection, identifier: WorkOrderId, *, lock: bool = False, share: bool = False
) -> WorkOrder:
    """The work order; raises NotFound. `share` keeps it as it is while its items change."""
    if lock or share:
        # Before any row, as claims and submissions do: so nobody waits for each other.
        (alone if lock else together)(db, store.work_orders.get(db, identifier).engagement_id)
    return store.work_orders.get(db, identifier, lock=lock, share=share)


def work_orders(db: Connection, engagement: EngagementId) -> list[WorkOrder]:
    """The work orders of an engagement, oldest first."""
    return store.work_orders.find(db, store.work_order_table.c.engagement_id == engagement)


def master_agreement(db: Connection, identifier: AgreementId) -> MasterAgreement:
    """The master agreement; raises NotFound."""
    return store.agreements.get(db, identifier)


def agreement_between(db: Connection, client: PartyId, provider: PartyId) -> MasterAgreement | None:
    """The newest master agreement between two parties."""
    table = store.agreement_table.c
    return store.agreements.one(db, table.client_id == client, table.provider_id == provider)


def terms_of(db: Connection, engagement: Engagement, order: WorkOrder | None) -> dict[str, Json]:
    """Effective terms: master agreement, then engagement, then work order."""
    levels = [engagement.terms] + ([order.terms] if order else [])
    if engagement.agreement_id:
        levels.insert(0, master_agreement(db, engagement.agreement_id).terms)
    return effective_terms(*levels)


def signatures(db: Connection, engagement: EngagementId) -> list[Signature]:
    """Every signature in an engagement, oldest first."""
    return store.signatures.find(db, store.signature_table.c.engagement_id == engagement)


def bound_key(db: Connection, engagement: EngagementId, actor: ActorId) -> str | None:
    """The key with which a person signs in an engagement, in hexadecimal; None before the first."""
    table = store.bound_key_table.c
    found = store.bound_keys.one(db, table.engagement_id == engagement, table.actor_id == actor)
    return None if found is None else found.key


def waivers(db: Connection, engagement: EngagementId) -> list[Waiver]:
    """Every waiver of an engagement, oldest first."""
    return store.waivers.find(db, store.waiver_table.c.engagement_id == engagement)


def open_reasons(
    db: Connection,
    engagement: EngagementId,
    gate: Stage,
    reasons: Sequence[Reason],
    now: datetime,
) -> list[Reason]:
    """What still stands in the way of a gate once live waivers are taken into account."""
    return remaining(reasons, waivers(db, engagement), gate, now)[0]


def expired_waivers(db: Connection, engagement: Engagement, now: datetime) -> list[Waiver]:
    """Countersigned waivers by which a gate was passed, that ran out and were not renewed."""
    found = waivers(db, engagement.id)
    return [
        w
        for w in found
        if w.countersigned_by is not None
        and now >= w.expires_at
        and w.gate.position < engagement.stage.position
        and relied_on(w, _waived(db, engagement.id, w.gate), found, now)
    ]


def _waived(db: Connection, engagement: EngagementId, gate: Stage) -> list[str]:
    """The codes in spite of which the engagement passed a gate, as its log says."""
    passed = ledger.find_entry(
        db, engagement, events.StagePassed.kind, left=gate.value, work_order=None
    )
    return [] if passed is None else list(passed.public["waived"])
