"""RFC 3161 timestamps, read with the standard library and `cryptography` alone.

A token is a CMS SignedData (RFC 5652) over a TSTInfo (RFC 3161 section 2.4.2). Checked are the
imprint, the signed attributes with the certificate that they name (RFC 5816), the signature, the
extended key usage, and the chain of certificates at the token's own time. Whether a certificate was
revoked cannot be seen offline.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from outwork_verify import canonical, note, tree
from outwork_verify.container import Failure, lines_of

MEMBER = "timestamps.jsonl"
TOLERANCE = timedelta(minutes=5)  # between the installation's clock and the authority's
LAST_LOOKED_AT = 100  # entries, for their times
MOST_BYTES = 1 << 16
MOST_LINKS = 8  # certificates from the authority's own to the one trusted

_SEQUENCE, _SET, _OCTETS, _OID, _INTEGER, _TIME = 0x30, 0x31, 0x04, 0x06, 0x02, 0x18
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_2 = "1.2.840.113549.1.9.16.2.47"
_MALFORMED = (
    ValueError, LookupError, TypeError, OverflowError, StopIteration, UnsupportedAlgorithm,
    x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType,
)  # fmt: skip
_STAMPING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.8")
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
_GENERALIZED = re.compile(rb"(\d{14})(?:\.(\d{1,6}))?Z")


class TimestampError(ValueError):
    """A token is malformed, or does not show what it claims."""


@dataclass(frozen=True)
class Stamped:
    """What a token shows: its time (UTC), the authority's name, whether a trusted one issued it."""

    at: datetime
    authority: str
    trusted: bool


@dataclass(frozen=True)
class _Value:
    """One DER value: tag, contents, and its bytes with tag and length."""

    tag: int
    contents: bytes
    whole: bytes

    def parts(self) -> list[_Value]:
        """What a constructed value holds."""
        return list(_values(self.contents))


def check_timestamps(
    data: bytes, lines: Sequence[bytes], origin: str, trusted: Sequence[x509.Certificate]
) -> dict[str, Any] | None:
    """Checks every token of a bundle against the log up to its size, and gives the newest.

    Also that no entry claims a time after the timestamp of a tree that holds it. Raises Failure;
    with `trusted`, also unless one of those authorities stamped. None where there is no token.
    """
    found, size, grown = list[tuple[int, Stamped]](), 0, tree.Frontier()
    last = (0, "")
    for i, line in enumerate(lines_of(data, MEMBER)):
        stated = _stated(line, i)
        if last >= (stated["size"], stated["authority"]):
            raise Failure(MEMBER, i, "is not in order")
        last = stated["size"], stated["authority"]
        if stated["size"] > len(lines):
            raise Failure(MEMBER, i, "stamps more entries than there are")
        for entry in lines[size : stated["size"]]:
            grown.append(entry)
        size = stated["size"]
        root = b64encode(grown.root()).decode()
        try:
            token = note.unbase64(stated["token"])
            stamped = check_token(token, f"{origin}\n{size}\n{root}\n".encode(), trusted)
        except (TimestampError, note.NoteError) as error:
            raise Failure(MEMBER, i, str(error)) from error
        _check_times(lines[:size], stamped)
        found.append((size, stamped))
    if trusted and not any(stamped.trusted for _, stamped in found):
        raise Failure(MEMBER, None, "no authority that the policy names has stamped the log")
    if not found:
        return None
    size, newest = max(found, key=lambda one: (one[1].trusted, one[0], one[1].at))
    return {
        "number": len(found), "size": size, "at": newest.at.isoformat(),
        "authority": newest.authority, "trusted": newest.trusted,
    }  # fmt: skip


def _stated(line: bytes, place: int) -> dict[str, Any]:
    try:
        stated = canonical.decode(line)
    except canonical.CanonicalError as error:
        raise Failure(MEMBER, place, str(error)) from error
    if (
        not isinstance(stated, dict)
        or list(stated) != ["authority", "size", "token"]
        or type(stated["size"]) is not int
        or stated["size"] < 1
        or not all(isinstance(stated[name], str) for name in ("authority", "token"))
    ):
        raise Failure(MEMBER, place, "is not a timestamp")
    return dict(stated)


def _check_times(lines: Sequence[bytes], stamped: Stamped) -> None:
    """Entries are in the order in which they were written; the last ones say the latest times."""
    latest = (stamped.at + TOLERANCE).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    for seq in range(max(0, len(lines) - LAST_LOOKED_AT), len(lines)):
        if canonical.decode(lines[seq])["at"] > latest:
            raise Failure("entries.jsonl", seq, "is dated after the timestamp over it")


def check_token(token: bytes, text: bytes, trusted: Sequence[x509.Certificate]) -> Stamped:
    """Checks that a token stamps `text`; raises TimestampError.

    `trusted` are certificates of authorities, their own or those that issued it, that the reader
    knows; a token that leads to none of them is consistent, and says whose it claims to be.
    """
    try:
        return _check(token, text, trusted)
    except TimestampError:
        raise
    except _MALFORMED as error:
        raise TimestampError(f"the timestamp is malformed ({type(error).__name__})") from error


def _check(token: bytes, text: bytes, trusted: Sequence[x509.Certificate]) -> Stamped:
    if len(token) > MOST_BYTES:
        raise TimestampError("the timestamp is too long")
    outer = _one(token).parts()
    if _oid(outer[0]) != _SIGNED_DATA:
        raise TimestampError("the timestamp is not signed data")
    _version, _digests, content, *rest = _one(outer[1].contents).parts()
    kind, wrapped = content.parts()
    if _oid(kind) != _TST_INFO:
        raise TimestampError("the timestamp is over something else")
    info = _expect(_one(wrapped.contents), _OCTETS).contents
    certificates = _certificates(rest)
    signers = _expect(rest[-1], _SET).parts()
    if len(signers) != 1:
        raise TimestampError("the timestamp is not signed by exactly one authority")
    at = _check_info(info, text)
    own = _check_signer(signers[0].parts(), info, certificates)
    _check_usage(own)
    chained = _chained(own, certificates, trusted, at)
    return Stamped(at, _name(own), chained)


def _certificates(rest: Sequence[_Value]) -> list[x509.Certificate]:
    held = [value for value in rest if value.tag == 0xA0]
    parts = held[0].parts() if held else []
    return [x509.load_der_x509_certificate(p.whole) for p in parts if p.tag == _SEQUENCE]


def _check_info(info: bytes, text: bytes) -> datetime:
    """The time of a TSTInfo, whose imprint must be that of `text`."""
    version, _policy, imprint, _serial, time, *_ = _one(info).parts()
    if int.from_bytes(_expect(version, _INTEGER).contents, "big") != 1:
        raise TimestampError("the timestamp is of an unknown version")
    algorithm, digest = imprint.parts()
    if _digest(_hash_of(algorithm), text) != _expect(digest, _OCTETS).contents:
        raise TimestampError("the timestamp is of another checkpoint")
    match = _GENERALIZED.fullmatch(_expect(time, _TIME).contents)
    if match is None:
        raise TimestampError("the timestamp's time is malformed")
    at = datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return at.replace(microsecond=int((match[2] or b"0").ljust(6, b"0")))


def _check_signer(
    parts: list[_Value], info: bytes, certificates: Sequence[x509.Certificate]
) -> x509.Certificate:
    """The certificate whose key signed, as the signed attributes themselves name it."""
    _version, sid, digest_algorithm, *rest = parts
    if rest[0].tag != 0xA0:
        raise TimestampError("the timestamp has no signed attributes")
    attributes, _algorithm, signature = rest[:3]
    own = next((c for c in certificates if _is(sid, c)), None)
    if own is None:
        raise TimestampError("the timestamp does not carry its authority's certificate")
    algorithm = _hash_of(digest_algorithm)
    said = {_oid(a.parts()[0]): a.parts()[1].parts() for a in attributes.parts()}
    if len(said) != len(attributes.parts()) or _oid(said[_CONTENT_TYPE][0]) != _TST_INFO:
        raise TimestampError("the timestamp's attributes are not those of a timestamp")
    if said[_MESSAGE_DIGEST][0].contents != _digest(algorithm, info):
        raise TimestampError("the timestamp's content was altered")
    if not _names(said, own):
        raise TimestampError("the timestamp was signed under another certificate than it names")
    # What is signed has the tag of a set (RFC 5652 section 5.4).
    signed = bytes([_SET]) + attributes.whole[1:]
    _check_signature(own, _expect(signature, _OCTETS).contents, signed, algorithm)
    return own


def _names(said: dict[str, list[_Value]], own: x509.Certificate) -> bool:
    """Whether the signed attributes hold the hash of this certificate (RFC 5035, RFC 5816)."""
    der = own.public_bytes(Encoding.DER)
    if _SIGNING_CERTIFICATE_2 in said:
        first = said[_SIGNING_CERTIFICATE_2][0].parts()[0].parts()[0].parts()
        algorithm = _hash_of(first[0]) if first[0].tag == _SEQUENCE else hashes.SHA256()
        held = next(p for p in first if p.tag == _OCTETS)
        return held.contents == _digest(algorithm, der)
    if _SIGNING_CERTIFICATE in said:
        first = said[_SIGNING_CERTIFICATE][0].parts()[0].parts()[0].parts()
        return first[0].contents == hashlib.sha1(der, usedforsecurity=False).digest()
    return False


def _check_signature(
    own: x509.Certificate, signature: bytes, signed: bytes, algorithm: hashes.HashAlgorithm
) -> None:
    key = own.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        else:
            raise TimestampError("the timestamp is signed by a kind of key that is not known here")
    except InvalidSignature as error:
        raise TimestampError("the timestamp's signature does not verify") from error


def _check_usage(own: x509.Certificate) -> None:
    """Its key is for timestamps and for nothing else (RFC 3161 section 2.3)."""
    try:
        usage = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        usage = None
    if usage is None or not usage.critical or list(usage.value) != [_STAMPING]:
        raise TimestampError("the timestamp's certificate is not one for timestamps alone")


def _chained(
    own: x509.Certificate,
    certificates: Sequence[x509.Certificate],
    trusted: Sequence[x509.Certificate],
    at: datetime,
) -> bool:
    """Whether it leads to a trusted certificate, over issuers that were valid at that time."""
    here = own
    for below in range(MOST_LINKS):
        if not here.not_valid_before_utc <= at <= here.not_valid_after_utc:
            return False
        if here in trusted:
            return True
        issuer = next(
            (c for c in (*trusted, *certificates) if c != here and _issued(here, c, below)), None
        )
        if issuer is None:
            return False
        here = issuer
    return False


def _issued(certificate: x509.Certificate, by: x509.Certificate, below: int) -> bool:
    """Whether `by` signed it and may; `below` are the issuers under `by`."""
    try:
        certificate.verify_directly_issued_by(by)
        limits = by.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    try:
        signs = by.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        signs = True
    return limits.ca and signs and (limits.path_length is None or below <= limits.path_length)


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _is(sid: _Value, certificate: x509.Certificate) -> bool:
    """Whether a signer's identifier means this certificate."""
    if sid.tag == 0x80:
        try:
            found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        except x509.ExtensionNotFound:
            return False
        return found.value.digest == sid.contents
    issuer, serial = sid.parts()
    number = int.from_bytes(serial.contents, "big", signed=True)
    return issuer.whole == certificate.issuer.public_bytes() and (
        number == certificate.serial_number
    )


def _hash_of(algorithm: _Value) -> hashes.HashAlgorithm:
    name = _oid(algorithm.parts()[0])
    if name not in _HASHES:
        raise TimestampError(f"the timestamp uses a hash that is not known here ({name})")
    return _HASHES[name]


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    made = hashes.Hash(algorithm)
    made.update(data)
    return made.finalize()


def _values(data: bytes) -> Iterator[_Value]:
    """The DER values that stand one after the other; raises TimestampError."""
    place = 0
    while place < len(data):
        start, tag = place, data[place]
        if tag & 0x1F == 0x1F:
            raise TimestampError("the timestamp has a tag that is not known here")
        length, place = data[place + 1], place + 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[place : place + size], "big")
            if not 1 <= size <= 4 or length < 0x80 or data[place] == 0:
                raise TimestampError("the timestamp is not in DER")
            place += size
        end = place + length
        if end > len(data):
            raise TimestampError("the timestamp is cut off")
        yield _Value(tag, data[place:end], data[start:end])
        place = end


def _one(data: bytes) -> _Value:
    found = list(_values(data))
    if len(found) != 1:
        raise TimestampError("the timestamp has something behind its end")
    return found[0]


def _expect(value: _Value, tag: int) -> _Value:
    if value.tag != tag:
        raise TimestampError("the timestamp is malformed")
    return value


def _oid(value: _Value) -> str:
    """Dotted form of an object identifier (X.690 section 8.19)."""
    arcs, arc = list[int](), 0
    for octet in _expect(value, _OID).contents:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))
