"""Receipts: the text that proves one entry by itself (C2SP tlog-proof), and nodes for proofs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from outwork.ledger.checkpoint import encode_base64
from outwork.ledger.tree import node_hash, range_hash

HEADER = "c2sp.org/tlog-proof@v1"
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT


def encode_receipt(
    index: int, proof: Sequence[bytes], checkpoint: bytes, entry: bytes | None = None
) -> bytes:
    """The receipt of entry `index`: its inclusion proof (32-byte hashes, nearest sibling first)
    under a signed checkpoint; with `entry`, the leaf's content, it is verified alone."""
    extra = "" if entry is None else f"extra {encode_base64(entry)}\n"
    hashes = "".join(f"{encode_base64(digest)}\n" for digest in proof)
    return f"{HEADER}\n{extra}index {index}\n{hashes}\n".encode() + checkpoint


class Proofs:
    """Nodes of one tree, kept tile by tile between transactions, and proofs from them.

    Of a tile only its lowest row is stored anywhere; the rows above are worked out.
    """

    def __init__(self) -> None:
        self._tiles: dict[tuple[int, int], list[list[bytes]]] = {}
        self._edge: tuple[int, dict[int, bytes]] = (0, {})

    def wanted(self, size: int, seqs: Iterable[int]) -> Iterator[tuple[int, int, int]]:
        """What proofs of these entries in a tree of `size` need and is not kept: level, first
        index and count of rows of hashes."""
        tiles: set[tuple[int, int]] = set()
        for seq in seqs:
            level = 0
            while (size - 1) >> level:
                tiles.add((level, seq >> (level + TILE_HEIGHT)))
                level += TILE_HEIGHT
        level = 0
        while size >> level:  # the right edge, of which the proof takes what is whole
            tiles.add((level, ((size >> level) - 1) >> TILE_HEIGHT))
            level += TILE_HEIGHT
        for level, tile in sorted(tiles):
            first = tile << TILE_HEIGHT
            count = min(TILE_WIDTH, (size >> level) - first)
            kept = self._tiles.get((level, tile))
            if count > 0 and (kept is None or len(kept[0]) < count):
                yield level, first, count

    def keep(self, level: int, first: int, hashes: Sequence[bytes]) -> None:
        """Take in a tile's row from its first index on."""
        rows = [list(hashes)]
        while len(rows) <= TILE_HEIGHT and len(rows[-1]) > 1:
            pairs = iter(rows[-1])
            rows.append([node_hash(a, b) for a, b in zip(pairs, pairs, strict=False)])
        self._tiles[level, first >> TILE_HEIGHT] = rows

    def path(self, seq: int, size: int) -> list[bytes]:
        """The inclusion proof of entry `seq` in the tree of `size` leaves, as `inclusion_proof`
        gives it; what stands at the right edge is worked out once a tree."""
        if self._edge[0] != size:
            self._edge = (size, {})
        edges, proof, level, index = self._edge[1], [], 0, seq
        while (size - 1) >> level:
            sibling = index ^ 1
            if (sibling + 1) << level <= size:
                proof.append(self.node(level, sibling))
            elif sibling << level < size:
                if level not in edges:
                    edges[level] = range_hash(sibling << level, size, self.node)
                proof.append(edges[level])
            level, index = level + 1, index >> 1
        return proof

    def node(self, level: int, index: int) -> bytes:
        """The hash of a node; raises LookupError if its tile was not kept."""
        within = level % TILE_HEIGHT
        rows = self._tiles[level - within, index >> (TILE_HEIGHT - within)]
        return rows[within][index & ((1 << (TILE_HEIGHT - within)) - 1)]
