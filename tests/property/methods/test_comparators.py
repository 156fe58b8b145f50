"""Every comparator is symmetric, stays within 0 and 1, and finds a value like itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outwork.methods.comparators import KINDS, agree, similarity

names = st.text("abc", min_size=1, max_size=2)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str)
pairs = st.tuples(st.integers(0, 40), st.integers(0, 9)).map(lambda p: [p[0], p[0] + p[1]])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "choice": names,
    "multi-choice": st.lists(names),
    "number": st.fixed_dictionaries({"value": decimals, "unit": st.sampled_from([None, "USD"])}),
    "date": st.dates().map(str),
    "text": st.text(),
    "spans": st.lists(pairs, max_size=5),
    "ranking": st.lists(names, unique=True),
    "table": st.lists(st.dictionaries(names, st.integers(0, 3) | names), max_size=4),
    "rating": st.integers(1, 5),
    "file": st.binary(min_size=32, max_size=32).map(bytes.hex),
}


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_comparator(kind: str, data: st.DataObject) -> None:
    a, b = (data.draw(st.none() | VALUES[kind]) for _ in range(2))
    assert similarity(kind, a, a) == 1.0
    assert agree(kind, a, a)
    assert 0.0 <= similarity(kind, a, b) <= 1.0
    assert similarity(kind, a, b) == pytest.approx(similarity(kind, b, a))
    assert agree(kind, a, b) == agree(kind, b, a)
