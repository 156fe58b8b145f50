"""The witness that parties run, over a disk in memory, for benchmarks that ask it very often."""

from __future__ import annotations

import random
from pathlib import Path

from tests.support.disk import LossyDisk

from outwork.ledger import checkpoint
from outwork.witness import Store, Witness

TIME = 1_700_000_000  # POSIX seconds at which everything is cosigned


def witness(name: str, *logs: checkpoint.VerifierKey) -> Witness:
    """A witness with a key of its own that knows these logs and has cosigned nothing."""
    signer = checkpoint.generate_signer(name, checkpoint.COSIGNATURE_V1)
    store = Store.create(Path("/witness"), signer, LossyDisk(random.Random(1)))
    for key in logs:
        store.trust(key, TIME)
    return Witness(store, lambda: TIME)
