"""Reading content back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from outwork.documents import store
from outwork.documents.model import Document, salt
from outwork.kit.database import Connection, keyring_of
from outwork.kit.keyring import Keyring, open_under
from outwork.vocabulary import DocumentId, NotFound, SourceText


def document(db: Connection, identifier: DocumentId) -> Document:
    """A document's row; raises NotFound."""
    return store.documents.get(db, identifier)


def content(db: Connection, identifier: DocumentId) -> bytes:
    """The bytes as they were received; raises NotFound, KeyMissing after erasure."""
    return _opened(db, identifier, "bytes", "text")


def source(db: Connection, identifier: DocumentId) -> SourceText:
    """The canonical text; raises NotFound, KeyMissing after erasure."""
    return _source(document(db, identifier), _opened(db, identifier, "text"))


def opened(
    keyring: Keyring, row: Mapping[str, Any], sealed_key: bytes, sealed_text: bytes
) -> SourceText:
    """The canonical text out of rows that were read already; raises KeyMissing after erasure."""
    kept = _DOCUMENT.validate_python(row)
    own = keyring.open(kept.engagement_id, sealed_key, f"{kept.id}/key")
    return _source(kept, open_under(own, sealed_text, f"{kept.id}/text"))


_DOCUMENT = TypeAdapter(Document)


def _source(row: Document, text: bytes) -> SourceText:
    return SourceText(
        name=row.name,
        media_type=row.media_type,
        text=text.decode("utf-8", "surrogatepass"),
        digest=row.digest,
        text_digest=row.text_digest,
        extractor=row.extractor,
        extractor_version=row.extractor_version,
        pages=row.pages,
    )


def committed(db: Connection, identifier: DocumentId) -> tuple[str, bytes]:
    """A kept text, and the salt that opens the commitment to it; raises as `source` does."""
    own, row = _key(db, identifier)
    if row["sealed_text"] is None:
        raise NotFound("document", identifier)
    return open_under(own, row["sealed_text"], f"{identifier}/text").decode(), salt(own)


def _opened(db: Connection, identifier: DocumentId, *parts: str) -> bytes:
    """The first of the parts that is kept."""
    own, row = _key(db, identifier)
    for part in parts:
        if (sealed := row[f"sealed_{part}"]) is not None:
            return open_under(own, sealed, f"{identifier}/{part}")
    raise NotFound("document", identifier)


def _key(db: Connection, identifier: DocumentId) -> tuple[bytes, Mapping[str, Any]]:
    """A document's own key, and its row of content."""
    table = store.content_table
    query = sa.select(table).where(table.c.document_id == identifier)
    row = db.execute(query).mappings().first()
    if row is None:
        raise NotFound("document", identifier)
    own = keyring_of(db).open(row["engagement_id"], row["sealed_key"], f"{identifier}/key")
    return own, dict(row)
