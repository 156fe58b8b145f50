"""RFC 3161 timestamps over checkpoints: an outside clock, from any authority.

What is stamped is the text of a checkpoint (origin, size, root), so that a token stays good
whoever cosigns the checkpoint afterwards. docs/formats/timestamps.md says more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from outwork.ledger import canonical
from outwork.ledger.checkpoint import Checkpoint, encode_base64
from outwork.vocabulary import EngagementId

LARGEST = 1 << 16  # bytes of an answer


class TimestampRefused(ValueError):
    """An authority's answer is no timestamp of what was asked for; the message says why."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """An authority's token over the checkpoint of an engagement at a size; `at` is its time."""

    engagement_id: EngagementId
    size: int
    authority: str
    at: datetime
    token: bytes


@dataclass(frozen=True, slots=True)
class Query:
    """A question to an authority: the DER bytes, the number used once, what is to be stamped."""

    data: bytes
    nonce: int | None
    text: bytes


def as_lines(stamps: Sequence[Timestamp]) -> bytes:
    """The bundle's member: one line a token, canonical JSON, by size and authority."""
    ordered = sorted(stamps, key=lambda s: (s.size, s.authority))
    return b"".join(
        canonical.encode(
            {"authority": s.authority, "size": s.size, "token": encode_base64(s.token)}
        )
        + b"\n"
        for s in ordered
    )


def query(head: Checkpoint) -> Query:
    """Ask for the stamp of a checkpoint: SHA-256, a nonce, and the authority's certificate."""
    text = head.text().encode()
    made = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).build()
    return Query(made.as_bytes(), made.nonce, text)


def token_of(
    asked: Query, answer: bytes, roots: Sequence[x509.Certificate]
) -> tuple[bytes, datetime]:
    """The token of an authority's answer and its time; raises TimestampRefused.

    With `roots`, its certificate must lead to one of them.
    """
    try:
        if len(answer) > LARGEST:
            raise TimestampRefused("the answer is too long")
        response = decode_timestamp_response(answer)
        if response.status != 0:
            raise TimestampRefused(f"the authority refused ({response.status_string})")
        info = response.tst_info
        if info.nonce != asked.nonce:
            raise TimestampRefused("the answer is to another question")
        if info.message_imprint.message != hashlib.sha256(asked.text).digest():
            raise TimestampRefused("the answer stamps something else")
        if roots:
            builder = VerifierBuilder(nonce=asked.nonce, roots=list(roots))
            builder.build().verify_message(response, asked.text)
        return response.time_stamp_token(), info.gen_time
    except (VerificationError, ValueError) as error:
        if isinstance(error, TimestampRefused):
            raise
        raise TimestampRefused(str(error)) from error
