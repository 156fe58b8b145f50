"""Whatever was judged by whomever, consensus gives probabilities and never a warning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outwork.methods.consensus import MODELS, fit

judgment = st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 3))


@pytest.mark.parametrize("name", [*MODELS, "auto"])
@settings(max_examples=10)
@given(given=st.lists(judgment, min_size=1, max_size=30), spare=st.integers(0, 2))
def test_posterior(name: str, given: list[tuple[int, int, int]], spare: int) -> None:
    items, workers, labels = np.array(given).T
    size = int(labels.max()) + 1 + spare
    found = fit(items, workers, labels, size, model=name)
    assert found.posterior.shape == (items.max() + 1, size)
    assert np.all(found.posterior >= 0)
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1)
    judged = np.isin(np.arange(items.max() + 1), items)
    np.testing.assert_array_equal(found.labels >= 0, judged)
    np.testing.assert_array_equal(found.labels[judged], found.posterior.argmax(axis=1)[judged])
    assert np.isfinite(found.log_likelihood)
    again = fit(items, workers, labels, size, model=name)
    np.testing.assert_array_equal(again.posterior, found.posterior)


@given(given=st.lists(judgment, min_size=1, max_size=30))
def test_the_vote_follows_its_labels(given: list[tuple[int, int, int]]) -> None:
    """Renaming the classes renames the majority's answers, wherever no vote is tied."""
    items, workers, labels = np.array(given).T
    turned = (labels + 1) % 4
    one = fit(items, workers, labels, 4, model="majority")
    two = fit(items, workers, turned, 4, model="majority")
    np.testing.assert_allclose(np.roll(one.posterior, 1, axis=1), two.posterior, atol=1e-9)
