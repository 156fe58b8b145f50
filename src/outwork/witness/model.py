"""What a witness is asked, and the rule by which it answers (C2SP tlog-witness, add-checkpoint)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from outwork import ledger

MOST_HASHES = 63
LARGEST_REQUEST = 256 * 1024  # bytes; a proof is below 3 KiB, and a note rarely above one
PLAIN = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


class Rejected(Exception):
    """A request is refused, with an HTTP status and the body that goes with it."""

    def __init__(self, status: int, reason: str, size: int | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason
        self.body = f"{reason}\n" if size is None else f"{size}\n"
        self.media_type = PLAIN if size is None else SIZE


@dataclass(frozen=True, slots=True)
class Head:
    """The last tree that a witness cosigned of a log: size in leaves, root of 32 bytes."""

    size: int = 0
    root: bytes = ledger.tree.EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Request:
    """Cosign `note`, whose tree extends one of `old` leaves, as `proof` shows."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes
    asked: ledger.checkpoint.Checkpoint


def write_request(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """The body of a request."""
    hashes = "".join(ledger.checkpoint.encode_base64(digest) + "\n" for digest in proof)
    return f"old {old}\n{hashes}\n".encode() + note


def read_request(body: bytes) -> Request:
    """The parts of a request, of which nothing is verified yet; raises Rejected(400)."""
    head, gap, note = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
        match = _OLD.fullmatch(first)
        if not gap or match is None or len(body) > LARGEST_REQUEST:
            raise Rejected(400, "the request is malformed")
        if len(lines) > MOST_HASHES:
            raise Rejected(400, "the proof has more than 63 hashes")
        proof = tuple(ledger.checkpoint.decode_base64(line) for line in lines)
        asked = ledger.checkpoint.parse_checkpoint(ledger.checkpoint.parse_note(note).text)
    except (ledger.checkpoint.NoteError, UnicodeDecodeError) as error:
        raise Rejected(400, str(error)) from error
    return Request(int(match[1]), proof, note, asked)


def judge(request: Request, keys: Collection[ledger.checkpoint.VerifierKey], known: Head) -> None:
    """Returns if the request may be cosigned; raises Rejected with the specified status.

    `keys` are those trusted to sign for the log, none for a log that is not known; `known` is what
    was cosigned last.
    """
    asked = request.asked
    if not keys:
        raise Rejected(404, "unknown log")
    try:
        ledger.checkpoint.open_note(request.note, keys)
    except ledger.checkpoint.NoteError as error:
        raise Rejected(403, str(error)) from error
    if request.old > asked.size:
        raise Rejected(400, "the old size is above the new")
    if request.old != known.size:
        raise Rejected(409, "the old size is not what was cosigned last", known.size)
    if asked.size == known.size and asked.root != known.root:
        raise Rejected(409, "another tree of the same size was cosigned", known.size)
    try:
        _check_extends(request, known)
    except ledger.tree.ProofError as error:
        raise Rejected(422, f"the consistency proof fails: {error}") from error


def _check_extends(request: Request, known: Head) -> None:
    if any(len(digest) != ledger.tree.HASH_SIZE for digest in request.proof):
        raise ledger.tree.ProofError("a hash is not 32 bytes")
    if known.size:
        asked = request.asked
        ledger.tree.verify_consistency(
            known.size, asked.size, known.root, asked.root, request.proof
        )
    elif request.proof:
        raise ledger.tree.ProofError("from an empty tree there is nothing to prove")
