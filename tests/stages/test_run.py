"""The headless run: whole, stopped and gone on with, killed anywhere, fed with rubbish."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.support.engagement import bad, events
from tests.support.service import content, tiny_service

import outwork_verify
from outwork import access, conduct
from outwork.conduct import Outcome, PersonNeeded
from outwork.kit.database import Database
from outwork.kit.keyring import Keyring
from outwork.kit.postgres import Dsns
from outwork.operation import utc_now
from outwork.stages import execution
from outwork.vocabulary import BadInput, EngagementId, WorkOrderId


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keyring by which runs sign for the people of their files, who are the same each time."""
    return tmp_path_factory.mktemp("runs") / "keys"


@pytest.fixture
def base(common: Dsns, keys: Path) -> Iterator[Database]:
    """The database of this worker, with the keys of its runs."""
    with closing(Database.connect(common.app, Keyring(keys))) as made:
        yield made


def test_a_run_does_not_sign_for_who_has_a_password_of_their_own(
    common: Dsns, keys: Path, folder: Path, tmp_path: Path
) -> None:
    change(folder, "login: vera", "login: vera-herself")
    with closing(Database.connect(common.app, Keyring(keys))) as base:
        go(base, folder)
        with base.transaction("job") as db:
            vera = access.actor_by_login(db, "vera-herself")
            assert vera is not None
            key = access.signing_key(db, vera.id)
            conduct.hand_over(db, vera.id, "a password of hers alone", utc_now())
            assert access.signing_key(db, vera.id).public == key.public
        with pytest.raises(PersonNeeded) as needed:
            conduct.run(
                base, conduct.read_engagement_file(folder / "engagement.yaml"),
                folder / "inputs", tmp_path / "again", base=folder,
            )  # fmt: skip
        assert needed.value.code == "sign-scope"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample engagement of the tiny service: engagement file, inputs, judgments."""
    conduct.demo_folder(tiny_service(), tmp_path / "work")
    change(tmp_path / "work", "people: 0.90, agents: 0.60", "people: 0.50, agents: 0.40")
    change(tmp_path / "work", "clause: general-absence", "clause: c-law")
    return tmp_path / "work"


def change(folder: Path, old: str, new: str) -> None:
    """Edit the engagement file."""
    path = folder / "engagement.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def go(base: Database, folder: Path, **options: Any) -> Outcome:
    """Run it, or go on with it."""
    file = conduct.read_engagement_file(folder / "engagement.yaml")
    return conduct.run(base, file, folder / "inputs", folder / "out", base=folder, **options)


def names(base: Database, folder: Path) -> list[str]:
    """The items of the run's work order."""
    import json

    saved = json.loads((folder / "out" / "run.json").read_text())
    with base.transaction("job", [saved["engagement"]]) as db:
        return [i.name for i in execution.all_items(db, WorkOrderId(saved["work_order"]))]


def test_a_run_leaves_deliverable_certificate_and_bundle(base: Database, folder: Path) -> None:
    outcome = go(base, folder)
    assert outcome.items == 4
    assert outcome.refused == []
    assert {"bundle.zip", "policy.txt", "certificate.json", "deliverable/sheet.csv"} <= set(
        outcome.files
    )
    policy = outwork_verify.read_policy((folder / "out" / "policy.txt").read_text())
    report = outwork_verify.verify(folder / "out" / "bundle.zip", policy)
    assert report.ok, report.failure
    assert report.authenticated
    again = go(base, folder)
    assert again.engagement == outcome.engagement
    assert len(names(base, folder)) == 4


def test_a_file_may_have_severities_judged_by_themselves(base: Database, folder: Path) -> None:
    own = "critical: {limiting_quality: 0.02, acceptable_quality: 0.001}"
    own += ", minor: {limiting_quality: 0.5, acceptable_quality: 0.2, consumer_risk: 0.01}"
    change(folder, "producer_risk: 0.10}", f"producer_risk: 0.10, classes: {{{own}}}}}")
    outcome = go(base, folder)
    critical, minor = (outcome.figures["classes"][name] for name in ("critical", "minor"))
    assert (critical["confidence"], minor["confidence"]) == ("0.95", "0.99")
    assert critical["limiting_quality"] == "0.02"
    assert minor["acceptance_number"] > critical["acceptance_number"] == 0
    assert outwork_verify.verify(folder / "out" / "bundle.zip").ok


DECISIONS = [
    ("signs_scope: vera", "sign-scope"),
    ("  award: {to: dana, reason: Best on quality at a price within the budget, accepted_by: dana}",
     "award"),
    (", accepted_by: dana", "accept-award"),
    ("gives_verdict: vera", "give-verdict"),
    ("accepts: vera", "accept-delivery"),
    ("    decided_by: vera\n", "decide-change"),
    ("closes: vera", "close"),
    (", judgments: judgments/reviewer.csv", "inspect"),
]  # fmt: skip


def test_it_stops_at_each_decision_and_goes_on(base: Database, folder: Path) -> None:
    path = folder / "engagement.yaml"
    whole = path.read_text(encoding="utf-8")
    engagement = ""
    order = ["sign-scope", "award", "accept-award", "inspect", "give-verdict", "accept-delivery",
             "decide-change", "close"]  # fmt: skip
    lines = {code: line for line, code in DECISIONS}
    for done in range(len(order) + 1):
        text = whole
        for code in order[done:]:
            text = text.replace(lines[code], "", 1)
        path.write_text(text, encoding="utf-8")
        if done == len(order):
            outcome = go(base, folder)
            assert outcome.engagement == engagement
            break
        with pytest.raises(PersonNeeded) as caught:
            go(base, folder)
        assert caught.value.code == order[done], (caught.value.code, order[done])
        assert caught.value.who
        assert caught.value.place
        if not engagement:
            engagement = caught.value.place.split("/")[1]
    with base.transaction("job", [engagement]) as db:
        joined = [e for e in events(db, EngagementId(engagement))
                  if e.kind == "agreements.engagement-opened"]  # fmt: skip
    assert len(joined) == 1


class Killed(BaseException):
    """The process ends here."""


def test_a_run_that_is_killed_anywhere_loses_and_doubles_nothing(
    base: Database, folder: Path
) -> None:
    for limit in (2, 5, 9, 12, 4, 3, 2, 1, 5):
        calls = iter(range(limit))

        def progress(*_: object, calls: Iterator[int] = calls) -> None:
            if next(calls, None) is None:
                raise Killed

        with suppress(Killed):
            go(base, folder, progress=progress)
    outcome = go(base, folder)
    assert outcome.items == 4
    assert sorted(names(base, folder)) == sorted(p.name for p in (folder / "inputs").iterdir())
    assert outwork_verify.verify(folder / "out" / "bundle.zip").ok


def test_one_bad_file_among_many_is_listed(base: Database, folder: Path) -> None:
    (folder / "inputs" / "empty.txt").write_bytes(b"")
    (folder / "inputs" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 30)
    (folder / "inputs" / ".hidden").write_bytes(b"x")
    (folder / "inputs" / "latin.txt").write_bytes("caf\xe9 ".encode("latin-1"))
    Path(os.fsdecode(bytes(folder / "inputs") + b"/odd-\xff.txt")).touch()
    outcome = go(base, folder)
    assert outcome.items == 4
    refused = {r["file"]: r["code"] for r in outcome.refused}
    assert refused == {
        "empty.txt": "empty-file", "picture.png": "unsupported-type", "latin.txt": "not-utf8",
        "odd-\\xff.txt": "empty-file",
    }  # fmt: skip


def test_an_empty_folder_is_said_so(base: Database, folder: Path) -> None:
    for path in (folder / "inputs").iterdir():
        path.unlink()
    with bad("folder-empty"):
        go(base, folder)
    (folder / "inputs").rmdir()
    with bad("not-a-folder"):
        go(base, folder)


def test_somebody_elses_transaction_does_not_stop_a_run(base: Database, folder: Path) -> None:
    """An older open transaction delays the closing checkpoint; the run waits for it."""
    import sqlalchemy as sa

    begun, over = threading.Event(), threading.Event()

    def hold() -> None:
        with base.transaction("job") as db:
            db.execute(sa.text("select pg_current_xact_id()"))
            begun.set()
            over.wait(2.0)

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait()
    try:
        outcome = go(base, folder)
    finally:
        over.set()
        thread.join()
    assert outcome.items == 4


MALFORMED = {
    "currency: USD": ("currency: [", ""),
    "title: Abstraction": ("titel: Abstraction", "titel"),
    "volume: 4": ("volume: many", "lines.0.volume"),
    "unit: answer": ("unit: answers", "lines.0.unit"),
    "producer_risk: 0.10}": (
        "producer_risk: 0.10, classes: {minor: {limiting_quality: 0.5}}}",
        "lines.0.sampling.classes.minor.acceptable_quality",
    ),
    "price: 18.50\n    baseline": ("price: cheap\n    baseline", "lines.0.price"),
}


@pytest.mark.parametrize("old", sorted(MALFORMED))
def test_a_malformed_file_names_line_and_key(folder: Path, old: str) -> None:
    new, key = MALFORMED[old]
    change(folder, old, new)
    text = (folder / "engagement.yaml").read_text(encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        conduct.read_engagement_file(folder / "engagement.yaml")
    params = caught.value.params
    assert caught.value.code == "engagement-file"
    assert params["key"] == key
    if key:
        assert params["line"] == text[: text.index(new)].count("\n") + 1
    assert params["problem"]


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ("file,question\n", "column-missing", 1),
        ("", "file-empty", None),
        ("file,question,value,quote,start\na,b,c,d,here\n", "not-a-number", 2),
        ("file,question,value,quote,start\na,b,c,d,1e999\n", "not-a-number", 2),
        ("file,question,value,quote,seconds\na,b,c,d,inf\n", "not-a-number", 2),
        ("file,question,value,quote\na,b,c,d\n,b,c,d\n", "row-without-file", 3),
        ("file,question,value,quote\na,b,c,d,e\n", "row-too-long", 2),
    ],
)
def test_judgments_name_the_row(tmp_path: Path, text: str, code: str, row: int | None) -> None:
    path = tmp_path / "judgments.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        conduct.read_judgments(path)
    assert (caught.value.code, caught.value.params.get("row")) == (code, row)
    assert caught.value.params["file"] == str(path)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("in.txt,renewal,yes,no such words", "quote-not-in-source"),
        ("in.txt,shoe-size,46,", "unknown-question"),
        ("in.txt", "unknown-question"),
        ("in.txt,renewal,no,", "question-unlisted"),
    ],
)
def test_judgments_are_held_against_the_source(tmp_path: Path, line: str, code: str) -> None:
    from outwork import documents

    path = tmp_path / "judgments.csv"
    path.write_text(f"file,question,value,quote\n{line}\n", encoding="utf-8")
    judgments = conduct.read_judgments(path)
    source = documents.read("in.txt", content(2))
    with pytest.raises(BadInput) as caught:
        judgments.answers(tiny_service(), source, unlisted_is_absent=False)
    assert caught.value.code == code
