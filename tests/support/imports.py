"""Files of rows as a client of the acts brings them."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.support.engagement import World

from outwork.stages import execution
from outwork.stages.execution import Import, RowFormat
from outwork.vocabulary import ImportId


def sha(content: bytes) -> Any:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def start(world: World, content: bytes, form: RowFormat, name: str = "rows") -> ImportId:
    """Announce a file."""
    made: ImportId = world.act(
        "dana", execution.start_import, world.order, f"{name}.{form}", form, len(content),
        sha(content),
    )  # fmt: skip
    return made


def upload(world: World, identifier: ImportId, content: bytes, part: int = 1 << 20) -> None:
    """Hand in what is missing of a file, in parts."""
    done = world.look(execution.import_, identifier)
    pieces = [content[at : at + part] for at in range(0, len(content), part)]
    for number, piece in enumerate(pieces[done.parts :], start=done.parts + 1):
        world.act("dana", execution.put_part, identifier, number, sha(piece), piece)


def bring(
    world: World, content: bytes, form: RowFormat = RowFormat.JSONL, part: int = 1 << 20
) -> Import:
    """A whole file, taken in to its end."""
    identifier = start(world, content, form)
    upload(world, identifier, content, part)
    world.act("dana", execution.complete_upload, identifier)
    while world.act("dana", execution.admit_rows, identifier):
        pass
    done: Import = world.look(execution.import_, identifier)
    return done
