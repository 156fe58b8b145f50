"""The second stage's features: what tells a right candidate from one that merely scores high."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from outwork_practices.legal.contract_management import dates, names
from outwork_practices.legal.contract_management.categories import KEYS
from outwork_practices.legal.contract_management.features import Floats, Ints
from outwork_practices.legal.contract_management.segments import Unit

SHORT = 4  # the first four categories have span finders of their own
COUNTED = 30_000  # code points from the start in which a name's uses are counted
TOP = 10  # candidates of a clause category that the second stage looks at
NAMES, PARTIES, AGREED, EFFECTIVE = 0, 1, 2, 3
_TERM = (KEYS.index("expiration-date"), KEYS.index("renewal-term"))


@dataclass(frozen=True, slots=True)
class Page:
    """One contract prepared for ranking: units and their first-stage scores (n, 41)."""

    text: str
    units: Sequence[Unit]
    scores: Floats
    heading: Floats
    whole: Floats  # (41,) scores of the contract as one bag of words

    @property
    def starts(self) -> Ints:
        """Where each unit starts."""
        return np.array([u.start for u in self.units], np.int64)


@dataclass(frozen=True, slots=True)
class Context:
    """Linear second opinion: a unit's scores for all categories, and the contract's, on each."""

    unit: Floats  # (83, 41): own scores, highest scores in the contract, intercept
    whole: Floats  # (83, 41): highest scores, scores of the whole, intercept


def squashed(scores: Floats) -> Floats:
    """Scores limited to [-2, 1.5], beyond which they say no more."""
    return np.clip(scores, -2, 1.5)


def context_inputs(page: Page) -> tuple[Floats, Floats]:
    """What `Context.unit` (n, 83) and `Context.whole` (83,) are applied to."""
    own, n = squashed(page.scores), len(page.units)
    top = own.max(axis=0)
    one = np.ones((n, 1), np.float32)
    unit = np.hstack([own, np.broadcast_to(top, own.shape), one])
    whole = np.concatenate([top, page.whole, [1.0]])
    return np.asarray(unit, np.float32), np.asarray(whole, np.float32)


@dataclass(frozen=True, slots=True)
class Pool:
    """Candidates of one family: category, start and end of each (n,), and features (n, f)."""

    category: Ints
    start: Ints
    end: Ints
    rows: Floats
    unit: Ints  # index of the unit each starts in


def clause_pool(page: Page, prior: Floats, context: Context) -> Pool:
    """The TOP units of each clause category; `prior` is (41, p): facts of the category."""
    scores, n = page.scores, len(page.units)
    k = min(TOP, n)
    part = scores[:, SHORT:]
    order = np.argsort(-part, axis=0, kind="stable")[:k]  # (k, q)
    category = np.repeat(np.arange(SHORT, len(KEYS))[None, :], k, axis=0).ravel()
    unit, rank = order.ravel(), np.repeat(np.arange(k), part.shape[1])
    start = page.starts
    end = np.array([u.end for u in page.units], np.int64)
    rows = _clause_rows(page, unit, category, rank, prior)
    inputs, whole = context_inputs(page)
    opinion = (inputs[unit] * context.unit.T[category]).sum(axis=1)
    chance = (whole @ context.whole)[category]
    rows = np.column_stack([rows, opinion, chance, page.whole[category]])
    return Pool(category, start[unit], end[unit], np.asarray(rows, np.float32), unit)


def _unit_facts(page: Page) -> Floats:
    """(n, 9): facts of each unit alone."""
    n = len(page.units)
    start = page.starts
    chars = np.array([u.end - u.start for u in page.units])
    paragraph = np.array([u.paragraph for u in page.units])
    _, first, size = np.unique(paragraph, return_index=True, return_counts=True)
    index = np.cumsum(np.diff(paragraph, prepend=-1) != 0) - 1
    last = [page.text[u.end - 1] for u in page.units]
    begin = [page.text[u.start] for u in page.units]
    facts = np.stack(
        [
            start / max(1, len(page.text)),
            np.log1p(np.arange(n)),
            np.log1p(chars),
            size[index],
            np.arange(n) - first[index],
            np.array([c in ".;" for c in last]),
            np.array([c.isupper() for c in begin]),
            np.full(n, np.log1p(n)),
            np.array([len(u.heading) > 0 for u in page.units]),
        ],
        axis=1,
    )
    return np.asarray(facts, np.float32)


def _clause_rows(page: Page, unit: Ints, category: Ints, rank: Ints, prior: Floats) -> Floats:
    """Features of each (unit, category): its score, its rivals, its neighbours, its place."""
    scores, n = page.scores, len(page.units)
    clause = scores[:, SHORT:]
    ranked = -np.sort(-scores, axis=0)
    s = scores[unit, category]
    best_two = -np.sort(-clause, axis=1)[:, :2]
    rival = np.where(best_two[unit, 0] == s, best_two[unit, 1], best_two[unit, 0])
    previous = np.where(unit > 0, scores[np.maximum(unit - 1, 0), category], -3)
    after = np.where(unit < n - 1, scores[np.minimum(unit + 1, n - 1), category], -3)
    near = np.lib.stride_tricks.sliding_window_view(
        np.pad(scores, ((3, 3), (0, 0)), constant_values=-3), 7, axis=0
    ).max(axis=2)
    soft = np.maximum(scores + 1, 0)
    columns = [
        s,
        rank,
        s - ranked[0, category],
        s - ranked[min(1, n - 1), category],
        s - ranked[min(4, n - 1), category],
        ranked[0, category],
        ranked[min(1, n - 1), category],
        rival,
        s - rival,
        (clause[unit] > s[:, None]).sum(axis=1),
        previous,
        after,
        near[unit, category],
        soft.sum(axis=0)[category],
        (scores > 0).sum(axis=0)[category],
        page.heading[unit, category],
        page.heading.max(axis=0)[category],
        s - page.heading[unit, category],
    ]
    rows = np.column_stack([*columns, _unit_facts(page)[unit], prior[category]])
    return np.asarray(rows, np.float32)


_BEFORE = {
    word: place
    for place, some in enumerate(
        (
            "between among amongst", "and & or", "by", "the each an a", "of", "this to in for from",
            "as called hereinafter hereafter known referred", "individually collectively together",
            "corporation company llc partnership inc limited", "agreement",
        )
    )
    for word in some.split()
}  # fmt: skip
_AFTER = {
    word: place
    for place, some in enumerate(
        (
            "a an",
            "having with located whose of doing its", "and or & together", "hereinafter the",
            "shall will may is are has desires means agrees", "by name title its:", "agreement",
            "corporation company limited", "as", "each collectively individually",
        )
    )
    for word in some.split()
}  # fmt: skip
_BEFORE_PLACES, _AFTER_PLACES = set(_BEFORE.values()), set(_AFTER.values())
_MARKS_BEFORE, _MARKS_AFTER = '(,\n"\u201c.;:', '(),\n"\u201d.;:'
_INCORPORATED = re.compile(
    r"\W*an?\b[^,.;]{0,40}(?:corporation|company|partnership|limited|organized|entity|llc)",
    re.IGNORECASE,
)
_CALLED = re.compile(r"(?:hereinafter|referred to|called|known)[^.;]{0,30}$", re.IGNORECASE)
_NO_NAME = re.compile(r"\b(?:agreement|exhibit|section|article|date)\b", re.IGNORECASE)
_ENTERED = re.compile(r"\b(?:between|among|amongst|made|entered|dated)\b", re.IGNORECASE)


def _around(text: str, start: int, end: int) -> list[float]:
    """Which words and marks stand directly before and after, as 0 or 1."""
    before, after = text[max(0, start - 50) : start], text[end : end + 60]
    found = [0.0] * (len(_BEFORE_PLACES) + len(_AFTER_PLACES))
    words = before.rstrip(' \n"\u201c\u2018(,').rsplit(None, 1)
    place = _BEFORE.get(words[-1].strip('(,.:"').lower()) if words else None
    if place is not None:
        found[place] = 1.0
    words = after.lstrip(' \n"\u201d\u2019),(').split(None, 1)
    place = _AFTER.get(words[0].strip('),."').lower()) if words else None
    if place is not None:
        found[len(_BEFORE_PLACES) + place] = 1.0
    near, next_ = before.rstrip(" ")[-3:], after.lstrip(" ")[:3]
    found += [float(mark in near) for mark in _MARKS_BEFORE]
    found += [float(mark in next_) for mark in _MARKS_AFTER]
    found.append(float(_INCORPORATED.match(after) is not None))
    found.append(float(_CALLED.search(before) is not None))
    return found


def _odds(text: str, table: Mapping[str, float]) -> tuple[float, float, float]:
    """The whole string's, and the words' highest and mean log-odds of being an alias or name."""
    low = " ".join(text.lower().split())
    each = [table.get(w, 0.0) for w in re.findall(r"[a-z]+", low)] or [0.0]
    return table.get("=" + low.rstrip(".,"), 0.0), max(each), sum(each) / len(each)


def _shape(value: str) -> list[float]:
    words = value.split()
    upper = sum(w.isupper() for w in words)
    title = sum(w[:1].isupper() for w in words)
    count = max(1, len(words))
    return [
        float(len(words)), float(len(value)), upper / count, title / count,
        float(any(c.isdigit() for c in value)), float(names.has_suffix(value)),
        float(_NO_NAME.search(value) is not None),
    ]  # fmt: skip


_KIND = {
    "quoted": 0,
    "name": 1,
    "part": 2,
    "parties": 3,
    "title": 4,
    "line": 5,
    "inside": 6,
    "sentence": 7,
}


def party_pool(page: Page, odds: Mapping[str, float]) -> Pool:
    """Possible parties with features; `odds` as for `_odds`."""
    text, spans = (
        page.text,
        names.party_spans(page.text, [(u.start, u.end) for u in page.units[:60]]),
    )
    low = text[:COUNTED].lower()
    highest = float(page.scores[:, PARTIES].max())
    entered = _ENTERED.search(text)
    entered_at = entered.start() if entered else len(text)
    unit = np.maximum(np.searchsorted(page.starts, [s.start for s in spans], "right") - 1, 0)
    preamble = _preamble(page)
    signed = text[-max(3000, len(text) // 8) :]
    suffixed = [s.end for s in spans if names.has_suffix(text[s.start : s.end])]
    rows: list[list[float]] = []
    quoted = 0
    values = [text[s.start : s.end] for s in spans]
    joined, lows = "\n".join(values), "\n".join(values).lower()
    for i, (span, value) in enumerate(zip(spans, values, strict=True)):
        quoted += span.kind == "quoted"
        u, low_value = int(unit[i]), value.lower()
        score = float(page.scores[u, PARTIES])
        last = max((e for e in suffixed if e <= span.start), default=-1)
        first_word = value.split()[0].strip(".,").lower() if value.split() else ""
        rows.append(
            [
                span.start, math.log1p(span.start), u, score,
                score - highest, u - preamble,
                _KIND[span.kind], i, len(spans), quoted,
                math.log1p(text.count(value, 0, COUNTED)), math.log1p(signed.count(value)),
                math.log1p(low.count(low_value)) if i < 60 else 0.0,
                min(2000, span.start - last) if last >= 0 else 3000,
                joined.count(value),
                lows.count("\n" + low_value + "\n"),
                lows.count(first_word) if len(first_word) > 2 else 0,
                min(1500, max(-500, span.start - entered_at)),
                len(page.units[u].heading) > 0, page.units[u].end - page.units[u].start,
                page.scores[u, NAMES], page.scores[u, AGREED],
                *_odds(value, odds), *_shape(value), *_around(text, span.start, span.end),
            ]
        )  # fmt: skip
    return _pool(PARTIES, spans, rows, unit)


def _preamble(page: Page) -> int:
    """Index of the unit that most looks like the one naming the parties."""
    return int(np.argmax(page.scores[:40, PARTIES])) if len(page.units) else 0


def _pool(category: int, spans: Sequence[names.Span], rows: list[list[float]], unit: Ints) -> Pool:
    return Pool(
        np.full(len(spans), category, np.int64),
        np.array([s.start for s in spans], np.int64),
        np.array([s.end for s in spans], np.int64),
        np.asarray(rows, np.float32).reshape(len(spans), -1 if rows else 0),
        np.asarray(unit, np.int64),
    )


def title_pool(page: Page, odds: Mapping[str, float]) -> Pool:
    """Possible names of the document with features."""
    text = page.text
    lines = [(u.start, u.end) for u in page.units[:40]]
    spans = names.title_spans(text, lines)
    unit = np.maximum(np.searchsorted(page.starts, [s.start for s in spans], "right") - 1, 0)
    low, preamble = " ".join(text[:8000].lower().split()), _preamble(page)
    highest = page.scores[:, NAMES].max()
    values = [" ".join(text[s.start : s.end].split()).lower() for s in spans]
    rows: list[list[float]] = []
    for i, (span, value) in enumerate(zip(spans, values, strict=True)):
        u = int(unit[i])
        whole = page.units[u]
        before = text[max(0, span.start - 30) : span.start].lower()
        rows.append(
            [
                span.start, math.log1p(span.start), u, page.scores[u, NAMES],
                page.scores[u, NAMES] - highest, page.scores[u, PARTIES],
                _KIND[span.kind], i, len(spans), u - preamble, low.count(value),
                (span.end - span.start) / max(1, whole.end - whole.start),
                float(before.endswith("this ")), float("exhibit" in before),
                float("this " + value in low), sum(value in v for v in values),
                sum(v in value for v in values),
                float(text[span.end : span.end + 3].strip()[:1] in ("(", ",")),
                *_odds(value, odds), *_shape(text[span.start : span.end]),
                float(value.endswith(("agreement", "contract"))),
            ]
        )  # fmt: skip
    return _pool(NAMES, spans, rows, unit)


_DATE_BEFORE = [
    re.compile(p, re.IGNORECASE)
    for p in (
        r"dated?\b[^.;]{0,25}$", r"as of\W*(?:the\W*)?(?:this\W*)?$", r"effective\b[^.;]{0,40}$",
        r"entered into\b[^.;]{0,40}$", r"\bmade\b[^.;]{0,40}$", r"\bthis\W*$",
        r"(?:commenc|begin|start)\w*[^.;]{0,40}$",
        r"(?:expir|terminat|end|until|through)\w*[^.;]{0,40}$",
        r"date\s*:[\s_]*$", r"\(.{0,40}$", r"amend\w*[^.;]{0,80}$", r"\n\s*$", r"\bon\W*$",
        r"source\b.{0,60}$", r"executed\b[^.;]{0,60}$", r"agreement\b[^.;]{0,60}$",
    )
]  # fmt: skip
_DATE_AFTER = [
    re.compile(p, re.IGNORECASE)
    for p in (
        r".{0,4}\(.{0,20}effective date", r".{0,4}\(", r"\W*(?:by and )?(?:between|among)",
        r"\W*(?:and (?:shall|will|contin|expir|end)|to|through|until)\b", r"\s*\n", r"\W*by\b",
    )
]  # fmt: skip


def date_places(page: Page) -> list[dates.DateSpan]:
    """Dates at the beginning, at the end, and in the units that look like dates or terms."""
    n = len(page.units)
    columns = [AGREED, EFFECTIVE, *_TERM]
    top = np.argsort(-page.scores[:, columns], axis=0, kind="stable")[:8].ravel()
    chosen = sorted({*range(min(12, n)), *range(max(0, n - 6), n), *(int(i) for i in top)})
    found: list[dates.DateSpan] = []
    for i in chosen:
        unit = page.units[i]
        found += dates.find(page.text, unit.start, min(unit.end, unit.start + 4000))
    return found[:60]


def date_pool(page: Page) -> Pool:
    """Possible agreement and effective dates: short dates, and for the latter whole units."""
    text = page.text
    found = date_places(page)
    units = np.argsort(-page.scores[:, EFFECTIVE], kind="stable")[:5]
    whole = [dates.DateSpan(page.units[i].start, page.units[i].end, None) for i in units]
    isos = [d.iso for d in found]
    every = [(AGREED, d, False) for d in found] + [(EFFECTIVE, d, False) for d in found]
    every += [(EFFECTIVE, d, True) for d in whole]
    starts = [d.start for _, d, _ in every]
    unit = np.maximum(np.searchsorted(page.starts, starts, "right") - 1, 0)
    top = page.scores.max(axis=0)
    preamble, latest = _preamble(page), max((x for x in isos if x), default="")
    rows: list[list[float]] = []
    for i, (category, date, is_unit) in enumerate(every):
        u = int(unit[i])
        before, after = text[max(0, date.start - 110) : date.start], text[date.end : date.end + 50]
        s = page.scores[u]
        rows.append(
            [
                category, float(is_unit), date.start, math.log1p(date.start),
                date.start / max(1, len(text)), u, u - preamble, i % max(1, len(found)),
                len(found), isos.count(date.iso) if date.iso else 0, float(date.iso is not None),
                s[AGREED], s[EFFECTIVE], s[PARTIES], s[_TERM[0]], s[NAMES],
                s[AGREED] - top[AGREED], s[EFFECTIVE] - top[EFFECTIVE], top[EFFECTIVE],
                page.units[u].end - page.units[u].start, date.end - date.start,
                float(date.iso is not None and date.iso == latest),
                *(float(p.search(before) is not None) for p in _DATE_BEFORE),
                *(float(p.match(after) is not None) for p in _DATE_AFTER),
            ]
        )  # fmt: skip
    spans = [names.Span(d.start, d.end, "name") for _, d, _ in every]
    pool = _pool(AGREED, spans, rows, unit)
    return Pool(np.array([c for c, _, _ in every], np.int64), pool.start, pool.end, pool.rows, unit)
