"""An item that two people answered, neither knowing of the other: compared, and decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from outwork import agreements, documents, methods, practices
from outwork.operation import Operation
from outwork.practices import Service
from outwork.stages import transfer
from outwork.stages.execution import events, histories, queries, store
from outwork.stages.execution.assigning import climb, open_assignment
from outwork.stages.execution.ladder import Comparison, Ruling
from outwork.stages.execution.model import LARGEST_NOTE, Assignment
from outwork.vocabulary import Answer, BadInput, Purpose, SubmissionId


def compare(op: Operation, done: Assignment, second: SubmissionId) -> None:
    """Hold the second answer against the first: where they differ, somebody else decides."""
    assert done.work_order_id is not None  # only items of a batch are answered twice
    item = queries.item(op.db, done.item_id)
    first = histories.answered_first(op.db, item.id)
    agreed = agreements_of(
        practices.service(item.service),
        queries.answers_of(op.db, first),
        queries.answers_of(op.db, second),
    )
    differing = tuple(question for question, same in agreed.items() if not same)
    order = agreements.work_order(op.db, done.work_order_id)
    opened = open_assignment(op, item, Purpose.ADJUDICATE, 1, order.round) if differing else None
    store.comparisons.add(
        op.db,
        Comparison(
            engagement_id=item.engagement_id,
            item_id=item.id,
            work_order_id=order.id,
            first_id=first,
            second_id=second,
            asked=tuple(agreed),
            differing=differing,
            compared_at=op.now,
            adjudication_id=opened,
        ),
    )
    op.record(
        events.OverlapCompared(
            engagement=item.engagement_id,
            work_order=order.id,
            item=item.id,
            first=first,
            second=second,
            agreed=agreed,
        )
    )
    if not differing:
        climb(op, order, item.id, 0)


def agreements_of(
    service: Service, first: Sequence[Answer], second: Sequence[Answer]
) -> dict[str, bool]:
    """Whether two people say the same, question by question, by the comparator of its kind."""
    theirs = {a.question: a.value for a in second}
    found = {}
    for answer in first:
        asked = service.question(answer.question)
        same = methods.agree(asked.kind.value, answer.value, theirs[asked.key], **asked.settings)
        found[asked.key] = bool(same)
    return found


def settled(op: Operation, found: Comparison, rulings: Sequence[Ruling]) -> list[Answer]:
    """The answers that go on: what both said, and what was decided where they differ.

    Raises BadInput unless every differing question, and no other, is decided once: for one of the
    two or by an answer of its own, by a clause in force and with a reason.
    """
    clauses = {c.id for c in transfer.guideline(op.db, found.engagement_id).clauses}
    if sorted(r.question for r in rulings) != sorted(found.differing):
        raise BadInput("rulings-differ", questions=", ".join(found.differing))
    given = {s: _by_question(op, s) for s in (found.first_id, found.second_id)}
    answers = dict(given[found.first_id])
    for ruling in rulings:
        if ruling.clause not in clauses:
            raise BadInput("unknown-clause", clause=ruling.clause)
        if not ruling.reason.strip():
            raise BadInput("reason-empty", question=ruling.question)
        answers[ruling.question] = _chosen(ruling, given)
    return [replace(a, id=None, author=None, revises=None) for a in answers.values()]


def _by_question(op: Operation, submission: SubmissionId) -> dict[str, Answer]:
    return {a.question: a for a in queries.answers_of(op.db, submission)}


def _chosen(ruling: Ruling, given: Mapping[SubmissionId, Mapping[str, Answer]]) -> Answer:
    if ruling.chosen:
        if ruling.answer is not None or ruling.chosen not in given:
            raise BadInput("ruling-unclear", question=ruling.question)
        return given[SubmissionId(ruling.chosen)][ruling.question]
    if ruling.answer is None or ruling.answer.question != ruling.question:
        raise BadInput("ruling-unclear", question=ruling.question)
    return ruling.answer


def keep(op: Operation, found: Comparison, rulings: Sequence[Ruling]) -> Comparison:
    """Put on file what was decided, by which clauses; reasons sealed."""
    reasons = {r.question: r.reason.strip()[:LARGEST_NOTE] for r in rulings}
    made = replace(
        found,
        chosen={r.question: r.chosen for r in rulings},
        clauses={r.question: r.clause for r in rulings},
        reasons=documents.seal(op.db, found.engagement_id, reasons, f"{found.item_id}/rulings"),
        decided_by=op.actor.id,
        decided_at=op.now,
    )
    store.comparisons.save(op.db, made)
    return made
