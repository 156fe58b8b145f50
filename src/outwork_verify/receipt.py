"""Receipts: one entry, proved to be in a log (C2SP tlog-proof), read strictly.

    c2sp.org/tlog-proof@v1
    extra <base64 of the entry>     optional: with it the receipt is checked alone
    index <number of the entry>
    <base64 of a hash>              the inclusion proof, nearest sibling first

    <checkpoint>                    a closed signed note

No signature covers `extra`, so it may hold nothing but the entry, which the proof covers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from outwork_verify import note, tree
from outwork_verify.container import Failure
from outwork_verify.entry import read_event
from outwork_verify.policy import Policy

HEADER = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


class ReceiptError(ValueError):
    """A receipt is malformed, or does not show what it claims; the message says which."""


@dataclass(frozen=True)
class Receipt:
    """A parsed receipt: entry number, proof (32-byte hashes), checkpoint note, extra bytes."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


@dataclass(frozen=True)
class Proved:
    """What a receipt shows: the tree head, and who signed it with the cosigners' POSIX seconds."""

    origin: str
    size: int
    root: bytes
    signed: dict[note.Key, int | None]


def read_receipt(data: bytes) -> Receipt:
    """The parts of a receipt, of which nothing is verified yet; raises ReceiptError."""
    head, gap, checkpoint = data.partition(b"\n\n")
    try:
        header, *lines = head.decode("ascii").split("\n")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = note.unbase64(lines.pop(0)[len("extra ") :])
        match = _INDEX.fullmatch(lines.pop(0)) if lines else None
        proof = tuple(note.unbase64(line) for line in lines)
    except (UnicodeDecodeError, note.NoteError) as error:
        raise ReceiptError("the receipt is malformed") from error
    if header != HEADER or not gap or match is None or len(proof) > MOST_HASHES:
        raise ReceiptError("not a receipt (C2SP tlog-proof, version 1)")
    return Receipt(int(match[1]), proof, checkpoint, extra)


def check_receipt(data: bytes, policy: Policy, entry: bytes | None = None) -> Proved:
    """Checks that `entry` is in a log that the policy trusts, cosigned as it demands.

    Without `entry`, the one that the receipt carries. Raises ReceiptError, also if the receipt
    carries another. Every signature must be by a key of the policy and must verify.
    """
    receipt = read_receipt(data)
    if entry is None:
        entry = receipt.extra
    if entry is None:
        raise ReceiptError("the receipt does not carry its entry, and none was given")
    if receipt.extra not in (None, entry):
        raise ReceiptError("the receipt carries another entry")
    return check_entry(receipt.index, receipt.proof, receipt.checkpoint, entry, policy)


def shown(data: bytes, policy: Policy) -> dict[str, Any]:
    """What a receipt that carries its entry shows, for people; raises ReceiptError.

    The entry's form is checked; whether the act was in order only the whole log can tell.
    """
    receipt, proved = read_receipt(data), check_receipt(data, policy)
    assert receipt.extra is not None  # what was checked
    try:
        event = read_event(receipt.extra, receipt.index)
    except Failure as failure:
        raise ReceiptError(f"the entry {failure.reason}") from failure
    return {
        "receipt": receipt.index,
        "log": proved.origin,
        "entries": proved.size,
        "root": proved.root.hex(),
        "cosigned": {key.name: time for key, time in proved.signed.items() if time is not None},
        "kind": event.kind,
        "at": event.at,
        "actor": event.actor,
        "public": event.public,
        "sealed": sorted(event.sealed),
    }


def check_entry(
    index: int, proof: tuple[bytes, ...], checkpoint: bytes, entry: bytes, policy: Policy
) -> Proved:
    """The same for a proof and a checkpoint that did not come as a receipt; raises ReceiptError."""
    head = check_head(checkpoint, policy)
    try:
        tree.check_inclusion(index, head.size, tree.leaf_hash(entry), proof, head.root)
    except tree.TreeError as error:
        raise ReceiptError(str(error)) from error
    return head


def check_head(checkpoint: bytes, policy: Policy, *, quorum: bool = True) -> Proved:
    """What a checkpoint says, signed by a log of the policy and cosigned as it demands.

    Without `quorum`, whoever cosigned: for a checkpoint that the reader has from a witness's hands.
    """
    try:
        text, signed = note.open_note(checkpoint, [*policy.logs, *policy.witnesses.values()])
        origin, size, root = note.read_checkpoint(text)
    except note.NoteError as error:
        raise ReceiptError(str(error)) from error
    if not any(key in signed and key.name == origin for key in policy.logs):
        raise ReceiptError("the checkpoint is not signed by its log")
    if quorum and not policy.satisfied(signed):
        raise ReceiptError("the checkpoint is not cosigned as the policy demands")
    return Proved(origin, size, root, signed)
