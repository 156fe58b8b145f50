"""People sign with keys of their own, which only their password opens, in the act itself."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import SecretStr
from tests.support.engagement import PASSWORD, World, events, refused

from outwork import access, agreements, ledger
from outwork.access import signing
from outwork.access.store import signing_key_table
from outwork.kit.keyring import SealBroken, open_under
from outwork.ledger import checkpoint
from outwork.operation import operation
from outwork.stages import acceptance, requirements
from outwork_verify import Report, read_policy, verify

WRONG = SecretStr("somebody else's password")
FRESH = SecretStr("another password of hers")


def signed(world: World) -> list[ledger.Entry]:
    """The signatures in the log, oldest first."""
    return [e for e in world.look(events, world.engagement) if e.kind == "agreements.signed"]


def judged(world: World, policy: str | None = None) -> Report:
    """What the verifier says of the bundle."""
    world.integrate()
    target = io.BytesIO()
    world.look(acceptance.export_bundle, world.engagement, target)
    return verify(target, None if policy is None else read_policy(policy))


def test_a_signature_says_who_when_what_and_verifies(world: World) -> None:
    world.upto("sign")
    (kept,) = world.look(agreements.signatures, world.engagement)
    (entry,) = signed(world)
    assert (kept.name, kept.meaning) == ("Vera Clientele", "agrees to the statement of work")
    assert (kept.at, kept.digest) == (entry.at, entry.public["digest"])
    said = ledger.signing.Statement(
        engagement=world.engagement, signer=world.pseudonym("vera"), side=kept.side,
        name=entry.sealed["name"], meaning=kept.meaning, digest=kept.digest, at=kept.at,
    )  # fmt: skip
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(kept.key))
    signature = checkpoint.decode_base64(kept.signature)
    public.verify(signature, said.encode(kept.key))
    with pytest.raises(InvalidSignature):
        public.verify(signature, replace(said, meaning="agrees to all").encode(kept.key))
    salt, name = world.look(ledger.disclosures, world.engagement, entry.id)[entry.id]["name"]
    assert (name, ledger.signing.name_commitment(name, salt)) == (kept.name, entry.sealed["name"])


def test_nobody_signs_without_the_password(world: World) -> None:
    world.upto("add_line")
    name, _ = world.signature("vera")
    before = world.look(events, world.engagement)
    for password in (WRONG, SecretStr("")):
        with refused("step-up-failed"):
            world.act("vera", requirements.sign_scope, world.engagement, name, password)
    with refused("step-up-failed"):  # nobody set one
        world.act("vito", requirements.sign_scope, world.engagement, "Vito Clientele", WRONG)
    assert world.look(events, world.engagement) == before
    world.sign()


def test_guessing_is_stopped_for_a_while_by_whatever_way(world: World) -> None:
    world.upto("add_line")
    name, right = world.signature("vera")
    for _ in range(signing.ATTEMPTS):
        with refused("step-up-failed"):
            world.act("vera", agreements.rotate_signing_key, WRONG)
    with refused("too-many-attempts"):
        world.act("vera", requirements.sign_scope, world.engagement, name, right)
    world.passes(hours=0.3)
    world.sign()


def test_neither_database_nor_keyring_opens_a_key(world: World) -> None:
    world.upto("sign")
    key = world.look(access.signing_key, world.people["vera"])
    keyring = world.database.keyring
    context = f"signing-key/{key.actor_id}/{key.public}"
    inner = keyring.open(signing.WRAPPING, key.sealed, context)
    for guess in (b"\0" * 32, keyring.key(signing.WRAPPING)):
        with pytest.raises(SealBroken):
            open_under(guess, inner, context)
    with world.database.transaction("job") as db:
        private = access.step_up(db, key.actor_id, PASSWORD, world.now)
        stored = db.execute(sa.select(signing_key_table.c.sealed)).scalars().all()
    assert private.public_key().public_bytes_raw().hex() == key.public
    assert not any(private.private_bytes_raw() in blob for blob in (*stored, inner))


def test_a_changed_password_opens_the_same_key(world: World) -> None:
    world.upto("sign")
    before = world.look(access.signing_key, world.people["vera"]).public
    with refused("step-up-failed"):
        world.act("vera", agreements.change_password, WRONG, FRESH)
    world.act("vera", agreements.change_password, SecretStr(PASSWORD), FRESH)
    assert world.look(access.signing_key, world.people["vera"]).public == before
    with refused("step-up-failed"):
        world.waive("requirements", "no-baseline", by="vera", countersigned=None)
    with world.database.transaction("job") as db:
        private = access.step_up(db, world.people["vera"], FRESH.get_secret_value(), world.now)
    assert private.public_key().public_bytes_raw().hex() == before


def test_a_rotated_key_is_endorsed_by_the_one_before(world: World) -> None:
    world.upto("deliver")
    before = world.look(access.signing_key, world.people["vera"]).public
    assert world.act("vera", agreements.rotate_signing_key, SecretStr(PASSWORD)) == 1
    bound = [e for e in world.look(events, world.engagement) if "key-bound" in e.kind][-1]
    assert bound.public["replaces"] == before
    assert bound.public["endorsed"]
    world.accept()
    assert signed(world)[-1].public["key"] == bound.public["key"] != before
    report = judged(world)
    assert report.ok, report.failure
    assert report.figures["keys_unendorsed"] == 0


def test_a_password_set_by_somebody_else_does_not_open_the_key(world: World) -> None:
    world.upto("deliver")
    old = world.look(access.signing_key, world.people["vera"])
    with world.database.transaction("job") as db:
        access.set_password(db, old.actor_id, FRESH.get_secret_value(), world.now)
    world.act("vera", acceptance.accept_delivery, world.order, "Vera Clientele", FRESH)
    assert signed(world)[-1].public["key"] != old.public
    report = judged(world)
    assert report.ok, report.failure
    assert report.figures["keys_unendorsed"] == 1


def test_a_policy_that_knows_a_persons_key_allows_no_other(world: World) -> None:
    world.upto("sign")
    log = f"log {ledger.verifier_key(world.database.keyring, world.engagement)}\n"
    who, own = world.pseudonym("vera"), world.look(access.signing_key, world.people["vera"]).public
    mine = ledger.signing.pinned(world.engagement, who, own)
    other = ledger.signing.pinned(world.engagement, who, "ab" * 32)
    assert judged(world, log + f"signer {mine}\n").ok
    report = judged(world, log + f"signer {other}\n")
    assert not report.ok
    assert report.failure is not None
    assert who in report.failure.reason


def test_two_acts_of_one_person_at_once_make_one_key(world: World) -> None:
    world.upto("add_line")
    _, password = world.signature("vera")
    vera = world.people["vera"]
    with operation(world.database, vera, world.now) as one:
        access.step_up(one.db, vera, PASSWORD, world.now)
        with world.database.transaction("job") as two:
            two.execute(sa.text("set local lock_timeout = 200"))
            with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
                access.step_up(two, vera, PASSWORD, world.now)
    world.now += timedelta(seconds=1)
    assert world.act("vera", agreements.rotate_signing_key, password) == 0


def test_a_key_is_derived_as_rfc_9106_recommends() -> None:
    recommended = signing.Cost()  # its second choice, section 4: 64 MiB, 3 passes, 4 lanes
    assert (recommended.passes, recommended.memory_kib, recommended.lanes) == (3, 65_536, 4)
