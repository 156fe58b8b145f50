"""Forms that are more than one act: files of a batch, and samples as control items."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from outwork import practices, reporting
from outwork.interfaces import wording
from outwork.interfaces.web.acting import notice
from outwork.interfaces.web.visit import Visit, check_csrf, local, say
from outwork.interfaces.wording import translate as _
from outwork.interfaces.wording import translate_plural
from outwork.operation import operation, perform
from outwork.stages import execution, transfer
from outwork.stages.execution import RowFormat
from outwork.stages.transfer import ControlUse
from outwork.vocabulary import BadInput, Digest, EngagementId, Refusal, WorkOrderId

MOST_FILES = 1_000
Notices = list[dict[str, Any]]


async def files(visit: Visit, engagement: str, order: str, request: Request) -> Response:
    """Admit every file by itself, put on record which could not be taken in, and tell both."""
    async with request.form(max_files=MOST_FILES) as form:
        check_csrf(visit, str(form.get("csrf", "")))
        await run_in_threadpool(_belongs, visit, engagement, order)
        admitted, refused = 0, []
        for part in form.getlist("files"):
            if not isinstance(part, UploadFile) or not part.filename:
                continue
            name = part.filename.replace("\\", "/").rpartition("/")[2]
            content = await part.read()
            try:
                error = await run_in_threadpool(_admit, visit, order, name, content)
            except Refusal as no:  # the rules say no to every file alike
                return _back(form, [notice(no)])
            if error is None:
                admitted += 1
            else:
                text = wording.explain(error.code, {"file": name, **error.params})
                refused.append({"code": error.code, "text": text})
        return _back(form, _told(admitted, refused))


def _admit(visit: Visit, order: str, name: str, content: bytes) -> BadInput | None:
    """Take one file in, or put on record why not, and give that."""
    try:
        form = RowFormat(name.rpartition(".")[2].lower())
    except ValueError:
        pass
    else:
        return _rows(visit, order, name, form, content)
    taken = {"work_order": order, "name": name, "content": base64.b64encode(content).decode()}
    try:
        perform(visit.database, visit.actor.id, "execution.admit", taken)
    except BadInput as error:
        record = {"work_order": order, "name": name, "code": error.code}
        perform(visit.database, visit.actor.id, "execution.refuse_file", record)
        return error
    return None


def _rows(visit: Visit, order: str, name: str, form: RowFormat, content: bytes) -> BadInput | None:
    """Bring a file of rows whole; its rows become items meanwhile. Gives what is wrong with it."""
    size, largest = len(content), execution.LARGEST_PART
    try:
        with operation(visit.database, visit.actor.id) as op:
            made = execution.start_import(op, WorkOrderId(order), name, form, size, _sha(content))
            done = execution.import_(op.db, made).parts
            parts = [content[at : at + largest] for at in range(0, size, largest)]
            for number, part in enumerate(parts[done:], start=done + 1):
                execution.put_part(op, made, number, _sha(part), part)
            execution.complete_upload(op, made)
    except BadInput as error:
        return error
    return None


def _sha(content: bytes) -> Digest:
    return Digest(hashlib.sha256(content).hexdigest())


def _belongs(visit: Visit, engagement: str, order: str) -> None:
    """Raises NotFound unless the work order is one of the engagement's."""
    with operation(visit.database, visit.actor.id) as op:
        reporting.standing(op, EngagementId(engagement), order)


def _told(admitted: int, refused: list[dict[str, str]]) -> Notices:
    if not admitted and not refused:
        return [{"tone": "caution", "title": _("Choose at least one file.")}]
    notices: Notices = []
    if admitted:
        title = translate_plural("%(n)s file admitted.", "%(n)s files admitted.", admitted)
        notices.append({"tone": "good", "title": title % {"n": admitted}})
    if refused:
        title = translate_plural(
            "%(n)s file could not be taken in.", "%(n)s files could not be taken in.", len(refused)
        )
        notices.append(
            {"tone": "caution", "title": title % {"n": len(refused)}, "reasons": refused}
        )
    return notices


async def samples(visit: Visit, engagement: str, request: Request) -> Response:
    """Add chosen samples of a service as control items, all of them or none."""
    async with request.form() as form:
        check_csrf(visit, str(form.get("csrf", "")))
        chosen = {str(name) for name in form.getlist("samples")}
        service = str(form.get("service", ""))
        try:
            count = await run_in_threadpool(
                _add_samples, visit, engagement, service, chosen, _use(form)
            )
        except (Refusal, BadInput) as error:
            return _back(form, [notice(error)])
    title = translate_plural("%(n)s control item added.", "%(n)s control items added.", count)
    return _back(form, [{"tone": "good", "title": title % {"n": count}}])


def _use(form: FormData) -> ControlUse:
    chosen = form.get("use")
    return next((use for use in ControlUse if use.value == chosen), ControlUse.CERTIFICATION)


def _add_samples(visit: Visit, engagement: str, key: str, chosen: set[str], use: ControlUse) -> int:
    found = [s for s in practices.service(key).samples() if s.name in chosen]
    with operation(visit.database, visit.actor.id) as op:
        for sample in found:
            transfer.add_control_item(
                op, EngagementId(engagement), key, sample.name, sample.content, sample.answers, use
            )
    return len(found)


def _back(form: FormData, notices: Notices) -> Response:
    to = str(form.get("next") or "/")
    response = RedirectResponse(to if local(to) else "/", 303)
    say(response, notices)
    return response
