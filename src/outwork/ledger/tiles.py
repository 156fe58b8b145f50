"""The tree as files: hash tiles and entry bundles, 256 wide.

Source: C2SP tlog-tiles. A path is relative to the log's prefix; a tile is the concatenation of its
hashes (32 bytes each), an entry bundle the concatenation of its entries, each after its length in
two bytes, big-endian.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outwork.ledger.tree import HASH_SIZE, NodeReader

WIDTH = 256
MAX_ENTRY = 0xFFFF
MAX_LEVEL = 63

_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Tile number `index` of a level, `width` hashes or entries wide (1 to 256).

    `level` is None for an entry bundle; level l holds nodes of tree level 8 * l. Raises ValueError
    outside these limits.
    """

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if self.level is not None and not 0 <= self.level <= MAX_LEVEL:
            raise ValueError("a tile's level is between 0 and 63")
        if self.index < 0 or not 1 <= self.width <= WIDTH:
            raise ValueError("a tile's index is not negative and its width is between 1 and 256")

    def path(self) -> str:
        """The tile's path, such as `tile/0/x001/x234/067.p/5`."""
        groups, rest = [f"{self.index % 1000:03d}"], self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


def parse_path(path: str) -> Tile:
    """Reads a tile path; raises ValueError unless it is spelled exactly as `Tile.path` does."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise ValueError(f"not a tile path: {path!r}")
    level, upper, last, width = match.groups()
    digits = upper.replace("x", "").replace("/", "") + last
    tile = Tile(
        None if level == "entries" else int(level),
        int(digits),
        WIDTH if width is None else int(width),
    )
    if tile.path() != path:
        raise ValueError(f"not a tile path: {path!r}")
    return tile


def hash_tiles(size: int, since: int = 0) -> Iterator[Tile]:
    """The hash tiles of a tree of `size` leaves that a tree of `since` leaves did not have yet."""
    level, new, old = 0, size, since
    while new:
        yield from _row(level, new, old)
        level, new, old = level + 1, new // WIDTH, old // WIDTH


def entry_bundles(size: int, since: int = 0) -> Iterator[Tile]:
    """The entry bundles of a tree of `size` leaves that a tree of `since` did not have yet."""
    yield from _row(None, size, since)


def _row(level: int | None, new: int, old: int) -> Iterator[Tile]:
    if new == old:
        return
    for index in range(old // WIDTH, -(-new // WIDTH)):
        yield Tile(level, index, min(WIDTH, new - index * WIDTH))


def encode_hash_tile(tile: Tile, node: NodeReader) -> bytes:
    """The bytes of a hash tile: 32 * width. Raises ValueError for an entry bundle."""
    if tile.level is None:
        raise ValueError("an entry bundle has no hashes")
    first, level = tile.index * WIDTH, 8 * tile.level
    return b"".join(node(level, first + i) for i in range(tile.width))


def decode_hash_tile(tile: Tile, data: bytes) -> list[bytes]:
    """The hashes of a tile; raises ValueError unless it is exactly 32 * width bytes."""
    if len(data) != HASH_SIZE * tile.width:
        raise ValueError(f"{tile.path()} is not {HASH_SIZE * tile.width} bytes")
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """An entry bundle of 1 to 256 entries; raises ValueError for an entry above 65,535 bytes."""
    if not 1 <= len(entries) <= WIDTH:
        raise ValueError("an entry bundle has 1 to 256 entries")
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise ValueError("an entry is longer than 65,535 bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_entries(tile: Tile, data: bytes) -> list[bytes]:
    """The entries of a bundle; raises ValueError unless there are exactly `tile.width`."""
    entries, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise ValueError(f"{tile.path()} is cut off")
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) != tile.width:
        raise ValueError(f"{tile.path()} does not hold {tile.width} entries")
    return entries
