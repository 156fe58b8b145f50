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
    """Several people's answers to one question: items compared, on how many all agree, and alpha.

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
            given_alike = [(one, one if same else two) for one, two, same in rows]
            agreed = sum(same for _, _, same in rows)
            made.append(Agreeing(question, len(rows), agreed, alpha_of(question, given_alike)))
    return made


def _by_question(op: Operation, submission: SubmissionId) -> dict[str, Answer]:
    return {a.question: a for a in execution.answers_of(op.db, submission)}


def alpha_of(question: Question, items: Sequence[Sequence[Json]]) -> Agreement | None:
    """Krippendorff's alpha of one question; `items` holds the values given of each.

    Numbers, dates and ratings by their distance where all are present, all else by equality. What
    the comparator of the question takes for the same is to stand here as one value within an item;
    between items values are the same when they are written alike, capitals aside. None where alpha
    is undefined.
    """
    several = [values for values in items if len(values) > 1]
    metric = _NUMBERS.get(question.kind, "nominal")
    numbers = [number_of(question.kind, v) for values in several for v in values]
    if metric == "nominal" or any(n is None for n in numbers):
        metric = "nominal"
        codes: dict[str, int] = {}
        values = [
            float(codes.setdefault(json.dumps(v, sort_keys=True).casefold(), len(codes)))
            for given in several for v in given
        ]  # fmt: skip
    else:
        values = [n for n in numbers if n is not None]
    units = [n for n, given in enumerate(several) for _ in given]
    if len(several) < 2 or len(set(values)) < 2:
        return None
    found = methods.agreement.alpha(units, values, metric, resamples=RESAMPLES, seed=SEED)
    if found.low != found.high or found.observed < 1:
        return found
    # All agree, so items drawn anew agree as well; how many could differ is known exactly.
    least, _ = methods.binomial_interval(len(several), len(several), 0.95)
    return replace(found, low=max(-1.0, 1 - (1 - least) / (1 - found.expected)))


def number_of(kind: Kind, value: Json) -> float | None:
    """A number, date or rating as a number, for distances; None where it is none."""
    try:
        if kind is Kind.DATE:
            return float(date.fromisoformat(str(value)).toordinal())
        return float(str(value["value"] if isinstance(value, dict) else value))
    except (KeyError, ValueError):
        return None
