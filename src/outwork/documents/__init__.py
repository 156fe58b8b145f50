"""Content: what was received or rendered, by digest, sealed under the engagement's key.

`read` turns a file into its canonical text; `keep` stores a file; `seal` and `unseal` are for small
confidential values in other slices' tables.
"""

from outwork.documents.actions import (
    SealedText,
    keep,
    keep_texts,
    seal,
    seal_texts,
    unseal,
    unseal_under,
)
from outwork.documents.model import Document
from outwork.documents.queries import committed, content, document, opened, source
from outwork.documents.reading import MAX_BYTES, read

__all__ = [
    "MAX_BYTES",
    "Document",
    "SealedText",
    "committed",
    "content",
    "document",
    "keep",
    "keep_texts",
    "opened",
    "read",
    "seal",
    "seal_texts",
    "source",
    "unseal",
    "unseal_under",
]
