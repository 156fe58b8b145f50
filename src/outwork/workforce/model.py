"""Qualifications, needs, and the one rule that compares them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from outwork.vocabulary import ActorId, BadInput, EngagementId, LineId, PartyId, Reason

HIGHEST_CLEARANCE = 9
MOST_CODES = 50
# What goes into a log as it was typed has to be a code and cannot be a sentence.
_WORD = r"[a-z0-9]{1,30}(-[a-z0-9]{1,30}){0,4}"
_CODE = re.compile(rf"{_WORD}(\.{_WORD}){{0,4}}\Z")


@dataclass(frozen=True, slots=True)
class Qualification:
    """What an actor brings to any engagement.

    `skills` are dotted codes, closed upward (`with_broader`); `languages` are BCP 47 tags in lower
    case; `credentials` give the instant at which each expires (exclusive); `barred` are parties
    for or against whom the actor must not work. Clearance goes from 0 (none) to 9.
    """

    actor_id: ActorId
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    clearance: int = 0
    credentials: Mapping[str, datetime] = field(default_factory=dict)
    barred: frozenset[PartyId] = frozenset()


@dataclass(frozen=True, slots=True)
class Need:
    """What a line of a statement of work asks of whoever works on it.

    `adverse` are parties on the other side of the client's matter: whoever is barred from one of
    them is barred from the line.
    """

    engagement_id: EngagementId
    line_id: LineId
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    clearance: int = 0
    credentials: frozenset[str] = frozenset()
    adverse: frozenset[PartyId] = frozenset()


def with_broader(skills: Iterable[str]) -> frozenset[str]:
    """Skills with every broader one: who can do "legal.leases" can do "legal"."""
    closed = set()
    for skill in skills:
        parts = skill.split(".")
        closed |= {".".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return frozenset(closed)


def ineligible(
    person: Qualification, need: Need | None, client: PartyId, now: datetime
) -> list[Reason]:
    """Why an actor may not work on a line for a client; empty if it may.

    A line without a need asks for nothing, but a barrier against its client holds. Reasons name
    codes and dates, never the party of a barrier.
    """
    reasons: list[Reason] = []
    if client in person.barred:
        reasons.append(Reason("barred-by-client"))
    if need is None:
        return reasons
    if need.adverse & person.barred:
        reasons.append(Reason("barred-by-adverse-party"))
    if lacking := need.skills - person.skills:
        reasons.append(Reason("skill-missing", {"skills": sorted(lacking)}))
    if unspoken := need.languages - person.languages:
        reasons.append(Reason("language-missing", {"languages": sorted(unspoken)}))
    if person.clearance < need.clearance:
        reasons.append(
            Reason("clearance-too-low", {"has": person.clearance, "needs": need.clearance})
        )
    if absent := need.credentials - person.credentials.keys():
        reasons.append(Reason("credential-missing", {"credentials": sorted(absent)}))
    reasons += (
        Reason("credential-expired", {"credential": code, "at": until.isoformat()})
        for code, until in sorted(person.credentials.items())
        if code in need.credentials and until <= now
    )
    return reasons


def meets(person: Qualification) -> tuple[frozenset[str], dict[str, float]]:
    """What a person meets, as conditions for `methods.eligibility`, and when some of them end.

    Ends are seconds since 1970. Barriers are conditions that `asked` excludes.
    """
    met = {f"skill {s}" for s in person.skills} | {f"language {t}" for t in person.languages}
    met |= {f"clearance {level}" for level in range(1, person.clearance + 1)}
    met |= {f"barred {party}" for party in person.barred}
    ends = {f"credential {c}": until.timestamp() for c, until in person.credentials.items()}
    return frozenset(met), ends


def asked(need: Need | None, client: PartyId) -> tuple[list[str], list[str]]:
    """The conditions that a line needs, and those that exclude, in the words of `meets`."""
    excluded = [f"barred {client}"]
    if need is None:
        return [], excluded
    needed = [f"skill {s}" for s in sorted(need.skills)]
    needed += [f"language {t}" for t in sorted(need.languages)]
    needed += [f"credential {c}" for c in sorted(need.credentials)]
    if need.clearance:
        needed.append(f"clearance {need.clearance}")
    return needed, excluded + [f"barred {p}" for p in sorted(need.adverse)]


def codes(given: Collection[str], what: str) -> frozenset[str]:
    """The codes as a set; raises BadInput that names the first that is not one, or too many."""
    if len(given) > MOST_CODES:
        raise BadInput("codes-too-many", what=what, most=MOST_CODES)
    for code in given:
        if not _CODE.match(code):
            raise BadInput("not-a-code", what=what, value=code[:100])
    return frozenset(given)


def clearance_level(given: int) -> int:
    """The level itself; raises BadInput outside 0 to 9."""
    if not 0 <= given <= HIGHEST_CLEARANCE:
        raise BadInput("clearance-outside", highest=HIGHEST_CLEARANCE)
    return given
