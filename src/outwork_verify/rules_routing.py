"""Rules: whom items are offered to. Offers bind nobody; what they prefer by is on record."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from outwork_verify.declare import decimal, digest, moment, positive, rule, text
from outwork_verify.entry import Event, instant, reject
from outwork_verify.records import Routing
from outwork_verify.state import Member, State

MANAGER = ["delivery-manager"]


@rule(
    "execution.routing-set",
    {
        "quality": decimal, "lateness": decimal, "continuity": decimal,
        "hours": positive, "minutes": positive,
    },
    roles=MANAGER,
)  # fmt: skip
def _routing_set(state: State, event: Event, _: Member) -> None:
    p = event.public
    if any(Decimal(p[name]) < 0 for name in ("quality", "lateness", "continuity")):
        reject(event, "prefers people by a negative amount")
    state.routed = Routing(p, event.actor, event.at)


@rule("execution.hour-cost-stated", {"subject": text}, ["amount"], roles=MANAGER)
def _hour_cost_stated(state: State, event: Event, _: Member) -> None:
    if event.public["subject"] not in state.members:
        reject(event, "states what somebody costs who is no member")


@rule(
    "execution.items-offered",
    {"items": positive, "people": positive, "until": moment, "root": digest},
    roles=MANAGER,
    stages=["execution"],
)
def _items_offered(state: State, event: Event, _: Member) -> None:
    p = event.public
    if state.routed is None:
        reject(event, "offers items although nothing says how people are preferred")
    if p["people"] > min(p["items"], len(state.members)):
        reject(event, "offers items to more people than there are")
    ends = datetime.fromisoformat(event.at) + timedelta(minutes=state.routed.terms["minutes"])
    if datetime.fromisoformat(instant(p["until"])) != ends:
        reject(event, "keeps items for another time than was set")
