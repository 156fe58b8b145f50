"""A stored file."""

from __future__ import annotations

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
