"""Beside the form of the desk: asking the client, contesting a rework, returning what is reviewed;
and handing in reviews, re-scores and decisions between two answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outwork.interfaces.web import workbench_forms as forms
from outwork.interfaces.wording import translate as _
from outwork.operation import Operation
from outwork.reporting import Workbench
from outwork.stages import execution
from outwork.stages.execution import ReviewVerdict, Ruling
from outwork.vocabulary import Purpose, Question

JUDGING = frozenset({Purpose.REVIEW, Purpose.ADJUDICATE})
SIDES = ("one", "two")  # as the form names the two answers
MOST_NOTES = 12


def hand_in(op: Operation, bench: Workbench, typed: forms.Typed, seconds: int) -> None:
    """A review (corrected if any answer is), or the answer of a re-score."""
    if bench.pair:
        rulings = [
            _ruling(bench, q, typed.get(q.key, {}), typed) for q in forms.shown_questions(bench)
        ]
        execution.adjudicate(op, bench.assignment.id, rulings, seconds)
        return
    if bench.purpose is Purpose.ADJUDICATE:
        (question,) = forms.shown_questions(bench)
        answer = forms.answer_from(bench, typed, question)
        execution.rescore(op, bench.assignment.id, answer, seconds)
        return
    answers = forms.answers_from(bench, typed)
    corrected = any(parts.get("action") != "confirm" for parts in typed.values())
    verdict = ReviewVerdict.CORRECTED if corrected else ReviewVerdict.APPROVED
    execution.review(
        op, bench.assignment.id, verdict, answers if corrected else (), seconds=seconds
    )


def _ruling(
    bench: Workbench, question: Question, parts: Mapping[str, Any], typed: forms.Typed
) -> Ruling:
    """What was decided of one question; raises BadInput that names it."""
    sides = dict(zip(SIDES, bench.sides, strict=True))
    chosen = sides.get(str(parts.get("action")))
    return Ruling(
        question=question.key,
        clause=str(parts.get("clause") or question.clause),
        reason=str(parts.get("note") or ""),
        chosen=chosen or "",
        answer=None if chosen else forms.answer_from(bench, typed, question),
    )


def beside(bench: Workbench) -> dict[str, Any]:
    """What the context pane of the desk offers besides the guideline."""
    return {
        "ask": _ask(bench),
        "more": [*_return(bench), *_dispute(bench)],
        # Whoever scores again is not told who worked on the item; what was answered is a note.
        "talk": None if bench.purpose is Purpose.ADJUDICATE else [
            {"by": bench.names.get(k.escalation.asked_by, ""), "at": k.escalation.asked_at,
             "text": k.text + (f" – {k.answer}" if k.answer else ""),
             "question": k.escalation.question}
            for k in bench.asked if k.escalation.item_id == bench.item.id
        ],
    }  # fmt: skip


def answered_before(bench: Workbench) -> list[dict[str, str]]:
    """What the client's side answered on the questions and clauses shown, of other items too."""
    shown = forms.shown_questions(bench)
    labels = {q.key: q.label for q in shown}
    clauses = {q.clause for q in shown}
    found = [
        k for k in bench.asked
        if k.answer and (k.escalation.question in labels or k.escalation.clause in clauses)
    ]  # fmt: skip
    title = _("The client answered on “%(question)s”")
    return [
        {
            "title": title % {"question": labels.get(k.escalation.question, k.escalation.question)},
            "text": f"{k.text} – {k.answer}",
        }
        for k in found[:MOST_NOTES]
    ]


def _form(bench: Workbench, act: str, **more: Any) -> dict[str, Any]:
    hidden = {"assignment": bench.assignment.id, "next": "/work"}
    hidden["back"] = f"/desk/{bench.assignment.id}"
    return {"action": f"/act/{act}", "hidden": hidden | more.pop("hidden", {}), **more}


def _questions(bench: Workbench) -> dict[str, Any]:
    options = [{"value": q.key, "label": q.label} for q in forms.shown_questions(bench)]
    return {
        "name": "question", "label": _("Question"), "kind": "select", "required": True,
        "options": options,
    }  # fmt: skip


def _text(name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "kind": "textarea", "required": True, "rows": 2}


def _ask(bench: Workbench) -> dict[str, Any] | None:
    if bench.assignment.work_order_id is None or bench.purpose is Purpose.ADJUDICATE:
        return None
    return _form(
        bench, "execution.escalate", id="ask", submit=_("Ask the client"), tone="",
        fields=[_questions(bench), _text("text", _("What you want to know"))],
        note=_("The item waits until the client's side has answered, and the clock stands."),
    )  # fmt: skip


def _return(bench: Workbench) -> list[dict[str, Any]]:
    if bench.purpose is not Purpose.REVIEW:
        return []
    known = bench.guideline.clauses if bench.guideline else ()
    clause = {
        "name": "clause", "label": _("Clause it fails"), "kind": "select", "required": True,
        "options": [{"value": c.id, "label": c.title} for c in known],
    }  # fmt: skip
    return [
        _form(
            bench, "execution.review", id="return", title=_("Return it"), submit=_("Return it"),
            hidden={"verdict": ReviewVerdict.RETURNED.value},
            fields=[_questions(bench), clause, _text("note", _("What is wrong"))],
        )
    ]  # fmt: skip


def _dispute(bench: Workbench) -> list[dict[str, Any]]:
    if bench.assignment.clause == "" or bench.purpose is not Purpose.PRODUCE or not bench.own:
        return []
    return [
        _form(
            bench, "execution.dispute", id="dispute", title=_("Contest this rework"),
            submit=_("Contest it"), fields=[_text("reason", _("Why the answer stands"))],
            note=_("Somebody who had no part in it answers the question again, unseen by both."),
        )
    ]  # fmt: skip
