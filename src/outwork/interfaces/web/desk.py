"""Who looks at which engagement from which page, and the forms of what they may do there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from outwork import reporting
from outwork.access import InEngagement
from outwork.agreements import NEVER_WAIVED, Waiver, WorkOrder
from outwork.interfaces.web.labels import GATES, ROLES, STAGES, badge, word
from outwork.interfaces.web.rendering import reason
from outwork.interfaces.web.visit import Visit
from outwork.interfaces.wording import translate as _
from outwork.operation import ACTS, Operation, operation
from outwork.reporting import Gate, Overview, Standing
from outwork.vocabulary import EngagementId, Role, Side, Stage

Context = dict[str, Any]
See = Callable[[Request], Visit]


@dataclass(frozen=True, slots=True)
class Desk:
    """One member before one page of one engagement."""

    visit: Visit
    op: Operation
    at: Standing
    here: str

    @property
    def overview(self) -> Overview:
        """The engagement at a glance."""
        return self.at.overview

    @property
    def id(self) -> EngagementId:
        """The engagement's id."""
        return self.overview.engagement.id

    @property
    def base(self) -> str:
        """The engagement's own address."""
        return f"/engagements/{self.id}"

    @property
    def order(self) -> WorkOrder | None:
        """The work order looked at."""
        return self.at.order

    def name(self, actor: str | None) -> str | None:
        """The name behind an actor's id."""
        return None if actor is None else self.at.names.get(actor, "–")

    def may(self, act: str, where: InEngagement | None = None) -> bool:
        """Whether the visitor's roles, and the stage, allow an act; the act itself decides."""
        rule = ACTS[act].rule
        stage = (where or self.overview.engagement).stage
        return bool(rule.roles & self.at.member.roles) and (not rule.stages or stage in rule.stages)

    def act(
        self,
        name: str,
        title: str,
        submit: str,
        *fields: Context,
        where: InEngagement | None = None,
        hidden: Mapping[str, str] | None = None,
        **more: Any,
    ) -> list[Context]:
        """The form of an act, or nothing for those who may not do it here."""
        if not self.may(name, where):
            return []
        return [form(f"/act/{name}", title, submit, *fields, hidden=self.keep(hidden), **more)]

    def signature(self) -> list[Context]:
        """The fields by which the visitor signs: printed name, and the password once more."""
        return [
            field("name", _("Your name, as a signature"), placeholder=self.visit.actor.name),
            field(
                "password",
                _("Your password, once more"),
                "password",
                autocomplete="current-password",
                help=_("It opens your signing key for this act alone."),
            ),
        ]

    def keep(self, hidden: Mapping[str, str] | None = None) -> dict[str, str]:
        """Hidden fields of a form, with the way back to this page."""
        return {**(hidden or {}), "next": self.here, "back": self.here}


def form(action: str, title: str, submit: str, *fields: Context, **more: Any) -> Context:
    """A form as templates want it."""
    return {"action": action, "title": title, "submit": submit, "fields": list(fields), **more}


def field(name: str, label: str, kind: str = "text", **more: Any) -> Context:
    """A field as templates want it; required unless it says optional or is a choice of many."""
    needed = kind not in ("checks", "checkbox") and not more.get("optional")
    return {"name": name, "label": label, "kind": kind, "required": needed, **more}


def choices(pairs: Iterable[tuple[str, str]], selected: Iterable[str] = ()) -> list[Context]:
    """Options of a field."""
    chosen = set(selected)
    return [{"value": v, "label": text, "selected": v in chosen} for v, text in pairs]


@contextmanager
def desk(
    visit: Visit,
    engagement: str,
    place: str = "",
    *,
    order: str | None = None,
    bidders: bool = False,
) -> Iterator[Desk]:
    """A desk in one transaction; raises NotFound and Refusal as reporting does."""
    with operation(visit.database, visit.actor.id) as op:
        at = reporting.standing(op, EngagementId(engagement), order, bidders=bidders)
        here = f"/engagements/{engagement}" + (f"/{place}" if place else "")
        yield Desk(visit, op, at, f"{here}?order={order}" if order else here)


# --- what every page of an engagement has above its own content ----------------------------------


def frame(d: Desk, stage: Stage | None, opens: list[Context] | None = None) -> Context:
    """Name, parties, spine, waivers, parts, and the gate of the stage whose page it is.

    `opens` is the form of the act that passes the gate.
    """
    seen = d.overview
    shown = {
        "id": seen.engagement.id,
        "title": seen.engagement.title,
        "href": d.base,
        "client": seen.client,
        "provider": seen.provider,
        "stages": spine(d),
        "waivers": [] if d.at.bidding else [waiver(d, w) for w in seen.waivers],
        "places": [] if d.at.bidding else _places(d, stage),
    }
    return {
        "engagement": shown,
        "stage": stage.value if stage else "",
        "gate": gate(d, stage, opens or []) if stage else None,
    }


def _places(d: Desk, stage: Stage | None) -> list[Context]:
    routing = {
        "text": _("Routing"),
        "href": f"{d.base}/routing",
        "current": d.here == f"{d.base}/routing",
    }
    return [
        {"text": _("Overview"), "href": d.base, "current": stage is None and d.here == d.base},
        {
            "text": _("Questions"),
            "href": f"{d.base}/questions",
            "current": d.here == f"{d.base}/questions",
        },
        {
            "text": _("Calibrations"),
            "href": f"{d.base}/calibrations",
            "current": d.here.startswith(f"{d.base}/calibrations"),
        },
        *([routing] if d.may("execution.set_routing") else []),
        {"text": _("Ledger"), "href": f"{d.base}/ledger"},
        {"text": _("People"), "href": f"{d.base}/people"},
    ]


def spine(d: Desk) -> list[Context]:
    """The seven stages as rows."""
    marks = {"passed": "done", "here": "now", "ahead": "ahead"}
    closed = d.overview.engagement.stage is Stage.CLOSED
    rows = []
    for found in d.overview.gates:
        row: Context = {
            "key": found.stage.value,
            "name": word(STAGES, found.stage),
            "href": f"{d.base}/{found.stage.value}",
            "state": "done" if closed else marks[found.state],
        }
        if found.stage is not Stage.ACCEPTANCE:
            row["gate"] = {"state": "open" if closed else gate_state(found)}
        rows.append(row)
    return rows


def gate_state(found: Gate) -> str:
    """Open, closed, waived or ahead."""
    if found.state == "here":
        return "closed" if found.reasons else "waived" if found.waived else "open"
    return "open" if found.state == "passed" else "ahead"


def gate(d: Desk, stage: Stage, opens: list[Context]) -> Context:
    """The gate of a stage: its reasons, the act that opens it, and what may be waived."""
    found = reporting.gate_at(d.op, d.at, stage)
    count = len(found.reasons)
    says = {
        "passed": _("This stage is behind us."),
        "ahead": _("The stages before this one come first."),
        "here": _("Nothing stands in the way.")
        if not count
        else _("Not yet: one thing stands in the way.")
        if count == 1
        else _("Not yet: %(count)s things stand in the way.") % {"count": count},
    }[found.state]
    if found.waived:
        says += " " + _("Waived: %(codes)s.") % {"codes": _plain(found.waived)}
    return {
        "state": gate_state(found),
        "title": word(GATES, stage),
        "says": says,
        "owner": _keeper(d, stage),
        "reasons": [reason(r) for r in found.reasons],
        "act": opens[0] if opens and found.state == "here" else None,
        "waive": _waive(d, stage, found),
    }


def _client_keeps(stage: Stage) -> bool:
    return stage.position < Stage.TRANSFER.position or stage is Stage.ACCEPTANCE


def _keeper(d: Desk, stage: Stage) -> str:
    client = _client_keeps(stage)
    return d.overview.client if client else d.overview.provider or _("the provider")


def _waive(d: Desk, stage: Stage, found: Gate) -> Context | None:
    codes = {r.code: reason(r)["text"] for r in found.reasons if r.code not in NEVER_WAIVED}
    owner = Side.CLIENT if _client_keeps(stage) else Side.PROVIDER
    if not codes or d.at.member.side is not owner:
        return None
    made = d.act(
        "agreements.request_waiver",
        _("Ask for a waiver"),
        _("Ask for the waiver"),
        field("codes", _("What is waived"), "checks", options=choices(codes.items(), codes)),
        field("reason", _("Reason"), "textarea"),
        field("risk_owner", _("Risk owner"), help=_("The person who answers for it")),
        field("expires", _("Until"), "datetime"),
        *d.signature(),
        hidden={"engagement": d.id, "gate": stage.value},
        tone="grave",
        note=_("The other side countersigns. When it has run out, work stops."),
        id="waive",
    )
    return made[0] if made else None


def waiver(d: Desk, found: Waiver) -> Context:
    """A waiver, with the countersignature of those who may give it."""
    mine = found.requested_by == d.visit.actor.id
    same = d.overview.engagement.provider_id is not None and d.at.member.side is found.side
    act: list[Context] = []
    if found.countersigned_by is None and not mine and not same and d.op.now < found.expires_at:
        act = d.act(
            "agreements.countersign_waiver",
            "",
            _("Countersign"),
            *d.signature(),
            hidden={"waiver": found.id},
            note=_("You take responsibility for it together with the other side."),
            id=f"countersign-{found.id}",
        )
    return {
        "title": _("%(gate)s: %(codes)s")
        % {"gate": word(STAGES, found.gate), "codes": _plain(found.codes)},
        "reason": found.reason,
        "risk_owner": found.risk_owner,
        "expires": found.expires_at,
        "expired": d.op.now >= found.expires_at,
        "by": d.name(found.requested_by),
        "countersigned_by": d.name(found.countersigned_by),
        "href": f"{d.base}/{found.gate.value}",
        "act": act[0] if act else None,
    }


def _plain(codes: Iterable[str]) -> str:
    """Codes as words; their sentences need parameters that a waiver does not keep."""
    return ", ".join(code.replace("-", " ") for code in codes)


def roles_text(roles: Iterable[Role]) -> str:
    """Roles in words."""
    return ", ".join(word(ROLES, r) for r in sorted(roles))


def passed(ok: bool, yes: str, no: str) -> Context:
    """A badge that says whether something holds."""
    return badge(yes if ok else no, "good" if ok else "caution")
