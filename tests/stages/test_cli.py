"""The command line: what is printed where, and with which exit code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.service import KEY, content, right, tiny_service
from typer.testing import CliRunner

from outwork import access, conduct, practices
from outwork.interfaces import cli as command_line
from outwork.kit.database import Database
from outwork.kit.keyring import Keyring
from outwork.kit.postgres import Dsns
from outwork.operation import utc_now

Run = Callable[..., Any]
FILE = """\
title: A tiny engagement
brief: Short texts, read with care
currency: EUR
client: {key: c, name: Client firm}
providers: [{key: p, name: Provider firm}]
people:
  - {key: vera, name: Vera, party: c, login: vera, roles: [vendor-manager]}
  - {key: dana, name: Dana, party: p, login: dana, roles: [delivery-manager]}
  - {key: ana, name: Ana, party: p, login: ana, roles: [analyst], judgments: ana.csv}
  - {key: rosa, name: Rosa, party: p, login: rosa, roles: [reviewer], judgments: rosa.csv}
agent: {key: bot, name: Bot, party: p, login: bot}
lines:
  - service: tiny-abstraction
    volume: 5
    turnaround_days: 10
    unit: item
    defects: {critical: A wrong date., major: A missed clause., minor: A country misspelt.}
    sampling: {limiting_quality: 0.4, consumer_risk: 0.2, acceptable_quality: 0.05, producer_risk: 0.1}
    price: 12.50
    baseline: {volume_a_month: 100, turnaround_days: 10, accuracy: 0.9, unit_cost: 20}
selection:
  direct: true
  award: {to: dana, reason: Known from three earlier pieces of work, accepted_by: dana}
transfer:
  bar: {people: 0.5, agents: 0.4, confidence: 0.9, control_items: 4}
batch: {title: Batch}
decisions: {signs_scope: vera, gives_verdict: vera, accepts: vera, closes: vera}
"""  # noqa: E501


@dataclass
class Home:
    """An installation over a test's database."""

    folder: Path
    database: Database


@pytest.fixture
def run(database: Dsns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command line in a folder of its own; gives the result."""
    kept = Database.connect(database.app, Keyring(tmp_path / "keys"))

    @contextmanager
    def open_home() -> Iterator[Home]:
        yield Home(tmp_path, kept)

    app = command_line.build(open_home, lambda port, demo: None)
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object, **environment: str) -> Any:
        given = [str(a) for a in arguments]
        return CliRunner().invoke(app, given, env=environment, catch_exceptions=False)

    yield invoke
    kept.close()


def _folder(path: Path, count: int = 5) -> Path:
    folder = path / "inputs"
    folder.mkdir()
    names = [f"in-{n}.txt" for n in range(count)]
    for number, name in enumerate(names):
        (folder / name).write_bytes(content(number))
    known = {n: right(n, content(k).decode()) for k, n in enumerate(names)}
    known |= {s.name: s.answers for s in tiny_service().samples()}
    for person in ("ana", "rosa"):
        conduct.write_judgments(path / f"{person}.csv", known)
    (path / "file.yaml").write_text(FILE, encoding="utf-8")
    return folder


def _one_line(result: Any) -> Any:
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def test_services(run: Run) -> None:
    result = run("services", "--json")
    assert result.exit_code == 0
    cards = {card["key"]: card for card in _one_line(result)}
    assert len(cards["contract-management"]["questions"]) == 41
    assert KEY in cards
    assert "Tiny abstraction" not in run("services").stderr


def test_draft_gives_the_agreed_json(run: Run, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "broken.pdf").write_bytes(b"not a pdf at all")
    (folder / "empty.txt").write_bytes(b"")
    result = run("draft", KEY, folder, "--candidates", 3, "--json")
    assert result.exit_code == 0
    entries = {e["input"]: e for e in _one_line(result)}
    assert len(entries) == 7
    good = entries["in-1.txt"]
    assert set(good) == {"input", "answers", "candidates"}
    text = (folder / "in-1.txt").read_bytes().decode()
    for answer in good["answers"]:
        assert set(answer) == {"question", "value", "evidence", "confidence"}
        for place in answer["evidence"]:
            assert set(place) == {"document", "start", "end", "quote"}
            assert text[place["start"] : place["end"]] == place["quote"]
    for name in ("broken.pdf", "empty.txt"):
        bad = entries[name]
        assert set(bad) == {"input", "error", "answers", "candidates"}
        assert bad["answers"] == []
        assert bad["candidates"] == {}
        assert set(bad["error"]) == {"code", "reason"}
        assert bad["error"]["reason"]


def test_draft_of_contracts_holds_every_question(run: Run, tmp_path: Path) -> None:
    sample = practices.service("contract-management").samples()[0]
    (tmp_path / sample.name).write_bytes(sample.content)
    result = run("draft", "contract-management", sample.name, "--candidates", 2, "--json")
    (entry,) = _one_line(result)
    questions = {q.key for q in practices.service("contract-management").questions}
    assert set(entry["candidates"]) == questions
    for found in entry["candidates"].values():
        assert len(found) <= 2
        assert [c["confidence"] for c in found] == sorted(
            (c["confidence"] for c in found), reverse=True
        )


def test_draft_of_nothing_readable_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    result = run("draft", KEY, "empty.txt", "missing.txt", "--json")
    assert result.exit_code == 2
    assert [e["input"] for e in _one_line(result)] == ["empty.txt", "missing.txt"]
    unknown = run("draft", "no-such-service", "empty.txt", "--json")
    assert unknown.exit_code == 2
    assert unknown.stdout == ""
    assert unknown.stderr.count("\n") == 1


def test_check_finds_what_was_spoiled(run: Run, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    entries = json.loads(run("draft", KEY, folder / "in-1.txt", "--json").stdout)
    path = tmp_path / "submission.json"
    path.write_text(json.dumps(entries[0]), encoding="utf-8")
    good = run("check", KEY, path, "--input", folder, "--json")
    assert good.exit_code == 0
    assert _one_line(good) == []
    entries[0]["answers"][1]["value"] = "1926-01-01"
    path.write_text(json.dumps(entries), encoding="utf-8")
    bad = run("check", KEY, path, "--input", folder, "--json")
    assert bad.exit_code == 1
    assert [d["code"] for d in _one_line(bad)] == ["date-outside"]


@pytest.mark.parametrize("broken", ["{", "[]", '{"input": "in-1.txt"}', '"text"', "[1]"])
def test_check_of_what_cannot_be_read(run: Run, tmp_path: Path, broken: str) -> None:
    folder = _folder(tmp_path)
    path = tmp_path / "submission.json"
    path.write_text(broken, encoding="utf-8")
    result = run("check", KEY, path, "--input", folder)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert str(path) in result.stderr


def test_run_to_the_end_and_verify(run: Run, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "broken.pdf").write_bytes(b"not a pdf at all")
    result = run("run", "file.yaml", "--input", folder, "--out", "out", "--json")
    assert result.exit_code == 0, result.stderr
    outcome = _one_line(result)
    assert result.stderr == ""
    assert outcome["items"] == 5
    assert [r["file"] for r in outcome["refused"]] == ["broken.pdf"]
    again = run("run", "file.yaml", "--input", folder, "--out", "out")
    assert again.exit_code == 0, again.stderr
    assert "conform with" in again.stdout
    verified = run("verify", "out/bundle.zip", "--policy", "out/policy.txt", "--json")
    assert verified.exit_code == 0
    report = json.loads(verified.stdout)
    assert report["ok"]
    assert report["authenticated"]
    _spoil(tmp_path / "out" / "bundle.zip")
    assert run("verify", "out/bundle.zip").exit_code in (1, 2)
    assert run("verify", "no-bundle.zip").exit_code == 2


def _spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_run_stops_where_a_person_must_act_and_goes_on(run: Run, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    path = tmp_path / "file.yaml"
    path.write_text(FILE.replace("accepts: vera, ", ""), encoding="utf-8")
    arguments = ("run", "file.yaml", "--input", folder, "--out", "out")
    for _ in range(2):  # called again without anybody having acted, it stops there again
        stopped = run(*arguments)
        assert stopped.exit_code == 3
        assert "Vera" in stopped.stderr.splitlines()[-1]
        assert "/acceptance" in stopped.stderr.splitlines()[-1]
    path.write_text(FILE, encoding="utf-8")
    assert run(*arguments).exit_code == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("currency: EUR", "currency: [EUR"), "line"),
        (("volume: 5", "volume: five"), "line 14, lines.0.volume"),
        (("unit: item", "unit: items"), "lines.0.unit"),
        (("title: A tiny", "titel: A tiny"), "titel"),
        (("to: dana", "to: nobody"), "nobody"),
        (("batch: {title: Batch}", "batch: {title: Batch, line: 7}"), "no line 7"),
    ],
)
def test_a_malformed_file_is_named(
    run: Run, tmp_path: Path, change: Sequence[str], said: str
) -> None:
    folder = _folder(tmp_path)
    (tmp_path / "file.yaml").write_text(FILE.replace(*change), encoding="utf-8")
    result = run("run", "file.yaml", "--input", folder, "--out", "out")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "file.yaml" in result.stderr
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


def test_missing_inputs_and_judgments_are_wrong_usage(run: Run, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    missing = run("run", "file.yaml", "--input", "nowhere", "--out", "out")
    assert missing.exit_code == 2
    (tmp_path / "ana.csv").write_text("file,question\n", encoding="utf-8")
    broken = run("run", "file.yaml", "--input", folder, "--out", "out")
    assert broken.exit_code == 2
    assert "ana.csv" in broken.stderr
    assert not (tmp_path / "out" / "bundle.zip").exists()


def test_a_refused_run_exits_with_one(run: Run, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (tmp_path / "file.yaml").write_text(
        FILE.replace("people: 0.5", "people: 0.999"), encoding="utf-8"
    )
    result = run("run", "file.yaml", "--input", folder, "--out", "out")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) >= 2  # the gate, and its reasons below


def test_do_acts_as_a_person(run: Run, tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    assert run("run", "file.yaml", "--input", folder, "--out", "out").exit_code == 0
    made = json.loads((tmp_path / "out" / "report.json").read_text())["engagement"]
    password = "correct horse battery"
    assert run("admin", "password", "ana", "--new", password).exit_code == 0
    refused = run(
        "do", "acceptance.close_engagement", "--as", "ana", f"engagement={made}",
        OUTWORK_PASSWORD=password,
    )  # fmt: skip
    assert refused.exit_code == 1
    assert "[not-permitted]" in refused.stderr
    wrong = run(
        "do", "acceptance.close_engagement", "--as", "ana", f"engagement={made}",
        OUTWORK_PASSWORD="not her password",
    )  # fmt: skip
    assert wrong.exit_code == 1
    assert "[sign-in-failed]" in wrong.stderr
    short = run("admin", "password", "ana", "--new", "short")
    assert short.exit_code == 2


def test_a_new_password_ends_sessions(run: Run, tmp_path: Path, database: Dsns) -> None:
    folder = _folder(tmp_path)
    path = tmp_path / "file.yaml"
    path.write_text(FILE.replace("signs_scope: vera, ", ""), encoding="utf-8")
    assert run("run", "file.yaml", "--input", folder, "--out", "out").exit_code == 3
    assert run("admin", "password", "vera", "--new", "a first password").exit_code == 0
    kept = Database.connect(database.app, Keyring(tmp_path / "keys"))
    with kept.transaction("job") as db:
        token = access.sign_in(db, "vera", "a first password", utc_now())
    assert run("admin", "password", "vera", "--new", "a second password").exit_code == 0
    with kept.transaction("job") as db:
        assert access.session_actor(db, token, utc_now()) is None
    kept.close()
