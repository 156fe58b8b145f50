"""Invented examples of every component, for the page that shows them all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from outwork import methods
from outwork.interfaces.web import charts
from outwork.interfaces.web.desk import field, form
from outwork.interfaces.web.labels import STAGES, badge, word
from outwork.interfaces.wording import translate as _

Context = dict[str, Any]
NOW = datetime(2026, 3, 12, 12, 3, tzinfo=UTC)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
QUOTE = "It renews for successive periods of one year unless either party gives notice"


def themes() -> list[Context]:
    """The three themes with their words."""
    return [
        {"key": "light", "title": _("Light")},
        {"key": "dark", "title": _("Dark")},
        {"key": "contrast", "title": _("High contrast")},
    ]


def examples() -> Context:
    """Everything the gallery shows."""
    return {
        "stages": _stages(),
        "gates": [
            {"state": s, "title": t, "reasons": _reasons() if s == "closed" else []}
            for s, t in (("closed", "Not yet: two things to do"), ("open", "Signed by both sides"),
                         ("waived", "Waived until 16 March"), ("ahead", "Not reached yet"))
        ],
        "waivers": [_waiver(), {**_waiver(), "expired": True, "countersigned_by": None}],
        "notices": _notices(),
        "badges": [badge("Conforming", "good"), badge("Late", "caution"), badge("Defect", "bad"),
                   badge("Draft", "note"), badge("In work", "accent"), badge("Waiting")],
        "figures": _figures(),
        "table": _table(),
        "acts": _acts(),
        "inline_act": form("/gallery", "", "Take the next item", id="gallery-take"),
        "folded_act": form("/gallery", "Dispute a defect", "Dispute",
                           field("why", "Why", "textarea"), id="gallery-dispute"),
        "events": _events(),
        "clause": _clause(),
        "answers": _answers(),
        "questions": _questions(),
        "facts": [{"term": "Agreed on", "value": NOW, "kind": "when"},
                  {"term": "Digest", "value": "9f2c1ab04d55e0" * 4, "kind": "code"},
                  {"term": "Long word", "value": LONG}],
        "pager": {"shown": 50, "total": 400, "total_is": "exact", "next": "?after=x"},
        "empty": {"title": "No item yet", "text": "Items come from an admitted batch."},
        "tabs": [{"text": "Items", "href": "#items", "current": True, "count": 400},
                 {"text": "Batches", "href": "#batches"}],
        **_charts(),
    }  # fmt: skip


def _reasons() -> list[Context]:
    return [
        {"code": "not-certified", "text": "Jonas Lindqvist is not certified.", "href": "/people"},
        {"code": "no-bar", "text": "The bar for certification is not set.", "href": "/people"},
    ]


def _waiver() -> Context:
    return {"title": "Certification of the second shift", "risk_owner": "Helena Marsh",
            "reason": "The second shift starts with review only.", "by": "Tomas Okafor",
            "expires": NOW + timedelta(days=4), "expired": False,
            "countersigned_by": "Helena Marsh", "href": "#gate"}  # fmt: skip


def _stages() -> list[Context]:
    rows = []
    for n, stage in enumerate(list(STAGES)[:-1]):
        state = "done" if n < 2 else "now" if n == 2 else "ahead"
        row: Context = {"key": stage, "name": word(STAGES, stage), "href": "#", "state": state}
        if n < 6:
            shown = ("open", "waived", "closed")[n] if n <= 2 else "ahead"
            row["gate"] = {"state": shown}
        rows.append(row)
    return rows


def _notices() -> list[Context]:
    return [
        {"tone": "bad", "title": "Not yet: two things to do", "reasons": _reasons()},
        {"tone": "good", "title": "Signed. The engagement goes on to selection."},
        {
            "tone": "caution",
            "title": "The reservation ends soon",
            "text": "Typing is kept.",
        },
        {"tone": "neutral", "text": "Two people look at this batch now."},
        {"tone": "accent", "text": "Guideline version 3 is in force since this morning."},
    ]


def _figures() -> list[Context]:
    return [
        {"label": "Conforming items", "value": "98.5 %", "interval": "[97.9, 100]", "n": 512,
         "level": "95 %", "href": "#sample", "low": 0.979, "point": 0.985, "high": 1.0,
         "from": 0.9, "to": 1.0, "target": 0.95},
        {"label": "Control items right, agent", "value": "91.2 %", "interval": "[88.0, 93.8]",
         "n": 340, "low": 0.88, "point": 0.912, "high": 0.938, "from": 0.8, "to": 1.0,
         "target": 0.93, "tone": "bad", "href": "#x"},
        {"label": "Cost of an accepted item", "value": "11.40 EUR", "interval": "[10.90, 12.10]",
         "n": 310},
    ]  # fmt: skip


def _table() -> Context:
    tones = (("Accepted", "good"), ("In work", "accent"), ("Returned", "caution"),
             ("Defective", "bad"), ("Drafted", "note"), ("Waiting", "neutral"))  # fmt: skip
    rows = [
        {"item": {"text": f"Contract {216 + n:04d}" if n else LONG, "href": "#", "note": "34 p."},
         "state": badge(*tone), "who": None if n % 3 == 2 else "Priya Raman",
         "answers": f"{41 - n} of 41", "at": NOW - timedelta(hours=n)}
        for n, tone in enumerate(tones)
    ]  # fmt: skip
    columns = [
        {"key": "item", "label": "Item", "head": True},
        {"key": "state", "label": "State", "kind": "badge"},
        {"key": "who", "label": "With"},
        {"key": "answers", "label": "Answers", "kind": "number"},
        {"key": "at", "label": "Last change", "kind": "when"},
    ]
    return {"columns": columns, "rows": rows}


def _acts() -> list[Context]:
    currencies = [{"value": c, "label": c} for c in ("EUR", "GBP", "USD")]
    return [
        form("/gallery", "Add a line", "Add the line",
             field("service", "Service", "select",
                   options=[{"value": "a", "label": "Contract management"}]),
             field("volume", "Volume", "number", min=1, value=400, unit="items"),
             field("price", "Price", "money", value="11.40", currency="EUR", options=currencies),
             field("classes", "Confidentiality", "radio", value="c", options=[
                 {"value": "c", "label": "Confidential", "help": "Named people only"},
                 {"value": "r", "label": "Restricted", "help": "At the client’s site"}]),
             field("notes", "What the client says", "textarea", optional=True),
             field("agree", "Both risks were explained", "checkbox"), id="gallery-line"),
        form("/gallery", "Sign for the client", "Sign",
             field("name", "Your name", error="This is not your name"), id="gallery-sign",
             refused={"title": "Not signed", "reasons": [], "code": "name-differs"}),
        form("/gallery", "Award", "Award", reasons=_reasons(), id="gallery-award"),
    ]  # fmt: skip


def _events() -> list[Context]:
    return [
        {"day": "12 March 2026", "at": NOW, "words": "A major defect was found, citing clause 4.2",
         "kind": "assurance.defect-raised", "actor": "Priya Raman", "seq": 1841, "tone": "bad",
         "digest": "9f2c1ab04d55e0", "href": "#", "details": [{"term": "clause", "text": "4.2"}]},
        {"at": NOW - timedelta(hours=1), "words": "A sample of 60 out of 400 was drawn",
         "kind": "assurance.sample-drawn", "actor": "Tomas Okafor", "seq": 1790, "tone": "accent"},
    ]  # fmt: skip


def _clause() -> Context:
    return {"id": "4.2", "title": "Renewal term", "version": "3",
            "text": "State the length of each renewal, not of the initial term."}  # fmt: skip


def _answers() -> list[Context]:
    place = {"document": "main", "start": 120, "end": 197, "quote": QUOTE, "page": 1}
    draft = {"value": "1 year", "present": True, "author": "clause-drafter 0.4", "by": "machine",
             "origin": "", "confidence": "93 %", "evidence": [place]}  # fmt: skip
    person = {**draft, "author": "Priya Raman", "by": "person", "origin": "corrected",
              "confidence": None, "at": NOW}  # fmt: skip
    return [draft, person]


def _questions() -> list[Context]:
    kinds = (("choice", "Audit rights"), ("date", "Effective date"), ("text", "Governing law"))
    return [
        {"key": f"q{n}", "number": n + 1, "label": label, "kind": kind,
         "kind_word": kind.capitalize(), "clause": "4.2", "severity": "Major",
         "options": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}],
         "draft": _answers()[0] if n else None,
         "working": {"action": "confirm" if n else "", "value": "", "evidence": []}}
        for n, (kind, label) in enumerate(kinds)
    ]  # fmt: skip


def _charts() -> Context:
    plan = methods.Plan(400, 60, 1, 0.1)
    at = range(49)
    chances = methods.operating_characteristic(plan, list(at)).tolist()
    curve = [{"defective": k / 400, "accepted": p} for k, p in zip(at, chances, strict=True)]
    people = (("Amira Haddad", 0.948, 0.977, 0.993, 210, "good"),
              ("Jonas Lindqvist", 0.905, 0.948, 0.976, 191, "bad"))  # fmt: skip
    return {
        "oc": {"title": "A lot with 6 % defective passes one time in nine", "limit": 0.12,
               "points": curve,
               "producer": {"defective": 2 / 400, "accepted": chances[2],
                            "word": "producer’s risk"},
               "consumer": {"defective": 24 / 400, "accepted": chances[24],
                            "word": "consumer’s risk"}},
        "forest": {"title": "One of two clears the bar", "note": "Exact 95 % intervals",
                   "low": 0.8, "high": 1.0, "target": 0.93, "target_word": "bar 93 %",
                   "ticks": [{"at": t / 100, "text": f"{t} %"} for t in (80, 85, 90, 95, 100)],
                   "rows": [{"label": name, "low": low, "point": point, "high": high, "n": n,
                             "value": f"{point * 100:.1f} %", "tone": tone,
                             "interval": f"[{low * 100:.1f}, {high * 100:.1f}]"}
                            for name, low, point, high, n, tone in people]},
        "burn_up": {"title": "190 of 400 items submitted", "unit": "items",
                    "days": [{"label": f"{d} Mar", "scope": 400, "plan": d * 25,
                              "done": d * 19 if d <= 10 else None} for d in range(1, 17)]},
        "shares": charts.share_chart(
            "Jonas Lindqvist: 1 of 9 is out of its limits",
            [{"label": f"Batch {n + 1}", "href": "#charts"} for n in range(9)],
            (3, 5, 2, 4, 6, 2, 21, 5, 3), (80, 120, 80, 100, 200, 60, 120, 120, 80)),
        "pareto": charts.pareto(
            [({"label": clause, "name": f"{clause} {name}", "href": "#charts"}, n)
             for clause, name, n in (("4.2", "Dates", 41), ("3.1", "Law", 22), ("5.5", "Rent", 9),
                                     ("2.7", "Parties", 6), ("6.1", "Renewal", 3))],
            "Leases of March"),
        "control": {"title": "Accuracy left its limits in week 9", "centre": 0.965, "upper": 0.99,
                    "lower": 0.94, "low": 0.92, "high": 1.0,
                    "words": {"centre": "96.5", "upper": "99.0", "lower": "94.0"},
                    "points": [{"label": f"w{n + 1}", "value": v, "text": f"{v * 100:.1f} %",
                                "out": v < 0.94}
                               for n, v in enumerate((0.962, 0.971, 0.968, 0.959, 0.974, 0.966,
                                                      0.97, 0.961, 0.931, 0.955, 0.967, 0.972))]},
    }  # fmt: skip
