"""Sealed fields: a commitment in the public log, salt and value kept apart.

The commitment of a confidential value is SHA-256(salt || canonical value), where the salt is 16
random bytes of its own and the value is in canonical JSON (RFC 8785). Whoever is shown salt and
value can check one field; whoever is not learns nothing, even of a value that is easy to guess;
and when both are erased, every proof over the commitment stays valid.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

from outwork.ledger import canonical

SALT_SIZE = 16

_COMMITMENT = re.compile(r"[0-9a-f]{64}")


def commit(value: Any, salt: bytes) -> str:
    """The commitment to a value, 64 lower-case hex digits.

    Raises ValueError if the salt is not 16 bytes, CanonicalError if the value has no canonical
    form.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError("a salt is 16 bytes")
    return hashlib.sha256(salt + canonical.encode(value)).hexdigest()


def check(commitment: str, value: Any, salt: bytes) -> bool:
    """Whether a commitment opens to this value and salt; raises as `commit` does."""
    return hmac.compare_digest(commitment.encode(), commit(value, salt).encode())


def is_commitment(text: object) -> bool:
    """Whether this is spelled like a commitment: 64 lower-case hex digits."""
    return isinstance(text, str) and _COMMITMENT.fullmatch(text) is not None
