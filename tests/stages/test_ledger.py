"""The log: in the act's transaction, in order, provable, and silent about what is confidential."""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from tests.support.engagement import PEOPLE, World, events, refused

from outwork import agreements, ledger
from outwork.agreements.events import WaiverRequested
from outwork.interfaces.worker import Worker
from outwork.kit import outbox
from outwork.kit.ids import new_id
from outwork.kit.keyring import KeyMissing, Keyring
from outwork.kit.outbox import Job
from outwork.ledger import checkpoint, sealing, tree
from outwork.ledger.store import disclosure_table, event_table
from outwork.operation import Operation, operation
from outwork.stages import acceptance, execution, requirements
from outwork.vocabulary import AgreementId, BadInput, EngagementId, Side, Stage, WaiverId


def test_an_act_that_fails_leaves_no_event_and_no_row(world: World) -> None:
    world.upto("add_line")
    before = world.look(events, world.engagement)
    lines = world.look(requirements.lines, world.engagement)

    class Interrupted(Exception):
        pass

    def interrupted() -> None:
        with operation(world.database, world.people["vera"], world.now) as op:
            requirements.remove_line(op, world.line)
            raise Interrupted

    with pytest.raises(Interrupted):
        interrupted()
    assert world.look(events, world.engagement) == before
    assert world.look(requirements.lines, world.engagement) == lines
    with refused("name-differs"):
        world.act("vera", requirements.sign_scope, world.engagement, "Nobody", SecretStr(""))
    assert world.look(events, world.engagement) == before


def test_every_act_of_the_chain_left_its_event(world: World) -> None:
    world.upto("finish")
    kinds = [e.kind for e in world.look(events, world.engagement)]
    assert kinds[0] == "agreements.engagement-opened"
    assert kinds[-1] == "agreements.stage-passed"
    assert kinds.count("execution.item-admitted") == 4
    assert kinds.count("execution.item-submitted") == 4 + 4 + 6 + 2
    assert kinds.count("transfer.certification-scored") == 3


def test_integration_follows_the_order_of_writing(world: World) -> None:
    world.upto("award")
    head = world.integrate()
    world.accept_award()
    again = world.integrate()
    entries = list(world.look(lambda db, e: list(ledger.entries(db, e)), world.engagement))
    assert [e.seq for e in entries] == list(range(again.size))
    assert [e.id for e in entries] == sorted(e.id for e in entries)
    assert again.size > head.size
    assert again.root == tree.root_of_leaves([e.line for e in entries])
    assert world.look(ledger.root_at, world.engagement, head.size) == head.root
    assert world.integrate().size == again.size


def test_a_checkpoint_is_signed_by_the_log(world: World) -> None:
    world.upto("sign")
    head = world.integrate()
    note = world.look(ledger.latest_checkpoint, world.engagement)
    signer = ledger.log_signer(world.database.keyring, world.engagement)
    opened = checkpoint.open_checkpoint(note.encode(), signer.verifier)[0]
    assert (opened.size, opened.root) == (head.size, head.root)


def test_what_is_not_settled_waits(world: World) -> None:
    """An older transaction that is still open could write an earlier event: nothing passes it."""
    world.upto("add_line")
    world.integrate()
    size = world.look(ledger.head, world.engagement).size
    signed = world.signature("vito")
    with operation(world.database, world.people["vito"], world.now) as op:
        agreements.request_waiver(
            op, world.engagement, Stage.REQUIREMENTS, ["no-baseline"], "R", "O",
            world.now + timedelta(days=1), *signed,
        )  # fmt: skip
        world.sign()
        with world.database.transaction("job", [world.engagement]) as db:
            assert ledger.integrate(db, world.engagement, world.now).size == size
    # A key, a waiver and a signature; a key, a signature and a stage.
    assert world.integrate().size == size + 6


def test_writers_at_the_same_time_lose_nothing(world: World) -> None:
    world.upto("draft")
    failed: list[BaseException] = []
    signed = world.signature("vera")

    def write(number: int) -> None:
        try:
            for turn in range(6):
                with operation(world.database, world.people["vera"], world.now) as op:
                    agreements.request_waiver(
                        op, world.engagement, Stage.REQUIREMENTS, [f"code-{number}-{turn}"],
                        "R", "O", world.now + timedelta(days=1), *signed,
                    )  # fmt: skip
                with world.database.transaction("job", [world.engagement]) as db:
                    ledger.integrate(db, world.engagement, world.now)
        except BaseException as error:  # noqa: BLE001  (shown by the assertion below)
            failed.append(error)

    before = len(world.look(events, world.engagement))
    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    head = world.integrate()
    assert head.size == before + 1 + 2 * 24
    entries = world.look(lambda db, e: list(ledger.entries(db, e)), world.engagement)
    assert [e.seq for e in entries] == list(range(head.size))
    assert head.root == tree.root_of_leaves([e.line for e in entries])


def test_sealed_fields_open_with_their_salt(world: World) -> None:
    world.upto("draft")
    opened = next(e for e in world.look(events, world.engagement))
    fields = world.look(ledger.disclosures, world.engagement, opened.id)[opened.id]
    assert set(fields) == {"title", "brief"} == set(opened.sealed)
    assert fields["title"][1] == "Title Codename"
    for name, (salt, value) in fields.items():
        assert sealing.check(opened.sealed[name], value, salt)
        assert not sealing.check(opened.sealed[name], f"{value}?", salt)
        assert not sealing.check(opened.sealed[name], value, b"\0" * 16)


def test_nothing_confidential_is_public_or_in_clear(world: World) -> None:
    """Names, titles, file names, answers, quotes and reasons: nowhere outside what is sealed."""
    world.upto("draft_all")
    held = world.act("ana", execution.claim, world.engagement)
    world.act("ana", execution.save_progress, held, {"renewal": "Secretword typed"})
    world.act("ana", execution.return_assignment, held, "Secretword reason")
    world.act("dana", execution.recall, submitted(world), "renewal", "c-renewal", "Secretword note")
    world.upto("finish", after="draft_all")
    world.integrate()
    secrets = [name for _, name, _, _ in PEOPLE]
    secrets += ["Codename", "Secretword", "France", "Ghana", "Norway", "2026-01-0", "input-",
                "control-8", "sheet.csv", "Grounds for it", "Approach of", "Firm client",
                "Best quality", "Risk Owner", "It binds from"]  # fmt: skip
    with world.database.transaction("job", [world.engagement]) as db:
        entries = events(db, world.engagement)
        public = json.dumps([[e.public, e.sealed, e.actor] for e in entries])
        lines = b"".join(e.line for e in ledger.entries(db, world.engagement)).decode()
        sealed_everywhere = [
            bytes(row) for row in db.execute(sa.select(disclosure_table.c.openings)).scalars()
        ]
        for table, column in (
            ("answer", "content"),
            ("document_content", "sealed_text"),
            ("document_content", "sealed_bytes"),
            ("control_item", "known"),
        ):
            query = sa.text(f"select {column} from {table} where {column} is not null")
            sealed_everywhere += [bytes(value) for value in db.execute(query).scalars()]
    for secret in secrets:
        assert secret not in public, secret
        assert secret not in lines, secret
        assert not any(secret.encode() in blob for blob in sealed_everywhere), secret


def submitted(world: World) -> object:
    """An item that has just been submitted."""
    held = world.take("ana")
    return world.look(execution.assignment, held).item_id


def test_an_erased_engagement_still_verifies(world: World) -> None:
    import io

    import outwork_verify

    world.upto("finish")
    head = world.integrate()
    world.database.keyring.destroy(world.engagement)
    assert world.look(ledger.disclosures, world.engagement) == {}
    entries = world.look(lambda db, e: list(ledger.entries(db, e)), world.engagement)
    assert tree.root_of_leaves([e.line for e in entries]) == head.root
    target = io.BytesIO()
    world.look(acceptance.export_bundle, world.engagement, target, opens=bool)
    target.seek(0)
    report = outwork_verify.verify(target)
    assert report.ok, report.failure
    assert report.figures["opened"] == 0


def test_a_log_is_rebuilt_as_it_was_at_one_moment(world: World) -> None:
    """Whoever checks a log that is written on is not told that it does not fit."""
    world.upto("add_line")
    world.integrate()
    with world.database.snapshot("job", [world.engagement]) as db:
        before = ledger.head(db, world.engagement).size
        world.sign()
        world.integrate()
        found = ledger.rebuilt(db, world.engagement)
    assert (found.entries, found.problem) == (before, None)


def test_an_erased_engagement_does_not_stop_the_work_of_others(world: World) -> None:
    """Its job ends with the reason; the worker's next step is as any other."""
    world.upto("draft_all", skip=["draft_all"])
    world.database.keyring.destroy(world.engagement)
    worker = Worker(world.database)
    bot = world.people["bot"]
    subject, made = f"{world.engagement}/{bot}", new_id("job", world.now)
    job = Job(world.engagement, made, execution.DRAFTING, subject, bot, world.now)
    with world.database.transaction("job", [world.engagement]) as db:
        outbox.ask(db, job)
    worker.step()
    ended = world.look(outbox.get, job.id)
    assert (ended.turns, ended.problem) == (0, "failed-key-missing")
    worker.step()


def test_an_erased_key_does_not_come_back(tmp_path: Path) -> None:
    mine, other = Keyring(tmp_path / "k"), Keyring(tmp_path / "k")
    key = mine.make("eng_a")
    assert other.make("eng_a") == key == mine.key("eng_a")
    sealed = other.seal("eng_a", b"text", "place")
    mine.destroy("eng_a")
    for ring in (mine, other, Keyring(tmp_path / "k")):
        with pytest.raises(KeyMissing):
            ring.key("eng_a")
        with pytest.raises(KeyMissing):
            ring.open("eng_a", sealed, "place")
        with pytest.raises(KeyMissing):
            ring.make("eng_a")


def test_a_key_is_found_whole_or_not_at_all(tmp_path: Path) -> None:
    found: list[bytes] = []
    barrier = threading.Barrier(8)

    def make() -> None:
        barrier.wait()
        found.append(Keyring(tmp_path / "k").make("eng_b"))

    Keyring(tmp_path / "k")
    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 8
    assert len(found[0]) == 32
    assert [p.name for p in (tmp_path / "k").iterdir()] == ["eng_b.key"]
    assert (tmp_path / "k" / "eng_b.key").stat().st_mode & 0o777 == 0o600


def test_an_engagement_sees_only_its_own_log(world: World) -> None:
    world.upto("draft")
    mine = world.engagement
    world.upto("draft")
    other = world.engagement
    assert mine != other
    world.engagement = EngagementId(mine)
    assert world.look(events, other) == []
    assert len(world.look(events, mine)) == 4
    row = world.look(lambda db: db.execute(sa.select(event_table.c.engagement_id)).scalars().all())
    assert set(row) == {mine}


def asking(world: World, codes: int) -> WaiverRequested:
    """A request for a waiver of so many codes, each of some 90 bytes."""
    return WaiverRequested(
        engagement=world.engagement, waiver=WaiverId("wvr_1"), gate=Stage.EXECUTION,
        codes=tuple(f"code-{n:03}-{'x' * 80}" for n in range(codes)), side=Side.CLIENT,
        expires=world.now, reason="r", risk_owner="o",
    )  # fmt: skip


def test_an_event_that_no_entry_bundle_holds_is_refused_whole(world: World) -> None:
    world.upto("open")

    def ask(op: Operation) -> None:
        op.record(asking(world, 750))

    with pytest.raises(BadInput) as found:
        world.act("vera", ask)
    assert found.value.code == "event-too-long"
    assert world.look(ledger.find_entry, world.engagement, WaiverRequested.kind) is None
    with world.database.transaction("job", [world.engagement]) as db:
        # It is found to fit only by spelling it out.
        ledger.record(db, asking(world, 680), "job", world.now, secrets.token_bytes)
    world.integrate()
    kept = world.look(ledger.find_entry, world.engagement, WaiverRequested.kind)
    assert 60_000 < len(kept.line) < 65_536
    tile = ledger.tiles.Tile(None, kept.seq // 256, kept.seq % 256 + 1)
    assert kept.line in world.look(ledger.tile, world.engagement, tile)


def test_sealed_fields_count_by_their_commitments(world: World) -> None:
    many = {f"question-{n}": "x" for n in range(1000)}
    event = agreements.AgreementConcluded(
        engagement=world.engagement, agreement=AgreementId("msa_1"), client=world.parties["client"],
        provider=world.parties["provider"], terms=many,
    )  # fmt: skip
    with pytest.raises(BadInput) as found:
        ledger.prepare(event, secrets.token_bytes)
    assert found.value.code == "event-too-long"
    few = replace(event, terms=dict(list(many.items())[:500]))
    assert len(ledger.prepare(few, secrets.token_bytes).sealed) == 500
