"""Files that survive a cut of power: written whole, flushed, and put in their place in one step.

What Outwork writes beside its database goes through a `Disk`: the calls of the operating system
themselves, or in a test a disk that forgets whatever was not flushed.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Protocol

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class Disk(Protocol):
    """The calls that matter for durability, each as `os` has it."""

    def open(self, path: Path, flags: int, mode: int = 0o600, /) -> int: ...
    def write(self, fd: int, data: bytes, /) -> int: ...
    def fsync(self, fd: int, /) -> None: ...
    def close(self, fd: int, /) -> None: ...
    def replace(self, source: Path, target: Path, /) -> None: ...
    def link(self, source: Path, target: Path, /) -> None: ...
    def unlink(self, path: Path, /) -> None: ...
    def mkdir(self, path: Path, /) -> None: ...
    def exists(self, path: Path, /) -> bool: ...
    def names(self, folder: Path, /) -> list[str]: ...
    def read(self, path: Path, /) -> bytes: ...


class OperatingSystem:
    """The disk there is."""

    def open(self, path: Path, flags: int, mode: int = 0o600, /) -> int:
        """A file descriptor."""
        return os.open(path, flags, mode)

    def write(self, fd: int, data: bytes, /) -> int:
        """How many bytes were written."""
        return os.write(fd, data)

    def fsync(self, fd: int, /) -> None:
        """Returns once the disk has it."""
        os.fsync(fd)

    def close(self, fd: int, /) -> None:
        """Give the descriptor back."""
        os.close(fd)

    def replace(self, source: Path, target: Path, /) -> None:
        """Rename, over what is there."""
        source.replace(target)

    def link(self, source: Path, target: Path, /) -> None:
        """A second name; raises FileExistsError."""
        os.link(source, target)

    def unlink(self, path: Path, /) -> None:
        """Remove a name; raises FileNotFoundError."""
        path.unlink()

    def mkdir(self, path: Path, /) -> None:
        """Make a folder for its owner alone; raises FileExistsError."""
        path.mkdir(mode=0o700)

    def exists(self, path: Path, /) -> bool:
        """Whether there is something of that name."""
        return path.exists()

    def names(self, folder: Path, /) -> list[str]:
        """The names in a folder, sorted."""
        return sorted(path.name for path in folder.iterdir())

    def read(self, path: Path, /) -> bytes:
        """All bytes of a file; raises FileNotFoundError."""
        return path.read_bytes()


DISK: Disk = OperatingSystem()


def folder(path: Path, disk: Disk = DISK) -> None:
    """Make a folder, and those above it, unless it is there."""
    if disk.exists(path):
        return
    folder(path.parent, disk)
    with suppress(FileExistsError):
        disk.mkdir(path)
    settle(path.parent, disk)


def put(path: Path, data: bytes, disk: Disk = DISK) -> None:
    """Write a file whole, over what was there; returns when it is durable.

    Raises OSError, and then the file is as it was.
    """
    draft = _draft(path, data, disk)
    disk.replace(draft, path)
    settle(path.parent, disk)


def put_new(path: Path, data: bytes, disk: Disk = DISK) -> bool:
    """Write a file that must not be there yet; whether it was not. Durable when it returns."""
    draft, made = _draft(path, data, disk), True
    try:
        disk.link(draft, path)
    except FileExistsError:
        made = False
    disk.unlink(draft)
    settle(path.parent, disk)
    return made


def settle(path: Path, disk: Disk = DISK) -> None:
    """Make the names in a folder durable."""
    fd = disk.open(path, os.O_RDONLY)
    try:
        disk.fsync(fd)
    finally:
        disk.close(fd)


def sweep(path: Path, disk: Disk = DISK) -> None:
    """Remove drafts that a crash left in a folder; for whoever alone writes there."""
    for name in disk.names(path):
        if name.endswith(".new"):
            disk.unlink(path / name)


def _draft(path: Path, data: bytes, disk: Disk) -> Path:
    """The data under another name, flushed: whoever finds the file finds all of it."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    fd = disk.open(draft, _NEW, 0o600)
    try:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[disk.write(fd, bytes(rest)) :]
            disk.fsync(fd)
        finally:
            disk.close(fd)
    except OSError:
        with suppress(OSError):
            disk.unlink(draft)
        raise
    return draft
