"""Discovery of services through entry points."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from outwork.practices.model import Service
from outwork.vocabulary import BadInput, NotFound


@cache
def catalogue() -> dict[str, Service]:
    """Every installed service by key, in order of key.

    Raises BadInput("service-without-samples") for a service that brings no sample inputs, and
    BadInput("service-twice") where two distributions bring the same key.
    """
    found: dict[str, Service] = {}
    for point in sorted(entry_points(group="outwork.services"), key=lambda p: p.name):
        candidate: Service = point.load()
        if not candidate.samples():
            raise BadInput("service-without-samples", service=candidate.key)
        if candidate.key in found:
            raise BadInput("service-twice", service=candidate.key)
        found[candidate.key] = candidate
    return found


def service(key: str) -> Service:
    """The service of that key; raises NotFound."""
    try:
        return catalogue()[key]
    except KeyError:
        raise NotFound("service", key) from None
