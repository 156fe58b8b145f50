"""The Merkle tree, written a second time: roots and proofs by the recursive definition.

Sources: RFC 6962 section 2.1, with section 2.1.1 for inclusion and 2.1.2 for consistency. Hashes
are 32 bytes of SHA-256; indexes and sizes count leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
MAX_SIZE = 1 << 63


class TreeError(ValueError):
    """A proof does not show what it claims."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data), 32 bytes."""
    return sha256(b"\x00" + data).digest()


class Frontier:
    """A tree that grows leaf by leaf, of which only the whole subtrees on the left are kept.

    Leaves wait until a root is asked for: hashed together, row by row, they cost less than one by
    one. `append` adds a leaf by its content.
    """

    def __init__(self) -> None:
        self._size = 0
        self._hashes: list[bytes] = []  # of the whole subtrees, the largest first
        self._waiting: list[bytes] = []
        self.append = self._waiting.append

    def root(self) -> bytes:
        """The root over all leaves so far; EMPTY_ROOT for none."""
        self._settle()
        if not self._hashes:
            return EMPTY_ROOT
        digest = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            digest = _node(left, digest)
        return digest

    def _settle(self) -> None:
        """Folds the waiting leaves into whole subtrees, one row of the tree after the other."""
        row = [sha256(b"\x00" + data).digest() for data in self._waiting]
        self._waiting.clear()
        size, kept = self._size, self._hashes
        self._size += len(row)
        left: list[bytes] = []  # this row's node without a sibling, if it has one, above the next's
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
        kept += reversed(left)


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf contents in order; EMPTY_ROOT for none."""
    frontier = Frontier()
    for data in leaves:
        frontier.append(data)
    return frontier.root()


def check_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected: bytes
) -> None:
    """Checks that leaf hash `leaf` is number `index` of the tree (size, expected).

    Raises TreeError if not.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise TreeError("the index is not below the size")
    _check_lengths(leaf, expected, *proof)
    rest = list(proof)
    digest = _climb(index, size, leaf, rest)
    if rest or digest != expected:
        raise TreeError("the proof leads to another root")


def check_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Checks that the tree (old, old_root) is a prefix of (new, new_root); 0 < old <= new.

    Raises TreeError if not.
    """
    if not 0 < old <= new <= MAX_SIZE:
        raise TreeError("the old size is not between 1 and the new")
    _check_lengths(*proof)
    rest = list(proof)
    before, after = _span(old, new, old_root, rest)
    if rest or before != old_root or after != new_root:
        raise TreeError("the proof leads to another root")


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _check_lengths(*hashes: bytes) -> None:
    if any(len(digest) != 32 for digest in hashes):
        raise TreeError("a hash is not 32 bytes")


def _left_size(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _take(proof: list[bytes]) -> bytes:
    if not proof:
        raise TreeError("the proof is too short")
    return proof.pop()


def _climb(index: int, size: int, leaf: bytes, proof: list[bytes]) -> bytes:
    if size == 1:
        return leaf
    sibling, left = _take(proof), _left_size(size)
    if index < left:
        return _node(_climb(index, left, leaf, proof), sibling)
    return _node(sibling, _climb(index - left, size - left, leaf, proof))


def _span(old: int, new: int, known: bytes | None, proof: list[bytes]) -> tuple[bytes, bytes]:
    """Roots of the old and of the new tree; `known` is the old root while it is a whole node."""
    if old == new:
        digest = known if known is not None else _take(proof)
        return digest, digest
    sibling, left = _take(proof), _left_size(new)
    if old <= left:
        before, after = _span(old, left, known, proof)
        return before, _node(after, sibling)
    before, after = _span(old - left, new - left, None, proof)
    return _node(sibling, before), _node(sibling, after)
