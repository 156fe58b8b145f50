"""The bundle: one file that proves an engagement offline (docs/formats/bundle.md).

A zip container whose signed manifest lists every other member with size and SHA-256. Member
contents are covered; container metadata (order, dates, compression, comments) is not. The reader
is strict: whatever it does not expect, it refuses and names.
"""

from __future__ import annotations

import hashlib
import io
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from lzma import LZMAError
from typing import Any, BinaryIO

from outwork.ledger import canonical, checkpoint, sealing
from outwork.ledger.checkpoint import NoteError, Signer, VerifierKey
from outwork.ledger.tiles import MAX_ENTRY
from outwork.ledger.tree import root_of_leaves

FORMAT = "outwork-bundle/1"
MANIFEST, SIGNATURE, CHECKPOINT = "manifest.json", "manifest.sig", "checkpoint"
ENTRIES, DISCLOSURES = "entries.jsonl", "disclosures.jsonl"
CERTIFICATE, INVOICE, LOGS = "certificate.json", "invoice.json", "logs.json"
TIMESTAMPS = "timestamps.jsonl"
DELIVERABLE = "deliverable/"

_REQUIRED = frozenset({MANIFEST, SIGNATURE, CHECKPOINT, ENTRIES})
_FIXED = _REQUIRED | {DISCLOSURES, CERTIFICATE, INVOICE, TIMESTAMPS, LOGS}
_METHODS = frozenset(
    {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
)
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError, RuntimeError, struct.error,
    ValueError, NotImplementedError,
)  # fmt: skip
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SALT = re.compile(r"[0-9a-f]{32}")
_DATE = (1980, 1, 1, 0, 0, 0)


class BundleError(ValueError):
    """A bundle is refused: `member` (None for the container), `entry` (seq or None), `reason`."""

    def __init__(self, reason: str, member: str | None = None, entry: int | None = None) -> None:
        place = "bundle" if member is None else member
        place += "" if entry is None else f", entry {entry}"
        super().__init__(f"{place}: {reason}")
        self.member, self.entry, self.reason = member, entry, reason


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader accepts at most: bytes unpacked in one member and in all, and members."""

    member_bytes: int = 1 << 30
    total_bytes: int = 4 << 30
    manifest_bytes: int = 16 << 20
    members: int = 50_000


@dataclass(frozen=True, slots=True)
class Disclosure:
    """An opened sealed field of entry `seq`: its 16-byte salt and its value."""

    seq: int
    field: str
    salt: bytes
    value: Any


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle holds.

    `witnesses` are the verifier keys of all whose cosignatures `checkpoint` may carry, in order;
    `entries` are the log's leaves in order (canonical JSON, no newline, at most 65,535 bytes);
    `checkpoint` is the signed note over exactly these; `deliverables` maps paths below
    `deliverable/` to contents; certificate, invoice and what proves the log in the
    log of logs are JSON values, or None if there is none;
    `timestamps` are lines of tokens over the log.
    """

    engagement: str
    origin: str
    entries: Sequence[bytes]
    checkpoint: bytes
    disclosures: Sequence[Disclosure] = ()
    witnesses: Sequence[str] = ()
    deliverables: Mapping[str, bytes] = field(default_factory=dict)
    certificate: Any = None
    invoice: Any = None
    timestamps: bytes = b""
    logs: Any = None


def write_bundle(target: BinaryIO, contents: Contents, signer: Signer) -> None:
    """Writes a bundle, the same bytes for the same contents; `signer` is the log's key.

    The result is read back before anything is written, so a bundle that `read_bundle` would refuse
    raises BundleError and leaves `target` alone.
    """
    members = _members(contents)
    manifest = canonical.encode(
        {
            "format": FORMAT,
            "engagement": contents.engagement,
            "origin": contents.origin,
            "log": VerifierKey(signer.name, checkpoint.ED25519, signer.public_key).encode(),
            "witnesses": list(contents.witnesses),
            "members": [
                {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                for name, data in sorted(members.items())
            ],
        }
    )
    signature = checkpoint.sign_note(_manifest_text(contents.engagement, manifest), [signer])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as container:
        _put(container, MANIFEST, manifest)
        _put(container, SIGNATURE, signature)
        for name, data in sorted(members.items()):
            _put(container, name, data)
    read_bundle(packed)
    target.write(packed.getvalue())


def _members(contents: Contents) -> dict[str, bytes]:
    members = {
        CHECKPOINT: contents.checkpoint,
        ENTRIES: b"".join(line + b"\n" for line in contents.entries),
    }
    if contents.disclosures:
        opened = sorted(contents.disclosures, key=lambda d: (d.seq, d.field))
        members[DISCLOSURES] = b"".join(
            canonical.encode(
                {"seq": d.seq, "field": d.field, "salt": d.salt.hex(), "value": d.value}
            )
            + b"\n"
            for d in opened
        )
    stated = {CERTIFICATE: contents.certificate, INVOICE: contents.invoice, LOGS: contents.logs}
    members |= {name: canonical.encode(v) for name, v in stated.items() if v is not None}
    if contents.timestamps:
        members[TIMESTAMPS] = contents.timestamps
    return members | {DELIVERABLE + path: data for path, data in contents.deliverables.items()}


def _put(container: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, _DATE)
    info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16
    container.writestr(info, data, zipfile.ZIP_DEFLATED, 9)


def _manifest_text(engagement: str, manifest: bytes) -> str:
    digest = checkpoint.encode_base64(hashlib.sha256(manifest).digest())
    return f"{FORMAT}\n{engagement}\n{digest}\n"


def read_bundle(
    source: BinaryIO, log: VerifierKey | None = None, limits: Limits | None = None
) -> Contents:
    """Reads and checks a bundle: container, manifest, signatures, tree, openings.

    With `log`, the bundle must be signed by that key; without it, by the key that it names itself,
    which shows that it is consistent and not who made it. Raises BundleError. What the entries say
    is not judged here.
    """
    limits = limits or Limits()
    try:
        container = zipfile.ZipFile(source)
    except _DAMAGE as error:
        raise BundleError(f"cannot be read as a zip container ({error})") from error
    with container:
        infos = _check_container(container, limits)
        raw = _read(container, infos[MANIFEST], limits.manifest_bytes)
        signature = _read(container, infos[SIGNATURE], limits.manifest_bytes)
        manifest, keys = _check_manifest(raw, signature, log)
        listed = {member["name"]: member for member in manifest["members"]}
        _check_names(listed.keys(), infos.keys() - {MANIFEST, SIGNATURE})
        members = {name: _read(container, infos[name], listed[name]["size"]) for name in listed}
    for name, data in members.items():
        digest = hashlib.sha256(data).hexdigest()
        if (len(data), digest) != (listed[name]["size"], listed[name]["sha256"]):
            raise BundleError("does not match the manifest", name)
    entries = _check_log(members, manifest["origin"], keys)
    return Contents(
        manifest["engagement"],
        manifest["origin"],
        _lines(members[ENTRIES], ENTRIES),
        members[CHECKPOINT],
        _check_disclosures(members.get(DISCLOSURES, b""), entries),
        tuple(manifest["witnesses"]),
        {
            name.removeprefix(DELIVERABLE): data
            for name, data in members.items()
            if name.startswith(DELIVERABLE)
        },
        _value(members, CERTIFICATE),
        _value(members, INVOICE),
        members.get(TIMESTAMPS, b""),
        _value(members, LOGS),
    )


def _check_container(container: zipfile.ZipFile, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    folded: set[str] = set()
    infos = container.infolist()
    if len(infos) > limits.members:
        raise BundleError(f"has more than {limits.members} members")
    if sum(info.file_size for info in infos) > limits.total_bytes:
        raise BundleError(f"unpacks to more than {limits.total_bytes} bytes")
    for info in infos:
        name = info.orig_filename
        if name in found:
            raise BundleError("occurs twice", name)
        if _fold(name) in folded:
            raise BundleError("differs from another member by letter case only", name)
        _check_name(name)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or info.external_attr & 0x10:
            raise BundleError("is not a regular file", name)
        if info.flag_bits & 0x41:
            raise BundleError("is encrypted", name)
        if info.compress_type not in _METHODS:
            raise BundleError("is compressed in a way that is not known here", name)
        if info.file_size > limits.member_bytes:
            raise BundleError(f"unpacks to more than {limits.member_bytes} bytes", name)
        found[name] = info
        folded.add(_fold(name))
    for name in sorted(_REQUIRED - found.keys()):
        raise BundleError("is missing", name)
    return found


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())


def _check_name(name: str) -> None:
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or any(
        c in "\\:" or not c.isprintable() for c in name
    ):
        raise BundleError("is not a safe relative file name", name)
    if not unicodedata.is_normalized("NFC", name):
        raise BundleError("is not named in Unicode normal form C", name)
    if name not in _FIXED and not name.startswith(DELIVERABLE):
        raise BundleError("is not a member of a bundle", name)


def _read(container: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """A member's bytes, never more than `most` + 1; its CRC is checked by the container."""
    pieces, size = [], 0
    if info.file_size > most:
        raise BundleError(f"is larger than {most} bytes", info.filename)
    try:
        with container.open(info) as stream:
            while piece := stream.read(4096):
                pieces.append(piece)
                size += len(piece)
    except _DAMAGE as error:
        raise BundleError(f"cannot be unpacked ({error})", info.filename) from error
    if size != info.file_size:
        raise BundleError("is cut off", info.filename)
    return b"".join(pieces)


def _check_manifest(
    raw: bytes, signature: bytes, log: VerifierKey | None
) -> tuple[dict[str, Any], list[VerifierKey]]:
    """The manifest, and the keys that may sign its checkpoint, the log's first."""
    try:
        manifest = canonical.decode(raw)
    except canonical.CanonicalError as error:
        raise BundleError(str(error), MANIFEST) from error
    if not _is_manifest(manifest):
        raise BundleError(f"is not a manifest of {FORMAT}", MANIFEST)
    names = [member["name"] for member in manifest["members"]]
    if names != sorted(set(names)) or sorted(set(manifest["witnesses"])) != manifest["witnesses"]:
        raise BundleError("does not list members and witnesses once and in order", MANIFEST)
    try:
        key = checkpoint.parse_verifier_key(manifest["log"])
        witnesses = [checkpoint.parse_verifier_key(text) for text in manifest["witnesses"]]
    except NoteError as error:
        raise BundleError(str(error), MANIFEST) from error
    if log is not None and key != log:
        raise BundleError("names another log key than the one trusted", MANIFEST)
    if key.name != manifest["origin"] or key.algorithm != checkpoint.ED25519:
        raise BundleError("names a key that is not its log's", MANIFEST)
    if any(witness.algorithm != checkpoint.COSIGNATURE_V1 for witness in witnesses):
        raise BundleError("names a witness without a cosigner's key", MANIFEST)
    try:
        text = checkpoint.open_note(signature, [key], closed=True).text
    except NoteError as error:
        raise BundleError(str(error), SIGNATURE) from error
    if text != _manifest_text(manifest["engagement"], raw):
        raise BundleError("is not the manifest that was signed", MANIFEST)
    return manifest, [key, *witnesses]


def _is_manifest(manifest: Any) -> bool:
    names = {"format", "engagement", "origin", "log", "witnesses", "members"}
    if not isinstance(manifest, dict) or manifest.keys() != names or manifest["format"] != FORMAT:
        return False
    members, witnesses = manifest["members"], manifest["witnesses"]
    if not isinstance(members, list) or not isinstance(witnesses, list):
        return False
    texts = (manifest["engagement"], manifest["origin"], manifest["log"], *witnesses)
    return all(isinstance(text, str) and text for text in texts) and all(
        isinstance(member, dict)
        and member.keys() == {"name", "size", "sha256"}
        and isinstance(member["name"], str)
        and type(member["size"]) is int
        and isinstance(member["sha256"], str)
        and _SHA256.fullmatch(member["sha256"])
        for member in members
    )


def _check_names(listed: Iterable[str], present: Iterable[str]) -> None:
    wanted, found = set(listed), set(present)
    for name in sorted(wanted - found):
        raise BundleError("is missing", name)
    for name in sorted(found - wanted):
        raise BundleError("is not listed in the manifest", name)


def _lines(data: bytes, member: str) -> list[bytes]:
    lines = data.split(b"\n")
    if lines.pop():
        raise BundleError("does not end in a newline", member)
    return lines


def _objects(data: bytes, member: str) -> list[dict[str, Any]]:
    objects = []
    for i, line in enumerate(_lines(data, member)):
        try:
            value = canonical.decode(line)
        except canonical.CanonicalError as error:
            raise BundleError(str(error), member, i) from error
        if not isinstance(value, dict):
            raise BundleError("is not an object", member, i)
        objects.append(value)
    return objects


def _check_log(
    members: Mapping[str, bytes], origin: str, keys: Sequence[VerifierKey]
) -> list[dict[str, Any]]:
    """Checkpoint, tree and the outer form of the entries; gives the entries decoded."""
    try:
        head, _ = checkpoint.open_checkpoint(members[CHECKPOINT], keys[0], keys[1:], closed=True)
    except NoteError as error:
        raise BundleError(str(error), CHECKPOINT) from error
    if head.origin != origin:
        raise BundleError("is of another log", CHECKPOINT)
    lines, entries = _lines(members[ENTRIES], ENTRIES), _objects(members[ENTRIES], ENTRIES)
    for i, (line, entry) in enumerate(zip(lines, entries, strict=True)):
        if type(entry.get("seq")) is not int or entry["seq"] != i:
            raise BundleError("does not carry its own position as seq", ENTRIES, i)
        if len(line) > MAX_ENTRY:
            raise BundleError(f"is longer than {MAX_ENTRY} bytes", ENTRIES, i)
    if (head.size, head.root) != (len(lines), root_of_leaves(lines)):
        raise BundleError("has another size or root than the entries", CHECKPOINT)
    return entries


def _check_disclosures(data: bytes, entries: Sequence[Mapping[str, Any]]) -> list[Disclosure]:
    opened: list[Disclosure] = []
    for i, value in enumerate(_objects(data, DISCLOSURES)):
        if value.keys() != {"seq", "field", "salt", "value"}:
            raise BundleError("is not an opening", DISCLOSURES, i)
        seq, name, salt = value["seq"], value["field"], value["salt"]
        if type(seq) is not int or not 0 <= seq < len(entries):
            raise BundleError("opens no entry", DISCLOSURES, i)
        if not isinstance(name, str) or not isinstance(salt, str) or not _SALT.fullmatch(salt):
            raise BundleError("has a malformed field or salt", DISCLOSURES, i)
        sealed = entries[seq].get("sealed")
        commitment = sealed.get(name) if isinstance(sealed, dict) else None
        made = Disclosure(seq, name, bytes.fromhex(salt), value["value"])
        if not isinstance(commitment, str) or not sealing.is_commitment(commitment):
            raise BundleError("opens a field that is not sealed", DISCLOSURES, i)
        if not sealing.check(commitment, made.value, made.salt):
            raise BundleError("does not open the commitment", DISCLOSURES, i)
        if opened and (opened[-1].seq, opened[-1].field) >= (seq, name):
            raise BundleError("is not in order", DISCLOSURES, i)
        opened.append(made)
    return opened


def _value(members: Mapping[str, bytes], name: str) -> Any:
    if name not in members:
        return None
    try:
        return canonical.decode(members[name])
    except canonical.CanonicalError as error:
        raise BundleError(str(error), name) from error
