"""Calibration sessions: open one, close it, settle where its raters differ, conclude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from outwork import access, agreements, documents, practices, workforce
from outwork.access import ActorKind, Membership
from outwork.kit.database import alone
from outwork.operation import Operation, act
from outwork.stages import execution, transfer
from outwork.stages.assurance import events, queries, store
from outwork.stages.assurance.calibration import (
    MOST_ITEMS,
    MOST_RATERS,
    NONE_OF_THEM,
    REFERENCE,
    Calibration,
    CalibrationItem,
    RaterResult,
    RaterState,
    Settlement,
    grouped,
    judged,
    marked,
)
from outwork.stages.execution import Given
from outwork.stages.transfer import ControlUse
from outwork.vocabulary import (
    ActorId,
    BadInput,
    CalibrationId,
    EngagementId,
    ItemId,
    NotFound,
    Refusal,
    Role,
    Stage,
)

LONGEST = 4_000  # characters of a text
HERE = [Stage.TRANSFER, Stage.SETUP, Stage.EXECUTION]
RATING = (Role.AGENT, Role.ANALYST, Role.REVIEWER)
MANAGING = frozenset({Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER})


@act(roles=[Role.DELIVERY_MANAGER], stages=HERE, records=[events.CalibrationOpened])
def open_calibration(
    op: Operation,
    engagement: EngagementId,
    title: str,
    items: Sequence[ItemId],
    raters: Sequence[ActorId],
) -> CalibrationId:
    """Have analysts, reviewers and agents answer the same items alone, to see how they agree.

    Items are control items for calibration, whose right answers are agreed, or items of batches.
    """
    found = agreements.engagement(op.db, engagement)
    op.require(found)
    alone(op.db, engagement)
    _check_form(title, items, raters)
    invited = {who: _rater(op, engagement, who) for who in raters}
    texts = [_text_of(op, found, item, invited) for item in items]
    if len({t.service for t in texts}) > 1:
        raise BadInput("calibration-services")
    _refuse_repeated(op, engagement, items, raters)
    roles = {who: _as_rater(member) for who, member in invited.items()}
    asked = execution.ask_each(op, engagement, texts, roles)
    made = Calibration(
        engagement_id=engagement,
        id=CalibrationId(op.new_id("cal")),
        service=texts[0].service,
        title=title.strip(),
        items=tuple(
            CalibrationItem(item, text.source, text.source.startswith("ctl_"))
            for item, text in zip(asked, texts, strict=True)
        ),
        raters=tuple(raters),
        guideline_version=transfer.guideline(op.db, engagement).version,
        opened_by=op.actor.id,
        opened_at=op.now,
    )
    store.calibrations.add(op.db, made)
    op.record(
        events.CalibrationOpened(
            engagement=engagement,
            calibration=made.id,
            service=made.service,
            items={one.item_id: one.source for one in made.items},
            raters=tuple(invited[who].pseudonym for who in raters),
            guideline_version=made.guideline_version,
            title=made.title,
        )
    )
    return made.id


def _check_form(title: str, items: Sequence[ItemId], raters: Sequence[ActorId]) -> None:
    if not title.strip() or len(title) > LONGEST:
        raise BadInput("text-missing", field="title", longest=LONGEST)
    if not 1 <= len(items) <= MOST_ITEMS or len(set(items)) != len(items):
        raise BadInput("calibration-items", most=MOST_ITEMS)
    if not 2 <= len(raters) <= MOST_RATERS or len(set(raters)) != len(raters):
        raise BadInput("calibration-raters", most=MOST_RATERS)


def _rater(op: Operation, engagement: EngagementId, who: ActorId) -> Membership:
    """The membership of somebody who can be asked: who manages sees others' answers too early."""
    member = access.membership(op.db, engagement, who)
    if member is None:
        raise NotFound("member", who)
    if member.roles & MANAGING or not member.roles & set(RATING):
        raise Refusal("not-a-rater", name=access.actor(op.db, who).name)
    return member


def _as_rater(member: Membership) -> Role:
    return next(role for role in RATING if role in member.roles)


def _text_of(
    op: Operation,
    engagement: agreements.Engagement,
    source: ItemId,
    invited: Mapping[ActorId, Membership],
) -> Given:
    """What is answered in a session, and that all who are invited may see and not know it."""
    if source.startswith("ctl_"):
        control = transfer.control_item(op.db, source)
        if control.engagement_id != engagement.id:
            raise NotFound("control-item", source)
        if control.use is not ControlUse.CALIBRATION:
            raise Refusal("control-item-kept", use=control.use.value)
        name = documents.document(op.db, control.document_id).name
        return Given(source, control.service, name, control.document_id)
    item = execution.item(op.db, source)
    if item.engagement_id != engagement.id or item.work_order_id is None:
        raise NotFound("item", source)
    order = agreements.work_order(op.db, item.work_order_id)
    need = workforce.need_of(op.db, order.line_id)
    authors = execution.authors(op.db, source)
    for who, member in invited.items():
        actor = access.actor(op.db, who)
        if (actor.family or member.pseudonym) in authors:
            raise Refusal("rater-answered", name=actor.name, item=item.name)
        reasons = workforce.ineligible(
            workforce.qualification(op.db, who), need, engagement.client_id, op.now
        )
        if reasons:
            raise Refusal(
                reasons[-1].code, reasons=reasons, **{**reasons[-1].params, "name": actor.name}
            )
    return Given(source, item.service, item.name, item.document_id)


def _refuse_repeated(
    op: Operation, engagement: EngagementId, items: Sequence[ItemId], raters: Sequence[ActorId]
) -> None:
    """An item that somebody was asked before is known to them, with what was said of it."""
    for before in queries.calibrations(op.db, engagement):
        known = {one.source for one in before.items} & set(items)
        again = [who for who in raters if who in before.raters]
        if known and again:
            raise Refusal("rated-before", name=access.actor(op.db, again[0]).name)


@act(
    roles=[Role.DELIVERY_MANAGER],
    stages=HERE,
    records=[events.CalibrationCompared, events.CalibrationClosed],
)
def close_calibration(op: Operation, calibration: CalibrationId) -> int:
    """Hold the answers together and show them; gives how many have to be discussed."""
    found = _at_stage(op, calibration, closed=False)
    service = practices.service(found.service)
    groups = {}
    for one in found.items:
        given = queries.rated(op.db, found, one.item_id)
        groups[one.item_id] = grouped(
            service,
            [given.get(who) for who in found.raters],
            queries.agreed_answers(op.db, one),
        )
    if not any(n >= 0 for of in groups.values() for numbers in of.values() for n in numbers):
        raise Refusal("calibration-empty")
    execution.stop_asking(op, [one.item_id for one in found.items])
    made = replace(found, groups=groups, closed_at=op.now)
    store.calibrations.save(op.db, made)
    for item, of in groups.items():
        op.record(
            events.CalibrationCompared(
                engagement=found.engagement_id,
                calibration=found.id,
                item=item,
                groups={question: tuple(numbers) for question, numbers in of.items()},
            )
        )
    differences = len(made.differences())
    op.record(
        events.CalibrationClosed(
            engagement=found.engagement_id, calibration=found.id, differences=differences
        )
    )
    return differences


def _at_stage(op: Operation, calibration: CalibrationId, *, closed: bool) -> Calibration:
    """The session, alone in its engagement; refused where it is not open, or not under
    discussion."""
    found = queries.calibration(op.db, calibration)
    op.require(agreements.engagement(op.db, found.engagement_id))
    alone(op.db, found.engagement_id)
    found = queries.calibration(op.db, calibration, lock=True)
    if found.concluded_at is not None or (found.closed_at is not None) is not closed:
        raise Refusal("calibration-state")
    return found


@act(roles=[Role.DELIVERY_MANAGER], stages=HERE, records=[events.DifferenceSettled])
def settle_difference(
    op: Operation,
    calibration: CalibrationId,
    item: ItemId,
    question: str,
    stands: int,
    clause: str,
    reason: str,
) -> bool:
    """Say which answer stands where raters differ, by which clause and why; -1 for none of theirs.

    Gives whether the clause was changed since the session was opened. A later word replaces it.
    """
    found = _at_stage(op, calibration, closed=True)
    changed = _settles(op, found, item, question, stands, clause, reason)
    now = transfer.guideline(op.db, found.engagement_id)
    made = Settlement(
        engagement_id=found.engagement_id,
        calibration_id=found.id,
        item_id=item,
        question=question,
        stands=stands,
        clause=clause,
        guideline_version=now.version,
        changed=changed,
        reason=documents.seal(
            op.db, found.engagement_id, reason.strip(), f"{item}/{question}/settled"
        ),
        settled_by=op.actor.id,
        settled_at=op.now,
    )
    again = (item, question) in queries.settlements(op.db, found)
    (store.settlements.save if again else store.settlements.add)(op.db, made)
    op.record(
        events.DifferenceSettled(
            engagement=found.engagement_id,
            calibration=found.id,
            item=item,
            question=question,
            stands=stands,
            clause=clause,
            guideline_version=now.version,
            changed=changed,
            reason=reason.strip(),
        )
    )
    return changed


def _settles(
    op: Operation,
    found: Calibration,
    item: ItemId,
    question: str,
    stands: int,
    clause: str,
    reason: str,
) -> bool:
    """Whether the clause by which an answer stands was changed since the session was opened.

    Raises BadInput for what is no difference, an answer nobody gave, or a clause not in force.
    """
    if (item, question) not in found.differences():
        raise BadInput("no-difference", item=item, question=question)
    if not reason.strip() or len(reason) > LONGEST:
        raise BadInput("text-missing", field="reason", longest=LONGEST)
    agreed = next(one.agreed for one in found.items if one.item_id == item)
    among = {n for n in found.groups[item][question] if n > 0} | {NONE_OF_THEM}
    if stands not in among | ({REFERENCE} if agreed else set()):
        raise BadInput("no-such-answer", question=question)
    now = transfer.guideline(op.db, found.engagement_id)
    if clause not in {c.id for c in now.clauses}:
        raise BadInput("unknown-clause", clause=clause)
    before = transfer.guideline_at(op.db, found.engagement_id, found.guideline_version)
    words = {c.id: (c.title, c.text) for c in before.clauses}
    return words.get(clause) != next((c.title, c.text) for c in now.clauses if c.id == clause)


@act(
    roles=[Role.DELIVERY_MANAGER],
    stages=HERE,
    records=[
        events.CalibrationConcluded,
        transfer.WorkerPaused,
        execution.DraftingStopped,
    ],
)
def conclude_calibration(op: Operation, calibration: CalibrationId) -> dict[ActorId, RaterState]:
    """Say who is calibrated; an analyst or agent who is shown not to be is paused and retrained."""
    found = _at_stage(op, calibration, closed=True)
    settled = queries.settlements(op.db, found)
    missing = [d for d in found.differences() if d not in settled]
    if missing:
        raise Refusal("differences-open", count=len(missing))
    bar = transfer.bar(op.db, found.engagement_id)
    if bar is None:
        raise Refusal("no-bar")
    marks = marked(found, settled)
    results: dict[ActorId, RaterResult] = {}
    for who, (right, asked, _) in marks.items():
        agent = access.actor(op.db, who).kind is ActorKind.AGENT
        results[who] = judged(right, asked, bar.agents if agent else bar.people, bar.confidence)
    store.calibrations.save(op.db, replace(found, results=results, concluded_at=op.now))
    members = {m.actor_id: m for m in access.members(op.db, found.engagement_id)}
    op.record(
        events.CalibrationConcluded(
            engagement=found.engagement_id,
            calibration=found.id,
            results={
                members[who].pseudonym: events.RaterShown(
                    right=r.right,
                    asked=r.asked,
                    lower=str(r.lower),
                    upper=str(r.upper),
                    bar=str(r.bar),
                    state=r.state,
                )
                for who, r in results.items()
            },
        )
    )
    for who, result in results.items():
        works = members[who].roles & {Role.ANALYST, Role.AGENT}
        if result.state is RaterState.RETRAIN and works:
            execution.take_off_work(op, members[who], "calibration", marks[who][2])
    return {who: r.state for who, r in results.items()}
