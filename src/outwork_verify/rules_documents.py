"""Rules: documents shared, opened and downloaded."""

from __future__ import annotations

from outwork_verify.declare import MANAGERS, moment, one_of, optional, rule, text
from outwork_verify.entry import Event, instant, reject
from outwork_verify.state import Member, State

BY_ROLE = frozenset({*MANAGERS, "client-reviewer"})
READERS = (*BY_ROLE, "analyst", "reviewer", "auditor")
GROUND = one_of("role", "delivery", "share")
ALWAYS = "9999"


@rule(
    "documents.document-shared",
    {"document": text, "subject": text, "until": optional(moment)},
    roles=MANAGERS,
)
def _document_shared(state: State, event: Event, _: Member) -> None:
    p = event.public
    until = ALWAYS if p["until"] is None else instant(p["until"])
    subject = state.members.get(p["subject"])
    if subject is None or subject.roles == {"bidder"}:
        reject(event, "shares a document with somebody who does not take part")
    if not subject.since <= event.at < subject.until:
        reject(event, "shares a document outside the dates of the subject's entitlement")
    if until <= event.at:
        reject(event, "shares a document until a time that has passed")
    state.shares[p["document"], p["subject"]] = until


def _may_have(state: State, event: Event, member: Member) -> None:
    """Why somebody has a document is as stated; which documents were delivered, ids do not tell."""
    ground, document = event.public["ground"], event.public["document"]
    if (ground == "role") is BY_ROLE.isdisjoint(member.roles):
        reject(event, "gives a document to a role that has it, or has it not, on another ground")
    if ground == "share" and state.shares.get((document, event.actor), "") <= event.at:
        reject(event, f"gives a document to {event.actor}, with whom it was not shared")
    if ground == "delivery" and all(o.delivery is None for o in state.orders.values()):
        reject(event, "gives a delivered document although nothing was delivered")


@rule("documents.document-opened", {"document": text, "ground": GROUND}, roles=READERS)
def _document_opened(state: State, event: Event, member: Member) -> None:
    _may_have(state, event, member)


@rule("documents.document-downloaded", {"document": text, "ground": GROUND}, roles=READERS)
def _document_downloaded(state: State, event: Event, member: Member) -> None:
    _may_have(state, event, member)
