"""What happens unasked: events get their place in the log, and agents draft what waits for them."""

from outwork.interfaces.worker.loop import Worker

__all__ = ["Worker"]
