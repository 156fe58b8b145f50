"""The desk for one item: what the templates of answering and of inspecting are given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from outwork.interfaces import wording
from outwork.interfaces.web import handing_pages, judging_page
from outwork.interfaces.web.rendering import clock, reasons_of
from outwork.interfaces.web.visit import Visit
from outwork.interfaces.web.workbench_forms import (
    SEPARATOR,
    Typed,
    columns,
    field_value,
    shown_questions,
)
from outwork.interfaces.wording import msg
from outwork.interfaces.wording import translate as _
from outwork.reporting import Workbench
from outwork.vocabulary import (
    Answer,
    Cell,
    Computation,
    Evidence,
    Kind,
    Origin,
    OutworkError,
    PageBox,
    Purpose,
    Question,
    Severity,
    TextRange,
)

MAIN = "main"  # the one document of an item
SOON = 300  # seconds left of a reservation from which it is said in another tone
MOST_REASONS = 12

_GROUPS = (
    (msg("Names, dates and terms"), {Kind.TEXT, Kind.DATE, Kind.NUMBER, Kind.TABLE, Kind.SPANS}),
    (msg("Yes or no, one of several"), {Kind.CHOICE, Kind.MULTI_CHOICE}),
    (msg("Judgments"), {Kind.RATING, Kind.RANKING}),
    (msg("Files"), {Kind.FILE}),
)
_KINDS = {
    Kind.CHOICE: msg("One of several"),
    Kind.MULTI_CHOICE: msg("Some of several"),
    Kind.NUMBER: msg("Number"),
    Kind.DATE: msg("Date"),
    Kind.TEXT: msg("Text"),
    Kind.SPANS: msg("Passages"),
    Kind.RANKING: msg("Ranking"),
    Kind.TABLE: msg("Table"),
    Kind.RATING: msg("Rating"),
    Kind.FILE: msg("File"),
}
SEVERITIES = {
    Severity.CRITICAL: msg("Critical"),
    Severity.MAJOR: msg("Major"),
    Severity.MINOR: msg("Minor"),
}
_ORIGINS = {
    Origin.CONFIRMED: msg("confirmed"),
    Origin.CORRECTED: msg("corrected"),
    Origin.ADDED: msg("added"),
    Origin.IMPORTED: msg("imported"),
}


def task(purpose: Purpose, clause: str) -> str:
    """The word for what is to be done; whatever looks like answering is called that."""
    named = {
        Purpose.INSPECT: _("Inspect"),
        Purpose.REVIEW: _("Review"),
        Purpose.ADJUDICATE: _("Score again"),
    }
    if purpose in named:
        return named[purpose]
    return _("Rework") if clause else _("Answer")


def left(until: datetime | None, now: datetime) -> dict[str, str]:
    """How long a reservation still holds, as a badge."""
    seconds = (until - now).total_seconds() if until else 0
    if seconds <= 0:
        return {"tone": "bad", "text": _("Reservation run out")}
    tone = "neutral" if seconds > SOON else "caution"
    text = _("%(minutes)s min left") % {"minutes": max(1, round(seconds / 60))}
    return {"tone": tone, "icon": "clock", "text": text}


def starting(bench: Workbench) -> Typed:
    """What the form begins with.

    In rework the answers that nobody objected to stand as a person gave them; only those of the
    clause cited are open again.
    """
    cited = bench.assignment.clause
    if not any(q.clause == cited for q in bench.service.questions):
        return {}
    return {
        q.key: {"action": "confirm"}
        for q in bench.service.questions
        if q.key in bench.answers and q.clause != cited
    }


def kept(bench: Workbench) -> Typed:
    """The form as it was left."""
    saved = (bench.progress or {}).get("answers", {})
    return {**starting(bench), **saved}


def desk(
    visit: Visit,
    bench: Workbench,
    typed: Typed,
    now: datetime,
    *,
    sample: tuple[int, int] | None = None,
    refused: dict[str, Any] | None = None,
    error: OutworkError | None = None,
) -> dict[str, Any]:
    """The context of workbench.html and inspect.html."""
    here = f"/desk/{bench.assignment.id}"
    inspecting = bench.purpose is Purpose.INSPECT
    act: dict[str, Any] = {
        "action": f"{here}/inspect" if inspecting else f"{here}/submit",
        "submit": _("Hand in the inspection") if inspecting else _("Submit"),
    }
    remaining = left(bench.assignment.leased_until, now)
    if refused:
        act["refused"] = refused
    saved = (bench.progress or {}).get("at")
    return {
        "item": _item(bench, remaining, sample),
        "documents": [_document(bench)],
        "groups": _groups(bench, typed, error),
        "clauses": _clauses(bench),
        "notes": [*_notes(bench), *judging_page.answered_before(bench)],
        **judging_page.beside(bench),
        "save": {
            "href": f"{here}/progress",
            "key": bench.assignment.id,
            "saved_at": clock(datetime.fromisoformat(saved), visit.actor.zone) if saved else None,
        },
        "act": act,
        "seconds": (bench.progress or {}).get("seconds", 0),
        "severities": [{"value": s.value, "label": _(w)} for s, w in SEVERITIES.items()],
        "clause_options": _clause_options(bench),
        "give_back": _leaving(here, remaining),
        **handing_pages.on_desk(here, bench, remaining),
    }


def _item(
    bench: Workbench, remaining: dict[str, str], sample: tuple[int, int] | None
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "title": bench.item.name,
        "engagement": {
            "text": bench.engagement.title,
            "href": f"/engagements/{bench.engagement.id}",
        },
        "purpose": task(bench.purpose, bench.assignment.clause),
        "left": remaining,
        "sample": _("%(at)s of %(all)s") % {"at": sample[0], "all": sample[1]} if sample else "",
    }
    if bench.pair:
        made["purpose"] = _("Decide")
        made["instructions"] = _(
            "Two people answered this item, and neither knew of the other. Decide where they"
            " differ: say by which clause, and why."
        )
    if bench.assignment.clause:
        cited = _title(bench, bench.assignment.clause)
        note = bench.assignment.note
        text = _("Returned because of the clause “%(clause)s”.") % {"clause": cited}
        made["instructions"] = f"{text} {note}".strip()
    elif bench.assignment.note and bench.purpose is Purpose.PRODUCE:
        made["instructions"] = _("Opened again: %(reason)s") % {"reason": bench.assignment.note}
    return made


def _leaving(here: str, remaining: dict[str, str]) -> dict[str, Any]:
    """Giving the item back, or taking it again where the reservation has run out."""
    if remaining["tone"] == "bad":
        return {"action": f"{here}/extend", "submit": _("Take it again")}
    return {"action": f"{here}/return", "submit": _("Give it back")}


def _document(bench: Workbench) -> dict[str, Any]:
    text, starts = bench.source.text, bench.source.pages
    ends = [*starts[1:], len(text)]
    return {
        "id": MAIN,
        "name": bench.source.name,
        "pages": [
            {"number": number, "start": start, "text": text[start:end]}
            for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
        ],
    }


def _groups(bench: Workbench, typed: Typed, error: OutworkError | None) -> list[dict[str, Any]]:
    questions = shown_questions(bench)
    made: list[dict[str, Any]] = []
    number = 0
    for title, kinds in _GROUPS:
        rows = []
        for question in questions:
            if question.kind not in kinds:
                continue
            number += 1
            rows.append(_row(bench, question, number, typed.get(question.key, {}), error))
        if rows:
            asked = [r["question"] for r in rows]
            made.append({"title": _(title), "questions": asked, "rows": rows})
    return made


def _row(
    bench: Workbench,
    question: Question,
    number: int,
    parts: dict[str, Any],
    error: OutworkError | None,
) -> dict[str, Any]:
    before = bench.answers.get(question.key)
    shown = _question(bench, question, number)
    if before is not None:
        shown["draft"] = _answer(bench, question, before)
    shown["working"] = _working(bench, question, parts, before)
    if error is not None and error.params.get("question") == question.key:
        shown["error"] = said(error, bench)
    if bench.assignment.clause == question.clause:
        cited = _title(bench, question.clause)
        shown["returned"] = {"clause": cited, "text": bench.assignment.note}
    verdict = {k: parts.get(k, "") for k in ("verdict", "severity", "clause", "note")}
    answer = shown.get("draft") or _answer(bench, question, Answer(question.key, None))
    made = {"question": shown, "answer": answer, "verdict": verdict}
    return made | (_pair(bench, question, parts) if bench.pair else {})


def _pair(bench: Workbench, question: Question, parts: dict[str, Any]) -> dict[str, Any]:
    """Two people's answers side by side; one's own begins with the places that either quotes."""
    both = [_answer(bench, question, given[question.key]) for given in bench.pair]
    quoted = [
        {k: e[k] for k in ("document", "start", "end")}
        for a in both for e in a["evidence"] if e.get("start") is not None
    ]  # fmt: skip
    working = {
        "action": parts.get("action") or "",
        "value": parts.get("value") or field_value(bench.service, question, None),
        "evidence": parts.get("evidence")
        or [q for n, q in enumerate(quoted) if q not in quoted[:n]],
    }
    own = [{**e, "quote": bench.source.text[e["start"] : e["end"]]} for e in working["evidence"]]
    return {"pair": both, "working": working, "own": own}


def _question(bench: Workbench, question: Question, number: int) -> dict[str, Any]:
    asked = [question.help] if question.help else []
    if question.kind is Kind.TABLE:
        asked.append(SEPARATOR.join(columns(bench.service, question)))
    return {
        "key": question.key,
        "number": number,
        "label": question.label,
        "kind": question.kind.value,
        "kind_word": _(_KINDS[question.kind]),
        "clause": question.clause,
        "clause_title": _title(bench, question.clause),
        "severity": _(SEVERITIES[question.severity]),
        "severity_key": question.severity.value,
        "help": " · ".join(asked),
        "options": _options(question),
        "unit": question.unit,
    }


def _options(question: Question) -> list[dict[str, str]]:
    if question.kind is Kind.RATING and not question.options:
        low, high = question.settings.get("low", 1), question.settings.get("high", 5)
        return [{"value": str(n), "label": str(n)} for n in range(low, high + 1)]
    return [{"value": o, "label": _option(o)} for o in question.options]


def _option(value: str) -> str:
    return {"yes": _("Yes"), "no": _("No")}.get(value, value)


def _answer(bench: Workbench, question: Question, answer: Answer) -> dict[str, Any]:
    raw = field_value(bench.service, question, answer.value)
    words = "; ".join(raw) if isinstance(raw, list) else "; ".join(raw.splitlines())
    by_machine = answer.origin is Origin.DRAFTED and answer.author is not None
    present = answer.value is not None or bool(answer.evidence)
    made: dict[str, Any] = {
        "value": _option(words) if question.options else words or _("quoted, without a value"),
        "raw": raw,
        "present": present,
        "author": bench.names.get(answer.author or "", ""),
        "by": "machine" if by_machine else "person",
        "origin": "" if by_machine else _(_ORIGINS.get(answer.origin, "")) if answer.author else "",
        "evidence": [_shown(e) for e in answer.evidence],
    }
    if answer.confidence is not None:
        made["confidence"] = f"{answer.confidence:.0%}".replace("%", " %")
        made["confidence_low"] = answer.confidence < 0.5
    return made


def _shown(place: Evidence) -> dict[str, Any]:
    if isinstance(place, TextRange):
        made = {"document": MAIN, "start": place.start, "end": place.end, "quote": place.quote}
        return {**made, "page": place.page} if place.page else made
    if isinstance(place, Computation):
        inputs = ", ".join(f"{k} {v}" for k, v in place.inputs.items())
        words = f"{place.expression} = {place.result}"
        return {"type": place.type, "quote": words, "place": inputs}
    if isinstance(place, Cell):
        return {
            "type": place.type,
            "quote": str(place.value),
            "place": f"{place.sheet} {place.reference}",
        }
    assert isinstance(place, PageBox)
    words = _("page %(n)s") % {"n": place.page}
    return {"type": place.type, "quote": words, "place": words}


def _working(
    bench: Workbench, question: Question, parts: dict[str, Any], before: Answer | None
) -> dict[str, Any]:
    drafted = before.value if before else None
    places = [e for e in before.evidence if isinstance(e, TextRange)] if before else []
    made = {
        "action": parts.get("action") or "",
        "value": field_value(bench.service, question, drafted),
        "evidence": [{"document": MAIN, "start": e.start, "end": e.end} for e in places],
    }
    if made["action"] == "correct":
        made["value"] = parts.get("value", made["value"])
        made["evidence"] = parts.get("evidence", made["evidence"])
    return made


def _title(bench: Workbench, clause: str) -> str:
    known = bench.guideline.clauses if bench.guideline else ()
    return next((c.title for c in known if c.id == clause), clause)


def _clauses(bench: Workbench) -> list[dict[str, Any]]:
    if bench.guideline is None:
        return []
    cited = {q.clause for q in shown_questions(bench)}
    return [
        {"id": c.id, "title": c.title, "text": c.text, "version": bench.guideline.version}
        for c in bench.guideline.clauses
        if c.id in cited
    ]


def _notes(bench: Workbench) -> list[dict[str, str]]:
    """Clauses that hold for every question."""
    if bench.guideline is None:
        return []
    cited = {q.clause for q in bench.service.questions}
    return [
        {"title": c.title, "text": c.text} for c in bench.guideline.clauses if c.id not in cited
    ]


def _clause_options(bench: Workbench) -> list[dict[str, str]]:
    known = bench.guideline.clauses if bench.guideline else ()
    return [{"value": c.id, "label": c.title} for c in known]


# --- what is said ----------------------------------------------------------------------------


def said(error: OutworkError, bench: Workbench) -> str:
    """An error in words, with the question's label for its key."""
    labels = {q.key: q.label for q in bench.service.questions}
    params = dict(error.params)
    if params.get("question") in labels:
        params["question"] = labels[params["question"]]
    return wording.explain(error.code, params)


def refusal(error: OutworkError, bench: Workbench) -> dict[str, Any]:
    """An error as the desk shows it, with the way to the question."""
    reasons = reasons_of(error)
    question = error.params.get("question")
    if question:
        label = next((q.label for q in bench.service.questions if q.key == question), question)
        reasons.append({"code": error.code, "text": str(label), "href": f"#q-{question}"})
    return {"title": said(error, bench), "reasons": reasons, "code": error.code}


def unfinished(questions: Sequence[Question], inspecting: bool) -> dict[str, Any]:
    """The refusal that lists what is still open."""
    count = len(questions)
    if inspecting:
        title = wording.translate_plural(
            "Not yet: one answer is not inspected",
            "Not yet: %(count)s answers are not inspected",
            count,
        )
    else:
        title = wording.translate_plural(
            "Not yet: one question is open", "Not yet: %(count)s questions are open", count
        )
    reasons = [
        {"code": "question-unanswered", "text": q.label, "href": f"#q-{q.key}"}
        for q in questions[:MOST_REASONS]
    ]
    if count > MOST_REASONS:
        more = _("and %(count)s more") % {"count": count - MOST_REASONS}
        reasons.append({"code": "question-unanswered", "text": more})
    return {
        "title": title % {"count": count},
        "reasons": reasons,
        "code": "question-unanswered",
    }
