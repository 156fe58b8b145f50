"""Anchors: the contract runs on py-evm, and what it kept is proved offline."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account
from tests.support.chain import KEYS, Node, serving_chain
from tests.unit.ledger.bundles import HANDLERS, ORIGIN, SIGNER, contents, event, write

from outwork.anchoring import Chain, ChainRefused, Head, compiled, head_of
from outwork.anchoring.model import call, encode
from outwork.ledger import tree
from outwork_verify import Report, read_policy, verify
from outwork_verify.anchor import AnchorError, Trusted, check_anchor, decode
from outwork_verify.container import Failure
from outwork_verify.keccak import keccak

LINES = [event(i) for i in range(6)]
DIGEST = hashlib.sha256(ORIGIN.encode()).digest()
ANCHOR, SIZES, ROOTS = (
    keccak(text)
    for text in (b"anchor(bytes32,uint256,bytes32)", b"sizes(bytes32)", b"roots(bytes32,uint256)")
)


def head(size: int) -> Head:
    """The log at a size."""
    return Head(DIGEST, size, tree.root_of_leaves(LINES[:size]))


@pytest.fixture
def node() -> Iterator[Node]:
    """A fresh chain."""
    with serving_chain() as made:
        yield made


@pytest.fixture
def chain(node: Node) -> Chain:
    """Its endpoint and a rich key."""
    return Chain(node.url, KEYS[0], pause=lambda _: None)


def sent(node: Node, key: str, to: str | None, data: str, gas: int = 80_000) -> dict[str, Any]:
    """A transaction past our own checks, as an attacker sends it; gives its receipt."""
    account = Account.from_key(key)
    made: dict[str, Any] = {
        "chainId": 1337, "gas": gas, "value": 0, "data": data, "maxFeePerGas": 10**11,
        "maxPriorityFeePerGas": 10**9,
        "nonce": int(node.answer("eth_getTransactionCount", [account.address]), 16),
    }  # fmt: skip
    if to is not None:
        made["to"] = bytes.fromhex(to[2:])
    raw = bytes(account.sign_transaction(made).raw_transaction)
    name = node.answer("eth_sendRawTransaction", ["0x" + raw.hex()])
    found: dict[str, Any] = node.answer("eth_getTransactionReceipt", [name])
    return found


def kept(node: Node, contract: str, size: int | None = None) -> int:
    """The size that the contract has last kept, or the root at a size as a number."""
    data = call(SIZES, DIGEST) if size is None else call(ROOTS, DIGEST, size)
    return int(node.answer("eth_call", [{"to": contract, "data": data}, "latest"]), 16)


def judged(anchored: bytes | None, *rules: str) -> Report:
    """What the verifier says of the log of six entries and an anchor."""
    lines = [f"log {SIGNER.verifier.encode()}", *rules]
    bundle = io.BytesIO(write(contents(LINES)))
    return verify(bundle, read_policy("\n".join(lines)), HANDLERS, anchored=anchored)


def test_an_anchor_takes_at_most_80000_gas(node: Node, chain: Chain) -> None:
    contract = chain.deploy()
    for size in (2, 5, 6):
        made = json.loads(chain.anchor(contract, head(size), 0))
        assert 21_000 < node.gas_of(made["transaction"]) <= 80_000
        assert kept(node, contract) == size
    assert kept(node, contract, 5) == int.from_bytes(head(5).root, "big")


@pytest.mark.parametrize("size", [4, 5])
def test_the_contract_refuses_to_rewrite_and_to_roll_back(
    node: Node, chain: Chain, size: int
) -> None:
    contract = chain.deploy()
    chain.anchor(contract, head(5), 0)
    forged = call(ANCHOR, DIGEST, size, b"\xee" * 32)
    assert sent(node, KEYS[0], contract, forged)["status"] == "0x0"
    assert kept(node, contract) == 5
    assert kept(node, contract, 5) == int.from_bytes(head(5).root, "big")
    assert kept(node, contract, 4) == 0
    with pytest.raises(ChainRefused, match="is anchored at 5 entries"):
        chain.anchor(contract, head(size), 0)
    assert sent(node, KEYS[0], contract, call(ANCHOR, DIGEST, 6, b"\xee" * 32))["status"] == "0x1"


def test_the_contract_refuses_a_foreign_signer(node: Node, chain: Chain) -> None:
    contract = chain.deploy()
    forged = call(ANCHOR, DIGEST, 6, b"\xee" * 32)
    assert sent(node, KEYS[1], contract, forged)["status"] == "0x0"
    assert kept(node, contract) == 0
    with pytest.raises(ChainRefused, match="not a contract of anchors of this key"):
        Chain(node.url, KEYS[1]).anchor(contract, head(6), 0)
    chain.anchor(contract, head(6), 0)


def test_an_anchor_is_proved_to_whoever_knows_the_block(node: Node, chain: Chain) -> None:
    contract = chain.deploy()
    made = chain.anchor(contract, head(4), 0)
    told = node.answer("eth_getTransactionReceipt", [json.loads(made)["transaction"]])
    rule = f"anchor {contract} {told['blockHash']}"
    report = judged(made, rule)
    assert report.ok, report.failure
    said = report.figures["anchor"]
    assert (said["size"], said["block"], said["trusted"]) == (4, told["blockHash"], True)
    unnamed = judged(made)
    assert unnamed.ok
    assert not unnamed.figures["anchor"]["trusted"]
    for other in (f"anchor {contract} 0x{'00' * 32}", f"anchor 0x{'00' * 20} {told['blockHash']}"):
        refused = judged(made, other)
        assert refused.failure is not None
        assert "the policy names" in refused.failure.reason
    absent = judged(None, rule)
    assert absent.failure is not None
    assert "none is given" in absent.failure.reason


def test_what_another_log_anchored_is_not_this_ones(node: Node, chain: Chain) -> None:
    contract = chain.deploy()
    forked = Head(DIGEST, 6, tree.root_of_leaves([*LINES[:5], event(9)]))
    report = judged(chain.anchor(contract, forked, 0))
    assert report.failure is not None
    assert "another root of the first 6" in report.failure.reason
    longer = Head(DIGEST, 7, tree.root_of_leaves([*LINES, event(6)]))
    report = judged(chain.anchor(contract, longer, 0))
    assert report.failure is not None
    assert "anchors 7 entries of a log that has 6" in report.failure.reason
    elsewhere = Head(hashlib.sha256(b"another").digest(), 6, head(6).root)
    report = judged(chain.anchor(contract, elsewhere, 0))
    assert report.failure is not None
    assert "something else than this log" in report.failure.reason


def test_a_failed_transaction_and_another_contract_prove_nothing(node: Node, chain: Chain) -> None:
    contract, other = chain.deploy(), chain.deploy()
    made = json.loads(chain.anchor(contract, head(6), 0))
    assert judged(json.dumps(made).encode()).ok
    report = judged(json.dumps(made | {"contract": other}).encode())
    assert report.failure is not None
    assert "something else" in report.failure.reason


@pytest.mark.parametrize("beside", [1, 130])
def test_an_anchor_among_others_in_its_block(node: Node, chain: Chain, beside: int) -> None:
    contract = chain.deploy()
    account = Account.from_key(KEYS[1])
    for nonce in range(beside):
        made = {
            "chainId": 1337, "gas": 21_000, "value": 1, "to": b"\x07" * 20, "nonce": nonce,
            "gasPrice": 10**11,
        }  # fmt: skip
        node.beside.append(bytes(account.sign_transaction(made).raw_transaction))
    proof = chain.anchor(contract, head(6), 0)
    assert json.loads(proof)["index"] == beside
    assert judged(proof).ok


def test_no_altered_byte_of_an_anchor_is_believed(node: Node, chain: Chain) -> None:
    contract = chain.deploy()
    proof = chain.anchor(contract, head(6), 0)
    block = node.answer("eth_getBlockByNumber", [])["hash"]
    known = [Trusted(contract, block)]
    assert check_anchor(proof, LINES, ORIGIN, known)["trusted"]
    stated, passed = json.loads(proof), set()
    for place in range(0, len(proof), 3):
        altered = bytearray(proof)
        altered[place] ^= 1
        try:
            check_anchor(bytes(altered), LINES, ORIGIN, known)
        except Failure:
            continue
        now = json.loads(altered)
        passed |= {name for name in stated if stated[name] != now[name]}
    # What the block's hash settles anyway: on which chain it is, and which transaction was its.
    assert passed <= {"chain", "transaction"}


def test_what_is_no_anchor_is_said_to_be_none(node: Node, chain: Chain) -> None:
    made = json.loads(chain.anchor(chain.deploy(), head(6), 0))
    for wrong in (
        b"", b"[]", b"\xff", b"[" * 100_000, json.dumps(made | {"more": 1}).encode(),
        *(json.dumps(made | change).encode() for change in (
            {"size": True}, {"size": 0}, {"size": 10**30}, {"index": 1}, {"index": -1},
            {"index": 10**30}, {"log": 1}, {"header": ""}, {"header": "0"}, {"header": "c0"},
            {"header": "f8"}, {"proof": []}, {"proof": [1]}, {"proof": ["c0"]}, {"block": 1},
            {"proof": made["proof"] * 65}, {"contract": "0x"}, {"format": "outwork-anchor/2"},
        )),
    ):  # fmt: skip
        report = judged(wrong)
        assert report.failure is not None
        assert report.failure.member == "anchor"


def test_an_endpoint_that_lies_or_breaks_is_not_believed(
    node: Node, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outwork.anchoring.actions.PATIENCE_S", 3)
    contract = chain.deploy()
    chain.anchor(contract, head(2), 0)
    block, receipts = node.answer("eth_getBlockByNumber", []), list(node.receipts.values())
    for spoilt, said in (
        ({"eth_getBlockReceipts": receipts[0]}, "cannot be proved"),
        ({"eth_getBlockByHash": block | {"gasUsed": "0x1"}}, "cannot be proved"),
        ({"eth_getBlockByHash": []}, "no JSON-RPC"),
        ({"eth_chainId": 1337}, "no JSON-RPC"),
        ({"eth_maxPriorityFeePerGas": hex(10**12)}, "more than is allowed"),
    ):
        node.spoil = dict(spoilt)
        size = kept(node, contract) + 1
        with pytest.raises(ChainRefused, match=said):
            chain.anchor(contract, head(size), 0)
        node.spoil = {}
    with pytest.raises(ChainRefused, match="no block"):
        chain.anchor(contract, head(kept(node, contract) + 1), 5)  # nobody mines here
    with pytest.raises(ChainRefused, match="does not answer"):
        Chain("http://127.0.0.1:9", KEYS[0]).deploy()
    with pytest.raises(ChainRefused, match="not an address"):
        chain.anchor("0x12", head(6), 0)
    with pytest.raises(ChainRefused, match="64 hexadecimal"):
        Chain(node.url, "secret")


def test_the_contract_is_what_stands_in_the_source_and_is_small(node: Node, chain: Chain) -> None:
    assert 200 < len(compiled().runtime) < len(compiled().initcode) < 1_000
    code = node.answer("eth_getCode", [chain.deploy()])
    assert code == "0x" + (compiled().runtime + chain.signer.rjust(32, b"\0")).hex()
    assert head_of(contents(LINES).checkpoint) == head(6)


def test_both_encodings_are_one_anothers_reverse() -> None:
    for item in (b"", b"\x00", b"\x7f", b"\x80", b"a" * 55, b"a" * 56, b"a" * 70_000, [],
                 [b"", [b"x", []]], [b"a" * 60] * 5):  # fmt: skip
        plain = encode(item)
        assert decode(plain) == item
        for wrong in (plain + b"\0", plain[:-1]):
            with pytest.raises(AnchorError):
                decode(wrong)
    for loose in (
        b"\x81\x05",
        b"\xb8\x01a",
        b"\xb9\x00\x40" + b"a" * 64,
        b"\xc2\x82ab",
        b"\xc1" * 20,
    ):
        with pytest.raises(AnchorError):
            decode(loose)


def test_the_digest_is_that_of_the_reference() -> None:
    # Keccak-256 of nothing and of "abc", from the Keccak team's vectors (KeccakKAT, c = 512).
    assert keccak(b"").hex().startswith("c5d2460186f7233c927e7db2dcc703c0")
    assert keccak(b"abc").hex().startswith("4e03657aea45a94fc7d47ba826c8d667")
    from eth_utils.crypto import keccak as theirs

    for length in (1, 135, 136, 137, 271, 272, 500):
        assert keccak(bytes(range(256))[:1] * length) == theirs(b"\0" * length)
