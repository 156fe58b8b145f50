"""Knowledge transfer, certification and operational set-up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

from outwork import access, agreements
from outwork.conduct.casting import (
    brought,
    delivery_manager,
    one_of,
    people_of,
    provider_of,
    seconds_of,
    service_of,
)
from outwork.conduct.model import PersonPart
from outwork.conduct.state import PersonNeeded, Run
from outwork.operation import Operation, operation
from outwork.stages import (
    execution,
    requirements,
    setup,
    transfer,
)
from outwork.stages.execution import AssignmentState
from outwork.vocabulary import (
    ActorId,
    EngagementId,
    Role,
    Stage,
)


def transfer_(run: Run) -> None:
    """Guideline, bar, control items, and the team that will be certified."""
    engagement = EngagementId(run.saved.engagement)
    with run.looking() as db:
        if run.engagement(db).stage is not Stage.TRANSFER:
            return
        ready = transfer.bar(db, engagement) is not None
    if not ready:
        _teach(run, engagement)
    provider = provider_of(run)
    manager = delivery_manager(run)
    with run.acting(manager) as op:
        present = {m.actor_id for m in access.members(op.db, engagement)}
        for person in people_of(run, provider):
            if run.actor(person.key) not in present:
                agreements.invite_member(op, engagement, run.actor(person.key), person.roles)
        if run.file.agent is not None and run.actor(run.file.agent.key) not in present:
            agreements.accept_agent(op, engagement, run.actor(run.file.agent.key))
    run.integrate()


def _teach(run: Run, engagement: EngagementId) -> None:
    bar, service = run.file.transfer.bar, service_of(run)
    with run.acting(one_of(run, run.file.client.key, Role.VENDOR_MANAGER)) as op:
        transfer.publish_guideline(op, engagement, list(service.guideline))
        wanted = run.file.transfer.control
        for sample in service.samples():
            if not wanted or sample.name in wanted:
                transfer.add_control_item(
                    op, engagement, service.key, sample.name, sample.content, sample.answers
                )
        transfer.set_bar(op, engagement, bar.people, bar.agents, bar.confidence, bar.control_items)


def certification(run: Run) -> None:
    """Every analyst and the agent answer the control items; then the tollgate."""
    engagement = EngagementId(run.saved.engagement)
    with run.looking() as db:
        if run.engagement(db).stage is not Stage.TRANSFER:
            return
    if run.file.agent is not None:
        _certify_agent(run, run.actor(run.file.agent.key))
    for person in people_of(run, provider_of(run)):
        if Role.ANALYST in person.roles:
            _certify_person(run, person)
    manager = delivery_manager(run)
    name, password = run.signature(manager, "pass-tollgate", "transfer")
    with run.acting(manager) as op:
        transfer.pass_tollgate(op, engagement, name, password)
    run.integrate()


def _certify_agent(run: Run, agent: ActorId) -> None:
    engagement = EngagementId(run.saved.engagement)
    with operation(run.database, agent, run.clock()) as op:
        if not execution.certifying(op.db, engagement, agent):
            execution.start_certification(op, engagement)
    while _open_controls(run, agent):
        execution.draft_next(run.database, agent, engagement, run.clock)
        run.progress("transfer", "the agent answers control items", 0, 0)


def _certify_person(run: Run, person: PersonPart) -> None:
    engagement, actor = EngagementId(run.saved.engagement), run.actor(person.key)
    by_hand = PersonNeeded(person.name, "certify", f"engagements/{engagement}/transfer")
    with run.acting(person.key) as op:
        if transfer.certified(op.db, engagement, actor):
            return
    if not _open_controls(run, actor):
        if person.key not in run.judgments:
            raise by_hand
        # Also for whoever failed an earlier attempt and brings a better file.
        with run.acting(person.key) as op:
            execution.start_certification(op, engagement)
    while _open_controls(run, actor):
        with run.acting(person.key) as op:
            held = execution.claim(op, engagement)
            assert held is not None  # a control item is open for this person alone
            answers = brought(run, person.key, op, execution.assignment(op.db, held))
            if answers is None:
                raise by_hand
            execution.submit(op, held, answers, seconds_of(answers), True)
        run.progress("transfer", f"{person.name} answers control items", 0, 0)


def _open_controls(run: Run, actor: ActorId) -> int:
    """How many control items wait for an actor's answers."""
    with run.looking() as db:
        mine = execution.certifying(db, EngagementId(run.saved.engagement), actor)
    return sum(a.state in (AssignmentState.OPEN, AssignmentState.LIVE) for a in mine)


def setup_(run: Run) -> None:
    """Calendars, entitlements, plan, rates, readiness."""
    engagement = EngagementId(run.saved.engagement)
    with run.looking() as db:
        if run.engagement(db).stage is not Stage.SETUP:
            return
    provider, manager = provider_of(run), delivery_manager(run)
    with run.acting(manager) as op:
        for person in people_of(run, provider):
            if not set(person.roles) & {Role.ANALYST, Role.REVIEWER}:
                continue
            actor = run.actor(person.key)
            setup.set_calendar(
                op,
                engagement,
                actor,
                person.zone,
                person.weekdays,
                person.starts,
                person.ends,
                person.country,
            )
            now = op.now - timedelta(minutes=1)
            setup.date_entitlement(op, engagement, actor, now, _entitled_until(run, op, person))
        for line in requirements.lines(op.db, engagement):
            setup.plan_quality(op, line.id)
    with run.acting(one_of(run, run.file.client.key, Role.VENDOR_MANAGER)) as op:
        setup.agree_rates(op, engagement)
    with run.acting(manager) as op:
        setup.approve_readiness(op, engagement)
    run.integrate()


def _entitled_until(run: Run, op: Operation, person: PersonPart) -> datetime:
    """The end of the last day that the file names, where the person works; or a year from now."""
    last = run.file.entitled_until
    if last is None:
        return op.now + timedelta(days=365)
    end = datetime.combine(last, clock_time(23, 59), ZoneInfo(person.zone))
    return end.astimezone(UTC)
