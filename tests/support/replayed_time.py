"""Calendars, duties, clocks, offers, witnesses, rows and contents, by log and by database.

Each pair of functions puts the same rows down, once as the verifier knows them and once as the
tables have them, under `table.column`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from hashlib import sha256
from typing import Any

from tests.support.replayed_rows import Fields, Near, Table, at, number

from outwork_verify.entry import Event, instant
from outwork_verify.figures import attained_risks
from outwork_verify.rules_rows import run_of
from outwork_verify.state import State, WorkOrder
from outwork_verify.tree import root
from outwork_verify.worktime import instant_of

Row = Mapping[str, Any]
Rows = Callable[..., list[Row]]
Publics = Callable[..., Iterable[tuple[Event, Row]]]
ROUTING = ("quality", "lateness", "continuity")


def of_log(state: State, publics: Publics, made: Fields) -> None:
    """As the verifier knows them."""
    _hours(state, made)
    for order in state.orders.values():
        _clock(order, made)
    if state.routed is not None:
        p = state.routed.terms
        Table(made, "routing").add(
            "it", **{n: number(p[n]) for n in ROUTING}, hours=p["hours"], minutes=p["minutes"],
            set_by=state.routed.by, set_at=state.routed.at,
        )  # fmt: skip
    for e, p in publics(state, "execution.items-offered"):
        Table(made, "offer").add(
            e.at, people=p["people"], until=instant(p["until"]), root=p["root"]
        )
    for name, w in state.witnesses.items():
        Table(made, "witness").add(
            name, side=w.side, key=w.key, enrolled_at=w.since, retired_at=w.retired
        )
    for name, i in state.imports.items():
        Table(made, "import").add(name, state=i.state)
        for n, (first, items, top) in enumerate(i.chunks, start=1):
            if items:
                Table(made, "import_chunk").add((name, n), first=first, items=items, root=top)
        for code, count in i.faults.items():
            Table(made, "row_fault").add((name, code), code=count)
    for _, p in publics(state, "execution.item-admitted"):
        Table(made, "work_item").add(p["item"], digest=p["digest"])
    for _, p in publics(state, "transfer.control-item-added"):
        Table(made, "control_item").add(p["control_item"], digest=p["digest"])
    for name, item in state.items.items():
        if not item.control:
            Table(made, "work_item").add(name, service=item.order.line.service)
    for name, line in state.lines.items():
        Table(made, "line").add(name, turnaround_days=line.turnaround)
    _stated(state, publics, made)


def _stated(state: State, publics: Publics, made: Fields) -> None:
    for _, p in publics(state, "requirements.line-added"):
        if p["line"] in state.lines:
            Table(made, "line").add(p["line"], confidentiality=p["confidentiality"])
    for _, p in publics(state, "agreements.agreement-concluded"):
        Table(made, "engagement").add("it", agreement_id=p["agreement"])
    for _, p in publics(state, "setup.need-stated"):
        Table(made, "need").add(p["line"], credentials=p["credentials"])
    for _, p in publics(state, "setup.calendar-set"):
        Table(made, "work_calendar").add(p["subject"], starts=p["starts"], ends=p["ends"])
    for _, p in publics(state, "assurance.item-inspected"):
        Table(made, "inspection").add(p["assignment"], clean=p["defects"] == 0)
    for name, raised_in in state.defects.items():
        if raised_in:
            Table(made, "defect").add(name, assignment_id=raised_in)
    for name, check in state.checks.items():
        Table(made, "inspector_check").add(name, at=check.at)
    for e, p in publics(state, "acceptance.invoiced"):
        Table(made, "invoice").add(p["number"], issued_at=e.at)
    for _, p in publics(state, "assurance.sample-drawn"):
        table, key = Table(made, "sample"), (p["work_order"], p["round"])
        table.add(key, inspectors=sorted(p["inspectors"]))
        line = state.orders[p["work_order"]].line
        if not line.corrected:
            points = line.points
            risks = attained_risks(
                p["lot"], p["sample_size"], p["acceptance_number"], points.limiting,
                points.acceptable,
            )  # fmt: skip
            table.add(key, consumer_risk=Near(risks[0]), producer_risk=Near(risks[1]))


def _hours(state: State, made: Fields) -> None:
    for name, versions in state.calendars.items():
        for n, hours in enumerate(versions, start=1):
            p = hours.stated
            same = ("zone", "country", "subdivision", "first", "last", "closed")
            shifts = sorted((tuple(s["weekdays"]), s["starts"], s["ends"]) for s in p["shifts"])
            Table(made, "calendar").add((name, n), shifts=shifts, **{k: p[k] for k in same})
        for begin, end in versions[-1].spells():
            Table(made, "spell").add((name, instant_of(begin)), ends=instant_of(end))
    for name, (hours, minutes) in state.hours.items():
        Table(made, "agreed_hours").add(
            name, calendar=hours.stated["calendar"], version=hours.stated["calendar_version"],
            minutes=minutes,
        )  # fmt: skip
    for name, m in state.members.items():
        if m.rostered:
            Table(made, "duty").add(name, calendar=m.by_calendar, at_most=m.at_most)
        for starts, ends in m.away.items():
            Table(made, "absence").add((name, starts), ends=ends)


def _clock(order: WorkOrder, made: Fields) -> None:
    if order.clock is not None:
        stated = order.clock.hours.stated
        Table(made, "turnaround_clock").add(
            order.id, calendar=stated["calendar"], version=stated["calendar_version"],
            minutes=order.clock.minutes, started_at=order.clock.since,
        )  # fmt: skip
    if not any(p.item is None and p.until is None for p in order.pauses):
        Table(made, "work_order").add(order.id, due_at=order.due_now())


# --- the database ------------------------------------------------------------------------------


def of_database(rows: Rows, admitted: set[str], names: Mapping[str, str], made: Fields) -> None:
    """As the tables have them; `admitted` are the items that came as files of their own."""
    _stored_hours(rows, names, made)
    lasting = {
        r["work_order_id"]
        for r in rows("clock_pause")
        if r["item_id"] is None and r["resumed_at"] is None
    }
    for r in rows("work_order"):
        if r["id"] not in lasting:
            due = None if r["due_at"] is None else at(r["due_at"])
            Table(made, "work_order").add(r["id"], due_at=due)
    for r in rows("routing"):
        Table(made, "routing").add(
            "it", **{n: number(r[n]) for n in ROUTING}, hours=r["hours"], minutes=r["minutes"],
            set_by=names[r["set_by"]], set_at=at(r["set_at"]),
        )  # fmt: skip
    _stored_offers(rows, names, made)
    for r in rows("witness"):
        retired = None if r["retired_at"] is None else at(r["retired_at"])
        Table(made, "witness").add(
            r["id"], side=r["side"], key=sha256(r["key"].encode()).hexdigest(),
            enrolled_at=at(r["enrolled_at"]), retired_at=retired,
        )  # fmt: skip
    _stored_rows(rows, made)
    digests = {r["id"]: r["digest"] for r in rows("document")}
    for r in rows("work_item"):
        if r["id"] in admitted:
            Table(made, "work_item").add(r["id"], digest=digests[r["document_id"]])
        if r["work_order_id"] is not None:
            Table(made, "work_item").add(r["id"], service=r["service"])
    for r in rows("control_item"):
        Table(made, "control_item").add(r["id"], digest=digests[r["document_id"]])
    _stored_stated(rows, names, made)


def _stored_stated(rows: Rows, names: Mapping[str, str], made: Fields) -> None:
    corrected = {r["id"]: r["sampling"]["corrected"] for r in rows("line")}
    for r in rows("line"):
        same = ("turnaround_days", "confidentiality")
        Table(made, "line").add(r["id"], **{n: r[n] for n in same})
    for r in rows("engagement"):
        if r["agreement_id"] is not None:
            Table(made, "engagement").add("it", agreement_id=r["agreement_id"])
    for r in rows("need"):
        Table(made, "need").add(r["line_id"], credentials=sorted(r["credentials"]))
    for r in rows("work_calendar"):
        Table(made, "work_calendar").add(
            names[r["actor_id"]], starts=str(r["starts"]), ends=str(r["ends"])
        )
    for r in rows("inspection"):
        Table(made, "inspection").add(r["assignment_id"], clean=r["clean"])
    for r in rows("defect"):
        Table(made, "defect").add(r["id"], assignment_id=r["assignment_id"])
    for r in rows("inspector_check"):
        Table(made, "inspector_check").add(names[r["inspector"]], at=at(r["at"]))
    for r in rows("invoice"):
        Table(made, "invoice").add(r["number"], issued_at=at(r["issued_at"]))
    lines = {r["id"]: r["line_id"] for r in rows("work_order")}
    for r in rows("sample"):
        table, key = Table(made, "sample"), (r["work_order_id"], r["round"])
        table.add(key, inspectors=sorted(names[i] for i in r["inspectors"]))
        if not corrected[lines[r["work_order_id"]]]:
            risks = {n: Near(Fraction(r[n])) for n in ("consumer_risk", "producer_risk")}
            table.add(key, **risks)


def _stored_hours(rows: Rows, names: Mapping[str, str], made: Fields) -> None:
    for r in rows("calendar"):
        shifts = sorted(
            (tuple(sorted(s["weekdays"])), s["starts"][:5], s["ends"][:5]) for s in r["shifts"]
        )
        Table(made, "calendar").add(
            (r["name"], r["version"]), shifts=shifts, closed=list(r["closed"]),
            first=str(r["first"]), last=str(r["last"]),
            **{n: r[n] for n in ("zone", "country", "subdivision")},
        )  # fmt: skip
    for r in rows("spell"):
        Table(made, "spell").add((r["calendar"], at(r["starts"])), ends=at(r["ends"]))
    for r in rows("agreed_hours"):
        same = ("calendar", "version", "minutes")
        Table(made, "agreed_hours").add(r["line_id"], **{n: r[n] for n in same})
    for r in rows("duty"):
        who = names[r["actor_id"]]
        Table(made, "duty").add(who, calendar=r["calendar"], at_most=r["at_most"])
    for r in rows("absence"):
        Table(made, "absence").add((names[r["actor_id"]], at(r["starts"])), ends=at(r["ends"]))
    for r in rows("turnaround_clock"):
        same = ("calendar", "version", "minutes")
        Table(made, "turnaround_clock").add(
            r["work_order_id"], **{n: r[n] for n in same}, started_at=at(r["started_at"])
        )


def _stored_offers(rows: Rows, names: Mapping[str, str], made: Fields) -> None:
    """Offers of one moment are one event, which commits to them in the order of the queue.

    That is the order of ids while nothing has come back, as in every walk when items are offered.
    """
    moments = defaultdict[str, list[Row]](list)
    for r in rows("offer", "assignment_id"):
        moments[at(r["offered_at"])].append(r)
    for moment, given in moments.items():
        (until,) = {at(r["until"]) for r in given}
        people = {names[r["actor_id"]] for r in given}
        leaves = (f"{r['assignment_id']} {names[r['actor_id']]}".encode() for r in given)
        Table(made, "offer").add(moment, people=len(people), until=until, root=root(leaves).hex())


def _stored_rows(rows: Rows, made: Fields) -> None:
    for r in rows("import"):
        Table(made, "import").add(r["id"], state=r["state"])
    for r in rows("import_chunk"):
        bound = bytes(r["commitments"])
        names = run_of(r["first"], r["items"])
        leaves = (n.encode() + bound[32 * i : 32 * i + 32] for i, n in enumerate(names))
        Table(made, "import_chunk").add(
            (r["import_id"], r["number"]), first=r["first"], items=r["items"],
            root=root(leaves).hex(),
        )  # fmt: skip
    faults = Counter((r["import_id"], r["code"]) for r in rows("row_fault"))
    for key, count in faults.items():
        Table(made, "row_fault").add(key, code=count)
