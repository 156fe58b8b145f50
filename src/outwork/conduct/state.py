"""What a run knows: the file, who is who, and what it has kept between calls."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from outwork import access, agreements, ledger
from outwork.agreements import Engagement, WorkOrder
from outwork.conduct.judgments import Judgments
from outwork.conduct.model import EngagementFile
from outwork.kit.database import Connection, Database, keyring_of
from outwork.operation import Operation, operation
from outwork.vocabulary import ActorId, BadInput, EngagementId, Role, WorkOrderId

STATE = "run.json"
SETTLING_TRIES, SETTLING_PAUSE_S = 200, 0.05


def own_password(db: Connection, actor: ActorId) -> str:
    """The password of a person who signs by the hand of a run."""
    return keyring_of(db).make(f"run-{actor}").hex()


def hand_over(db: Connection, actor: ActorId, password: str, now: datetime) -> None:
    """Give a person a password of their own; the key with which a run signed stays theirs."""
    mine = own_password(db, actor)
    if access.password_fits(db, actor, mine):
        access.change_password(db, actor, mine, password, now)
    else:
        access.set_password(db, actor, password, now)


class PersonNeeded(Exception):
    """A person must act and the file brings nothing: who, what, and where in the workspace."""

    def __init__(self, who: str, code: str, place: str, **params: Any) -> None:
        super().__init__(who, code, place)
        self.who, self.code, self.place, self.params = who, code, place, params


@dataclass(slots=True)
class Saved:
    """Kept in run.json between calls: ids by key of the file, nonces, refused files, times."""

    engagement: str = ""
    parties: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    work_order: str = ""
    nonces: dict[str, str] = field(default_factory=dict)
    refused: list[dict[str, str]] = field(default_factory=list)
    items: int = 0
    figures: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @staticmethod
    def load(folder: Path) -> Saved:
        """What an earlier call left; raises BadInput if it cannot be read."""
        path = folder / STATE
        if not path.exists():
            return Saved()
        try:
            return Saved(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            raise BadInput("file-unreadable", file=str(path), problem="not a run's state") from None

    def save(self, folder: Path) -> None:
        """Write it whole or not at all; it holds nonces, so it is private (mode 0600)."""
        path = folder / f"{STATE}.new"
        with open(path, "w", encoding="utf-8", opener=_private) as file:
            json.dump(asdict(self), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        path.replace(folder / STATE)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@dataclass(slots=True)
class Run:
    """One call of `run`."""

    database: Database
    file: EngagementFile
    inputs: Path
    out: Path
    saved: Saved
    judgments: Mapping[str, Judgments]
    progress: Callable[[str, str, int, int], None]
    clock: Callable[[], datetime]
    turns: dict[str, int] = field(default_factory=dict)  # places of items in the batch, once read

    @contextmanager
    def acting(self, person: str) -> Iterator[Operation]:
        """An operation of a person of the file, or of "administrator"."""
        with operation(self.database, self.saved.people[person], self.clock()) as op:
            yield op

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A transaction that sees this engagement, for decisions about what to do next."""
        scope = [self.saved.engagement] if self.saved.engagement else []
        with self.database.transaction("job", scope) as db:
            yield db

    def integrate(self) -> None:
        """Give what has happened its place in the log.

        Somebody else's transaction may hold it up, so it is tried for a while; what is still not
        settled then gets its place with the next call.
        """
        self._settle(EngagementId(self.saved.engagement))

    def cover(self) -> None:
        """Let the log of logs know what the log is now, and keep its proof, as a worker does."""
        both = [self.saved.engagement, ledger.LOGS]
        with self.database.transaction("job", both) as db:
            ledger.logs.cover(db, self.clock(), secrets.token_bytes)
        self._settle(ledger.LOGS)
        with self.database.transaction("job", both) as db:
            ledger.logs.keep_proofs(db)

    def _settle(self, log: EngagementId) -> None:
        for _ in range(SETTLING_TRIES):
            with self.database.transaction("job", [log]) as db:
                ledger.integrate(db, log, self.clock())
            with self.database.transaction("job", [log]) as db:
                if not ledger.pending(db):
                    return
            time.sleep(SETTLING_PAUSE_S)

    def engagement(self, db: Connection) -> Engagement:
        """The engagement as it stands."""
        return agreements.engagement(db, EngagementId(self.saved.engagement))

    def order(self, db: Connection) -> WorkOrder:
        """The work order as it stands."""
        return agreements.work_order(db, WorkOrderId(self.saved.work_order))

    def actor(self, person: str) -> ActorId:
        """The actor behind a key of the file."""
        return ActorId(self.saved.people[person])

    def signature(self, person: str, code: str, place: str) -> tuple[str, SecretStr]:
        """Name and password with which a person of the file signs by the hand of this run.

        Whoever has no password yet gets one that only the installation's keyring holds. Raises
        PersonNeeded for a person who has one of their own: nobody else signs for them.
        """
        actor, name = self.actor(person), self.file.person(person).name
        with self.database.transaction("job") as db:
            mine = own_password(db, actor)
            if not access.has_password(db, actor):
                access.set_password(db, actor, mine, self.clock())
            if not access.password_fits(db, actor, mine):
                raise PersonNeeded(name, code, f"engagements/{self.saved.engagement}/{place}")
        return name, SecretStr(mine)

    def needs(self, person: str | None, role: Role, code: str, place: str) -> str:
        """The person who does it; raises PersonNeeded where the file names nobody."""
        if person is not None:
            return person
        holders = [p.name for p in self.file.people if role in p.roles]
        who = f"{' or '.join(holders) or 'nobody yet'} ({role.value})"
        raise PersonNeeded(who, code, f"engagements/{self.saved.engagement}/{place}")
