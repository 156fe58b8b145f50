"""Delivering, accepting, returning, invoicing, learning, closing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from outwork import access, agreements, documents, ledger, practices
from outwork.agreements import Engagement, WorkOrder, WorkPhase
from outwork.operation import Operation, act
from outwork.practices import Deliverable, RenderedItem
from outwork.stages import assurance, execution, requirements, setup, transfer
from outwork.stages.acceptance import events, queries, store
from outwork.stages.acceptance.model import (
    ACCEPTANCE_MEANING,
    DeliveredFile,
    Delivery,
    DeliveryState,
    Invoice,
    ProposedChange,
    ReturnedItem,
    invoice_lines,
    total,
)
from outwork.stages.execution import ItemState
from outwork.vocabulary import (
    BadInput,
    Digest,
    EngagementId,
    ProposedChangeId,
    Reason,
    Refusal,
    Role,
    Stage,
    WorkOrderId,
)

HERE = [Stage.ACCEPTANCE]
MOST_RETURNED = 1_000  # so that the event fits into an entry of the log


@act(roles=[Role.DELIVERY_MANAGER], stages=HERE, records=[events.Delivered])
def deliver(op: Operation, work_order: WorkOrderId) -> Digest:
    """Render the deliverable from the accepted answers and give it to the client."""
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    before = queries.delivery_of(op.db, order)
    if before is not None and before.round == order.round:
        raise Refusal("already-delivered")
    certificate = assurance.certificate_of(op.db, order)
    assert certificate is not None  # the assurance gate has issued it
    engagement = agreements.engagement(op.db, order.engagement_id)
    items = _rendered_items(op, order)
    service = practices.service(requirements.line(op.db, order.line_id).service)
    rendered = service.render(
        Deliverable(
            title=order.title,
            engagement=engagement.title,
            guideline_version=transfer.guideline(op.db, engagement.id).version,
            items=tuple(items),
            terms=_stated(certificate.figures),
        )
    )
    files = []
    for name, content in sorted(rendered.items()):
        kept = documents.keep(op, engagement.id, name, content, audience=documents.Audience.MEMBERS)
        files.append(DeliveredFile(kept.id, name, kept.digest, kept.size))
    digest = _delivery_digest(files, certificate.digest)
    store.deliveries.add(
        op.db,
        Delivery(
            engagement_id=engagement.id,
            work_order_id=order.id,
            round=order.round,
            files=tuple(files),
            items=len(items),
            certificate_digest=certificate.digest,
            digest=digest,
            state=DeliveryState.DELIVERED,
            delivered_by=op.actor.id,
            delivered_at=op.now,
        ),
    )
    op.record(
        events.Delivered(
            engagement=engagement.id,
            work_order=order.id,
            round=order.round,
            items=len(items),
            files=tuple(events.FileDigest(f.digest, f.size) for f in files),
            certificate=certificate.digest,
            digest=digest,
            names=[f.name for f in files],
        )
    )
    return digest


def _rendered_items(op: Operation, order: WorkOrder) -> list[RenderedItem]:
    found = [i for i in execution.all_items(op.db, order.id) if i.state is ItemState.SUBMITTED]
    names = {
        m.actor_id: access.actor(op.db, m.actor_id).name
        for m in access.members(op.db, order.engagement_id)
    }
    rendered = []
    for item in found:
        answers = execution.current_answers(op.db, item.id)
        authors = dict.fromkeys(s.author_id for s in execution.submissions(op.db, item.id))
        rendered.append(
            RenderedItem(
                name=item.name,
                source=documents.source(op.db, item.document_id),
                answers=tuple(answers.values()),
                authors=tuple(names.get(a, a) for a in authors),
            )
        )
    return rendered


def _stated(figures: dict[str, Any]) -> dict[str, str]:
    """What the delivered files say of their quality: unit, severities, both risks, inspectors."""
    error = figures["inspector_error"]
    seen = f"sensitivity {error['sensitivity_at_least']}, specificity"
    seen += f" {error['specificity_at_least']}"
    return {
        "Unit of inspection": str(figures["unit"]),
        "Units in the batch": str(figures["lot"]),
        "Inspected": str(figures["inspected"]),
        "Severities that make a unit defective": ", ".join(figures["counted_severities"]),
        "Defective": str(figures["defective"]),
        "Accepted with at most": str(figures["acceptance_number"]),
        "Conforming at least": str(figures["conforming_at_least"]),
        "Confidence": str(figures["confidence"]),
        "Consumer's risk": f"{figures['consumer_risk']} at {figures['limiting_quality']} defective",
        "Producer's risk": f"{figures['producer_risk']} at {figures['acceptable_quality']}"
        " defective",
        "Inspector error": f"measured: at least {seen}"
        if error["measured"]
        else f"not measured: assumed {seen}",
        **{
            f"{name.capitalize()} defects by themselves": _stated_class(own)
            for name, own in sorted(figures.get("classes", {}).items())
        },
    }


def _stated_class(own: dict[str, Any]) -> str:
    found = f"{own['defective']} defective, accepted with at most {own['acceptance_number']}"
    proved = f"conforming at least {own['conforming_at_least']} with confidence {own['confidence']}"
    risks = f"consumer's risk {own['consumer_risk']} at {own['limiting_quality']} defective"
    spared = f"producer's risk {own['producer_risk']} at {own['acceptable_quality']}"
    return f"{found}; {proved}; {risks}, {spared}"


def _delivery_digest(files: Sequence[DeliveredFile], certificate: Digest) -> Digest:
    plain = {"certificate": certificate, "files": [f.digest for f in files]}
    return Digest(hashlib.sha256(ledger.canonical.encode(plain)).hexdigest())


@act(
    roles=[Role.VENDOR_MANAGER],
    stages=HERE,
    records=[events.DeliveryAccepted, *agreements.SIGNING],
)
def accept_delivery(op: Operation, work_order: WorkOrderId, name: str, password: SecretStr) -> None:
    """Accept the delivery and its certificate, with a signature bound to both."""
    order, delivery = _waiting(op, work_order)
    engagement = order.engagement_id
    agreements.sign(op, engagement, name, password, ACCEPTANCE_MEANING, delivery.digest)
    store.deliveries.save(op.db, replace(delivery, state=DeliveryState.ACCEPTED))
    op.record(
        events.DeliveryAccepted(
            engagement=order.engagement_id,
            work_order=order.id,
            round=order.round,
            digest=delivery.digest,
        )
    )


def _waiting(op: Operation, work_order: WorkOrderId) -> tuple[WorkOrder, Delivery]:
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    delivery = queries.delivery_of(op.db, order)
    if delivery is None or delivery.round != order.round:
        raise Refusal("not-delivered")
    if delivery.state is not DeliveryState.DELIVERED:
        raise Refusal("already-decided", state=delivery.state.value)
    return order, delivery


@act(
    roles=[Role.VENDOR_MANAGER, Role.CLIENT_REVIEWER],
    stages=HERE,
    records=[events.DeliveryReturned, execution.ReworkOrdered, agreements.StagePassed],
)
def return_delivery(
    op: Operation, work_order: WorkOrderId, reason: str, items: Sequence[ReturnedItem]
) -> None:
    """Send items of a delivery back for rework, each citing a clause; a new round begins."""
    order, delivery = _waiting(op, work_order)
    if not 1 <= len(items) <= MOST_RETURNED:
        raise BadInput("returned-count", most=MOST_RETURNED)
    known = {i.id for i in execution.all_items(op.db, order.id) if i.state is ItemState.SUBMITTED}
    line = requirements.line(op.db, order.line_id)
    asked = {q.key for q in practices.service(line.service).questions}
    clauses = {c.id for c in transfer.guideline(op.db, order.engagement_id).clauses}
    for r in items:
        if r.item not in known:
            raise BadInput("unknown-item", item=r.item)
        if r.clause not in clauses:
            raise BadInput("unknown-clause", clause=r.clause)
        if r.question not in asked:
            raise BadInput("unknown-question", question=r.question)
    if len({r.item for r in items}) != len(items):
        raise BadInput("item-twice")
    store.deliveries.save(op.db, replace(delivery, state=DeliveryState.RETURNED))
    engagement = agreements.engagement(op.db, order.engagement_id)
    op.record(
        events.DeliveryReturned(
            engagement=engagement.id,
            work_order=order.id,
            round=order.round,
            items=tuple(r.item for r in items),
            reason=reason,
        )
    )
    agreements.advance(op, Stage.ACCEPTANCE, Stage.EXECUTION, engagement, order)
    back = agreements.work_order(op.db, order.id)
    order = replace(back, phase=WorkPhase.RELEASED, round=back.round + 1)
    agreements.save_work_order(op, order)
    for r in items:
        execution.order_rework(
            op, order, r.item, r.question, r.clause, r.note, execution.ReworkCause.RETURN
        )


@act(roles=[Role.DELIVERY_MANAGER], stages=HERE, records=[events.Invoiced])
def issue_invoice(op: Operation, work_order: WorkOrderId) -> str:
    """Invoice the accepted units at the rate card's price; gives the number."""
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    delivery = queries.delivery_of(op.db, order)
    if delivery is None or delivery.state is not DeliveryState.ACCEPTED:
        raise Refusal("not-accepted")
    if queries.invoice_of(op.db, order) is not None:
        raise Refusal("already-invoiced")
    engagement = agreements.engagement(op.db, order.engagement_id)
    price = next(r.price for r in setup.rates(op.db, engagement.id) if r.line_id == order.line_id)
    lines = invoice_lines(order.line_id, delivery.items, price)
    terms = agreements.terms_of(op.db, engagement, order)
    number = f"{op.now:%Y}-{len(queries.invoices(op.db, engagement.id)) + 1:04d}"
    made = Invoice(
        engagement_id=engagement.id,
        id=op.new_id("inv"),
        work_order_id=order.id,
        number=number,
        lines=lines,
        total=total(lines),
        issued_at=op.now,
        due_at=op.now + timedelta(days=int(terms.get("payment-days", 30))),
    )
    store.invoices.add(op.db, made)
    op.record(
        events.Invoiced(
            engagement=engagement.id,
            work_order=order.id,
            number=number,
            lines=tuple(
                events.InvoicedLine(x.line_id, x.quantity, x.unit_price, x.amount) for x in lines
            ),
            total=made.total,
        )
    )
    return number


@act(
    roles=[Role.VENDOR_MANAGER, Role.CLIENT_REVIEWER, Role.DELIVERY_MANAGER, Role.REVIEWER],
    stages=[Stage.EXECUTION],
    records=[events.ChangeProposed],
)
def propose_change(
    op: Operation, engagement: EngagementId, clause: str, text: str, because: str
) -> ProposedChangeId:
    """Propose new words for a clause, because of something that was learned."""
    op.require(agreements.engagement(op.db, engagement))
    if clause not in {c.id for c in transfer.guideline(op.db, engagement).clauses}:
        raise BadInput("unknown-clause", clause=clause)
    if not text.strip() or not because.strip():
        raise BadInput("change-incomplete")
    made = ProposedChange(
        engagement_id=engagement,
        id=ProposedChangeId(op.new_id("chg")),
        clause=clause,
        text=text,
        because=because,
        proposed_by=op.actor.id,
        proposed_at=op.now,
    )
    store.changes.add(op.db, made)
    op.record(
        events.ChangeProposed(
            engagement=engagement, change=made.id, clause=clause, text=text, because=because
        )
    )
    return made.id


@act(
    roles=[Role.VENDOR_MANAGER],
    stages=[Stage.EXECUTION],
    records=[events.ChangeDecided, transfer.GuidelinePublished],
)
def decide_change(op: Operation, change: ProposedChangeId, accepted: bool) -> None:
    """Take a proposed change over into a new version of the guideline, or decline it."""
    found = queries.proposed_change(op.db, change)
    engagement = agreements.engagement(op.db, found.engagement_id)
    op.require(engagement)
    if found.accepted is not None:
        raise Refusal("already-decided", state=str(found.accepted).lower())
    store.changes.save(op.db, replace(found, accepted=accepted))
    op.record(events.ChangeDecided(engagement=engagement.id, change=change, accepted=accepted))
    if accepted:
        rules = transfer.guideline(op.db, engagement.id)
        clauses = [
            replace(c, text=found.text) if c.id == found.clause else c for c in rules.clauses
        ]
        transfer.publish_guideline(op, engagement.id, clauses)


@act(
    roles=[Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER],
    stages=HERE,
    records=[agreements.StagePassed],
)
def close_order(op: Operation, work_order: WorkOrderId) -> None:
    """Close a work order that is accepted and invoiced."""
    order = agreements.work_order(op.db, work_order, lock=True)
    op.require(order)
    engagement = agreements.engagement(op.db, order.engagement_id)
    agreements.pass_gate(op, Stage.ACCEPTANCE, queries.gate(op.db, order), engagement, order)


@act(roles=[Role.VENDOR_MANAGER], stages=[Stage.EXECUTION], records=[agreements.StagePassed])
def close_engagement(op: Operation, engagement: EngagementId) -> None:
    """Close an engagement whose work orders are closed and whose lessons are decided."""
    found = agreements.engagement(op.db, engagement, lock=True)
    op.require(found)
    reasons, waived = _left(op, found)
    if reasons:
        raise Refusal("gate-closed", stage=Stage.ACCEPTANCE.value, reasons=reasons)
    for order in agreements.work_orders(op.db, engagement):
        if order.stage is not Stage.CLOSED:  # left behind by a waiver: nobody works on it any more
            execution.withdraw_open(op, order)
            agreements.save_work_order(op, replace(order, stage=Stage.CLOSED))
    agreements.advance(op, Stage.EXECUTION, Stage.CLOSED, found, None, waived)


def _left(op: Operation, engagement: Engagement) -> tuple[list[Reason], list[str]]:
    waivers = agreements.waivers(op.db, engagement.id)
    reasons = queries.closing_gate(op.db, engagement)
    return agreements.remaining(reasons, waivers, Stage.ACCEPTANCE, op.now)
