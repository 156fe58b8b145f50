"""Cosigning: judge, keep, and only then answer."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from outwork import ledger
from outwork.witness.model import PLAIN, Head, Rejected, judge, read_request
from outwork.witness.store import Store


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: str
    media_type: str = PLAIN


class Witness:
    """Cosigns a log's checkpoint only if it extends the last one that it cosigned.

    Its memory is the store; `clock` gives POSIX seconds. Threads may share it.
    """

    def __init__(self, store: Store, clock: Callable[[], int] = lambda: int(time.time())) -> None:
        self.store, self._clock = store, clock
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answers a request; 200 with the cosignature's line, once it is durable.

        Raises Damaged where the store lost what was cosigned, and OSError where it cannot keep it.
        """
        try:
            request = read_request(body)
            origin = request.asked.origin
            keys = self.store.keys(origin)
            if not keys:
                raise Rejected(404, "unknown log")
            # Judging and keeping are one step: two requests at once could roll the log back.
            with self._turns[origin]:
                head, _, last = self.store.latest(origin)
                judge(request, keys, head)
                note = ledger.checkpoint.parse_note(request.note)
                known = {(key.name, key.key_id) for key in keys}
                lines = tuple(s for s in note.signatures if (s.name, s.key_id) in known)
                return Answer(200, self.store.keep(note.text, lines, max(self._clock(), last)))
        except Rejected as refusal:
            return Answer(refusal.status, refusal.body, refusal.media_type)

    def head(self, origin: str) -> Head:
        """The last head cosigned of a log that is known; raises Damaged."""
        return self.store.latest(origin)[0]
