"""From a drafter's candidates to answers: which are present, with what value and evidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from outwork.practices import Candidate, Draft
from outwork.vocabulary import Answer, Json, SourceText, TextRange
from outwork_practices.legal.contract_management import drafter
from outwork_practices.legal.contract_management.categories import KEYS
from outwork_practices.legal.contract_management.values import VALUED, party_words, value_of

DRAFTER: Final = "contract-management-ranker/1"
_RANKED: Final = 20  # what the drafter's decision looks at, also where fewer are asked for


def draft(source: SourceText, n: int) -> Draft:
    """Answers to all questions of one document, and at most n candidates for each, best first.

    An answer's confidence is the probability that it is right in what it says of presence.
    """
    ranked = drafter.candidates(source.text, max(n, _RANKED))
    chance = drafter.present(ranked)
    chosen = drafter.answers(ranked)
    known: dict[str, Json] = {}
    answers = []
    for key in KEYS:
        places = _places(source, chosen[key])
        value, computed = value_of(key, places, source.text, known)
        if key == "parties":
            places = _naming(places, value)
        known[key] = value
        sure = chance[key] if places else 1 - chance[key]
        if places and key in VALUED:
            sure = min(sure, chosen[key][0].confidence)
        answers.append(Answer(key, value, (*places, *computed), confidence=round(sure, 4)))
    candidates = {
        key: tuple(
            Candidate(key, found.start, found.end, found.quote, found.confidence)
            for found in ranked[key][:n]
        )
        for key in KEYS
    }
    return Draft(tuple(answers), candidates)


def _naming(places: Iterable[TextRange], rows: Json) -> tuple[TextRange, ...]:
    """The places that name a party or its alias; without a party there is no evidence of one."""
    said = {word for row in rows or () for word in row.values()}
    return tuple(place for place in places if party_words(place.quote) in said)


def _places(source: SourceText, found: Iterable[drafter.Candidate]) -> tuple[TextRange, ...]:
    """Candidates as evidence, in order of confidence."""
    return tuple(
        TextRange(
            document=source.name,
            start=candidate.start,
            end=candidate.end,
            quote=candidate.quote,
            page=source.page_of(candidate.start),
            extractor=source.extractor,
            extractor_version=source.extractor_version,
            text_digest=source.text_digest,
        )
        for candidate in found
    )
