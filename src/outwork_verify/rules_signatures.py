"""Rules: whose key is whose, and what people signed (docs/formats/signatures.md)."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from outwork_verify import canonical, note
from outwork_verify.declare import (
    MANAGERS,
    SIDE,
    acting,
    digest,
    founding,
    one_of,
    optional,
    rule,
    text,
)
from outwork_verify.entry import Event, reject
from outwork_verify.state import Member, State

SCOPE = "agrees to the statement of work"
AWARD = "accepts the award, its scope and its prices"
TOLLGATE = "passes the tollgate with those who are certified"
ACCEPTANCE = "accepts the delivery and its certificate"
ASKS = "asks for the waiver and answers for its risk"
COUNTERSIGNS = "countersigns the waiver"
SIGNERS = (*MANAGERS, "client-reviewer", "bidder")
PEOPLE = frozenset({*SIGNERS, "analyst", "reviewer", "auditor"})

STATEMENT, BINDING = "outwork-signature/1", "outwork-signing-key/1"


@founding(
    "agreements.signing-key-bound",
    {
        "subject": text, "key": digest, "replaces": optional(digest), "proof": text,
        "endorsed": optional(text),
    },
)  # fmt: skip
def _key_bound(state: State, event: Event) -> None:
    member, p = acting(state, event, PEOPLE), event.public
    if p["subject"] != event.actor or member.kind != "person":
        reject(event, "binds a key to somebody else than who acts, or to no person")
    if p["replaces"] != member.key:
        reject(event, "replaces another key than the one with which the member signs")
    if any(p["key"] in other.keys for other in state.members.values()):
        reject(event, "binds a key that was somebody's before")
    said = {
        "format": BINDING, "engagement": state.engagement, "signer": event.actor, "key": p["key"],
        "replaces": p["replaces"], "at": event.at,
    }  # fmt: skip
    if not _verifies(p["key"], said, p["proof"]):
        reject(event, "binds a key that does not prove itself")
    if p["endorsed"] is not None and not (
        member.key and _verifies(member.key, said, p["endorsed"])
    ):
        reject(event, "is not endorsed by the key that it replaces")
    state.keys_unendorsed += member.key is not None and p["endorsed"] is None
    member.key = p["key"]
    member.keys.append(p["key"])


@rule(
    "agreements.signed",
    {
        "side": SIDE, "digest": digest, "key": digest, "signature": text,
        "meaning": one_of(SCOPE, AWARD, TOLLGATE, ACCEPTANCE, ASKS, COUNTERSIGNS),
    },
    ["name"],
    roles=SIGNERS,
)  # fmt: skip
def _signed(state: State, event: Event, member: Member) -> None:
    p = event.public
    if p["side"] != member.side:
        reject(event, "signs for a side that is not the signer's")
    meanings = {
        SCOPE: _sign_scope, AWARD: _sign_award, TOLLGATE: _sign_tollgate,
        ACCEPTANCE: _sign_acceptance, ASKS: _sign_waiver, COUNTERSIGNS: _sign_waiver,
    }  # fmt: skip
    meanings[p["meaning"]](state, event, member)
    _check_signature(state, event, member)
    state.signatures += 1


def _check_signature(state: State, event: Event, member: Member) -> None:
    """By the signer's own key, over exactly what the event says."""
    p = event.public
    if p["key"] != member.key:
        owner = next((m.subject for m in state.members.values() if p["key"] in m.keys), None)
        of = f"{owner}'s" if owner is not None and owner != event.actor else "not in force"
        reject(event, f"is signed by a key that is {of}, and not by {event.actor}'s own")
    said = {
        "format": STATEMENT, "engagement": state.engagement, "signer": event.actor,
        "side": p["side"], "name": event.sealed["name"], "meaning": p["meaning"],
        "digest": p["digest"], "at": event.at, "key": p["key"],
    }  # fmt: skip
    if not _verifies(p["key"], said, p["signature"]):
        reject(event, f"carries a signature of {event.actor} that does not verify over this")


def _verifies(key: str, said: dict[str, Any], signature: str) -> bool:
    """Whether an Ed25519 signature in base64 is one over a statement in canonical JSON."""
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(note.unbase64(signature), canonical.encode(said))
    except (InvalidSignature, ValueError):
        return False
    return True


def check_pinned(state: State, pinned: dict[str, set[str]]) -> str | None:
    """Whose key is not among those that the reader knows as this person's, or None.

    `pinned` maps "<engagement>/<pseudonym>" to keys in hexadecimal; who is not in it is not held.
    """
    for member in state.members.values():
        known = pinned.get(f"{state.engagement}/{member.subject}")
        if known is not None and not known.issuperset(member.keys):
            return member.subject
    return None


def _sign_scope(state: State, event: Event, member: Member) -> None:
    if state.stage != "requirements" or "vendor-manager" not in member.roles:
        reject(event, "signs the scope at another stage, or not as the client's vendor manager")
    state.scope = event.public["digest"]


def _sign_award(state: State, event: Event, member: Member) -> None:
    if state.stage != "selection" or "bidder" not in member.roles:
        reject(event, "signs the award at another stage, or not as the provider's bidder")
    if state.award is None or state.award["party"] != member.party:
        reject(event, "signs an award that was not made to the signer's party")
    signed = canonical.encode({"prices": state.award["prices"], "scope": state.scope})
    if event.public["digest"] != hashlib.sha256(signed).hexdigest():
        reject(event, "signs another scope or other prices than those awarded")
    state.award_signed = True


def _sign_tollgate(state: State, event: Event, member: Member) -> None:
    if state.stage != "transfer" or "delivery-manager" not in member.roles:
        reject(event, "signs the tollgate at another stage, or not as a delivery manager")
    if event.public["digest"] != tollgate(state):
        reject(event, "signs another guideline or other certifications than stand")
    state.tollgate = event.actor, event.public["digest"]


def tollgate(state: State) -> str:
    """The digest of what the tollgate is passed on."""
    held = sorted(m.subject for m in state.members.values() if state.certified(m))
    stands = {
        "certified": held,
        "guideline": state.guideline_digest,
        "guideline_version": state.guideline_version,
    }
    return hashlib.sha256(canonical.encode(stands)).hexdigest()


def _sign_acceptance(state: State, event: Event, member: Member) -> None:
    if "vendor-manager" not in member.roles:
        reject(event, "accepts a delivery, and not as the client's vendor manager")
    for order in state.orders.values():
        made = order.delivery
        waits = made is not None and made.state == "delivered" and order.stage == "acceptance"
        if made is not None and waits and made.digest == event.public["digest"]:
            made.signed_by = event.actor
            return
    reject(event, "accepts no delivery that waits for acceptance")


def _sign_waiver(state: State, event: Event, _: Member) -> None:
    for waiver in state.waivers.values():
        if waiver.digest == event.public["digest"]:
            if (event.actor == waiver.by) is not (event.public["meaning"] == ASKS):
                reject(event, "signs a waiver as the other of those who have to sign it")
            waiver.signed_by.add(event.actor)
            return
    reject(event, "signs for a waiver that nobody asked for")
