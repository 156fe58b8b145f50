"""Sealed fields: what opens a commitment, and what does not."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outwork.ledger import sealing

SALT = bytes(range(16))
VALUES = st.none() | st.booleans() | st.integers(-9, 9) | st.text("abé", max_size=3)


def test_the_formula() -> None:
    want = hashlib.sha256(SALT + b'{"a":1,"b":"\xc3\xa9"}').hexdigest()
    assert sealing.commit({"b": "\u00e9", "a": 1}, SALT) == want
    assert sealing.is_commitment(want)
    for wrong in (want.upper(), want[:-1], want + "0", want + "\n", None, 7):
        assert not sealing.is_commitment(wrong)


@given(VALUES, VALUES, st.binary(min_size=16, max_size=16))
def test_only_the_value_and_salt_open_it(value: Any, other: Any, salt: bytes) -> None:
    commitment = sealing.commit(value, SALT)
    assert sealing.check(commitment, value, SALT)
    same = type(value) is type(other) and value == other
    assert sealing.check(commitment, other, SALT) == same
    assert sealing.check(commitment, value, salt) == (salt == SALT)


def test_salts_are_sixteen_bytes() -> None:
    for size in (0, 15, 17, 32):
        with pytest.raises(ValueError, match="16 bytes"):
            sealing.commit("x", bytes(size))
