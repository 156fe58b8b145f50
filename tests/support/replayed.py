"""What the verifier works out of a log, and what the database says, in one form: table.column.

Each side is a mapping from `table.column` to {key of the row: value}. Actors stand as pseudonyms,
instants and amounts as text of one form, JSON as the log spells it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any

import sqlalchemy as sa
from tests.support import replayed_decided, replayed_time
from tests.support.replayed_rows import ROWS, Fields, Table, at, number

from outwork.kit.database import Connection
from outwork_verify.entry import Event
from outwork_verify.state import State

__all__ = ["Fields", "Table", "at", "differences", "number", "of_database", "of_log"]


def differences(found: Fields, stored: Fields) -> list[str]:
    """Every value on which the two do not agree, by name; both must have the same rows."""
    said = []
    for name in sorted(found.keys() | stored.keys()):
        ours, theirs = found.get(name, {}), stored.get(name, {})
        for row in sorted(ours.keys() | theirs.keys(), key=str):
            absent = "(no such row)"
            a, b = ours.get(row, absent), theirs.get(row, absent)
            if a != b:
                said.append(f"{name} {row}: the log says {a!r}, the database {b!r}")
    return said


def money(value: Mapping[str, Any]) -> tuple[str, str]:
    """An amount and its currency."""
    return number(value["amount"]), str(value["currency"])


# --- the log -----------------------------------------------------------------------------------


def of_log(state: State) -> Fields:
    """What a replay says."""
    made: Fields = {}
    _people(state, made)
    _agreement(state, made)
    _work(state, made)
    _quality(state, made)
    _payment(state, made)
    replayed_decided.of_log(state, partial(_publics, state), made)
    replayed_time.of_log(state, partial(_publics, state), made)
    for row in ROWS:
        for e, p in _publics(state, row.kind):
            key, values = row.of_event(e.actor, e.at, p)
            Table(made, row.table).add(key, **values)
    return made


def _publics(state: State, *kinds: str) -> Iterable[tuple[Any, Mapping[str, Any]]]:
    # Reading an entry anew costs more than looking at which it is.
    return ((e, e.public) for e in _events(state) if e.kind in kinds)


_READ: list[tuple[State, list[Event]]] = []  # the last replay's, read once


def _events(state: State) -> list[Event]:
    if not _READ or _READ[0][0] is not state:
        _READ[:] = [(state, list(state.events))]
    return _READ[0][1]


def _people(state: State, made: Fields) -> None:
    table = Table(made, "membership")
    for name, m in state.members.items():
        table.add(name, party_id=m.party, side=m.side, roles=sorted(m.roles))
        if m.dated:
            table.add(name, valid_from=m.since, valid_until=m.until)
    table = Table(made, "certification")
    scored = defaultdict[str, int](int)
    for e, p in _publics(state, "transfer.certification-scored"):
        scored[e.actor] += 1
        table.add(
            (e.actor, scored[e.actor]),
            guideline_version=p["guideline_version"],
            right=p["right"],
            asked=p["asked"],
            lower=number(p["lower"]),
            bar=number(p["bar"]),
            passed=p["passed"],
            at=e.at,
        )
    for e, p in _publics(state, "setup.calendar-set"):
        Table(made, "work_calendar").add(
            p["subject"], zone=p["zone"], weekdays=p["weekdays"], country=p["country"]
        )
        assert e.kind
    for (document, subject), until in state.shares.items():
        Table(made, "document_share").add((document, subject), until=until)


def _signing(state: State, made: Fields) -> None:
    for n, (e, p) in enumerate(_publics(state, "agreements.signed")):
        Table(made, "signature").add(
            n,
            actor_id=e.actor,
            side=p["side"],
            meaning=p["meaning"],
            digest=p["digest"],
            at=e.at,
            key=p["key"],
            signature=p["signature"],
        )
    for name, m in state.members.items():
        if m.key is not None:
            Table(made, "bound_key").add(name, key=m.key)


def _agreement(state: State, made: Fields) -> None:
    Table(made, "engagement").add(
        "it",
        client_id=state.client,
        currency=state.currency,
        stage=state.stage,
        provider_id=state.provider,
    )
    for name, line in state.lines.items():
        Table(made, "line").add(
            name,
            service=line.service,
            volume=line.volume,
            unit=line.unit,
            sampling={k: number(v) for k, v in line.written.items()}
            | {name: tuple(points) for name, points in line.classes.items()},
            price=money(line.price),
            defects=sorted(line.defined),
        )
    for name, w in state.waivers.items():
        Table(made, "waiver").add(
            name,
            gate=w.gate,
            codes=sorted(w.codes),
            side=w.side,
            requested_by=w.by,
            expires_at=w.expires,
            digest=w.digest,
            countersigned_by=w.countersigned,
        )
    if state.weights:
        Table(made, "selection_criteria").add("it", criteria=dict(state.weights))
    for name, offer in state.proposals.items():
        Table(made, "proposal").add(name, party_id=offer.party)
    points: dict[Any, Any] = {}
    for e, p in _publics(state, "selection.proposal-scored"):
        points[p["proposal"], p["criterion"], e.actor] = p["points"]
    for key, given in points.items():
        Table(made, "score").add(key, points=given)
    if state.award is not None:
        prices = {k: money(v) for k, v in state.award["prices"].items()}
        Table(made, "award").add(
            "it",
            party_id=state.award["party"],
            proposal_id=state.award["proposal"],
            prices=prices,
            accepted_at=state.award_signed,
        )
    _signing(state, made)
    for e, p in _publics(state, "transfer.guideline-published"):
        Table(made, "guideline").add(
            p["guideline_version"],
            digest=p["digest"],
            clauses=sorted(p["clauses"]),
            published_at=e.at,
        )
    if state.bar is not None:
        Table(made, "certification_bar").add(
            "it",
            control_items=state.bar["control_items"],
            **{k: number(state.bar[k]) for k in ("people", "agents", "confidence")},
        )
    for name, one in state.controls.items():
        Table(made, "control_item").add(name, service=one.service, known=one.questions)
    plans = {p["line"]: p for _, p in _publics(state, "setup.quality-planned")}
    for name, p in plans.items():
        Table(made, "quality_plan").add(
            name,
            lot=p["lot"],
            sample_size=p["sample_size"],
            acceptance_number=p["acceptance_number"],
            consumer_risk=number(p["consumer_risk"]),
            producer_risk=number(p["producer_risk"]),
            classes=p.get("classes", {}),
        )
    for name, price in state.rates.items():
        Table(made, "rate").add(name, price=money(price))
    needs = {p["line"]: p for _, p in _publics(state, "setup.need-stated")}
    for name, p in needs.items():
        Table(made, "need").add(
            name,
            **{k: p[k] for k in ("skills", "languages", "clearance")},
            adverse=sorted(p["adverse"]),
        )


def _work(state: State, made: Fields) -> None:
    for name, o in state.orders.items():
        Table(made, "work_order").add(
            name,
            line_id=o.line.id,
            shape=o.shape,
            stage=o.stage,
            phase=o.phase,
            round=o.current.number,
        )
    for name, item in state.items.items():
        if not item.control:
            Table(made, "work_item").add(name, work_order_id=item.order.id, state=item.state)
    for name, a in state.assignments.items():
        # An assignment that is done or withdrawn is over; who holds it shows while it is not.
        table = Table(made, "assignment")
        table.add(name, purpose=a.purpose, level=a.level, state="over" if a.done else "waits")
        if not a.done:
            table.add(name, actor_id=a.holder)
    for e, p in _publics(state, "execution.item-submitted"):
        Table(made, "submission").add(
            p["submission"],
            assignment_id=p["assignment"],
            item_id=p["item"],
            at=e.at,
            author_id=e.actor,
            purpose=p["purpose"],
            seconds=p["seconds"],
            hints=p["hints"],
            family=state.members[e.actor].family,
        )
        Table(made, "answer").add(
            p["submission"],
            question=sorted(_answered(e)),
            origin=dict(p["origins"]),
            item_id=p["item"],
            author_id=e.actor,
        )
    for name, i in state.imports.items():
        Table(made, "import").add(
            name,
            work_order_id=i.order,
            size=i.size,
            digest=i.digest,
            parts=i.parts,
            received=i.received,
            admitted=i.admitted,
            refused=i.refused,
            chunks=len(i.chunks),
        )
    for e, p in _publics(state, "execution.seed-committed"):
        Table(made, "seed_commitment").add(
            (p["work_order"], p["round"], p["side"]), commitment=p["commitment"]
        )
        assert e.kind
    for _, p in _publics(state, "assurance.seed-revealed"):
        Table(made, "seed_commitment").add(
            (p["work_order"], p["round"], p["side"]), nonce=p["nonce"]
        )
    for name, pause in state.pauses.items():
        Table(made, "clock_pause").add(
            name, work_order_id=pause.order, item_id=pause.item, resumed_at=pause.until
        )
    _twice(state, made)


def _calibrations(state: State, made: Fields) -> None:
    table = Table(made, "calibration")
    for e, p in _publics(state, "assurance.calibration-opened"):
        table.add(
            p["calibration"],
            service=p["service"],
            items=p["items"],
            raters=p["raters"],
            guideline_version=p["guideline_version"],
            opened_by=e.actor,
            opened_at=e.at,
            groups={},
            closed_at=None,
            results={},
            concluded_at=None,
        )
    for _e, p in _publics(state, "assurance.calibration-compared"):
        before = made["calibration.groups"][p["calibration"]]
        table.add(p["calibration"], groups=before | {p["item"]: p["groups"]})
    for e, p in _publics(state, "assurance.calibration-closed"):
        table.add(p["calibration"], closed_at=e.at)
    for e, p in _publics(state, "assurance.calibration-concluded"):
        table.add(p["calibration"], results=p["results"], concluded_at=e.at)
    for e, p in _publics(state, "assurance.difference-settled"):
        names = ("stands", "clause", "guideline_version", "changed")
        Table(made, "settlement").add(
            (p["item"], p["question"]),
            calibration_id=p["calibration"],
            settled_by=e.actor,
            settled_at=e.at,
            **{n: p[n] for n in names},
        )


def _twice(state: State, made: Fields) -> None:
    """Items answered twice; what of it waits for a decision is the verifier's own state."""
    table = Table(made, "comparison")
    for e, p in _publics(state, "execution.overlap-compared"):
        differing = sorted(q for q, same in p["agreed"].items() if not same)
        table.add(
            p["item"],
            work_order_id=p["work_order"],
            first_id=p["first"],
            second_id=p["second"],
            asked=sorted(p["agreed"]),
            differing=differing,
            compared_at=e.at,
            chosen={},
            clauses={},
            decided_by=None,
            decided_at=None,
        )
        assert state.items[p["item"]].twice == (p["first"], p["second"])
    for e, p in _publics(state, "execution.item-adjudicated"):
        table.add(
            p["item"],
            adjudication_id=p["assignment"],
            chosen=dict(p["chosen"]),
            clauses=dict(p["clauses"]),
            decided_by=e.actor,
            decided_at=e.at,
        )
    for name, item in state.items.items():
        if item.differing:
            table.add(name, differing=sorted(item.differing))
    for _, p in _publics(state, "execution.hour-cost-stated"):
        Table(made, "hour_cost").add(p["subject"], stated=True)


def _answered(event: Any) -> list[str]:
    return [name.removeprefix("answers.") for name in event.sealed]


def _quality(state: State, made: Fields) -> None:
    for _, p in _publics(state, "assurance.sample-drawn"):
        Table(made, "sample").add(
            (p["work_order"], p["round"]),
            classes={n: own["acceptance_number"] for n, own in p.get("classes", {}).items()},
            **{
                k: p[k]
                for k in ("unit", "lot", "sample_size", "acceptance_number", "seed", "closing_size")
            },
        )
    for o in state.orders.values():
        if o.current.sample is not None:
            units = sorted(
                f"{item}/{q}" if q else item
                for item, asked in o.current.units.items()
                for q in asked
            )
            Table(made, "sample").add((o.id, o.current.number), units=units)
    for e, p in _publics(state, "assurance.item-inspected"):
        Table(made, "inspection").add(
            p["assignment"],
            item_id=p["item"],
            round=p["round"],
            in_sample=p["in_sample"],
            inspector=e.actor,
            at=e.at,
        )
    for e, p in _publics(state, "assurance.defect-raised"):
        names = (
            "work_order",
            "round",
            "item",
            "question",
            "clause",
            "severity",
            "counted",
            "in_sample",
        )
        Table(made, "defect").add(
            p["defect"], found_by=e.actor, found_at=e.at, **{n: p[n] for n in names}
        )
    _calibrations(state, made)
    table = Table(made, "reinspection")
    for e, p in _publics(state, "assurance.reinspection-requested"):
        for item in p["items"]:
            table.add((p["work_order"], p["round"], item), requested_at=e.at)
    for _e, p in _publics(state, "assurance.inspections-compared"):
        found = {name: p[name] for name in ("seeded", "caught", "clean", "passed")}
        table.add(
            (p["work_order"], p["round"], p["item"]),
            assignment_id=p["assignment"],
            inspector=p["inspector"],
            found=found,
        )
    for name, c in state.checks.items():
        Table(made, "inspector_check").add(
            name, seeded=c.seeded, caught=c.caught, clean=c.clean, passed=c.passed
        )
    for e, p in _publics(state, "assurance.verdict-given"):
        Table(made, "verdict").add(
            (p["work_order"], p["round"]),
            defective=p["defective"],
            accepted=p["accepted"],
            at=e.at,
            classes=p.get("classes", {}),
        )
    for e, p in _publics(state, "assurance.certificate-issued"):
        Table(made, "certificate").add(
            (p["work_order"], p["round"]), digest=p["digest"], figures=p["figures"], issued_at=e.at
        )


def _escaped(state: State, made: Fields) -> None:
    """What the client found after delivery, and how it counts by item and question."""
    table = Table(made, "escaped_defect")
    for e, p in _publics(state, "acceptance.escape-reported"):
        table.add(
            p["defect"],
            work_order_id=p["work_order"],
            item_id=p["item"],
            question=p["question"],
            clause=p["clause"],
            severity=p["severity"],
            counted=state.items[p["item"]].escaped[p["question"]],
            author=p["author"],
            missed_by=sorted(p["missed_by"]),
            reported_by=e.actor,
            reported_at=e.at,
        )
    for order in state.orders.values():
        for severity, count in order.escaped.items():
            table.add((order.id, severity), severity=count)


def _payment(state: State, made: Fields) -> None:
    _escaped(state, made)
    for e, p in _publics(state, "acceptance.delivered"):
        Table(made, "delivery").add(
            (p["work_order"], p["round"]),
            items=p["items"],
            digest=p["digest"],
            certificate_digest=p["certificate"],
            delivered_by=e.actor,
            delivered_at=e.at,
            files=sorted((f["digest"], f["size"]) for f in p["files"]),
        )
    for o in state.orders.values():
        if o.delivery is not None:
            key = (o.id, o.delivery.round)
            Table(made, "delivery").add(key, state=o.delivery.state)
    for p in state.invoices:
        lines = [
            (x["line"], x["quantity"], money(x["unit_price"]), money(x["amount"]))
            for x in p["lines"]
        ]
        Table(made, "invoice").add(
            p["number"], work_order_id=p["work_order"], lines=lines, total=money(p["total"])
        )
    for name, (clause, accepted) in state.changes.items():
        Table(made, "proposed_change").add(name, clause=clause, accepted=accepted)


# --- the database ------------------------------------------------------------------------------


def of_database(db: Connection, engagement: str) -> Fields:
    """What the tables say of an engagement."""
    made: Fields = {}
    names = {r["actor_id"]: r["pseudonym"] for r in _rows(db, "membership")}
    _stored_people(db, made, names)
    _stored_agreement(db, made, names)
    _stored_work(db, made, names)
    _stored_twice(db, made, names)
    _stored_escaped(db, made, names)
    _stored_quality(db, made, names)
    _stored_payment(db, made, names)
    rows = partial(_rows, db)
    replayed_decided.of_database(rows, _shown(db), names, made)
    replayed_time.of_database(rows, _known(db, "item-admitted", "item"), names, made)
    for row in ROWS:
        for r in _rows(db, row.table):
            key, values = row.of_row(r, names, at)
            Table(made, row.table).add(key, **values)
    assert engagement
    return made


def _rows(db: Connection, table: str, order: str = "1") -> list[Mapping[str, Any]]:
    query = sa.text(f'select * from "{table}" order by {order}')
    return [dict(row) for row in db.execute(query).mappings()]


def _known(db: Connection, kind: str, name: str) -> set[str]:
    """What the entries of a kind of execution name under a public name."""
    query = sa.text("select public->>:name from event where kind = :kind")
    return set(db.execute(query, {"name": name, "kind": f"execution.{kind}"}).scalars())


def _shown(db: Connection) -> set[str]:
    """The assignments that the log knows: from their first claim, or from a dispute on."""
    kinds = ("item-claimed", "rework-disputed")
    return set().union(*(_known(db, kind, "assignment") for kind in kinds))


def _stored_people(db: Connection, made: Fields, names: Mapping[str, str]) -> None:
    dated = {
        r[0]
        for r in db.execute(
            sa.text("select public->>'subject' from event where kind = 'setup.entitlement-dated'")
        )
    }
    for r in _rows(db, "membership"):
        table = Table(made, "membership")
        table.add(r["pseudonym"], party_id=r["party_id"], side=r["side"], roles=sorted(r["roles"]))
        if r["pseudonym"] in dated:
            table.add(
                r["pseudonym"], valid_from=at(r["valid_from"]), valid_until=at(r["valid_until"])
            )
    count = defaultdict[str, int](int)
    for r in _rows(db, "certification", "id"):
        who = names[r["actor_id"]]
        count[who] += 1
        Table(made, "certification").add(
            (who, count[who]),
            at=at(r["at"]),
            lower=number(r["lower"]),
            bar=number(r["bar"]),
            **{n: r[n] for n in ("guideline_version", "right", "asked", "passed")},
        )
    for r in _rows(db, "work_calendar"):
        Table(made, "work_calendar").add(
            names[r["actor_id"]], zone=r["zone"], weekdays=r["weekdays"], country=r["country"]
        )
    for r in _rows(db, "document_share"):
        until = "9999" if r["until"] is None else at(r["until"])
        Table(made, "document_share").add((r["document_id"], names[r["actor_id"]]), until=until)


def _stored_signing(db: Connection, made: Fields, names: Mapping[str, str]) -> None:
    for n, r in enumerate(_rows(db, "signature", "at, id")):
        Table(made, "signature").add(
            n,
            actor_id=names[r["actor_id"]],
            side=r["side"],
            meaning=r["meaning"],
            digest=r["digest"],
            at=at(r["at"]),
            key=r["key"],
            signature=r["signature"],
        )
    for r in _rows(db, "bound_key"):
        Table(made, "bound_key").add(names[r["actor_id"]], key=r["key"])


def _points(terms: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[Fraction, ...]:
    """Both points of a class; a risk that is not its own is the joint one."""
    names = ("limiting_quality", "consumer_risk", "acceptable_quality", "producer_risk")
    return tuple(Fraction(own[n] if own[n] is not None else terms[n]) for n in names)


def _stored_agreement(db: Connection, made: Fields, names: Mapping[str, str]) -> None:
    for r in _rows(db, "engagement"):
        Table(made, "engagement").add(
            "it", **{n: r[n] for n in ("client_id", "currency", "stage", "provider_id")}
        )
    for r in _rows(db, "line"):
        Table(made, "line").add(
            r["id"],
            service=r["service"],
            volume=r["volume"],
            unit=r["unit"],
            sampling={
                k: number(v) for k, v in r["sampling"].items() if k.endswith(("_quality", "_risk"))
            }
            | {name: _points(r["sampling"], own) for name, own in r["sampling"]["classes"].items()},
            price=money(r["price"]),
            defects=sorted(k for k, v in r["defects"].items() if v),
        )
    for r in _rows(db, "waiver"):
        Table(made, "waiver").add(
            r["id"],
            gate=r["gate"],
            codes=sorted(r["codes"]),
            side=r["side"],
            requested_by=names[r["requested_by"]],
            expires_at=at(r["expires_at"]),
            digest=r["digest"],
            countersigned_by=r["countersigned_by"] is not None,
        )
    for r in _rows(db, "selection_criteria"):
        weights = {c["key"]: c["weight"] for c in r["criteria"]}
        Table(made, "selection_criteria").add("it", criteria=weights)
    for r in _rows(db, "proposal"):
        Table(made, "proposal").add(r["id"], party_id=r["party_id"])
    for r in _rows(db, "score"):
        key = (r["proposal_id"], r["criterion"], names[r["scorer"]])
        Table(made, "score").add(key, points=r["points"])
    for r in _rows(db, "award"):
        prices = {k: money(v) for k, v in r["prices"].items()}
        Table(made, "award").add(
            "it",
            party_id=r["party_id"],
            proposal_id=r["proposal_id"],
            prices=prices,
            accepted_at=r["accepted_at"] is not None,
        )
    _stored_signing(db, made, names)
    for r in _rows(db, "guideline"):
        Table(made, "guideline").add(
            r["version"],
            digest=r["digest"],
            clauses=sorted(c["id"] for c in r["clauses"]),
            published_at=at(r["published_at"]),
        )
    for r in _rows(db, "certification_bar"):
        Table(made, "certification_bar").add(
            "it",
            control_items=r["control_items"],
            **{k: number(r[k]) for k in ("people", "agents", "confidence")},
        )
    counted = sa.text(
        "select public->>'control_item', (select count(*) from jsonb_object_keys(sealed))"
        " from event where kind = 'transfer.control-item-added'"
    )
    known = {row[0]: row[1] for row in db.execute(counted)}
    for r in _rows(db, "control_item"):
        Table(made, "control_item").add(r["id"], service=r["service"], known=known.get(r["id"]))
    for r in _rows(db, "quality_plan"):
        Table(made, "quality_plan").add(
            r["line_id"],
            consumer_risk=number(r["consumer_risk"]),
            producer_risk=number(r["producer_risk"]),
            **{n: r[n] for n in ("lot", "sample_size", "acceptance_number", "classes")},
        )
    for r in _rows(db, "rate"):
        Table(made, "rate").add(r["line_id"], price=money(r["price"]))
    for r in _rows(db, "need"):
        Table(made, "need").add(
            r["line_id"],
            skills=sorted(r["skills"]),
            languages=sorted(r["languages"]),
            clearance=r["clearance"],
            adverse=sorted(r["adverse"]),
        )


def _stored_work(db: Connection, made: Fields, names: Mapping[str, str]) -> None:
    for r in _rows(db, "work_order"):
        Table(made, "work_order").add(
            r["id"], **{n: r[n] for n in ("line_id", "shape", "stage", "phase", "round")}
        )
    for r in _rows(db, "work_item"):
        if r["work_order_id"] is not None:  # control items are in the log under their own names
            Table(made, "work_item").add(
                r["id"], work_order_id=r["work_order_id"], state=r["state"]
            )
    claimed = _shown(db)
    for r in _rows(db, "assignment"):
        if r["id"] in claimed:
            over = r["state"] in ("done", "withdrawn")
            table = Table(made, "assignment")
            table.add(
                r["id"], purpose=r["purpose"], level=r["level"], state="over" if over else "waits"
            )
            if not over:
                who = r["actor_id"]
                table.add(r["id"], actor_id=None if who is None else names[who])
    for r in _rows(db, "submission"):
        Table(made, "submission").add(
            r["id"],
            assignment_id=r["assignment_id"],
            item_id=r["item_id"],
            at=at(r["at"]),
            author_id=names[r["author_id"]],
            purpose=r["purpose"],
            seconds=r["seconds"],
            hints=len(r["hints"]),
            family=r["family"],
        )
    answers = defaultdict[str, list[tuple[str, str]]](list)
    for r in _rows(db, "answer"):
        answers[r["submission_id"]].append((r["question"], r["origin"]))
        Table(made, "answer").add(
            r["submission_id"], item_id=r["item_id"], author_id=names[r["author_id"]]
        )
    for name, given in answers.items():
        origins = defaultdict[str, int](int)
        for _, origin in given:
            origins[origin] += 1
        Table(made, "answer").add(name, question=sorted(q for q, _ in given), origin=dict(origins))
    for r in _rows(db, "import"):
        chunks = db.execute(
            sa.text("select count(*) from import_chunk where import_id = :i"), {"i": r["id"]}
        ).scalar_one()
        Table(made, "import").add(
            r["id"],
            chunks=chunks,
            **{
                n: r[n]
                for n in (
                    "work_order_id",
                    "size",
                    "digest",
                    "parts",
                    "received",
                    "admitted",
                    "refused",
                )
            },
        )
    for r in _rows(db, "seed_commitment"):
        key, table = (r["work_order_id"], r["round"], r["side"]), Table(made, "seed_commitment")
        table.add(key, commitment=r["commitment"])
        if r["nonce"]:
            table.add(key, nonce=r["nonce"])
    for r in _rows(db, "clock_pause"):
        until = None if r["resumed_at"] is None else at(r["resumed_at"])
        Table(made, "clock_pause").add(
            r["id"], work_order_id=r["work_order_id"], item_id=r["item_id"], resumed_at=until
        )


def _stored_twice(db: Connection, made: Fields, names: Mapping[str, str]) -> None:
    for r in _rows(db, "comparison"):
        table, decided = Table(made, "comparison"), r["decided_at"] is not None
        table.add(
            r["item_id"],
            **{n: r[n] for n in ("work_order_id", "first_id", "second_id", "chosen", "clauses")},
            asked=sorted(r["asked"]),
            differing=sorted(r["differing"]),
            compared_at=at(r["compared_at"]),
            decided_by=names[r["decided_by"]] if decided else None,
            decided_at=at(r["decided_at"]) if decided else None,
        )
        if decided:  # it shows in the log once it is handed in
            table.add(r["item_id"], adjudication_id=r["adjudication_id"])
    for r in _rows(db, "hour_cost"):
        Table(made, "hour_cost").add(names[r["actor_id"]], stated=True)


def _stored_escaped(db: Connection, made: Fields, names: Mapping[str, str]) -> None:
    table, counts = Table(made, "escaped_defect"), defaultdict[tuple[str, str], int](int)
    for r in _rows(db, "escaped_defect"):
        counts[r["work_order_id"], r["severity"]] += 1
        table.add(
            r["id"],
            **{
                n: r[n]
                for n in ("work_order_id", "item_id", "question", "clause", "severity", "counted")
            },
            author=names[r["author"]],
            missed_by=sorted(names[one] for one in r["missed_by"]),
            reported_by=names[r["reported_by"]],
            reported_at=at(r["reported_at"]),
        )
    for key, count in counts.items():
        table.add(key, severity=count)


def _stored_quality(db: Connection, made: Fields, names: Mapping[str, str]) -> None:
    current = {r["id"]: r["round"] for r in _rows(db, "work_order")}
    for r in _rows(db, "sample"):
        key, table = (r["work_order_id"], r["round"]), Table(made, "sample")
        table.add(
            key,
            classes={n: own["acceptance_number"] for n, own in r["classes"].items()},
            **{
                n: r[n]
                for n in ("unit", "lot", "sample_size", "acceptance_number", "seed", "closing_size")
            },
        )
        if current[r["work_order_id"]] == r["round"]:
            table.add(key, units=sorted(r["units"]))
    for r in _rows(db, "inspection"):
        Table(made, "inspection").add(
            r["assignment_id"],
            item_id=r["item_id"],
            round=r["round"],
            in_sample=r["in_sample"],
            inspector=names[r["inspector"]],
            at=at(r["at"]),
        )
    for r in _rows(db, "defect"):
        Table(made, "defect").add(
            r["id"],
            work_order=r["work_order_id"],
            item=r["item_id"],
            found_by=names[r["found_by"]],
            found_at=at(r["found_at"]),
            **{
                n: r[n] for n in ("round", "question", "clause", "severity", "counted", "in_sample")
            },
        )
    _stored_calibrations(db, made, names)
    for r in _rows(db, "reinspection"):
        key, table = (r["work_order_id"], r["round"], r["item_id"]), Table(made, "reinspection")
        table.add(key, requested_at=at(r["requested_at"]))
        if r["found"] is not None:
            inspector = names[r["inspector"]]
            table.add(key, assignment_id=r["assignment_id"], inspector=inspector, found=r["found"])
    for r in _rows(db, "inspector_check"):
        counts = {n: r[n] for n in ("seeded", "caught", "clean", "passed")}
        Table(made, "inspector_check").add(names[r["inspector"]], **counts)
    for r in _rows(db, "verdict"):
        Table(made, "verdict").add(
            (r["work_order_id"], r["round"]),
            defective=r["defective"],
            accepted=r["accepted"],
            at=at(r["at"]),
            classes=r["classes"],
        )
    for r in _rows(db, "certificate"):
        Table(made, "certificate").add(
            (r["work_order_id"], r["round"]),
            digest=r["digest"],
            figures=r["figures"],
            issued_at=at(r["issued_at"]),
        )


def _stored_calibrations(db: Connection, made: Fields, names: Mapping[str, str]) -> None:
    for r in _rows(db, "calibration"):
        Table(made, "calibration").add(
            r["id"],
            service=r["service"],
            items={one["item_id"]: one["source"] for one in r["items"]},
            raters=[names[who] for who in r["raters"]],
            guideline_version=r["guideline_version"],
            opened_by=names[r["opened_by"]],
            opened_at=at(r["opened_at"]),
            groups=r["groups"],
            closed_at=None if r["closed_at"] is None else at(r["closed_at"]),
            results={names[who]: result for who, result in r["results"].items()},
            concluded_at=None if r["concluded_at"] is None else at(r["concluded_at"]),
        )
    for r in _rows(db, "settlement"):
        Table(made, "settlement").add(
            (r["item_id"], r["question"]),
            settled_by=names[r["settled_by"]],
            settled_at=at(r["settled_at"]),
            **{
                n: r[n]
                for n in ("calibration_id", "stands", "clause", "guideline_version", "changed")
            },
        )


def _stored_payment(db: Connection, made: Fields, names: Mapping[str, str]) -> None:
    newest: dict[str, int] = {}
    for r in _rows(db, "delivery"):
        newest[r["work_order_id"]] = max(r["round"], newest.get(r["work_order_id"], 0))
    for r in _rows(db, "delivery"):
        key, table = (r["work_order_id"], r["round"]), Table(made, "delivery")
        table.add(
            key,
            items=r["items"],
            digest=r["digest"],
            certificate_digest=r["certificate_digest"],
            delivered_by=names[r["delivered_by"]],
            delivered_at=at(r["delivered_at"]),
            files=sorted((f["digest"], f["size"]) for f in r["files"]),
        )
        if newest[r["work_order_id"]] == r["round"]:
            table.add(key, state=r["state"])
    for r in _rows(db, "invoice"):
        lines = [
            (x["line_id"], x["quantity"], money(x["unit_price"]), money(x["amount"]))
            for x in r["lines"]
        ]
        Table(made, "invoice").add(
            r["number"], work_order_id=r["work_order_id"], lines=lines, total=money(r["total"])
        )
    for r in _rows(db, "proposed_change"):
        Table(made, "proposed_change").add(r["id"], clause=r["clause"], accepted=r["accepted"])
