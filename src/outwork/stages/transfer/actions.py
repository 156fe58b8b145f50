"""Publishing the guideline, adding control items, certifying, passing the tollgate."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from pydantic import Base64Bytes
from sqlalchemy.dialects.postgresql import insert

from outwork import access, agreements, documents, practices
from outwork.access import ActorKind, Membership
from outwork.operation import Operation, act
from outwork.stages.transfer import events, queries, store
from outwork.stages.transfer.model import (
    CLAUSE_ID,
    Bar,
    Certification,
    ControlItem,
    Guideline,
    clauses_digest,
    decide,
)
from outwork.vocabulary import (
    Answer,
    BadInput,
    Clause,
    EngagementId,
    GuidelineId,
    ItemId,
    Refusal,
    Role,
    Stage,
)

# A guideline and its control items go on growing while work runs.
FROM_HERE_ON = [Stage.TRANSFER, Stage.SETUP, Stage.EXECUTION]


@act(
    roles=[Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER],
    stages=FROM_HERE_ON,
    records=[events.GuidelinePublished],
)
def publish_guideline(op: Operation, engagement: EngagementId, clauses: Sequence[Clause]) -> int:
    """Put a new version of the guideline in force; gives the version."""
    op.require(agreements.engagement(op.db, engagement, lock=True))
    if not clauses or any(not c.text.strip() for c in clauses):
        raise BadInput("clause-empty")
    if len({c.id for c in clauses}) != len(clauses):
        raise BadInput("clause-twice")
    for c in clauses:
        if not CLAUSE_ID.match(c.id):  # it stands in the public log
            raise BadInput("clause-id-malformed", clause=c.id[:100])
    before = queries.latest_guideline(op.db, engagement)
    made = Guideline(
        engagement_id=engagement,
        id=GuidelineId(op.new_id("gdl")),
        version=before.version + 1 if before else 1,
        clauses=tuple(clauses),
        digest=clauses_digest(clauses),
        published_at=op.now,
    )
    store.guidelines.add(op.db, made)
    op.record(
        events.GuidelinePublished(
            engagement=engagement,
            guideline_version=made.version,
            digest=made.digest,
            clauses=tuple(c.id for c in clauses),
        )
    )
    return made.version


@act(roles=[Role.VENDOR_MANAGER], stages=[Stage.TRANSFER], records=[events.BarSet])
def set_bar(
    op: Operation,
    engagement: EngagementId,
    people: Decimal,
    agents: Decimal,
    confidence: Decimal,
    control_items: int,
) -> None:
    """Fix the shares of right answers that people and agents must reach, at what confidence."""
    op.require(agreements.engagement(op.db, engagement))
    made = Bar(engagement, people, agents, confidence, control_items)
    row = {
        "people": made.people,
        "agents": made.agents,
        "confidence": made.confidence,
        "control_items": made.control_items,
    }
    op.db.execute(
        insert(store.bar_table)
        .values(engagement_id=engagement, **row)
        .on_conflict_do_update(index_elements=["engagement_id"], set_=row)
    )
    op.record(
        events.BarSet(
            engagement=engagement,
            people=str(people),
            agents=str(agents),
            confidence=str(confidence),
            control_items=control_items,
        )
    )


@act(
    roles=[Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER, Role.CLIENT_REVIEWER],
    stages=FROM_HERE_ON,
    records=[events.ControlItemAdded],
)
def add_control_item(
    op: Operation,
    engagement: EngagementId,
    service: str,
    name: str,
    content: Base64Bytes,
    known: Sequence[Answer],
) -> ItemId:
    """Add an input whose right answers are known."""
    op.require(agreements.engagement(op.db, engagement))
    asked = {q.key for q in practices.service(service).questions}
    given = [a.question for a in known]
    if set(given) != asked or len(given) != len(asked):
        raise BadInput("known-answers-incomplete", missing=sorted(asked - set(given)))
    source = documents.read(name, content)
    # Held to the same rules as those of an analyst, who could not give them otherwise.
    practices.check_answers(practices.service(service), source, known)
    kept = documents.keep(op, engagement, name, content, source)
    identifier = ItemId(op.new_id("ctl"))
    plain = queries.ANSWERS.dump_python(tuple(known), mode="json")
    sealed = documents.seal(op.db, engagement, plain, f"{identifier}/known")
    store.control_items.add(op.db, ControlItem(engagement, identifier, service, kept.id, sealed))
    op.record(
        events.ControlItemAdded(
            engagement=engagement,
            control_item=identifier,
            service=service,
            digest=kept.digest,
            known={a["question"]: a["value"] for a in plain},
        )
    )
    return identifier


def record_certification(
    op: Operation, member: Membership, right: int, asked: int
) -> Certification:
    """Decide and store an actor's certification under the guideline in force; records it.

    Raises Refusal("no-bar") where none is set.
    """
    bar = queries.bar(op.db, member.engagement_id)
    if bar is None:
        raise Refusal("no-bar")
    rules = queries.guideline(op.db, member.engagement_id)
    agent = access.actor(op.db, member.actor_id).kind is ActorKind.AGENT
    asked_for = bar.agents if agent else bar.people
    lower, passed = decide(right, asked, asked_for, bar.confidence)
    made = Certification(
        engagement_id=member.engagement_id,
        id=op.new_id("crt"),
        actor_id=member.actor_id,
        guideline_version=rules.version,
        right=right,
        asked=asked,
        lower=lower,
        bar=asked_for,
        passed=passed,
        at=op.now,
    )
    store.certifications.add(op.db, made)
    op.record(
        events.CertificationScored(
            engagement=member.engagement_id,
            subject=member.pseudonym,
            guideline_version=rules.version,
            right=right,
            asked=asked,
            lower=str(lower),
            bar=str(asked_for),
            passed=passed,
        )
    )
    return made


@act(roles=[Role.DELIVERY_MANAGER], stages=[Stage.TRANSFER], records=[agreements.StagePassed])
def pass_tollgate(op: Operation, engagement: EngagementId) -> None:
    """Pass to operational set-up once knowledge is transferred and people are certified."""
    found = agreements.engagement(op.db, engagement, lock=True)
    op.require(found)
    agreements.pass_gate(op, Stage.TRANSFER, queries.gate(op.db, found), found)
