"""Reading guidelines, control items and certifications."""

from __future__ import annotations

from pydantic import TypeAdapter

from outwork import access, documents
from outwork.agreements import Engagement
from outwork.kit.database import Connection
from outwork.stages.transfer import store
from outwork.stages.transfer.model import (
    Bar,
    Certification,
    ControlItem,
    Guideline,
    gate_reasons,
)
from outwork.vocabulary import (
    ActorId,
    Answer,
    EngagementId,
    ItemId,
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


def bar(db: Connection, engagement: EngagementId) -> Bar | None:
    """The certification bar, or None."""
    return store.bars.one(db, store.bar_table.c.engagement_id == engagement)


def control_item(db: Connection, identifier: ItemId) -> ControlItem:
    """The control item of that id; raises NotFound."""
    return store.control_items.get(db, identifier)


def control_items(db: Connection, engagement: EngagementId) -> list[ControlItem]:
    """Every control item of an engagement."""
    return store.control_items.find(db, store.control_item_table.c.engagement_id == engagement)


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


def certified(db: Connection, engagement: EngagementId, actor: ActorId) -> bool:
    """Whether the actor's last result under the guideline in force passed."""
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
