"""Integrates logs and lets agents draft, twice a second or when there is more."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from outwork import access, agreements, ledger
from outwork.kit.database import Database
from outwork.stages import execution
from outwork.vocabulary import ActorId, EngagementId, OutworkError, Role

PAUSE_S = 0.5
CHUNKS = 20  # of rows, before others have their turn
log = logging.getLogger("outwork.worker")


class Worker:
    """Call `run` in a process of its own, or `start` for a thread; ends after a whole step."""

    def __init__(self, database: Database, pause_s: float = PAUSE_S) -> None:
        self._database, self._pause = database, pause_s
        self._over = threading.Event()
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
        while not self._over.is_set():
            try:
                busy = self.step()
            except SQLAlchemyError:
                # The database may be starting again; what was not committed is done again.
                log.exception("a step failed and will be tried again")
                busy = False
            self._over.wait(0.0 if busy else self._pause)

    def step(self) -> bool:
        """Integrate what is settled and draft one item for each agent; whether more may wait."""
        with self._database.transaction("job") as db:
            now = access.tick(db)
            every = agreements.directory(db)
        with self._database.transaction("job", every) as db:
            pending = ledger.pending(db)
            importing = execution.admitting(db)
            drafting = {
                e: _agents(db_members)
                for e in every
                if execution.waits_for(db, e, Role.AGENT, now)
                and (db_members := access.members(db, e))
            }
        for engagement in pending:
            with self._database.transaction("job", [engagement]) as db:
                ledger.integrate(db, engagement, now)
        # Every agent drafts one item a step: none waits for another's batch to end.
        drafted = [self._draft(agent, e) for e, agents in drafting.items() for agent in agents]
        return any([*drafted, *[self._admit(each) for each in importing]])

    def _admit(self, import_: execution.Import) -> bool:
        try:
            return all(
                execution.admit_next(self._database, import_.started_by, import_.id)
                for _ in range(CHUNKS)
            )
        except OutworkError as error:
            # Who started it may no longer: somebody else gives it up, or starts it again.
            log.warning("%s does not go on: %s", import_.id, error.code)
            return False

    def _draft(self, agent: ActorId, engagement: EngagementId) -> bool:
        try:
            return execution.draft_next(self._database, agent, engagement) is not None
        except OutworkError as error:
            # An agent that is not certified or no longer entitled drafts nothing: people do it.
            log.info("%s does not draft: %s", agent, error.code)
            return False


def _agents(members: list[access.Membership]) -> list[ActorId]:
    return [m.actor_id for m in members if Role.AGENT in m.roles]
