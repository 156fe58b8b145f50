"""The drafter of contract abstraction: per category ranked spans with calibrated confidence.

A linear score of every unit for every category finds candidates; boosted trees over what
surrounds each candidate rank them; a logistic step per category turns ranks into probabilities.
Names, titles and dates have finders of their own, since their spans are shorter than a sentence.
Everything is arrays: no model is asked, nothing leaves the process, equal text gives equal drafts.
"""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt

from outwork_practices.legal.contract_management.categories import KEYS
from outwork_practices.legal.contract_management.features import Floats, Ints
from outwork_practices.legal.contract_management.ranking import (  # fmt: skip
    AGREED,
    EFFECTIVE,
    PARTIES,
    SHORT,
    Context,
    Page,
    Pool,
    clause_pool,
    date_pool,
    party_pool,
    title_pool,
)
from outwork_practices.legal.contract_management.scoring import BLOCKS, Linear
from outwork_practices.legal.contract_management.segments import units
from outwork_practices.legal.contract_management.trees import Trees, restore

FAMILIES = ("clause", "party", "title", "date")
FIRST = 17  # short spans before which no whole unit stands
_UNFOUND = 0.004  # confidence in a whole unit where a short span is asked for
_FLOOR = 1e-4  # confidences stay inside [_FLOOR, 1 - _FLOOR]


@dataclass(frozen=True, slots=True)
class Candidate:
    """text[start:end] == quote may answer `question`; `confidence` is a probability."""

    question: str
    start: int
    end: int
    quote: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Model:
    """What training leaves: first stage, ranking trees, calibration, decision thresholds."""

    linear: Linear
    prior: Floats  # (41, p) facts of each category
    odds: Mapping[str, float]  # words and whole strings: log-odds of being a party or a title
    context: Context
    trees: Mapping[str, Trees]
    platt: Floats  # (41, 2): logit = a * tree logit + b
    tail: Floats  # (2,): logit of a unit that the trees do not look at = a * score + b
    presence: Floats  # (41, 4): weights of the three features of `presence_features`, intercept
    present_at: Floats  # (41,) present where the probability is at least this
    span_at: Floats  # (41,) further spans join the answer from this confidence on


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x)), safe for large |x|."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(x, np.float64))), np.float32)


def presence_features(confidence: Sequence[float]) -> tuple[float, float, float]:
    """Log-odds of the best candidate, of the second, and of at least one being right."""
    p = np.clip(np.array([*confidence, _FLOOR, _FLOOR], np.float64), _FLOOR, 1 - _FLOOR)
    some = np.clip(1 - np.prod(1 - p), _FLOOR, 1 - _FLOOR)
    logit = np.log(p / (1 - p))
    return float(logit[0]), float(logit[1]), float(np.log(some / (1 - some)))


def page_of(model: Model, text: str) -> Page:
    """The contract split into units and scored."""
    found = units(text)
    if not found:
        none = np.zeros((0, len(KEYS)), np.float32)
        return Page(text, found, none, none, np.zeros(len(KEYS), np.float32))
    scored = model.linear.scores(text, found)
    return Page(text, found, scored.units, scored.heading, scored.whole)


def pools(model: Model, page: Page) -> dict[str, Pool]:
    """The contract's candidates by family, before ranking; none for a blank text."""
    if not page.units:
        return {}
    return {
        "clause": clause_pool(page, model.prior, model.context),
        "party": party_pool(page, model.odds),
        "title": title_pool(page, model.odds),
        "date": date_pool(page),
    }


@dataclass(frozen=True, slots=True)
class Drafter:
    """Drafts with one model; holds no state between contracts."""

    model: Model

    def candidates(self, text: str, n: int = 20) -> dict[str, list[Candidate]]:
        """At most n candidates of each of the 41 categories, best first, none for a blank text."""
        return self.ranked(page_of(self.model, text), n)

    def ranked(self, page: Page, n: int) -> dict[str, list[Candidate]]:
        """As `candidates`, for a page already scored."""
        families, text = pools(self.model, page), page.text
        ranked: dict[str, list[Candidate]] = {key: [] for key in KEYS}
        for family, pool in families.items():
            logit = self.model.trees[family].logit(pool.rows)
            platt = self.model.platt[pool.category]
            confidence = sigmoid(platt[:, 0] * logit + platt[:, 1])
            confidence = np.clip(confidence, _FLOOR, 1 - _FLOOR)
            for category in np.unique(pool.category):
                mine = np.flatnonzero(pool.category == category)
                ranked[KEYS[category]] = _distinct(text, pool, mine, confidence, int(category), n)
        if page.units:
            self._add_tail(page, ranked, families["clause"], n)
            for category in range(SHORT):
                ranked[KEYS[category]] = _with_units(page, ranked[KEYS[category]], category)[:n]
        return ranked

    def _add_tail(self, page: Page, ranked: dict[str, list[Candidate]], pool: Pool, n: int) -> None:
        """Units below the ranked ones, up to n, by first-stage score alone."""
        looked: list[set[int]] = [set() for _ in KEYS]
        for category, unit in zip(pool.category.tolist(), pool.unit.tolist(), strict=True):
            looked[category].add(unit)
        order = np.argsort(-page.scores, axis=0, kind="stable")[: 2 * n].T.tolist()
        tail = sigmoid(self.model.tail[0] * page.scores + self.model.tail[1]).T.tolist()
        for category in range(SHORT, len(KEYS)):
            mine = ranked[KEYS[category]]
            ceiling = mine[-1].confidence if mine else 1.0
            for i in order[category]:
                if len(mine) >= n:
                    break
                if i in looked[category]:
                    continue
                unit = page.units[i]
                ceiling = min(ceiling, max(_FLOOR, tail[category][i]))
                quote = page.text[unit.start : unit.end]
                mine.append(Candidate(KEYS[category], unit.start, unit.end, quote, ceiling))

    def present(self, ranked: Mapping[str, Sequence[Candidate]]) -> dict[str, float]:
        """Probability that each category is present, from its ranked candidates."""
        features = np.array(
            [presence_features([c.confidence for c in ranked.get(key, ())]) for key in KEYS]
        )
        weights = self.model.presence
        logit = (features * weights[:, :3]).sum(axis=1) + weights[:, 3]
        chance = sigmoid(np.asarray(logit, np.float32))
        return {key: float(chance[j]) if ranked.get(key) else 0.0 for j, key in enumerate(KEYS)}

    def answers(self, ranked: Mapping[str, Sequence[Candidate]]) -> dict[str, list[Candidate]]:
        """The spans that make up the answer of each category; an empty list means absent."""
        chance = self.present(ranked)
        drafted: dict[str, list[Candidate]] = {}
        for j, key in enumerate(KEYS):
            mine = list(ranked.get(key, ()))
            if not mine or chance[key] < self.model.present_at[j]:
                drafted[key] = []
                continue
            more = [c for c in mine[1:] if c.confidence >= self.model.span_at[j]]
            drafted[key] = [mine[0]] if j in (0, AGREED, EFFECTIVE) else [mine[0], *more]
        return drafted


def _distinct(
    text: str, pool: Pool, mine: Ints, confidence: Floats, category: int, n: int
) -> list[Candidate]:
    """Best first, without those that repeat a better one's words or overlap it.

    A whole sentence and the date inside it may both stand: experts mark now one, now the other.
    """
    order = mine[np.lexsort((pool.start[mine], -confidence[mine]))]
    chosen: list[Candidate] = []
    seen: set[str] = set()
    for i in order:
        start, end = int(pool.start[i]), int(pool.end[i])
        quote = text[start:end]
        key = " ".join(quote.split()).rstrip(".,;")
        if category != PARTIES:
            key = key.lower()
        over = category < EFFECTIVE and any(
            c.start < end and start < c.end and _alike(key, c.quote) for c in chosen
        )
        if key in seen or over:
            continue
        seen.add(key)
        chosen.append(Candidate(KEYS[category], start, end, quote, float(confidence[i])))
        if len(chosen) >= n:
            break
    return chosen


def _with_units(page: Page, spans: list[Candidate], category: int) -> list[Candidate]:
    """Short spans with two whole units far down the list: where a finder missed the span itself.

    They stand after the FIRST spans and take the confidence of the next one.
    """
    ahead, rest = spans[:FIRST], spans[FIRST:]
    ceiling = rest[0].confidence if rest else _UNFOUND
    ceiling = min([ceiling, *(c.confidence for c in ahead[-1:])])
    known = {(c.start, c.end) for c in ahead}
    best = [page.units[i] for i in np.argsort(-page.scores[:, category], kind="stable")[:2]]
    whole = [
        Candidate(KEYS[category], u.start, u.end, page.text[u.start : u.end], ceiling)
        for u in best
        if (u.start, u.end) not in known
    ]
    places = {(c.start, c.end) for c in whole}
    return [*ahead, *whole, *(c for c in rest if (c.start, c.end) not in places)]


def _alike(one: str, quote: str) -> bool:
    """Whether two overlapping spans share at least half of their words."""
    words, other = set(one.lower().split()), set(quote.lower().split())
    return 2 * len(words & other) >= len(words | other)


def model_from(arrays: Mapping[str, npt.NDArray[np.generic]], facts: Mapping[str, object]) -> Model:
    """The model from its stored arrays and JSON; raises KeyError where a part is missing."""
    words = facts["vocabulary"]
    odds = facts["odds"]
    if not isinstance(words, str) or not isinstance(odds, dict):
        raise ValueError("model.json: vocabulary must be a string and odds an object")
    weights = {
        block: np.asarray(arrays[f"{block}.int8"], np.float32)
        * np.asarray(arrays[f"{block}.step"], np.float32)
        for block in BLOCKS
    }
    linear = Linear(
        {word: i for i, word in enumerate(words.split(" "), 1)},
        np.asarray(arrays["idf"], np.float32),
        weights,
        np.asarray(arrays["bias"], np.float32),
        np.asarray(arrays["whole.int8"], np.float32) * np.asarray(arrays["whole.step"], np.float32),
    )
    part = {
        name: np.asarray(arrays[name], np.float32)
        for name in ("prior", "platt", "tail", "presence", "present_at", "span_at")
    }
    context = Context(
        np.asarray(arrays["context.unit"], np.float32),
        np.asarray(arrays["context.whole"], np.float32),
    )
    trees = {family: restore(family, arrays) for family in FAMILIES}
    log_odds = {str(k): float(v) for k, v in odds.items()}
    return Model(
        linear, part["prior"], log_odds, context, trees, part["platt"], part["tail"],
        part["presence"], part["present_at"], part["span_at"],
    )  # fmt: skip


@functools.cache
def shipped() -> Drafter:
    """The drafter with the packaged model; read once, on first use."""
    folder = resources.files(__package__)
    with np.load(io.BytesIO((folder / "model.npz").read_bytes()), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    return Drafter(model_from(arrays, facts))


def candidates(text: str, n: int = 20) -> dict[str, list[Candidate]]:
    """Ranked candidates of `text` by the packaged model; see `Drafter.candidates`."""
    return shipped().candidates(text, n)


def present(ranked: Mapping[str, Sequence[Candidate]]) -> dict[str, float]:
    """Probability of presence per category; see `Drafter.present`."""
    return shipped().present(ranked)


def answers(ranked: Mapping[str, Sequence[Candidate]]) -> dict[str, list[Candidate]]:
    """The drafted spans per category, empty where absent; see `Drafter.answers`."""
    return shipped().answers(ranked)
