"""Sends each new checkpoint to the parties' witnesses and keeps what they cosign.

It works beside everything else: nobody waits for a witness, however slow it is.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
from sqlalchemy.exc import SQLAlchemyError

from outwork import agreements, ledger
from outwork.kit.database import Connection, Database
from outwork.ledger import Witness
from outwork.operation import Clock, utc_now
from outwork.witness import write_request

PAUSE_S = 0.5
TIMEOUT_S = 10.0
AT_ONCE = 8
LARGEST_ANSWER = 16 * 1024  # bytes
log = logging.getLogger("outwork.witnesses")


class Sender:
    """Call `start` for a thread of its own, or `step` for one round."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock
        self._http = httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outwork-witnesses", daemon=True)

    def start(self) -> None:
        """Begin in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a request under way is given up."""
        self._over.set()
        self._http.close()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self.step()
            except (SQLAlchemyError, psycopg.Error):
                log.exception("checkpoints were not sent and will be sent again")
            self._over.wait(PAUSE_S)

    def step(self) -> int:
        """Ask every witness that has a checkpoint before it; how many cosigned."""
        with self._database.transaction("job") as db:
            every = [*agreements.directory(db), ledger.LOGS]
        with self._database.transaction("job", every) as db:
            due = ledger.witnessing.due(db, self._clock())
        if not due:
            return 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return sum(pool.map(self._ask, due))

    def _ask(self, witness: Witness) -> bool:
        problem, size = self._asked(witness, witness.size)
        if problem == "witness-elsewhere" and size != witness.size:
            # It has cosigned another tree last than we were told: from there, then.
            problem, _ = self._asked(witness, size)
        if problem:
            with self._database.transaction("job", [witness.engagement_id]) as db:
                ledger.witnessing.tried(db, witness.id, self._clock(), problem)
            log.warning("%s did not cosign %s: %s", witness.name, witness.engagement_id, problem)
        return not problem

    def _asked(self, witness: Witness, old: int) -> tuple[str, int]:
        """Why it did not cosign, empty if it did; and the size that it has cosigned."""
        with self._database.transaction("job", [witness.engagement_id]) as db:
            size, note, proof = _request(db, witness, old)
        if old > size:
            return "witness-ahead", old  # it has seen more of the log than there is now
        try:
            got = self._http.post(
                f"{witness.url}/add-checkpoint", content=write_request(old, proof, note)
            )
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError):
            return "witness-unreachable", old
        if len(got.content) > LARGEST_ANSWER:
            return "witness-unreadable", old
        if got.status_code == 409:
            return "witness-elsewhere", _size(got.text, old)
        if got.status_code != 200:
            return "witness-refuses", old
        line = _line(witness, note, got.content)
        if line is None:
            return "witness-unreadable", old
        with self._database.transaction("job", [witness.engagement_id]) as db:
            ledger.witnessing.cosigned(db, witness.id, size, line, self._clock())
        return "", size


def _request(db: Connection, witness: Witness, old: int) -> tuple[int, bytes, list[bytes]]:
    note = ledger.latest_checkpoint(db, witness.engagement_id)
    assert note is not None  # it is due
    size = ledger.checkpoint.parse_checkpoint(ledger.checkpoint.parse_note(note.encode()).text).size
    nodes = ledger.Nodes(db, witness.engagement_id)
    proof = [] if old > size else ledger.tree.consistency_proof(old, size, nodes)
    return size, note.encode(), proof


def _size(text: str, otherwise: int) -> int:
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else otherwise


def _line(witness: Witness, note: bytes, answer: bytes) -> ledger.checkpoint.SignatureLine | None:
    """The witness's own line, if it verifies; others are passed over (C2SP tlog-witness)."""
    key = ledger.checkpoint.parse_verifier_key(witness.key)
    text = ledger.checkpoint.parse_note(note).text
    try:
        whole = ledger.checkpoint.parse_note(f"{text}\n".encode() + answer)
        own = [s for s in whole.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
        if len(own) != 1:
            return None
        key.verify(text.encode(), own[0].signature)
    except ledger.checkpoint.NoteError:
        return None
    return own[0]
