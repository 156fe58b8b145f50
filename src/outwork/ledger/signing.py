"""What a person's signature covers, and the one port through which everything is signed.

A signature is an Ed25519 signature (RFC 8032) over a statement in canonical JSON (RFC 8785) that
names the record by its digest, what signing it means, who signs, and when (21 CFR 11.50, 11.70).
The printed name is covered by its commitment, so that the signature verifies with and without it.
docs/formats/signatures.md specifies the statements.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from outwork.ledger import canonical, sealing
from outwork.ledger.checkpoint import Ed25519Signer, Signer, VerifierKey, encode_base64
from outwork.ledger.model import instant_text
from outwork.ledger.sealing import SALT_SIZE
from outwork.vocabulary import Digest, EngagementId, Json, Side

__all__ = [
    "SALT_SIZE", "Signer", "Statement", "binding", "key_of", "name_commitment", "personal",
    "pinned", "record_digest", "sign",
]  # fmt: skip

STATEMENT, BINDING = "outwork-signature/1", "outwork-signing-key/1"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person states by signing; `name` is the commitment to the printed name."""

    engagement: EngagementId
    signer: str
    side: Side
    name: str
    meaning: str
    digest: Digest
    at: datetime

    def encode(self, key: str) -> bytes:
        """The bytes that are signed with the key of these 64 hexadecimal digits."""
        return canonical.encode(
            {
                "format": STATEMENT,
                "engagement": self.engagement,
                "signer": self.signer,
                "side": self.side.value,
                "name": self.name,
                "meaning": self.meaning,
                "digest": self.digest,
                "at": instant_text(self.at),
                "key": key,
            }
        )


def binding(
    engagement: EngagementId, signer: str, key: str, replaces: str | None, at: datetime
) -> bytes:
    """The bytes by which a key says whose it is in an engagement, and which key it replaces."""
    return canonical.encode(
        {
            "format": BINDING,
            "engagement": engagement,
            "signer": signer,
            "key": key,
            "replaces": replaces,
            "at": instant_text(at),
        }
    )


def personal(engagement: EngagementId, signer: str, private: Ed25519PrivateKey) -> Ed25519Signer:
    """The signer of a person in an engagement, under the pseudonym there."""
    return Ed25519Signer(f"{engagement}/{signer}", private)


def key_of(signer: Signer) -> str:
    """The public key, 64 hexadecimal digits."""
    return signer.public_key.hex()


def pinned(engagement: EngagementId, signer: str, key: str) -> str:
    """The verifier key by which a policy trusts a person's key (`signer <verifier key>`)."""
    return VerifierKey(f"{engagement}/{signer}", 1, bytes.fromhex(key)).encode()


def sign(signer: Signer, message: bytes) -> str:
    """The signature in base64."""
    return encode_base64(signer.sign(message))


def name_commitment(name: str, salt: bytes) -> str:
    """The commitment to a printed name, as the event's sealed field holds it."""
    return sealing.commit(name, salt)


def record_digest(public: Mapping[str, Json], sealed: Mapping[str, str]) -> Digest:
    """SHA-256 of an event's fields as canonical JSON: what a signature over it is bound to."""
    content = canonical.encode({"public": public, "sealed": sealed})
    return Digest(hashlib.sha256(content).hexdigest())
