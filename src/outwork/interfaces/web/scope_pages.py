"""Stage 1 as a page: from the brief to lines that can be signed."""

from __future__ import annotations

from decimal import Decimal

from outwork import reporting
from outwork.interfaces.web import class_parts
from outwork.interfaces.web.desk import Context, Desk, choices, field, frame
from outwork.interfaces.web.labels import (
    CLASSES,
    SEVERITIES,
    UNITS,
    badge,
    percent,
    severity,
    word,
)
from outwork.interfaces.wording import msg
from outwork.interfaces.wording import translate as _
from outwork.reporting import Scope
from outwork.stages.requirements import Line
from outwork.stages.setup import Plans
from outwork.vocabulary import (
    MINOR_UNITS,
    Confidentiality,
    InspectionUnit,
    Severity,
    Side,
    Stage,
)

ACCEPTANCE_MEANING = "accepts the delivery and its certificate"  # signed at stage 7
DEFINITIONS = {
    Severity.CRITICAL: msg("A party, a date or an amount is not the one in the document."),
    Severity.MAJOR: msg(
        "Something that the document contains is reported as absent, or the reverse."
    ),
    Severity.MINOR: msg("The answer is right and its quote is longer or shorter than needed."),
}


def requirements(d: Desk) -> Context:
    """Context of the page of stage 1."""
    found = reporting.scope(d.op, d.at)
    engagement = d.overview.engagement
    sign = d.act(
        "requirements.sign_scope",
        _("Sign the statement of work"),
        _("Sign for the client"),
        *d.signature(),
        hidden={"engagement": d.id},
        note=_("The signature is bound to the lines as they stand."),
    )
    acts = [*_add_line(d, found)]
    for line in found.lines:
        acts += d.act(
            "requirements.remove_line",
            _("Take out the line of %(volume)s items") % {"volume": line.volume},
            _("Take the line out"),
            hidden={"line": line.id},
            tone="grave",
            id=f"remove-{line.id}",
        )
    return {
        **frame(d, Stage.REQUIREMENTS, sign),
        "brief": {"text": engagement.brief} if engagement.brief else None,
        "lines": [_line(found, line) for line in found.lines],
        "curves": [
            curve
            for line in found.lines
            if (plans := found.plans.get(line.id)) is not None
            for curve in class_parts.curves(plans, line.sampling)
        ],
        "defects": [
            {
                "severity": severity(s),
                "definition": text,
                "limit": _limit(line, s),
            }
            for line in found.lines
            for s in Severity
            if (text := line.defects.get(s))
        ],
        "obligations": _obligations(),
        "signatures": _signatures(d, found),
        "acts": acts,
    }


def _limit(line: Line, severity_: Severity) -> str:
    """What hangs on a severity."""
    alone = severity_ in line.sampling.classes
    if severity_ in line.sampling.counted:
        return _("counts, and is judged by itself") if alone else _("counts")
    return _("is judged by itself") if alone else _("noted")


def plan_words(plans: Plans | None, line: Line) -> Context:
    """A sampling plan with both risks, in a cell."""
    terms = line.sampling
    note = _("consumer’s risk %(beta)s at %(bad)s, producer’s %(alpha)s at %(good)s") % {
        "bad": percent(terms.limiting_quality),
        "beta": percent(terms.consumer_risk),
        "good": percent(terms.acceptable_quality),
        "alpha": percent(terms.producer_risk),
    }  # fmt: skip
    if plans is None:
        return {"text": _("no plan meets both risks"), "note": note}
    note = "; ".join([note, *class_parts.words(plans, terms)])
    note = f"{note}. {class_parts.together(terms)}" if terms.classes else note
    return {"text": f"n={plans.joint.n}, c={plans.joint.c}", "note": note}


def _line(found: Scope, line: Line) -> Context:
    service = found.services.get(line.service)
    baseline = line.baseline
    price: Context = {"text": f"{line.price} {_('an item')}"}
    if baseline is not None:
        price["note"] = _("today %(cost)s, %(right)s right, %(days)s days") % {
            "cost": baseline.unit_cost,
            "right": percent(baseline.accuracy),
            "days": baseline.turnaround_days,
        }
    return {
        "title": {"text": service.name if service else line.service, "note": line.service},
        "volume": {
            "text": _("%(n)s items") % {"n": line.volume},
            "note": _("%(n)s working days") % {"n": line.turnaround_days},
        },
        "unit": word(UNITS, line.unit),
        "plan": plan_words(found.plans.get(line.id), line),
        "confidentiality": badge(word(CLASSES, line.confidentiality), "note"),
        "price": price,
    }


def _obligations() -> list[Context]:
    does, told, asked = _("Responsible"), _("Informed"), _("Consulted")
    return [
        {"what": _("Bring the documents"), "client": does, "provider": told},
        {"what": _("Answer questions on the guideline"), "client": does, "provider": asked},
        {"what": _("Answer, inspect and certify"), "client": told, "provider": does},
        {"what": _("Commit and open a seed"), "client": does, "provider": does},
        {"what": _("Accept or return deliveries"), "client": does, "provider": told},
    ]


def _signatures(d: Desk, found: Scope) -> list[Context]:
    party = {
        Side.CLIENT: d.overview.client,
        Side.PROVIDER: d.overview.provider or _("the provider"),
    }
    signed = [
        {
            "party": {
                "text": party.get(s.side, ""),
                "note": s.name,
            },
            "state": badge(_("Signed"), "good"),
            "at": s.at,
        }
        for s in found.signatures
        if s.meaning != ACCEPTANCE_MEANING
    ]
    sides = {s.side for s in found.signatures}
    return signed + [
        {"party": {"text": party[side]}, "state": badge(_("Waiting")), "at": None}
        for side in (Side.CLIENT, Side.PROVIDER)
        if side not in sides
    ]


def currencies() -> list[Context]:
    """Every currency as an option."""
    return choices((c, c) for c in sorted(MINOR_UNITS))


def _sampling_fields(fraction: Context) -> list[Context]:
    """Both points of the sampling plan, what counts, and whether inspectors' error does."""
    return [
        field("sampling.limiting_quality", _("Limiting quality"), value="0.05", **fraction,
              help=_("Share defective that must not pass")),
        field("sampling.consumer_risk", _("Consumer’s risk"), value="0.05", **fraction,
              help=_("Chance that it passes all the same")),
        field("sampling.acceptable_quality", _("Acceptable quality"), value="0.01", **fraction,
              help=_("Share defective that should pass")),
        field("sampling.producer_risk", _("Producer’s risk"), value="0.10", **fraction,
              help=_("Chance that it is refused all the same")),
        *[
            field(f"sampling.counted.{n}", _("A %(severity)s defect makes a unit defective")
                  % {"severity": word(SEVERITIES, s).lower()}, "checkbox",
                  on=s.value, value=s is not Severity.MINOR)
            for n, s in enumerate(Severity)
        ],
        field("sampling.corrected", _("Correct the plan for what inspectors miss"), "checkbox",
              on="true", value=False,
              help=_("Inspectors must then be checked before a sample is drawn")),
    ]  # fmt: skip


def _add_line(d: Desk, found: Scope) -> list[Context]:
    brief, currency = found.brief, d.overview.engagement.currency
    money = {"options": choices([(currency, currency)]), "currency": currency}
    meant = brief.services or tuple(found.services)
    accuracy = brief.accuracy or Decimal("0.93")
    fraction = {"inputmode": "decimal"}
    return d.act(
        "requirements.add_line",
        _("Add a line"),
        _("Add the line"),
        field("service", _("Service"), "select", value=meant[0] if meant else "",
              options=choices((k, s.name) for k, s in found.services.items())),
        field("volume", _("Volume"), "number", min=1, value=brief.volume, unit=_("items")),
        field("turnaround_days", _("Turnaround"), "number", min=1, value=brief.turnaround_days,
              unit=_("working days")),
        field("unit", _("Unit inspected"), "select", value=InspectionUnit.ANSWER.value,
              options=choices((u.value, word(UNITS, u)) for u in InspectionUnit)),
        field("confidentiality", _("Confidentiality"), "select",
              value=brief.confidentiality.value,
              options=choices((c.value, word(CLASSES, c)) for c in Confidentiality)),
        field("price", _("Price of an item"), "money", **money),
        *[
            field(f"defects.{s.value}", _("What a %(severity)s defect is")
                  % {"severity": word(SEVERITIES, s).lower()}, "textarea", rows=2, value=_(text))
            for s, text in DEFINITIONS.items()
        ],
        *_sampling_fields(fraction),
        *class_parts.fields(),
        field("baseline.volume_a_month", _("Today: items a month"), "number", min=1,
              value=brief.volume),
        field("baseline.turnaround_days", _("Today: days an item"), "number", min=1,
              value=brief.turnaround_days),
        field("baseline.accuracy", _("Today: share right"), value=accuracy, **fraction),
        field("baseline.unit_cost", _("Today: cost of an item"), "money",
              value=brief.unit_cost, **money),
        hidden={"engagement": d.id},
        note=_("What the brief says is filled in; correct it where it was misread."),
    )  # fmt: skip
