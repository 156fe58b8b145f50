"""Keeping content and sealing small values."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from outwork.documents import store
from outwork.documents.model import Audience, Document, commitment
from outwork.documents.reading import TEXT
from outwork.kit.copying import Into, packed
from outwork.kit.database import Connection, keyring_of
from outwork.kit.keyring import Keyring, seal_under, sealer
from outwork.operation import Operation
from outwork.vocabulary import Digest, DocumentId, EngagementId, Json, SourceText


def keep(
    op: Operation,
    engagement: EngagementId,
    name: str,
    content: bytes,
    source: SourceText | None = None,
    media_type: str = "application/octet-stream",
    audience: Audience = Audience.NEED_TO_KNOW,
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
        audience=audience,
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


class SealedText(NamedTuple):
    """A short text, sealed under a key of its own as a document that is still to be kept.

    `row` are the values of `TEXT_ROW`, packed for `copy_across`. `commitment` is SHA-256(salt ||
    text) with the first 16 bytes of SHA-256(document key) as salt, so that a short text cannot be
    guessed from it, and it says nothing once the key is gone.
    """

    row: bytes
    commitment: bytes


def seal_texts(
    keyring: Keyring,
    engagement: EngagementId,
    ids: Sequence[str],
    names: Sequence[str],
    texts: Sequence[str],
) -> list[SealedText]:
    """Seal many short texts, outside any transaction; `ids` are of the documents to be."""
    keyring.make(engagement)
    under = sealer(keyring.key(engagement))
    keys = secrets.token_bytes(32 * len(texts))
    sealed = []
    for number, (identifier, name, text) in enumerate(zip(ids, names, texts, strict=True)):
        own, plain = keys[32 * number : 32 * number + 32], text.encode()
        row = packed(
            identifier,
            name,
            hashlib.sha256(plain).hexdigest(),
            len(plain),
            under(own, f"{identifier}/key"),
            seal_under(own, plain, f"{identifier}/text"),
        )
        sealed.append(SealedText(row, commitment(own, plain)))
    return sealed


def texts_into(engagement: EngagementId) -> list[Into]:
    """Where rows of `TEXT_ROW` are added, each a document whose text is all there is of it."""
    alike = {"engagement_id": engagement}
    return [
        Into(store.document_table, _AS_DOCUMENT, alike | _ALIKE),
        Into(store.content_table, _AS_CONTENT, alike),
    ]


TEXT_ROW = ("document", "name", "digest", "size", "sealed_key", "sealed_text")
_AS_DOCUMENT = {
    "id": "document", "name": "name", "digest": "digest", "size": "size", "text_digest": "digest",
}  # fmt: skip
_AS_CONTENT = {"document_id": "document", "sealed_key": "sealed_key", "sealed_text": "sealed_text"}
_ALIKE = {
    "media_type": TEXT,
    "extractor": "row",
    "extractor_version": "1",
    "pages": Jsonb([0]),
}


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
