"""Severities that are judged by themselves, on the pages: plan, curves, verdict and proof."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from outwork import methods
from outwork.interfaces.web import charts
from outwork.interfaces.web.desk import Context, field
from outwork.interfaces.web.labels import SEVERITIES, badge, percent, severity, word
from outwork.interfaces.wording import translate as _
from outwork.stages.assurance import Verdict
from outwork.stages.requirements import SamplingTerms
from outwork.stages.setup import ClassPlan, Plans
from outwork.vocabulary import Severity


def fields() -> list[Context]:
    """Fields of a line by which severities are judged by themselves; empty ones say nothing."""
    made = []
    for s in Severity:
        name = {"severity": word(SEVERITIES, s)}
        at = f"sampling.classes.{s.value}"
        fraction: Context = {"inputmode": "decimal", "optional": True}
        made += [
            field(f"{at}.limiting_quality", _("%(severity)s alone: limiting quality") % name,
                  help=_("Share of units with such a defect that must not pass; empty where it is"
                         " not judged by itself"), **fraction),
            field(f"{at}.acceptable_quality", _("%(severity)s alone: acceptable quality") % name,
                  help=_("Share of units with such a defect that should pass"), **fraction),
            field(f"{at}.consumer_risk", _("%(severity)s alone: consumer’s risk") % name,
                  help=_("Empty: the risk above"), **fraction),
            field(f"{at}.producer_risk", _("%(severity)s alone: producer’s risk") % name,
                  help=_("Empty: the risk above"), **fraction),
        ]  # fmt: skip
    return made


def words(plans: Plans, terms: SamplingTerms) -> list[str]:
    """What each class allows, at which points."""
    return [
        _("%(severity)s c=%(c)s: consumer’s risk %(beta)s at %(bad)s, producer’s %(alpha)s at"
          " %(good)s") % {
            "severity": word(SEVERITIES, s).lower(), "c": plans.classes[s].c,
            "bad": percent(own.limiting_quality), "beta": percent(own.consumer_risk),
            "good": percent(own.acceptable_quality), "alpha": percent(own.producer_risk),
        }
        for s, own in terms.by_class().items()
    ]  # fmt: skip


def together(terms: SamplingTerms) -> str:
    """What it means that several verdicts have to accept; nothing where there is only one."""
    if not terms.classes:
        return ""
    every = [terms, *terms.by_class().values()]
    spent = min(sum(t.producer_risk for t in every), Decimal(1))
    return _("A lot that is of acceptable quality in every respect is refused in all with a chance"
             " of at most %(risk)s.") % {"risk": percent(spent)}  # fmt: skip


def curves(plans: Plans, terms: SamplingTerms) -> list[Context]:
    """The curve of the counted severities together, then that of each class."""
    every = [charts.oc_curve(plans.joint, terms)]
    for s, own in terms.by_class().items():
        every.append(charts.oc_curve(plans.classes[s], own, word(SEVERITIES, s)))
    return every


def planned(
    lot: int, n: int, classes: Mapping[Severity, ClassPlan], terms: SamplingTerms
) -> list[Context]:
    """The curves of the classes of a plan that was kept."""
    own = terms.by_class()
    return [
        charts.oc_curve(
            methods.Plan(lot, n, plan.acceptance_number, float(plan.consumer_risk)),
            own[s],
            word(SEVERITIES, s),
        )
        for s, plan in classes.items()
    ]


def facts(classes: Mapping[Severity, ClassPlan]) -> list[Context]:
    """What each class allows, as facts beside those of the plan."""
    return [
        {"term": _("%(severity)s alone: accepted with at most") % {"severity": word(SEVERITIES, s)},
         "value": _("%(c)s defective; risks %(beta)s and %(alpha)s") % {
             "c": plan.acceptance_number, "beta": percent(plan.consumer_risk, 2),
             "alpha": percent(plan.producer_risk, 2)}}
        for s, plan in classes.items()
    ]  # fmt: skip


def rows(verdict: Verdict, n: int) -> list[Context]:
    """The verdict on each class as rows."""
    return [
        {
            "severity": severity(s),
            "defective": f"{found.defective:,}",
            "allowed": f"{found.acceptance_number:,}",
            "share": charts.share_figure(n - found.defective, n),
            "state": badge(_("Accepted"), "good")
            if found.accepted
            else badge(_("Rejected"), "bad"),
        }
        for s, found in verdict.classes.items()
    ]


def why(verdict: Verdict) -> str:
    """The classes that reject, as sentences."""
    return " ".join(
        _("%(severity)s defects alone: %(bad)s units where at most %(c)s are allowed.") % {
            "severity": word(SEVERITIES, s), "bad": found.defective, "c": found.acceptance_number}
        for s, found in verdict.classes.items()
        if not found.accepted
    )  # fmt: skip


def certified(figures: Mapping[str, Any]) -> list[Context]:
    """What a certificate proves of each class, as rows."""
    return [
        {
            "severity": severity(name),
            "defective": _("%(bad)s of %(n)s; at most %(c)s allowed") % {
                "bad": f"{own['defective']:,}", "n": f"{figures['inspected']:,}",
                "c": own["acceptance_number"]},
            "most": _("%(n)s of %(lot)s") % {
                "n": f"{own['defectives_at_most']:,}", "lot": f"{figures['lot']:,}"},
            "least": _("%(share)s, with %(confidence)s confidence") % {
                "share": percent(own["conforming_at_least"], down=True),
                "confidence": percent(own["confidence"], 0)},
            "risks": _("%(beta)s at %(bad)s, %(alpha)s at %(good)s") % {
                "beta": percent(own["consumer_risk"], 2), "bad": percent(own["limiting_quality"]),
                "alpha": percent(own["producer_risk"], 2),
                "good": percent(own["acceptable_quality"])},
        }
        for name, own in sorted(figures.get("classes", {}).items())
    ]  # fmt: skip
