"""What is anchored, and how a chain of the Ethereum kind encodes it.

Sources: the Ethereum yellow paper, section 4.4 and appendix B; EIP-1559, 2718, 4788, 4844, 4895 and
7685 for what headers and receipts have grown by; the contract ABI specification of Solidity.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outwork import ledger

FORMAT = "outwork-anchor/1"
# A header's fields in their order, as the JSON-RPC names them; the last came with later forks.
HEADER = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot",
    "logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash",
    "nonce", "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas",
    "parentBeaconBlockRoot", "requestsHash",
)  # fmt: skip
QUANTITIES = frozenset(
    {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed",
     "excessBlobGas"}
)  # fmt: skip

Item = bytes | Sequence["Item"]


@dataclass(frozen=True, slots=True)
class Head:
    """A log at a size: the digest of its origin (32 bytes), its entries, its root (32 bytes)."""

    origin: bytes
    size: int
    root: bytes


def head_of(note: bytes) -> Head:
    """What is anchored of a checkpoint; raises ledger.checkpoint.NoteError."""
    made = ledger.checkpoint.parse_checkpoint(ledger.checkpoint.parse_note(note).text)
    return Head(hashlib.sha256(made.origin.encode()).digest(), made.size, made.root)


def call(selector: bytes, *words: bytes | int) -> str:
    """The data of a call: the first four bytes of the selector's hash, and words of 32 bytes."""
    given = (w.to_bytes(32, "big") if isinstance(w, int) else w for w in words)
    return "0x" + (selector[:4] + b"".join(given)).hex()


def quantity(text: str) -> int:
    """A number of the JSON-RPC."""
    return int(text, 16)


def data(text: str) -> bytes:
    """Bytes of the JSON-RPC."""
    return bytes.fromhex(text.removeprefix("0x"))


def number(value: int) -> bytes:
    """A number as RLP holds it: big end first, no zeros in front."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def header(block: Mapping[str, Any]) -> bytes:
    """A block's header in RLP, whose hash is the block's."""
    fields = [name for name in HEADER if block.get(name) is not None]
    return encode(
        [number(quantity(block[n])) if n in QUANTITIES else data(block[n]) for n in fields]
    )


def receipt(told: Mapping[str, Any]) -> bytes:
    """A transaction's receipt as the block's trie holds it, with the byte of its kind."""
    logs: list[Item] = [
        [data(log["address"]), [data(topic) for topic in log["topics"]], data(log["data"])]
        for log in told["logs"]
    ]
    kind = number(quantity(told.get("type", "0x0")))
    status, used = number(quantity(told["status"])), number(quantity(told["cumulativeGasUsed"]))
    return kind + encode([status, used, data(told["logsBloom"]), logs])


def encode(item: Item) -> bytes:
    """RLP (appendix B)."""
    if isinstance(item, bytes):
        if len(item) == 1 and item < b"\x80":
            return item
        return _length(len(item), 0x80) + item
    inner = b"".join(encode(one) for one in item)
    return _length(len(inner), 0xC0) + inner


def _length(length: int, base: int) -> bytes:
    if length <= 55:
        return bytes([base + length])
    size = number(length)
    return bytes([base + 55 + len(size)]) + size
