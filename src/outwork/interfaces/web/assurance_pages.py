"""Stage 6 as a page: the sample that nobody could choose, and what it shows."""

from __future__ import annotations

from outwork import reporting
from outwork.agreements import WorkOrder
from outwork.interfaces.web import charts, class_parts, sample_charts
from outwork.interfaces.web.batch_pages import keeper
from outwork.interfaces.web.desk import Context, Desk, field, frame
from outwork.interfaces.web.inspector_pages import inspector_acts, inspectors
from outwork.interfaces.web.labels import (
    SEVERITIES,
    SIDES,
    badge,
    interval,
    percent,
    severity,
    word,
)
from outwork.interfaces.web.readiness_pages import propose_change
from outwork.interfaces.wording import translate as _
from outwork.reporting import Sampling
from outwork.stages.assurance import Certificate, Sample
from outwork.vocabulary import ItemId, Side, Stage

SIDED = (Side.CLIENT, Side.PROVIDER)


def assurance(d: Desk) -> Context:
    """Context of the page of stage 6."""
    found = reporting.sampling(d.op, d.at)
    order = d.order
    certify = []
    if order is not None:
        certify = d.act(
            "assurance.certify",
            "",
            _("Issue the certificate of conformance"),
            where=order,
            hidden={"work_order": order.id},
        )
    drawn = found.sample.items() if found.sample else []
    return {
        **frame(d, Stage.ASSURANCE, certify),
        "seed": _seed_facts(found),
        "sample": [_sampled(d, found, i) for i in drawn],
        "verdict": _verdict(d, found),
        "defects": defects(d, found),
        "causes": causes(d, found),
        "inspectors": inspectors(d, found),
        "control": None,
        "curves": class_parts.curves(found.plans, found.line.sampling)
        if found.plans and found.line
        else [],
        "pager": {"shown": len(drawn)} if drawn else None,
        "acts": _assurance_acts(d, found),
    }


def _seed_facts(found: Sampling) -> list[Context]:
    facts: list[Context] = []
    for side in SIDED:
        seed = found.seeds.get(side.value)
        name = {"side": word(SIDES, side)}
        committed = seed.commitment if seed else _("not committed")
        facts.append({"term": _("%(side)s: commitment") % name, "value": committed,
                      "kind": "code" if seed else "text"})  # fmt: skip
        opened = seed.nonce if seed and seed.nonce else _("not opened")
        facts.append({"term": _("%(side)s: nonce") % name, "value": opened,
                      "kind": "code" if seed and seed.nonce else "text"})  # fmt: skip
    if found.sample is not None:
        facts += [
            {"term": _("Entries at closing"), "value": found.sample.closing_size},
            {"term": _("Seed of the draw"), "value": found.sample.seed, "kind": "code"},
            {"term": _("Drawn"), "value": found.sample.drawn_at, "kind": "when"},
        ]
    return facts


def _sampled(d: Desk, found: Sampling, item: ItemId) -> Context:
    done = found.inspections.get(item)
    asked = found.asked.get(item)
    count = sum(x.item_id == item and x.in_sample for x in found.defects)
    if done is not None:
        shown = badge(_("Conforming"), "good") if done.clean else badge(_("Defects found"), "bad")
    elif asked is not None and asked.state.value == "live":
        shown = badge(_("Being inspected"), "accent")
    else:
        shown = badge(_("Waits for an inspector"))
    drawn = len(found.sample.questions(item)) if found.sample else 0
    name: Context = {"text": found.items[item].name}
    if drawn:
        name["note"] = _("%(n)s answers drawn") % {"n": drawn}
    inspector = done.inspector if done else asked.actor_id if asked else None
    return {
        "item": name,
        "maker": d.name(found.makers.get(item)),
        "inspector": d.name(inspector),
        "state": shown,
        "defects": str(count) if done else None,
    }


def figure_of(figures: dict[str, object], label: str) -> Context:
    """The share that conforms, with what is proved of it."""
    n, bad = int(str(figures["inspected"])), int(str(figures["defective"]))
    least = str(figures["conforming_at_least"])
    return {
        "label": label,
        "value": percent((n - bad) / n) if n else "–",
        "interval": interval(float(least), 1),
        "n": n,
        "level": percent(str(figures["confidence"]), 0),
        "low": float(least),
        "point": (n - bad) / n if n else 0.0,
        "high": 1.0,
        "from": 0.8,
        "to": 1.0,
        "target": 1 - float(str(figures["limiting_quality"])),
        "tone": "good" if figures["accepted"] else "bad",
    }


def stated(certificate: Certificate) -> str:
    """What a certificate says, as a sentence."""
    f = certificate.figures
    sentence = _(
        "%(n)s of %(lot)s inspected, %(bad)s defective: at least %(share)s conform, with"
        " %(confidence)s confidence"
    )
    return sentence % {
        "n": f"{f['inspected']:,}", "lot": f"{f['lot']:,}", "bad": f["defective"],
        "share": percent(str(f["conforming_at_least"]), down=True),
        "confidence": percent(str(f["confidence"]), 0),
    }  # fmt: skip


def _verdict(d: Desk, found: Sampling) -> Context | None:
    verdict, sample = found.verdict, found.sample
    if verdict is None or sample is None:
        return None
    text = _("%(n)s of %(lot)s inspected, %(bad)s defective; at most %(c)s allowed.") % {
        "n": f"{sample.sample_size:,}", "lot": f"{sample.lot:,}",
        "bad": verdict.defective, "c": sample.acceptance_number,
    }  # fmt: skip
    if not verdict.accepted and verdict.classes:
        text = " ".join([text, class_parts.why(verdict)]).strip()
    shown: Context = {
        "classes": class_parts.rows(verdict, sample.sample_size),
        "title": _("The batch conforms") if verdict.accepted else _("The batch does not conform"),
        "text": text,
        "tone": "good" if verdict.accepted else "bad",
        "figure": charts.share_figure(sample.sample_size - verdict.defective, sample.sample_size),
    }
    shown["figure"] |= {"label": _("Conforming in the sample"), "href": "#sample",
                        "from": 0.8, "to": 1.0}  # fmt: skip
    if found.certificate is not None and d.order is not None:
        shown["figure"] = figure_of(found.certificate.figures, _("Conforming in the batch"))
        shown["figure"]["href"] = "#sample"
        shown["certificate"] = {
            "text": stated(found.certificate),
            "href": f"{d.base}/deliverable/{d.order.id}",
        }
    return shown


def defects(d: Desk, found: Sampling) -> list[Context]:
    """The defects of the round as rows."""
    labels = {q.key: q.label for q in found.service.questions} if found.service else {}
    rules = f"{d.base}/transfer#clause-"
    alone = found.line.sampling.classes if found.line else {}
    return [
        {
            "question": {"text": labels.get(x.question, x.question), "note": x.note},
            "item": found.items[x.item_id].name if x.item_id in found.items else x.item_id,
            "clause": {"text": x.clause, "href": f"{rules}{x.clause}"},
            "severity": severity(x.severity),
            "maker": d.name(found.makers.get(x.item_id)),
            "state": badge(_("Counts"), "bad")
            if x.in_sample and (x.counted or x.severity in alone)
            else badge(_("Noted")),
        }
        for x in found.defects
    ]


def causes(d: Desk, found: Sampling) -> Context | None:
    """Clauses behind the defects of the round, most first: a few of them cause most (Pareto)."""
    titles = {c.id: c.title for c in found.guideline.clauses} if found.guideline else {}
    batch = d.order.title if d.order else ""
    return sample_charts.pareto_of(d.id, batch, found.defects, titles)


def _assurance_acts(d: Desk, found: Sampling) -> list[Context]:
    order = d.order
    if order is None:
        return []
    acts = _reveal(d, order, found)
    at = {"work_order": order.id}
    opened = all(s.value in found.seeds and found.seeds[s.value].nonce for s in SIDED)
    if found.sample is None and opened:
        acts += d.act("assurance.draw_sample", _("Draw the sample"), _("Draw it"), where=order,
                      hidden=at, note=_("From both nonces and the closing root."))  # fmt: skip
    if found.sample is not None and found.verdict is None:
        acts += d.act("assurance.give_verdict", _("Give the verdict"), _("Give the verdict"),
                      where=order, hidden=at,
                      note=_allowed(found.sample))  # fmt: skip
    acts += inspector_acts(d, order, found)
    if found.guideline is not None and found.defects:
        acts += propose_change(d, list(dict.fromkeys(x.clause for x in found.defects)))
    return acts


def _allowed(sample: Sample) -> str:
    """With how many defectives the verdict accepts."""
    said = _("It follows from the sample: accepted with at most %(c)s defective.")
    said %= {"c": sample.acceptance_number}
    for s, plan in sample.classes.items():
        said += " " + _("With a %(severity)s defect: at most %(c)s.") % {
            "severity": word(SEVERITIES, s).lower(), "c": plan.acceptance_number}  # fmt: skip
    return said


def _reveal(d: Desk, order: WorkOrder, found: Sampling) -> list[Context]:
    mine = found.seeds.get(d.at.member.side.value)
    if mine is None or mine.nonce:
        return []
    without = _("Paste the nonce that was committed: od -An -v -tx1 nonce.bin | tr -d ' \\n'")
    return d.act(
        "assurance.reveal_seed",
        _("Open the seed of the %(side)s") % {"side": word(SIDES, d.at.member.side).lower()},
        _("Open it"),
        field("nonce", _("Nonce"), maxlength=64, wide=True, autocomplete="off",
              help=_("64 hexadecimal digits")),
        where=order,
        hidden={"work_order": order.id},
        note=keeper(d, order, "reveal", without),
        id="reveal-seed",
    )  # fmt: skip
