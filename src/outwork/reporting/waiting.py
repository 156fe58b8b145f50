"""What waits for somebody, over all engagements, most pressing first."""

from __future__ import annotations

from collections.abc import Mapping

from outwork import access, agreements, ledger
from outwork.access import Membership
from outwork.agreements import Engagement
from outwork.kit import outbox
from outwork.kit.outbox import JobState
from outwork.operation import Operation
from outwork.reporting.model import InboxEntry
from outwork.reporting.queries import current_order, stage_of
from outwork.reporting.work import queue_of
from outwork.stages import execution, transfer
from outwork.stages.execution import AssignmentState
from outwork.vocabulary import Json, Purpose, Role, Stage


def inbox(op: Operation) -> list[InboxEntry]:
    """What waits for the actor, over all its engagements, most pressing first."""
    entries: list[InboxEntry] = []
    for member in access.memberships_of(op.db, op.actor.id):
        if not member.live(op.now):
            continue
        engagement = agreements.engagement(op.db, member.engagement_id)
        if engagement.stage is Stage.CLOSED:
            continue
        entries += _held(op, engagement)
        entries += _handed_over(op, engagement)
        entries += _work(op, member, engagement)
        entries += _alarms(op, member, engagement)
        entries += _asked(op, member, engagement)
        entries += _decisions(op, member, engagement)
        entries += _countersigning(op, member, engagement)
    return entries


def _held(op: Operation, engagement: Engagement) -> list[InboxEntry]:
    held = execution.held_by(op.db, engagement.id, op.actor.id, op.now)
    if held is None:
        return []
    item = execution.item(op.db, held.item_id)
    place = f"desk/{held.id}"
    return [_entry("continue", engagement, place, {"name": item.name}, due=held)]


def _handed_over(op: Operation, engagement: Engagement) -> list[InboxEntry]:
    return [
        _entry(
            "handed-over", engagement, f"hand-overs/{found.id}",
            {"name": execution.item(op.db, found.item_id).name},
        )
        for found in execution.hand_overs(op.db, to=op.actor.id)
        if found.engagement_id == engagement.id
    ]  # fmt: skip


def _asked(op: Operation, member: Membership, engagement: Engagement) -> list[InboxEntry]:
    """Questions that the client's side is asked, and efforts that a delivery manager decides."""
    counts: dict[str, int] = {}
    if member.roles & {Role.VENDOR_MANAGER, Role.CLIENT_REVIEWER}:
        counts["questions-open"] = execution.open_escalations(op.db, engagement.id)
    if Role.DELIVERY_MANAGER in member.roles:
        claims = execution.effort_claims(op.db, engagement.id)
        counts["efforts-open"] = sum(c.accepted is None for c in claims)
    place = f"engagements/{engagement.id}/questions"
    return [_entry(kind, engagement, place, {"count": n}) for kind, n in counts.items() if n]


def _entry(
    kind: str,
    engagement: Engagement,
    place: str,
    params: Mapping[str, Json] | None = None,
    due: execution.Assignment | None = None,
) -> InboxEntry:
    return InboxEntry(
        kind=kind,
        engagement_id=engagement.id,
        engagement=engagement.title,
        place=place,
        params=params or {},
        due=due.leased_until if due else None,
    )


def _work(op: Operation, member: Membership, engagement: Engagement) -> list[InboxEntry]:
    waiting = queue_of(op, member, engagement).waiting
    entries = []
    if Role.ANALYST in member.roles:
        certifying = [
            a
            for a in execution.certifying(op.db, engagement.id, op.actor.id)
            if a.state is not AssignmentState.DONE
        ]
        certified = transfer.certified(op.db, engagement.id, op.actor.id)
        if transfer.pause_of(op.db, engagement.id, op.actor.id) is not None:
            entries.append(_entry("paused-from-work", engagement, "work"))
        elif certifying or (not certified and transfer.control_items(op.db, engagement.id)):
            place = f"engagements/{engagement.id}/transfer"
            entries.append(_entry("certification", engagement, place))
        elif certified and waiting.get(Purpose.PRODUCE):
            count = {"count": waiting[Purpose.PRODUCE]}
            entries.append(_entry("items-to-answer", engagement, "work", count))
    for purpose in (Purpose.REVIEW, Purpose.ADJUDICATE):
        if Role.REVIEWER in member.roles and waiting.get(purpose):
            count = {"count": waiting[purpose]}
            entries.append(_entry(f"items-to-{purpose.value}", engagement, "work", count))
    if Role.REVIEWER in member.roles and waiting.get(Purpose.INSPECT):
        count = {"count": waiting[Purpose.INSPECT]}
        entries.append(_entry("items-to-inspect", engagement, "work", count))
    return entries


def _alarms(op: Operation, member: Membership, engagement: Engagement) -> list[InboxEntry]:
    """What will not move by itself, for whoever manages the delivery."""
    late = _late_witnesses(op, member, engagement)
    if Role.DELIVERY_MANAGER not in member.roles:
        return late
    found = execution.stuck(op.db, engagement.id, op.now)
    parked = sum(j.state is JobState.PARKED for j in outbox.listed(op.db, engagement.id))
    counts = (
        ("nobody-can-take", found.unclaimable),
        ("reservations-lapsed", found.lapsed),
        ("work-parked", parked),
    )
    place = f"engagements/{engagement.id}/execution"
    return late + [_entry(kind, engagement, place, {"count": n}) for kind, n in counts if n]


def _late_witnesses(op: Operation, member: Membership, engagement: Engagement) -> list[InboxEntry]:
    """For both sides' managers: whoever's witness it is, the log is not shown to be one."""
    if not member.roles & {Role.DELIVERY_MANAGER, Role.VENDOR_MANAGER}:
        return []
    late = sum(s.late for s in ledger.witnessing.standings(op.db, engagement.id, op.now))
    place = f"engagements/{engagement.id}/ledger"
    return [_entry("witness-behind", engagement, place, {"count": late})] if late else []


# Whose turn it is at each stage, as far as one role's next act opens the gate.
_TURN: dict[Stage, frozenset[Role]] = {
    Stage.REQUIREMENTS: frozenset({Role.VENDOR_MANAGER}),
    Stage.SELECTION: frozenset({Role.VENDOR_MANAGER, Role.BIDDER}),
    Stage.TRANSFER: frozenset({Role.DELIVERY_MANAGER}),
    Stage.SETUP: frozenset({Role.DELIVERY_MANAGER, Role.VENDOR_MANAGER}),
    Stage.EXECUTION: frozenset({Role.DELIVERY_MANAGER}),
    Stage.ASSURANCE: frozenset({Role.DELIVERY_MANAGER, Role.VENDOR_MANAGER}),
    Stage.ACCEPTANCE: frozenset({Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER}),
}


def _decisions(op: Operation, member: Membership, engagement: Engagement) -> list[InboxEntry]:
    order = current_order(tuple(agreements.work_orders(op.db, engagement.id)))
    stage = stage_of(engagement, order)
    if not member.roles & _TURN.get(stage, frozenset()):
        return []
    if member.roles == {Role.BIDDER} and stage is not Stage.SELECTION:
        return []
    place = f"engagements/{engagement.id}/{stage.value}"
    return [_entry(f"gate-{stage.value}", engagement, place)]


def _countersigning(op: Operation, member: Membership, engagement: Engagement) -> list[InboxEntry]:
    return [
        _entry("waiver-to-countersign", engagement, f"engagements/{engagement.id}")
        for w in agreements.waivers(op.db, engagement.id)
        if w.countersigned_by is None
        and w.requested_by != op.actor.id
        and (engagement.provider_id is None or w.side is not member.side)
    ]
