"""Stages 3 and 4 as pages: knowledge transfer, and everything in place before work begins."""

from __future__ import annotations

from datetime import timedelta

from outwork import methods, reporting
from outwork.interfaces.web import charts, class_parts, hours_page, ladder_forms, watching_pages
from outwork.interfaces.web.desk import Context, Desk, choices, field, form, frame, roles_text
from outwork.interfaces.web.labels import ROLES, badge, percent, shortened, word
from outwork.interfaces.web.rendering import reason
from outwork.interfaces.wording import translate as _
from outwork.reporting import Knowledge, Member, Readiness, is_agent
from outwork.stages.requirements import Line
from outwork.stages.setup import QualityPlan
from outwork.stages.transfer import Certification
from outwork.vocabulary import Role, Side, Stage

YEAR = timedelta(days=365)
LONGEST_CHANGE = 90  # characters; the page of stage 7 shows all of it


def transfer(d: Desk) -> Context:
    """Context of the page of stage 3."""
    found = reporting.knowledge(d.op, d.at)
    passes = d.act(
        "transfer.pass_tollgate",
        "",
        _("Pass the tollgate"),
        *d.signature(),
        hidden={"engagement": d.id},
        note=_("You sign for the guideline in force and for who is certified under it."),
    )
    rules = found.guideline
    return {
        **frame(d, Stage.TRANSFER, passes),
        "guideline": {
            "version": rules.version,
            "state": badge(_("In force"), "good"),
            "clauses": [{"id": c.id, "title": c.title, "text": c.text} for c in rules.clauses],
        }
        if rules
        else None,
        "changes": [
            {
                "clause": c.clause,
                "words": shortened(c.text, LONGEST_CHANGE),
                "by": d.name(c.proposed_by),
                "at": c.proposed_at,
                "state": change_state(c.accepted),
            }
            for c in found.changes
        ],
        "control_items": [
            {"item": name, "answers": answers, "state": badge(_("Sealed"), "good")}
            for (_item, name), answers in zip(found.control_items, _answers(found), strict=True)
        ],
        "certifications": charts.certifications(found),
        "certified": [_certified(m, found) for m in found.team],
        "topics": _topics(found),
        "acts": _transfer_acts(d, found),
    }


def change_state(accepted: bool | None) -> Context:
    """The badge of a proposed change."""
    if accepted is None:
        return badge(_("Proposed"), "note")
    return badge(_("Taken over"), "good") if accepted else badge(_("Declined"))


def _answers(found: Knowledge) -> list[str]:
    asked = {s.key: len(s.questions) for s in found.services}
    return [str(asked.get(item.service, "–")) for item, _name in found.control_items]


def _certified(m: Member, found: Knowledge) -> Context:
    last: Certification | None = found.latest.get(m.actor.id)
    in_force = found.guideline.version if found.guideline else 0
    if last is None:
        shown = badge(_("Not certified"), "caution")
    elif last.guideline_version != in_force:
        shown = badge(_("For version %(v)s only") % {"v": last.guideline_version}, "caution")
    else:
        shown = badge(_("Certified"), "good") if last.passed else badge(_("Below the bar"), "bad")
    kind = _("AI agent") if is_agent(m.actor) else _("Analyst")
    return {
        "who": {"text": m.actor.name, "note": kind},
        "state": shown,
        "figure": charts.share_figure(last.right, last.asked, last.bar) if last else None,
        "until": m.member.valid_until if last and last.passed else None,
    }


def _topics(found: Knowledge) -> list[Context]:
    """Who is certified for what the guideline covers; one person alone is a dependency."""
    if found.guideline is None:
        return []
    version = found.guideline.version
    able = [
        m.actor.name
        for m in found.team
        if not is_agent(m.actor)
        and (c := found.latest.get(m.actor.id)) is not None
        and c.passed
        and c.guideline_version == version
    ]
    tones = {0: (_("Known by nobody"), "bad"), 1: (_("Known by one person only"), "caution")}
    text, tone = tones.get(len(able), (_("Known by %(n)s people") % {"n": len(able)}, "good"))
    return [
        {
            "topic": service.name,
            "owner": None,
            "knows": ", ".join(able) or None,
            "evidence": {"text": _("Certifications"), "href": "#certifications"},
            "state": badge(text, tone),
        }
        for service in found.services
    ]


def _transfer_acts(d: Desk, found: Knowledge) -> list[Context]:
    acts: list[Context] = []
    if found.control_items and not found.open_certifications:
        acts += d.act(
            "execution.start_certification",
            _("Take the certification"),
            _("Begin with the %(n)s control items") % {"n": len(found.control_items)},
            hidden={"engagement": d.id, "next": "/work"},
        )
    acts += _publish(d, found) + _set_bar(d, found) + _samples(d, found)
    acts += invite(d, found)
    if found.guideline is not None:
        acts += propose_change(d, [c.id for c in found.guideline.clauses])
    return acts


def _publish(d: Desk, found: Knowledge) -> list[Context]:
    clauses = (
        found.guideline.clauses
        if found.guideline
        else tuple(c for service in found.services for c in service.guideline)
    )
    hidden: dict[str, str] = {"engagement": d.id}
    fields = []
    for n, c in enumerate(clauses):
        hidden |= {f"clauses.{n}.id": c.id, f"clauses.{n}.title": c.title}
        label = f"{c.id}: {c.title}"
        fields.append(field(f"clauses.{n}.text", label, "textarea", rows=2, value=c.text))
    again = found.guideline is not None
    return d.act(
        "transfer.publish_guideline",
        _("Publish a new version of the guideline") if again else _("Publish the guideline"),
        _("Put it in force"),
        *fields,
        hidden=hidden,
        note=_("A new version asks everyone to be certified again.")
        if again
        else _("These are the service’s own clauses; change what the client does differently."),
    )


def _set_bar(d: Desk, found: Knowledge) -> list[Context]:
    bar = found.bar
    share = {"inputmode": "decimal"}
    return d.act(
        "transfer.set_bar",
        _("Set the bar for certification"),
        _("Set the bar"),
        field("people", _("People: share right at least"), **share,
              value=bar.people if bar else "0.90"),
        field("agents", _("AI agents: share right at least"), **share,
              value=bar.agents if bar else "0.60"),
        field("confidence", _("Confidence"), **share, value=bar.confidence if bar else "0.95",
              help=_("The lower bound at this confidence has to reach the bar")),
        field("control_items", _("Control items needed"), "number", min=1,
              value=bar.control_items if bar else 4),
        hidden={"engagement": d.id},
    )  # fmt: skip


def _samples(d: Desk, found: Knowledge) -> list[Context]:
    """The service's samples as control items: they bring their known answers."""
    present = {name for _item, name in found.control_items}
    if not d.may("transfer.add_control_item"):
        return []
    made = []
    for service in found.services:
        names = [s.name for s in service.samples() if s.name not in present]
        if names:
            made.append(
                form(
                    f"{d.base}/control-items",
                    _("Add samples of %(service)s as control items") % {"service": service.name},
                    _("Add the control items"),
                    field(
                        "samples", _("Samples"), "checks", options=choices((n, n) for n in names)
                    ),
                    watching_pages.use_field(),
                    hidden=d.keep({"service": service.key}),
                    note=_("Their right answers are known, and stay sealed."),
                    id=f"samples-{service.key}",
                )
            )
    return made


def invite(d: Desk, found: Knowledge) -> list[Context]:
    """Bring in people of one's own organisation, auditors, and agents."""
    people = [a for a in found.candidates if not is_agent(a)]
    agents = [a for a in found.candidates if is_agent(a)]
    offered = [Role.ANALYST, Role.REVIEWER, Role.DELIVERY_MANAGER]
    if d.at.member.side is Side.CLIENT:
        offered = [Role.CLIENT_REVIEWER, Role.VENDOR_MANAGER]
    offered.append(Role.AUDITOR)
    acts: list[Context] = []
    if people:
        acts += d.act(
            "agreements.invite_member",
            _("Bring in a person"),
            _("Bring in"),
            field("actor", _("Person"), "select",
                  options=choices((a.id, f"{a.name} ({roles_text(a.roles)})") for a in people)),
            field("roles", _("Roles"), "checks",
                  options=choices((r.value, word(ROLES, r)) for r in offered)),
            hidden={"engagement": d.id},
        )  # fmt: skip
    if agents:
        acts += d.act(
            "agreements.accept_agent",
            _("Accept an AI agent into the team"),
            _("Accept the agent"),
            field("agent", _("AI agent"), "select", options=choices((a.id, f"{a.name} {a.version}")
                                                                   for a in agents)),
            hidden={"engagement": d.id},
            note=_("It is held to the same control items as people."),
        )  # fmt: skip
    return acts


def propose_change(d: Desk, clauses: list[str]) -> list[Context]:
    """New words for a clause, because of something that was learned."""
    return d.act(
        "acceptance.propose_change",
        _("Propose a change of the guideline"),
        _("Propose the change"),
        field("clause", _("Clause"), "select", options=choices((c, c) for c in clauses)),
        field("text", _("New words"), "textarea"),
        field("because", _("Because"), "textarea", rows=2),
        hidden={"engagement": d.id},
    )


# --- set-up -----------------------------------------------------------------------------------


def setup(d: Desk) -> Context:
    """Context of the page of stage 4."""
    found = reporting.readiness(d.op, d.at)
    approve = d.act(
        "setup.approve_readiness", "", _("Pass the readiness review"), hidden={"engagement": d.id}
    )
    rates = [
        {"what": x.service, "unit": _("item"), "price": found.rates[x.id].price}
        for x in found.lines
        if x.id in found.rates
    ]
    return {
        **frame(d, Stage.SETUP, approve),
        "team": [_teammate(d, m, found) for m in found.team],
        "readiness": _checks(d),
        "quality_plan": _quality_plan(found),
        "ladders": ladder_forms.ladders(found.lines, found.reviews),
        "rates": rates,
        "calendar": hours_page.calendars(found),
        "acts": _setup_acts(d, found),
    }


def _teammate(d: Desk, m: Member, found: Readiness) -> Context:
    calendar = found.calendars.get(m.actor.id)
    site: Context = {"text": m.actor.zone}
    if calendar is not None:
        worked = hours_page.worked(calendar.weekdays)
        hours = f"{calendar.starts:%H:%M}–{calendar.ends:%H:%M}"
        site = {"text": calendar.zone, "note": f"{worked} {hours} {calendar.country}".strip()}
    duty = hours_page.duty(m, found)
    if duty is not None:
        site["note"] = f"{site.get('note', '')} · {duty}".strip(" ·")
    live = m.member.live(d.op.now)
    return {
        "who": {"text": m.actor.name, "note": _("AI agent") if is_agent(m.actor) else None},
        "role": roles_text(m.member.roles),
        "site": site,
        "from": m.member.valid_from,
        "until": m.member.valid_until,
        "state": badge(_("Entitled"), "good") if live else badge(_("Not entitled"), "bad"),
    }


def _checks(d: Desk) -> list[Context]:
    codes = {
        _("A reviewer apart from the analysts"): ("no-reviewer", "duties-not-segregated"),
        _("Everyone has a calendar"): ("calendar-missing",),
        _("Every entitlement has an end"): ("entitlement-undated",),
        _("Every line has a quality plan"): ("no-quality-plan",),
        _("Every line has a price"): ("no-rate",),
    }
    gate = reporting.gate_at(d.op, d.at, Stage.SETUP)
    places = ["#team", "#team", "#team", "#quality-plan", "#rates"]
    rows = []
    for (check, of), href in zip(codes.items(), places, strict=True):
        missing = [r for r in gate.reasons if r.code in of]
        if gate.state == "ahead":
            shown = badge(_("Ahead"))
        elif missing:
            shown = badge(reason(missing[0])["text"], "caution")
        else:
            shown = badge(_("In place"), "good")
        evidence = None if missing else {"text": _("See it"), "href": href}
        rows.append({"check": check, "state": shown, "evidence": evidence, "by": None})
    return rows


def _quality_plan(found: Readiness) -> Context | None:
    for line in found.lines:
        plan = found.plans.get(line.id)
        if plan is not None:
            return {"facts": _plan_facts(plan), "curves": _curves(plan, line)}
    return None


def _plan_facts(plan: QualityPlan) -> list[Context]:
    return [
        {"term": _("Units in the lot, as planned"), "value": f"{plan.lot:,}"},
        {"term": _("Inspected"), "value": f"{plan.sample_size:,}"},
        {"term": _("Accepted with at most"),
         "value": _("%(c)s defective") % {"c": plan.acceptance_number}},
        {"term": _("Consumer’s risk"), "value": percent(plan.consumer_risk, 2)},
        {"term": _("Producer’s risk"), "value": percent(plan.producer_risk, 2)},
        *class_parts.facts(plan.classes),
    ]  # fmt: skip


def _curves(plan: QualityPlan, line: Line) -> list[Context]:
    exact = methods.Plan(
        plan.lot, plan.sample_size, plan.acceptance_number, float(plan.consumer_risk)
    )
    own = class_parts.planned(plan.lot, plan.sample_size, plan.classes, line.sampling)
    return [charts.oc_curve(exact, line.sampling), *own]


def _setup_acts(d: Desk, found: Readiness) -> list[Context]:
    acts = watching_pages.planning(d, found.lines)
    for line in found.lines:
        acts += d.act(
            "setup.plan_quality",
            _("Work out the quality plan of %(service)s") % {"service": line.service},
            _("Work it out"),
            hidden={"line": line.id},
            note=_("The smallest sample that meets both risks of the statement of work."),
            id=f"plan-{line.id}",
        )
    acts += ladder_forms.planning(d, found.lines, found.reviews)
    acts += d.act(
        "setup.agree_rates",
        _("Put the awarded prices on the rate card"),
        _("Agree the rates"),
        hidden={"engagement": d.id},
    )
    people = [m for m in found.team if not is_agent(m.actor)]
    options = choices((m.actor.id, m.actor.name) for m in people)
    days = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"),
            _("Saturday"), _("Sunday")]  # fmt: skip
    acts += d.act(
        "setup.set_calendar",
        _("Set a calendar"),
        _("Set the calendar"),
        field("actor", _("Person"), "select", options=options),
        field("zone", _("Time zone"), value=people[0].actor.zone if people else "UTC"),
        field("weekdays", _("Working days"), "checks",
              options=choices(((str(n), x) for n, x in enumerate(days)), "01234")),
        field("starts", _("From"), "time", value="09:00"),
        field("ends", _("Until"), "time", value="17:00"),
        field("country", _("Country of the holidays"), optional=True, maxlength=2,
              placeholder="PH"),
        hidden={"engagement": d.id},
    )  # fmt: skip
    acts += hours_page.acts(d, found)
    now = d.op.now
    everyone = choices((m.actor.id, m.actor.name) for m in found.team)
    return acts + d.act(
        "setup.date_entitlement",
        _("Date an entitlement"),
        _("Date it"),
        field("actor", _("Person"), "select", options=everyone),
        field("valid_from", _("From"), "datetime", value=f"{now:%Y-%m-%dT00:00}"),
        field("valid_until", _("Until"), "datetime", value=f"{now + YEAR:%Y-%m-%dT00:00}"),
        hidden={"engagement": d.id},
    )
