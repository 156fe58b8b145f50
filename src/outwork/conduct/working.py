"""Rounds of producing, sampling, inspecting and deciding."""

from __future__ import annotations

from collections.abc import Callable

from outwork import access, methods
from outwork.conduct.casting import (
    brought,
    delivery_manager,
    one_of,
    people_of,
    provider_of,
    seconds_of,
    service_of,
)
from outwork.conduct.intake import commit_seeds
from outwork.conduct.state import PersonNeeded, Run
from outwork.operation import Operation
from outwork.stages import (
    assurance,
    execution,
)
from outwork.stages.assurance import DefectFound
from outwork.stages.execution import Assignment, AssignmentState
from outwork.vocabulary import (
    Answer,
    Purpose,
    Refusal,
    Role,
    Stage,
    WorkOrderId,
)

MOST_ROUNDS = 6


def rounds(run: Run) -> None:
    """Produce, close, sample, inspect, decide; again after a rejection."""
    for _ in range(MOST_ROUNDS):
        with run.looking() as db:
            order = run.order(db)
        if order.stage.position >= Stage.ACCEPTANCE.position:
            return
        if order.stage is Stage.EXECUTION:
            commit_seeds(run)
            _work(run, Purpose.PRODUCE, _produce)
            with run.acting(delivery_manager(run)) as op:
                execution.close_work_order(op, order.id)
        _assure(run)
    raise Refusal("too-many-rounds", most=MOST_ROUNDS)


def _assure(run: Run) -> None:
    run.integrate()
    with run.looking() as db:
        order = run.order(db)
        seeds = execution.seeds(db, order)
        drawn = assurance.sample_of(db, order) is not None
        decided = assurance.verdict_of(db, order) is not None
    manager = delivery_manager(run)
    client = one_of(run, run.file.client.key, Role.VENDOR_MANAGER)
    for side, person in (("client", client), ("provider", manager)):
        if not seeds[side].nonce:
            with run.acting(person) as op:
                assurance.reveal_seed(op, order.id, run.saved.nonces[f"{side}/{order.round}"])
    if not drawn:
        with run.acting(manager) as op:
            assurance.draw_sample(op, order.id)
    if not decided:
        _work(run, Purpose.INSPECT, _inspect)
        judge = run.needs(
            run.file.decisions.gives_verdict, Role.VENDOR_MANAGER, "give-verdict", "assurance"
        )
        with run.acting(judge) as op:
            accepted = assurance.give_verdict(op, order.id)
        run.integrate()
        if not accepted:
            return
    while _open_work(run):
        _work(run, Purpose.PRODUCE, _produce)
        _work(run, Purpose.INSPECT, _inspect)
    with run.acting(manager) as op:
        assurance.certify(op, order.id)
    run.integrate()


def _open_work(run: Run) -> bool:
    states = [AssignmentState.OPEN, AssignmentState.LIVE]
    with run.looking() as db:
        order = WorkOrderId(run.saved.work_order)
        return bool(execution.assignments(db, order, None, states))


def _work(run: Run, purpose: Purpose, act: Callable[[Run, Assignment], None]) -> None:
    """Hand every open assignment of a purpose to someone who brought judgments for it."""
    with run.looking() as db:
        states = [AssignmentState.OPEN, AssignmentState.LIVE]
        order = WorkOrderId(run.saved.work_order)
        waiting = execution.assignments(db, order, purpose, states)
    for number, assignment in enumerate(waiting, start=1):
        act(run, assignment)
        label = "items answered" if purpose is Purpose.PRODUCE else "items inspected"
        run.progress("execution", label, number, len(waiting))
        if number % 50 == 0:
            run.integrate()
    if waiting:
        run.integrate()


def _produce(run: Run, assignment: Assignment) -> None:
    analysts = [p for p in people_of(run, provider_of(run)) if Role.ANALYST in p.roles]
    shift = _turn(run, assignment) % max(1, len(analysts))
    for person in analysts[shift:] + analysts[:shift]:
        with run.acting(person.key) as op:
            answers = brought(run, person.key, op, assignment)
            if answers is None:
                continue
            if assignment.clause and run.file.decisions.corrects_as_inspected:
                answers = _as_inspected(op, assignment) or answers
            held = execution.claim(op, assignment.engagement_id, None, assignment.id)
            assert held is not None  # a named claim reserves or refuses
            execution.submit(op, held, answers, seconds_of(answers), True)
            return
    names = " or ".join(p.name for p in analysts)
    raise PersonNeeded(names, "answer", "work", assignment=assignment.id)


def _turn(run: Run, assignment: Assignment) -> int:
    """The item's place in the batch: the team takes turns, the same at every call."""
    if assignment.item_id not in run.turns:
        with run.looking() as db:
            items = execution.all_items(db, WorkOrderId(run.saved.work_order))
        run.turns.update({item.id: place for place, item in enumerate(items)})
    return run.turns[assignment.item_id]


def _as_inspected(op: Operation, assignment: Assignment) -> list[Answer] | None:
    checked = [
        s for s in execution.submissions(op.db, assignment.item_id) if s.purpose is Purpose.INSPECT
    ]
    return execution.answers_of(op.db, checked[-1].id) if checked else None


def _inspect(run: Run, assignment: Assignment) -> None:
    reviewers = [p for p in people_of(run, provider_of(run)) if Role.REVIEWER in p.roles]
    for person in reviewers:
        with run.acting(person.key) as op:
            right = brought(run, person.key, op, assignment)
            member = access.membership(op.db, assignment.engagement_id, op.actor.id)
            if right is None or member is None:
                continue
            if member.pseudonym in execution.authors(op.db, assignment.item_id):
                continue
            held = execution.claim(op, assignment.engagement_id, None, assignment.id)
            assert held is not None  # a named claim reserves or refuses
            defects = _differences(run, op, assignment, right)
            assurance.inspect(op, held, defects, seconds_of(right))
            return
    names = " or ".join(p.name for p in reviewers)
    raise PersonNeeded(names, "inspect", "work", assignment=assignment.id)


def _differences(
    run: Run, op: Operation, assignment: Assignment, right: list[Answer]
) -> list[DefectFound]:
    service = service_of(run)
    given = execution.current_answers(op.db, assignment.item_id)
    sample = assurance.sample_of(op.db, run.order(op.db))
    drawn = sample.questions(assignment.item_id) if sample else set()
    found = []
    for answer in right:
        question = service.question(answer.question)
        mine = given.get(answer.question)
        if drawn and answer.question not in drawn:
            continue
        if mine is None or not methods.agree(
            question.kind.value, mine.value, answer.value, **question.settings
        ):
            found.append(DefectFound(question.key, question.clause, question.severity, "", answer))
    return found
