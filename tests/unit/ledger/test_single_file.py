"""The verifier as one file: it runs alone in an empty folder, and has the same last word."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.ledger import bundles
from typer.testing import CliRunner

from outwork.interfaces.cli import administration
from outwork_verify import single

EMPTY = {"deliverables": {}, "disclosures": (), "certificate": None, "invoice": None}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the file and what it judges."""
    made = tmp_path_factory.mktemp("alone")
    with (made / "verify.pyz").open("wb") as target:
        single.write(target)
    (made / "good.zip").write_bytes(bundles.write(bundles.contents([], **EMPTY)))
    (made / "unknown.zip").write_bytes(bundles.write())
    (made / "policy").write_text(f"log {bundles.SIGNER.verifier.encode()}\n", encoding="utf-8")
    return made


@pytest.mark.parametrize(
    ("arguments", "code", "bad"),
    [
        (["good.zip", "--policy", "policy"], 0, None),
        (["unknown.zip"], 1, "entries.jsonl"),
        (["absent.zip"], 2, None),
    ],
)
def test_it_runs_alone(folder: Path, arguments: list[str], code: int, bad: str | None) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "verify.pyz", *arguments, "--json"],
        cwd=folder, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (code, "")
    outcome = json.loads(done.stdout)
    assert outcome["ok"] == (code == 0)
    assert (outcome["first_bad"] or {}).get("member") == bad


def test_it_takes_its_own_sources_and_nothing_installed(folder: Path) -> None:
    asked = "import sys; sys.path.insert(0, 'verify.pyz'); import outwork_verify.__main__, sys; "
    asked += "print(outwork_verify.__file__); print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", asked], cwd=folder, capture_output=True, text=True, check=True
    )
    place, modules = done.stdout.splitlines()
    assert place.replace("\\", "/").endswith("verify.pyz/outwork_verify/__init__.py")
    assert "'outwork'" not in modules
    assert "'sqlalchemy'" not in modules


def test_it_is_the_same_bytes_each_time() -> None:
    made = []
    for _ in range(2):
        target = io.BytesIO()
        single.write(target)
        made.append(target.getvalue())
    assert made[0] == made[1]
    assert made[0].startswith(single.SHEBANG)


def test_the_command_writes_it_or_says_why_not(tmp_path: Path, folder: Path) -> None:
    group = administration.build(lambda: pytest.fail("no home folder is needed"))
    done = CliRunner().invoke(group, ["verifier", "--out", str(tmp_path / "v.pyz")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "v.pyz").read_bytes() == (folder / "verify.pyz").read_bytes()
    refused = CliRunner().invoke(group, ["verifier", "--out", str(tmp_path)])
    assert refused.exit_code == 2
    assert f"{tmp_path} cannot be written" in refused.output
