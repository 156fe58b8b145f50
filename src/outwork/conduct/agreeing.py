"""From the file to an awarded and signed statement of work."""

from __future__ import annotations

from outwork import access, agreements, practices
from outwork.access import ActorKind
from outwork.conduct.casting import (
    one_of,
    people_of,
)
from outwork.conduct.model import BaselinePart, LinePart
from outwork.conduct.state import Run
from outwork.operation import Operation
from outwork.stages import (
    requirements,
    selection,
)
from outwork.stages.requirements import Baseline, ClassTerms, SamplingTerms
from outwork.stages.selection import Criterion
from outwork.vocabulary import (
    EngagementId,
    Money,
    PartyId,
    ProposalId,
    Role,
    Side,
    Stage,
)


def register(run: Run) -> None:
    """Make sure that parties, people and the agent of the file exist."""
    with run.database.transaction("job") as db:
        run.saved.people["administrator"] = access.first_administrator(db).id
    with run.acting("administrator") as op:
        known = {(p.name, p.side): p.id for p in access.parties(op.db)}
        sides = [(run.file.client, Side.CLIENT)]
        sides += [(p, Side.PROVIDER) for p in run.file.providers]
        for part, side in sides:
            run.saved.parties[part.key] = known.get((part.name, side)) or (
                agreements.register_party(op, part.name, side)
            )
        for person in run.file.people:
            found = access.actor_by_login(op.db, person.login)
            run.saved.people[person.key] = (
                found.id
                if found
                else agreements.register_actor(
                    op,
                    PartyId(run.saved.parties[person.party]),
                    person.name,
                    person.login,
                    person.roles,
                    person.zone,
                )
            )
        _register_agent(run, op)
    run.saved.save(run.out)


def _register_agent(run: Run, op: Operation) -> None:
    part = run.file.agent
    if part is None:
        return
    found = access.actor_by_login(op.db, part.login)
    service = practices.service(run.file.lines[0].service)
    run.saved.people[part.key] = (
        found.id
        if found
        else agreements.register_actor(
            op,
            PartyId(run.saved.parties[part.party]),
            part.name,
            part.login,
            [Role.AGENT],
            kind=ActorKind.AGENT,
            family=f"{service.key}-drafter",
            model=service.drafter,
            version=service.version,
        )
    )


def requirements_(run: Run) -> None:
    """Draft the engagement, its lines, and sign for the client."""
    file = run.file
    manager = one_of(run, file.client.key, Role.VENDOR_MANAGER)
    if not run.saved.engagement:
        with run.acting(manager) as op:
            run.saved.engagement = requirements.draft_engagement(
                op, file.title, file.brief, file.currency
            )
            for part in file.lines:
                _add_line(run, op, part)
            for person in people_of(run, file.client.key):
                if person.key != manager:
                    agreements.invite_member(
                        op, EngagementId(run.saved.engagement), run.actor(person.key), person.roles
                    )
        run.saved.save(run.out)
    with run.looking() as db:
        if run.engagement(db).stage is not Stage.REQUIREMENTS:
            return
    signer = run.needs(
        file.decisions.signs_scope, Role.VENDOR_MANAGER, "sign-scope", "requirements"
    )
    name, password = run.signature(signer, "sign-scope", "requirements")
    with run.acting(signer) as op:
        requirements.sign_scope(op, EngagementId(run.saved.engagement), name, password)
    run.integrate()


def _add_line(run: Run, op: Operation, part: LinePart) -> None:
    currency = run.file.currency
    base = part.baseline
    requirements.add_line(
        op,
        EngagementId(run.saved.engagement),
        part.service,
        part.volume,
        part.turnaround_days,
        part.unit,
        part.defects,
        SamplingTerms(
            part.sampling.limiting_quality,
            part.sampling.consumer_risk,
            part.sampling.acceptable_quality,
            part.sampling.producer_risk,
            tuple(part.sampling.counted),
            part.sampling.corrected,
            {
                s: ClassTerms(
                    own.limiting_quality,
                    own.acceptable_quality,
                    own.consumer_risk,
                    own.producer_risk,
                )
                for s, own in part.sampling.classes.items()
            },
        ),
        part.confidentiality,
        Money(part.price, currency),
        None if base is None else _baseline(base, currency),
    )


def _baseline(part: BaselinePart, currency: str) -> Baseline:
    return Baseline(
        part.volume_a_month,
        part.turnaround_days,
        part.accuracy,
        Money(part.unit_cost, currency),
    )


def selection_(run: Run) -> None:
    """Compete or award directly; the provider signs."""
    part, engagement = run.file.selection, EngagementId(run.saved.engagement)
    with run.looking() as db:
        if run.engagement(db).stage is not Stage.SELECTION:
            return
        awarded = selection.award_of(db, engagement)
    manager = one_of(run, run.file.client.key, Role.VENDOR_MANAGER)
    if awarded is None:
        if part.award is not None and part.direct:
            with run.acting(manager) as op:
                selection.award_directly(
                    op, engagement, run.actor(part.award.to), part.award.reason
                )
        elif part.proposals:
            _compete(run, manager)
        else:
            run.needs(None, Role.VENDOR_MANAGER, "award", "selection")
    named = part.award.accepted_by if part.award else None
    signer = run.needs(named, Role.DELIVERY_MANAGER, "accept-award", "selection")
    name, password = run.signature(signer, "accept-award", "selection")
    with run.acting(signer) as op:
        selection.accept_award(op, engagement, name, password)
    run.integrate()


def _compete(run: Run, manager: str) -> None:
    part, engagement = run.file.selection, EngagementId(run.saved.engagement)
    with run.acting(manager) as op:
        if not selection.proposals(op.db, engagement):
            selection.set_criteria(
                op, engagement, [Criterion(c.key, c.label, c.weight) for c in part.criteria]
            )
        for offer in part.proposals:
            selection.invite_bidder(op, engagement, run.actor(offer.by))
    chosen: ProposalId | None = None
    for offer in part.proposals:
        with run.acting(offer.by) as op:
            prices = {
                line.id: Money(offer.price, run.file.currency)
                for line in requirements.lines(op.db, engagement)
            }
            own = selection.own_proposal(op.db, engagement, op.actor.party_id)
            made = own.id if own else selection.submit_proposal(
                op, engagement, prices, offer.turnaround_days, offer.approach
            )  # fmt: skip
        with run.acting(manager) as op:
            for criterion, (points, reason) in offer.scores.items():
                selection.score_proposal(op, made, criterion, points, reason)
        if part.award is not None and offer.by == part.award.to:
            chosen = made
    if part.award is None or chosen is None:
        run.needs(None, Role.VENDOR_MANAGER, "award", "selection")
    else:
        with run.acting(manager) as op:
            selection.award(op, chosen, part.award.reason)
