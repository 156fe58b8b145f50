"""The parties' witnesses: enrolled, asked, missed; and what a reader may demand of them."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.disk import LossyDisk
from tests.support.engagement import World, refused
from tests.support.website import answering, serving

from outwork import access, agreements, ledger, reporting
from outwork.interfaces.api import api
from outwork.interfaces.web.visit import COOKIE
from outwork.interfaces.witness import witness_application
from outwork.interfaces.worker import Sender
from outwork.kit.database import Database, see
from outwork.kit.postgres import Dsns
from outwork.ledger import checkpoint, rebuilding
from outwork.operation import operation
from outwork.stages import acceptance
from outwork.vocabulary import BadInput, Side
from outwork.witness import Store, Witness
from outwork_verify import PolicyError, read_policy, verify, verify_receipt


@contextmanager
def running(world: World, who: str) -> Iterator[tuple[Witness, agreements.Enrolment]]:
    """A side's witness, served and enrolled."""
    disk = LossyDisk(random.Random(1))
    signer = checkpoint.generate_signer(f"{who}.example", checkpoint.COSIGNATURE_V1)
    store = Store.create(Path("/witness"), signer, disk)
    log = ledger.log_signer(world.database.keyring, world.engagement).verifier
    store.trust(log, int(world.now.timestamp()))
    made = Witness(store, lambda: int(world.now.timestamp()))
    with answering(witness_application(made)) as url:
        yield made, world.witness(who, url, store.verifier.encode())


def send(world: World) -> int:
    """One round of sending."""
    sender = Sender(world.database, lambda: world.now)
    try:
        return sender.step()
    finally:
        sender.stop()


def standings(world: World) -> list[ledger.Standing]:
    found: list[ledger.Standing] = world.look(
        ledger.witnessing.standings, world.engagement, world.now
    )
    return found


def bundle(world: World) -> io.BytesIO:
    target = io.BytesIO()
    world.look(acceptance.export_bundle, world.engagement, target)
    target.seek(0)
    return target


def test_both_sides_cosign_and_a_reader_can_demand_it(world: World) -> None:
    world.upto("award")
    world.accept_award()
    with running(world, "vera") as (client, _), running(world, "dana"):
        size = world.integrate().size
        assert send(world) == 2
        assert send(world) == 0  # there is nothing new
        assert [client.head(o).size for o in client.store.origins] == [size]
        assert [(s.witness.side, s.witness.size, s.behind_since) for s in standings(world)] == [
            (Side.CLIENT, size, None), (Side.PROVIDER, size, None),
        ]  # fmt: skip
        text = world.look(ledger.witnessing.policy, world.engagement)
        policy = read_policy(text)
        report = verify(bundle(world), policy)
        assert (report.ok, report.authenticated) == (True, True), report.failure
        assert set(report.figures["cosigned"]) == {"vera.example", "dana.example"}
        seen = client.store.latest(client.store.origins[0])[1]
        assert verify(bundle(world), policy, seen=[seen]).ok
        # Grown again: the provider's alone is not what the policy asks for.
        world.upto("prepare", after="accept_award")
        grown = world.integrate().size
        provider_only = world.look(ledger.witnessing.due, world.now)[1:]
        sender = Sender(world.database, lambda: world.now)
        assert [sender._ask(w) for w in provider_only] == [True]
        sender.stop()
        assert verify(bundle(world), policy).figures["entries"] == size
        assert send(world) == 1
        assert verify(bundle(world), policy).figures["entries"] == grown
    with pytest.raises(PolicyError):
        read_policy(text.replace("quorum every-side", ""))


def test_the_policy_asks_for_so_many_of_each_side(world: World) -> None:
    world.upto("accept_award")
    alone = world.look(ledger.witnessing.policy, world.engagement)
    assert "quorum" not in alone
    assert "# no witness of the client" in alone
    for who in ("vera", "vera", "dana"):
        world.witness(who, "http://127.0.0.1:9")
    text = world.look(ledger.witnessing.policy, world.engagement, {Side.CLIENT: 2})
    policy = read_policy(text)
    keys = list(policy.witnesses.values())
    assert policy.satisfied(keys)
    assert not any(policy.satisfied([k for k in keys if k is not left]) for left in keys)
    with pytest.raises(ValueError, match="the provider has 1"):
        world.look(ledger.witnessing.policy, world.engagement, {Side.PROVIDER: 2})


def test_nobody_waits_for_a_witness_and_it_is_alarmed(world: World) -> None:
    world.upto("accept_award")
    world.witness("vera", "http://127.0.0.1:9")  # nothing answers there
    with running(world, "dana"):
        world.integrate()
        assert send(world) == 1
        late, fine = standings(world)
        assert (late.witness.problem, late.late) == ("witness-unreachable", False)
        assert (fine.witness.problem, fine.behind_since) == ("", None)
        assert world.look(ledger.witnessing.due, world.now) == []  # left alone for a while
        world.now += timedelta(minutes=11)
        assert [w.id for w in world.look(ledger.witnessing.due, world.now)] == [late.witness.id]
        assert [s.late for s in standings(world)] == [True, False]

    def alarms(who: str) -> list[Any]:
        with operation(world.database, world.people[who], world.now) as op:
            return [e for e in reporting.inbox(op) if e.kind == "witness-behind"]

    assert [(e.place, e.params["count"]) for e in alarms("vera")] == [
        (f"engagements/{world.engagement}/ledger", 1)
    ]
    assert len(alarms("dana")) == 1
    assert alarms("ana") == []
    world.act("vito", agreements.retire_witness, late.witness.id)
    assert alarms("vera") == []


def test_a_witness_that_knows_more_or_other_is_not_talked_over(world: World) -> None:
    world.upto("accept_award")
    with running(world, "vera") as (client, _):
        size = world.integrate().size
        assert send(world) == 1
        note = world.look(ledger.latest_checkpoint, world.engagement)
        log = ledger.log_signer(world.database.keyring, world.engagement)
        # The log is set back to before what was cosigned: here, by cosigning what is not there yet.
        kept = client.store.latest(log.name)
        ahead = checkpoint.Checkpoint(log.name, size + 500, bytes(32))
        client.store.keep(ahead.text(), (), kept[2])
        world.lengthen(3)
        world.integrate()
        assert send(world) == 0
        assert [s.witness.problem for s in standings(world)] == ["witness-ahead"]
        # Or it has been shown another history of the same size.
        other = checkpoint.Checkpoint(log.name, size, bytes(32))
        client.store.keep(other.text(), (), kept[2])
        world.now += timedelta(minutes=1)
        assert send(world) == 0
        assert [s.witness.problem for s in standings(world)] == ["witness-refuses"]
        client.store.keep(checkpoint.parse_note(note.encode()).text, (), kept[2])
        world.now += timedelta(minutes=1)
        assert send(world) == 1


def test_an_answer_that_is_no_cosignature_is_not_kept(world: World) -> None:
    world.upto("accept_award")
    stranger = checkpoint.generate_signer("x.example", checkpoint.COSIGNATURE_V1)

    async def lying(scope: Any, receive: Any, send_: Any) -> None:
        note = world.look(ledger.latest_checkpoint, world.engagement)
        text = checkpoint.parse_note(note.encode()).text
        body = checkpoint.cosign(text, stranger, 5).encode().encode()
        await send_({"type": "http.response.start", "status": 200, "headers": []})
        await send_({"type": "http.response.body", "body": body})

    with answering(lying) as url:
        world.witness("vera", url)
        world.integrate()
        assert send(world) == 0
    assert [s.witness.problem for s in standings(world)] == ["witness-unreadable"]


def test_a_witness_reads_the_log_with_its_token(world: World) -> None:
    world.upto("accept_award")
    given = world.witness("vera", "http://127.0.0.1:9")
    world.integrate()
    with (
        answering(api(world.database)) as address,
        httpx.Client(base_url=address, timeout=60) as http,
    ):

        def status(token: str, engagement: str = world.engagement) -> int:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            path = f"/engagements/{engagement}/log/tile/entries/000.p/1"
            return http.get(path, headers=headers).status_code

        assert status(given.token) == 200
        assert {status(x) for x in ("", "x", given.token[:-1])} == {404}
        assert {status(given.token, x) for x in ("eng_x", "a,b", "{}", "installation")} == {404}
        world.act("vera", agreements.retire_witness, given.witness)
        assert status(given.token) == 404


def test_only_what_can_be_a_witness_is_enrolled(world: World) -> None:
    world.upto("accept_award")
    signer = checkpoint.generate_signer("w.example", checkpoint.COSIGNATURE_V1)
    good = signer.verifier.encode()
    log_key = checkpoint.generate_signer("w.example").verifier.encode()
    for key in ("", "x", good[:-1], log_key, good + "A" * 500):
        with pytest.raises(BadInput) as bad:
            world.act("vera", agreements.enrol_witness, world.engagement, key, "http://h/")
        assert bad.value.code == "key-malformed"
    for url in (
        "", "ftp://h/", "http://", "http://u:p@h/", "http://h/?q", "http://h/#f", "http://h:x/",
        "http://169.254.169.254/latest", "http://[fe80::1]/", "http://h/ x", "http://ü/",
    ):  # fmt: skip
        with pytest.raises(BadInput) as bad:
            world.act("vera", agreements.enrol_witness, world.engagement, good, url)
        assert bad.value.code == "address-malformed", url
    mine = world.witness("vera", "https://h/", good).witness
    with refused("witness-enrolled"):
        world.witness("dana", "https://h/", good)
    with refused("witness-of-other-side"):
        world.act("dana", agreements.retire_witness, mine)
    world.act("vito", agreements.retire_witness, mine)
    with refused("witness-retired"):
        world.act("vera", agreements.retire_witness, mine)
    world.witness("dana", "https://h/", good)


def test_a_bundle_names_no_witness_that_was_not_enrolled(world: World) -> None:
    world.upto("accept_award")
    with running(world, "vera"):
        world.integrate()
        send(world)
    good = bundle(world)
    assert verify(good).ok
    contents = ledger.bundle.read_bundle(good)
    stranger = checkpoint.generate_signer("x.example", checkpoint.COSIGNATURE_V1)
    note = contents.checkpoint
    text = checkpoint.parse_note(note).text
    forged = replace(
        contents,
        checkpoint=note + checkpoint.cosign(text, stranger, 5).encode().encode(),
        witnesses=tuple(sorted([*contents.witnesses, stranger.verifier.encode()])),
    )
    target = io.BytesIO()
    signer = ledger.log_signer(world.database.keyring, world.engagement)
    ledger.bundle.write_bundle(target, forged, signer)
    target.seek(0)
    report = verify(target)
    assert report.failure is not None
    assert (report.failure.member, "nobody enrolled" in report.failure.reason) == (
        "manifest.json", True,
    )  # fmt: skip


def test_the_page_says_who_cosigned_up_to_where(world: World) -> None:
    world.upto("accept_award")
    with running(world, "vera"):
        world.witness("dana", "http://127.0.0.1:9")
        world.integrate()
        send(world)
    with world.database.transaction("job") as db:
        token = access.open_session(db, world.people["vera"], datetime.now(UTC))
    with serving(world.database) as address, httpx.Client(base_url=address, timeout=60) as http:
        http.cookies.set(COOKIE, token)
        page = http.get(f"/engagements/{world.engagement}/ledger").text
        assert "vera.example" in page, page[:500]
        size = world.look(ledger.head, world.engagement).size
        assert f"{size} of {size} entries" in page
        assert "It does not answer." in page
        policy = http.get(f"/engagements/{world.engagement}/policy.txt").text
        assert read_policy(policy).quorum == "every-side"


DAMAGE = [
    ("update event set public = '{}' where id = (select event_id from placement"
     " where engagement_id = :e and seq = 3)", "entry 3 is not what"),
    ("delete from placement where engagement_id = :e and seq = 3", "entry 3 is missing"),
    ("update placement set leaf_hash = decode(repeat('00', 32), 'hex')"
     " where engagement_id = :e and seq = 5", "entry 5 is not what"),
    ("update node set hash = decode(repeat('00', 32), 'hex') where engagement_id = :e",
     "node 0 of level 8"),
    ("delete from node where engagement_id = :e", "node 0 of level 8"),
    ("insert into node values (:e, 1, 9, decode(repeat('00', 32), 'hex'))", "node 9 of"),
    ("update checkpoint set root = decode(repeat('00', 32), 'hex') where engagement_id = :e",
     "has another root"),
    ("update checkpoint set note = replace(note, 'outwork.local', 'outwork.other')"
     " where engagement_id = :e", "does not verify"),
    ("update checkpoint set size = size + 100000 where engagement_id = :e", "of more than there"),
    ("update log_head set frontier = decode(repeat('00', 32 * bit_count(size::bit(64))::int),"
     " 'hex') where engagement_id = :e", "the head says"),
    ("update cosignature set line = replace(line, 'w.example', 'v.example')"
     " where engagement_id = :e", "not cosigned as is kept"),
    ("delete from placement where engagement_id = :e and seq ="
     " (select max(seq) from placement where engagement_id = :e)", "the head says"),
]  # fmt: skip


def test_fsck_names_the_first_thing_that_does_not_fit(world: World, common: Dsns) -> None:
    world.upto("award")
    world.lengthen(256)
    signer = checkpoint.generate_signer("w.example", checkpoint.COSIGNATURE_V1)
    given = world.witness("vera", "http://127.0.0.1:9", signer.verifier.encode())
    size = world.integrate().size
    note = world.look(ledger.latest_checkpoint, world.engagement)
    line = checkpoint.cosign(checkpoint.parse_note(note.encode()).text, signer, 5)
    world.look(ledger.witnessing.cosigned, given.witness, size, line, world.now)
    assert world.look(ledger.rebuilt, world.engagement) == rebuilding.Rebuilt(size)
    owner = Database.connect(common.owner, world.database.keyring)
    for damage, said in DAMAGE:
        with owner.begin() as db:
            see(db, "job", [world.engagement])
            done = db.exec_driver_sql(damage.replace(":e", f"'{world.engagement}'"))
            assert done.rowcount > 0, damage
            problem = ledger.rebuilt(db, world.engagement).problem
            db.rollback()
        assert problem is not None, damage
        assert said in problem, damage
    owner.close()
    assert world.look(ledger.rebuilt, world.engagement).problem is None


def test_receipts_in_bulk_are_cosigned_while_the_witnesses_answer(world: World) -> None:
    world.upto("award")
    world.accept_award()
    proofs = ledger.Proofs()

    def made() -> dict[int, bytes]:
        found: dict[int, bytes] = world.look(
            ledger.receipts, world.engagement, [event], proofs
        )  # fmt: skip
        return found

    with running(world, "vera"), running(world, "dana"):
        world.integrate()
        send(world)
        world.lengthen(1)
        event = world.look(ledger.find_entry, world.engagement, "agreements.stage-passed").id
        world.integrate()
        assert made() == {}  # nobody has cosigned it yet
        assert send(world) == 2
        policy = read_policy(world.look(ledger.witnessing.policy, world.engagement))
        report = verify_receipt(made()[event], policy)
        assert report.failure is None
        assert len(report.figures["cosigned"]) == 2
    world.lengthen(1)
    event = world.look(ledger.find_entry, world.engagement, "agreements.stage-passed").id
    world.integrate()
    assert made() == {}
    world.passes(1)
    assert send(world) == 0  # they are gone: from now on nobody waits for them
    report = verify_receipt(made()[event], policy)
    assert report.failure is not None
    assert "not cosigned" in report.failure.reason
