"""Keys kept in a folder, and sealing under them.

One 32-byte key per engagement, one file per key (mode 0600), so that destroying the file destroys
every copy of what was sealed under it, backups of the database included. AES-256-GCM (NIST SP
800-38D) with a random 96-bit nonce; the context is authenticated, so that a sealed value cannot be
moved to another place.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from outwork.kit import files
from outwork.kit.files import DISK, Disk

_MAGIC = b"OS1"


class KeyMissing(Exception):
    """No key of that name: it was never made, or it was destroyed."""


class SealBroken(Exception):
    """The sealed bytes were altered, moved to another context, or sealed under another key."""


class Keyring:
    """A folder of keys."""

    def __init__(self, folder: Path, disk: Disk = DISK) -> None:
        files.folder(folder, disk)
        self._folder, self._disk = folder, disk
        self._open: dict[str, bytes] = {}

    def key(self, name: str) -> bytes:
        """The 32 bytes of a key; raises KeyMissing."""
        path = self._folder / f"{name}.key"
        if name not in self._open:
            try:
                self._open[name] = self._disk.read(path)
            except FileNotFoundError:
                raise KeyMissing(name) from None
        elif not self._disk.exists(path):  # another process destroyed it
            del self._open[name]
            raise KeyMissing(name)
        return self._open[name]

    def make(self, name: str, value: bytes | None = None) -> bytes:
        """Make a key durably unless it exists, and return it; raises KeyMissing after `destroy`."""
        with suppress(KeyMissing):
            return self.key(name)
        if self._disk.exists(self._grave(name)):
            raise KeyMissing(name)
        # If someone else was quicker, theirs is the key.
        path = self._folder / f"{name}.key"
        files.put_new(path, value or secrets.token_bytes(32), self._disk)
        return self.key(name)

    def destroy(self, name: str) -> None:
        """Forget a key for good (crypto-shredding); it is never made again."""
        self._open.pop(name, None)
        # The grave first, and durably: a key that is gone without one would be made again.
        files.put_new(self._grave(name), b"", self._disk)
        with suppress(FileNotFoundError):
            self._disk.unlink(self._folder / f"{name}.key")
        files.settle(self._folder, self._disk)

    def _grave(self, name: str) -> Path:
        return self._folder / f"{name}.destroyed"

    def seal(self, name: str, plain: bytes, context: str) -> bytes:
        """Encrypt and authenticate `plain` under a named key, bound to `context`."""
        return seal_under(self.key(name), plain, context)

    def open(self, name: str, sealed: bytes, context: str) -> bytes:
        """The plain bytes; raises KeyMissing or SealBroken."""
        return open_under(self.key(name), sealed, context)


def seal_under(key: bytes, plain: bytes, context: str) -> bytes:
    """Encrypt and authenticate under a 32-byte key; the context is authenticated, not stored."""
    nonce = os.urandom(12)
    return _MAGIC + nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def sealer(key: bytes) -> Callable[[bytes, str], bytes]:
    """`seal_under` for many values under one key: takes plain bytes and context."""
    encrypt = AESGCM(key).encrypt

    def seal(plain: bytes, context: str) -> bytes:
        nonce = os.urandom(12)
        return _MAGIC + nonce + encrypt(nonce, plain, context.encode())

    return seal


def opener(key: bytes) -> Callable[[bytes, str], bytes]:
    """`open_under` for many values under one key: takes sealed bytes and context."""
    decrypt = AESGCM(key).decrypt

    def unseal(sealed: bytes, context: str) -> bytes:
        if sealed[:3] != _MAGIC:
            raise SealBroken(context)
        try:
            return decrypt(sealed[3:15], sealed[15:], context.encode())
        except InvalidTag:
            raise SealBroken(context) from None

    return unseal


def open_under(key: bytes, sealed: bytes, context: str) -> bytes:
    """The plain bytes; raises SealBroken."""
    return opener(key)(sealed, context)
