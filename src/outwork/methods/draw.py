"""The sampling draw that neither party can steer.

Client and provider each commit to a nonce before the work and open it after the closing
checkpoint; seed and draw are specified in docs/formats/draw.md, with vectors in draw.json.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

NONCE_SIZE = 32
SEED_SIZE = 32


def commit_nonce(nonce: bytes) -> bytes:
    """SHA-256(nonce), 32 bytes: what a party publishes before the work.

    Raises ValueError if the nonce is not 32 bytes.
    """
    if len(nonce) != NONCE_SIZE:
        raise ValueError("a nonce is 32 bytes")
    return hashlib.sha256(nonce).digest()


def make_seed(client_nonce: bytes, provider_nonce: bytes, closing_root: bytes) -> bytes:
    """SHA-256(client nonce || provider nonce || closing root), 32 bytes from 3 x 32 raw bytes.

    Raises ValueError if any of the three is not 32 bytes.
    """
    parts = (client_nonce, provider_nonce, closing_root)
    if any(len(part) != NONCE_SIZE for part in parts):
        raise ValueError("both nonces and the closing root are 32 bytes")
    return hashlib.sha256(b"".join(parts)).digest()


def reinspection_seed(seed: bytes, root: bytes) -> bytes:
    """What decides which inspected items are inspected again, 32 bytes from 2 x 32 raw bytes.

    `seed` is the sample's; `root` is the log's at the end of the newest inspection of the batch, so
    that nobody can tell while inspecting. Raises ValueError if one of them is not 32 bytes.
    """
    if len(seed) != SEED_SIZE or len(root) != NONCE_SIZE:
        raise ValueError("the seed and the root are 32 bytes")
    text = "\n".join((_REINSPECTION, seed.hex(), root.hex()))
    return hashlib.sha256(text.encode()).digest()


_REINSPECTION = "outwork-reinspection/1"


def draw(seed: bytes, ids: Iterable[str], n: int) -> list[str]:
    """The n ids with the smallest (HMAC-SHA-256(seed, id), id), in that order.

    Ids are compared as UTF-8 bytes; their order of arrival does not matter. Raises ValueError if
    the seed is not 32 bytes, an id occurs twice or is empty, or n is not between 0 and their
    number.
    """
    if len(seed) != SEED_SIZE:
        raise ValueError("a seed is 32 bytes")
    names = sorted(i.encode("utf-8") for i in ids)
    if any(not name for name in names) or len(set(names)) != len(names):
        raise ValueError("ids are not empty and occur once")
    if not 0 <= n <= len(names):
        raise ValueError(f"cannot draw {n} of {len(names)}")
    keyed = sorted((hmac.digest(seed, name, "sha256"), name) for name in names)
    return [name.decode("utf-8") for _, name in keyed[:n]]
