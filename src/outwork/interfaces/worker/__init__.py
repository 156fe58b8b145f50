"""What happens unasked: events get places, witnesses are asked, rows taken in, drafts made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outwork.interfaces.worker.loop import Worker
from outwork.interfaces.worker.stamping import Authority, Stamping, authority_of
from outwork.interfaces.worker.witnessing import Sender

if TYPE_CHECKING:
    from outwork.interfaces.worker.machine import Machine
    from outwork.kit.database import Database

__all__ = ["Authority", "Sender", "Stamping", "Worker", "authority_of", "durable_hands"]


def durable_hands(database: Database, dsn: str) -> Machine:
    """The hands that do jobs as durable workflows; imports DBOS, which takes its time."""
    from outwork.interfaces.worker.machine import Machine

    return Machine(database, dsn)
