"""Twelve documents written for this service, with known answers to every question.

They are control items too, so each category is present in at least two documents and absent in at
least two. Companies, people and places of business are invented. The docx and pdf are committed as
files, because a library that builds them may change their bytes and with them their digest; beside
each file that is not plain text stands its canonical text, which offsets count and reviewers read.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from outwork.practices import Sample
from outwork.vocabulary import Answer, Digest, Json, Origin, TextRange

_FOLDER = files("outwork_practices.legal.contract_management") / "samples"


@cache
def samples() -> tuple[Sample, ...]:
    """Every sample in order of name; raises ValueError where a known quote is not in its text."""
    answers = sorted(entry.name for entry in _FOLDER.iterdir() if entry.name.endswith(".json"))
    return tuple(_sample(name.removesuffix(".json")) for name in answers)


def canonical_text(name: str) -> str:
    """The text that the offsets of a sample's known answers count."""
    beside = _FOLDER / f"{name}.canonical.txt"
    source: Traversable = beside if beside.is_file() else _FOLDER / name
    return source.read_bytes().decode()


def _sample(name: str) -> Sample:
    text = canonical_text(name)
    known = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    digest = Digest(hashlib.sha256(text.encode()).hexdigest())
    return Sample(
        name=name,
        content=(_FOLDER / name).read_bytes(),
        answers=tuple(
            Answer(
                question=question,
                value=answer["value"],
                evidence=tuple(
                    _located(name, text, digest, known["pages"], quote)
                    for quote in answer["quotes"]
                ),
                origin=Origin.ADDED,
            )
            for question, answer in known["answers"].items()
        ),
    )


def _located(
    name: str, text: str, digest: Digest, pages: list[int], known: dict[str, Json]
) -> TextRange:
    """Evidence for a quote, which is unique in the text or says which occurrence is meant."""
    quote, occurrence = known["quote"], known.get("occurrence")
    found = text.count(quote)
    if found == 0 or (occurrence is None and found > 1) or (occurrence or 1) > found:
        raise ValueError(f"{name}: quote occurs {found} times: {quote!r}")
    start = -1
    for _ in range(occurrence or 1):
        start = text.index(quote, start + 1)
    page = bisect_right(pages, start)
    return TextRange(name, start, start + len(quote), quote, page=page, text_digest=digest)
