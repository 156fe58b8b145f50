"""What those who answer and inspect are told, so that they cannot tell control items from work, nor
an inspection that is there to see how well somebody else inspected.

What gives them away is in the log, in the assignment and in the item; who manages, inspects for the
client or audits sees it, who only answers or inspects does not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from outwork.access import Membership
from outwork.ledger import Entry
from outwork.reporting.model import LogEntry
from outwork.stages.execution import (
    Assignment,
    AssignmentState,
    ItemState,
    Submission,
    WorkItem,
)
from outwork.vocabulary import ActorId, Purpose, Refusal, Role, Side

_ANSWERING = frozenset({Role.ANALYST, Role.AGENT})
_UNAWARES = frozenset({Purpose.CONTROL, Purpose.OVERLAP})
_TELLING = frozenset(
    {
        "execution.controls-seeded", "transfer.control-scored", "execution.overlap-compared",
        "assurance.reinspection-requested", "assurance.inspections-compared",
    }
)  # fmt: skip
# What inspectors have found is for others to find by themselves.
_FINDINGS = frozenset({"assurance.item-inspected", "assurance.defect-raised"})
_OWN_SIDE = frozenset({"execution.hour-cost-stated", "transfer.worker-paused"})
_PERSONAL = frozenset(
    {"transfer.worker-paused", "transfer.retraining-started", "transfer.worker-readmitted"}
)


def works_blind(member: Membership) -> bool:
    """Whether the member answers items, and neither manages nor audits."""
    return bool(member.roles & _ANSWERING) and not member.roles - _ANSWERING - {Role.REVIEWER}


def reads_blind(member: Membership) -> bool:
    """Whether the member answers or inspects items, and neither manages nor audits."""
    return bool(member.roles) and member.roles <= _ANSWERING | {Role.REVIEWER}


def refuse_blind(member: Membership) -> None:
    """Raises Refusal for whoever must not read the log as it is."""
    if reads_blind(member):
        telling = sorted(r.value for r in set(Role) - _ANSWERING - {Role.BIDDER, Role.REVIEWER})
        raise Refusal("not-permitted", act="read", roles=telling)


def as_told(purpose: Purpose) -> Purpose:
    """The purpose of an assignment as its worker is told."""
    return Purpose.PRODUCE if purpose in _UNAWARES else purpose


def assignment_as_told(
    found: Assignment, item: WorkItem, *, drafted: bool
) -> tuple[Assignment, WorkItem]:
    """An assignment and its item as its worker is told: like the items around it."""
    found = replace(found, not_for="")
    if found.purpose not in _UNAWARES:
        return found, item
    state = ItemState.DRAFTED if drafted else ItemState.ADMITTED
    if found.state is AssignmentState.DONE:
        state = ItemState.SUBMITTED
    shown = replace(item, work_order_id=found.work_order_id, control_item_id=None, state=state)
    return replace(found, purpose=as_told(found.purpose), reserved_for=None), shown


def submissions_as_told(
    found: Assignment, every: Sequence[Submission], actor: ActorId
) -> list[Submission]:
    """An item's submissions as its worker is told: an inspector sees what others inspected of
    earlier answers, and nothing of what they found in those that stand."""
    made = [s.at for s in every if s.purpose is not Purpose.INSPECT]
    stands = max(made, default=found.opened_at)
    return [
        replace(s, purpose=as_told(s.purpose))
        for s in every
        if s.purpose is not Purpose.INSPECT
        or found.purpose is not Purpose.INSPECT
        or s.at < stands
        or s.author_id == actor
    ]


def entry_as_told(entry: LogEntry, viewer: Membership) -> LogEntry | None:
    """An entry of the log as a member may see it, or None."""
    if not reads_blind(viewer):
        return entry
    about = entry.public.get("subject", viewer.pseudonym)
    if entry.kind in _TELLING or (entry.kind in _PERSONAL and about != viewer.pseudonym):
        return None
    inspects = entry.kind in _FINDINGS or entry.public.get("purpose") == Purpose.INSPECT.value
    if inspects and Role.REVIEWER in viewer.roles and entry.actor != viewer.pseudonym:
        return None
    public = dict(entry.public)
    if public.get("purpose") in _UNAWARES:
        public["purpose"] = Purpose.PRODUCE.value
    covered = entry.covered and replace(entry.covered, size=0)
    # A gap in the numbers would tell, too.
    return replace(entry, public=public, seq=None, covered=covered)


def unseen_by(viewer: Membership) -> dict[str, str | None]:
    """Kinds of entries that a member is not told of, or only where it is their subject."""
    if not reads_blind(viewer):
        return {}
    own: dict[str, str | None] = dict.fromkeys(_PERSONAL, viewer.pseudonym)
    return own | dict.fromkeys(_TELLING)


def may_have_receipt(viewer: Membership, kind: str) -> bool:
    """Whether a member may have the entry as it stands: a receipt shows what is told otherwise."""
    return not reads_blind(viewer) or kind.startswith("documents.")


def may_open(viewer: Membership, entry: Entry, own: Collection[str]) -> bool:
    """Whether what an entry sealed is shown to a member; `own` are their party's pseudonyms.

    Managers of both sides see it, but a bid is its bidder's and the client's, and what one side
    keeps to itself stays there.
    """
    if not viewer.roles & {Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER}:
        return False
    if entry.public.get("purpose") == Purpose.CALIBRATE.value:
        return False  # the session shows what its raters answered, once it is closed
    if entry.actor in own:
        return True
    bidding = entry.kind.startswith("selection.") and viewer.side is not Side.CLIENT
    return not bidding and entry.kind not in _OWN_SIDE
