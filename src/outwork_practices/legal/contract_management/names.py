"""Short spans that may be a party's name or alias, or the document's name.

Candidates are strings, each at its first place; the features say where and how it stands there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REGION = 9000  # code points from the start in which parties and title are looked for
SIGNED = 2500  # code points at the end, where companies sign

_WORD = r"(?:[A-Z0-9\u00c0-\u00dd][\w&.'\u2019/+\-]*[\w.+]|[A-Z0-9&])"
_SUFFIX = (
    r"(?:Inc(?:orporated)?|INC(?:ORPORATED)?|LLC|L\.L\.C|LLP|LTD|Ltd|Limited|LIMITED|LP|L\.P|"
    r"Corp(?:oration)?|CORP(?:ORATION)?|Company|COMPANY|Co|CO|N\.?V|S\.?A|B\.?V|AG|GmbH|PLC|plc|"
    r"Plc|N\.A|Trust|TRUST|Partnership|PARTNERSHIP|A/S|AB|S\.p\.A|Pte|PTE|Pty|PTY|S\.[aà]\.?r\.l|"
    r"SARL|KG|Bank|BANK|Fund|FUND|University|UNIVERSITY)\b\.?"
)
_NAME = re.compile(
    rf"{_WORD}(?:,?\s+(?:{_SUFFIX})|\s+(?:(?:of|the|for|de|del|di|van|von|du|la|and|d/b/a/?|f/k/a|dba)\s+){{0,2}}{_WORD}"
    rf"){{0,11}}(?:\s*\((?:[A-Z][\w.]*\s?){{1,3}}\)(?:\s+{_SUFFIX})?(?=,| ))?"
)
_QUOTED = re.compile(
    r"[\"\u201c]\s*([^\"\u201c\u201d]{1,70}?)\s*,?[\"\u201d]|\u2018([^\u2019]{2,40})\u2019"
)
_INSIDE = re.compile(r"\(([^()]{0,120}[\"\u201c][^()]{2,120}[\"\u201d\u2019'][^()]{0,20})\)")
_INDIVIDUALLY = re.compile(
    r"[\"\u201c\u02ba](?:the )?part(?:y|ies)[,.]?[\"\u201d\u02ba]", re.IGNORECASE
)
_HAS_SUFFIX = re.compile(rf"(?:^|[\s,]){_SUFFIX}$")
_MIDDLE = re.compile(rf",?\s{_SUFFIX}(?=\s)")
_SPLIT = re.compile(r"\s+and\s+|\s+AND\s+")
_LEADING = re.compile(
    r"^(?:(?:THIS|This|The|THE|BETWEEN|Between|AND|And|BY|By|AMONG|Among|WHEREAS|A|a)\b\s*)+"
)
_TITLE = re.compile(
    r"(?:[A-Z][\w&,'\u2019/\-]*\s+(?:(?:of|and|for|to|the|or|on)\s+){0,2}){0,9}"
    r"(?:AGREEMENT|Agreement|CONTRACT|Contract|LEASE|Lease|LICENSE|License|AMENDMENT|Amendment|PLAN|"
    r"Plan|ADDENDUM|Addendum|LETTER|Letter|MOU|PROPOSAL|Proposal|ENDORSEMENT|Endorsement)\b"
    r"(?:\s+(?:No\.?|NO\.?|#)\s*\d+)?"
)


# How a span was found, in the order in which equal strings are preferred.
KINDS = ("quoted", "parties", "sentence", "inside", "name", "part", "title", "line")


@dataclass(frozen=True, slots=True)
class Span:
    """text[start:end]; `kind` is one of the keys of KINDS."""

    start: int
    end: int
    kind: str


def has_suffix(name: str) -> bool:
    """Whether the name ends as companies' names do."""
    return _HAS_SUFFIX.search(name) is not None


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " \t\n,;:.([-_":
        start += 1
    while end > start and text[end - 1] in " \t\n,;:([-_":
        end -= 1
    return start, end


def _name_spans(text: str, start: int, end: int) -> list[Span]:
    spans: list[Span] = []
    for match in _NAME.finditer(text, start, end):
        lead = _LEADING.match(match.group())
        a, b = _trim(text, match.start() + (lead.end() if lead else 0), match.end())
        if b - a < 2:
            continue
        spans.append(Span(a, b, "name"))
        at = a
        cuts = list(_SPLIT.finditer(text, a, b))
        for cut in cuts:
            spans.append(Span(at, cut.start(), "part"))
            at = cut.end()
        if cuts:
            spans.append(Span(at, b, "part"))
        middle = _MIDDLE.search(text[a:b])
        if middle:
            spans.append(Span(a, a + middle.end(), "part"))
    return spans


def _together(text: str, limit: int) -> list[Span]:
    """Phrases such as: each individually a "Party" and together the "Parties"."""
    ends: dict[int, int] = {}
    for match in _INDIVIDUALLY.finditer(text, 0, limit):
        low = max(0, match.start() - 220)
        ends[max(text.rfind(mark, low, match.start()) for mark in "(.;\n") + 1] = match.end()
    return [Span(start, end, "parties") for start, end in ends.items() if end - start < 300]


def party_spans(text: str, sentences: list[tuple[int, int]]) -> list[Span]:
    """Possible names and aliases of parties in the first REGION code points, one per string."""
    limit = min(len(text), REGION)
    spans = [
        Span(*(m.span(1) if m.group(1) else m.span(2)), "quoted")
        for m in _QUOTED.finditer(text, 0, limit)
    ]
    spans += _together(text, limit)
    spans += [
        Span(*m.span(1), "inside") for m in _INSIDE.finditer(text, 0, limit)
        if len(m.group(1)) > 30 or " or " in m.group(1)
    ]  # fmt: skip
    spans += [
        Span(a, b, "sentence")
        for a, b in sentences
        if _INDIVIDUALLY.search(text, a, b) and b - a < 400
    ]
    spans += _name_spans(text, 0, limit)
    if len(text) > limit:
        signed = _name_spans(text, max(limit, len(text) - SIGNED), len(text))
        spans += [s for s in signed if has_suffix(text[s.start : s.end])]
    best: dict[str, Span] = {}
    for span in sorted(spans, key=lambda s: (KINDS.index(s.kind), s.start)):
        start, end = _trim(text, span.start, span.end)
        if end - start > 1:
            key = " ".join(text[start:end].split()).rstrip(".,")
            best.setdefault(key, Span(start, end, span.kind))
    return sorted(best.values(), key=lambda s: (s.start, s.end))[:220]


def title_spans(text: str, lines: list[tuple[int, int]]) -> list[Span]:
    """Possible names of the document: short lines (start, end) of the beginning, and titles."""
    limit = min(len(text), 6000)
    spans: list[Span] = []
    for match in _TITLE.finditer(text, 0, limit):
        lead = _LEADING.match(match.group())
        start, end = _trim(text, match.start() + (lead.end() if lead else 0), match.end())
        spans.append(Span(start, end, "title"))
    for a, b in lines:
        start, end = _trim(text, a, min(b, a + 160))
        if start < limit and b - a <= 160:
            spans.append(Span(start, end, "line"))
    best: dict[str, Span] = {}
    for span in sorted(spans, key=lambda s: (s.kind == "line", s.start)):
        if span.end - span.start > 3:
            best.setdefault(" ".join(text[span.start : span.end].split()).lower(), span)
    return sorted(best.values(), key=lambda s: (s.start, s.end))[:80]
