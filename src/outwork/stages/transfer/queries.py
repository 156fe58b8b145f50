"""Reading guidelines, control items and certifications."""

from __future__ import annotations

from pydantic import TypeAdapter

from outwork import access, documents
from outwork.agreements import Engagement
from outwork.kit.database import Connection
from outwork.stages.transfer import model, store
from outwork.stages.transfer.model import (
    Bar,
    Certification,
    ControlItem,
    ControlResult,
    ControlUse,
    Guideline,
    WorkerPause,
    gate_reasons,
)
from outwork.vocabulary import (
    ActorId,
    Answer,
    Digest,
    EngagementId,
    ItemId,
    LineId,
    NotFound,
    Reason,
    Role,
)

ANSWERS = TypeAdapter(tuple[Answer, ...])


def latest_guideline(db: Connection, engagement: EngagementId) -> Guideline | None:
    """The version in force, or None."""
    table = store.guideline_table.c
    found = store.guidelines.find(
        db, table.engagement_id == engagement, order=table.version.desc(), limit=1
    )
    return found[0] if found else None


def guideline(db: Connection, engagement: EngagementId) -> Guideline:
    """The version in force; raises NotFound."""
    found = latest_guideline(db, engagement)
    if found is None:
        raise NotFound("guideline", engagement)
    return found


def guideline_at(db: Connection, engagement: EngagementId, version: int) -> Guideline:
    """A version of the guideline; raises NotFound."""
    table = store.guideline_table.c
    found = store.guidelines.one(db, table.engagement_id == engagement, table.version == version)
    if found is None:
        raise NotFound("guideline", engagement)
    return found


def bar(db: Connection, engagement: EngagementId) -> Bar | None:
    """The certification bar, or None."""
    return store.bars.one(db, store.bar_table.c.engagement_id == engagement)


def control_item(db: Connection, identifier: ItemId) -> ControlItem:
    """The control item of that id; raises NotFound."""
    return store.control_items.get(db, identifier)


def control_items(
    db: Connection, engagement: EngagementId, use: ControlUse | None = ControlUse.CERTIFICATION
) -> list[ControlItem]:
    """The control items of an engagement that certify, or of another use, or all (None)."""
    table = store.control_item_table.c
    where = [] if use is None else [table.use == use.value]
    return store.control_items.find(db, table.engagement_id == engagement, *where)


def known_answers(db: Connection, item: ControlItem) -> tuple[Answer, ...]:
    """The right answers of a control item."""
    plain = documents.unseal(db, item.engagement_id, item.known, f"{item.id}/known")
    return ANSWERS.validate_python(plain)


def certifications(
    db: Connection, engagement: EngagementId, actor: ActorId | None = None
) -> list[Certification]:
    """Certification results, oldest first, of one actor if told."""
    table = store.certification_table.c
    where = [table.actor_id == actor] if actor else []
    return store.certifications.find(db, table.engagement_id == engagement, *where)


def pause_of(db: Connection, engagement: EngagementId, actor: ActorId) -> WorkerPause | None:
    """The pause that the actor is under, or None."""
    table = store.pause_table.c
    return store.pauses.one(
        db, table.engagement_id == engagement, table.actor_id == actor, table.ended_at.is_(None)
    )


def pauses(db: Connection, engagement: EngagementId) -> list[WorkerPause]:
    """Every pause of an engagement, oldest first."""
    return store.pauses.find(db, store.pause_table.c.engagement_id == engagement)


def control_results(
    db: Connection, engagement: EngagementId, actor: ActorId | None = None
) -> list[ControlResult]:
    """Marks on control items met unawares, oldest first, of one actor if told."""
    table = store.result_table.c
    where = [table.actor_id == actor] if actor else []
    found = store.results.find(db, table.engagement_id == engagement, *where, order=table.at)
    return sorted(found, key=lambda r: (r.at, r.assignment_id, r.question))


def charted(
    db: Connection, engagement: EngagementId, actor: ActorId, line: LineId
) -> list[ControlResult]:
    """The marks that an actor's charts of a line hold: those since the last pause ended."""
    ends = [p.ended_at for p in pauses(db, engagement) if p.actor_id == actor and p.ended_at]
    since = max(ends, default=None)
    return [
        r
        for r in control_results(db, engagement, actor)
        if r.line_id == line and (since is None or r.at > since)
    ]


def barred_reason(db: Connection, engagement: EngagementId, actor: ActorId) -> Reason:
    """Why somebody who is not `certified` is not: paused because of clauses, or no certificate."""
    pause = pause_of(db, engagement, actor)
    if pause is None:
        return Reason("not-certified")
    return Reason("paused", {"clauses": ", ".join(pause.clauses) or "–"}, "work")


def certified(db: Connection, engagement: EngagementId, actor: ActorId) -> bool:
    """Whether the actor's last result under the guideline in force passed, and no pause lasts."""
    if pause_of(db, engagement, actor) is not None:
        return False
    rules = latest_guideline(db, engagement)
    mine = [
        c
        for c in certifications(db, engagement, actor)
        if rules is not None and c.guideline_version == rules.version
    ]
    return bool(mine) and mine[-1].passed


def uncertified(db: Connection, engagement: EngagementId) -> list[tuple[ActorId, str]]:
    """Analysts and agents of the team who are not certified, with their names."""
    team = [
        m
        for m in access.members(db, engagement)
        if m.roles & {Role.ANALYST, Role.AGENT} and not certified(db, engagement, m.actor_id)
    ]
    names = access.actors(db, [m.actor_id for m in team])
    return [(m.actor_id, names[m.actor_id].name) for m in team]


def tollgate_digest(db: Connection, engagement: EngagementId) -> Digest:
    """What a signature at the tollgate is bound to."""
    held = [
        m.pseudonym for m in access.members(db, engagement) if certified(db, engagement, m.actor_id)
    ]
    return model.tollgate_digest(latest_guideline(db, engagement), held)


def gate(db: Connection, engagement: Engagement) -> list[Reason]:
    """What stands between knowledge transfer and operational set-up."""
    roles = {r for m in access.members(db, engagement.id) for r in m.roles}
    return gate_reasons(
        latest_guideline(db, engagement.id),
        bar(db, engagement.id),
        len(control_items(db, engagement.id)),
        uncertified(db, engagement.id),
        Role.ANALYST in roles,
        f"engagements/{engagement.id}/transfer",
    )
