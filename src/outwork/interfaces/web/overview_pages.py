"""The list of engagements, and one at a glance: where are we, what stops us, what will it be."""

from __future__ import annotations

from outwork import reporting
from outwork.interfaces.web.assurance_pages import figure_of
from outwork.interfaces.web.desk import Context, Desk, field, form, frame
from outwork.interfaces.web.labels import STAGES, badge, percent, word
from outwork.interfaces.web.ledger_pages import timeline
from outwork.interfaces.web.rendering import reason
from outwork.interfaces.web.scope_pages import currencies
from outwork.interfaces.web.visit import Visit
from outwork.interfaces.wording import translate as _
from outwork.operation import ACTS, operation
from outwork.reporting import Overview, Scope
from outwork.stages.assurance import Certificate
from outwork.vocabulary import Reason, Role, Shape, Stage

ENGAGEMENTS_A_PAGE = 20
LATEST = 8


def engagements(visit: Visit, after: str | None) -> Context:
    """Context of the list."""
    with operation(visit.database, visit.actor.id) as op:
        page = reporting.overviews(op, after, ENGAGEMENTS_A_PAGE)
        rows = [_row(o, reporting.latest_certificate(op, o)) for o in page.rows]
    following = f"/engagements?after={page.next}" if page.next else None
    return {
        "rows": rows,
        "pager": {"shown": len(rows), "next": following},
        "acts": _new(visit),
    }


def _reasons(seen: Overview) -> tuple[Reason, ...]:
    """What stops it, as far as a reader with these roles is told."""
    reasons = next((g.reasons for g in seen.gates if g.state == "here"), ())
    if set(seen.roles) <= {Role.BIDDER}:
        return tuple(r for r in reasons if r.code in reporting.FOR_BIDDERS)
    return reasons


def _row(seen: Overview, certificate: Certificate | None) -> Context:
    engagement = seen.engagement
    reasons = _reasons(seen)
    closed = engagement.stage is Stage.CLOSED
    total = sum(seen.counts.values())
    done = seen.counts.get("submitted", 0)
    due = [o.due_at for o in seen.orders if o.due_at and o.stage is not Stage.CLOSED]
    stops = None
    if reasons and not closed:
        stops = {"text": reason(reasons[0])["text"], "href": reason(reasons[0]).get("href")}
        if len(reasons) > 1:
            stops["note"] = _("and %(n)s more") % {"n": len(reasons) - 1}
    return {
        "title": {
            "text": engagement.title,
            "href": f"/engagements/{engagement.id}",
            "note": _("%(client)s with %(provider)s")
            % {"client": seen.client, "provider": seen.provider or _("no provider yet")},
        },
        "stage": badge(_("Closed"), "good")
        if closed
        else badge(word(STAGES, seen.stage), "accent"),
        "stops": stops,
        "due": min(due) if due else None,
        "progress": _("%(done)s of %(total)s items") % {"done": done, "total": total}
        if total
        else None,
        "quality": figure_of(certificate.figures, "") if certificate else None,
    }


def _new(visit: Visit) -> list[Context]:
    if not ACTS["requirements.draft_engagement"].rule.roles & visit.actor.roles:
        return []
    back = {"next": "/engagements", "back": "/engagements"}
    return [
        form(
            "/act/requirements.draft_engagement",
            _("New engagement from a brief"),
            _("Open the engagement"),
            field("title", _("Title"), maxlength=200),
            field("currency", _("Currency"), "select", options=currencies(), value="USD"),
            field("brief", _("Brief"), "textarea", rows=8,
                  help=_("What is needed, how much of it, by when, and how it is done today. The"
                         " lines of the statement of work are read out of it.")),
            hidden={"shape": Shape.ITEMISED.value, **back},
        )
    ]  # fmt: skip


# --- one engagement ---------------------------------------------------------------------------


def overview(d: Desk) -> Context:
    """Context of an engagement's own page."""
    scope = reporting.scope(d.op, d.at)
    events: list[Context] = []
    certificate = None
    if not d.at.bidding:
        page = reporting.timeline(d.op, d.id, limit=LATEST)
        events = timeline(page.rows, d.visit.actor.zone, base=d.base)
        certificate = reporting.latest_certificate(d.op, d.overview)
    return {
        **frame(d, None),
        "where": _where(d),
        "stops": _stops(d),
        "will_be": _will_be(d, scope, certificate),
        "burn_up": None,
        "figures": [],
        "facts": _facts(d, scope),
        "events": events,
        "ledger_href": None if d.at.bidding else f"{d.base}/ledger",
        "acts": [],
    }


def _where(d: Desk) -> Context:
    stage = d.overview.stage
    if d.overview.engagement.stage is Stage.CLOSED:
        return {"says": _("Closed: all seven stages are behind us")}
    where = {"stage": word(STAGES, stage), "n": stage.position + 1}
    order = d.order
    note = None
    if order is not None:
        note = _("Batch “%(title)s”, round %(round)s") % {
            "title": order.title, "round": order.round}  # fmt: skip
    return {
        "says": _("%(stage)s, stage %(n)s of seven") % where,
        "note": note,
        "href": f"{d.base}/{stage.value}",
        "link": _("Go to %(stage)s") % {"stage": word(STAGES, stage).lower()},
    }


def _stops(d: Desk) -> Context:
    if d.overview.engagement.stage is Stage.CLOSED:
        return {"says": _("Nothing"), "reasons": []}
    reasons = _reasons(d.overview)
    if not reasons:
        return {"says": _("Nothing: the gate is open"), "reasons": []}
    says = _("One thing") if len(reasons) == 1 else _("%(n)s things") % {"n": len(reasons)}
    return {"says": says, "reasons": [reason(r) for r in reasons]}


def _will_be(d: Desk, scope: Scope, certificate: Certificate | None) -> Context:
    total = sum(d.overview.counts.values())
    done = d.overview.counts.get("submitted", 0)
    planned = sum(x.volume for x in scope.lines)
    order = d.order
    if certificate is not None:
        f = certificate.figures
        share = percent(str(f["conforming_at_least"]), down=True)
        return {
            "says": _("%(total)s items, at least %(share)s conforming")
            % {"total": total, "share": share},
            "figure": figure_of(f, ""),
        }
    late = order is not None and order.due_at is not None and order.due_at < d.op.now
    if total and order is not None:
        shown = {"says": _("%(done)s of %(total)s items are submitted")
                 % {"done": done, "total": total}, "late": late and done < total}  # fmt: skip
        if order.due_at is not None:
            days = (order.due_at - d.op.now).days
            shown["note"] = _("Due in %(n)s days") % {"n": days} if days >= 0 else _("Overdue")
        return shown
    if not scope.lines:
        return {"says": _("Not said yet: the statement of work has no lines")}
    days = max(x.turnaround_days for x in scope.lines)
    return {
        "says": _("%(n)s items within %(days)s working days of the start")
        % {"n": planned, "days": days},
        "note": _("as the statement of work asks"),
    }


def _facts(d: Desk, scope: Scope) -> list[Context]:
    engagement = d.overview.engagement
    facts: list[Context] = [
        {"term": _("Opened"), "value": engagement.opened_at, "kind": "when"},
        {"term": _("Currency"), "value": engagement.currency},
    ]
    for x in scope.lines:
        service = scope.services.get(x.service)
        facts.append(
            {
                "term": service.name if service else x.service,
                "value": {
                    "text": _("%(n)s items at %(price)s") % {"n": x.volume, "price": x.price},
                    "href": f"{d.base}/requirements",
                },
            }
        )
        plans = scope.plans.get(x.id)
        if plans is not None:
            plan = plans.joint
            facts.append(
                {
                    "term": _("Sampling plan"),
                    "value": _("%(n)s of %(lot)s, accepted with at most %(c)s defective")
                    % {"n": plan.n, "lot": f"{plan.lot:,}", "c": plan.c},
                }
            )
    names = {
        "payment-days": _("Payment, days"),
        "acceptance-working-days": _("Acceptance, working days"),
        "confidentiality-survives-years": _("Confidentiality survives, years"),
        "intellectual-property": _("Intellectual property"),
    }
    for name, value in reporting.terms(d.op, d.at).items():
        facts.append({"term": names.get(name, name), "value": str(value)})
    if d.order is not None and d.order.due_at is not None:
        facts.append({"term": _("Due"), "value": d.order.due_at, "kind": "when"})
    return facts
