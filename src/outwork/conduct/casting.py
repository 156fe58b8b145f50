"""Who of the file acts, and what they brought."""

from __future__ import annotations

from outwork import documents, practices
from outwork.conduct.model import PersonPart
from outwork.conduct.state import Run
from outwork.operation import Operation
from outwork.practices import Service
from outwork.stages import (
    execution,
)
from outwork.stages.execution import Assignment
from outwork.vocabulary import (
    Answer,
    BadInput,
    Role,
)


def brought(run: Run, person: str, op: Operation, assignment: Assignment) -> list[Answer] | None:
    """What a person brought for an item, or None."""
    judgments = run.judgments.get(person)
    if judgments is None:
        return None
    item = execution.item(op.db, assignment.item_id)
    if run.file.judged == "control-items-only" and item.work_order_id is not None:
        return None
    if item.name not in judgments.by_file:
        return None
    return judgments.answers(
        practices.service(item.service),
        documents.source(op.db, item.document_id),
        unlisted_is_absent=run.file.unlisted == "absent",
    )


def seconds_of(answers: list[Answer]) -> int:
    """Effort over all answers, in whole seconds."""
    return round(sum(a.seconds for a in answers))


def service_of(run: Run) -> Service:
    """The service of the batch's line."""
    return practices.service(run.file.lines[run.file.batch.line - 1].service)


def people_of(run: Run, party: str) -> list[PersonPart]:
    """The people of one organisation of the file."""
    return [p for p in run.file.people if p.party == party]


def one_of(run: Run, party: str, role: Role) -> str:
    """The first person of an organisation with a role; raises BadInput."""
    for person in people_of(run, party):
        if role in person.roles:
            return person.key
    raise BadInput("no-person-with-role", party=party, role=role.value)


def provider_of(run: Run) -> str:
    """The key of the provider that was awarded the work."""
    with run.looking() as db:
        chosen = run.engagement(db).provider_id
    return next(key for key, party in run.saved.parties.items() if party == chosen)


def delivery_manager(run: Run) -> str:
    """The provider's delivery manager."""
    return one_of(run, provider_of(run), Role.DELIVERY_MANAGER)
