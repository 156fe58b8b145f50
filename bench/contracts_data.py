"""Contracts with their experts' spans, and where each span stands in the text.

Source: The Atticus Project, Contract Understanding Atticus Dataset (CUAD) v1, CC BY 4.0.
"""

from __future__ import annotations

import ast
import csv
import difflib
import gzip
import io
import re
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from outwork_practices.legal.contract_management.categories import KEYS, LABELS

FOLDER = "contract_management"
_MARKS = re.compile(r"[.,;:]")


def tokens(text: str) -> frozenset[str]:
    """The official metric's tokens: marks removed, lower case, split on blanks."""
    return frozenset(_MARKS.sub("", text).lower().replace("/", " ").split())


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Shared tokens over all tokens; 0 where both are empty."""
    return len(a & b) / len(a | b) if a or b else 0.0


@dataclass(slots=True)
class Gold:
    """One expert's span: its text (`<omitted>` as a blank), tokens, and places in the contract."""

    text: str
    tokens: frozenset[str]
    places: list[tuple[int, int]]


@dataclass(slots=True)
class Contract:
    """One contract; `gold` per category key, `answer` the experts' normalised answers."""

    name: str
    text: str
    gold: dict[str, list[Gold]] = field(default_factory=dict)
    answer: dict[str, str] = field(default_factory=dict)

    @property
    def filer(self) -> str:
        """Who filed it, from the file's name; contracts of one filer are alike."""
        return re.split(r"[_\-]", self.name)[0].upper().replace(" ", "")[:14]


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _index(text: str) -> tuple[str, np.ndarray]:
    """Letters and digits of `text` in lower case, and the offset of each."""
    pairs = [(c.lower()[0], i) for i, c in enumerate(text) if c.isalnum()]
    return "".join(c for c, _ in pairs), np.array([i for _, i in pairs] or [0])


def _find(part: str, squeezed: str, offset: np.ndarray, text: str) -> list[tuple[int, int]]:
    """Every place of `part` by its letters and digits; short ones only at word boundaries."""
    wanted = "".join(c.lower()[0] for c in part if c.isalnum())
    found: list[tuple[int, int]] = []
    at = squeezed.find(wanted) if wanted else -1
    while at >= 0 and len(found) < 200:
        a, b = int(offset[at]), int(offset[at + len(wanted) - 1]) + 1
        whole = not text[max(0, a - 1) : a].isalnum() and not text[b : b + 1].isalnum()
        if whole or len(wanted) > 30:
            found.append((a, b))
        at = squeezed.find(wanted, at + 1)
    return found


def _golds(value: str, squeezed: str, offset: np.ndarray, text: str) -> list[Gold]:
    golds: list[Gold] = []
    for span in ast.literal_eval(value) if value.startswith("[") else []:
        parts = [p for p in span.split("<omitted>") if p.strip()]
        if not parts:
            continue
        places = [place for p in parts for place in _find(p, squeezed, offset, text)]
        golds.append(Gold(" ".join(parts), tokens(" ".join(parts)), places))
    return golds


def load(data: Path) -> list[Contract]:
    """Every contract under `data`/contract_management, by name. Raises OSError where missing."""
    csv.field_size_limit(sys.maxsize)
    with gzip.open(data / FOLDER / "master_clauses.csv.gz", "rb") as packed:
        rows = list(csv.DictReader(io.TextIOWrapper(packed, encoding="utf-8")))
    with zipfile.ZipFile(data / FOLDER / "contracts.zip") as archive:
        files = [n for n in archive.namelist() if n.lower().endswith(".txt")]
        texts = {Path(n).stem: archive.read(n).decode("utf-8") for n in files}
    by_plain = {_plain(name): name for name in texts}
    contracts: list[Contract] = []
    for row in rows:
        plain = _plain(re.sub(r"\.pdf\W*$", "", row["Filename"], flags=re.IGNORECASE))
        if plain not in by_plain:
            near = difflib.get_close_matches(plain, by_plain, 1, 0.8)
            if not near:
                continue
            plain = near[0]
        name = by_plain[plain]
        contract = Contract(name, texts[name])
        squeezed, offset = _index(contract.text)
        for key, label in zip(KEYS, LABELS, strict=True):
            contract.gold[key] = _golds(row[label], squeezed, offset, contract.text)
            answer = row.get(label + "-Answer") or row.get(label + "- Answer") or ""
            contract.answer[key] = answer.strip()
        contracts.append(contract)
    return sorted(contracts, key=lambda c: c.name)
