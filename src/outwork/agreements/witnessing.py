"""A side's own witness of the engagement's log: enrolled, and retired, by that side alone."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from outwork import access, ledger
from outwork.agreements import events, queries
from outwork.operation import Operation, act
from outwork.vocabulary import BadInput, Digest, EngagementId, Refusal, Role, Side, WitnessId

MANAGERS = (Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER)
LONGEST = 500  # characters of a key or an address
MOST = 16  # witnesses of one log; a note holds at most 64 signatures


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A witness's id, and the token with which it may read the log; told once."""

    witness: WitnessId
    token: str


@act(roles=MANAGERS, records=[events.WitnessEnrolled])
def enrol_witness(op: Operation, engagement: EngagementId, key: str, url: str) -> Enrolment:
    """Have your own side's witness cosign the log; gives the token with which it may read it."""
    found = queries.engagement(op.db, engagement)
    op.require(found)
    own = _own(key)
    _check_address(url)
    side, present = _side(op, engagement), ledger.witnessing.witnesses(op.db, engagement)
    if any(w.key == key or _own(w.key).public_key == own.public_key for w in present):
        raise Refusal("witness-enrolled")
    if len(present) >= MOST:
        raise Refusal("too-many-witnesses", most=MOST)
    token = secrets.token_urlsafe(32)
    made = ledger.Witness(
        engagement_id=engagement,
        id=WitnessId(op.new_id("wit")),
        side=side,
        key=key,
        url=url.rstrip("/"),
        token_digest=Digest(hashlib.sha256(token.encode()).hexdigest()),
        enrolled_at=op.now,
    )
    ledger.witnessing.enrol(op.db, made)
    op.record(
        events.WitnessEnrolled(
            engagement=engagement,
            witness=made.id,
            side=side,
            key=Digest(hashlib.sha256(key.encode()).hexdigest()),
            name=made.name,
            url=made.url,
        )
    )
    return Enrolment(made.id, token)


@act(roles=MANAGERS, records=[events.WitnessRetired])
def retire_witness(op: Operation, witness: WitnessId) -> None:
    """Send a witness of your own side nothing any more; what it cosigned stays."""
    found = ledger.witnessing.witness(op.db, witness)
    op.require(queries.engagement(op.db, found.engagement_id))
    if _side(op, found.engagement_id) is not found.side:
        raise Refusal("witness-of-other-side", side=found.side.value)
    if found.retired_at is not None:
        raise Refusal("witness-retired")
    ledger.witnessing.retire(op.db, found, op.now)
    op.record(
        events.WitnessRetired(engagement=found.engagement_id, witness=witness, side=found.side)
    )


def _side(op: Operation, engagement: EngagementId) -> Side:
    member = access.membership(op.db, engagement, op.actor.id)
    assert member is not None  # require() has seen it
    return member.side


def _own(key: str) -> ledger.checkpoint.VerifierKey:
    """A cosigner's key; raises BadInput for any other."""
    try:
        if len(key) > LONGEST:
            raise ledger.checkpoint.NoteError("it is too long")
        found = ledger.checkpoint.parse_verifier_key(key)
    except ledger.checkpoint.NoteError as error:
        raise BadInput("key-malformed", problem=str(error)) from None
    if found.algorithm != ledger.checkpoint.COSIGNATURE_V1:
        raise BadInput("key-malformed", problem="it is not a witness's key")
    return found


def _check_address(url: str) -> None:
    """Raises BadInput unless it is a plain http or https address that a witness may have.

    Link-local addresses are where clouds keep their machines' secrets: nothing is sent there.
    """
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and bool(parts.hostname) and not (
            parts.username or parts.password or parts.query or parts.fragment
        )  # fmt: skip
        _ = parts.port
    except ValueError:
        plain, parts = False, urlsplit("")
    if not plain or len(url) > LONGEST or not url.isascii() or any(c <= " " for c in url):
        raise BadInput("address-malformed", address=url[:LONGEST])
    try:
        address = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return  # a name
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        raise BadInput("address-malformed", address=url)
