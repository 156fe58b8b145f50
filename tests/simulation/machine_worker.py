"""A worker process of the kill test: DSN_APP DSN_JOBS KEYS PAUSE, until it is killed.

Each turn takes PAUSE seconds longer, so that a kill finds it in the middle.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from tests.support.service import KEY, tiny_service

from outwork import practices
from outwork.interfaces.worker import Worker, durable_hands
from outwork.kit.database import Database
from outwork.kit.keyring import Keyring
from outwork.stages import execution


def main(app: str, jobs: str, keys: str, pause: str) -> None:
    """Work."""
    practices.catalogue()[KEY] = tiny_service()
    real = execution.turn

    def slowly(*arguments: Any) -> tuple[int, bool]:
        done = real(*arguments)
        time.sleep(float(pause))
        return done

    execution.turn = slowly
    database = Database.connect(app, Keyring(Path(keys)))
    hands = durable_hands(database, jobs)
    hands.begin()
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    Worker(database, hands=hands).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
