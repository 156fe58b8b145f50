"""Anchors: that a contract on a chain of the Ethereum kind kept the root of a log at a size.

The file holds a block's header and the proof that the block's receipts hold the contract's event.
So whoever knows the block's hash from elsewhere needs no more to see what was anchored. That a
block belongs to the chain cannot be seen offline. docs/formats/anchors.md specifies the file.

Sources: the Ethereum yellow paper, section 4.4 (blocks, receipts) and appendices B (RLP) and D
(tries); EIP-2718 for the kinds of receipts.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from outwork_verify import tree
from outwork_verify.container import Failure
from outwork_verify.keccak import keccak

MEMBER = "anchor"
FORMAT = "outwork-anchor/1"
MOST_NODES, MOST_BYTES = 64, 1 << 20  # of a proof, and of one node, header or receipt
DEEPEST = 16  # of lists in lists; a receipt has three levels

_EVENT = keccak(b"Anchored(bytes32,uint256,bytes32)")
_RECEIPTS_ROOT, _NUMBER, _TIMESTAMP = 5, 8, 11  # places in a header
_FIELDS = {
    "block": int, "chain": int, "contract": str, "format": str, "header": str, "index": int,
    "log": int, "proof": list, "root": str, "size": int, "transaction": str,
}  # fmt: skip
_ADDRESS, _HASH = re.compile("0x[0-9a-f]{40}"), re.compile("0x[0-9a-f]{64}")

Item = bytes | list[Any]


class AnchorError(ValueError):
    """An anchor is malformed, or does not show what it claims."""


@dataclass(frozen=True)
class Trusted:
    """A contract and a block that the reader has seen on the chain: 0x and hexadecimal digits."""

    contract: str
    block: str


def trusted(contract: str, block: str) -> Trusted:
    """A line of a policy; raises ValueError."""
    if not _ADDRESS.fullmatch(contract) or not _HASH.fullmatch(block):
        raise ValueError("not a contract's address and a block's hash, in lower case")
    return Trusted(contract, block)


def check_anchor(
    data: bytes, lines: Sequence[bytes], origin: str, known: Collection[Trusted]
) -> dict[str, Any]:
    """What an anchor shows of the log with these entries; raises Failure.

    With `known`, also unless its contract and its block are among them. The entries are not held
    against the block's time: a clock of minutes says little more than the order does.
    """
    try:
        stated = _stated(data)
        size = stated["size"]
        if not 1 <= size <= len(lines):
            raise AnchorError(f"anchors {size} entries of a log that has {len(lines)}")
        if tree.root(lines[:size]).hex() != stated["root"]:
            raise AnchorError(f"anchors another root of the first {size} entries")
        header = _bytes(stated["header"])
        block = "0x" + keccak(header).hex()
        fields = _header(header)
        if _number(fields[_NUMBER]) != stated["block"]:
            raise AnchorError("is of another block than it says")
        nodes = [_bytes(node) for node in stated["proof"]]
        root = _is_bytes(fields[_RECEIPTS_ROOT])
        receipt = proved(root, encode_number(stated["index"]), nodes)
        _check_receipt(receipt, stated, origin)
        at = datetime.fromtimestamp(_number(fields[_TIMESTAMP]), UTC)
    except (AnchorError, ValueError, OverflowError, OSError) as error:
        raise Failure(MEMBER, None, str(error)) from error
    found = Trusted(stated["contract"], block)
    if known and found not in known:
        raise Failure(MEMBER, None, "is in no contract and block that the policy names")
    return {
        "size": size, "chain": stated["chain"], "contract": found.contract, "block": block,
        "number": stated["block"], "transaction": stated["transaction"], "at": at.isoformat(),
        "trusted": bool(known),
    }  # fmt: skip


def _stated(data: bytes) -> dict[str, Any]:
    if data.count(b"[") > 1 or data.count(b"{") > 1:  # so that nothing is read that lies deep
        raise AnchorError("is not an anchor")
    try:
        stated = json.loads(data)
    except ValueError as error:
        raise AnchorError("is not JSON") from error
    if not isinstance(stated, dict) or sorted(stated) != list(_FIELDS):
        raise AnchorError("is not an anchor")
    if any(type(stated[name]) is not kind for name, kind in _FIELDS.items()):
        raise AnchorError("is not an anchor")
    if stated["format"] != FORMAT:
        raise AnchorError("is of an unknown format")
    if min(stated[name] for name, kind in _FIELDS.items() if kind is int) < 0:
        raise AnchorError("has a number below nothing")
    if not _ADDRESS.fullmatch(stated["contract"]) or not _HASH.fullmatch(stated["transaction"]):
        raise AnchorError("names no contract or no transaction")
    if len(stated["proof"]) > MOST_NODES:
        raise AnchorError("has too long a proof")
    return dict(stated)


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str) or len(text) > 2 * MOST_BYTES:
        raise AnchorError("is not an anchor")
    if not re.fullmatch("(?:[0-9a-f]{2})+", text):
        raise AnchorError("has something that is not in hexadecimal digits")
    return bytes.fromhex(text)


def _header(data: bytes) -> list[Item]:
    fields = decode(data)
    if not isinstance(fields, list) or len(fields) <= _TIMESTAMP:
        raise AnchorError("has no header of a block")
    return fields


def _check_receipt(data: bytes, stated: dict[str, Any], origin: str) -> None:
    """That the transaction went well, and that the contract told of this log, size and root."""
    # Kinds of receipts after the first have a byte in front, which is none of a list (EIP-2718).
    receipt = decode(data[1:] if data[:1] < b"\x80" else data)
    if not isinstance(receipt, list) or len(receipt) != 4 or not isinstance(receipt[3], list):
        raise AnchorError("has no receipt of a transaction")
    if receipt[0] != b"\x01":
        raise AnchorError("is of a transaction that failed")
    if stated["log"] >= len(receipt[3]):
        raise AnchorError("names an event that is not there")
    expected = [
        bytes.fromhex(stated["contract"][2:]),
        [_EVENT, hashlib.sha256(origin.encode()).digest()],
        stated["size"].to_bytes(32, "big") + bytes.fromhex(stated["root"]),
    ]
    if receipt[3][stated["log"]] != expected:
        raise AnchorError("is an event that says something else than this log, size and root")


def proved(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes:
    """The value under a key in a trie of this root, shown by its nodes; raises AnchorError."""
    held = {keccak(node): node for node in nodes}
    path = [half for byte in key for half in (byte >> 4, byte & 15)]
    here: Item = root
    for _ in range(MOST_NODES):
        if isinstance(here, bytes):
            if here not in held:
                raise AnchorError("lacks a node of its proof, or the block has another")
            here = decode(held[here])
        if not isinstance(here, list) or len(here) not in (2, 17):
            raise AnchorError("has a proof that is no trie's")
        if len(here) == 17:
            if not path:
                return _is_bytes(here[16])
            here = here[path.pop(0)]
        else:
            part, ends = _part(_is_bytes(here[0]))
            if path[: len(part)] != part or (ends and len(path) != len(part)):
                raise AnchorError("proves nothing of its transaction")
            path, here = path[len(part) :], here[1]
            if ends:
                return _is_bytes(here)
    raise AnchorError("has a proof without an end")


def _part(packed: bytes) -> tuple[list[int], bool]:
    """The half-bytes of a shortened path, and whether it ends in a value (appendix C)."""
    halves = [half for byte in packed for half in (byte >> 4, byte & 15)]
    if not halves or halves[0] > 3 or (halves[0] & 1 == 0 and halves[1] != 0):
        raise AnchorError("has a proof that is no trie's")
    return halves[1 if halves[0] & 1 else 2 :], halves[0] >= 2


def encode_number(number: int) -> bytes:
    """A number in RLP: the key of a transaction's receipt."""
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    if len(data) > 8:
        raise AnchorError("has a number that is too great")
    return data if len(data) == 1 and data < b"\x80" else bytes([0x80 + len(data)]) + data


def decode(data: bytes) -> Item:
    """What stands in RLP, in its one form alone; raises AnchorError."""
    item, end = _item(data, 0, 0)
    if end != len(data):
        raise AnchorError("has something behind an end")
    return item


def _item(data: bytes, place: int, depth: int) -> tuple[Item, int]:
    if place >= len(data) or depth > DEEPEST:
        raise AnchorError("is cut off")
    first = data[place]
    if first < 0x80:
        return data[place : place + 1], place + 1
    base, place = (0x80 if first < 0xC0 else 0xC0), place + 1
    length = first - base
    if length > 55:
        size = length - 55
        length, place = int.from_bytes(data[place : place + size], "big"), place + size
        if length <= 55 or length >> (8 * (size - 1)) == 0:
            raise AnchorError("has a length that is not in its shortest form")
    end = place + length
    if end > len(data):
        raise AnchorError("is cut off")
    if base == 0x80:
        if length == 1 and data[place] < 0x80:
            raise AnchorError("has a byte that is not in its shortest form")
        return data[place:end], end
    items = list[Item]()
    while place < end:
        item, place = _item(data, place, depth + 1)
        items.append(item)
    if place != end:
        raise AnchorError("is cut off")
    return items, end


def _is_bytes(item: Item) -> bytes:
    if not isinstance(item, bytes):
        raise AnchorError("has a list where a value has to be")
    return item


def _number(item: Item) -> int:
    return int.from_bytes(_is_bytes(item), "big")
