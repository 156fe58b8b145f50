"""The container: zip members, manifest and signatures, read strictly and a second time.

Source: docs/formats/bundle.md. Member contents are covered by the manifest; order, dates and
compression of the container are not.
"""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from lzma import LZMAError
from pathlib import Path
from typing import Any, BinaryIO

from outwork_verify import canonical, note

FORMAT = "outwork-bundle/1"
REQUIRED = ("manifest.json", "manifest.sig", "checkpoint", "entries.jsonl")
OPTIONAL = (
    "disclosures.jsonl",
    "certificate.json",
    "invoice.json",
    "timestamps.jsonl",
    "logs.json",
)
MOST_MEMBERS = 50_000
MOST_BYTES = 4 << 30
MOST_MEMBER_BYTES = 1 << 30
MOST_MANIFEST_BYTES = 16 << 20

_DAMAGE = (
    zipfile.BadZipFile, zlib.error, LZMAError, struct.error, EOFError, OSError, RuntimeError,
    ValueError, NotImplementedError,
)  # fmt: skip
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Unreadable(Exception):
    """There is nothing to judge: no file, or not a zip container."""


class Failure(Exception):
    """The bundle does not verify: the member (None for the container), entry (or None), reason."""

    def __init__(self, member: str | None, entry: int | None, reason: str) -> None:
        super().__init__(reason)
        self.member, self.entry, self.reason = member, entry, reason

    def __reduce__(self) -> tuple[type[Failure], tuple[str | None, int | None, str]]:
        """The same failure again, also on the other side of a process."""
        return Failure, (self.member, self.entry, self.reason)


@dataclass(frozen=True)
class Bundle:
    """A bundle whose manifest is signed by `log` and lists exactly `members`, in its order.

    `witnesses` are the cosigners that its checkpoint may name.
    `altered` names the first member whose bytes are not those that the manifest lists, or is None.
    """

    engagement: str
    log: note.Key
    witnesses: tuple[note.Key, ...]
    members: dict[str, bytes]
    altered: str | None


def read_bundle(source: Path | BinaryIO, trusted: Sequence[note.Key] | None) -> Bundle:
    """Opens a bundle and checks container, manifest and its signature.

    The key must be one of `trusted`; if that is None, the key that the manifest names is taken.
    Raises Unreadable, or Failure naming the first member that is wrong.
    """
    try:
        container = zipfile.ZipFile(source)
    except _DAMAGE as error:
        raise Unreadable(f"cannot be read as a bundle ({_first_line(error)})") from error
    with container:
        infos = _members(container)
        raw = _unpack(container, infos.pop("manifest.json"), MOST_MANIFEST_BYTES)
        signature = _unpack(container, infos.pop("manifest.sig"), MOST_MANIFEST_BYTES)
        manifest = _manifest(raw)
        log = _signed_by(manifest, raw, signature, trusted)
        listed = {member["name"]: member for member in manifest["members"]}
        for name in sorted(listed.keys() ^ infos.keys()):
            reason = "is missing" if name in listed else "is not listed in the manifest"
            raise Failure(name, None, reason)
        members = {}
        altered = None
        for name, member in listed.items():
            members[name] = data = _unpack(container, infos[name], MOST_MEMBER_BYTES)
            if altered is None and (len(data), hashlib.sha256(data).hexdigest()) != (
                member["size"],
                member["sha256"],
            ):
                altered = name
    return Bundle(manifest["engagement"], log, _witnesses(manifest), members, altered)


def lines_of(data: bytes, member: str) -> list[bytes]:
    """The lines of a member without their newlines; raises Failure if the last has none."""
    lines = data.split(b"\n")
    if lines.pop():
        raise Failure(member, len(lines), "does not end in a newline")
    return lines


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _members(container: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    infos = container.infolist()
    if len(infos) > MOST_MEMBERS or sum(info.file_size for info in infos) > MOST_BYTES:
        raise Failure(None, None, "has too many members, or unpacks to too many bytes")
    found: dict[str, zipfile.ZipInfo] = {}
    seen: dict[str, str] = {}
    for info in infos:
        name = info.orig_filename
        if name in found:
            raise Failure(name, None, "occurs twice")
        twin = seen.setdefault(unicodedata.normalize("NFC", name.casefold()), name)
        if twin != name:
            raise Failure(name, None, f"differs from {twin} by letter case only")
        reason = _objection(info)
        if reason:
            raise Failure(name, None, reason)
        found[name] = info
    for name in REQUIRED:
        if name not in found:
            raise Failure(name, None, "is missing")
    return found


def _objection(info: zipfile.ZipInfo) -> str | None:
    """Why a member may not stand in a bundle, or None."""
    name, kind = info.orig_filename, stat.S_IFMT(info.external_attr >> 16)
    if {"", ".", ".."} & set(name.split("/")) or not name.isprintable() or {"\\", ":"} & set(name):
        return "is not a safe relative file name"
    if not unicodedata.is_normalized("NFC", name):
        return "is not named in Unicode normal form C"
    if name not in REQUIRED + OPTIONAL and not name.startswith("deliverable/"):
        return "is not a member of a bundle"
    if kind not in (0, stat.S_IFREG) or info.external_attr & 0x10:
        return "is not a regular file"
    if info.flag_bits & 0x41:
        return "is encrypted"
    if info.file_size > MOST_MEMBER_BYTES:
        return "unpacks to too many bytes"
    return None


def _unpack(container: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    name, pieces = info.orig_filename, []
    if info.file_size > most:
        raise Failure(name, None, "is too large")
    try:
        with container.open(info) as stream:
            while piece := stream.read(1 << 16):
                pieces.append(piece)
    except _DAMAGE as error:
        raise Failure(name, None, f"cannot be unpacked ({_first_line(error)})") from error
    data = b"".join(pieces)
    if len(data) != info.file_size:
        raise Failure(name, None, "is cut off")
    return data


def _manifest(raw: bytes) -> dict[str, Any]:
    try:
        manifest = canonical.decode(raw)
    except canonical.CanonicalError as error:
        raise Failure("manifest.json", None, str(error)) from error
    if not _well_formed(manifest):
        raise Failure("manifest.json", None, f"is not a manifest of {FORMAT}")
    names = [member["name"] for member in manifest["members"]]
    if any(a >= b for a, b in pairwise(names)):
        raise Failure("manifest.json", None, "does not list each member once and in order")
    return dict(manifest)


def _well_formed(manifest: Any) -> bool:
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        return False
    if set(manifest) != {"format", "engagement", "origin", "log", "witnesses", "members"}:
        return False
    texts = [manifest["engagement"], manifest["origin"], manifest["log"]]
    members, witnesses = manifest["members"], manifest["witnesses"]
    if not isinstance(members, list) or not isinstance(witnesses, list):
        return False
    if not all(isinstance(text, str) and text for text in texts + witnesses):
        return False
    return all(
        isinstance(member, dict)
        and set(member) == {"name", "size", "sha256"}
        and isinstance(member["name"], str)
        and type(member["size"]) is int
        and isinstance(member["sha256"], str)
        and _DIGEST.fullmatch(member["sha256"]) is not None
        for member in members
    )


def _witnesses(manifest: dict[str, Any]) -> tuple[note.Key, ...]:
    try:
        keys = tuple(note.read_key(text) for text in manifest["witnesses"])
    except note.NoteError as error:
        raise Failure("manifest.json", None, str(error)) from error
    if any(key.kind != note.COSIGNATURE for key in keys):
        raise Failure("manifest.json", None, "names a witness without a cosigner's key")
    if any(a >= b for a, b in pairwise(manifest["witnesses"])):
        raise Failure("manifest.json", None, "does not list each witness once and in order")
    return keys


def _signed_by(
    manifest: dict[str, Any], raw: bytes, signature: bytes, trusted: Sequence[note.Key] | None
) -> note.Key:
    try:
        log = note.read_key(manifest["log"])
    except note.NoteError as error:
        raise Failure("manifest.json", None, str(error)) from error
    if log.name != manifest["origin"] or log.kind != note.NOTE:
        raise Failure("manifest.json", None, "names a key that is not its log's")
    if trusted is not None and log not in trusted:
        raise Failure("manifest.json", None, f"the policy does not trust the log key of {log.name}")
    digest = b64encode(hashlib.sha256(raw).digest()).decode()
    try:
        text, _ = note.open_note(signature, [log])
    except note.NoteError as error:
        raise Failure("manifest.sig", None, str(error)) from error
    if text != f"{FORMAT}\n{manifest['engagement']}\n{digest}\n":
        raise Failure("manifest.json", None, "is not the manifest that was signed")
    return log
