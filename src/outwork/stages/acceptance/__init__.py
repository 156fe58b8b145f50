"""Stage 7: the client sees deliverable and certificate, and accepts or returns them.

Then the invoice, what was learned for the guideline, and the signed bundle that proves it all.
"""

from outwork.stages.acceptance.actions import (
    accept_delivery,
    close_engagement,
    close_order,
    decide_change,
    deliver,
    issue_invoice,
    propose_change,
    return_delivery,
)
from outwork.stages.acceptance.escaping import report_escape
from outwork.stages.acceptance.model import (
    Delivery,
    DeliveryState,
    EscapedDefect,
    Invoice,
    InvoiceLine,
    ProposedChange,
    ReturnedItem,
)
from outwork.stages.acceptance.queries import (
    closing_gate,
    delivery_of,
    escape_words,
    escapes_of,
    export_bundle,
    gate,
    invoice_of,
    invoices,
    proposed_changes,
)

__all__ = [
    "Delivery",
    "DeliveryState",
    "EscapedDefect",
    "Invoice",
    "InvoiceLine",
    "ProposedChange",
    "ReturnedItem",
    "accept_delivery",
    "close_engagement",
    "close_order",
    "closing_gate",
    "decide_change",
    "deliver",
    "delivery_of",
    "escape_words",
    "escapes_of",
    "export_bundle",
    "gate",
    "invoice_of",
    "invoices",
    "issue_invoice",
    "propose_change",
    "proposed_changes",
    "report_escape",
    "return_delivery",
]
