"""Defects that the client finds in what was delivered: they escaped author and inspector."""

from __future__ import annotations

from outwork import access, agreements, documents, practices
from outwork.agreements import WorkOrder
from outwork.operation import Operation, act
from outwork.stages import assurance, execution, requirements, transfer
from outwork.stages.acceptance import events, queries, store
from outwork.stages.acceptance.model import DeliveryState, EscapedDefect
from outwork.stages.execution import ItemState
from outwork.vocabulary import (
    ActorId,
    BadInput,
    DefectId,
    ItemId,
    NotFound,
    Refusal,
    Role,
    Severity,
    Stage,
)

LONGEST = 4_000  # characters of a note or a quote


@act(
    roles=[Role.VENDOR_MANAGER, Role.CLIENT_REVIEWER],
    stages=[Stage.ACCEPTANCE, Stage.CLOSED],
    records=[events.EscapeReported],
)
def report_escape(
    op: Operation,
    item: ItemId,
    question: str,
    clause: str,
    severity: Severity,
    note: str,
    quote: str = "",
) -> DefectId:
    """Report a defect in what was delivered; the quote is the place in the source that shows it."""
    found = execution.item(op.db, item)
    if found.work_order_id is None:
        raise NotFound("item", item)
    order = agreements.work_order(op.db, found.work_order_id, lock=True)
    op.require(order)
    # Whose inspectors missed it is counted with their checks.
    agreements.engagement(op.db, order.engagement_id, lock=True)
    delivery = queries.delivery_of(op.db, order)
    given = delivery is not None and delivery.state is not DeliveryState.RETURNED
    if not given or found.state is not ItemState.SUBMITTED:
        raise Refusal("not-delivered")
    _refuse_unclear(op, found, question, clause, note)
    before = queries.escapes(op.db, order.id)
    if any((e.item_id, e.question) == (item, question) for e in before):
        raise Refusal("already-reported")
    place = _place(op, found, quote)
    counted = severity in requirements.line(op.db, order.line_id).sampling.judged
    missed = _missed(op, order, item, question, before) if counted else []
    author = execution.current_answers(op.db, item)[question].author
    assert author is not None  # it was handed in
    assurance.count_missed(op, order.engagement_id, missed)
    made = EscapedDefect(
        engagement_id=order.engagement_id,
        id=DefectId(op.new_id("dft")),
        work_order_id=order.id,
        item_id=item,
        question=question,
        clause=clause,
        severity=severity,
        counted=counted,
        author=author,
        missed_by=tuple(missed),
        content=b"",
        reported_by=op.actor.id,
        reported_at=op.now,
    )
    _keep(op, made, note.strip(), place)
    return made.id


def _missed(
    op: Operation, order: WorkOrder, item: ItemId, question: str, before: list[EscapedDefect]
) -> list[ActorId]:
    """Who passed the answer; an item as a unit was missed once, however much of it is wrong."""
    known = {e.item_id for e in before if e.counted}
    if assurance.whole_items(requirements.line(op.db, order.line_id).unit) and item in known:
        return []
    return assurance.passed_by(op.db, order, item, question)


def _refuse_unclear(
    op: Operation, item: execution.WorkItem, question: str, clause: str, note: str
) -> None:
    if question not in {q.key for q in practices.service(item.service).questions}:
        raise BadInput("unknown-question", question=question)
    if clause not in {c.id for c in transfer.guideline(op.db, item.engagement_id).clauses}:
        raise BadInput("unknown-clause", clause=clause)
    if not note.strip() or len(note) > LONGEST:
        raise BadInput("reason-missing", longest=LONGEST)


def _place(op: Operation, item: execution.WorkItem, quote: str) -> list[object]:
    """Where the quote stands in the source, by code points; nothing without a quote."""
    if not quote.strip():
        return []
    if len(quote) > LONGEST:
        raise BadInput("quote-not-found")
    start = documents.source(op.db, item.document_id).text.find(quote)
    if start < 0:
        raise BadInput("quote-not-found")
    return [{"start": start, "end": start + len(quote), "quote": quote}]


def _keep(op: Operation, made: EscapedDefect, note: str, place: list[object]) -> None:
    content = {"note": note, "evidence": place}
    sealed = documents.seal(op.db, made.engagement_id, content, f"{made.id}/escape")
    store.escapes.add(op.db, made.with_content(sealed))
    members = {m.actor_id: m.pseudonym for m in access.members(op.db, made.engagement_id)}
    op.record(
        events.EscapeReported(
            engagement=made.engagement_id,
            work_order=made.work_order_id,
            defect=made.id,
            item=made.item_id,
            question=made.question,
            clause=made.clause,
            severity=made.severity,
            counted=made.counted,
            author=members[made.author],
            missed_by=tuple(sorted(members[who] for who in made.missed_by)),
            note=note,
            evidence=place,
        )
    )
