"""One person's work over all engagements: what is held, what can be taken, what was handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from outwork import access, agreements, practices, workforce
from outwork.access import Membership
from outwork.agreements import Engagement
from outwork.kit.paging import Page, key_of, limit_of
from outwork.operation import Operation
from outwork.reporting.telling import as_told
from outwork.stages import assurance, execution, setup, transfer
from outwork.stages.execution import (
    Assignment,
    AssignmentState,
    Deadline,
    ItemState,
    Known,
    WorkItem,
)
from outwork.stages.transfer import Certification
from outwork.vocabulary import AssignmentId, EngagementId, ItemId, Purpose, Reason, Role, Stage


@dataclass(frozen=True, slots=True)
class HeldWork:
    """A reserved item, also one whose reservation has run out and that nobody took since."""

    assignment: Assignment
    item: WorkItem
    engagement: Engagement
    answered: int
    asked: int
    deadline: Deadline | None


@dataclass(frozen=True, slots=True)
class KeptBack:
    """Items that wait but are not in one's queue, and every rule that keeps them out of it."""

    purpose: Purpose
    count: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class WorkQueue:
    """What one may take in an engagement, by purpose, and how many control items one could start.

    `control_items` is 0 unless a certification is open to the actor and not begun. `kept_back`
    waits too, but not for the actor.
    """

    engagement: Engagement
    waiting: Mapping[Purpose, int]
    control_items: int
    kept_back: tuple[KeptBack, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question of one's own that the client's side owes an answer to, and its item."""

    known: Known
    item: WorkItem
    engagement: Engagement


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A submission of one's own; `returned` if its item is in rework again."""

    submission_id: str
    item: str
    engagement: str
    purpose: Purpose
    at: datetime
    seconds: int
    returned: bool


_HELD = sa.text(
    "select id from assignment where actor_id = :actor and state = 'live' order by rank, id"
)

# As execution's claim: open or lapsed, for anyone or for the actor; `own` is what the actor had a
# hand in. What is alike to every rule is counted together.
_WAITING = sa.text("""
    select a.purpose, a.level, o.line_id, coalesce(
      a.purpose in ('inspect', 'review', 'adjudicate', 'overlap')
      and exists (
        select 1 from submission s
        where s.item_id = a.item_id and s.family = :family
          and s.purpose in ('produce', 'overlap', 'control', 'review', 'adjudicate')
        union all
        select 1 from hand_over h where h.item_id = a.item_id and h.family = :family
      ), false) as own, a.not_for = :family as judged, count(*) as waiting
    from assignment a left join work_order o on o.id = a.work_order_id
    where a.engagement_id = :engagement
      and (a.state = 'open' or (a.state = 'live' and a.leased_until <= :now))
      and (a.reserved_for is null or a.reserved_for = :actor)
    group by 1, 2, 3, 4, 5
    order by 1, 2, 3, 4, 5
""")

_OFFERED = sa.text("""
    select count(*) from offer f join assignment a on a.id = f.assignment_id
    where f.engagement_id = :engagement and f.until > :now and f.actor_id <> :actor
      and a.state = 'open' and a.reserved_for = f.actor_id
""")

_HANDED_IN = sa.text("""
    select s.id, i.name, s.engagement_id, s.purpose, s.at, s.seconds, i.state
    from submission s join work_item i on i.id = s.item_id
    where s.author_id = :actor and (cast(:after as text) is null or s.id < :after)
    order by s.id desc
    limit :limit
""")


def held(op: Operation) -> list[HeldWork]:
    """What the actor has reserved, in every engagement."""
    found = op.db.execute(_HELD, {"actor": op.actor.id}).scalars()
    return [_held(op, execution.assignment(op.db, AssignmentId(i))) for i in found]


def _held(op: Operation, assignment: Assignment) -> HeldWork:
    item = execution.item(op.db, assignment.item_id)
    kept = execution.progress(op.db, assignment, op.actor.id) or {}
    settled = [v for v in kept.get("answers", {}).values() if v.get("action") or v.get("verdict")]
    order = assignment.work_order_id
    return HeldWork(
        assignment=replace(assignment, purpose=as_told(assignment.purpose)),
        item=item,
        engagement=agreements.engagement(op.db, assignment.engagement_id),
        answered=len(settled),
        asked=len(practices.service(item.service).questions),
        deadline=execution.deadline_of(op.db, agreements.work_order(op.db, order), op.now, item.id)
        if order
        else None,
    )


def queues(op: Operation) -> list[WorkQueue]:
    """What the actor can take now, one queue an engagement; with what is kept back from it."""
    found = []
    for member in access.memberships_of(op.db, op.actor.id):
        if not member.live(op.now):
            continue
        engagement = agreements.engagement(op.db, member.engagement_id)
        if engagement.stage is Stage.CLOSED:
            continue
        queue = queue_of(op, member, engagement)
        if queue.waiting or queue.control_items or queue.kept_back:
            found.append(queue)
    return found


def queue_of(op: Operation, member: Membership, engagement: Engagement) -> WorkQueue:
    """What a member can take now, and what is kept back and why."""
    family = op.actor.family or member.pseudonym
    certified = transfer.certified(op.db, member.engagement_id, op.actor.id)
    barred = transfer.barred_reason(op.db, member.engagement_id, op.actor.id)
    brings = workforce.qualification(op.db, op.actor.id)
    needs = {n.line_id: n for n in workforce.needs_of(op.db, engagement.id)}
    rows = op.db.execute(
        _WAITING,
        {
            "engagement": member.engagement_id,
            "now": op.now,
            "actor": op.actor.id,
            "family": family,
        },
    )
    held = execution.holds(op.db, op.actor.id, op.now)
    off = setup.why_off_duty(op.db, engagement.id, op.actor.id, held, op.now)
    waiting: dict[Purpose, int] = {}
    kept = []
    for name, level, line, own, judged, count in rows:
        purpose = Purpose(name)
        if (own and purpose is Purpose.OVERLAP) or (judged and purpose is Purpose.INSPECT):
            continue  # nobody learns that somebody else is asked, too
        authors = (family,) if own else ()
        reasons = [
            barred if r.code == "not-certified" else r
            for r in execution.obstacles(
                purpose, level, family, member.roles, certified, authors, family if judged else ""
            )
        ]
        # Control items ask for no skill: they show whether it is there.
        need = None if purpose is Purpose.CERTIFY else needs.get(line)
        reasons += workforce.ineligible(brings, need, engagement.client_id, op.now) + off
        if reasons:
            kept.append(
                KeptBack(as_told(purpose), count, tuple(_named(r, op.actor.name) for r in reasons))
            )
        else:
            shown = as_told(purpose)
            waiting[shown] = waiting.get(shown, 0) + count
    kept += _offered_to_others(op, member, certified)
    return WorkQueue(engagement, waiting, _startable(op, member), tuple(kept))


def _offered_to_others(op: Operation, member: Membership, certified: bool) -> list[KeptBack]:
    """What an analyst could take now were it not kept for colleagues for a while."""
    if Role.ANALYST not in member.roles or not certified:
        return []
    count = op.db.execute(_OFFERED, {"engagement": member.engagement_id, "actor": op.actor.id,
                                     "now": op.now}).scalar_one()  # fmt: skip
    reason = Reason("offered-to-others")
    return [KeptBack(Purpose.PRODUCE, count, (reason,))] if count else []


def _named(reason: Reason, name: str) -> Reason:
    return replace(reason, params={**reason.params, "name": name})


def _startable(op: Operation, member: Membership) -> int:
    engagement, actor = member.engagement_id, op.actor.id
    if transfer.pause_of(op.db, engagement, actor) is not None:
        return 0  # a retraining comes first
    if Role.ANALYST not in member.roles or transfer.certified(op.db, engagement, actor):
        return 0
    unfinished = (AssignmentState.OPEN, AssignmentState.LIVE)
    if any(a.state in unfinished for a in execution.certifying(op.db, engagement, actor)):
        return 0
    return len(transfer.control_items(op.db, engagement))


def own_questions(op: Operation) -> list[OwnQuestion]:
    """What the actor asked the client's side in any engagement and waits for, oldest first."""
    return [
        OwnQuestion(
            found,
            execution.item(op.db, found.escalation.item_id),
            agreements.engagement(op.db, found.escalation.engagement_id),
        )
        for found in execution.waiting_for_answers(op.db, op.actor.id)
    ]


def handed_in(op: Operation, after: str | None = None, limit: int | None = None) -> Page[HandedIn]:
    """The actor's own submissions, newest first."""
    size = limit_of(limit)
    rows = op.db.execute(
        _HANDED_IN,
        {"actor": op.actor.id, "after": str(key_of(after)) if after else None, "limit": size + 1},
    ).all()
    titles = {e: agreements.engagement(op.db, EngagementId(e)).title for e in {r[2] for r in rows}}
    made = [
        HandedIn(
            submission_id=r.id,
            item=r.name,
            engagement=titles[r.engagement_id],
            purpose=as_told(Purpose(r.purpose)),
            at=r.at,
            seconds=r.seconds,
            returned=r.state == ItemState.REWORK.value,
        )
        for r in rows
    ]
    return Page.of(made, size, lambda r: r.submission_id)


def place_in_sample(op: Operation, assignment: Assignment) -> tuple[int, int] | None:
    """Which of how many sampled items an inspection is; None outside the sample."""
    if assignment.work_order_id is None:
        return None
    order = agreements.work_order(op.db, assignment.work_order_id)
    sample = assurance.sample_of(op.db, order)
    items: list[ItemId] = sample.items() if sample else []
    if assignment.item_id not in items:
        return None
    return items.index(assignment.item_id) + 1, len(items)


def certification_result(op: Operation, engagement: EngagementId) -> Certification | None:
    """The actor's newest result, once no control item of its certification is left."""
    mine = execution.certifying(op.db, engagement, op.actor.id)
    if any(a.state is not AssignmentState.DONE for a in mine):
        return None
    found = transfer.certifications(op.db, engagement, op.actor.id)
    return found[-1] if found else None
