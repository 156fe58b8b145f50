"""What a service is, and how services are found.

A service is a value: its questions, guideline, drafter, checks, renderer, samples and mutations.
Practices register under the entry point group `outwork.services`; see `catalogue`.
"""

from outwork.practices.model import (
    LONGEST_EFFORT,
    Candidate,
    Case,
    Deliverable,
    Draft,
    Mutation,
    RenderedItem,
    Sample,
    Service,
    check_answers,
)
from outwork.practices.queries import catalogue, service

__all__ = [
    "LONGEST_EFFORT",
    "Candidate",
    "Case",
    "Deliverable",
    "Draft",
    "Mutation",
    "RenderedItem",
    "Sample",
    "Service",
    "catalogue",
    "check_answers",
    "service",
]
