"""Canonical JSON: the vectors of RFC 8785, strict reading, and the two implementations alike."""

import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outwork.ledger import canonical
from outwork_verify import canonical as second

BOTH = pytest.mark.parametrize("module", [canonical, second], ids=["outwork", "outwork_verify"])
ERRORS = (canonical.CanonicalError, second.CanonicalError)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=5)
    ),
    max_leaves=20,
)


@BOTH
def test_numbers_of_rfc_8785(module: Any, format_vectors: Any) -> None:
    for case in format_vectors("canonical.json")["numbers"]:
        (number,) = struct.unpack(">d", bytes.fromhex(case["ieee754"]))
        if case["json"] is None:
            with pytest.raises(ERRORS):
                module.encode(number)
        else:
            assert module.encode(number).decode() == case["json"], case


@BOTH
def test_documents_of_rfc_8785(module: Any, format_vectors: Any) -> None:
    for case in format_vectors("canonical.json")["documents"]:
        data = bytes.fromhex(case["canonical_hex"])
        assert module.encode(json.loads(case["input"])) == data
        assert module.encode(module.decode(data)) == data


@BOTH
def test_refused_spellings(module: Any, format_vectors: Any) -> None:
    for case in format_vectors("canonical.json")["refused"]:
        with pytest.raises(ERRORS):
            module.decode(bytes.fromhex(case["hex"]))


@BOTH
@pytest.mark.parametrize(
    "value", [math.inf, math.nan, 2**53, -(2**53), "\ud800", {"\udc00": 1}, {1: 2}, b"", object()]
)
def test_values_without_canonical_form(module: Any, value: object) -> None:
    with pytest.raises((*ERRORS, AttributeError)):
        module.encode(value)


@BOTH
def test_deep_nesting_is_refused_calmly(module: Any) -> None:
    for depth in (66, 1_000, 200_000):
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            data = opening * depth + (b"1" if opening != b"[" else b"") + closing * depth
            with pytest.raises(ERRORS):
                module.decode(data)
    assert module.decode(b"[" * 64 + b"]" * 64) is not None


@given(VALUES)
def test_both_spell_alike_and_read_back(value: Any) -> None:
    data = canonical.encode(value)
    assert second.encode(value) == data
    assert canonical.decode(data) == second.decode(data) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_both_spell_numbers_alike(value: float) -> None:
    data = canonical.encode(value)
    assert second.encode(value) == data
    assert float(data) == value
    assert second.encode(second.decode(data)) == canonical.encode(canonical.decode(data)) == data


def outcome(module: Any, data: bytes) -> Any:
    try:
        return module.decode(data)
    except ERRORS:
        return ERRORS


@given(VALUES, st.data())
def test_both_judge_damaged_bytes_alike(value: Any, data: st.DataObject) -> None:
    damaged = bytearray(canonical.encode(value))
    at = data.draw(st.integers(0, len(damaged) - 1))
    damaged[at] = data.draw(st.integers(0, 255))
    assert outcome(canonical, bytes(damaged)) == outcome(second, bytes(damaged))


@given(st.text(st.sampled_from('{}[]",:0123456789.eE+-\\u tfn'), max_size=12))
def test_both_judge_any_text_alike(text: str) -> None:
    assert outcome(canonical, text.encode()) == outcome(second, text.encode())


def spelled(text: str) -> Any:
    try:
        return canonical.encode(json.loads(text)).decode()
    except ERRORS:
        return ERRORS


@given(VALUES, st.booleans())
def test_text_from_the_database_is_spelled_as_its_value(value: Any, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    assert canonical.respell(text) == spelled(text)


@pytest.mark.parametrize(
    "text",
    [
        "Infinity", "NaN", '"\\ud800"', "9007199254740991", "9007199254740992", "-9007199254740992",
        "999999999999999", "1.0", "1e3", "-0", "[" * 64 + "]" * 64, "[" * 65 + "]" * 65,
        '{"b": 1, "a": {"\u00e9": 2, "d": "\\u0001\\n"}}', '{"a": 1, "a": 2}',
    ],
)  # fmt: skip
def test_unusual_text_is_spelled_or_refused_as_its_value(text: str) -> None:
    if spelled(text) is ERRORS:
        with pytest.raises(ERRORS):
            canonical.respell(text)
    else:
        assert canonical.respell(text) == spelled(text)
