"""A disclosed item: the entries about it, proved without the rest of the log, and what they seal.

The file is one JSON object, as `execution.disclose_item` gives it (docs/formats/bundle.md).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from outwork_verify import canonical, note, tree
from outwork_verify.container import Failure
from outwork_verify.entry import Event, read_event
from outwork_verify.policy import Policy
from outwork_verify.receipt import Proved, ReceiptError, check_head

FORMAT = "outwork-disclosure/1"
MEMBERS = {
    "format", "engagement", "item", "log", "checkpoint", "entries", "opened", "contents", "row",
}  # fmt: skip

_SALT = re.compile(r"[0-9a-f]{32}")


def looks_disclosed(data: bytes) -> bool:
    """Whether this is such a file, well or badly made."""
    return data[:1] == b"{" and FORMAT.encode() in data


def check(data: bytes, policy: Policy | None) -> dict[str, Any]:
    """What the file shows, by the keys of the policy or, without one, by the key it names itself.

    Raises Failure naming what does not fit: an entry that is not in the tree, a field that does not
    open its commitment, a content that is not what was taken in.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Failure("disclosure", None, f"cannot be read ({error})") from None
    if not isinstance(found, dict) or found.keys() != MEMBERS or found["format"] != FORMAT:
        raise Failure("disclosure", None, f"is not a disclosure of {FORMAT}")
    try:
        head = check_head(found["checkpoint"].encode(), policy or _own(found["log"]))
        events = _entries(found["entries"], head)
        opened = _opened(found["opened"], events)
        contents = _contents(found["contents"], found["item"], events)
        row = _row(found["row"], found["item"], events)
    except (note.NoteError, ReceiptError) as error:
        raise Failure("checkpoint", None, str(error)) from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Failure("disclosure", None, f"is malformed ({type(error).__name__})") from error
    return {
        "disclosed": found["item"],
        "engagement": found["engagement"],
        "log": head.origin,
        "entries": head.size,
        "root": head.root.hex(),
        "cosigned": {key.name: time for key, time in head.signed.items() if time is not None},
        "shown": [f"{e.seq}: {e.kind} at {e.at} by {e.actor}" for e in events.values()],
        "opened": opened,
        "contents": contents + row,
    }


def _own(key: str) -> Policy:
    return Policy([note.read_key(key)])


def _entries(given: Any, head: Proved) -> dict[int, Event]:
    events: dict[int, Event] = {}
    for one in given:
        line = one["line"].encode()
        seq = json.loads(line)["seq"]
        if type(seq) is not int or seq in events or set(one) != {"line", "proof"}:
            raise Failure("entries", None, "stands twice, or has no place")
        event = read_event(line, seq)
        try:
            proof = [note.unbase64(text) for text in one["proof"]]
            tree.check_inclusion(seq, head.size, tree.leaf_hash(line), proof, head.root)
        except (tree.TreeError, note.NoteError) as error:
            raise Failure("entries", seq, str(error)) from error
        events[seq] = event
    return events


def _opened(given: Any, events: Mapping[int, Event]) -> int:
    for one in given:
        seq, name, salt = one["seq"], one["field"], one["salt"]
        if seq not in events or not _SALT.fullmatch(salt):
            raise Failure("opened", seq, f"opens {name} of no entry that is shown")
        content = bytes.fromhex(salt) + canonical.encode(one["value"])
        if events[seq].sealed.get(name) != hashlib.sha256(content).hexdigest():
            raise Failure("opened", seq, f"{name} does not open the commitment")
    return len(given)


def _contents(given: Any, item: str, events: Mapping[int, Event]) -> int:
    """Files must be what was taken in as the item."""
    admitted = {
        e.public["digest"]
        for e in events.values()
        if e.kind == "execution.item-admitted" and e.public["item"] == item
    }
    for one in given:
        try:
            data = base64.b64decode(one["data"], validate=True)
        except binascii.Error:
            raise Failure("contents", None, f"{one['name']} cannot be read") from None
        if hashlib.sha256(data).hexdigest() not in admitted:
            raise Failure("contents", None, f"{one['name']} is not what was taken in")
    return len(given)


def _row(given: Any, item: str, events: Mapping[int, Event]) -> int:
    """A row's text must be in the tree of its chunk, whose root an entry has."""
    if given is None:
        return 0
    chunk = next(
        (
            e.public
            for e in events.values()
            if e.kind == "execution.rows-admitted"
            and (e.public["import_id"], e.public["chunk"]) == (given["import_id"], given["chunk"])
        ),
        None,
    )
    if chunk is None or given["item"] != item:
        raise Failure("row", None, "is of a chunk whose entry is not shown, or of another item")
    committed = hashlib.sha256(bytes.fromhex(given["salt"]) + given["text"].encode()).digest()
    leaf, path = tree.leaf_hash(item.encode() + committed), map(bytes.fromhex, given["path"])
    try:
        tree.check_inclusion(
            given["index"], chunk["items"], leaf, list(path), bytes.fromhex(chunk["root"])
        )
    except tree.TreeError as error:
        raise Failure("row", None, f"is not what was taken in ({error})") from error
    return 1
