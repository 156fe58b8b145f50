"""A process of the kill test that writes entries, and tells of each once it is kept."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from outwork import documents, ledger
from outwork.kit.database import Database
from outwork.kit.keyring import Keyring
from outwork.operation import perform, utc_now
from outwork.vocabulary import EngagementId

WRITERS = 3
OPEN = documents.open_document.name


def main(dsn: str, keys: str, engagement: str, actor: str, document: str) -> None:
    """DSN, folder of keys, engagement, who opens which document: until it is killed."""
    database, telling = Database.connect(dsn, Keyring(Path(keys))), threading.Lock()

    def tell(line: str) -> None:
        with telling:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    def write() -> None:
        done = perform(database, actor, OPEN, {"document": document})
        tell(f"event {done.event}")

    def place() -> None:
        with database.transaction("job", [engagement]) as db:
            head = ledger.integrate(db, EngagementId(engagement), utc_now())
        tell(f"head {head.size} {head.root.hex()}")
        time.sleep(0.02)

    for doing in (*[write] * WRITERS, place):
        threading.Thread(target=_again_and_again, args=(doing,)).start()


def _again_and_again(doing: Callable[[], None]) -> None:
    while True:
        try:
            doing()
        except Exception:  # noqa: BLE001  (the database is killed under it, in any line)
            time.sleep(0.01)


if __name__ == "__main__":
    main(*sys.argv[1:])
