"""How far two people who answered the same items agree, question by question."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from outwork import methods, practices
from outwork.methods.agreement import Agreement
from outwork.operation import Operation
from outwork.reporting.queries import may_read
from outwork.reporting.telling import works_blind
from outwork.stages import execution
from outwork.vocabulary import Answer, EngagementId, Json, Kind, Question, SubmissionId

RESAMPLES, SEED = 1_000, 0
MOST_ITEMS = 2_000  # the newest; opening sealed answers takes its time
_NUMBERS = {Kind.NUMBER: "interval", Kind.DATE: "interval", Kind.RATING: "ordinal"}


@dataclass(frozen=True, slots=True)
class Agreeing:
    """Two people's answers to one question: items compared, on how many they agree, and alpha.

    `alpha` is None where it is undefined: fewer than two items, or one value throughout.
    """

    question: Question
    items: int
    agreed: int
    alpha: Agreement | None


def agreeing(op: Operation, engagement: EngagementId) -> list[Agreeing]:
    """Agreement in an engagement's double-blind overlap; nothing to those who answer items."""
    viewer = may_read(op, engagement)
    if works_blind(viewer):
        return []
    found = execution.comparisons_of(op.db, engagement)[-MOST_ITEMS:]
    services = {c.item_id: execution.item(op.db, c.item_id).service for c in found}
    made = []
    for service in dict.fromkeys(services.values()):
        of = [c for c in found if services[c.item_id] == service]
        given = [tuple(_by_question(op, s) for s in (c.first_id, c.second_id)) for c in of]
        for question in practices.service(service).questions:
            rows = [
                (one[question.key].value, two[question.key].value, question.key not in c.differing)
                for c, (one, two) in zip(of, given, strict=True)
            ]
            made.append(
                Agreeing(question, len(rows), sum(r[2] for r in rows), _alpha(question, rows))
            )
    return made


def _by_question(op: Operation, submission: SubmissionId) -> dict[str, Answer]:
    return {a.question: a for a in execution.answers_of(op.db, submission)}


def _alpha(question: Question, rows: Sequence[tuple[Json, Json, bool]]) -> Agreement | None:
    """Numbers, dates and ratings by their distance where all are present, all else by equality.

    What the comparator of the question takes for the same counts as one value within an item;
    between items values are the same when they are written alike, capitals aside.
    """
    pairs = [(one, one if same else two) for one, two, same in rows]
    metric = _NUMBERS.get(question.kind, "nominal")
    numbers = [_number(question.kind, v) for pair in pairs for v in pair]
    if metric == "nominal" or any(n is None for n in numbers):
        metric = "nominal"
        codes: dict[str, int] = {}
        values = [
            float(codes.setdefault(json.dumps(v, sort_keys=True).casefold(), len(codes)))
            for pair in pairs for v in pair
        ]  # fmt: skip
    else:
        values = [n for n in numbers if n is not None]
    units = [n for n in range(len(pairs)) for _ in (0, 1)]
    if len(pairs) < 2 or len(set(values)) < 2:
        return None
    found = methods.agreement.alpha(units, values, metric, resamples=RESAMPLES, seed=SEED)
    if found.low != found.high:
        return found
    # All agree, so items drawn anew agree as well; how many could differ is known exactly.
    least, _ = methods.binomial_interval(len(pairs), len(pairs), 0.95)
    return replace(found, low=max(-1.0, 1 - (1 - least) / (1 - found.expected)))


def _number(kind: Kind, value: Json) -> float | None:
    try:
        if kind is Kind.DATE:
            return float(date.fromisoformat(str(value)).toordinal())
        return float(str(value["value"] if isinstance(value, dict) else value))
    except (KeyError, ValueError):
        return None
