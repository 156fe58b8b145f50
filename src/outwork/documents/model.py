"""A stored file."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from outwork.vocabulary import NO_DIGEST, Digest, DocumentId, EngagementId, Role


class Audience(StrEnum):
    """Who may have a document: those whose role or a share says so, or every member."""

    NEED_TO_KNOW = "need-to-know"
    MEMBERS = "members"


class Ground(StrEnum):
    """Why somebody may have a document: by role, because it was delivered, or it was shared."""

    ROLE = "role"
    DELIVERY = "delivery"
    SHARE = "share"


# Whoever admits, delivers or reviews has seen every document anyway.
BY_ROLE = frozenset({Role.VENDOR_MANAGER, Role.DELIVERY_MANAGER, Role.CLIENT_REVIEWER})
READERS = [*sorted(BY_ROLE), Role.ANALYST, Role.REVIEWER, Role.AUDITOR]


def ground(roles: Collection[Role], audience: Audience, *, shared: bool) -> Ground | None:
    """Why a member with these roles may have a document; None if it may not."""
    if not BY_ROLE.isdisjoint(roles):
        return Ground.ROLE
    if audience is Audience.MEMBERS:
        return Ground.DELIVERY
    return Ground.SHARE if shared else None


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
    audience: Audience = Audience.NEED_TO_KNOW


def salt(own: bytes) -> bytes:
    """The 16 bytes that open the commitment to a text, from its document's own key."""
    return hashlib.sha256(own).digest()[:16]


def commitment(own: bytes, plain: bytes) -> bytes:
    """What binds to a text without telling it: SHA-256(salt || text)."""
    return hashlib.sha256(salt(own) + plain).digest()
