"""By what people are preferred, what their hours cost, and whom waiting items are offered to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from fastapi import APIRouter, Request, Response

from outwork import reporting
from outwork.interfaces.web.desk import Context, Desk, choices, desk, field, frame
from outwork.interfaces.web.labels import badge
from outwork.interfaces.web.visit import Visit
from outwork.interfaces.wording import translate as _
from outwork.reporting import Member
from outwork.stages import execution
from outwork.stages.execution import Offer, RoutingTerms
from outwork.vocabulary import ActorId, Money, NotFound, Role, Side


def router(visit: Callable[[Request], Visit]) -> APIRouter:
    """The page's route; `visit` says who is looking."""
    routes = APIRouter()

    @routes.get("/engagements/{engagement}/routing")
    def routing(request: Request, engagement: str) -> Response:
        who = visit(request)
        with desk(who, engagement, "routing") as d:
            if not d.may("execution.set_routing"):
                raise NotFound("page", d.here)
            context = {**frame(d, None), **_shown(d)}
            title = _("Routing of %(engagement)s") % {"engagement": d.overview.engagement.title}
        return who.page("routing.html", "engagements", title, **context)

    return routes


def _shown(d: Desk) -> Context:
    terms = execution.terms_of(d.op.db, d.id)
    costs = execution.hour_costs(d.op.db, d.id)
    team = [m for m in reporting.team(d.op, d.id, Side.PROVIDER) if Role.ANALYST in m.member.roles]
    standing = execution.offers(d.op.db, d.id, d.op.now)
    return {
        "terms": None if terms is None else _facts(d, terms),
        "people": [_person(d, m, costs, standing) for m in team],
        "offers": [_offer(d, o) for o in standing],
        "acts": _acts(d, terms, team, costs),
    }


def _money(d: Desk, amount: Decimal) -> Money:
    return Money(amount, d.overview.engagement.currency)


def _facts(d: Desk, terms: RoutingTerms) -> list[Context]:
    amounts = (
        (_("Worth of a right item over a wrong one"), terms.quality),
        (_("Cost of an hour past due"), terms.lateness),
        (_("Worth of knowing the item already"), terms.continuity),
    )
    return [
        *({"term": t, "value": _money(d, amount), "kind": "money"} for t, amount in amounts),
        {"term": _("An offer stands for"), "value": _("%(n)s minutes") % {"n": terms.minutes}},
        {"term": _("Prices of time are learned anew every"),
         "value": _("%(n)s hours") % {"n": terms.hours}},
        {"term": _("Set by"), "value": d.name(terms.set_by)},
        {"term": _("Set"), "value": terms.set_at, "kind": "when"},
    ]  # fmt: skip


def _person(d: Desk, m: Member, costs: Mapping[ActorId, Decimal], standing: list[Offer]) -> Context:
    stated = costs.get(m.actor.id)
    note = _("not stated, so reckoned as nothing") if stated is None else ""
    return {
        "who": {"text": m.actor.name, "note": note},
        "cost": None if stated is None else _money(d, stated),
        "offers": sum(o.actor_id == m.actor.id for o in standing),
    }


def _offer(d: Desk, offer: Offer) -> Context:
    found = execution.assignment(d.op.db, offer.assignment_id)
    kept = found.reserved_for == offer.actor_id and found.state == "open"
    return {
        "item": execution.item(d.op.db, found.item_id).name,
        "who": d.name(offer.actor_id),
        "until": offer.until,
        "state": badge(_("Kept for them"), "accent") if kept else badge(_("Taken"), "good"),
    }


def _acts(
    d: Desk, terms: RoutingTerms | None, team: list[Member], costs: Mapping[ActorId, Decimal]
) -> list[Context]:
    currency = d.overview.engagement.currency
    made = [] if terms is None else _offering(d, terms)
    made += d.act(
        "execution.set_routing",
        _("Say by what people are preferred"),
        _("Prefer people so"),
        field("quality", _("Worth of a right item over a wrong one"), unit=currency,
              inputmode="decimal", value=str(terms.quality) if terms else None),
        field("lateness", _("Cost of an hour past due"), unit=currency,
              inputmode="decimal", value=str(terms.lateness) if terms else "0"),
        field("continuity", _("Worth of knowing the item already"), unit=currency,
              inputmode="decimal", value=str(terms.continuity) if terms else "0"),
        field("minutes", _("An offer stands for"), "number", min=1, unit=_("minutes"),
              value=terms.minutes if terms else 30,
              help=_("Then the item is anybody’s, and is not offered again.")),
        field("hours", _("Prices of time are learned anew every"), "number", min=1,
              unit=_("hours"), value=terms.hours if terms else 8),
        hidden={"engagement": d.id},
        note=_("Who may take an item is decided first, by the rules; this says whom of those."),
    )  # fmt: skip
    if not team:
        return made
    unstated = [m for m in team if m.actor.id not in costs]
    return made + d.act(
        "execution.state_cost",
        _("State what somebody’s hour costs"),
        _("State the cost"),
        field("actor", _("Person"), "select",
              options=choices(((m.actor.id, m.actor.name) for m in team),
                              [m.actor.id for m in unstated[:1]])),
        field("amount", _("An hour costs"), unit=currency, inputmode="decimal"),
        hidden={"engagement": d.id},
        note=_("The client does not see it; it is sealed in the log."),
    )  # fmt: skip


def _offering(d: Desk, terms: RoutingTerms) -> list[Context]:
    return d.act(
        "execution.route",
        _("Offer what waits now"),
        _("Offer what waits"),
        hidden={"engagement": d.id},
        note=_("The worker does so by itself as items come; each offer stands %(n)s minutes.")
        % {"n": terms.minutes},
    )
