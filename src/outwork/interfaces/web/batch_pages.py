"""Stage 5 as a page: a batch taken in, committed to, released, worked on and closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from markupsafe import Markup

from outwork import practices, reporting
from outwork.agreements import WorkOrder, WorkPhase
from outwork.interfaces import wording
from outwork.interfaces.web import ladder_forms
from outwork.interfaces.web.desk import Context, Desk, choices, field, form, frame
from outwork.interfaces.web.labels import (
    IMPORT_STATES,
    ITEM_STATES,
    JOB_STATES,
    PACES,
    PHASES,
    RULES,
    SIDES,
    WORK,
    badge,
    state,
    word,
)
from outwork.interfaces.web.workbench_page import task
from outwork.interfaces.wording import translate as _
from outwork.kit.outbox import Job, JobState
from outwork.reporting import Batch
from outwork.stages.execution import Import, SeedCommitment, question_stands
from outwork.vocabulary import ItemId, Question, Reason, Role, Stage


def execution(d: Desk, after: str | None) -> Context:
    """Context of the page of stage 5."""
    found = reporting.batch(d.op, d.at, after)
    order = d.order
    close = []
    if order is not None and order.phase is WorkPhase.RELEASED:
        close = d.act(
            "execution.close_work_order",
            "",
            _("Close the batch for sampling"),
            where=order,
            hidden={"work_order": order.id},
            note=_("Nothing changes in it from then on."),
        )
    total = sum(found.counts.values())
    return {
        **frame(d, Stage.EXECUTION, close),
        "counts_by_state": [
            {"label": state(ITEM_STATES, key)["text"], "value": n, "max": total}
            for key, n in found.counts.items()
            if n and key != "control"
        ],
        "batches": [_batch(d, o, found) for o in d.overview.orders],
        "items": [_item(d, i.id, i.name, i.state.value, found) for i in found.items.rows],
        "rejected": [
            {"name": name, "code": code, "reason": wording.explain(code, {"file": name})}
            for name, code in found.refused
        ],
        "imports": [_import(i) for i in found.imports],
        "machine": [_job(j) for j in found.machine],
        "untaken": _untaken(d),
        "burn_up": None,
        "pager": pager(d.here, len(found.items.rows), found.items.next, total),
        "acts": _execution_acts(d, found),
    }


def _untaken(d: Desk) -> list[Context]:
    """Why nobody takes what waits; shown to whoever manages the delivery."""
    if Role.DELIVERY_MANAGER not in d.at.member.roles:
        return []
    return [
        {
            "work": task(row.purpose, ""),
            "waiting": row.count,
            "rules": ", ".join(f"{word(RULES, c)}: {n}" for c, n in sorted(row.kept_out.items())),
            "nearest": [
                {"who": d.name(actor), "reasons": [_told(r, d.name(actor)) for r in reasons]}
                for actor, reasons in row.nearest
            ],
        }
        for row in reporting.untaken(d.op, d.overview.engagement)
    ]


def _told(found: Reason, name: str | None) -> str:
    return wording.explain(found.code, {**found.params, "name": name})


def _import(made: Import) -> Context:
    return {
        "name": made.name,
        "rows": made.admitted,
        "refused": made.refused,
        "state": state(IMPORT_STATES, made.state.value),
    }


def _job(job: Job) -> Context:
    return {
        "work": _(WORK[job.kind]),
        "done": job.turns,
        "state": state(JOB_STATES, job.state.value),
        "reason": wording.explain(job.problem, {}) if job.problem else None,
        "at": job.asked_at,
    }


def _retry(d: Desk, found: Batch) -> list[Context]:
    parked = [j for j in found.machine if j.state is JobState.PARKED]
    if not parked:
        return []
    named = ((j.id, f"{_(WORK[j.kind])}: {wording.explain(j.problem, {})}") for j in parked)
    return d.act(
        "execution.retry_work",
        _("Try machine work again"),
        _("Try again"),
        field("job", _("Work"), "select", options=choices(named)),
    )


def pager(here: str, shown: int, cursor: str | None, total: int | None = None) -> Context:
    """The pager of a keyset list: forward only, and back to its beginning by the browser."""
    sign = "&" if "?" in here else "?"
    made: Context = {"shown": shown, "next": f"{here}{sign}after={cursor}" if cursor else None}
    if total is not None:
        made |= {"total": total, "total_is": "exact"}
    return made


def _batch(d: Desk, order: WorkOrder, found: Batch) -> Context:
    here = d.order is not None and order.id == d.order.id
    total = sum(found.counts.values()) if here else None
    shown = state(PHASES, order.phase.value)
    if order.stage is Stage.CLOSED:
        shown = badge(_("Closed"), "good")
    return {
        "batch": {
            "text": order.title,
            "href": f"{d.base}/execution?order={order.id}",
            "note": _("round %(n)s") % {"n": order.round},
        },
        "items": total,
        "done": found.counts.get("submitted") if here else None,
        "state": shown,
        "due": found.deadlines[order.id].due if order.id in found.deadlines else None,
        "pace": _pace(order, found),
        "current": here,
    }


def _pace(order: WorkOrder, found: Batch) -> Context | None:
    stands = found.deadlines.get(order.id)
    if stands is None or order.stage is Stage.CLOSED:
        return None
    return state(PACES, stands.pace.value)


def _pausing(d: Desk, order: WorkOrder, found: Batch) -> list[Context]:
    """Stopping the clock, and having it run again."""
    if order.phase is WorkPhase.INTAKE or order.id not in found.deadlines:
        return []
    names = {i.id: i.name for i in found.items.rows}
    lasting = [
        (p.id, f"{names.get(p.item_id, p.item_id) if p.item_id else order.title}: {p.reason}")
        for p in found.pauses
        if p.resumed_at is None and not question_stands(d.op.db, p.id)
    ]
    acts = d.act(
        "execution.pause_clock",
        _("Pause the clock while the client owes an answer"),
        _("Pause it"),
        field("item", _("Item"), "select", optional=True,
              options=choices([("", _("The whole batch")), *names.items()])),
        field("reason", _("Reason"), value="client-owes-answer",
              help=_("A code: words in lower case with hyphens")),
        where=order,
        hidden={"work_order": order.id},
    )  # fmt: skip
    if lasting:
        acts += d.act(
            "execution.resume_clock",
            _("Have the clock run again"),
            _("Let it run"),
            field("pause", _("Pause"), "select", options=choices(lasting)),
            where=order,
        )
    return acts


def _item(d: Desk, item: ItemId, name: str, at: str, found: Batch) -> Context:
    last = found.latest.get(item)
    shown: Context = {"text": name}
    if last is not None and last.clause:
        shown["note"] = _("sent back under clause %(clause)s") % {"clause": last.clause}
    return {
        "item": shown,
        "state": state(ITEM_STATES, at),
        "who": d.name(last.actor_id) if last else None,
        "at": last.opened_at if last else None,
    }


def _execution_acts(d: Desk, found: Batch) -> list[Context]:
    order = d.order
    acts: list[Context] = []
    if order is not None and order.stage is Stage.EXECUTION:
        if order.phase is WorkPhase.INTAKE:
            acts += _upload(d, order)
        acts += _commit(d, order, found.seeds)
        if order.phase is WorkPhase.INTAKE:
            acts += d.act(
                "execution.release",
                _("Release the batch for work"),
                _("Release it"),
                where=order,
                hidden={"work_order": order.id},
                note=_("Both sides have committed their seeds by then; no file comes in after."),
            )
        acts += _recall(d, order, found)
        acts += ladder_forms.reopening(d, order, found.items.rows)
        if order.round > 1 and order.phase is WorkPhase.RELEASED:
            acts += d.act(
                "assurance.screen_lot",
                _("Screen the rejected lot"),
                _("Inspect all the rest"),
                where=order,
                hidden={"work_order": order.id},
                note=_("What fails is reworked at once; a fresh sample decides afterwards."),
                id="screen-lot",
            )
        acts += _pausing(d, order, found)
    acts += _retry(d, found)
    due = d.op.now + timedelta(days=14)
    return acts + d.act(
        "execution.open_work_order",
        _("Open a work order"),
        _("Open it"),
        field("line", _("Line"), "select",
              options=choices((x.id, f"{x.service}, {x.volume}") for x in found.lines)),
        field("title", _("Title"), placeholder=_("First batch")),
        field("due", _("Due"), "datetime", optional=True, value=f"{due:%Y-%m-%dT17:00}"),
    )  # fmt: skip


def _upload(d: Desk, order: WorkOrder) -> list[Context]:
    if not d.may("execution.admit", order):
        return []
    return [
        form(
            f"{d.base}/work-orders/{order.id}/files",
            _("Bring in files"),
            _("Bring them in"),
            field("files", _("Files"), "file", multiple=True,
                  help=_("Text, Word, PDF or HTML, each an item; jsonl, csv, xlsx: each row.")),
            hidden=d.keep(),
            multipart=True,
            id="upload",
        )
    ]  # fmt: skip


def _asked(order: WorkOrder, found: Batch) -> Sequence[Question]:
    key = next(line.service for line in found.lines if line.id == order.line_id)
    return practices.service(key).questions


def _recall(d: Desk, order: WorkOrder, found: Batch) -> list[Context]:
    submitted = [i for i in found.items.rows if i.state.value == "submitted"]
    if order.phase is not WorkPhase.RELEASED or not submitted:
        return []
    return d.act(
        "execution.recall",
        _("Send an item back for rework"),
        _("Send it back"),
        field("item", _("Item"), "select", options=choices((i.id, i.name) for i in submitted)),
        field(
            "question",
            _("Question"),
            "select",
            options=choices((q.key, q.label) for q in _asked(order, found)),
        ),
        field("clause", _("Clause"), "select", options=choices((c, c) for c in found.clauses)),
        field("note", _("What is wrong"), "textarea", optional=True, rows=2),
        where=order,
        tone="grave",
    )


# --- seeds ------------------------------------------------------------------------------------


def keeper(d: Desk, order: WorkOrder, use: str, without: str) -> Markup:
    """The element that makes, keeps and opens a nonce; without script its words say how."""
    return Markup(
        '<ow-seed data-use="{use}" data-key="{key}" data-made="{made}" data-kept="{kept}"'
        ' data-lost="{lost}">{without}</ow-seed>'
    ).format(
        use=use,
        key=f"{order.id}/{order.round}/{d.at.member.side.value}",
        made=_("Keep this nonce; it is in this browser too, and opens the seed later:"),
        kept=_("The nonce kept in this browser is filled in."),
        lost=_("This browser keeps no nonce for this batch; paste yours."),
        without=without,
    )


def _commit(d: Desk, order: WorkOrder, seeds: Mapping[str, SeedCommitment]) -> list[Context]:
    if d.at.member.side.value in seeds:
        return []
    without = _(
        "Make 32 random bytes and keep them: openssl rand 32 > nonce.bin; paste their digest:"
        " openssl dgst -sha256 nonce.bin"
    )
    return d.act(
        "execution.commit_seed",
        _("Commit a seed for the %(side)s") % {"side": word(SIDES, d.at.member.side).lower()},
        _("Commit"),
        field("commitment", _("Commitment"), maxlength=64, wide=True, autocomplete="off",
              help=_("SHA-256 of the nonce, 64 hexadecimal digits")),
        where=order,
        hidden={"work_order": order.id},
        note=keeper(d, order, "commit", without),
        id="commit-seed",
    )  # fmt: skip
