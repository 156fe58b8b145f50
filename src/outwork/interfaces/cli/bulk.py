"""`outwork import`, `export`, `receipt`: rows, results and proofs, in and out as files."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from outwork import agreements, conduct, documents, reporting
from outwork.interfaces.cli.acts import signed_in
from outwork.interfaces.cli.progress import Show, shower
from outwork.interfaces.wording import explain
from outwork.kit.database import Database
from outwork.operation import operation
from outwork.stages import execution
from outwork.stages.execution import Import, RowFormat
from outwork.vocabulary import (
    ActorId,
    BadInput,
    Digest,
    EngagementId,
    ImportId,
    OutworkError,
    WorkOrderId,
)

OpenHome = Callable[[], AbstractContextManager[Any]]
Login = Annotated[str, typer.Option("--as", help="Login of the person who acts.")]
PART = 4 * 1024 * 1024


def build(app: typer.Typer, open_home: OpenHome, fail: Callable[[OutworkError], NoReturn]) -> None:
    """Add the commands."""
    _taking_in(app, open_home, fail)
    _looking(app, open_home, fail)
    _proving(app, open_home, fail)


def _taking_in(
    app: typer.Typer, open_home: OpenHome, fail: Callable[[OutworkError], NoReturn]
) -> None:

    @app.command("import")
    def import_(
        work_order: Annotated[str, typer.Argument(help="Work order at intake.")],
        path: Annotated[Path, typer.Argument(help="Folder of files, or jsonl, csv or xlsx.")],
        login: Login,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone.")] = False,
    ) -> None:
        """Take files, or the rows of one file, in as items; call again to go on."""
        order = WorkOrderId(work_order)
        try:
            with open_home() as home, shower(silent=as_json) as show:
                who = ActorId(signed_in(home.database, login))
                take = _folder if path.is_dir() else _rows
                outcome = take(home.database, who, order, path, show)
        except OutworkError as error:
            fail(error)
        for refused in [] if as_json else outcome["refused"]:
            typer.echo(f"refused: {refused['reason']}")
        line = json.dumps(outcome)
        typer.echo(line if as_json else f"{outcome['admitted']} items are in.")


def _looking(
    app: typer.Typer, open_home: OpenHome, fail: Callable[[OutworkError], NoReturn]
) -> None:
    @app.command()
    def export(
        work_order: Annotated[str, typer.Argument(help="Work order.")],
        login: Login,
        form: Annotated[RowFormat, typer.Option(help="Format.")] = RowFormat.JSONL,
        out: Annotated[Path | None, typer.Option(help="File; else standard output.")] = None,
    ) -> None:
        """Write answers with evidence and authors out."""
        order = WorkOrderId(work_order)
        try:
            with open_home() as home:
                who = signed_in(home.database, login)
                with operation(home.database, who) as op:
                    execution.export_results(op, order, form)
                with operation(home.database, who) as op:
                    found = agreements.work_order(op.db, order)
                    _write(execution.results(op.db, found, form), out)
        except OutworkError as error:
            fail(error)

    @app.command()
    def progress(
        engagement: Annotated[str, typer.Argument(help="Engagement.")], login: Login
    ) -> None:
        """Say how far machine work is: what is under way, what is parked and why."""
        try:
            with open_home() as home:
                who = signed_in(home.database, login)
                with operation(home.database, who) as op:
                    jobs = reporting.machine_work(op, EngagementId(engagement))
        except OutworkError as error:
            fail(error)
        for job in jobs:
            reason = explain(job.problem, {}) if job.problem else ""
            typer.echo(f"{job.id}  {job.kind:8} {job.state:8} {job.turns:6}  {reason}".rstrip())


def _proving(
    app: typer.Typer, open_home: OpenHome, fail: Callable[[OutworkError], NoReturn]
) -> None:
    @app.command()
    def receipt(
        engagement: Annotated[str, typer.Argument(help="Engagement.")],
        entry: Annotated[int, typer.Argument(min=0, help="Number of the entry in the log.")],
        login: Login,
        out: Annotated[Path | None, typer.Option(help="File; else standard output.")] = None,
    ) -> None:
        """Write the receipt of an entry: what proves it alone, by `outwork verify`."""
        try:
            with open_home() as home:
                who = signed_in(home.database, login)
                with operation(home.database, who) as op:
                    made = reporting.receipt(op, EngagementId(engagement), entry)
        except OutworkError as error:
            fail(error)
        _write([made], out)


def _write(blocks: Any, out: Path | None) -> None:
    """To standard output, or to a file that is there whole or not at all."""
    if out is None:
        sys.stdout.buffer.writelines(blocks)
        sys.stdout.buffer.flush()
        return
    fresh = out.with_name(f"{out.name}.new")
    with fresh.open("wb") as file:
        file.writelines(blocks)
    fresh.replace(out)


def _folder(
    database: Database, who: ActorId, order: WorkOrderId, path: Path, show: Show
) -> dict[str, Any]:
    """Each file an item; those that are in by name are passed over, so that a run goes on."""
    with operation(database, who) as op:
        present = {i.name for i in execution.all_items(op.db, order)}
    files, admitted, refused = conduct.input_files(path), 0, []
    for number, file in enumerate(files, start=1):
        name = file.relative_to(path).as_posix().encode(errors="backslashreplace").decode()
        if name not in present:
            try:
                if file.stat().st_size > documents.MAX_BYTES:
                    raise BadInput("too-large", file=name, largest=documents.MAX_BYTES)
                with operation(database, who) as op:
                    execution.admit(op, order, name, file.read_bytes())
                admitted += 1
            except BadInput as error:
                with operation(database, who) as op:
                    execution.refuse_file(op, order, name, error.code)
                reason = explain(error.code, {"file": name, **error.params})
                refused.append({"code": error.code, "reason": reason})
        show("import", "files", number, len(files))
    return {"admitted": admitted, "refused": refused}


def _rows(
    database: Database, who: ActorId, order: WorkOrderId, path: Path, show: Show
) -> dict[str, Any]:
    """A file in parts, each once; then its rows chunk by chunk, to the end."""
    try:
        form = RowFormat(path.suffix.removeprefix(".").lower())
    except ValueError:
        raise BadInput("format-unknown", file=path.name) from None
    try:
        with path.open("rb") as file:
            digest = Digest(hashlib.file_digest(file, "sha256").hexdigest())
            size = path.stat().st_size
            with operation(database, who) as op:
                identifier = execution.start_import(op, order, path.name, form, size, digest)
            _upload(database, who, identifier, file, size, show)
    except OSError as error:
        raise BadInput("file-unreadable", file=str(path), problem=error.strerror or "") from None
    with operation(database, who) as op:
        execution.complete_upload(op, identifier)
    while execution.admit_next(database, who, identifier):
        found = _import(database, who, identifier)
        show("import", "rows", found.admitted + found.refused, 0)
    found = _import(database, who, identifier)
    with operation(database, who) as op:
        faults = execution.row_faults(op.db, identifier, limit=100).rows
    refused = [
        {
            "code": fault.code,
            "reason": explain(
                fault.code, {"file": found.name, "line": fault.line, "place": fault.place}
            ),
        }
        for fault in faults
    ]
    return {
        "import": identifier,
        "admitted": found.admitted,
        "refused_rows": found.refused,
        "refused": refused,
    }


def _upload(
    database: Database, who: ActorId, identifier: ImportId, file: Any, size: int, show: Show
) -> None:
    """The parts that are missing; those that came before are passed over."""
    found = _import(database, who, identifier)
    if found.state is not execution.ImportState.RECEIVING:
        return
    number, done = found.parts, found.received
    file.seek(done)
    while content := file.read(PART):
        number, done = number + 1, done + len(content)
        digest = Digest(hashlib.sha256(content).hexdigest())
        with operation(database, who) as op:
            execution.put_part(op, identifier, number, digest, content)
        show("import", "bytes", done, size)


def _import(database: Database, who: ActorId, identifier: ImportId) -> Import:
    with operation(database, who) as op:
        return execution.import_(op.db, identifier)
