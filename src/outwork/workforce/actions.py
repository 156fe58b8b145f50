"""Stating what somebody brings; raising and lifting information barriers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import AwareDatetime

from outwork import access
from outwork.access import INSTALLATION
from outwork.operation import Operation, act
from outwork.vocabulary import ActorId, BadInput, PartyId, Refusal
from outwork.workforce import events, queries, store
from outwork.workforce.model import Qualification, clearance_level, codes, with_broader

LARGEST_REASON = 2_000


@act(administrator=True, records=[events.Qualified])
def qualify(
    op: Operation,
    actor: ActorId,
    skills: Sequence[str] = (),
    languages: Sequence[str] = (),
    clearance: int = 0,
    credentials: dict[str, AwareDatetime] | None = None,
) -> None:
    """State the skills, languages, clearance and credentials of a person or agent anew."""
    op.require()
    before = queries.qualification(op.db, access.actor(op.db, actor).id)
    held = credentials or {}
    codes(held.keys(), "credentials")
    made = Qualification(
        actor_id=actor,
        skills=with_broader(codes(skills, "skills")),
        languages=codes(languages, "languages"),
        clearance=clearance_level(clearance),
        credentials=held,
        barred=before.barred,
    )
    store.set_qualification(op.db, made)
    op.record(
        events.Qualified(
            engagement=INSTALLATION,
            subject=actor,
            clearance=clearance,
            skills=tuple(sorted(made.skills)),
            languages=tuple(sorted(made.languages)),
            credentials={code: until.isoformat() for code, until in held.items()},
        )
    )


@act(administrator=True, records=[events.BarrierRaised])
def bar(op: Operation, actor: ActorId, party: PartyId, reason: str) -> None:
    """Bar a person or agent from working for or against an organisation."""
    op.require()
    before = _before(op, actor, party, reason)
    if party in before.barred:
        raise Refusal("already-barred")
    store.set_qualification(op.db, replace(before, barred=before.barred | {party}))
    op.record(
        events.BarrierRaised(engagement=INSTALLATION, subject=actor, party=party, reason=reason)
    )


@act(administrator=True, records=[events.BarrierLifted])
def lift_barrier(op: Operation, actor: ActorId, party: PartyId, reason: str) -> None:
    """Let a person or agent work for or against an organisation again."""
    op.require()
    before = _before(op, actor, party, reason)
    if party not in before.barred:
        raise Refusal("not-barred")
    store.set_qualification(op.db, replace(before, barred=before.barred - {party}))
    op.record(
        events.BarrierLifted(engagement=INSTALLATION, subject=actor, party=party, reason=reason)
    )


def _before(op: Operation, actor: ActorId, party: PartyId, reason: str) -> Qualification:
    """What the actor brings; raises NotFound and BadInput for what is not there or not said."""
    if not reason.strip():
        raise BadInput("reason-empty")
    if len(reason) > LARGEST_REASON:
        raise BadInput("reason-too-long", most=LARGEST_REASON)
    access.party(op.db, party)
    return queries.qualification(op.db, access.actor(op.db, actor).id)
