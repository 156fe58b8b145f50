"""The benchmark that runs every public vector agrees with all of them."""

from pathlib import Path
from typing import Any

import pytest
from bench import vectors
from tests.unit.ledger.conftest import DATA


def test_all_public_vectors_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger_vectors: Any
) -> None:
    ledger_vectors("rfc6962_proofs.json")  # skips where there are no vectors
    monkeypatch.chdir(tmp_path)
    figures = vectors.run(DATA.resolve(), 0, lambda _: None)
    wanted = {"inclusion": 98, "consistency": 98, "subtree": 118, "tessera_files": 46, "notes": 2}
    wanted |= {"witness_steps": 9, "wycheproof_ed25519": 151, "disagreements": 0}
    assert {name: figures[name] for name in wanted} == wanted
    assert figures["wycheproof"] + figures["wycheproof_outside"] == 1009
