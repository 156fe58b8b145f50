"""A witness for benchmarks: cosigns a checkpoint only if it extends the last one that it cosigned.

Source: C2SP tlog-witness, `add-checkpoint`. It keeps its heads in memory, so it is no witness to
rely on; it judges as one must.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from outwork.ledger import checkpoint, tree
from outwork.ledger.checkpoint import Ed25519Signer, NoteError, VerifierKey

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
MOST_HASHES = 63


@dataclass
class Witness:
    """`logs` maps an origin to the key that it trusts; `seen` to the last note it cosigned."""

    signer: Ed25519Signer
    logs: dict[str, VerifierKey]
    time: int = 1_700_000_000
    seen: dict[str, bytes] = field(default_factory=dict)
    heads: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def add_checkpoint(self, body: str) -> tuple[int, str]:
        """HTTP status and body for a request: 200 with the cosignature's line, or a refusal."""
        try:
            old, proof, note = _request(body)
            asked = checkpoint.parse_checkpoint(checkpoint.parse_note(note).text)
        except (NoteError, ValueError) as error:
            return 400, str(error)
        key = self.logs.get(asked.origin)
        if key is None:
            return 404, "unknown log"
        try:
            checkpoint.open_checkpoint(note, key)
        except NoteError as error:
            return 403, str(error)
        if old > asked.size:
            return 400, "the old size is above the new"
        size, root = self.heads.get(asked.origin, (0, tree.EMPTY_ROOT))
        if old != size:
            return 409, f"{size}\n"
        try:
            _extends(size, root, asked, proof)
        except tree.ProofError as error:
            return 422, f"the consistency proof fails: {error}"
        self.heads[asked.origin] = asked.size, asked.root
        line = checkpoint.cosign(asked.text(), self.signer, self.time).encode()
        self.seen[asked.origin] = note + line.encode()
        return 200, line


def request(old: int, proof: list[bytes], note: bytes) -> str:
    """The body of a request to cosign `note`, which extends a tree of `old` leaves."""
    hashes = "".join(checkpoint.encode_base64(digest) + "\n" for digest in proof)
    return f"old {old}\n{hashes}\n{note.decode()}"


def _request(body: str) -> tuple[int, list[bytes], bytes]:
    head, gap, note = body.partition("\n\n")
    first, *hashes = head.split("\n")
    match = _OLD.fullmatch(first)
    if not gap or match is None or len(hashes) > MOST_HASHES:
        raise ValueError("the request is malformed")
    return int(match[1]), [checkpoint.decode_base64(text) for text in hashes], note.encode()


def _extends(size: int, root: bytes, asked: checkpoint.Checkpoint, proof: list[bytes]) -> None:
    if size:
        tree.verify_consistency(size, asked.size, root, asked.root, proof)
    elif proof or (not asked.size and asked.root != tree.EMPTY_ROOT):
        raise tree.ProofError("from an empty tree there is no proof")
