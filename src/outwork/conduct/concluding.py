"""Delivery, acceptance, invoice, lessons, close and bundle."""

from __future__ import annotations

import json

from outwork import documents, ledger
from outwork.conduct.casting import (
    delivery_manager,
)
from outwork.conduct.state import Run
from outwork.stages import (
    acceptance,
    assurance,
)
from outwork.vocabulary import (
    EngagementId,
    Role,
    Stage,
    WorkOrderId,
)


def acceptance_(run: Run) -> None:
    """Deliver, accept, invoice, learn, close."""
    engagement = EngagementId(run.saved.engagement)
    with run.looking() as db:
        order, now = run.order(db), run.engagement(db)
        delivery = acceptance.delivery_of(db, order)
        invoiced = acceptance.invoice_of(db, order) is not None
        proposed = {(c.clause, c.text): c for c in acceptance.proposed_changes(db, engagement)}
    manager = delivery_manager(run)
    if order.stage is Stage.ACCEPTANCE:
        if delivery is None or delivery.round != order.round:  # the one before was returned
            with run.acting(manager) as op:
                acceptance.deliver(op, order.id)
        if not invoiced:
            _accept_and_invoice(run, order.id)
        with run.acting(manager) as op:
            acceptance.close_order(op, order.id)
    if now.stage is Stage.CLOSED:
        return
    for part in run.file.feedback:
        known = proposed.get((part.clause, part.text))
        if known is not None and known.accepted is not None:
            continue
        if known is None:
            with run.acting(part.by) as op:
                change = acceptance.propose_change(
                    op, engagement, part.clause, part.text, part.because
                )
        else:
            change = known.id
        decider = run.needs(part.decided_by, Role.VENDOR_MANAGER, "decide-change", "acceptance")
        with run.acting(decider) as op:
            acceptance.decide_change(op, change, part.accepted)
    closer = run.needs(run.file.decisions.closes, Role.VENDOR_MANAGER, "close", "acceptance")
    with run.acting(closer) as op:
        acceptance.close_engagement(op, engagement)
    run.integrate()


def _accept_and_invoice(run: Run, order: WorkOrderId) -> None:
    with run.looking() as db:
        delivery = acceptance.delivery_of(db, run.order(db))
    if delivery is None or delivery.state.value != "accepted":
        signer = run.needs(
            run.file.decisions.accepts, Role.VENDOR_MANAGER, "accept-delivery", "acceptance"
        )
        name, password = run.signature(signer, "accept-delivery", "acceptance")
        with run.acting(signer) as op:
            acceptance.accept_delivery(op, order, name, password)
    with run.acting(delivery_manager(run)) as op:
        acceptance.issue_invoice(op, order)


def bundle_(run: Run) -> None:
    """Leave deliverable, certificate, bundle and the policy file that authenticates it."""
    run.integrate()
    run.cover()
    engagement = EngagementId(run.saved.engagement)
    with run.looking() as db:
        order = run.order(db)
        delivery, certificate = (
            acceptance.delivery_of(db, order),
            assurance.certificate_of(db, order),
        )
        folder = run.out / "deliverable"
        folder.mkdir(exist_ok=True)
        for file in delivery.files if delivery else ():
            (folder / file.name).write_bytes(documents.content(db, file.document_id))
        if certificate is not None:
            run.saved.figures = dict(certificate.figures)
            text = json.dumps(certificate.figures, indent=2)
            (run.out / "certificate.json").write_text(text, encoding="utf-8")
        target = run.out / "bundle.zip.new"
        with target.open("wb") as file_:
            acceptance.export_bundle(db, engagement, file_)
        target.replace(run.out / "bundle.zip")
        policy = ledger.witnessing.policy(db, engagement)
        (run.out / "policy.txt").write_text(policy, encoding="utf-8")
