"""The value of an answer from the places that are its evidence; used to draft and to check."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from outwork.vocabulary import Computation, Json, TextRange
from outwork_practices.legal.contract_management.names import has_suffix
from outwork_practices.legal.contract_management.normalise import (
    PERPETUAL,
    first_date,
    governing_law,
    longest,
    notice_period,
    renewal_term,
    term_end,
)

_OPENS_ALIAS = re.compile(r"""(?:["“‘']|\((?:the|each,? an?)?)\s*$""", re.IGNORECASE)
_OPENING = re.compile(r"\s+(?=this\b)", re.IGNORECASE)  # "TITLE\n\nTHIS TITLE is made on ..."
_NUMBERED = re.compile(r"^\d+(?:\.\d+)+\s+|^\d+\s*\n\s*")
_ADDRESS = re.compile(r"\n\s*\d.*", re.DOTALL)
_COLLECTIVE = re.compile(r"\bpart(?:y|ies)\b", re.IGNORECASE)
_READERS = {
    "agreement-date": first_date,
    "renewal-term": renewal_term,
    "notice-period-to-terminate-renewal": notice_period,
    "governing-law": governing_law,
    "warranty-duration": longest,
}


def value_of(
    question: str, places: Sequence[TextRange], text: str, known: Mapping[str, Json]
) -> tuple[Json, tuple[Computation, ...]]:
    """The value that evidence in `text` gives, and the calculation behind it where there is one.

    `known` holds the values of questions answered before. No places means absent: "no" for a
    choice, None otherwise. None beside places means present without a value that can be stated.
    """
    if question not in VALUED:
        return ("yes" if places else "no"), ()
    if not places:
        return None, ()
    quotes = [place.quote for place in places]
    if question == "document-name":
        return " ".join(_OPENING.split(quotes[0])[0].split()), ()
    if question == "parties":
        return party_rows(text, places) or None, ()
    if question == "effective-date":
        return _effective(quotes, known)
    if question == "expiration-date":
        return _expiration(quotes, known)
    return _READERS[question](quotes), ()


VALUED = frozenset({"document-name", "parties", "effective-date", "expiration-date", *_READERS})


def _effective(
    quotes: Sequence[str], known: Mapping[str, Json]
) -> tuple[Json, tuple[Computation, ...]]:
    """The date quoted, or the agreement's own where the words refer to it."""
    stated, agreed = first_date(quotes), known.get("agreement-date")
    if stated or not agreed:
        return stated, ()
    return agreed, (Computation("agreement-date", {"agreement-date": agreed}, agreed),)


def begins(known: Mapping[str, Json]) -> date | None:
    """The day from which a term without a first day of its own runs."""
    for question in ("effective-date", "agreement-date"):
        if known.get(question):
            return as_date(known[question])
    return None


def as_date(value: Json) -> date | None:
    """The date that YYYY-MM-DD names, None for anything else."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


def _expiration(
    quotes: Sequence[str], known: Mapping[str, Json]
) -> tuple[Json, tuple[Computation, ...]]:
    end = term_end(quotes, begins(known))
    if end.value is None or end.value == PERPETUAL:
        return end.value, ()
    result = end.value if isinstance(end.value, str) else end.value.isoformat()
    if end.start is None:
        return result, ()
    inputs = {"start": end.start.isoformat(), "term": end.term}
    return result, (Computation("start + term", inputs, result),)


def party_rows(text: str, places: Sequence[TextRange]) -> list[dict[str, str]]:
    """Rows {"name", "alias"}, names as written; spans that are neither are passed over.

    An alias belongs to the name that begins with it, or else to the last one mentioned that has
    none yet.
    """
    rows: dict[str, dict[str, str]] = {}
    mentioned: list[str] = []  # keys of rows, the latest mention last
    for place in sorted(places, key=lambda p: p.start):
        said = party_words(place.quote)
        key = re.sub(r"\W+", " ", said).lower().strip()
        if not key or _COLLECTIVE.search(said):
            continue
        introduced = _OPENS_ALIAS.search(text[max(0, place.start - 12) : place.start])
        if introduced and rows and (" " not in said or not has_suffix(said)):
            waiting = [row for m in reversed(mentioned) if not (row := rows[m])["alias"]]
            alike = [row for row in waiting if row["name"].lower().startswith(said.lower())]
            if all(row["alias"] != said for row in rows.values()):
                for row in (alike or waiting)[:1]:
                    row["alias"] = said
            continue
        if key in rows:
            mentioned.remove(key)
        else:
            rows[key] = {"name": said, "alias": ""}
        mentioned.append(key)
    return [row for key, row in rows.items() if _is_party(key, row, rows)]


def _is_party(key: str, row: Mapping[str, str], rows: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a name stands for itself and is not another's with words of the page before it."""
    if any(other != key and f" {other} " in f" {key} " for other in rows if " " in other):
        return False
    incorporated = any(" " in other and has_suffix(r["name"]) for other, r in rows.items())
    return bool(row["alias"]) or (" " in key and (has_suffix(row["name"]) or not incorporated))


def party_words(quote: str) -> str:
    """A quoted name on one line, without the clause number before or the address after it."""
    bare = _ADDRESS.sub("", _NUMBERED.sub("", quote))
    return " ".join(bare.split()).strip(' ,;:"“”')
