"""Who said what about which item: the checked input of consensus and skill."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods.arguments import counts, whole

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
LARGEST = 5 * 10**7  # cells of a table: 400 MB


@dataclass(frozen=True)
class Judgments:
    """Three equal-length arrays of ids, with the sizes of the tables they index."""

    items: Ints
    workers: Ints
    labels: Ints
    n_items: int
    n_workers: int
    n_labels: int

    @cached_property
    def incidence(self) -> csr_array:
        """n_items x (n_workers * n_labels): how often each worker gave each label to each item."""
        from scipy.sparse import coo_array

        said = self.workers * self.n_labels + self.labels
        shape = (self.n_items, self.n_workers * self.n_labels)
        return coo_array((np.ones(len(self.items)), (self.items, said)), shape=shape).tocsr()

    @cached_property
    def votes(self) -> Floats:
        """n_items x n_labels: how often each label was given to each item."""
        return self.tally(np.ones(len(self.items)))

    @cached_property
    def per_item(self) -> Floats:
        """How many judgments each item has."""
        return np.bincount(self.items, minlength=self.n_items).astype(np.float64)

    @cached_property
    def per_worker(self) -> Floats:
        """How many judgments each worker gave."""
        return np.bincount(self.workers, minlength=self.n_workers).astype(np.float64)

    def tally(self, weights: Floats) -> Floats:
        """n_items x n_labels: the weights of the judgments, summed where each fell."""
        where = self.items * self.n_labels + self.labels
        cells = self.n_items * self.n_labels
        return summed(where, weights, cells).reshape(self.n_items, self.n_labels)

    def subset(self, keep: NDArray[np.bool_]) -> Judgments:
        """Some of the judgments; the ids keep their meaning."""
        return Judgments(
            self.items[keep],
            self.workers[keep],
            self.labels[keep],
            self.n_items,
            self.n_workers,
            self.n_labels,
        )


def summed(ids: Ints, weights: Floats, size: int) -> Floats:
    """The weights added up by id."""
    return np.asarray(np.bincount(ids, weights=weights, minlength=size), dtype=np.float64)


def judgments(
    items: ArrayLike, workers: ArrayLike, labels: ArrayLike, n_labels: int | None = None
) -> Judgments:
    """Check the three arrays and find the sizes.

    Raises:
        ValueError: arrays of other shapes or lengths, none at all, negative or not whole, a label
            not below n_labels, or tables too large to hold.
    """
    given = {"items": counts("items", items), "workers": counts("workers", workers)}
    given["labels"] = counts("labels", labels)
    for name, array in given.items():
        if array.ndim != 1 or len(array) != len(given["items"]):
            raise ValueError(f"{name}: must be one-dimensional and as long as items")
    if len(given["items"]) == 0:
        raise ValueError("items: there is not one judgment")
    n_items, n_workers, most = (int(array.max()) + 1 for array in given.values())
    size = most if n_labels is None else whole("n_labels", n_labels, 1)
    if most > size:
        raise ValueError(f"labels: {most - 1} is not below n_labels {size}")
    if n_items * size > LARGEST:
        raise ValueError(f"n_labels: {size} labels of {n_items} items do not fit in a table")
    return Judgments(**given, n_items=n_items, n_workers=n_workers, n_labels=size)
