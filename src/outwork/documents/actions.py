"""Keeping content and sealing small values."""

from __future__ import annotations

import hashlib
import json
import secrets

import sqlalchemy as sa

from outwork.documents import store
from outwork.documents.model import Document
from outwork.kit.database import Connection, keyring_of
from outwork.kit.keyring import Keyring, seal_under
from outwork.operation import Operation
from outwork.vocabulary import Digest, DocumentId, EngagementId, Json, SourceText


def keep(
    op: Operation,
    engagement: EngagementId,
    name: str,
    content: bytes,
    source: SourceText | None = None,
    media_type: str = "application/octet-stream",
) -> Document:
    """Store a file, and its canonical text where it was read, under a key of its own."""
    made = Document(
        engagement_id=engagement,
        id=DocumentId(op.new_id("doc")),
        name=name,
        media_type=source.media_type if source else media_type,
        digest=Digest(hashlib.sha256(content).hexdigest()),
        size=len(content),
        text_digest=source.text_digest if source else Digest(""),
        extractor=source.extractor if source else "",
        extractor_version=source.extractor_version if source else "",
        pages=source.pages if source else (0,),
    )
    store.documents.add(op.db, made)
    keyring = keyring_of(op.db)
    keyring.make(engagement)
    own = secrets.token_bytes(32)
    text = source.text.encode("utf-8", "surrogatepass") if source else None
    op.db.execute(
        sa.insert(store.content_table).values(
            engagement_id=engagement,
            document_id=made.id,
            sealed_key=keyring.seal(engagement, own, f"{made.id}/key"),
            sealed_bytes=seal_under(own, content, f"{made.id}/bytes"),
            sealed_text=None if text is None else seal_under(own, text, f"{made.id}/text"),
        )
    )
    return made


def seal(db: Connection, engagement: EngagementId, value: Json, context: str) -> bytes:
    """Seal a JSON value under the engagement's key; `context` says where it will stand."""
    keyring = keyring_of(db)
    keyring.make(engagement)
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return keyring.seal(engagement, plain, context)


def unseal(db: Connection, engagement: EngagementId, sealed: bytes, context: str) -> Json:
    """The JSON value; raises KeyMissing after erasure and SealBroken after tampering."""
    return unseal_under(keyring_of(db), engagement, sealed, context)


def unseal_under(keyring: Keyring, engagement: EngagementId, sealed: bytes, context: str) -> Json:
    """The JSON value, without a transaction; raises as `unseal` does."""
    return json.loads(keyring.open(engagement, sealed, context))
