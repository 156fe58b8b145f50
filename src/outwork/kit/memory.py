"""Python's cyclic collector, kept out of the way of what makes many values and no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles meanwhile; what nobody refers to is freed as always.

    For work of bounded size: five thousand rows make the collector pass over every value of the
    process some fifty times, which takes longer than sealing them.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
