"""What people type at the desk, as answers and defects; and values as the form's fields hold them.

What was typed has one shape, in a posted form, in the JSON of autosave and in what is kept:
{question: {part: text}}, where the parts of an answer are action, value and evidence, and those of
an inspected answer verdict, clause, severity and note.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import FormData

from outwork.practices import Service
from outwork.reporting import Workbench
from outwork.stages.assurance import DefectFound
from outwork.vocabulary import (
    Answer,
    BadInput,
    Json,
    Kind,
    Origin,
    Question,
    Severity,
    SourceText,
    TextRange,
)

Typed = dict[str, dict[str, Any]]
PARTS = ("action", "value", "evidence", "verdict", "clause", "severity", "note")
MOST_QUOTES = 200  # of one answer
SEPARATOR = " | "


def from_form(form: FormData, service: Service) -> Typed:
    """What a posted form says of each question."""
    typed: Typed = {}
    for question in service.questions:
        for part in PARTS:
            given = [str(v) for v in form.getlist(f"q-{question.key}-{part}")]
            if not given:
                continue
            value: Any = given[0]
            if part == "value" and question.kind is Kind.MULTI_CHOICE:
                value = given
            elif part == "evidence":
                value = _read_json(given[0] or "[]", f"q-{question.key}-evidence")
            typed.setdefault(question.key, {})[part] = value
    return typed


def from_json(answers: Json, service: Service) -> Typed:
    """What autosave sends; raises BadInput where it is not of the shape."""
    if not isinstance(answers, dict):
        raise BadInput("argument-malformed", argument="answers", problem="not an object")
    asked = {q.key for q in service.questions}
    for key, parts in answers.items():
        if key not in asked:
            raise BadInput("unknown-question", question=key)
        if not isinstance(parts, dict):
            raise BadInput("argument-malformed", argument=key, problem="not an object")
    return {k: {p: v for p, v in parts.items() if p in PARTS} for k, parts in answers.items()}


def seconds_of(given: Json) -> int:
    """The effort counted by the page, within a day."""
    try:
        return max(0, min(86_400, int(str(given))))
    except ValueError:
        return 0


def _read_json(text: str, place: str) -> Json:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadInput("argument-malformed", argument=place, problem=str(error)) from None


def open_questions(bench: Workbench, typed: Typed, part: str) -> list[Question]:
    """Questions without an action, or answers without a verdict, in the order of the service."""
    return [q for q in shown_questions(bench) if not typed.get(q.key, {}).get(part)]


def shown_questions(bench: Workbench) -> list[Question]:
    """Every question; where single answers were drawn for inspection, those alone."""
    return [q for q in bench.service.questions if not bench.drawn or q.key in bench.drawn]


# --- answers ---------------------------------------------------------------------------------


def answers_from(bench: Workbench, typed: Typed) -> list[Answer]:
    """Typed answers; raises BadInput that names the question."""
    return [_answer(bench, q, typed.get(q.key, {})) for q in bench.service.questions]


def answer_from(bench: Workbench, typed: Typed, question: Question) -> Answer:
    """One typed answer; raises BadInput that names the question."""
    return _answer(bench, question, typed.get(question.key, {}))


def _answer(bench: Workbench, question: Question, parts: Mapping[str, Any]) -> Answer:
    action = parts.get("action")
    before = bench.answers.get(question.key)
    if action == "confirm" and before is not None:
        return Answer(question.key, before.value, before.evidence, Origin.CONFIRMED)
    if action == "absent":
        return Answer(question.key, "no" if _says_no(question) else None, (), Origin.CORRECTED)
    if action == "correct":
        evidence = _evidence(bench.source, question.key, parts.get("evidence") or [])
        value = _value(bench.service, question, parts.get("value"), evidence)
        return Answer(question.key, value, evidence, Origin.CORRECTED)
    raise BadInput("question-unanswered", question=question.key, count=1)


def _says_no(question: Question) -> bool:
    return question.kind is Kind.CHOICE and set(question.options) == {"yes", "no"}


def _evidence(source: SourceText, question: str, places: Json) -> tuple[TextRange, ...]:
    made = []
    for place in places[:MOST_QUOTES] if isinstance(places, list) else []:
        start, end = _edge(place, "start"), _edge(place, "end")
        if not 0 <= start < end <= len(source.text):
            raise BadInput("quote-outside", question=question, start=start, end=end)
        made.append(
            TextRange(
                document=source.name,
                start=start,
                end=end,
                quote=source.text[start:end],
                page=source.page_of(start) if len(source.pages) > 1 else None,
                extractor=source.extractor,
                extractor_version=source.extractor_version,
                text_digest=source.text_digest,
            )
        )
    return tuple(made)


def _edge(place: Json, name: str) -> int:
    """An offset as the page gives it; -1, which is outside of every text, for anything else."""
    given = place.get(name) if isinstance(place, dict) else None
    return given if isinstance(given, int) else -1


def _value(
    service: Service, question: Question, given: Json, evidence: Sequence[TextRange]
) -> Json:
    if question.kind is Kind.MULTI_CHOICE:
        return [str(v) for v in given] if isinstance(given, list) else [str(given)]
    if question.kind is Kind.SPANS:
        return [[e.start, e.end] for e in evidence]
    text = str(given or "").strip()
    if question.kind is Kind.CHOICE:
        if text not in question.options:
            raise BadInput("value-not-an-option", question=question.key, value=text)
        return text
    if not text:
        return None  # present, as the quotes show, but not to be stated
    if question.kind is Kind.NUMBER:
        return {"value": text, **({"unit": question.unit} if question.unit else {})}
    if question.kind is Kind.RATING:
        return int(text) if text.isdigit() else text
    if question.kind is Kind.RANKING:
        return [line.strip() for line in text.splitlines() if line.strip()]
    if question.kind is Kind.TABLE:
        return _rows(columns(service, question), text, question.key)
    return text


def _rows(names: Sequence[str], text: str, question: str) -> Json:
    if text.startswith("["):
        return _read_json(text, question)
    rows = []
    for line in filter(str.strip, text.splitlines()):
        cells = [cell.strip() for cell in line.split(SEPARATOR.strip())]
        if len(cells) > len(names):
            raise BadInput(
                "value-malformed", question=question, problem=f"{len(cells)} / {len(names)}: {line}"
            )
        cells += [""] * (len(names) - len(cells))
        rows.append(dict(zip(names, cells, strict=True)))
    return rows


def columns(service: Service, question: Question) -> list[str]:
    """The columns of a table question, as the service's own sample answers have them."""
    found = dict.fromkeys(question.settings.get("keys", []))
    for sample in service.samples():
        for answer in sample.answers:
            if answer.question == question.key and isinstance(answer.value, list):
                for row in answer.value:
                    found.update(dict.fromkeys(row))
    return list(found)


def field_value(service: Service, question: Question, value: Json) -> Any:
    """A value as the form's field holds it."""
    if value is None:
        return [] if question.kind is Kind.MULTI_CHOICE else ""
    if question.kind is Kind.NUMBER and isinstance(value, dict):
        return str(value.get("value", ""))
    if question.kind is Kind.TABLE and isinstance(value, list):
        names = columns(service, question)
        lines = (SEPARATOR.join(str(row.get(n, "")) for n in names) for row in value)
        return "\n".join(line.rstrip(" |") for line in lines)
    if question.kind is Kind.RANKING and isinstance(value, list):
        return "\n".join(map(str, value))
    if question.kind is Kind.MULTI_CHOICE and isinstance(value, list):
        return [str(v) for v in value]
    return value if isinstance(value, str) else json.dumps(value)


# --- inspection ------------------------------------------------------------------------------


def defects_from(bench: Workbench, typed: Typed) -> list[DefectFound]:
    """The defects found; raises BadInput for a severity that there is not."""
    found = []
    for question in shown_questions(bench):
        parts = typed.get(question.key, {})
        if parts.get("verdict") != "defect":
            continue
        severity = str(parts.get("severity") or question.severity.value)
        if severity not in set(Severity):
            raise BadInput("argument-malformed", argument="severity", problem=severity)
        found.append(
            DefectFound(
                question=question.key,
                clause=str(parts.get("clause") or question.clause),
                severity=Severity(severity),
                note=str(parts.get("note") or "").strip(),
            )
        )
    return found
