"""A disk that loses power: what was not flushed is kept, lost or torn, each write by chance.

Nothing orders writes but flushing: of the names in a folder that was not flushed any may be there
and any missing, whatever came first (POSIX promises no more). With `durable=False` flushing does
nothing, as on a disk that lies.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


class Cut(BaseException):
    """The power is gone; nothing catches it."""


@dataclass
class _File:
    """Contents as programs see them, as the disk has them, and the writes in between."""

    seen: bytearray = field(default_factory=bytearray)
    kept: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, bytes]] = field(default_factory=list)


@dataclass
class _Folder:
    """Names as programs see them, as the disk has them, and the changes in between."""

    seen: dict[str, _File] = field(default_factory=dict)
    kept: dict[str, _File] = field(default_factory=dict)
    waiting: list[Callable[[dict[str, _File]], object]] = field(default_factory=list)


class LossyDisk:
    """A `kit.files.Disk` in memory; the power goes after `left` more calls, None for never."""

    def __init__(self, chance: random.Random, *, durable: bool = True) -> None:
        self._chance, self._durable = chance, durable
        self._folders: dict[Path, _Folder] = {Path("/"): _Folder()}
        self._open: dict[int, _File | _Folder] = {}
        self._next = 3
        self.left: int | None = None

    def cut(self) -> LossyDisk:
        """The disk as it is found when the power is back."""
        made = LossyDisk(self._chance, durable=self._durable)
        files: dict[int, _File] = {}
        for path, folder in self._folders.items():
            names = dict(folder.kept)
            for change in folder.waiting:
                if self._chance.random() < 0.5:
                    change(names)
            found = {name: files.setdefault(id(f), self._found(f)) for name, f in names.items()}
            made._folders[path] = _Folder(dict(found), dict(found))
        return made

    def _found(self, file: _File) -> _File:
        content = bytearray(file.kept)
        for at, data in file.waiting:
            fate = self._chance.random()
            if fate < 0.5:
                part = data if fate < 0.25 else data[: self._chance.randrange(len(data) + 1)]
                content.extend(bytes(max(0, at - len(content))))  # a hole reads as zeros
                content[at : at + len(part)] = part
        return _File(bytearray(content), bytearray(content))

    def flush_all(self) -> None:
        """Everything so far is on the disk, even on one that lies."""
        for folder in self._folders.values():
            folder.kept, folder.waiting = dict(folder.seen), []
            for file in folder.seen.values():
                file.kept, file.waiting = bytearray(file.seen), []

    # --- the calls ---------------------------------------------------------------------------

    def open(self, path: Path, flags: int, _mode: int = 0o600, /) -> int:
        """A descriptor of a folder, or of a new file."""
        self._tick()
        opened: _File | _Folder
        if flags & os.O_CREAT:
            folder, name = self._folders[path.parent], path.name
            if name in folder.seen:
                raise FileExistsError(path)
            opened = _File()
            self._change(folder, lambda names, f=opened: names.__setitem__(name, f))
        else:
            opened = self._folders[path]
        self._next += 1
        self._open[self._next] = opened
        return self._next

    def write(self, fd: int, data: bytes, /) -> int:
        """Writes all of it, or at times only a part."""
        self._tick()
        file = self._open[fd]
        assert isinstance(file, _File)
        taken = data if self._chance.random() < 0.9 else data[: len(data) // 2 + 1]
        file.waiting.append((len(file.seen), taken))
        file.seen += taken
        return len(taken)

    def fsync(self, fd: int, /) -> None:
        """What was written there is on the disk."""
        self._tick()
        opened = self._open[fd]
        if not self._durable:
            return
        if isinstance(opened, _File):
            opened.kept = bytearray(opened.seen)
        else:
            opened.kept = dict(opened.seen)
        opened.waiting.clear()
        self._tick()

    def close(self, fd: int, /) -> None:
        """Says nothing about the disk."""
        del self._open[fd]

    def replace(self, source: Path, target: Path, /) -> None:
        """Within one folder, in one step."""
        self._tick()
        folder, file = self._folders[source.parent], self._folders[source.parent].seen[source.name]
        assert source.parent == target.parent

        def change(names: dict[str, _File]) -> None:
            names.pop(source.name, None)
            names[target.name] = file

        self._change(folder, change)
        self._tick()

    def link(self, source: Path, target: Path, /) -> None:
        """A second name."""
        self._tick()
        folder = self._folders[target.parent]
        if target.name in folder.seen:
            raise FileExistsError(target)
        file = self._folders[source.parent].seen[source.name]
        self._change(folder, lambda names: names.__setitem__(target.name, file))

    def unlink(self, path: Path, /) -> None:
        """One name less."""
        self._tick()
        folder = self._folders[path.parent]
        if path.name not in folder.seen:
            raise FileNotFoundError(path)
        self._change(folder, lambda names: names.pop(path.name, None))

    def mkdir(self, path: Path, /) -> None:
        """Folders are there at once and stay: what is tested is the files in them."""
        if path in self._folders:
            raise FileExistsError(path)
        self._folders[path] = _Folder()

    def exists(self, path: Path, /) -> bool:
        """Whether there is a file or folder of that name."""
        known = self._folders.get(path.parent)
        return path in self._folders or (known is not None and path.name in known.seen)

    def names(self, folder: Path, /) -> list[str]:
        """The names in a folder, sorted."""
        return sorted(self._folders[folder].seen)

    def read(self, path: Path, /) -> bytes:
        """All bytes of a file."""
        try:
            return bytes(self._folders[path.parent].seen[path.name].seen)
        except KeyError:
            raise FileNotFoundError(path) from None

    def _change(self, folder: _Folder, change: Callable[[dict[str, _File]], object]) -> None:
        change(folder.seen)
        folder.waiting.append(change)

    def _tick(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Cut
