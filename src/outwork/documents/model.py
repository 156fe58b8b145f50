"""A stored file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from outwork.vocabulary import NO_DIGEST, Digest, DocumentId, EngagementId


@dataclass(frozen=True, slots=True)
class Document:
    """A file kept for an engagement: SHA-256 of its bytes and of its text, size in bytes.

    `text_digest` is empty for a file that was kept without being read.
    """

    engagement_id: EngagementId
    id: DocumentId
    name: str
    media_type: str
    digest: Digest
    size: int
    text_digest: Digest = NO_DIGEST
    extractor: str = ""
    extractor_version: str = ""
    pages: tuple[int, ...] = (0,)


def salt(own: bytes) -> bytes:
    """The 16 bytes that open the commitment to a text, from its document's own key."""
    return hashlib.sha256(own).digest()[:16]


def commitment(own: bytes, plain: bytes) -> bytes:
    """What binds to a text without telling it: SHA-256(salt || text)."""
    return hashlib.sha256(salt(own) + plain).digest()
