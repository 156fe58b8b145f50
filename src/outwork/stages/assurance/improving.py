"""From a clause that causes defects to its cause, a measure, and an effect that is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from outwork import access, agreements
from outwork.operation import Operation, act
from outwork.stages import transfer
from outwork.stages.assurance import events, queries, store
from outwork.stages.assurance.model import (
    MOST_WHYS,
    RATINGS,
    ActionState,
    CorrectiveAction,
)
from outwork.vocabulary import (
    ActionId,
    ActorId,
    BadInput,
    EngagementId,
    NotFound,
    Refusal,
    Role,
    Stage,
)

MANAGERS = [Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER]
HERE = [Stage.EXECUTION]  # where an engagement stands while its batches go through assurance
LONGEST = 4_000  # characters of a text


@act(roles=MANAGERS, stages=HERE, records=[events.ActionOpened])
def open_action(
    op: Operation, engagement: EngagementId, clause: str, title: str, owner: ActorId, due: datetime
) -> ActionId:
    """Open a corrective and preventive action because of a clause."""
    op.require(agreements.engagement(op.db, engagement))
    if clause not in {c.id for c in transfer.guideline(op.db, engagement).clauses}:
        raise BadInput("unknown-clause", clause=clause)
    _text("title", title)
    member = access.membership(op.db, engagement, owner)
    if member is None:
        raise NotFound("member", owner)
    if due <= op.now:
        raise BadInput("due-passed")
    made = CorrectiveAction(
        engagement_id=engagement,
        id=ActionId(op.new_id("cap")),
        clause=clause,
        title=title.strip(),
        owner=owner,
        due=due,
        opened_at=op.now,
    )
    store.corrective_actions.add(op.db, made)
    op.record(
        events.ActionOpened(
            engagement=engagement,
            action=made.id,
            clause=clause,
            owner=member.pseudonym,
            due=due,
            title=made.title,
        )
    )
    return made.id


@act(roles=MANAGERS, stages=HERE, records=[events.ActionAnalysed])
def analyse_action(
    op: Operation,
    action: ActionId,
    whys: Sequence[str],
    severity: int,
    occurrence: int,
    detection: int,
    measure: str,
) -> int:
    """Say why it happens (up to five whys), rate it as an FMEA does, and say what is done."""
    found = _unclosed(op, action, ActionState.OPEN, ActionState.ANALYSED)
    if not 1 <= len(whys) <= MOST_WHYS:
        raise BadInput("whys-outside", most=MOST_WHYS)
    for why in whys:
        _text("whys", why)
    _text("measure", measure)
    for name, rating in (
        ("severity", severity), ("occurrence", occurrence), ("detection", detection),
    ):  # fmt: skip
        if rating not in RATINGS:
            raise BadInput("rating-outside", field=name, value=rating)
    made = replace(
        found, state=ActionState.ANALYSED, whys=tuple(whys), severity=severity,
        occurrence=occurrence, detection=detection, measure=measure,
    )  # fmt: skip
    store.corrective_actions.save(op.db, made)
    op.record(
        events.ActionAnalysed(
            engagement=made.engagement_id,
            action=action,
            whys=len(whys),
            severity=severity,
            occurrence=occurrence,
            detection=detection,
            cause="\n".join(whys),
            measure=measure,
        )
    )
    return made.priority


@act(roles=MANAGERS, stages=HERE, records=[events.ActionImplemented])
def implement_action(op: Operation, action: ActionId) -> None:
    """Say that what was to be done is done; from here on its effect is measured."""
    found = _unclosed(op, action, ActionState.ANALYSED)
    store.corrective_actions.save(
        op.db, replace(found, state=ActionState.IMPLEMENTED, implemented_at=op.now)
    )
    op.record(events.ActionImplemented(engagement=found.engagement_id, action=action))


@act(roles=MANAGERS, stages=HERE, records=[events.ActionClosed])
def close_action(op: Operation, action: ActionId) -> None:
    """Close an action whose effect samples have shown: defects of its clause became rarer."""
    found = _unclosed(op, action, ActionState.IMPLEMENTED)
    effect = queries.effect_of(op.db, found)
    assert effect is not None  # it is implemented
    bound = effect.at_most()
    if bound is None:
        ratio = effect.ratio()
        most = "–" if ratio is None or ratio.high == float("inf") else f"{ratio.high:.2f}"
        raise Refusal(
            "effect-not-shown", before=effect.before, before_units=effect.before_units,
            after=effect.after, after_units=effect.after_units, most=most,
        )  # fmt: skip
    store.corrective_actions.save(op.db, replace(found, state=ActionState.CLOSED, closed_at=op.now))
    op.record(
        events.ActionClosed(
            engagement=found.engagement_id,
            action=action,
            before=effect.before,
            before_units=effect.before_units,
            after=effect.after,
            after_units=effect.after_units,
            ratio_at_most=bound,
        )
    )


def _unclosed(op: Operation, action: ActionId, *states: ActionState) -> CorrectiveAction:
    found = queries.corrective_action(op.db, action, lock=True)
    op.require(agreements.engagement(op.db, found.engagement_id))
    if found.state not in states:
        raise Refusal("action-state", state=found.state.value)
    return found


def _text(name: str, text: str) -> None:
    if not text.strip() or len(text) > LONGEST:
        raise BadInput("text-missing", field=name, longest=LONGEST)
