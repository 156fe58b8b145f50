"""Rules: the engagement, its members, scope, competition, award, signatures."""

from __future__ import annotations

from collections.abc import Mapping

from outwork_verify.declare import (
    MANAGERS,
    SHAPE,
    SIDE,
    UNIT,
    acting,
    classes,
    count,
    decimal,
    flag,
    founding,
    level,
    mapping,
    money,
    one_of,
    optional,
    positive,
    rule,
    share,
    text,
    texts,
)
from outwork_verify.entry import Event, reject
from outwork_verify.figures import MINOR_UNITS
from outwork_verify.state import Line, Member, Points, Proposal, State

PANEL = ("vendor-manager", "client-reviewer")
FRACTIONS = ("limiting_quality", "consumer_risk", "acceptable_quality", "producer_risk")
KINDS = one_of("person", "agent", "job")
# Nobody decides for the other side.
FITTING = {
    "client": {"vendor-manager", "client-reviewer", "reviewer", "analyst"},
    "provider": {"delivery-manager", "analyst", "reviewer", "agent", "bidder"},
    "auditor": {"auditor"},
}


@founding("agreements.party-registered", {"party": text, "side": SIDE}, ["name"])
def _party_registered(state: State, event: Event) -> None:
    _of_the_installation(state, event)


@founding(
    "agreements.actor-registered",
    {"subject": text, "actor_kind": KINDS, "party": text, "roles": texts},
    ["name"],
)
def _actor_registered(state: State, event: Event) -> None:
    _of_the_installation(state, event)


@founding(
    "workforce.qualified",
    {"subject": text, "clearance": level},
    ["credentials.", "languages", "skills"],
)
def _qualified(state: State, event: Event) -> None:
    _of_the_installation(state, event)


@founding("workforce.barrier-raised", {"subject": text, "party": text}, ["reason"])
def _barrier_raised(state: State, event: Event) -> None:
    _of_the_installation(state, event)
    barrier = (event.public["subject"], event.public["party"])
    if barrier in state.barriers:
        reject(event, "raises a barrier that stands")
    state.barriers.add(barrier)


@founding("workforce.barrier-lifted", {"subject": text, "party": text}, ["reason"])
def _barrier_lifted(state: State, event: Event) -> None:
    _of_the_installation(state, event)
    barrier = (event.public["subject"], event.public["party"])
    if barrier not in state.barriers:
        reject(event, "lifts a barrier that does not stand")
    state.barriers.remove(barrier)


def _of_the_installation(state: State, event: Event) -> None:
    if state.currency is not None:
        reject(event, "belongs in the installation's log and not in an engagement's")


@founding(
    "agreements.engagement-opened",
    {"client": text, "currency": text, "shape": SHAPE},
    ["brief", "title"],
)
def _engagement_opened(state: State, event: Event) -> None:
    if event.seq != 0:
        reject(event, "opens an engagement anywhere but in the log's first entry")
    if event.public["currency"] not in MINOR_UNITS:
        reject(event, "has a currency whose minor unit is not known")
    state.currency, state.client = event.public["currency"], event.public["client"]
    state.founder = event.actor


@founding(
    "agreements.member-joined",
    {
        "subject": text, "actor_kind": KINDS, "family": text, "party": text, "side": SIDE,
        "roles": texts,
    },
    ["model", "name"],
)  # fmt: skip
def _member_joined(state: State, event: Event) -> None:
    p = event.public
    made = Member(
        p["subject"], p["actor_kind"], p["family"], p["party"], p["side"],
        frozenset(p["roles"]), event.at,
    )  # fmt: skip
    if state.currency is None:
        reject(event, "joins before an engagement is opened")
    if not made.roles <= FITTING[made.side]:
        reject(event, f"gives roles that nobody on the side of the {made.side} has")
    # Every version of an agent is one author, so an agent has a family and nobody else has.
    if (made.kind == "agent") is (made.family == made.subject):
        reject(event, "is an agent without a family, or a person with one")
    if not state.members:
        if event.actor != made.subject or made.subject != state.founder:
            reject(event, "is the first to join, and not who opened the engagement")
        if made.side != "client" or made.party != state.client:
            reject(event, "opens an engagement for a client that is not its own")
    else:
        _check_invitation(state, event, made)
    before = state.members.get(made.subject)
    if before is None:
        state.members[made.subject] = made
        return
    if (before.kind, before.family, before.party, before.side) != (
        made.kind, made.family, made.party, made.side,
    ):  # fmt: skip
        reject(event, "changes who a member is")
    if not before.roles <= made.roles:
        reject(event, "takes roles from a member")
    before.roles = made.roles


def _check_invitation(state: State, event: Event, made: Member) -> None:
    """Own people and auditors by a manager, bidders by the client, oneself after the award."""
    host = acting(state, event, frozenset({*MANAGERS, "bidder"}))
    if made.side == "client" and made.party != state.client:
        reject(event, "brings somebody of another party in on the client's side")
    if made.kind == "agent" and ("delivery-manager" not in host.roles or made.roles != {"agent"}):
        reject(event, "brings in an agent other than as a delivery manager accepts one")
    managed = not host.roles.isdisjoint(MANAGERS)
    if managed and (made.side == "auditor" or (made.party, made.side) == (host.party, host.side)):
        return
    if state.stage != "selection":
        reject(event, "brings in somebody of another party")
    if "vendor-manager" in host.roles and made.side == "provider" and made.roles == {"bidder"}:
        return
    taking_over = state.award is not None and state.award["party"] == host.party
    if made.subject != event.actor or made.roles != {"bidder", "delivery-manager"}:
        reject(event, "brings in somebody whom the actor may not bring in")
    if not taking_over:
        reject(event, "makes a delivery manager of a provider that was not awarded the work")


@rule(
    "requirements.line-added",
    {
        "line": text, "service": text, "volume": positive, "turnaround_days": positive,
        "unit": UNIT, "limiting_quality": decimal, "consumer_risk": decimal,
        "acceptable_quality": decimal, "producer_risk": decimal, "counted": texts,
        "corrected": flag, "classes": classes(**dict.fromkeys(FRACTIONS, decimal)),
        "confidentiality": one_of("public", "internal", "confidential", "restricted"),
        "price": money,
    },
    ["defects."],
    roles=["vendor-manager"],
    stages=["requirements"],
)  # fmt: skip
def _line_added(state: State, event: Event, _: Member) -> None:
    p = event.public
    counted = frozenset(p["counted"])
    if not counted or not counted <= {"critical", "major", "minor"}:
        reject(event, "counts no severity, or one that does not exist")
    if p["price"]["currency"] != state.currency or p["line"] in state.lines:
        reject(event, "is in another currency, or added twice")
    state.lines[p["line"]] = Line(
        id=p["line"],
        service=p["service"],
        volume=p["volume"],
        unit=p["unit"],
        written={name: p[name] for name in FRACTIONS},
        points=_points(event, p),
        classes={severity: _points(event, of) for severity, of in p.get("classes", {}).items()},
        counted=counted,
        corrected=p["corrected"],
        defined=frozenset(name.removeprefix("defects.") for name in event.sealed),
        price=p["price"],
        turnaround=p["turnaround_days"],
    )


def _points(event: Event, stated: Mapping[str, str]) -> Points:
    made = Points(*(share(event, name, stated) for name in FRACTIONS))
    if made.acceptable >= made.limiting:
        reject(event, "has an acceptable quality that is not better than the limiting one")
    return made


@rule(
    "requirements.line-removed",
    {"line": text},
    roles=["vendor-manager"],
    stages=["requirements"],
)
def _line_removed(state: State, event: Event, _: Member) -> None:
    if state.lines.pop(event.public["line"], None) is None:
        reject(event, "removes a line that is not there")


@rule(
    "selection.criteria-set",
    {"weights": mapping(positive)},
    ["labels."],
    roles=["vendor-manager"],
    stages=["selection"],
)
def _criteria_set(state: State, event: Event, _: Member) -> None:
    weights = event.public["weights"]
    if sum(weights.values()) != 100:
        reject(event, "has weights that do not add up to 100")
    if event.sealed.keys() != {f"labels.{key}" for key in weights}:
        reject(event, "does not label exactly its criteria")
    if state.proposals:
        reject(event, "sets criteria after a proposal is in")
    state.weights = weights


@rule(
    "selection.proposal-submitted",
    {"proposal": text, "party": text},
    ["offer.approach", "offer.prices", "offer.turnaround_days"],
    roles=["bidder"],
    stages=["selection"],
)
def _proposal_submitted(state: State, event: Event, member: Member) -> None:
    name, party = event.public["proposal"], event.public["party"]
    if party != member.party:
        reject(event, "proposes for another party than the actor's")
    if state.award is not None or not state.weights:
        reject(event, "proposes after the award, or before there are criteria")
    if name in state.proposals or any(p.party == party for p in state.proposals.values()):
        reject(event, "is a second proposal of the same party")
    state.proposals[name] = Proposal(party)


@rule(
    "selection.proposal-scored",
    {"proposal": text, "criterion": text, "points": count},
    ["reason"],
    roles=PANEL,
    stages=["selection"],
)
def _proposal_scored(state: State, event: Event, _: Member) -> None:
    proposal = state.proposals.get(event.public["proposal"])
    if proposal is None or event.public["criterion"] not in state.weights:
        reject(event, "scores no proposal that was made, or on no criterion that was set")
    if event.public["points"] > 100 or state.award is not None:
        reject(event, "gives more than 100 points, or scores after the award")
    proposal.scored.add(event.public["criterion"])


@rule(
    "selection.awarded",
    {"party": text, "proposal": optional(text), "prices": mapping(money)},
    ["reason"],
    roles=["vendor-manager"],
    stages=["selection"],
)
def _awarded(state: State, event: Event, _: Member) -> None:
    party, chosen, prices = (event.public[name] for name in ("party", "proposal", "prices"))
    if state.award is not None:
        reject(event, "is a second award")
    if prices.keys() != state.lines.keys():
        reject(event, "does not price exactly the lines of the statement of work")
    if any(price["currency"] != state.currency for price in prices.values()):
        reject(event, "has a price in another currency")
    if chosen is None:
        if prices != {name: line.price for name, line in state.lines.items()}:
            reject(event, "awards directly at other prices than the statement of work's")
        if not any((m.party, m.side) == (party, "provider") for m in state.members.values()):
            reject(event, "awards to a party of which nobody takes part")
    else:
        if chosen not in state.proposals or state.proposals[chosen].party != party:
            reject(event, "awards to a party that did not make the proposal")
        missing = _competition(state) - state.waived_now("selection", event.at)
        if missing:
            reject(event, f"awards although {', '.join(sorted(missing))}")
    state.award = event.public


def _competition(state: State) -> set[str]:
    """Why a competitive award cannot be made."""
    lacking = set[str]()
    if not state.weights:
        lacking.add("no-criteria")
    if len({p.party for p in state.proposals.values()}) < 2:
        lacking.add("fewer-than-two-proposals")
    if any(state.weights.keys() - p.scored for p in state.proposals.values()):
        lacking.add("not-scored")
    return lacking


@rule(
    "agreements.agreement-concluded",
    {"agreement": text, "client": text, "provider": text},
    ["terms."],
    roles=["vendor-manager"],
    stages=["selection"],
)
def _agreement_concluded(state: State, event: Event, _: Member) -> None:
    if state.award is None or event.public["provider"] != state.award["party"]:
        reject(event, "is with a provider that was not awarded the work")
    if event.public["client"] != state.client or state.concluded:
        reject(event, "is of another client, or a second one")
    state.concluded, state.provider = True, event.public["provider"]
