"""The review ladder of a line on the page of set-up, and handed-in items opened again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from outwork.agreements import WorkOrder, WorkPhase
from outwork.interfaces.web.desk import Context, Desk, choices, field
from outwork.interfaces.web.labels import ITEM_STATES, percent, state
from outwork.interfaces.wording import translate as _
from outwork.stages.execution import ItemState, WorkItem
from outwork.stages.requirements import Line
from outwork.stages.setup import MOST_LEVELS, ReviewPlan
from outwork.vocabulary import LineId

SPARE = 2  # levels that a form offers beyond the agreed ones


def ladders(lines: Iterable[Line], plans: Mapping[LineId, ReviewPlan]) -> list[Context]:
    """What each line's items pass before they count as submitted, as facts."""
    return [{"term": line.service, "value": _levels(plans.get(line.id))} for line in lines]


def _levels(plan: ReviewPlan | None) -> str:
    if plan is None or not plan.shares:
        return _("No review: an item counts once it is handed in")
    return "; ".join(
        _("level %(level)s: %(share)s of items") % {"level": level, "share": percent(share, 1)}
        for level, share in enumerate(plan.shares, 1)
    )


def planning(d: Desk, lines: Iterable[Line], plans: Mapping[LineId, ReviewPlan]) -> list[Context]:
    """The levels of each line's ladder; left empty, nothing is reviewed."""
    made: list[Context] = []
    for line in lines:
        plan = plans.get(line.id)
        shares = [str(s) for s in plan.shares] if plan else []
        offered = min(len(shares) + SPARE, MOST_LEVELS)
        made += d.act(
            "setup.plan_reviews",
            _("Agree the review ladder of %(service)s") % {"service": line.service},
            _("Agree the ladder"),
            *(
                field(
                    f"shares.{n}", _("Level %(n)s, share of its items") % {"n": n + 1},
                    optional=True, inputmode="decimal", placeholder="0.2",
                    value=shares[n] if n < len(shares) else None,
                )
                for n in range(offered)
            ),
            hidden={"line": line.id},
            note=_(
                "Each level reads a drawn share of what the level below it passed; 1 is every item."
                " An empty field is no level; with none, nothing is reviewed. It is fixed once"
                " work on a batch of the line has begun."
            ),
            id=f"ladder-{line.id}",
        )  # fmt: skip
    return made


def reopening(d: Desk, order: WorkOrder, items: Iterable[WorkItem]) -> list[Context]:
    """Letting what was handed in be changed again, also while its review waits."""
    handed_in = [i for i in items if i.state in (ItemState.SUBMITTED, ItemState.REVIEW)]
    if order.phase is not WorkPhase.RELEASED or not handed_in:
        return []
    named = ((i.id, f"{i.name} ({state(ITEM_STATES, i.state.value)['text']})") for i in handed_in)
    return d.act(
        "execution.reopen",
        _("Open an item again"),
        _("Open it again"),
        field("item", _("Item"), "select", options=choices(named)),
        field("reason", _("Reason"), "textarea", rows=2,
              help=_("Whoever takes it next reads it.")),
        where=order,
        note=_("Nothing was wrong with it, but it may be changed; a waiting review is taken back."),
    )  # fmt: skip
