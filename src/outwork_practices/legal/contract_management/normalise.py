"""From quoted words to values: ends of terms, renewals, notice periods, jurisdictions.

Pure functions of text. A value that cannot be worked out is None, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from outwork_practices.legal.contract_management import dates
from outwork_practices.legal.contract_management.jurisdictions import JURISDICTIONS
from outwork_practices.legal.contract_management.times import (
    NUMBER_WORDS,
    Duration,
    days,
    durations,
    later,
    number,
    ordinal,
)

PERPETUAL: Final = "perpetual"


@dataclass(frozen=True, slots=True)
class StatedDate:
    """A complete calendar date written at text[start:]."""

    start: int
    value: date


def stated_dates(text: str) -> tuple[StatedDate, ...]:
    """Every complete calendar date in the text, in order."""
    return tuple(
        StatedDate(span.start, date.fromisoformat(span.iso))
        for span in dates.find(text)
        if span.iso
    )


def first_date(quotes: Sequence[str]) -> str | None:
    """The first date in the quotes, YYYY-MM-DD."""
    return next((iso for quote in quotes if (iso := dates.normalise(quote))), None)


# --- the end of the term ---------------------------------------------------------------------

_UNTIL: Final = re.compile(
    r"until|through|expir\w*|terminat\w*|\bend(?:s|ing)?\b|conclud\w*|up to|no later than|"
    r"–|—|\bto\b",
    re.IGNORECASE,
)
_FROM: Final = re.compile(
    r"commenc\w*|\bbegin\w*|effect(?:ive)?\b|\bfrom\b|\bstart\w*|since|\bdated\b|"
    r"(?<!end )(?<!ends )(?<!expire )(?<!expires )(?<!terminate )as of",
    re.IGNORECASE,
)
_NOT_TERM: Final = re.compile(
    r"(?:notice|prior to|before|within|additional|successive|renew\w*|cure|each|further|"
    r"extended (?:for|by)|extensions? of|every|upon|by giving)[^.;,]{0,45}$",
    re.IGNORECASE,
)
_TERM_OF: Final = re.compile(
    r"(?:^|(?<!renewal )(?<!additional )(?<!notice )(?<!further )(?<!successive ))"
    r"(?:term|period|duration)\W*(?:of|is|shall be|will be)?\W*$",
    re.IGNORECASE,
)
_NOTICE_AFTER: Final = re.compile(
    r"['’]?s?[\s,]*(?:prior|written|advance|notice|before|in advance|after (?:receipt|written))",
    re.IGNORECASE,
)
_ANNIVERSARY: Final = re.compile(
    r"((?:twenty|thirty)?[\s-]*[a-z]+|\d+(?:st|nd|rd|th))\s*(?:\([^)]{1,8}\)\s*)?(?:year\s+)?anniversary",
    re.IGNORECASE,
)
_YEAR_END: Final = re.compile(
    r"end of (?:the |such |calendar )*(?:(?:then[ -])?current calendar year|"
    r"(?:year )?(?P<year>(?:19|20)\d\d))",
    re.IGNORECASE,
)
_FOR_EVER: Final = re.compile(
    r"perpetu|indefinite|unlimited period|not be terminable|"
    r"(?:until|unless|will end when)\s+(?:(?:and|such|time|as|it|this|agreement|is|either|party|"
    r"sooner|earlier|otherwise|duly|by)\W+)*(?:terminat|cancel)",
    re.IGNORECASE,
)
_EVENT: Final = re.compile(
    r"\b(?:until|through)\s+(?!(?:\w+\s+){0,4}(?:terminat|cancel))|shall expire|duration of",
    re.IGNORECASE,
)
_UNSURE: Final = re.compile(
    r"\b(?:later|latest|longer|longest|sooner) (?:of|to)\b|last to expire|life of", re.IGNORECASE
)
_OTHER_START: Final = re.compile(  # "from the Launch Date": a day that this document does not name
    r"[\s,]*(?:from|after|following|commencing (?:on|from|upon|with))\s+"
    r"(?!(?:the\s+)?(?:initial\s+|date of )?(?:effective|commencement|execution|sign|"
    r"agreement|hereof|"
    r"its?\b|start|such|that|this|contract|and|last date|day|"
    r"date (?:hereof|of|first|above|on which it|set|this|written|stated)|\d|"
    + "|".join(dates.MONTHS)
    + r"))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TermEnd:
    """When the initial term ends, and how that was worked out.

    `value` is a date, PERPETUAL, or None; `start` and `term` are set where a date was computed.
    """

    value: date | str | None
    start: date | None = None
    term: str = ""


def term_end(quotes: Sequence[str], begins: date | None) -> TermEnd:
    """The end of the initial term that the quoted clauses state.

    `begins` is the effective date, or else the agreement date; a clause that names its own
    first day goes before it. A term of years ends on its anniversary.
    """
    for quote in quotes:
        found = _stated_end(quote) or _computed_end(quote, begins)
        if found:
            return found
    joined = " ".join(quotes)
    plainly = re.search(r"perpetu|indefinite|unlimited period", joined, re.IGNORECASE)
    if plainly or (_FOR_EVER.search(joined) and not _EVENT.search(joined)):
        return TermEnd(PERPETUAL)
    return TermEnd(None)


def _stated_end(quote: str) -> TermEnd | None:
    for found in stated_dates(quote):
        if _nearest(_UNTIL, quote, found.start) > _nearest(_FROM, quote, found.start):
            return TermEnd(found.value)
    year_end = _YEAR_END.search(quote)
    return TermEnd(date(int(year_end["year"]), 12, 31)) if year_end and year_end["year"] else None


def _nearest(cue: re.Pattern[str], quote: str, before: int) -> int:
    """Where the last such cue within 70 characters before a place begins, or -1."""
    near = max(0, before - 70)
    return max((near + match.start() for match in cue.finditer(quote[near:before])), default=-1)


def _computed_end(quote: str, begins: date | None) -> TermEnd | None:
    own = next((f.value for f in stated_dates(quote) if _nearest(_FROM, quote, f.start) >= 0), None)
    start = own or begins
    terms = [length for length in durations(quote) if _is_term(quote, length)]
    anniversary = _ANNIVERSARY.search(quote)
    if anniversary and (count := ordinal(anniversary[1])):
        terms.append(Duration(anniversary.start(), anniversary.end(), count, "Y"))
    if terms:
        length = min(terms, key=lambda found: found.start)
        if _UNSURE.search(quote) or _OTHER_START.match(quote[length.end :]):
            return TermEnd(None, None, length.iso)
        return TermEnd(later(start, length) if start else None, start, length.iso)
    if start and _YEAR_END.search(quote):
        return TermEnd(date(start.year, 12, 31), start, "calendar year")
    return None


def _is_term(quote: str, length: Duration) -> bool:
    """Whether a duration is the length of the term and not a notice, cure or renewal period."""
    before = quote[max(0, length.start - 60) : length.start]
    if _NOTICE_AFTER.match(quote[length.end :]):
        return False
    return bool(_TERM_OF.search(before)) or not _NOT_TERM.search(before)


# --- renewal and notice ----------------------------------------------------------------------

_RENEWAL: Final = re.compile(
    r"renew|exten(?:d|sion)|additional|successive|thereafter|subsequent|consecutive|further",
    re.IGNORECASE,
)
_SUCCESSIVE: Final = re.compile(
    r"successive|consecutive|each (?:year|anniversary|subsequent)|every|(?:periods|terms) of|"
    r"(?:additional|subsequent|further|year|month)[ -](?:(?!on\b|the\b)[\w()-]+[ -])*"
    r"(?:periods|terms|renewals|extensions)\b|year basis|"
    r"or (?:any|each)[^.;]{0,25}(?:renewal|extension|extended)|"
    r"any (?:\w+ )?(?:renewal|extension|extended)",
    re.IGNORECASE,
)
_TIMES: Final = re.compile(
    rf"\b(?P<count>{NUMBER_WORDS}|\d+)\s*(?:\(\d+\)\s*)?"
    r"(?:(?:additional|further|more|renewal|successive|consecutive)[\s,]+)+"
    r"(?:(?:terms|periods)\b|[\w() -]{0,25}?(?:terms|periods|years))",
    re.IGNORECASE,
)
_YEARLY: Final = re.compile(
    r"annual(?:ly)?\b|yearly|additional year\b|each (?:calendar )?year", re.IGNORECASE
)
_MONTHLY: Final = re.compile(r"monthly|additional month\b", re.IGNORECASE)
_ROLLING: Final = re.compile(r"(month|year)[- ]to[- ](?:month|year)", re.IGNORECASE)


def renewal_term(quotes: Sequence[str]) -> str | None:
    """How long a renewal lasts: "P3Y", "successive P1Y", "2 successive P5Y", "perpetual", None."""
    for quote in quotes:
        if rolling := _ROLLING.search(quote):
            return f"successive P1{rolling[1][0].upper()}"
        first = _RENEWAL.search(quote)
        cue = first.start() if first else 0
        lengths = [
            length
            for length in durations(quote)
            if not _is_notice(quote, length) and not _INITIAL.search(quote[: length.start])
        ]
        after = [length for length in lengths if length.end > cue]
        said = quote[max(0, cue - 40) :]
        if after:
            return _repeated(said, after[0].iso)
        for cadence, iso in ((_MONTHLY, "P1M"), (_YEARLY, "P1Y")):
            if found := cadence.search(said):
                return iso if found[0].startswith("additional") else f"successive {iso}"
        if lengths and lengths[-1].end > cue - 60:
            return _repeated(said, lengths[-1].iso)
    return PERPETUAL if any(_FOR_EVER.search(quote) for quote in quotes) else None


_INITIAL: Final = re.compile(r"initial\W*(?:term|period)?\W*(?:of)?\W*$", re.IGNORECASE)


def _repeated(said: str, iso: str) -> str:
    times = _TIMES.search(said)
    count = None
    if times:
        count = int(times["count"]) if times["count"].isdigit() else number(times["count"])
    if count and count > 1:
        return f"{count} successive {iso}"
    return f"successive {iso}" if _SUCCESSIVE.search(said) and count != 1 else iso


_NOTICE: Final = re.compile(r"notif|notice|advis|inform", re.IGNORECASE)


def _is_notice(quote: str, length: Duration) -> bool:
    before = quote[max(0, length.start - 50) : length.start]
    after = quote[length.end : length.end + 50]
    return bool(
        re.search(
            r"(?:at least|not less than|no less than|no later than|minimum of|within)\W*$",
            before,
            re.IGNORECASE,
        )
        and re.match(
            r"['’]?s?\W*(?:prior|before|notice|written|in advance|advance|of the|after|from)",
            after,
            re.IGNORECASE,
        )
    ) or bool(
        re.match(
            r"['’]?s?\W*(?:prior|before|notice|written|in advance|advance)", after, re.IGNORECASE
        )
    )


def notice_period(quotes: Sequence[str]) -> str | None:
    """How long before the end a party must speak up: the duration that stands with the notice."""
    for quote in quotes:
        found = durations(quote)
        noticed = [length for length in found if _is_notice(quote, length)]
        if noticed:
            return noticed[0].iso
        if found and _NOTICE.search(quote):
            mentions = [match.start() for match in _NOTICE.finditer(quote)]
            return min(found, key=lambda d: min(abs(d.start - m) for m in mentions)).iso
    return None


def longest(quotes: Sequence[str]) -> str | None:
    """The longest duration in the quotes, as ISO 8601: the length of a warranty."""
    found = [length for quote in quotes for length in durations(quote)]
    return max(found, key=days).iso if found else None


# --- governing law ---------------------------------------------------------------------------

_PLACE: Final = re.compile(
    r"(?<![\w-])(?:" + "|".join(re.escape(n).replace(r"\ ", r"\s+") for n in
                      sorted(JURISDICTIONS, key=len, reverse=True)) + r")(?![\w-])"
    , re.IGNORECASE)  # fmt: skip
_LAWFUL: Final = re.compile(r"\blaws?\b|govern|constru|interpret", re.IGNORECASE)
_FORUM: Final = re.compile(
    r"(?:court\w*|venue|jurisdiction of|located|sitting|arbitrat\w*|seat\w*|county|city|residents?|"
    r"corporation|offices?|executed|performed|accepted|organi[sz]ed|conflicts?|choice)\b[^.;]{0,60}$",
    re.IGNORECASE,
)


def governing_law(quotes: Sequence[str]) -> str | None:
    """The jurisdictions whose law the quotes name, parted by "; " in order of appearance."""
    named: list[str] = []
    spoken: list[str] = []
    for quote in quotes:
        text = quote.replace("’", "'")
        for match in _PLACE.finditer(text):
            name = _jurisdiction(match[0])
            if name is None:
                continue
            before = text[max(0, match.start() - 90) : match.start()]
            cues = [cue.end() for cue in _LAWFUL.finditer(before)]
            followed = re.match(r"\s+(?:state\s+)?laws?\b", text[match.end() :], re.IGNORECASE)
            forum = _FORUM.search(before[cues[-1] :] if cues else before)
            if (cues or followed) and not forum:
                named.append(name)
            spoken.append(name)
    chosen = list(dict.fromkeys(named or spoken[:1]))
    # "the Province of Ontario and the laws of Canada applicable therein" is one law, not two.
    kept = [n for n in chosen if not any(o.endswith(f", {n}") for o in chosen)]
    if "England and Wales" in kept:
        kept = [n for n in kept if n not in ("England", "Wales")]
    if {"England", "Wales"} <= set(kept):
        kept = ["England and Wales" if n == "England" else n for n in kept if n != "Wales"]
    return "; ".join(kept) or None


_BY_LOWER: Final = {name.lower(): value for name, value in JURISDICTIONS.items()}


def _jurisdiction(spelled: str) -> str | None:
    name = " ".join(spelled.split())
    if name.islower():  # "turkey", "jersey": places are capitalised, or set in capitals
        return None
    return _BY_LOWER.get(name.lower())
