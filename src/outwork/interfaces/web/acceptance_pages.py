"""Stage 7 as a page, and the deliverable as the client sees it."""

from __future__ import annotations

from outwork import ledger, reporting
from outwork.agreements import WorkOrder
from outwork.interfaces.web import class_parts
from outwork.interfaces.web.assurance_pages import defects, figure_of, stated
from outwork.interfaces.web.batch_pages import pager
from outwork.interfaces.web.desk import Context, Desk, choices, field, frame
from outwork.interfaces.web.labels import (
    DELIVERIES,
    SEVERITIES,
    UNITS,
    badge,
    percent,
    shortened,
    state,
    word,
)
from outwork.interfaces.web.readiness_pages import change_state, propose_change
from outwork.interfaces.wording import translate as _
from outwork.kit.database import keyring_of
from outwork.reporting import Closing, Delivered
from outwork.stages.acceptance import Delivery, Invoice
from outwork.vocabulary import Answer, Json, Stage, TextRange

ITEMS_A_PAGE = 1  # with all its questions
RETURNED_AT_ONCE = 3
LONGEST_VALUE, LONGEST_QUOTE = 160, 220


def acceptance(d: Desk) -> Context:
    """Context of the page of stage 7."""
    found = reporting.closing(d.op, d.at)
    order = d.order
    close: list[Context] = []
    if order is not None and order.stage is Stage.ACCEPTANCE:
        close = d.act("acceptance.close_order", "", _("Close the work order"), where=order,
                      hidden={"work_order": order.id})  # fmt: skip
    elif order is not None and order.stage is Stage.CLOSED:
        close = d.act("acceptance.close_engagement", "", _("Close the engagement"),
                      hidden={"engagement": d.id})  # fmt: skip
    return {
        **frame(d, Stage.ACCEPTANCE, close),
        "deliverables": [
            _deliverable(d, o, found.deliveries[o.id])
            for o in d.overview.orders
            if o.id in found.deliveries
        ],
        "invoices": [_invoice(i) for i in found.invoices],
        "changes": [
            {
                "clause": {"text": c.clause, "href": f"{d.base}/transfer#clause-{c.clause}"},
                "words": {"text": c.text, "note": c.because},
                "by": d.name(c.proposed_by),
                "state": change_state(c.accepted),
            }
            for c in found.changes
        ],
        "bundle": _bundle(d, found),
        "exit_plan": [],
        "acts": _acts(d, found),
    }


def _deliverable(d: Desk, order: WorkOrder, delivery: Delivery) -> Context:
    size = sum(f.size for f in delivery.files)
    return {
        "file": {
            "text": order.title,
            "href": f"{d.base}/deliverable/{order.id}",
            "note": _("%(n)s files, %(size)s kB")
            % {"n": len(delivery.files), "size": size // 1000},
        },
        "batch": _("%(items)s items, round %(round)s")
        % {"items": delivery.items, "round": delivery.round},
        "state": state(DELIVERIES, delivery.state.value),
        "deemed": None,
    }


def _invoice(i: Invoice) -> Context:
    lines = "; ".join(
        _("%(n)s items at %(price)s") % {"n": x.quantity, "price": x.unit_price} for x in i.lines
    )
    return {
        "number": i.number,
        "lines": lines,
        "credits": None,
        "total": i.total,
        "state": badge(_("Issued"), "accent"),
    }


def _bundle(d: Desk, found: Closing) -> Context | None:
    if found.checkpoint is None:
        return None
    key = ledger.verifier_key(keyring_of(d.op.db), d.id)
    return {
        "file": {
            "text": "bundle.zip",
            "href": f"{d.base}/bundle.zip",
            "note": _("log, certificates, invoices, deliverables"),
        },
        "digest": found.checkpoint.splitlines()[2],
        "verify": f"echo 'log {key}' > policy.txt && outwork verify bundle.zip --policy policy.txt",
    }


def _acts(d: Desk, found: Closing) -> list[Context]:
    acts: list[Context] = []
    order = d.order
    if order is not None:
        at = {"work_order": order.id}
        delivery = found.deliveries.get(order.id)
        if delivery is None or delivery.round != order.round:
            acts += d.act("acceptance.deliver", _("Deliver"), _("Deliver to the client"),
                          where=order, hidden=at,
                          note=_("It is rendered from the accepted answers."))  # fmt: skip
        else:
            acts += decide(d, order, delivery, found)
            billed = any(i.work_order_id == order.id for i in found.invoices)
            if delivery.state.value == "accepted" and not billed:
                acts += d.act("acceptance.issue_invoice", _("Invoice"), _("Issue the invoice"),
                              where=order, hidden=at,
                              note=_("Accepted items at the agreed price."))  # fmt: skip
    for change in found.changes:
        if change.accepted is None:
            acts += d.act(
                "acceptance.decide_change",
                _("Decide the change of clause %(clause)s") % {"clause": change.clause},
                _("Decide"),
                field("accepted", change.text, "radio",
                      options=choices([("true", _("Take it over into a new version")),
                                       ("false", _("Decline it"))])),
                hidden={"change": change.id},
                note=change.because,
                id=f"decide-{change.id}",
            )  # fmt: skip
    if found.guideline is not None:
        acts += propose_change(d, [c.id for c in found.guideline.clauses])
    return acts


def decide(d: Desk, order: WorkOrder, delivery: Delivery, found: Closing) -> list[Context]:
    """Accept or return a delivery that waits for the client."""
    if delivery.state.value != "delivered":
        return []
    rules = found.guideline
    items = [(i, n) for i, n in reporting.order_items(d.op, order.id)]
    clauses = [(c.id, f"{c.id}: {c.title}") for c in rules.clauses] if rules else []
    empty = [("", "")]
    fields = [field("reason", _("What is wrong on the whole"), "textarea", rows=2)]
    for n in range(RETURNED_AT_ONCE):
        more = {"optional": True} if n else {}
        fields += [
            field(f"items.{n}.item", _("Item"), "select", options=choices(empty + items), **more),
            field(f"items.{n}.question", _("Question"), "select",
                  options=choices(empty + reporting.order_questions(d.op, order)), **more),
            field(f"items.{n}.clause", _("Clause it fails"), "select",
                  options=choices(empty + clauses), **more),
            field(f"items.{n}.note", _("What is wrong"), optional=True),
        ]  # fmt: skip
    at = {"work_order": order.id}
    return [
        *d.act("acceptance.accept_delivery", _("Accept"), _("Accept the delivery"),
               *d.signature(), where=order, hidden=at,
               note=_("The signature is bound to the files and the certificate.")),
        *d.act("acceptance.return_delivery", _("Return"), _("Return the items"), *fields,
               where=order, hidden=at, tone="grave",
               note=_("The items named go to rework, and a new round begins.")),
    ]  # fmt: skip


def _escape(d: Desk, order: WorkOrder, delivery: Delivery, found: Closing) -> list[Context]:
    """Report what the client finds wrong in what was delivered."""
    if delivery.state.value == "returned":
        return []
    rules = found.guideline
    clauses = [(c.id, f"{c.id}: {c.title}") for c in rules.clauses] if rules else []
    items = [(i, n) for i, n in reporting.order_items(d.op, order.id)]
    return d.act(
        "acceptance.report_escape", _("Report a defect found since"), _("Report it"),
        field("item", _("Item"), "select", options=choices(items)),
        field("question", _("Question"), "select",
              options=choices(reporting.order_questions(d.op, order))),
        field("clause", _("Clause it fails"), "select", options=choices(clauses)),
        field("severity", _("Severity"), "select",
              options=choices((s, word(SEVERITIES, s)) for s in ("critical", "major", "minor"))),
        field("note", _("What is wrong"), "textarea", rows=2),
        field("quote", _("The words in the source that show it"), optional=True),
        where=order,
        note=_("It counts against the answer and whoever inspected it; nothing is sent back."),
    )  # fmt: skip


# --- the deliverable --------------------------------------------------------------------------


def deliverable(d: Desk, after: str | None) -> Context:
    """Context of the deliverable's page."""
    found = reporting.delivered(d.op, d.at, after, ITEMS_A_PAGE)
    order = d.order
    assert order is not None  # reporting has found it
    rows = [
        _answer(d, found, name, answer)
        for item, answers in found.items.rows
        for name, answer in [(item.name, a) for a in answers.values()]
    ]
    shown = pager(d.here, len(found.items.rows), found.items.next, found.delivery.items)
    return {
        "engagement": {
            "title": d.overview.engagement.title,
            "href": f"{d.base}/acceptance?order={order.id}",
        },
        "deliverable": {
            "title": order.title,
            "state": state(DELIVERIES, found.delivery.state.value),
            "files": [
                {
                    "text": f.name,
                    "href": f"{d.base}/files/{f.document_id}",
                    "note": _("%(size)s kB") % {"size": max(1, f.size // 1000)},
                }
                for f in found.delivery.files
            ],
        },
        "certificate": _certificate(d, order, found),
        "rows": rows,
        "defects": defects(d, found.sampling),
        "pager": shown,
        "acts": [
            *decide(d, order, found.delivery, reporting.closing(d.op, d.at)),
            *_escape(d, order, found.delivery, reporting.closing(d.op, d.at)),
        ],
    }


def _certificate(d: Desk, order: WorkOrder, found: Delivered) -> Context | None:
    issued = found.sampling.certificate
    if issued is None:
        return None
    f = issued.figures
    return {
        "title": _("Certificate of conformance"),
        "says": stated(issued),
        "figure": figure_of(f, _("Conforming")),
        "facts": [
            {"term": _("Unit inspected"), "value": word(UNITS, str(f["unit"]))},
            {"term": _("At most defective"), "value": _("%(n)s of %(lot)s")
             % {"n": f["defectives_at_most"], "lot": f["lot"]}},
            {"term": _("Guideline version"), "value": str(f["guideline_version"])},
            {"term": _("Consumer’s risk"), "value": percent(str(f["consumer_risk"]), 2)},
            {"term": _("Producer’s risk"), "value": percent(str(f["producer_risk"]), 2)},
            {"term": _("Makes a unit defective"), "value": ", ".join(
                word(SEVERITIES, s) for s in str_list(f["counted_severities"]))},
            *inspector_facts(f),
            {"term": _("Issued"), "value": issued.issued_at, "kind": "when"},
            {"term": _("Digest"), "value": issued.digest, "kind": "code"},
        ],
        "classes": class_parts.certified(f),
        "sample_href": f"{d.base}/assurance?order={order.id}#sample",
        "inspected": _("See the sample and who inspected it"),
    }  # fmt: skip


def str_list(value: object) -> list[str]:
    """A figure that is a list of words."""
    assert isinstance(value, list)
    return [str(part) for part in value]


def inspector_facts(figures: dict[str, object]) -> list[Context]:
    """How well the inspectors see, measured with its intervals, or what is assumed instead."""
    error = figures["inspector_error"]
    assert isinstance(error, dict)
    term = _("Inspector error")
    if not error["measured"]:
        return [{"term": term, "value": _("not measured: taken to find every defect")}]
    facts: list[Context] = [
        {
            "term": term,
            "value": _("measured: at least %(share)s of defects seen")
            % {"share": percent(error["sensitivity_at_least"], down=True)},
        }
    ]
    for n, row in enumerate(error["inspectors"], 1):
        seen = _("%(caught)s of %(seeded)s defects caught (95 %% interval %(low)s to %(high)s)") % {
            "caught": row["caught"], "seeded": row["seeded"],
            "low": percent(row["sensitivity"][0], down=True),
            "high": percent(row["sensitivity"][1])}  # fmt: skip
        if row["specificity"]:
            seen += _("; %(passed)s of %(clean)s clean units passed") % {
                "passed": row["passed"], "clean": row["clean"]}  # fmt: skip
        facts.append({"term": _("Inspector %(n)s") % {"n": n}, "value": seen})
    return facts


def _answer(d: Desk, found: Delivered, name: str, answer: Answer) -> Context:
    service = found.sampling.service
    labels = {q.key: q.label for q in service.questions} if service else {}
    quotes = [e for e in answer.evidence if isinstance(e, TextRange)]
    evidence = None
    if quotes:
        first = quotes[0]
        evidence = {
            "text": f"“{shortened(first.quote, LONGEST_QUOTE)}”",
            "note": _("characters %(a)s to %(z)s") % {"a": first.start, "z": first.end}
            + (f" +{len(quotes) - 1}" if len(quotes) > 1 else ""),
        }
    return {
        "item": name,
        "question": labels.get(answer.question, answer.question),
        "value": value_words(answer.value),
        "evidence": evidence,
        "author": d.name(answer.author),
    }


def value_words(value: Json) -> str:
    """An answer's value as words."""
    if value is None:
        return _("Not present")
    if isinstance(value, list):
        return shortened("; ".join(value_words(v) for v in value), LONGEST_VALUE)
    if isinstance(value, dict):
        parts = (f"{k}: {value_words(v)}" for k, v in value.items() if v not in (None, "", []))
        return shortened(", ".join(parts), LONGEST_VALUE)
    return shortened(str(value), LONGEST_VALUE)
