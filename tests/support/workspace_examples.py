"""Invented content for every template: little of it, much of it, long words.

Wide on purpose: one row is one row of a page, and is read as such.
"""
# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from outwork.interfaces.web.gallery import examples
from outwork.interfaces.web.sample_charts import chooser
from outwork.reporting import Grouping

NOW = datetime(2026, 3, 12, 12, 3, tzinfo=UTC)
Context = dict[str, Any]

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def reason(code: str, text: str, href: str = "/stage_transfer.html") -> Context:
    return {"code": code, "text": text, "href": href}


def badge(text: str, tone: str = "neutral") -> Context:
    return {"text": text, "tone": tone}


def field(name: str, label: str, kind: str = "text", **more: Any) -> Context:
    return {"name": name, "label": label, "kind": kind, **more}


def options(*words: str) -> list[Context]:
    return [{"value": w.lower().replace(" ", "-"), "label": w} for w in words]


def act(name: str, title: str, submit: str, *fields: Context, **more: Any) -> Context:
    return {"action": f"/act/{name}", "title": title, "submit": submit, "fields": list(fields), **more}


REASONS = [
    reason("topic-known-by-one", "Topic “Renewal terms” is known by Amira Haddad only"),
    reason("not-certified", "Two analysts have no valid certification: Jonas Lindqvist and Priya Raman"),
    reason("agent-below-bar", "The agent’s lower bound is 91.2 %, the bar is 93 %", "/people.html"),
]
WAIVER = {
    "title": "Certification of the second shift", "reason": "The second shift starts with review only until Friday.",
    "risk_owner": "Helena Marsh", "expires": NOW + timedelta(days=4), "expired": False, "by": "Tomas Okafor",
    "countersigned_by": "Helena Marsh", "href": "#gate",
}
CLAUSE = {
    "id": "4.2", "title": "Renewal term", "version": "3",
    "text": "State the length of each renewal, not of the initial term. Where renewal is automatic unless notice is "
    "given, answer with the period and quote the whole sentence, the notice included.",
}
FIGURE = {"label": "Conforming items", "value": "98.5 %", "interval": "[97.9, 100]", "n": 512, "level": "95 %",
          "href": "#sample", "low": 0.979, "point": 0.985, "high": 1.0, "from": 0.9, "to": 1.0, "target": 0.95}
FIGURES = [
    FIGURE,
    {"label": "Control items right, agent", "value": "91.2 %", "interval": "[88.0, 93.8]", "n": 340, "low": 0.88,
     "point": 0.912, "high": 0.938, "from": 0.8, "to": 1.0, "target": 0.93, "tone": "bad", "href": "#x"},
    {"label": "Cost of an accepted item", "value": "11.40 EUR", "interval": "[10.90, 12.10]", "n": 310},
]
NAMES = ["Requirement analysis", "Selection of service provider", "Knowledge transfer", "Operational setup",
         "Execution", "Quality assurance", "Review and feedback"]
KEYS = ["requirements", "selection", "transfer", "setup", "execution", "assurance", "acceptance"]
FOREST = {
    "title": "Three of five clear the bar; the agent does not yet", "note": "Control items right, 95 % exact intervals",
    "low": 0.8, "high": 1.0, "ticks": [{"at": t / 100, "text": f"{t} %"} for t in (80, 85, 90, 95, 100)],
    "target": 0.93, "target_word": "bar 93 %",
    "rows": [
        {"label": n, "low": lo, "point": p, "high": h, "value": f"{p:.1%}".replace("%", " %"),
         "interval": f"[{lo * 100:.1f}, {h * 100:.1f}]", "n": k, "tone": tone, "href": "/people.html", "total": n == "All"}
        for n, lo, p, h, k, tone in [
            ("Amira Haddad", 0.948, 0.977, 0.993, 210, "good"), ("Jonas Lindqvist", 0.905, 0.948, 0.976, 191, "bad"),
            ("Priya Raman", 0.936, 0.969, 0.988, 224, "good"), ("Mateo Fernández", 0.77, 0.86, 0.92, 60, "bad"),
            ("Agent clause-drafter 0.4", 0.88, 0.912, 0.938, 340, "bad"), ("All", 0.93, 0.944, 0.955, 1025, "accent")]
    ],
}
SHARES, PARETO = examples()["shares"], examples()["pareto"]
CONTROL = {
    "title": "Accuracy left its limits in week 9, after guideline version 3", "centre": 0.965, "upper": 0.99, "lower": 0.94,
    "low": 0.92, "high": 1.0, "words": {"centre": "96.5", "upper": "99.0", "lower": "94.0"},
    "points": [{"label": f"w{i + 1}", "value": v, "text": f"{v * 100:.1f} %", "out": v < 0.94, "href": "#sample"}
               for i, v in enumerate([0.962, 0.971, 0.968, 0.959, 0.974, 0.966, 0.97, 0.961, 0.931, 0.955, 0.967, 0.972])],
}
BURN_UP = {
    "title": "310 of 400 items submitted; the rest is likely by 19 March", "unit": "items",
    "days": [{"label": f"{d} Mar", "scope": 400 if d > 5 else 360, "plan": min(400, (d - 1) * 25),
              "done": [0, 12, 40, 71, 96, 130, 158, 190, 222, 251, 280, 310][d - 1] if d <= 12 else None,
              "low": 310 + (d - 12) * 11 if d >= 12 else None, "high": min(400, 310 + (d - 12) * 22) if d >= 12 else None}
             for d in range(1, 20)],
}
OC = {
    "title": "A lot with 6 % defective is accepted one time in ten", "limit": 0.12,
    "points": [{"defective": i / 400, "accepted": (1 - i / 400) ** 60 * (1 + 60 * (i / 400) / (1 - i / 400))} for i in range(49)],
    "producer": {"defective": 0.006, "accepted": 0.95, "word": "producer’s risk 5 %"},
    "consumer": {"defective": 0.063, "accepted": 0.1, "word": "consumer’s risk 10 %"},
}
EVENTS = [
    {"day": "12 March 2026", "at": NOW, "words": "Inspector Priya Raman marked a defect in contract 0217, citing clause 4.2",
     "kind": "assurance.defect-marked", "actor": "Priya Raman", "seq": 1841, "tone": "bad", "digest": "9f2c1ab04d55e0",
     "href": "/inspect.html", "details": [{"term": "Severity", "text": "major"}, {"term": "Clause", "text": "4.2"}]},
    {"at": NOW - timedelta(hours=1), "words": "The sample of 60 items was drawn from both seeds", "kind": "assurance.sample-drawn",
     "actor": "system", "seq": 1790, "tone": "accent"},
    {"day": "11 March 2026", "at": NOW - timedelta(days=1), "words": "Batch “Suppliers, March” closed with 400 items",
     "kind": "execution.batch-closed", "actor": "Tomas Okafor", "seq": 1789, "tone": "good", "digest": "77aa01bb2cc3"},
    {"at": NOW - timedelta(days=1, hours=3), "words": "The agent drafted 400 items in 14 s", "kind": "execution.drafted",
     "actor": "clause-drafter 0.4", "seq": 1388, "tone": "note", "icon": "machine"},
]

CATEGORIES = [
    ("document-name", "Document name", "text"), ("parties", "Parties", "text"), ("agreement-date", "Agreement date", "date"),
    ("effective-date", "Effective date", "date"), ("expiration-date", "Expiration date", "date"), ("renewal-term", "Renewal term", "text"),
    ("notice-period-to-terminate-renewal", "Notice period to terminate renewal", "number"), ("governing-law", "Governing law", "text"),
    ("exclusivity", "Exclusivity", "choice"), ("non-compete", "Non-compete", "choice"), ("audit-rights", "Audit rights", "choice"),
    ("cap-on-liability", "Cap on liability", "choice"), ("insurance", "Insurance", "multi-choice"),
]


def contract(target: int = 120_000) -> str:
    """An invented agreement, with carriage returns and a character beyond the basic plane."""
    head = (
        "SUPPLY AGREEMENT \U0001d53e\r\n\r\nThis Supply Agreement is made on 4 May 2021 between Harrow Mill Paper Ltd and "
        "Northquay Packaging GmbH.\r\n\r\n1. Term. This Agreement takes effect on 1 June 2021 and runs for three years. "
        "It renews for successive periods of one year unless either party gives ninety days’ notice.\r\n\r\n"
        "2. Governing law. This Agreement is governed by the laws of England and Wales.\r\n\r\n"
    )
    clause = (
        "{n}. Delivery and records. The Supplier shall deliver the Goods in the quantities of each order, shall keep records "
        "of every delivery for six years, and shall let the Buyer inspect them on ten days’ notice during working hours. "
        "A delay that the Supplier could not foresee is no breach while it lasts.\r\n\r\n"
    )
    parts, size, n = [head], len(head), 3
    while size < target:
        parts.append(clause.format(n=n))
        size += len(parts[-1])
        n += 1
    return "".join(parts)


def questions(text: str, count: int = 41) -> list[Context]:
    """Questions as the workbench shows them: drafted, absent, open, confirmed, corrected, returned."""
    quotes = {"document-name": "SUPPLY AGREEMENT \U0001d53e", "parties": "Harrow Mill Paper Ltd and Northquay Packaging GmbH",
              "agreement-date": "4 May 2021", "effective-date": "takes effect on 1 June 2021",
              "renewal-term": "It renews for successive periods of one year unless either party gives ninety days’ notice",
              "notice-period-to-terminate-renewal": "ninety days’ notice", "governing-law": "the laws of England and Wales",
              "audit-rights": "shall let the Buyer inspect them on ten days’ notice"}
    values = {"agreement-date": "2021-05-04", "effective-date": "2021-06-01", "notice-period-to-terminate-renewal": "90", "audit-rights": "yes"}
    out = []
    for i in range(count):
        key, label, kind = CATEGORIES[i % len(CATEGORIES)]
        if i >= len(CATEGORIES):
            key, label = f"{key}-{i}", f"{label} ({i})"
        quote = quotes.get(CATEGORIES[i % len(CATEGORIES)][0])
        evidence = []
        if quote:
            at = text.index(quote)
            evidence = [{"document": "main", "start": at, "end": at + len(quote), "quote": quote, "page": 1}]
        value = values.get(CATEGORIES[i % len(CATEGORIES)][0], quote or "")
        draft = {"value": value, "present": bool(quote), "author": "clause-drafter 0.4", "by": "machine", "origin": "", "confidence": f"{97 - i} %", "evidence": evidence}
        choice = [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]
        if kind == "multi-choice":
            choice = options("Public liability", "Product liability", "Cargo")
        working: Context = {"action": {0: "confirm", 1: "correct"}.get(i, ""), "value": value if kind != "multi-choice" else [], "evidence": [{k: e[k] for k in ("document", "start", "end")} for e in evidence]}
        out.append({"key": key, "number": i + 1, "label": label, "kind": kind, "kind_word": kind.capitalize(), "clause": "4.2" if i % 3 else "2.1",
                    "severity": "Major", "severity_key": "major", "options": choice, "unit": "days" if kind == "number" else None,
                    "help": "As the heading has it, in full." if i == 0 else "", "draft": draft if i % 7 != 4 else None, "working": working,
                    **({"returned": {"clause": "4.2", "text": "The period of one renewal is asked, not of the initial term."}} if i == 5 else {})})
    return out


def stages(now: int) -> list[Context]:
    out = []
    for i, (key, name) in enumerate(zip(KEYS, NAMES, strict=True)):
        state = "done" if i < now else "now" if i == now else "ahead"
        gate = {"state": "waived" if i == 1 else "open" if i < now else "closed" if i == now else "ahead"}
        if i == now:
            gate["word"] = "Gate closed: three things to do"
        note = ["Signed 3 February", "Awarded 11 February", "Since 12 February"][i] if i < 3 else ""
        out.append({"key": key, "name": name, "href": f"/stage_{key}.html", "state": state, "note": note, **({"gate": gate} if i < 6 else {})})
    return out


def frame(stage: str) -> Context:
    now = KEYS.index(stage) if stage else 2
    gate = {"state": "closed", "title": "Tollgate: knowledge transfer", "owner": "Tomas Okafor", "reasons": REASONS,
            "says": "Not yet: three things stand in the way.", "waiver": WAIVER if stage == "transfer" else None,
            "waive": act("waive", "Waive this gate", "Waive", field("reason", "Reason", "textarea", required=True),
                         field("risk_owner", "Risk owner", "select", options=options("Helena Marsh", "Tomas Okafor")),
                         field("expires", "Expires", "date", required=True), tone="grave",
                         note="The other side counter-signs. When it expires, work stops.")}
    return {"nav": "engagements", "stage": stage, "gate": gate if stage else None,
            "engagement": {"id": "e1", "title": "Supplier contracts, Harrow Mill", "href": "/engagement.html", "client": "Harrow Mill Paper",
                           "provider": "Lakeside Analytics", "service": "Contract management", "confidentiality": "Confidential",
                           "stages": stages(now), "waivers": [] if stage else [WAIVER]}}


ACTS = [
    act("add-line", "Add a line", "Add the line", field("service", "Service", "select", options=options("Contract management", "Legal research"), value="contract-management"),
        field("volume", "Volume", "number", min=1, value=400, unit="items"), field("price", "Price", "money", value="11.40", currency="EUR", options=[{"value": c, "label": c} for c in ("EUR", "GBP", "USD")]),
        field("due", "Due", "date"), field("classes", "Confidentiality", "radio", options=[{"value": "c", "label": "Confidential", "help": "Named people only"}, {"value": "r", "label": "Restricted", "help": "Named people, at the client’s site"}], value="c"),
        field("notes", "What the client says about it", "textarea", optional=True), field("agree", "Both risks were explained", "checkbox")),
    act("sign", "Sign for the client", "Sign", field("password", "Your password", "password", required=True, error="This is not your password", autocomplete="current-password"),
        refused={"title": "Not signed: the password did not fit", "reasons": [], "code": "password-wrong"}),
    act("award", "Award", "Award", reasons=REASONS[:2]),
]


def rows(n: int) -> list[Context]:
    tones = [("Accepted", "good"), ("In work", "accent"), ("Returned", "caution"), ("Defective", "bad"), ("Drafted", "note"), ("Waiting", "neutral")]
    return [{"item": {"text": f"Contract {217 + i:04d}" if i else LONG, "href": "/workbench.html", "note": "supply-2021.pdf, 34 pages"}, "state": badge(*tones[i % 6]),
             "who": None if i % 3 == 2 else "Priya Raman", "answers": f"{41 - i % 9} of 41", "effort": f"{11 + i} min", "at": NOW - timedelta(hours=i), "maker": "Jonas Lindqvist",
             "inspector": "Priya Raman" if i % 2 else None, "defects": i % 3 or None} for i in range(n)]


COLUMNS = [{"key": "item", "label": "Item", "head": True}, {"key": "state", "label": "State", "kind": "badge"}, {"key": "who", "label": "With"},
           {"key": "answers", "label": "Answers", "kind": "number"}, {"key": "effort", "label": "Effort", "kind": "seconds"}, {"key": "at", "label": "Last change", "kind": "when"}]


def desk(text: str) -> Context:
    asked = questions(text)
    cuts = [0, 3000, 9000]
    pages = [{"number": i + 1, "start": a, "text": text[a:z]} for i, (a, z) in enumerate(zip(cuts, [*cuts[1:], len(text)], strict=True))]
    return {
        "nav": "work", "documents": [{"id": "main", "name": "supply-2021.pdf", "pages": pages}, {"id": "amendment", "name": "amendment-1.txt", "pages": [{"number": 1, "start": 0, "text": "AMENDMENT 1\r\n\r\nClause 2 is replaced."}]}],
        "item": {"title": "Contract 0217, Northquay Packaging", "engagement": {"text": "Supplier contracts, Harrow Mill", "href": "/engagement.html"}, "purpose": "Produce", "sample": "7 of 60", "left": {"text": "2 h 10 min left", "tone": "neutral", "icon": "clock"}},
        "groups": [{"title": "The agreement", "questions": asked[:6], "rows": [{"question": q, "answer": q["draft"] or {"value": "", "present": False, "author": "Jonas Lindqvist", "by": "person", "origin": "added", "evidence": []}, "verdict": {"verdict": ["conforming", "defect", ""][min(i, 2)], "severity": "major", "clause": "4.2", "note": ""}} for i, q in enumerate(asked[:6])]},
                   {"title": "Restrictions and obligations", "questions": asked[6:], "rows": []}],
        "clauses": [CLAUSE, {"id": "2.1", "title": "Names", "text": "Write names as the agreement has them, with their legal form.", "version": "3"}],
        "save": {"href": "/save", "key": "asg_1"}, "act": {"action": "/act/submit", "submit": "Submit", "hidden": {"assignment": "asg_1"}}, "seconds": 34,
        "ask": act("ask", "Ask about this question", "Ask", field("text", "Your question", "textarea", required=True), tone=""),
        "talk": [{"by": "Jonas Lindqvist", "at": NOW, "text": "Does a renewal by conduct count?", "question": "renewal-term"}],
        "notes": [{"title": "Similar past decision", "text": "Contract 0104: automatic renewal for one year, ninety days’ notice: answered “1 year”.", "href": "/workbench.html"}],
        "severities": options("Critical", "Major", "Minor"), "clause_options": [{"value": "2.1", "label": "2.1 Names"}, {"value": "4.2", "label": "4.2 Renewal term"}],
    }


def pages() -> dict[str, Context]:
    """The context of every template, by its name without ending."""
    text = contract()
    pager = {"shown": 50, "total": 400, "total_is": "exact", "next": "?after=x", "previous": "?before=y"}
    money = "4,560.00 EUR"
    who = [{"who": {"text": n, "href": "/people.html", "note": note}, "state": badge(*s), "figure": f, "until": u, "kind": badge(note.split(",")[0], "note" if "Agent" in note else "neutral"),
            "roles": "Analyst, reviewer", "engagements": "2", "certified": badge(*s), "load": "72 %", "local": "17:33", "signal": badge("Six points falling", "caution"), "role": "Analyst", "site": {"text": "Kraków", "note": "Europe/Warsaw"}, "from": NOW}
           for n, note, s, f, u in [("Amira Haddad", "Analyst, first shift", ("Certified", "good"), FIGURES[0], NOW + timedelta(days=90)), ("Jonas Lindqvist", "Analyst, second shift", ("Below the bar", "bad"), FIGURES[1], None), ("clause-drafter 0.4", "Agent", ("Not certified", "caution"), FIGURES[1], None)]]
    items = {"title": {"text": "Clause work, suppliers", "href": "#x", "note": "contract-management"}, "volume": {"text": "400 items", "note": "5 working days"}, "unit": "Item", "plan": {"text": "n=60, c=1", "note": "5 % and 10 %"},
             "confidentiality": badge("Confidential", "caution"), "price": {"text": "11.40 EUR each", "note": "19 EUR, 93 %, 8 days"}}
    change = {"clause": "4.2", "words": "Say that renewal by conduct counts", "by": "Helena Marsh", "at": NOW, "state": badge("Proposed", "note")}
    defect = {"question": {"text": "Renewal term", "href": "/inspect.html"}, "item": "Contract 0217", "clause": {"text": "4.2", "href": "#"}, "severity": badge("Major", "bad"), "maker": "Jonas Lindqvist", "state": badge("Disputed", "caution")}
    cause = {"clause": {"text": "4.2 Renewal term", "href": "#", "note": "Supplier contracts"}, "defects": 14, "share": {"value": "40 %", "interval": "[26, 56]", "n": 35, "href": "#"}, "trend": badge("Rising", "caution"), "act": [act("open-action", "", "Open action")]}
    gates = [{"state": s, "title": t, "reasons": REASONS if s == "closed" else []} for s, t in [("closed", "Not yet: three things to do"), ("open", "Signed by both sides"), ("waived", "Waived until 16 March"), ("ahead", "Not reached yet")]]
    notices = [{"tone": "bad", "title": "Not yet: three topics are known by one person only", "reasons": REASONS, "code": "topics-known-by-one"}, {"tone": "good", "title": "Signed. The engagement goes on to selection."},
               {"tone": "caution", "title": "The reservation ends in ten minutes", "text": "What you typed is kept."}, {"tone": "neutral", "text": "Two people look at this batch now."}, {"tone": "accent", "text": "Guideline version 3 is in force since this morning."}]
    asked = questions(text, 8)
    shown = {"stages": stages(2), "gates": gates, "notices": notices, "waivers": [WAIVER, {**WAIVER, "expired": True, "countersigned_by": None}], "figures": FIGURES, "clause": CLAUSE, "facts": [{"term": "Agreed on", "value": NOW, "kind": "when"}, {"term": "Digest", "value": "9f2c1ab04d55e09f2c1ab04d55e09f2c1ab04d55e0", "kind": "code"}, {"term": "Long word", "value": LONG}],
             "badges": [badge("Conforming", "good"), badge("Late", "caution"), badge("Defect", "bad"), badge("Draft", "note"), badge("In work", "accent"), badge("Waiting")], "table": {"columns": COLUMNS, "rows": rows(6)}, "pager": pager,
             "acts": ACTS, "inline_act": act("take", "", "Take the next item"), "folded_act": act("dispute", "Dispute a defect", "Dispute", field("why", "Why", "textarea")), "events": EVENTS, "answers": [asked[5]["draft"], {"value": "1 year", "present": True, "author": "Priya Raman", "by": "person", "origin": "corrected", "at": NOW, "evidence": asked[5]["draft"]["evidence"]}],
             "questions": asked[:6], "empty": {"title": "No item yet", "text": "Items come from an admitted batch.", "href": "#", "link": "Admit a batch"}, "tabs": [{"text": "Items", "href": "#items", "current": True, "count": 400}, {"text": "Batches", "href": "#batches"}], "forest": FOREST, "oc": OC, "burn_up": BURN_UP, "control": CONTROL, "shares": SHARES, "pareto": PARETO}
    state_of = {"engagement": "Supplier contracts, Harrow Mill"}
    out: dict[str, Context] = {
        "gallery": {"nav": "", "shown": shown, "themes": [{"key": "light", "title": "Light"}, {"key": "dark", "title": "Dark"}, {"key": "contrast", "title": "High contrast"}]},
        "sign_in": {"act": act("sign-in", "", "Sign in", field("name", "E-mail address", "email", required=True, autocomplete="username"), field("password", "Password", "password", required=True, autocomplete="current-password")),
                    "people": [{"name": "Helena Marsh", "email": "helena@harrowmill.example", "role": "Client, vendor manager", "waits": "One deliverable to accept"}, {"name": "Tomas Okafor", "email": "tomas@lakeside.example", "role": "Delivery manager", "waits": "A gate with three reasons"}]},
        "inbox": {"nav": "inbox", "flash": [{"tone": "good", "text": "Handed in. Contract 0217 is with a reviewer now."}], "groups": [{"title": "Today", "items": [{"title": "Accept or return “Suppliers, February”", "href": "/deliverable.html", "where": "Supplier contracts, Harrow Mill", "note": "deemed accepted on Monday", "due": NOW + timedelta(hours=3), "left": "3 h left", "tone": "caution"}, {"title": f"Answer a question about {LONG}", "href": "/workbench.html", "where": "Supplier contracts", "badge": badge("Returned", "caution")}]}, {"title": "This week", "items": [{"title": "Waive or clear the tollgate of knowledge transfer", "href": "/stage_transfer.html", "where": "Supplier contracts, Harrow Mill", "note": "three reasons", "due": NOW + timedelta(days=3)}]}]},
        "engagements": {"nav": "engagements", "pager": pager, "filters": {"action": "/engagements.html", "fields": [field("q", "Title", "search"), field("stage", "Stage", "select", options=options("All", *NAMES))]}, "acts": [ACTS[0]],
                        "rows": [{"title": {"text": t, "href": "/engagement.html", "note": "Harrow Mill Paper with Lakeside Analytics"}, "stage": badge(s, tone), "stops": st, "progress": p, "quality": q, "due": NOW + timedelta(days=9)} for t, s, tone, st, p, q in [("Supplier contracts, Harrow Mill", "Knowledge transfer", "accent", "Three reasons", "0 of 400 items", None), ("Leases, " + LONG, "Quality assurance", "accent", None, "400 of 400 items", FIGURE), ("Market notes", "Closed", "good", None, "12 of 12 notes", FIGURE)]]},
        "engagement": {**frame(""), "where": {"says": "Knowledge transfer, third of seven stages", "note": "Since 12 February; guideline version 3 in force", "href": "/stage_transfer.html", "link": "Go to knowledge transfer"}, "stops": {"says": "Three things keep the tollgate closed", "reasons": REASONS}, "will_be": {"says": "400 contracts accepted by 27 March", "note": "Between 24 March and 2 April, 8 times in 10", "figure": FIGURE, "late": True},
                       "burn_up": BURN_UP, "figures": FIGURES, "facts": [{"term": "Agreement", "value": "Master agreement of 2 January 2026"}, {"term": "Price", "value": "11.40 EUR an item"}, {"term": "Sampling plan", "value": "60 items, accepted with at most one defective"}], "events": EVENTS, "ledger_href": "/ledger.html", "acts": ACTS[1:2]},
        "stage_requirements": {**frame("requirements"), "brief": {"text": "We need forty-one terms of about 400 supplier contracts in a sheet, with the words they come from, before the audit in April."}, "lines": [items], "curves": [OC], "defects": [{"severity": badge("Critical", "bad"), "definition": "A party or a date that is wrong", "limit": "0"}, {"severity": badge("Major", "caution"), "definition": "A term that is missed", "limit": "1 of 60"}], "obligations": [{"what": "Provide the contracts", "client": "Responsible", "provider": "Informed"}], "signatures": [{"party": {"text": "Harrow Mill Paper", "note": "Helena Marsh"}, "state": badge("Signed", "good"), "at": NOW}, {"party": {"text": "Lakeside Analytics"}, "state": badge("Waiting"), "at": None}], "acts": ACTS},
        "stage_selection": {**frame("selection"), "criteria": [{"name": "Pilot accuracy", "weight": "50 %", "about": "on hidden control items"}, {"name": "Price", "weight": "30 %", "about": None}], "proposals": [{"provider": {"text": "Lakeside Analytics", "href": "#"}, "state": badge("Opened", "accent"), "price": money, "turnaround": "5 days", "total": "82.1", "rank": "1"}, {"provider": {"text": "Clearwater KPO"}, "state": badge("Sealed"), "price": None, "turnaround": None, "total": None, "rank": None}], "scores": {"columns": [{"key": "pilot", "label": "Pilot accuracy", "kind": "number"}], "rows": [{"provider": "Lakeside Analytics", "pilot": "91", "total": "82.1"}]}, "award": {"title": "Awarded to Lakeside Analytics", "reasons": "The best pilot, at the second price.", "direct": False, "by": "Helena Marsh", "at": NOW}, "pilot": FOREST, "acts": ACTS[2:]},
        "stage_transfer": {**frame("transfer"), "guideline": {"version": 3, "state": badge("In force", "good"), "clauses": [CLAUSE]}, "changes": [change], "control_items": [{"item": {"text": "Contract 0009", "href": "#"}, "answers": "41", "state": badge("Agreed", "good")}], "certifications": FOREST, "certified": who, "topics": [{"topic": "Renewal terms", "owner": "Helena Marsh", "knows": "Amira Haddad", "evidence": None, "state": badge("Known by one", "caution")}], "acts": ACTS},
        "stage_setup": {**frame("setup"), "team": [{**w, "state": badge("Active", "good")} for w in who], "readiness": [{"check": "Every role is filled", "state": badge("Evidenced", "good"), "evidence": {"text": "Team list", "href": "#"}, "by": "Tomas Okafor"}, {"check": "Continuity plan exercised", "state": badge("Missing", "bad"), "evidence": None, "by": None}], "quality_plan": {"facts": [{"term": "Sample", "value": "60 of 400"}, {"term": "Accept with at most", "value": "1 defective"}], "oc": OC}, "rates": [{"what": "Contract", "unit": "item", "price": "11.40 EUR"}], "calendar": [{"term": "Working days", "value": "Monday to Friday"}], "acts": ACTS[:1]},
        "stage_execution": {**frame("execution"), "untaken": [{"work": "Answer", "waiting": 12, "rules": "lacks a skill: 3", "nearest": [{"who": "N. Osei", "reasons": ["It takes clearance 3; on record is 2."]}]}], "counts_by_state": [{"label": "Submitted", "value": 310, "max": 400}, {"label": "Drafted", "value": 400, "max": 400}], "batches": [{"batch": {"text": "Suppliers, March", "href": "#"}, "items": 400, "done": "310", "state": badge("In work", "accent"), "due": NOW}], "items": rows(12), "rejected": [{"name": "scan_0033.pdf", "code": "no-text", "reason": "It has pictures only, no text"}], "burn_up": BURN_UP, "pager": pager, "filters": {"action": "", "fields": [field("state", "State", "select", options=options("All", "Returned"))]}, "acts": ACTS[:1]},
        "stage_assurance": {**frame("assurance"), "seed": [{"term": "Client’s commitment", "value": "9f2c1ab04d55e09f2c1ab04d55e0", "kind": "code"}, {"term": "Revealed", "value": NOW, "kind": "when"}], "sample": rows(8), "verdict": {"title": "The batch conforms", "text": "60 of 400 inspected, one defective; at most one was allowed.", "tone": "good", "figure": FIGURE, "certificate": {"text": "Certificate of conformance", "href": "/deliverable.html"}}, "defects": [defect], "causes": PARETO, "inspectors": [{"inspector": "Amira Haddad", "sensitivity": FIGURE, "specificity": None, "again": {"text": "2", "note": "caught 1 of 2, passed 0 of 0"}}], "control": CONTROL, "oc": OC, "pager": pager, "acts": ACTS[2:]},
        "stage_acceptance": {**frame("acceptance"), "deliverables": [{"file": {"text": "Suppliers-March.xlsx", "href": "/deliverable.html", "note": "412 kB"}, "batch": "Suppliers, March", "state": badge("With the client", "accent"), "deemed": NOW}], "invoices": [{"number": {"text": "2026-014", "href": "#"}, "lines": "400 items", "credits": None, "total": money, "state": badge("Draft")}], "changes": [change], "bundle": {"file": {"text": "bundle.zip", "href": "#", "note": "1.2 MB"}, "digest": "9f2c1ab04d55e0" * 4, "verify": "outwork verify bundle.zip"}, "exit_plan": [{"what": "Return of documents", "owner": "Tomas Okafor", "state": badge("Ahead")}], "acts": ACTS[:2]},
        "work": {"nav": "work", "reserved": [{"item": {"text": "Contract 0217", "href": "/workbench.html", "note": "Supplier contracts"}, "purpose": "Produce", "state": badge("In work", "accent"), "answers": "12 of 41", "left": {"text": "2 h 10 min", "icon": "clock"}, "due": NOW}], "available": [{"title": "Contracts, Harrow Mill", **state_of, "waiting": 88, "note": "due Friday", "act": act("reserve", "", "Take the next item")}], "kept_back": [{"title": "Answer", "engagement": "Leases, Harrow Mill", "waiting": 12, "reasons": ["It takes clearance 3; on record is 2."]}], "done": [{**r, **state_of} for r in rows(5)], "pager": pager},
        "workbench": desk(text), "inspect": desk(text),
        "quality": {"nav": "quality", "figures": FIGURES, "forest": FOREST, "control": CONTROL, "clauses": [cause], "shares": [SHARES, SHARES], "sample_filters": chooser(Grouping.BATCH), "paretos": [PARETO], "actions": [{"title": {"text": "Rewrite clause 4.2", "href": "#"}, "clause": "4.2", "owner": "Amira Haddad", "state": badge("Effect being checked", "accent"), "effect": None, "due": NOW}], "drifting": who[1:2]},
        "people": {"nav": "people", "rows": who, "sole": REASONS[:1], "pager": {"shown": 3}},
        "ledger": {"nav": "ledger", "events": EVENTS * 3, "filters": {"action": "/ledger.html", "fields": [field("kind", "Kind", "select", options=options("All", "Defects")), field("actor", "Actor", "search"), field("from", "From", "date"), field("until", "Until", "date")]}, "checkpoint": {"size": 1842, "root": "9f2c1ab04d55e0" * 4, "at": NOW, "signed_by": "lakeside.example/outwork", "file": {"text": "Checkpoint", "href": "#"}}, "witnesses": [{"name": {"text": "harrow.example/office", "note": None}, "side": "Client", "upto": "1842 of 1842 entries", "state": badge("Up to date", "good"), "at": NOW}, {"name": {"text": "lakeside.example/audit", "note": "It does not answer."}, "side": "Provider", "upto": "1700 of 1842 entries", "state": badge("Fallen behind", "bad"), "at": NOW}], "stamps": [{"authority": {"text": "https://tsa.example/rfc3161"}, "upto": "up to entry 1799", "at": NOW}], "policy": "#", "pager": pager},
        "deliverable": {"nav": "engagements", **frame(""), "deliverable": {"title": "Suppliers, March", "state": badge("With you", "accent"), "files": [{"text": "Suppliers-March.xlsx", "href": "#", "note": "412 kB"}], "deemed": {"words": "Deemed accepted on", "at": NOW}}, "certificate": {"title": "Certificate of conformance", "says": "At least 98.5 % of the items conform, with 95 % confidence", "figure": FIGURE, "facts": [{"term": "Inspected", "value": "512 of 6,400"}], "sample_href": "#", "inspected": "See the 512 inspected items"}, "rows": [{"item": {"text": "Contract 0217", "href": "#"}, "question": "Renewal term", "value": "1 year", "evidence": "It renews for successive periods of one year", "author": "Amira Haddad"}], "defects": [defect], "pager": pager, "acts": [act("accept", "Accept", "Accept the deliverable"), act("return", "Return", "Return it", field("clause", "Clause it fails", "select", options=options("4.2")), field("why", "What is wrong", "textarea", required=True), tone="grave")]},
        "problem": {"problem": {"code": "maker-is-checker", "kind": "refused", "title": "You made this, so somebody else checks it", "text": "Maker and checker are always two people.", "reasons": [reason("maker", "Hand the inspection to another reviewer", "/work.html")], "back": {"text": "Back to work", "href": "/work.html"}, "reference": "req_01hv"}},
    }
    empty = {k: ({**v, "lines": [], "curves": [], "defects": [], "obligations": [], "signatures": [], "acts": []}) for k, v in out.items() if k == "stage_requirements"}
    out["stage_requirements_empty"] = empty["stage_requirements"] | {"template": "stage_requirements"}
    out["inbox_empty"] = {"nav": "inbox", "groups": [], "template": "inbox"}
    return out


def shared(theme: str) -> Context:
    return {"actor": {"name": "Priya Raman", "initials": "PR", "party": "Lakeside Analytics", "side": "provider"}, "counts": {"inbox": 3, "work": 1}, "csrf": "token", "theme": theme, "lang": "en", "dir": "ltr",
            "languages": [{"code": "en", "label": "English", "current": True}, {"code": "de", "label": "Deutsch"}], "preferences": {"action": "/act/set-preferences"}, "here": "/", "zone": "Europe/Warsaw"}
