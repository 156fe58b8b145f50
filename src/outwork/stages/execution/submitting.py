"""Handing in answers: checked, stored as they will stay, and scored where they certify."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from outwork import agreements, documents, ledger, practices
from outwork.access import ActorKind, Membership
from outwork.operation import Operation, act
from outwork.practices import Case
from outwork.stages import transfer
from outwork.stages.execution import events, queries, store
from outwork.stages.execution.assigning import (
    member_of,
    open_assignment,
    refuse_on_expired_waiver,
)
from outwork.stages.execution.model import (
    CHECKING,
    Assignment,
    AssignmentState,
    ItemState,
    StoredAnswer,
    Submission,
    WorkItem,
    hold_reason,
    score,
    with_origin,
)
from outwork.stages.execution.reserving import WORKING, held_assignment, refuse_if_barred
from outwork.vocabulary import (
    Answer,
    AnswerId,
    AssignmentId,
    BadInput,
    Json,
    Purpose,
    Refusal,
    Role,
    Stage,
    SubmissionId,
)


@act(
    roles=[Role.ANALYST, Role.AGENT],
    stages=WORKING,
    records=[events.ItemSubmitted, transfer.CertificationScored],
)
def submit(
    op: Operation,
    assignment: AssignmentId,
    answers: Sequence[Answer],
    seconds: int = 0,
    imported: bool = False,
) -> SubmissionId:
    """Hand in the answers to every question of a reserved item."""
    found, member = held_assignment(op, assignment)
    if found.purpose in CHECKING:
        raise Refusal("wrong-purpose", purpose=found.purpose.value)
    refuse_on_expired_waiver(op, agreements.engagement(op.db, found.engagement_id))
    refuse_if_barred(op, member, found)
    made = complete(op, found, answers, seconds, imported=imported)
    item = queries.item(op.db, found.item_id)
    if found.purpose is Purpose.CERTIFY:
        _score_if_finished(op, member, found.round)
    elif found.level == 0:
        store.items.save(op.db, replace(item, state=ItemState.DRAFTED))
        open_assignment(op, item, Purpose.PRODUCE, 1, found.round)
    else:
        store.items.save(op.db, replace(item, state=ItemState.SUBMITTED))
        _inspect_again_if_corrected(op, item, found)
    return made


def _inspect_again_if_corrected(op: Operation, item: WorkItem, done: Assignment) -> None:
    """What is corrected after the verdict is inspected again before anything is delivered."""
    assert done.work_order_id is not None  # control items end in certification
    order = agreements.work_order(op.db, done.work_order_id)
    if order.stage is Stage.ASSURANCE:
        open_assignment(op, item, Purpose.INSPECT, 1, order.round)


def complete(
    op: Operation,
    assignment: Assignment,
    answers: Sequence[Answer],
    seconds: int,
    *,
    imported: bool = False,
) -> SubmissionId:
    """Close a held assignment with a submission; the actor must hold it and not be barred."""
    member = member_of(op, assignment.engagement_id)
    why = hold_reason(assignment, op.actor.id, op.now)
    if why is not None:
        raise Refusal(why, assignment=assignment.id)
    refuse_if_barred(op, member, assignment)
    item = queries.item(op.db, assignment.item_id)
    service = practices.service(item.service)
    source = documents.source(op.db, item.document_id)
    practices.check_answers(service, source, answers)
    for answer in answers:
        _refuse_uncanonical(answer)
    before = (
        {} if assignment.purpose is Purpose.CERTIFY else queries.current_answers(op.db, item.id)
    )
    by_agent = op.actor.kind is ActorKind.AGENT
    stored = [with_origin(a, before.get(a.question), by_agent, imported) for a in answers]
    hints = service.check(Case(source, tuple(stored)))
    made = Submission(
        engagement_id=item.engagement_id,
        id=SubmissionId(op.new_id("sub")),
        item_id=item.id,
        assignment_id=assignment.id,
        author_id=op.actor.id,
        family=queries.families(op.db, op.actor.id, member.pseudonym),
        purpose=assignment.purpose,
        at=op.now,
        seconds=min(max(0, seconds), practices.LONGEST_EFFORT),
        hints=tuple({"code": d.code, "question": d.question} for d in hints),
    )
    store.submissions.add(op.db, made)
    _store_answers(op, made, stored)
    store.assignments.save(op.db, replace(assignment, state=AssignmentState.DONE))
    progress = store.progress_table
    op.db.execute(sa.delete(progress).where(progress.c.assignment_id == assignment.id))
    op.record(
        events.ItemSubmitted(
            engagement=item.engagement_id,
            assignment=assignment.id,
            submission=made.id,
            item=item.id,
            purpose=assignment.purpose,
            level=assignment.level,
            origins=dict(sorted(Counter(a.origin for a in stored).items())),
            seconds=made.seconds,
            hints=len(hints),
            answers={a.question: _content(a) for a in stored},
        )
    )
    return made.id


def _refuse_uncanonical(answer: Answer) -> None:
    """What has no canonical form (not a number, infinity) cannot be committed to in the log."""
    try:
        ledger.canonical.encode(_content(answer))
    except ledger.canonical.CanonicalError as error:
        raise BadInput("value-malformed", question=answer.question, problem=str(error)) from None


def _content(answer: Answer) -> Json:
    evidence = queries.EVIDENCE.dump_python(answer.evidence, mode="json")
    return {"value": answer.value, "evidence": evidence}


def _store_answers(op: Operation, made: Submission, answers: Sequence[Answer]) -> None:
    rows = []
    for answer in answers:
        identifier = AnswerId(op.new_id("ans"))
        sealed = documents.seal(
            op.db, made.engagement_id, _content(answer), f"{identifier}/content"
        )
        rows.append(
            StoredAnswer(
                engagement_id=made.engagement_id,
                id=identifier,
                submission_id=made.id,
                item_id=made.item_id,
                question=answer.question,
                origin=answer.origin,
                confidence=answer.confidence,
                seconds=answer.seconds,
                author_id=made.author_id,
                revises=answer.revises,
                content=sealed,
            )
        )
    store.answers.add(op.db, *rows)


def _score_if_finished(op: Operation, member: Membership, attempt: int) -> None:
    mine = queries.certifying(op.db, member.engagement_id, op.actor.id, attempt)
    if any(a.state is not AssignmentState.DONE for a in mine):
        return
    right = asked = 0
    for done in mine:
        item = queries.item(op.db, done.item_id)
        submission = queries.submission_of(op.db, done.id)
        assert item.control_item_id is not None
        assert submission is not None
        known = transfer.known_answers(op.db, transfer.control_item(op.db, item.control_item_id))
        given = queries.answers_of(op.db, submission.id)
        mine_right, mine_asked = score(practices.service(item.service), given, known)
        right, asked = right + mine_right, asked + mine_asked
    transfer.record_certification(op, member, right, asked)
