"""Stage 2 as a page: criteria, proposals, scores and the award."""

from __future__ import annotations

from outwork import reporting
from outwork.interfaces.web.desk import Context, Desk, choices, field, frame
from outwork.interfaces.web.labels import badge
from outwork.interfaces.wording import translate as _
from outwork.reporting import Competition
from outwork.stages.selection import Proposal
from outwork.vocabulary import Money, Stage

PROPOSED_CRITERIA = (("quality", 50), ("price", 30), ("team", 20))
MOST_CRITERIA = 5


def selection(d: Desk) -> Context:
    """Context of the page of stage 2."""
    found = reporting.competition(d.op, d.at)
    accept = d.act(
        "selection.accept_award",
        _("Accept the award"),
        _("Sign for the provider"),
        *d.signature(),
        hidden={"engagement": d.id},
        note=_("You accept the scope and the awarded prices."),
    )
    return {
        **frame(d, Stage.SELECTION, accept if found.award else []),
        "criteria": [
            {"name": c.label, "weight": f"{c.weight} %", "about": None} for c in found.criteria
        ],
        "proposals": [_proposal(found, p) for p in found.proposals],
        "scores": _scores(d, found),
        "award": _award(d, found),
        "pilot": None,
        "acts": _selection_acts(d, found),
    }


def _proposal(found: Competition, p: Proposal) -> Context:
    place, total = found.ranking.get(p.id, (None, None))
    chosen = found.award is not None and found.award.party_id == p.party_id
    return {
        "provider": {"text": found.parties.get(p.party_id, "–"), "note": p.approach},
        "state": badge(_("Awarded"), "good") if chosen else badge(_("In"), "accent"),
        "price": _total(found, p),
        "turnaround": _("%(n)s working days") % {"n": p.turnaround_days},
        "total": total,
        "rank": str(place) if place else None,
    }


def _total(found: Competition, p: Proposal) -> Money | None:
    parts = [p.prices[x.id].times(x.volume) for x in found.lines if x.id in p.prices]
    if not parts:
        return None
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _scores(d: Desk, found: Competition) -> Context | None:
    if not found.scores:
        return None
    rows = []
    for p in found.proposals:
        row: Context = {"provider": found.parties.get(p.party_id, "–")}
        for c in found.criteria:
            given = [s for s in found.scores if (s.proposal_id, s.criterion) == (p.id, c.key)]
            if given:
                row[c.key] = {
                    "text": ", ".join(str(s.points) for s in given),
                    "note": "; ".join(f"{d.name(s.scorer)}: {s.reason}" for s in given),
                }
        row["total"] = found.ranking.get(p.id, (0, "–"))[1]
        rows.append(row)
    columns = [{"key": c.key, "label": f"{c.label} ({c.weight} %)"} for c in found.criteria]
    return {"columns": columns, "rows": rows}


def _award(d: Desk, found: Competition) -> Context | None:
    award = found.award
    if award is None:
        return None
    return {
        "title": _("Awarded to %(party)s") % {"party": found.parties.get(award.party_id, "–")},
        "reasons": award.reason if found.sees_all else "",
        "direct": award.proposal_id is None,
        "by": d.name(award.awarded_by) if not d.at.bidding else d.overview.client,
        "at": award.awarded_at,
    }


def _selection_acts(d: Desk, found: Competition) -> list[Context]:
    """What can be done, the next thing to do first."""
    if found.award is not None:
        return []
    people = choices(
        (a.id, f"{found.parties.get(a.party_id, '–')}: {a.name}") for a in found.candidates
    )
    invite = _invite(d, people)
    criteria = [] if found.proposals else _set_criteria(d, found)
    offers = found.proposals if found.sees_all else ()
    score = [form for p in offers for form in _judge(d, found, p)]
    award = _award_form(d, found) if offers else []
    given = {(s.proposal_id, s.criterion) for s in found.scores}
    wanted = {(p.id, c.key) for p in offers for c in found.criteria}
    if len(offers) < 2:
        rest = invite + criteria if found.criteria else criteria + invite
        ordered = rest + score + award
    else:
        ordered = award + score + invite if wanted <= given else score + award + invite
    return [*_propose(d, found), *ordered, *_award_directly(d, people)]


def _invite(d: Desk, people: list[Context]) -> list[Context]:
    return d.act(
        "selection.invite_bidder",
        _("Invite a provider"),
        _("Invite"),
        field("person", _("Provider and person"), "select", options=people),
        hidden={"engagement": d.id},
    )


def _award_form(d: Desk, found: Competition) -> list[Context]:
    return d.act(
        "selection.award",
        _("Award the work"),
        _("Award"),
        field("proposal", _("To"), "select", options=_offers(found), wide=True),
        field("reason", _("Reason"), "textarea"),
    )


def _award_directly(d: Desk, people: list[Context]) -> list[Context]:
    return d.act(
        "selection.award_directly",
        _("Award directly, with a justification"),
        _("Award directly"),
        field("person", _("Provider and person"), "select", options=people),
        field("justification", _("Justification"), "textarea", help=_("A whole sentence")),
        hidden={"engagement": d.id},
        tone="grave",
    )


def _offers(found: Competition) -> list[Context]:
    best = sorted(found.proposals, key=lambda p: found.ranking.get(p.id, (99, ""))[0])
    return choices(
        (
            p.id,
            _("%(party)s, weighted score %(score)s")
            % {
                "party": found.parties.get(p.party_id, "–"),
                "score": found.ranking.get(p.id, (0, "–"))[1],
            },
        )
        for p in best
    )


def _judge(d: Desk, found: Competition, p: Proposal) -> list[Context]:
    name = found.parties.get(p.party_id, "–")
    return d.act(
        "selection.score_proposal",
        _("Score %(party)s") % {"party": name},
        _("Give the points"),
        field("criterion", _("Criterion"), "select",
              options=choices((c.key, c.label) for c in found.criteria)),
        field("points", _("Points"), "number", min=0, max=100),
        field("reason", _("Reason"), "textarea", rows=2),
        hidden={"proposal": p.id},
        id=f"score-{p.id}",
    )  # fmt: skip


def _propose(d: Desk, found: Competition) -> list[Context]:
    if found.proposals and not found.sees_all:
        return []
    currency = d.overview.engagement.currency
    prices = [
        field(f"prices.{x.id}", _("Price of an item: %(service)s") % {"service": x.service},
              "money", options=choices([(currency, currency)]), currency=currency)
        for x in found.lines
    ]  # fmt: skip
    return d.act(
        "selection.submit_proposal",
        _("Make a proposal"),
        _("Submit the proposal"),
        *prices,
        field("turnaround_days", _("Turnaround"), "number", min=1, unit=_("working days")),
        field("approach", _("How the work will be done"), "textarea"),
        hidden={"engagement": d.id},
        note=_("One proposal a provider; it cannot be changed once it is in."),
    )


def _set_criteria(d: Desk, found: Competition) -> list[Context]:
    labels = {"quality": _("Quality and how it is proved"), "price": _("Price"),
              "team": _("Team and continuity")}  # fmt: skip
    given = [(c.key, c.label, c.weight) for c in found.criteria] or [
        (key, labels[key], weight) for key, weight in PROPOSED_CRITERIA
    ]
    fields: list[Context] = []
    hidden: dict[str, str] = {"engagement": d.id}
    for n, (key, label, weight) in enumerate(given[:MOST_CRITERIA]):
        hidden[f"criteria.{n}.key"] = key
        fields.append(field(f"criteria.{n}.label", _("Criterion"), value=label))
        fields.append(field(f"criteria.{n}.weight", _("Weight"), "number", min=1, max=100,
                            value=weight, unit="%"))  # fmt: skip
    return d.act(
        "selection.set_criteria",
        _("Set the criteria"),
        _("Set the criteria"),
        *fields,
        hidden=hidden,
        note=_("Weights add up to 100. They stay as they are once a proposal is in."),
    )
