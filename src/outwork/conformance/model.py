"""What is asked of a witness, in order, and the answer that the specification gives to each.

Everything follows from the log's name: its key, its entries, its forks. So the cases are the same
for everybody who writes a witness, and can be kept as a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from outwork import ledger
from outwork.witness import write_request

ORIGIN = "conformance.example/log"


@dataclass(frozen=True, slots=True)
class Case:
    """A request, and what has to come back.

    `status` is the HTTP status; `size` the decimal in the body of a 409, as far as it is specified;
    with 200, the body has a cosignature over the note's text.
    """

    name: str
    body: bytes
    status: int
    size: int | None = None


def signer(origin: str = ORIGIN, salt: str = "") -> ledger.checkpoint.Ed25519Signer:
    """The log's key, which everybody can make: a witness trusts it for this test alone."""
    seed = hashlib.sha256(f"outwork conformance\n{origin}\n{salt}".encode()).digest()
    return ledger.checkpoint.Ed25519Signer(origin, Ed25519PrivateKey.from_private_bytes(seed))


@dataclass(frozen=True, slots=True)
class _Log:
    """A log of entries named after their number and a branch; all branches are alike up to 2."""

    signer: ledger.checkpoint.Ed25519Signer
    branch: str = ""

    def grown(self, size: int) -> ledger.tree.Tree:
        made = ledger.tree.Tree()
        for number in range(size):
            made.append(f"{'' if number < 2 else self.branch}{number}".encode())
        return made

    def note(self, size: int, *extensions: str) -> bytes:
        root = self.grown(size).root()
        head = ledger.checkpoint.Checkpoint(self.signer.name, size, root, extensions)
        return ledger.checkpoint.sign_checkpoint(head, self.signer)

    def step(self, old: int, size: int, *extensions: str) -> bytes:
        made = self.grown(size)
        proof = ledger.tree.consistency_proof(old, size, made.node)
        return write_request(old, proof, self.note(size, *extensions))


def cases(origin: str = ORIGIN) -> Iterator[Case]:
    """The requests to a witness that trusts the log's key and has cosigned nothing of it yet."""
    log = _Log(signer(origin))
    fork, stranger = _Log(log.signer, "fork "), _Log(signer(origin, "stranger"))
    yield from _malformed(log)
    yield Case("a log that is not known", _Log(signer(f"{origin}/other")).step(0, 1), 404)
    yield Case("signed by a stranger", stranger.step(0, 1), 403)
    yield Case("a signature that does not verify", _spoiled(log.step(0, 1)), 403)
    yield Case("a proof from nothing", write_request(0, [bytes(32)], log.note(1)), 422)
    yield Case("the first checkpoint", log.step(0, 1), 200)
    yield Case("the first once more", log.step(0, 1), 409, 1)
    yield Case("an old size above the new", write_request(3, [], log.note(2)), 400)
    yield Case("an old size that is not the last", log.step(2, 3), 409, 1)
    yield Case("no proof", write_request(1, [], log.note(3)), 422)
    proof = ledger.tree.consistency_proof(1, 3, log.grown(3).node)
    for name, wrong in _wrong(proof):
        yield Case(name, write_request(1, wrong, log.note(3)), 422)
    yield Case("grows", log.step(1, 3), 200)
    yield Case("grows, with a signature of a key that is not known",
               _also_signed(log.step(3, 8), stranger), 200)  # fmt: skip
    yield Case("stays as it is", log.step(8, 8), 200)
    yield Case("another tree of the same size", write_request(8, [], fork.note(8)), 409, 8)
    yield Case("rolled back", log.step(3, 5), 409, 8)
    yield Case("rolled back from what it is", write_request(8, [], log.note(5)), 400)
    yield Case("a fork with its own proof", fork.step(8, 12), 422)
    yield Case("a fork from where it left", fork.step(2, 12), 409, 8)
    yield Case("grows, with an extension line", log.step(8, 200, "an extension"), 200)
    yield Case("grows past a tile", log.step(200, 300), 200)


def racing(origin: str = ORIGIN, count: int = 8) -> list[Case]:
    """Requests to be sent at once, after the others: one is cosigned, the rest come too late."""
    log = _Log(signer(origin))
    return [Case(f"at once {n}", log.step(300, 301 + n), 200) for n in range(count)]


def _malformed(log: _Log) -> Iterator[Case]:
    good = log.step(0, 1)
    hashes = [bytes([n]) * 32 for n in range(64)]
    yield Case("nothing", b"", 400)
    yield Case("no old size", good.removeprefix(b"old 0\n"), 400)
    yield Case("a leading zero", good.replace(b"old 0", b"old 00"), 400)
    yield Case("a sign", good.replace(b"old 0", b"old -1"), 400)
    yield Case("carriage returns", good.replace(b"\n", b"\r\n"), 400)
    yield Case("64 hashes", write_request(0, hashes, log.note(1)), 400)
    yield Case("no checkpoint", b"old 0\n\n", 400)
    yield Case("no signature", good[: good.rindex(b"\n\n") + 1], 400)
    yield Case("cut off", good[:-1], 400)
    yield Case("not UTF-8", good.replace(b"old 0\n\n", b"old 0\n\n\xff"), 400)
    stray = write_request(0, [bytes(32)], log.note(1)).replace(b"AAA=\n", b"AAB=\n", 1)
    yield Case("stray bits in base64", stray, 400)


def _wrong(proof: Sequence[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    flipped = [bytes([proof[0][0] ^ 1]) + proof[0][1:], *proof[1:]]
    yield "a proof with a flipped bit", flipped
    yield "a proof that is too short", list(proof[:-1])
    yield "a proof that is too long", [*proof, bytes(32)]
    yield "a hash of 31 bytes", [*proof[:-1], proof[-1][:-1]]


def _spoiled(request: bytes) -> bytes:
    """The same with the log's signature over something else."""
    head, note = request.split(b"\n\n", 1)
    parsed = ledger.checkpoint.parse_note(note)
    line = parsed.signatures[0]
    wrong = bytes([line.signature[0] ^ 1]) + line.signature[1:]
    spoiled = ledger.checkpoint.SignatureLine(line.name, line.key_id, wrong)
    return head + b"\n\n" + ledger.checkpoint.Note(parsed.text, (spoiled,)).encode()


def _also_signed(request: bytes, other: _Log) -> bytes:
    head, note = request.split(b"\n\n", 1)
    parsed = ledger.checkpoint.parse_note(note)
    line = ledger.checkpoint.parse_note(
        ledger.checkpoint.sign_note(parsed.text, [other.signer])
    ).signatures[0]
    return head + b"\n\n" + ledger.checkpoint.Note(parsed.text, (line, *parsed.signatures)).encode()
