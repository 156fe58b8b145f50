"""The clock of machine work: gives events their place, asks for drafts, hands jobs on."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from contextlib import closing, suppress
from datetime import datetime, timedelta
from typing import Protocol

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from outwork import access, agreements, ledger
from outwork.kit import outbox
from outwork.kit.database import Connection, Database
from outwork.kit.ids import new_id
from outwork.kit.keyring import KeyMissing
from outwork.kit.lane import Bell
from outwork.kit.outbox import Job
from outwork.operation import operation, utc_now
from outwork.stages import execution
from outwork.vocabulary import ActorId, EngagementId, OutworkError, Role

PAUSE_S = 0.2
AGAIN_S = 0.01  # between placing twice where something was not settled
AGAIN = timedelta(seconds=10)  # between asking for drafts twice where the last time gave none
SWEEP = timedelta(hours=1)
ROUTING = timedelta(seconds=5)
log = logging.getLogger("outwork.worker")


class Hands(Protocol):
    """What does jobs."""

    def hand_on(self, job: Job) -> None: ...
    def take_up(self) -> int: ...


class Here:
    """Does jobs at once, in this process: for tests of what they do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hand_on(self, job: Job) -> None:
        """Do it, turn after turn."""
        achieved, more, problem = 0, True, ""
        engagement = EngagementId(job.engagement_id)
        while more and not problem:
            try:
                one, more = execution.turn(self._database, engagement, job.id)
                achieved += one
            except OutworkError as error:
                problem = error.code
            except KeyMissing as error:  # erased; the others' jobs go on
                problem = execution.kind_of(error)
        with self._database.transaction("job", [engagement]) as db:
            outbox.ended(db, job.id, utc_now(), achieved, problem)

    def take_up(self) -> int:
        """Nothing is ever left behind."""
        return 0


class Worker:
    """Call `run` in a process of its own, or `start` for a thread; ends after a whole step."""

    def __init__(
        self, database: Database, pause_s: float = PAUSE_S, hands: Hands | None = None
    ) -> None:
        self._database, self._pause = database, pause_s
        self._hands: Hands = hands or Here(database)
        self._over = threading.Event()
        self._swept: datetime | None = None
        self._bell = Bell(database.lane.dsn, ledger.RECORDED)
        self._routed: dict[EngagementId, datetime] = {}
        self._covered: datetime | None = None
        self._thread = threading.Thread(target=self.run, name="outwork-worker", daemon=True)

    def start(self) -> None:
        """Begin in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self.end()
        self._thread.join()

    def end(self) -> None:
        """Let `run` return."""
        self._over.set()

    def run(self) -> None:
        """Step after step, until told to end."""
        with closing(self._bell):
            with suppress(psycopg.Error):  # tried again when there is time to listen
                self._bell.listen()
            while not self._over.is_set():
                try:
                    busy = self.step()
                except (SQLAlchemyError, psycopg.Error):
                    # The database may be starting again; what was not committed is done again.
                    log.exception("a step failed and will be tried again")
                    busy = False
                self._pause_or_place(0.0 if busy else self._pause)

    def _pause_or_place(self, seconds: float) -> None:
        """Wait; meanwhile place what somebody waits for as soon as it is said to be there."""
        until = time.monotonic() + seconds
        due: set[EngagementId] = set()
        while not self._over.is_set() and (left := until - time.monotonic()) > 0:
            try:
                # What an older transaction holds up is tried again in a moment.
                due |= set(map(EngagementId, self._bell.wait(min(left, AGAIN_S) if due else left)))
                due = {engagement for engagement in due if self._place(engagement, utc_now())}
            except (SQLAlchemyError, psycopg.Error):
                log.exception("nothing is heard from the database; it will be tried again")
                self._over.wait(left)

    def step(self) -> bool:
        """Place what is settled, ask for drafts, hand jobs on; whether there was anything."""
        with self._database.transaction("job") as db:
            now = access.tick(db)
            every = agreements.directory(db)
        self._cover(every, now)
        with self._database.transaction("job", [*every, ledger.LOGS]) as db:
            pending = ledger.pending(db)
            for engagement in every:
                self._ask_for_drafts(db, engagement, now)
            routed = execution.routed(db, every)
            waiting = outbox.waiting(db)
            if self._swept is None or now - self._swept > SWEEP:
                self._swept = now
                outbox.sweep(db, now)
        for engagement in pending:
            self._place(engagement, now)
        for terms in routed:
            self._route(terms.engagement_id, terms.set_by, now)
        for job in waiting:
            self._hands.hand_on(job)
            with self._database.transaction("job", [job.engagement_id]) as db:
                outbox.started(db, job.id)
        return self._hands.take_up() > 0 or bool(waiting)

    def _cover(self, every: list[EngagementId], now: datetime) -> None:
        """Let the log of logs know what the logs have grown to, and keep its proofs; at a rhythm.

        What is appended now gets its place with this step, and its proof with the next round.
        """
        if self._covered is not None and now - self._covered < ledger.logs.RHYTHM:
            return
        self._covered = now
        with self._database.transaction("job", [*every, ledger.LOGS]) as db:
            ledger.logs.ask_witnesses(db, every, now)
            ledger.logs.keep_proofs(db)
            ledger.logs.cover(db, now, secrets.token_bytes)

    def _place(self, engagement: EngagementId, now: datetime) -> bool:
        """Give settled events their places; whether any are left that are not settled."""
        try:
            with self._database.transaction("job", [engagement]) as db:
                ledger.integrate(db, engagement, now)
                return bool(ledger.pending(db))
        except KeyMissing:  # erased; the others' logs go on
            log.warning("the log of %s has no key", engagement)
            return False

    def _route(self, engagement: EngagementId, who: ActorId, now: datetime) -> None:
        """Offer what waits, in the name of whoever said how; every few seconds."""
        if now - self._routed.get(engagement, now - ROUTING) < ROUTING:
            return
        self._routed[engagement] = now
        try:
            with operation(self._database, who) as op:
                execution.route(op, engagement)
        except OutworkError as error:  # another stage, say, or somebody who left the team
            log.info("nothing is offered in %s: %s", engagement, error.code)
        except KeyMissing:  # erased; the others' work goes on
            log.warning("nothing is offered in %s: it has no key", engagement)

    def _ask_for_drafts(self, db: Connection, engagement: EngagementId, now: datetime) -> None:
        """A job for each agent that something waits for, unless one is under way or gave up."""
        if not execution.waits_for(db, engagement, Role.AGENT, now):
            return
        for member in access.members(db, engagement):
            if Role.AGENT not in member.roles:
                continue
            last = outbox.last(db, execution.DRAFTING, f"{engagement}/{member.actor_id}")
            if last is not None and last.turns == 0 and now - last.asked_at < AGAIN:
                continue
            made = new_id("job", now)
            subject = f"{engagement}/{member.actor_id}"
            outbox.ask(db, Job(engagement, made, execution.DRAFTING, subject, member.actor_id, now))
