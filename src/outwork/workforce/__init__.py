"""People and agents across engagements: what they bring, and whom they must not work for.

A qualification belongs to the actor and holds in every engagement; a need belongs to a line of a
statement of work. Whether one fits the other is one rule, `ineligible`, stated once more as an SQL
condition (`MET`) that the claim tests; a property test holds the two equal.
"""

from outwork.workforce.actions import bar, lift_barrier, qualify
from outwork.workforce.model import (
    Need,
    Qualification,
    asked,
    clearance_level,
    codes,
    ineligible,
    meets,
    with_broader,
)
from outwork.workforce.queries import need_of, needs_of, qualification
from outwork.workforce.store import MET, set_need

__all__ = [
    "MET",
    "Need",
    "Qualification",
    "asked",
    "bar",
    "clearance_level",
    "codes",
    "ineligible",
    "lift_barrier",
    "meets",
    "need_of",
    "needs_of",
    "qualification",
    "qualify",
    "set_need",
    "with_broader",
]
