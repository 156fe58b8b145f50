"""What happened, entry by entry, how far each is proved, and its proof checked in the browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date
from fastapi import APIRouter, Request, Response

from outwork import practices, reporting
from outwork.agreements import Engagement
from outwork.interfaces.web.checking import checking
from outwork.interfaces.web.desk import Context, Desk, See, desk, field
from outwork.interfaces.web.labels import (
    EVENTS,
    SIDES,
    badge,
    happened,
    slice_word,
    tone,
    word,
)
from outwork.interfaces.web.rendering import clock
from outwork.interfaces.wording import explain
from outwork.interfaces.wording import translate as _
from outwork.kit.paging import Page
from outwork.ledger import Covered
from outwork.operation import Operation, operation
from outwork.reporting import Filter, LogEntry, ShownEntry
from outwork.vocabulary import BadInput, EngagementId, Side

SLICES = ("agreements", "documents", "requirements", "selection", "transfer", "setup", "execution",
          "assurance", "acceptance")  # fmt: skip
LONGEST = 120
STAMPS = 3  # the newest are shown
KEPT = ("engagement", "kind", "actor", "line", "item", "since", "until")


def router(visit: See) -> APIRouter:
    """Routes of the ledger pages; `visit` says who is looking."""
    routes = APIRouter()

    @routes.get("/ledger")
    def every(request: Request) -> Response:
        who = visit(request)
        with operation(who.database, who.actor.id) as op:
            context = ledger(op, None, "/ledger", request.query_params)
        return who.page("ledger.html", "ledger", _("Ledger"), **context)

    @routes.get("/engagements/{engagement}/ledger")
    def one(request: Request, engagement: str) -> Response:
        who = visit(request)
        with desk(who, engagement, "ledger") as d:
            found = d.overview.engagement
            context = ledger(d.op, found, d.here, request.query_params)
            context |= _enrolling(d, context["witnesses"])
        title = _("Ledger of %(engagement)s") % {"engagement": found.title}
        return who.page("ledger.html", "engagements", title, **context)

    @routes.get("/engagements/{engagement}/entries/{seq}")
    def entry(request: Request, engagement: str, seq: int) -> Response:
        who = visit(request)
        with desk(who, engagement, f"entries/{seq}") as d:
            context = _entry(d, reporting.log_entry(d.op, d.id, seq))
        title = _("Entry %(seq)s") % {"seq": seq}
        return who.page("entry.html", "engagements", title, **context)

    @routes.get("/engagements/{engagement}/check-receipt")
    def receipt(request: Request, engagement: str) -> Response:
        who = visit(request)
        with desk(who, engagement, "check-receipt") as d:
            context: Context = {
                "base": d.base,
                "policy": reporting.policy(d.op, d.id),
                "checking": checking(d.visit.actor.zone),
            }
        return who.page("check_receipt.html", "engagements", _("Check a receipt"), **context)

    return routes


# --- the list ---------------------------------------------------------------------------------


def timeline(
    entries: Iterable[LogEntry], zone: str, lang: str = "en", base: str | None = None
) -> list[Context]:
    """Entries of a log as events, with a heading on the first of each day in the reader's zone.

    With `base`, the engagement's address, those that have a place link to their proofs.
    """
    shown, day = [], None
    for e in entries:
        event: Context = {
            "at": e.at,
            "time": clock(e.at, zone, lang),
            "words": happened(e.kind, e.public),
            "actor": e.name,
            "seq": e.seq,
            "tone": tone(e.kind, e.public),
            "proof": _proof(e),
            "details": _details(e),
        }
        if base is not None and e.seq is not None:
            event["href"] = f"{base}/entries/{e.seq}"
            event["receipt"] = f"{base}/entries/{e.seq}/receipt"
        local = e.at.astimezone(ZoneInfo(zone)).date()
        if local != day:
            event["day"] = format_date(local, "d MMMM y", locale=lang)
            day = local
        shown.append(event)
    return shown


def _proof(e: LogEntry) -> dict[str, str]:
    """How far an entry is proved, as a badge."""
    if e.covered is None:
        return badge(_("Placed") if e.seq is not None else _("Waiting to be placed"))
    if e.covered.by:
        whole = e.covered.sides <= e.covered.by.keys()
        return badge(
            _("Cosigned: %(who)s") % {"who": _sides(e.covered)}, "good" if whole else "note"
        )
    if not e.covered.size:
        return badge(_("In a checkpoint"))
    return badge(_("In the checkpoint of %(size)s") % {"size": e.covered.size})


def _sides(covered: Covered) -> str:
    return ", ".join(word(SIDES, s.value).lower() for s in Side if s in covered.by)


def _details(e: LogEntry) -> list[Context]:
    rows = [{"term": _plain(name), "text": _cut(_flat(value))} for name, value in e.public.items()]
    if e.sealed:
        rows.append({"term": _("sealed"), "text": _cut(", ".join(map(_plain, e.sealed)))})
    return [*rows, {"term": _("kind"), "text": e.kind}]


def _plain(name: str) -> str:
    return name.replace("_", " ").replace(".", ": ", 1)


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_flat(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(map(_flat, value)) or "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "–" if value is None else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def ledger(
    op: Operation, engagement: Engagement | None, here: str, query: Mapping[str, str]
) -> Context:
    """Context of a ledger page: one engagement's log, or where to find those of all."""
    every = reporting.readable(op)
    chosen = engagement
    if chosen is None and query.get("engagement"):
        chosen = next((e for e in every if e.id == query["engagement"]), None)
    if chosen is None and len(every) == 1:
        chosen = every[0]
    page: Page[LogEntry] = Page((), None)
    fields: list[Context] = []
    if engagement is None:
        options = [{"value": "", "label": _("Choose one")}]
        options += [{"value": e.id, "label": e.title} for e in every]
        fields.append({"name": "engagement", "label": _("Engagement"), "kind": "select",
                       "options": options, "value": chosen.id if chosen else ""})  # fmt: skip
    base = f"/engagements/{chosen.id}" if chosen else None
    if chosen is not None:
        fields += _filters(op, chosen.id, query)
        wanted = _wanted(query, op.actor.zone)
        page = reporting.timeline(op, chosen.id, wanted, query.get("after") or None)
    kept = {k: v for k, v in query.items() if k in KEPT and v}
    following = f"{here}?{urlencode({**kept, 'after': page.next})}" if page.next else None
    empty = {"title": _("No entry fits")}
    if page.next:
        empty = {"title": _("Nothing fits among the entries looked through; there are older ones")}
    if chosen is None:
        empty = {"title": _("Choose an engagement to see its ledger")}
    return {
        "events": timeline(page.rows, op.actor.zone, base=base),
        "filters": {"action": here, "fields": fields},
        "checkpoint": _checkpoint(op, chosen.id) if chosen else None,
        "witnesses": _witnesses(op, chosen.id) if chosen else None,
        "stamps": _stamps(op, chosen.id) if chosen else None,
        "policy": f"{base}/policy.txt" if base else None,
        "check": f"{base}/check-receipt" if base else None,
        "pager": {"shown": len(page.rows), "next": following} if chosen else None,
        "empty": empty,
        "enrol": [],
    }


def _filters(op: Operation, engagement: EngagementId, query: Mapping[str, str]) -> list[Context]:
    kinds = [{"value": "", "label": _("Everything")}]
    for s in SLICES:
        kinds.append({"value": f"{s}.", "label": _("%(stage)s: all") % {"stage": slice_word(s)}})
        own = [(k, happened(k, {})) for k in EVENTS if k.startswith(f"{s}.")]
        kinds += [
            {"value": k, "label": f"– {label}"} for k, label in sorted(own, key=lambda o: o[1])
        ]
    people = [{"value": "", "label": _("Everyone")}]
    people += [{"value": p.pseudonym, "label": p.name} for p in reporting.people(op, engagement)]
    lines = [{"value": "", "label": _("All lines")}]
    for line in reporting.lines(op, engagement):
        service = practices.catalogue().get(line.service)
        name = service.name if service else line.service
        lines.append({"value": line.id, "label": f"{name}, {line.volume}"})
    made: list[Context] = [
        {"name": "kind", "label": _("What"), "kind": "select", "options": kinds},
        {"name": "actor", "label": _("Who"), "kind": "select", "options": people},
        {"name": "line", "label": _("Line"), "kind": "select", "options": lines},
        {"name": "item", "label": _("Item"), "kind": "search", "placeholder": _("Name or id")},
        {"name": "since", "label": _("From"), "kind": "date"},
        {"name": "until", "label": _("Until"), "kind": "date"},
    ]
    return [{**f, "value": query.get(f["name"], "")} for f in made]


def _wanted(query: Mapping[str, str], zone: str) -> Filter:
    """The filters of an address; days are the reader's own. Raises BadInput."""
    since, until = (_day(query, name, zone) for name in ("since", "until"))
    return Filter(
        kind=query.get("kind") or None,
        actor=query.get("actor") or None,
        line=query.get("line") or None,
        item=query.get("item", "").strip() or None,
        since=since,
        until=until and until + timedelta(days=1),
    )


def _day(query: Mapping[str, str], name: str, zone: str) -> datetime | None:
    text = query.get(name)
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
        return datetime.combine(found, time(), ZoneInfo(zone))
    except ValueError as error:
        raise BadInput("argument-malformed", argument=name, problem=str(error)) from None


def _checkpoint(op: Operation, engagement: EngagementId) -> Context | None:
    note = reporting.checkpoint(op, engagement)
    if note is None:
        return None
    origin, size, root = note.splitlines()[:3]
    return {
        "size": size,
        "root": root,
        "at": None,
        "signed_by": origin,
        "file": {"text": _("The signed note"), "href": f"/engagements/{engagement}/checkpoint"},
    }


def _witnesses(op: Operation, engagement: EngagementId) -> list[Context]:
    """Each side's witness, up to where it has cosigned, and what keeps it from more."""
    rows = []
    for s in reporting.witnesses(op, engagement):
        problem = s.witness.problem
        state = badge(_("Up to date"), "good") if s.behind_since is None else badge(_("Following"))
        if s.late:
            state = badge(_("Fallen behind"), "bad")
        rows.append(
            {
                "id": s.witness.id,
                "mine": s.witness.side,
                "name": {"text": s.witness.name, "note": explain(problem, {}) if problem else None},
                "side": word(SIDES, s.witness.side.value),
                "upto": _("%(n)s of %(all)s entries") % {"n": s.witness.size, "all": s.entries},
                "state": state,
                "at": s.witness.cosigned_at,
            }
        )
    return rows


def _stamps(op: Operation, engagement: EngagementId) -> list[Context]:
    """What outside clocks have stamped lately: which checkpoint, by whom, when."""
    return [
        {
            "authority": {"text": s.authority},
            "upto": _("up to entry %(n)s") % {"n": s.size - 1},
            "at": s.at,
        }
        for s in reporting.stamped(op, engagement)[:STAMPS]
    ]


def _enrolling(d: Desk, rows: list[Context]) -> Context:
    """The forms with which a side enrols and retires its own witness."""
    shown = [
        {
            **row,
            "acts": d.act(
                "agreements.retire_witness", "", _("Retire"),
                hidden={"witness": row["id"]}, id=f"retire-{row['id']}",
            )
            if row["mine"] is d.at.member.side
            else [],
        }
        for row in rows
    ]  # fmt: skip
    enrol = d.act(
        "agreements.enrol_witness",
        _("Enrol a witness of your side"),
        _("Enrol it"),
        field("key", _("Its verifier key"), "textarea",
              help=_("As outwork witness init or status prints it, on its own machine")),
        field("url", _("Its address"), placeholder="https://witness.example.com:8100"),
        hidden={"engagement": d.id},
        note=_("It has to trust the log’s key first, which stands in the policy."),
        id="enrol-witness",
    )  # fmt: skip
    return {"witnesses": shown, "enrol": enrol, "retiring": any(r["acts"] for r in shown)}


# --- one entry --------------------------------------------------------------------------------


def _entry(d: Desk, found: ShownEntry) -> Context:
    e = found.entry
    seq = e.seq or 0
    sealed = [
        {"name": _plain(name), "commitment": commitment,
         "opened": _flat(found.opened[name]) if name in found.opened else None,
         "blind": name in found.blind}
        for name, commitment in sorted(found.commitments.items())
    ]  # fmt: skip
    return {
        "base": d.base,
        "words": happened(e.kind, e.public),
        "entry": e,
        "tone": tone(e.kind, e.public),
        "stage": slice_word(e.kind.partition(".")[0]),
        "public": [{"term": _plain(n), "value": _flat(v)} for n, v in e.public.items()],
        "sealed": sealed,
        "proof": _proof(e),
        "cosigned": [
            {"side": word(SIDES, side.value), "names": ", ".join(names)}
            for side, names in (e.covered.by.items() if e.covered else ())
        ],
        "line": found.line.decode(),
        "receipt": found.receipt.decode() if found.receipt else None,
        "policy": found.policy,
        "previous": f"{d.base}/entries/{seq - 1}" if seq else None,
        "next": f"{d.base}/entries/{seq + 1}" if seq + 1 < found.size else None,
        "checking": checking(d.visit.actor.zone),
    }
