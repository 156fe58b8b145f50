"""Files taken in, seeds committed, work released, drafts made."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from outwork import agreements, documents, methods
from outwork.conduct.casting import (
    delivery_manager,
    one_of,
)
from outwork.conduct.state import Run
from outwork.stages import (
    execution,
    requirements,
    transfer,
)
from outwork.vocabulary import (
    BadInput,
    Digest,
    EngagementId,
    Role,
    Stage,
    WorkOrderId,
)


def intake(run: Run) -> None:
    """Open the work order, take every file of the folder in, and release what could be read."""
    engagement = EngagementId(run.saved.engagement)
    manager = delivery_manager(run)
    files = input_files(run.inputs)
    if not run.saved.work_order:
        with run.acting(manager) as op:
            # A run that was killed may have opened it without keeping its id.
            opened = agreements.work_orders(op.db, engagement)
            line = requirements.lines(op.db, engagement)[run.file.batch.line - 1]
            run.saved.work_order = (
                opened[0].id
                if opened
                else execution.open_work_order(op, line.id, run.file.batch.title)
            )
        run.saved.save(run.out)
    order_id = WorkOrderId(run.saved.work_order)
    with run.looking() as db:
        order = run.order(db)
        present = {i.name for i in execution.all_items(db, order.id)}
        if order.phase is not agreements.WorkPhase.INTAKE:
            run.saved.items = len(present)
            return
    present |= {r["file"] for r in run.saved.refused}
    for number, path in enumerate(files, start=1):
        # A name that is no text (bytes of another encoding) is shown with its bytes escaped.
        plain = os.fsencode(path.relative_to(run.inputs).as_posix())
        name = plain.decode("utf-8", "backslashreplace")
        if name not in present:
            _admit(run, manager, order_id, name, path)
        run.progress("execution", "files taken in", number, len(files))
    commit_seeds(run)
    with run.acting(manager) as op:
        run.saved.items = execution.release(op, order_id)
    run.integrate()


def _admit(run: Run, manager: str, order: WorkOrderId, name: str, path: Path) -> None:
    try:
        if path.stat().st_size > documents.MAX_BYTES:
            raise BadInput("too-large", file=name, largest=documents.MAX_BYTES)
        with run.acting(manager) as op:
            execution.admit(op, order, name, path.read_bytes())
    except (BadInput, OSError) as error:
        code = error.code if isinstance(error, BadInput) else "file-unreadable"
        with run.acting(manager) as op:
            execution.refuse_file(op, order, name, code)
        run.saved.refused.append({"file": name, "code": code})
        run.saved.save(run.out)


def check_inputs(folder: Path) -> None:
    """Raises BadInput where a folder of inputs is missing or empty."""
    input_files(folder)


def input_files(folder: Path) -> list[Path]:
    """The files below a folder, in order of name, hidden ones aside; raises BadInput if none."""
    if not folder.is_dir():
        raise BadInput("not-a-folder", file=str(folder))
    found = sorted(
        p
        for p in folder.rglob("*")
        if p.is_file() and not any(part.startswith(".") for part in p.relative_to(folder).parts)
    )
    if not found:
        raise BadInput("folder-empty", file=str(folder))
    return found


def commit_seeds(run: Run) -> None:
    """Make, keep and commit both sides' nonces of the current round."""
    order_id = WorkOrderId(run.saved.work_order)
    with run.looking() as db:
        order = run.order(db)
        committed = set(execution.seeds(db, order))
    holders = {
        "client": one_of(run, run.file.client.key, Role.VENDOR_MANAGER),
        "provider": delivery_manager(run),
    }
    for side, person in holders.items():
        slot = f"{side}/{order.round}"
        if slot not in run.saved.nonces:
            run.saved.nonces[slot] = secrets.token_hex(32)
            run.saved.save(run.out)  # before it is committed: a lost nonce blocks the verdict
        if side not in committed:
            commitment = methods.commit_nonce(bytes.fromhex(run.saved.nonces[slot])).hex()
            with run.acting(person) as op:
                execution.commit_seed(op, order_id, Digest(commitment))


def drafting(run: Run) -> None:
    """The agent drafts what waits for it."""
    if run.file.agent is None:
        return
    agent = run.actor(run.file.agent.key)
    engagement, done = EngagementId(run.saved.engagement), 0
    with run.looking() as db:
        if run.order(db).stage is not Stage.EXECUTION:
            return
        if not transfer.certified(db, engagement, agent):
            return  # a waiver let it through: people do without drafts
    while execution.draft_next(run.database, agent, engagement, run.clock) is not None:
        done += 1
        run.progress("execution", "contracts drafted", done, run.saved.items)
    run.integrate()
