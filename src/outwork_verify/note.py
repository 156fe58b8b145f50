"""Signed notes and checkpoints, written a second time (C2SP signed-note, tlog-checkpoint).

Only closed notes are read here: every signature line must be of a known key and must verify.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NOTE, COSIGNATURE = 1, 4
MAX_BYTES = 1 << 20

_LINE = re.compile("\u2014 ([^\\s+]+) ([A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


class NoteError(ValueError):
    """A key or note is malformed, or a signature does not verify."""


@dataclass(frozen=True)
class Key:
    """A verifier key: name, kind (NOTE or COSIGNATURE), 4-byte id, 32-byte Ed25519 key."""

    name: str
    kind: int
    id: bytes
    public: bytes

    def encode(self) -> str:
        """`<name>+<id>+<base64>`, as `read_key` reads it."""
        material = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{material}"


def unbase64(text: str) -> bytes:
    """Decodes canonical base64 (RFC 4648 section 4); raises NoteError for any other spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise NoteError("base64 is malformed") from error
    if base64.b64encode(data).decode() != text:
        raise NoteError("base64 is not canonical")
    return data


def read_key(text: str) -> Key:
    """Reads `<name>+<id>+<base64>`; raises NoteError if it is malformed or the id does not fit."""
    name, plus, rest = text.partition("+")
    id_hex, _, material = rest.partition("+")
    raw = unbase64(material)
    if not plus or not name or any(c.isspace() or c < " " for c in name):
        raise NoteError("a key's name is malformed")
    if not _KEY_ID.fullmatch(id_hex) or len(raw) != 33 or raw[0] not in (NOTE, COSIGNATURE):
        raise NoteError("not an Ed25519 verifier key")
    if sha256(f"{name}\n".encode() + raw).hexdigest()[:8] != id_hex:
        raise NoteError("a key's id does not fit its name and key")
    return Key(name, raw[0], bytes.fromhex(id_hex), raw[1:])


def open_note(data: bytes, keys: Sequence[Key]) -> tuple[str, dict[Key, int | None]]:
    """The text of a note, and each key that signed it with its time (POSIX seconds) if it says so.

    Raises NoteError if the note is malformed, nobody signed, or any line is of an unknown key,
    repeats a key, or does not verify.
    """
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteError("the note is not UTF-8") from error
    text, gap, tail = note.rpartition("\n\n")
    if len(data) > MAX_BYTES or not gap or not tail.endswith("\n"):
        raise NoteError("the note has no signature")
    if any(c < " " and c != "\n" for c in note):
        raise NoteError("the note has a control character")
    text += "\n"
    signed: dict[Key, int | None] = {}
    for line in tail[:-1].split("\n"):
        match = _LINE.fullmatch(line)
        if match is None:
            raise NoteError("a signature line is malformed")
        raw = unbase64(match[2])
        key = next((k for k in keys if (k.name, k.id) == (match[1], raw[:4])), None)
        if key is None:
            raise NoteError(f"signed by an unknown key, {match[1]}")
        if key in signed:
            raise NoteError(f"signed twice by {key.name}")
        signed[key] = verify_signature(key, text.encode(), raw[4:])
    return text, signed


def verify_signature(key: Key, text: bytes, signature: bytes) -> int | None:
    """Checks a signature (Ed25519, or time and Ed25519) over a note's text; raises NoteError.

    Gives the POSIX seconds that a cosignature states, None for a plain signature.
    """
    time = None
    if key.kind == COSIGNATURE:
        time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        text = f"cosignature/v1\ntime {time}\n".encode() + text
        if time >= 1 << 63:
            raise NoteError(f"the time of {key.name} is out of range")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text)
    except (InvalidSignature, ValueError) as error:
        raise NoteError(f"the signature of {key.name} does not verify") from error
    return time


def read_checkpoint(text: str) -> tuple[str, int, bytes]:
    """Origin, size in leaves and root (32 bytes) of a checkpoint's text; raises NoteError.

    Extension lines are allowed if not empty, and ignored.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]) or not _SIZE.fullmatch(lines[1]):
        raise NoteError("the checkpoint is malformed")
    root = unbase64(lines[2])
    if len(root) != 32:
        raise NoteError("the checkpoint's root is not 32 bytes")
    return lines[0], int(lines[1]), root
