"""The drafter with its packaged model, on an agreement written for the purpose."""

from __future__ import annotations

import re

import pytest

from outwork_practices.legal.contract_management import drafter
from outwork_practices.legal.contract_management.categories import KEYS, LABEL_OF

TEXT = """Exhibit 10.1

SAMPLE DISTRIBUTION AGREEMENT

This Sample Distribution Agreement (the "Agreement") is entered into as of May 8, 2014 (the \
"Effective Date") by and between Alder Works, Inc., a Delaware corporation ("Supplier"), and Birch \
Trading LLC, a New York limited liability company ("Distributor").

1. Term. The initial term of this Agreement shall commence on the Effective Date and shall \
continue for a period of three (3) years, unless earlier terminated as provided herein.

2. Assignment. Neither party may assign this Agreement without the prior written consent of the \
other party.

3. Governing Law. This Agreement shall be governed by and construed in accordance with the laws \
of the State of New York, without regard to its conflict of laws principles.

4. Notices. All notices shall be in writing and sent to the addresses given above.

5. Insurance. Distributor shall maintain commercial general liability insurance of at least \
$1,000,000 per occurrence during the term of this Agreement.
"""


@pytest.fixture(scope="module")
def ranked() -> dict[str, list[drafter.Candidate]]:
    return drafter.candidates(TEXT)


def test_every_category_is_ranked(ranked: dict[str, list[drafter.Candidate]]) -> None:
    assert list(ranked) == list(KEYS)
    assert len(KEYS) == 41
    assert LABEL_OF["rofr-rofo-rofn"] == "Rofr/Rofo/Rofn"
    for key, found in ranked.items():
        confidence = [c.confidence for c in found]
        assert confidence == sorted(confidence, reverse=True)
        assert all(0 < p < 1 for p in confidence)
        assert len(found) <= 20
        assert all(c.question == key and TEXT[c.start : c.end] == c.quote for c in found)


@pytest.mark.parametrize(
    ("key", "quote"),
    [
        ("document-name", "SAMPLE DISTRIBUTION AGREEMENT"),
        ("agreement-date", "May 8, 2014"),
        ("governing-law", "laws of the State of New York"),
        ("anti-assignment", "prior written consent"),
        ("expiration-date", "three (3) years"),
        ("insurance", "general liability insurance"),
    ],
)
def test_plain_clauses_come_first(
    ranked: dict[str, list[drafter.Candidate]], key: str, quote: str
) -> None:
    assert quote.lower() in " ".join(ranked[key][0].quote.split()).lower()


def test_parties_are_short(ranked: dict[str, list[drafter.Candidate]]) -> None:
    drafted = {c.quote.rstrip(".") for c in drafter.answers(ranked)["parties"]}
    assert {"Alder Works, Inc", "Supplier", "Distributor", "Birch Trading LLC"} <= drafted


def test_absent_categories_are_drafted_absent(
    ranked: dict[str, list[drafter.Candidate]],
) -> None:
    chance, drafted = drafter.present(ranked), drafter.answers(ranked)
    assert list(chance) == list(KEYS)
    for key in ("source-code-escrow", "non-disparagement", "most-favored-nation"):
        assert chance[key] < 0.3
        assert drafted[key] == []
    assert chance["governing-law"] > 0.8


def test_fewer_candidates_are_the_first_of_many(
    ranked: dict[str, list[drafter.Candidate]],
) -> None:
    assert drafter.candidates(TEXT, 2) == {key: found[:2] for key, found in ranked.items()}


@pytest.mark.parametrize("text", ["", " \n\n ", "One word.", "\u00e9" * 50, "1. 2. 3.\n\n" * 40])
def test_odd_texts_do_no_harm(text: str) -> None:
    ranked = drafter.candidates(text)
    assert list(ranked) == list(KEYS)
    assert set(drafter.answers(ranked)) == set(KEYS)
    for found in ranked.values():
        assert all(re.escape(text[c.start : c.end]) == re.escape(c.quote) for c in found)


def test_the_same_text_gives_the_same_draft() -> None:
    assert drafter.candidates(TEXT) == drafter.candidates(TEXT)
