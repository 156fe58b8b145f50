"""Put the contract on a chain, have it keep a log's root, and take home the proof that it did."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from outwork.anchoring import model
from outwork.anchoring.model import Head

SOURCE = Path(__file__).with_name("anchor.vy")
ANCHOR_GAS, DEPLOY_GAS = 80_000, 300_000  # more is never offered
PATIENCE_S, ANSWER_S, PAUSE_S = 900.0, 30.0, 1.0
LARGEST = 1 << 26  # bytes of an answer; the receipts of a full block are some mebibytes
GWEI = 10**9


class ChainRefused(Exception):
    """The chain, its endpoint or what was given does not allow it; the message says why."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The contract: what deploys it, and what then stands on the chain before its signer."""

    initcode: bytes
    runtime: bytes


@contextmanager
def _understood() -> Iterator[None]:
    """Says so where an endpoint's answer has not the form of the JSON-RPC."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ChainRefused(f"the endpoint answers what is no JSON-RPC ({error!r})") from error


@cache
def compiled() -> Compiled:
    """The contract, by the Vyper compiler. Raises ChainRefused without the extra `chain`."""
    try:
        from vyper.compiler import compile_code
    except ImportError as error:
        raise ChainRefused("this needs the extra: pip install 'outwork[chain]'") from error
    made = compile_code(
        SOURCE.read_text(encoding="utf-8"), output_formats=["bytecode", "bytecode_runtime"]
    )
    return Compiled(*(model.data(made[name]) for name in ("bytecode", "bytecode_runtime")))


def _hash(plain: bytes) -> bytes:
    from eth_utils.crypto import keccak

    return bytes(keccak(plain))


class Chain:
    """An endpoint of a chain (JSON-RPC over HTTP) and the key by which one pays and signs there.

    `most_gwei` is what may be offered for a unit of gas at most. Raises ChainRefused for a key that
    is none, and without the extra `chain`.
    """

    def __init__(
        self, url: str, key: str, most_gwei: int = 100, pause: Callable[[float], None] = time.sleep
    ) -> None:
        compiled()  # so that whoever lacks the extra is told before anything else
        from eth_account import Account

        try:
            self._account = Account.from_key(key)
        except ValueError as error:
            raise ChainRefused("the key is not one of 64 hexadecimal digits") from error
        self._url, self._most, self._pause = url, most_gwei * GWEI, pause

    @property
    def signer(self) -> bytes:
        """The address of the key: 20 bytes."""
        return model.data(self._account.address)

    def deploy(self) -> str:
        """Put the contract on the chain; gives its address. Only this key may anchor by it."""
        with _understood():
            told = self._sent("0x" + compiled().initcode.hex(), DEPLOY_GAS, None)
            return str(told["contractAddress"]).lower()

    def anchor(self, contract: str, head: Head, confirmations: int = 12) -> bytes:
        """Have the contract keep a root; gives the file that proves it (docs/formats/anchors.md).

        Waits until that many blocks stand above. Raises ChainRefused: for a contract that is not
        this one or another's, and for a log that was anchored at that size or beyond.
        """
        contract = contract.lower()
        if not re.fullmatch("0x[0-9a-f]{40}", contract):
            raise ChainRefused(f"{contract} is not an address: 0x and 40 hexadecimal digits")
        with _understood():
            self._check(contract, head)
            selector = _hash(b"anchor(bytes32,uint256,bytes32)")
            sent = model.call(selector, head.origin, head.size, head.root)
            transaction = str(self._sent(sent, ANCHOR_GAS, contract)["transactionHash"])
        try:
            return self.prove(contract, head, transaction, confirmations)
        except ChainRefused as error:
            raise ChainRefused(f"{error}; transaction {transaction} was sent") from error

    def prove(self, contract: str, head: Head, transaction: str, confirmations: int = 12) -> bytes:
        """The file that proves what a transaction had the contract keep; raises ChainRefused."""
        with _understood():
            told = self._receipt(transaction)
            self._wait(model.quantity(told["blockNumber"]) + confirmations)
            # It may stand in another block now than at first.
            return self._proof(contract.lower(), head, self._receipt(transaction))

    def _wait(self, block: int) -> None:
        waited = 0.0
        while model.quantity(self._ask("eth_blockNumber")) < block:
            if waited >= PATIENCE_S:
                raise ChainRefused(f"there is no block {block} after {PATIENCE_S:.0f} seconds")
            self._pause(PAUSE_S)
            waited += PAUSE_S

    def _check(self, contract: str, head: Head) -> None:
        code = model.data(self._ask("eth_getCode", contract, "latest"))
        if code != compiled().runtime + self.signer.rjust(32, b"\0"):
            raise ChainRefused(f"{contract} is not a contract of anchors of this key")
        asked = {"to": contract, "data": model.call(_hash(b"sizes(bytes32)"), head.origin)}
        kept = model.quantity(self._ask("eth_call", asked, "latest"))
        if kept >= head.size:
            raise ChainRefused(f"the log is anchored at {kept} entries, and this has {head.size}")

    def _sent(self, sent: str, gas: int, to: str | None) -> Mapping[str, Any]:
        """Sign and send a transaction, and wait for its receipt."""
        base = model.quantity(self._ask("eth_getBlockByNumber", "latest", False)["baseFeePerGas"])
        tip = model.quantity(self._ask("eth_maxPriorityFeePerGas"))
        if base + tip > self._most:
            raise ChainRefused(
                f"a unit of gas costs {(base + tip) / GWEI:.1f} gwei now, more than is allowed"
            )
        address = self._account.address
        made: dict[str, Any] = {
            "chainId": model.quantity(self._ask("eth_chainId")),
            "nonce": model.quantity(self._ask("eth_getTransactionCount", address, "pending")),
            "gas": gas, "value": 0, "data": sent,
            "maxFeePerGas": min(self._most, 2 * base + tip), "maxPriorityFeePerGas": tip,
        }  # fmt: skip
        if to is not None:
            from eth_utils.address import to_checksum_address

            made["to"] = to_checksum_address(to)
        raw = self._account.sign_transaction(made).raw_transaction
        told = self._receipt(self._ask("eth_sendRawTransaction", "0x" + bytes(raw).hex()))
        if model.quantity(told["status"]) != 1:
            raise ChainRefused("the chain refused the transaction")
        return told

    def _receipt(self, transaction: str) -> Mapping[str, Any]:
        waited = 0.0
        while (told := self._ask("eth_getTransactionReceipt", transaction)) is None:
            if waited >= PATIENCE_S:
                raise ChainRefused(f"{transaction} is in no block after {PATIENCE_S:.0f} seconds")
            self._pause(PAUSE_S)
            waited += PAUSE_S
        return dict(told)

    def _proof(self, contract: str, head: Head, told: Mapping[str, Any]) -> bytes:
        block = self._ask("eth_getBlockByHash", told["blockHash"], False)
        header = model.header(block)
        every = self._ask("eth_getBlockReceipts", told["blockHash"])
        index = model.quantity(told["transactionIndex"])
        root, nodes = _trie([model.receipt(one) for one in every], index)
        if _hash(header) != model.data(told["blockHash"]) or root != model.data(
            block["receiptsRoot"]
        ):
            raise ChainRefused("the block is of a kind that cannot be proved here")
        # Nobody else's code runs within the call, so the contract's event is the only one.
        proof = {
            "block": model.quantity(block["number"]),
            "chain": model.quantity(self._ask("eth_chainId")),
            "contract": contract,
            "format": model.FORMAT,
            "header": header.hex(),
            "index": index,
            "log": 0,
            "proof": [node.hex() for node in nodes],
            "root": head.root.hex(),
            "size": head.size,
            "transaction": told["transactionHash"],
        }
        return json.dumps(proof, indent=1).encode() + b"\n"

    def _ask(self, method: str, *given: Any) -> Any:
        """One call of the JSON-RPC; raises ChainRefused."""
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": given}
        try:
            with httpx.stream("POST", self._url, json=asked, timeout=ANSWER_S) as response:
                response.raise_for_status()
                answer = bytearray()
                for piece in response.iter_bytes():
                    answer += piece
                    if len(answer) > LARGEST:
                        raise ChainRefused(f"the answer to {method} is too long")
            told = json.loads(answer)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ChainRefused(f"the endpoint does not answer {method}: {error}") from error
        if "error" in told or "result" not in told:
            raise ChainRefused(f"{method}: {told.get('error', {}).get('message', 'no result')}")
        return told["result"]


def _trie(receipts: Sequence[bytes], index: int) -> tuple[bytes, list[bytes]]:
    """The root of a block's receipts, and the nodes from it to one of them."""
    from trie import HexaryTrie

    made = HexaryTrie({})
    for place, receipt in enumerate(receipts):
        made[model.encode(model.number(place))] = receipt
    nodes = made.get_proof(model.encode(model.number(index)))
    return bytes(made.root_hash), [model.encode(node) for node in nodes]
