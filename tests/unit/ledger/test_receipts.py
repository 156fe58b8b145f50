"""Proofs from kept tiles are the tree's own, whatever its size."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest

from outwork.ledger.proving import Proofs
from outwork.ledger.tree import Frontier, Tree, inclusion_proof

LEAVES = [sha256(str(n).encode()).digest() for n in range(66_000)]


def grown(size: int) -> Tree:
    tree = Tree()
    for leaf in LEAVES[:size]:
        tree.append_hash(leaf)
    return tree


WHOLE = grown(len(LEAVES))


def read(nodes: Proofs, size: int, seqs: list[int]) -> int:
    """What a database would give: the lowest row of each tile that is wanted."""
    count = 0
    for level, first, width in nodes.wanted(size, seqs):
        nodes.keep(level, first, WHOLE.levels[level][first : first + width])
        count += 1
    return count


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_999])
def test_proofs_from_tiles_are_the_trees(size: int) -> None:
    chance = random.Random(size)
    for seq in {0, size - 1, size // 2, chance.randrange(size), chance.randrange(size)}:
        nodes = Proofs()
        assert read(nodes, size, [seq]) <= 6
        assert inclusion_proof(seq, size, nodes.node) == inclusion_proof(seq, size, WHOLE.node)
        assert nodes.path(seq, size) == inclusion_proof(seq, size, WHOLE.node)


def test_tiles_are_kept_while_the_tree_grows() -> None:
    nodes, chance, size = Proofs(), random.Random(5), 1
    while size < 60_000:
        seqs = [chance.randrange(size) for _ in range(4)]
        read(nodes, size, seqs)
        assert not list(nodes.wanted(size, seqs))
        for seq in seqs:
            assert inclusion_proof(seq, size, nodes.node) == inclusion_proof(seq, size, WHOLE.node)
        size += chance.randrange(1, 3_000)


def test_a_frontier_extended_at_once_is_the_one_grown_leaf_by_leaf() -> None:
    chance, size, frontier = random.Random(6), 0, Frontier()
    while size < 3_000:
        count = chance.choice([0, 1, 2, 3, 255, 256, 257, chance.randrange(700)])
        slow = frontier
        for leaf in LEAVES[size : size + count]:
            slow = slow.append(leaf)
        quick, made = frontier.extend(LEAVES[size : size + count])
        assert quick == slow
        for level, hashes in enumerate(made):
            first = size >> level
            assert hashes == WHOLE.levels[level][first : (size + count) >> level]
        frontier, size = quick, size + count
