"""Actors, memberships, and the one rule that decides."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from outwork.vocabulary import (
    NO_DIGEST,
    ActorId,
    Digest,
    EngagementId,
    NotFound,
    PartyId,
    Reason,
    Refusal,
    Role,
    Side,
    Stage,
)

INSTALLATION = EngagementId("installation")  # the log of what belongs to no engagement


class ActorKind(StrEnum):
    """Who acts: a person, an AI agent, or the system itself."""

    PERSON = "person"
    AGENT = "agent"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation: a client, a provider, or an auditor's firm."""

    id: PartyId
    name: str
    side: Side


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, agent or job. `roles` are those the actor's own party lets it take.

    Agents carry the model they run, its version and the digest of their instructions; `family`
    is the same for every version of one agent, which counts as one author.
    """

    id: ActorId
    kind: ActorKind
    name: str
    party_id: PartyId
    login: str
    zone: str
    locale: str = "en"
    roles: frozenset[Role] = frozenset()
    administrator: bool = False
    family: str = ""
    model: str = ""
    version: str = ""
    prompt_digest: Digest = NO_DIGEST


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in visitor, by the SHA-256 of its token in hexadecimal."""

    digest: str

    @staticmethod
    def of(token: str) -> Session:
        """The session of a token, whether or not there is one."""
        return Session(hashlib.sha256(token.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Membership:
    """An actor's place in one engagement, for a period (until is exclusive)."""

    engagement_id: EngagementId
    actor_id: ActorId
    party_id: PartyId
    side: Side
    roles: frozenset[Role]
    pseudonym: str
    valid_from: datetime
    valid_until: datetime

    def live(self, now: datetime) -> bool:
        """Whether the entitlement holds at this instant."""
        return self.valid_from <= now < self.valid_until


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The Ed25519 key with which a person signs: `public` in hexadecimal; the private half sealed.

    `salt`, passes, memory in KiB and lanes are those by which argon2id derives from the password
    what opens it. A retired key's private half is forgotten.
    """

    public: str
    actor_id: ActorId
    made_at: datetime
    retired_at: datetime | None
    salt: bytes
    sealed: bytes
    passes: int
    memory_kib: int
    lanes: int


# Nobody decides for the other side: a provider's person cannot accept what the provider delivers.
_CLIENT = frozenset({Role.VENDOR_MANAGER, Role.CLIENT_REVIEWER, Role.REVIEWER, Role.ANALYST})
_PROVIDER = frozenset({Role.DELIVERY_MANAGER, Role.ANALYST, Role.REVIEWER, Role.AGENT, Role.BIDDER})
FITTING: Mapping[Side, frozenset[Role]] = {
    Side.CLIENT: _CLIENT,
    Side.PROVIDER: _PROVIDER,
    Side.AUDITOR: frozenset({Role.AUDITOR}),
}


class InEngagement(Protocol):
    """Anything that lives in an engagement and stands at a stage."""

    @property
    def engagement_id(self) -> EngagementId: ...
    @property
    def stage(self) -> Stage | None: ...


@dataclass(frozen=True, slots=True)
class AtAnyStage:
    """A place in an engagement for acts that no stage has to do with."""

    engagement_id: EngagementId
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do an act, and at which stages; no stages means at any."""

    roles: frozenset[Role]
    stages: frozenset[Stage]
    administrator: bool = False

    def decide(self, act: str, actor: Actor, member: Membership | None, stage: Stage | None,
               now: datetime) -> None:  # fmt: skip
        """Return if allowed; raise NotFound to outsiders and Refusal, with reasons, to members."""
        if stage is None and member is None:
            if not (self.administrator and actor.administrator) and not (self.roles & actor.roles):
                raise Refusal("not-permitted", act=act, roles=_names(self.roles))
            return
        if member is None:
            raise NotFound("engagement", "")
        reasons: list[Reason] = []
        if not member.live(now):
            reasons.append(Reason("entitlement-ended", {"until": member.valid_until.isoformat()}))
        if not self.roles & member.roles:
            reasons.append(Reason("role-missing", {"roles": _names(self.roles)}))
        if reasons:
            raise Refusal("not-permitted", act=act, roles=_names(self.roles), reasons=reasons)
        if self.stages and stage not in self.stages:
            here = "" if stage is None else stage.value
            raise Refusal("wrong-stage", act=act, stage=here, stages=_names(self.stages))


def _names(words: frozenset[Role] | frozenset[Stage]) -> Sequence[str]:
    return sorted(w.value for w in words)
