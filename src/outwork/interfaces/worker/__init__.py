"""What happens unasked: events get their place, rows become items, agents draft what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outwork.interfaces.worker.loop import Worker

if TYPE_CHECKING:
    from outwork.interfaces.worker.machine import Machine
    from outwork.kit.database import Database

__all__ = ["Worker", "durable_hands"]


def durable_hands(database: Database, dsn: str) -> Machine:
    """The hands that do jobs as durable workflows; imports DBOS, which takes its time."""
    from outwork.interfaces.worker.machine import Machine

    return Machine(database, dsn)
