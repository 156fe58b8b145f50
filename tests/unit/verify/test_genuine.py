"""Genuine bundles verify, with the figures that the system itself states."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.database import fresh_database
from tests.support.engagement import World
from tests.support.service import content, right, tiny_service
from tests.unit.verify.recorded import Entry, Log, exported

from outwork import conduct, ledger, practices
from outwork.kit.database import Database
from outwork.kit.keyring import Keyring
from outwork.kit.postgres import Cluster
from outwork.practices import Sample
from outwork_verify import Report, read_policy, verify
from outwork_verify.summary import summary


def test_an_eventful_engagement_verifies(genuine: Log, eventful_world: World) -> None:
    report = genuine.judged()
    assert report.failure is None
    (order,) = report.figures["work_orders"]
    assert (order["stage"], order["round"], order["items"]) == ("closed", 3, {"submitted": 6})
    assert [order["certificate"]] == [c["figures"] for c in genuine.contents.certificate]
    assert order["invoice"]["total"] == genuine.contents.invoice[0]["total"]
    assert report.figures["stage"] == "closed"


def test_they_have_nearly_every_kind(
    genuine: Log,
    answers_log: Log,
    improved_log: Log,
    ladder_log: Log,
    doubled_log: Log,
    again_log: Log,
    calibrated_log: Log,
) -> None:
    logs = (
        genuine, answers_log, improved_log, ladder_log, doubled_log, again_log, calibrated_log,
    )  # fmt: skip
    seen = {e["kind"] for log in logs for e in log.entries}
    registered = {
        "agreements.party-registered", "agreements.actor-registered", "workforce.qualified",
        "workforce.barrier-raised", "workforce.barrier-lifted", "ledger.log-covered",
    }  # fmt: skip
    assert set(ledger.EVENTS) - seen <= registered


def test_answers_as_the_unit_verify(answers_log: Log) -> None:
    report = answers_log.judged()
    assert report.failure is None
    assert report.figures["work_orders"][0]["sample"]["lot"] == 18


def test_a_screened_lot_and_a_measured_effect_verify(improved_log: Log) -> None:
    report = improved_log.judged()
    assert report.failure is None
    (closed,) = improved_log.all("assurance.action-closed")
    assert closed["public"]["before"] == closed["public"]["before_units"] == 6
    assert (closed["public"]["after"], closed["public"]["after_units"]) == (0, 6)


def test_every_beginning_of_a_genuine_log_that_ends_with_an_act_verifies(genuine: Log) -> None:
    """A bundle is taken at any moment: what an act began is never called a forgery."""
    whole = genuine.entries
    times = [e["at"] for e in whole]
    for size in range(2, len(whole)):
        if times[size - 1] == times[size]:  # within an act
            continue
        part = Log(whole[:size], genuine.contents, genuine.signer)
        report = part.judged(deliverables={}, certificate=None, invoice=None)
        assert report.failure is None, (size, report.failure.reason if report.failure else "")


def _of_installation(seq: int, kind: str, sealed: list[str], **public: Any) -> Entry:
    at = "2026-01-01T00:00:00.000000Z"
    return {"seq": seq, "kind": kind, "version": 1, "actor": "per_1", "at": at,
            "public": public, "sealed": dict.fromkeys(sealed, "0" * 64)}  # fmt: skip


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [
        (["barrier-raised", "barrier-raised"], "raises a barrier that stands"),
        (["barrier-lifted"], "lifts a barrier that does not stand"),
    ],
)
def test_barriers_are_raised_and_lifted_in_turn(
    genuine: Log, kinds: list[str], reason: str
) -> None:
    entries = [
        _of_installation(n, f"workforce.{kind}", ["reason"], subject="per_2", party="pty_1")
        for n, kind in enumerate(kinds)
    ]
    own = Log(entries, genuine.contents, genuine.signer)
    failure = own.judged(deliverables={}, certificate=None, invoice=None).failure
    assert failure is not None
    assert failure.entry == len(kinds) - 1
    assert reason in failure.reason


def test_the_installations_log_holds_registrations_only(genuine: Log) -> None:
    entries = [
        {"seq": 0, "kind": "agreements.party-registered", "version": 1, "actor": "per_1",
         "at": "2026-01-01T00:00:00.000000Z", "public": {"party": "pty_1", "side": "client"},
         "sealed": {"name": "0" * 64}},
        {"seq": 1, "kind": "agreements.actor-registered", "version": 1, "actor": "per_1",
         "at": "2026-01-01T00:00:00.000000Z", "sealed": {"name": "0" * 64},
         "public": {"subject": "per_2", "actor_kind": "person", "party": "pty_1", "roles": []}},
        _of_installation(2, "workforce.qualified", ["languages", "skills"],
                         subject="per_2", clearance=2),
        _of_installation(3, "workforce.barrier-raised", ["reason"],
                         subject="per_2", party="pty_1"),
        _of_installation(4, "workforce.barrier-lifted", ["reason"],
                         subject="per_2", party="pty_1"),
    ]  # fmt: skip
    own = Log(entries, genuine.contents, genuine.signer)
    assert own.judged(deliverables={}, certificate=None, invoice=None).failure is None
    mixed = genuine.copy()
    mixed.entries.append(entries[0])
    failure = mixed.judged().failure
    assert failure is not None
    assert (failure.entry, "installation" in failure.reason) == (len(genuine.entries), True)


def test_disclosed_fields_open(eventful_world: World) -> None:
    report = verify(io.BytesIO(exported(eventful_world, disclose=True)))
    assert report.failure is None
    assert report.figures["opened"] > 100


def demo(tmp_path: Path, cluster: Cluster, migrated: str, patch: pytest.MonkeyPatch) -> Path:
    def sample(number: int) -> Sample:
        name, raw = f"sample-{number}.txt", content(number)
        return Sample(name, raw, right(name, raw.decode()))

    service = replace(tiny_service(), samples=lambda: [sample(n) for n in range(10)])
    patch.setitem(practices.catalogue(), service.key, service)
    path = conduct.demo_folder(service, tmp_path / "demo")
    words = path.read_text(encoding="utf-8").replace("people: 0.90", "people: 0.70")
    path.write_text(words.replace("general-absence", "c-law"), encoding="utf-8")
    with fresh_database(cluster, migrated) as dsns:
        database = Database.connect(dsns.app, Keyring(tmp_path / "keys"))
        try:
            file = conduct.read_engagement_file(path)
            conduct.run(database, file, path.parent / "inputs", tmp_path / "out", base=path.parent)
        finally:
            database.close()
    return tmp_path / "out"


def test_the_sample_engagement_verifies(
    tmp_path: Path, cluster: Cluster, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = demo(tmp_path, cluster, migrated, monkeypatch)
    policy = read_policy((out / "policy.txt").read_text(encoding="utf-8"))
    report = verify(out / "bundle.zip", policy)
    assert (report.ok, report.authenticated) == (True, True)
    stated = json.loads((out / "certificate.json").read_text(encoding="utf-8"))
    (order,) = report.figures["work_orders"]
    assert order["certificate"] == stated
    assert order["delivery"]["items"] == 6
    shown = summary(out / "bundle.zip", report)
    assert len(shown) <= 24
    assert any(order["invoice"]["total"]["amount"] in line for line in shown)


def test_after_erasure_everything_still_verifies(
    cluster: Cluster, migrated: str, tiny: None, tmp_path: Path
) -> None:
    with fresh_database(cluster, migrated) as dsns:
        world = World(dsns.app, tmp_path / "keys")
        before = _figures(verify(io.BytesIO(exported(world.upto("finish"), disclose=True))))
        world.database.keyring.destroy(world.engagement)
        report = verify(io.BytesIO(exported(world, disclose=True)))
        world.close()
    assert report.failure is None
    assert report.figures["opened"] == 0
    assert _figures(report) == before


def _figures(report: Report) -> Any:
    return {k: v for k, v in report.figures.items() if k not in ("opened", "members")}
