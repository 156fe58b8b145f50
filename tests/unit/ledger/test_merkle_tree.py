"""The two trees against public vectors, the recursive definition, and each other."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outwork.ledger import tree
from outwork_verify import tree as second

LIMIT = 130


def accepts(check: Callable[..., None], *arguments: Any) -> bool:
    try:
        check(*arguments)
    except (tree.ProofError, second.TreeError):
        return False
    return True


def unpack(*texts: str | None) -> list[bytes]:
    return [base64.b64decode(text or "") for text in texts]


def grown(count: int) -> tree.Tree:
    made = tree.Tree()
    for i in range(count):
        made.append(bytes([i % 256]))
    return made


WHOLE = grown(LIMIT)


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH, word for word as in RFC 6962 section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


@pytest.mark.parametrize("check", [tree.verify_inclusion, second.check_inclusion])
def test_public_inclusion_vectors(check: Any, ledger_vectors: Any) -> None:
    cases = ledger_vectors("rfc6962_proofs.json")["inclusion"]
    assert len(cases) == 98
    wrong = [
        case["name"]
        for case in cases
        if case["wantErr"]
        == accepts(
            check,
            case["leafIdx"],
            case["treeSize"],
            *unpack(case["leafHash"]),
            unpack(*case["proof"] or []),
            *unpack(case["root"]),
        )
    ]
    assert not wrong


@pytest.mark.parametrize("check", [tree.verify_consistency, second.check_consistency])
def test_public_consistency_vectors(check: Any, ledger_vectors: Any) -> None:
    cases = ledger_vectors("rfc6962_proofs.json")["consistency"]
    assert len(cases) == 98
    wrong = [
        case["name"]
        for case in cases
        if case["wantErr"]
        == accepts(
            check,
            case["size1"],
            case["size2"],
            *unpack(case["root1"], case["root2"]),
            unpack(*case["proof"] or []),
        )
    ]
    assert not wrong


def test_public_subtree_vectors(ledger_vectors: Any) -> None:
    cases = ledger_vectors("rfc6962_proofs.json")["subtreeconsistency"]
    assert len(cases) == 118
    wrong = [
        case["name"]
        for case in cases
        if case["wantErr"]
        == accepts(
            tree.verify_subtree_consistency,
            case["start"],
            case["end"],
            case["size"],
            *unpack(case["root1"], case["root2"]),
            unpack(*case["proof"] or []),
        )
    ]
    assert not wrong


def test_public_hashes_and_reference_tree(ledger_vectors: Any) -> None:
    data = ledger_vectors("rfc6962_proofs.json")
    leaves = [bytes.fromhex(text) for text in data["leaf_inputs"]]
    for size, want in enumerate(data["root_hashes"]):
        assert tree.root_of_leaves(leaves[:size]).hex() == want
        assert second.root(leaves[:size]).hex() == want
    made = tree.Tree()
    for leaf in leaves:
        made.append(leaf)
    assert [[h.hex() for h in row] for row in made.levels] == data["node_hashes"]
    for case in data["hasher"]:
        if "leaf" in case:
            assert tree.leaf_hash(bytes.fromhex(case["leaf"])).hex() == case["want"]
        elif "left" in case:
            pair = bytes.fromhex(case["left"]), bytes.fromhex(case["right"])
            assert tree.node_hash(*pair).hex() == case["want"]
        else:
            assert tree.EMPTY_ROOT.hex() == case["want"]


def test_accumulated_subtree_hashes(ledger_vectors: Any) -> None:
    digest = hashlib.sha256()
    for end in range(LIMIT + 1):
        for start in range(end + 1):
            if start == 0 or tree.is_subtree(start, end):
                value = tree.range_hash(start, end, WHOLE.node)
                digest.update(f"[{start}, {end}) {value.hex()}\n".encode())
    want = ledger_vectors("rfc6962_proofs.json")["accumulated"]["subtree_hash"]
    assert digest.hexdigest() == want


def test_every_proof_up_to_130_leaves_verifies_by_both() -> None:
    for size in range(1, LIMIT + 1):
        root = WHOLE.root(size)
        for index in range(size):
            proof = tree.inclusion_proof(index, size, WHOLE.node)
            tree.verify_inclusion(index, size, WHOLE.node(0, index), proof, root)
            second.check_inclusion(index, size, WHOLE.node(0, index), proof, root)
        for old in range(1, size + 1):
            proof = tree.consistency_proof(old, size, WHOLE.node)
            tree.verify_consistency(old, size, WHOLE.root(old), root, proof)
            second.check_consistency(old, size, WHOLE.root(old), root, proof)


def test_every_subtree_up_to_40_leaves_verifies_and_only_as_itself() -> None:
    for size in range(1, 41):
        for end in range(1, size + 1):
            for start in (s for s in range(end) if tree.is_subtree(s, end)):
                proof = tree.subtree_consistency_proof(start, end, size, WHOLE.node)
                digest, root = tree.range_hash(start, end, WHOLE.node), WHOLE.root(size)
                tree.verify_subtree_consistency(start, end, size, digest, root, proof)
                assert not accepts(
                    tree.verify_subtree_consistency, start, end, size, bytes(32), root, proof
                )


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_roots_follow_the_definition(leaves: list[bytes]) -> None:
    want = defined_root(leaves)
    made, frontier = tree.Tree(), tree.Frontier()
    for leaf in leaves:
        made.append(leaf)
        frontier = frontier.append(tree.leaf_hash(leaf))
    assert made.root() == tree.root_of_leaves(leaves) == second.root(leaves) == want
    assert frontier.root() == want
    assert made.frontier() == frontier


@given(st.data())
def test_altered_proofs_are_judged_alike(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, LIMIT))
    index = data.draw(st.integers(0, size - 1))
    leaf, root = WHOLE.node(0, index), WHOLE.root(size)
    proof = tree.inclusion_proof(index, size, WHOLE.node)
    at = data.draw(st.integers(0, max(0, len(proof) - 1)))
    change = data.draw(st.sampled_from(["flip", "drop", "double", "shift", "swap"]))
    if change == "flip" and proof:
        proof[at] = bytes([proof[at][0] ^ 1]) + proof[at][1:]
    elif change == "drop" and proof:
        del proof[at]
    elif change == "double":
        proof.insert(at, proof[at] if proof else root)
    elif change == "shift":
        index = data.draw(st.integers(-1, size + 1))
    else:
        leaf, root = root, leaf
    first = accepts(tree.verify_inclusion, index, size, leaf, proof, root)
    assert first == accepts(second.check_inclusion, index, size, leaf, proof, root)
    assert first == (
        0 <= index < size
        and leaf == WHOLE.node(0, index)
        and root == WHOLE.root(size)
        and proof == tree.inclusion_proof(index, size, WHOLE.node)
    )


def test_grow_names_every_completed_node() -> None:
    frontier, seen = tree.Frontier(), {}
    for i in range(40):
        frontier, made = frontier.grow(WHOLE.node(0, i))
        seen.update({(level, index): digest for level, index, digest in made})
    assert seen == {
        (level, index): WHOLE.node(level, index)
        for level in range(6)
        for index in range(40 >> level)
    }


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: tree.Frontier(3, (bytes(32),)),
        lambda: tree.Frontier(1, (bytes(31),)),
        lambda: tree.inclusion_proof(5, 5, WHOLE.node),
        lambda: tree.consistency_proof(6, 5, WHOLE.node),
        lambda: tree.subtree_consistency_proof(1, 3, 8, WHOLE.node),
        lambda: tree.range_hash(2, 6, WHOLE.node),
        lambda: tree.Tree().append_hash(b"short"),
        lambda: WHOLE.root(LIMIT + 1),
    ],
)
def test_senseless_requests_are_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        wrong()


@given(st.lists(st.tuples(st.binary(max_size=9), st.booleans()), max_size=90))
def test_the_verifiers_tree_may_be_asked_at_any_time(steps: list[tuple[bytes, bool]]) -> None:
    grown, leaves = second.Frontier(), list[bytes]()
    for data, ask in steps:
        grown.append(data)
        leaves.append(data)
        if ask:
            assert grown.root() == defined_root(leaves)
    assert grown.root() == defined_root(leaves)
