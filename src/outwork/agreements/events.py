"""What happens to agreements, in the past tense."""

from __future__ import annotations

from datetime import datetime

from outwork.ledger import EventBody, Sealed, event
from outwork.vocabulary import (
    AgreementId,
    Digest,
    LineId,
    PartyId,
    Role,
    Shape,
    Side,
    Stage,
    WaiverId,
    WitnessId,
    WorkOrderId,
)


@event()
class PartyRegistered(EventBody):
    """An organisation was registered."""

    party: PartyId
    side: Side
    name: Sealed[str]


@event()
class ActorRegistered(EventBody):
    """A person or agent was registered."""

    subject: str
    actor_kind: str
    party: PartyId
    roles: tuple[Role, ...]
    name: Sealed[str]


@event()
class EngagementOpened(EventBody):
    """A client opened an engagement."""

    client: PartyId
    currency: str
    shape: Shape
    title: Sealed[str]
    brief: Sealed[str]


@event()
class MemberJoined(EventBody):
    """An actor takes part under a pseudonym; `family` is one author in maker-checker."""

    subject: str
    actor_kind: str
    family: str
    party: PartyId
    side: Side
    roles: tuple[Role, ...]
    name: Sealed[str]
    model: Sealed[str]


@event()
class AgreementConcluded(EventBody):
    """Client and provider stand under a master agreement."""

    agreement: AgreementId
    client: PartyId
    provider: PartyId
    terms: Sealed[dict[str, object]]


@event()
class Signed(EventBody):
    """A person signed a record, bound to its digest.

    `key` is the person's Ed25519 key in hexadecimal, `signature` in base64 that over the statement
    which docs/formats/signatures.md specifies.
    """

    side: Side
    meaning: str
    digest: Digest
    key: str
    signature: str
    name: Sealed[str]


@event()
class SigningKeyBound(EventBody):
    """A person signs with this key from now on, instead of the one that it replaces.

    `proof` is its own signature over that, `endorsed` that of the key before; a key whose password
    was forgotten cannot endorse another.
    """

    subject: str
    key: str
    replaces: str | None
    proof: str
    endorsed: str | None


@event()
class StagePassed(EventBody):
    """A gate opened; `waived` lists the reasons that a waiver covered."""

    work_order: WorkOrderId | None
    left: Stage
    reached: Stage
    waived: tuple[str, ...]


@event()
class WaiverRequested(EventBody):
    """A gate's owner asked to pass in spite of named reasons."""

    waiver: WaiverId
    gate: Stage
    codes: tuple[str, ...]
    side: Side
    expires: datetime
    reason: Sealed[str]
    risk_owner: Sealed[str]


@event()
class WaiverCountersigned(EventBody):
    """Someone else took responsibility for a waiver too."""

    waiver: WaiverId
    side: Side


@event()
class WorkOrderOpened(EventBody):
    """A batch or request was called off."""

    work_order: WorkOrderId
    line: LineId
    shape: Shape
    due: datetime | None
    title: Sealed[str]


@event()
class WitnessEnrolled(EventBody):
    """A side's witness is sent every checkpoint; `key` is the SHA-256 of its verifier key."""

    witness: WitnessId
    side: Side
    key: Digest
    name: Sealed[str]
    url: Sealed[str]


@event()
class WitnessRetired(EventBody):
    """A side's witness is sent nothing any more."""

    witness: WitnessId
    side: Side
