"""Has checkpoints stamped by an outside authority (RFC 3161), in a thread of its own.

The authority may be slow or away, and nothing else waits for it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import psycopg
from cryptography import x509
from sqlalchemy.exc import SQLAlchemyError

from outwork import agreements, ledger
from outwork.kit.database import Database
from outwork.operation import utc_now
from outwork.vocabulary import BadInput, EngagementId

URL, ROOTS = "OUTWORK_TIMESTAMP_URL", "OUTWORK_TIMESTAMP_ROOTS"
EVERY = timedelta(hours=1)  # of one engagement at most; a busy log has a checkpoint a second
PAUSE_S, PATIENCE_S = 60.0, 20.0
log = logging.getLogger("outwork.worker")


@dataclass(frozen=True, slots=True)
class Authority:
    """Where timestamps come from; with `roots`, only those that lead to one of them are kept."""

    url: str
    roots: tuple[x509.Certificate, ...] = ()

    def stamp(self, head: ledger.checkpoint.Checkpoint) -> tuple[bytes, datetime]:
        """The token over a checkpoint and its time; raises TimestampRefused or httpx.HTTPError."""
        asked = ledger.timestamps.query(head)
        headers = {"Content-Type": "application/timestamp-query"}
        with httpx.stream(
            "POST", self.url, content=asked.data, headers=headers, timeout=PATIENCE_S
        ) as response:
            response.raise_for_status()
            answer = b""
            for piece in response.iter_bytes():
                answer += piece
                if len(answer) > ledger.timestamps.LARGEST:
                    raise ledger.timestamps.TimestampRefused("the answer is too long")
        return ledger.timestamps.token_of(asked, answer, self.roots)


def authority_of(environment: Mapping[str, str]) -> Authority | None:
    """The authority that the operator configured: its URL, and a PEM file of whom it leads to.

    Raises BadInput for a file that cannot be read as certificates, or a URL that is none.
    """
    url, roots = environment.get(URL, ""), environment.get(ROOTS, "")
    if not url:
        return None
    if not url.startswith(("http://", "https://")):
        raise BadInput("setting-malformed", setting=URL, problem="not a web address")
    try:
        known = x509.load_pem_x509_certificates(Path(roots).read_bytes()) if roots else []
    except (OSError, ValueError) as error:
        raise BadInput("setting-malformed", setting=ROOTS, problem=str(error)) from error
    return Authority(url, tuple(known))


class Stamping:
    """Stamps what has to be stamped, again and again, until told to end."""

    def __init__(self, database: Database, authority: Authority, every: timedelta = EVERY) -> None:
        self._database, self._authority, self._every = database, authority, every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outwork-stamping", daemon=True)

    def start(self) -> None:
        """Begin in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._over.set()
        self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self.step(utc_now())
            except (SQLAlchemyError, psycopg.Error):
                log.exception("stamping failed and will be tried again")
            self._over.wait(PAUSE_S)

    def step(self, now: datetime) -> int:
        """Stamp the newest checkpoint of each engagement that is due; gives how many."""
        with self._database.transaction("job") as db:
            every = agreements.directory(db)
        return sum(self._stamp(engagement, now) for engagement in every)

    def _stamp(self, engagement: EngagementId, now: datetime) -> bool:
        url = self._authority.url
        with self._database.transaction("job", [engagement]) as db:
            head = ledger.to_be_stamped(db, engagement, url, now - self._every)
        if head is None:
            return False
        try:
            token, at = self._authority.stamp(head)  # with no transaction open
        except (ledger.timestamps.TimestampRefused, httpx.HTTPError) as error:
            log.warning("no timestamp for %s from %s: %s", engagement, url, error)
            return False
        with self._database.transaction("job", [engagement]) as db:
            ledger.keep_timestamp(
                db, ledger.timestamps.Timestamp(engagement, head.size, url, at, token)
            )
        return True
