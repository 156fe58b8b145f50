"""The Merkle tree of the ledger: hashing, growing, proving, verifying.

Sources: RFC 6962 section 2.1 (hashes), RFC 9162 sections 2.1.3 and 2.1.4 (verification), the IETF
draft "Merkle Tree Certificates" section 4 (subtrees). A hash is 32 bytes of SHA-256. A node is
addressed as (level, index): the root of the full subtree over leaves
[index * 2**level, (index + 1) * 2**level). Sizes and indexes count leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]
"""Gives the hash of node (level, index). It is only asked for nodes whose subtree is full."""


class ProofError(ValueError):
    """A proof does not show what it claims; the message says which step failed."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data), 32 bytes (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), 32 bytes (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def root_of_hashes(hashes: Iterable[bytes]) -> bytes:
    """Root over leaf hashes in order; EMPTY_ROOT for none (RFC 6962 section 2.1)."""
    row = list(hashes)
    if not row:
        return EMPTY_ROOT
    while len(row) > 1:
        above = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        if len(row) % 2:
            above.append(row[-1])
        row = above
    return row[0]


def root_of_leaves(leaves: Iterable[bytes]) -> bytes:
    """Root over leaf contents in order (RFC 6962 section 2.1)."""
    return root_of_hashes(leaf_hash(leaf) for leaf in leaves)


def inclusion_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(index, leaves) over leaf contents, nearest first; raises as `inclusion_proof`."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return inclusion_proof(index, tree.size, tree.node)


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: all that is needed to append to it and to know its root.

    `hashes` holds the roots of the full subtrees that `size` decomposes into, largest first: one
    hash for each bit set in `size`. Raises ValueError if the two do not fit.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError("a frontier has one hash for each bit set in its size")
        if any(len(h) != HASH_SIZE for h in self.hashes):
            raise ValueError("a frontier's hash is not 32 bytes")

    def append(self, leaf: bytes) -> Frontier:
        """The frontier after one more leaf hash (32 bytes). At most log2(size) hashes are made."""
        return self.grow(leaf)[0]

    def grow(self, leaf: bytes) -> tuple[Frontier, tuple[tuple[int, int, bytes], ...]]:
        """Append one leaf hash; also gives every node completed by it as (level, index, hash)."""
        stack, level, index, digest = list(self.hashes), 0, self.size, leaf
        made = [(level, index, digest)]
        while index % 2:
            digest = node_hash(stack.pop(), digest)
            level, index = level + 1, index // 2
            made.append((level, index, digest))
        return Frontier(self.size + 1, (*stack, digest)), tuple(made)

    def extend(self, leaves: Sequence[bytes]) -> tuple[Frontier, list[list[bytes]]]:
        """Append leaf hashes; also gives the hashes of the nodes completed by them, by level.

        Level l holds those from index `size >> l` on. Row by row this costs a third of `append`.
        """
        size, kept = self.size, list(self.hashes)
        row, left, made = list(leaves), [], [list(leaves)]
        while row or size:
            if size & 1:
                row.insert(0, kept.pop())
            if len(row) & 1:
                left.append(row.pop())
            pairs = iter(row)
            row = [sha256(b"\x01" + a + b).digest() for a, b in zip(pairs, pairs, strict=True)]
            size >>= 1
            if not row:
                break
            made.append(list(row))
        return Frontier(self.size + len(leaves), (*kept, *reversed(left))), made

    def root(self) -> bytes:
        """Root of the tree of `size` leaves."""
        if not self.hashes:
            return EMPTY_ROOT
        digest = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            digest = node_hash(left, digest)
        return digest


@dataclass(slots=True)
class Tree:
    """A whole tree in memory: `levels[level][index]` is the hash of that node."""

    levels: list[list[bytes]] = field(default_factory=lambda: [[]])

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self.levels[0])

    def append(self, data: bytes) -> int:
        """Append a leaf's content; returns its index."""
        return self.append_hash(leaf_hash(data))

    def append_hash(self, leaf: bytes) -> int:
        """Append a leaf hash (32 bytes); returns its index. Raises ValueError on another length."""
        if len(leaf) != HASH_SIZE:
            raise ValueError("a leaf hash is 32 bytes")
        row, level, digest = self.levels[0], 0, leaf
        row.append(digest)
        while len(row) % 2 == 0:
            digest = node_hash(row[-2], row[-1])
            level += 1
            if level == len(self.levels):
                self.levels.append([])
            row = self.levels[level]
            row.append(digest)
        return self.size - 1

    def node(self, level: int, index: int) -> bytes:
        """Hash of a full subtree; a NodeReader. Raises IndexError where there is none."""
        if level < 0 or index < 0:
            raise IndexError("no such node")
        return self.levels[level][index]

    def root(self, size: int | None = None) -> bytes:
        """Root of the first `size` leaves (all of them by default)."""
        count = self.size if size is None else size
        if not 0 <= count <= self.size:
            raise ValueError("size outside the tree")
        return range_hash(0, count, self.node)

    def frontier(self) -> Frontier:
        """The right edge of the whole tree."""
        hashes = [
            row[-1] for level, row in enumerate(self.levels) if (self.size >> level) & 1 and row
        ]
        return Frontier(self.size, tuple(reversed(hashes)))


def _split(count: int) -> int:
    """The largest power of two smaller than count (count > 1)."""
    return 1 << ((count - 1).bit_length() - 1)


def is_subtree(start: int, end: int) -> bool:
    """Whether [start, end) is a subtree: start is a multiple of the next power of two >= its
    width (Merkle Tree Certificates, section 4.1). An empty range inside the tree counts as one."""
    width = end - start
    if start < 0 or width < 0:
        return False
    return width == 0 or start % (1 << (width - 1).bit_length()) == 0


def range_hash(start: int, end: int, node: NodeReader) -> bytes:
    """MTH(D[start:end]) for a subtree [start, end) (RFC 6962 section 2.1).

    Raises ValueError if [start, end) is not a subtree.
    """
    if not is_subtree(start, end):
        raise ValueError(f"[{start}, {end}) is not a subtree")
    width = end - start
    if width == 0:
        return EMPTY_ROOT
    parts = []
    while width:
        level = width.bit_length() - 1
        parts.append(node(level, start >> level))
        start, width = start + (1 << level), width - (1 << level)
    digest = parts.pop()
    while parts:
        digest = node_hash(parts.pop(), digest)
    return digest


def inclusion_proof(index: int, size: int, node: NodeReader) -> list[bytes]:
    """PATH(index, D[0:size]), nearest sibling first (RFC 6962 section 2.1.1).

    Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError("the index is outside the tree")
    return subtree_consistency_proof(index, index + 1, size, node)


def consistency_proof(old: int, new: int, node: NodeReader) -> list[bytes]:
    """PROOF(old, D[0:new]) (RFC 6962 section 2.1.2); empty if old is 0 or equals new.

    Raises ValueError unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise ValueError("the old size is outside the tree")
    return subtree_consistency_proof(0, old, new, node)


def subtree_consistency_proof(start: int, end: int, size: int, node: NodeReader) -> list[bytes]:
    """SUBTREE_PROOF(start, end, D[0:size]) (Merkle Tree Certificates, section 4.4.1).

    Shows that the subtree [start, end) is part of the tree of `size` leaves. Raises ValueError if
    [start, end) is not a subtree of it.
    """
    if not is_subtree(start, end) or end > size:
        raise ValueError(f"[{start}, {end}) is not a subtree of a tree of {size}")
    if start == end:
        return []
    low, high, known = 0, size, True
    siblings: list[tuple[int, int]] = []
    while (start, end) != (low, high):
        middle = low + _split(high - low)
        if end <= middle:
            siblings.append((middle, high))
            high = middle
        else:
            siblings.append((low, middle))
            low = middle
            if start < middle:
                start, known = middle, False
    if not known:
        siblings.append((low, high))
    return [range_hash(a, b, node) for a, b in reversed(siblings)]


def _check_lengths(*hashes: bytes) -> None:
    if any(len(h) != HASH_SIZE for h in hashes):
        raise ProofError("a hash is not 32 bytes")


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Checks that leaf hash `leaf` is number `index` of the tree (size, root).

    Raises ProofError if not (RFC 9162 section 2.1.3.2).
    """
    if not 0 <= index < size:
        raise ProofError("the index is not below the size")
    _check_lengths(leaf, root, *proof)
    at, last, digest = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if at & 1 or at == last:
            digest = node_hash(sibling, digest)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    if digest != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Checks that the tree (old, old_root) is a prefix of (new, new_root).

    Raises ProofError if not, and for old = 0, where there is nothing to prove: the caller compares
    old_root with EMPTY_ROOT (RFC 9162 section 2.1.4.2).
    """
    if old <= 0:
        raise ProofError("nothing can be proved from an empty tree")
    verify_subtree_consistency(0, old, new, old_root, new_root, proof)


def verify_subtree_consistency(
    start: int, end: int, size: int, subtree: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Checks that the subtree [start, end) with hash `subtree` is part of the tree (size, root).

    Raises ProofError if not (Merkle Tree Certificates, section 4.4.3). An empty subtree is part of
    every tree: its hash is EMPTY_ROOT and its proof is empty. A range that is the whole tree is
    shown by equal hashes, whatever their length (so the public vectors).
    """
    if not is_subtree(start, end) or end > size:
        raise ProofError("the range is not a subtree of the tree")
    _check_lengths(*proof)
    if start == end:
        if proof or subtree != EMPTY_ROOT:
            raise ProofError("an empty range has the empty root and no proof")
        return
    first, last, tip = start, end - 1, size - 1
    if last == tip:
        shift = (first ^ last).bit_length()
    else:
        shift = min((first ^ last).bit_length(), (~last & (last + 1)).bit_length() - 1)
    first, last, tip = first >> shift, last >> shift, tip >> shift
    rest = iter(proof)
    if first == last:
        below = above = subtree
    else:
        seed = next(rest, None)
        if seed is None:
            raise ProofError("the proof is too short")
        below = above = seed
    for sibling in rest:
        if tip == 0:
            raise ProofError("the proof is too long")
        if last & 1 or last == tip:
            if first < last:
                below = node_hash(sibling, below)
            above = node_hash(sibling, above)
            while not last & 1 and last:
                first, last, tip = first >> 1, last >> 1, tip >> 1
        else:
            above = node_hash(above, sibling)
        first, last, tip = first >> 1, last >> 1, tip >> 1
    if tip:
        raise ProofError("the proof is too short")
    if below != subtree or above != root:
        raise ProofError("the proof leads to another root")
