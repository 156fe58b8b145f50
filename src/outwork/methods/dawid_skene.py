"""Dawid-Skene for many judgments: the same maximum as plain expectation maximisation, sooner.

Judgments are packed by item into one whole number each. The first sweep goes in blocks, each judged
by the tables that the blocks before have taught, everybody's table where there is little. In every
later sweep all items are looked at, so that the likelihood is that of the tables used; but only
items whose posterior moved, and the others by turns, are counted anew. Steps are taken in the
logarithms of the counts, go further than plain ones and keep momentum while the likelihood rises.
Sources: A. P. Dawid and A. M. Skene, Applied Statistics 28 (1979) 20-28; R. M. Neal and G. E.
Hinton, "A View of the EM Algorithm that Justifies Incremental, Sparse, and Other Variants" (1998),
sections 4 and 5, for blocks and for counting some items anew; R. Salakhutdinov and S. Roweis,
"Adaptive Overrelaxed Bound Optimization Methods", ICML 2003, for steps beyond, and falling back to
plain ones where the likelihood fell.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from outwork.methods.judgments import Floats, Ints, Judgments

__all__ = ["Climbed", "climb", "worthwhile"]

_FEWEST_JUDGMENTS = 200_000  # below, compiled loops save less than it costs to load them
_MOST_LABELS = 12  # the loops over classes are unrolled
_BLOCKS, _EVERYBODY = (
    8,
    8.0,
)  # of the first sweep; judgments per class that everybody's table weighs
_THIN = 8  # judgments per cell of the tables, below which there are many maxima near one another
_PLAIN = 8  # plain steps there, so that the one is found that plain steps find
_SAMPLE, _SAMPLE_ROUNDS = 20_000, 5  # of items, for everybody's table
_STILL = 1e-3
_BEYOND = np.float32(0.3)  # of a step, on top of it
_MOMENTUM = (0.4, 0.6, 0.75, 0.85, 0.9)
_ROUNDS = 300
_HEAVY = 2**14  # judgments of one worker, from which single precision would lose small changes


@dataclass(frozen=True)
class Climbed:
    """posterior: n_items x n_labels, single precision; confusion: workers x class x label.

    labels: the likeliest class, the first of equals; -1 for items without judgment or gold.
    """

    posterior: NDArray[np.float32]
    labels: Ints
    confusion: Floats
    prior: Floats
    log_likelihood: float
    sweeps: int


def worthwhile(data: Judgments) -> bool:
    """Whether this way is quicker here, and numba is there."""
    if len(data.items) < _FEWEST_JUDGMENTS or not 2 <= data.n_labels <= _MOST_LABELS:
        return False
    if max(data.n_items, data.n_workers * data.n_labels, len(data.items)) >= 2**31:
        return False
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


def climb(
    data: Judgments,
    known: Ints,
    frequencies: Floats | None,
    pseudo: Floats | None = None,
    tolerance: float = 5e-6,
) -> Climbed:
    """Climb until a sweep gains less than ``tolerance`` nats per judgment.

    Args:
        data: judgments with 2 to _MOST_LABELS labels.
        known: 2 x n, items and their classes. frequencies: of the classes, if known.
        pseudo: class x label counts added to each worker's own.
    """
    state = _State(data, known, frequencies, pseudo)
    state.open()
    last, gained, since = -np.inf, np.inf, -_PLAIN if state.thin else 0
    while state.sweeps < _ROUNDS:
        momentum = -1.0 if since < 0 else _MOMENTUM[min(since, len(_MOMENTUM) - 1)]
        likelihood = state.sweep(momentum)
        before, gained = gained, likelihood - last
        since = since + 1 if gained >= 0 else 0
        if abs(gained) <= tolerance * state.n and abs(before) <= 4 * tolerance * state.n:
            break
        last = likelihood
    return state.close()


class _State:
    """The arrays that the loops share."""

    def __init__(
        self, data: Judgments, known: Ints, frequencies: Floats | None, pseudo: Floats | None
    ) -> None:
        from outwork.methods import kernels

        self.n, self.size, self.workers = len(data.items), data.n_labels, data.n_workers
        self.first = np.zeros(data.n_items + 1, dtype=np.uint32)
        self.said = np.empty(self.n, dtype=np.uint32)
        kernels.pack(data.items, data.workers, data.labels, self.size, self.first, self.said)
        self.fixed = np.full(data.n_items if known.size else 0, -1, dtype=np.int16)
        if known.size:
            self.fixed[known[0]] = known[1]
        cells = self.workers * self.size**2
        heavy = np.bincount(data.workers).max() > _HEAVY
        self.count = np.zeros(cells, dtype=np.float64 if heavy else np.float32)
        self.chance, self.used, self.before = (np.zeros(cells, dtype=np.float32) for _ in range(3))
        self.thin = self.n < _THIN * cells
        self.given = np.zeros(self.workers * self.size, dtype=np.int64)
        self.smooth = np.zeros((self.size, self.size), dtype=np.float32)
        if pseudo is not None:
            self.smooth[:] = pseudo.T
        self.posterior = np.zeros((data.n_items, self.size), dtype=np.float32)
        self.frequencies = frequencies
        self.total, self.sweeps = np.zeros(self.size), 0

    def open(self) -> None:
        """The first sweep; where tables have few judgments, from the votes as in the paper."""
        from outwork.methods import kernels

        usual, prior = self._everybody()
        if self.thin:
            self.total += kernels.votes(
                self.first, self.said, _tuple(prior), self.fixed, self.posterior.reshape(-1),
                self.count,
            )  # fmt: skip
            self.sweeps = 1
        smooth = self.smooth + (_EVERYBODY * usual).astype(np.float32)
        blocks = 0 if self.thin else _BLOCKS
        edges = np.linspace(0, len(self.posterior), blocks + 1).astype(np.int64)
        for start, stop in pairwise(edges):
            self._maximise(-1.0, smooth)
            shares = prior if self.total.sum() < self.size else self._prior()
            self._expect(int(start), int(stop), -1.0, shares)
        self.given[:] = np.rint(self.count.reshape(-1, self.size).sum(axis=1))
        self._maximise(-1.0, self.smooth)

    def sweep(self, momentum: float) -> float:
        """A sweep over everything and the step after; gives the log-likelihood before it."""
        scale = self._scale
        found = self._expect(0, len(self.posterior), _STILL, self._prior())
        self._maximise(momentum, self.smooth)
        return found + scale

    def close(self) -> Climbed:
        """One plain step more, and what follows from it."""
        from outwork.methods import kernels

        self._maximise(-1.0, self.smooth)
        prior, answers = self._prior(), np.empty(len(self.posterior), dtype=np.int64)
        likelihood = kernels.conclude(
            self.first, self.said, self.chance, _tuple(prior), self.fixed,
            self.posterior.reshape(-1), answers,
        )  # fmt: skip
        del self.first, self.said, self.used, self.before, self.chance  # for room
        tables = self.count.astype(np.float64).reshape(self.workers, self.size, self.size)
        chances = np.maximum(tables + self.smooth, 1e-12)
        chances /= chances.sum(axis=1, keepdims=True)
        confusion = np.ascontiguousarray(chances.transpose(0, 2, 1))
        found = likelihood + self._scale
        return Climbed(self.posterior, answers, confusion, prior, found, self.sweeps + 1)

    def _prior(self) -> Floats:
        if self.frequencies is not None:
            return self.frequencies
        shares = np.maximum(self.total, 0) + 1e-9
        return np.asarray(shares / shares.sum())

    def _expect(self, start: int, stop: int, still: float, prior: Floats) -> float:
        from outwork.methods import kernels

        found, change = kernels.sweep(
            self.first, self.said, self.chance, _tuple(prior), self.fixed, start, stop,
            np.float32(still), np.uint64(self.sweeps % kernels.TURNS),
            self.posterior.reshape(-1), self.count,
        )  # fmt: skip
        self.total += change
        self.sweeps += stop == len(self.posterior)
        return float(found)

    def _maximise(self, momentum: float, smooth: NDArray[np.float32]) -> None:
        from outwork.methods import kernels

        self._scale: float = kernels.maximise(
            self.count, smooth, self.given, self.used, self.before, _BEYOND,
            np.float32(momentum), self.chance,
        )  # fmt: skip

    def _everybody(self) -> tuple[Floats, Floats]:
        """One table for all, label x class, and the classes' frequencies, from some items."""
        each = np.diff(self.first)
        judged = np.flatnonzero(each)
        judged = judged[:: max(1, len(judged) // _SAMPLE)]
        begin, many = self.first[judged].astype(np.int64), each[judged].astype(np.int64)
        row = np.repeat(np.arange(len(judged)), many)
        within = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
        labels = self.said[begin[row] + within] % self.size
        cells = np.bincount(row * self.size + labels, minlength=len(judged) * self.size)
        votes = cells.reshape(len(judged), self.size).astype(np.float64)
        shares = votes / votes.sum(axis=1, keepdims=True)
        table, prior = np.eye(self.size), np.ones(self.size)
        for _ in range(_SAMPLE_ROUNDS):
            table = votes.T @ shares + 1e-3
            table /= table.sum(axis=0)
            prior = shares.mean(axis=0) + 1e-9
            joint = votes @ np.log(table) + np.log(prior)
            shares = np.exp(joint - joint.max(axis=1, keepdims=True))
            shares /= shares.sum(axis=1, keepdims=True)
        return table, prior / prior.sum()


def _tuple(prior: Floats) -> tuple[np.float32, ...]:
    return tuple(np.float32(p) for p in prior)
