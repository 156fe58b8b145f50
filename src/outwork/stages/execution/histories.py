"""Reading what became of an item: reviews, reworks, disputes, escalations, effort."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from outwork import documents
from outwork.agreements import WorkOrder
from outwork.kit.database import Connection
from outwork.stages import setup
from outwork.stages.execution import queries, store
from outwork.stages.execution.ladder import (
    Comparison,
    Dispute,
    DisputeState,
    EffortClaim,
    Escalation,
    EscalationState,
    Review,
    Rework,
    levels_due,
)
from outwork.vocabulary import (
    ActorId,
    Answer,
    AssignmentId,
    EngagementId,
    EscalationId,
    ItemId,
    PauseId,
    Purpose,
    SubmissionId,
)

MOST_SHOWN = 200  # of a list on one page


def review_levels(db: Connection, order: WorkOrder, item: ItemId) -> tuple[int, ...]:
    """The review levels that an item passes, by every time an analyst handed it in."""
    plan = setup.review_plan(db, order.line_id)
    if plan is None or not plan.shares:
        return ()
    seed = store.seed_table.c
    committed = (
        sa.select(seed.commitment)
        .where(seed.work_order_id == order.id, seed.round == 1)
        .order_by(seed.side)
    )
    made, asked = store.submission_table.c, store.assignment_table.c
    handed_in = (
        sa.select(made.id)
        .join(store.assignment_table, asked.id == made.assignment_id)
        .where(made.item_id == item, asked.purpose == Purpose.PRODUCE.value, asked.level > 0)
        .order_by(made.id)
    )
    return levels_due(
        list(db.execute(committed).scalars()),
        [str(share) for share in plan.shares],
        item,
        list(db.execute(handed_in).scalars()),
    )


def reviews_of(db: Connection, item: ItemId) -> list[Review]:
    """The reviews of an item, oldest first."""
    table = store.review_table.c
    return store.reviews.find(db, table.item_id == item, order=table.at)


def review_of(db: Connection, assignment: AssignmentId) -> Review | None:
    """The decision that closed a review, or None."""
    return store.reviews.one(db, store.review_table.c.assignment_id == assignment)


def review_note(db: Connection, review: Review) -> str:
    """What a reviewer wrote."""
    context = f"{review.assignment_id}/review"
    return str(documents.unseal(db, review.engagement_id, review.note, context))


def rework_of(db: Connection, assignment: AssignmentId) -> Rework | None:
    """Why an assignment is a rework and whose judgment that was, or None where it is none."""
    return store.reworks.one(db, store.rework_table.c.assignment_id == assignment)


def dispute_of(db: Connection, rework: AssignmentId) -> Dispute | None:
    """The dispute of a rework, or None."""
    return store.disputes.one(db, store.dispute_table.c.assignment_id == rework)


def dispute_by_rescore(db: Connection, rescore: AssignmentId) -> Dispute | None:
    """The dispute that an assignment scores again, or None."""
    return store.disputes.one(db, store.dispute_table.c.rescore_id == rescore)


def disputes_of(db: Connection, engagement: EngagementId) -> list[Dispute]:
    """The disputes of an engagement, oldest first."""
    return store.disputes.find(db, store.dispute_table.c.engagement_id == engagement)


def dispute_reason(db: Connection, dispute: Dispute) -> str:
    """Why an author contests a rework."""
    return str(documents.unseal(db, dispute.engagement_id, dispute.reason, f"{dispute.id}/reason"))


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody's work was judged in an engagement, once disputes are decided.

    `returned` of one's items count only reworks that stand; `overruled` are returns and defects of
    one's own that an independent re-score did not bear out, of `judged` in all.
    """

    returned: int
    overturned: int
    open: int
    judged: int
    overruled: int


def standing_of(db: Connection, engagement: EngagementId, actor: ActorId) -> Standing:
    """The corrected figures of an analyst and reviewer."""
    made = store.submission_table.c
    mine = sa.select(made.item_id).where(
        made.author_id == actor, made.engagement_id == engagement,
        made.purpose == Purpose.PRODUCE.value,
    )  # fmt: skip
    table = store.rework_table.c
    reworks = store.reworks.find(db, table.engagement_id == engagement, table.item_id.in_(mine))
    judged = store.reworks.find(db, table.engagement_id == engagement, table.ordered_by == actor)
    decided = {d.assignment_id: d.state for d in disputes_of(db, engagement)}
    states = [decided.get(r.assignment_id) for r in reworks]
    overruled = [r for r in judged if decided.get(r.assignment_id) is DisputeState.OVERTURNED]
    return Standing(
        returned=len(states) - states.count(DisputeState.OVERTURNED),
        overturned=states.count(DisputeState.OVERTURNED),
        open=states.count(DisputeState.OPEN),
        judged=len(judged),
        overruled=len(overruled),
    )


def answered_at(db: Connection, item: ItemId) -> datetime:
    """When the answers of an item that stand were handed in."""
    made = store.submission_table.c
    found = store.submissions.one(db, made.item_id == item, made.purpose.in_(queries.ANSWERING))
    assert found is not None  # it was handed in
    return found.at


def answered_first(db: Connection, item: ItemId) -> SubmissionId:
    """The submission whose item was drawn to be answered a second time."""
    made = store.submission_table.c
    found = store.submissions.one(db, made.item_id == item, made.purpose == Purpose.PRODUCE.value)
    assert found is not None  # it was handed in before
    return found.id


def draft_of(db: Connection, item: ItemId) -> dict[str, Answer]:
    """What an agent drafted of an item, by question: all that somebody begins from unawares."""
    made, asked = store.submission_table.c, store.assignment_table.c
    drafts = sa.select(asked.id).where(asked.item_id == item, asked.level == 0)
    found = store.submissions.one(db, made.item_id == item, made.assignment_id.in_(drafts))
    return {} if found is None else {a.question: a for a in queries.answers_of(db, found.id)}


def comparison_of(db: Connection, item: ItemId) -> Comparison | None:
    """How an item's two answers compare, or None where one person answered it."""
    return store.comparisons.one(db, store.comparison_table.c.item_id == item)


def comparison_by_adjudication(db: Connection, assignment: AssignmentId) -> Comparison | None:
    """The comparison that an assignment decides, or None."""
    table = store.comparison_table.c
    return store.comparisons.one(db, table.adjudication_id == assignment)


def comparisons_of(db: Connection, engagement: EngagementId) -> list[Comparison]:
    """The items of an engagement that two people answered."""
    return store.comparisons.find(db, store.comparison_table.c.engagement_id == engagement)


def ruling_reasons(db: Connection, found: Comparison) -> dict[str, str]:
    """Why an adjudicator decided so, by question; empty until somebody has."""
    if found.decided_at is None:
        return {}
    context = f"{found.item_id}/rulings"
    return dict(documents.unseal(db, found.engagement_id, found.reasons, context))


def escalation(db: Connection, identifier: EscalationId, *, lock: bool = False) -> Escalation:
    """The escalation of that id; raises NotFound."""
    return store.escalations.get(db, identifier, lock=lock)


def question_stands(db: Connection, pause: PauseId) -> bool:
    """Whether a pause stands for a question that nobody has answered yet."""
    table = store.escalation_table.c
    open_ = table.state == EscalationState.OPEN.value
    return store.escalations.one(db, table.pause_id == pause, open_) is not None


def open_escalations(db: Connection, engagement: EngagementId) -> int:
    """How many questions wait for the client's side."""
    table = store.escalation_table.c
    waiting = table.state == EscalationState.OPEN.value
    query = sa.select(sa.func.count()).where(table.engagement_id == engagement, waiting)
    return int(db.execute(query).scalar_one())


@dataclass(frozen=True, slots=True)
class Done:
    """What somebody handed in of an item: by which assignment, when, the seconds measured."""

    assignment_id: AssignmentId
    item_id: ItemId
    item: str
    purpose: Purpose
    at: datetime
    seconds: int


_DONE = sa.text("""
    select a.id, a.item_id, i.name, a.purpose, d.at, d.seconds
    from (
      select s.assignment_id, s.at, s.seconds from submission s
      where s.author_id = :actor and s.engagement_id = :engagement
      union all
      select r.assignment_id, r.at, r.seconds from review r
      where r.reviewer = :actor and r.engagement_id = :engagement and r.verdict <> 'corrected'
      union all
      select x.rescore_id, x.decided_at, x.seconds from dispute x
      where x.decided_by = :actor and x.engagement_id = :engagement
    ) d join assignment a on a.id = d.assignment_id join work_item i on i.id = a.item_id
    where a.purpose <> 'certify'
    order by d.at desc limit :limit
""")


def done_by(db: Connection, engagement: EngagementId, actor: ActorId) -> list[Done]:
    """What an actor handed in of an engagement, newest first."""
    given = {"actor": actor, "engagement": engagement, "limit": MOST_SHOWN}
    rows = db.execute(_DONE, given)
    return [Done(r.id, r.item_id, r.name, Purpose(r.purpose), r.at, r.seconds) for r in rows]


def reworks_of(db: Connection, engagement: EngagementId, actor: ActorId) -> list[Rework]:
    """Reworks of items that an actor answered, newest first."""
    made, table = store.submission_table.c, store.rework_table.c
    mine = sa.select(made.item_id).where(
        made.author_id == actor, made.purpose == Purpose.PRODUCE.value
    )
    return store.reworks.find(
        db, table.engagement_id == engagement, table.item_id.in_(mine),
        order=table.ordered_at.desc(), limit=MOST_SHOWN,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """An escalation with its words, opened; `answer` is empty until there is one."""

    escalation: Escalation
    text: str
    answer: str


def known(
    db: Connection, engagement: EngagementId, words: str = "", *, item: ItemId | None = None
) -> list[Known]:
    """Escalations of an engagement, or of one item, newest first.

    With words, those whose question, clause, text or answer hold all of them, in any case.
    """
    table = store.escalation_table.c
    where = [table.engagement_id == engagement] + ([table.item_id == item] if item else [])
    found = store.escalations.find(db, *where, order=table.id.desc())
    opened = [_opened(db, one) for one in found]
    wanted = words.casefold().split()
    if not wanted:
        return opened[:MOST_SHOWN]
    return [k for k in opened if all(w in _haystack(k) for w in wanted)][:MOST_SHOWN]


def waiting_for_answers(db: Connection, actor: ActorId) -> list[Known]:
    """What somebody asked the client's side and nobody has answered, oldest first."""
    table = store.escalation_table.c
    found = store.escalations.find(
        db, table.asked_by == actor, table.state == EscalationState.OPEN.value, limit=MOST_SHOWN
    )
    return [_opened(db, one) for one in found]


def _haystack(found: Known) -> str:
    told = found.escalation
    return f"{told.question} {told.clause} {found.text} {found.answer}".casefold()


def _opened(db: Connection, found: Escalation) -> Known:
    def words(sealed: bytes, name: str) -> str:
        return str(documents.unseal(db, found.engagement_id, sealed, f"{found.id}/{name}"))

    answered = found.state is EscalationState.ANSWERED
    return Known(
        found, words(found.text, "text"), words(found.answer, "answer") if answered else ""
    )


def measured(db: Connection, assignment: AssignmentId) -> tuple[ActorId, int] | None:
    """Whose work an assignment was and how many seconds were measured; None until it is done."""
    made = queries.submission_of(db, assignment)
    if made is not None:
        return made.author_id, made.seconds
    reviewed = review_of(db, assignment)
    if reviewed is not None:
        return reviewed.reviewer, reviewed.seconds
    scored = dispute_by_rescore(db, assignment)
    if scored is None or scored.decided_by is None:
        return None
    return scored.decided_by, scored.seconds


def effort_claim(db: Connection, assignment: AssignmentId) -> EffortClaim | None:
    """What somebody claims of their effort on an assignment, or None."""
    return store.efforts.one(db, store.effort_table.c.assignment_id == assignment)


def effort_claims(db: Connection, engagement: EngagementId) -> list[EffortClaim]:
    """Every contested effort of an engagement, oldest first."""
    table = store.effort_table.c
    return store.efforts.find(db, table.engagement_id == engagement, order=table.at)


def effort_reason(db: Connection, claim: EffortClaim) -> str:
    """Why somebody contests a measured effort."""
    context = f"{claim.assignment_id}/effort"
    return str(documents.unseal(db, claim.engagement_id, claim.reason, context))
