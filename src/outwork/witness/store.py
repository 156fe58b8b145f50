"""What a witness keeps: its key, the logs that it knows, and the last checkpoint of each.

    key               the signer key (`PRIVATE+KEY+...`), readable by its owner alone
    logs              verifier keys of the logs, one a line
    heads/<SHA-256 of the origin>   the last checkpoint, with the witness's own cosignature

Every file is replaced whole and flushed before anything is answered. A head is its own checksum:
one that the witness's key did not sign, or that is missing, is damage, and never counts as "nothing
cosigned yet", which would let a log be rolled back.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outwork import ledger
from outwork.kit import files
from outwork.kit.files import DISK, Disk
from outwork.witness.model import Head


class Damaged(Exception):
    """A file of the store is missing or not what was written; the message names it."""


class Store:
    """A witness's folder. Any process may read it, one may write to it (`alone`)."""

    def __init__(self, folder: Path, disk: Disk = DISK) -> None:
        """Opens what `create` made; raises Damaged."""
        self.folder, self._disk = folder, disk
        try:
            self.signer = ledger.checkpoint.parse_signer_key(self._read("key").strip())
            lines = self._read("logs").split()
            keys = [ledger.checkpoint.parse_verifier_key(line) for line in lines]
        except ledger.checkpoint.NoteError as error:
            raise Damaged(f"{folder}: {error}") from error
        self._logs: dict[str, list[ledger.checkpoint.VerifierKey]] = {}
        for key in keys:
            self._logs.setdefault(key.name, []).append(key)

    @classmethod
    def create(
        cls, folder: Path, signer: ledger.checkpoint.Ed25519Signer, disk: Disk = DISK
    ) -> Store:
        """A new store for a cosigner's key; raises FileExistsError where there is one."""
        files.folder(folder / "heads", disk)
        if not disk.exists(folder / "logs"):
            files.put_new(folder / "logs", b"", disk)
        if not files.put_new(folder / "key", f"{signer.encode()}\n".encode(), disk):
            raise FileExistsError(folder / "key")
        return cls(folder, disk)

    @property
    def verifier(self) -> ledger.checkpoint.VerifierKey:
        """The key by which others know this witness."""
        return ledger.checkpoint.VerifierKey(
            self.signer.name, ledger.checkpoint.COSIGNATURE_V1, self.signer.public_key
        )

    @property
    def origins(self) -> list[str]:
        """The logs that it knows, by name."""
        return sorted(self._logs)

    def keys(self, origin: str) -> list[ledger.checkpoint.VerifierKey]:
        """The keys trusted to sign for a log; none for one that is not known."""
        return self._logs.get(origin, [])

    def trust(self, key: ledger.checkpoint.VerifierKey, time: int) -> None:
        """Know a log by its key from now on, or by a further key."""
        if key in self.keys(key.name):
            return
        if key.name not in self._logs and not self._disk.exists(self._path(key.name)):
            # The empty tree, so that a head that is missing later is known to be lost.
            empty = ledger.checkpoint.Checkpoint(key.name, 0, ledger.tree.EMPTY_ROOT)
            self.keep(empty.text(), (), time)
        every = [k for name in self.origins for k in self._logs[name]]
        text = "".join(f"{k.encode()}\n" for k in [*every, key])
        files.put(self.folder / "logs", text.encode(), self._disk)
        self._logs.setdefault(key.name, []).append(key)

    def latest(self, origin: str) -> tuple[Head, bytes, int]:
        """The last head of a log, its note, and when it was cosigned (POSIX seconds).

        Raises Damaged.
        """
        path = self._path(origin)
        try:
            note = self._disk.read(path)
            opened = ledger.checkpoint.open_note(note, [self.verifier])
            found = ledger.checkpoint.parse_checkpoint(opened.text)
        except (FileNotFoundError, ledger.checkpoint.NoteError) as error:
            raise Damaged(f"{path}: the head of {origin} is lost or altered") from error
        if found.origin != origin:
            raise Damaged(f"{path}: is the head of another log, {found.origin}")
        return Head(found.size, found.root), note, opened.times[self.signer.name]

    def keep(self, text: str, lines: tuple[ledger.checkpoint.SignatureLine, ...], time: int) -> str:
        """Make a cosigned checkpoint the last of its log, durably; gives the cosignature's line."""
        own = ledger.checkpoint.cosign(text, self.signer, time)
        note = ledger.checkpoint.Note(text, (*lines, own)).encode()
        origin = ledger.checkpoint.parse_checkpoint(text).origin
        files.put(self._path(origin), note, self._disk)
        return own.encode()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other processes out; raises BlockingIOError where one is in."""
        fd = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for folder in (self.folder, self.folder / "heads"):
                files.sweep(folder, self._disk)
            yield
        finally:
            os.close(fd)

    def _path(self, origin: str) -> Path:
        return self.folder / "heads" / hashlib.sha256(origin.encode()).hexdigest()

    def _read(self, name: str) -> str:
        try:
            return self._disk.read(self.folder / name).decode()
        except (OSError, UnicodeDecodeError) as error:
            raise Damaged(f"{self.folder / name}: cannot be read") from error
