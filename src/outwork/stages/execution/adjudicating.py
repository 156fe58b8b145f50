"""Deciding between two people who answered an item without knowing of each other."""

from __future__ import annotations

from collections.abc import Sequence

from outwork import agreements
from outwork.operation import Operation, act
from outwork.stages.execution import events, histories
from outwork.stages.execution.assigning import climb
from outwork.stages.execution.comparing import keep, settled
from outwork.stages.execution.ladder import Ruling
from outwork.stages.execution.model import LARGEST_NOTE
from outwork.stages.execution.reserving import held_assignment, refuse_if_barred
from outwork.stages.execution.submitting import complete
from outwork.vocabulary import AssignmentId, Purpose, Refusal, Role, Stage


@act(
    roles=[Role.REVIEWER],
    stages=[Stage.EXECUTION],
    records=[events.ItemSubmitted, events.ItemAdjudicated],
)
def adjudicate(
    op: Operation, assignment: AssignmentId, rulings: Sequence[Ruling], seconds: int = 0
) -> None:
    """Decide a reserved item where its two answers differ: each question by a clause, and why."""
    held, member = held_assignment(op, assignment)
    found = histories.comparison_by_adjudication(op.db, assignment)
    if held.purpose is not Purpose.ADJUDICATE or found is None:
        raise Refusal("wrong-purpose", purpose=held.purpose.value)
    refuse_if_barred(op, member, held)
    complete(op, held, settled(op, found, rulings), seconds)
    made = keep(op, found, rulings)
    op.record(
        events.ItemAdjudicated(
            engagement=held.engagement_id,
            assignment=assignment,
            item=held.item_id,
            chosen=made.chosen,
            clauses=made.clauses,
            reasons={r.question: r.reason.strip()[:LARGEST_NOTE] for r in rulings},
        )
    )
    order = agreements.work_order(op.db, found.work_order_id)
    climb(op, order, held.item_id, 0)
