"""`python -m outwork_verify`: exit codes, JSON, one screen, never a traceback."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.unit.ledger import bundles

from outwork.ledger.checkpoint import COSIGNATURE_V1, Ed25519Signer
from outwork_verify import __main__ as command
from outwork_verify import read_policy, verify
from outwork_verify.replay import HANDLERS, Event, State

LOG_KEY = bundles.SIGNER.verifier.encode()
POLICY = f"# the client's own note of the key\n\nlog {LOG_KEY}  # 2026\n"
# A fixed key: the workers of a run name their cases by these texts.
COSIGNER = Ed25519Signer("w", Ed25519PrivateKey.from_private_bytes(b"\x09" * 32), COSIGNATURE_V1)
WITNESS = f"witness w {COSIGNER.verifier.encode()}\n"


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HANDLERS, ("test.happened", 1), bundles.accept)


@pytest.fixture
def files(tmp_path: Path, known: None) -> Path:
    (tmp_path / "good.zip").write_bytes(bundles.write())
    forged = bundles.contents(signer=bundles.FORGER)
    (tmp_path / "forged.zip").write_bytes(bundles.write(forged, bundles.FORGER))
    parts = bundles.members(bundles.write())
    altered = [(n, b"{}" if n == "certificate.json" else d) for n, d in parts]
    (tmp_path / "altered.zip").write_bytes(bundles.pack(altered))
    strange = [*parts, ("deliverable/\x1b[2J\u202e\ud800".encode("utf-8", "replace").decode(), b"")]
    (tmp_path / "strange.zip").write_bytes(bundles.pack(strange))
    (tmp_path / "cut.zip").write_bytes(bundles.write()[:500])
    (tmp_path / "empty.zip").write_bytes(b"")
    (tmp_path / "policy").write_text(POLICY, encoding="utf-8")
    (tmp_path / "bad-policy").write_text("log nonsense\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "policy", "code", "authenticated", "member"),
    [
        ("good.zip", "policy", 0, True, None),
        ("good.zip", None, 0, False, None),
        ("forged.zip", None, 0, False, None),
        ("forged.zip", "policy", 1, False, "manifest.json"),
        ("altered.zip", "policy", 1, False, "certificate.json"),
        ("altered.zip", None, 1, False, "certificate.json"),
        ("strange.zip", None, 1, False, "deliverable/\x1b[2J\u202e?"),
        ("cut.zip", "policy", 2, False, None),
        ("empty.zip", None, 2, False, None),
        ("absent.zip", None, 2, False, None),
        (".", None, 2, False, None),
        ("good.zip", "bad-policy", 2, False, None),
        ("good.zip", "absent-policy", 2, False, None),
        ("good.zip", "good.zip", 2, False, None),
    ],
)
def test_outcomes(
    name: str, policy: str | None, code: int, authenticated: bool, member: str | None,
    files: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    arguments = [str(files / name)]
    if policy is not None:
        arguments += ["--policy", str(files / policy)]
    assert command.main([*arguments, "--json"]) == code
    outcome: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert list(outcome) == ["ok", "authenticated", "first_bad", "figures"]
    assert outcome["ok"] == (code == 0)
    assert outcome["authenticated"] == authenticated
    assert (outcome["first_bad"] is None) == (code == 0)
    if outcome["first_bad"]:
        assert list(outcome["first_bad"]) == ["member", "entry", "reason"]
        assert outcome["first_bad"]["member"] == member
    else:
        assert outcome["figures"]["entries"] == 6
    assert command.main(arguments) == code
    printed = capsys.readouterr()
    lines = (printed.out + printed.err).splitlines()
    assert 1 <= len(lines) <= 24
    assert all(line.isprintable() for line in lines)


def test_words_for_people(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.main([str(files / "good.zip")])
    assert "consistent, not authenticated" in capsys.readouterr().out
    command.main([str(files / "good.zip"), "--policy", str(files / "policy")])
    assert "verified" in capsys.readouterr().out
    command.main([str(files / "altered.zip")])
    assert "certificate.json" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "witness a b\n", "quorum 2\n", "log\n", "log a b\n", "trust everybody\n",
     f"{POLICY}{WITNESS}", f"{POLICY}{WITNESS}quorum v\n", f"{POLICY}{WITNESS}{WITNESS}quorum w\n",
     f"{POLICY}{WITNESS}quorum w\nquorum w\n", f"{POLICY}{WITNESS}group g 2 w\nquorum g\n",
     f"{POLICY}{WITNESS}group g 0 w\nquorum g\n", f"{POLICY}{WITNESS}group g x w\nquorum g\n",
     f"{POLICY}{WITNESS}group g 1 w w\nquorum g\n", f"{POLICY}{WITNESS}group g 1\nquorum w\n",
     f"{POLICY}{WITNESS}group g 1 g\nquorum g\n", f"{POLICY}witness w {LOG_KEY}\nquorum w\n",
     f"{POLICY}{WITNESS}{WITNESS.replace('witness w', 'witness v')}quorum w\n",
     f"{POLICY}log x+00000000+AQ==\n",
     f"log {COSIGNER.verifier.encode()}\n"],
)  # fmt: skip
def test_policies_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"policy|line"):
        read_policy(text)


def test_many_logs_may_be_trusted() -> None:
    keys = read_policy(POLICY + f"log {bundles.FORGER.verifier.encode()}\n").logs
    assert [key.public for key in keys] == [bundles.SIGNER.public_key, bundles.FORGER.public_key]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    whole = [sys.executable, "-m", "outwork_verify", *arguments]
    return subprocess.run(whole, capture_output=True, text=True, timeout=60, check=False)


def test_as_a_program(tmp_path: Path) -> None:
    for arguments in ([], ["a", "b"], ["--nonsense"], [str(tmp_path / "none.zip")]):
        done = run(*arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    assert run("--help").returncode == 0
    path = tmp_path / "bundle.zip"
    path.write_bytes(bundles.write(bundles.contents([], disclosures=(), deliverables={})))
    done = run(str(path), "--json")
    assert (done.returncode, json.loads(done.stdout)["ok"]) == (0, True)


def test_it_loads_nothing_but_the_standard_library_and_cryptography() -> None:
    code = (
        "import sys, json; import outwork_verify.__main__;"
        "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules}"
        " - set(sys.stdlib_module_names) - {'outwork_verify', 'cryptography', '_cffi_backend'})))"
    )
    whole = [sys.executable, "-I", "-c", code]
    done = subprocess.run(whole, capture_output=True, text=True, timeout=60, check=False)
    if "No module named 'outwork_verify'" in done.stderr:
        pytest.skip("the package is not installed here")
    loaded = {name for name in json.loads(done.stdout) if not name.startswith(("__", "_editable"))}
    assert not {name for name in loaded if name.startswith("outwork")}
    assert not loaded & {"rfc8785", "pydantic", "numpy", "scipy", "sqlalchemy"}


def test_a_handler_that_stumbles_over_an_event_fails_it() -> None:
    def stumble(state: State, event: Event) -> None:
        raise KeyError(event.public["absent"])

    data = bundles.write()
    report = verify(io.BytesIO(data), handlers={("test.happened", 1): stumble})
    assert report.failure is not None
    assert report.failure.entry == 0
    assert "fields" in report.failure.reason


def test_checkpoints_seen_before(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = bundles.contents()
    (files / "seen").write_bytes(whole.checkpoint)
    longer = bundles.contents([bundles.event(i) for i in range(9)]).checkpoint
    (files / "longer").write_bytes(longer)
    for name, code in (("seen", 0), ("longer", 1), ("policy", 1), ("absent", 2)):
        arguments = [str(files / "good.zip"), "--seen", str(files / name), "--json"]
        assert command.main(arguments) == code, name
    assert "not a usable checkpoint" in capsys.readouterr().out
