"""What a machine can find wrong in the answers for one document, without a person.

Every check is a generator of defects over a case; each cites the clause of the guideline that the
answer fails. None of them needs the drafter, so a draft is checked by other rules than made it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from outwork.practices import Case
from outwork.vocabulary import Answer, Computation, Defect, Evidence, Json, Severity, TextRange
from outwork_practices.legal.contract_management import dates
from outwork_practices.legal.contract_management.amendments import superseded
from outwork_practices.legal.contract_management.cues import LOOSE, STRONG, prepared
from outwork_practices.legal.contract_management.jurisdictions import JURISDICTIONS
from outwork_practices.legal.contract_management.normalise import PERPETUAL, term_end
from outwork_practices.legal.contract_management.times import Duration, days, durations, parsed
from outwork_practices.legal.contract_management.values import as_date, begins

_SEVERITY: Final = {
    "quote-mismatch": Severity.CRITICAL,
    "evidence-missing": Severity.MAJOR,
    "present-but-answered-absent": Severity.CRITICAL,
    "absent-but-answered-present": Severity.MAJOR,
    "party-not-in-source": Severity.CRITICAL,
    "wrong-party": Severity.CRITICAL,
    "date-arithmetic": Severity.CRITICAL,
    "date-order": Severity.MAJOR,
    "duration-words-numerals": Severity.MINOR,
    "notice-exceeds-term": Severity.MAJOR,
    "superseded-by-amendment": Severity.CRITICAL,
    "value-not-in-evidence": Severity.MAJOR,
    "value-form": Severity.MAJOR,
}
CODES: Final = tuple(_SEVERITY)
_DATES: Final = ("agreement-date", "effective-date", "expiration-date")
_DURATIONS: Final = ("renewal-term", "notice-period-to-terminate-renewal", "warranty-duration")
_RENEWAL: Final = re.compile(r"(?:(?:\d+ )?successive )?(P\d+[DWMY])\Z")


def check(case: Case) -> tuple[Defect, ...]:
    """Every defect found, in order of question within each check; empty where none is."""
    sound = replace(_sound(case), related=tuple(_sound(other) for other in case.related))
    found = [*_forms(case), *_quotes(case)]
    return (*found, *(defect for run in _CHECKS for defect in run(sound)))


def _sound(case: Case) -> Case:
    """The case without answers that no check can read: values come from people and files too."""
    kept = (a for a in case.answers if a.value is None or _well_formed(a.question, a.value))
    return replace(case, answers=tuple(kept))


def _defect(
    code: str, question: str, *evidence: Evidence, clause: str = "", **params: Json
) -> Defect:
    return Defect(code, question, clause or question, _SEVERITY[code], params, tuple(evidence))


def _places(answer: Answer) -> tuple[TextRange, ...]:
    return tuple(e for e in answer.evidence if isinstance(e, TextRange))


def _is_present(answer: Answer) -> bool:
    return answer.value not in (None, "no", [], "")


def _known(case: Case) -> dict[str, Json]:
    return {answer.question: answer.value for answer in case.answers}


# --- evidence --------------------------------------------------------------------------------


def _quotes(case: Case) -> Iterator[Defect]:
    """quote-mismatch: the words at the offsets are not the words quoted."""
    texts = {c.source.name: c.source.text for c in (case, *case.related)}
    for answer in case.answers:
        for place in _places(answer):
            text = texts.get(place.document)
            if text is None or text[place.start : place.end] != place.quote:
                found = None if text is None else text[place.start : place.end]
                yield _defect(
                    "quote-mismatch", answer.question, place, clause="general-quoting", found=found
                )


def _missing(case: Case) -> Iterator[Defect]:
    """evidence-missing: something is said to be present and nothing shows it."""
    for answer in case.answers:
        if _is_present(answer) and not _places(answer):
            yield _defect("evidence-missing", answer.question, clause="general-quoting")


def _absence(case: Case) -> Iterator[Defect]:
    """present-but-answered-absent: the document speaks as only such a clause does."""
    text = prepared(case.source.text)
    for answer in case.answers:
        cue = STRONG.get(answer.question)
        if cue is None or _is_present(answer) or answer.evidence:
            continue
        found = cue.search(text)
        if found:
            place = _range(case, found.start(), found.end())
            yield _defect("present-but-answered-absent", answer.question, place)
    for question in ("agreement-date", "expiration-date", "governing-law", "document-name"):
        found_at = _PLAIN[question].search(case.source.text)
        held = case.answer(question)
        if held and not _is_present(held) and not held.evidence and found_at:
            yield _defect("present-but-answered-absent", question, _range(case, *found_at.span()))


# A formula that leaves no doubt, for the questions whose answer is more than yes or no.
_PLAIN: Final = {
    "agreement-date": re.compile(
        r"\A.{0,400}\b(?:made|dated|entered\s+into)\s+(?:this|on|as\s+of)\s+(?:the\s+)?"
        r"(?:\d{1,2}(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?)?[A-Z][a-z]{2,8}\s*(?:\d{1,2},?\s+)?,?\s*"
        r"(?:19|20)\d\d",
        re.DOTALL,
    ),
    "expiration-date": re.compile(
        r"\bagreement\b[^.;]{0,160}\b(?:continues?\s+(?:for\s+an?\s+initial\s+term|until\s+\d"
        r"|in\s+perpetuity)|until\s+(?:\d{1,2}\s+)?[A-Z][a-z]+\s+\d|expires?\s+on\s+[A-Z])"
        r"|\binitial\s+term\s+of\s+this\s+agreement\s+is\b",
        re.IGNORECASE,
    ),
    "governing-law": re.compile(
        r"\b(?:governed\s+by|construed\s+(?:in\s+accordance\s+with|under))\b[^.;]{0,60}"
        r"\blaws?\s+of\s+(?:the\s+)?[A-Z]"
    ),
    "document-name": re.compile(r"\A\s*[A-Z][A-Z &,.-]{3,60}AGREEMENT\s*\n"),
}


def _range(case: Case, start: int, end: int) -> TextRange:
    source = case.source
    return TextRange(
        source.name, start, end, source.text[start:end], source.page_of(start),
        source.extractor, source.extractor_version, source.text_digest,
    )  # fmt: skip


def _presence(case: Case) -> Iterator[Defect]:
    """absent-but-answered-present: no quote has a word that such a clause cannot do without."""
    for answer in case.answers:
        cue, places = LOOSE.get(answer.question), _places(answer)
        if cue and places and _is_present(answer) and not any(cue.search(p.quote) for p in places):
            yield _defect("absent-but-answered-present", answer.question, *places)
    for question, cue in _TERM_CUES.items():
        held = case.answer(question)
        places = _places(held) if held and held.value else ()
        if places and not any(cue.search(place.quote) for place in places):
            yield _defect("absent-but-answered-present", question, *places)


_TERM_CUES: Final = {
    "renewal-term": re.compile(
        r"renew|exten|additional|successive|further|thereafter|continu|subsequent", re.IGNORECASE
    ),
    "notice-period-to-terminate-renewal": re.compile(
        r"notice|notif|before|prior|advis|inform|renew|terminat", re.IGNORECASE
    ),
    "governing-law": re.compile(r"\blaws?\b|govern|constru|interpret", re.IGNORECASE),
}

# --- parties ---------------------------------------------------------------------------------

_ALIAS_NEAR: Final = 400  # code points after a name within which its short name is defined


def _folded(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def _parties(case: Case) -> Iterator[Defect]:
    """party-not-in-source; wrong-party where the name is there but not as one who is bound."""
    answer = case.answer("parties")
    if answer is None or not isinstance(answer.value, list):
        return
    text = _folded(case.source.text)
    front, back = text[: max(4000, len(text) // 10)], text[-2500:]
    quoted = " | ".join(_folded(p.quote) for p in _places(answer))
    for row in answer.value:
        name, alias = _folded(row.get("name", "")), _folded(row.get("alias", ""))
        if f" {name} " not in f" {text} ":
            yield _defect("party-not-in-source", "parties", *_places(answer), name=row.get("name"))
        elif name not in quoted or not (name in front or name in back):
            yield _defect("wrong-party", "parties", *_places(answer), name=row.get("name"))
        elif alias and not _is_alias(text, name, alias, answer.value):
            yield _defect("wrong-party", "parties", *_places(answer), alias=row.get("alias"))


def _is_alias(text: str, name: str, alias: str, rows: list[dict[str, str]]) -> bool:
    """Whether the alias first stands after this name and before any other party's name."""
    if name.startswith(alias):
        return True
    others = [_folded(row["name"]) for row in rows if _folded(row["name"]) != name]
    at = text.find(name)
    while at >= 0:
        after = text[at + len(name) : at + len(name) + _ALIAS_NEAR]
        near = min((i for other in others if (i := after.find(other)) >= 0), default=len(after))
        if f" {alias} " in f" {after[:near]} ":
            return True
        at = text.find(name, at + 1)
    return False


# --- dates and durations ---------------------------------------------------------------------


def _arithmetic(case: Case) -> Iterator[Defect]:
    """date-arithmetic: the expiration is not the day to which the quoted term leads."""
    answer, known = case.answer("expiration-date"), _known(case)
    value = as_date(answer.value) if answer else None
    if answer is None or value is None:
        return
    computed = [e for e in answer.evidence if isinstance(e, Computation)]
    if any(e.result != answer.value for e in computed):
        yield _defect("date-arithmetic", "expiration-date", *computed, clause="expiration-date")
        return
    quotes = [place.quote for place in _places(answer)]
    end = term_end(quotes, begins(known))
    if end.start and end.value not in (None, PERPETUAL, value):
        yield _defect(
            "date-arithmetic", "expiration-date", *_places(answer),
            start=end.start.isoformat(), term=end.term, expected=str(end.value), given=answer.value,
        )  # fmt: skip


def _order(case: Case) -> Iterator[Defect]:
    """date-order: a document that expires before it is made or takes effect."""
    known = _known(case)
    end = as_date(known.get("expiration-date"))
    for question in ("agreement-date", "effective-date"):
        start = as_date(known.get(question))
        if start and end and end <= start:
            yield _defect(
                "date-order", question, start=start.isoformat(), expiration=end.isoformat(),
                clause=question,
            )  # fmt: skip


def _spelling(case: Case) -> Iterator[Defect]:
    """duration-words-numerals: "sixty (90) days" in the words that decide."""
    for question in ("expiration-date", *_DURATIONS):
        answer = case.answer(question)
        for place in _places(answer) if answer else ():
            for length in durations(place.quote):
                if length.disagrees:
                    yield _defect(
                        "duration-words-numerals", question, place, clause="general-values",
                        words=length.words, numeral=length.numeral,
                    )  # fmt: skip


def _notice(case: Case) -> Iterator[Defect]:
    """notice-exceeds-term: the notice would fall due before the renewed term begins."""
    known = _known(case)
    notice = parsed(known.get("notice-period-to-terminate-renewal") or "")
    renewal = _length(known.get("renewal-term"))
    if notice and renewal and days(notice) >= days(renewal):
        yield _defect(
            "notice-exceeds-term", "notice-period-to-terminate-renewal",
            notice=notice.iso, term=renewal.iso,
        )  # fmt: skip


def _length(renewal: Json) -> Duration | None:
    match = _RENEWAL.match(renewal) if isinstance(renewal, str) else None
    return parsed(match[1]) if match else None


# --- values ----------------------------------------------------------------------------------


def _forms(case: Case) -> Iterator[Defect]:
    """value-form: a value that is not written as the guideline says."""
    for answer in case.answers:
        if answer.value is not None and not _well_formed(answer.question, answer.value):
            yield _defect(
                "value-form", answer.question, clause="general-values", value=answer.value
            )


def _well_formed(question: str, value: Json) -> bool:
    if question in LOOSE and question != "warranty-duration":
        return value in ("yes", "no")
    if question == "parties":
        return isinstance(value, list) and all(
            isinstance(row, dict)
            and row.get("name")
            and all(isinstance(cell, str) for cell in row.values())
            for row in value
        )
    if question in _DATES:
        allowed = question == "expiration-date" and value == PERPETUAL
        return allowed or as_date(value) is not None
    if question == "renewal-term":
        return value == PERPETUAL or _length(value) is not None
    if question in _DURATIONS:
        return isinstance(value, str) and parsed(value) is not None
    return isinstance(value, str) and bool(value.strip())


def _support(case: Case) -> Iterator[Defect]:
    """value-not-in-evidence: the value is nowhere in the words quoted for it."""
    known = _known(case)
    for answer in case.answers:
        supports = _SUPPORTS.get(answer.question)
        places = _places(answer)
        if supports is None or not places or not isinstance(answer.value, str):
            continue
        if not supports(answer.value, [p.quote for p in places], known):
            yield _defect("value-not-in-evidence", answer.question, *places, value=answer.value)


_Support = Callable[[str, list[str], dict[str, Json]], bool]


def _date_supported(value: str, quotes: list[str], known: dict[str, Json]) -> bool:
    stated = {span.iso for quote in quotes for span in dates.find(quote) if span.iso}
    # Words such as "the date first above written" point to the agreement's date.
    return value in stated or (not stated and value == known.get("agreement-date"))


def _end_supported(value: str, quotes: list[str], known: dict[str, Json]) -> bool:
    stated = {span.iso for quote in quotes for span in dates.find(quote) if span.iso}
    if value == PERPETUAL or value in stated:
        return value in stated or not any(durations(quote) for quote in quotes)
    # A computed date belongs to `date-arithmetic`; here only: there is something to compute from.
    return term_end(quotes, begins(known)).start is not None


def _duration_supported(value: str, quotes: list[str], known: dict[str, Json]) -> bool:
    del known
    if value == PERPETUAL:
        return True
    wanted = value.rsplit(" ", 1)[-1]
    stated = {length.iso for quote in quotes for length in durations(quote)}
    cadence = wanted in ("P1Y", "P1M") and re.search(
        r"annual|yearly|year to year|month[- ]to[- ]month|year-to-year",
        " ".join(quotes),
        re.IGNORECASE,
    )
    return wanted in stated or bool(cadence)


def _law_supported(value: str, quotes: list[str], known: dict[str, Json]) -> bool:
    del known
    said = " ".join(" ".join(quotes).replace("’", "'").split()).lower()
    spellings: dict[str, list[str]] = {}
    for spelling, name in JURISDICTIONS.items():
        spellings.setdefault(name.lower(), []).append(spelling.lower())
    return all(
        any(s in said for s in spellings.get(part.strip().lower(), [part.strip().lower()]))
        for part in value.split(";")
    )


def _title_supported(value: str, quotes: list[str], known: dict[str, Json]) -> bool:
    del known
    return _folded(value) in _folded(" ".join(quotes))


_SUPPORTS: Final[dict[str, _Support]] = {
    "document-name": _title_supported,
    "agreement-date": _date_supported,
    "effective-date": _date_supported,
    "expiration-date": _end_supported,
    "renewal-term": _duration_supported,
    "notice-period-to-terminate-renewal": _duration_supported,
    "warranty-duration": _duration_supported,
    "governing-law": _law_supported,
}


def _amended(case: Case) -> Iterator[Defect]:
    """superseded-by-amendment: an amendment in the batch says otherwise."""
    for found in superseded(case):
        yield _defect(
            "superseded-by-amendment", found.question, *found.evidence, clause="general-amendments",
            amendment=found.amendment, amended=found.value, given=found.given,
        )  # fmt: skip


_CHECKS: Final[tuple[Callable[[Case], Iterator[Defect]], ...]] = (
    _missing, _absence, _presence, _parties, _arithmetic, _order, _spelling, _notice, _support,
    _amended,
)  # fmt: skip
