"""Publishing the guideline, adding control items, certifying, passing the tollgate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal

from pydantic import Base64Bytes, SecretStr
from sqlalchemy.dialects.postgresql import insert

from outwork import access, agreements, documents, practices
from outwork.access import ActorKind, Membership
from outwork.operation import Operation, act
from outwork.stages.transfer import events, queries, store
from outwork.stages.transfer.model import (
    CLAUSE_ID,
    TOLLGATE_MEANING,
    Bar,
    Certification,
    ControlItem,
    ControlResult,
    ControlUse,
    Guideline,
    Mark,
    Stream,
    WorkerPause,
    clauses_digest,
    decide,
    streams,
)
from outwork.vocabulary import (
    Answer,
    AssignmentId,
    BadInput,
    Clause,
    EngagementId,
    GuidelineId,
    ItemId,
    LineId,
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
    use: ControlUse = ControlUse.CERTIFICATION,
) -> ItemId:
    """Add an input whose right answers are known: to certify, to be met unawares, to calibrate."""
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
    store.control_items.add(
        op.db, ControlItem(engagement, identifier, service, kept.id, sealed, use)
    )
    op.record(
        events.ControlItemAdded(
            engagement=engagement,
            control_item=identifier,
            service=service,
            use=use,
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
    pause = queries.pause_of(op.db, member.engagement_id, member.actor_id)
    if passed and pause is not None:
        end_pause(op, member, pause, "certified", "")
    return made


def record_control(
    op: Operation,
    member: Membership,
    line: LineId,
    control: ItemId,
    assignment: AssignmentId,
    marks: Sequence[Mark],
    up: int,
) -> dict[str, Stream]:
    """Put marks on the actor's record and record them; gives the charts of the line after it."""
    engagement = member.engagement_id
    before = queries.control_results(op.db, engagement, member.actor_id)
    repeated = any(r.control_item_id == control for r in before)
    store.results.add(
        op.db,
        *[
            ControlResult(
                engagement_id=engagement,
                assignment_id=assignment,
                question=m.question,
                line_id=line,
                control_item_id=control,
                actor_id=member.actor_id,
                kind=m.kind,
                clause=m.clause,
                right=m.right,
                repeated=repeated,
                at=op.now,
            )
            for m in marks
        ],
    )
    found = streams(queries.charted(op.db, engagement, member.actor_id, line), up)
    op.record(
        events.ControlScored(
            engagement=engagement,
            subject=member.pseudonym,
            line=line,
            assignment=assignment,
            control_item=control,
            repeated=repeated,
            right={m.question: m.right for m in marks},
            kinds={m.question: m.kind for m in marks},
            clauses={m.question: m.clause for m in marks},
            sums={kind: s.sums[-1] for kind, s in found.items()},
        )
    )
    return found


def begin_pause(
    op: Operation,
    member: Membership,
    cause: str,
    kind: str,
    clauses: Collection[str],
    reason: str,
) -> WorkerPause:
    """WorkerPause a member under the guideline in force; records it."""
    made = WorkerPause(
        engagement_id=member.engagement_id,
        id=op.new_id("wps"),
        actor_id=member.actor_id,
        guideline_version=queries.guideline(op.db, member.engagement_id).version,
        cause=cause,
        kind=kind,
        clauses=tuple(sorted(clauses)),
        reason=reason,
        at=op.now,
    )
    store.pauses.add(op.db, made)
    op.record(
        events.WorkerPaused(
            engagement=made.engagement_id,
            subject=member.pseudonym,
            guideline_version=made.guideline_version,
            cause=cause,
            chart=kind,
            clauses=made.clauses,
            reason=reason,
        )
    )
    return made


def begin_retraining(
    op: Operation, member: Membership, pause: WorkerPause, controls: Sequence[ControlItem]
) -> None:
    """Record that a paused member was given these control items."""
    op.record(
        events.RetrainingStarted(
            engagement=member.engagement_id,
            subject=member.pseudonym,
            control_items=tuple(c.id for c in controls),
            clauses=pause.clauses,
        )
    )


def end_pause(op: Operation, member: Membership, pause: WorkerPause, how: str, reason: str) -> None:
    """End a pause; records it."""
    store.pauses.save(op.db, replace(pause, ended_at=op.now, ended_how=how))
    op.record(
        events.WorkerReadmitted(
            engagement=member.engagement_id, subject=member.pseudonym, how=how, reason=reason
        )
    )


@act(
    roles=[Role.DELIVERY_MANAGER],
    stages=[Stage.TRANSFER],
    records=[*agreements.SIGNING, agreements.StagePassed],
)
def pass_tollgate(op: Operation, engagement: EngagementId, name: str, password: SecretStr) -> None:
    """Pass to operational set-up once knowledge is transferred and people are certified."""
    found = agreements.engagement(op.db, engagement, lock=True)
    op.require(found)
    reasons = queries.gate(op.db, found)
    digest = queries.tollgate_digest(op.db, engagement)
    agreements.sign(op, engagement, name, password, TOLLGATE_MEANING, digest)
    agreements.pass_gate(op, Stage.TRANSFER, reasons, found)
