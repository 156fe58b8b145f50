"""Keccak-256 as chains of the Ethereum kind use it: before the padding of FIPS 202 (SHA3-256).

Source: the Keccak reference, version 3.0, https://keccak.team/files/Keccak-reference-3.0.pdf
"""

from __future__ import annotations

_RATE = 136  # bytes taken in by one permutation, for 256 bits of output
_MASK = (1 << 64) - 1


def _rounds() -> list[int]:
    """The round constants, from the register of section 1.2."""
    constants, register = list[int](), 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            if register & 1:
                constant |= 1 << ((1 << power) - 1)
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


def _places() -> list[tuple[int, int]]:
    """(lane, rotation) in the order in which lanes move, lanes as x + 5 y."""
    x, y, found = 1, 0, list[tuple[int, int]]()
    for t in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        found.append((x + 5 * y, (t + 1) * (t + 2) // 2 % 64))
    return found


_ROUNDS, _PLACES = _rounds(), _places()


def keccak(data: bytes) -> bytes:
    """The 32-byte digest of the data."""
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % _RATE)
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), _RATE):
        for i in range(_RATE // 8):
            at = start + 8 * i
            lanes[i] ^= int.from_bytes(padded[at : at + 8], "little")
        _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _permute(lanes: list[int]) -> None:
    for constant in _ROUNDS:
        column = [
            lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]
            for x in range(5)
        ]
        for x in range(5):
            mixed = column[x - 1] ^ _turned(column[(x + 1) % 5], 1)
            for y in range(0, 25, 5):
                lanes[x + y] ^= mixed
        moving = lanes[1]
        for place, by in _PLACES:
            lanes[place], moving = _turned(moving, by), lanes[place]
        for y in range(0, 25, 5):
            row = lanes[y : y + 5]
            for x in range(5):
                lanes[x + y] = row[x] ^ (~row[(x + 1) % 5] & _MASK & row[(x + 2) % 5])
        lanes[0] ^= constant


def _turned(lane: int, by: int) -> int:
    return (lane << by | lane >> (64 - by)) & _MASK
