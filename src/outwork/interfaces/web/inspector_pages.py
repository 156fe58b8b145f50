"""How well inspectors see: what is measured of them, and what can be done to measure more."""

from __future__ import annotations

from outwork.agreements import WorkOrder
from outwork.interfaces.web import charts
from outwork.interfaces.web.desk import Context, Desk, choices, field
from outwork.interfaces.wording import translate as _
from outwork.reporting import Sampling
from outwork.stages.assurance import Compared
from outwork.vocabulary import ActorId, Role


def inspectors(d: Desk, found: Sampling) -> list[Context] | None:
    """What is measured of each inspector, as rows; an inspector sees what is measured of oneself.

    Units that a second inspector passed are shown beside the units known to be clean: the second
    may have missed something, so the first passes at least such a share.
    """
    if not d.at.member.roles - {Role.REVIEWER, Role.ANALYST, Role.AGENT}:
        shown = [d.op.actor.id] if d.op.actor.id in found.inspectors else []
    else:
        shown = list(found.inspectors)
    rows = [_inspector(d, found, who) for who in shown]
    return [row for row in rows if row is not None] or None


def _inspector(d: Desk, found: Sampling, who: ActorId) -> Context | None:
    check = found.inspectors[who]
    asked = found.again.get(who, ())
    compared = [one.found for one in asked if one.found is not None]
    if check is None and not asked:
        return None
    seeded, caught = (check.seeded, check.caught) if check else (0, 0)
    clean = (check.clean if check else 0) + sum(c.clean for c in compared)
    passed = (check.passed if check else 0) + sum(c.passed for c in compared)
    return {
        "inspector": d.name(who),
        "sensitivity": charts.share_figure(caught, seeded) if seeded else None,
        "specificity": charts.share_figure(passed, clean) if clean else None,
        "again": {"text": str(len(compared)), "note": _again(compared, len(asked))},
    }


def _again(compared: list[Compared], asked: int) -> str:
    """What the second inspections showed, in words."""
    said = []
    if compared:
        said.append(
            _("caught %(caught)s of %(seeded)s, passed %(passed)s of %(clean)s")
            % {
                "caught": sum(c.caught for c in compared),
                "seeded": sum(c.seeded for c in compared),
                "passed": sum(c.passed for c in compared),
                "clean": sum(c.clean for c in compared),
            }
        )
    if asked > len(compared):
        said.append(_("%(count)s still to come") % {"count": asked - len(compared)})
    return "; ".join(said)


def inspector_acts(d: Desk, order: WorkOrder, found: Sampling) -> list[Context]:
    """Forms: inspect again, unawares; put a check on record."""
    return _look_again(d, order, found) + _check(d, found)


def _look_again(d: Desk, order: WorkOrder, found: Sampling) -> list[Context]:
    before = {one.item_id for every in found.again.values() for one in every
              if (one.work_order_id, one.round) == (order.id, order.round)}  # fmt: skip
    most = len(found.inspections.keys() - before)
    if found.verdict is not None or found.sample is None or not most:
        return []
    note = _(
        "Drawn from the %(count)s items inspected once. Others inspect them without knowing why;"
        " the verdict waits for them and counts what the first inspectors found."
    )
    return d.act(
        "assurance.request_reinspection",
        _("Have items inspected a second time"),
        _("Have them inspected"),
        field("items", _("Items"), "number", min=1, max=most, value=most),
        where=order,
        hidden={"work_order": order.id},
        note=note % {"count": most},
        id="inspect-again",
    )


def _check(d: Desk, found: Sampling) -> list[Context]:
    """The form that puts a check of an inspector on record."""
    others = [who for who in found.inspectors if who != d.op.actor.id]
    if not others:
        return []
    number = {"min": 0, "value": 0}
    return d.act(
        "assurance.check_inspector",
        _("Record a check of an inspector"),
        _("Record it"),
        field("inspector", _("Inspector"), "select",
              options=choices((who, _named(d, found, who)) for who in others)),
        field("seeded", _("Known defects shown"), "number", min=1),
        field("caught", _("of them caught"), "number", min=0),
        field("clean", _("Clean units shown"), "number", **number),
        field("passed", _("of them passed"), "number", **number),
        hidden={"engagement": d.id},
        note=_("Known because they were seeded. What a second inspection shows is put on record by"
               " itself. Counts add up over checks."),
        id="check-inspector",
    )  # fmt: skip


def _named(d: Desk, found: Sampling, who: ActorId) -> str:
    check = found.inspectors[who]
    if check is None:
        return _("%(name)s, not checked") % {"name": d.name(who)}
    return _("%(name)s, caught %(caught)s of %(seeded)s") % {
        "name": d.name(who), "caught": check.caught, "seeded": check.seeded}  # fmt: skip
