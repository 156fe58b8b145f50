"""Consensus that takes one judgment more at a time, without fitting anew.

Dawid-Skene with a few pseudo-judgments per worker and class. A new judgment renews its item and
the tables of the item's workers; where a worker's table has moved enough since their other items
were looked at, those follow. That is a local step of the incremental form of expectation
maximisation, so the state stays near the fixed point that a refit would find. Source: R. M. Neal
and G. E. Hinton, "A View of the EM Algorithm that Justifies Incremental, Sparse, and Other
Variants" (1998). Needs numba.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods.judgments import Floats, judgments

__all__ = ["Running"]

_PSEUDO = 4.0  # judgments of everybody's that a worker's own table starts with, per class
_TOLERANCE = 0.1  # how far a worker's table may move before their other items follow
_FIT, _MOST_ROUNDS = 1e-5, 2000  # how far a posterior still moves in a round


class Running:
    """All judgments so far with the posterior of each item.

    The ids of items, workers and labels stay within those of the judgments given at first.
    posterior: n_items x n_labels.
    """

    def __init__(
        self, items: ArrayLike, workers: ArrayLike, labels: ArrayLike, n_labels: int | None = None
    ) -> None:
        """Fit the judgments there are. Arguments and errors as for `consensus.fit`."""
        data = judgments(items, workers, labels, n_labels)
        if data.n_labels < 2:
            raise ValueError("n_labels: must be at least 2")
        self._data, self._n = data, len(data.items)
        room = self._n + self._n // 8 + 16
        self._items = np.empty(room, dtype=np.int32)
        self._said = np.empty(room, dtype=np.int32)
        self._after_item = np.empty(room, dtype=np.int32)
        self._after_worker = np.empty(room, dtype=np.int32)
        self._items[: self._n] = data.items
        self._said[: self._n] = data.workers * data.n_labels + data.labels
        self._last_item = _chain(data.items, data.n_items, self._after_item)
        self._last_worker = _chain(data.workers, data.n_workers, self._after_worker)
        size, rows = data.n_labels, data.n_workers * data.n_labels
        votes = data.votes + 1e-3
        self.posterior: Floats = votes / votes.sum(axis=1, keepdims=True)
        self._counts, self._chances = np.empty((rows, size)), np.empty((rows, size))
        self._stale = np.zeros(data.n_workers)
        self._frequencies: Floats = np.full(size, 1 / size)
        everybody = np.eye(size) + 1 / size
        self._pseudo = _PSEUDO * everybody / everybody.sum(axis=0)
        self.refit()

    def refit(self) -> None:
        """Fit all judgments anew, from where the state is to the fixed point."""
        from outwork.methods import kernels

        judged = self._last_item >= 0
        kernels.recount(self._items, self._said, self._n, self.posterior, self._counts)
        tables = self._counts.reshape(-1, self._data.n_labels, self._data.n_labels)
        tables = tables + self._pseudo
        self._chances[:] = (tables / tables.sum(axis=1, keepdims=True)).reshape(self._chances.shape)
        for _ in range(_MOST_ROUNDS):
            self._frequencies = self.posterior[judged].mean(axis=0)
            moved = kernels.settle(
                self._said, self._after_item, self._last_item, self.posterior, self._counts,
                self._chances, self._frequencies, self._pseudo,
            )  # fmt: skip
            if moved < _FIT:
                break
        self.posterior[~judged] = self._frequencies
        self._stale[:] = 0

    def add(self, item: int, worker: int, label: int) -> Floats:
        """Take one judgment more; gives the item's posterior.

        Raises:
            ValueError: an id that is not among those of the first judgments.
        """
        from outwork.methods import kernels

        if not 0 <= item < self._data.n_items:
            raise ValueError(f"item: must be from 0 to {self._data.n_items - 1}, not {item!r}")
        if not 0 <= worker < self._data.n_workers:
            raise ValueError(
                f"worker: must be from 0 to {self._data.n_workers - 1}, not {worker!r}"
            )
        if not 0 <= label < self._data.n_labels:
            raise ValueError(f"label: must be from 0 to {self._data.n_labels - 1}, not {label!r}")
        if self._n == len(self._items):
            self._grow()
        kernels.add_judgment(
            item, worker, label, self._n, self._items, self._said, self._after_item,
            self._after_worker, self._last_item, self._last_worker, self.posterior, self._counts,
            self._chances, self._frequencies, self._pseudo, self._stale, _TOLERANCE,
        )  # fmt: skip
        self._n += 1
        now: Floats = self.posterior[item]
        return now

    def _grow(self) -> None:
        more = len(self._items) // 2 + 16
        for name in ("_items", "_said", "_after_item", "_after_worker"):
            setattr(self, name, np.concatenate([getattr(self, name), np.zeros(more, np.int32)]))


def _chain(ids: NDArray[np.int64], size: int, after: NDArray[np.int32]) -> NDArray[np.int32]:
    """The last judgment of each id; ``after`` leads from each to the one before, -1 at the end."""
    order = np.argsort(ids, kind="stable").astype(np.int32)
    same = ids[order[1:]] == ids[order[:-1]]
    after[order[0]] = -1
    after[order[1:]] = np.where(same, order[:-1], -1)
    last = np.full(size, -1, dtype=np.int32)
    last[ids[order]] = order  # the last of equal ids stays
    return last
