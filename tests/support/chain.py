"""A chain of one's own on py-evm, with a JSON-RPC on this machine."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from eth import constants
from eth._utils.address import generate_contract_address
from eth.chains.base import MiningChain
from eth.db.atomic import AtomicDB
from eth.vm.forks.prague import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_account import Account

from outwork.anchoring.model import HEADER, QUANTITIES

# py-evm lifts the limit for the whole process, past what the C stack holds: deep JSON would end it.
sys.setrecursionlimit(1_000)

KEYS = [f"0x{n:064x}" for n in (11, 12)]
NAMES = {
    "parentHash": "parent_hash", "sha3Uncles": "uncles_hash", "miner": "coinbase",
    "stateRoot": "state_root", "transactionsRoot": "transaction_root",
    "receiptsRoot": "receipt_root", "logsBloom": "bloom", "number": "block_number",
    "gasLimit": "gas_limit", "gasUsed": "gas_used", "extraData": "extra_data",
    "mixHash": "mix_hash", "baseFeePerGas": "base_fee_per_gas",
    "withdrawalsRoot": "withdrawals_root", "blobGasUsed": "blob_gas_used",
    "excessBlobGas": "excess_blob_gas", "parentBeaconBlockRoot": "parent_beacon_block_root",
    "requestsHash": "requests_hash",
}  # fmt: skip


def _hex(value: bytes | int) -> str:
    return hex(value) if isinstance(value, int) else "0x" + value.hex()


@dataclass
class Node:
    """A chain that mines a block for each transaction, beside those that wait with it."""

    chain: Any
    url: str = ""
    beside: list[bytes] = field(default_factory=list)  # raw transactions for the next block
    receipts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by block
    spoil: dict[str, Any] = field(default_factory=dict)  # what a method answers instead

    def answer(self, method: str, given: list[Any]) -> Any:
        """What the method gives."""
        if method in self.spoil:
            return self.spoil[method]
        answers = {
            "eth_chainId": lambda: _hex(self.chain.chain_id),
            "eth_blockNumber": lambda: _hex(self.chain.get_canonical_head().block_number),
            "eth_maxPriorityFeePerGas": lambda: hex(10**9),
            "eth_getTransactionCount": lambda: _hex(self._state().get_nonce(_raw(given[0]))),
            "eth_getCode": lambda: _hex(self._state().get_code(_raw(given[0]))),
            "eth_getBlockByNumber": lambda: self._block(self.chain.get_canonical_head()),
            "eth_getBlockByHash": lambda: self._block(
                self.chain.get_block_by_hash(_raw(given[0])).header
            ),
            "eth_getBlockReceipts": lambda: self.receipts[given[0]],
            "eth_getTransactionReceipt": lambda: next(
                (r for block in self.receipts.values() for r in block
                 if r["transactionHash"] == given[0]), None,
            ),
            "eth_call": lambda: self._call(given[0]),
            "eth_sendRawTransaction": lambda: self._mine(_raw(given[0])),
        }  # fmt: skip
        return answers[method]()

    def _state(self) -> Any:
        return self.chain.get_vm().state

    def _block(self, header: Any) -> dict[str, Any]:
        told: dict[str, Any] = {"hash": _hex(header.hash), "transactions": []}
        for name in HEADER:
            value = getattr(header, NAMES.get(name, name), None)
            if name == "logsBloom":
                value = header.bloom.to_bytes(256, "big")
            if value is not None:
                told[name] = _hex(value)
                assert isinstance(value, int) == (name in QUANTITIES)
        return told

    def _call(self, asked: dict[str, str]) -> str:
        sender = _raw(Account.from_key(KEYS[1]).address)
        made = self.chain.get_vm().create_unsigned_transaction(
            nonce=self._state().get_nonce(sender), gas_price=10**10, gas=100_000,
            to=_raw(asked["to"]), value=0, data=_raw(asked["data"]),
        )  # fmt: skip
        head = self.chain.get_canonical_head()
        return _hex(self.chain.get_transaction_result(SpoofTransaction(made, from_=sender), head))

    def _mine(self, raw: bytes) -> str:
        """A block of those beside and this one."""
        builder = self.chain.get_vm().get_transaction_builder()
        made = [builder.decode(one) for one in (*self.beside, raw)]
        self.beside.clear()
        result = self.chain.mine_all(made)
        block, receipts = result[0].imported_block, result[1]
        told = []
        for place, (transaction, receipt) in enumerate(zip(made, receipts, strict=True)):
            created = None
            if transaction.to == b"":
                created = _hex(generate_contract_address(transaction.sender, transaction.nonce))
            told.append({
                "transactionHash": _hex(transaction.hash), "transactionIndex": hex(place),
                "blockHash": _hex(block.hash), "blockNumber": _hex(block.number),
                "contractAddress": created, "type": hex(getattr(transaction, "type_id", 0) or 0),
                "status": "0x1" if receipt.state_root == b"\x01" else "0x0",
                "cumulativeGasUsed": _hex(receipt.gas_used), "logsBloom": _hex(
                    receipt.bloom.to_bytes(256, "big")),
                "logs": [
                    {"address": _hex(log.address), "data": _hex(log.data),
                     "topics": [_hex(t.to_bytes(32, "big")) for t in log.topics]}
                    for log in receipt.logs
                ],
            })  # fmt: skip
        self.receipts[_hex(block.hash)] = told
        return str(told[-1]["transactionHash"])

    def gas_of(self, transaction: str) -> int:
        """What a transaction took, where it was alone in its block."""
        told = self.answer("eth_getTransactionReceipt", [transaction])
        return int(told["cumulativeGasUsed"], 16)


def _raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


class _Chain(MiningChain):
    vm_configuration = ((constants.GENESIS_BLOCK_NUMBER, PragueVM),)
    chain_id = 1337


def _genesis() -> Any:
    rich = {"balance": 10**21, "nonce": 0, "code": b"", "storage": {}}
    params: dict[str, Any] = {
        "coinbase": constants.ZERO_ADDRESS, "difficulty": 0, "extra_data": b"",
        "gas_limit": 30_000_000, "mix_hash": constants.ZERO_HASH32,
        "nonce": constants.POST_MERGE_NONCE, "timestamp": 1_700_000_000,
    }  # fmt: skip
    accounts: dict[Any, Any] = {_raw(Account.from_key(key).address): rich for key in KEYS}
    return _Chain.from_genesis(AtomicDB(), params, accounts)


@contextmanager
def serving_chain() -> Iterator[Node]:
    """A fresh chain, whose JSON-RPC answers until the end."""
    node, lock = Node(_genesis()), threading.Lock()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told: dict[str, Any] = {"jsonrpc": "2.0", "id": asked["id"]}
            try:
                with lock:
                    told["result"] = node.answer(asked["method"], asked["params"])
            except Exception as error:  # noqa: BLE001 - a node answers, whatever it is
                told["error"] = {"code": -32000, "message": f"{error!r}"}
            data = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    node.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield node
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
