"""Trees as arrays, and weights as small integers."""

from __future__ import annotations

import numpy as np
import pytest

from outwork_practices.legal.contract_management.scoring import quantised
from outwork_practices.legal.contract_management.trees import Trees, restore


def stump(threshold: float, low: float, high: float) -> Trees:
    """One tree of one test on the second column."""
    return Trees(
        feature=np.array([[1, 0, 0]], np.int16),
        threshold=np.array([[threshold, 0, 0]], np.float32),
        left=np.array([[1, 1, 2]], np.int16),
        right=np.array([[2, 1, 2]], np.int16),
        value=np.array([[0, low, high]], np.float32),
        start=0.5,
        depth=1,
    )


def test_a_row_goes_left_up_to_the_threshold() -> None:
    rows = np.array([[9, 1.0], [9, 2.0], [9, 2.5]], np.float32)
    assert stump(2.0, -1.0, 3.0).logit(rows).tolist() == [-0.5, -0.5, 3.5]


def test_no_rows_give_no_logits() -> None:
    assert len(stump(0, 0, 0).logit(np.zeros((0, 2), np.float32))) == 0


def test_trees_come_back_from_their_arrays() -> None:
    stored = stump(2.0, -1.0, 3.0).arrays("some")
    rows = np.array([[0, 1.0], [0, 3.0]], np.float32)
    assert restore("some", stored).logit(rows).tolist() == [-0.5, 3.5]
    with pytest.raises(KeyError):
        restore("other", stored)


def test_quantised_weights_are_near() -> None:
    weights = np.random.default_rng(1).normal(size=(200, 3)).astype(np.float32)
    small, step = quantised(weights)
    assert np.abs(small * step - weights).max() <= step.max() / 2 + 1e-6
