"""Reading items, assignments, answers and their authors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter

from outwork import access, agreements, documents, ledger
from outwork.agreements import Engagement, WorkOrder, WorkPhase
from outwork.kit.database import Connection
from outwork.kit.ids import run_from
from outwork.kit.paging import Page, key_of, limit_of
from outwork.stages.execution import statements, store
from outwork.stages.execution.model import (
    GIVEN,
    UNDER_WAY,
    Assignment,
    AssignmentState,
    Import,
    ImportState,
    ItemState,
    RowFault,
    SeedCommitment,
    StoredAnswer,
    Stuck,
    Submission,
    WorkItem,
)
from outwork.vocabulary import (
    ActorId,
    Answer,
    AssignmentId,
    EngagementId,
    Evidence,
    ImportId,
    ItemId,
    Json,
    NotFound,
    Purpose,
    Reason,
    Role,
    SubmissionId,
    WorkOrderId,
)

# Whose submissions are answers of the item: a review leaves one only where it corrects, and a
# second answer is only held against the first.
ANSWERING = ("produce", "control", "review", "adjudicate")
PRODUCING = (*ANSWERING, "overlap")
EVIDENCE = TypeAdapter(tuple[Evidence, ...])


def item(db: Connection, identifier: ItemId) -> WorkItem:
    """The item of that id; raises NotFound."""
    return store.items.get(db, identifier)


def items(
    db: Connection, order: WorkOrderId, after: str | None = None, limit: int | None = None
) -> Page[WorkItem]:
    """A work order's items in order of admission."""
    table = store.item_table.c
    size = limit_of(limit)
    where = [table.work_order_id == order] + ([table.id > str(key_of(after))] if after else [])
    found = store.items.find(db, *where, limit=size + 1)
    return Page.of(found, size, lambda i: i.id)


def ids(db: Connection, order: WorkOrderId) -> list[ItemId]:
    """The ids of a work order's items in order of admission."""
    table = store.item_table.c
    query = sa.select(table.id).where(table.work_order_id == order).order_by(table.id)
    return [ItemId(found) for found in db.execute(query).scalars()]


def all_items(db: Connection, order: WorkOrderId) -> list[WorkItem]:
    """Every item of a work order, for draws and deliverables."""
    return store.items.find(db, store.item_table.c.work_order_id == order)


def named(db: Connection, order: WorkOrderId, name: str) -> list[WorkItem]:
    """The items of a work order that came from files of one name."""
    table = store.item_table.c
    return store.items.find(db, table.work_order_id == order, table.name == name)


def import_(db: Connection, identifier: ImportId, *, lock: bool = False) -> Import:
    """The import of that id; raises NotFound."""
    return store.imports.get(db, identifier, lock=lock)


def imports(db: Connection, order: WorkOrderId) -> list[Import]:
    """Files of rows that came for a work order, oldest first."""
    return store.imports.find(db, store.import_table.c.work_order_id == order)


def admitting(db: Connection) -> list[Import]:
    """Imports whose rows wait to become items, oldest first."""
    return store.imports.find(db, store.import_table.c.state == ImportState.ADMITTING.value)


def part_digest(db: Connection, identifier: ImportId, number: int) -> str:
    """The SHA-256 of a part that came in."""
    table = store.part_table.c
    query = sa.select(table.digest).where(table.import_id == identifier, table.number == number)
    return str(db.execute(query).scalar_one())


def row_faults(
    db: Connection, identifier: ImportId, after: str | None = None, limit: int | None = None
) -> Page[RowFault]:
    """Rows of a file that were not taken in, by line."""
    table = store.fault_table.c
    size = limit_of(limit)
    where = [table.import_id == identifier]
    where += [table.line > int(key_of(after))] if after else []
    found = store.faults.find(db, *where, order=table.line, limit=size + 1)
    return Page.of(found, size, lambda f: f.line)


def rows_root(items: Sequence[str], commitments: Sequence[bytes]) -> bytes:
    """The root of a chunk's tree: a leaf is an item's id and what binds to its row."""
    return ledger.root_of_leaves(_leaves(items, commitments))


def _leaves(items: Sequence[str], commitments: Sequence[bytes]) -> list[bytes]:
    return [i.encode() + c for i, c in zip(items, commitments, strict=True)]


@dataclass(frozen=True, slots=True)
class RowProof:
    """That an item is row `index` of `items` of a chunk; hashes and salt in hexadecimal.

    `path` leads from the leaf, the item's id and its commitment, to the root in the chunk's event;
    the commitment is SHA-256(salt || text).
    """

    item: ItemId
    import_id: ImportId
    chunk: int
    first: ItemId
    items: int
    index: int
    salt: str
    text: str
    path: tuple[str, ...]
    root: str


def row_proof(db: Connection, identifier: ItemId) -> RowProof:
    """What shows that an item came with its chunk; raises NotFound for one that came as a file."""
    found = item(db, identifier)
    table = store.chunk_table.c
    query = (
        sa.select(store.chunk_table)
        .where(table.engagement_id == found.engagement_id, table.first <= identifier)
        .order_by(table.first.desc())
    )
    chunk = db.execute(query.limit(1)).first()
    ids = [] if chunk is None else run_from(chunk.first, chunk.items)
    if chunk is None or identifier not in ids:
        raise NotFound("row", identifier)
    index = ids.index(identifier)
    commitments = [chunk.commitments[at : at + 32] for at in range(0, 32 * chunk.items, 32)]
    leaves = _leaves(ids, commitments)
    text, salt = documents.committed(db, found.document_id)
    return RowProof(
        item=identifier, import_id=chunk.import_id, chunk=chunk.number, first=chunk.first,
        items=chunk.items, index=index, salt=salt.hex(), text=text,
        path=tuple(node.hex() for node in ledger.inclusion_path(index, leaves)),
        root=ledger.root_of_leaves(leaves).hex(),
    )  # fmt: skip


def seed_used(db: Connection, engagement: EngagementId, commitment: str) -> bool:
    """Whether anyone committed to this nonce before: once opened, it is known to both sides."""
    table = store.seed_table.c
    found = store.seeds.find(
        db, table.engagement_id == engagement, table.commitment == commitment, limit=1
    )
    return bool(found)


def counts(db: Connection, order: WorkOrderId) -> dict[ItemState, int]:
    """Items of a work order by state."""
    table = store.item_table.c
    query = sa.select(table.state, sa.func.count()).where(table.work_order_id == order)
    found = {ItemState(s): n for s, n in db.execute(query.group_by(table.state))}
    return {state: found.get(state, 0) for state in ItemState}


def assignment(db: Connection, identifier: AssignmentId, *, lock: bool = False) -> Assignment:
    """The assignment of that id; raises NotFound."""
    return store.assignments.get(db, identifier, lock=lock)


def one_claim_at_a_time(db: Connection, actor: ActorId) -> None:
    """Wait until no other transaction claims for this actor: two windows get the same item.

    It is one lock for every engagement, since what one holds in all of them counts.
    """
    key = sa.func.hashtextextended(actor, 0)
    db.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def held_by(
    db: Connection, engagement: EngagementId, actor: ActorId, now: datetime
) -> Assignment | None:
    """The assignment an actor has reserved, if it still holds."""
    table = store.assignment_table.c
    return store.assignments.one(
        db,
        table.engagement_id == engagement,
        table.actor_id == actor,
        table.state == AssignmentState.LIVE.value,
        table.leased_until > now,
    )


def holds(db: Connection, actor: ActorId, now: datetime) -> int:
    """How many items an actor has reserved, in every engagement that the transaction sees."""
    table = store.assignment_table.c
    query = sa.select(sa.func.count()).where(
        table.actor_id == actor,
        table.state == AssignmentState.LIVE.value,
        table.leased_until > now,
    )
    return int(db.execute(query).scalar_one())


def assignments(
    db: Connection,
    order: WorkOrderId,
    purpose: Purpose | None = None,
    states: Sequence[AssignmentState] = (),
) -> list[Assignment]:
    """Assignments of a work order, of one purpose and some states if told."""
    table = store.assignment_table.c
    where = [table.work_order_id == order]
    if purpose:
        where.append(table.purpose == purpose.value)
    if states:
        where.append(table.state.in_([s.value for s in states]))
    return store.assignments.find(db, *where)


def certifying(
    db: Connection, engagement: EngagementId, actor: ActorId, attempt: int | None = None
) -> list[Assignment]:
    """An actor's certification assignments, of one attempt if told."""
    table = store.assignment_table.c
    where = [
        table.engagement_id == engagement,
        table.reserved_for == actor,
        table.purpose == Purpose.CERTIFY.value,
    ]
    if attempt is not None:
        where.append(table.round == attempt)
    return store.assignments.find(db, *where)


def given(db: Connection, engagement: EngagementId, actor: ActorId) -> list[Assignment]:
    """What waits for an actor by name whom no certificate is asked of."""
    table = store.assignment_table.c
    return store.assignments.find(
        db,
        table.engagement_id == engagement,
        table.reserved_for == actor,
        table.purpose.in_([p.value for p in GIVEN]),
        table.state.in_([AssignmentState.OPEN.value, AssignmentState.LIVE.value]),
    )


def authors(db: Connection, item: ItemId) -> set[str]:
    """Families of everyone in the item's chain of answers, and of who handed it on meanwhile."""
    table = store.submission_table.c
    handed = store.hand_over_table.c
    query = sa.union(
        sa.select(table.family).where(table.item_id == item, table.purpose.in_(PRODUCING)),
        sa.select(handed.family).where(handed.item_id == item, handed.family.is_not(None)),
    )
    return set(db.execute(query).scalars())


def submissions(db: Connection, item: ItemId) -> list[Submission]:
    """An item's submissions, oldest first."""
    return store.submissions.find(db, store.submission_table.c.item_id == item)


def submission_of(db: Connection, assignment: AssignmentId) -> Submission | None:
    """The submission that closed an assignment, or None."""
    return store.submissions.one(db, store.submission_table.c.assignment_id == assignment)


def answers_of(db: Connection, submission: SubmissionId) -> list[Answer]:
    """The answers of one submission, in the order they were given."""
    where = store.answer_table.c.submission_id == submission
    return [_opened(db, row) for row in store.answers.find(db, where)]


def current_answers(db: Connection, item: ItemId) -> dict[str, Answer]:
    """The latest produced answer to each question of an item."""
    table = store.submission_table.c
    latest = store.submissions.one(db, table.item_id == item, table.purpose.in_(ANSWERING))
    if latest is None:
        return {}
    return {a.question: a for a in answers_of(db, latest.id)}


def _opened(db: Connection, row: StoredAnswer) -> Answer:
    plain = documents.unseal(db, row.engagement_id, row.content, f"{row.id}/content")
    return Answer(
        question=row.question,
        value=plain["value"],
        evidence=EVIDENCE.validate_python(plain["evidence"]),
        origin=row.origin,
        confidence=row.confidence,
        seconds=row.seconds,
        id=row.id,
        author=row.author_id,
        revises=row.revises,
    )


def seeds(db: Connection, order: WorkOrder) -> dict[str, SeedCommitment]:
    """The seed commitments of a work order's current round, by side."""
    table = store.seed_table.c
    found = store.seeds.find(db, table.work_order_id == order.id, table.round == order.round)
    return {s.side: s for s in found}


def progress(db: Connection, assignment: Assignment, actor: ActorId) -> Json:
    """What an actor saved but has not submitted, or None."""
    table = store.progress_table.c
    query = sa.select(table.content).where(
        table.assignment_id == assignment.id, table.actor_id == actor
    )
    content = db.execute(query).scalar()
    if content is None:
        return None
    context = f"{assignment.id}/progress"
    return documents.unseal(db, assignment.engagement_id, content, context)


def release_reasons(db: Connection, order: WorkOrder) -> list[Reason]:
    """Why work on a batch cannot begin."""
    place = f"engagements/{order.engagement_id}/execution"
    reasons = [
        Reason("seed-uncommitted", {"side": side}, place)
        for side in ("client", "provider")
        if side not in seeds(db, order)
    ]
    if not any(counts(db, order.id).values()):
        reasons.append(Reason("nothing-admitted", place=place))
    open_ = [i for i in imports(db, order.id) if i.state in UNDER_WAY]
    reasons += [Reason("import-open", {"file": i.name}, place) for i in open_]
    return reasons


def gate(db: Connection, engagement: Engagement, order: WorkOrder) -> list[Reason]:
    """What stands between a work order's execution and its assurance."""
    place = f"engagements/{engagement.id}/execution"
    if order.phase is WorkPhase.INTAKE:
        return [*release_reasons(db, order), Reason("not-released", place=place)]
    reasons = [
        Reason("seed-uncommitted", {"side": side}, place)
        for side in ("client", "provider")
        if side not in seeds(db, order)
    ]
    found = counts(db, order.id)
    unfinished = sum(found.values()) - found[ItemState.SUBMITTED]
    if unfinished:
        reasons.append(Reason("items-unfinished", {"count": unfinished}, place))
    states = [AssignmentState.OPEN, AssignmentState.LIVE]
    screening = len(assignments(db, order.id, Purpose.INSPECT, states))
    if screening:
        reasons.append(Reason("screening-open", {"count": screening}, place))
    return reasons


def waits_for(db: Connection, engagement: EngagementId, taker: Role, now: datetime) -> bool:
    """Whether a role can take something of an engagement; looks at the heads of queues only.

    What a calibration gave somebody by name counts, too.
    """
    table = store.assignment_table.c
    queue = (
        table.work_order_id.in_(_orders(db, engagement)),
        table.taker == taker.value,
        table.reserved_for.is_(None),
    )
    free = (
        (table.state == AssignmentState.OPEN.value,),
        (table.state == AssignmentState.LIVE.value, table.leased_until <= now),
    )
    queries = [sa.select(table.id).where(*queue, *where).limit(1) for where in free]
    queries.append(
        sa.select(table.id)
        .where(
            table.engagement_id == engagement,
            table.taker == taker.value,
            table.purpose == Purpose.CALIBRATE.value,
            table.reserved_for.is_not(None),
            table.state == AssignmentState.OPEN.value,
        )
        .limit(1)
    )
    return any(db.execute(query).first() is not None for query in queries)


def stuck(db: Connection, engagement: EngagementId, now: datetime) -> Stuck:
    """What of an engagement's work will not move by itself."""
    row = db.execute(sa.text(statements.STUCK), {"engagement": engagement, "at": now}).one()
    return Stuck(row.lapsed, row.unclaimable)


def _orders(db: Connection, engagement: EngagementId) -> list[WorkOrderId]:
    return [order.id for order in agreements.work_orders(db, engagement)]


def families(db: Connection, actor: ActorId, pseudonym: str) -> str:
    """The family an actor's work counts for: an agent's own, a person's pseudonym."""
    return access.actor(db, actor).family or pseudonym
