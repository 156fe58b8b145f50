"""Reading what became of an item: reviews, reworks, disputes, escalations, effort."""

from __future__ import annotations

import sqlalchemy as sa

from outwork import documents
from outwork.agreements import WorkOrder
from outwork.kit.database import Connection
from outwork.stages import setup
from outwork.stages.execution import store
from outwork.stages.execution.ladder import Review, levels_due
from outwork.vocabulary import AssignmentId, ItemId, Purpose


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
