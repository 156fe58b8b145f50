"""What is to be done unasked, written in the transaction that makes it due: ids only.

A row's id is the id of the workflow that does it, so that handing it on twice does it once. Work of
a kind on a subject is on its way once at a time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from outwork.kit.database import Connection, Records, instant, key, scoped, text


class JobState(StrEnum):
    """Waiting to be handed on; with a worker; done; parked until a person has it tried again."""

    WAITING = "waiting"
    STARTED = "started"
    DONE = "done"
    PARKED = "parked"
    RETRIED = "retried"


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of machine work: what kind, on which subject, in whose name, and what came of it.

    `turns` counts what was achieved; `problem` is the code of what parked it.
    """

    engagement_id: str
    id: str
    kind: str
    subject: str
    actor_id: str
    asked_at: datetime
    state: JobState = JobState.WAITING
    turns: int = 0
    problem: str = ""
    ended_at: datetime | None = None


_ON_ITS_WAY = sa.text("state in ('waiting', 'started')")

outbox_table = scoped(
    "outbox",
    key(), text("kind"), text("subject"), text("actor_id"), instant("asked_at"), text("state"),
    sa.Column("turns", sa.Integer, nullable=False), text("problem"),
    instant("ended_at", nullable=True),
    sa.Index("ix_outbox_on_its_way", "kind", "subject", unique=True, postgresql_where=_ON_ITS_WAY),
    sa.Index("ix_outbox_subject", "subject", "id"),
)  # fmt: skip


class JobMissing(LookupError):
    """No job of that id, or none that the transaction may see."""


jobs = Records(outbox_table, Job, JobMissing)


def ask(db: Connection, job: Job) -> bool:
    """Add a job unless the same is on its way already; whether it was added."""
    statement = insert(outbox_table).values(asdict(job) | {"state": job.state.value})
    unless = statement.on_conflict_do_nothing(
        index_elements=["kind", "subject"], index_where=_ON_ITS_WAY
    )
    return db.execute(unless.returning(outbox_table.c.id)).first() is not None


def waiting(db: Connection, limit: int = 100) -> list[Job]:
    """Jobs that nobody was handed, oldest first."""
    table = outbox_table.c
    return jobs.find(db, table.state == JobState.WAITING.value, order=table.id, limit=limit)


def get(db: Connection, identifier: str, *, lock: bool = False) -> Job:
    """The job of that id; raises JobMissing."""
    return jobs.get(db, identifier, lock=lock)


def started(db: Connection, identifier: str) -> None:
    """A worker has it; what is said of a job that has ended meanwhile changes nothing."""
    found = get(db, identifier, lock=True)
    if found.state is JobState.WAITING:
        jobs.save(db, replace(found, state=JobState.STARTED))


def ended(db: Connection, identifier: str, at: datetime, turns: int, problem: str = "") -> None:
    """Done after so many turns, or parked by a problem."""
    found = get(db, identifier, lock=True)
    if found.state in (JobState.WAITING, JobState.STARTED):
        state = JobState.PARKED if problem else JobState.DONE
        jobs.save(db, replace(found, state=state, turns=turns, problem=problem, ended_at=at))


def retried(db: Connection, job: Job, identifier: str, at: datetime) -> None:
    """Ask for a parked job again, under another id."""
    jobs.save(db, replace(job, state=JobState.RETRIED))
    ask(db, replace(job, id=identifier, asked_at=at, state=JobState.WAITING, turns=0, problem="",
                    ended_at=None))  # fmt: skip


def last(db: Connection, kind: str, subject: str) -> Job | None:
    """The newest job of a kind on a subject, or None."""
    return jobs.one(db, outbox_table.c.kind == kind, outbox_table.c.subject == subject)


def listed(db: Connection, engagement: str, limit: int = 100) -> list[Job]:
    """An engagement's jobs that are on their way or parked, then those that ended, newest first."""
    table = outbox_table.c
    over = table.state.not_in([s.value for s in (JobState.DONE, JobState.RETRIED)])
    shown = jobs.find(db, table.engagement_id == engagement, over, order=table.id, limit=limit)
    ended_ = jobs.find(
        db, table.engagement_id == engagement, ~over, order=table.id.desc(), limit=limit
    )
    return [*shown, *ended_][:limit]


KEPT = timedelta(days=7)


def sweep(db: Connection, now: datetime) -> int:
    """Forget what was done long ago; how many."""
    table = outbox_table.c
    over = table.state.in_([JobState.DONE.value, JobState.RETRIED.value])
    return jobs.remove(db, over, table.asked_at < now - KEPT)
