"""Measured effort, contested by whose it is and decided by a delivery manager; never a price."""

from __future__ import annotations

from dataclasses import replace

from outwork import agreements, documents, practices
from outwork.operation import Operation, act
from outwork.stages.execution import events, histories, queries, store
from outwork.stages.execution.ladder import EffortClaim
from outwork.stages.execution.model import LARGEST_NOTE
from outwork.vocabulary import AssignmentId, BadInput, Refusal, Role, Stage

HERE = [Stage.EXECUTION]


@act(roles=[Role.ANALYST, Role.REVIEWER], stages=HERE, records=[events.EffortContested])
def contest_effort(op: Operation, assignment: AssignmentId, seconds: int, reason: str) -> None:
    """Say that one's own work on an item took other seconds than measured, and why."""
    found = queries.assignment(op.db, assignment, lock=True)
    op.require(agreements.engagement(op.db, found.engagement_id))
    effort = histories.measured(op.db, assignment)
    if effort is None:
        raise Refusal("not-handed-in")
    author, measured = effort
    if author != op.actor.id:
        raise Refusal("not-yours")
    if histories.effort_claim(op.db, assignment) is not None:
        raise Refusal("effort-contested")
    if not 0 <= seconds <= practices.LONGEST_EFFORT or seconds == measured:
        raise BadInput("effort-outside", measured=measured)
    if not reason.strip():
        raise BadInput("reason-empty")
    reason = reason.strip()[:LARGEST_NOTE]
    store.efforts.add(
        op.db,
        EffortClaim(
            engagement_id=found.engagement_id,
            assignment_id=assignment,
            author=author,
            measured=measured,
            claimed=seconds,
            reason=documents.seal(op.db, found.engagement_id, reason, f"{assignment}/effort"),
            at=op.now,
        ),
    )
    op.record(
        events.EffortContested(
            engagement=found.engagement_id,
            assignment=assignment,
            measured=measured,
            claimed=seconds,
            reason=reason,
        )
    )


@act(roles=[Role.DELIVERY_MANAGER], stages=HERE, records=[events.EffortDecided])
def decide_effort(op: Operation, assignment: AssignmentId, accepted: bool) -> None:
    """Take the seconds that somebody else claims over, or let the measured ones stand."""
    found = queries.assignment(op.db, assignment, lock=True)
    op.require(agreements.engagement(op.db, found.engagement_id))
    claim = histories.effort_claim(op.db, assignment)
    if claim is None:
        raise Refusal("effort-not-contested")
    if claim.accepted is not None:
        raise Refusal("already-decided", state=str(claim.accepted).lower())
    if claim.author == op.actor.id:
        raise Refusal("maker-is-checker", name=op.actor.name)
    store.efforts.save(
        op.db, replace(claim, accepted=accepted, decided_by=op.actor.id, decided_at=op.now)
    )
    op.record(
        events.EffortDecided(
            engagement=found.engagement_id, assignment=assignment, accepted=accepted
        )
    )
