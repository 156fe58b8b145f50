"""Reworks, reviews, disputes, questions, hand-overs, pauses and actions, by log and by database.

Each pair of functions puts the same rows down, once as the verifier knows them and once as the
tables have them, under `table.column`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.support.replayed_rows import Fields, Table, at, number

from outwork_verify.entry import Event
from outwork_verify.entry import instant as spelled
from outwork_verify.state import GIVEN, State

Row = Mapping[str, Any]
Rows = Callable[..., list[Row]]
Publics = Callable[..., Iterable[tuple[Event, Row]]]
RATING = ("agent", "analyst", "reviewer")  # what a rater is asked as, first of these
TAKERS = {"inspect": "reviewer", "review": "reviewer", "adjudicate": "reviewer"}


def of_log(state: State, publics: Publics, made: Fields) -> None:
    """As the verifier knows them."""
    _reworks(state, made)
    _assignments(state, made)
    for e, p in publics(state, "execution.item-reviewed"):
        cited = [p["question"]] if p["question"] else []
        order = state.items[p["item"]].order.id
        Table(made, "review").add(
            p["assignment"], work_order_id=order, questions=[*p["questions"], *cited],
            reviewer=e.actor, at=e.at,
        )  # fmt: skip
    for name, d in state.disputes.items():
        table, decided = Table(made, "dispute"), bool(d.outcome)
        table.add(
            name, work_order_id=state.items[d.item].order.id, item_id=d.item,
            assignment_id=d.assignment, cause=d.rework.cause, question=d.rework.question,
            clause=d.rework.clause, level=d.rework.level, against=d.rework.judge, raised_by=d.by,
            raised_at=d.at, state=d.outcome or "open", decided_by=d.decided_by,
            decided_at=d.decided_at, seconds=d.seconds,
        )  # fmt: skip
        if decided:
            table.add(name, rescore_id=d.rescore)
    for name, q in state.escalations.items():
        Table(made, "escalation").add(
            name, work_order_id=state.items[q.item].order.id, item_id=q.item,
            assignment_id=q.assignment, pause_id=q.pause, question=q.question, clause=q.clause,
            asked_by=q.by, asked_at=q.at, state=q.state, closed_by=q.closed_by,
            closed_at=q.closed_at,
        )  # fmt: skip
    for name, f in state.efforts.items():
        Table(made, "effort_claim").add(
            name, author=f.by, measured=f.measured, claimed=f.claimed, at=f.at,
            accepted=f.accepted, decided_by=f.decided_by, decided_at=f.decided_at,
        )  # fmt: skip
    for name, h in state.hand_overs.items():
        Table(made, "hand_over").add(
            name, assignment_id=h.assignment, item_id=h.item, given_by=h.by, given_to=h.to,
            family=h.family, at=h.at, due_at=h.due, state=h.state, settled_at=h.settled,
        )  # fmt: skip
    for name, c in state.actions.items():
        severity, occurrence, detection = c.rated
        Table(made, "corrective_action").add(
            name, clause=c.clause, owner=c.owner, due=c.due, opened_at=c.opened, state=c.state,
            implemented_at=c.since or None, closed_at=c.closed, whys=c.whys, severity=severity,
            occurrence=occurrence, detection=detection,
        )  # fmt: skip
    _watched(state, publics, made)


def _reworks(state: State, made: Fields) -> None:
    seen = Counter[str]()
    for r in state.reworks:
        seen[r.item] += 1
        key, table = (r.item, seen[r.item]), Table(made, "rework")
        table.add(
            key, work_order_id=state.items[r.item].order.id, cause=r.cause, question=r.question,
            clause=r.clause, level=r.level, ordered_by=r.judge, ordered_at=r.at,
        )  # fmt: skip
        if r.assignment:
            table.add(key, assignment_id=r.assignment)


def _assignments(state: State, made: Fields) -> None:
    table = Table(made, "assignment")
    clauses = {r.assignment: r.clause for r in state.reworks}
    for name, a in state.assignments.items():
        item = None if a.purpose in GIVEN else state.items[a.item]
        rates = (r for r in RATING if r in state.members[a.first].roles)
        drafts = a.purpose in ("produce", "control") and a.level == 0
        table.add(
            name, item_id=a.item, work_order_id=item and item.order.id, round=a.round,
            taker=next(rates)
            if a.purpose == "calibrate"
            else TAKERS.get(a.purpose, "agent" if drafts else "analyst"),
            clause=clauses.get(name, ""), not_for=a.not_for,
        )  # fmt: skip
        if a.done:
            continue
        if a.holder is not None:
            table.add(name, leased_until=spelled(a.until))
        if a.offered is not None:
            table.add(name, reserved_for=state.hand_overs[a.offered].to)


def _watched(state: State, publics: Publics, made: Fields) -> None:
    for name, w in state.watches.items():
        Table(made, "control_plan").add(
            name, control_share=number(float(w.share)), overlap_share=number(float(w.overlap)),
            up=w.up, limit=w.limit,
        )  # fmt: skip
    for _, p in publics(state, "setup.control-planned"):
        told = {n: number(p[n]) for n in ("good", "bad", "false_after", "found_after")}
        Table(made, "control_plan").add(p["line"], **told, feedback=p["feedback"])
    for name, ladder in state.ladders.items():
        shares = [number(float(share)) for share in ladder]
        Table(made, "review_plan").add(name, shares=shares)
    for e, p in publics(state, "transfer.control-scored"):
        for question, right in p["right"].items():
            Table(made, "control_result").add(
                (p["assignment"], question), line_id=p["line"], control_item_id=p["control_item"],
                actor_id=e.actor, kind=p["kinds"][question], clause=p["clauses"][question],
                right=right, repeated=p["repeated"], at=e.at,
            )  # fmt: skip
    for who, m in state.members.items():
        for n, s in enumerate(m.stopped):
            Table(made, "worker_pause").add(
                (who, n), guideline_version=s.version, cause=s.cause, kind=s.chart,
                clauses=list(s.clauses), at=s.at, ended_at=s.ended, ended_how=s.how,
            )  # fmt: skip
    for name, item in state.items.items():
        if item.control:
            Table(made, "work_item").add(name, control_item_id=item.control)


# --- the database ------------------------------------------------------------------------------


def of_database(rows: Rows, shown: set[str], names: Mapping[str, str], made: Fields) -> None:
    """As the tables have them; `shown` are the assignments that the log knows."""

    def who(actor: str | None) -> str | None:
        return None if actor is None else names[actor]

    def when(instant: Any) -> str | None:
        return None if instant is None else at(instant)

    _stored_reworks(rows, shown, names, made)
    _stored_assignments(rows, shown, names, made)
    for r in rows("review"):
        Table(made, "review").add(
            r["assignment_id"], work_order_id=r["work_order_id"], questions=list(r["questions"]),
            reviewer=names[r["reviewer"]], at=at(r["at"]),
        )  # fmt: skip
    for r in rows("dispute"):
        same = (
            "work_order_id", "item_id", "assignment_id", "cause", "question", "clause", "level",
            "state", "seconds",
        )  # fmt: skip
        table = Table(made, "dispute")
        table.add(
            r["id"], **{n: r[n] for n in same}, against=names[r["against"]],
            raised_by=names[r["raised_by"]], raised_at=at(r["raised_at"]),
            decided_by=who(r["decided_by"]), decided_at=when(r["decided_at"]),
        )  # fmt: skip
        if r["decided_at"] is not None:  # it shows in the log once it is handed in
            table.add(r["id"], rescore_id=r["rescore_id"])
    for r in rows("escalation"):
        asked = (
            "work_order_id", "item_id", "assignment_id", "pause_id", "question", "clause", "state",
        )  # fmt: skip
        Table(made, "escalation").add(
            r["id"], **{n: r[n] for n in asked}, asked_by=names[r["asked_by"]],
            asked_at=at(r["asked_at"]), closed_by=who(r["closed_by"]),
            closed_at=when(r["closed_at"]),
        )  # fmt: skip
    for r in rows("effort_claim"):
        Table(made, "effort_claim").add(
            r["assignment_id"], author=names[r["author"]], at=at(r["at"]),
            **{n: r[n] for n in ("measured", "claimed", "accepted")},
            decided_by=who(r["decided_by"]), decided_at=when(r["decided_at"]),
        )  # fmt: skip
    for r in rows("hand_over"):
        Table(made, "hand_over").add(
            r["id"], **{n: r[n] for n in ("assignment_id", "item_id", "family", "state")},
            given_by=names[r["given_by"]], given_to=names[r["given_to"]], at=at(r["at"]),
            due_at=when(r["due_at"]), settled_at=when(r["settled_at"]),
        )  # fmt: skip
    for r in rows("corrective_action"):
        Table(made, "corrective_action").add(
            r["id"], **{n: r[n] for n in ("clause", "state", "severity", "occurrence",
                                          "detection")},
            owner=names[r["owner"]], due=at(r["due"]), opened_at=at(r["opened_at"]),
            implemented_at=when(r["implemented_at"]), closed_at=when(r["closed_at"]),
            whys=len(r["whys"]),
        )  # fmt: skip
    _stored_watched(rows, names, made)


def _stored_reworks(rows: Rows, shown: set[str], names: Mapping[str, str], made: Fields) -> None:
    seen = Counter[str]()
    for r in rows("rework", "ordered_at, assignment_id"):
        seen[r["item_id"]] += 1
        key, table = (r["item_id"], seen[r["item_id"]]), Table(made, "rework")
        table.add(
            key, **{n: r[n] for n in ("work_order_id", "cause", "question", "clause", "level")},
            ordered_by=names[r["ordered_by"]], ordered_at=at(r["ordered_at"]),
        )  # fmt: skip
        if r["assignment_id"] in shown:
            table.add(key, assignment_id=r["assignment_id"])


def _stored_assignments(
    rows: Rows, shown: set[str], names: Mapping[str, str], made: Fields
) -> None:
    table = Table(made, "assignment")
    for r in rows("assignment"):
        if r["id"] not in shown:
            continue
        same = ("item_id", "work_order_id", "round", "taker", "clause", "not_for")
        table.add(r["id"], **{n: r[n] for n in same})
        if r["state"] == "live":
            table.add(r["id"], leased_until=at(r["leased_until"]))
        if r["state"] == "handed":
            table.add(r["id"], reserved_for=names[r["reserved_for"]])


def _stored_watched(rows: Rows, names: Mapping[str, str], made: Fields) -> None:
    for r in rows("control_plan"):
        told = ("control_share", "overlap_share", "good", "bad", "false_after", "found_after")
        Table(made, "control_plan").add(
            r["line_id"], **{n: number(r[n]) for n in told},
            **{n: r[n] for n in ("up", "limit", "feedback")},
        )  # fmt: skip
    for r in rows("review_plan"):
        shares = [number(share) for share in r["shares"]]
        Table(made, "review_plan").add(r["line_id"], shares=shares)
    for r in rows("control_result"):
        same = ("line_id", "control_item_id", "kind", "clause", "right", "repeated")
        Table(made, "control_result").add(
            (r["assignment_id"], r["question"]), **{n: r[n] for n in same},
            actor_id=names[r["actor_id"]], at=at(r["at"]),
        )  # fmt: skip
    count = defaultdict[str, int](int)
    for r in rows("worker_pause", "at, id"):
        who = names[r["actor_id"]]
        ended = None if r["ended_at"] is None else at(r["ended_at"])
        Table(made, "worker_pause").add(
            (who, count[who]), at=at(r["at"]), ended_at=ended, ended_how=r["ended_how"],
            clauses=list(r["clauses"]), **{n: r[n] for n in ("guideline_version", "cause", "kind")},
        )  # fmt: skip
        count[who] += 1
    among = {r["item_id"] for r in rows("assignment") if r["purpose"] == "control"}
    for r in rows("work_item"):
        if r["work_order_id"] is None and r["id"] in among:
            Table(made, "work_item").add(r["id"], control_item_id=r["control_item_id"])
