"""Content: what was received or rendered, by digest, sealed under the engagement's key.

`read` turns a file into its canonical text; `keep` stores a file; `seal` and `unseal` are for small
confidential values in other slices' tables. People get content by `open_document` and
`download_document`, which leave an event each; `given_out` is against such an event.
"""

from outwork.documents.actions import (
    TEXT_ROW,
    SealedText,
    keep,
    seal,
    seal_texts,
    texts_into,
    unseal,
    unseal_under,
)
from outwork.documents.events import DocumentDownloaded, DocumentOpened, DocumentShared
from outwork.documents.model import Audience, Document, Ground
from outwork.documents.queries import committed, content, document, opened, source
from outwork.documents.reading import MAX_BYTES, read
from outwork.documents.sharing import (
    Access,
    download_document,
    given_out,
    open_document,
    share_document,
)

__all__ = [
    "MAX_BYTES",
    "TEXT_ROW",
    "Access",
    "Audience",
    "Document",
    "DocumentDownloaded",
    "DocumentOpened",
    "DocumentShared",
    "Ground",
    "SealedText",
    "committed",
    "content",
    "document",
    "download_document",
    "given_out",
    "keep",
    "open_document",
    "opened",
    "read",
    "seal",
    "seal_texts",
    "share_document",
    "source",
    "texts_into",
    "unseal",
    "unseal_under",
]
