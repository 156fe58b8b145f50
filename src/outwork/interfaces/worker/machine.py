"""Machine work as durable workflows: DBOS on the same PostgreSQL, in a schema and role of its own.

A workflow's id is the id of its row in the outbox; arguments and results are ids and counts. Each
turn is a step, tried again with growing pauses; what fails for good is parked with the code of the
reason. An executor holds a lock of the database's for as long as it lives: whoever gets the lock of
another takes up what that one left behind.

DBOS is imported by the worker alone, and when it begins: half a second that nobody else waits for.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any

import psycopg
import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, SetWorkflowID
from psycopg.conninfo import conninfo_to_dict

from outwork.kit import outbox
from outwork.kit.database import Database
from outwork.operation import utc_now
from outwork.stages import execution
from outwork.vocabulary import EngagementId, OutworkError

SCHEMA = "jobs"
VERSION = "1"  # of the workflow below: what another version left is not taken up by this one
ATTEMPTS = 5
FIRST_PAUSE_S = 0.2
log = logging.getLogger("outwork.worker")


class _Given:
    """What workflows of this process work with; DBOS knows one instance a process."""

    database: Database


def _may_pass(error: BaseException) -> bool:
    """A rule that says no says it again; a database or a drafter that fails may not."""
    return not isinstance(error, OutworkError)


@DBOS.step(
    name="turn",
    retries_allowed=True,
    max_attempts=ATTEMPTS,
    interval_seconds=FIRST_PAUSE_S,
    backoff_rate=3.0,
    should_retry=_may_pass,
)
def _turn(engagement: str, job: str) -> tuple[int, bool]:
    return execution.turn(_Given.database, EngagementId(engagement), job)


@DBOS.step(name="end", retries_allowed=True, max_attempts=ATTEMPTS)
def _end(engagement: str, job: str, turns: int, problem: str) -> None:
    with _Given.database.transaction("job", [engagement]) as db:
        outbox.ended(db, job, utc_now(), turns, problem)


@DBOS.workflow(name="work")
def _work(engagement: str, job: str) -> int:
    """Turn after turn of a job, until there is no more or it cannot go on; gives how much."""
    achieved, more, problem = 0, True, ""
    while more:
        try:
            one, more = _turn(engagement, job)
            achieved += one
        except OutworkError as error:
            more, problem = False, error.code
        except Exception as error:
            log.exception("%s does not go on", job)
            more, problem = False, _code(error)
    _end(engagement, job, achieved, problem)
    return achieved


def _code(error: BaseException) -> str:
    """What failed at last; DBOS tells of all attempts at once."""
    every = getattr(error, "errors", None) or [error]
    return execution.kind_of(every[-1])


class Machine:
    """DBOS in this process: hands jobs on, and takes up what the dead left behind."""

    def __init__(self, database: Database, dsn: str) -> None:
        self._dsn, self._name = dsn, f"worker-{secrets.token_hex(8)}"
        self._alive: psycopg.Connection[Any] | None = None
        self._engine = sa.create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), pool_pre_ping=True
        )
        _Given.database = database

    def begin(self) -> None:
        """Take part from now on."""
        self._hold()
        DBOS(
            config=DBOSConfig(
                name="outwork",
                # The engine is what connects; the address is only looked at for its form.
                system_database_url=f"postgresql+psycopg://localhost/{_name_of(self._dsn)}",
                system_database_engine=self._engine,
                dbos_system_schema=SCHEMA,
                application_version=VERSION,
                executor_id=self._name,
                log_level="WARNING",
                enable_otlp=False,
                # Ours are started from the outbox; nothing waits for a notification.
                use_listen_notify=False,
            )
        )
        DBOS.launch()

    def end(self) -> None:
        """Take part no longer; what is under way is taken up by others."""
        DBOS.destroy()
        self._engine.dispose()
        if self._alive is not None:
            self._alive.close()

    def hand_on(self, job: outbox.Job) -> None:
        """Begin a job's workflow, unless it has begun."""
        with SetWorkflowID(job.id):
            DBOS.start_workflow(_work, job.engagement_id, job.id)

    def take_up(self) -> int:
        """Have what executors left behind that are dead done here or elsewhere; how many."""
        self._hold()
        left = {w.executor_id for w in _pending()} - {self._name, None}
        return sum(self._if_dead(str(name)) for name in left)

    def _if_dead(self, name: str) -> int:
        assert self._alive is not None
        if not self._lock(name):
            return 0
        try:
            # Under its lock, so that of all who look one alone takes each of them up.
            found = [w.workflow_id for w in _pending() if w.executor_id == name]
            for identifier in found:
                DBOS.resume_workflow(identifier)
            if found:
                log.warning("took up %d jobs that %s left behind", len(found), name)
            return len(found)
        finally:
            self._alive.execute("select pg_advisory_unlock(hashtextextended(%s, 2))", [name])

    def _hold(self) -> None:
        """Hold this executor's own lock, again where the database was away."""
        try:
            if self._alive is not None:
                self._alive.execute("select 1")
                return
        except psycopg.OperationalError:
            self._alive = None
        self._alive = psycopg.connect(self._dsn, autocommit=True, keepalives_idle=5,
                                      keepalives_interval=2, keepalives_count=3)  # fmt: skip
        self._lock(self._name)

    def _lock(self, name: str) -> bool:
        assert self._alive is not None
        query = "select pg_try_advisory_lock(hashtextextended(%s, 2))"
        row = self._alive.execute(query, [name]).fetchone()
        return row == (True,)


def _pending() -> Any:
    return DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)


def _name_of(dsn: str) -> str:
    return str(conninfo_to_dict(dsn).get("dbname") or "outwork")


Begin = Callable[[outbox.Job], None]
