"""Routes for many rows at once: parts as they are, results as they are read."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from outwork import agreements, reporting
from outwork.access import Actor, Session
from outwork.interfaces.wording import explain
from outwork.kit.database import Database
from outwork.operation import operation
from outwork.stages import execution
from outwork.stages.execution import Import, RowFormat
from outwork.vocabulary import BadInput, Digest, EngagementId, ImportId, ItemId, WorkOrderId

MEDIA_TYPES = {
    RowFormat.JSONL: "application/x-ndjson",
    RowFormat.CSV: "text/csv; charset=utf-8",
    RowFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/=]+):\Z")


def bulk(
    database: Database,
    session: Callable[..., Session],
    signed_in: Callable[..., Actor],
    plain: Callable[[Any], Any],
) -> APIRouter:
    """Uploads in parts, how far imports are, proofs of rows, and results."""
    router = APIRouter()
    _uploads(router, database, session)
    _reads(router, database, signed_in, plain)
    _results(router, database, session)
    return router


def _uploads(router: APIRouter, database: Database, session: Callable[..., Session]) -> None:
    @router.put(
        "/imports/{import_id}/parts/{number}",
        summary="Hand in the next part of a file, its bytes as they are",
    )
    async def part(
        import_id: str,
        number: int,
        request: Request,
        content_digest: Annotated[str, Header(description="RFC 9530: sha-256=:BASE64:")] = "",
        who: Session = Depends(session),
    ) -> dict[str, int]:
        content = await _body(request)
        digest = _sha256(content_digest)

        def put() -> int:
            with operation(database, who) as op:
                return execution.put_part(op, ImportId(import_id), number, digest, content)

        return {"parts": await run_in_threadpool(put)}


async def _body(request: Request) -> bytes:
    """The body, read no further than a part may be long; raises BadInput."""
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > execution.LARGEST_PART:
            raise BadInput("too-large", file="", largest=execution.LARGEST_PART)
    return bytes(content)


def _sha256(header: str) -> Digest:
    found = _DIGEST.match(header)
    try:
        return Digest(base64.b64decode(found[1] if found else "", validate=True).hex())
    except binascii.Error:
        return Digest("")


def _reads(
    router: APIRouter,
    database: Database,
    signed_in: Callable[..., Actor],
    plain: Callable[[Any], Any],
) -> None:
    who = Depends(signed_in)

    @router.get("/work-orders/{work_order}/imports", summary="Files of rows of a work order")
    def imports(work_order: str, actor: Actor = who) -> Any:
        with operation(database, actor.id) as op:
            order = agreements.work_order(op.db, WorkOrderId(work_order))
            reporting.may_read(op, order.engagement_id)
            return plain(execution.imports(op.db, order.id))

    @router.get("/engagements/{engagement}/machine-work", summary="Jobs under way, parked, done")
    def machine_work(engagement: str, actor: Actor = who) -> Any:
        with operation(database, actor.id) as op:
            return plain(reporting.machine_work(op, EngagementId(engagement)))

    @router.get("/imports/{import_id}", summary="How far a file of rows is taken in")
    def import_(import_id: str, actor: Actor = who) -> Any:
        with operation(database, actor.id) as op:
            found = execution.import_(op.db, ImportId(import_id))
            reporting.may_read(op, found.engagement_id)
            return plain(found)

    @router.get("/imports/{import_id}/faults", summary="Rows that were not taken in, by line")
    def faults(
        import_id: str, after: str | None = None, limit: int | None = None, actor: Actor = who
    ) -> Any:
        with operation(database, actor.id) as op:
            found = execution.import_(op.db, ImportId(import_id))
            reporting.may_read(op, found.engagement_id)
            page = execution.row_faults(op.db, found.id, after, limit)
            return {"rows": [_fault(found, f) for f in page.rows], "next": page.next}

    @router.get("/items/{item}/proof", summary="What shows that an item is a row that was taken in")
    def proof(item: str, actor: Actor = who) -> Any:
        with operation(database, actor.id) as op:
            found = execution.item(op.db, ItemId(item))
            reporting.may_read(op, found.engagement_id)
            return plain(execution.row_proof(op.db, found.id))


def _fault(found: Import, fault: execution.RowFault) -> dict[str, Any]:
    said = {"file": found.name, "line": fault.line, "place": fault.place}
    return {
        "line": fault.line,
        "code": fault.code,
        "place": fault.place,
        "message": explain(fault.code, said),
    }


def _results(router: APIRouter, database: Database, session: Callable[..., Session]) -> None:
    @router.get(
        "/work-orders/{work_order}/results",
        summary="Answers with evidence and authors, as jsonl, csv or xlsx",
    )
    def results(
        work_order: str, form: RowFormat = RowFormat.JSONL, who: Session = Depends(session)
    ) -> StreamingResponse:
        identifier = WorkOrderId(work_order)
        with operation(database, who) as op:
            execution.export_results(op, identifier, form)
        return StreamingResponse(
            written(database, who, identifier, form),
            media_type=MEDIA_TYPES[form],
            headers={"Content-Disposition": f'attachment; filename="results.{form}"'},
        )


def written(
    database: Database, who: Session, identifier: WorkOrderId, form: RowFormat
) -> Iterator[bytes]:
    """The results in a transaction of their own, which lasts as long as they are read."""
    with operation(database, who) as op:
        yield from execution.results(op.db, agreements.work_order(op.db, identifier), form)
