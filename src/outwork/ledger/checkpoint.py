"""Signed notes and checkpoints: who says that the tree looks like this.

Sources: C2SP signed-note, tlog-checkpoint and tlog-cosignature; Go's note package for the spelling
of verifier and signer keys. Signatures are Ed25519 (RFC 8032). A note is UTF-8 bytes; its text
includes the final newline.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
MAX_SIGNATURES = 64
MAX_NOTE_BYTES = 1 << 20
MAX_TIME = (1 << 63) - 1

_DASH = "\u2014"


class NoteError(ValueError):
    """A key, note, signature or checkpoint is malformed or does not verify."""


class Signer(Protocol):
    """Whatever can sign: a key in memory, in a key service, or a passkey behind it."""

    @property
    def name(self) -> str:
        """Key name as it stands in the signature line."""

    @property
    def key_id(self) -> bytes:
        """Four bytes that, with the name, tell which key signed."""

    @property
    def public_key(self) -> bytes:
        """The Ed25519 public key, 32 bytes (RFC 8032)."""

    def sign(self, message: bytes, /) -> bytes:
        """The Ed25519 signature of a message, 64 bytes."""


def encode_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Decodes only what `encode_base64` would have written; raises NoteError otherwise.

    Missing padding, stray padding bits, white space and the URL alphabet are refused, so that no
    two texts mean the same bytes.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise NoteError("base64 is malformed") from error
    if encode_base64(data) != text:
        raise NoteError("base64 is not canonical")
    return data


def make_key_id(name: str, algorithm: int, public_key: bytes) -> bytes:
    """SHA-256(name || 0x0A || algorithm || public key)[:4] (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public_key).digest()[:4]


def _check_name(name: str) -> None:
    if not name or any(c.isspace() or c < " " or c == "+" for c in name):
        raise NoteError("a key name is not empty and has neither spaces nor a plus sign")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name and the kind of signature it makes (ED25519, COSIGNATURE_V1).

    Raises NoteError for another kind, a bad name or a key that is not 32 bytes.
    """

    name: str
    algorithm: int
    public_key: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.algorithm not in (ED25519, COSIGNATURE_V1) or len(self.public_key) != 32:
            raise NoteError("a verifier key is Ed25519, for notes or for cosignatures")

    @property
    def key_id(self) -> bytes:
        """Four bytes (C2SP signed-note)."""
        return make_key_id(self.name, self.algorithm, self.public_key)

    def encode(self) -> str:
        """`<name>+<key id in hex>+<base64 of algorithm and key>`."""
        material = encode_base64(bytes([self.algorithm]) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def verify(self, text: bytes, signature: bytes) -> int | None:
        """Checks a signature over a note's text; raises NoteError if it does not verify.

        Gives the POSIX time in seconds of a cosignature, None for a plain signature.
        """
        time, message = None, text
        if self.algorithm == COSIGNATURE_V1:
            if len(signature) != 72:
                raise NoteError("a cosignature is not 72 bytes")
            time = int.from_bytes(signature[:8], "big")
            if time > MAX_TIME:
                raise NoteError("a cosignature's time is out of range")
            message, signature = _cosigned(time, text), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise NoteError(f"the signature of {self.name} does not verify") from error
        return time


def parse_verifier_key(text: str) -> VerifierKey:
    """Reads what `VerifierKey.encode` writes; raises NoteError if the id does not fit."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise NoteError("a verifier key has three parts")
    material = decode_base64(parts[2])
    if not material:
        raise NoteError("a verifier key is empty")
    key = VerifierKey(parts[0], material[0], material[1:])
    if key.key_id.hex() != parts[1]:
        raise NoteError("a verifier key's id does not fit its name and key")
    return key


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    """A Signer whose private key (32-byte seed) is in memory; its repr does not show it."""

    name: str
    private_key: Ed25519PrivateKey
    algorithm: int = ED25519

    @property
    def public_key(self) -> bytes:
        """32 bytes (RFC 8032)."""
        return self.private_key.public_key().public_bytes_raw()

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self.algorithm, self.public_key)

    @property
    def key_id(self) -> bytes:
        """Four bytes (C2SP signed-note)."""
        return self.verifier.key_id

    def sign(self, message: bytes, /) -> bytes:
        """64 bytes (RFC 8032)."""
        return self.private_key.sign(message)

    def encode(self) -> str:
        """`PRIVATE+KEY+<name>+<key id>+<base64 of algorithm and seed>`: a secret."""
        material = encode_base64(bytes([self.algorithm]) + self.private_key.private_bytes_raw())
        return f"PRIVATE+KEY+{self.name}+{self.key_id.hex()}+{material}"


def generate_signer(name: str, algorithm: int = ED25519) -> Ed25519Signer:
    """A signer with a new random key; raises NoteError for a bad name."""
    signer = Ed25519Signer(name, Ed25519PrivateKey.generate(), algorithm)
    _ = signer.verifier
    return signer


def parse_signer_key(text: str) -> Ed25519Signer:
    """Reads what `Ed25519Signer.encode` writes; raises NoteError. The message holds no secret."""
    parts = text.split("+", 4)
    if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
        raise NoteError("not a signer key")
    material = decode_base64(parts[4])
    if len(material) != 33:
        raise NoteError("a signer key is not 33 bytes")
    signer = Ed25519Signer(
        parts[2], Ed25519PrivateKey.from_private_bytes(material[1:]), material[0]
    )
    if signer.key_id.hex() != parts[3]:
        raise NoteError("a signer key's id does not fit its name and key")
    return signer


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature line: key name, key id (4 bytes), signature (as its algorithm makes it)."""

    name: str
    key_id: bytes
    signature: bytes

    def encode(self) -> str:
        """The line with its final newline (C2SP signed-note)."""
        return f"{_DASH} {self.name} {encode_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note, nothing verified: text with its final newline, signature lines in order."""

    text: str
    signatures: tuple[SignatureLine, ...]

    def encode(self) -> bytes:
        """The note's UTF-8 bytes (C2SP signed-note)."""
        return f"{self.text}\n{''.join(s.encode() for s in self.signatures)}".encode()


def parse_note(data: bytes) -> Note:
    """Splits a note into text and signatures; raises NoteError if anything is malformed.

    Every signature line must be well formed, also those of unknown keys (C2SP signed-note).
    """
    if len(data) > MAX_NOTE_BYTES:
        raise NoteError("the note is longer than a mebibyte")
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteError("the note is not UTF-8") from error
    if any(c < " " and c != "\n" for c in note):
        raise NoteError("the note has a control character")
    at = note.rfind("\n\n")
    if at < 0 or not note.endswith("\n") or at + 2 == len(note):
        raise NoteError("the note has no signature")
    lines = note[at + 2 : -1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError("the note has too many signatures")
    return Note(note[: at + 1], tuple(_parse_signature_line(line) for line in lines))


def _parse_signature_line(line: str) -> SignatureLine:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH:
        raise NoteError("a signature line is malformed")
    _check_name(parts[1])
    raw = decode_base64(parts[2])
    if len(raw) < 5:
        raise NoteError("a signature is too short")
    return SignatureLine(parts[1], raw[:4], raw[4:])


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """The note over `text` (UTF-8, ending in a newline) with one line for each signer.

    Raises NoteError if the text cannot stand in a note or nobody signs.
    """
    lines = tuple(SignatureLine(s.name, s.key_id, s.sign(text.encode())) for s in signers)
    note = Note(text, lines).encode()
    if not text.endswith("\n") or parse_note(note).text != text:
        raise NoteError("the text cannot stand in a note")
    return note


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A note whose text may be believed: who signed, and when each cosigner did.

    `signers` lists the known keys in the order of their lines; `times` maps a cosigner's name to
    POSIX seconds.
    """

    text: str
    signers: tuple[VerifierKey, ...]
    times: dict[str, int]


def open_note(data: bytes, keys: Iterable[VerifierKey], *, closed: bool = False) -> VerifiedNote:
    """Verifies a note against known keys; raises NoteError.

    Every line of a known key must verify, and at least one key must be known. Lines of unknown
    keys are ignored, as C2SP signed-note demands, except if `closed` (a note in a bundle): there
    an unknown key, or a second line of the same key, fails.
    """
    known = {(key.name, key.key_id): key for key in keys}
    note = parse_note(data)
    signers: list[VerifierKey] = []
    times: dict[str, int] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            if closed:
                raise NoteError(f"the note is signed by an unknown key, {line.name}")
            continue
        if closed and key in signers:
            raise NoteError(f"the note is signed twice by {line.name}")
        time = key.verify(note.text.encode(), line.signature)
        signers.append(key)
        if time is not None:
            times[key.name] = max(time, times.get(key.name, 0))
    if not signers:
        raise NoteError("no known key signed the note")
    return VerifiedNote(note.text, tuple(signers), times)


def _cosigned(time: int, text: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time + text


def cosign(text: str, signer: Signer, time: int) -> SignatureLine:
    """A witness's line over a checkpoint's text at POSIX second `time` (C2SP tlog-cosignature).

    Raises NoteError if the signer's key id is not that of a cosignature key or time is negative.
    """
    key = VerifierKey(signer.name, COSIGNATURE_V1, signer.public_key)
    if key.key_id != signer.key_id or not 0 <= time <= MAX_TIME:
        raise NoteError("a cosignature needs a cosignature key and a time")
    signature = signer.sign(_cosigned(time, text.encode()))
    return SignatureLine(signer.name, signer.key_id, time.to_bytes(8, "big") + signature)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: origin (the log's name), size (leaves), root (32 bytes), extension lines.

    Raises NoteError if it could not be read back (C2SP tlog-checkpoint).
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        if any(not line or any(c < " " for c in line) for line in lines):
            raise NoteError("a checkpoint's line is empty or has a control character")
        if self.size < 0 or len(self.root) != 32:
            raise NoteError("a checkpoint's size or root is malformed")

    def text(self) -> str:
        """The note text to sign: at least three lines."""
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """Reads a checkpoint's note text; raises NoteError unless `Checkpoint.text` gives it back."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop():
        raise NoteError("a checkpoint has at least three lines")
    size = lines[1]
    if not (size.isascii() and size.isdigit()) or len(size) > 19 or str(int(size)) != size:
        raise NoteError("a checkpoint's size is malformed")
    return Checkpoint(lines[0], int(size), decode_base64(lines[2]), tuple(lines[3:]))


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """The signed note of a checkpoint."""
    return sign_note(checkpoint.text(), [signer])


def open_checkpoint(
    data: bytes, log: VerifierKey, cosigners: Iterable[VerifierKey] = (), *, closed: bool = False
) -> tuple[Checkpoint, dict[str, int]]:
    """A checkpoint signed by `log`, with the cosigners' times (name -> POSIX seconds).

    Raises NoteError if the log did not sign, or any known signature fails; `closed` as for
    `open_note`.
    """
    note = open_note(data, [log, *cosigners], closed=closed)
    if log not in note.signers:
        raise NoteError("the log did not sign the checkpoint")
    return parse_checkpoint(note.text), note.times
