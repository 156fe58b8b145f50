"""Handing in answers: checked, stored as they will stay, and scored where they certify."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from outwork import agreements, ledger, practices
from outwork.access import Membership, Session
from outwork.kit.database import Connection, driven, keyring_of
from outwork.kit.ids import Entropy, Ids
from outwork.kit.keyring import Keyring, sealer
from outwork.kit.lane import Steps
from outwork.operation import PLAINLY, Caller, Operation, Plainly, act
from outwork.practices import Case
from outwork.stages import transfer
from outwork.stages.execution import events, queries, statements
from outwork.stages.execution.assigning import member_of, open_assignment, refuse_on_expired_waiver
from outwork.stages.execution.basis import Basis
from outwork.stages.execution.comparing import compare
from outwork.stages.execution.model import (
    CHECKING,
    Assignment,
    AssignmentState,
    after_submission,
    hold_reason,
    score,
    with_origin,
)
from outwork.stages.execution.reserving import WORKING, held_assignment, refuse_if_barred
from outwork.stages.execution.watching import score_control
from outwork.vocabulary import (
    Answer,
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
    roles=[Role.ANALYST, Role.AGENT, Role.REVIEWER],
    stages=WORKING,
    records=[
        events.ItemSubmitted,
        transfer.CertificationScored,
        transfer.ControlScored,
        transfer.WorkerPaused,
        transfer.WorkerReadmitted,
        events.DraftingStopped,
        events.OverlapCompared,
    ],
    always=False,
)
def submit(
    op: Operation,
    assignment: AssignmentId,
    answers: Sequence[Answer],
    seconds: int = 0,
    imported: bool = False,
) -> SubmissionId:
    """Hand in the answers to every question of a reserved item; a repeated call changes nothing."""
    try:
        found, member = held_assignment(op, assignment)
    except Refusal as refused:
        before = _handed_in_before(op, assignment, answers)
        if refused.code != "already-submitted" or before is None:
            raise
        return before
    if found.purpose in CHECKING:
        raise Refusal("wrong-purpose", purpose=found.purpose.value)
    refuse_on_expired_waiver(op, agreements.engagement(op.db, found.engagement_id))
    refuse_if_barred(op, member, found)
    made = complete(op, found, answers, seconds, imported=imported)
    if found.purpose is Purpose.CERTIFY:
        _score_if_finished(op, member, found.round)
    elif found.purpose is Purpose.CONTROL:
        score_control(op, member, found)
    elif found.purpose is Purpose.OVERLAP:
        compare(op, found, made)
    elif found.purpose is not Purpose.CALIBRATE and found.level > 0:
        _inspect_again_if_corrected(op, found)
    return made


@submit.swiftly
def _submit_swiftly(
    keyring: Keyring,
    caller: Caller,
    now: datetime | None,
    assignment: AssignmentId,
    answers: Sequence[Answer],
    seconds: int = 0,
    imported: bool = False,
) -> Steps[SubmissionId | Plainly]:
    actor, session = (None, caller.digest) if isinstance(caller, Session) else (caller, None)
    row = yield statements.READ_BASIS, (actor, session, now, assignment)
    if row is None:
        return PLAINLY
    basis = Basis(row, keyring)
    if not basis.ordinary():
        return PLAINLY
    made, parameters = _prepared(
        basis, answers, seconds, imported, secrets.token_bytes, decided=False
    )
    done = yield statements.WRITE_SUBMISSION, parameters
    return made if done == ("done",) else PLAINLY


def _handed_in_before(
    op: Operation, assignment: AssignmentId, answers: Sequence[Answer]
) -> SubmissionId | None:
    """The actor's own submission with these very answers: a retry whose answer got lost."""
    made = queries.submission_of(op.db, assignment)
    if made is None or made.author_id != op.actor.id:
        return None
    stored = {a.question: _content(a) for a in queries.answers_of(op.db, made.id)}
    return made.id if stored == {a.question: _content(a) for a in answers} else None


def _inspect_again_if_corrected(op: Operation, done: Assignment) -> None:
    """What is corrected after the verdict is inspected again before anything is delivered."""
    assert done.work_order_id is not None  # control items end in certification
    order = agreements.work_order(op.db, done.work_order_id)
    if order.stage is Stage.ASSURANCE:
        item = queries.item(op.db, done.item_id)
        open_assignment(op, item, Purpose.INSPECT, 1, order.round)


def complete(
    op: Operation,
    assignment: Assignment,
    answers: Sequence[Answer],
    seconds: int,
    *,
    imported: bool = False,
) -> SubmissionId:
    """Close a held assignment with a submission; the actor must hold it and not be barred.

    Raises Refusal where the actor does not, and BadInput for answers that cannot stand.
    """
    basis = Basis(_read(op.db, op.actor.id, op.now, assignment.id), keyring_of(op.db), op.db)
    why = hold_reason(basis.assignment, op.actor.id, op.now)
    if why is not None:
        raise Refusal(why, assignment=assignment.id)
    refuse_if_barred(op, member_of(op, assignment.engagement_id), basis.assignment)
    if basis.frozen():
        raise Refusal("under-review")
    made, parameters = _prepared(basis, answers, seconds, imported, op.entropy, decided=True)
    done = driven(op.db).execute(statements.WRITE_SUBMISSION, parameters).fetchone()
    if done != ("done",):  # the caller holds the locks: what the rules saw cannot have changed
        raise RuntimeError(f"{made}: the statement did not do what the rules allow: {done}")
    op.recorded(events.ItemSubmitted)
    return made


def _read(db: Connection, actor: str, at: datetime, assignment: AssignmentId) -> Sequence[Any]:
    statement = statements.READ_BASIS.decode().replace("%s", "{}").format(":a", ":s", ":t", ":i")
    row = db.execute(sa.text(statement), {"a": actor, "s": None, "t": at, "i": assignment}).one()
    return tuple(row)


def _prepared(
    basis: Basis,
    answers: Sequence[Answer],
    seconds: int,
    imported: bool,
    entropy: Entropy,
    *,
    decided: bool,
) -> tuple[SubmissionId, tuple[Any, ...]]:
    """Hold answers to the rules; gives the submission's id and what its statement takes."""
    found, item = basis.assignment, basis.item
    service = practices.service(item.service)
    source = basis.source()
    practices.check_answers(service, source, answers)
    for answer in answers:
        _refuse_uncanonical(answer)
    before = basis.before()
    stored = [with_origin(a, before.get(a.question), basis.by_agent, imported) for a in answers]
    hints = service.check(Case(source, tuple(stored)))
    ids = Ids(basis.at, entropy)
    made = SubmissionId(ids.next("sub"))
    effort = min(max(0, seconds), practices.LONGEST_EFFORT)
    event = ledger.prepare(_event(basis, made, stored, effort, len(hints)), entropy)
    state, following = after_submission(
        found.purpose, found.level, basis.levels_due(made), basis.answered_again(made)
    )
    parameters = (
        basis.actor, item.engagement_id, basis.at, found.id, decided, basis.latest,
        made, effort,
        Jsonb([{"code": d.code, "question": d.question} for d in hints]),
        *_rows(basis.keyring, item.engagement_id, ids, stored),
        state and state.value, ids.next("asg") if following else None,
        *(following or (None, None, None)),
        basis.event_id, event.kind, event.version, Jsonb(event.public), Jsonb(event.sealed),
        ledger.seal_openings(
            basis.keyring, item.engagement_id, basis.event_id, event.openings or b"{}"
        ),
    )  # fmt: skip
    return made, parameters


def _event(
    basis: Basis, made: SubmissionId, answers: Sequence[Answer], seconds: int, hints: int
) -> events.ItemSubmitted:
    found = basis.assignment
    return events.ItemSubmitted(
        engagement=found.engagement_id,
        assignment=found.id,
        submission=made,
        item=found.item_id,
        purpose=found.purpose,
        level=found.level,
        origins=dict(sorted(Counter(a.origin for a in answers).items())),
        seconds=seconds,
        hints=hints,
        answers={a.question: _content(a) for a in answers},
    )


def _rows(
    keyring: Keyring, engagement: str, ids: Ids, answers: Sequence[Answer]
) -> tuple[Jsonb, bytes]:
    """The answers' rows, and their values and evidence, sealed, one after the other."""
    rows: list[dict[str, Json]] = []
    contents = bytearray()
    seal = sealer(keyring.key(engagement))
    for answer in answers:
        identifier = ids.next("ans")
        plain = json.dumps(_content(answer), ensure_ascii=False, separators=(",", ":"))
        sealed = seal(plain.encode(), f"{identifier}/content")
        rows.append(
            {
                "id": identifier,
                "question": answer.question,
                "origin": answer.origin.value,
                "confidence": answer.confidence,
                "seconds": answer.seconds,
                "revises": answer.revises,
                "first": len(contents) + 1,
                "size": len(sealed),
            }
        )
        contents += sealed
    return Jsonb(rows), bytes(contents)


def _refuse_uncanonical(answer: Answer) -> None:
    """What has no canonical form (not a number, infinity) cannot be committed to in the log."""
    try:
        ledger.canonical.encode(_content(answer))
    except ledger.canonical.CanonicalError as error:
        raise BadInput("value-malformed", question=answer.question, problem=str(error)) from None


def _content(answer: Answer) -> Json:
    evidence = queries.EVIDENCE.dump_python(answer.evidence, mode="json")
    return {"value": answer.value, "evidence": evidence}


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
