"""Signing a record as oneself, and the key and the password that it takes."""

from __future__ import annotations

from pydantic import SecretStr
from sqlalchemy.dialects.postgresql import insert

from outwork import access, ledger
from outwork.agreements import events, queries, store
from outwork.agreements.model import Signature
from outwork.operation import Operation, act
from outwork.vocabulary import Digest, EngagementId, Refusal, Role

SIGNING = (events.Signed, events.SigningKeyBound)  # what an act that is signed for may record
# A bidder is one in an engagement; what the party gave is another role.
PEOPLE = tuple(role for role in Role if role not in (Role.AGENT, Role.BIDDER))


def sign(
    op: Operation,
    engagement: EngagementId,
    name: str,
    password: SecretStr,
    meaning: str,
    digest: Digest,
) -> None:
    """Sign for a record's digest with the actor's own key, and record it.

    The password is asked for in the act itself and opens the key for this act alone. Raises
    Refusal("name-differs") where the typed name is not the signer's own, and as `access.step_up`.
    """
    if name.strip().casefold() != op.actor.name.casefold():
        raise Refusal("name-differs", name=op.actor.name)
    private = access.step_up(op.db, op.actor.id, password.get_secret_value(), op.now)
    member = access.membership(op.db, engagement, op.actor.id)
    assert member is not None  # require() has seen it
    signer = ledger.signing.personal(engagement, member.pseudonym, private)
    _bind(op, engagement, signer, member.pseudonym)
    salt, key = op.entropy(ledger.signing.SALT_SIZE), ledger.signing.key_of(signer)
    stated = ledger.signing.Statement(
        engagement=engagement,
        signer=member.pseudonym,
        side=member.side,
        name=ledger.signing.name_commitment(op.actor.name, salt),
        meaning=meaning,
        digest=digest,
        at=op.now,
    )
    made = Signature(
        engagement_id=engagement,
        id=op.new_id("sig"),
        actor_id=op.actor.id,
        side=member.side,
        name=op.actor.name,
        meaning=meaning,
        digest=digest,
        at=op.now,
        key=key,
        signature=ledger.signing.sign(signer, stated.encode(key)),
    )
    store.signatures.add(op.db, made)
    _record(op, made, salt)


def _record(op: Operation, made: Signature, salt: bytes) -> None:
    event = events.Signed(
        engagement=made.engagement_id,
        side=made.side,
        meaning=made.meaning,
        digest=made.digest,
        key=made.key,
        signature=made.signature,
        name=made.name,
    )
    op.record(event, {"name": salt})


def _bind(
    op: Operation,
    engagement: EngagementId,
    signer: ledger.signing.Signer,
    pseudonym: str,
    before: ledger.signing.Signer | None = None,
) -> None:
    """Say in the engagement's log whose key this is, unless it says so already."""
    known, key = queries.bound_key(op.db, engagement, op.actor.id), ledger.signing.key_of(signer)
    if known == key:
        return
    said = ledger.signing.binding(engagement, pseudonym, key, known, op.now)
    endorses = before is not None and known == ledger.signing.key_of(before)
    op.db.execute(
        insert(store.bound_key_table)
        .values(engagement_id=engagement, actor_id=op.actor.id, key=key)
        .on_conflict_do_update(index_elements=["engagement_id", "actor_id"], set_={"key": key})
    )
    op.record(
        events.SigningKeyBound(
            engagement=engagement,
            subject=pseudonym,
            key=key,
            replaces=known,
            proof=ledger.signing.sign(signer, said),
            endorsed=ledger.signing.sign(before, said) if before is not None and endorses else None,
        )
    )


@act(roles=PEOPLE, administrator=True, records=[events.SigningKeyBound], always=False)
def rotate_signing_key(op: Operation, password: SecretStr) -> int:
    """Sign with a fresh key from now on; gives the number of engagements whose logs say so."""
    op.require()
    old, new = access.rotate(op.db, op.actor.id, password.get_secret_value(), op.now)
    changed = 0
    for member in access.memberships_of(op.db, op.actor.id):
        place, pseudonym = member.engagement_id, member.pseudonym
        if queries.bound_key(op.db, place, op.actor.id) is None:
            continue  # nothing was signed there yet
        _bind(
            op,
            place,
            ledger.signing.personal(place, pseudonym, new),
            pseudonym,
            ledger.signing.personal(place, pseudonym, old),
        )
        changed += 1
    return changed


@act(roles=PEOPLE, administrator=True, records=[], always=False)
def change_password(op: Operation, password: SecretStr, new: SecretStr) -> None:
    """Change one's own password; the signing key stays the same, sealed under the new one."""
    op.require()
    access.change_password(
        op.db, op.actor.id, password.get_secret_value(), new.get_secret_value(), op.now
    )
