"""The sampling draw: published vectors, fairness, and both implementations alike."""

import hashlib
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outwork_verify import figures

draw = import_module("outwork.methods.draw")  # the front door has a function of this name

IDS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6), unique=True
)


@pytest.mark.parametrize("module", [draw, figures], ids=["outwork", "outwork_verify"])
def test_published_vectors(module: Any, format_vectors: Any) -> None:
    for case in format_vectors("draw.json")["draws"]:
        names = ("client_nonce", "provider_nonce", "closing_root")
        client, provider, root = (bytes.fromhex(case[name]) for name in names)
        seed = module.make_seed(client, provider, root)
        assert seed.hex() == case["seed"]
        assert module.commit_nonce(client).hex() == case["client_commitment"]
        assert module.commit_nonce(provider).hex() == case["provider_commitment"]
        assert module.draw(seed, case["ids"], case["n"]) == case["drawn"]


@pytest.mark.parametrize("module", [draw, figures], ids=["outwork", "outwork_verify"])
def test_published_vectors_of_what_is_inspected_twice(module: Any, format_vectors: Any) -> None:
    (case,) = format_vectors("draw.json")["reinspections"]
    sample, root = bytes.fromhex(case["sample_seed"]), bytes.fromhex(case["inspected_root"])
    seed = module.reinspection_seed(sample, root)
    assert seed.hex() == case["seed"]
    assert module.draw(seed, case["ids"], case["n"]) == case["drawn"]
    text = f"outwork-reinspection/1\n{sample.hex()}\n{root.hex()}"
    assert hashlib.sha256(text.encode()).digest() == seed


@given(IDS, st.binary(min_size=32, max_size=32), st.data())
def test_both_draw_alike_whatever_the_order(ids: list[str], seed: bytes, data: Any) -> None:
    n = data.draw(st.integers(0, len(ids)))
    drawn = draw.draw(seed, ids, n)
    assert figures.draw(seed, data.draw(st.permutations(ids)), n) == drawn
    assert len(set(drawn)) == n
    assert set(drawn) <= set(ids)
    assert draw.draw(seed, ids, len(ids))[:n] == drawn


def test_every_item_has_the_same_chance() -> None:
    ids = [f"item-{i}" for i in range(20)]
    count: Counter[str] = Counter()
    for i in range(4000):
        count.update(draw.draw(hashlib.sha256(b"%d" % i).digest(), ids, 5))
    chi_square = sum((count[i] - 1000) ** 2 / 1000 for i in ids)
    assert chi_square < 45  # 19 degrees of freedom: exceeded by chance less than once in a thousand


@pytest.mark.parametrize("module", [draw, figures], ids=["outwork", "outwork_verify"])
def test_refusals(module: Any) -> None:
    seed = bytes(32)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: module.draw(seed, ["a", "a"], 1),
        lambda: module.draw(seed, ["a", ""], 1),
        lambda: module.draw(seed, ["a"], 2),
        lambda: module.draw(seed, ["a"], -1),
        lambda: module.draw(b"short", ["a"], 1),
        lambda: module.make_seed(seed, seed[1:], seed),
        lambda: module.commit_nonce(b""),
        lambda: module.reinspection_seed(seed, seed[1:]),
        lambda: module.reinspection_seed(seed[1:], seed),
    )
    for wrong in attempts:
        with pytest.raises(ValueError, match=r"\w"):
            wrong()
