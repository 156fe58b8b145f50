"""Tables of documents and their sealed content."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.documents.model import Document
from outwork.kit.database import Records, json, key, scoped, text
from outwork.vocabulary import NotFound

document_table = scoped(
    "document",
    key(), text("name"), text("media_type"), text("digest"),
    sa.Column("size", sa.BigInteger, nullable=False),
    text("text_digest"), text("extractor"), text("extractor_version"), json("pages"),
)  # fmt: skip

# Apart from the document's row, so that lists never read content.
content_table = scoped(
    "document_content",
    # What writes it writes the document in the same statements: a foreign key would ask again.
    key("document_id"),
    sa.Column("sealed_key", sa.LargeBinary, nullable=False),
    # Null where the text is all there is.
    sa.Column("sealed_bytes", sa.LargeBinary),
    sa.Column("sealed_text", sa.LargeBinary),
    listed=False,
)

documents = Records(document_table, Document, lambda i: NotFound("document", i))
