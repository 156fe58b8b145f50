"""The log of logs: filled at a rhythm, cosigned and served as others, and shown in every bundle."""

from __future__ import annotations

import io
import json
import secrets
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.stages.test_witnesses import bundle, running, send
from tests.support.database import fresh_database
from tests.support.engagement import World
from tests.support.website import answering

from outwork import access, conformance, ledger
from outwork.interfaces.api import api
from outwork.interfaces.worker import Worker
from outwork.kit.postgres import Cluster
from outwork.ledger import LOGS, logs
from outwork.ledger.events import LogCovered
from outwork.stages import acceptance
from outwork_verify import Report, read_policy, verify


def grow(world: World) -> int:
    """A round of the worker's, with places; how many logs were appended."""
    both = [world.engagement, LOGS]
    with world.database.transaction("job", both) as db:
        logs.ask_witnesses(db, [world.engagement], world.now)
        made = logs.cover(db, world.now, secrets.token_bytes)
    for _ in range(1000):
        with world.database.transaction("job", [LOGS]) as db:
            ledger.integrate(db, LOGS, world.now)
            if not ledger.pending(db):
                break
    with world.database.transaction("job", both) as db:
        logs.keep_proofs(db)
    return made


def lines(world: World) -> list[bytes]:
    with world.database.transaction("job", [LOGS]) as db:
        return [e.line for e in ledger.entries(db, LOGS)]


def own(world: World) -> list[dict[str, Any]]:
    """What the log of logs knows of the world's log; others' are in it, too."""
    ring = world.database.keyring
    origin = ledger.log_signer(ring, world.engagement).name
    known = logs.blinded(logs.secret(ring, world.engagement), origin)
    return [e for e in map(json.loads, lines(world)) if e["public"]["log"] == known]


def judged(world: World, data: io.BytesIO) -> Report:
    policy = world.look(ledger.witnessing.policy, world.engagement)
    return verify(data, read_policy(policy), logs=lines(world))


def test_what_a_log_has_grown_to_is_appended_once_and_shown_in_the_bundle(world: World) -> None:
    world.upto("award")
    assert "\nlogs " not in world.look(ledger.witnessing.policy, world.engagement)
    size = world.integrate().size
    assert grow(world) == 1
    assert grow(world) == 0
    world.accept_award()
    after = world.integrate().size
    assert "\nlogs " in world.look(ledger.witnessing.policy, world.engagement)
    report = judged(world, bundle(world))
    assert report.failure is None
    assert report.figures["logs"]["covered"] == size  # as far as the last round
    assert grow(world) == 1
    report = judged(world, bundle(world))
    first, second = own(world)
    assert report.figures["logs"] == {
        "log": "outwork.local/logs", "trusted": True, "id": second["public"]["log"],
        "entry": second["seq"], "entries": second["seq"] + 1, "covered": after, "cosigned": {},
        "found": 2,
    }  # fmt: skip
    assert first["public"]["size"] == size
    assert world.engagement not in str(lines(world))


def test_a_second_version_of_a_log_is_found_by_either_party(world: World) -> None:
    world.upto("award")
    world.integrate()
    grow(world)
    known = world.look(logs.proof, world.engagement, 10_000)
    genuine = bundle(world)
    # The operator shows somebody another history, and lets the log of logs know that one as well.
    key = ledger.log_signer(world.database.keyring, world.engagement)
    fork = [*ledger.bundle.read_bundle(genuine).entries[:-1], b'{"seq": 0}']
    blinded = logs.blinded(bytes.fromhex(known["secret"]), key.name)
    root = ledger.root_of_leaves(fork).hex()
    with world.database.transaction("job", [LOGS]) as db:
        event = LogCovered(engagement=LOGS, log=blinded, size=len(fork), root=root)
        ledger.record(db, event, "job", world.now, secrets.token_bytes)
    world.accept_award()
    world.integrate()
    grow(world)
    report = judged(world, bundle(world))
    assert report.failure is not None
    assert (report.failure.member, report.failure.entry) == ("logs", own(world)[1]["seq"])
    assert "another history" in report.failure.reason


def test_it_is_cosigned_by_the_same_witnesses_and_the_policy_then_asks_for_it(world: World) -> None:
    world.upto("award")
    world.accept_award()
    key = ledger.log_signer(world.database.keyring, LOGS).verifier
    with running(world, "vera") as (client, _), running(world, "dana") as (provider, _):
        world.integrate()
        send(world)
        grow(world)
        assert send(world) == 0  # neither trusts the log of logs yet, and nobody is alarmed
        assert {s.late for s in world.look(ledger.witnessing.standings, world.engagement, world.now)
                } == {False}  # fmt: skip
        policy = world.look(ledger.witnessing.policy, world.engagement)
        assert f"logs {key.encode()}\n" in policy
        for witness in (client, provider):
            witness.store.trust(key, int(world.now.timestamp()))
        assert send(world) == 0  # asked again after a while only
        world.passes(1)
        assert send(world) == 2
        grow(world)
        policy = world.look(ledger.witnessing.policy, world.engagement)
        assert f"logs {key.encode()} every-side\n" in policy
        assert client.head(key.name).size == len(lines(world))
    report = judged(world, bundle(world))
    assert report.failure is None
    assert set(report.figures["logs"]["cosigned"]) == {"vera.example", "dana.example"}


def test_it_is_appended_only_as_far_as_both_sides_cosigned(world: World) -> None:
    world.upto("award")
    world.accept_award()
    with running(world, "vera"), running(world, "dana"):
        size = world.integrate().size
        send(world)
        assert grow(world) == 1
    world.lengthen(3)
    world.integrate()
    assert grow(world) == 0
    assert [e["public"]["size"] for e in own(world)] == [size]


def test_the_worker_fills_it_at_its_rhythm(world: World) -> None:
    world.upto("award")
    worker = Worker(world.database)
    for _ in range(3):
        worker.step()
    assert own(world) == []  # the first round came before the first checkpoint
    worker._covered = None
    for _ in range(3):
        worker.step()
    assert len(own(world)) == 1
    assert world.look(logs.proof, world.engagement, 10_000) is None
    worker._covered = None
    worker.step()
    assert world.look(logs.proof, world.engagement, 10_000) is not None


def test_it_is_rebuilt_from_its_entries_as_other_logs_are(
    cluster: Cluster, migrated: str, tmp_path: Path, tiny: None
) -> None:
    with (
        fresh_database(cluster, migrated) as dsns,
        closing(World(dsns.app, tmp_path / "keys")) as made,
    ):
        made.upto("award")
        for _ in range(3):
            made.lengthen(1)
            made.integrate()
            grow(made)
        with made.database.transaction("job", [LOGS]) as db:
            found = ledger.rebuilt(db, LOGS)
        assert (found.entries, found.problem) == (3, None)


def test_it_stays_when_an_engagement_is_erased(world: World) -> None:
    world.upto("award")
    world.integrate()
    grow(world)
    world.accept_award()
    world.database.keyring.destroy(world.engagement)
    world.integrate()
    assert grow(world) == 1
    target = io.BytesIO()
    world.look(acceptance.export_bundle, world.engagement, target)
    target.seek(0)
    assert judged(world, target).figures["logs"]["found"] == 2


def test_it_is_served_as_tiles_to_whoever_is_signed_in_and_to_witnesses(world: World) -> None:
    world.upto("award")
    world.integrate()
    enrolled = world.witness("vera", "http://127.0.0.1:9")
    grow(world)
    key = ledger.log_signer(world.database.keyring, LOGS).verifier
    with world.database.transaction("job") as db:
        token = access.open_session(db, world.people["stranger"], datetime.now(UTC))
    with (
        answering(api(world.database)) as address,
        httpx.Client(base_url=address, timeout=60) as http,
    ):
        for bearer in (token, enrolled.token):
            found = list(conformance.check_log(f"{address}/logs", key, bearer))
            assert [o for o in found if o.problem] == []
            got = http.get("/logs/entries", headers={"Authorization": f"Bearer {bearer}"})
            assert got.content.splitlines() == lines(world)
        for path in ("checkpoint", "tile/0/000.p/1", "entries"):
            for bearer in ("", "nonsense"):
                headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
                assert http.get(f"/logs/{path}", headers=headers).status_code == 404
        missing = http.get("/logs/tile/0/001", headers={"Authorization": f"Bearer {token}"})
        assert missing.status_code == 404


@pytest.mark.parametrize("word", ["origin", "engagement"])
def test_ids_are_blinded_by_a_secret_for_each_engagement(world: World, word: str) -> None:
    ring = world.database.keyring
    one, other = logs.secret(ring, world.engagement), logs.secret(ring, LOGS)
    assert one != other
    assert len(one) == 32
    assert logs.secret(ring, world.engagement) == one
    names = ("a", "b") if word == "origin" else ("a", "a")
    keys = (one, one) if word == "origin" else (one, other)
    made = {logs.blinded(k, n) for k, n in zip(keys, names, strict=True)}
    assert len(made) == 2
