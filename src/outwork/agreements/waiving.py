"""The one exception to a gate: asked for by its owner, countersigned by somebody else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import SecretStr

from outwork import access, ledger
from outwork.agreements import events, queries, store
from outwork.agreements.model import (
    NEVER_WAIVED,
    Waiver,
)
from outwork.agreements.signing import SIGNING, sign
from outwork.operation import Operation, act
from outwork.vocabulary import (
    BadInput,
    EngagementId,
    Refusal,
    Role,
    Side,
    Stage,
    WaiverId,
)

# What goes into the public log as it was typed has to be a name and cannot be a sentence.
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
ASKS = "asks for the waiver and answers for its risk"
COUNTERSIGNS = "countersigns the waiver"
SIGNATORIES = (Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER, Role.CLIENT_REVIEWER)


@act(
    roles=[Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER],
    records=[events.WaiverRequested, *SIGNING],
)
def request_waiver(
    op: Operation,
    engagement: EngagementId,
    gate: Stage,
    codes: Sequence[str],
    reason: str,
    risk_owner: str,
    expires: datetime,
    name: str,
    password: SecretStr,
) -> WaiverId:
    """Ask to pass a gate in spite of named reasons, for a while, at a named person's risk."""
    found = queries.engagement(op.db, engagement)
    op.require(found)
    member = access.membership(op.db, engagement, op.actor.id)
    assert member is not None  # require() has seen it
    owner = Side.PROVIDER if Stage.TRANSFER.position <= gate.position <= 5 else Side.CLIENT
    if member.side is not owner:
        raise Refusal("not-gate-owner", gate=gate.value, side=owner.value)
    fixed = sorted(set(codes) & NEVER_WAIVED)
    if fixed or not codes:
        raise Refusal("not-waivable", codes=fixed)
    if any(not _NAME.match(code) for code in codes):
        raise BadInput("code-malformed")
    if not reason.strip() or not risk_owner.strip():
        raise BadInput("waiver-incomplete")
    if expires <= op.now:
        raise BadInput("expiry-past", expires=expires.isoformat())
    event = events.WaiverRequested(
        engagement=engagement,
        waiver=WaiverId(op.new_id("wvr")),
        gate=gate,
        codes=tuple(sorted(set(codes))),
        side=member.side,
        expires=expires,
        reason=reason,
        risk_owner=risk_owner,
    )
    digest, salts = ledger.digest_of(event, op.entropy)
    made = Waiver(
        engagement_id=engagement,
        id=event.waiver,
        gate=gate,
        codes=event.codes,
        reason=reason,
        risk_owner=risk_owner,
        requested_by=op.actor.id,
        side=member.side,
        expires_at=expires,
        digest=digest,
    )
    store.waivers.add(op.db, made)
    op.record(event, salts)
    sign(op, engagement, name, password, ASKS, digest)
    return made.id


@act(roles=SIGNATORIES, records=[events.WaiverCountersigned, *SIGNING])
def countersign_waiver(op: Operation, waiver: WaiverId, name: str, password: SecretStr) -> None:
    """Take responsibility for a waiver that someone else asked for."""
    found = store.waivers.get(op.db, waiver, lock=True)
    engagement = queries.engagement(op.db, found.engagement_id)
    op.require(engagement)
    member = access.membership(op.db, engagement.id, op.actor.id)
    assert member is not None  # require() has seen it
    if found.requested_by == op.actor.id:
        raise Refusal("maker-is-checker", act="agreements.countersign_waiver")
    if engagement.provider_id is not None and member.side is found.side:
        raise Refusal("countersigner-same-side", side=found.side.value)
    if found.countersigned_by is not None:
        raise Refusal("already-countersigned")
    if found.expires_at <= op.now:
        raise Refusal("waiver-expired", waiver=waiver)
    sign(op, engagement.id, name, password, COUNTERSIGNS, found.digest)
    store.waivers.save(op.db, replace(found, countersigned_by=op.actor.id))
    op.record(events.WaiverCountersigned(engagement=engagement.id, waiver=waiver, side=member.side))
